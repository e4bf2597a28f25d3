// The IoT Profile Assistant without a home: one visit to all eIMs of a card. SGP.32 v1.2 3.2-3.8, 5.14.
//
// A home (the card's IPAe, or a host with a reader) makes one agent for each run and awaits visit() when its schedule says so:
//
//   IotAgent agent(es10, doors, journal, options);
//   const AgentReport report = co_await agent.visit(situation);
//
// A visit delivers what the card has stored (results, notifications, ends of triggered downloads), then polls each eIM in the order of its
// configuration until it has nothing more to say. It returns early with `switched` when a package or an immediate enable changes the
// enabled profile: the home then lets the REFRESH happen (or resets the card), waits for service and visits again. That next visit
// delivers the result of the package over the new profile, which proves it; `delivered` says so. When no eIM is reached until the home's
// deadline and `rollback` was set, the home calls es10b::profile_rollback, resets, and visits again: the result of the rollback is stored
// on the card like any other. Fallback and emergency are the home's as well; it tells the agent by state_changed().
#pragma once

#include <functional>
#include <memory>

#include "ipae/agent/agent.h"
#include "ipae/agent/journal.h"
#include "ipae/es10/es10b.h"
#include "ipae/es10/es10b_iot.h"
#include "ipae/es9/client.h"
#include "ipae/esipa/exchange.h"

namespace simurgh::ipae {

// The agent's ways out. What is handed in outlives the agent.
class AgentDoors {
 public:
  virtual ~AgentDoors() = default;
  // The eIM of this entry, over the binding that the home prefers of those it offers. An error when there is no way to it.
  [[nodiscard]] virtual PortResult<std::unique_ptr<esipa::EsipaExchange>> eim(const es10b::EimEntry& entry) = 0;
  // Protected streams to SM-DP+s, for direct downloads and notifications; null when the home has none.
  [[nodiscard]] virtual NetPort* servers() = 0;
};

struct AgentOptions {
  esipa::Version version = esipa::Version::v1_2;  // of the card (10.4); decides the forms of messages
  Es9Options es9 = {false, "gsma-rsp-ipad", "gsma/rsp/v2.5.0", {}};
  std::uint64_t protocols = esipa::protocol::kRetrieveHttps;  // told to an eIM that asks
  bool indirect = true;                                       // downloads through the eIM where it offers that
  bool minimize = false;                                      // compact forms once an eIM has what it needs to rebuild the full ones
  bool immediate_enable = true;                               // asks the card for it after each download
  bool refresh = true;                                        // lets the card issue REFRESH for that; off for a home that resets it anyway
  bool check_emergency = true;                                // looks whether an emergency profile is enabled before downloads and answers
  unsigned packages = 16;                                     // of one eIM in one visit
};

struct AgentSituation {
  Bytes plmn;                // three octets of the serving network (TS 24.008); empty: unknown
  es10b::DeviceInfo device;  // for downloads and BF52
};

enum class Deed : std::uint8_t { reached, delivered, package, data, download, error, notification, idle, problem };

// One line of what happened, as it happens.
struct AgentEvent {
  Deed deed = Deed::reached;
  std::string eim_id;
  std::string what;  // sentence part for people
  Bytes octets;      // the result, where there is one
};

struct AgentReport {
  bool reached = false;    // an eIM answered
  bool idle = true;        // no eIM had anything to do, and nothing was delivered
  bool delivered = false;  // an eIM took a package result
  bool switched = false;   // the enabled profile changes: let the card refresh, then visit again
  bool rollback = false;   // with switched: the package allows a rollback
  unsigned packages = 0, downloads = 0, failures = 0;
  std::vector<std::string> problems;  // sentences
};

class IotAgent {
 public:
  IotAgent(Es10Port& card, AgentDoors& doors, JournalPort& journal, AgentOptions options = {});
  ~IotAgent();
  IotAgent(const IotAgent&) = delete;
  IotAgent& operator=(const IotAgent&) = delete;

  // A card that cannot be read ends the visit: `card` says why.
  struct Outcome {
    AgentReport report;
    std::optional<PortError> card;
  };
  [[nodiscard]] Task<Outcome> visit(AgentSituation situation);

  // One TransferEimPackage (BF4E) that the eIM began. `answer` is called once with the BF4E to be carried back, before a download begins and
  // before the home lets the profile switch; it is not called when the card cannot be read. Reports as a visit does.
  using AnswerTo = std::function<void(Bytes)>;
  [[nodiscard]] Task<Outcome> transfer(Bytes request, AnswerTo answer, AgentSituation situation);

  // To be told to every eIM with its next GetEimPackage.
  void state_changed(esipa::StateChangeCause cause);
  // The end of a triggered download waits for delivery. Package results wait on the card: es10b::retrieve_package_results.
  [[nodiscard]] bool owes() const;
  void on_event(std::function<void(const AgentEvent&)> listener);
  // Steps of a download that this eIM triggered.
  void on_progress(std::function<void(const std::string& eim_id, const Progress&)> listener);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace simurgh::ipae
