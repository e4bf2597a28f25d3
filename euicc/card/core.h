// The inside of a Card: volatile state, the services handlers use, and the rows of the command table.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "euicc/apdu/command.h"
#include "euicc/card/applets.h"
#include "euicc/card/card.h"
#include "euicc/card/platform.h"
#include "euicc/crypto/rng.h"
#include "euicc/ecasd/ecasd.h"
#include "euicc/gp/secure_channel.h"
#include "euicc/isdr/isdr.h"
#include "euicc/ota/sms.h"
#include "euicc/profile/image.h"
#include "euicc/profile/registry.h"
#include "euicc/state/transaction.h"
#include "euicc/toolkit/cat.h"
#include "euicc/uicc/uicc.h"

namespace simurgh::card {

inline constexpr std::size_t kChannels = 20;  // basic channel and 19 logical ones, TS 102 221 10.1.1

enum class Selected : std::uint8_t { files, isdr, ecasd, security_domain, application };

// What one logical channel remembers (TS 102 221 8.7).
struct ChannelState {
  bool open = false;
  Selected selected = Selected::files;
  Bytes application;              // AID of the security domain or application that is selected
  uicc::Channel files;
  // STORE DATA chain in progress (GlobalPlatform 11.11): collected octets and the next block number.
  Bytes chain;
  std::optional<std::uint16_t> next_block;

  // Secure channel and commands under way with the selected security domain; any selection ends them (GlobalPlatform 10.2.3).
  std::unique_ptr<gp::SecureChannel> secure;
  gp::Conversation conversation;

  void end_session() {
    secure.reset();
    conversation = {};
  }
  void drop_chain() noexcept {
    chain.clear();
    next_block.reset();
  }
};

// Outgoing octets that wait for GET RESPONSE (T=0). One for the card, keyed to the channel that produced them.
struct ParkedResponse {
  Bytes data;
  std::size_t position = 0;
  apdu::Sw final_sw = apdu::Sw::ok;
  std::uint8_t channel = 0;
  [[nodiscard]] std::size_t left() const noexcept { return data.size() - position; }
};

struct CommandRow;

struct Core final : isdr::PlatformPort {
  Core(state::StateStore& store, crypto::Rng& rng_in, TraceSink* trace_in, ImageCache* images_in, const Applets* applets_in);

  state::Transaction txn;
  crypto::Rng& rng;
  TraceSink* trace;
  ImageCache* images;
  const Applets* applets;
  ecasd::Ecasd ecasd;
  isdr::Isdr isdr;
  uicc::Uicc uicc;
  Platform platform;              // before the toolkit: its applications may hold it
  toolkit::Cat toolkit;
  gp::Content content;            // GlobalPlatform objects of the enabled profile
  gp::NativeApplets natives;      // of the applets, as content management sees them
  gp::Conversation remote_conversation;  // of the domain that secured packets manage; a load may take several
  Bytes remote_domain;
  profile::ImagePtr image;        // of the enabled profile, null while none is enabled
  std::uint32_t image_owner = 0;  // its number
  std::array<ChannelState, kChannels> channels;
  std::optional<ParkedResponse> parked;
  ota::Reassembly inbox;          // parts of messages for the card
  Bytes terminal_capability;      // content of A9, empty before the command
  Bytes terminal_profile_data;    // as the terminal sent it, empty before the command
  bool suspended = false;         // SUSPEND UICC succeeded: nothing but RESUME until the next power-up
  bool powered = false;
  Bytes atr;

  // Everything volatile goes; an interrupted load and a switch that waited for a reset are settled; the enabled profile is mounted.
  void restart();
  Bytes transmit(ByteView command_apdu);
  // Commits what a command staged, or drops it. False: nothing was stored although the command succeeded; sessions are closed then.
  bool settle(const apdu::Answer& answer);

  // isdr::PlatformPort
  [[nodiscard]] bool toolkit_ready() const override { return toolkit.has_profile(); }
  [[nodiscard]] bool toolkit_busy() const override { return toolkit.busy(); }
  void request_refresh() override { refresh_requested_ = true; }
  void profile_changed() override { profile_changed_ = true; }
  [[nodiscard]] std::uint8_t terminal_rsp_functions() const override;
  [[nodiscard]] bool ipad_declared() const override;
  [[nodiscard]] bool ipae_in_charge() const override;
  void activate_ipae() override { ipae_activated_ = true; }
  void note(const char* why) override {
    if (trace != nullptr) trace->note(why);
  }

  [[nodiscard]] CardServices services();
  // facts.cpp: tells applications that listen what a successful or refused command says about service.
  void observe(const apdu::Command& command, const apdu::Answer& answer);

  // suspend.cpp: a command other than RESUME ends what was suspended (TS 102 221 11.1.22).
  void drop_suspended_session();
  // The terminal allows channels above 3 (TS 102 221 11.1.19.2.2, tag 81 of TERMINAL CAPABILITY).
  [[nodiscard]] bool extended_channels() const;

 private:
  [[nodiscard]] apdu::Answer run(const apdu::Command& command);
  [[nodiscard]] apdu::Answer run_wrapped(ChannelState& channel, const CommandRow& row, const apdu::Command& command);
  [[nodiscard]] Bytes finish(const apdu::Command& command, bool case_4, apdu::Response response);
  [[nodiscard]] Bytes get_response(const apdu::Command& command);
  [[nodiscard]] Bytes gsm_get_response(const apdu::Command& command);
  [[nodiscard]] apdu::Sw with_proactive(apdu::Sw sw);
  [[nodiscard]] bool held_elsewhere(std::uint8_t number, const uicc::Position& before) const;
  void leave_removed_files();
  void mount_enabled();
  void forget_volatile();
  void install_card_applications();
  void install_profile_applications();
  void renew_profile_applications();
  void reset_profile_applications();
  [[nodiscard]] bool store();

