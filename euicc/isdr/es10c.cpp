// Local profile management: SGP.22 v2.5 5.7.16-5.7.21.
#include <algorithm>

#include "asn1/tlv.h"
#include "euicc/isdr/es10_table.h"
#include "euicc/isdr/session.h"
#include "euicc/iot/fallback.h"
#include "euicc/rsp/metadata.h"
#include "euicc/rsp/profiles_info.h"
#include "euicc/rsp/switching.h"

namespace simurgh::isdr {
namespace es10c {
namespace {

using asn1::TlvReader;
using asn1::TlvWriter;
using profile::ProfileClass;
using profile::ProfileEntry;
using profile::ProfileState;

enum class Result : std::uint8_t { ok = 0, not_found = 1, wrong_state = 2, disallowed_by_policy = 3, wrong_reenabling = 4, cat_busy = 5, undefined = 127 };

apdu::Answer answer(std::uint32_t tag, Result result) { return result_code(tag, static_cast<std::uint8_t>(result)); }

struct Request {
  std::optional<asn1::Tlv> identifier;  // 4F or 5A
  bool refresh = false;
};

// A0 { 4F | 5A } 81 refreshFlag, or the identifier bare: tools send either form to either function.
std::optional<Request> parse(ByteView content) {
  Request out;
  TlvReader in(content);
  while (!in.at_end()) {
    const auto element = in.next();
    if (!element) return std::nullopt;
    if (element->tag == 0xA0 && !out.identifier) {
      TlvReader inner(element->value);
      const auto identifier = inner.next();
      if (!identifier || !inner.at_end()) return std::nullopt;
      out.identifier = *identifier;
    } else if ((element->tag == 0x4F || element->tag == 0x5A) && !out.identifier) {
      out.identifier = *element;
    } else if (element->tag == 0x81) {
      if (element->value.size() != 1) return std::nullopt;
      out.refresh = element->value[0] != 0;
    }
  }
  if (!out.identifier || (out.identifier->tag != 0x4F && out.identifier->tag != 0x5A)) return std::nullopt;
  return out;
}

std::optional<ProfileEntry> find(Context& context, const asn1::Tlv& identifier) {
  const profile::Registry registry(context.txn);
  return identifier.tag == 0x4F ? registry.by_aid(identifier.value) : registry.by_iccid(identifier.value);
}

bool has_rule(const ProfileEntry& entry, std::uint64_t rule) { return (entry.metadata.ppr.value_or(0) & rule) != 0; }

void carry_out(Context& context, bool refresh, std::optional<std::uint32_t> target) {
  rsp::start_switch(context.txn, context.ecasd, context.platform, target, refresh);
}

}  // namespace
}  // namespace es10c

bool delete_profiles(Context& context, const std::function<bool(const profile::ProfileEntry&)>& which) {
  bool any = false, enabled = false;
  for (const profile::ProfileEntry& entry : profile::Registry(context.txn).all()) {
    if (!which(entry)) continue;
    any = true;
    enabled = enabled || entry.state == profile::ProfileState::enabled;
    rsp::delete_profile_cells(context.txn, context.ecasd, entry);
    iot::forget_profile(context.txn, entry.number);
  }
  if (enabled) {
    context.platform.profile_changed();
    if (context.platform.toolkit_ready()) context.platform.request_refresh();
  }
  return any;
}

namespace es10c {

apdu::Answer enable_profile(Context& context, ByteView, ByteView content) {
  constexpr std::uint32_t kTag = 0xBF31;
  const auto request = parse(content);
  if (!request) return malformed("EnableProfile cannot be read");
  const auto target = find(context, *request->identifier);
  if (!target) return answer(kTag, Result::not_found);
  if (target->state == ProfileState::enabled) return answer(kTag, Result::wrong_state);
  if (rsp::switch_pending(context.txn)) return answer(kTag, Result::cat_busy);
  const ProfileClass target_class = target->metadata.profile_class;
  if (const auto enabled = profile::Registry(context.txn).enabled()) {
    const bool leaves_test = enabled->metadata.profile_class == ProfileClass::test && target_class != ProfileClass::test;
    if (leaves_test && rsp::profile_before_test(context.txn) != target->number) return answer(kTag, Result::wrong_reenabling);
    if (has_rule(*enabled, rsp::kPpr1) && target_class == ProfileClass::operational) return answer(kTag, Result::disallowed_by_policy);
  }
  if (request->refresh && context.platform.toolkit_busy()) return answer(kTag, Result::cat_busy);
  carry_out(context, request->refresh, target->number);
  return answer(kTag, Result::ok);
}

apdu::Answer disable_profile(Context& context, ByteView, ByteView content) {
  constexpr std::uint32_t kTag = 0xBF32;
  const auto request = parse(content);
  if (!request) return malformed("DisableProfile cannot be read");
  const auto target = find(context, *request->identifier);
  if (!target) return answer(kTag, Result::not_found);
  if (target->state != ProfileState::enabled) return answer(kTag, Result::wrong_state);
  if (has_rule(*target, rsp::kPpr1)) return answer(kTag, Result::disallowed_by_policy);
  if (rsp::switch_pending(context.txn) || (request->refresh && context.platform.toolkit_busy())) return answer(kTag, Result::cat_busy);
  const bool was_test = target->metadata.profile_class == ProfileClass::test;
  carry_out(context, request->refresh, was_test ? rsp::profile_before_test(context.txn) : std::nullopt);
  return answer(kTag, Result::ok);
}

apdu::Answer delete_profile(Context& context, ByteView, ByteView content) {
  constexpr std::uint32_t kTag = 0xBF33;
  const auto request = parse(content);
  if (!request) return malformed("DeleteProfile cannot be read");
  const auto target = find(context, *request->identifier);
  if (!target) return answer(kTag, Result::not_found);
  if (target->state != ProfileState::disabled) return answer(kTag, Result::wrong_state);
  const bool preinstalled_test = target->factory && target->metadata.profile_class == ProfileClass::test;
  if (has_rule(*target, rsp::kPpr2) || preinstalled_test) return answer(kTag, Result::disallowed_by_policy);
  if (rsp::switch_pending(context.txn)) return answer(kTag, Result::undefined);
  end_load(context);
  rsp::delete_profile_cells(context.txn, context.ecasd, *target);
  return answer(kTag, Result::ok);
}

// Policy rules do not hold here. Provisioning profiles and pre-installed test profiles stay (5.7.19).
apdu::Answer euicc_memory_reset(Context& context, ByteView, ByteView content) {
  constexpr std::uint32_t kTag = 0xBF34;
  const auto options = asn1::read_only(content, 0x82);
  const auto bits = options ? asn1::named_bits(*options) : std::unexpected(asn1::ParseError{"", 0});
  if (!bits) return malformed("eUICCMemoryReset cannot be read");
  if (context.platform.toolkit_busy() || rsp::switch_pending(context.txn)) return answer(kTag, Result::cat_busy);
  const bool operational = (*bits & 1) != 0;
  const bool test = (*bits & 2) != 0;
  const bool address = (*bits & 4) != 0;
  const bool deleted = delete_profiles(context, [&](const ProfileEntry& entry) {
    const ProfileClass kind = entry.metadata.profile_class;
    return (operational && kind == ProfileClass::operational) || (test && kind == ProfileClass::test && !entry.factory);
  });
  if (address) context.txn.erase(rsp::kDefaultDpAddress);
  if (!deleted && !address) return result_code(kTag, 1);  // nothingToDelete
  end_load(context);
  return answer(kTag, Result::ok);
}

apdu::Answer profiles_info(Context& context, ByteView, ByteView content) {
  constexpr std::uint32_t kTag = 0xBF2D;
  const auto& card = context.ecasd.capabilities.iot;
  const rsp::ProfilesView view{.iot = card && card->version >= ecasd::IotVersion::v1_1,
                               .fallback = iot::fallback_profile(context.txn, context.ecasd)};
  const auto list = rsp::profiles_info(view, context.txn, content);
  if (!list) return error_code(kTag, 1);
  return apdu::with_data(asn1::tlv(kTag, *list));
}

apdu::Answer euicc_data(Context& context, ByteView, ByteView content) {
  const auto tags = asn1::read_only(content, 0x5C);
  if (!tags || tags->value.size() != 1 || tags->value[0] != 0x5A) return malformed("GetEUICCData knows the tag 5A");
  TlvWriter out;
  {
    const auto scope = out.open(0xBF3E);
    out.put(0x5A, context.ecasd.eid);
  }
  return apdu::with_data(out.take());
}

apdu::Answer set_nickname(Context& context, ByteView, ByteView content) {
  constexpr std::uint32_t kTag = 0xBF29;
  TlvReader in(content);
  const auto iccid = in.required(0x5A);
  const auto nickname = in.required(0x90);
  if (!iccid || !nickname || !in.skip_rest()) return malformed("SetNickname cannot be read");
  auto target = profile::Registry(context.txn).by_iccid(iccid->value);
  if (!target) return result_code(kTag, 1);
  if (nickname->value.size() > 64) return result_code(kTag, 127);
  target->nickname = to_text(nickname->value);
  profile::Registry(context.txn).save(*target);
  return result_code(kTag, 0);
}

}  // namespace es10c
}  // namespace simurgh::isdr
