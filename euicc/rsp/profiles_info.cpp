#include "euicc/rsp/profiles_info.h"

#include <algorithm>

#include "asn1/tlv.h"

namespace simurgh::rsp {
namespace {

using asn1::TlvReader;
using asn1::TlvWriter;
using profile::ProfileEntry;

constexpr std::uint32_t kDefaultTags[] = {0x5A, 0x4F, 0x9F70, 0x90, 0x91, 0x92, 0x93, 0x94, 0x95};
constexpr std::uint32_t kIotDefaultTags[] = {0x5A, 0x4F, 0x9F70, 0x91, 0x92, 0x95, 0x9F7B, 0x9F26, 0x9F67};

// Concatenated BER tags of one or more octets each; nothing when the last one is cut off.
std::optional<std::vector<std::uint32_t>> parse_tags(ByteView list) {
  std::vector<std::uint32_t> out;
  while (!list.empty()) {
    const auto tag = TlvReader(list).peek();
    if (!tag) return std::nullopt;
    out.push_back(*tag);
    list = list.subspan(asn1::encode_tag(*tag).size());
  }
  return out;
}

struct Request {
  std::optional<asn1::Tlv> criterion;
  std::optional<std::vector<std::uint32_t>> tags;
};

std::optional<Request> parse(ByteView content) {
  Request out;
  TlvReader in(content);
  const auto criteria = in.optional(0xA0);
  const auto tags = in.optional(0x5C);
  if (!criteria || !tags || !in.skip_rest()) return std::nullopt;
  if (*criteria) {
    TlvReader inner((*criteria)->value);
    const auto criterion = inner.next();
    if (!criterion || !inner.at_end()) return std::nullopt;
    if (criterion->tag != 0x4F && criterion->tag != 0x5A && criterion->tag != 0x95) return std::nullopt;
    out.criterion = *criterion;
  }
  if (*tags) {
    auto listed = parse_tags((*tags)->value);
    if (!listed) return std::nullopt;
    out.tags = *std::move(listed);
  }
  return out;
}

bool matches(const ProfileEntry& entry, const asn1::Tlv& criterion) {
  if (criterion.tag == 0x4F) return equal(criterion.value, entry.aid);
  if (criterion.tag == 0x95) return asn1::unsigned_value(criterion).value_or(255) == static_cast<std::uint64_t>(entry.metadata.profile_class);
  Bytes wanted = to_bytes(criterion.value);
  wanted.resize(std::max<std::size_t>(wanted.size(), 10), 0xFF);
  return wanted == entry.metadata.iccid;
}

void put_notifications(TlvWriter& out, const ProfileEntry& entry) {
  const auto list = out.open(0xB6);
  for (const auto& config : entry.metadata.notifications) {
    const auto item = out.open(0x30);
    out.put_bits(0x80, config.events).put_text(0x81, config.address);
  }
}

void put_owner(TlvWriter& out, const profile::ProfileOwner& owner) {
  const auto scope = out.open(0xB7);
  out.put(0x80, owner.mcc_mnc);
  if (owner.gid1) out.put(0x81, *owner.gid1);
  if (owner.gid2) out.put(0x82, *owner.gid2);
}

// The fields a request lists, in the order of the specification whatever the order of the list.
void put_profile(TlvWriter& out, const ProfileEntry& entry, std::span<const std::uint32_t> tags, const ProfilesView& view) {
  const auto wanted = [&](std::uint32_t tag) { return std::ranges::find(tags, tag) != tags.end(); };
  const auto wanted_iot = [&](std::uint32_t tag) { return view.iot && wanted(tag); };
  const profile::Metadata& m = entry.metadata;
  const auto scope = out.open(0xE3);
  if (wanted(0x5A)) out.put(0x5A, m.iccid);
  if (wanted(0x4F)) out.put(0x4F, entry.aid);
  if (wanted(0x9F70)) out.put_byte(0x9F70, static_cast<std::uint8_t>(entry.state));
  if (wanted(0x90) && !entry.nickname.empty()) out.put_text(0x90, entry.nickname);
  if (wanted(0x91)) out.put_text(0x91, m.service_provider_name);
  if (wanted(0x92)) out.put_text(0x92, m.profile_name);
  if (wanted(0x93) && m.icon_type && !m.icon.empty()) out.put_byte(0x93, *m.icon_type);
  if (wanted(0x94) && !m.icon.empty()) out.put(0x94, m.icon);
  if (wanted(0x95)) out.put_byte(0x95, static_cast<std::uint8_t>(m.profile_class));
  if (wanted(0xB6) && !m.notifications.empty()) put_notifications(out, entry);
  if (wanted(0xB7) && m.owner) put_owner(out, *m.owner);
  if (wanted(0xB8) && !entry.dp_proprietary.empty()) out.put(0xB8, entry.dp_proprietary);
  if (wanted(0x99) && m.ppr.value_or(0) != 0) out.put_bits(0x99, *m.ppr);
  if (wanted(0xBF22) && !m.service_specific.empty()) out.put(0xBF22, m.service_specific);
  if (wanted_iot(0x9F7B) && m.ecall_indication) out.put_byte(0x9F7B, *m.ecall_indication ? 0xFF : 0x00);
  if (wanted_iot(0x9F26) && view.fallback == entry.number) out.put_byte(0x9F26, 0xFF);  // DEFAULT FALSE
  if (wanted_iot(0x9F67) && m.fallback_allowed) out.put_byte(0x9F67, *m.fallback_allowed ? 0xFF : 0x00);
}

}  // namespace

std::optional<Bytes> profiles_info(const ProfilesView& view, state::Transaction& txn, ByteView content) {
  const auto request = parse(content);
  if (!request) return std::nullopt;
  const std::span<const std::uint32_t> all = view.iot ? std::span<const std::uint32_t>(kIotDefaultTags) : std::span<const std::uint32_t>(kDefaultTags);
  const std::span<const std::uint32_t> tags = request->tags ? std::span<const std::uint32_t>(*request->tags) : all;
  TlvWriter out;
  {
    const auto list = out.open(0xA0);
    for (const ProfileEntry& entry : profile::Registry(txn).all()) {
      if (!request->criterion || matches(entry, *request->criterion)) put_profile(out, entry, tags, view);
    }
  }
  return out.take();
}

}  // namespace simurgh::rsp
