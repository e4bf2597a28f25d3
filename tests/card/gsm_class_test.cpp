// Class A0 (TS 51.011) on a profile with a DF.GSM whose files are those of the USIM.
#include "euicc/usim/aka.h"
#include "tests/card/bench_card.h"
#include "tools/perso_upp/upp_builder.h"

using namespace simurgh;
using namespace simurgh::test;
using namespace simurgh::literals;

namespace {

const Bytes kKey = "465B5CE8B199B49FAA5F0A2EE238A6BC"_hex, kOpc = "CD63CB71954A9F4E48A5994E37A02BAF"_hex;
constexpr const char* kRand = "23553CBE9637A89D218AE64DAE47BF35";
constexpr const char* kPin = "31323334FFFFFFFF";
constexpr const char* kWrong = "39393939FFFFFFFF";

bench::Desk& desk() {
  static bench::Desk shared;
  return shared;
}

perso::FileRecipe file(const std::string& fid, perso::FileRecipe::Type type, std::uint32_t size = 0, std::uint16_t length = 0,
                       std::uint8_t rule = 5) {
  perso::FileRecipe out;
  out.path = {"7F20", fid};
  out.type = type;
  out.size = size;
  out.record_length = length;
  if (length != 0) out.records = static_cast<std::uint16_t>(size / length);
  out.rule = rule;
  return out;
}

perso::ProfileRecipe with_gsm() {
  using enum perso::FileRecipe::Type;
  perso::ProfileRecipe out = perso::default_recipe(kIccid1, "001010123456789", kKey, kOpc);
  perso::FileRecipe gsm;
  gsm.path = {"7F20"};
  gsm.type = directory;
  out.files.push_back(gsm);
  for (const char* fid : {"6F06", "6F07", "6FAD"}) {
    perso::FileRecipe linked = file(fid, link);
    linked.target = {"usim", fid};
    linked.rule = 2;
    out.files.push_back(linked);
  }
  out.files.push_back(file("6F20", transparent, 9));
  out.files.push_back(file("6F39", cyclic, 9, 3, 7));
  out.files.push_back(file("6F3C", linear_fixed, 30, 10));
  out.files.push_back(file("6F46", transparent, 17, 0, 10));
  return out;
}

struct Sim : BenchCard {
  explicit Sim(const perso::ProfileRecipe& what = with_gsm()) : BenchCard(desk()) {
    REQUIRE(bench::installed(lpa.download(desk(), desk().order(kIccid1, {}, perso::build_profile(what)))));
    REQUIRE(es10(enable(kIccid1)) == "BF3103800100");
    card.reset();
  }
  // A command and, behind 9Fxx, its GET RESPONSE.
  std::string sim(const std::string& hex) {
    const std::string first = raw(hex);
    return first.starts_with("9F") ? raw("A0C00000" + first.substr(2)) : first;
  }
};

}  // namespace

TEST_CASE("Class A0 is refused where the profile has no DF.GSM, and where no profile is enabled", "[gsm]") {
  Sim without(perso::default_recipe(kIccid1, "001010123456789", kKey, kOpc));
  REQUIRE(without.raw("A0A40000023F00") == "6E00");
  REQUIRE(without.raw("A0C0000016") == "6E00");
  REQUIRE(without.raw("A010000001FF") == "6E00");
  Sim card;
  REQUIRE(card.raw("A0A40000023F00") == "9F16");
  REQUIRE(card.raw("A0CB000000") == "6D00");
  card.es10(disable(kIccid1));
  REQUIRE(card.raw("A0A40000023F00") == "6E00");
}

