// What naive cards get wrong, one case each, on the link as it is: raw T=0 answers of a card with an enabled profile.
#include "euicc/usim/aka.h"
#include "tests/card/bench_card.h"
#include "tools/perso_upp/upp_builder.h"

using namespace simurgh;
using namespace simurgh::test;
using namespace simurgh::literals;

namespace {

constexpr const char* kUsim = "00A4040C07A0000000871002";
constexpr const char* kPin = "31323334FFFFFFFF";
constexpr const char* kWrong = "39393939FFFFFFFF";
const Bytes kKey = "465B5CE8B199B49FAA5F0A2EE238A6BC"_hex, kOpc = "CD63CB71954A9F4E48A5994E37A02BAF"_hex;
const Bytes kRand = "23553CBE9637A89D218AE64DAE47BF35"_hex;

bench::Desk& desk() {
  static bench::Desk shared;
  return shared;
}

perso::FileRecipe file(const std::string& fid, perso::FileRecipe::Type type, std::uint32_t size, std::uint16_t length = 0) {
  perso::FileRecipe out;
  out.path = {"usim", fid};
  out.type = type;
  out.size = size;
  out.record_length = length;
  if (length != 0) out.records = static_cast<std::uint16_t>(size / length);
  return out;
}

struct Phone : BenchCard {
  explicit Phone(bool gsm_access = true) : BenchCard(desk()) {
    perso::ProfileRecipe recipe = perso::default_recipe(kIccid1, "001010123456789", kKey, kOpc);
    recipe.gsm_access = gsm_access;
    recipe.files = {file("6F90", perso::FileRecipe::Type::transparent, 20), file("6F91", perso::FileRecipe::Type::linear_fixed, 30, 10),
                    file("6F92", perso::FileRecipe::Type::cyclic, 9, 3), file("6F93", perso::FileRecipe::Type::ber_tlv, 600)};
    REQUIRE(bench::installed(lpa.download(desk(), desk().order(kIccid1, {}, perso::build_profile(recipe)))));
    REQUIRE(es10(enable(kIccid1)) == "BF3103800100");
    card.reset();
    REQUIRE(raw(kUsim) == "9000");
  }
  // PIN1 is asked for after this.
  void lock() {
    REQUIRE(raw("0028000108" + std::string(kPin)) == "9000");
    card.reset();
    REQUIRE(raw(kUsim) == "9000");
  }
  // A REFRESH waits for the terminal.
  void queue_refresh() {
    REQUIRE(raw("8010000022" + std::string(68, 'F')) == "9000");
    REQUIRE(raw("00700001") == "9000");
    REQUIRE(raw("01A4040010A0000005591010FFFFFFFF8900000100").starts_with("61"));
    const std::string command = disable(kIccid1, true);
    REQUIRE(raw("81E29100" + to_hex(be_bytes(command.size() / 2, 1)) + command) == "6106");
    REQUIRE(raw("81C0000006").substr(0, 14) == "BF320380010091");
  }
  std::string fcp(const std::string& select) { return apdu(select); }
};

usim::AkaParameters network() {
  usim::AkaParameters out;
  out.key = crypto::SecretBytes(ByteView(kKey));
  out.opc = crypto::SecretBytes(ByteView(kOpc));
  return out;
}

std::string challenge(std::uint64_t sqn, const char* amf = "8000", bool forged = false) {
  usim::Vector vector = usim::generate_vector(network(), kRand, sqn, from_hex(amf).value());
  if (forged) vector.autn[15] ^= 1;
  return "0088008122"
         "10" +
         to_hex(vector.rand) + "10" + to_hex(vector.autn);
}

}  // namespace

TEST_CASE("Data of a command with data waits behind 61xx and never comes at once", "[pitfalls]") {
  Phone card;
  for (const char* command : {"00A40004023F00", "00A4040407A0000000871002", "00A40004023F0000"}) {
    INFO(command);
    REQUIRE(card.raw(command).size() == 4);
    REQUIRE(card.raw(command).starts_with("61"));
  }
}

