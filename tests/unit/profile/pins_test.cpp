// PINs and PUKs: contexts, sharing, and what must exist at the end.
#include <catch2/catch.hpp>

#include "tests/unit/profile/package_parts.h"

using namespace simurgh;
using namespace simurgh::literals;
using profile::PeStatus;

namespace {

Bytes pin2(unsigned identification = 60, unsigned reference = 0x81) {
  return parts::element(2, identification, [&](asn1::TlvWriter& out) {
    auto choice = out.open(0xA1);
    auto list = out.open(0xA0);
    auto pin = out.open(0x30);
    out.put_integer(0x80, reference).put(0x81, "39393939FFFFFFFF"_hex).put_integer(0x82, 0x81);
  });
}

Bytes shared(const Bytes& path, unsigned identification = 61) {
  return parts::element(2, identification, [&](asn1::TlvWriter& out) {
    auto choice = out.open(0xA1);
    out.put(0x81, path);
  });
}

const uicc::PinBinding* bound(const profile::ProfileImage& image, uicc::NodeId directory, std::uint8_t reference) {
  for (const auto& binding : image.pins.bindings)
    if (binding.directory == directory && binding.reference == reference) return &binding;
  return nullptr;
}

Bytes opt_usim() {
  return parts::template_element(20, 51, 5, 1, [](asn1::TlvWriter& out) { parts::file(out, 2); });
}

}  // namespace

TEST_CASE("PIN attributes and counters decide how a PIN starts") {
  const auto image = parts::installed(parts::profile());
  const auto* pin1 = bound(image, uicc::kMf, 0x01);
  REQUIRE(pin1 != nullptr);
  const auto& object = image.pins.pins[pin1->pin];
  CHECK_FALSE(object.enabled);
  CHECK(object.changeable);
  CHECK(object.can_be_disabled);
  CHECK(object.max_tries == 3);
  CHECK(object.puk == 0x01);
  const auto* adm = bound(image, uicc::kMf, 0x0A);  // key reference 10 is ADM1, 0A
  REQUIRE(adm != nullptr);
  CHECK(image.pins.pins[adm->pin].max_tries == 10);
  CHECK(image.pins.pins[adm->pin].puk == 0);
  CHECK_FALSE(image.pins.pins[adm->pin].can_be_disabled);
  CHECK(image.pins.puks.at(0).max_tries == 10);
}

TEST_CASE("pinCodes behind opt-usim belong to the ADF, the first directory of the last element that made one") {
  const auto image = parts::installed(parts::join({parts::header(), parts::mf(), parts::puks(), parts::pins(), parts::usim(), opt_usim(),
                                                   parts::element(1, 52,
                                                                  [](asn1::TlvWriter& out) {
                                                                    auto commands = out.open(0xA1);
                                                                    auto list = out.open(0x30);
                                                                    out.put(0x80, {});
                                                                  }),
                                                   pin2(), parts::end()}));
  CHECK(bound(image, image.files.adfs().at(0), 0x81) != nullptr);
}

TEST_CASE("The same local reference in two directories is two PINs") {
  const auto image = parts::installed(parts::join(
      {parts::header(), parts::mf(), parts::puks(), parts::pins(), parts::usim(), pin2(60), parts::isim(), pin2(61), parts::end()}));
  const auto* first = bound(image, image.files.adfs().at(0), 0x81);
  const auto* second = bound(image, image.files.adfs().at(1), 0x81);
  REQUIRE((first != nullptr && second != nullptr));
  CHECK(first->pin != second->pin);
}

TEST_CASE("filePath shares the PIN objects of another directory") {
  const auto image = parts::installed(parts::join({parts::header(), parts::mf(), parts::puks(), parts::pins(), parts::usim(), pin2(60),
                                                   parts::isim(), shared("7FD0"_hex), parts::end()}));
  const auto* first = bound(image, image.files.adfs().at(0), 0x81);
  const auto* second = bound(image, image.files.adfs().at(1), 0x81);
  REQUIRE((first != nullptr && second != nullptr));
  CHECK(first->pin == second->pin);
  CHECK(parts::install(parts::profile({pin2(), parts::isim(), shared("7FFE"_hex)})).status == PeStatus::bad_values);
  CHECK(parts::install(parts::profile({parts::isim(), shared("7FD0"_hex)})).status == PeStatus::bad_values);
}

TEST_CASE("Global references live in the MF, local ones elsewhere, each once") {
  CHECK(parts::install(parts::join({parts::header(), parts::mf(), parts::puks(), pin2(), parts::end()})).status == PeStatus::bad_values);
  CHECK(parts::install(parts::profile({pin2(60, 0x01)})).status == PeStatus::bad_values);
  CHECK(parts::install(parts::profile({pin2(60), pin2(61)})).status == PeStatus::bad_values);
  CHECK(parts::install(parts::profile({pin2(60, 9)})).status == PeStatus::bad_values);
}

TEST_CASE("A PIN that a status template names must exist at the end") {
  // The ADF names 01 and 0A, which only the MF's pinCodes define.
  CHECK(parts::install(parts::join({parts::header(), parts::mf(), parts::puks(), parts::usim(), parts::end()})).status ==
        PeStatus::pin_code_missing);
  const Bytes telecom = parts::template_element(
      18, 60, 3, 1,
      [](asn1::TlvWriter& out) {
        perso::FcpFields fcp;
        fcp.pin_references = {0x81, 0x01};
        parts::file(out, 2, fcp);
      },
      false);
  CHECK(parts::install(parts::profile({telecom})).status == PeStatus::pin_code_missing);
  const auto image = parts::installed(parts::profile({telecom, pin2()}));
  CHECK(to_hex(parts::at(image, "7F10"_hex).pin_references) == "8101");  // the list, in its order, not a PIN status object
}
