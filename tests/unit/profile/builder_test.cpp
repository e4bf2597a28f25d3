// Packages from recipes: what is written is what the card then holds.
#include <catch2/catch.hpp>

#include "tests/unit/profile/package_parts.h"
#include "tools/perso_upp/upp_builder.h"
#include "tools/perso_upp/upp_coding.h"

using namespace simurgh;
using namespace simurgh::literals;

namespace {

perso::ProfileRecipe simple() {
  return perso::default_recipe("8988211000000123456", "001010123456789", "465B5CE8B199B49FAA5F0A2EE238A6BC"_hex,
                               "CD63CB71954A9F4E48A5994E37A02BAF"_hex);
}

profile::ProfileImage from_yaml(std::string_view yaml) { return parts::installed(perso::build_profile(perso::read_recipe(yaml))); }

constexpr const char* kShort = R"(
iccid: 8988211000000123456
imsi: 001010123456789
k: 465B5CE8B199B49FAA5F0A2EE238A6BC
opc: CD63CB71954A9F4E48A5994E37A02BAF
)";

}  // namespace

TEST_CASE("Subscription data is coded as the specifications say") {
  CHECK(to_hex(perso::imsi_octets("001010123456063")) == "080910101032540636");
  CHECK(to_hex(perso::imsi_octets("00101012345606")) == "0801101010325406F6");
  CHECK(to_hex(perso::plmn_octets("00101")) == "00F110");
  CHECK(to_hex(perso::plmn_octets("310260")) == "130062");
  CHECK(to_hex(perso::number_octets("+15551234567")) == "07915155214365F7FFFFFFFF");
  CHECK(to_hex(perso::service_table({1, 8, 9, 17}, 2)) == "810101");
  CHECK(to_hex(perso::pin_octets("1234", "PIN")) == "31323334FFFFFFFF");
  CHECK_THROWS_AS(perso::pin_octets("12a4", "PIN"), perso::RecipeError);
  CHECK_THROWS_AS(perso::imsi_octets("12345"), perso::RecipeError);
}

TEST_CASE("The default recipe makes a profile with USIM, ISIM, 5G and remote management") {
  const auto image = parts::installed(perso::build_profile(simple()));
  CHECK(image.header.major == 2);
  CHECK(image.header.minor == 3);
  CHECK(to_hex(image.header.iccid) == "8988211000000123456F");
  CHECK(to_hex(parts::at(image, "2FE2"_hex).body) == "988812010000103254F6");
  CHECK(to_hex(parts::at(image, "7FD06F07"_hex).body) == "080910101032547698");
  CHECK(parts::at(image, "7FD06F38"_hex).body.size() == 17);
  CHECK(to_hex(parts::at(image, "7FD06FAD"_hex).body) == "00000002");
  CHECK(to_hex(parts::at(image, "7FD06F62"_hex).body) == "00F110C880");
  CHECK(to_hex(parts::at(image, "7FD06F78"_hex).body) == "0200");
  CHECK(parts::at(image, "2F06"_hex).record_count() == 14);
  REQUIRE(image.aka.size() == 2);
  CHECK(image.aka[0].parameters.algorithm == usim::Algorithm::milenage);
  CHECK(to_hex(image.aka[0].parameters.opc.expose()) == "CD63CB71954A9F4E48A5994E37A02BAF");
  CHECK(image.aka[1].state_cell == 0);
  CHECK(image.files.adfs().size() == 2);
  CHECK(image.gp.domains.at(0).keys.size() == 6);
  CHECK(image.gp.rfm.size() == 2);
  // PIN2 of the ISIM is the USIM's.
  CHECK(image.pins.pins.size() == 3);
  CHECK(image.pins.bindings.size() == 4);
  CHECK(to_text(ByteView(parts::at(image, "7FB06F02"_hex).body).subspan(2)) == "001010123456789@ims.mnc001.mcc001.3gppnetwork.org");
  // Old names of DF.TELECOM lead to the USIM's files.
  CHECK(parts::at(image, "7F106F3A"_hex).link_target != uicc::kNoNode);
  CHECK(parts::at(image, "7F106F42"_hex).record_length == 38);
}

