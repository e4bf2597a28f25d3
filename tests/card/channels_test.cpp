#include "tests/card/bench_card.h"
#include "tools/perso_upp/upp_builder.h"

using namespace simurgh;
using namespace simurgh::test;

namespace {

bench::Desk& desk() {
  static bench::Desk shared;
  return shared;
}

}  // namespace

TEST_CASE("The ATR offers T=0 and its check octet is right", "[card]") {
  BenchCard bench(desk());
  const Bytes atr = bench.card.atr();
  std::uint8_t check = 0;
  for (std::size_t i = 1; i < atr.size(); ++i) check = static_cast<std::uint8_t>(check ^ atr[i]);
  REQUIRE(check == 0);
  REQUIRE((atr[3] & 0x0F) == 0);  // TD1: T=0
  REQUIRE(atr[6] == 0x82);        // TB3 for T=15: eUICC functions
  REQUIRE((atr[1] & 0x0F) == 15);
  REQUIRE(atr.size() == 1 + 1 + 2 + 1 + 2 + 15 + 1);
}

TEST_CASE("An unknown class, a closed channel, secure messaging and an unknown instruction are told apart in this order", "[card]") {
  BenchCard bench(desk());
  REQUIRE(bench.raw("FFCA000000") == "6E00");
  REQUIRE(bench.raw("A0A40000023F00") == "6E00");
  REQUIRE(bench.raw("10A40004023F00") == "6E00");
  REQUIRE(bench.raw("02A40004023F00") == "6881");
  REQUIRE(bench.raw("43A40004023F00") == "6881");
  REQUIRE(bench.raw("04A40004023F00") == "6882");
  REQUIRE(bench.raw("00010000") == "6D00");
  REQUIRE(bench.raw("80730000") == "6D00");
  REQUIRE(bench.raw("00A4") == "6700");
  REQUIRE(bench.raw("00A40004033F00") == "6700");
}

TEST_CASE("A command before power on gets a technical problem and nothing else", "[card]") {
  state::MemoryStore store(desk().new_card());
  card::Card card(store, desk().rng());
  REQUIRE(to_hex(card.transmit(from_hex("00A40004023F00").value())) == "6F00");
  REQUIRE(to_hex(card.power_on()) == to_hex(card.atr()));
  REQUIRE(to_hex(card.transmit(from_hex("00A4000C023F00").value())) == "9000");
  card.power_off();
  REQUIRE(to_hex(card.transmit(from_hex("00A4000C023F00").value())) == "6F00");
}

TEST_CASE("Logical channels are given from 1 up, by number, up to 3 and up to 19 for terminals that say so", "[card]") {
  BenchCard bench(desk());
  REQUIRE(bench.raw("0070000000") == "6C01");  // nothing is opened by a wrong Le
  REQUIRE(bench.raw("0070000001") == "019000");
  REQUIRE(bench.raw("0070000300") == "9000");
  REQUIRE(bench.raw("0070000300") == "6A86");
  REQUIRE(bench.raw("0070000001") == "029000");
  REQUIRE(bench.raw("0070000001") == "6A81");
  REQUIRE(bench.raw("0070000400") == "6A86");
  REQUIRE(bench.raw("80AA000004A9028100") == "9000");
  REQUIRE(bench.raw("0070000001") == "049000");
  REQUIRE(bench.raw("0070001300") == "9000");
  REQUIRE(bench.raw("4FA4000C023F00") == "9000");
  REQUIRE(bench.raw("0070801300") == "9000");
  REQUIRE(bench.raw("4FA4000C023F00") == "6881");
  REQUIRE(bench.raw("00708001") == "9000");
  REQUIRE(bench.raw("00708001") == "6881");
  REQUIRE(bench.raw("00708000") == "6A86");
  bench.card.reset();
  REQUIRE(bench.raw("02A4000C023F00") == "6881");
}

TEST_CASE("SELECT of the ISD-R gives the template that phones look for, whole and by partial AID, with P2 00 and 04", "[card]") {
  BenchCard bench(desk());
  const std::string fci = "6F1F8410A0000005591010FFFFFFFF8900000100A5049F6501FFE0058203020500";
  REQUIRE(bench.raw("00A4040010A0000005591010FFFFFFFF8900000100") == "6121");
  REQUIRE(bench.raw("00C0000021") == fci + "9000");
  REQUIRE(bench.apdu("00A4040405A000000559") == fci + "9000");
  REQUIRE(bench.apdu("00A4040C10A0000005591010FFFFFFFF8900000100") == "9000");
  REQUIRE(bench.raw("00A4040010A0000005591010FFFFFFFF8900001000") == "6A82");  // an ISD-P is not for terminals
  REQUIRE(bench.raw("00A4040010A0000005591010FFFFFFFF8900000177") == "6A82");
  REQUIRE(bench.apdu("00A4040410A0000005591010FFFFFFFF8900000200").starts_with("6F188410A0000005591010FFFFFFFF8900000200"));
  REQUIRE(bench.apdu("80CA005A12").starts_with("5A10"));  // EID from the ECASD
}

