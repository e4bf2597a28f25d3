// The home of an IoT agent on a host: a reader, sockets, and a file for what it must not forget.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "euicc/crypto/rng.h"
#include "ipae/agent/runner.h"
#include "ipae/es10/apdu_es10.h"
#include "ipae/transport/dtls.h"
#include "ipae/transport/socket.h"
#include "ipae/transport/tls.h"
#include "tools/simurgh/card_access.h"
#include "tools/simurgh/pcsc_port.h"

namespace simurgh::tool {

// The ISD-R of a card that can be reset.
class IpaCard final : public ipae::Es10Port {
 public:
  IpaCard(const CardChoice& choice, std::size_t block_size);
  [[nodiscard]] ipae::PortResult<Bytes> request(ByteView command) override { return port_->request(command); }
  // Cold reset, then the ISD-R again.
  [[nodiscard]] ipae::PortResult<void> restart();
  [[nodiscard]] const ipae::ApduStats& stats() const { return port_->stats(); }

 private:
  [[nodiscard]] ipae::PortResult<void> open();
  std::unique_ptr<ResettablePort> link_;
  ipae::ApduEs10Options options_;
  std::unique_ptr<ipae::ApduEs10Port> port_;
};

enum class IpaBinding : std::uint8_t { automatic, asn1, json, coap };

struct IpaNetwork {
  IpaBinding binding = IpaBinding::automatic;
  std::vector<Bytes> authorities;  // of SM-DP+s, and of eIMs without a pin
  bool insecure = false;
  std::string eim_address;            // in place of what the card says
  std::string connect, connect_smdp;  // HOST:PORT to connect to in place of names
  std::chrono::seconds answer{120};
  bool slow = false;  // NB-IoT: longer waits in CoAP
};

class IpaDoors final : public ipae::AgentDoors {
 public:
  // Throws Failure (usage) for addresses that are none.
  explicit IpaDoors(IpaNetwork network);
  [[nodiscard]] ipae::PortResult<std::unique_ptr<ipae::esipa::EsipaExchange>> eim(const ipae::es10b::EimEntry& entry) override;
  [[nodiscard]] ipae::NetPort* servers() override;
  [[nodiscard]] bool speaks_coap() const noexcept { return network_.binding == IpaBinding::coap; }

 private:
  [[nodiscard]] ipae::TlsTrust trust_of(const ipae::es10b::EimEntry& entry) const;
  IpaNetwork network_;
  std::unique_ptr<crypto::Rng> rng_ = crypto::system_rng();
  ipae::SocketNet smdp_tcp_;
  std::unique_ptr<ipae::TlsNet> smdp_;
  ipae::SessionMemories memories_;  // of eIMs, from one poll to the next
};

// A file of lines "number hexadecimal"; written whole at each store.
class JournalFile final : public ipae::JournalPort {
 public:
  explicit JournalFile(std::string path);
  [[nodiscard]] Bytes load(unsigned record) override;
  void store(unsigned record, ByteView value) override;
  [[nodiscard]] const std::string& path() const noexcept { return path_; }

 private:
  std::string path_;
  std::map<unsigned, Bytes> records_;
};

// --state, or FILE.ipa beside a card file, or ~/.local/state/simurgh/ipa/EID (XDG_STATE_HOME).
[[nodiscard]] std::string journal_path(const std::string& given, const CardChoice& card, const std::string& eid);

}  // namespace simurgh::tool
