// Command and response APDUs (ISO 7816-4, ETSI TS 102 221 10.1). One place decides 6700 and 6E00.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>

#include "asn1/bytes.h"
#include "euicc/apdu/sw.h"

namespace simurgh::apdu {

// A handler's refusal: the status word for the terminal and the reason for the trace.
struct Error {
  Sw sw;
  const char* why;  // a literal, never input octets
};

template <typename T>
using Result = std::expected<T, Error>;

[[nodiscard]] inline std::unexpected<Error> refuse(Sw sw, const char* why) { return std::unexpected(Error{sw, why}); }

enum class ClaFamily : std::uint8_t {
  iso,          // 0X, 4X, 6X
  proprietary,  // 8X, CX, EX: UICC and GlobalPlatform
  gsm,          // A0: TS 51.011
};

struct Command {
  std::uint8_t cla = 0, ins = 0, p1 = 0, p2 = 0;
  ByteView data;                     // Lc octets, a view into the caller's buffer
  std::optional<std::uint16_t> le;   // 1..256 when present
  ClaFamily family = ClaFamily::iso;
  std::uint8_t channel = 0;          // 0..19, decoded from CLA
  bool secure_messaging = false;
  bool p3_zero_alone = false;        // exactly five octets with P3 = 00: T=0 case 1 or Le = 256, the command decides
};

// Short APDUs only. A byte behind Lc data is taken as Le. 6700: length does not fit; 6E00: class family unknown.
[[nodiscard]] Result<Command> parse_command(ByteView apdu);

struct Response {
  Bytes data;
  Sw sw = Sw::ok;
};

using Answer = Result<Response>;

[[nodiscard]] inline Response done() { return {}; }
[[nodiscard]] inline Response with_data(Bytes data, Sw sw = Sw::ok) { return {std::move(data), sw}; }

}  // namespace simurgh::apdu
