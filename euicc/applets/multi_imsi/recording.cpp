// What every piece of evidence leaves behind before a row of the state machine is looked for.
#include <algorithm>

#include "euicc/applets/multi_imsi/recording.h"

namespace simurgh::multi_imsi {
namespace {

constexpr std::uint64_t kSteering = 180;
constexpr unsigned kSteeringFree = 3;
constexpr std::size_t kMostSeen = 16;

std::uint8_t rats_of(std::uint8_t access) {
  switch (access) {
    case 0x00: case 0x01: return 0x01;
    case 0x03: case 0x04: case 0x05: case 0x06: return 0x02;
    case 0x08: case 0x09: return 0x04 | 0x08 | 0x10;  // the event does not tell LTE-M and NB-IoT apart
    case 0x0A: return 0x20;
    default: return 0;
  }
}

}  // namespace

void Recording::place(Machine& m, const Input& in) {
  if (in.plmn.known()) {
    m.v.plmn = in.plmn;
    m.v.area = in.area;
    if (std::ranges::find(m.v.seen, in.plmn) == m.v.seen.end()) {
      if (m.v.seen.size() >= kMostSeen) m.v.seen.erase(m.v.seen.begin());
      m.v.seen.push_back(in.plmn);
    }
  }
  if (in.access != 0xFF) {
    m.v.access = in.access;
    m.s.rats |= rats_of(in.access);
  }
}

void Recording::country(Machine& m, std::uint16_t mcc) {
  if (m.s.countries.empty() || m.s.countries.back() != mcc) {
    m.s.countries.push_back(mcc);
    if (m.s.countries.size() > 2) m.s.countries.erase(m.s.countries.begin());
  }
  IdentityState& own = m.s.of(m.s.active);
  auto found = std::ranges::find(own.countries, mcc, &CountryDays::mcc);
  const std::uint32_t today = m.s.day(m.now_);
  if (found == own.countries.end()) {
    if (own.countries.size() >= 8) own.countries.erase(own.countries.begin());
    own.countries.push_back({mcc, today, {}});
    found = own.countries.end() - 1;
  }
  // The bitmap moves on by the days that passed.
  for (std::uint32_t step = std::min<std::uint32_t>(today - std::min(today, found->last_day), 128); step > 0; --step) {
    std::uint8_t carry = 0;
    for (std::uint8_t& octet : found->days) {
      const std::uint8_t next = octet >> 7;
      octet = static_cast<std::uint8_t>(octet << 1 | carry);
      carry = next;
    }
  }
  found->last_day = today;
  found->days[0] |= 0x01;
}

void Recording::registered(Machine& m, const Input& in) {
  place(m, in);
  m.v.status = Volatile::Status::normal;
  m.v.registered = true;
  m.s.boots_without_reg = 0;
  m.s.hold_step = 0;
  m.s.hold_until = 0;
  if (!in.plmn.known()) return;
  // Success anywhere shortens the soft evidence against this identity.
  for (Pair& pair : m.s.pairs) {
    if (pair.id == m.s.active && pair.outcome == Pair::Outcome::soft && pair.expires > m.now_) pair.expires = m.now_ + (pair.expires - m.now_) / 2;
  }
  Pair& pair = m.s.touch(m.s.active, in.plmn);
  const Plmn where = pair.plmn;
  pair = {};
  pair.id = m.s.active;
  pair.plmn = where;
  pair.rat = in.access;
  pair.seen = m.now_;
  IdentityState& own = m.s.of(m.s.active);
  own.last_ok = m.now_;
  own.last_ok_plmn = in.plmn;
  own.barred = false;
  country(m, in.plmn.mcc());
  if (m.v.country == 0) m.v.country = in.plmn.mcc();
  if (LogRecord* last = m.s.last_record(); last != nullptr && (last->flags & record_flag::committed) != 0 && last->to == m.s.active &&
                                           (last->flags & record_flag::online) == 0) {
    last->flags |= record_flag::online;
    last->to_online = static_cast<std::uint16_t>(std::min<std::uint64_t>(0xFFFE, m.now_ - std::min(m.now_, m.v.committed_at)));
  }
}

void Recording::rejected(Machine& m, const Input& in) {
  place(m, in);
  m.v.cause = in.cause;
  // How long it has been refused counts from the first refusal: a modem may search for a minute before it.
  if (!m.v.rejects && m.v.phase != Phase::limited) m.v.limited_since = m.now_;
  m.v.rejects = true;
  const CauseClass kind = class_of(in.cause, in.mobility);
  if (kind == CauseClass::identity) {
    IdentityState& own = m.s.of(m.s.active);
    m.v.barred_before = own.barred && (own.barred_area != in.area || own.barred_boot != m.s.boots);
    own.barred = true;
    own.barred_area = in.area;
    own.barred_boot = m.s.boots;
    return;
  }
  if (!in.plmn.known()) return;
  if (kind == CauseClass::pair) {
    Pair& pair = m.s.touch(m.s.active, in.plmn);
    pair.outcome = Pair::Outcome::hard;
    pair.cause = in.cause;
    pair.rat = in.access;
    pair.seen = m.now_;
    pair.expires = m.now_ + pair_expiry(in.cause);
    return;
  }
  if (kind != CauseClass::area && kind != CauseClass::soft) return;
  // Home steering refuses three or four times before it gives up: that counts once.
  bool counts = true;
  if (!m.v.aka_ok) {
    auto guard = std::ranges::find(m.v.softs, in.plmn, &Volatile::Soft::plmn);
    if (guard == m.v.softs.end() || m.now_ > guard->first + kSteering) {
      if (guard == m.v.softs.end()) {
        m.v.softs.push_back({in.plmn, m.now_, 0});
        guard = m.v.softs.end() - 1;
      } else {
        *guard = {in.plmn, m.now_, 0};
      }
    }
    ++guard->count;
    counts = guard->count == 1 || guard->count > kSteeringFree;
  }
  if (!counts) return;
  Pair& pair = m.s.touch(m.s.active, in.plmn);
  if (pair.outcome == Pair::Outcome::hard && pair.expires > m.now_) return;
  if (pair.expires <= m.now_ && pair.outcome != Pair::Outcome::ok && kind == CauseClass::soft) pair.count = 0;
  pair.outcome = Pair::Outcome::soft;
  pair.cause = in.cause;
  pair.rat = in.access;
  pair.seen = m.now_;
  pair.expires = m.now_ + kSoftExpiry;
  if (pair.count < 0xFF) ++pair.count;
  if (kind != CauseClass::area || in.area == 0) return;
  if (std::ranges::find(pair.areas, in.area) == pair.areas.end()) {
    if (pair.areas.size() < 3) pair.areas.push_back(in.area);
  }
  if (pair.boots == 0 || pair.last_boot != m.s.boots) ++pair.boots;
  pair.last_boot = m.s.boots;
  // Three areas, or a meter that never moves: three boots in the same one.
  if (pair.areas.size() >= 3 || pair.boots >= 3) {
    pair.outcome = Pair::Outcome::hard;
    pair.expires = m.now_ + kAreaExpiry;
  }
}

void Recording::record(Machine& m, const Input& in) {
  Volatile& v = m.v;
  switch (in.event) {
    case Event::profile:
      // A boot counts when the terminal begins: programs that only look at the card reset it too.
      if (v.phase == Phase::cold && m.s.boot == Boot::real) {
        if (m.s.boots_without_reg < 0xFF) ++m.s.boots_without_reg;
        ++m.s.boots;
      }
      break;
    case Event::registered:
      // A table is proven when one of its identities is registered.
      if (m.active() != nullptr) {
        m.s.proof_until = 0;
        m.stop(Timer::proof);
      }
      registered(m, in);
      break;
    case Event::limited:
      place(m, in);
      v.status = Volatile::Status::limited;
      break;
    case Event::no_service: v.status = Volatile::Status::none; break;
    case Event::rejected: rejected(m, in); break;
    case Event::location_refused:
    case Event::access: place(m, in); break;
    case Event::authenticated:
      v.aka_ok = true;
      v.sync_failures = 0;
      v.mac_failed = false;
      break;
    case Event::sync_failure: ++v.sync_failures; break;
    case Event::mac_failure: v.mac_failed = true; break;
    case Event::data_ok:
      v.data_ok = true;
      v.data_failures = 0;
      break;
    case Event::data_failed:
      if (v.data_failures++ == 0) v.first_data_failure = m.now_;
      v.data_ok = false;
      break;
    case Event::reread: v.reread = true; break;
    case Event::clock:
      m.s.wall = in.wall;
      m.s.wall_at = m.now_;
      break;
    case Event::clear:
      m.s.pairs.clear();
      for (IdentityState& own : m.s.identities) {
        own.streak = 0;
        own.quarantined_until = 0;
        own.barred = false;
      }
      m.s.alternations = 0;
      m.s.frozen_until = 0;
      m.s.hold_step = 0;
      break;
    default: break;
  }
}

std::vector<Errand> Recording::alarms(const Machine& m, const Input& in) {
  std::vector<Errand> out;
  const bool key = in.event == Event::mac_failure || (in.event == Event::sync_failure && m.v.sync_failures == 3);
  const bool device = in.event == Event::rejected && class_of(in.cause, in.mobility) == CauseClass::device;
  if (key || device) out.push_back({Errand::Kind::alarm, key ? std::uint8_t{0} : in.cause});
  return out;
}

}  // namespace simurgh::multi_imsi
