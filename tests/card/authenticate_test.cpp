// AUTHENTICATE on a whole card: GBA, contexts that are none of this card's, counters that end, TUAK with long keys, ISIM beside USIM.
#include "euicc/usim/gba.h"
#include "tests/card/bench_card.h"
#include "tools/perso_upp/upp_builder.h"

using namespace simurgh;
using namespace simurgh::test;
using namespace simurgh::literals;

namespace {

constexpr const char* kUsim = "00A4040C07A0000000871002";
constexpr const char* kIsim = "00A4040C07A0000000871004";
const Bytes kKey = "465B5CE8B199B49FAA5F0A2EE238A6BC"_hex, kOpc = "CD63CB71954A9F4E48A5994E37A02BAF"_hex;
const Bytes kRand = "23553CBE9637A89D218AE64DAE47BF35"_hex, kAmf = "8000"_hex;

bench::Desk& desk() {
  static bench::Desk shared;
  return shared;
}

usim::AkaParameters milenage() {
  usim::AkaParameters out;
  out.key = crypto::SecretBytes(ByteView(kKey));
  out.opc = crypto::SecretBytes(ByteView(kOpc));
  return out;
}

perso::ProfileRecipe recipe() { return perso::default_recipe(kIccid1, "001010123456789", kKey, kOpc); }

perso::FileRecipe file(const std::string& adf, const std::string& fid, std::uint32_t size, std::uint16_t length = 0) {
  perso::FileRecipe out;
  out.path = {adf, fid};
  out.size = size;
  if (length != 0) {
    out.type = perso::FileRecipe::Type::linear_fixed;
    out.record_length = length;
    out.records = static_cast<std::uint16_t>(size / length);
  }
  return out;
}

struct Subscriber : BenchCard {
  explicit Subscriber(const perso::ProfileRecipe& what) : BenchCard(desk()) {
    REQUIRE(bench::installed(lpa.download(desk(), desk().order(kIccid1, {}, perso::build_profile(what)))));
    REQUIRE(es10(enable(kIccid1)) == "BF3103800100");
    REQUIRE(apdu(kUsim) == "9000");
  }
  std::string ask(ByteView rand, ByteView autn, const std::string& header = "0088008122") {
    return apdu(header + "10" + to_hex(rand) + "10" + to_hex(autn));
  }
  std::string bootstrap(const usim::Vector& vector) {
    return apdu("0088008423DD10" + to_hex(vector.rand) + "10" + to_hex(usim::gba_autn(vector.autn, vector.ik)));
  }
};

perso::ProfileRecipe with_gba() {
  perso::ProfileRecipe out = recipe();
  out.services = {68};
  out.files = {file("usim", "6FD6", 40), file("usim", "6FDA", 60, 30)};
  return out;
}

}  // namespace

TEST_CASE("GBA bootstraps, keeps Ks over a reset and derives NAF keys the server knows", "[gba]") {
  Subscriber card(with_gba());
  const std::string naf = "DE04AABBCCDD03616240";
  REQUIRE(card.apdu("008800840A" + naf) == "6985");  // nothing bootstrapped yet
  const auto vector = usim::generate_vector(milenage(), kRand, 32, kAmf);
  REQUIRE(card.apdu("0088008423DD10" + to_hex(kRand) + "10" + to_hex(vector.autn)) == "9862");  // a plain challenge bootstraps nothing
  REQUIRE(card.bootstrap(vector) == "DB08" + to_hex(vector.xres) + "9000");
  card.raw("00A4000C026FD6");
  REQUIRE(card.raw("00B0000014") == "10" + to_hex(kRand) + "0000FF9000");
  REQUIRE(card.raw("00D6001105"
                   "0341424300") == "9000");  // the terminal adds B-TID
  card.card.reset();
  card.raw(kUsim);
  const usim::GbaKeys keys{crypto::SecretBytes(ByteView(concat({vector.ck, vector.ik}))), kRand};
  const auto expected = usim::naf_key(keys, usim::NafKey::external, "616240"_hex, "AABBCCDD"_hex);
  REQUIRE(card.apdu("008800840A" + naf) == "DB20" + to_hex(expected.expose()) + "9000");
  card.raw("00A4000C026FDA");
  REQUIRE(card.raw("00B201041E").starts_with("8004AABBCCDD8103414243FF"));
  REQUIRE(card.bootstrap(vector).starts_with("DC0E"));  // the same challenge again
  REQUIRE(card.apdu("0088008402DD10") == "6700");
  REQUIRE(card.apdu("008800840ADE04AABBCCDD04616240") == "6700");
  REQUIRE(card.apdu("0088008402AA10") == "6A80");
  REQUIRE(card.raw("00880084") == "6700");
}

TEST_CASE("A NAF that fits no record of EF.GBANL is refused and nothing is written", "[gba]") {
  Subscriber card(with_gba());
  REQUIRE(card.bootstrap(usim::generate_vector(milenage(), kRand, 32, kAmf)).ends_with("9000"));
  const auto before = card.store.cells();
  REQUIRE(card.apdu("0088008424DE1E" + std::string(60, 'A') + "0361624A") == "9866");
  REQUIRE(same_cells(card.store.cells(), before));
}

