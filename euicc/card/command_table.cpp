#include <algorithm>
#include <array>

#include "euicc/card/core.h"

namespace simurgh::card {
namespace {

using enum apdu::ClaFamily;

// A file system command as a handler of the card.
template <apdu::Answer (*Command)(uicc::Context&, const apdu::Command&)>
apdu::Answer on_files(Core& core, ChannelState& channel, const apdu::Command& command) {
  if (core.uicc.life_cycle(uicc::kMf, core.txn) >= uicc::kTerminated) return apdu::refuse(apdu::Sw::technical_problem, "the card usage is terminated");
  uicc::Context context{core.uicc, channel.files, core.txn, core.rng};
  return Command(context, command);
}

// Instructions that security domains have too.
template <apdu::Answer (*Command)(uicc::Context&, const apdu::Command&)>
apdu::Answer on_files_or_domain(Core& core, ChannelState& channel, const apdu::Command& command) {
  return is_for_domain(channel, command) ? domain_command(core, channel, command) : on_files<Command>(core, channel, command);
}

// STATUS is also the terminal's proactive polling (TS 102 221 14.5.2); while a security domain is selected it may be its GET STATUS.
apdu::Answer polling_status(Core& core, ChannelState& channel, const apdu::Command& command) {
  if (is_for_domain(channel, command)) return domain_command(core, channel, command);
  auto answer = status(core, channel, command);
  if (answer) core.toolkit.polled();
  return answer;
}

constexpr auto kCommands = std::to_array<CommandRow>({
    {iso, 0x04, "DEACTIVATE FILE", &on_files<uicc::deactivate_file>, false, "TS 102 221 11.1.14"},
    {iso, 0x20, "VERIFY PIN", &on_files<uicc::verify_pin>, false, "TS 102 221 11.1.9"},
    {iso, 0x24, "CHANGE PIN", &on_files<uicc::change_pin>, false, "TS 102 221 11.1.10"},
    {iso, 0x26, "DISABLE PIN", &on_files<uicc::disable_pin>, false, "TS 102 221 11.1.11"},
    {iso, 0x28, "ENABLE PIN", &on_files<uicc::enable_pin>, false, "TS 102 221 11.1.12"},
    {iso, 0x2C, "UNBLOCK PIN", &on_files<uicc::unblock_pin>, false, "TS 102 221 11.1.13"},
    {iso, 0x44, "ACTIVATE FILE", &on_files<uicc::activate_file>, false, "TS 102 221 11.1.15"},
    {iso, 0x70, "MANAGE CHANNEL", &manage_channel, false, "TS 102 221 11.1.17"},
    {iso, 0x84, "GET CHALLENGE", &on_files<uicc::get_challenge>, false, "TS 102 221 11.1.16"},
    {iso, 0x88, "AUTHENTICATE", &authenticate, true, "TS 31.102 7.1"},
    {iso, 0x89, "AUTHENTICATE", &authenticate_chained, true, "TS 31.102 7.1.2"},
    {iso, 0xA2, "SEARCH RECORD", &on_files<uicc::search_record>, true, "TS 102 221 11.1.7"},
    {iso, 0xA4, "SELECT", &select, true, "TS 102 221 11.1.1"},
    {iso, 0xB0, "READ BINARY", &on_files<uicc::read_binary>, false, "TS 102 221 11.1.3"},
    {iso, 0xB2, "READ RECORD", &on_files<uicc::read_record>, false, "TS 102 221 11.1.5"},
    {iso, 0xCA, "GET DATA", &get_data, false, "GlobalPlatform 2.3 11.3"},
    {iso, 0xD6, "UPDATE BINARY", &on_files<uicc::update_binary>, false, "TS 102 221 11.1.4"},
    {iso, 0xDC, "UPDATE RECORD", &on_files<uicc::update_record>, false, "TS 102 221 11.1.6"},
    {iso, 0xE0, "CREATE FILE", &on_files<uicc::create_file>, false, "TS 102 222 6.3"},
    {iso, 0xE4, "DELETE FILE", &on_files<uicc::delete_file>, false, "TS 102 222 6.4"},
    {iso, 0xE6, "TERMINATE DF", &on_files<uicc::terminate_df>, false, "TS 102 222 6.7"},
    {iso, 0xE8, "TERMINATE EF", &on_files<uicc::terminate_ef>, false, "TS 102 222 6.8"},
    {iso, 0xFE, "TERMINATE CARD USAGE", &on_files<uicc::terminate_card_usage>, false, "TS 102 222 6.9"},
    {proprietary, 0x10, "TERMINAL PROFILE", &terminal_profile, false, "TS 102 221 11.2.1"},
    {proprietary, 0x12, "FETCH", &fetch, false, "TS 102 221 11.2.3"},
    {proprietary, 0x14, "TERMINAL RESPONSE", &terminal_response, false, "TS 102 221 11.2.4"},
    {proprietary, 0x32, "INCREASE", &on_files<uicc::increase>, true, "TS 102 221 11.1.8"},
    {proprietary, 0x50, "INITIALIZE UPDATE", &initialize_update, true, "GlobalPlatform 2.3 E.5.1"},
    {proprietary, 0x76, "SUSPEND UICC", &suspend_uicc, true, "TS 102 221 11.1.22"},
    {proprietary, 0x78, "GET IDENTITY", &get_identity, false, "TS 31.102 7.5"},
    {proprietary, 0x82, "EXTERNAL AUTHENTICATE", &external_authenticate, false, "GlobalPlatform 2.3 E.5.2"},
    {proprietary, 0xAA, "TERMINAL CAPABILITY", &terminal_capability, false, "TS 102 221 11.1.19"},
    {proprietary, 0xC2, "ENVELOPE", &envelope, true, "TS 102 221 11.2.2"},
    {proprietary, 0xCA, "GET DATA", &get_data, false, "GlobalPlatform 2.3 11.3"},
    {proprietary, 0xCB, "RETRIEVE DATA", &on_files_or_domain<uicc::retrieve_data>, false, "TS 102 221 11.3.1"},
    {proprietary, 0xD4, "RESIZE FILE", &on_files<uicc::resize_file>, false, "TS 102 222 6.10"},
    {proprietary, 0xD8, "PUT KEY", &domain_command, true, "GlobalPlatform 2.3 11.8"},
    {proprietary, 0xDB, "SET DATA", &on_files<uicc::set_data>, false, "TS 102 221 11.3.2"},
    {proprietary, 0xE2, "STORE DATA", &store_data, true, "SGP.22 v2.5 5.7.2"},
    {proprietary, 0xE4, "DELETE", &domain_command, true, "GlobalPlatform 2.3 11.2"},
    {proprietary, 0xE6, "INSTALL", &domain_command, true, "GlobalPlatform 2.3 11.5"},
    {proprietary, 0xE8, "LOAD", &domain_command, true, "GlobalPlatform 2.3 11.6"},
    {proprietary, 0xF0, "SET STATUS", &domain_command, false, "GlobalPlatform 2.3 11.10"},
    {proprietary, 0xF2, "STATUS", &polling_status, false, "TS 102 221 11.1.2"},
    {gsm, 0x04, "INVALIDATE", &gsm_invalidate, false, "TS 51.011 9.2.14"},
    {gsm, 0x10, "TERMINAL PROFILE", &gsm_toolkit, false, "TS 51.011 9.2.18"},
    {gsm, 0x12, "FETCH", &gsm_toolkit, false, "TS 51.011 9.2.20"},
    {gsm, 0x14, "TERMINAL RESPONSE", &gsm_toolkit, false, "TS 51.011 9.2.21"},
    {gsm, 0x20, "VERIFY CHV", &gsm_chv, false, "TS 51.011 9.2.9"},
    {gsm, 0x24, "CHANGE CHV", &gsm_chv, false, "TS 51.011 9.2.10"},
    {gsm, 0x26, "DISABLE CHV", &gsm_chv, false, "TS 51.011 9.2.11"},
    {gsm, 0x28, "ENABLE CHV", &gsm_chv, false, "TS 51.011 9.2.12"},
    {gsm, 0x2C, "UNBLOCK CHV", &gsm_chv, false, "TS 51.011 9.2.13"},
    {gsm, 0x32, "INCREASE", &gsm_increase, true, "TS 51.011 9.2.8"},
    {gsm, 0x44, "REHABILITATE", &gsm_rehabilitate, false, "TS 51.011 9.2.15"},
    {gsm, 0x88, "RUN GSM ALGORITHM", &gsm_run_algorithm, true, "TS 51.011 9.2.16"},
    {gsm, 0xA2, "SEEK", &gsm_seek, true, "TS 51.011 9.2.7"},
    {gsm, 0xA4, "SELECT", &gsm_select, true, "TS 51.011 9.2.1"},
    {gsm, 0xB0, "READ BINARY", &gsm_read_binary, false, "TS 51.011 9.2.3"},
    {gsm, 0xB2, "READ RECORD", &gsm_read_record, false, "TS 51.011 9.2.5"},
    {gsm, 0xC2, "ENVELOPE", &gsm_toolkit, true, "TS 51.011 9.2.19"},
    {gsm, 0xD6, "UPDATE BINARY", &gsm_update_binary, false, "TS 51.011 9.2.4"},
    {gsm, 0xDC, "UPDATE RECORD", &gsm_update_record, false, "TS 51.011 9.2.6"},
    {gsm, 0xF2, "STATUS", &gsm_status, false, "TS 51.011 9.2.2"},
    {gsm, 0xFA, "SLEEP", &gsm_sleep, false, "TS 51.011 9.2.17"},
});

// Rows by class family and instruction, 255: none.
constexpr auto kIndex = [] {
  std::array<std::array<std::uint8_t, 256>, 3> out{};
  for (auto& family : out) family.fill(255);
  for (std::size_t i = 0; i < kCommands.size(); ++i) {
    out[static_cast<std::size_t>(kCommands[i].family)][kCommands[i].ins] = static_cast<std::uint8_t>(i);
  }
  return out;
}();

}  // namespace

std::span<const CommandRow> command_table() { return kCommands; }

const CommandRow* find_command(apdu::ClaFamily family, std::uint8_t ins) noexcept {
  const std::uint8_t at = kIndex[static_cast<std::size_t>(family)][ins];
  return at == 255 ? nullptr : &kCommands[at];
}

}  // namespace simurgh::card