TEST_CASE("SELECT of a directory answers the 22 octets of TS 51.011", "[gsm]") {
  Sim card;
  REQUIRE(card.raw("A0A40000027F20") == "9F16");
  // DF, CHV1 disabled, seven files, four codes; CHV1 3, UNBLOCK 10, CHV2 3, UNBLOCK 10
  REQUIRE(card.raw("A0C0000016") ==
          "0000"
          "FFFF"
          "7F20"
          "02"
          "0000000000"
          "09"
          "81"
          "00"
          "07"
          "04"
          "00"
          "83"
          "8A"
          "83"
          "8A"
          "9000");
  REQUIRE(card.raw("A0C0000016") == "6700");  // nothing left
  REQUIRE(card.raw("A0F2000016").starts_with("0000FFFF7F2002"));
  REQUIRE(card.raw("A0F2000008") == "0000FFFF7F2002009000");
  REQUIRE(card.raw("A0F2000017") == "6716");
  REQUIRE(card.raw("A0F2010016") == "6B00");
  const std::string mf = card.sim("A0A40000023F00");
  REQUIRE(mf.substr(8, 6) == "3F0001");
  card.raw("A028000108" + std::string(kPin));
  REQUIRE(card.sim("A0A40000023F00").substr(26, 2) == "01");  // CHV1 enabled now
}

TEST_CASE("SELECT of an elementary file answers the 15 octets with access levels and status", "[gsm]") {
  Sim card;
  card.raw("A0A40000027F20");
  REQUIRE(card.raw("A0A40000026F07") == "9F0F");
  // size 9, read CHV1, update ADM; rehabilitate and invalidate ADM; valid, transparent
  REQUIRE(card.raw("A0C000000F") ==
          "0000"
          "0009"
          "6F07"
          "04"
          "00"
          "14"
          "FF"
          "44"
          "01"
          "02"
          "00"
          "00"
          "9000");
  REQUIRE(card.sim("A0A40000026F46").substr(16, 2) == "04");  // read always
  REQUIRE(card.sim("A0A40000026F39") ==
          "0000"
          "0009"
          "6F39"
          "04"
          "40"
          "11"
          "1F"
          "44"
          "01"
          "02"
          "03"
          "03"
          "9000");
  REQUIRE(card.sim("A0A40000026F3C")
              .ends_with("01"
                         "02"
                         "01"
                         "0A"
                         "9000"));
  REQUIRE(card.raw("A0A40000026FFF") == "9404");
  REQUIRE(card.raw("A0A40000027FFF") == "9404");  // no applications in this class
  REQUIRE(card.raw("A0A40400"
                   "023F00") == "6B00");
  REQUIRE(card.raw("A0A40000033F0000") == "6702");
  card.raw("A0A40000026F07");
  REQUIRE(card.raw("A0C0000010") == "670F");
  REQUIRE(card.raw("A0C0000004") == "000000099000");
}

TEST_CASE("Transparent files are read and written in class A0, and are those of the USIM", "[gsm]") {
  Sim card;
  card.raw("A0A40000027F20");
  REQUIRE(card.raw("A0B0000009") == "9400");
  card.raw("A0A40000026F07");
  REQUIRE(card.raw("A0B0000009") == "0809101010325476989000");
  REQUIRE(card.raw("A0B000000A") == "6709");
  REQUIRE(card.raw("A0B0000901") == "6B00");
  REQUIRE(card.raw("A0B0870009") == "6B00");  // no short file identifiers
  REQUIRE(card.raw("A0D600000108") == "9804");
  REQUIRE(card.raw("A0B201040A") == "9408");
  card.raw("A0A40000026F20");
  REQUIRE(card.raw("A0D6000009"
                   "010203040506070801") == "9000");
  REQUIRE(card.raw("A0B0000009") == "0102030405060708019000");
  REQUIRE(card.raw("A0D600080201"
                   "02") == "6700");
}

