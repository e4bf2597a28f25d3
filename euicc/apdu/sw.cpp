#include "euicc/apdu/sw.h"

#include <array>

namespace simurgh::apdu {
namespace {

struct Row {
  Sw sw;
  std::string_view words;
};

constexpr std::array kRows{
    Row{Sw::ok, "done"},
    Row{Sw::toolkit_busy, "the toolkit is busy, try again later"},
    Row{Sw::no_information, "warning without detail"},
    Row{Sw::data_may_be_corrupt, "returned data may be corrupt"},
    Row{Sw::end_of_file, "end of file reached, or nothing found"},
    Row{Sw::file_deactivated, "the selected file is deactivated"},
    Row{Sw::file_terminated, "the selected file is terminated"},
    Row{Sw::more_data_retrieve, "more data available"},
    Row{Sw::more_data_retrieve_proactive, "more data available, a proactive command waits"},
    Row{Sw::authentication_failed, "authentication failed"},
    Row{Sw::gp_more_data, "more data available, ask again for the next part"},
    Row{Sw::more_data_expected, "more data expected"},
    Row{Sw::more_data_expected_proactive, "more data expected, a proactive command waits"},
    Row{Sw::execution_error, "execution error, nothing changed"},
    Row{Sw::execution_error_changed, "execution error"},
    Row{Sw::memory_failure, "memory failure, nothing changed"},
    Row{Sw::wrong_length, "wrong length"},
    Row{Sw::class_function_unsupported, "function of the class not supported"},
    Row{Sw::channel_unsupported, "the logical channel is not open"},
    Row{Sw::secure_messaging_unsupported, "secure messaging not supported"},
    Row{Sw::command_not_allowed, "command not allowed"},
    Row{Sw::incompatible_file_structure, "the command does not fit the file's structure"},
    Row{Sw::security_status_not_satisfied, "not allowed: a PIN or key is needed"},
    Row{Sw::pin_blocked, "the PIN is blocked"},
    Row{Sw::data_invalidated, "the file or PIN is deactivated"},
    Row{Sw::conditions_not_satisfied, "conditions of use not satisfied"},
    Row{Sw::no_ef_selected, "no elementary file selected"},
    Row{Sw::sm_data_incorrect, "secure messaging data incorrect"},
    Row{Sw::incorrect_data, "wrong data"},
    Row{Sw::function_not_supported, "function not supported"},
    Row{Sw::file_not_found, "file or application not found"},
    Row{Sw::record_not_found, "record not found"},
    Row{Sw::not_enough_memory, "not enough memory"},
    Row{Sw::incorrect_p1p2, "wrong parameters P1 P2"},
    Row{Sw::lc_inconsistent, "Lc does not fit P1 P2"},
    Row{Sw::data_not_found, "referenced data not found"},
    Row{Sw::file_exists, "the file identifier exists already"},
    Row{Sw::df_name_exists, "the DF name exists already"},
    Row{Sw::wrong_p1p2_range, "offset outside the file"},
    Row{Sw::ins_not_supported, "instruction not supported"},
    Row{Sw::cla_not_supported, "class not supported"},
    Row{Sw::technical_problem, "technical problem in the card"},
    Row{Sw::gsm_memory_problem, "memory problem"},
    Row{Sw::gsm_no_ef_selected, "no elementary file selected"},
    Row{Sw::gsm_out_of_range, "record outside the file"},
    Row{Sw::gsm_not_found, "file or pattern not found"},
    Row{Sw::gsm_file_inconsistent, "the command does not fit the file"},
    Row{Sw::gsm_no_chv, "there is no such CHV"},
    Row{Sw::gsm_access_not_fulfilled, "not allowed, or wrong CHV with tries left"},
    Row{Sw::gsm_chv_contradiction, "in contradiction with the state of the CHV"},
    Row{Sw::gsm_invalidated, "in contradiction with the invalidation of the file"},
    Row{Sw::gsm_chv_blocked, "the CHV is blocked"},
    Row{Sw::gp_algorithm_unsupported, "key type or format not supported"},
    Row{Sw::gp_wrong_key_check, "key check value wrong"},
    Row{Sw::increase_exceeds_maximum, "INCREASE would exceed the maximum"},
    Row{Sw::auth_mac_wrong, "authentication: the network's MAC is wrong"},
    Row{Sw::security_session_invalid, "security session invalid or expired"},
    Row{Sw::security_context_not_supported, "authentication context not supported"},
    Row{Sw::key_freshness_failure, "key freshness failure"},
    Row{Sw::no_memory_for_key, "authentication: no memory left"},
};

}  // namespace

std::string_view describe(Sw sw) noexcept {
  for (const Row& row : kRows) {
    if (row.sw == sw) return row.words;
  }
  switch (value(sw) >> 8) {
    case 0x61: return "more data waits for GET RESPONSE";
    case 0x67: return "wrong length, the right one is in SW2";
    case 0x9F: return "more data waits for GET RESPONSE";
    case 0x6C: return "wrong Le, the right one is in SW2";
    case 0x91: return "done, a proactive command waits for FETCH";
    default: break;
  }
  if ((value(sw) & 0xFFF0) == 0x63C0) return "wrong value, the last digit tells how many tries are left";
  return "unknown status word";
}

}  // namespace simurgh::apdu
