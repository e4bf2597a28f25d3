#include "tools/radio/cause.h"

#include <algorithm>
#include <array>

namespace simurgh::radio {
namespace {

// clang-format off
constexpr std::array kRows{
    //        #   name                                   subscription         list                   forgets next             T3247
    CauseRow{2,  "IMSI unknown in HSS",                  Invalid::circuit,    Barred::nothing,       false, Next::again,      false},
    CauseRow{3,  "illegal UE",                           Invalid::everything, Barred::nothing,       true,  Next::stay,       true},
    CauseRow{5,  "IMEI not accepted",                    Invalid::nothing,    Barred::nothing,       true,  Next::again,      false},
    CauseRow{6,  "illegal ME",                           Invalid::everything, Barred::nothing,       true,  Next::stay,       true},
    CauseRow{7,  "EPS services not allowed",             Invalid::packet,     Barred::nothing,       true,  Next::stay,       true},
    CauseRow{8,  "EPS and non-EPS services not allowed", Invalid::everything, Barred::nothing,       true,  Next::stay,       true},
    CauseRow{9,  "identity cannot be derived",           Invalid::nothing,    Barred::nothing,       true,  Next::at_once,    false},
    CauseRow{10, "implicitly detached",                  Invalid::nothing,    Barred::nothing,       true,  Next::at_once,    false},
    CauseRow{11, "PLMN not allowed",                     Invalid::nothing,    Barred::plmn,          true,  Next::other_plmn, true},
    CauseRow{12, "tracking area not allowed",            Invalid::nothing,    Barred::area_regional, true,  Next::stay,       true},
    CauseRow{13, "roaming not allowed in this area",     Invalid::nothing,    Barred::area_roaming,  true,  Next::other_plmn, true},
    CauseRow{14, "EPS services not allowed in this PLMN", Invalid::nothing,   Barred::packet_plmn,   true,  Next::other_plmn, true},
    CauseRow{15, "no suitable cells in this area",       Invalid::nothing,    Barred::area_roaming,  true,  Next::other_area, true},
    CauseRow{17, "network failure",                      Invalid::nothing,    Barred::nothing,       false, Next::again,      false},
    CauseRow{19, "ESM failure",                          Invalid::nothing,    Barred::nothing,       false, Next::again,      false},
    CauseRow{22, "congestion",                           Invalid::nothing,    Barred::nothing,       false, Next::back_off,   false},
    CauseRow{25, "not authorised for this CSG",          Invalid::nothing,    Barred::area_roaming,  false, Next::other_area, false},
    CauseRow{27, "N1 mode not allowed",                  Invalid::nothing,    Barred::plmn_and_rat,  true,  Next::other_area, true},
    CauseRow{31, "redirection to the other core",        Invalid::nothing,    Barred::plmn_and_rat,  false, Next::other_area, true},
    CauseRow{35, "service option not authorised in this PLMN", Invalid::nothing, Barred::plmn,       true,  Next::other_plmn, true},
    CauseRow{42, "severe network failure",               Invalid::nothing,    Barred::plmn_and_rat,  true,  Next::other_plmn, false},
    CauseRow{62, "no network slices available",          Invalid::nothing,    Barred::plmn_and_rat,  false, Next::other_area, true},
    CauseRow{72, "non-3GPP access not allowed",          Invalid::nothing,    Barred::nothing,       false, Next::again,      false},
    CauseRow{73, "serving network not authorised",       Invalid::nothing,    Barred::plmn,          true,  Next::other_plmn, true},
};
// clang-format on

}  // namespace

const CauseRow* cause_row(std::uint8_t cause) noexcept {
  const auto at = std::find_if(kRows.begin(), kRows.end(), [&](const CauseRow& row) { return row.cause == cause; });
  return at == kRows.end() ? nullptr : at;
}

std::string_view cause_name(std::uint8_t cause) noexcept {
  const CauseRow* row = cause_row(cause);
  return row == nullptr ? std::string_view("abnormal case") : row->name;
}

}  // namespace simurgh::radio
