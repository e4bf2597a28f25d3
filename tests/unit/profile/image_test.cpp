// The stored form of a profile.
#include <catch2/catch.hpp>

#include "tests/unit/profile/package_parts.h"
#include "tools/perso_upp/upp_builder.h"

using namespace simurgh;
using namespace simurgh::literals;

namespace {

profile::ProfileImage sample() {
  auto recipe = perso::default_recipe("8988211000000123456", "001010123456789", Bytes(16, 0x11), Bytes(16, 0x22));
  recipe.applications = {
      {.package_aid = "A0000000010203"_hex,
       .code = "010203"_hex,
       .instances = {{.class_aid = "A000000001020301"_hex, .aid = "A000000001020302"_hex, .toolkit = {}, .process_data = {"01"_hex}}}}};
  return parts::installed(perso::build_profile(recipe));
}

}  // namespace

TEST_CASE("An image survives being stored") {
  const auto image = sample();
  const Bytes stored = image.encode();
  const auto read = profile::ProfileImage::decode(stored);
  REQUIRE(read);
  CHECK(read->encode() == stored);
  CHECK(read->header.type == image.header.type);
  CHECK(read->header.services == image.header.services);
  CHECK(read->header.iccid == image.header.iccid);
  CHECK(read->files.size() == image.files.size());
  CHECK(read->pins.bindings.size() == image.pins.bindings.size());
  REQUIRE(read->aka.size() == 2);
  CHECK(read->aka[1].state_cell == 0);
  CHECK(equal(read->aka[0].parameters.key.expose(), Bytes(16, 0x11)));
  CHECK(read->gp.domains.at(0).keys.size() == 6);
  CHECK(read->gp.applications.size() == 1);
}

TEST_CASE("CDMA secrets are stored with the profile") {
  auto image = sample();
  profile::CdmaBinding& binding = image.cdma.emplace_back();
  binding.adf = 1;
  binding.a_key = crypto::SecretBytes("0102030405060708"_hex);
  const auto read = profile::ProfileImage::decode(image.encode());
  REQUIRE(read);
  CHECK(to_hex(read->cdma.at(0).a_key.expose()) == "0102030405060708");
}

TEST_CASE("Anything that encode did not write is no image") {
  const Bytes stored = sample().encode();
  CHECK_FALSE(profile::ProfileImage::decode({}));
  CHECK_FALSE(profile::ProfileImage::decode("02"_hex));
  for (std::size_t size = 0; size < stored.size(); size += 7) CHECK_FALSE(profile::ProfileImage::decode(ByteView(stored).first(size)));
  CHECK_FALSE(profile::ProfileImage::decode(concat({stored, "00"_hex})));
  for (std::size_t i = 0; i < stored.size(); i += 3) {
    for (const unsigned change : {0x01U, 0x80U, 0xFFU}) {
      Bytes changed = stored;
      changed[i] = static_cast<std::uint8_t>(changed[i] ^ change);
      // Either refused, or a different image that can be used and stored.
      if (const auto read = profile::ProfileImage::decode(changed)) REQUIRE_FALSE(read->encode().empty());
    }
  }
}
