// Concealed identities: the test data of TS 33.501 C.4 (vectors/suci/ecies.txt), files that lie, and what the network makes of an identity.
#include "euicc/usim/suci.h"

#include <catch2/catch.hpp>
#include <filesystem>

#include "euicc/crypto/ecies.h"
#include "tests/support/vector_file.h"
#include "tests/support/paths.h"

using namespace simurgh;
using namespace simurgh::usim;
using namespace simurgh::literals;

namespace {

// The home network's side of a scheme output: nothing when the MAC is wrong.
std::optional<Bytes> reveal(SuciScheme scheme, ByteView home_private, ByteView output) {
  const std::size_t size = scheme == SuciScheme::profile_a ? 32 : 33;
  const ByteView ephemeral = output.first(size), hidden = output.subspan(size, output.size() - size - 8);
  std::optional<crypto::SecretBytes> shared;
  if (scheme == SuciScheme::profile_a) {
    shared = crypto::x25519_agree(home_private, ephemeral);
  } else {
    shared = crypto::EcPrivateKey::from_scalar(crypto::Curve::nist_p256, home_private)->agree(*crypto::p256_from_any_point(ephemeral));
  }
  REQUIRE(shared);
  const auto keys = crypto::x963_kdf(shared->expose(), ephemeral, 64);
  const auto mac = crypto::hmac_sha256(keys.expose().last(32), {hidden});
  if (!equal(ByteView(mac).first(8), output.last(8))) return std::nullopt;
  return crypto::aes_ctr(keys.expose().first(16), keys.expose().subspan(16, 16), hidden);
}

}  // namespace

TEST_CASE("The published test data of both ECIES profiles come out octet by octet", "[suci]") {
  const auto cases = test::load_vectors(std::filesystem::path(simurgh::test::source_dir()) / "vectors/suci/ecies.txt");
  REQUIRE(cases.size() == 3);
  for (const auto& c : cases) {
    INFO(c.where());
    const auto scheme = static_cast<SuciScheme>(c.number("scheme"));
    const auto output = conceal(scheme, c.hex("home_public"), c.hex("plain"), c.hex("ephemeral_private"));
    REQUIRE(output);
    CHECK(*output == c.hex("output"));
    CHECK(reveal(scheme, c.hex("home_private"), *output) == c.hex("plain"));
    Bytes bent = *output;
    bent.back() ^= 1;
    CHECK_FALSE(reveal(scheme, c.hex("home_private"), bent));
  }
}

TEST_CASE("X25519, HMAC and counter mode agree with RFC 7748, RFC 4231 and SP 800-38A", "[crypto]") {
  REQUIRE(to_hex(crypto::x25519_agree("77076D0A7318A57D3C16C17251B26645DF4C2F87EBC0992AB177FBA51DB92C2A"_hex,
                                      "DE9EDB7D7B7DC1B4D35B61C2ECE435373F8343C85B78674DADFC7E146F882B4F"_hex)
                     ->expose()) == "4A5D9D5BA4CE2DE1728E3BF480350F25E07E21C947D19E3376F09B3C1E161742");
  REQUIRE(to_hex(crypto::x25519_public("77076D0A7318A57D3C16C17251B26645DF4C2F87EBC0992AB177FBA51DB92C2A"_hex)) ==
          "8520F0098930A754748B7DDCB43EF75A0DBF3A0D26381AF4EBA4A98EAA9B4E6A");
  REQUIRE(to_hex(crypto::hmac_sha256(Bytes(20, 0x0B), {text_view("Hi There")})) ==
          "B0344C61D8DB38535CA8AFCEAF0BF12B881DC200C9833DA726E9376C2E32CFF7");
  REQUIRE(
      to_hex(crypto::hmac_sha256(Bytes(131, 0xAA), {text_view("Test Using Larger Than Block-Size Key"), text_view(" - Hash Key First")})) ==
      "60E431591EE0B67F0D8A26AACBF5B77F8E0BC6213728C5140546040F0EE37F54");
  REQUIRE(to_hex(crypto::aes_ctr("2B7E151628AED2A6ABF7158809CF4F3C"_hex, "F0F1F2F3F4F5F6F7F8F9FAFBFCFDFEFF"_hex,
                                 "6BC1BEE22E409F96E93D7E117393172AAE2D8A571E03AC9C9EB76FAC45AF8E51"_hex)) ==
          "874D6191B620E3261BEF6864990DB6CE9806F66B7970FDFF8617187BB9FFFDFF");
}

TEST_CASE("EF.SUCI_Calc_Info is read whole or not at all", "[suci]") {
  const auto good = SuciCalcInfo::parse("A00402010002 A107 80011B 8102AABB FFFF"_hex);
  REQUIRE(good);
  REQUIRE(good->choices.size() == 2);
  REQUIRE(good->choices[0].scheme == 2);
  REQUIRE(good->keys.size() == 1);
  REQUIRE(good->keys[0].identifier == 0x1B);
  REQUIRE(SuciCalcInfo::parse("A000A100"_hex));
  REQUIRE(SuciCalcInfo::parse("A000"_hex));
  for (const char* bad :
       {"", "FFFF", "A10380011B", "A00101", "A0020100A1028001", "A0020100A10380011B", "A0020100A10681018011AA", "A000A10001"}) {
    INFO(bad);
    REQUIRE_FALSE(SuciCalcInfo::parse(from_hex(bad).value()));
  }
}

