// What a host does around the agent's visits: resets the card for a new profile, proves it, and rolls it back when no eIM is reached over
// it (SGP.32 v1.2 3.4); falls back when none is reached for long, and later tries the profile it left. A card's own assistant has more to look
// after (its terminal, its service) and does not use this.
#pragma once

#include <chrono>

#include "ipae/agent/iot_agent.h"

namespace simurgh::ipae {

class HostPort {
 public:
  virtual ~HostPort() = default;
  // Ends with a card that runs the profile it has chosen, and answers ES10.
  [[nodiscard]] virtual Task<PortResult<void>> restart_card() = 0;
  // False: stop, somebody interrupts.
  [[nodiscard]] virtual Task<bool> wait(std::chrono::seconds time) = 0;
  [[nodiscard]] virtual std::int64_t now() = 0;  // seconds since 1970
  // Something else than the eIMs answers over this profile, so that it is not the profile's fault when they do not. False: nothing does, or
  // there is nothing to ask.
  [[nodiscard]] virtual Task<bool> network_works() { co_return false; }
};

// Numbers without a clause are choices of this project.
struct RunnerRules {
  std::chrono::seconds proof{300};         // a new profile that reaches no eIM in this time is rolled back, where that is allowed
  std::chrono::seconds proof_pause{10};    // between attempts
  std::chrono::seconds fallback_after{0};  // without any eIM for so long: the fallback profile; 0: never
  unsigned fallback_polls = 5;             // and for so many polls in a row: a device that sleeps has seen less than its clock
  std::chrono::seconds dwell{6 * 3600};    // no fallback earlier after the last one
  std::chrono::seconds return_after{24 * 3600}, return_longest{14 * 24 * 3600};  // doubling with each trial that failed; 0: never
  unsigned most = 3;       // fallbacks within `most_within` after which the eIM has to say what follows
  std::chrono::seconds most_within{7 * 24 * 3600};
  std::uint32_t device = 0;  // spreads returns (device_spread)
};

struct RunReport {
  AgentReport visit;         // summed over the visits of this run; `reached` and `idle` are those of the last
  bool proven = false;       // a new profile reached an eIM
  bool rolled_back = false;  // it did not, and the former one is back
  bool fell_back = false;
  bool returned = false;       // the profile that the fallback left works again
  bool return_failed = false;  // it does not yet
  bool unproven = false;       // it has not yet, and there is time left (interrupted)
};

// What outlives a process.
struct RunnerRecord {
  // A fallback that this host began.
  struct Fallback {
    std::int64_t since = 0;
    std::uint64_t failed = 0;  // returns
    Bytes country;             // where it was: MCC as in a PLMN; empty: unknown
    bool returning = false;
    bool operator==(const Fallback&) const = default;
  };
  std::optional<std::int64_t> deadline;         // of the profile to be proved
  bool rollback = false;                        // and whether it may be rolled back
  std::optional<std::int64_t> unreached_since;  // no eIM since then
  std::uint64_t failures = 0;                   // polls in a row without one
  std::optional<Fallback> fallback;
  std::vector<std::int64_t> fallbacks;  // when, the oldest first
  [[nodiscard]] Bytes encode() const;
  [[nodiscard]] static RunnerRecord decode(ByteView encoded);
  bool operator==(const RunnerRecord&) const = default;
};

class IotRunner {
 public:
  IotRunner(Es10Port& card, IotAgent& agent, JournalPort& journal, HostPort& host, RunnerRules rules = {})
      : card_(card), agent_(agent), journal_(journal), host_(host), rules_(rules) {}
  // One poll and everything that follows from it. An error: the card cannot be used.
  [[nodiscard]] Task<PortResult<RunReport>> poll(AgentSituation situation);
  // One TransferEimPackage, answered by `answer`. A profile it switches is proven or rolled back by the next poll; `unproven` asks for one.
  [[nodiscard]] Task<PortResult<RunReport>> transfer(Bytes request, IotAgent::AnswerTo answer, AgentSituation situation);
  // When the next return from fallback is tried; nothing when none will be.
  [[nodiscard]] std::optional<std::int64_t> return_due() const;

 private:
  [[nodiscard]] Task<PortResult<void>> switch_over(RunnerRecord& record, const AgentReport& visit);
  // True: the card runs another profile now, and another visit is worth it.
  [[nodiscard]] Task<PortResult<bool>> give_up(RunnerRecord& record, RunReport& report);
  [[nodiscard]] Task<PortResult<bool>> roll_back(RunnerRecord& record, RunReport& report);
  [[nodiscard]] Task<PortResult<bool>> fall_back(RunnerRecord& record, RunReport& report, const Bytes& country);
  [[nodiscard]] Task<PortResult<bool>> try_return(RunnerRecord& record, RunReport& report, const Bytes& country);
  [[nodiscard]] bool lost(const RunnerRecord& record);
  [[nodiscard]] std::optional<std::int64_t> return_due(const RunnerRecord& record) const;
  void save(const RunnerRecord& record) { journal_.store(kRunnerRecord, record.encode()); }

  Es10Port& card_;
  IotAgent& agent_;
  JournalPort& journal_;
  HostPort& host_;
  RunnerRules rules_;
};

}  // namespace simurgh::ipae