TEST_CASE("Records are read, written, sought and increased in class A0", "[gsm]") {
  Sim card;
  card.raw("A0A40000027F20");
  card.raw("A0A40000026F3C");
  REQUIRE(card.raw("A0DC01040A"
                   "01020300000000000000") == "9000");
  REQUIRE(card.raw("A0DC02040A"
                   "01020400000000000000") == "9000");
  REQUIRE(card.raw("A0DC01040101") == "670A");
  REQUIRE(card.raw("A0B201040A") == "010203000000000000009000");
  REQUIRE(card.raw("A0B2010409") == "670A");
  REQUIRE(card.raw("A0B204040A") == "9402");
  REQUIRE(card.raw("A0B20104FF") == "670A");
  REQUIRE(card.raw("A0B2010C0A") == "6B00");
  REQUIRE(card.raw("A0A2001002"
                   "0102") == "9F01");  // type 2, from the beginning
  REQUIRE(card.raw("A0C0000001") == "019000");
  REQUIRE(card.raw("A0A2001202"
                   "0102") == "9F01");  // from the next one
  REQUIRE(card.raw("A0C0000001") == "029000");
  REQUIRE(card.raw("A0A2000202"
                   "0102") == "9404");
  REQUIRE(card.raw("A0A2000302"
                   "0102") == "9000");  // type 1, from the previous one
  REQUIRE(card.raw("A0B200040A") == "010203000000000000009000");
  REQUIRE(card.sim("A0A2001102"
                   "0102") == "029000");  // from the end
  REQUIRE(card.raw("A0A2000002"
                   "0203") == "9404");  // the pattern is at the beginning of a record or nowhere
  REQUIRE(card.raw("A0A2000402"
                   "0102") == "6B00");
  REQUIRE(card.raw("A0A200000B"
                   "0102030405060708090A0B") == "670A");
  card.raw("A0A40000026F39");
  REQUIRE(card.raw("A0A2000001"
                   "00") == "9408");
  card.raw(
      "A020000208"
      "35363738FFFFFFFF");
  REQUIRE(card.raw("A0DC000303000000") == "9000");
  REQUIRE(card.raw("A032000003"
                   "000010") == "9F06");
  REQUIRE(card.raw("A0C0000006") == "0000100000109000");
  REQUIRE(card.raw("A0B2000403") == "0000109000");  // the record written last is current
  REQUIRE(card.raw("A032000003"
                   "FFFFF0") == "9850");
  REQUIRE(card.raw("A0320000020000") == "6703");
  REQUIRE(card.raw("A0DC010403000000") == "9408");
}

TEST_CASE("CHVs verify, count, block and come back in the words of class A0", "[gsm]") {
  Sim card;
  const std::string pin = kPin, wrong = kWrong;
  REQUIRE(card.raw("A020000108" + pin) == "9808");  // disabled
  REQUIRE(card.raw("A028000108" + pin) == "9000");
  REQUIRE(card.raw("A028000108" + pin) == "9808");
  card.card.reset();
  card.raw("A0A40000027F20");
  REQUIRE(card.raw("A088000010" + std::string(kRand)) == "9804");
  card.raw("A0A40000026F07");
  REQUIRE(card.raw("A0B0000009") == "9804");
  REQUIRE(card.raw("A020000107"
                   "31323334FFFFFF") == "6708");
  REQUIRE(card.raw("A020000108" + wrong) == "9804");
  REQUIRE(card.raw("A020000108" + pin) == "9000");
  REQUIRE(card.raw("A0B0000009").ends_with("9000"));
  REQUIRE(card.raw("0020000100") == "63C3");  // one PIN for both classes
  REQUIRE(card.raw("A024000110" + pin + wrong) == "9000");
  REQUIRE(card.raw("A024000110" + wrong + pin) == "9000");
  REQUIRE(card.raw("A020000108" + wrong) == "9804");
  REQUIRE(card.raw("A020000108" + wrong) == "9804");
  REQUIRE(card.raw("A020000108" + wrong) == "9840");
  REQUIRE(card.raw("A020000108" + pin) == "9840");
  REQUIRE(card.sim("A0A40000027F20").substr(36, 2) == "80");
  REQUIRE(card.raw("A02C000010" + wrong + pin) == "9804");
  REQUIRE(card.raw("A02C000010"
                   "3132333435363738" +
                   pin) == "9000");
  REQUIRE(card.raw("A02C000110"
                   "3132333435363738" +
                   pin) == "6B00");
  REQUIRE(card.raw("A026000108" + pin) == "9000");
  REQUIRE(card.raw("A026000208" + pin) == "6B00");
  REQUIRE(card.raw("A020000308" + pin) == "6B00");
  REQUIRE(card.raw("A020000208" + wrong) == "9804");
  REQUIRE(card.raw("A020000208"
                   "35363738FFFFFFFF") == "9000");
  REQUIRE(card.raw("A02C000210"
                   "3837363534333231"
                   "35363738FFFFFFFF") == "9000");
}

