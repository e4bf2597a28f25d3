// The stored form of GlobalPlatform objects, and the notation it is written in.
#include <catch2/catch.hpp>

#include "euicc/gp/octet_record.h"
#include "euicc/gp/registry.h"

using namespace simurgh;
using namespace simurgh::literals;

namespace {

gp::Registry sample() {
  gp::Registry registry;
  gp::SecurityDomain& domain = registry.domains.emplace_back();
  domain.aid = "A000000151000000"_hex;
  domain.tars = {"B20100"_hex, "000000"_hex};
  domain.minimum_security_level = 0x16;
  gp::Key& key = domain.keys.emplace_back();
  key.version = 1;
  key.identifier = 2;
  key.usage = "18"_hex;
  gp::KeyComponent& component = key.components.emplace_back();
  component.type = 0x88;
  component.value = crypto::SecretBytes("000102030405060708090A0B0C0D0E0F"_hex);
  domain.personal_data = {"007000"_hex};
  registry.rfm.push_back({.aid = "A00000055910100001"_hex,
                          .security_domain = {},
                          .tars = {"B00120"_hex},
                          .minimum_security_level = 2,
                          .access_domain = "00"_hex,
                          .admin_access_domain = "FF"_hex,
                          .adf_aid = {},
                          .adf_access_domain = {},
                          .adf_admin_access_domain = {}});
  registry.load_files.push_back({.aid = "A0000000010203"_hex, .security_domain = {}, .hash = {}, .code = Bytes(300, 0x42), .modules = {}});
  gp::Application& application = registry.applications.emplace_back();
  application.aid = "A000000001020302"_hex;
  application.process_data = {"01"_hex, {}};
  return registry;
}

}  // namespace

TEST_CASE("A registry survives being stored") {
  const Bytes stored = sample().encode();
  const auto read = gp::Registry::decode(stored);
  REQUIRE(read);
  CHECK(read->encode() == stored);
  CHECK(to_hex(read->domains.at(0).keys.at(0).components.at(0).value.expose()) == "000102030405060708090A0B0C0D0E0F");
  CHECK(read->domains[0].tars.size() == 2);
  CHECK(read->rfm.at(0).minimum_security_level == 2);
  CHECK(read->load_files.at(0).code.size() == 300);
  CHECK(read->applications.at(0).process_data.size() == 2);
  CHECK(gp::Registry::decode(gp::Registry{}.encode()));
}

TEST_CASE("Anything else is no registry") {
  const Bytes stored = sample().encode();
  for (std::size_t size = 0; size < stored.size(); ++size) CHECK_FALSE(gp::Registry::decode(ByteView(stored).first(size)));
  CHECK_FALSE(gp::Registry::decode(concat({stored, "00"_hex})));
  for (std::size_t i = 0; i < stored.size(); ++i) {
    Bytes changed = stored;
    changed[i] ^= 0xFF;
    if (const auto read = gp::Registry::decode(changed)) CHECK_FALSE(read->encode().empty());
  }
}

TEST_CASE("Numbers and octet strings have one spelling each") {
  for (const std::uint64_t value : {std::uint64_t{0}, std::uint64_t{127}, std::uint64_t{128}, std::uint64_t{1} << 35, ~std::uint64_t{0}}) {
    gp::OctetWriter out;
    out.number(value);
    const Bytes written = out.take();
    gp::OctetReader in(written);
    CHECK(in.number() == value);
    CHECK(in.ended());
  }
  const auto refused = [](const Bytes& octets) {
    gp::OctetReader in(octets);
    (void)in.number();
    return !in.ok();
  };
  CHECK(refused("8000"_hex));                  // longer than it needs to be
  CHECK(refused("FFFFFFFFFFFFFFFFFF02"_hex));  // above 64 bits
  CHECK(refused("80"_hex));
  gp::OctetReader too_long(ByteView{});
  CHECK(too_long.octets().empty());
  CHECK_FALSE(too_long.ok());
  const Bytes claims = "05AABB"_hex;
  gp::OctetReader short_string(claims);
  CHECK(short_string.view().empty());
  CHECK_FALSE(short_string.ok());
  const Bytes wide = "8002"_hex;
  gp::OctetReader narrow(wide);
  CHECK(narrow.number_as<std::uint8_t>() == 0);
  CHECK_FALSE(narrow.ok());
}
