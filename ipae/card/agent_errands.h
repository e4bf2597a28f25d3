// Errands by the IoT agent (ipae/agent), whose home is the card here: ES10 is a direct call, the journal is cells, the network is BIP with TLS or
// DTLS above it, which both run in the card.
#pragma once

#include "ipae/agent/iot_agent.h"
#include "ipae/card/assistant.h"
#include "ipae/coap/esipa.h"
#include "ipae/esipa/http_exchange.h"
#include "ipae/transport/dtls.h"
#include "ipae/transport/tls.h"

namespace simurgh::ipae {

class AgentErrands final : public Errands, private Es10Port, private JournalPort, private AgentDoors {
 public:
  AgentErrands(const card::CardServices& services, AssistantPolicy policy, BipNet& net, std::function<void()> switched);
  Task<Visit> visit(Situation situation) override;
  void state_changed(esipa::StateChangeCause cause) override { agent_->state_changed(cause); }
  [[nodiscard]] bool owes() const override;
  [[nodiscard]] bool silent() const override;

 private:
  PortResult<Bytes> request(ByteView command) override;
  Bytes load(unsigned record) override;
  void store(unsigned record, ByteView value) override;
  PortResult<std::unique_ptr<esipa::EsipaExchange>> eim(const es10b::EimEntry& entry) override;
  NetPort* servers() override { return servers_.get(); }

  [[nodiscard]] TlsTrust trust_in(const es10b::EimEntry& entry) const;

  const card::CardServices& services_;
  const AssistantPolicy policy_;
  BipNet& net_;
  SessionMemories memories_;  // from one visit to the next, while there is power
  std::vector<Bytes> anchors_;        // CI certificates of the card
  std::unique_ptr<TlsNet> servers_;   // to SM-DP+s
  std::unique_ptr<IotAgent> agent_;
  std::string host_;                  // of the eIM tried last
};

// The errands of every card that is not a test's.
[[nodiscard]] MakeErrands agent_errands(const AssistantPolicy& policy);

}  // namespace simurgh::ipae
