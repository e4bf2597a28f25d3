// ES10b of an IoT eUICC: eIMs, packages, and what an assistant may do without one. SGP.32 v1.2 5.9; v1.0 where its tags differ.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "asn1/tlv.h"
#include "ipae/es10/info.h"
#include "ipae/es10/ports.h"
#include "ipae/es10/status.h"

namespace simurgh::ipae::es10b {

// ---- what kind of card it is

struct IotInfo {
  std::vector<Bytes> versions;       // three octets each; none: SGP.32 v1.0
  std::optional<unsigned> ipa_mode;  // 0 IPAd, 1 IPAe
  bool ecall = false, fallback = false;
  [[nodiscard]] bool before_v1_1() const;
};
[[nodiscard]] asn1::Parsed<IotInfo> parse_iot_info(ByteView bf22);

// ---- eIM configuration data

enum class EimIdType : std::uint8_t { oid = 1, fqdn = 2, proprietary = 3 };

struct EimEntry {
  Bytes raw;  // 30
  std::string id, fqdn;
  std::optional<EimIdType> id_type;
  std::optional<std::uint64_t> counter;
  std::optional<std::int64_t> token;  // -1 in a request: please generate
  Bytes public_key;                   // A5 { A0 SPKI | A1 certificate }, the inner one with its own 30 put back
  bool public_key_is_certificate = false;
  Bytes tls_key;  // of A6 likewise: what the connection is pinned to; empty: nothing
  bool tls_key_is_certificate = false;
  std::uint64_t protocols = 0;  // named bits
  Bytes ci_key_id;
  bool indirect_download = false;
};
[[nodiscard]] asn1::Parsed<EimEntry> parse_eim_entry(ByteView sequence);
// The list of a BF55 answer or of an AddInitialEim request (BF57), or one bare 30.
[[nodiscard]] asn1::Parsed<std::vector<EimEntry>> parse_eim_entries(ByteView message);

[[nodiscard]] PortResult<std::vector<EimEntry>> get_eim_configuration_data(Es10Port& card);

enum class AddInitialEimError : std::uint8_t {
  insufficient_memory = 1,
  associated_eim_already_exists = 2,
  ci_pk_unknown = 3,
  invalid_association_token = 5,
  counter_value_out_of_range = 6,
  command_error = 7,
  undefined_error = 127
};
[[nodiscard]] ResultWords words(AddInitialEimError error);
struct AddInitialEimAnswer {
  std::optional<AddInitialEimError> error;
  std::vector<std::optional<std::uint64_t>> tokens;  // one for each entry
};
// `request`: BF57
[[nodiscard]] PortResult<AddInitialEimAnswer> add_initial_eim(Es10Port& card, ByteView request);

// ---- packages and their results

// The package as it came (BF51); the whole answer.
[[nodiscard]] PortResult<Bytes> load_euicc_package(Es10Port& card, ByteView package);
// Results not removed yet, each a BF51.
[[nodiscard]] PortResult<std::vector<Bytes>> retrieve_package_results(Es10Port& card);
// Everything under this number: one notification or one package result.
struct Stored {
  std::optional<Bytes> package_result;  // BF51
  std::optional<PendingNotification> notification;
};
[[nodiscard]] PortResult<Stored> retrieve_stored(Es10Port& card, std::uint64_t sequence);
// Elements of the list that a criterion gives: content of A0 (notifications) or A2 (package results). `criterion`: content of BF2B.
[[nodiscard]] PortResult<Bytes> retrieve_list(Es10Port& card, ByteView criterion);

struct Certificates {
  Bytes eum, euicc;  // A5, A6 whole; empty: the card does not give them (127)
};
// Nothing: the card has none for this issuer.
[[nodiscard]] PortResult<std::optional<Certificates>> get_certs(Es10Port& card, const std::optional<Bytes>& ci_key_id = {});

// ---- changes without a package

enum class SwitchResult : std::uint8_t {
  ok = 0,
  not_allowed = 1,  // rollbackNotAllowed, immediateEnableNotAvailable
  wrong_state = 2,  // profileNotInDisabledState, profileNotInEnabledState
  no_session_context = 4,
  cat_busy = 5,
  fallback_not_available = 6,
  command_error = 7,
  ecall_not_available = 8,
  ecall_active = 104,
  undefined_error = 127
};
[[nodiscard]] ResultWords words(SwitchResult result);

struct Rollback {
  SwitchResult result = SwitchResult::undefined_error;
  Bytes package_result;  // BF51, with ok
};
[[nodiscard]] PortResult<Rollback> profile_rollback(Es10Port& card, bool refresh);
[[nodiscard]] PortResult<SwitchResult> immediate_enable(Es10Port& card, bool refresh);
[[nodiscard]] PortResult<SwitchResult> execute_fallback(Es10Port& card, bool refresh);
[[nodiscard]] PortResult<SwitchResult> return_from_fallback(Es10Port& card, bool refresh);
[[nodiscard]] PortResult<SwitchResult> enable_emergency_profile(Es10Port& card, bool refresh);
[[nodiscard]] PortResult<SwitchResult> disable_emergency_profile(Es10Port& card, bool refresh);

struct ImmediateEnabling {
  bool on = false;
  Bytes smdp_oid;            // content octets; empty: unchanged
  std::string smdp_address;  // empty: unchanged
};
enum class ConfigureImmediateResult : std::uint8_t {
  ok = 0,
  insufficient_memory = 1,
  associated_eim_already_exists = 2,
  undefined_error = 127
};
[[nodiscard]] ResultWords words(ConfigureImmediateResult result);
[[nodiscard]] PortResult<ConfigureImmediateResult> configure_immediate_enabling(Es10Port& card, const ImmediateEnabling& how);

// Content of 81: comprehension TLVs. Nothing: the enabled profile has none.
[[nodiscard]] PortResult<std::optional<Bytes>> get_connectivity_parameters(Es10Port& card);

struct IotReset {
  bool operational = false, field_loaded_test = false, default_dp_address = false, preloaded_test = false, provisioning = false,
       eim = false, immediate_enable = false;
};
struct IotResetAnswer {
  unsigned result = 127;
  std::optional<unsigned> eim, immediate_enable;
};
// BF34 of v1.0 knows neither test and provisioning profiles nor results of their own.
[[nodiscard]] PortResult<IotResetAnswer> memory_reset(Es10Port& card, const IotReset& what, bool before_v1_1 = false);

// False: the card has no IPAe.
[[nodiscard]] PortResult<bool> activate_ipae(Es10Port& card);

// An emergency profile is enabled.
[[nodiscard]] PortResult<bool> emergency_active(Es10Port& card);

}  // namespace simurgh::ipae::es10b
