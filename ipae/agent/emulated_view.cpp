// What an emulated IoT eUICC shows of card and profiles, and what it notices while a profile is downloaded.
#include <algorithm>
#include <utility>

#include "euicc/crypto/x509.h"
#include "ipae/agent/emulated_codes.h"
#include "ipae/agent/emulated_iot.h"

namespace simurgh::ipae {

using namespace simurgh::literals;
using namespace emulated;
using asn1::TlvReader;

namespace {

constexpr std::uint32_t kEcallIndication = 0x9F7B, kFallbackAttribute = 0x9F26, kFallbackAllowed = 0x9F67;

// A tag list of GetProfilesInfo, split into what a consumer eUICC knows and what it does not.
struct TagList {
  Bytes known;
  std::vector<std::uint32_t> iot;
  bool has_iccid = false;
};

std::optional<TagList> split(ByteView list) {
  TagList out;
  while (!list.empty()) {
    const auto tag = TlvReader(list).peek();
    if (!tag) return std::nullopt;
    const Bytes encoded = asn1::encode_tag(*tag);
    if (*tag == kEcallIndication || *tag == kFallbackAttribute || *tag == kFallbackAllowed) {
      out.iot.push_back(*tag);
    } else {
      append(out.known, encoded);
      out.has_iccid = out.has_iccid || *tag == 0x5A;
    }
    list = list.subspan(encoded.size());
  }
  return out;
}

// Certificate of an A5 or A6: the tag replaces the 30.
Bytes retagged(std::uint32_t tag, ByteView certificate) { return asn1::tlv(tag, content_of(certificate, 0x30)); }

std::optional<EmulatedState::Certificates> certificates_behind_signature(ByteView content) {
  TlvReader in(content);
  while (!in.at_end()) {
    const auto element = in.next();
    if (!element) return std::nullopt;
    if (element->tag != 0x5F37) continue;
    const auto euicc = in.required(0x30);
    const auto eum = in.required(0x30);
    if (!euicc || !eum) return std::nullopt;
    return EmulatedState::Certificates{to_bytes(eum->raw), to_bytes(euicc->raw)};
  }
  return std::nullopt;
}

}  // namespace

// ---- the card's profiles

PortResult<std::vector<ProfileInfo>> EmulatedIot::profiles() { return es10c::get_profiles_info(card_, "5A9F709599"_hex); }

std::optional<ProfileInfo> EmulatedIot::profile(ByteView iccid) {
  const auto list = profiles();
  if (!list) return std::nullopt;
  const auto found = std::find_if(list->begin(), list->end(), [&](const ProfileInfo& p) { return equal(p.iccid, iccid); });
  return found == list->end() ? std::nullopt : std::optional(*found);
}

Bytes EmulatedIot::enabled_iccid() {
  const auto list = profiles();
  if (!list) return {};
  const auto found = std::find_if(list->begin(), list->end(), [](const ProfileInfo& p) { return p.state == ProfileState::enabled; });
  return found == list->end() ? Bytes{} : found->iccid;
}

std::optional<ProfileInfo> EmulatedIot::emergency_profile() {
  for (const EmulatedState::Mark& mark : state_.marks) {
    if (!mark.ecall) continue;
    if (auto found = profile(mark.iccid)) return found;
  }
  return std::nullopt;
}

void EmulatedIot::prune() {
  const auto list = profiles();
  if (!list) return;
  std::vector<Bytes> known{state_.fallback, state_.return_target};
  for (const EmulatedState::Mark& mark : state_.marks) known.push_back(mark.iccid);
  if (state_.emergency) known.push_back(*state_.emergency);
  if (state_.rollback) known.push_back(state_.rollback->former);
  for (const Bytes& iccid : known) {
    const bool there = std::any_of(list->begin(), list->end(), [&](const ProfileInfo& p) { return p.iccid == iccid; });
    if (!there) state_.forget_profile(iccid);
  }
}

std::vector<std::uint64_t> EmulatedIot::notifications() {
  std::vector<std::uint64_t> out;
  if (const auto list = es10b::list_notification(card_)) {
    for (const NotificationMetadata& one : *list) out.push_back(one.sequence);
  }
  return out;
}

std::vector<std::uint64_t> EmulatedIot::switch_notifications(const std::vector<std::uint64_t>& before) {
  constexpr std::uint64_t kSwitch = 1U << static_cast<unsigned>(Event::enable) | 1U << static_cast<unsigned>(Event::disable);
  std::vector<std::uint64_t> out;
  if (const auto list = es10b::list_notification(card_, kSwitch)) {
    for (const NotificationMetadata& one : *list) {
      if (std::find(before.begin(), before.end(), one.sequence) == before.end()) out.push_back(one.sequence);
    }
  }
  return out;
}

// ---- what is shown

// ecallIndication, fallbackAttribute and fallbackAllowed where they are TRUE, behind what the card says.
PortResult<Bytes> EmulatedIot::profiles_info(ByteView request) {
  const ByteView content = content_of(request, 0xBF2D);
  const auto tags = asn1::find_child(content, 0x5C);
  std::optional<TagList> asked = tags ? split(tags->value) : TagList{{}, {kEcallIndication, kFallbackAttribute, kFallbackAllowed}, true};
  if (!asked || asked->iot.empty()) return card_.request(request);
  Bytes forwarded;
  if (const auto criteria = asn1::find_child(content, 0xA0)) append(forwarded, criteria->raw);
  if (tags) append(forwarded, asn1::tlv(0x5C, asked->has_iccid ? asked->known : concat({"5A"_hex, asked->known})));
  auto answer = card_.request(asn1::tlv(0xBF2D, forwarded));
  if (!answer) return answer;
  const auto list = asn1::find_child(content_of(*answer, 0xBF2D), 0xA0);
  if (!list) return answer;
  asn1::TlvWriter out;
  {
    const auto outer = out.open(0xBF2D);
    const auto rows = out.open(0xA0);
    TlvReader in(list->value);
    while (!in.at_end()) {
      const auto row = in.required(0xE3);
      if (!row) return answer;
      const auto scope = out.open(0xE3);
      const Bytes iccid = octets(row->value, 0x5A);
      TlvReader members(row->value);
      while (!members.at_end()) {
        const auto member = members.next();
        if (!member) return answer;
        if (member->tag != 0x5A || asked->has_iccid) out.raw(member->raw);
      }
      const EmulatedState::Mark* mark = state_.mark_of(iccid);
      const auto show = [&](std::uint32_t tag, bool set) {
        const bool wanted = std::find(asked->iot.begin(), asked->iot.end(), tag) != asked->iot.end();
        if (wanted && set && !asn1::find_child(row->value, tag)) out.put_byte(tag, 0xFF);
      };
      show(kEcallIndication, mark != nullptr && mark->ecall);
      show(kFallbackAttribute, !iccid.empty() && iccid == state_.fallback);
      show(kFallbackAllowed, mark != nullptr && mark->fallback_allowed);
    }
  }
  return out.take();
}

// ipaMode and iotSpecificInfo, which SGP.32 demands.
PortResult<Bytes> EmulatedIot::euicc_info2(ByteView request) {
  auto answer = card_.request(request);
  if (!answer) return answer;
  const auto outer = asn1::read_only(*answer, 0xBF22);
  if (!outer || asn1::find_child(outer->value, 0xB4)) return answer;
  const Bytes mode = "900100"_hex;  // ipad
  Bytes members;
  bool done = false;
  TlvReader in(outer->value);
  while (!in.at_end()) {
    const auto member = in.next();
    if (!member) return answer;
    const bool behind = member->tag == 0xB1 || member->tag == 0x92 || member->tag == 0x93;  // [17] to [19]
    if (behind && !std::exchange(done, true)) append(members, mode);
    append(members, member->raw);
  }
  if (!done) append(members, mode);
  append(members, "B40BA005040301020081008200"_hex);
  return asn1::tlv(0xBF22, members);
}

PortResult<Bytes> EmulatedIot::get_certs(ByteView request) {
  const auto refuse = [](unsigned code) { return asn1::tlv(0xBF56, integer(0x81, code)); };
  if (!state_.certificates) {
    // A notification carries the chain that signed it.
    const auto pending = es10b::retrieve_notifications_list(card_);
    for (std::size_t i = 0; pending && i < pending->size() && !state_.certificates; ++i) {
      state_.certificates = certificates_behind_signature(content_of((*pending)[i].raw, 0x30));
    }
    if (state_.certificates) save();
  }
  const Bytes wanted = octets(content_of(request, 0xBF56), 0x80);
  const auto info = es10b::get_euicc_info1(card_);
  if (!info) return std::unexpected(info.error());
  const auto begins = [&](const Bytes& id) { return id.size() >= wanted.size() && equal(ByteView(id).first(wanted.size()), wanted); };
  if (std::none_of(info->ci_keys_for_signing.begin(), info->ci_keys_for_signing.end(), begins)) return refuse(1);
  const auto eum = state_.certificates ? crypto::parse_certificate(state_.certificates->eum) : std::nullopt;
  if (!eum || !begins(eum->aki)) return refuse(kUndefined);
  const Bytes both = concat({retagged(0xA5, state_.certificates->eum), retagged(0xA6, state_.certificates->euicc)});
  return asn1::tlv(0xBF56, asn1::tlv(0xA0, both));
}

// ---- what a download says

void EmulatedIot::notice(ByteView command, ByteView answer) {
  constexpr std::size_t kMac = 8;
  switch (TlvReader(command).peek().value_or(0)) {
    case 0xBF38: {
      const auto signed1 = asn1::find_child(content_of(command, 0xBF38), 0x30);
      dp_address_ = signed1 ? to_text(octets(signed1->value, 0x83)) : std::string();
      const auto ok = asn1::find_child(content_of(answer, 0xBF38), 0xA0);
      auto chain = ok ? certificates_behind_signature(ok->value) : std::nullopt;
      if (chain && (!state_.certificates || state_.certificates->euicc != chain->euicc)) {
        state_.certificates = std::move(chain);
        save();
      }
      break;
    }
    case 0xBF36:
      metadata_.clear();
      installed_.reset();
      break;
    case 0x88: {
      const auto part = TlvReader(command).next();
      if (part && part->value.size() > kMac) append(metadata_, part->value.first(part->value.size() - kMac));
      break;
    }
    case 0xBF41:
      metadata_.clear();
      installed_.reset();
      break;
    default:
      break;
  }
  if (TlvReader(answer).peek().value_or(0) == 0xBF37) notice_installation(answer);
}

void EmulatedIot::notice_installation(ByteView bf37) {
  const Bytes metadata = std::exchange(metadata_, {});
  const auto result = parse_installation_result(bf37);
  if (!result || result->failure) return;
  const ByteView members = content_of(metadata, 0xBF25);
  const Bytes iccid = octets(members, 0x5A);
  if (iccid.empty()) return;
  installed_ = Installed{iccid, result->smdp_oid, dp_address_};
  const auto set = [&](std::uint32_t tag) {
    const auto flag = asn1::find_child(members, tag);
    return flag && flag->value.size() == 1 && flag->value[0] != 0;
  };
  // At most one emergency profile: the first stays it.
  const bool ecall = set(kEcallIndication) && !emergency_profile();
  if (!ecall && !set(kFallbackAllowed)) return;
  std::erase_if(state_.marks, [&](const EmulatedState::Mark& m) { return m.iccid == iccid; });
  state_.marks.push_back({iccid, set(kFallbackAllowed), ecall});
  save();
}

}  // namespace simurgh::ipae
