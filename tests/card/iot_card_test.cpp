// What makes a card an IoT eUICC: which functions it has, what it says of itself, who may use it (SGP.32 v1.2 2.11, 3.8; versions 1.0 and 1.1).
#include "euicc/card/applets.h"
#include "euicc/isdr/es10_table.h"
#include "euicc/toolkit/comprehension.h"
#include "tests/card/iot_bench.h"

using namespace simurgh;
using namespace simurgh::test;
using namespace simurgh::literals;

namespace {

const std::string kSelectIsdr = "00A4040410A0000005591010FFFFFFFF8900000100";

ecasd::IotCapabilities of_version(ecasd::IotVersion version) {
  ecasd::IotCapabilities out;
  out.version = version;
  return out;
}

// Status word of an ES10 command of the device, its content empty; "" when it is answered.
std::string status_of(BenchCard& bench, std::uint32_t tag) {
  try {
    (void)bench.lpa.es10(asn1::tlv(tag, {}));
    return {};
  } catch (const bench::DeskError&) {
    return to_hex(be_bytes(bench.lpa.last_status(), 2));
  }
}

// Asks the ISD-R for EUICCInfo2 when the terminal has told its profile, and says whether it got it.
class Asker final : public toolkit::Application {
 public:
  explicit Asker(card::CardServices services) : services_(std::move(services)) {}
  [[nodiscard]] const char* name() const noexcept override { return "asker"; }
  toolkit::Task<> run(toolkit::Session& cat) override {
    const auto answer = services_.es10("BF2200"_hex);
    const bool mode = answer && to_hex(answer->data).find("900101") != std::string::npos;
    const std::string said = mode && services_.ipae_in_charge() ? "in charge" : "not in charge";
    (void)co_await cat.command(toolkit::display_text(said));
  }

 private:
  card::CardServices services_;
};

}  // namespace

TEST_CASE("Each kind of card answers its own functions and knows no other tag", "[iot]") {
  struct Kind {
    isdr::Kinds bit;
    ecasd::Capabilities card;
  };
  const std::vector<Kind> kinds{{isdr::kConsumer, {}},
                                {isdr::kIot10, iot_card(of_version(ecasd::IotVersion::v1_0))},
                                {isdr::kIot11, iot_card(of_version(ecasd::IotVersion::v1_1))},
                                {isdr::kIot12, iot_card(of_version(ecasd::IotVersion::v1_2))}};
  for (const Kind& kind : kinds) {
    BenchCard bench(iot_desk(), kind.card);
    for (const isdr::Es10Row& row : isdr::es10_table()) {
      INFO(row.name << " on " << int{kind.bit});
      const bool present = isdr::find_es10(row.tag, kind.bit) != nullptr;
      CHECK((status_of(bench, row.tag) == "6A88") != present);
    }
  }
}

TEST_CASE("EUICCInfo2 and the FCI of an IoT card carry its versions, features, assistant and state", "[iot]") {
  ecasd::IotCapabilities card;
  card.ipae = true;
  IotBench bench(iot_card(card), false);
  CHECK(bench.apdu(kSelectIsdr).find("E104800206") == std::string::npos);
  CHECK(bench.apdu(kSelectIsdr).find("E10480020780") != std::string::npos);
  CHECK(bench.apdu(kSelectIsdr).find("E005820302") != std::string::npos);
  bench.apdu("80AA000005A903840101");
  CHECK(bench.es10("BF2200").ends_with("900100B40BA0050403010200" "81008200"));
  bench.install(kIccid1);
  REQUIRE(bench.es10(to_hex(bench.eim.add_initial(false))) == "BF5704A0020500");
  bench.run(psmo_enable(kIccid1));
  CHECK(bench.apdu(kSelectIsdr).find("E104800206C0") != std::string::npos);
  card.ecall = card.fallback = false;
  card.version = ecasd::IotVersion::v1_1;
  card.choices.sgp22_template = false;
  IotBench plain(iot_card(card), false);
  plain.apdu("80AA000005A903840101");
  CHECK(plain.es10("BF2200").ends_with("900100B407A0050403010100"));
  CHECK(plain.apdu(kSelectIsdr).find("E005820302") == std::string::npos);
}

TEST_CASE("One assistant at a time: the device declares an IPAd, or the IPAe is in charge and ES10 is refused", "[iot][ipae]") {
  ecasd::IotCapabilities card;
  card.ipae = true;
  IotBench bench(iot_card(card), false);
  CHECK(status_of(bench, 0xBF20) == "6985");
  bench.apdu("80AA000005A903830107");  // the object of consumer devices says nothing about an IPAd
  CHECK(status_of(bench, 0xBF20) == "6985");
  bench.apdu("80AA000005A903840102");
  CHECK(status_of(bench, 0xBF20) == "6985");
  bench.apdu("80AA000005A903840101");
  CHECK(status_of(bench, 0xBF20).empty());
  CHECK(bench.es10("BF420480020780") == "BF4203800100");
  CHECK(status_of(bench, 0xBF20) == "6985");
  bench.apdu("80AA000005A903840101");  // not without a reset
  CHECK(status_of(bench, 0xBF20) == "6985");
  bench.card.reset();
  CHECK(status_of(bench, 0xBF20) == "6985");
  bench.apdu("80AA000005A903840101");
  CHECK(status_of(bench, 0xBF20).empty());
  CHECK(bench.es10("BF42038001" "00") == "BF4203800100");  // an empty option activates nothing
  CHECK(status_of(bench, 0xBF20).empty());

  IotBench without;
  CHECK(without.es10("BF420480020780") == "BF4203800101");
  CHECK(status_of(without, 0xBF20).empty());
  card.status_while_ipae = 0x6982;
  card.choices.consumer_capability_means_ipad = true;
  IotBench older(iot_card(card), false);
  CHECK(status_of(older, 0xBF20) == "6982");
  older.apdu("80AA000005A903830107");
  CHECK(status_of(older, 0xBF20).empty());
  ecasd::Capabilities strict = iot_card();
  strict.require_terminal_capability = true;
  IotBench strict_card(strict, false);
  CHECK(status_of(strict_card, 0xBF20) == "6985");
  strict_card.apdu("80AA000005A903840101");
  CHECK(status_of(strict_card, 0xBF20).empty());
}

