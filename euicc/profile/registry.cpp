#include "euicc/profile/registry.h"

#include <algorithm>

#include "euicc/gp/octet_record.h"

namespace simurgh::profile {
namespace {

constexpr std::uint8_t kFormat = 1;
constexpr std::uint32_t kEntry = 0, kImage = 1;  // indices of the profile space
constexpr std::uint32_t kHighestNumber = 0xEFFF;
constexpr std::size_t kIccidSize = 10;
constexpr std::uint8_t kHasEcall = 1, kEcall = 2, kHasFallback = 4, kFallback = 8;  // the octet of IoT metadata, left out when there are none

void write(gp::OctetWriter& out, const std::string& text) { out.octets(text_view(text)); }
std::string text(gp::OctetReader& in) { return to_text(in.view()); }

template <typename Value, typename Write>
void write_optional(gp::OctetWriter& out, const std::optional<Value>& value, Write&& put) {
  out.byte(value ? 1 : 0);
  if (value) put(*value);
}
// True when the value follows; anything but 0 and 1 is no encoding of ours.
bool present(gp::OctetReader& in, bool& sound) {
  const std::uint8_t flag = in.byte();
  sound = sound && flag <= 1;
  return flag == 1;
}

void write(gp::OctetWriter& out, const Metadata& metadata) {
  out.octets(metadata.iccid);
  write(out, metadata.service_provider_name);
  write(out, metadata.profile_name);
  write_optional(out, metadata.icon_type, [&](std::uint8_t type) { out.byte(type); });
  out.octets(metadata.icon);
  out.byte(static_cast<std::uint8_t>(metadata.profile_class));
  out.number(metadata.notifications.size());
  for (const NotificationConfig& configuration : metadata.notifications) {
    out.number(configuration.events);
    write(out, configuration.address);
  }
  write_optional(out, metadata.owner, [&](const ProfileOwner& owner) {
    out.octets(owner.mcc_mnc);
    write_optional(out, owner.gid1, [&](const Bytes& gid) { out.octets(gid); });
    write_optional(out, owner.gid2, [&](const Bytes& gid) { out.octets(gid); });
  });
  write_optional(out, metadata.ppr, [&](std::uint64_t rules) { out.number(rules); });
  out.octets(metadata.service_specific);
}

bool read(gp::OctetReader& in, Metadata& metadata) {
  bool sound = true;
  metadata.iccid = in.octets();
  metadata.service_provider_name = text(in);
  metadata.profile_name = text(in);
  if (present(in, sound)) metadata.icon_type = in.byte();
  metadata.icon = in.octets();
  const std::uint8_t profile_class = in.byte();
  metadata.profile_class = static_cast<ProfileClass>(profile_class);
  sound = sound && profile_class <= static_cast<std::uint8_t>(ProfileClass::operational);
  const std::size_t count = in.count();
  for (std::size_t i = 0; i < count && in.ok(); ++i) {
    NotificationConfig& configuration = metadata.notifications.emplace_back();
    configuration.events = in.number();
    configuration.address = text(in);
  }
  if (present(in, sound)) {
    ProfileOwner& owner = metadata.owner.emplace();
    owner.mcc_mnc = in.octets();
    if (present(in, sound)) owner.gid1 = in.octets();
    if (present(in, sound)) owner.gid2 = in.octets();
  }
  if (present(in, sound)) metadata.ppr = in.number();
  metadata.service_specific = in.octets();
  return sound;
}

Bytes padded_iccid(ByteView iccid) {
  Bytes padded = to_bytes(iccid);
  if (padded.size() < kIccidSize) padded.resize(kIccidSize, 0xFF);
  return padded;
}

}  // namespace

Bytes ProfileEntry::encode() const {
  gp::OctetWriter out(512 + metadata.icon.size());
  out.byte(kFormat);
  out.octets(aid);
  out.byte(static_cast<std::uint8_t>(state));
  write(out, metadata);
  write(out, nickname);
  out.octets(dp_proprietary);
  out.octets(ci_key_id);
  out.byte(factory ? 1 : 0);
  if (metadata.ecall_indication || metadata.fallback_allowed) {
    out.byte(static_cast<std::uint8_t>((metadata.ecall_indication ? kHasEcall : 0) | (metadata.ecall_indication.value_or(false) ? kEcall : 0) |
                                       (metadata.fallback_allowed ? kHasFallback : 0) | (metadata.fallback_allowed.value_or(false) ? kFallback : 0)));
  }
  return out.take();
}

std::optional<ProfileEntry> ProfileEntry::decode(std::uint32_t number, ByteView encoded) {
  gp::OctetReader in(encoded);
  if (in.byte() != kFormat) return std::nullopt;
  ProfileEntry entry;
  entry.number = number;
  entry.aid = in.octets();
  const std::uint8_t state = in.byte();
  entry.state = static_cast<ProfileState>(state);
  bool sound = state <= static_cast<std::uint8_t>(ProfileState::enabled);
  sound = read(in, entry.metadata) && sound;
  entry.nickname = text(in);
  entry.dp_proprietary = in.octets();
  entry.ci_key_id = in.octets();
  entry.factory = present(in, sound);
  if (in.ok() && !in.ended()) {
    const std::uint8_t flags = in.byte();
    // As encode() writes it: never without a member, never a value whose member is missing.
    const bool ecall_fits = (flags & kHasEcall) != 0 || (flags & kEcall) == 0;
    const bool fallback_fits = (flags & kHasFallback) != 0 || (flags & kFallback) == 0;
    sound = sound && flags != 0 && flags < 16 && ecall_fits && fallback_fits;
    if ((flags & kHasEcall) != 0) entry.metadata.ecall_indication = (flags & kEcall) != 0;
    if ((flags & kHasFallback) != 0) entry.metadata.fallback_allowed = (flags & kFallback) != 0;
  }
  if (!sound || !in.ended()) return std::nullopt;
  return entry;
}

Bytes isdp_aid(std::uint32_t number) {
  // GSMA SGP.02 annex H: A0 00 00 05 59 10 10 FF FF FF FF 89 00, then the counter of the ISD-P and 00.
  Bytes aid = {0xA0, 0x00, 0x00, 0x05, 0x59, 0x10, 0x10, 0xFF, 0xFF, 0xFF, 0xFF, 0x89, 0x00};
  append(aid, be_bytes(0x10 + number, 2));
  aid.push_back(0x00);
  return aid;
}

std::vector<ProfileEntry> Registry::all() const {
  std::vector<ProfileEntry> entries;
  for (const std::uint32_t number : txn_.owners(state::Space::profile, kEntry)) {
    const Bytes* cell = txn_.find({state::Space::profile, number, kEntry});
    if (cell == nullptr) continue;
    if (auto entry = ProfileEntry::decode(number, *cell)) entries.push_back(std::move(*entry));
  }
  return entries;
}

std::optional<ProfileEntry> Registry::by_iccid(ByteView iccid) const {
  const Bytes wanted = padded_iccid(iccid);
  for (ProfileEntry& entry : all())
    if (padded_iccid(entry.metadata.iccid) == wanted) return std::move(entry);
  return std::nullopt;
}

std::optional<ProfileEntry> Registry::by_aid(ByteView aid) const {
  for (ProfileEntry& entry : all())
    if (equal(entry.aid, aid)) return std::move(entry);
  return std::nullopt;
}

std::optional<ProfileEntry> Registry::enabled() const {
  for (ProfileEntry& entry : all())
    if (entry.state == ProfileState::enabled) return std::move(entry);
  return std::nullopt;
}

std::uint32_t Registry::lowest_free_number() const {
  const auto taken = txn_.owners(state::Space::profile, kEntry);
  std::uint32_t number = 0;
  while (number < kHighestNumber && std::binary_search(taken.begin(), taken.end(), number)) ++number;
  return number;
}

void Registry::save(const ProfileEntry& entry) { txn_.put({state::Space::profile, entry.number, kEntry}, entry.encode()); }

void Registry::remove(std::uint32_t number) {
  for (const state::Space space : {state::Space::profile, state::Space::file, state::Space::pin, state::Space::aka, state::Space::gp,
                                   state::Space::applet})
    txn_.erase_all(space, number);
}

void Registry::save_image(std::uint32_t number, Bytes image) { txn_.put({state::Space::profile, number, kImage}, std::move(image)); }

}  // namespace simurgh::profile
