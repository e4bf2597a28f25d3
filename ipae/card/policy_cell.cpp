// The assistant's policy as a cell, and the row that makes the assistant from it.
#include "euicc/gp/octet_record.h"
#include "ipae/card/agent_errands.h"
#include "ipae/card/observation.h"

namespace simurgh::ipae {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::uint64_t kMostSeconds = 1ULL << 32;

// Every member once, in the order they are stored: append only.
template <typename Policy, typename Visit>
void each_member(Policy& policy, Visit&& visit) {
  auto& polls = policy.polls;
  for (auto* time : {&polls.first, &polls.first_spread, &polls.bootstrap_first, &polls.bootstrap_spread, &polls.interval, &polls.bootstrap_interval,
                     &polls.bootstrap_hurry, &polls.failure, &polls.longest, &polls.no_service, &polls.trigger_pause, &polls.session}) {
    visit(*time);
  }
  visit(polls.jitter_percent);
  visit(polls.packages);
  auto& fallback = policy.fallback;
  for (auto* time : {&fallback.post_switch, &fallback.registration_loss, &fallback.data_loss, &fallback.dwell, &fallback.back, &fallback.back_longest}) visit(*time);
  visit(fallback.data_attempts);
  visit(fallback.most);
  visit(policy.budget.life);
  visit(policy.budget.day);
  visit(policy.budget.reserve);
  visit(policy.bip.buffer);
  visit(policy.bip.answer_limit);
  visit(policy.bip.name_limit);
  visit(policy.bip.name_attempts);
  visit(policy.bip.busy_attempts);
  visit(policy.bip.busy_pause);
  visit(policy.trigger_port);
  visit(policy.refresh_limit);
  visit(policy.proof_pause);
  visit(policy.proof_boot);
  visit(policy.prefer_coap);
  visit(policy.json);
  visit(policy.minimize);
  visit(policy.verify);
  visit(policy.largest_package);
}

struct Writer {
  gp::OctetWriter& out;
  void operator()(const seconds& value) const { out.number(static_cast<std::uint64_t>(std::max<std::int64_t>(0, value.count()))); }
  void operator()(const std::integral auto& value) const { out.number(static_cast<std::uint64_t>(value)); }
};

struct Reader {
  gp::OctetReader& in;
  void operator()(seconds& value) const { value = seconds(static_cast<std::int64_t>(in.number(kMostSeconds))); }
  void operator()(bool& value) const { value = in.number(1) != 0; }
  template <std::unsigned_integral Number>
  void operator()(Number& value) const {
    value = in.number_as<Number>();
  }
};

}  // namespace

Bytes encode(const AssistantPolicy& policy) {
  gp::OctetWriter out;
  out.byte(kVersion);
  each_member(policy, Writer{out});
  out.octets_list(policy.bip.name_servers);
  out.number(policy.bip.hosts.size());
  for (const auto& [name, address] : policy.bip.hosts) {
    out.octets(text_view(name));
    out.octets(address);
  }
  out.number(policy.eims.size());
  for (const auto& [id, where] : policy.eims) {
    out.octets(text_view(id));
    out.octets(text_view(where));
  }
  return out.take();
}

std::optional<AssistantPolicy> decode_policy(ByteView encoded) {
  gp::OctetReader in(encoded);
  if (in.byte() != kVersion) return std::nullopt;
  AssistantPolicy out;
  each_member(out, Reader{in});
  out.bip.name_servers = in.octets_list();
  for (std::size_t left = in.count(); left > 0; --left) {
    std::string name = to_text(in.view());
    out.bip.hosts[std::move(name)] = in.octets();
  }
  for (std::size_t left = in.count(); left > 0; --left) {
    std::string id = to_text(in.view());
    out.eims[std::move(id)] = to_text(in.view());
  }
  if (!in.ended()) return std::nullopt;
  return out;
}

card::AppletRow assistant_row() {
  constexpr std::uint8_t kPriority = 4;  // before the applications of profiles, behind nothing
  card::AppletRow out;
  out.name = "IPAe";
  out.priority = kPriority;
  out.make = [](const card::CardServices& services, const gp::Application*) {
    const Bytes* stored = services.txn.find(kPolicy);
    AssistantPolicy policy = stored == nullptr ? AssistantPolicy{} : decode_policy(*stored).value_or(AssistantPolicy{});
    MakeErrands errands = agent_errands(policy);
    return std::make_unique<Assistant>(services, std::move(policy), std::move(errands));
  };
  out.hooks.data = [](const card::CardServices& services, const gp::Application*, std::uint16_t tag) -> std::optional<Bytes> {
    const auto seen = tag == kObservationTag ? Observation::of(services.txn) : std::nullopt;
    return seen ? std::optional(seen->encode()) : std::nullopt;
  };
  return out;
}

}  // namespace simurgh::ipae
