// What a terminal answers to a proactive command (ETSI TS 102 223 6.8).
#pragma once

#include <optional>

#include "asn1/bytes.h"
#include "euicc/toolkit/commands.h"

namespace simurgh::toolkit {

// General results an application decides on, TS 102 223 8.12; the rest are in `TerminalResponse::general`.
namespace result {
inline constexpr std::uint8_t performed = 0x00, modified = 0x07, refresh_naa_not_active = 0x08, terminal_busy = 0x20, network_busy = 0x21,
                              timer_contradiction = 0x24, beyond_capability = 0x30, bip_error = 0x3A;
}  // namespace result

// Additional information of result 3A, TS 102 223 8.12.11.
enum class BipCause : std::uint8_t {
  none = 0x00, no_channel = 0x01, channel_closed = 0x02, channel_invalid = 0x03, buffer_size = 0x04, security = 0x05, transport = 0x06,
  unreachable = 0x07,
};

struct TerminalResponse {
  std::uint8_t number = 0, type = 0, qualifier = 0;
  std::uint8_t general = 0;
  Bytes additional;  // behind the general result
  Bytes objects;     // the whole list, for find()

  // 0X and 1X: the terminal did it, or the user ended it in order.
  [[nodiscard]] bool performed() const noexcept { return general < 0x20; }
  // 2X: the same command may work later.
  [[nodiscard]] bool try_again() const noexcept { return (general & 0xF0) == 0x20; }
  [[nodiscard]] std::optional<ByteView> find(std::uint16_t tag) const;
};

// Nothing when it is no list of objects or lacks command details or result.
[[nodiscard]] std::optional<TerminalResponse> read_terminal_response(ByteView data);

}  // namespace simurgh::toolkit