  std::shared_ptr<const gp::Registry> installed_ = std::make_shared<const gp::Registry>();  // whose instances run; they may point into it
  bool refresh_requested_ = false;
  bool profile_changed_ = false;
  bool ipae_activated_ = false;  // IpaeActivation since the last reset
};

using Handler = apdu::Answer (*)(Core&, ChannelState&, const apdu::Command&);

// One row per command: dispatch, trace names and `simurgh explain` read the same rows.
struct CommandRow {
  apdu::ClaFamily family;
  std::uint8_t ins;
  const char* name;
  Handler handler;
  bool case_4;            // outgoing data waits behind 61xx even when the terminal gave Le
  const char* reference;
};

[[nodiscard]] std::span<const CommandRow> command_table();
[[nodiscard]] const CommandRow* find_command(apdu::ClaFamily family, std::uint8_t ins) noexcept;

// ---- handlers, by file
// select.cpp
apdu::Answer select(Core&, ChannelState&, const apdu::Command&);
apdu::Answer status(Core&, ChannelState&, const apdu::Command&);
// channel_commands.cpp
apdu::Answer manage_channel(Core&, ChannelState&, const apdu::Command&);
// terminal_commands.cpp
apdu::Answer terminal_capability(Core&, ChannelState&, const apdu::Command&);
apdu::Answer terminal_profile(Core&, ChannelState&, const apdu::Command&);
apdu::Answer fetch(Core&, ChannelState&, const apdu::Command&);
apdu::Answer terminal_response(Core&, ChannelState&, const apdu::Command&);
// envelope.cpp
apdu::Answer envelope(Core&, ChannelState&, const apdu::Command&);
// domain_commands.cpp
apdu::Answer store_data(Core&, ChannelState&, const apdu::Command&);
apdu::Answer get_data(Core&, ChannelState&, const apdu::Command&);
// global_platform.cpp
apdu::Answer initialize_update(Core&, ChannelState&, const apdu::Command&);
apdu::Answer external_authenticate(Core&, ChannelState&, const apdu::Command&);
apdu::Answer domain_command(Core&, ChannelState&, const apdu::Command&);
// 80 F2 and 80 CB mean GlobalPlatform's commands, not those of TS 102 221.
[[nodiscard]] bool is_for_domain(const ChannelState& channel, const apdu::Command& command) noexcept;
// Class 84 is possible for this command on this channel (GlobalPlatform 11.1.4).
[[nodiscard]] bool takes_secure_messaging(const ChannelState& channel, const apdu::Command& command) noexcept;
// What content management needs of the card; `selected` must outlive it.
[[nodiscard]] std::vector<Bytes> selected_applications(const Core& core);
[[nodiscard]] gp::Environment management_environment(Core& core, std::span<const Bytes> selected = {});
// The plain data of a wrapped command; a refusal has ended the session.
[[nodiscard]] apdu::Result<Bytes> unwrap(ChannelState& channel, const apdu::Command& command);
// authenticate.cpp
apdu::Answer authenticate(Core&, ChannelState&, const apdu::Command&);
apdu::Answer authenticate_chained(Core&, ChannelState&, const apdu::Command&);
// gsm_class.cpp: class A0, for profiles with a DF.GSM
[[nodiscard]] bool gsm_offered(const Core& core);
apdu::Answer gsm_select(Core&, ChannelState&, const apdu::Command&);
apdu::Answer gsm_status(Core&, ChannelState&, const apdu::Command&);
apdu::Answer gsm_read_binary(Core&, ChannelState&, const apdu::Command&);
apdu::Answer gsm_update_binary(Core&, ChannelState&, const apdu::Command&);
apdu::Answer gsm_read_record(Core&, ChannelState&, const apdu::Command&);
apdu::Answer gsm_update_record(Core&, ChannelState&, const apdu::Command&);
apdu::Answer gsm_seek(Core&, ChannelState&, const apdu::Command&);
apdu::Answer gsm_increase(Core&, ChannelState&, const apdu::Command&);
apdu::Answer gsm_chv(Core&, ChannelState&, const apdu::Command&);
apdu::Answer gsm_invalidate(Core&, ChannelState&, const apdu::Command&);
apdu::Answer gsm_rehabilitate(Core&, ChannelState&, const apdu::Command&);
apdu::Answer gsm_run_algorithm(Core&, ChannelState&, const apdu::Command&);
apdu::Answer gsm_sleep(Core&, ChannelState&, const apdu::Command&);
apdu::Answer gsm_toolkit(Core&, ChannelState&, const apdu::Command&);
// suspend.cpp
[[nodiscard]] bool resumes(const apdu::Command& command);
apdu::Answer suspend_uicc(Core&, ChannelState&, const apdu::Command&);
// identity.cpp
apdu::Answer get_identity(Core&, ChannelState&, const apdu::Command&);

// The file system of a card without an enabled profile (SGP.22 v2.5 3.1.x: MF, EF.UMPC; EF.DIR naming the ISD-R is an extension).
[[nodiscard]] std::shared_ptr<const uicc::FileTree> bare_tree(bool with_ef_dir, ByteView isdr_aid);

}  // namespace simurgh::card
