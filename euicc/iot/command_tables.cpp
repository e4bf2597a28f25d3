#include <algorithm>
#include <array>

#include "euicc/iot/run.h"

namespace simurgh::iot {
namespace {

using enum ecasd::IotVersion;

constexpr auto kPsmos = std::to_array<PackageCommand>({
    {0xA3, "enable", 0x83, v1_0, &psmo::enable, "SGP.32 v1.2 5.13.1"},
    {0xA4, "disable", 0x84, v1_0, &psmo::disable, "SGP.32 v1.2 5.13.2"},
    {0xA5, "delete", 0x85, v1_0, &psmo::remove, "SGP.32 v1.2 5.13.3"},
    {0xA6, "getRAT", 0xA6, v1_0, &psmo::get_rat, "SGP.32 v1.2 5.13.5"},
    {0xA7, "configureImmediateEnable", 0x87, v1_0, &psmo::configure_immediate_enable, "SGP.32 v1.2 5.13.6"},
    {0xA8, "setFallbackAttribute", 0x8D, v1_1, &psmo::set_fallback_attribute, "SGP.32 v1.2 5.13.7"},
    {0xA9, "unsetFallbackAttribute", 0x8E, v1_1, &psmo::unset_fallback_attribute, "SGP.32 v1.2 5.13.8"},
    {0xBF2D, "listProfileInfo", 0xBF2D, v1_0, &psmo::list_profile_info, "SGP.32 v1.2 5.13.4"},
    {0xBF65, "setDefaultDpAddress", 0xBF65, v1_1, &psmo::set_default_dp_address, "SGP.32 v1.2 5.13.9"},
});

constexpr auto kEcos = std::to_array<PackageCommand>({
    {0xA8, "addEim", 0xA8, v1_0, &eco::add_eim, "SGP.32 v1.2 5.12.1"},
    {0xA9, "deleteEim", 0x89, v1_0, &eco::delete_eim, "SGP.32 v1.2 5.12.2"},
    {0xAA, "updateEim", 0x8A, v1_0, &eco::update_eim, "SGP.32 v1.2 5.12.3"},
    {0xAB, "listEim", 0xAB, v1_0, &eco::list_eim, "SGP.32 v1.2 5.12.4"},
});

template <std::size_t Size>
constexpr bool ascending(const std::array<PackageCommand, Size>& table) {
  for (std::size_t i = 1; i < Size; ++i) {
    if (table[i - 1].tag >= table[i].tag) return false;
  }
  return true;
}
static_assert(ascending(kPsmos) && ascending(kEcos), "rows are sorted by tag, each tag once");

}  // namespace

std::span<const PackageCommand> psmo_table() noexcept { return kPsmos; }
std::span<const PackageCommand> eco_table() noexcept { return kEcos; }

const PackageCommand* find_command(std::span<const PackageCommand> table, std::uint32_t tag, ecasd::IotVersion version) noexcept {
  const auto at = std::ranges::lower_bound(table, tag, {}, &PackageCommand::tag);
  return at != table.end() && at->tag == tag && at->since <= version ? &*at : nullptr;
}

}  // namespace simurgh::iot
