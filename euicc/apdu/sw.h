// Status words: one list, each with its clause. ETSI TS 102 221 10.2, GlobalPlatform 2.3 11.1.3, 3GPP TS 31.102 7.3.
#pragma once

#include <cstdint>
#include <string_view>

namespace simurgh::apdu {

enum class Sw : std::uint16_t {
  ok = 0x9000,
  toolkit_busy = 0x9300,                 // TS 102 221 10.2.1.1
  no_information = 0x6200,
  data_may_be_corrupt = 0x6281,
  end_of_file = 0x6282,                  // also: search without a hit
  file_deactivated = 0x6283,
  file_terminated = 0x6285,
  more_data_retrieve = 0x62F1,           // RETRIEVE DATA, TS 102 221 11.3.1
  more_data_retrieve_proactive = 0x62F2,
  authentication_failed = 0x6300,        // GP EXTERNAL AUTHENTICATE
  gp_more_data = 0x6310,
  more_data_expected = 0x63F1,           // SET DATA
  more_data_expected_proactive = 0x63F2,
  execution_error = 0x6400,
  execution_error_changed = 0x6500,
  memory_failure = 0x6581,
  wrong_length = 0x6700,
  class_function_unsupported = 0x6800,
  channel_unsupported = 0x6881,
  secure_messaging_unsupported = 0x6882,
  command_not_allowed = 0x6900,
  incompatible_file_structure = 0x6981,
  security_status_not_satisfied = 0x6982,
  pin_blocked = 0x6983,
  data_invalidated = 0x6984,
  conditions_not_satisfied = 0x6985,
  no_ef_selected = 0x6986,
  sm_data_incorrect = 0x6988,
  incorrect_data = 0x6A80,
  function_not_supported = 0x6A81,
  file_not_found = 0x6A82,
  record_not_found = 0x6A83,
  not_enough_memory = 0x6A84,
  incorrect_p1p2 = 0x6A86,
  lc_inconsistent = 0x6A87,
  data_not_found = 0x6A88,
  file_exists = 0x6A89,                  // TS 102 222 6.3.5
  df_name_exists = 0x6A8A,
  wrong_p1p2_range = 0x6B00,
  ins_not_supported = 0x6D00,
  cla_not_supported = 0x6E00,
  technical_problem = 0x6F00,
  // class A0, TS 51.011 9.4
  gsm_memory_problem = 0x9240,
  gsm_no_ef_selected = 0x9400,
  gsm_out_of_range = 0x9402,
  gsm_not_found = 0x9404,
  gsm_file_inconsistent = 0x9408,
  gsm_no_chv = 0x9802,
  gsm_access_not_fulfilled = 0x9804,
  gsm_chv_contradiction = 0x9808,
  gsm_invalidated = 0x9810,
  gsm_chv_blocked = 0x9840,
  gp_algorithm_unsupported = 0x9484,     // GlobalPlatform 11.8.3
  gp_wrong_key_check = 0x9485,
  increase_exceeds_maximum = 0x9850,
  auth_mac_wrong = 0x9862,               // TS 31.102 7.1.2
  security_session_invalid = 0x9863,
  security_context_not_supported = 0x9864,
  key_freshness_failure = 0x9865,
  no_memory_for_key = 0x9866,
};

[[nodiscard]] constexpr std::uint16_t value(Sw sw) noexcept { return static_cast<std::uint16_t>(sw); }
// 61xx: `available` octets wait for GET RESPONSE; 256 and more are announced as 00.
[[nodiscard]] constexpr Sw more_data(std::size_t available) noexcept {
  return static_cast<Sw>(0x6100 | (available >= 256 ? 0 : available));
}
// 6Cxx: wrong Le, `right` is the right one.
[[nodiscard]] constexpr Sw wrong_le(std::size_t right) noexcept { return static_cast<Sw>(0x6C00 | (right >= 256 ? 0 : right)); }
// 9Fxx and 67xx of class A0: `available` octets wait for GET RESPONSE; P3 is wrong, `right` is the right one (TS 51.011 9.4).
[[nodiscard]] constexpr Sw gsm_data(std::size_t available) noexcept { return static_cast<Sw>(0x9F00 | (available >= 256 ? 0 : available)); }
[[nodiscard]] constexpr Sw gsm_wrong_p3(std::size_t right) noexcept { return static_cast<Sw>(0x6700 | (right >= 256 ? 0 : right)); }
// 91xx: normal end, a proactive command of `size` octets waits.
[[nodiscard]] constexpr Sw proactive_pending(std::size_t size) noexcept {
  return static_cast<Sw>(0x9100 | (size >= 256 ? 0 : size));
}
// 63Cx: comparison failed, `tries` remain.
[[nodiscard]] constexpr Sw tries_left(unsigned tries) noexcept { return static_cast<Sw>(0x63C0 | (tries > 15 ? 15 : tries)); }

// In words, for people: "file or application not found". Never empty.
[[nodiscard]] std::string_view describe(Sw sw) noexcept;

}  // namespace simurgh::apdu
