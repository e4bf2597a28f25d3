#include "ipae/card/record.h"

#include <algorithm>

#include "euicc/gp/octet_record.h"

namespace simurgh::ipae {
namespace {

constexpr std::uint8_t kVersion = 2;
constexpr std::uint8_t kOneBudget = 1;  // the version before: a budget for all identities together
constexpr std::uint64_t kMostSeconds = 1ULL << 40;

std::uint64_t count(seconds value) { return static_cast<std::uint64_t>(std::max<std::int64_t>(0, value.count())); }
seconds time_of(gp::OctetReader& in) { return seconds(static_cast<std::int64_t>(in.number(kMostSeconds))); }

}  // namespace

void Record::note(std::int64_t at, std::string what) {
  if (what.size() > kLongestEvent) what.resize(kLongestEvent);
  // Of what happens again and again the first and the latest time are kept: a quiet month must not push out how the profile came.
  if (events.size() >= 2 && events.back().what == what && events[events.size() - 2].what == what) {
    events.back().at = at;
    return;
  }
  if (events.size() >= kEvents) events.erase(events.begin());
  events.push_back({at, std::move(what)});
}

Budget Record::used_by(ByteView identity) const {
  for (const Spent& one : spent) {
    if (one.imsi.empty() || equal(one.imsi, identity)) return one.used;
  }
  return {};
}

void Record::spend(ByteView identity, std::uint64_t octets) {
  auto one = std::ranges::find_if(spent, [&](const Spent& s) { return s.imsi.empty() || equal(s.imsi, identity); });
  if (one == spent.end()) {
    // More than an applet has: who has used least is the least loss.
    if (spent.size() >= kIdentities) spent.erase(std::min_element(spent.begin(), spent.end(), [](const Spent& a, const Spent& b) { return a.used.life < b.used.life; }));
    one = spent.insert(spent.end(), Spent{});
  }
  one->imsi = to_bytes(identity);
  one->used.add(octets);
}

void Record::refund(ByteView identity, std::uint64_t octets) {
  for (Spent& one : spent) {
    if (equal(one.imsi, identity)) one.used.subtract(octets);
  }
}

Bytes Record::encode() const {
  gp::OctetWriter out;
  out.byte(kVersion);
  out.octets(imei);
  out.number(failures);
  out.number(count(idle));
  out.number(spent.size());
  for (const Spent& one : spent) {
    out.octets(one.imsi);
    out.number(one.used.life);
    out.number(one.used.day);
  }
  out.octets(imsi);
  out.number(count(day));
  out.number(count(loss.unregistered));
  out.number(count(loss.no_data));
  out.number(loss.attempts);
  out.byte(unproven ? 1 : 0);
  if (unproven) {
    out.octets(unproven->before);
    out.octets(unproven->after);
    out.number(count(unproven->left));
  }
  out.byte(fallback ? 1 : 0);
  if (fallback) {
    out.byte(static_cast<std::uint8_t>(fallback->reason));
    out.octets(fallback->country);
    out.number(count(fallback->since));
    out.number(fallback->returns);
    out.byte(fallback->returning ? 1 : 0);
  }
  out.number(switches);
  out.number(count(dwell));
  out.number(polls);
  out.number(static_cast<std::uint64_t>(last_poll));
  out.number(events.size());
  for (const LogLine& event : events) {
    out.number(static_cast<std::uint64_t>(event.at));
    out.octets(text_view(event.what));
  }
  return out.take();
}

std::optional<Record> Record::decode(ByteView encoded) {
  gp::OctetReader in(encoded);
  const std::uint8_t version = in.byte();
  if (version != kVersion && version != kOneBudget) return std::nullopt;
  Record out;
  out.imei = to_bytes(in.octets());
  out.failures = in.number_as<unsigned>();
  out.idle = time_of(in);
  for (std::uint64_t left = version == kOneBudget ? 1 : in.number(kIdentities); left > 0; --left) {
    Spent& one = out.spent.emplace_back();
    if (version != kOneBudget) one.imsi = to_bytes(in.octets());
    one.used.life = in.number();
    one.used.day = in.number();
  }
  if (version != kOneBudget) out.imsi = to_bytes(in.octets());
  out.day = time_of(in);
  out.loss.unregistered = time_of(in);
  out.loss.no_data = time_of(in);
  out.loss.attempts = in.number_as<unsigned>();
  if (in.byte() != 0) {
    Unproven& one = out.unproven.emplace();
    one.before = to_bytes(in.octets());
    one.after = to_bytes(in.octets());
    one.left = time_of(in);
  }
  if (in.byte() != 0) {
    Fallback& one = out.fallback.emplace();
    one.reason = static_cast<Health>(std::min<std::uint8_t>(in.byte(), static_cast<std::uint8_t>(Health::healthy)));
    one.country = to_bytes(in.octets());
    one.since = time_of(in);
    one.returns = in.number_as<unsigned>();
    one.returning = in.byte() != 0;
  }
  out.switches = in.number_as<unsigned>();
  out.dwell = time_of(in);
  out.polls = in.number();
  out.last_poll = static_cast<std::int64_t>(in.number());
  for (std::uint64_t left = in.number(kEvents); left > 0; --left) {
    const auto at = static_cast<std::int64_t>(in.number());
    out.events.push_back({at, to_text(in.view())});
  }
  if (!in.ended()) return std::nullopt;
  return out;
}

Record Record::load(const state::Transaction& txn) {
  const Bytes* stored = txn.find(kRecord);
  return stored == nullptr ? Record{} : decode(*stored).value_or(Record{});
}

void Record::save(state::Transaction& txn) const {
  Bytes encoded = encode();
  const Bytes* stored = txn.find(kRecord);
  if (stored == nullptr || *stored != encoded) txn.put(kRecord, std::move(encoded));
}

}  // namespace simurgh::ipae
