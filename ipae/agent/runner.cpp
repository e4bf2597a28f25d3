#include "ipae/agent/runner.h"

#include <algorithm>

namespace simurgh::ipae {
namespace {

std::optional<std::uint64_t> number(ByteView content, std::uint32_t tag) {
  const auto found = asn1::find_child(content, tag);
  if (!found) return std::nullopt;
  const auto value = asn1::unsigned_value(*found);
  if (!value) return std::nullopt;
  return *value;
}

void add(AgentReport& sum, const AgentReport& visit) {
  sum.reached = visit.reached;
  sum.idle = visit.idle && sum.packages == 0 && sum.downloads == 0;
  sum.delivered = sum.delivered || visit.delivered;
  sum.switched = sum.switched || visit.switched;
  sum.rollback = visit.rollback;
  sum.packages += visit.packages;
  sum.downloads += visit.downloads;
  sum.failures += visit.failures;
  sum.problems.insert(sum.problems.end(), visit.problems.begin(), visit.problems.end());
}

}  // namespace

Bytes RunnerRecord::encode() const {
  asn1::TlvWriter out;
  {
    const auto scope = out.open(0x30);
    if (deadline) out.put_integer(0x80, static_cast<std::uint64_t>(std::max<std::int64_t>(0, *deadline)));
    if (rollback) out.put(0x81, {});
    if (unreached_since) out.put_integer(0x82, static_cast<std::uint64_t>(std::max<std::int64_t>(0, *unreached_since)));
    out.put_integer(0x83, failures);
  }
  return out.take();
}

RunnerRecord RunnerRecord::decode(ByteView encoded) {
  RunnerRecord out;
  const auto whole = asn1::read_only(encoded, 0x30);
  if (!whole) return out;
  if (const auto value = number(whole->value, 0x80)) out.deadline = static_cast<std::int64_t>(*value);
  out.rollback = asn1::find_child(whole->value, 0x81).has_value();
  if (const auto value = number(whole->value, 0x82)) out.unreached_since = static_cast<std::int64_t>(*value);
  out.failures = number(whole->value, 0x83).value_or(0);
  return out;
}

// The new profile has had its time. True: the card runs another one now, and another visit is worth it.
Task<PortResult<bool>> IotRunner::give_up(RunnerRecord& record, RunReport& report) {
  record.deadline.reset();
  const bool allowed = std::exchange(record.rollback, false);
  save(record);
  if (!allowed) {
    report.visit.problems.emplace_back("the new profile reached no eIM in time, and its package allows no rollback");
    co_return false;
  }
  const auto rollback = es10b::profile_rollback(card_, false);
  if (!rollback && rollback.error().sw == 0) co_return std::unexpected(rollback.error());
  if (!rollback || rollback->result != es10b::SwitchResult::ok) {
    const std::string why = rollback ? result_text(es10b::words(rollback->result)) : rollback.error().what;
    report.visit.problems.push_back("the new profile reached no eIM in time, and the card refuses the rollback: " + why);
    co_return false;
  }
  report.rolled_back = true;
  auto restarted = co_await host_.restart_card();
  if (!restarted) co_return std::unexpected(restarted.error());
  co_return true;
}

Task<PortResult<void>> IotRunner::switch_over(RunnerRecord& record, const AgentReport& visit) {
  record.deadline = host_.now() + rules_.proof.count();
  record.rollback = visit.rollback;
  save(record);
  co_return co_await host_.restart_card();
}

Task<PortResult<RunReport>> IotRunner::transfer(Bytes request, IotAgent::AnswerTo answer, AgentSituation situation) {
  RunnerRecord record = RunnerRecord::decode(journal_.load(kRunnerRecord));
  RunReport report;
  const auto outcome = co_await agent_.transfer(std::move(request), std::move(answer), std::move(situation));
  if (outcome.card) co_return std::unexpected(*outcome.card);
  add(report.visit, outcome.report);
  if (outcome.report.switched) {
    auto restarted = co_await switch_over(record, outcome.report);
    if (!restarted) co_return std::unexpected(restarted.error());
    report.unproven = true;
  }
  co_return report;
}

Task<PortResult<RunReport>> IotRunner::poll(AgentSituation situation) {
  RunnerRecord record = RunnerRecord::decode(journal_.load(kRunnerRecord));
  RunReport report;
  for (;;) {
    const auto outcome = co_await agent_.visit(situation);
    if (outcome.card) co_return std::unexpected(*outcome.card);
    const AgentReport& visit = outcome.report;
    add(report.visit, visit);
    if (visit.reached) {
      report.proven = report.proven || record.deadline.has_value();
      record.deadline.reset();
      record.rollback = false;
      record.unreached_since.reset();
      record.failures = 0;
    }
    if (visit.switched) {
      auto restarted = co_await switch_over(record, visit);
      if (!restarted) co_return std::unexpected(restarted.error());
      continue;
    }
    if (visit.reached) {
      save(record);
      co_return report;
    }
    if (record.deadline) {
      save(record);
      if (host_.now() < *record.deadline) {
        const std::chrono::seconds left(*record.deadline - host_.now());
        const bool go_on = co_await host_.wait(std::min(rules_.proof_pause, left));
        if (go_on) continue;
        report.unproven = true;
        co_return report;
      }
      const auto again = co_await give_up(record, report);
      if (!again) co_return std::unexpected(again.error());
      if (*again) continue;
    }
    ++record.failures;
    if (!record.unreached_since) record.unreached_since = host_.now();
    const bool lost = rules_.fallback_after.count() > 0 && host_.now() - *record.unreached_since >= rules_.fallback_after.count();
    if (lost && !report.fell_back) {
      const auto fallback = es10b::execute_fallback(card_, false);
      if (fallback && *fallback == es10b::SwitchResult::ok) {
        report.fell_back = true;
        record.unreached_since.reset();
        save(record);
        auto restarted = co_await host_.restart_card();
        if (!restarted) co_return std::unexpected(restarted.error());
        agent_.state_changed(esipa::StateChangeCause::fallback);
        continue;
      }
      const std::string why = fallback ? result_text(es10b::words(*fallback)) : fallback.error().what;
      report.visit.problems.push_back("no eIM for too long, and no fallback: " + why);
    }
    save(record);
    co_return report;
  }
}

}  // namespace simurgh::ipae