TEST_CASE("An application of the card calls ES10 whoever is in charge", "[iot][ipae]") {
  card::Applets applets;
  applets.add({.class_aid = {}, .name = "asker", .make = [](const card::CardServices& services, const gp::Application*) {
                 return std::make_unique<Asker>(services);
               }});
  ecasd::IotCapabilities card;
  card.ipae = true;
  IotBench bench(iot_card(card), false, false, &applets);
  bench.apdu(kSelectIsdr);
  bench.apdu("8010000028" + std::string(80, 'F'));
  CHECK(status_of(bench, 0xBF20) == "6985");
  CHECK(bench.apdu("8012000000").find(to_hex(text_view("in charge"))) != std::string::npos);
}

TEST_CASE("A card of v1.0 has the forms of v1.0", "[iot][v1.0]") {
  IotBench bench(iot_card(of_version(ecasd::IotVersion::v1_0)), false);
  CHECK(bench.es10("BF2200").find("B40B") == std::string::npos);
  CHECK(bench.es10(to_hex(bench.eim.add_initial(true, from_hex("87020780").value()))) == "BF5705A003840101");
  bench.eim.token = 1;
  CHECK(bench.es10("BF5508A006800465696D31").size() > 40);  // criteria came with v1.1
  bench.install(kIccid1);
  bench.install(kIccid2);
  // The card's signature covers the eIM's instead of the token.
  const Bytes request = bench.eim.psmos(bench.identity.eid, from_hex(psmo_enable(kIccid1)).value());
  const Bytes answer = bench.ask(request);
  const auto signature = [](const Bytes& package) { return to_bytes(asn1::find_child(asn1::read_only(package, 0xBF51)->value, 0x5F37)->raw); };
  CHECK(bench.eim.read(answer, bench.euicc_key(), signature(request)).verified);
  CHECK_FALSE(bench.eim.read(answer, bench.euicc_key()).verified);
  const auto run = [&](const std::string& commands, std::uint32_t list = 0xA0) {
    const Bytes package = bench.eim.sign(bench.eim.data(bench.identity.eid, list, from_hex(commands).value()));
    const PackageResult result = bench.eim.read(bench.ask(package), bench.euicc_key(), signature(package));
    CHECK(result.verified);
    return result.elements;
  };
  CHECK(run("A80C" + iccid_do(kIccid1)) == "020102");
  CHECK(run("BF65028000") == "020102");
  CHECK(run(psmo_disable(kIccid1) + psmo_enable(kIccid2, true)) == "840100830100");
  CHECK(bench.es10("BF5803800100").substr(6, 6) == "020100");
  CHECK(bench.enabled() == kIccid1);
  const std::string fqdn = to_hex(asn1::tlv(0x80, text_view("eim1.example.com"))) + "820102";
  CHECK(run(to_hex(asn1::tlv(0xAA, from_hex(fqdn).value())) + "AB00", 0xA1).ends_with("840102"));
  CHECK(bench.es10("BF3F038001" "61") == "BF3F03800100");
  CHECK(bench.es10("BF5A00") == "BF5A03800101");
  CHECK(bench.es10("BF340482020308") == "BF3403020100");
  CHECK(bench.es10("BF340482020310") == "BF3403020100");
  CHECK(bench.es10("BF5500") == "BF5502A000");
  CHECK(bench.es10("BF340482020780") == "BF3403020100");
}

TEST_CASE("Profile lists of an IoT card have its default tags, and the members of SGP.32 only there", "[iot]") {
  IotBench bench;
  bench.install(kIccid1, iot_metadata(true, true));
  std::vector<std::uint32_t> tags;
  const Bytes list = bench.ask(from_hex("BF2D00").value());
  asn1::TlvReader in(asn1::read_only(asn1::read_only(asn1::read_only(list, 0xBF2D)->value, 0xA0)->value, 0xE3)->value);
  while (!in.at_end()) tags.push_back(in.next()->tag);
  CHECK(tags == std::vector<std::uint32_t>{0x5A, 0x4F, 0x9F70, 0x91, 0x92, 0x95, 0x9F7B, 0x9F67});
  BenchCard consumer(iot_desk());
  REQUIRE(bench::installed(consumer.lpa.download(iot_desk(), iot_desk().order(kIccid1, iot_metadata(true, true)))));
  CHECK(consumer.es10("BF2D075C059F7B9F675A") == "BF2D10A00EE30C" + iccid_do(kIccid1));
}
