#include "euicc/iot/eim_data.h"

#include <catch2/catch.hpp>
#include <limits>

#include "euicc/crypto/x509.h"

using namespace simurgh;
using namespace simurgh::iot;
using namespace simurgh::literals;

namespace {

Bytes key_member() {
  const auto rng = crypto::seeded_rng(1);
  const auto key = crypto::EcPrivateKey::generate(crypto::Curve::nist_p256, *rng);
  return asn1::tlv(0xA5, asn1::tlv(0xA0, crypto::public_key_info(key.public_key())));
}

}  // namespace

TEST_CASE("INTEGER contents are signed and of any length", "[iot]") {
  CHECK(integer_value("7F"_hex) == 127);
  CHECK(integer_value("80"_hex) == -128);
  CHECK(integer_value("0080"_hex) == 128);
  CHECK(integer_value("FF"_hex) == -1);
  CHECK(integer_value("7FFFFF"_hex) == 8388607);
  CHECK(integer_value("00000000000000000001"_hex) == 1);
  CHECK(integer_value("010000000000000000"_hex) == std::numeric_limits<std::int64_t>::max());
  CHECK(integer_value("800000000000000000"_hex) == std::numeric_limits<std::int64_t>::min());
  CHECK_FALSE(integer_value({}));
  CHECK(to_hex(minimal_integer("000001"_hex)) == "01");
  CHECK(to_hex(minimal_integer("0080"_hex)) == "0080");
  CHECK(to_hex(minimal_integer("FFFF80"_hex)) == "80");
}

TEST_CASE("Members are read in their order, unknown ones behind them are skipped", "[iot]") {
  const auto data = read_eim_data(concat({"800161"_hex, "810162"_hex, "820102"_hex, "830105"_hex, "8401FF"_hex, key_member(), "87020780"_hex, "880101"_hex,
                                          "8900"_hex, "AA0380010A"_hex}));
  REQUIRE(data);
  CHECK(data->id == "a");
  CHECK(data->fqdn == "b");
  CHECK(data->type == 2U);
  CHECK(data->counter == 5);
  CHECK(data->token == -1);
  CHECK(eim_key(data->key));
  CHECK(data->protocols == 1U);
  CHECK(data->indirect);
  CHECK_FALSE(read_eim_data("830105800161"_hex));
  CHECK_FALSE(read_eim_data("830105830106"_hex));
}

TEST_CASE("Damaged members are no configuration", "[iot]") {
  for (const char* members : {"8000", "8300", "8400", "82020100", "870107", "890100", "A500", "A502A000", "A503A00100", "A504A000A000", "A50430020500", "80"}) {
    INFO(members);
    CHECK_FALSE(read_eim_data(from_hex(members).value()));
  }
  Bytes key = key_member();
  key.back() ^= 1;  // no point of the curve
  CHECK_FALSE(read_eim_data(key));
  CHECK_FALSE(read_eim_data(asn1::tlv(0x80, Bytes(129, 'a'))));
  CHECK(read_eim_data(asn1::tlv(0x80, Bytes(128, 'a'))));
}
