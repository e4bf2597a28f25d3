// The file system and PINs of the enabled profile (ETSI TS 102 221 8-11): the tree is immutable, what changed lies in cells, what is volatile
// lies here. Commands are functions over a Context; transport (61xx, GET RESPONSE, 91xx) is not their business.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "asn1/tlv.h"
#include "euicc/apdu/command.h"
#include "euicc/crypto/rng.h"
#include "euicc/state/transaction.h"
#include "euicc/uicc/file_tree.h"
#include "euicc/uicc/pin_table.h"

namespace simurgh::uicc {

// Where a logical channel stands in the file system. Default: the MF, no application.
struct Position {
  NodeId directory = kMf;
  NodeId file = kNoNode;     // current EF
  NodeId adf = kNoNode;      // active application, what 7FFF means
  std::uint16_t record = 0;  // current record, 0: undefined
};

// What one logical channel has selected (TS 102 221 8.7).
struct Channel : Position {
  // RETRIEVE DATA and SET DATA in progress
  Bytes transfer;
  std::size_t position = 0;
  std::size_t last_block = 0;  // start of the block sent last, for "repeat previous"
  enum class Transfer : std::uint8_t { none, retrieve, set } kind = Transfer::none;

  void end_transfer() noexcept {
    transfer.clear();
    kind = Transfer::none;
  }
  [[nodiscard]] Position where() const noexcept { return *this; }
  void move_to(const Position& target) noexcept { static_cast<Position&>(*this) = target; }
};

// The header octets that a command header form of an access rule may name; CLA without channel and secure messaging bits.
struct Header {
  std::optional<std::uint8_t> cla{}, ins{}, p1{}, p2{};
};
[[nodiscard]] inline Header header_of(const apdu::Command& command) {
  return {.cla = command.family == apdu::ClaFamily::iso ? std::uint8_t{0x00} : std::uint8_t{0x80},
          .ins = command.ins,
          .p1 = command.p1,
          .p2 = command.p2};
}

// What a command wants of a file, as the bit of the access mode octet (TS 102 221 9.3): EF meaning, then DF meaning.
enum class Access : std::uint8_t {
  read = 0x01, update = 0x02, write = 0x04, deactivate = 0x08, activate = 0x10, terminate = 0x20, remove = 0x40,
};

inline constexpr std::uint8_t kTerminated = 0x0C;  // life cycle, TS 102 222 4.1; irreversible

// PIN status as C6 of an FCP and as conditions see it.
struct PinState {
  std::uint8_t tries = 0;
  bool enabled = true;
  bool replaced = false;  // disabled with the universal PIN in its place
  crypto::SecretBytes value;
};

// The structure of a profile now: what a cell says, else the original (TS 102 222 commands change it).
[[nodiscard]] std::shared_ptr<const FileTree> stored_tree(std::shared_ptr<const FileTree> original, std::uint32_t owner,
                                                          const state::Transaction& txn);

// Acts with rights of its own instead of the PINs presented at the terminal: a remote application (TS 102 226 8.2.1.3.2.5).
class Rights {
 public:
  virtual ~Rights() = default;
  // A key that an access rule asks for counts as verified for the files of this directory. NEVER is not asked for.
  [[nodiscard]] virtual bool grants(NodeId directory, std::uint8_t key_reference) const = 0;
};

class Uicc {
 public:
  // Everything volatile of the profile before goes. `owner` is the number of the profile's cells; a cell may hold a changed structure.
  void mount(std::shared_ptr<const FileTree> tree, std::shared_ptr<const PinTable> pins, std::uint32_t owner, const state::Transaction& txn);
  // Another structure with the same numbers for the files that stay (TS 102 222). Volatile state is kept.
  void replace_tree(FileTree changed, state::Transaction& txn);
  // Back to what is stored, after replace_tree and a rollback.
  void reload_tree(const state::Transaction& txn);
  // True once after replace_tree.
  [[nodiscard]] bool take_restructured() noexcept { return std::exchange(restructured_, false); }
  // What a cell says of a file that was removed or rewritten.
  void forget(NodeId id, state::Transaction& txn) const { txn.erase({state::Space::file, owner_, id}); }
  [[nodiscard]] const FileTree& tree() const noexcept { return *tree_; }

