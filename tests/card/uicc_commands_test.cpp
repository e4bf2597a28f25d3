// File, record, PIN and authentication commands on an enabled profile; the pitfalls of naive cards by name.
#include "euicc/usim/aka.h"
#include "tests/card/bench_card.h"
#include "tools/perso_upp/upp_builder.h"

using namespace simurgh;
using namespace simurgh::test;

namespace {

const Bytes kKey = from_hex("465B5CE8B199B49FAA5F0A2EE238A6BC").value();
const Bytes kOpc = from_hex("CD63CB71954A9F4E48A5994E37A02BAF").value();

perso::FileRecipe file(const std::string& fid, perso::FileRecipe::Type type, std::uint32_t size, std::uint16_t length = 0) {
  perso::FileRecipe out;
  out.path = {"usim", fid};
  out.type = type;
  out.size = size;
  out.record_length = length;
  if (length != 0) out.records = static_cast<std::uint16_t>(size / length);
  return out;
}

// A card whose enabled profile has every kind of file under the USIM.
struct Uicc : BenchCard {
  explicit Uicc(bench::Desk& desk) : BenchCard(desk) {
    perso::ProfileRecipe recipe = perso::default_recipe(kIccid1, "001010000000011", kKey, kOpc);
    recipe.files.push_back(file("6F90", perso::FileRecipe::Type::transparent, 20));
    recipe.files.push_back(file("6F91", perso::FileRecipe::Type::linear_fixed, 30, 10));
    recipe.files.push_back(file("6F92", perso::FileRecipe::Type::cyclic, 9, 3));
    recipe.files.push_back(file("6F93", perso::FileRecipe::Type::ber_tlv, 64));
    REQUIRE(bench::installed(lpa.download(desk, desk.order(kIccid1, {}, perso::build_profile(recipe)))));
    REQUIRE(es10(enable(kIccid1)) == "BF3103800100");
    REQUIRE(apdu("00A4040C07A0000000871002") == "9000");
  }
};

bench::Desk& desk() {
  static bench::Desk shared;
  return shared;
}

}  // namespace

TEST_CASE("Files are found by FID, path, SFI and alias, and a failed SELECT moves nothing", "[uicc]") {
  Uicc card(desk());
  REQUIRE(card.apdu("00A40004026F07").starts_with("62"));
  REQUIRE(card.raw("00B0000009").ends_with("9000"));
  REQUIRE(card.raw("00A4000402AAAA") == "6A82");
  REQUIRE(card.raw("00B0000009").ends_with("9000"));
  REQUIRE(card.raw("00A4000C023F00") == "9000");
  REQUIRE(card.raw("00A4000C026F07") == "6A82");  // not from the MF
  REQUIRE(card.raw("00A4000C027FFF") == "9000");
  REQUIRE(card.raw("00A4080C047FFF6F07") == "9000");
  REQUIRE(card.raw("00A4080C022FE2") == "9000");
  REQUIRE(card.raw("00A4080C032FE200") == "6A87");
  REQUIRE(card.raw("00A4080C047FFF6FFF") == "6A82");
  REQUIRE(card.raw("00A40004012F") == "6700");
  REQUIRE(card.raw("00A4050402" "2FE2") == "6A86");
  REQUIRE(card.raw("00A4000802" "2FE2") == "6A86");
  REQUIRE(card.raw("00A4000C027FFF") == "9000");
  REQUIRE(card.raw("00B0870009").ends_with("9000"));  // EF.IMSI by SFI 07
  REQUIRE(card.raw("00B0000009").ends_with("9000"));  // and it is current now
  REQUIRE(card.raw("00A4030C") == "9000");
  REQUIRE(card.raw("00A4040405A000000087").starts_with("61"));
  REQUIRE(card.raw("00A4040606A00000008710").starts_with("61"));  // next occurrence: the ISIM
  REQUIRE(card.raw("00A4044C07A0000000871004") == "9000");        // terminate its session
  REQUIRE(card.raw("00A4000C027FFF") == "6A82");
}

