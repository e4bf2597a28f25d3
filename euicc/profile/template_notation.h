// How the template tables are written.
#pragma once

#include "euicc/profile/templates.h"

namespace simurgh::profile::notation {

inline constexpr RowShape mf{uicc::FileKind::mf}, df{uicc::FileKind::df}, adf{uicc::FileKind::adf};
constexpr RowShape tr(std::uint16_t octets) { return {uicc::FileKind::transparent, octets, 0}; }
constexpr RowShape lf(std::uint16_t records, std::uint16_t length) { return {uicc::FileKind::linear_fixed, records, length}; }
constexpr RowShape cy(std::uint16_t records, std::uint16_t length) { return {uicc::FileKind::cyclic, records, length}; }
constexpr RowShape bt(std::uint16_t octets) { return {uicc::FileKind::ber_tlv, octets, 0}; }

inline constexpr RowContent given{ContentKind::given, {}}, ff{ContentKind::ff, {}};
consteval RowContent fill(std::string_view hex) { return {ContentKind::fill, RowOctets(hex)}; }
consteval RowContent repeated(std::string_view hex) { return {ContentKind::repeated, RowOctets(hex)}; }
consteval RowContent literal(std::string_view hex) { return {ContentKind::literal, RowOctets(hex)}; }
consteval RowContent tail(std::string_view hex) { return {ContentKind::tail, RowOctets(hex)}; }

}  // namespace simurgh::profile::notation
