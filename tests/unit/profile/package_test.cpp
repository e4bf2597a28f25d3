// The stream, the statuses and the answer of the package interpreter.
#include <catch2/catch.hpp>
#include <random>

#include "euicc/profile/elements.h"
#include "tests/unit/profile/package_parts.h"
#include "tools/perso_upp/upp_builder.h"

using namespace simurgh;
using namespace simurgh::literals;
using profile::PeStatus;

TEST_CASE("A package is a bare row of elements and may be cut anywhere") {
  const Bytes package = parts::profile({parts::domain()});
  const Bytes whole = parts::install(package).image.encode();
  for (const std::size_t slice : {1U, 2U, 3U, 7U, 120U, 1007U}) {
    const auto cut = parts::install(package, {}, slice);
    REQUIRE(cut.installed);
    CHECK(cut.image.encode() == whole);
    CHECK(to_hex(cut.response) == "3007A0053003800100");
  }
}

TEST_CASE("A package that stops at any octet is aborted") {
  const Bytes package = parts::profile();
  for (std::size_t size = 0; size < package.size(); ++size) {
    const auto result = parts::install(ByteView(package).first(size));
    REQUIRE_FALSE(result.installed);
    REQUIRE(result.status == PeStatus::invalid_request_format);
  }
}

TEST_CASE("Octets behind the end element abort the installation") {
  const auto result = parts::install(parts::join({parts::profile(), "00"_hex}));
  CHECK_FALSE(result.installed);
  const auto element = parts::install(parts::join({parts::profile(), parts::end()}));
  CHECK_FALSE(element.installed);
  CHECK(element.status == PeStatus::invalid_request_format);
}

TEST_CASE("An abort names the element and carries profileInstallationAborted") {
  // PUK reference 05 is not defined.
  const Bytes bad_pins = parts::element(2, 7, [](asn1::TlvWriter& out) {
    auto choice = out.open(0xA1);
    auto list = out.open(0xA0);
    auto pin = out.open(0x30);
    out.put_integer(0x80, 1).put(0x81, "31323334FFFFFFFF"_hex).put_integer(0x82, 5);
  });
  const auto result = parts::install(parts::join({parts::header(), parts::mf(), parts::puks(), bad_pins, parts::end()}));
  CHECK_FALSE(result.installed);
  CHECK(result.status == PeStatus::bad_values);
  REQUIRE(result.statuses.size() == 1);
  CHECK(result.statuses[0].identification == 7);
  REQUIRE(result.statuses[0].offset);
  CHECK(to_hex(result.response) ==
        "300FA00B300980010381010783010D"
        "8100");
}

TEST_CASE("Elements that are not mandated are skipped with a warning, mandated ones abort") {
  const auto unknown = [](bool mandated) {
    return parts::element(
        50, 21, [](asn1::TlvWriter& out) { out.put(0x81, "00"_hex); }, mandated);
  };
  const auto skipped = parts::install(parts::profile({unknown(false)}));
  REQUIRE(skipped.installed);
  REQUIRE(skipped.statuses.size() == 1);
  CHECK(skipped.statuses[0].status == PeStatus::pe_not_supported);
  CHECK(to_hex(skipped.response) ==
        "300FA00D3006800101810115"
        "3003800100");
  const auto aborted = parts::install(parts::profile({unknown(true)}));
  CHECK_FALSE(aborted.installed);
  CHECK(aborted.status == PeStatus::pe_not_supported);
}

TEST_CASE("What an element that was skipped had already made is gone") {
  const auto broken = parts::template_element(
      17, 30, 2, 1,
      [](asn1::TlvWriter& out) {
        perso::FcpFields df;
        df.pin_references = {0x01};
        parts::file(out, 2, df);
        parts::file(out, 3);  // EF.LAUNCHPAD without a size
      },
      false);
  const auto result = parts::install(parts::profile({broken}));
  REQUIRE(result.installed);
  CHECK(result.statuses.at(0).status == PeStatus::bad_values);
  CHECK_FALSE(parts::exists(result.image, "7F11"_hex));
  CHECK(result.image.encode() == parts::installed(parts::profile()).encode());
}

TEST_CASE("The header decides what the card must offer") {
  const auto with = [](Bytes header) { return parts::join({std::move(header), parts::mf(), parts::puks(), parts::pins(), parts::end()}); };
  CHECK(parts::install(with(parts::header({1}, 3, 3))).installed);
  CHECK(parts::install(with(parts::header({1}, 3, 3)), {.accept_major_3 = false}).status == PeStatus::unsupported_profile_version);
  CHECK(parts::install(with(parts::header({1}, 1, 0))).status == PeStatus::unsupported_profile_version);
  CHECK(parts::install(with(parts::header({30}))).status == PeStatus::feature_not_supported);
  CHECK(parts::install(with(parts::header({12}))).status == PeStatus::runtime_not_supported);
  CHECK(parts::install(with(parts::header({11})), {.services = 0x12}).status == PeStatus::runtime_not_supported);
  CHECK(parts::install(with(parts::header({6})), {.services = 0x12}).status == PeStatus::feature_not_supported);
  CHECK(parts::install(with(parts::header({19}))).status == PeStatus::feature_not_supported);  // linked directories

  const auto custom = [](const parts::Members& more) {
    asn1::TlvWriter out;
    {
      auto scope = out.open(0xA0);
      out.put_integer(0x80, 2).put_integer(0x81, 1).put(0x83, "8988211000000123456F"_hex).put(0xA5, {});
      more(out);
    }
    return out.take();
  };
  CHECK(parts::install(with(custom([](auto& out) { out.put(0xA6, "0607 67810F01020163"_hex); }))).status ==
        PeStatus::template_not_supported);
  CHECK(parts::install(with(custom([](auto& out) { out.put(0xA6, {}).put(0xA8, "300B 8005A000000001 81020100"_hex); }))).status ==
        PeStatus::lib_not_supported);
  CHECK(parts::install(with(custom([](auto& out) { out.put(0xA6, {}).put(0xA9, "800101"_hex); }))).status ==
        PeStatus::feature_not_supported);
  CHECK(parts::install(with(custom([](auto&) {}))).status == PeStatus::invalid_request_format);
}

