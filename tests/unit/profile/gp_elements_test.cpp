// Security domains, RFM instances and applications of a package.
#include <catch2/catch.hpp>

#include "tests/unit/profile/package_parts.h"

using namespace simurgh;
using namespace simurgh::literals;
using profile::PeStatus;

namespace {

Bytes rfm(const Bytes& aid, const std::vector<Bytes>& tars, const Bytes& adf = {}, unsigned identification = 70, const Bytes& domain = {}) {
  return parts::element(7, identification, [&](asn1::TlvWriter& out) {
    out.put(0x4F, aid);
    if (!domain.empty()) out.put(0x4F, domain);
    if (!tars.empty()) {
      auto list = out.open(0xA0);
      for (const Bytes& tar : tars) out.put(0x04, tar);
    }
    out.put_byte(0x81, 0x16).put_byte(0x04, 0x00).put_byte(0x04, 0xFF);
    if (adf.empty()) return;
    auto access = out.open(0x30);
    out.put(0x80, adf).put_byte(0x81, 0x00).put_byte(0x82, 0x00);
  });
}

Bytes keyed_domain(const std::vector<Bytes>& keys) {
  Bytes base = parts::domain();
  const auto content = asn1::read_only(base, 0xA6)->value;
  asn1::TlvWriter list;
  {
    auto scope = list.open(0xA2);
    for (const Bytes& key : keys) list.put(0x30, key);
  }
  return asn1::tlv(0xA6, concat({content, list.view()}));
}

Bytes key_object(std::uint8_t version, std::uint8_t identifier, std::uint8_t type, std::size_t size) {
  asn1::TlvWriter out;
  out.put_byte(0x95, 0x18).put_byte(0x82, identifier).put_byte(0x83, version);
  {
    auto components = out.open(0x30);
    auto component = out.open(0x30);
    out.put_byte(0x80, type).put(0x86, Bytes(size, 0x44));
  }
  return out.take();
}

Bytes application(const Bytes& package_of_instance, bool mandated = true, const Bytes& domain = {}) {
  return parts::element(
      8, 80,
      [&](asn1::TlvWriter& out) {
        {
          auto block = out.open(0xA1);
          out.put(0x4F, "A0000000010203"_hex).put(0xC6, "0000"_hex).put(0xC4, "010203"_hex);
        }
        auto list = out.open(0xA2);
        auto instance = out.open(0x30);
        out.put(0x4F, package_of_instance).put(0x4F, "A000000001020301"_hex).put(0x4F, "A000000001020302"_hex);
        if (!domain.empty()) out.put(0x4F, domain);
        out.put(0x82, "000000"_hex).put(0xC9, "8100"_hex);
        auto data = out.open(0x30);
        out.put(0x04, "0102"_hex);
      },
      mandated);
}

}  // namespace

TEST_CASE("The first security domain is the MNO-SD whatever it is called") {
  const auto image = parts::installed(parts::profile({parts::domain(0x0F, 6, 0x42), parts::domain(0x07, 7, 0x43)}));
  REQUIRE(image.gp.domains.size() == 2);
  CHECK(to_hex(image.gp.domains[0].aid) == "A000000151000042");
  CHECK(image.gp.domains[1].life_cycle == 0x07);
  CHECK(parts::install(parts::profile({parts::domain(), parts::domain()})).status == PeStatus::bad_values);
}

TEST_CASE("The toolkit field gives a domain its TARs and its security level") {
  const auto image = parts::installed(parts::profile({parts::domain(0x0F, 6, 0x00, "B20100"_hex)}));
  const auto& domain = image.gp.domains.at(0);
  REQUIRE(domain.tars.size() == 1);
  CHECK(to_hex(domain.tars[0]) == "B20100");
  CHECK(domain.minimum_security_level == 0x06);
  CHECK(parts::install(parts::profile({parts::domain(), rfm("A00000055910100001"_hex, {"B20100"_hex})})).installed);
  CHECK(
      parts::install(parts::profile({parts::domain(0x0F, 6, 0x00, "B20100"_hex), rfm("A00000055910100001"_hex, {"B20100"_hex})})).status ==
      PeStatus::bad_values);
}