TEST_CASE("READ BINARY tells the right Le, refuses what lies beyond and fits the structure", "[uicc]") {
  Uicc card(desk());
  card.raw("00A4000C026F07");
  REQUIRE(card.raw("00B000000A") == "6C09");
  REQUIRE(card.raw("00B0000000") == "6C09");
  REQUIRE(card.raw("00B0000500") == "6C04");
  REQUIRE(card.raw("00B0000900") == "6B00");
  REQUIRE(card.raw("00B2010409") == "6981");
  card.raw("00A4000C023F00");
  REQUIRE(card.raw("00B0000001") == "6986");
  REQUIRE(card.raw("00B09F0001") == "6A86");
  REQUIRE(card.raw("00B09E0001") == "6981");  // EF.DIR is a record file
  REQUIRE(card.raw("00B0950001") == "6A82");
}

TEST_CASE("UPDATE BINARY needs its right, writes all or nothing and survives a reset", "[uicc]") {
  Uicc card(desk());
  card.raw("00A4000C026F07");
  REQUIRE(card.raw("00D600000108") == "6982");  // EF.IMSI: ADM1
  card.raw("00A4000C026F90");
  REQUIRE(card.raw("00D6000003010203") == "9000");
  REQUIRE(card.raw("00D6001203010203") == "6700");
  REQUIRE(card.raw("00D60014" "0101") == "6B00");
  REQUIRE(card.raw("00D60000") == "6700");
  REQUIRE(card.raw("00B0000014") == "010203" + std::string(34, 'F') + "9000");
  card.card.reset();
  card.raw("00A4040C07A0000000871002");
  card.raw("00A4000C026F90");
  REQUIRE(card.raw("00B0000003") == "0102039000");
}

TEST_CASE("Records are read and written in every mode, and cyclic files turn", "[uicc]") {
  Uicc card(desk());
  card.raw("00A4000C026F91");
  REQUIRE(card.raw("00DC01040A" "01010101010101010101") == "9000");
  REQUIRE(card.raw("00DC02040A" "02020202020202020202") == "9000");
  REQUIRE(card.raw("00DC040403010101") == "6700");
  REQUIRE(card.raw("00DC04040A" "04040404040404040404") == "6A83");
  REQUIRE(card.raw("00B2010409") == "6C0A");
  REQUIRE(card.raw("00B201040A") == "010101010101010101019000");
  REQUIRE(card.raw("00B200040A") == "6A83");  // absolute access does not set the pointer
  REQUIRE(card.raw("00B200020A") == "010101010101010101019000");
  REQUIRE(card.raw("00B200020A") == "020202020202020202029000");
  REQUIRE(card.raw("00B200030A") == "010101010101010101019000");
  REQUIRE(card.raw("00B200030A") == "6A83");
  REQUIRE(card.raw("00B204040A") == "6A83");
  REQUIRE(card.raw("00B201050A") == "6A86");
  REQUIRE(card.raw("00B0000001") == "6981");
  card.raw("00A4000C026F92");
  REQUIRE(card.raw("00DC010403010101") == "6981");
  REQUIRE(card.raw("00DC000303000001") == "9000");
  REQUIRE(card.raw("00DC000303000002") == "9000");
  REQUIRE(card.raw("00B2010403") == "0000029000");
  REQUIRE(card.raw("00B2020403") == "0000019000");
  REQUIRE(card.raw("00B2000203") == "0000019000");  // after an update record 1 is current
  REQUIRE(card.raw("00B2000203").ends_with("9000"));
  REQUIRE(card.raw("00B2000203") == "0000029000");  // and next turns
}

TEST_CASE("SEARCH RECORD finds, counts backward and says when there is nothing", "[uicc]") {
  Uicc card(desk());
  card.raw("00A4000C026F91");
  card.raw("00DC01040A" "41424300000000000000");
  card.raw("00DC03040A" "00414243000000000000");
  REQUIRE(card.apdu("00A2010403414243") == "01039000");
  REQUIRE(card.apdu("00A2030503414243") == "03019000");
  REQUIRE(card.apdu("00A2010605" "0401414243") == "039000");  // enhanced: from offset 1
  REQUIRE(card.apdu("00A2010605" "0C00414243") == "039000");  // behind the first 00
  REQUIRE(card.raw("00A201040199") == "6282");
  REQUIRE(card.raw("00A201040B" "0000000000000000000000") == "6700");
  REQUIRE(card.raw("00A204040100") == "6A83");
}