  // Current content of an EF (links resolved); valid until the next change.
  [[nodiscard]] ByteView body(NodeId id, const state::Transaction& txn) const;
  void set_body(NodeId id, Bytes content, state::Transaction& txn) const;
  [[nodiscard]] std::uint8_t life_cycle(NodeId id, const state::Transaction& txn) const;
  void set_life_cycle(NodeId id, std::uint8_t value, state::Transaction& txn) const;
  // 62 template, TS 102 221 11.1.1.3.
  [[nodiscard]] Bytes fcp(NodeId id, const state::Transaction& txn) const;

  // Access rule of the file allows this; the header serves the command header forms of AM_DO.
  [[nodiscard]] bool allowed(NodeId id, Access mode, const Header& header, const state::Transaction& txn) const;
  [[nodiscard]] bool allowed(NodeId id, Access mode, std::uint8_t ins, const state::Transaction& txn) const {
    return allowed(id, mode, Header{.ins = ins}, txn);
  }
  // The access condition level of TS 51.011 9.3 that says the same: 0 always, 1 CHV1, 2 CHV2, 4 to D administrative, F never.
  [[nodiscard]] std::uint8_t gsm_level(NodeId id, Access mode, std::uint8_t ins, const state::Transaction& txn) const;
  // The key reference is verified, or disabled in a way that counts as verified, seen from this directory.
  [[nodiscard]] bool pin_satisfied(NodeId directory, std::uint8_t reference, const state::Transaction& txn) const;
  // The application PIN of an ADF: the first global PIN of its PIN status template. True when it names none.
  [[nodiscard]] bool application_pin_satisfied(NodeId adf, const state::Transaction& txn) const;

  // ---- PIN objects; index into PinTable::pins
  [[nodiscard]] std::optional<std::size_t> resolve_pin(NodeId directory, std::uint8_t reference) const;
  [[nodiscard]] std::size_t pin_count() const noexcept { return pins_->pins.size(); }
  [[nodiscard]] const PinObject& pin(std::size_t index) const { return pins_->pins[index]; }
  [[nodiscard]] std::optional<std::size_t> find_puk(std::uint8_t reference) const;
  [[nodiscard]] PinState pin_state(std::size_t index, const state::Transaction& txn) const;
  void save_pin(std::size_t index, const PinState& value, state::Transaction& txn) const;
  [[nodiscard]] PinState puk_state(std::size_t index, const state::Transaction& txn) const;
  void save_puk(std::size_t index, const PinState& value, state::Transaction& txn) const;
  [[nodiscard]] std::uint8_t puk_maximum(std::size_t index) const { return pins_->puks[index].max_tries; }
  [[nodiscard]] bool verified(std::size_t index) const noexcept { return verified_[index]; }
  void set_verified(std::size_t index, bool value) noexcept { verified_[index] = value; }

 private:
  [[nodiscard]] ByteView rule(NodeId id, const state::Transaction& txn) const;
  [[nodiscard]] std::uint8_t referenced_record(const FileNode& node, const state::Transaction& txn) const;
  [[nodiscard]] std::optional<std::uint8_t> user_pin(NodeId directory) const;
  // SC_DOs of the AM_DO that fits.
  [[nodiscard]] std::vector<asn1::Tlv> conditions(NodeId id, Access mode, const Header& header, const state::Transaction& txn) const;
  [[nodiscard]] std::optional<bool> condition(ByteView objects, NodeId directory, bool all, unsigned depth,
                                              const state::Transaction& txn) const;
  [[nodiscard]] std::optional<bool> condition_object(std::uint32_t tag, ByteView value, NodeId directory, unsigned depth,
                                                     const state::Transaction& txn) const;
  [[nodiscard]] bool condition_octet(std::uint8_t octet, NodeId directory, const state::Transaction& txn) const;

