// From what terminals send to evidence: envelopes (TS 102 223 7.5) and answers to PROVIDE LOCAL INFORMATION.
#pragma once

#include <optional>

#include "euicc/applets/multi_imsi/machine.h"
#include "euicc/toolkit/envelope.h"
#include "euicc/toolkit/terminal_response.h"

namespace simurgh::multi_imsi {

// Nothing for envelopes that say nothing about service.
[[nodiscard]] std::optional<Input> evidence_of(const toolkit::Envelope& envelope);
// PROVIDE LOCAL INFORMATION, location.
[[nodiscard]] std::optional<Input> evidence_of_location(const toolkit::TerminalResponse& response);
// PROVIDE LOCAL INFORMATION, date and time: seconds since 1970.
[[nodiscard]] std::optional<std::uint32_t> wall_clock_of(const toolkit::TerminalResponse& response);
// PROVIDE LOCAL INFORMATION, IMEI: its first eight digits.
[[nodiscard]] std::optional<std::string> tac_of(const toolkit::TerminalResponse& response);

}  // namespace simurgh::multi_imsi
