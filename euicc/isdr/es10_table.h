// Every function of the ISD-R, one row each: dispatch, trace names and `simurgh explain` read the same rows.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "euicc/apdu/command.h"
#include "euicc/isdr/isdr.h"

namespace simurgh::isdr {

enum class Interface : std::uint8_t { start, es10a, es10b, es10c };
enum class Effect : std::uint8_t { none, session, persist };

// The kinds of card, as bits: a row names those that have its function.
using Kinds = std::uint8_t;
inline constexpr Kinds kConsumer = 1, kIot10 = 2, kIot11 = 4, kIot12 = 8;
inline constexpr Kinds kIotLater = kIot11 | kIot12, kIot = kIot10 | kIotLater, kBoth = kConsumer | kIot;
[[nodiscard]] Kinds kind_of(const ecasd::Capabilities& card) noexcept;
[[nodiscard]] std::string kinds_text(Kinds kinds);  // "SGP.22", "SGP.32 since v1.1", "both"

// `command` is the whole DO, `content` its value.
using Es10Handler = apdu::Answer (*)(Context& context, ByteView command, ByteView content);

struct Es10Row {
  std::uint32_t tag;
  const char* name;
  Interface interface;
  Kinds kinds;
  Effect effect;
  Es10Handler handler;
  const char* reference;
};

[[nodiscard]] std::span<const Es10Row> es10_table() noexcept;
[[nodiscard]] const Es10Row* find_es10(std::uint32_t tag, Kinds card) noexcept;
// For people who do not know the card: "LpaeActivation or IpaeActivation". Empty when no row has the tag.
[[nodiscard]] std::string es10_name(std::uint32_t tag);

namespace es10a {
apdu::Answer configured_addresses(Context&, ByteView, ByteView);
apdu::Answer set_default_dp_address(Context&, ByteView, ByteView);
}  // namespace es10a

namespace es10b {
apdu::Answer euicc_info1(Context&, ByteView, ByteView);
apdu::Answer euicc_info2(Context&, ByteView, ByteView);
apdu::Answer euicc_challenge(Context&, ByteView, ByteView);
apdu::Answer rules_authorisation_table(Context&, ByteView, ByteView);
apdu::Answer load_crl(Context&, ByteView, ByteView);
apdu::Answer authenticate_server(Context&, ByteView, ByteView);
apdu::Answer prepare_download(Context&, ByteView, ByteView);
apdu::Answer cancel_session(Context&, ByteView, ByteView);
apdu::Answer load_bound_profile_package(Context&, ByteView, ByteView);
apdu::Answer list_notification(Context&, ByteView, ByteView);
apdu::Answer retrieve_notifications_list(Context&, ByteView, ByteView);
apdu::Answer remove_notification(Context&, ByteView, ByteView);
apdu::Answer lpae_activation(Context&, ByteView, ByteView);
// SGP.32
apdu::Answer load_euicc_package(Context&, ByteView, ByteView);
apdu::Answer profile_rollback(Context&, ByteView, ByteView);
apdu::Answer get_certs(Context&, ByteView, ByteView);
apdu::Answer add_initial_eim(Context&, ByteView, ByteView);
apdu::Answer eim_configuration_data(Context&, ByteView, ByteView);
apdu::Answer configure_immediate_enable(Context&, ByteView, ByteView);
apdu::Answer immediate_enable(Context&, ByteView, ByteView);
apdu::Answer enable_using_dd(Context&, ByteView, ByteView);
apdu::Answer enable_emergency_profile(Context&, ByteView, ByteView);
apdu::Answer disable_emergency_profile(Context&, ByteView, ByteView);
apdu::Answer execute_fallback(Context&, ByteView, ByteView);
apdu::Answer return_from_fallback(Context&, ByteView, ByteView);
apdu::Answer connectivity_parameters(Context&, ByteView, ByteView);
apdu::Answer iot_set_default_dp_address(Context&, ByteView, ByteView);
apdu::Answer iot_memory_reset(Context&, ByteView, ByteView);
apdu::Answer iot_memory_reset_v10(Context&, ByteView, ByteView);
apdu::Answer ipae_activation(Context&, ByteView, ByteView);
}  // namespace es10b

namespace es10c {
apdu::Answer profiles_info(Context&, ByteView, ByteView);
apdu::Answer enable_profile(Context&, ByteView, ByteView);
apdu::Answer disable_profile(Context&, ByteView, ByteView);
apdu::Answer delete_profile(Context&, ByteView, ByteView);
apdu::Answer euicc_memory_reset(Context&, ByteView, ByteView);
apdu::Answer euicc_data(Context&, ByteView, ByteView);
apdu::Answer set_nickname(Context&, ByteView, ByteView);
}  // namespace es10c

// EUICCInfo2 (BF22) as it is answered and signed.
[[nodiscard]] Bytes encode_euicc_info2(const Context& context);
// What the functions of SGP.32 work on; only for an IoT card.
[[nodiscard]] iot::Context iot_context(Context& context);
// Deletes the profiles that `which` names, with their notifications; a REFRESH follows when the enabled one is among them. False: there was none.
[[nodiscard]] bool delete_profiles(Context& context, const std::function<bool(const profile::ProfileEntry&)>& which);

// BFxx 03 80 01 rr: the shape most functions answer with.
[[nodiscard]] apdu::Answer result_code(std::uint32_t tag, std::uint8_t code);
// BFxx 03 81 01 rr: an error of a function whose answer is a choice.
[[nodiscard]] apdu::Answer error_code(std::uint32_t tag, std::uint8_t code);
[[nodiscard]] std::unexpected<apdu::Error> malformed(const char* why);

}  // namespace simurgh::isdr
