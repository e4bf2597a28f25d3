// Tables: how the applet's data arrives in the profile's package, by STORE DATA and over the air. BER-TLV E1 and its reply E2.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>

#include "euicc/applets/multi_imsi/config.h"

namespace simurgh::multi_imsi {

enum class Operation : std::uint8_t { replace = 0, patch = 1, remove = 2, mode = 3, query = 4, clear = 5, confirm = 6 };
enum class TableStatus : std::uint8_t {
  ok = 0, partial = 1, old_version = 2, bad_mac = 3, format = 4, semantic = 5, would_cut = 6, no_memory = 7, busy = 8, base_too_old = 9,
};

struct TableError {
  TableStatus status = TableStatus::format;
  std::uint8_t tag = 0;  // the offending element, 0: none in particular
};
template <typename T>
using TableResult = std::expected<T, TableError>;

namespace table_flag {
inline constexpr std::uint8_t force = 0x01, report = 0x02, swap_now = 0x04, keep_history = 0x08;
}

enum class ModeWish : std::uint8_t { automatic = 0, pin = 1, hold = 2 };

// Does an identity remain that may serve here?
[[nodiscard]] bool keeps_service(const Config& config, const Plmn& where);

// Where a table came from decides what protects it.
struct Origin {
  enum class Kind : std::uint8_t {
    trusted,  // the profile's package, or what this card stored itself: keys in clear
    secured,  // a secured packet with a checksum
    open,     // anything else: needs the inner MAC
  } kind = Kind::trusted;
  ByteView key_encryption;  // AES key that wraps keys; empty: none
};

struct Request {
  Operation operation = Operation::replace;
  std::uint32_t version = 0;
  std::uint8_t flags = 0;
  std::uint32_t not_before = 0;  // seconds since 1970; 0: at once
  struct Mode {
    ModeWish wish = ModeWish::automatic;
    std::uint8_t id = 0;
    std::uint8_t hours = 0;  // 0: T_manual
  } mode;
};

struct Circumstances {
  ByteView eid;          // 16 octets
  Plmn plmn;             // where the terminal is
};

// What a table makes of a configuration: everything is parsed, then the MAC, then the meaning. Nothing of `current` is changed. For an operation
// without content the configuration is a copy.
struct Applied {
  Request request;
  Config config;
  bool changed = false;
};
[[nodiscard]] TableResult<Applied> apply_table(const Config& current, ByteView e1, const Origin& origin, const Circumstances& where);

// A table that replaces everything by this configuration, keys in clear: the stored form.
[[nodiscard]] Bytes write_table(const Config& config);
// The same for the air. Keys are wrapped under the key encryption key of the packet's key set, or left out; the key of the inner MAC never travels.
struct Message {
  std::uint32_t version = 0;
  std::uint32_t not_before = 0;  // seconds since 1970; 0: at once
  bool force = false;
  ByteView key_encryption = {};
};
[[nodiscard]] Bytes write_message(const Config& config, const Message& message);
[[nodiscard]] Bytes write_mode(const Request::Mode& mode);
// The octets of one identity (A1), rule (A2) or key set in clear (A6), for who makes tables.
[[nodiscard]] Bytes write_identity(const Identity& identity);
[[nodiscard]] Bytes write_rule(const Rule& rule);
[[nodiscard]] Bytes write_key_set(const KeySet& set);
// The inner MAC over everything before it, with its tag: to append to the content of E1.
[[nodiscard]] Bytes table_mac(ByteView table_key, ByteView target, ByteView content);

}  // namespace simurgh::multi_imsi
