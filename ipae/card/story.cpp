#include "ipae/card/story.h"

#include <algorithm>

#include "asn1/tlv.h"
#include "euicc/iot/cells.h"
#include "euicc/iot/context.h"
#include "euicc/profile/registry.h"
#include "euicc/toolkit/cat.h"

namespace simurgh::ipae {
namespace {

// Octets of a poll, charged before it: one that the power cuts short is not free.
constexpr std::uint64_t kPoll = 3'000;

}  // namespace

toolkit::Task<> Assistant::run(toolkit::Session& cat) {
  const toolkit::Condition in_charge = services_.ipae_in_charge;
  if (!in_charge()) {
    // An IPAd has the card until it hands over (IpaeActivation), or the card has no IPAe.
    toolkit::Condition handed_over = in_charge;
    co_await cat.until(std::move(handed_over));
  }
  Story story(services_, policy_, errands_, cat);
  co_await story.run();
}

Story::Story(const card::CardServices& services, const AssistantPolicy& policy, const MakeErrands& errands, toolkit::Session& cat)
    : services_(services),
      policy_(policy),
      cat_(cat),
      record_(Record::load(services.txn)),
      net_({.cat = cat,
            .rng = services.rng,
            .connectivity =
                [this] {
                  const auto answer = services_.es10(Bytes{0xBF, 0x5F, 0x00});
                  return answer ? read_connectivity(answer->data).value_or(Connectivity{}) : Connectivity{};
                },
            .now = [this] { return elapsed_; },
            .allowed = [this] { return within_budget(); }},
           policy.bip),
      start_(cat.counted()) {
  errands_ = errands(services, net_, [this] { expect_proof(); });
}

Task<> Story::run() {
  co_await meet_the_terminal();
  // Another identity has not failed yet.
  if (record_.failures > 0 && !record_.imsi.empty() && record_.imsi != imsi()) record_.failures = 0;
  seconds due = first_poll(policy_.polls, poll_situation(), static_cast<std::uint32_t>(be_value(services_.rng.bytes(4))));
  if (record_.unproven) {
    record_.unproven->left -= policy_.proof_boot;
    if (record_.unproven->after.empty()) record_.unproven->after = enabled_iccid();
    hold_proof();
    save();
    due = seconds(0);
  }
  for (;;) {
    seconds wait = registered_ ? due : std::min(due, policy_.polls.no_service);
    if (record_.unproven) wait = std::min(record_.unproven->left, registered_ ? due : record_.unproven->left);
    co_await pass(wait);
    due = seconds(0);
    if (record_.unproven && record_.unproven->left <= seconds(0)) {
      co_await give_up();
      continue;
    }
    if (errands_->silent()) {
      due = policy_.polls.no_service;
      continue;
    }
    if (services_.platform.changing()) co_await let_identity_change();
    if (!registered_) co_await look_around();
    if (!registered_) {
      if (lost(policy_.fallback, record_.loss) && may_fall_back()) co_await fall_back(Health::unregistered);
      due = policy_.polls.no_service;
      continue;
    }
    if (record_.fallback && !record_.fallback->returning && record_.fallback->since >= return_after(policy_.fallback, record_.fallback->returns, device_)) {
      co_await try_return();
      continue;
    }
    if (co_await visit()) continue;
    if (lost(policy_.fallback, record_.loss) && may_fall_back()) {
      co_await fall_back(Health::no_data);
      continue;
    }
    due = record_.unproven ? policy_.proof_pause : next_poll(policy_.polls, poll_situation());
    if (may_fall_back()) due = std::min(due, look_again(policy_.fallback, record_.loss, record_.failures));
  }
}

// Everything that counts time, after any wait.
void Story::account() {
  const seconds now = cat_.counted() - start_, elapsed = now - elapsed_;
  elapsed_ = now;
  record_.day += elapsed;
  if (record_.day >= std::chrono::hours(24)) {
    record_.day = seconds(0);
    for (Spent& one : record_.spent) one.used.day = 0;
  }
  record_.dwell += elapsed;
  if (record_.fallback) record_.fallback->since += elapsed;
  if (record_.unproven) record_.unproven->left = std::max(seconds(0), record_.unproven->left - elapsed);
  if (!registered_) {
    report(record_.loss, Health::unregistered, elapsed);
  } else if (record_.loss.attempts > 0) {
    // Until an attempt says otherwise.
    record_.loss.no_data += elapsed;
  }
}

Task<> Story::pass(seconds limit) {
  service_came_ = false;
  while (limit > seconds(0) && !service_came_ && !triggered_) {
    const auto event = co_await cat_.next(limit);
    limit = co_await cat_.time_left();
    account();
    if (event) take(*event);
  }
  // Envelopes that came while the assistant was busy.
  while (!triggered_) {
    const auto event = co_await cat_.next(seconds(0));
    if (!event) break;
    take(*event);
  }
  triggered_ = false;
  save();
}

PollSituation Story::poll_situation() const {
  const bool bootstrap = on_bootstrap();
  return {.bootstrap = bootstrap,
          .failures = record_.failures,
          .idle = record_.idle,
          .budget_used = bootstrap ? record_.used_by(imsi()).percent(policy_.budget) : 0,
          .device = device_};
}

void Story::note(std::string what) { record_.note(wall(), std::move(what)); }

Bytes Story::enabled_iccid() const {
  const auto enabled = profile::Registry(services_.txn).enabled();
  return enabled ? enabled->metadata.iccid : Bytes{};
}

// What is there to reach an eIM and not to stay on: a profile of the provisioning class, or the one that a fallback goes to.
bool Story::on_bootstrap() const {
  const auto enabled = profile::Registry(services_.txn).enabled();
  if (!enabled) return false;
  return enabled->metadata.profile_class == profile::ProfileClass::provisioning || iot::stored_profile(services_.txn, iot::kFallbackAttribute) == enabled->number;
}

Budget Story::used() const {
  Budget out = record_.used_by(imsi());
  out.subtract(charged_);
  out.add(net_.traffic().up - counted_.up + net_.traffic().down - counted_.down);
  return out;
}

bool Story::within_budget() const { return !on_bootstrap() || used().allows(policy_.budget, errands_->owes()); }

// What is begun now the REFRESH would cut; and where that does not come the identity in use is as good as before.
Task<> Story::let_identity_change() {
  toolkit::Condition done = [this] { return !services_.platform.changing(); };
  (void)co_await cat_.until(std::move(done), policy_.refresh_limit);
  (void)co_await cat_.time_left();
  account();
  registered_ = false;  // to be asked for
}

std::optional<std::uint8_t> Story::es10(ByteView command, std::uint32_t tag) {
  const auto answer = services_.es10(command);
  if (!answer) return std::nullopt;
  const auto whole = asn1::read_only(answer->data, tag);
  if (!whole) return std::nullopt;
  auto code = asn1::find_child(whole->value, 0x80);
  if (!code) code = asn1::find_child(whole->value, 0x02);
  if (!code || code->value.empty()) return std::nullopt;
  return code->value.back();
}

Task<Health> Story::diagnose(std::string host) {
  switch (net_.reached()) {
    case Reached::no_bearer:
      co_return Health::no_data;
    case Reached::no_path: {
      const auto second = co_await net_.any_answer(std::move(host));
      co_return second == false ? Health::no_data : Health::no_eim;
    }
    default:
      co_return Health::no_eim;
  }
}

Task<bool> Story::visit() {
  const bool bootstrap = on_bootstrap();
  const Bytes identity = imsi();
  if (record_.imsi != identity) {
    record_.imsi = identity;
    record_.failures = 0;
  }
  if (!within_budget()) {
    ++record_.failures;
    note("no visit: the data budget of the bootstrap profile is used up");
    // Another identity may have some left.
    services_.platform.report({.kind = card::Fact::Kind::unreached});
    save();
    co_return false;
  }
  charged_ = bootstrap ? kPoll : 0;
  if (bootstrap) record_.spend(identity, charged_);
  save();
  const Bytes before = enabled_iccid();
  Situation situation{.imei = record_.imei, .plmn = plmn_};
  const auto hold = services_.platform.hold(card::Platform::Holding::session, policy_.polls.session);
  const Visit visit = co_await errands_->visit(std::move(situation));
  co_await net_.close();
  account();
  Health health = Health::healthy;
  if (!visit.reached) {
    std::string host = visit.host;
    health = co_await diagnose(std::move(host));
    co_await net_.close();
  }
  record_.refund(identity, std::exchange(charged_, 0));
  if (bootstrap) record_.spend(identity, net_.traffic().up - counted_.up + net_.traffic().down - counted_.down);
  counted_ = net_.traffic();
  report(record_.loss, health, seconds(0));  // account() has counted the time
  note(visit.what);
  if (visit.reached) {
    if (visit.idle && record_.failures == 0) record_.idle += policy_.polls.bootstrap_interval;
    if (!visit.idle) record_.idle = seconds(0);
    record_.failures = 0;
    record_.switches = 0;
    ++record_.polls;
    record_.last_poll = wall();
    if (record_.unproven && !visit.switched) proven();
  } else {
    ++record_.failures;
  }
  // An eIM that does not answer says nothing against the network: others are not to change the identity for it.
  const bool carried = visit.reached || health == Health::no_eim;
  services_.platform.report({.kind = carried ? card::Fact::Kind::reached : card::Fact::Kind::unreached});
  if (visit.switched) {
    if (!record_.unproven || record_.unproven->before != before) expect_proof();
    Bytes from = before;
    co_await after_switch(std::move(from));
  }
  save();
  co_return visit.switched;
}

// From the APDU that took the package on: the enabled profile must reach an eIM in its time, whatever happens in between.
void Story::expect_proof() {
  record_.fallback.reset();
  record_.unproven = Unproven{.before = enabled_iccid(), .after = {}, .left = policy_.fallback.post_switch};
  record_.failures = 0;
  record_.loss = {};
  hold_proof();
  save();
}

// The identities of the new profile are not to be changed faster than the time for its proof.
void Story::hold_proof() { proof_ = services_.platform.hold(card::Platform::Holding::proving, record_.unproven->left); }

void Story::proven() {
  proof_.release();
  if (record_.fallback && record_.fallback->returning) record_.fallback.reset();
  record_.unproven.reset();
  note("the enabled profile has reached an eIM");
}

Task<> Story::wait_for_refresh(Bytes before) {
  toolkit::Condition done = [this, before] { return enabled_iccid() != before || (services_.switch_pending && !services_.switch_pending()); };
  const bool changed = co_await cat_.until(std::move(done), policy_.refresh_limit);
  (void)co_await cat_.time_left();
  account();
  if (!changed) note("REFRESH did not end");
}

Task<> Story::after_switch(Bytes before) {
  net_.forget_network();
  co_await wait_for_refresh(std::move(before));
  if (record_.unproven) record_.unproven->after = enabled_iccid();
  save();
  co_await look_around();
}

}  // namespace simurgh::ipae
