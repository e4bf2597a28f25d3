// What an IoT agent must not forget over a reset or a restart. SGP.32 v1.2 5.14; the card itself keeps packages' results and notifications.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "asn1/bytes.h"
#include "ipae/esipa/messages.h"

namespace simurgh::ipae {

// Where a home keeps a few records of at most some hundred octets. A store is durable when it returns.
class JournalPort {
 public:
  virtual ~JournalPort() = default;
  // Empty: never stored.
  [[nodiscard]] virtual Bytes load(unsigned record) = 0;
  // An empty value erases.
  virtual void store(unsigned record, ByteView value) = 0;
};

// A download that an eIM triggered and has not heard the end of.
struct OwedTrigger {
  std::string eim_id;
  Bytes transaction_id;            // eimTransactionId; empty when the trigger had none
  std::uint64_t installation = 0;  // sequence number of the installation result on the card; 0: there is none
  Bytes error;                     // without one: the error of SGP.32 5.14.6 (30 { .. }) to be told
  bool server_told = false;        // the SM-DP+ has its notification
  bool by_eim = false;             // downloaded by way of the eIM
  bool operator==(const OwedTrigger&) const = default;
};

struct AgentJournal {
  struct Eim {
    std::string id;
    std::optional<esipa::StateChangeCause> cause;  // to be told with the next GetEimPackage
    bool compact = false;                          // knows what it needs to rebuild compact forms, and that we make them
    bool operator==(const Eim&) const = default;
  };
  static constexpr std::size_t kMostTransferred = 32;
  std::vector<Eim> eims;
  std::vector<OwedTrigger> triggers;
  std::vector<std::uint64_t> transferred;  // numbers of what went out in answers to TransferEimPackage, the oldest first

  [[nodiscard]] Eim& of(const std::string& eim_id);  // made when there is none
  // To every known eIM but one.
  void state_changed(esipa::StateChangeCause cause, const std::string& except = {});
  // Forgets eIMs that are associated no more; adds those that are new.
  void keep_only(const std::vector<std::string>& eim_ids);

  [[nodiscard]] Bytes encode() const;
  // Octets that are no journal are a fresh one.
  [[nodiscard]] static AgentJournal decode(ByteView encoded);
  bool operator==(const AgentJournal&) const = default;
};

inline constexpr unsigned kAgentRecord = 1;   // of JournalPort
inline constexpr unsigned kRunnerRecord = 2;  // of a host that runs the agent (runner.h)

}  // namespace simurgh::ipae
