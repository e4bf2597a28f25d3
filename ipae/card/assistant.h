// The IoT Profile Assistant of a card (IPAe, SGP.32 v1.2 3.8): an application of the card's toolkit that reads as its story: wait for service,
// visit the eIMs, act, prove, report, sleep. What must survive a reset is in the card's store (record.h).
#pragma once

#include <functional>
#include <map>
#include <memory>

#include "euicc/card/applets.h"
#include "ipae/bip/bip_net.h"
#include "ipae/card/errands.h"
#include "ipae/card/record.h"

namespace simurgh::ipae {

struct AssistantPolicy {
  PollPolicy polls;
  FallbackPolicy fallback;
  BudgetPolicy budget;               // of bootstrap profiles
  BipSettings bip;
  std::uint16_t trigger_port = 0x2B0A;  // an SMS to this application port makes the assistant poll (no standard fixes one)
  seconds refresh_limit{60};         // for a REFRESH that never ends
  seconds proof_pause{30};           // between attempts to prove a new profile
  seconds proof_boot{30};            // what a reset costs of the time to prove
  bool prefer_coap = false;          // of an eIM that offers both
  bool json = false;                 // the JSON binding of ES9+, else ASN.1
  bool minimize = true;              // compact forms of ESipa, once an eIM can rebuild the full ones
  bool verify = true;                // false: servers are believed whatever they show (test desks)
  std::uint32_t largest_package = 256 * 1024;       // octets of a bound profile package, which is never whole in the assistant
  std::map<std::string, std::string> eims = {};     // "host:port" by eimId, for eIMs whose configuration names no host
};

// Makes the errands of one run of the application; everything handed in outlives them. `switched`: to be called with the APDU that takes a
// package that changes the enabled profile, so that the proof is due however that run ends.
using MakeErrands = std::function<std::unique_ptr<Errands>(const card::CardServices& services, BipNet& net, std::function<void()> switched)>;

// Kept with the card, as its recipe gave it.
inline constexpr state::Key kPolicy{state::Space::ipae, 0, 1};
[[nodiscard]] Bytes encode(const AssistantPolicy& policy);
// Nothing when the octets are no policy.
[[nodiscard]] std::optional<AssistantPolicy> decode_policy(ByteView encoded);

class Assistant final : public toolkit::Application {
 public:
  Assistant(const card::CardServices& services, AssistantPolicy policy, MakeErrands errands)
      : services_(services), policy_(std::move(policy)), errands_(std::move(errands)) {}
  [[nodiscard]] const char* name() const noexcept override { return "IPAe"; }
  toolkit::Task<> run(toolkit::Session& cat) override;

 private:
  card::CardServices services_;
  AssistantPolicy policy_;
  MakeErrands errands_;
};

// The assistant as an application of the card, for card::Applets. A card whose recipe gives it no IPAe does not notice: there it never is in
// charge.
[[nodiscard]] card::AppletRow assistant_row();

}  // namespace simurgh::ipae