TEST_CASE("Keys of a domain are checked and kept") {
  const auto image = parts::installed(parts::profile({keyed_domain({key_object(1, 1, 0x88, 16), key_object(1, 2, 0x80, 24)})}));
  REQUIRE(image.gp.domains.at(0).keys.size() == 2);
  CHECK(image.gp.domains[0].keys[1].components.at(0).value.size() == 24);
  CHECK(image.gp.domains[0].keys[0].components.at(0).mac_length == 8);
  CHECK(parts::install(parts::profile({keyed_domain({key_object(1, 1, 0x88, 16), key_object(1, 1, 0x88, 16)})})).status ==
        PeStatus::bad_values);
  CHECK(parts::install(parts::profile({keyed_domain({key_object(1, 1, 0x88, 15)})})).status == PeStatus::bad_values);
  CHECK(parts::install(parts::profile({keyed_domain({key_object(0, 1, 0x88, 16)})})).status == PeStatus::bad_values);
  CHECK(parts::install(parts::profile({keyed_domain({key_object(1, 1, 0x99, 16)})})).status == PeStatus::feature_not_supported);
}

TEST_CASE("The second member A0 of an RFM element is its list of TARs") {
  const auto image = parts::installed(parts::profile({parts::domain(), rfm("A00000055910100001"_hex, {"B00120"_hex}),
                                                      rfm("A00000055910100002"_hex, {"B00140"_hex}, parts::usim_aid(), 71)}));
  REQUIRE(image.gp.rfm.size() == 2);
  CHECK(to_hex(image.gp.rfm[0].tars.at(0)) == "B00120");
  CHECK(image.gp.rfm[0].minimum_security_level == 0x16);
  CHECK(to_hex(image.gp.rfm[0].access_domain) == "00");
  CHECK(to_hex(image.gp.rfm[0].admin_access_domain) == "FF");
  CHECK(equal(image.gp.rfm[1].adf_aid, parts::usim_aid()));
  CHECK(parts::install(
            parts::profile({parts::domain(), rfm("A00000055910100001"_hex, {"B00120"_hex}), rfm("A00000055910100002"_hex, {"B00120"_hex})}))
            .status == PeStatus::bad_values);
  CHECK(parts::install(parts::profile({parts::domain(), rfm("A00000055910100001"_hex, {"B00120"_hex}, "A0000000871099"_hex)})).status ==
        PeStatus::bad_values);
  CHECK(parts::install(parts::profile({parts::domain(), rfm("A00000055910100001"_hex, {}, {}, 70, "A000000151000099"_hex)})).status ==
        PeStatus::bad_values);
}

TEST_CASE("Without a list the TAR is octets 13 to 15 of the AID") {
  const auto image = parts::installed(
      parts::profile({parts::domain(), rfm("A00000055910100000000000B0012300"_hex, {}), rfm("A00000055910100002"_hex, {}, {}, 71)}));
  REQUIRE(image.gp.rfm.at(0).tars.size() == 1);
  CHECK(to_hex(image.gp.rfm[0].tars[0]) == "B00123");
  CHECK(image.gp.rfm.at(1).tars.empty());
}

TEST_CASE("Three or four equal AIDs of an instance are told apart by position") {
  const auto image = parts::installed(parts::profile({parts::domain(), application("A0000000010203"_hex, true, "A000000151000000"_hex)}));
  REQUIRE(image.gp.load_files.size() == 1);
  REQUIRE(image.gp.applications.size() == 1);
  const auto& instance = image.gp.applications[0];
  CHECK(to_hex(instance.package_aid) == "A0000000010203");
  CHECK(to_hex(instance.class_aid) == "A000000001020301");
  CHECK(to_hex(instance.aid) == "A000000001020302");
  CHECK(to_hex(instance.security_domain) == "A000000151000000");
  CHECK(instance.life_cycle == 0x07);
  CHECK(to_hex(instance.process_data.at(0)) == "0102");
  CHECK(to_hex(image.gp.load_files[0].code) == "010203");
}

TEST_CASE("Applications need their package, a runtime and a personalised domain") {
  CHECK(parts::install(parts::profile({parts::domain(), application("A0000000019999"_hex)})).status == PeStatus::lib_not_supported);
  const profile::PackageLimits no_runtime{.services = ~(std::uint64_t{1} << 11)};
  CHECK(parts::install(parts::profile({parts::domain(), application("A0000000010203"_hex)}), no_runtime).status ==
        PeStatus::runtime_not_supported);
  const auto skipped = parts::install(parts::profile({parts::domain(), application("A0000000010203"_hex, false)}), no_runtime);
  CHECK(skipped.installed);
  CHECK(skipped.image.gp.load_files.empty());
  // Association with a domain that is not personalised aborts even where the element is not mandated.
  CHECK(parts::install(parts::profile({parts::domain(0x07), application("A0000000010203"_hex, false)})).status ==
        PeStatus::invalid_parameter);
}

TEST_CASE("An application that fails takes its load file with it") {
  const auto result = parts::install(parts::profile({parts::domain(), application("A0000000019999"_hex, false)}));
  REQUIRE(result.installed);
  CHECK(result.image.gp.load_files.empty());
  CHECK(result.image.gp.applications.empty());
}
