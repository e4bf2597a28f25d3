#include <catch2/catch.hpp>

#include "asn1/tlv.h"
#include "tools/bench/desk.h"
#include "tools/perso/card_maker.h"

using namespace simurgh;
using namespace simurgh::perso;
using Catch::Matchers::Contains;

namespace {

bench::Desk& desk() {
  static bench::Desk shared;
  return shared;
}

std::string ask(const std::string& recipe_text, const std::string& command) {
  const CardRecipe recipe = parse_card_recipe(recipe_text, &desk().pki());
  CardSpec spec;
  spec.roots = roots_of(desk().pki());
  spec.capabilities = recipe.capabilities;
  spec.iot = recipe.iot;
  state::MemoryStore store(make_cells(spec, desk().rng()));
  card::Card card(store, desk().rng());
  card.power_on();
  bench::Lpa lpa(card);
  return to_hex(lpa.es10(from_hex(command).value()));
}

}  // namespace

TEST_CASE("A recipe with 'iot' makes an IoT eUICC with its features, choices and factory eIMs", "[perso][iot]") {
  const std::string text =
      "iot:\n  version: 1.1\n  ipae: true\n  ecall: false\n  eimCapacity: 2\n  packageMemory: 4096\n  statusWhileIpaeActive: 6982\n"
      "  choices: {resetEndsRollback: true, sgp22Template: no}\n"
      "  immediateEnable: {smdpOid: 2.999.10, smdpAddress: smdp.example.com}\n"
      "  eims:\n    - {id: eim1, fqdn: eim1.example.com, idType: fqdn, counter: 7, key: pki, tlsCertificate: pki, protocols: [retrieveHttps, retrieveCoaps]}\n";
  const CardRecipe recipe = parse_card_recipe(text, &desk().pki());
  REQUIRE(recipe.capabilities.iot);
  const ecasd::IotCapabilities& card = *recipe.capabilities.iot;
  CHECK(card.version == ecasd::IotVersion::v1_1);
  CHECK(card.ipae);
  CHECK_FALSE(card.ecall);
  CHECK(card.eim_capacity == 2);
  CHECK(card.package_memory == 4096);
  CHECK(card.status_while_ipae == 0x6982);
  CHECK(card.choices.reset_ends_rollback);
  CHECK_FALSE(card.choices.sgp22_template);
  const auto again = ecasd::IotCapabilities::decode(card.encode());
  REQUIRE(again);
  CHECK(again->encode() == card.encode());
  CHECK(recipe.iot.eims.size() == 1);
  CHECK(to_hex(recipe.iot.immediate_enable.value()).starts_with("8000810388370A"));
}

TEST_CASE("Factory eIMs are associated as AddInitialEim would", "[perso][iot]") {
  const std::string shown = ask("iot:\n  eims:\n    - {id: a, key: pki}\n    - {id: b, certificate: pki, token: false, indirectDownload: true}\n", "BF5500");
  CHECK(shown.find("800161820103840101A5") != std::string::npos);
  CHECK(shown.find("800162820103A5") != std::string::npos);
  CHECK(shown.ends_with("870203088900"));
  const std::string key = to_hex(asn1::tlv(0xA5, asn1::tlv(0xA0, crypto::public_key_info(desk().pki().eim_signing->certificate.key.value()))));
  CHECK(shown.find(key) != std::string::npos);
  CHECK_THROWS_WITH(ask("iot:\n  eims:\n    - {data: 3006800161830100}\n", "BF5500"), Contains("the eIM 'a' is refused"));
  CHECK_THROWS_WITH(ask("iot:\n  eims:\n    - {id: a, key: pki}\n    - {id: a, key: pki}\n", "BF5500"), Contains("same id"));
  CHECK_THROWS_WITH(ask("iot:\n  eimCapacity: 1\n  eims:\n    - {id: a, key: pki}\n    - {id: b, key: pki}\n", "BF5500"), Contains("eimCapacity"));
}

TEST_CASE("What a recipe says wrong about an IoT card is named", "[perso][iot]") {
  const auto recipe = [](const std::string& text) { return parse_card_recipe("iot:\n  " + text); };
  CHECK_THROWS_WITH(recipe("version: 2.0"), Contains("1.0, 1.1 or 1.2"));
  CHECK_THROWS_WITH(recipe("colour: red"), Contains("'iot' does not know 'colour'"));
  CHECK_THROWS_WITH(recipe("choices: {colour: true}"), Contains("'choices' does not know 'colour'"));
  CHECK_THROWS_WITH(recipe("eims: [{id: a, key: pki}]"), Contains("--pki"));
  CHECK_THROWS_WITH(recipe("eims: [{id: a, key: 00}]"), Contains("public key"));
  CHECK_THROWS_WITH(recipe("eims: [{id: a}]"), Contains("needs 'id' and 'key'"));
  CHECK_THROWS_WITH(recipe("eims: [{data: 3000, id: a}]"), Contains("nothing else"));
  CHECK_THROWS_WITH(recipe("statusWhileIpaeActive: 9000"), Contains("6985"));
  CHECK_THROWS_WITH(recipe("immediateEnable: {smdpOid: x}"), Contains("2.999.10"));
}
