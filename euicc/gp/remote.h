// Content management without a secure channel of GlobalPlatform: who a TAR means, its keys, and execution of one command on a security
// domain. SCP80 stands on this (TS 102 225, TS 102 226); commands that arrive through SCP02 or SCP03 take the same way.
//
// For a remote session: find_tar -> check minimum_security_level against the first octet of the SPI (TS 102 225 5.1.1) -> find_key for KIc and
// KID -> Content::counter / set_counter for CNTR with the key version (commit before executing) -> execute for each command of the script.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "euicc/apdu/command.h"
#include "euicc/crypto/rng.h"
#include "euicc/gp/content.h"

namespace simurgh::gp {

// ---- addresses

struct RemoteTarget {
  enum class Kind : std::uint8_t { domain, files, application } kind = Kind::domain;
  std::size_t index = 0;               // into domains, rfm or applications of the registry
  std::size_t domain = 0;              // index of the security domain whose keys protect it
  std::uint8_t minimum_security_level = 0;  // coded as the first octet of the SPI, 0: none
};

// TARs of toolkit parameters and RFM elements; else 000000 means the MNO-SD and octets 13 to 15 of an AID mean its domain (TS 101 220 D).
// Nothing for an unknown TAR and for objects that are locked or not yet selectable.
[[nodiscard]] std::optional<RemoteTarget> find_tar(const Content& content, ByteView tar);

// ---- keys

// KIc is identifier 1, KID 2 and KIK 3 of versions 01 to 0F (TS 102 225 5.1.2, 5.1.3). Null: no such key.
[[nodiscard]] const Key* find_key(const SecurityDomain& domain, std::uint8_t version, std::uint8_t identifier) noexcept;
// First three octets of 00.. under DES keys, of 01.. under AES keys (GlobalPlatform B.5, B.6); empty for other types.
[[nodiscard]] Bytes key_check_value(std::uint8_t type, ByteView value);

// The key that protects keys inside PUT KEY and encrypted STORE DATA. DES: ECB; AES: CBC with zero IV.
struct DataKey {
  std::uint8_t type = 0;  // 80 or 88; 0: there is none
  ByteView value;
};
[[nodiscard]] DataKey data_key(const Key* key) noexcept;  // KIK or the static DEK; null gives none

// ---- execution

// How a command reached the domain. It decides what the command may do (GlobalPlatform 11.1.1, table 11-1).
struct Security {
  enum class By : std::uint8_t { plain, scp02, scp03, remote } by = By::plain;
  std::uint8_t level = 0;  // security level of the session: 01 C-MAC, 02 C-DECRYPTION, 10 R-MAC, 20 R-ENCRYPTION
  std::uint8_t key_version = 0;
  DataKey key;             // octets must outlive the command
  [[nodiscard]] bool authenticated() const noexcept { return by != By::plain; }
  // Integrity is protected: commands that change something are allowed.
  [[nodiscard]] bool may_change() const noexcept { return by == By::remote || (by != By::plain && (level & 0x01) != 0); }
};

// What a conversation with a domain remembers between commands: the rest of a GET STATUS, a load, a STORE DATA chain, its target.
// Volatile. One per logical channel; one per remote session, kept while a load may go on.
struct Conversation {
  // GET STATUS
  std::vector<Bytes> entries;          // that did not fit yet
  std::uint8_t entries_of = 0;         // P1 they belong to
  // INSTALL [for load] and LOAD
  struct Loading {
    Bytes aid, domain, hash;
    Bytes collected;
    std::uint32_t next_block = 0;
  };
  std::optional<Loading> loading;
  Bytes combined;                      // load file of an INSTALL [for load, install and make selectable] that its second part has to end
  // INSTALL [for personalization] and STORE DATA
  Bytes personalized;                  // AID of the application, empty: the domain itself
  Bytes stored;
  std::uint16_t next_block = 0;        // 0: no chain
};

struct Environment {
  Content& content;
  state::Transaction& txn;
  crypto::Rng& rng;
  std::span<const Bytes> selected;     // AIDs current on any logical channel: they cannot be deleted
  std::uint32_t free_memory = 0;       // octets of non-volatile memory, for GET DATA FF21
};

// Executes one plain command of GlobalPlatform 11 (class bits are not looked at) on registry().domains[domain]. Changes are staged in the
// transaction; a refusal leaves nothing staged by this command. 6D00 for an instruction that is none of content management.
[[nodiscard]] apdu::Answer execute(Environment& environment, std::size_t domain, Conversation& conversation, const apdu::Command& plain,
                                   const Security& arrived_by);

}  // namespace simurgh::gp
