// What a module cannot get wrong unnoticed: tags that SGP.32 replaces, doubles or leaves out, and limits.
#include <catch2/catch.hpp>

#include "asn1/codec/codec.h"

using namespace simurgh;

namespace {

bool reads(std::string_view message, std::string_view hex) {
  INFO(message << " " << hex);
  const auto octets = from_hex(hex);
  REQUIRE(octets);
  return asn1::codec::check(message, *octets).has_value();
}

std::string element(std::uint32_t tag, std::string_view content_hex) { return to_hex(asn1::tlv(tag, from_hex(content_hex).value())); }

constexpr std::string_view kEid = "5A1089049032123451234512345678901235";
constexpr std::string_view kIccid = "5A0A98001032547698103254";

}  // namespace

TEST_CASE("A tag that replaces another one is not sent twice", "[asn1][sgp32]") {
  CHECK(reads("EsipaMessageFromEimToIpa", "BF4F03020101"));
  CHECK_FALSE(reads("EsipaMessageFromEimToIpa", "BF4F06BF4F03020101"));
  CHECK(reads("EsipaMessageFromIpaToEim", "BF410F80080102030405060708A103810105"));
  CHECK_FALSE(reads("EsipaMessageFromIpaToEim", "BF411280080102030405060708A106BF4103810105"));
  CHECK_FALSE(reads("EsipaMessageFromIpaToEim", "BF410D80080102030405060708810105"));  // a choice keeps its own tag below
  CHECK(reads("IpaEuiccDataResponse", "BF5208A106800101020101"));
  CHECK_FALSE(reads("IpaEuiccDataResponse", "BF520BBF5208A106800101020101"));
}

TEST_CASE("A certificate below its member tag has no tag of its own", "[asn1][sgp32]") {
  const std::string members =
      "3003020101"
      "30020500"
      "03020001";
  const std::string bare = element(0xA5, members) + element(0xA6, members);
  const std::string wrapped = element(0xA5, element(0x30, members)) + element(0xA6, element(0x30, members));
  CHECK(reads("GetCertsResponse", element(0xBF56, element(0xA0, bare))));
  CHECK_FALSE(reads("GetCertsResponse", element(0xBF56, element(0xA0, wrapped))));
  const std::string key =
      "30020500"
      "03020001";
  CHECK(reads("EimConfigurationData", element(0x30, "800131" + element(0xA5, element(0xA0, key)))));
  CHECK(reads("EimConfigurationData", element(0x30, "800131" + element(0xA5, element(0xA1, members)))));
  CHECK_FALSE(reads("EimConfigurationData", element(0x30, "800131" + element(0xA5, key))));
  CHECK_FALSE(reads("EimConfigurationData", element(0x30, "800131" + element(0xA5, element(0xA0, element(0x30, key))))));
}

TEST_CASE("A package result stands below A0, A1 or A2, not directly below BF51", "[asn1][sgp32]") {
  const std::string data = element(0x30,
                                   "800131"
                                   "810101"
                                   "830107" +
                                       element(0x30, "830100"));
  const std::string signature = element(0x5F37, std::string(128, '0'));
  CHECK(reads("EuiccPackageResult", element(0xBF51, element(0xA0, data + signature))));
  CHECK_FALSE(reads("EuiccPackageResult", element(0xBF51, element(0x30, data + signature))));
  CHECK_FALSE(reads("EuiccPackageResult", element(0xBF51, data + signature)));
  CHECK_FALSE(reads("EuiccPackageResult", element(0xBF51, element(0xA0, data))));
  CHECK_FALSE(reads("EuiccPackageResult", element(0xBF51, element(0xA3, data + signature))));
}

