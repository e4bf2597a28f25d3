// Envelopes and answers of terminals as evidence, and patterns over PLMNs.
#include <catch2/catch.hpp>

#include "euicc/applets/multi_imsi/evidence.h"

using namespace simurgh;
using namespace simurgh::multi_imsi;
using namespace simurgh::literals;

namespace {

std::optional<Input> read(const std::string& hex) {
  const auto envelope = toolkit::read_envelope(from_hex(hex).value());
  return envelope ? evidence_of(*envelope) : std::nullopt;
}

}  // namespace

TEST_CASE("Location status envelopes say where the terminal is, with and without the comprehension bit", "[multi_imsi]") {
  const auto eutran = read("D615 990103 82028281 9B0100 9309 99F907 1234 0ABCDE1F");
  REQUIRE(eutran);
  CHECK(eutran->event == Event::registered);
  CHECK(eutran->plmn.text() == "999-70");
  CHECK(eutran->area == 0x1234);
  const auto ngran = read("D617 990103 82028281 9B0100 930B 99F907 001234 012345678F");
  REQUIRE(ngran);
  CHECK(ngran->area == 0x001234);
  CHECK(ngran->access == 0x0A);
  CHECK(read("D613 990103 82028281 9B0100 9307 99F907 1234 5678")->area == 0x1234);
  CHECK(read("D60A 990103 82028281 9B0101")->event == Event::limited);
  CHECK(read("D60A 990103 82028281 9B0102")->event == Event::no_service);
  // Without comprehension bits, in another order.
  const auto plain = read("D615 190103 02028281 1309 99F907 1234 0ABCDE1F 1B0100");
  REQUIRE(plain);
  CHECK(plain->event == Event::registered);
  CHECK(plain->plmn == eutran->plmn);
}

TEST_CASE("Network rejection envelopes give the cause, the place and which protocol it is of", "[multi_imsi]") {
  const auto eps = read("D617 990112 82028381 FD05 99F907 1234 BF0108 F40109 F5010B");
  REQUIRE(eps);
  CHECK(eps->event == Event::rejected);
  CHECK(eps->cause == 11);
  CHECK(eps->plmn.text() == "999-70");
  CHECK(eps->area == 0x1234);
  CHECK(eps->mobility == Mobility::emm);
  const auto fivegs = read("D618 990112 82028381 FD06 99F907 001234 BF010A F4010F F5010B");
  REQUIRE(fivegs);
  CHECK(fivegs->mobility == Mobility::fivegmm);
  CHECK(fivegs->area == 0x1234);
  const auto gsm = read("D617 990112 82028381 9305 99F907 1234 BF0100 F40100 F50102");
  REQUIRE(gsm);
  CHECK(gsm->mobility == Mobility::mm);
  CHECK(class_of(gsm->cause, gsm->mobility) == CauseClass::identity);
  CHECK(class_of(gsm->cause, Mobility::emm) == CauseClass::soft);
  const auto gprs = read("D618 990112 82028381 F306 99F907 1234 07 BF0100 F40103 F5010E");
  REQUIRE(gprs);
  CHECK(gprs->mobility == Mobility::gmm);
  CHECK(gprs->cause == 14);
}

TEST_CASE("Patterns know wildcards, and take no PLMN in the wrong nibble order", "[multi_imsi]") {
  const Plmn home = *Plmn::read("99F907"_hex), usa = *Plmn::read("130014"_hex);
  CHECK(usa.text() == "310-410");
  CHECK(usa.mcc() == 0x310);
  CHECK(Plmn::read("27F450"_hex)->text() == "724-05");
  CHECK_FALSE(Plmn::read("FFFFFF"_hex));
  CHECK(Pattern{"99E9EE"_hex}.matches(home));
  CHECK(Pattern{"99E9EE"_hex}.specificity() == 3);
  CHECK(Pattern{"99F9E7"_hex}.matches(home));
  CHECK_FALSE(Pattern{"99F9E8"_hex}.matches(home));
  CHECK(Pattern{"99F907"_hex}.matches(home));
  CHECK_FALSE(Pattern{"99F907"_hex}.matches(usa));
  CHECK(Pattern{}.matches(Plmn{}));
  CHECK_FALSE(Pattern{"99F907"_hex}.matches(Plmn{}));
  CHECK_FALSE(Pattern{"9A0000"_hex}.well_formed());
}

TEST_CASE("Answers to PROVIDE LOCAL INFORMATION are evidence too, no service among them", "[multi_imsi]") {
  const auto answer = [](const std::string& hex) { return *toolkit::read_terminal_response(from_hex(hex).value()); };
  const auto normal = evidence_of_location(answer("810301260082028281830100 9309 99F907 1234 0ABCDE1F"));
  REQUIRE(normal);
  CHECK(normal->event == Event::registered);
  CHECK(evidence_of_location(answer("810301260082028281830106"))->event == Event::limited);
  CHECK(evidence_of_location(answer("81030126008202828183022004"))->event == Event::no_service);
  CHECK_FALSE(evidence_of_location(answer("81030126008202828183022002")));
  CHECK(wall_clock_of(answer("810301260382028281830100 A607 62301080000000")) == 1772323200 + 8 * 3600);
  CHECK(tac_of(answer("810301260182028281830100 9408 3A55555555555505")) == "35555555");
}
