// The proactive queue of the card: TERMINAL PROFILE, 91xx, FETCH and TERMINAL RESPONSE (ETSI TS 102 223 6.2, TS 102 221 7.4.2, 11.2).
// One command is outstanding at a time; nothing leaves before TERMINAL PROFILE.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>

#include "asn1/bytes.h"
#include "euicc/apdu/command.h"

namespace simurgh::toolkit {

enum class RefreshMode : std::uint8_t { uicc_reset = 0x04, euicc_profile_state_change = 0x09 };  // TS 102 223 8.6

// What a TERMINAL RESPONSE says of the outstanding command.
struct TerminalResult {
  std::uint8_t type = 0, qualifier = 0;
  std::uint8_t general = 0;  // TS 102 223 8.12: 0X performed, 2X try again, 3X permanent
  [[nodiscard]] bool performed() const noexcept { return general < 0x20; }
};

class Proactive {
 public:
  void reset() noexcept;
  void terminal_profile(ByteView profile);
  // What waits or is outstanding goes; what the terminal can do stays known.
  void end_session() noexcept;
  [[nodiscard]] bool has_profile() const noexcept { return has_profile_; }
  // Bit 1..8 of byte 1.. of the TERMINAL PROFILE; absent bytes read as 00 (TS 102 223 5.2).
  [[nodiscard]] bool terminal_has(unsigned byte, unsigned bit) const noexcept;
  // Fetched and not yet answered.
  [[nodiscard]] bool outstanding() const noexcept { return outstanding_.has_value(); }
  // A command waits or is outstanding.
  [[nodiscard]] bool busy() const noexcept { return outstanding_.has_value() || !queue_.empty(); }

  void queue_refresh(RefreshMode mode);

  // Octets of the command to announce with 91xx; nothing while one is outstanding or none waits.
  [[nodiscard]] std::optional<std::size_t> announced() const noexcept;
  // FETCH. Le must be the announced length, else 6Cxx and the command stays (TS 102 221 11.2.3).
  [[nodiscard]] apdu::Answer fetch(const apdu::Command& command);
  // TERMINAL RESPONSE: 6985 without an outstanding command, 6A80 where it cannot be read (the command stays outstanding then).
  [[nodiscard]] apdu::Result<TerminalResult> terminal_response(ByteView data);

 private:
  struct Pending {
    std::uint8_t number = 0, type = 0, qualifier = 0;
    Bytes encoded;  // D0 template
  };

  Bytes profile_;
  bool has_profile_ = false;
  std::uint8_t last_number_ = 0;
  std::deque<Pending> queue_;
  std::optional<Pending> outstanding_;
};

}  // namespace simurgh::toolkit
