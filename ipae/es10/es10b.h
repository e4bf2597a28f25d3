// ES10b: information, mutual authentication, download and notifications. SGP.22 v2.5 5.7.5-5.7.14.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ipae/es10/info.h"
#include "ipae/es10/ports.h"
#include "ipae/es10/status.h"

namespace simurgh::ipae::es10b {

[[nodiscard]] PortResult<EuiccInfo1> get_euicc_info1(Es10Port& card);
[[nodiscard]] PortResult<EuiccInfo2> get_euicc_info2(Es10Port& card);
[[nodiscard]] PortResult<Bytes> get_euicc_challenge(Es10Port& card);  // 16 octets

// ---- rules authorisation table

struct AuthorisationRule {
  std::uint64_t policy_rules = 0;  // kPpr1, kPpr2
  std::vector<OperatorId> operators;
  bool consent_required = false;
};
[[nodiscard]] PortResult<std::vector<AuthorisationRule>> get_rat(Es10Port& card);

enum class PolicyVerdict : std::uint8_t { allowed, consent_required, not_allowed };
// May a profile of this owner bring these rules onto the card? SGP.22 v2.5 2.9.2.4, 2.9.2.5: the first row that names a rule and
// whose operators match decides about that rule.
[[nodiscard]] PolicyVerdict judge_policy_rules(std::uint64_t policy_rules, const std::optional<OperatorId>& owner,
                                               const std::vector<AuthorisationRule>& rat, std::uint64_t forbidden);

// ---- mutual authentication

struct ServerAuthentication {
  // DOs as the server sent them; never encoded again
  Bytes server_signed1, server_signature1, ci_key_id, server_certificate;
  Bytes ctx_params1 = {};  // whole, from an eIM: in place of matching ID and device
};

struct DeviceInfo {
  Bytes tac;           // four octets
  Bytes capabilities;  // content of A1, may be empty
  Bytes imei;          // eight octets, or empty
};

enum class AuthenticateErrorCode : std::uint8_t {
  invalid_certificate = 1,
  invalid_signature = 2,
  unsupported_curve = 3,
  no_session_context = 4,
  invalid_oid = 5,
  euicc_challenge_mismatch = 6,
  ci_pk_unknown = 7,
  undefined_error = 127
};
[[nodiscard]] ResultWords words(AuthenticateErrorCode code);

struct AuthenticateServerResponse {
  Bytes raw;  // for ES9+
  std::optional<AuthenticateErrorCode> error;
};
// `matching_id` empty optional: the element is left out.
[[nodiscard]] PortResult<AuthenticateServerResponse> authenticate_server(Es10Port& card, const ServerAuthentication& server,
                                                                         const std::optional<std::string>& matching_id,
                                                                         const DeviceInfo& device);

enum class CancelReason : std::uint8_t {
  end_user_rejection = 0,
  postponed = 1,
  timeout = 2,
  ppr_not_allowed = 3,
  metadata_mismatch = 4,
  load_bpp_execution_error = 5,
  undefined_reason = 127
};
[[nodiscard]] std::string_view name(CancelReason reason);

enum class CancelSessionError : std::uint8_t { invalid_transaction_id = 5, undefined_error = 127 };

struct CancelSessionResponse {
  Bytes raw;
  std::optional<CancelSessionError> error;
};
[[nodiscard]] PortResult<CancelSessionResponse> cancel_session(Es10Port& card, ByteView transaction_id, CancelReason reason);

// ---- download

struct DownloadPreparation {
  Bytes smdp_signed2, smdp_signature2, smdp_certificate;  // DOs as they came
  std::optional<Bytes> hash_cc;                           // 32 octets
};

enum class DownloadErrorCode : std::uint8_t {
  invalid_certificate = 1,
  invalid_signature = 2,
  unsupported_curve = 3,
  no_session_context = 4,
  invalid_transaction_id = 5,
  undefined_error = 127
};
[[nodiscard]] ResultWords words(DownloadErrorCode code);

struct PrepareDownloadResponse {
  Bytes raw;
  std::optional<DownloadErrorCode> error;
};
[[nodiscard]] PortResult<PrepareDownloadResponse> prepare_download(Es10Port& card, const DownloadPreparation& preparation);

// One segment; nothing while the card wants more, the result when it is done.
[[nodiscard]] PortResult<std::optional<InstallationResult>> load_bound_profile_package(Es10Port& card, ByteView segment);

// ---- notifications

[[nodiscard]] PortResult<std::vector<NotificationMetadata>> list_notification(Es10Port& card, std::optional<std::uint64_t> events = {});
[[nodiscard]] PortResult<std::vector<PendingNotification>> retrieve_notifications_list(Es10Port& card,
                                                                                       std::optional<std::uint64_t> sequence = {});

enum class NotificationSentResult : std::uint8_t { ok = 0, nothing_to_delete = 1, undefined_error = 127 };
[[nodiscard]] ResultWords words(NotificationSentResult result);
[[nodiscard]] PortResult<NotificationSentResult> remove_notification_from_list(Es10Port& card, std::uint64_t sequence);

// ---- CRL

enum class LoadCrlError : std::uint8_t {
  invalid_signature = 1,
  invalid_crl_format = 2,
  not_enough_memory_space = 3,
  verification_key_not_found = 4,
  fresher_crl_already_loaded = 5,
  base_crl_missing = 6,
  undefined_error = 127
};
[[nodiscard]] ResultWords words(LoadCrlError error);
// A CertificateList in DER. Nothing: loaded.
[[nodiscard]] PortResult<std::optional<LoadCrlError>> load_crl(Es10Port& card, ByteView certificate_list);

}  // namespace simurgh::ipae::es10b