  friend class ActingWith;
  const Rights* acting_ = nullptr;
  std::shared_ptr<const FileTree> original_, tree_;
  bool restructured_ = false;
  std::shared_ptr<const PinTable> pins_;
  std::uint32_t owner_ = 0;
  std::vector<bool> verified_;
};

// While it lives, access rules are asked with these rights.
class ActingWith {
 public:
  ActingWith(Uicc& uicc, const Rights& rights) noexcept : uicc_(uicc), before_(std::exchange(uicc.acting_, &rights)) {}
  ~ActingWith() { uicc_.acting_ = before_; }
  ActingWith(const ActingWith&) = delete;
  ActingWith& operator=(const ActingWith&) = delete;

 private:
  Uicc& uicc_;
  const Rights* before_;
};

struct Context {
  Uicc& uicc;
  Channel& channel;
  state::Transaction& txn;
  crypto::Rng& rng;
};

// ---- commands, by file
// select.cpp: SELECT by FID and path; the applications of P1 = 04 are the caller's, who ends in select_adf.
apdu::Answer select_file(Context&, const apdu::Command&);
apdu::Answer select_adf(Context&, NodeId adf, const apdu::Command&);
apdu::Answer status(Context&, const apdu::Command&);
// binary.cpp
apdu::Answer read_binary(Context&, const apdu::Command&);
apdu::Answer update_binary(Context&, const apdu::Command&);
// records.cpp
apdu::Answer read_record(Context&, const apdu::Command&);
apdu::Answer update_record(Context&, const apdu::Command&);
apdu::Answer search_record(Context&, const apdu::Command&);
apdu::Answer increase(Context&, const apdu::Command&);
// ber_tlv_files.cpp
apdu::Answer retrieve_data(Context&, const apdu::Command&);
apdu::Answer set_data(Context&, const apdu::Command&);
// pin_commands.cpp
apdu::Answer verify_pin(Context&, const apdu::Command&);
apdu::Answer change_pin(Context&, const apdu::Command&);
apdu::Answer disable_pin(Context&, const apdu::Command&);
apdu::Answer enable_pin(Context&, const apdu::Command&);
apdu::Answer unblock_pin(Context&, const apdu::Command&);
// administration.cpp
apdu::Answer activate_file(Context&, const apdu::Command&);
apdu::Answer deactivate_file(Context&, const apdu::Command&);
apdu::Answer get_challenge(Context&, const apdu::Command&);
// file_management.cpp
apdu::Answer create_file(Context&, const apdu::Command&);
apdu::Answer delete_file(Context&, const apdu::Command&);
apdu::Answer resize_file(Context&, const apdu::Command&);
apdu::Answer terminate_df(Context&, const apdu::Command&);
apdu::Answer terminate_ef(Context&, const apdu::Command&);
apdu::Answer terminate_card_usage(Context&, const apdu::Command&);

// Shared by the command files: the EF that P1 P2 mean. An SFI makes its EF current even when the command fails later
// (TS 102 221 8.4.2); 6986 without a current EF, 6A82 for an unknown SFI.
[[nodiscard]] apdu::Result<NodeId> current_file(Context& context, std::uint8_t sfi);
// P1 00: FID of a child, or nothing for the current EF (else the current directory); 08 and 09: paths as in SELECT.
[[nodiscard]] apdu::Result<NodeId> addressed_file(const Context& context, const apdu::Command& command);
// 6984 for a deactivated file that does not allow it, 6982 where the access rule says no.
[[nodiscard]] apdu::Result<void> check_access(Context& context, NodeId file, Access mode, const Header& header);

}  // namespace simurgh::uicc