TEST_CASE("A wrong Le is told with 6Cxx and gives no shortened data", "[pitfalls]") {
  Phone card;
  card.raw("00A4000C026F91");
  for (const char* command : {"00B2010401", "00B2010409", "00B201040B", "00B20104FF", "00B2010400"}) REQUIRE(card.raw(command) == "6C0A");
  card.raw("00A4000C026F07");
  REQUIRE(card.raw("00B00000FF") == "6C09");
}

TEST_CASE("The last status word comes with the last octets of GET RESPONSE", "[pitfalls]") {
  Phone card;
  card.raw(
      "0020000A08"
      "3838383838383838");
  card.raw("00A4000C026F90");
  card.raw("00040000");
  const std::string size = card.raw("00A40004026F90");
  REQUIRE(size.starts_with("61"));
  REQUIRE(card.raw("00C0000004").substr(8, 2) == "61");
  REQUIRE(card.raw("00C0000000").ends_with("6283"));
  card.queue_refresh();
  const std::string again = card.raw("00A40004023F00");
  REQUIRE(again.starts_with("61"));
  const std::string answer = card.raw("00C00000" + again.substr(2));
  REQUIRE(answer.substr(answer.size() - 4, 2) == "91");
}

TEST_CASE("Nothing is announced before TERMINAL PROFILE", "[pitfalls]") {
  Phone card;
  REQUIRE(card.es10(disable(kIccid1, true)).starts_with("BF3203"));
  REQUIRE(card.raw("80F2000C") == "9000");
  REQUIRE(card.raw("00A4000C023F00") == "9000");
}

TEST_CASE("Only 9000 becomes 91xx: errors, warnings, 61xx and 6Cxx stay", "[pitfalls]") {
  Phone card;
  card.raw("00A4000C026F91");
  card.queue_refresh();
  REQUIRE(card.raw("00B2010409") == "6C0A");
  REQUIRE(card.raw("00B204040A") == "6A83");
  REQUIRE(card.raw("00A2010401"
                   "99") == "6282");
  REQUIRE(card.raw("00A40004023F00").starts_with("61"));
  REQUIRE(card.raw("00A4000C02AAAA") == "6A82");
  REQUIRE(card.raw("80F2000C").starts_with("91"));
}

TEST_CASE("A waiting proactive command is told in a transfer that goes on", "[pitfalls]") {
  Phone card;
  card.queue_refresh();
  REQUIRE(card.raw("00A4000C026F93").starts_with("91"));
  REQUIRE(card.raw("80DB008002"
                   "8103") == "63F2");
  REQUIRE(card.raw("80DB000003"
                   "AABBCC")
              .starts_with("91"));
  REQUIRE(card.raw("80DB0080FF"
                   "828200FC" +
                   std::string(502, 'A')) == "63F2");
  REQUIRE(card.raw("80DB000001"
                   "BB")
              .starts_with("91"));
  REQUIRE(card.raw("80CB0080018102") == "6102");  // Le 02: two octets are a block
  REQUIRE(card.raw("00C0000002") == "810362F2");
  REQUIRE(card.raw("80CB000003").starts_with("AABBCC91"));
}

TEST_CASE("PIN verification outlives SELECT of another application and a closed channel", "[pitfalls]") {
  Phone card;
  card.lock();
  card.raw("0020000108" + std::string(kPin));
  card.raw("00A4040C07A0000000871004");
  card.raw("0070000001");
  card.raw("01A4040C07A0000000871002");
  card.raw("00708001");
  card.raw(kUsim);
  REQUIRE(card.raw("00B0870009").ends_with("9000"));
  card.card.reset();
  card.raw(kUsim);
  REQUIRE(card.raw("00B0870009") == "6982");
}

