// Which elements may come when, and to what they attach.
#include <catch2/catch.hpp>

#include "tests/unit/profile/package_parts.h"

using namespace simurgh;
using namespace simurgh::literals;
using profile::PeStatus;

namespace {

PeStatus status(std::initializer_list<Bytes> elements) { return parts::install(parts::join(elements)).status; }

Bytes df(unsigned number, unsigned arc, unsigned identification, const parts::Members& more = {}) {
  return parts::template_element(number, identification, arc, 1, [&](asn1::TlvWriter& out) {
    perso::FcpFields fcp;
    fcp.pin_references = {0x01};
    parts::file(out, 2, fcp);
    if (more) more(out);
  });
}

}  // namespace

TEST_CASE("The header comes first and once, the end comes last") {
  CHECK(status({parts::mf(), parts::end()}) == PeStatus::invalid_request_format);
  CHECK(status({parts::header(), parts::header(), parts::mf(), parts::end()}) == PeStatus::invalid_request_format);
  CHECK(status({parts::header(), parts::end()}) == PeStatus::invalid_request_format);
}

TEST_CASE("Nothing comes before the MF, and there is one") {
  CHECK(status({parts::header(), parts::usim(), parts::end()}) == PeStatus::invalid_request_format);
  CHECK(status({parts::header(), parts::pins(), parts::end()}) == PeStatus::invalid_request_format);
  CHECK(status({parts::header(), parts::mf(), parts::mf(), parts::end()}) == PeStatus::invalid_request_format);
}

TEST_CASE("PUKs come before the elements that may use them") {
  CHECK(status({parts::header(), parts::mf(), parts::usim(), parts::puks(), parts::end()}) == PeStatus::invalid_request_format);
  CHECK(status({parts::header(), parts::mf(), parts::puks(), parts::puks(), parts::end()}) == PeStatus::invalid_request_format);
}

TEST_CASE("Followers of the USIM need one and come once for each") {
  const Bytes gsm = df(24, 7, 60);
  CHECK(status({parts::header(), parts::mf(), gsm, parts::end()}) == PeStatus::invalid_request_format);
  CHECK(parts::install(parts::profile({gsm, gsm})).status == PeStatus::invalid_request_format);
  const auto two = parts::installed(parts::profile(
      {gsm, parts::usim({}, 0x7FD1, 0x02), df(24, 7, 61), df(28, 13, 62, [](asn1::TlvWriter& out) { parts::file(out, 3); })}));
  CHECK(parts::exists(two, "7FD05F3B"_hex));
  CHECK(parts::exists(two, "7FD15F3B"_hex));
  CHECK(parts::exists(two, "7FD15FC04F01"_hex));
  CHECK_FALSE(parts::exists(two, "7FD05FC0"_hex));
}

TEST_CASE("Telecom and the contact directory come once") {
  const Bytes telecom = df(18, 3, 60), cd = df(17, 2, 61);
  CHECK(parts::install(parts::profile({telecom, cd})).installed);
  CHECK(parts::install(parts::profile({telecom, telecom})).status == PeStatus::invalid_request_format);
  CHECK(parts::install(parts::profile({cd, cd})).status == PeStatus::invalid_request_format);
}

TEST_CASE("An inner directory's files need the directory in the same element") {
  CHECK(parts::install(parts::profile({df(18, 3, 60, [](asn1::TlvWriter& out) { parts::file(out, 20); })})).status ==
        PeStatus::invalid_request_format);
}

TEST_CASE("RFM and applications need a personalised security domain") {
  const Bytes rfm = parts::element(
      7, 60, [](asn1::TlvWriter& out) { out.put(0x4F, "A00000055910100001"_hex).put_byte(0x81, 6).put_byte(0x04, 0).put_byte(0x04, 0); });
  CHECK(parts::install(parts::profile({rfm})).status == PeStatus::invalid_request_format);
  CHECK(parts::install(parts::profile({parts::domain(0x07), rfm})).status == PeStatus::invalid_parameter);
  CHECK(parts::install(parts::profile({parts::domain(), rfm})).installed);
}

TEST_CASE("Several applications of a kind need the service for it") {
  const auto package = parts::profile({parts::usim({}, 0x7FD1, 0x02)});
  CHECK(parts::install(package).installed);
  CHECK(parts::install(package, {.services = ~(std::uint64_t{1} << 13)}).status == PeStatus::feature_not_supported);
}

TEST_CASE("What belongs to an application that was left out is left out with it") {
  // A template version that nobody knows, not mandated, and its followers.
  const Bytes unknown = parts::template_element(19, 60, 4, 9, {}, false);
  const auto follower = [](bool mandated) {
    return parts::template_element(
        20, 61, 5, 1, [](asn1::TlvWriter& out) { parts::file(out, 2); }, mandated);
  };
  const Bytes aka = parts::element(
      4, 62, [](asn1::TlvWriter& out) { out.put(0xA1, {}); }, false);
  const auto result = parts::install(parts::profile({unknown, follower(false), aka}));
  REQUIRE(result.installed);
  REQUIRE(result.statuses.size() == 3);
  for (const auto& entry : result.statuses) CHECK(entry.status == PeStatus::template_not_supported);
  CHECK(result.image.files.adfs().size() == 1);
  CHECK_FALSE(parts::exists(result.image, "7FD06F05"_hex));
  CHECK(parts::install(parts::profile({unknown, follower(true)})).status == PeStatus::template_not_supported);
}

TEST_CASE("A template of another element is a bad value") {
  CHECK(parts::install(parts::profile({parts::template_element(24, 60, 13, 1, {})})).status == PeStatus::bad_values);
}

TEST_CASE("IoT minimal profiles are not supported") {
  CHECK(status({parts::header(), parts::element(32, 1, {}), parts::end()}) == PeStatus::feature_not_supported);
}

TEST_CASE("The header's ICCID need not be that of EF.ICCID") {
  const auto image = parts::installed(parts::profile());
  CHECK(to_hex(image.header.iccid) == "8988211000000123456F");
  CHECK(to_hex(parts::at(image, "2FE2"_hex).body) == "988812010000103254F6");
}
