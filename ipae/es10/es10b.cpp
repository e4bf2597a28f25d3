#include "ipae/es10/es10b.h"

#include <algorithm>
#include <array>

#include "ipae/es10/call.h"

namespace simurgh::ipae::es10b {
namespace {

using asn1::Tlv;
using asn1::TlvReader;
using asn1::TlvWriter;

ResultWords find_words(std::span<const ResultWords> rows, int code) {
  for (const ResultWords& row : rows) {
    if (row.code == code) return row;
  }
  return {code, "unknown", "the card gives a code without a meaning"};
}

// CHOICE { A0 ok | A1 { 80 transactionId, 02 code } } of AuthenticateServer and PrepareDownload: the code when it is the second.
PortResult<std::optional<unsigned>> error_of(const std::string& function, ByteView response, std::uint32_t tag) {
  TlvReader in(asn1::read_only(response, tag)->value);
  const auto chosen = in.next();
  if (!chosen) return std::unexpected(malformed(function, chosen.error()));
  if (chosen->tag == 0xA0) return std::optional<unsigned>{};
  if (chosen->tag != 0xA1) return std::unexpected(malformed(function, {"neither ok nor error", 0}));
  const auto element = asn1::find_child(chosen->value, 0x02);
  if (!element) return std::unexpected(malformed(function, {"an error without a code", 0}));
  const auto code = asn1::unsigned_value(*element);
  if (!code) return std::unexpected(malformed(function, code.error()));
  return static_cast<unsigned>(std::min<std::uint64_t>(*code, 127));
}

// Nibble E of the rule stands for any digit, also for an absent one (SGP.22 v2.5 2.9.2.1).
bool plmn_matches(ByteView rule, ByteView value) {
  if (rule.size() != 3 || value.size() != 3) return false;
  for (std::size_t i = 0; i < 3; ++i) {
    for (const int shift : {0, 4}) {
      const int wanted = rule[i] >> shift & 0x0F;
      if (wanted != 0x0E && wanted != (value[i] >> shift & 0x0F)) return false;
    }
  }
  return true;
}

// Absent in the rule: only an absent one. Empty: any.
bool gid_matches(const std::optional<Bytes>& rule, const std::optional<Bytes>& value) {
  if (!rule) return !value;
  return rule->empty() || (value && *rule == *value);
}

bool covers(const OperatorId& rule, const OperatorId& owner) {
  return plmn_matches(rule.mcc_mnc, owner.mcc_mnc) && gid_matches(rule.gid1, owner.gid1) && gid_matches(rule.gid2, owner.gid2);
}

}  // namespace

PortResult<EuiccInfo1> get_euicc_info1(Es10Port& card) {
  const auto response = call(card, "GetEuiccInfo1", asn1::tlv(0xBF20, {}));
  if (!response) return std::unexpected(response.error());
  auto info = parse_euicc_info1(*response);
  if (!info) return std::unexpected(malformed("GetEuiccInfo1", info.error()));
  return *std::move(info);
}

PortResult<EuiccInfo2> get_euicc_info2(Es10Port& card) {
  const auto response = call(card, "GetEuiccInfo2", asn1::tlv(0xBF22, {}));
  if (!response) return std::unexpected(response.error());
  auto info = parse_euicc_info2(*response);
  if (!info) return std::unexpected(malformed("GetEuiccInfo2", info.error()));
  return *std::move(info);
}

PortResult<Bytes> get_euicc_challenge(Es10Port& card) {
  const auto response = call(card, "GetEUICCChallenge", asn1::tlv(0xBF2E, {}));
  if (!response) return std::unexpected(response.error());
  TlvReader in(asn1::read_only(*response, 0xBF2E)->value);
  const auto challenge = in.required(0x80);
  if (!challenge) return std::unexpected(malformed("GetEUICCChallenge", challenge.error()));
  if (challenge->value.size() != 16) return std::unexpected(malformed("GetEUICCChallenge", {"a challenge has 16 octets", 0}));
  return to_bytes(challenge->value);
}

PortResult<std::vector<AuthorisationRule>> get_rat(Es10Port& card) {
  const auto list = call_for_list(card, "GetRAT", asn1::tlv(0xBF43, {}));
  if (!list) return std::unexpected(list.error());
  std::vector<AuthorisationRule> rat;
  TlvReader rows(*list);
  while (!rows.at_end()) {
    const auto row = rows.required(0x30);
    if (!row) return std::unexpected(malformed("GetRAT", row.error()));
    TlvReader in(row->value);
    const auto rules = in.required(0x80);
    if (!rules) return std::unexpected(malformed("GetRAT", rules.error()));
    const auto operators = in.required(0xA1);
    if (!operators) return std::unexpected(malformed("GetRAT", operators.error()));
    const auto flags = in.required(0x82);
    if (!flags) return std::unexpected(malformed("GetRAT", flags.error()));
    AuthorisationRule rule;
    const auto rule_bits = asn1::named_bits(*rules);
    const auto flag_bits = asn1::named_bits(*flags);
    if (!rule_bits || !flag_bits) return std::unexpected(malformed("GetRAT", {"malformed bit string", 0}));
    rule.policy_rules = *rule_bits;
    rule.consent_required = (*flag_bits & 1) != 0;
    TlvReader members(operators->value);
    while (!members.at_end()) {
      const auto member = members.required(0x30);
      if (!member) return std::unexpected(malformed("GetRAT", member.error()));
      OperatorId id;
      const auto plmn = asn1::find_child(member->value, 0x80);
      if (!plmn) return std::unexpected(malformed("GetRAT", {"an operator without mccMnc", 0}));
      id.mcc_mnc = to_bytes(plmn->value);
      if (const auto gid = asn1::find_child(member->value, 0x81)) id.gid1 = to_bytes(gid->value);
      if (const auto gid = asn1::find_child(member->value, 0x82)) id.gid2 = to_bytes(gid->value);
      rule.operators.push_back(std::move(id));
    }
    rat.push_back(std::move(rule));
  }
  return rat;
}

PolicyVerdict judge_policy_rules(std::uint64_t policy_rules, const std::optional<OperatorId>& owner,
                                 const std::vector<AuthorisationRule>& rat, std::uint64_t forbidden) {
  // pprUpdateControl is no rule of its own
  const std::uint64_t rules = policy_rules & ~kPprUpdateControl;
  if (rules == 0) return PolicyVerdict::allowed;
  if ((rules & forbidden) != 0 || !owner) return PolicyVerdict::not_allowed;
  PolicyVerdict verdict = PolicyVerdict::allowed;
  for (std::uint64_t bit = 1; bit != 0 && bit <= rules; bit <<= 1) {
    if ((rules & bit) == 0) continue;
    const auto row = std::find_if(rat.begin(), rat.end(), [&](const AuthorisationRule& rule) {
      return (rule.policy_rules & bit) != 0 &&
             std::any_of(rule.operators.begin(), rule.operators.end(), [&](const OperatorId& id) { return covers(id, *owner); });
    });
    if (row == rat.end()) return PolicyVerdict::not_allowed;
    if (row->consent_required) verdict = PolicyVerdict::consent_required;
  }
  return verdict;
}

ResultWords words(AuthenticateErrorCode code) {
  static constexpr auto kRows = std::to_array<ResultWords>({
      {1, "invalidCertificate", "the card does not accept the server's certificate"},
      {2, "invalidSignature", "the server's signature is wrong"},
      {3, "unsupportedCurve", "the card does not know the curve of the server's key"},
      {4, "noSessionContext", "the card has no session open"},
      {5, "invalidOid", "the server's certificate is not for this role"},
      {6, "euiccChallengeMismatch", "the server answered another challenge"},
      {7, "ciPKUnknown", "the card does not know the certificate issuer (CI) that the server chose"},
      {127, "undefinedError", "the card gives no reason"},
  });
  return find_words(kRows, static_cast<int>(code));
}

PortResult<AuthenticateServerResponse> authenticate_server(Es10Port& card, const ServerAuthentication& server,
                                                           const std::optional<std::string>& matching_id, const DeviceInfo& device) {
  TlvWriter out;
  {
    auto outer = out.open(0xBF38);
    out.raw(server.server_signed1).raw(server.server_signature1).raw(server.ci_key_id).raw(server.server_certificate);
    if (server.ctx_params1.empty()) {
      auto context = out.open(0xA0);  // ctxParams1: ctxParamsForCommonAuthentication
      if (matching_id) out.put_text(0x80, *matching_id);
      auto info = out.open(0xA1);
      out.put(0x80, device.tac).put(0xA1, device.capabilities);
      if (!device.imei.empty()) out.put(0x82, device.imei);
    } else {
      out.raw(server.ctx_params1);
    }
  }
  auto response = call(card, "AuthenticateServer", out.view());
  if (!response) return std::unexpected(response.error());
  const auto error = error_of("AuthenticateServer", *response, 0xBF38);
  if (!error) return std::unexpected(error.error());
  AuthenticateServerResponse answer{*std::move(response), {}};
  if (*error) answer.error = static_cast<AuthenticateErrorCode>(**error);
  return answer;
}

std::string_view name(CancelReason reason) {
  switch (reason) {
    case CancelReason::end_user_rejection:
      return "endUserRejection";
    case CancelReason::postponed:
      return "postponed";
    case CancelReason::timeout:
      return "timeout";
    case CancelReason::ppr_not_allowed:
      return "pprNotAllowed";
    case CancelReason::metadata_mismatch:
      return "metadataMismatch";
    case CancelReason::load_bpp_execution_error:
      return "loadBppExecutionError";
    case CancelReason::undefined_reason:
      break;
  }
  return "undefinedReason";
}

PortResult<CancelSessionResponse> cancel_session(Es10Port& card, ByteView transaction_id, CancelReason reason) {
  TlvWriter out;
  {
    auto outer = out.open(0xBF41);
    out.put(0x80, transaction_id).put_integer(0x81, static_cast<std::uint8_t>(reason));
  }
  auto response = call(card, "CancelSession", out.view());
  if (!response) return std::unexpected(response.error());
  TlvReader in(asn1::read_only(*response, 0xBF41)->value);
  const auto chosen = in.next();
  if (!chosen) return std::unexpected(malformed("CancelSession", chosen.error()));
  CancelSessionResponse answer;
  if (chosen->tag == 0x81) {
    const auto code = asn1::unsigned_value(*chosen);
    if (!code) return std::unexpected(malformed("CancelSession", code.error()));
    answer.error = *code == 5 ? CancelSessionError::invalid_transaction_id : CancelSessionError::undefined_error;
  } else if (chosen->tag != 0xA0) {
    return std::unexpected(malformed("CancelSession", {"neither ok nor error", 0}));
  }
  answer.raw = *std::move(response);
  return answer;
}

ResultWords words(DownloadErrorCode code) {
  static constexpr auto kRows = std::to_array<ResultWords>({
      {1, "invalidCertificate", "the card does not accept the server's profile binding certificate"},
      {2, "invalidSignature", "the server's signature over the download is wrong"},
      {3, "unsupportedCurve", "the card does not know the curve of the server's key"},
      {4, "noSessionContext", "the card has no session open"},
      {5, "invalidTransactionId", "the server answered for another session"},
      {127, "undefinedError", "the card gives no reason"},
  });
  return find_words(kRows, static_cast<int>(code));
}

PortResult<PrepareDownloadResponse> prepare_download(Es10Port& card, const DownloadPreparation& preparation) {
  TlvWriter out;
  {
    auto outer = out.open(0xBF21);
    out.raw(preparation.smdp_signed2).raw(preparation.smdp_signature2);
    if (preparation.hash_cc) out.put(0x04, *preparation.hash_cc);
    out.raw(preparation.smdp_certificate);
  }
  auto response = call(card, "PrepareDownload", out.view());
  if (!response) return std::unexpected(response.error());
  const auto error = error_of("PrepareDownload", *response, 0xBF21);
  if (!error) return std::unexpected(error.error());
  PrepareDownloadResponse answer{*std::move(response), {}};
  if (*error) answer.error = static_cast<DownloadErrorCode>(**error);
  return answer;
}

PortResult<std::optional<InstallationResult>> load_bound_profile_package(Es10Port& card, ByteView segment) {
  const auto response = card.request(segment);
  if (!response) return std::unexpected(PortError{"LoadBoundProfilePackage: " + response.error().what, response.error().sw});
  if (response->empty()) return std::optional<InstallationResult>{};
  auto result = parse_installation_result(*response);
  if (!result) return std::unexpected(malformed("LoadBoundProfilePackage", result.error()));
  return *std::move(result);
}

PortResult<std::vector<NotificationMetadata>> list_notification(Es10Port& card, std::optional<std::uint64_t> events) {
  const Bytes filter = events ? asn1::tlv(0x81, asn1::named_bits_content(*events)) : Bytes{};
  const auto list = call_for_list(card, "ListNotification", asn1::tlv(0xBF28, filter));
  if (!list) return std::unexpected(list.error());
  std::vector<NotificationMetadata> out;
  TlvReader in(*list);
  while (!in.at_end()) {
    const auto element = in.next();
    if (!element) return std::unexpected(malformed("ListNotification", element.error()));
    auto metadata = parse_notification_metadata(*element);
    if (!metadata) return std::unexpected(malformed("ListNotification", metadata.error()));
    out.push_back(*std::move(metadata));
  }
  return out;
}

PortResult<std::vector<PendingNotification>> retrieve_notifications_list(Es10Port& card, std::optional<std::uint64_t> sequence) {
  const Bytes filter = sequence ? asn1::tlv(0xA0, asn1::tlv(0x80, asn1::integer_content(*sequence))) : Bytes{};
  const auto list = call_for_list(card, "RetrieveNotificationsList", asn1::tlv(0xBF2B, filter), {1});  // noResultAvailable
  if (!list) return std::unexpected(list.error());
  std::vector<PendingNotification> out;
  TlvReader in(*list);
  while (!in.at_end()) {
    const auto element = in.next();
    if (!element) return std::unexpected(malformed("RetrieveNotificationsList", element.error()));
    auto pending = parse_pending_notification(*element);
    if (!pending) return std::unexpected(malformed("RetrieveNotificationsList", pending.error()));
    out.push_back(*std::move(pending));
  }
  return out;
}

ResultWords words(NotificationSentResult result) {
  static constexpr auto kRows = std::to_array<ResultWords>({
      {0, "ok", "done"},
      {1, "nothingToDelete", "the card has no notification with this number"},
      {127, "undefinedError", "the card gives no reason"},
  });
  return find_words(kRows, static_cast<int>(result));
}

PortResult<NotificationSentResult> remove_notification_from_list(Es10Port& card, std::uint64_t sequence) {
  const auto code = call_for_code(card, "RemoveNotificationFromList", asn1::tlv(0xBF30, asn1::tlv(0x80, asn1::integer_content(sequence))));
  if (!code) return std::unexpected(code.error());
  return static_cast<NotificationSentResult>(*code);
}

ResultWords words(LoadCrlError error) {
  static constexpr auto kRows = std::to_array<ResultWords>({
      {1, "invalidSignature", "the signature of the CRL is wrong"},
      {2, "invalidCRLFormat", "the card cannot read the CRL"},
      {3, "notEnoughMemorySpace", "there is no room for the CRL"},
      {4, "verificationKeyNotFound", "the card does not know the issuer of the CRL"},
      {5, "fresherCrlAlreadyLoaded", "the card has a fresher CRL"},
      {6, "baseCrlMissing", "the card lacks the CRL this one builds on"},
      {127, "undefinedError", "the card gives no reason"},
  });
  return find_words(kRows, static_cast<int>(error));
}

PortResult<std::optional<LoadCrlError>> load_crl(Es10Port& card, ByteView certificate_list) {
  const auto list = asn1::read_only(certificate_list, 0x30);
  if (!list) return std::unexpected(PortError{std::string("LoadCRL: this is no CRL in DER: ") + list.error().what});
  // Automatic tagging replaces the 30 (SGP.22 v2.5 5.7.12).
  const auto response = call(card, "LoadCRL", asn1::tlv(0xBF35, asn1::tlv(0xA0, list->value)));
  if (!response) return std::unexpected(response.error());
  TlvReader in(asn1::read_only(*response, 0xBF35)->value);
  const auto chosen = in.next();
  if (!chosen) return std::unexpected(malformed("LoadCRL", chosen.error()));
  if (chosen->tag == 0xA0) return std::optional<LoadCrlError>{};
  if (chosen->tag != 0x81) return std::unexpected(malformed("LoadCRL", {"neither ok nor error", 0}));
  const auto code = asn1::unsigned_value(*chosen);
  if (!code) return std::unexpected(malformed("LoadCRL", code.error()));
  return static_cast<LoadCrlError>(std::min<std::uint64_t>(*code, 127));
}

}  // namespace simurgh::ipae::es10b