TEST_CASE("GET RESPONSE takes every class a client uses, gives what was announced and keeps the rest", "[card]") {
  BenchCard bench(desk());
  REQUIRE(bench.raw("00C0000000") == "6985");
  REQUIRE(bench.raw("00A4040010A0000005591010FFFFFFFF8900000100") == "6121");
  REQUIRE(bench.raw("00C0000022") == "6C21");
  REQUIRE(bench.raw("80C0000004") == "6F1F8410611D");
  REQUIRE(bench.raw("00C000001D").ends_with("9000"));
  REQUIRE(bench.raw("00C0000001") == "6985");
  REQUIRE(bench.raw("00A4040010A0000005591010FFFFFFFF8900000100") == "6121");
  REQUIRE(bench.raw("0070000001") == "019000");  // any other command drops it
  REQUIRE(bench.raw("00C0000021") == "6985");
  REQUIRE(bench.raw("01A4040010A0000005591010FFFFFFFF8900000100") == "6121");
  REQUIRE(bench.raw("00C0000021") == "6985");    // of another channel
  REQUIRE(bench.raw("01C0000021").ends_with("9000"));
}

TEST_CASE("STORE DATA chains follow their block numbers on each channel alone", "[card]") {
  BenchCard bench(desk());
  REQUIRE(bench.raw("80E2910006BF3E035C015A") == "6D00");  // ISD-R not selected
  bench.apdu("00A4040010A0000005591010FFFFFFFF8900000100");
  REQUIRE(bench.raw("80E2910006BF3E035C015A") == "6115");
  REQUIRE(bench.raw("80E2110003BF3E03") == "9000");
  REQUIRE(bench.raw("80E29101035C015A") == "6115");
  REQUIRE(bench.raw("80E2110003BF3E03") == "9000");
  REQUIRE(bench.raw("80E29102035C015A") == "6A86");        // 01 was due
  REQUIRE(bench.raw("80E29101035C015A") == "6A86");        // and the chain is gone
  REQUIRE(bench.raw("80E2110003BF3E03") == "9000");
  REQUIRE(bench.raw("80E2910006BF3E035C015A") == "6115");  // block 00 starts anew
  REQUIRE(bench.raw("80E2130006BF3E035C015A") == "6A86");
  REQUIRE(bench.raw("84E2910006BF3E035C015A") == "6882");
  REQUIRE(bench.raw("80E2910007BF3E035C015A00") == "6A80");  // octets behind the object
  REQUIRE(bench.raw("80E2910003BF5600") == "6A88");          // no IoT eUICC
  REQUIRE(bench.raw("80E29100028600") == "6A88");
  REQUIRE(bench.raw("00A4000C023F00") == "9000");
  REQUIRE(bench.raw("80E2910006BF3E035C015A") == "6D00");
}

TEST_CASE("A card without an enabled profile is a bare UICC that names the ISD-R", "[card]") {
  BenchCard bench(desk());
  REQUIRE(bench.apdu("00A40004023F00").starts_with("62"));
  REQUIRE(bench.apdu("00A40004022F00").ends_with("9000"));
  REQUIRE(bench.apdu("00B2010426").starts_with("61194F10A0000005591010FFFFFFFF8900000100"));
  REQUIRE(bench.raw("00A40004022FE2") == "6A82");
  REQUIRE(bench.raw("00A4040407A0000000871002") == "6A82");
  REQUIRE(bench.raw("00D6000001FF") == "6981");
  ecasd::Capabilities strict;
  strict.bare_ef_dir = false;
  BenchCard without(desk(), strict);
  REQUIRE(without.raw("00A40004022F00") == "6A82");
}

TEST_CASE("A card that insists on TERMINAL CAPABILITY opens each group of functions by its bit", "[card]") {
  ecasd::Capabilities strict;
  strict.require_terminal_capability = true;
  BenchCard bench(desk(), strict);
  bench.apdu("00A4040010A0000005591010FFFFFFFF8900000100");
  REQUIRE(bench.raw("80E2910006BF3E035C015A") == "6985");
  REQUIRE(bench.raw("80AA000005A903830101") == "9000");  // LUId only
  bench.apdu("00A4040010A0000005591010FFFFFFFF8900000100");
  REQUIRE(bench.raw("80E2910006BF3E035C015A") == "6115");
  REQUIRE(bench.raw("80E2910003BF2E00") == "6985");
  REQUIRE(bench.raw("80AA000003A90381") == "6A80");
}

TEST_CASE("A file that is not shareable is current on one channel at a time, by SELECT and by SFI", "[card][uicc]") {
  BenchCard bench(desk());
  perso::ProfileRecipe recipe = perso::default_recipe(kIccid1, "001010000000011", Bytes(16, 1), Bytes(16, 2));
  perso::FileRecipe file;
  file.path = {"7F10", "6F50"};
  file.content = Bytes(4, 0xAA);
  file.sfi = 5;
  file.shareable = false;
  recipe.files.push_back(file);
  REQUIRE(bench::installed(bench.lpa.download(desk(), desk().order(kIccid1, {}, perso::build_profile(recipe)))));
  REQUIRE(bench.es10(enable(kIccid1)) == "BF3103800100");
  bench.apdu("00A40004023F00");
  REQUIRE(bench.apdu("0070000100") == "9000");
  REQUIRE(bench.apdu("00A40804047F106F50").ends_with("9000"));
  REQUIRE(bench.apdu("01A4080C047F106F50") == "6985");
  REQUIRE(bench.apdu("01A4080C027F10") == "9000");
  REQUIRE(bench.apdu("01B0850004") == "6985");
  REQUIRE(bench.apdu("01B0000004") == "6986");
  REQUIRE(bench.apdu("00A4000C023F00") == "9000");
  REQUIRE(bench.apdu("01A4080C047F106F50") == "9000");
}
