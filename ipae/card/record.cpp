#include "ipae/card/record.h"

#include "euicc/gp/octet_record.h"

namespace simurgh::ipae {
namespace {

constexpr std::uint8_t kVersion = 1;
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

Bytes Record::encode() const {
  gp::OctetWriter out;
  out.byte(kVersion);
  out.octets(imei);
  out.number(failures);
  out.number(count(idle));
  out.number(budget.life);
  out.number(budget.day);
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
  if (in.byte() != kVersion) return std::nullopt;
  Record out;
  out.imei = to_bytes(in.octets());
  out.failures = in.number_as<unsigned>();
  out.idle = time_of(in);
  out.budget.life = in.number();
  out.budget.day = in.number();
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
