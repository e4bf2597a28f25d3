#include "ipae/agent/runner.h"

#include <algorithm>
#include <utility>

#include "ipae/agent/schedule.h"

namespace simurgh::ipae {
namespace {

// The MCC of a PLMN in three octets; empty: unknown.
Bytes country_of(const Bytes& plmn) {
  if (plmn.size() < 2) return {};
  return {plmn[0], static_cast<std::uint8_t>(plmn[1] & 0x0F)};
}

template <typename R>
std::string refusal(const PortResult<R>& answer, es10b::SwitchResult code) {
  return answer ? result_text(es10b::words(code)) : answer.error().what;
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

// The new profile has had its time.
Task<PortResult<bool>> IotRunner::give_up(RunnerRecord& record, RunReport& report) {
  record.deadline.reset();
  if (record.fallback && record.fallback->returning) {
    const RunnerRecord::Fallback former = *std::exchange(record.fallback, {});
    report.return_failed = true;
    auto back = co_await fall_back(record, report, former.country);
    // Its time begins anew; the country stays that of the loss.
    if (record.fallback) record.fallback->failed = former.failed + 1;
    save(record);
    co_return back;
  }
  if (std::exchange(record.rollback, false)) co_return co_await roll_back(record, report);
  save(record);
  report.visit.problems.emplace_back("the new profile reached no eIM in time, and its package allows no rollback");
  co_return false;
}

Task<PortResult<bool>> IotRunner::roll_back(RunnerRecord& record, RunReport& report) {
  save(record);
  const auto rollback = es10b::profile_rollback(card_, false);
  if (!rollback && rollback.error().sw == 0) co_return std::unexpected(rollback.error());
  if (!rollback || rollback->result != es10b::SwitchResult::ok) {
    report.visit.problems.push_back("the new profile reached no eIM in time, and the card refuses the rollback: " +
                                    refusal(rollback, rollback ? rollback->result : es10b::SwitchResult::undefined_error));
    co_return false;
  }
  report.rolled_back = true;
  auto restarted = co_await host_.restart_card();
  if (!restarted) co_return std::unexpected(restarted.error());
  co_return true;
}

Task<PortResult<bool>> IotRunner::fall_back(RunnerRecord& record, RunReport& report, const Bytes& country) {
  const auto fallback = es10b::execute_fallback(card_, false);
  if (!fallback && fallback.error().sw == 0) co_return std::unexpected(fallback.error());
  if (!fallback || *fallback != es10b::SwitchResult::ok) {
    report.visit.problems.push_back("no eIM for too long, and no fallback: " +
                                    refusal(fallback, fallback.value_or(es10b::SwitchResult::undefined_error)));
    save(record);
    co_return false;
  }
  report.fell_back = true;
  record.fallback = RunnerRecord::Fallback{host_.now(), 0, country, false};
  record.fallbacks.push_back(host_.now());
  if (record.fallbacks.size() > rules_.most) record.fallbacks.erase(record.fallbacks.begin());
  record.unreached_since.reset();
  record.failures = 0;
  save(record);
  agent_.state_changed(esipa::StateChangeCause::fallback);
  auto restarted = co_await host_.restart_card();
  if (!restarted) co_return std::unexpected(restarted.error());
  co_return true;
}

Task<PortResult<bool>> IotRunner::try_return(RunnerRecord& record, RunReport& report, const Bytes& country) {
  RunnerRecord::Fallback& fallback = *record.fallback;
  if (!fallback.country.empty() && !country.empty() && country != fallback.country) {
    // What was lost was lost elsewhere; here the eIM decides.
    fallback.since = host_.now();
    save(record);
    co_return false;
  }
  const auto returned = es10b::return_from_fallback(card_, false);
  if (!returned && returned.error().sw == 0) co_return std::unexpected(returned.error());
  if (!returned || *returned != es10b::SwitchResult::ok) {
    const bool over = returned && (*returned == es10b::SwitchResult::fallback_not_available || *returned == es10b::SwitchResult::command_error);
    if (over) record.fallback.reset();  // else it is only busy
    save(record);
    report.visit.problems.push_back("the card refuses the return from fallback: " +
                                    refusal(returned, returned.value_or(es10b::SwitchResult::undefined_error)));
    co_return false;
  }
  fallback.returning = true;
  record.deadline = host_.now() + rules_.proof.count();
  record.rollback = false;
  save(record);
  agent_.state_changed(esipa::StateChangeCause::fallback);
  auto restarted = co_await host_.restart_card();
  if (!restarted) co_return std::unexpected(restarted.error());
  co_return true;
}

bool IotRunner::lost(const RunnerRecord& record) {
  if (rules_.fallback_after.count() <= 0 || record.fallback || !record.unreached_since) return false;
  const bool rested = record.fallbacks.empty() || host_.now() - record.fallbacks.back() >= rules_.dwell.count();
  return rested && record.failures >= rules_.fallback_polls && host_.now() - *record.unreached_since >= rules_.fallback_after.count();
}

std::optional<std::int64_t> IotRunner::return_due(const RunnerRecord& record) const {
  if (!record.fallback || record.fallback->returning || rules_.return_after.count() <= 0) return std::nullopt;
  const auto failed = static_cast<unsigned>(std::min<std::uint64_t>(record.fallback->failed, 64));
  std::int64_t due = record.fallback->since + return_pause(rules_.return_after, rules_.return_longest, failed, rules_.device).count();
  // Who came back this often stays until the eIM, or time, says otherwise.
  if (record.fallbacks.size() >= rules_.most) due = std::max(due, record.fallbacks.front() + rules_.most_within.count());
  return due;
}

std::optional<std::int64_t> IotRunner::return_due() const { return return_due(RunnerRecord::decode(journal_.load(kRunnerRecord))); }

Task<PortResult<void>> IotRunner::switch_over(RunnerRecord& record, const AgentReport& visit) {
  record.deadline = host_.now() + rules_.proof.count();
  record.rollback = visit.rollback;
  record.fallback.reset();  // what an eIM enables ends it
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
  const Bytes country = country_of(situation.plmn);
  struct {
    std::size_t problems = 0;
    unsigned failures = 0;
  } trial;  // what there was before the profile that is being proven
  for (;;) {
    const auto outcome = co_await agent_.visit(situation);
    if (outcome.card) co_return std::unexpected(*outcome.card);
    const AgentReport& visit = outcome.report;
    if (visit.reached && record.deadline) {
      // Attempts of a proof that succeeded were no failures.
      report.visit.problems.resize(trial.problems);
      report.visit.failures = trial.failures;
    }
    add(report.visit, visit);
    if (visit.reached) {
      if (record.fallback && record.fallback->returning) {
        report.returned = true;
        record.fallback.reset();
      } else {
        report.proven = report.proven || record.deadline.has_value();
      }
      record.deadline.reset();
      record.rollback = false;
      record.unreached_since.reset();
      record.failures = 0;
    }
    if (visit.switched) {
      auto restarted = co_await switch_over(record, visit);
      if (!restarted) co_return std::unexpected(restarted.error());
      trial = {report.visit.problems.size(), report.visit.failures};
      continue;
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
      if (*again) {
        // One problem, however many attempts it took to find out.
        report.visit.problems.resize(std::min(trial.problems, report.visit.problems.size()));
        report.visit.problems.emplace_back(report.return_failed ? "the profile before the fallback still reaches no eIM"
                                                                : "the new profile reached no eIM in time and was rolled back");
        continue;
      }
    }
    if (!visit.reached) {
      ++record.failures;
      if (!record.unreached_since) record.unreached_since = host_.now();
      if (lost(record) && !report.fell_back) {
        if (co_await host_.network_works()) {
          report.visit.problems.emplace_back("no eIM for long, but the network works: no reason to fall back");
        } else {
          const auto again = co_await fall_back(record, report, country);
          if (!again) co_return std::unexpected(again.error());
          if (*again) continue;
        }
      }
    }
    const auto due = return_due(record);
    if (due && host_.now() >= *due && !report.fell_back) {
      trial = {report.visit.problems.size(), report.visit.failures};
      const auto again = co_await try_return(record, report, country);
      if (!again) co_return std::unexpected(again.error());
      if (*again) continue;
    }
    save(record);
    co_return report;
  }
}

}  // namespace simurgh::ipae
