// Everything a terminal and the network behind it can say to the assistant of a card: results and objects of TERMINAL RESPONSEs, what RECEIVE DATA
// brings (DNS, TLS, DTLS), envelopes, timers, resets. The input is a list of steps; a terminal that means well does the rest.
#include <cstdlib>

#include "asn1/tlv.h"
#include "ipae/card/assistant.h"
#include "ipae/card/record.h"
#include "tools/bench/desk.h"

using namespace simurgh;

namespace {

const std::map<state::Key, state::Cell>& cells() {
  static const std::map<state::Key, state::Cell> made = [] {
    bench::Desk desk;
    ecasd::IotCapabilities iot;
    iot.ipae = true;
    ecasd::Capabilities capabilities;
    capabilities.iot = iot;
    std::map<state::Key, state::Cell> out = desk.new_card(capabilities);
    state::MemoryStore store(out);
    const auto rng = crypto::seeded_rng(3);
    card::Card card(store, *rng);
    card.power_on();
    (void)card.transmit(*from_hex("80AA000005A903840101"));
    const auto key = crypto::EcPrivateKey::generate(crypto::Curve::nist_p256, *rng);
    asn1::TlvWriter members;
    members.put_text(0x80, "eim1").put_text(0x81, "eim1.example.com").put_integer(0x83, 0).put_byte(0x84, 0xFF);
    members.put(0xA5, asn1::tlv(0xA0, crypto::public_key_info(key.public_key()))).put_bits(0x87, 3);
    bench::Lpa lpa(card);
    (void)lpa.es10(asn1::tlv(0xBF57, asn1::tlv(0xA0, asn1::tlv(0x30, members.take()))));
    ipae::AssistantPolicy policy;
    policy.bip.name_servers = {{10, 0, 0, 53}};
    policy.bip.hosts["eim1.example.com"] = {192, 0, 2, 1};
    out = store.cells();
    out[ipae::kPolicy] = std::make_shared<const Bytes>(ipae::encode(policy));
    return out;
  }();
  return made;
}

class Terminal {
 public:
  Terminal(card::Card& card, ByteView input) : card_(card), input_(input) {}

  void run() {
    power_up();
    for (unsigned steps = 0; steps < 400 && !input_.empty(); ++steps) {
      if (status_ >> 8 == 0x91) {
        serve(static_cast<std::uint8_t>(status_));
      } else {
        happen(octet());
      }
    }
  }

 private:
  std::uint8_t octet() {
    if (input_.empty()) return 0;
    const std::uint8_t out = input_[0];
    input_ = input_.subspan(1);
    return out;
  }
  Bytes octets() {
    const std::size_t wanted = octet(), size = std::min(wanted, input_.size());
    const ByteView out = input_.first(size);
    input_ = input_.subspan(size);
    return to_bytes(out);
  }
  Bytes send(std::uint8_t ins, ByteView data) {
    Bytes answer = card_.transmit(concat({Bytes{0x80, ins, 0x00, 0x00, static_cast<std::uint8_t>(data.size())}, data}));
    if (answer.size() < 2) std::abort();
    status_ = static_cast<std::uint16_t>(be_value(ByteView(answer).last(2)));
    return answer;
  }
  void power_up() {
    card_.reset();
    (void)send(0x10, Bytes(35, 0xFF));
  }

  // Between commands.
  void happen(std::uint8_t what) {
    switch (what & 0x07) {
      case 0:
        (void)send(0xC2, *from_hex("D70C82028281A40101A503000000"));  // the assistant's timer
        break;
      case 1:
        (void)send(0xC2, *from_hex("D60E99010982028281B8028100B701FF"));
        break;
      case 2:
        (void)send(0xC2, *from_hex("D60B99010A82028281B8020105"));  // link dropped
        break;
      case 3: {
        const Bytes any = octets();
        if (!any.empty()) (void)send(0xC2, any);
        break;
      }
      case 4:
        (void)send(0xC2, asn1::tlv(0xD6, concat({*from_hex("99010382028281"), octets()})));
        break;
      case 5:
        if (what == 0xFD) power_up();
        else (void)card_.transmit(*from_hex("80F2000C00"));
        status_ = 0x9000;
        break;
      case 6:
        (void)send(0xC2, *from_hex("D60999010982028281B8028100"));
        break;
      default:
        (void)send(0x10, Bytes(35, 0xFF));
    }
  }

  void serve(std::uint8_t size) {
    const Bytes fetched = card_.transmit(Bytes{0x80, 0x12, 0x00, 0x00, size});
    if (fetched.size() < 12) {
      status_ = 0x9000;
      return;
    }
    const ByteView body = ByteView(fetched).subspan(fetched[1] == 0x81 ? 3 : 2);
    const Bytes details = to_bytes(body.first(5));
    const std::uint8_t how = octet();
    Bytes more;
    std::uint8_t result = 0x00;
    switch (details[3]) {
      case 0x26:
        more = details[4] == 0x01 ? *from_hex("14080A94990100460000") : details[4] == 0x00 ? *from_hex("130900F11000010000001F") : Bytes{};
        if (more.empty()) result = 0x30;
        break;
      case 0x27:
        more = *from_hex("240101");
        break;
      case 0x40:
        more = *from_hex("380281003501033902057 8");
        break;
      case 0x42: {
        const Bytes data = octets();
        more = concat({Bytes{0xB6}, asn1::encode_length(data.size()), data, Bytes{0xB7, 0x01, static_cast<std::uint8_t>(how & 0x40)}});
        break;
      }
      case 0x43:
        more = *from_hex("B701FF");
        break;
      default:
        break;
    }
    Bytes response = concat({details, *from_hex("82028281"), Bytes{0x83, 0x01, result}, more});
    if ((how & 0x07) == 0x07) response = concat({details, *from_hex("82028281"), octets()});  // any result and objects
    if (how == 0xFE) response = octets();
    if (response.size() > 255) response.resize(255);
    (void)send(0x14, response);
  }

  card::Card& card_;
  ByteView input_;
  std::uint16_t status_ = 0x9000;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  state::MemoryStore store(cells());
  const auto rng = crypto::seeded_rng(size);
  card::Applets applets;
  applets.add(ipae::assistant_row());
  card::Card card(store, *rng, nullptr, nullptr, &applets);
  Terminal(card, {data, size}).run();
  // Whatever was said, the identity stands and the record can be read.
  const auto record = store.cells().find(ipae::kRecord);
  if (record != store.cells().end() && !ipae::Record::decode(*record->second)) std::abort();
  if (card.transmit(*from_hex("00A40004023F00")).size() < 2) std::abort();
  return 0;
}
