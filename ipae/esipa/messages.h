// What ESipa carries, as DER. SGP.32 v1.2 6.2, 6.3; v1.0 where its forms differ (10.1). Packages and results of the card are kept as they
// came.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "asn1/tlv.h"
#include "ipae/es9/messages.h"

namespace simurgh::ipae::esipa {

enum class Version : std::uint8_t { v1_0, v1_2 };

enum class StateChangeCause : std::uint8_t {
  other_eim = 0,
  fallback = 1,
  emergency_profile = 2,
  local = 3,
  reset = 4,
  immediate_enable_profile = 5,
  device_change = 6,
  undefined = 127,
};
[[nodiscard]] std::string_view name(StateChangeCause cause);

// ---- GetEimPackage

struct GetEimPackage {
  Bytes eid;
  std::optional<StateChangeCause> cause = {};  // with notifyStateChange
  Bytes plmn = {};                             // three octets, or empty
};
[[nodiscard]] Bytes encode(const GetEimPackage& request, Version version = Version::v1_2);

// An eUICC Package as far as an assistant looks into it. What it cannot read stays what the card decides about.
struct PackageRequest {
  Bytes raw;  // BF51: goes to the card as it is
  std::string eim_id;
  Bytes transaction_id;  // empty when absent
  bool configures_eims = false;
  bool enables = false, disables = false, rollback = false;  // PSMOs enable, disable; rollbackFlag
};
struct DataRequest {
  std::vector<std::uint32_t> tags;
  bool readable_tags = true;             // false: the list could not be cut into tags
  std::optional<Bytes> ci_key_id;        // content of 04
  std::optional<Bytes> notifications;    // content of A1: the criterion
  std::optional<Bytes> package_results;  // content of A2
  Bytes transaction_id;
};
struct DownloadTrigger {
  enum class Source : std::uint8_t { eim_keeps, activation_code, default_dp, ds };
  Source source = Source::eim_keeps;
  std::string activation_code;
  std::string ds_address;  // empty: the card's root SM-DS
  Bytes transaction_id;
};
enum class EimPackageError : std::uint8_t {
  none_available = 1,
  eid_not_found = 2,
  invalid_eid = 3,
  missing_eid = 4,
  undefined_error = 127
};
[[nodiscard]] std::string_view name(EimPackageError error);

// Something under a known tag that cannot be read, or under none: the eIM is told so.
struct UnusablePackage {
  bool known_tag = false;
  Bytes transaction_id;  // as far as it could be found
};

using EimPackage = std::variant<PackageRequest, DataRequest, DownloadTrigger, EimPackageError, UnusablePackage>;
[[nodiscard]] asn1::Parsed<EimPackage> parse_eim_package(ByteView answer);
[[nodiscard]] asn1::Parsed<PackageRequest> parse_package_request(ByteView bf51);
[[nodiscard]] asn1::Parsed<DownloadTrigger> parse_download_trigger(ByteView bf54);

// ---- results

// eUICC Package Result (SGP.32 4.9), tolerant of the bare 30 of early implementations.
struct PackageResult {
  enum class Form : std::uint8_t { result, error, unsigned_error };
  Bytes raw;  // BF51
  Form form = Form::result;
  std::string eim_id;
  std::optional<std::uint64_t> counter, sequence;
  Bytes transaction_id;
  std::optional<std::uint64_t> error;                          // of the signed error
  std::vector<std::pair<std::uint32_t, std::uint64_t>> codes;  // tag and code of each element that is a code
  bool enabled = false, disabled = false;                      // enable or disable with code 0
  bool configured_eims = false;                                // an eCO among them
};
[[nodiscard]] asn1::Parsed<PackageResult> parse_package_result(ByteView bf51);
// "enable ok, delete 2"; for people.
[[nodiscard]] std::string result_words(const PackageResult& result);

// The alternatives of EimPackageResult; encode_result puts one into ProvideEimPackageResult.
struct PackageReport {
  Bytes result;                      // BF51
  std::vector<Bytes> notifications;  // BF37, 30, or their compact forms; with none the result stands alone
};
struct DataReport {
  Bytes response;  // BF52
};
struct TriggerReport {
  Bytes transaction_id;
  Bytes installation;  // BF37, or
  Bytes error;         // 30 { 80 reason, [04 errorResponse] }
};
struct PackageErrorReport {
  enum class Code : std::uint8_t { invalid_format = 1, unknown_package = 2, undefined_error = 127 };
  Bytes transaction_id;
  Code code = Code::undefined_error;
};
using EimPackageResult = std::variant<PackageReport, DataReport, TriggerReport, PackageErrorReport>;
[[nodiscard]] Bytes encode_result(ByteView eid, const EimPackageResult& result, Version version = Version::v1_2);
// The error of a TriggerReport. `response`: the octets of the message that said no, or empty.
[[nodiscard]] Bytes trigger_error(std::uint8_t reason, ByteView response);
constexpr std::uint8_t kEcallActive = 104, kUndefinedError = 127;

// The answer: numbers to be removed from the card, or an error of the eIM.
struct Acknowledgement {
  std::vector<std::uint64_t> sequences;
  std::optional<EimPackageError> error;
};
// No body counts as an empty acknowledgement: an old open eIM answers so.
[[nodiscard]] asn1::Parsed<Acknowledgement> parse_acknowledgement(const std::optional<Bytes>& answer);

// ---- TransferEimPackage, which the eIM begins (5.14.7)

using Transfer = std::variant<EimPackage, Acknowledgement>;
[[nodiscard]] asn1::Parsed<Transfer> parse_transfer(ByteView request);
// BF4E with what a ProvideEimPackageResult of ours holds.
[[nodiscard]] Bytes transfer_answer(ByteView provide);
[[nodiscard]] Bytes transfer_received();
[[nodiscard]] Bytes transfer_error(PackageErrorReport::Code code);
// Of the package result and the notifications in such an answer.
[[nodiscard]] std::vector<std::uint64_t> sequences_in_transfer(ByteView answer);

// ---- IpaEuiccData

struct DataResponse {
  enum class Error : std::uint8_t { incorrect_tag_list = 1, ci_key_not_found = 5, ecall_active = 104, undefined_error = 127 };
  Bytes transaction_id;
  std::optional<Error> error;
  std::optional<Bytes> notifications;  // elements of A0
  std::optional<std::string> default_dp_address, root_ds_address;
  std::optional<Bytes> package_results;  // elements of A2
  Bytes euicc_info1, euicc_info2;        // BF20, BF22
  std::optional<std::uint64_t> association_token;
  Bytes eum_certificate, euicc_certificate;              // A5, A6 whole
  std::optional<std::uint64_t> capabilities, protocols;  // named bits
  Bytes device_info;                                     // content of A9
};
// BF52
[[nodiscard]] Bytes encode(const DataResponse& response, Version version = Version::v1_2);

// Bits of ipaCapabilities
namespace feature {
constexpr std::uint64_t kDirect = 1U << 0, kIndirect = 1U << 1, kDownloadData = 1U << 2, kCtxParams1 = 1U << 3, kMetadata = 1U << 4,
                        kMinimize = 1U << 5;
}
namespace protocol {
constexpr std::uint64_t kRetrieveHttps = 1U << 0, kRetrieveCoaps = 1U << 1, kInjectHttps = 1U << 2, kInjectCoaps = 1U << 3,
                        kProprietary = 1U << 4;
}

// ---- RSP functions by the eIM (6.3), and notifications

[[nodiscard]] Bytes initiate_authentication(ByteView challenge, const std::optional<std::string>& smdp_address, ByteView euicc_info1,
                                            ByteView eim_transaction_id, Version version = Version::v1_2);
[[nodiscard]] Bytes authenticate_client(ByteView transaction_id, ByteView authenticate_server_response);
[[nodiscard]] Bytes get_bound_profile_package(ByteView transaction_id, ByteView prepare_download_response);
// `outcome`: content of the card's BF41, or a compact form of it.
[[nodiscard]] Bytes cancel_session(ByteView transaction_id, ByteView outcome);
[[nodiscard]] Bytes handle_notification(ByteView pending_notification);
// A result that wants no acknowledgement. `provide`: encode_result().
[[nodiscard]] Bytes handle_result(ByteView provide, Version version = Version::v1_2);

// Errors carry the eIM's code in words.
[[nodiscard]] Es9Result<InitiateAuthenticationOk> initiate_authentication_ok(ByteView answer);
// An eIM that asked an SM-DS answers with the next trigger.
struct NextTrigger {
  Bytes transaction_id;
  std::optional<DownloadTrigger> trigger;
};
[[nodiscard]] Es9Result<std::variant<AuthenticateClientOk, NextTrigger>> authenticate_client_ok(ByteView answer);
[[nodiscard]] Es9Result<Bytes> bound_profile_package(ByteView answer);  // BF36
[[nodiscard]] Es9Result<void> cancel_session_ok(ByteView answer);

}  // namespace simurgh::ipae::esipa
