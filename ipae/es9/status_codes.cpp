#include "ipae/es9/status_codes.h"

#include <algorithm>
#include <array>

namespace simurgh::ipae {
namespace {

constexpr std::string_view kNewOrder = "ask the operator for a new activation code";
constexpr std::string_view kIssuers = "the card and the server belong to different certificate issuers (CI); use a server of the card's CI";

constexpr auto kCodes = std::to_array<StatusCode>({
    {"8.1", "4.8", "the card has no room for this profile", "delete a profile that is not needed"},
    {"8.1", "6.1", "the card's signature or its answer to the challenge is wrong", "the card's keys do not fit its certificate"},
    {"8.1.1", "2.2", "the order does not name an EID", kNewOrder},
    {"8.1.1", "3.1", "another EID belongs to this profile", kNewOrder},
    {"8.1.1", "3.8", "the profile is for another card (EID)", "use the card the profile was ordered for, or ask for a new activation code"},
    {"8.1.2", "6.1", "the certificate of the card's maker (EUM) is invalid", kIssuers},
    {"8.1.2", "6.3", "the certificate of the card's maker (EUM) has expired",
     "check the server's clock; else the card needs a new certificate"},
    {"8.1.3", "6.1", "the card's certificate is invalid", kIssuers},
    {"8.1.3", "6.3", "the card's certificate has expired", "check the server's clock; else the card needs a new certificate"},
    {"8.1.4", "6.1", "the card's EID is outside the range of its maker (EUM)",
     "the card was made with an EID that its EUM certificate does not cover"},
    {"8.2", "1.2", "the profile is not released yet", "try again when the operator has released it"},
    {"8.2", "3.7", "the profile was bound to a card already and cannot be bound again", kNewOrder},
    {"8.2.1", "1.2", "this profile may not be used by the caller", kNewOrder},
    {"8.2.1", "3.1", "the ICCID belongs to another EID", kNewOrder},
    {"8.2.1", "3.3", "the profile with this ICCID is not available", kNewOrder},
    {"8.2.1", "3.5", "the profile cannot be released", kNewOrder},
    {"8.2.1", "3.9", "the server does not know this ICCID", kNewOrder},
    {"8.2.5", "1.2", "this type of profile may not be used by the caller", kNewOrder},
    {"8.2.5", "3.7", "the server has no more profiles of this type", "try again later"},
    {"8.2.5", "3.8", "the type of the profile does not fit its ICCID", kNewOrder},
    {"8.2.5", "3.9", "the server does not know this type of profile", kNewOrder},
    {"8.2.5", "4.3", "no profile fits this card or device", "the server found a capability missing; see 'chip info'"},
    {"8.2.6", "2.2", "the matching ID is missing", "give the complete activation code"},
    {"8.2.6", "3.1", "another matching ID belongs to this profile", kNewOrder},
    {"8.2.6", "3.3", "the matching ID is in conflict with another order", kNewOrder},
    {"8.2.6", "3.8", "the matching ID is refused", "check the activation code; it may have been used already"},
    {"8.2.7", "2.2", "the confirmation code is missing", "give the confirmation code"},
    {"8.2.7", "3.8", "the confirmation code is wrong", "check it and try again; the server counts the tries"},
    {"8.2.7", "6.4", "the confirmation code was wrong too often", kNewOrder},
    {"8.8", "3.1", "the OID of the SM-DP+ is invalid", {}},
    {"8.8", "3.10", "the OID of the SM-DP+ is not the one of its certificate", {}},
    {"8.8.1", "3.8", "the server does not answer to this SM-DP+ address", "use exactly the name the server is configured with"},
    {"8.8.2", "3.1", "the server has no certificate under any CI key of this card", kIssuers},
    {"8.8.3", "3.1", "the server does not support the card's version of SGP.22", "use a server or card of a matching version"},
    {"8.8.4", "3.7", "the server has no certificate that this card could verify", kIssuers},
    {"8.8.5", "4.1", "the download order has expired", kNewOrder},
    {"8.8.5", "6.4", "the download was tried too often", kNewOrder},
    {"8.9", "4.2", "the root SM-DS reports an error", "try again later"},
    {"8.9", "5.1", "the root SM-DS cannot be reached", "try again later"},
    {"8.9.1", "3.8", "the server does not answer to this SM-DS address", "use exactly the name the server is configured with"},
    {"8.9.2", "3.1", "the SM-DS has no certificate under any CI key of this card", kIssuers},
    {"8.9.3", "3.1", "the SM-DS does not support the card's version of SGP.22", {}},
    {"8.9.4", "3.7", "the SM-DS has no certificate that this card could verify", kIssuers},
    {"8.9.5", "3.3", "the SM-DS has this event already", {}},
    {"8.9.5", "3.9", "the SM-DS has no such event for this card", {}},
    {"8.10.1", "3.9", "the server does not know this session", "start again; the session may have timed out"},
    {"8.11.1", "3.9", "the CI of the card's maker is not trusted by the server", kIssuers},
});

struct Part {
  std::string_view code, words;
};

// The parts of the codes by themselves, for pairs that no function defines.
constexpr auto kSubjects = std::to_array<Part>({
    {"1.2.1", "HTTP content type"},
    {"1.2.2", "protocol version"},
    {"1.3.1", "request"},
    {"1.6", "function"},
    {"8.1", "eUICC"},
    {"8.1.1", "EID"},
    {"8.1.2", "EUM certificate"},
    {"8.1.3", "eUICC certificate"},
    {"8.1.4", "EID range"},
    {"8.2", "profile"},
    {"8.2.1", "ICCID"},
    {"8.2.5", "profile type"},
    {"8.2.6", "matching ID"},
    {"8.2.7", "confirmation code"},
    {"8.2.8", "profile policy rules"},
    {"8.2.9", "metadata"},
    {"8.2.10", "bound profile package"},
    {"8.8", "SM-DP+"},
    {"8.8.1", "SM-DP+ address"},
    {"8.8.2", "CI keys"},
    {"8.8.3", "specification version"},
    {"8.8.4", "SM-DP+ certificate"},
    {"8.8.5", "download order"},
    {"8.9", "SM-DS"},
    {"8.9.1", "SM-DS address"},
    {"8.9.5", "event record"},
    {"8.10", "RSP operation"},
    {"8.10.1", "transaction ID"},
    {"8.11", "certificate issuer (CI)"},
    {"8.11.1", "CI key"},
});
constexpr auto kReasons = std::to_array<Part>({
    {"1.1", "access refused"},
    {"1.2", "not allowed"},
    {"2.1", "invalid"},
    {"2.2", "mandatory element missing"},
    {"2.3", "conditional element missing"},
    {"3.1", "unsupported or unequal value"},
    {"3.3", "already in use"},
    {"3.5", "invalid transition"},
    {"3.7", "unavailable"},
    {"3.8", "refused"},
    {"3.9", "unknown"},
    {"3.10", "invalid association"},
    {"3.11", "value has changed"},
    {"4.1", "lifetime ended"},
    {"4.2", "execution error"},
    {"4.3", "stopped on warning"},
    {"4.8", "insufficient memory"},
    {"4.10", "time to live expired"},
    {"5.1", "inaccessible"},
    {"6.1", "verification failed"},
    {"6.3", "expired"},
    {"6.4", "maximum number of tries exceeded"},
});

std::string part(std::span<const Part> parts, std::string_view code) {
  const auto row = std::find_if(parts.begin(), parts.end(), [&](const Part& p) { return p.code == code; });
  return row == parts.end() ? "code " + std::string(code) : std::string(row->words);
}

}  // namespace

std::span<const StatusCode> status_codes() { return kCodes; }

const StatusCode* find_status_code(std::string_view subject, std::string_view reason) {
  const auto row =
      std::find_if(kCodes.begin(), kCodes.end(), [&](const StatusCode& c) { return c.subject == subject && c.reason == reason; });
  return row == kCodes.end() ? nullptr : &*row;
}

std::string status_code_text(std::string_view subject, std::string_view reason) {
  if (const StatusCode* row = find_status_code(subject, reason)) return std::string(row->words);
  return part(kSubjects, subject) + ": " + part(kReasons, reason);
}

}  // namespace simurgh::ipae