TEST_CASE("BER-TLV files keep, replace, delete and refuse objects, over several blocks", "[uicc]") {
  Uicc card(desk());
  card.raw("00A4000C026F93");
  REQUIRE(card.apdu("80CB0080018000") == "6A88");
  REQUIRE(card.raw("80DB008004" "80020102") == "9000");
  REQUIRE(card.raw("80DB008002" "8103") == "63F1");
  REQUIRE(card.apdu("80CB00800181") == "6A88");
  REQUIRE(card.raw("80DB000003" "AABBCC") == "6985");  // another command ended the transfer
  REQUIRE(card.raw("80DB008002" "8103") == "63F1");
  REQUIRE(card.raw("80DB000003" "AABBCC") == "9000");
  REQUIRE(card.apdu("80CB00800181") == "8103AABBCC9000");
  REQUIRE(card.apdu("80CB0080015C") == "5C0280819000");
  REQUIRE(card.raw("80DB00800180") == "9000");
  REQUIRE(card.apdu("80CB0080015C") == "5C01819000");
  REQUIRE(card.raw("80DB00800180") == "6A88");
  REQUIRE(card.raw("80DB008005" "80020102FF") == "6A80");
  REQUIRE(to_hex(card.card.transmit(concat({from_hex("80DB0080FF").value(), from_hex("8281FC").value(), Bytes(252, 1)}))) == "6A84");
}

TEST_CASE("PINs count down before they compare, block, and come back by their PUK", "[pin]") {
  Uicc card(desk());
  REQUIRE(card.raw("0020000100") == "63C3");
  REQUIRE(card.raw("002000010831323334FFFFFFFF") == "6984");  // PIN1 is disabled
  REQUIRE(card.raw("0028000108" "31323334FFFFFFFF") == "9000");
  card.card.reset();
  card.raw("00A4040C07A0000000871002");
  card.raw("00A4000C026F07");
  REQUIRE(card.raw("00B0000009") == "6982");
  REQUIRE(card.raw("0088008011" "10000102030405060708090A0B0C0D0E0F") == "6982");
  REQUIRE(card.raw("0020000108" "39393939FFFFFFFF") == "63C2");
  REQUIRE(card.raw("0020000107" "31323334FFFFFF") == "6700");
  REQUIRE(card.raw("0020000108" "31323334FFFFFFFF") == "9000");
  REQUIRE(card.raw("0020000100") == "63C3");
  REQUIRE(card.raw("00A4000C026F07") == "9000");
  REQUIRE(card.raw("00B0000009").ends_with("9000"));
  REQUIRE(card.raw("0020000108" "39393939FFFFFFFF") == "63C2");
  REQUIRE(card.raw("00B0000009") == "6982");  // a wrong try ends the verification
  REQUIRE(card.raw("0020000108" "39393939FFFFFFFF") == "63C1");
  REQUIRE(card.raw("0020000108" "39393939FFFFFFFF") == "63C0");
  REQUIRE(card.raw("0020000108" "31323334FFFFFFFF") == "6983");
  REQUIRE(card.raw("002C000100") == "63CA");
  REQUIRE(card.raw("002C000110" "3131313131313131" "35363738FFFFFFFF") == "63C9");
  REQUIRE(card.raw("002C000110" "3132333435363738" "35363738FFFFFFFF") == "9000");
  REQUIRE(card.raw("00B0000009").ends_with("9000"));
  REQUIRE(card.raw("0024000110" "35363738FFFFFFFF" "31323334FFFFFFFF") == "9000");
  REQUIRE(card.raw("0026000108" "31323334FFFFFFFF") == "9000");
  REQUIRE(card.raw("0026000108" "31323334FFFFFFFF") == "6985");
  REQUIRE(card.raw("0020000900") == "6A88");
  REQUIRE(card.raw("0020000000") == "6A86");
  REQUIRE(card.raw("0020010100") == "6A86");
}

TEST_CASE("A PIN is verified for all channels and not forgotten by SELECT", "[pin]") {
  Uicc card(desk());
  card.raw("0028000108" "31323334FFFFFFFF");
  card.card.reset();
  card.raw("0020000108" "31323334FFFFFFFF");
  card.raw("0070000001");
  REQUIRE(card.raw("01A4040C07A0000000871002") == "9000");
  REQUIRE(card.raw("01A4000C026F07") == "9000");
  REQUIRE(card.raw("01B0000009").ends_with("9000"));
  card.raw("00708001");
  card.raw("00A4040C07A0000000871002");
  card.raw("00A4000C026F07");
  REQUIRE(card.raw("00B0000009").ends_with("9000"));
}