TEST_CASE("GBA without its service, and contexts of other cards, are refused by name", "[usim]") {
  Subscriber card(recipe());
  const std::string challenge = "10" + to_hex(kRand) + "10" + to_hex(kRand);
  REQUIRE(card.apdu("0088008423DD" + challenge) == "9864");
  for (const char* context : {"82", "85", "86"}) REQUIRE(card.apdu("008800" + std::string(context) + "22" + challenge) == "9864");
  for (const char* context : {"00", "01", "83", "87", "FF"})
    REQUIRE(card.apdu("008800" + std::string(context) + "22" + challenge) == "6A86");
  REQUIRE(card.apdu("0088018122" + challenge) == "6A86");
  REQUIRE(card.raw("0089808502AABB") == "9864");
  REQUIRE(card.raw("0089008602AABB") == "9864");
  REQUIRE(card.raw("0089A086") == "9864");
  REQUIRE(card.raw("0089408502AABB") == "6A86");
  REQUIRE(card.raw("0089808102AABB") == "6A86");
  card.raw(kIsim);
  REQUIRE(card.apdu("0088008222" + challenge) == "9864");  // HTTP digest
  REQUIRE(card.apdu("0088008011"
                    "10" +
                    to_hex(kRand)) == "9864");
  card.raw("00A4000C023F00");
  card.card.reset();
  REQUIRE(card.apdu("0088008122" + challenge) == "6985");
  REQUIRE(card.raw("0089808502AABB") == "6985");
}

TEST_CASE("The ISIM authenticates without Kc, and bootstraps into files of its own", "[isim]") {
  perso::ProfileRecipe what = recipe();
  what.files = {file("isim", "6FD5", 30), file("isim", "6FD7", 40, 20)};
  Subscriber card(what);
  card.raw(kIsim);
  const auto vector = usim::generate_vector(milenage(), kRand, 32, kAmf);
  const std::string answer = card.ask(kRand, vector.autn);
  REQUIRE(answer == "DB08" + to_hex(vector.xres) + "10" + to_hex(vector.ck) + "10" + to_hex(vector.ik) + "9000");
  REQUIRE(card.bootstrap(usim::generate_vector(milenage(), kRand, 64, kAmf)) == "9864");  // EF.IST names no GBA
  card.raw(
      "0020000A08"
      "3838383838383838");
  card.raw("00A4000C026F07");
  REQUIRE(card.raw("00D600000102") == "9000");  // service 2
  REQUIRE(card.bootstrap(usim::generate_vector(milenage(), kRand, 96, kAmf)).starts_with("DB08"));
  card.raw("00A4000C026FD5");
  REQUIRE(card.raw("00B0000013") == "10" + to_hex(kRand) + "00009000");
  REQUIRE(card.apdu("008800840ADE04AABBCCDD03616240").starts_with("DB20"));
}

TEST_CASE("The GSM context needs its service, and Kc in the 3G context another one", "[usim]") {
  perso::ProfileRecipe what = recipe();
  what.ust = "0000000020"_hex;  // service 38 alone
  Subscriber card(what);
  REQUIRE(card.raw("0088008011"
                   "10" +
                   to_hex(kRand)) == "610E");
  REQUIRE(card.raw("00C000000E") == "0446F8416A08EAE4BE823AF9A08B9000");
  const auto vector = usim::generate_vector(milenage(), kRand, 32, kAmf);
  REQUIRE(card.raw("0088008122"
                   "10" +
                   to_hex(kRand) + "10" + to_hex(vector.autn)) == "612C");
  what.ust = "0000000400"_hex;  // service 27 alone
  Subscriber other(what);
  REQUIRE(other.raw("0088008011"
                    "10" +
                    to_hex(kRand)) == "9864");
  REQUIRE(other.raw("0088008122"
                    "10" +
                    to_hex(kRand) + "10" + to_hex(vector.autn)) == "6135");
}

TEST_CASE("The counter of authentications ends both contexts, and a reset does not help", "[usim]") {
  perso::ProfileRecipe what = recipe();
  what.aka.auth_counter_max = 2;
  Subscriber card(what);
  REQUIRE(card.ask(kRand, usim::generate_vector(milenage(), kRand, 32, kAmf).autn).starts_with("DB"));
  REQUIRE(card.raw("0088008011"
                   "10" +
                   to_hex(kRand)) == "610E");
  card.card.reset();
  card.raw(kUsim);
  REQUIRE(card.ask(kRand, usim::generate_vector(milenage(), kRand, 64, kAmf).autn) == "6985");
  REQUIRE(card.raw("0088008011"
                   "10" +
                   to_hex(kRand)) == "6985");
}

TEST_CASE("TUAK runs with 128 and 256 bits of key and every length of RES on a card", "[usim]") {
  for (const std::size_t size : {16U, 32U}) {
    for (const std::uint8_t option : {std::uint8_t{0}, std::uint8_t{1}, std::uint8_t{2}}) {
      usim::AkaParameters network;
      network.algorithm = usim::Algorithm::tuak;
      network.algorithm_options = option;
      network.key = crypto::SecretBytes(ByteView(Bytes(size, 0xAB)));
      network.opc = usim::tuak_topc(network.key.expose(), Bytes(32, 0x55), 2);
      network.keccak_iterations = 2;
      perso::ProfileRecipe what = recipe();
      what.aka.algorithm = usim::Algorithm::tuak;
      what.aka.key = Bytes(size, 0xAB);
      what.aka.opc.clear();
      what.aka.op = Bytes(32, 0x55);
      what.aka.options = option;
      what.aka.keccak_iterations = 2;
      Subscriber card(what);
      const auto vector = usim::generate_vector(network, kRand, 32, kAmf);
      REQUIRE(vector.xres.size() == (std::size_t{4} << option));
      REQUIRE(card.ask(kRand, vector.autn)
                  .starts_with("DB" + to_hex(be_bytes(vector.xres.size(), 1)) + to_hex(vector.xres) + "10" + to_hex(vector.ck)));
    }
  }
}
