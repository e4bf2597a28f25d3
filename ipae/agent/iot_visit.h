// The inside of IotAgent: one visit, in three files. iot_visit.cpp polls and delivers, iot_trigger.cpp downloads, iot_data.cpp answers
// questions.
#pragma once

#include "ipae/agent/download.h"
#include "ipae/agent/iot_agent.h"

namespace simurgh::ipae {

struct IotAgent::Impl {
  // One eIM while it is visited.
  struct Peer {
    es10b::EimEntry entry;
    std::unique_ptr<esipa::EsipaExchange> exchange;
    bool lost = false;  // does not answer any more
  };
  enum class Next : std::uint8_t {
    go_on,
    leave,  // this eIM: it has nothing more, or does not answer
    stop,   // the visit: the profile switches, or the card is gone
  };

  Es10Port& card;
  AgentDoors& doors;
  JournalPort& port;
  AgentOptions options;
  AgentJournal journal;
  std::function<void(const AgentEvent&)> listener;
  std::function<void(const std::string&, const Progress&)> progress;

  // of one visit
  AgentSituation situation;
  Outcome outcome;
  Bytes eid;
  bool eims_changed = false;

  Impl(Es10Port& card_, AgentDoors& doors_, JournalPort& port_, AgentOptions options_)
      : card(card_), doors(doors_), port(port_), options(std::move(options_)), journal(AgentJournal::decode(port.load(kAgentRecord))) {}

  Task<Outcome> visit(AgentSituation now);
  Task<Outcome> transfer(Bytes request, AnswerTo answer, AgentSituation now);
  Task<Next> visit_eim(Peer& peer);
  Task<Next> deliver_stored(Peer& peer);
  Task<Next> poll(Peer& peer);
  Task<Next> act(Peer& peer, esipa::EimPackage package);
  Task<Next> run_package(Peer& peer, esipa::PackageRequest request);
  Task<Next> report_package(Peer& peer, esipa::PackageResult result);
  Task<Next> answer_data(Peer& peer, esipa::DataRequest request);
  Task<Next> run_trigger(Peer& peer, esipa::DownloadTrigger trigger);
  Task<std::expected<DownloadOutcome, AgentError>> download(Peer& peer, const esipa::DownloadTrigger& trigger, bool by_eim,
                                                            Bytes& error_octets);
  Task<Next> deliver_trigger(Peer& peer, OwedTrigger owed);
  Task<> deliver_directly();
  // HandleNotification, and away with it. False: the eIM has not taken it.
  struct Notice {
    Bytes raw;
    std::uint64_t sequence = 0;
  };
  Task<bool> notify(Peer& peer, Notice notice);

  // A result and its acknowledgement; what is acknowledged of `sent` leaves the card. Nothing: it has not arrived.
  Task<std::optional<esipa::Acknowledgement>> provide(Peer& peer, esipa::EimPackageResult result, std::vector<std::uint64_t> sent);

  [[nodiscard]] std::optional<esipa::DataResponse::Error> collect(const Peer& peer, const esipa::DataRequest& request,
                                                                  esipa::DataResponse& out);
  // Pending notifications that no trigger's result will carry.
  [[nodiscard]] PortResult<std::vector<PendingNotification>> free_notifications();
  [[nodiscard]] bool carries_notifications(const Peer& peer) const;
  // The eIM stands between card and servers. v1.0 had no indirectProfileDownload to say so, and its eIMs do.
  [[nodiscard]] bool in_between(const Peer& peer) const {
    return options.indirect && (peer.entry.indirect_download || options.version == esipa::Version::v1_0);
  }
  [[nodiscard]] bool compact(const Peer& peer);
  [[nodiscard]] bool in_emergency();
  void remove(std::uint64_t sequence);
  void save() { port.store(kAgentRecord, journal.encode()); }
  Next lost(const PortError& error);  // the card
  void problem(const std::string& eim_id, std::string what);
  void tell(Deed deed, const std::string& eim_id, std::string what, Bytes octets = {});
};

}  // namespace simurgh::ipae