TEST_CASE("The USIM authenticates, resynchronises and refuses a forged network", "[usim]") {
  Uicc card(desk());
  usim::AkaParameters network;
  network.key = crypto::SecretBytes(ByteView(kKey));
  network.opc = crypto::SecretBytes(ByteView(kOpc));
  const Bytes rand = desk().rng().bytes(16);
  const auto ask = [&](std::uint64_t sqn, bool forge = false) {
    usim::Vector vector = usim::generate_vector(network, rand, sqn, from_hex("8000").value());
    if (forge) vector.autn[15] ^= 1;
    return std::pair{vector, card.apdu("008800812210" + to_hex(rand) + "10" + to_hex(vector.autn))};
  };
  auto [vector, answer] = ask(32);
  REQUIRE(answer.starts_with("DB08" + to_hex(vector.xres) + "10" + to_hex(vector.ck) + "10" + to_hex(vector.ik)));
  REQUIRE(answer.ends_with("9000"));
  const auto replayed = ask(32).second;
  REQUIRE(replayed.starts_with("DC0E"));
  REQUIRE(usim::resolve_auts(network, rand, from_hex(replayed.substr(4, 28)).value()) == 32);
  REQUIRE(ask(64, true).second == "9862");
  card.card.reset();
  card.raw("00A4040C07A0000000871002");
  REQUIRE(ask(32).second.starts_with("DC0E"));  // the array is kept
  REQUIRE(ask(64).second.starts_with("DB08"));
  REQUIRE(card.raw("0088008211" "10000102030405060708090A0B0C0D0E0F") == "9864");
  REQUIRE(card.raw("0088009911" "10000102030405060708090A0B0C0D0E0F") == "6A86");
  REQUIRE(card.raw("0088008110" "000102030405060708090A0B0C0D0E0F") == "6700");
  const usim::GsmKeys gsm = usim::authenticate_gsm(network, rand);
  REQUIRE(card.raw("008800801110" + to_hex(rand)) == "610E");
  REQUIRE(card.raw("00C000000E") == "04" + to_hex(gsm.sres.expose()) + "08" + to_hex(gsm.kc.expose()) + "9000");
  card.raw("00A4000C023F00");
  card.card.reset();
  REQUIRE(card.raw("008800801110" + to_hex(rand)) == "6985");
}

TEST_CASE("Files deactivate and activate with their right, and say so when selected", "[uicc]") {
  Uicc card(desk());
  card.raw("00A4000C026F90");
  REQUIRE(card.raw("00040000") == "6982");
  REQUIRE(card.raw("0020000A083838383838383838") == "9000");
  REQUIRE(card.raw("00040000") == "9000");
  REQUIRE(card.raw("00B0000001") == "6984");
  REQUIRE(card.raw("00A4000C026F90") == "6283");
  card.raw("00A40004026F90");
  REQUIRE(card.apdu("00A40004026F90").ends_with("6283"));
  REQUIRE(card.raw("0044000002" "6F90") == "9000");
  REQUIRE(card.raw("00A4000C026F90") == "9000");
  REQUIRE(card.raw("00B0000001").ends_with("9000"));
}

TEST_CASE("Security domains of the profile are selectable and refuse what needs a secure channel", "[gp]") {
  Uicc card(desk());
  REQUIRE(card.apdu("00A4040000").starts_with("6F"));  // the default application: the MNO-SD
  REQUIRE(card.raw("80E2910005BF2A029100") == "6982");
  REQUIRE(card.raw("00A4000C022FE2") == "9000");
}

TEST_CASE("FCPs stay below what small clients hold", "[uicc]") {
  Uicc card(desk());
  for (const char* select : {"00A40004023F00", "00A4040407A0000000871002", "00A40004026F07", "00A40004026F91", "00A40004026F93"}) {
    const std::string fcp = card.apdu(select);
    REQUIRE(fcp.starts_with("62"));
    REQUIRE(fcp.size() / 2 < 100);
    REQUIRE(fcp.find("8A0105") != std::string::npos);
  }
}