TEST_CASE("A PIN is verified for every channel at once", "[pitfalls]") {
  Phone card;
  card.lock();
  card.raw("0070000001");
  card.raw("01A4040C07A0000000871002");
  REQUIRE(card.raw("01B0870009") == "6982");
  card.raw("0020000108" + std::string(kPin));
  REQUIRE(card.raw("01B0870009").ends_with("9000"));
}

TEST_CASE("Asking for the counters costs no try", "[pitfalls]") {
  Phone card;
  for (int i = 0; i < 5; ++i) {
    REQUIRE(card.raw("0020000100") == "63C3");
    REQUIRE(card.raw("00200001") == "63C3");
    REQUIRE(card.raw("002C000100") == "63CA");
  }
}

TEST_CASE("The try that empties the counter answers 63C0, the next 6983", "[pitfalls]") {
  Phone card;
  card.lock();
  const std::string wrong = "0020000108" + std::string(kWrong);
  REQUIRE(card.raw(wrong) == "63C2");
  REQUIRE(card.raw(wrong) == "63C1");
  REQUIRE(card.raw(wrong) == "63C0");
  REQUIRE(card.raw(wrong) == "6983");
}

TEST_CASE("Files of a sibling directory are not reached by identifier", "[pitfalls]") {
  Phone card;
  REQUIRE(card.raw("00A4000C025FC0") == "9000");
  REQUIRE(card.raw("00A4000C024F07") == "9000");
  REQUIRE(card.raw("00A4000C026F07") == "6A82");  // of the parent
  REQUIRE(card.raw("00A4000C025F3B") == "9000");  // the sibling itself
  REQUIRE(card.raw("00A4000C024F07") == "6A82");
}

TEST_CASE("The path a modem uses finds EF.IMSI, and short names find applications", "[pitfalls]") {
  Phone card;
  REQUIRE(card.raw("00A4080404"
                   "7FFF6F07")
              .starts_with("61"));
  REQUIRE(card.raw("00A4040405"
                   "A000000087")
              .starts_with("61"));
  REQUIRE(card.raw("00A4040407"
                   "A0000000871002")
              .starts_with("61"));
}

TEST_CASE("A failing SELECT leaves file, record pointer and application", "[pitfalls]") {
  Phone card;
  card.raw("00A4000C026F91");
  card.raw("00B200020A");
  for (const char* failing :
       {"00A4000402AAAA", "00A4080C047FFFAAAA", "00A4080C047F10AAAA", "00A4040C05A0000000FF", "00A4000C0100", "00A40F0C023F00"}) {
    INFO(failing);
    REQUIRE(card.raw(failing).starts_with("6"));
    REQUIRE(card.raw("00B200040A").ends_with("9000"));
  }
  REQUIRE(card.raw("00A4000C027FFF") == "9000");
}

TEST_CASE("After an EF its directory is current", "[pitfalls]") {
  Phone card;
  REQUIRE(card.raw("00A4080C022FE2") == "9000");
  REQUIRE(card.raw("00A4000C026F07") == "6A82");
  REQUIRE(card.raw("00A4000C022F00") == "9000");
}

TEST_CASE("FCPs give records their length and number, life cycle 05, and an SFI or none", "[pitfalls]") {
  Phone card;
  const std::string records = card.fcp("00A40004026F91");
  REQUIRE(records.find("8205"
                       "4221"
                       "000A"
                       "03") != std::string::npos);
  REQUIRE(records.find("8A0105") != std::string::npos);
  REQUIRE(records.find("8800") != std::string::npos);
  REQUIRE(card.fcp("00A40004026F07").find("880138") != std::string::npos);
  for (const char* select : {"00A40004023F00", "00A4040407A0000000871002", "00A40004026F91", "00A40004026F93"}) {
    REQUIRE(card.fcp(select).size() / 2 - 2 <= 98);
  }
}

TEST_CASE("A read by SFI makes the file current", "[pitfalls]") {
  Phone card;
  card.raw("00A4000C026F90");
  REQUIRE(card.raw("00B0870009").ends_with("9000"));
  REQUIRE(card.raw("00B0000009") == "0809101010325476989000");
}

