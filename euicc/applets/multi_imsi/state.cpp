#include "euicc/applets/multi_imsi/state.h"

#include <algorithm>
#include <bit>

#include "euicc/gp/octet_record.h"

namespace simurgh::multi_imsi {
namespace {

// Format 2 adds where identities were left and when a table comes into force.
constexpr std::uint8_t kFormat = 2, kFirstFormat = 1;
constexpr std::size_t kMostCountries = 8;

void put(gp::OctetWriter& out, const Plmn& plmn) { out.octets(plmn.octets); }

Plmn plmn_of(gp::OctetReader& in) {
  const ByteView octets = in.view();
  Plmn out;
  if (octets.size() == 3) out.octets = {octets[0], octets[1], octets[2]};
  return out;
}

// Signed numbers never go below two swaps' worth.
constexpr std::int64_t kLevelShift = 1 << 20;

}  // namespace

const char* phase_text(Phase phase) noexcept {
  static constexpr std::array<const char*, 13> kTexts{"COLD", "PROBE", "OBSERVE", "LIMITED", "NOSERVICE", "VERIFY", "ONLINE", "DECIDE", "SWAP", "SETTLE",
                                                      "HOLD", "PINNED", "DORMANT"};
  return kTexts[static_cast<std::size_t>(phase)];
}

Bytes State::encode() const {
  gp::OctetWriter out(1024);
  out.byte(kFormat);
  out.byte(active);
  out.byte(pending);
  out.octets(active_imsi);
  out.byte(static_cast<std::uint8_t>(pending_reason));
  out.number(sequence);
  out.byte(static_cast<std::uint8_t>(mode));
  out.byte(pinned);
  out.number(mode_until);
  out.byte(hold_step);
  out.number(hold_until);
  out.byte(static_cast<std::uint8_t>((online ? 1 : 0) | (refreshing ? 2 : 0) | (forced_pin ? 4 : 0) | (table_changed ? 8 : 0)));
  out.byte(static_cast<std::uint8_t>(boot));
  out.number(boots);
  out.byte(boots_without_reg);
  out.number(pairs.size());
  for (const Pair& pair : pairs) {
    out.byte(pair.id);
    put(out, pair.plmn);
    out.byte(static_cast<std::uint8_t>(pair.outcome));
    out.byte(pair.cause);
    out.byte(pair.rat);
    out.byte(pair.count);
    out.number(pair.seen);
    out.number(pair.expires);
    out.number(pair.areas.size());
    for (const std::uint32_t area : pair.areas) out.number(area);
    out.byte(pair.boots);
    out.number(pair.last_boot);
  }
  out.number(identities.size());
  for (const IdentityState& entry : identities) {
    out.byte(entry.id);
    out.byte(entry.streak);
    out.number(entry.quarantined_until);
    out.number(entry.last_ok);
    out.number(entry.last_tried);
    put(out, entry.last_ok_plmn);
    out.number(entry.barred_area);
    out.number(entry.barred_boot);
    out.byte(entry.barred ? 1 : 0);
    out.number(entry.countries.size());
    for (const CountryDays& country : entry.countries) {
      out.number(country.mcc);
      out.number(country.last_day);
      out.octets(country.days);
    }
    out.octets(entry.fplmn);
    out.number(entry.places.size());
    for (const FileImage& place : entry.places) {
      out.number(place.file);
      out.octets(place.content);
    }
  }
  out.number(static_cast<std::uint64_t>(hour_level + kLevelShift));
  out.number(static_cast<std::uint64_t>(day_level + kLevelShift));
  out.number(levels_at);
  out.byte(alternations);
  out.number(frozen_until);
  out.number(decayed_at);
  out.byte(last_from);
  out.byte(last_to);
  out.number(last_swap);
  out.number(countries.size());
  for (const std::uint16_t mcc : countries) out.number(mcc);
  out.number(ring.size());
  for (const LogRecord& record : ring) out.octets(record.encode());
  out.number(elapsed);
  out.number(wall);
  out.number(wall_at);
  out.number(terminal_digest);
  out.octets(text_view(tac));
  out.byte(good_mode);
  out.number(good_digest);
  out.byte(deaf_modes);
  out.byte(rats);
  out.number(device_change);
  out.number(proof_until);
  out.byte(forced);
  out.byte(forced_hours);
  out.number(processed);
  out.number(writes);
  out.number(later_at);
  return out.take();
}

std::optional<State> State::decode(ByteView octets) {
  gp::OctetReader in(octets);
  const std::uint8_t format = in.byte();
  if (format != kFormat && format != kFirstFormat) return std::nullopt;
  State out;
  out.active = in.byte();
  out.pending = in.byte();
  out.active_imsi = in.octets();
  out.pending_reason = static_cast<Reason>(in.byte());
  out.sequence = in.number_as<std::uint32_t>();
  out.mode = static_cast<Mode>(std::min<std::uint8_t>(in.byte(), 2));
  out.pinned = in.byte();
  out.mode_until = in.number();
  out.hold_step = in.byte();
  out.hold_until = in.number();
  const std::uint8_t bits = in.byte();
  out.online = (bits & 1) != 0;
  out.refreshing = (bits & 2) != 0;
  out.forced_pin = (bits & 4) != 0;
  out.table_changed = (bits & 8) != 0;
  out.boot = static_cast<Boot>(std::min<std::uint8_t>(in.byte(), 3));
  out.boots = in.number_as<std::uint16_t>();
  out.boots_without_reg = in.byte();
  out.pairs.resize(std::min(in.count(), kMostPairs));
  for (Pair& pair : out.pairs) {
    pair.id = in.byte();
    pair.plmn = plmn_of(in);
    pair.outcome = static_cast<Pair::Outcome>(std::min<std::uint8_t>(in.byte(), 2));
    pair.cause = in.byte();
    pair.rat = in.byte();
    pair.count = in.byte();
    pair.seen = in.number();
    pair.expires = in.number();
    pair.areas.resize(std::min<std::size_t>(in.count(), 3));
    for (std::uint32_t& area : pair.areas) area = in.number_as<std::uint32_t>();
    pair.boots = in.byte();
    pair.last_boot = in.number_as<std::uint16_t>();
  }
  out.identities.resize(std::min<std::size_t>(in.count(), kMostIdentities + 1));
  for (IdentityState& entry : out.identities) {
    entry.id = in.byte();
    entry.streak = in.byte();
    entry.quarantined_until = in.number();
    entry.last_ok = in.number();
    entry.last_tried = in.number();
    entry.last_ok_plmn = plmn_of(in);
    entry.barred_area = in.number_as<std::uint32_t>();
    entry.barred_boot = in.number_as<std::uint16_t>();
    entry.barred = in.byte() != 0;
    entry.countries.resize(std::min(in.count(), kMostCountries));
    for (CountryDays& country : entry.countries) {
      country.mcc = in.number_as<std::uint16_t>();
      country.last_day = in.number_as<std::uint32_t>();
      const ByteView days = in.view();
      if (days.size() == country.days.size()) std::ranges::copy(days, country.days.begin());
    }
    entry.fplmn = in.octets();
    if (format == kFirstFormat) continue;
    entry.places.resize(std::min(in.count(), kMostPlaces));
    for (FileImage& place : entry.places) {
      place.file = in.number_as<std::uint32_t>();
      place.content = in.octets();
    }
  }
  out.hour_level = static_cast<std::int64_t>(in.number(2 * kLevelShift)) - kLevelShift;
  out.day_level = static_cast<std::int64_t>(in.number(2 * kLevelShift)) - kLevelShift;
  out.levels_at = in.number();
  out.alternations = in.byte();
  out.frozen_until = in.number();
  out.decayed_at = in.number();
  out.last_from = in.byte();
  out.last_to = in.byte();
  out.last_swap = in.number();
  out.countries.resize(std::min<std::size_t>(in.count(), 2));
  for (std::uint16_t& mcc : out.countries) mcc = in.number_as<std::uint16_t>();
  for (std::size_t left = std::min(in.count(), kMostRecords); left > 0; --left) {
    const auto record = LogRecord::decode(in.view());
    if (!record) return std::nullopt;
    out.ring.push_back(*record);
  }
  out.elapsed = in.number();
  out.wall = in.number_as<std::uint32_t>();
  out.wall_at = in.number();
  out.terminal_digest = in.number_as<std::uint32_t>();
  out.tac = to_text(in.view());
  out.good_mode = in.byte();
  out.good_digest = in.number_as<std::uint32_t>();
  out.deaf_modes = in.byte();
  out.rats = in.byte();
  out.device_change = in.number();
  out.proof_until = in.number();
  out.forced = in.byte();
  out.forced_hours = in.byte();
  out.processed = in.number_as<std::uint16_t>();
  out.writes = in.number_as<std::uint32_t>();
  if (format != kFirstFormat) out.later_at = in.number_as<std::uint32_t>();
  if (!in.ended()) return std::nullopt;
  return out;
}

IdentityState& State::of(std::uint8_t id) {
  const auto found = std::ranges::find(identities, id, &IdentityState::id);
  if (found != identities.end()) return *found;
  identities.push_back({});
  identities.back().id = id;
  return identities.back();
}

const IdentityState* State::find(std::uint8_t id) const noexcept {
  const auto found = std::ranges::find(identities, id, &IdentityState::id);
  return found == identities.end() ? nullptr : &*found;
}

const Pair* State::pair(std::uint8_t id, const Plmn& plmn) const noexcept {
  const auto found = std::ranges::find_if(pairs, [&](const Pair& pair) { return pair.id == id && pair.plmn == plmn; });
  return found == pairs.end() ? nullptr : &*found;
}

Pair& State::touch(std::uint8_t id, const Plmn& plmn) {
  const auto found = std::ranges::find_if(pairs, [&](const Pair& pair) { return pair.id == id && pair.plmn == plmn; });
  if (found == pairs.end()) {
    if (pairs.size() >= kMostPairs) pairs.pop_back();
    Pair fresh;
    fresh.id = id;
    fresh.plmn = plmn;
    pairs.insert(pairs.begin(), std::move(fresh));
  } else {
    std::rotate(pairs.begin(), found, found + 1);
  }
  return pairs.front();
}

bool State::hard(std::uint8_t id, const Plmn& plmn, std::uint64_t now) const noexcept {
  const Pair* known = pair(id, plmn);
  return known != nullptr && known->outcome == Pair::Outcome::hard && known->expires > now;
}

void State::log(LogRecord record) {
  ring.push_back(record);
  if (ring.size() > kMostRecords) ring.pop_front();
}

std::uint32_t State::wall_clock(std::uint64_t now) const noexcept {
  return wall == 0 ? 0xFFFFFFFF : static_cast<std::uint32_t>(wall + (now - wall_at));
}

std::uint32_t State::day(std::uint64_t now) const noexcept {
  return static_cast<std::uint32_t>((wall == 0 ? now : wall + (now - wall_at)) / 86400);
}

unsigned State::days_in(std::uint8_t id, std::uint16_t mcc) const noexcept {
  const IdentityState* entry = find(id);
  if (entry == nullptr) return 0;
  for (const CountryDays& country : entry->countries) {
    if (country.mcc != mcc) continue;
    unsigned out = 0;
    for (const std::uint8_t octet : country.days) out += static_cast<unsigned>(std::popcount(octet));
    return out;
  }
  return 0;
}

}  // namespace simurgh::multi_imsi
