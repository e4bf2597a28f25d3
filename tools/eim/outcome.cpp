#include "tools/eim/outcome.h"

#include <array>
#include <span>

namespace simurgh::eim {
namespace {

using asn1::Tlv;
using asn1::TlvReader;

struct Name {
  std::uint64_t code;
  const char* words;
};

constexpr std::array kEnable = std::to_array<Name>({{0, "ok"}, {1, "iccidOrAidNotFound"}, {2, "profileNotInDisabledState"}, {3, "disallowedByPolicy"},
                                                    {5, "catBusy"}, {20, "rollbackNotAvailable"}, {127, "undefinedError"}});
constexpr std::array kDisable = std::to_array<Name>(
    {{0, "ok"}, {1, "iccidOrAidNotFound"}, {2, "profileNotInEnabledState"}, {3, "disallowedByPolicy"}, {5, "catBusy"}, {127, "undefinedError"}});
constexpr std::array kDelete = std::to_array<Name>({{0, "ok"}, {1, "iccidOrAidNotFound"}, {2, "profileNotInDisabledState"}, {3, "disallowedByPolicy"},
                                                    {20, "rollbackNotAvailable"}, {21, "returnFallbackProfile"}, {127, "undefinedError"}});
constexpr std::array kList = std::to_array<Name>({{1, "incorrectInputValues"}, {11, "profileChangeOngoing"}, {127, "undefinedError"}});
constexpr std::array kImmediate = std::to_array<Name>({{0, "ok"}, {1, "insufficientMemory"}, {7, "commandError"}, {127, "undefinedError"}});
constexpr std::array kAddEim = std::to_array<Name>({{0, "ok"}, {1, "insufficientMemory"}, {2, "associatedEimAlreadyExists"}, {3, "ciPKUnknown"},
                                                    {5, "invalidAssociationToken"}, {6, "counterValueOutOfRange"}, {7, "commandError"}, {127, "undefinedError"}});
constexpr std::array kDeleteEim = std::to_array<Name>({{0, "ok"}, {1, "eimNotFound"}, {2, "lastEimDeleted"}, {7, "commandError"}, {127, "undefinedError"}});
constexpr std::array kUpdateEim = std::to_array<Name>(
    {{0, "ok"}, {1, "eimNotFound"}, {3, "ciPKUnknown"}, {6, "counterValueOutOfRange"}, {7, "commandError"}, {127, "undefinedError"}});
constexpr std::array kRollback = std::to_array<Name>({{0, "ok"}, {127, "undefinedError"}});
constexpr std::array kSetFallback = std::to_array<Name>(
    {{0, "ok"}, {1, "iccidOrAidNotFound"}, {2, "fallbackNotAllowed"}, {3, "fallbackProfileEnabled"}, {127, "undefinedError"}});
constexpr std::array kUnsetFallback = std::to_array<Name>(
    {{0, "ok"}, {2, "noFallbackAttribute"}, {3, "fallbackProfileEnabled"}, {7, "commandError"}, {127, "undefinedError"}});
constexpr std::array kTerminated = std::to_array<Name>(
    {{1, "resultSizeOverflow"}, {2, "unknownOrDamagedCommand"}, {3, "interruption"}, {127, "undefinedError"}});
constexpr std::array kDefaultDp = std::to_array<Name>({{0, "ok"}, {127, "undefinedError"}});
constexpr std::array kPackageError = std::to_array<Name>({{3, "invalidEid"}, {4, "replayError"}, {6, "counterValueOutOfRange"}, {15, "sizeOverflow"},
                                                          {104, "ecallActive"}, {127, "undefinedError"}});
constexpr std::array kProfileClass = std::to_array<Name>({{0, "test"}, {1, "provisioning"}, {2, "operational"}});
constexpr std::array kDataError = std::to_array<Name>({{1, "incorrectTagList"}, {5, "euiccCiPKIdNotFound"}, {104, "ecallActive"}, {127, "undefinedError"}});

const char* find(std::span<const Name> names, std::uint64_t code) noexcept {
  for (const Name& name : names) {
    if (name.code == code) return name.words;
  }
  return nullptr;
}

// A name, or the number for a code this program does not know.
Json coded(std::span<const Name> names, const Tlv& integer) {
  const auto code = asn1::unsigned_value(integer);
  if (!code) return "malformedResult";
  const char* words = find(names, *code);
  return words == nullptr ? Json(*code) : Json(words);
}

struct Row {
  std::uint32_t tag;
  const char* name;
  std::span<const Name> codes;
};
constexpr std::array kRows = std::to_array<Row>({{0x83, "enableResult", kEnable},
                                                 {0x84, "disableResult", kDisable},
                                                 {0x85, "deleteResult", kDelete},
                                                 {0x87, "configureImmediateEnableResult", kImmediate},
                                                 {0x89, "deleteEimResult", kDeleteEim},
                                                 {0x8A, "updateEimResult", kUpdateEim},
                                                 {0x8C, "rollbackResult", kRollback},
                                                 {0x8D, "setFallbackAttributeResult", kSetFallback},
                                                 {0x8E, "unsetFallbackAttributeResult", kUnsetFallback},
                                                 {0x02, "processingTerminated", kTerminated}});

bool truth(const Tlv& boolean) { return boolean.value.size() == 1 && boolean.value[0] != 0; }

std::string text_of(ByteView content, std::uint32_t tag) {
  const auto at = asn1::find_child(content, tag);
  return at ? to_text(at->value) : std::string();
}

Json list_profile_info(const Tlv& element) {
  if (const auto error = asn1::find_child(element.value, 0x81)) {
    return {{"finalResult", "errorResult"}, {"profileInfoListError", coded(kList, *error)}};
  }
  const auto list = asn1::find_child(element.value, 0xA0);
  if (!list) return {{"finalResult", "errorResult"}};
  Json profiles = Json::array();
  TlvReader in(list->value);
  while (!in.at_end()) {
    const auto entry = in.next();
    if (!entry) break;
    if (entry->tag != 0xE3) continue;
    Json out = Json::object();
    TlvReader members(entry->value);
    while (!members.at_end()) {
      const auto member = members.next();
      if (!member) break;
      const auto number = asn1::unsigned_value(*member).value_or(0);
      switch (member->tag) {
        case 0x5A: out["iccid"] = to_hex(member->value); break;
        case 0x4F: out["isdpAid"] = to_hex(member->value); break;
        case 0x9F70: out["profileState"] = number == 1 ? "enabled" : "disabled"; break;
        case 0x90: out["profileNickname"] = to_text(member->value); break;
        case 0x91: out["serviceProviderName"] = to_text(member->value); break;
        case 0x92: out["profileName"] = to_text(member->value); break;
        case 0x93: out["iconType"] = number == 1 ? "png" : "jpg"; break;
        case 0x94: out["icon"] = to_hex(member->value); break;
        case 0x95: out["profileClass"] = coded(kProfileClass, *member); break;
        case 0x99: out["profilePolicyRules"] = to_hex(member->value); break;
        case 0x9F7B: out["ecallIndication"] = truth(*member); break;
        case 0x9F26: out["fallbackAttribute"] = truth(*member); break;
        case 0x9F67: out["fallbackAllowed"] = truth(*member); break;
        default: break;
      }
    }
    profiles.push_back(std::move(out));
  }
  return {{"finalResult", "successResult"}, {"profileInfoList", std::move(profiles)}};
}

Json rules(const Tlv& element) {
  Json out = Json::array();
  TlvReader in(element.value);
  while (!in.at_end()) {
    const auto entry = in.next();
    if (!entry) break;
    Json rule = Json::object();
    if (const auto ids = asn1::find_child(entry->value, 0x80)) {
      const std::uint64_t bits = asn1::named_bits(*ids).value_or(0);
      rule["pprUpdateControl"] = (bits & 1) != 0;
      rule["ppr1"] = (bits & 2) != 0;
      rule["ppr2"] = (bits & 4) != 0;
    }
    Json operators = Json::array();
    if (const auto list = asn1::find_child(entry->value, 0xA1)) {
      TlvReader each(list->value);
      while (!each.at_end()) {
        const auto one = each.next();
        if (!one) break;
        Json op = Json::object();
        for (const auto& [tag, name] : {std::pair{0x80U, "mccMnc"}, {0x81U, "gid1"}, {0x82U, "gid2"}}) {
          if (const auto at = asn1::find_child(one->value, tag)) op[name] = to_hex(at->value);
        }
        operators.push_back(std::move(op));
      }
    }
    rule["allowedOperators"] = std::move(operators);
    const auto flags = asn1::find_child(entry->value, 0x82);
    rule["consentRequired"] = flags && (asn1::named_bits(*flags).value_or(0) & 1) != 0;
    out.push_back(std::move(rule));
  }
  return out;
}

Json add_eim(const Tlv& element) {
  if (const auto token = asn1::find_child(element.value, 0x84)) {
    return {{"addEimResultCode", "ok"}, {"associationToken", asn1::unsigned_value(*token).value_or(0)}};
  }
  if (const auto code = asn1::find_child(element.value, 0x02)) return {{"addEimResultCode", coded(kAddEim, *code)}};
  return {{"addEimResultCode", "malformedResult"}};
}

Json list_eim(const Tlv& element) {
  const auto list = asn1::find_child(element.value, 0xA0);
  if (!list) return {{"finalResult", "errorResult"}};
  Json ids = Json::array();
  TlvReader in(list->value);
  while (!in.at_end()) {
    const auto entry = in.next();
    if (!entry) break;
    Json one{{"eimId", text_of(entry->value, 0x80)}};
    auto type = asn1::find_child(entry->value, 0x82);
    if (!type) type = asn1::find_child(entry->value, 0x84);  // v1.0
    if (type) {
      static constexpr std::array kTypes{"", "eimIdTypeOid", "eimIdTypeFqdn", "eimIdTypeProprietary"};
      const std::uint64_t number = asn1::unsigned_value(*type).value_or(0);
      if (number > 0 && number < kTypes.size()) one["eimIdType"] = kTypes[number];
    }
    ids.push_back(std::move(one));
  }
  return {{"finalResult", "successResult"}, {"eimIdList", std::move(ids)}};
}

const char* event_name(std::uint64_t bits) {
  if ((bits & 1) != 0) return "install";
  if ((bits & 2) != 0) return "enable";
  if ((bits & 4) != 0) return "disable";
  if ((bits & 8) != 0) return "delete";
  return "unknown";
}

}  // namespace

Json results_outcome(ByteView list, const std::string& order) {
  const bool old_name = order.find("\"configureAutoEnable\"") != std::string::npos;
  Json out = Json::array();
  TlvReader in(list);
  while (!in.at_end()) {
    const auto element = in.next();
    if (!element) {
      out.push_back({{"error", "malformedResult"}});
      break;
    }
    if (element->tag == 0xBF2D) {
      out.push_back({{"listProfileInfoResult", list_profile_info(*element)}});
    } else if (element->tag == 0xA6) {
      out.push_back({{"getRATResult", rules(*element)}});
    } else if (element->tag == 0xA8) {
      out.push_back({{"addEimResult", add_eim(*element)}});
    } else if (element->tag == 0xAB) {
      out.push_back({{"listEimResult", list_eim(*element)}});
    } else if (element->tag == 0xBF65) {
      const auto code = asn1::find_child(element->value, 0x80);
      out.push_back({{"setDefaultDpAddressResult", code ? coded(kDefaultDp, *code) : Json("malformedResult")}});
    } else {
      const Row* row = nullptr;
      for (const Row& each : kRows) {
        if (each.tag == element->tag) row = &each;
      }
      if (row == nullptr) {
        out.push_back({{"error", "malformedResult"}, {"data", to_hex(element->raw)}});
      } else {
        out.push_back({{old_name && row->tag == 0x87 ? "configureAutoEnableResult" : row->name, coded(row->codes, *element)}});
      }
    }
  }
  return out;
}

const char* package_error_name(std::uint64_t code) noexcept {
  const char* words = find(kPackageError, code);
  return words == nullptr ? "undefinedError" : words;
}

const char* data_error_name(std::uint64_t code) noexcept {
  const char* words = find(kDataError, code);
  return words == nullptr ? "undefinedError" : words;
}

std::optional<std::vector<Profile>> profiles_in(ByteView list_result) {
  const auto whole = asn1::read_only(list_result, 0xBF2D);
  const auto list = whole ? asn1::find_child(whole->value, 0xA0) : std::nullopt;
  if (!list) return std::nullopt;
  std::vector<Profile> out;
  TlvReader in(list->value);
  while (!in.at_end()) {
    const auto entry = in.next();
    if (!entry) return std::nullopt;
    const auto iccid = asn1::find_child(entry->value, 0x5A);
    if (!iccid) continue;
    Profile profile;
    profile.iccid = to_hex(iccid->value);
    const auto number = [&](std::uint32_t tag) {
      const auto at = asn1::find_child(entry->value, tag);
      return at ? static_cast<int>(asn1::unsigned_value(*at).value_or(0)) : -1;
    };
    profile.state = number(0x9F70) == 1 ? "enabled" : "disabled";
    profile.nickname = text_of(entry->value, 0x90);
    profile.provider = text_of(entry->value, 0x91);
    profile.name = text_of(entry->value, 0x92);
    profile.profile_class = number(0x95);
    const auto fallback = asn1::find_child(entry->value, 0x9F26);
    profile.fallback = fallback && truth(*fallback);
    out.push_back(std::move(profile));
  }
  return out;
}

Json data_outcome(ByteView content) {
  Json data = Json::object();
  TlvReader in(content);
  while (!in.at_end()) {
    const auto member = in.next();
    if (!member) break;
    const auto certificate = [&] { return to_hex(asn1::tlv(0x30, member->value)); };
    switch (member->tag) {
      case 0xA0: data["notificationsList"] = to_hex(member->raw); break;
      case 0xBF2B: data["notificationsList"] = to_hex(member->raw); break;  // v1.0
      case 0x80:                                                             // v1.0
      case 0x81: data["defaultSmdpAddress"] = to_text(member->value); break;
      case 0xA2: data["euiccPackageResultList"] = to_hex(member->raw); break;
      case 0xBF20: data["euiccInfo1"] = to_hex(member->raw); break;
      case 0xBF22: data["euiccInfo2"] = to_hex(member->raw); break;
      case 0x83: data["rootSmdsAddress"] = to_text(member->value); break;
      case 0x84: data["associationToken"] = asn1::unsigned_value(*member).value_or(0); break;
      case 0xA5: data["eumCertificate"] = certificate(); break;
      case 0xA6: data["euiccCertificate"] = certificate(); break;
      case 0xA8: data["ipaCapabilities"] = to_hex(member->raw); break;
      case 0xA9: data["deviceInfo"] = to_hex(member->raw); break;
      default: break;
    }
  }
  return Json::array({{{"euiccDataResult", {{"edrResult", "ok"}, {"euiccData", std::move(data)}}}}});
}

std::optional<Event> read_event(ByteView content) {
  const auto sequence = asn1::find_child(content, 0x80);
  const auto bits = asn1::find_child(content, 0x81);
  if (!sequence || !bits) return std::nullopt;
  const auto number = asn1::unsigned_value(*sequence);
  const auto events = asn1::named_bits(*bits);
  if (!number || !events) return std::nullopt;
  Event out;
  out.sequence = static_cast<std::int64_t>(*number);
  out.event = event_name(*events);
  out.address = text_of(content, 0x0C);
  if (const auto iccid = asn1::find_child(content, 0x5A)) out.iccid = to_bytes(iccid->value);
  return out;
}

std::optional<Installation> read_installation(ByteView bf37) {
  const auto whole = asn1::read_only(bf37, 0xBF37);
  if (!whole) return std::nullopt;
  TlvReader in(whole->value);
  const auto data = in.required(0xBF27);
  const auto signature = in.required(0x5F37);
  if (!data || !signature) return std::nullopt;
  Installation out;
  out.signed_part = data->raw;
  out.signature = signature->value;
  const auto transaction = asn1::find_child(data->value, 0x80);
  const auto metadata = asn1::find_child(data->value, 0xBF2F);
  const auto oid = asn1::find_child(data->value, 0x06);
  const auto result = asn1::find_child(data->value, 0xA2);
  const auto event = metadata ? read_event(metadata->value) : std::nullopt;
  if (!transaction || !event || !result) return std::nullopt;
  out.transaction = to_bytes(transaction->value);
  if (oid) out.smdp_oid = to_bytes(oid->value);
  out.sequence = event->sequence;
  out.address = event->address;
  out.iccid = event->iccid;
  out.installed = asn1::find_child(result->value, 0xA0).has_value();
  if (const auto error = asn1::find_child(result->value, 0xA1)) {
    const auto number = [&](std::uint32_t tag) {
      const auto at = asn1::find_child(error->value, tag);
      return at ? static_cast<unsigned>(asn1::unsigned_value(*at).value_or(0)) : 0U;
    };
    out.command = number(0x80);
    out.reason = number(0x81);
  }
  return out;
}

Json installation_outcome(const Installation& i) {
  Json result{{"finalResult", i.installed ? "successResult" : "errorResult"}};
  if (!i.iccid.empty()) result["iccid"] = to_hex(i.iccid);
  if (!i.installed) {
    result["bppCommandId"] = i.command;
    result["errorReason"] = i.reason;
  }
  return Json::array({{{"profileInstallationResult", std::move(result)}}});
}

}  // namespace simurgh::eim