TEST_CASE("RUN GSM ALGORITHM needs DF.GSM and gives SRES and Kc of the USIM's key", "[gsm]") {
  Sim card;
  const std::string run = "A088000010" + std::string(kRand);
  REQUIRE(card.raw(run) == "9408");
  card.raw("A0A40000027F20");
  REQUIRE(card.raw(run) == "9F0C");
  REQUIRE(card.raw("A0C000000C") == "46F8416AEAE4BE823AF9A08B9000");
  REQUIRE(card.raw("A088000110" + std::string(kRand)) == "6B00");
  REQUIRE(card.raw("A08800000F"
                   "0102030405060708090A0B0C0D0E0F") == "6710");
  card.raw("A0A40000026F07");
  REQUIRE(card.raw(run) == "9F0C");  // an EF of DF.GSM is current
}

TEST_CASE("Files are invalidated and rehabilitated, and both at most once", "[gsm]") {
  Sim card;
  card.raw("A0A40000027F20");
  REQUIRE(card.raw("A004000000") == "9400");
  card.raw("A0A40000026F20");
  REQUIRE(card.raw("A004000000") == "9804");
  card.raw(
      "0020000A08"
      "3838383838383838");
  REQUIRE(card.raw("A044000000") == "9810");
  REQUIRE(card.raw("A004000000") == "9000");
  REQUIRE(card.raw("A004000000") == "9810");
  REQUIRE(card.raw("A0B0000009") == "9810");
  REQUIRE(card.sim("A0A40000026F20").substr(22, 2) == "00");
  REQUIRE(card.raw("A044000000") == "9000");
  REQUIRE(card.raw("A0B0000009").ends_with("9000"));
  REQUIRE(card.raw("A004010000") == "6B00");
}

TEST_CASE("The toolkit works in class A0 too", "[gsm]") {
  Sim card;
  REQUIRE(card.raw("A0FA000000") == "9000");
  REQUIRE(card.raw("A012000010") == "9408");
  REQUIRE(card.raw("A010000022" + std::string(68, 'F')) == "9000");
  const std::string announced = card.apdu("80E2910003BF2D00");
  card.apdu("00A4040010A0000005591010FFFFFFFF8900000100");
  REQUIRE(card.es10(disable(kIccid1, true)) == "BF3203800100");
  const std::string waiting = card.raw("A0F2000001");
  REQUIRE(waiting.starts_with("009"));
  REQUIRE(waiting.substr(2, 2) == "91");
  REQUIRE(card.raw("A0120000FF") == "67" + waiting.substr(4, 2));
  REQUIRE(card.raw("A0120000" + waiting.substr(4, 2)).ends_with("9000"));
}

TEST_CASE("wpa_supplicant's way with a 2G card goes through", "[gsm]") {
  Sim card;
  REQUIRE(card.raw("A0A40000023F00") == "9F16");
  REQUIRE(card.raw("A0C0000016").ends_with("9000"));
  REQUIRE(card.raw("A0A40000027F20") == "9F16");
  REQUIRE(card.raw("A0C0000016").ends_with("9000"));
  REQUIRE(card.raw("A0A40000026F07") == "9F0F");
  REQUIRE(card.raw("A0C000000F").ends_with("9000"));
  REQUIRE(card.raw("A0B0000009").ends_with("9000"));
  REQUIRE(card.raw("A088000010" + std::string(kRand)) == "9F0C");
  REQUIRE(card.raw("A0C000000C").ends_with("9000"));
}
