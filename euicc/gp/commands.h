// Inside of execute: one command on one domain, and what the files of commands share.
#pragma once

#include "asn1/tlv.h"
#include "euicc/gp/remote.h"

namespace simurgh::gp {

inline constexpr std::uint8_t kMoreBlocks = 0x00, kLastBlock = 0x80;

// Privileges as one number of 24 bits, GlobalPlatform 6.6.1; packages may give one octet.
enum class Privilege : std::uint32_t {
  security_domain = 0x800000,
  dap_verification = 0x400000,
  card_lock = 0x100000,
  card_terminate = 0x080000,
  mandated_dap = 0x010000,
  authorized_management = 0x004000,
  global_delete = 0x001000,
  global_lock = 0x000800,
  global_registry = 0x000400,
};
[[nodiscard]] bool has(ByteView privileges, Privilege privilege) noexcept;

struct Task {
  Environment& environment;
  std::size_t domain;
  Conversation& conversation;
  const apdu::Command& command;
  const Security& arrived_by;

  [[nodiscard]] const Registry& registry() const noexcept { return environment.content.registry(); }
  [[nodiscard]] const SecurityDomain& self() const noexcept { return registry().domains[domain]; }
};

// ---- hierarchy (GlobalPlatform 7.2)
// The domain that an AID in `security_domain` or `extradited_to` means: empty is the MNO-SD, and so is a name that is gone.
[[nodiscard]] std::size_t domain_named(const Registry& registry, ByteView aid) noexcept;
[[nodiscard]] std::size_t parent_of(const Registry& registry, std::size_t domain) noexcept;
// `domain` is `ancestor` or stands anywhere below it.
[[nodiscard]] bool stands_below(const Registry& registry, std::size_t domain, std::size_t ancestor) noexcept;
// The domain may load, install, extradite and delete: the MNO-SD and domains with Authorized Management. Tokens are not offered.
[[nodiscard]] bool manages_content(const Task& task) noexcept;

// ---- objects by AID
enum class ObjectKind : std::uint8_t { domain, application, remote_files, load_file };
struct Object {
  ObjectKind kind = ObjectKind::domain;
  std::size_t index = 0;
  std::size_t domain = 0;  // it is associated with; of a domain: its parent
};
[[nodiscard]] std::optional<Object> find_object(const Registry& registry, ByteView aid) noexcept;
// Load files and modules that are part of the card: security domains, native applets.
[[nodiscard]] bool is_domain_class(const Registry& registry, ByteView class_aid) noexcept;
[[nodiscard]] bool is_built_in_package(const Content& content, ByteView package_aid) noexcept;
[[nodiscard]] bool is_aid(ByteView aid) noexcept;  // 5 to 16 octets

// Decrypts what is protected by the data key; nothing when there is no key or the octets are no whole blocks.
[[nodiscard]] std::optional<crypto::SecretBytes> decrypt_data(const DataKey& key, ByteView octets);

// ---- commands, by file
apdu::Answer get_data(Task&);
apdu::Answer get_status(Task&);
apdu::Answer set_status(Task&);
apdu::Answer install(Task&);
apdu::Answer load(Task&);
apdu::Answer delete_content(Task&);
apdu::Answer put_key(Task&);
apdu::Answer store_data(Task&);

// ---- fields of INSTALL (GlobalPlatform 11.5.2.3): each behind its length
class FieldReader {
 public:
  explicit FieldReader(ByteView input) noexcept : rest_(input) {}
  // Nothing when the field is cut short, once and for all.
  [[nodiscard]] std::optional<ByteView> next() noexcept;
  // Lengths 80 to FF have 81 in front (parameters and token).
  [[nodiscard]] std::optional<ByteView> next_long() noexcept;
  [[nodiscard]] bool at_end() const noexcept { return rest_.empty(); }

 private:
  ByteView rest_;
};

}  // namespace simurgh::gp