TEST_CASE("Cyclic files are written in previous mode alone and turn when they are read", "[pitfalls]") {
  Phone card;
  card.raw("00A4000C026F92");
  REQUIRE(card.raw("00DC010403000001") == "6981");
  for (const char* value : {"000001", "000002", "000003"}) REQUIRE(card.raw("00DC000303" + std::string(value)) == "9000");
  REQUIRE(card.raw("00B2010403") == "0000039000");
  REQUIRE(card.raw("00B2030403") == "0000019000");
  card.raw("00A4000C026F92");
  for (const char* value : {"000003", "000002", "000001", "000003"}) REQUIRE(card.raw("00B2000203") == std::string(value) + "9000");
  card.raw("00A4000C026F91");
  for (int i = 0; i < 3; ++i) REQUIRE(card.raw("00B200020A").ends_with("9000"));
  REQUIRE(card.raw("00B200020A") == "6A83");
}

TEST_CASE("A forged AUTN never yields AUTS, whatever its SQN", "[pitfalls]") {
  Phone card;
  for (const std::uint64_t sqn : {std::uint64_t{0}, std::uint64_t{32}, std::uint64_t{1} << 47})
    REQUIRE(card.raw(challenge(sqn, "8000", true)) == "9862");
}

TEST_CASE("An older SEQ in a free place is taken, not seen as far ahead", "[pitfalls]") {
  Phone card;
  REQUIRE(card.apdu(challenge(100 << 5 | 1)).starts_with("DB"));
  REQUIRE(card.apdu(challenge(50 << 5 | 2)).starts_with("DB"));
  REQUIRE(card.apdu(challenge(50 << 5 | 2)).starts_with("DC"));
}

TEST_CASE("AUTS holds SQN_MS under f5* and f1* with AMF 0000, whatever AMF came", "[pitfalls]") {
  Phone card;
  REQUIRE(card.apdu(challenge(3200)).starts_with("DB"));
  const std::string first = card.apdu(challenge(32, "8000")), second = card.apdu(challenge(32, "B9B9"));
  REQUIRE(first == second);
  REQUIRE(usim::resolve_auts(network(), kRand, from_hex(first.substr(4, 28)).value()) == 3200);
}

TEST_CASE("The SQN array is stored before 61xx leaves, even when nobody fetches the answer", "[pitfalls]") {
  Phone card;
  REQUIRE(card.raw(challenge(64)).starts_with("61"));
  card::Card again(card.store, desk().rng());
  again.power_on();
  (void)again.transmit(from_hex(kUsim).value());
  REQUIRE(to_hex(again.transmit(from_hex(challenge(64)).value())) == "6110");
}

TEST_CASE("Kc is given with service 27 and never by an ISIM", "[pitfalls]") {
  Phone with;
  REQUIRE(with.raw(challenge(32)) == "6135");
  with.raw("00A4040C07A0000000871004");
  REQUIRE(with.raw(challenge(64)) == "612C");
  Phone without(false);
  REQUIRE(without.raw(challenge(32)) == "612C");
}

TEST_CASE("AUTHENTICATE needs the application and its PIN", "[pitfalls]") {
  Phone card;
  card.lock();
  REQUIRE(card.raw(challenge(32)) == "6982");
  card.card.reset();
  REQUIRE(card.raw(challenge(32)) == "6985");
}

TEST_CASE("IMSI, ICCID and PLMN are swapped, and service 1 is the lowest bit of the first octet", "[pitfalls]") {
  Phone card;
  REQUIRE(card.raw("00B0870009") == "0809101010325476989000");
  const std::string services = card.raw("00B0840001");
  REQUIRE((from_hex(services.substr(0, 2)).value()[0] & 0x01) == 1);  // the phone book
  card.raw("00A4080C022FE2");
  REQUIRE(card.raw("00B000000A") == "988812010000000010F19000");
  REQUIRE(card.raw("00A4080C047FFF6F62") == "9000");
  REQUIRE(card.raw("00B0000003") == "00F1109000");
}