TEST_CASE("A header may demand what the card's UICCCapability says and nothing else") {
  const auto with = [](unsigned service, std::uint64_t capability) {
    return parts::install(parts::join({parts::header({1, service}), parts::mf(), parts::puks(), parts::pins(), parts::end()}),
                          {.demandable = profile::demandable_services(capability)})
        .status;
  };
  // usim to tuak128, GBA, javacard (kept, never run), several NAAs, tuak256 to ber-tlv, GET IDENTITY and its profiles, S16 mode.
  for (const unsigned service : {1U, 2U, 3U, 4U, 5U, 7U, 8U, 11U, 13U, 14U, 15U, 16U, 17U, 18U, 21U, 22U, 23U, 28U}) {
    INFO(service);
    CHECK(with(service, 0) == PeStatus::ok);
  }
  // Contactless, CAVE, MBMS, an EAP client, linked directories, CAT_TP, the SUCI API, DNS, SCP11, eAKA.
  for (const unsigned service : {0U, 6U, 9U, 10U, 19U, 20U, 24U, 25U, 26U, 27U, 29U}) {
    INFO(service);
    CHECK(with(service, 0) == PeStatus::feature_not_supported);
  }
  CHECK(with(12, 0) == PeStatus::runtime_not_supported);
  constexpr std::uint64_t kUsimAndMbms = 1U << 1 | 1U << 12;
  CHECK(with(9, kUsimAndMbms) == PeStatus::ok);
  CHECK(with(2, kUsimAndMbms) == PeStatus::feature_not_supported);
  CHECK(with(19, ~std::uint64_t{0}) == PeStatus::feature_not_supported);  // no recipe makes them
}

TEST_CASE("Memory is accounted and its end aborts whatever is mandated") {
  const auto big = parts::element(
      1, 31,
      [](asn1::TlvWriter& out) {
        auto commands = out.open(0xA1);
        auto list = out.open(0x30);
        out.put(0x80, {});
        out.put(0x62, "820241218302 2FAA 8B01018003010000"_hex);
      },
      false);
  CHECK(parts::install(parts::profile({big})).installed);
  const auto result = parts::install(parts::profile({big}), {.memory = 40000});
  CHECK_FALSE(result.installed);
  CHECK(result.status == PeStatus::not_enough_memory);
  // An announced length that no memory could hold is refused before its octets arrive.
  CHECK(parts::install(parts::join({parts::header(), "B0847FFFFFFF"_hex})).status == PeStatus::not_enough_memory);
}

TEST_CASE("Every row of the element table has its own number, name and handler") {
  const auto rows = profile::all_elements();
  CHECK(rows.size() == 34);
  CHECK(std::string(profile::find_element(0xBF1F)->name) == "df-5gprose");
  CHECK(std::string(profile::find_element(0xA6)->name) == "securityDomain");
  CHECK(profile::find_element(0xBF22) == nullptr);
  CHECK(profile::find_element(0x30) == nullptr);
  CHECK_FALSE(profile::element_number(0x30));
}

TEST_CASE("Changed octets never do more than refuse the package") {
  const Bytes package =
      perso::build_profile(perso::default_recipe("8988211000000123456", "001010123456789", Bytes(16, 0x11), Bytes(16, 0x22)));
  REQUIRE(parts::install(package).installed);
  std::mt19937 random(1);  // a fixed row of changes: every run is the same
  std::size_t refused = 0;
  for (int i = 0; i < 4000; ++i) {
    Bytes changed = package;
    for (int k = 0; k <= i % 3; ++k) changed[random() % changed.size()] = static_cast<std::uint8_t>(random());
    profile::PackageInterpreter interpreter;
    (void)interpreter.feed(changed);
    if (!interpreter.finish()) {
      ++refused;
      REQUIRE_FALSE(interpreter.feed(changed));
    } else {
      const Bytes image = interpreter.take().encode();
      REQUIRE(profile::ProfileImage::decode(image));
    }
  }
  CHECK(refused > 1000);
}

TEST_CASE("Each octet of a small package may be any other value") {
  const Bytes package = parts::profile({parts::domain()});
  for (std::size_t i = 0; i < package.size(); ++i) {
    for (const unsigned value : {0x00U, 0xFFU, 0x7FU, 0x80U, static_cast<unsigned>(package[i] ^ 1U)}) {
      Bytes changed = package;
      changed[i] = static_cast<std::uint8_t>(value);
      profile::PackageInterpreter interpreter;
      (void)interpreter.feed(changed);
      (void)interpreter.finish();
      REQUIRE(interpreter.complete() != interpreter.aborted());
      REQUIRE_FALSE(interpreter.euicc_response().empty());
    }
  }
}
