// Generic bootstrapping: what the card keeps, what it hands out, and that both ends agree.
#include "euicc/usim/gba.h"

#include <catch2/catch.hpp>

#include "euicc/crypto/ecies.h"

using namespace simurgh;
using namespace simurgh::usim;
using namespace simurgh::literals;

namespace {

AkaParameters parameters() {
  AkaParameters out;
  out.key = crypto::SecretBytes(ByteView("465B5CE8B199B49FAA5F0A2EE238A6BC"_hex));
  out.opc = crypto::SecretBytes(ByteView("CD63CB71954A9F4E48A5994E37A02BAF"_hex));
  return out;
}

const Bytes kRand = "23553CBE9637A89D218AE64DAE47BF35"_hex;

}  // namespace

TEST_CASE("Bootstrapping takes the modified MAC only, and gives CK and IK as Ks", "[gba]") {
  const auto own = parameters();
  const Vector vector = generate_vector(own, kRand, 32, "8000"_hex);
  SqnState state;
  REQUIRE(bootstrap(own, state, kRand, vector.autn).error() == AkaError::mac_wrong);
  REQUIRE(state.seq == SqnState{}.seq);
  const Bytes autn = gba_autn(vector.autn, vector.ik);
  REQUIRE(equal(ByteView(autn).first(8), ByteView(vector.autn).first(8)));
  const auto outcome = bootstrap(own, state, kRand, autn);
  REQUIRE(outcome);
  REQUIRE_FALSE(outcome->sync_failure);
  REQUIRE(to_bytes(outcome->res.expose()) == vector.xres);
  REQUIRE(to_bytes(outcome->keys.ks.expose()) == concat({vector.ck, vector.ik}));
  REQUIRE(bootstrap(own, state, kRand, autn)->sync_failure);
  const auto again = GbaKeys::decode(outcome->keys.encode());
  REQUIRE(again);
  REQUIRE(again->rand == kRand);
  REQUIRE_FALSE(GbaKeys::decode(Bytes(47)));
}

TEST_CASE("NAF keys follow the formula of TS 33.220 annex B, each with its own label", "[gba]") {
  const GbaKeys keys{crypto::SecretBytes(ByteView(Bytes(32, 0x11))), kRand};
  const Bytes impi = to_bytes(text_view("a@b")), naf = concat({text_view("naf.example"), "0100000002"_hex});
  const Bytes s = concat({"01 6762612D6D65 0006"_hex, kRand, "0010"_hex, impi, "0003"_hex, naf, "0010"_hex});
  REQUIRE(to_bytes(naf_key(keys, NafKey::external, impi, naf).expose()) == to_bytes(crypto::hmac_sha256(Bytes(32, 0x11), {s})));
  REQUIRE_FALSE(equal(naf_key(keys, NafKey::internal, impi, naf).expose(), naf_key(keys, NafKey::external, impi, naf).expose()));
}

TEST_CASE("GBA command data is read exactly", "[gba]") {
  REQUIRE(parse_bootstrap(concat({"DD10"_hex, kRand, "10"_hex, kRand})));
  REQUIRE_FALSE(parse_bootstrap(concat({"DE10"_hex, kRand, "10"_hex, kRand})));
  REQUIRE_FALSE(parse_bootstrap(concat({"DD10"_hex, kRand})));
  REQUIRE_FALSE(parse_bootstrap({}));
  const Bytes good = "DE02AABB01CC"_hex;
  const auto request = parse_naf(good);
  REQUIRE(request);
  REQUIRE(to_hex(request->naf_id) == "AABB");
  REQUIRE(to_hex(request->impi) == "CC");
  for (const char* bad :
       {"", "DE", "DE00", "DE0001CC", "DE02AABB", "DE02AABB00", "DE02AABB02CC", "DE02AABB01CCDD", "DEFFAABB01CC", "DD02AABB01CC"}) {
    INFO(bad);
    REQUIRE_FALSE(parse_naf(from_hex(bad).value()));
  }
}

TEST_CASE("EF.GBABP and EF.GBANL are written as the terminal reads them", "[gba]") {
  const auto fresh = bootstrapping_parameters(kRand, 24);
  REQUIRE(fresh);
  REQUIRE(to_hex(*fresh) == "10" + to_hex(kRand) + "0000FFFFFFFFFF");
  REQUIRE(transaction_identifier(*fresh).empty());
  REQUIRE_FALSE(bootstrapping_parameters(kRand, 18));
  REQUIRE(to_hex(transaction_identifier(concat({"10"_hex, kRand, "02AABB00FF"_hex}))) == "AABB");
  REQUIRE(transaction_identifier(concat({"10"_hex, kRand, "09AA"_hex})).empty());
  REQUIRE(transaction_identifier(Bytes(30, 0xFF)).empty());

  Bytes list(24, 0xFF);
  list = with_naf(list, 12, "0A"_hex, "B1B2"_hex).value();
  REQUIRE(to_hex(list) == "80010A8102B1B2FFFFFFFFFF" + std::string(24, 'F'));
  list = with_naf(list, 12, "0C"_hex, "B3"_hex).value();
  list = with_naf(list, 12, "0A"_hex, "B4"_hex).value();  // its own record again
  REQUIRE(to_hex(list) ==
          "80010A8101B4FFFFFFFFFFFF"
          "80010C8101B3FFFFFFFFFFFF");
  list = with_naf(list, 12, "0D"_hex, ""_hex).value();  // the oldest goes
  REQUIRE(to_hex(list) ==
          "80010C8101B3FFFFFFFFFFFF"
          "80010D8100FFFFFFFFFFFFFF");
  REQUIRE_FALSE(with_naf(list, 12, Bytes(12, 1), {}));
  REQUIRE_FALSE(with_naf({}, 12, "0A"_hex, {}));
}