TEST_CASE("EF.ECC and EF.AD are read before any PIN", "[pitfalls]") {
  Phone card;
  card.lock();
  REQUIRE(card.raw("00B0830004").ends_with("9000"));
  REQUIRE(card.raw("00B2010C04").ends_with("9000"));
}

TEST_CASE("FETCH with a wrong Le keeps the command, a right one consumes it, other commands lose nothing", "[pitfalls]") {
  Phone card;
  card.queue_refresh();
  const std::string waiting = card.raw("80F2000C");
  REQUIRE(waiting.starts_with("91"));
  REQUIRE(card.raw("00A4000C026F07") == waiting);
  REQUIRE(card.raw("8012000001") == "6C" + waiting.substr(2));
  REQUIRE(card.raw("00B0000009").ends_with(waiting));
  REQUIRE(card.raw("80120000" + waiting.substr(2)).ends_with("9000"));
  REQUIRE(card.raw("80120000" + waiting.substr(2)).starts_with("6"));
}

TEST_CASE("Channels are closed with P3 00 or without, and class 8X speaks to its channel", "[pitfalls]") {
  Phone card;
  REQUIRE(card.raw("0070000001") == "019000");
  REQUIRE(card.raw("01A4040C07A0000000871004") == "9000");
  REQUIRE(card.apdu("81F2000100").find("A0000000871004") != std::string::npos);
  REQUIRE(card.apdu("80F2000100").find("A0000000871002") != std::string::npos);
  REQUIRE(card.raw("00708001") == "9000");
  REQUIRE(card.raw("0070000001") == "019000");
  REQUIRE(card.raw("0070800100") == "9000");
  REQUIRE(card.raw("81F2000C") == "6881");
  REQUIRE(card.raw("0070000001") == "019000");
  const std::string size = card.raw("01A40004023F00");
  REQUIRE(card.raw("81C00000" + size.substr(2)).ends_with("9000"));  // GET RESPONSE in class 81
}

TEST_CASE("Applications of GlobalPlatform answer with FCI 6F, with P2 04 too", "[pitfalls]") {
  Phone card;
  for (const char* select : {"00A4040010A0000005591010FFFFFFFF8900000100", "00A4040410A0000005591010FFFFFFFF8900000100", "00A4040000"}) {
    INFO(select);
    REQUIRE(card.apdu(select).starts_with("6F"));
  }
}

TEST_CASE("A reset ends channels, chains and transfers", "[pitfalls]") {
  Phone card;
  card.raw("0070000001");
  card.raw("00A4000C026F93");
  REQUIRE(card.raw("80DB008002"
                   "8103") == "63F1");
  card.card.reset();
  REQUIRE(card.raw("01A4000C023F00") == "6881");
  card.raw(kUsim);
  card.raw("00A4000C026F93");
  REQUIRE(card.raw("80DB000003"
                   "AABBCC") == "6985");
  REQUIRE(card.raw("00A4040010A0000005591010FFFFFFFF8900000100").starts_with("61"));
  REQUIRE(card.raw("80E2110003"
                   "BF3E03") == "9000");
  card.card.reset();
  card.raw("00A4040010A0000005591010FFFFFFFF8900000100");
  REQUIRE(card.raw("80E2910103"
                   "5C015A")
              .starts_with("6"));
}

TEST_CASE("Channels on the files of a profile that was disabled stand on nothing of it", "[pitfalls]") {
  Phone card;
  card.raw("00A4000C026F07");
  card.raw("0070000001");
  card.raw("01A4040010A0000005591010FFFFFFFF8900000100");
  const std::string command = disable(kIccid1);
  REQUIRE(card.raw("81E29100" + to_hex(be_bytes(command.size() / 2, 1)) + command) == "6106");
  REQUIRE(card.raw("00B0000009") == "6986");
  REQUIRE(card.raw("00A4000C027FFF") == "6A82");
  REQUIRE(card.raw(kUsim) == "6A82");
}
