// What is on the card now: the objects of a profile's package with every change that commands made (GlobalPlatform 2.3 6.6, 9).
// The package's registry is immutable and shared; the first change stores a whole changed copy in a cell of the profile's owner. Code of load
// files lies in cells of its own, and so do the counters of secure channels, which change often.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "euicc/gp/registry.h"
#include "euicc/state/transaction.h"

namespace simurgh::gp {

// An applet that this card has in native code: its class can be installed. Its package shows in GET STATUS as a load file; an empty one
// means that load files of the profile's package have the class.
struct NativeApplet {
  Bytes package_aid, class_aid;
  std::string name;
};

class NativeApplets {
 public:
  NativeApplets() = default;
  explicit NativeApplets(std::vector<NativeApplet> applets) : applets_(std::move(applets)) {}
  [[nodiscard]] const NativeApplet* find(ByteView class_aid) const noexcept;
  [[nodiscard]] const std::vector<NativeApplet>& all() const noexcept { return applets_; }

 private:
  std::vector<NativeApplet> applets_;
};

// Card life cycle, GlobalPlatform 5.1.
inline constexpr std::uint8_t kOpReady = 0x01, kInitialized = 0x07, kSecured = 0x0F, kCardLocked = 0x7F, kTerminated = 0xFF;
// Application and security domain life cycle, GlobalPlatform 5.3; the top bit locks.
inline constexpr std::uint8_t kInstalled = 0x03, kSelectable = 0x07, kPersonalized = 0x0F, kLocked = 0x80;

class Content {
 public:
  // `original` null: no profile, an empty registry. `natives` may be null and must outlive the content.
  void mount(std::shared_ptr<const Registry> original, std::uint32_t owner, const state::Transaction& txn);
  void set_natives(const NativeApplets* natives) noexcept { natives_ = natives; }

  // References into it are valid until the next replace.
  [[nodiscard]] const Registry& registry() const noexcept { return *current_; }
  [[nodiscard]] const NativeApplets& natives() const noexcept;

  // The same, kept alive by who holds it.
  [[nodiscard]] std::shared_ptr<const Registry> snapshot() const noexcept { return current_; }

  // A copy to change and hand to replace. Load files come without code, with its size and modules filled in.
  [[nodiscard]] Registry draft() const;
  void replace(Registry changed, state::Transaction& txn);
  // Code of a load file that commands loaded; `code_cell` of the load file names it. Staged.
  void put_code(std::uint32_t code_cell, Bytes code, state::Transaction& txn) const;
  void erase_code(std::uint32_t code_cell, state::Transaction& txn) const;
  // Octets that changes of this content take in the store.
  [[nodiscard]] std::size_t stored_octets(const state::Transaction& txn) const;
  // Back to what is stored: after a rollback.
  void reload(const state::Transaction& txn);
  // True once after replace.
  [[nodiscard]] bool take_changed() noexcept { return std::exchange(changed_, false); }

  // Counters of a key version of a security domain: SCP02 and SCP03 sequence counter, SCP80 CNTR. Before the first change: what the
  // package gives the key, else 0. Staged; a counter goes with its key version and its domain.
  [[nodiscard]] std::uint64_t counter(ByteView domain_aid, std::uint8_t key_version, const state::Transaction& txn) const;
  void set_counter(ByteView domain_aid, std::uint8_t key_version, std::uint64_t value, state::Transaction& txn) const;
  void forget_counter(ByteView domain_aid, std::uint8_t key_version, state::Transaction& txn) const;
  void forget_counters(ByteView domain_aid, state::Transaction& txn) const;

  // Index into registry().domains; nullopt when there is none of this AID. An empty AID means the MNO-SD.
  [[nodiscard]] std::optional<std::size_t> find_domain(ByteView aid) const noexcept;
  [[nodiscard]] const Application* find_application(ByteView aid) const noexcept;
  // SELECT may reach it: it is installed for selection and not locked, nor is the card (GlobalPlatform 6.4.2).
  [[nodiscard]] bool selectable(const SecurityDomain& domain) const noexcept;
  [[nodiscard]] bool selectable(const Application& application) const noexcept;

 private:
  std::shared_ptr<const Registry> original_, current_ = std::make_shared<const Registry>();
  const NativeApplets* natives_ = nullptr;
  std::uint32_t owner_ = 0;
  bool changed_ = false;
};

}  // namespace simurgh::gp