TEST_CASE("An unknown command or result is refused, an unknown member behind the known ones is left out", "[asn1][sgp32]") {
  CHECK_FALSE(reads("Psmo", "AF00"));
  CHECK_FALSE(reads("Eco", "AC00"));
  CHECK_FALSE(reads("EuiccResultData", "8F0100"));
  CHECK_FALSE(reads("EsipaMessageFromIpaToEim", "BF5103020101"));
  const std::string signed_part = "800131" + std::string(kEid) + "810101";
  CHECK(reads("EuiccPackageSigned", element(0x30, signed_part + element(0xA0, "A600"))));
  CHECK_FALSE(reads("EuiccPackageSigned", element(0x30, signed_part + element(0xA0, "A600AF00"))));
  // v1.3 adds [10]
  const auto eim = asn1::codec::reencode("EimConfigurationData", from_hex("3008800131AA0380010A").value());
  REQUIRE(eim);
  CHECK(to_hex(*eim) == to_hex(from_hex("3003800131").value()));
}

TEST_CASE("Commands and results never hold one another's members", "[asn1][sgp32]") {
  CHECK(reads("EuiccPackageSigned", element(0x30, "800131" + std::string(kEid) + "810101" + element(0xA1, "AB00"))));
  CHECK_FALSE(
      reads("EuiccPackageSigned", element(0x30, "800131" + std::string(kEid) + "810101" + element(0xA1, "A600"))));  // a PSMO among eCOs
  CHECK_FALSE(reads("EuiccPackageSigned", element(0x30, "800131" + std::string(kEid) + "810101")));                  // neither
  CHECK(reads("Psmo", element(0xA3, std::string(kIccid) + "0500")));
  CHECK_FALSE(reads("Psmo", "A300"));
}

TEST_CASE("Sizes of identifiers are those of SGP.32", "[asn1][sgp32]") {
  const auto package = [](std::string_view eim_id, std::string_view eid, std::string_view transaction) {
    return element(0x30, element(0x80, eim_id) + element(0x5A, eid) + "810101" + element(0x82, transaction) + element(0xA0, ""));
  };
  const std::string eid(32, '1');
  CHECK(reads("EuiccPackageSigned", package("31", eid, "01")));
  CHECK_FALSE(reads("EuiccPackageSigned", package("", eid, "01")));
  std::string id;
  for (int i = 0; i < 128; ++i) id += "61";
  CHECK(reads("EuiccPackageSigned", package(id, eid, "01")));
  CHECK_FALSE(reads("EuiccPackageSigned", package(id + "61", eid, "01")));
  CHECK_FALSE(reads("EuiccPackageSigned", package("FF", eid, "01")));  // not UTF-8
  CHECK_FALSE(reads("EuiccPackageSigned", package("31", eid.substr(2), "01")));
  CHECK_FALSE(reads("EuiccPackageSigned", package("31", eid + "11", "01")));
  CHECK(reads("EuiccPackageSigned", package("31", eid, std::string(32, '0'))));
  CHECK_FALSE(reads("EuiccPackageSigned", package("31", eid, std::string(34, '0'))));
  CHECK_FALSE(reads("EuiccPackageSigned", package("31", eid, "")));
}

TEST_CASE("The forms of v1.0 are not read as those of v1.2 and the reverse", "[asn1][sgp32]") {
  const std::string result = "BF510BA209800131820101840101";
  CHECK(reads("V10ProvideEimPackageResult", element(0xBF50, result)));
  CHECK(reads("EsipaMessageFromIpaToEim", element(0xBF50, result)));  // the EID is optional: both read this one
  CHECK_FALSE(reads("V10ProvideEimPackageResult", element(0xBF50, std::string(kEid) + result)));
  CHECK(reads("V10ProvideEimPackageResultResponse", "BF5000"));
  CHECK_FALSE(reads("EsipaMessageFromEimToIpa", "BF5000"));
  CHECK_FALSE(reads("V10EuiccMemoryResetResponse", "BF6403800100"));
  CHECK_FALSE(reads("IotEuiccMemoryResetResponse", "BF3403020100"));
}
