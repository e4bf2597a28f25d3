#include "ipae/es10/es10b_iot.h"

#include <algorithm>
#include <array>
#include <span>

#include "ipae/es10/call.h"
#include "ipae/es10/es10c.h"

namespace simurgh::ipae::es10b {
namespace {

using asn1::Parsed;
using asn1::ParseError;
using asn1::Tlv;
using asn1::TlvReader;
using asn1::TlvWriter;

constexpr std::size_t kLongestEimId = 128;

ResultWords find_words(std::span<const ResultWords> rows, int code) {
  for (const ResultWords& row : rows) {
    if (row.code == code) return row;
  }
  return {code, "unknown", "the card gives a code without a meaning"};
}

// { A0 SPKI | A1 certificate }, whose own 30 the implicit tag has replaced; it is put back.
Parsed<std::pair<Bytes, bool>> key_of(const Tlv& element) {
  TlvReader in(element.value);
  const auto chosen = in.next();
  if (!chosen) return std::unexpected(chosen.error());
  if (chosen->tag != 0xA0 && chosen->tag != 0xA1) return std::unexpected(ParseError{"neither key nor certificate", 0});
  return std::pair{asn1::tlv(0x30, chosen->value), chosen->tag == 0xA1};
}

// INTEGER of up to eight octets, which may be negative (associationToken -1).
std::optional<std::int64_t> signed_value(ByteView content) {
  if (content.empty() || content.size() > 8) return std::nullopt;
  std::int64_t out = (content[0] & 0x80) != 0 ? -1 : 0;
  for (const std::uint8_t octet : content) out = static_cast<std::int64_t>(static_cast<std::uint64_t>(out) << 8 | octet);
  return out;
}

// Members of EimConfigurationData, also below A8 and AA of a package.
Parsed<EimEntry> parse_eim_members(ByteView content) {
  EimEntry entry;
  TlvReader in(content);
  while (!in.at_end()) {
    const auto element = in.next();
    if (!element) return std::unexpected(element.error());
    switch (element->tag) {
      case 0x80:
        entry.id = to_text(element->value);
        break;
      case 0x81:
        entry.fqdn = to_text(element->value);
        break;
      case 0x82: {
        const auto type = asn1::unsigned_value(*element);
        if (type && *type >= 1 && *type <= 3) entry.id_type = static_cast<EimIdType>(*type);
        break;
      }
      case 0x83: {
        const auto counter = asn1::unsigned_value(*element);
        if (!counter) return std::unexpected(counter.error());
        entry.counter = *counter;
        break;
      }
      case 0x84:
        entry.token = signed_value(element->value);
        if (!entry.token) return std::unexpected(ParseError{"associationToken is no number", 0});
        break;
      case 0xA5:
      case 0xA6: {
        auto key = key_of(*element);
        if (!key) return std::unexpected(key.error());
        const bool tls = element->tag == 0xA6;
        (tls ? entry.tls_key : entry.public_key) = std::move(key->first);
        (tls ? entry.tls_key_is_certificate : entry.public_key_is_certificate) = key->second;
        break;
      }
      case 0x87: {
        const auto bits = asn1::named_bits(*element);
        if (!bits) return std::unexpected(bits.error());
        entry.protocols = *bits;
        break;
      }
      case 0x88:
        entry.ci_key_id = to_bytes(element->value);
        break;
      case 0x89:
        entry.indirect_download = true;
        break;
      default:
        break;  // AA of v1.3 and what may follow
    }
  }
  if (entry.id.empty() || entry.id.size() > kLongestEimId) return std::unexpected(ParseError{"eimId has 1 to 128 octets", 0});
  return entry;
}

Parsed<EimEntry> parse_entry(const Tlv& sequence) {
  auto entry = parse_eim_members(sequence.value);
  if (entry) entry->raw = to_bytes(sequence.raw);
  return entry;
}

// { 80 refreshFlag } -> { 80 code }; ProfileRollback has 02 in its answer.
Bytes refresh_request(std::uint32_t tag, bool refresh) {
  const std::uint8_t flag = refresh ? 0xFF : 0x00;
  return asn1::tlv(tag, asn1::tlv(0x80, ByteView(&flag, 1)));
}

PortResult<SwitchResult> switch_profile(Es10Port& card, const std::string& function, std::uint32_t tag, bool refresh) {
  const auto code = call_for_code(card, function, refresh_request(tag, refresh));
  if (!code) return std::unexpected(code.error());
  return static_cast<SwitchResult>(*code);
}

}  // namespace

bool IotInfo::before_v1_1() const {
  return std::all_of(versions.begin(), versions.end(),
                     [](const Bytes& v) { return v.size() == 3 && (v[0] < 1 || (v[0] == 1 && v[1] < 1)); });
}

Parsed<IotInfo> parse_iot_info(ByteView bf22) {
  const auto outer = asn1::read_only(bf22, 0xBF22);
  if (!outer) return std::unexpected(outer.error());
  IotInfo info;
  if (const auto mode = asn1::find_child(outer->value, 0x90)) {
    const auto number = asn1::unsigned_value(*mode);
    if (!number) return std::unexpected(number.error());
    info.ipa_mode = static_cast<unsigned>(std::min<std::uint64_t>(*number, 255));
  }
  const auto specific = asn1::find_child(outer->value, 0xB4);
  if (!specific) return info;
  info.ecall = asn1::find_child(specific->value, 0x81).has_value();
  info.fallback = asn1::find_child(specific->value, 0x82).has_value();
  if (const auto list = asn1::find_child(specific->value, 0xA0)) {
    TlvReader in(list->value);
    while (!in.at_end()) {
      const auto version = in.next();
      if (!version) return std::unexpected(version.error());
      info.versions.push_back(to_bytes(version->value));
    }
  }
  return info;
}

Parsed<EimEntry> parse_eim_entry(ByteView sequence) {
  const auto outer = asn1::read_only(sequence, 0x30);
  if (!outer) return std::unexpected(outer.error());
  return parse_entry(*outer);
}

Parsed<std::vector<EimEntry>> parse_eim_entries(ByteView message) {
  const auto tag = TlvReader(message).peek();
  if (tag == 0x30) {
    auto one = parse_eim_entry(message);
    if (!one) return std::unexpected(one.error());
    return std::vector<EimEntry>{*std::move(one)};
  }
  const auto outer = asn1::read_only(message, tag == 0xBF57 ? 0xBF57 : 0xBF55);
  if (!outer) return std::unexpected(outer.error());
  TlvReader in(outer->value);
  const auto list = in.required(0xA0);
  if (!list) return std::unexpected(list.error());
  std::vector<EimEntry> out;
  TlvReader rows(list->value);
  while (!rows.at_end()) {
    const auto row = rows.required(0x30);
    if (!row) return std::unexpected(row.error());
    auto entry = parse_entry(*row);
    if (!entry) return std::unexpected(entry.error());
    out.push_back(*std::move(entry));
  }
  return out;
}

PortResult<std::vector<EimEntry>> get_eim_configuration_data(Es10Port& card) {
  const auto response = call(card, "GetEimConfigurationData", asn1::tlv(0xBF55, {}));
  if (!response) return std::unexpected(response.error());
  auto entries = parse_eim_entries(*response);
  if (!entries) return std::unexpected(malformed("GetEimConfigurationData", entries.error()));
  return *std::move(entries);
}

ResultWords words(AddInitialEimError error) {
  static constexpr auto kRows = std::to_array<ResultWords>({
      {1, "insufficientMemory", "there is no room for another eIM"},
      {2, "associatedEimAlreadyExists", "the card has an eIM already; only that one can add others"},
      {3, "ciPKUnknown", "the card does not know the certificate issuer (CI) it is to sign under"},
      {5, "invalidAssociationToken", "an association token may only be asked for, not given"},
      {6, "counterValueOutOfRange", "the counter is larger than any card can count"},
      {7, "commandError", "an eIM needs an id, a counter and a public key"},
      {127, "undefinedError", "the card gives no reason"},
  });
  return find_words(kRows, static_cast<int>(error));
}

PortResult<AddInitialEimAnswer> add_initial_eim(Es10Port& card, ByteView request) {
  const auto response = call(card, "AddInitialEim", request);
  if (!response) return std::unexpected(response.error());
  const auto bad = [](ParseError error) { return std::unexpected(malformed("AddInitialEim", error)); };
  TlvReader in(asn1::read_only(*response, 0xBF57)->value);
  const auto chosen = in.next();
  if (!chosen) return bad(chosen.error());
  AddInitialEimAnswer answer;
  if (chosen->tag == 0x81) {
    const auto code = asn1::unsigned_value(*chosen);
    if (!code) return bad(code.error());
    answer.error = static_cast<AddInitialEimError>(std::min<std::uint64_t>(*code, 127));
    return answer;
  }
  if (chosen->tag != 0xA0) return bad({"neither ok nor error", 0});
  TlvReader rows(chosen->value);
  while (!rows.at_end()) {
    const auto row = rows.next();
    if (!row) return bad(row.error());
    if (row->tag == 0x05) {
      answer.tokens.emplace_back();
      continue;
    }
    const auto token = asn1::unsigned_value(*row);
    if (row->tag != 0x84 || !token) return bad({"neither a token nor ok", 0});
    answer.tokens.emplace_back(*token);
  }
  return answer;
}

PortResult<Bytes> load_euicc_package(Es10Port& card, ByteView package) { return call(card, "LoadEuiccPackage", package); }

PortResult<Bytes> retrieve_list(Es10Port& card, ByteView criterion) {
  const auto response = call(card, "RetrieveNotificationsList", asn1::tlv(0xBF2B, criterion));
  if (!response) return std::unexpected(response.error());
  TlvReader in(asn1::read_only(*response, 0xBF2B)->value);
  const auto list = in.next();
  if (!list) return std::unexpected(malformed("RetrieveNotificationsList", list.error()));
  if (list->tag == 0xA0 || list->tag == 0xA2) return to_bytes(list->value);
  if (list->tag == 0x81) return std::unexpected(PortError{"RetrieveNotificationsList: the card gives no reason"});
  return std::unexpected(malformed("RetrieveNotificationsList", {"neither a list nor an error code", 0}));
}

PortResult<std::vector<Bytes>> retrieve_package_results(Es10Port& card) {
  const auto list = retrieve_list(card, asn1::tlv(0xA0, asn1::tlv(0x82, {})));
  if (!list) return std::unexpected(list.error());
  std::vector<Bytes> out;
  TlvReader in(*list);
  while (!in.at_end()) {
    const auto row = in.next();
    if (!row) return std::unexpected(malformed("RetrieveNotificationsList", row.error()));
    if (row->tag == 0xBF51) out.push_back(to_bytes(row->raw));
  }
  return out;
}

PortResult<Stored> retrieve_stored(Es10Port& card, std::uint64_t sequence) {
  const auto list = retrieve_list(card, asn1::tlv(0xA0, asn1::tlv(0x80, asn1::integer_content(sequence))));
  if (!list) return std::unexpected(list.error());
  Stored out;
  TlvReader in(*list);
  while (!in.at_end()) {
    const auto row = in.next();
    if (!row) return std::unexpected(malformed("RetrieveNotificationsList", row.error()));
    if (row->tag == 0xBF51) {
      out.package_result = to_bytes(row->raw);
      continue;
    }
    auto pending = parse_pending_notification(*row);
    if (!pending) return std::unexpected(malformed("RetrieveNotificationsList", pending.error()));
    out.notification = *std::move(pending);
  }
  return out;
}

PortResult<std::optional<Certificates>> get_certs(Es10Port& card, const std::optional<Bytes>& ci_key_id) {
  const Bytes which = ci_key_id ? asn1::tlv(0x80, *ci_key_id) : Bytes{};
  const auto response = call(card, "GetCerts", asn1::tlv(0xBF56, which));
  if (!response) return std::unexpected(response.error());
  TlvReader in(asn1::read_only(*response, 0xBF56)->value);
  const auto chosen = in.next();
  if (!chosen) return std::unexpected(malformed("GetCerts", chosen.error()));
  if (chosen->tag == 0x81) {
    const auto code = asn1::unsigned_value(*chosen);
    if (code && *code == 1) return std::optional<Certificates>{};
    return Certificates{};
  }
  const auto eum = asn1::find_child(chosen->value, 0xA5);
  const auto euicc = asn1::find_child(chosen->value, 0xA6);
  if (chosen->tag != 0xA0 || !eum || !euicc) return std::unexpected(malformed("GetCerts", {"certificates are missing", 0}));
  return Certificates{to_bytes(eum->raw), to_bytes(euicc->raw)};
}

ResultWords words(SwitchResult result) {
  static constexpr auto kRows = std::to_array<ResultWords>({
      {0, "ok", "done"},
      {1, "notAllowed", "nothing allows it: no rollback is granted, or immediate enabling is not configured for this server"},
      {2, "wrongProfileState", "the profile is in that state already"},
      {4, "noSessionContext", "no profile has just been installed"},
      {5, "catBusy", "the card is busy with the terminal"},
      {6, "fallbackNotAvailable", "there is no fallback profile"},
      {7, "commandError", "it makes no sense now"},
      {8, "ecallNotAvailable", "there is no emergency profile"},
      {104, "ecallActive", "the emergency profile is enabled"},
      {127, "undefinedError", "the card gives no reason"},
  });
  return find_words(kRows, static_cast<int>(result));
}

PortResult<Rollback> profile_rollback(Es10Port& card, bool refresh) {
  const auto response = call(card, "ProfileRollback", refresh_request(0xBF58, refresh));
  if (!response) return std::unexpected(response.error());
  TlvReader in(asn1::read_only(*response, 0xBF58)->value);
  const auto element = in.required(0x02);
  if (!element) return std::unexpected(malformed("ProfileRollback", element.error()));
  const auto code = asn1::unsigned_value(*element);
  if (!code) return std::unexpected(malformed("ProfileRollback", code.error()));
  Rollback out;
  out.result = static_cast<SwitchResult>(std::min<std::uint64_t>(*code, 127));
  const auto result = in.optional(0xBF51);
  if (!result) return std::unexpected(malformed("ProfileRollback", result.error()));
  if (*result) out.package_result = to_bytes((*result)->raw);
  return out;
}

PortResult<SwitchResult> immediate_enable(Es10Port& card, bool refresh) { return switch_profile(card, "ImmediateEnable", 0xBF5A, refresh); }
PortResult<SwitchResult> enable_emergency_profile(Es10Port& card, bool refresh) {
  return switch_profile(card, "EnableEmergencyProfile", 0xBF5B, refresh);
}
PortResult<SwitchResult> disable_emergency_profile(Es10Port& card, bool refresh) {
  return switch_profile(card, "DisableEmergencyProfile", 0xBF5C, refresh);
}
PortResult<SwitchResult> execute_fallback(Es10Port& card, bool refresh) {
  return switch_profile(card, "ExecuteFallbackMechanism", 0xBF5D, refresh);
}
PortResult<SwitchResult> return_from_fallback(Es10Port& card, bool refresh) {
  return switch_profile(card, "ReturnFromFallback", 0xBF5E, refresh);
}

ResultWords words(ConfigureImmediateResult result) {
  static constexpr auto kRows = std::to_array<ResultWords>({
      {0, "ok", "done"},
      {1, "insufficientMemory", "there is no room"},
      {2, "associatedEimAlreadyExists", "the card has an eIM, which alone may configure it"},
      {127, "undefinedError", "the card gives no reason"},
  });
  return find_words(kRows, static_cast<int>(result));
}

PortResult<ConfigureImmediateResult> configure_immediate_enabling(Es10Port& card, const ImmediateEnabling& how) {
  TlvWriter out;
  {
    const auto scope = out.open(0xBF59);
    if (how.on) out.put(0x80, {});
    if (!how.smdp_oid.empty()) out.put(0x81, how.smdp_oid);
    if (!how.smdp_address.empty()) out.put_text(0x82, how.smdp_address);
  }
  const auto code = call_for_code(card, "ConfigureImmediateProfileEnabling", out.view());
  if (!code) return std::unexpected(code.error());
  return static_cast<ConfigureImmediateResult>(*code);
}

PortResult<std::optional<Bytes>> get_connectivity_parameters(Es10Port& card) {
  const auto response = call(card, "GetConnectivityParameters", asn1::tlv(0xBF5F, {}));
  if (!response) return std::unexpected(response.error());
  TlvReader in(asn1::read_only(*response, 0xBF5F)->value);
  const auto chosen = in.next();
  if (!chosen) return std::unexpected(malformed("GetConnectivityParameters", chosen.error()));
  if (chosen->tag == 0x81) return std::optional<Bytes>{};
  const auto http = asn1::find_child(chosen->value, 0x81);
  if (chosen->tag != 0xA0 || !http) return std::unexpected(malformed("GetConnectivityParameters", {"no parameters", 0}));
  return to_bytes(http->value);
}

PortResult<IotResetAnswer> memory_reset(Es10Port& card, const IotReset& what, bool before_v1_1) {
  std::uint64_t bits = 0;
  const auto set = [&](bool on, unsigned bit) { bits |= on ? 1ULL << bit : 0; };
  set(what.operational, 0);
  set(what.field_loaded_test, 1);
  set(what.default_dp_address, 2);
  if (before_v1_1) {
    set(what.eim, 3);
    set(what.immediate_enable, 4);
  } else {
    set(what.preloaded_test, 3);
    set(what.provisioning, 4);
    set(what.eim, 5);
    set(what.immediate_enable, 6);
  }
  const std::uint32_t tag = before_v1_1 ? 0xBF34 : 0xBF64;
  const auto response = call(card, "eUICCMemoryReset", asn1::tlv(tag, asn1::tlv(0x82, asn1::named_bits_content(bits))));
  if (!response) return std::unexpected(response.error());
  IotResetAnswer answer;
  const ByteView content = asn1::read_only(*response, tag)->value;
  const auto code = [&](std::uint32_t member) -> std::optional<unsigned> {
    const auto element = asn1::find_child(content, member);
    const auto number = element ? asn1::unsigned_value(*element) : asn1::Parsed<std::uint64_t>(std::unexpected(ParseError{"", 0}));
    if (!number) return std::nullopt;
    return static_cast<unsigned>(std::min<std::uint64_t>(*number, 127));
  };
  const auto result = code(before_v1_1 ? 0x02 : 0x80);
  if (!result) return std::unexpected(malformed("eUICCMemoryReset", {"no result", 0}));
  answer.result = *result;
  answer.eim = code(0x81);
  answer.immediate_enable = code(0x82);
  return answer;
}

PortResult<bool> activate_ipae(Es10Port& card) {
  const auto code = call_for_code(card, "IpaeActivation", asn1::tlv(0xBF42, asn1::tlv(0x80, asn1::named_bits_content(1))));
  if (!code) return std::unexpected(code.error());
  return *code == 0;
}

PortResult<bool> emergency_active(Es10Port& card) {
  const Bytes tags{0x5A, 0x9F, 0x70, 0x9F, 0x7B};
  const auto list = call_for_list(card, "GetProfilesInfo", asn1::tlv(0xBF2D, asn1::tlv(0x5C, tags)));
  if (!list) return std::unexpected(list.error());
  TlvReader in(*list);
  while (!in.at_end()) {
    const auto row = in.required(0xE3);
    if (!row) return std::unexpected(malformed("GetProfilesInfo", row.error()));
    const auto state = asn1::find_child(row->value, 0x9F70);
    const auto ecall = asn1::find_child(row->value, 0x9F7B);
    const auto set = [](const std::optional<Tlv>& flag) { return flag && flag->value.size() == 1 && flag->value[0] != 0; };
    if (set(state) && set(ecall)) return true;
  }
  return false;
}

}  // namespace simurgh::ipae::es10b
