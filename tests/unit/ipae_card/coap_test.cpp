// The same assistant over CoAP and DTLS, and what both ways cost.
#include <iostream>

#include "tests/unit/ipae/coap_peer.h"
#include "tests/unit/ipae/dtls_server.h"
#include "tests/unit/ipae_card/iot_station.h"

using namespace simurgh;
using namespace simurgh::test;
using std::chrono::minutes;

namespace {

// The eIM's other door: each channel is an association of its own, and its peer is kept for a look at it.
void open_coap(IotStation& station, std::vector<std::shared_ptr<CoapPeer>>* peers = nullptr) {
  const perso::Identity& tls = *iot_desk().pki().eim_tls;
  station.net.at_datagrams("udp 192.0.2.10:5684", [&station, &tls, peers] {
    auto coap = std::make_shared<CoapPeer>([&station](const Bytes& body) { return station.eim->handle("/gsma/rsp2/asn1", {}, body).body; });
    if (peers != nullptr) peers->push_back(coap);
    auto dtls = std::make_shared<DtlsServer>(tls.certificate.der, *tls.key, [coap](ByteView plaintext) { return (*coap)(plaintext); });
    return [dtls](ByteView datagram) { return (*dtls)(datagram); };
  });
}

struct Cost {
  std::size_t apdus = 0, interface = 0, up = 0, down = 0, turns = 0;
};

Cost cost_of_a_poll(bool coap) {
  ipae::AssistantPolicy policy;
  policy.prefer_coap = coap;
  IotStation station(policy);
  open_coap(station);
  station.run(seconds(30));
  const Cost before{station.link->apdus, station.link->octets, station.net.up, station.net.down, station.net.turns};
  station.run(minutes(5));
  REQUIRE(station.eim->polls.size() == 1);
  return {station.link->apdus - before.apdus, station.link->octets - before.interface, station.net.up - before.up, station.net.down - before.down,
          station.net.turns - before.turns};
}

}  // namespace

TEST_CASE("A poll over CoAP costs less than one over HTTPS, at every interface", "[coap][zero-touch]") {
  const Cost https = cost_of_a_poll(false), coap = cost_of_a_poll(true);
  for (const auto& [name, cost] : {std::pair<const char*, Cost>{"HTTPS", https}, {"CoAPS", coap}}) {
    std::cout << "one poll by " << name << " with name and full handshake: " << cost.up << " octets up, " << cost.down << " down, " << cost.turns << " turns of the line, " << cost.apdus
              << " APDUs with " << cost.interface << " octets\n";
  }
  CHECK(coap.up + coap.down < https.up + https.down + 1000);
  CHECK(coap.apdus > 0);
}

TEST_CASE("Over a link with round trips of eight seconds a poll by CoAP sends no request twice", "[coap][zero-touch]") {
  ipae::AssistantPolicy policy;
  policy.prefer_coap = true;
  IotStation station(policy);
  std::vector<std::shared_ptr<CoapPeer>> peers;
  open_coap(station, &peers);
  station.net.round_trip = seconds(8);
  station.eim->orders.push_back(data_request("BF20BF22A5A6A8A9"));
  station.run(minutes(30));
  INFO(station.story());
  CHECK(station.eim->orders.empty());
  CHECK(station.record().failures == 0);
  REQUIRE(peers.size() == 1);  // one association, at the first attempt
  CHECK(peers[0]->requests >= 3);
  CHECK(peers[0]->repeats == 0);
}

TEST_CASE("Where datagrams are lost on the way the assistant goes by HTTPS", "[coap][zero-touch]") {
  ipae::AssistantPolicy policy;
  policy.prefer_coap = true;
  IotStation station(policy);
  station.run(minutes(30));  // nobody hears port 5684
  CHECK(station.eim->polls.size() >= 1);
  INFO(station.story());
  CHECK(station.record().failures == 0);
}