TEST_CASE("The first scheme that can be computed is chosen, and the null scheme only when the network says so", "[suci]") {
  SuciCalcInfo info;
  REQUIRE(choose_scheme(info)->scheme == SuciScheme::null);  // nothing provisioned
  info.keys = {{.identifier = 7, .value = Bytes(32, 9)}, {.identifier = 8, .value = Bytes(33, 9)}};
  info.choices = {{3, 1}, {2, 2}, {1, 3}};
  REQUIRE_FALSE(choose_scheme(info));  // unknown scheme, no point, no key: never sent in the clear
  info.choices.push_back({1, 1});
  REQUIRE(choose_scheme(info)->scheme == SuciScheme::profile_a);
  REQUIRE(choose_scheme(info)->key_identifier == 7);
  info.choices.insert(info.choices.begin(), {0, 0});
  REQUIRE(choose_scheme(info)->scheme == SuciScheme::null);
}

TEST_CASE("Schemes refuse keys of another size, off the curve, or of small order", "[suci]") {
  const Bytes ephemeral(32, 5);
  REQUIRE_FALSE(conceal(SuciScheme::profile_a, Bytes(31, 9), "00"_hex, ephemeral));
  REQUIRE_FALSE(conceal(SuciScheme::profile_a, Bytes(32, 0), "00"_hex, ephemeral));
  REQUIRE_FALSE(conceal(SuciScheme::profile_b, Bytes(33, 2), "00"_hex, Bytes(32, 0)));
  Bytes off(65, 1);
  off[0] = 4;
  REQUIRE_FALSE(conceal(SuciScheme::profile_b, off, "00"_hex, ephemeral));
}

TEST_CASE("Subscription identifiers are read from EF.IMSI with two and three digits of MNC", "[suci]") {
  const auto odd = Supi::from_imsi("0809101010325476 98"_hex, 2);
  REQUIRE(odd);
  REQUIRE(odd->mcc + " " + odd->mnc + " " + odd->msin == "001 01 0123456789");
  const auto even = Supi::from_imsi("0801101010325476F8"_hex, 3);
  REQUIRE(even);
  REQUIRE(even->mcc + " " + even->mnc + " " + even->msin == "001 010 12345678");
  for (const char* bad : {"", "00", "08", "09091010103254769898", "0809101010325476", "080B10101032547698", "0109", "0809101010325476A8",
                          "FFFFFFFFFFFFFFFFFF"}) {
    INFO(bad);
    REQUIRE_FALSE(Supi::from_imsi(from_hex(bad).value(), 2));
  }
  REQUIRE_FALSE(Supi::from_imsi("080910101032547698"_hex, 4));
}

TEST_CASE("A mobile identity carries network, routing indicator, scheme and key identifier", "[suci]") {
  const auto rng = crypto::seeded_rng(1);
  const Supi supi = *Supi::from_imsi("082947100210000268"_hex, 3);
  const Bytes null = *suci(supi, {}, "76F8"_hex, false, *rng);
  REQUIRE(to_hex(null).substr(0, 16) == "0172241076F80000");
  const Bytes home = crypto::x25519_public(Bytes(32, 3));
  const SuciChoice choice{SuciScheme::profile_a, 27, home};
  const Bytes first = *suci(supi, choice, "76F8"_hex, false, *rng);
  const Bytes second = *suci(supi, choice, "76F8"_hex, false, *rng);
  REQUIRE(to_hex(first).substr(0, 16) == "0172241076F8011B");
  REQUIRE(first != second);  // a fresh ephemeral key for every identity
  REQUIRE(*reveal(SuciScheme::profile_a, Bytes(32, 3), ByteView(first).subspan(8)) == to_bytes(ByteView(null).subspan(8)));
}

TEST_CASE("Network access identifiers are concealed in the user name only", "[suci]") {
  const auto rng = crypto::seeded_rng(1);
  const auto supi = Supi::from_nai(concat({"800E"_hex, text_view("name@realm.org"), "FFFF"_hex}));
  REQUIRE(supi);
  REQUIRE(to_text(*suci(*supi, {}, "F0FF"_hex, false, *rng)) == "\x11type1.rid0.schid0.useridname@realm.org");
  const SuciChoice choice{SuciScheme::profile_b, 3, crypto::EcPrivateKey::generate(crypto::Curve::nist_p256, *rng).public_key().point()};
  const std::string text = to_text(*suci(*supi, choice, "21F3"_hex, false, *rng));
  REQUIRE(text.starts_with("\x11type1.rid123.schid2.hnkey3.ecckey0"));
  REQUIRE(text.find(".cip") + 4 + 8 == text.find(".mac"));
  REQUIRE(text.ends_with("@realm.org"));
  REQUIRE_FALSE(Supi::from_nai("8000"_hex));
  REQUIRE_FALSE(Supi::from_nai("83024142"_hex));
  REQUIRE_FALSE(Supi::from_nai(Bytes(4, 0xFF)));
  Supi longest = *supi;
  longest.username = std::string(120, 'x');
  REQUIRE_FALSE(suci(longest, choice, "F0FF"_hex, false, *rng));
  const Supi imsi = *Supi::from_imsi("080910101032547698"_hex, 2);
  REQUIRE(to_text(*suci(imsi, {}, "F0FF"_hex, true, *rng)) ==
          "\x11type0.rid0.schid0.userid0123456789@5gc-nswo.mnc001.mcc001.3gppnetwork.org");
}
