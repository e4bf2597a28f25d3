// Authentication parameters.
#include <catch2/catch.hpp>

#include "tests/unit/profile/package_parts.h"

using namespace simurgh;
using namespace simurgh::literals;
using profile::PeStatus;

namespace {

Bytes aka(const parts::Members& algorithm, const parts::Members& rest = {}, unsigned identification = 5) {
  return parts::element(4, identification, [&](asn1::TlvWriter& out) {
    {
      auto configuration = out.open(0xA1);
      auto choice = out.open(0xA1);
      algorithm(out);
    }
    if (rest) rest(out);
  });
}

Bytes with(const Bytes& parameters, std::initializer_list<Bytes> more = {}) {
  return parts::join(
      {parts::header(), parts::mf(), parts::puks(), parts::pins(), parts::usim(), parameters, parts::join(more), parts::end()});
}

parts::Members algorithm(unsigned id, std::size_t key, std::size_t opc) {
  return
      [=](asn1::TlvWriter& out) { out.put_integer(0x80, id).put_byte(0x81, 0x02).put(0x82, Bytes(key, 0x11)).put(0x83, Bytes(opc, 0x22)); };
}

}  // namespace

TEST_CASE("Milenage parameters keep OPc as it stands and take the defaults of the module") {
  const auto image = parts::installed(with(parts::milenage()));
  REQUIRE(image.aka.size() == 1);
  const auto& parameters = image.aka[0].parameters;
  CHECK(parameters.algorithm == usim::Algorithm::milenage);
  CHECK(to_hex(parameters.opc.expose()) == "CD63CB71954A9F4E48A5994E37A02BAF");
  CHECK(to_hex(parameters.rotation) == "4000204060");
  CHECK(parameters.xoring[79] == 8);
  CHECK(parameters.sqn_options == 0x02);
  CHECK(parameters.sqn_delta == 0x10000000);
  CHECK_FALSE(parameters.auth_counter_max);
  CHECK(parameters.well_formed());
}

TEST_CASE("TUAK takes keys of 16 and 32 octets and a TOPc of 32") {
  CHECK(parts::installed(with(aka(algorithm(2, 16, 32)))).aka.at(0).parameters.algorithm == usim::Algorithm::tuak);
  const Bytes long_key = with(aka(algorithm(2, 32, 32)));
  CHECK(parts::install(long_key).installed);
  CHECK(parts::install(long_key, {.services = ~(std::uint64_t{1} << 16)}).status == PeStatus::feature_not_supported);
  CHECK(parts::install(with(aka(algorithm(2, 16, 16)))).status == PeStatus::bad_values);
  CHECK(parts::install(with(aka(algorithm(2, 24, 32)))).status == PeStatus::bad_values);
}

TEST_CASE("The test algorithm does not look at opc") {
  CHECK(parts::install(with(aka(algorithm(3, 16, 0)))).installed);
  CHECK(parts::install(with(aka(algorithm(3, 15, 16)))).status == PeStatus::bad_values);
  CHECK(parts::install(with(aka(algorithm(1, 16, 15)))).status == PeStatus::bad_values);
  CHECK(parts::install(with(aka(algorithm(4, 16, 16)))).status == PeStatus::feature_not_supported);
}

TEST_CASE("Constants, counters and sequence numbers are read as the package gives them") {
  const auto image = parts::installed(with(aka(
      [](asn1::TlvWriter& out) {
        algorithm(1, 16, 16)(out);
        out.put(0x84, "0102030405"_hex).put(0x85, Bytes(80, 0x33)).put(0x86, "000100"_hex).put_integer(0x87, 2);
      },
      [](asn1::TlvWriter& out) {
        out.put_byte(0x82, 0x03).put(0x83, "000000000100"_hex).put(0x84, "07FFFFFFFFFF"_hex);
        auto list = out.open(0xA5);
        for (unsigned i = 0; i < 32; ++i) out.put(0x04, be_bytes(i + 1, 6));
      })));
  const auto& binding = image.aka.at(0);
  CHECK(to_hex(binding.parameters.rotation) == "0102030405");
  CHECK(binding.parameters.xoring[0] == 0x33);
  CHECK(binding.parameters.auth_counter_max == 0x100);
  CHECK(binding.parameters.keccak_iterations == 2);
  CHECK(binding.parameters.sqn_options == 3);
  CHECK(binding.parameters.sqn_delta == 0x100);
  CHECK(binding.parameters.sqn_age_limit == 0x07FFFFFFFFFF);
  CHECK(binding.initial_sqn[0] == 1);  // SEQ values without the five index bits
  CHECK(binding.initial_sqn[31] == 32);
  const auto too_high = aka(algorithm(1, 16, 16), [](asn1::TlvWriter& out) { out.put(0x83, "080000000000"_hex); });
  CHECK(parts::install(with(too_high)).status == PeStatus::bad_values);
}

TEST_CASE("A mapping uses the parameters and the sequence numbers of another application") {
  const auto mapping = [](const Bytes& source) {
    return parts::element(4, 41, [&](asn1::TlvWriter& out) {
      auto configuration = out.open(0xA1);
      auto choice = out.open(0xA0);
      out.put_byte(0x80, 0x06).put(0x81, source);
    });
  };
  const auto image = parts::installed(with(parts::milenage(), {parts::isim(), mapping(parts::usim_aid())}));
  REQUIRE(image.aka.size() == 2);
  CHECK(image.aka[1].adf == image.files.adfs().at(1));
  CHECK(image.aka[1].state_cell == image.aka[0].state_cell);
  CHECK(equal(image.aka[1].parameters.key.expose(), image.aka[0].parameters.key.expose()));
  CHECK(parts::install(with(parts::milenage(), {parts::isim(), mapping("A000000087100299"_hex)})).status == PeStatus::bad_values);
}

TEST_CASE("Applications with parameters of their own have sequence numbers of their own") {
  const auto image = parts::installed(with(parts::milenage(), {parts::isim(), aka(algorithm(3, 16, 16), {}, 41)}));
  CHECK(image.aka.at(0).state_cell != image.aka.at(1).state_cell);
  CHECK(parts::install(with(parts::milenage(), {aka(algorithm(3, 16, 16), {}, 41)})).status == PeStatus::bad_values);
}

TEST_CASE("Parameters need an application") {
  CHECK(parts::install(parts::join({parts::header(), parts::mf(), parts::puks(), parts::milenage(), parts::end()})).status ==
        PeStatus::invalid_request_format);
}
