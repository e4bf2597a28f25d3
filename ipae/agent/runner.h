// What a host does around the agent's visits: resets the card for a new profile, proves it, and rolls it back when no eIM is reached over
// it. SGP.32 v1.2 3.4. A card's own assistant has more to look after (its terminal, its service) and does not use this.
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
};

struct RunnerRules {
  std::chrono::seconds proof{300};         // a new profile that reaches no eIM in this time is rolled back, where that is allowed
  std::chrono::seconds proof_pause{10};    // between attempts
  std::chrono::seconds fallback_after{0};  // without any eIM for so long: the fallback profile; 0: never
};

struct RunReport {
  AgentReport visit;         // summed over the visits of this run; `reached` and `idle` are those of the last
  bool proven = false;       // a new profile reached an eIM
  bool rolled_back = false;  // it did not, and the former one is back
  bool fell_back = false;
  bool unproven = false;  // it has not yet, and there is time left (interrupted)
};

// What outlives a process.
struct RunnerRecord {
  std::optional<std::int64_t> deadline;         // of the profile to be proved
  bool rollback = false;                        // and whether it may be rolled back
  std::optional<std::int64_t> unreached_since;  // no eIM since then
  std::uint64_t failures = 0;                   // polls in a row without one
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

 private:
  [[nodiscard]] Task<PortResult<void>> switch_over(RunnerRecord& record, const AgentReport& visit);
  [[nodiscard]] Task<PortResult<bool>> give_up(RunnerRecord& record, RunReport& report);
  void save(const RunnerRecord& record) { journal_.store(kRunnerRecord, record.encode()); }

  Es10Port& card_;
  IotAgent& agent_;
  JournalPort& journal_;
  HostPort& host_;
  RunnerRules rules_;
};

}  // namespace simurgh::ipae