TEST_CASE("A recipe in YAML needs four lines") {
  const auto image = from_yaml(kShort);
  CHECK(image.encode() == parts::installed(perso::build_profile(simple())).encode());
}

TEST_CASE("OP becomes OPc and TOP becomes TOPc when the package is made") {
  auto recipe = simple();
  recipe.aka.opc.clear();
  recipe.aka.op = "CDC202D5123E20F62B6D676AC72CB318"_hex;  // TS 35.208 test set 1
  CHECK(to_hex(parts::installed(perso::build_profile(recipe)).aka.at(0).parameters.opc.expose()) == "CD63CB71954A9F4E48A5994E37A02BAF");
  recipe.aka.algorithm = usim::Algorithm::tuak;
  CHECK_THROWS_AS(perso::build_profile(recipe), perso::RecipeError);
  recipe.aka.op = Bytes(32, 0x55);
  const auto image = parts::installed(perso::build_profile(recipe));
  CHECK(image.aka.at(0).parameters.algorithm == usim::Algorithm::tuak);
  CHECK(image.aka.at(0).parameters.opc.size() == 32);
}

TEST_CASE("Everything a recipe may say arrives in the profile") {
  const auto image = from_yaml(std::string(kShort) + R"(
name: Field trial
mnc_digits: 3
spn: Falcon
msisdn: "+15551234567"
smsc: "+15550000001"
gid1: "0A0B"
acc: 0x8000
algorithm: milenage
aka: {sqn_options: 0, sqn_delta: 4096, sqn_age_limit: 8192, counter_max: 1000, sqn_init: [1, 2, 3], options: 1}
pin1: {value: "0000", puk: "11111111", enabled: true, tries: 5, puk_tries: 7}
pin2: {value: "9999", puk: "22222222"}
adm1: {value: "55555555"}
emergency: ["112"]
hplmn: [{plmn: "001010", access: 0x4000}]
oplmn: ["26201", {plmn: "310260", access: 0x8000}]
ehplmn: ["00101", "00102"]
forbidden: ["99999"]
services: [118]
pcscf: pcscf.example.org
suci_by_usim: true
routing_indicator: "17"
phonebook: false
security_domain:
  aid: A000000151000001
  tars: [B20101]
  msl: 0x16
  scp80: {type: des, version: 2, enc: 00112233445566778899AABBCCDDEEFF, mac: 00112233445566778899AABBCCDDEEFF, dek: 00112233445566778899AABBCCDDEEFF}
rfm:
  - {aid: A00000055910100009, tars: [B00199], msl: 0x12, adf: isim}
files:
  - {path: 7F66, type: df}
  - {path: 7F66/4F81, content: "0102", size: 8, sfi: 1, rule: 2}
  - {path: usim/6F99, type: linear, record_length: 4, records: 3, contents: ["01", "0203"]}
  - {path: usim/6F9A, type: cyclic, record_length: 2, contents: ["0A0B"]}
  - {path: 3F00/2FAA, type: ber-tlv, size: 256, content: "800101"}
  - {path: 7F66/4F82, type: link, target: usim/6F99}
applications:
  - package: A0000000010203
    code: "010203"
    instances: [{class: A000000001020301, aid: A000000001020302, data: ["AABB"]}]
)");
  CHECK(image.header.type == "Field trial");
  CHECK((image.header.services >> 18 & 1) == 1);
  CHECK((image.header.services >> 11 & 1) == 1);
  CHECK(to_hex(parts::at(image, "7FD06FAD"_hex).body) == "00000003");
  CHECK(to_hex(parts::at(image, "7FD06F46"_hex).body).starts_with("0146616C636F6EFF"));
  CHECK(to_hex(ByteView(parts::at(image, "7FD06F40"_hex).body).subspan(10, 12)) == "07915155214365F7FFFFFFFF");
  CHECK(to_hex(ByteView(parts::at(image, "7FD06F42"_hex).body).subspan(10, 1)) == "FD");
  CHECK(to_hex(parts::at(image, "7FD06F3E"_hex).body) == "0A0B");
  CHECK(to_hex(parts::at(image, "7FD06F78"_hex).body) == "8000");
  CHECK(to_hex(parts::at(image, "7FD06FB7"_hex).body) == "11F2FF00");
  CHECK(to_hex(parts::at(image, "7FD06F62"_hex).body) == "0001104000");
  CHECK(to_hex(parts::at(image, "7FD06F61"_hex).body).starts_with("62F210C8801300628000FFFFFF"));
  CHECK(to_hex(parts::at(image, "7FD06FD9"_hex).body) == "00F11000F120");
  CHECK(to_hex(parts::at(image, "7FD06F7B"_hex).body).starts_with("99F999FF"));
  const Bytes& ust = parts::at(image, "7FD06F38"_hex).body;
  CHECK((ust[117 / 8] >> (117 % 8) & 1) == 1);
  CHECK((ust[124 / 8] >> (124 % 8) & 1) == 1);
  CHECK((ust[0] & 1) == 0);
  CHECK(to_hex(parts::at(image, "7FD05FC04F0A"_hex).body) == "71FFFFFF");
  CHECK(to_hex(parts::at(image, "7FD05FD04F01"_hex).body).starts_with("A0020000A100FF"));
  CHECK(to_hex(parts::at(image, "7FB06F09"_hex).body).starts_with("801200"));
  const auto& aka = image.aka.at(0);
  CHECK(aka.parameters.sqn_options == 0);
  CHECK(aka.parameters.sqn_delta == 4096);
  CHECK(aka.parameters.sqn_age_limit == 8192);
  CHECK(aka.parameters.auth_counter_max == 1000);
  CHECK(aka.initial_sqn[2] == 3);
  CHECK(image.pins.pins.at(0).enabled);
  CHECK(image.pins.pins.at(0).max_tries == 5);
  CHECK(image.pins.puks.at(0).max_tries == 7);
  CHECK(to_hex(image.gp.domains.at(0).aid) == "A000000151000001");
  CHECK(image.gp.domains[0].minimum_security_level == 0x16);
  REQUIRE(image.gp.domains[0].keys.size() == 3);
  CHECK(image.gp.domains[0].keys[2].components.at(0).type == 0x80);
  CHECK(to_hex(image.gp.rfm.at(0).tars.at(0)) == "B00199");
  CHECK(equal(image.gp.rfm[0].adf_aid, perso::ProfileRecipe{}.isim_aid));
  CHECK(to_hex(parts::at(image, "7F664F81"_hex).body) == "0102FFFFFFFFFFFF");
  CHECK(parts::at(image, "7F664F81"_hex).sfi == 1);
  CHECK(to_hex(parts::at(image, "7FD06F99"_hex).body) == "01FFFFFF0203FFFFFFFFFFFF");
  CHECK(parts::at(image, "7FD06F9A"_hex).kind == uicc::FileKind::cyclic);
  CHECK(to_hex(parts::at(image, "2FAA"_hex).body) == "800101");
  CHECK(parts::at(image, "7F664F82"_hex).link_target != uicc::kNoNode);
  CHECK(image.gp.applications.at(0).process_data.size() == 1);
}

TEST_CASE("A recipe that cannot be met says what is wrong") {
  const auto message = [](std::string_view yaml) {
    try {
      (void)perso::build_profile(perso::read_recipe(yaml));
    } catch (const perso::RecipeError& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  CHECK(message("iccid: 1") == "recipe needs imsi");
  CHECK(message(std::string(kShort) + "opcc: 00") == "recipe has no key \"opcc\"");
  CHECK(message(std::string(kShort) + "acc: 70000") == "recipe.acc is not a number up to 65535");
  CHECK_FALSE(message(std::string(kShort) + "algorithm: comp128").empty());
  CHECK_FALSE(message(std::string(kShort) + "gid1: 0G").empty());
  CHECK_FALSE(message(std::string(kShort) + "files: [{path: 7F66/4F81}]").empty());
  CHECK_FALSE(message(std::string(kShort) + "isim: perhaps").empty());
  CHECK_FALSE(message("iccid: [").empty());
  CHECK_FALSE(message("- 1").empty());
  CHECK_FALSE(message("iccid: 8988211000000123456\nimsi: 001010123456789\nk: 00").empty());
}
