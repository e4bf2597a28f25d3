// GET IDENTITY on a whole card: who may ask, what comes back, and that the home network can read it.
#include "euicc/crypto/ecies.h"
#include "euicc/usim/suci.h"
#include "tests/card/bench_card.h"
#include "tools/perso_upp/upp_builder.h"

using namespace simurgh;
using namespace simurgh::test;
using namespace simurgh::literals;

namespace {

constexpr const char* kUsim = "00A4040C07A0000000871002";
const Bytes kHomePrivate = "C53C22208B61860B06C62E5406A7B330C2B577AA5558981510D128247D38BD1D"_hex;

bench::Desk& desk() {
  static bench::Desk shared;
  return shared;
}

perso::ProfileRecipe recipe(Bytes calc_info) {
  perso::ProfileRecipe out = perso::default_recipe(kIccid1, "001010123456789", Bytes(16, 1), Bytes(16, 2));
  out.suci_by_usim = true;
  out.suci_calc_info = std::move(calc_info);
  out.routing_indicator = "678";
  out.services = {142};
  return out;
}

Bytes profile_a_info() { return concat({"A0020101 A125 80011B 8120"_hex, crypto::x25519_public(kHomePrivate)}); }

struct Concealing : BenchCard {
  explicit Concealing(const perso::ProfileRecipe& what) : BenchCard(desk()) {
    REQUIRE(bench::installed(lpa.download(desk(), desk().order(kIccid1, {}, perso::build_profile(what)))));
    REQUIRE(es10(enable(kIccid1)) == "BF3103800100");
    REQUIRE(apdu(kUsim) == "9000");
  }
};

}  // namespace

TEST_CASE("GET IDENTITY conceals the IMSI anew each time, and the home network reads it", "[suci]") {
  Concealing card(recipe(profile_a_info()));
  const std::string size = card.raw("8078000100");
  REQUIRE(size == "6C37");
  const std::string first = card.apdu("8078008137"), second = card.apdu("8078000137");
  REQUIRE(
      first.starts_with("A135"
                        "0100F11076F8011B"));
  REQUIRE(first.ends_with("9000"));
  REQUIRE(first != second);
  const Bytes output = from_hex(first.substr(4 + 16, 2 * 45)).value();
  const auto shared = crypto::x25519_agree(kHomePrivate, ByteView(output).first(32));
  REQUIRE(shared);
  const auto keys = crypto::x963_kdf(shared->expose(), ByteView(output).first(32), 64);
  const Bytes msin = crypto::aes_ctr(keys.expose().first(16), keys.expose().subspan(16, 16), ByteView(output).subspan(32, 5));
  REQUIRE(to_hex(msin) == "1032547698");
}

TEST_CASE("GET IDENTITY answers in the clear only when the home network provisioned the null scheme", "[suci]") {
  Concealing null(recipe("A0020000A100"_hex));
  REQUIRE(null.apdu("8078000100") ==
          "A10D"
          "0100F11076F80000"
          "1032547698"
          "9000");
  REQUIRE(null.apdu("8078000200").find(to_hex(text_view("type0.rid678.schid0.userid0123456789@5gc-nswo.mnc001.mcc001.3gppnetwork.org"))) ==
          6);
  Concealing unusable(recipe("A0020101A100"_hex));
  REQUIRE(unusable.apdu("8078000100") == "6985");
  Concealing broken(recipe("A103010180"_hex));
  REQUIRE(broken.apdu("8078000100") == "6985");
  const auto key = crypto::EcPrivateKey::generate(crypto::Curve::nist_p256, desk().rng());
  Concealing profile_b(recipe(concat({"A0020201 A126 800105 8121"_hex, crypto::compressed_point(key.public_key())})));
  REQUIRE(profile_b.apdu("8078000100")
              .starts_with("A136"
                           "0100F11076F80205"));
}

TEST_CASE("GET IDENTITY is refused without the USIM, its services, its PIN or a right P1 P2", "[suci]") {
  Concealing card(recipe(profile_a_info()));
  REQUIRE(card.raw("8078010137") == "6A86");
  REQUIRE(card.raw("8078000037") == "6A86");
  REQUIRE(card.raw("8078000337") == "6A86");
  REQUIRE(card.raw("807800010100") == "6700");
  REQUIRE(card.raw("0078000137") == "6D00");
  card.raw(
      "0028000108"
      "31323334FFFFFFFF");  // enable the PIN
  card.card.reset();
  REQUIRE(card.raw("8078000137") == "6985");  // no application yet
  card.raw(kUsim);
  REQUIRE(card.raw("8078000137") == "6982");
  card.raw(
      "0020000108"
      "31323334FFFFFFFF");
  REQUIRE(card.raw("8078000137").ends_with("9000"));
  card.raw("00A4040C07A0000000871004");
  REQUIRE(card.raw("8078000137") == "6985");  // the ISIM has no such identity
  card.raw(kUsim);
  card.raw(
      "0020000A08"
      "3838383838383838");
  card.raw("00A4000C026F07");
  REQUIRE(card.raw("00040000") == "9000");
  REQUIRE(card.raw("8078000137") == "6985");  // EF.IMSI is deactivated
  perso::ProfileRecipe plain = recipe(profile_a_info());
  plain.suci_by_usim = false;
  Concealing by_terminal(plain);
  REQUIRE(by_terminal.raw("8078000137") == "6985");
}
