// Class A0 speaks of the same files and PINs in other words (TS 51.011 9.4): shared by its two sources.
#pragma once

#include "euicc/card/core.h"

namespace simurgh::card {

// A refusal or warning of a UICC command in the words of class A0. `length`: the P3 that would be right, where that is known.
[[nodiscard]] apdu::Error gsm_error(const apdu::Error& error, std::size_t length = 0);
[[nodiscard]] apdu::Answer as_gsm(apdu::Answer answer, std::size_t length = 0);
// The same command in the class that the UICC gives it.
[[nodiscard]] apdu::Command iso_form(const apdu::Command& command, std::uint8_t ins, std::uint8_t p1, std::uint8_t p2);

// Status octet of a CHV and of its UNBLOCK CHV: b8 initialised, b4-b1 tries left (TS 51.011 9.2.1); 00 where the profile has none.
struct ChvStatus {
  std::uint8_t chv = 0, unblock = 0;
  bool enabled = false;
};
[[nodiscard]] ChvStatus chv_status(const Core& core, unsigned chv);

}  // namespace simurgh::card
