// SUSPEND UICC: what comes back with the token, what does not, and who may not ask.
#include "tests/card/bench_card.h"
#include "tools/perso_upp/upp_builder.h"

using namespace simurgh;
using namespace simurgh::test;

namespace {

constexpr const char* kSuspend = "807600000400010301";  // at least a second, at most a day
constexpr const char* kUsim = "00A4040C07A0000000871002";

bench::Desk& desk() {
  static bench::Desk shared;
  return shared;
}

// A card whose profile offers suspension, with PIN1 asked for, and the USIM selected.
struct Sleeper : BenchCard {
  Sleeper() : BenchCard(desk()) {
    REQUIRE(bench::installed(lpa.download(desk(), desk().order(kIccid1))));
    REQUIRE(es10(enable(kIccid1)) == "BF3103800100");
    REQUIRE(raw("00A4000C023F00") == "9000");
    raw("0020000A08"
        "3838383838383838");
    REQUIRE(raw("00D688020102") == "9000");  // EF.UMPC: suspension supported
    REQUIRE(raw("0028000108"
                "31323334FFFFFFFF") == "9000");
    card.reset();
  }
  void verify() {
    REQUIRE(raw("0020000108"
                "31323334FFFFFFFF") == "9000");
  }
  std::string suspend() {
    const std::string answer = apdu(kSuspend);
    REQUIRE(answer.starts_with("0301"));
    REQUIRE(answer.size() == 24);
    return answer.substr(4, 16);
  }
};

}  // namespace

TEST_CASE("A suspended session comes back with its token: files, channels, PINs and the terminal's profile", "[suspend]") {
  Sleeper card;
  card.raw(
      "80AA000005"
      "A903830107");
  REQUIRE(card.raw("8010000022" + std::string(68, 'F')) == "9000");
  card.verify();
  card.raw(kUsim);
  card.raw("00A4000C026F07");
  card.raw("0070000001");
  card.raw("01A4040C07A0000000871004");
  const std::string token = card.suspend();
  REQUIRE(card.raw("00B0000009") == "6985");  // suspended until the power went
  card.card.power_off();
  card::Card again(card.store, desk().rng());  // another process even
  again.power_on();
  const auto raw = [&](const std::string& hex) { return to_hex(again.transmit(from_hex(hex).value())); };
  REQUIRE(raw("8076010008"
              "0000000000000000") == "6982");
  REQUIRE(raw("8076010007"
              "00000000000000") == "6700");
  REQUIRE(raw("8076010008" + token) == "9000");
  REQUIRE(raw("00B0000009").ends_with("9000"));  // EF.IMSI is current and its PIN verified
  REQUIRE(raw("01A4000C026F02") == "9000");      // the ISIM is active on channel 1
  REQUIRE(raw("8076010008" + token) == "6985");  // a token serves once
}

TEST_CASE("Any other command after power-up gives the suspended session up", "[suspend]") {
  Sleeper card;
  card.verify();
  const std::string token = card.suspend();
  card.card.reset();
  REQUIRE(card.raw("00A4000402AAAA") == "6A82");
  REQUIRE(card.raw("00A4000C023F00") == "9000");
  REQUIRE(card.raw("8076010008" + token) == "6985");
  REQUIRE(card.raw("0020000100") == "63C3");
  card.raw(kUsim);
  card.raw("00A4000C026F07");
  REQUIRE(card.raw("00B0000009") == "6982");
}

TEST_CASE("Suspension is refused when it is not offered, too long, contradictory or the card is busy", "[suspend]") {
  Sleeper card;
  REQUIRE(card.raw("8076020004"
                   "00010301") == "6A86");
  REQUIRE(card.raw("8076000104"
                   "00010301") == "6A86");
  REQUIRE(card.raw("8076000003"
                   "000103") == "6700");
  REQUIRE(card.raw("8076000004"
                   "05010301") == "6A80");  // no such unit
  REQUIRE(card.raw("8076000004"
                   "03010001") == "6A80");  // the least more than the most
  REQUIRE(card.raw("8076000004"
                   "03020402") == "9864");  // two days at least
  REQUIRE(card.raw("8076010008"
                   "0000000000000000") == "6985");
  card.raw("0070000001");
  REQUIRE(card.raw("8176000004"
                   "00010301") == "6881");
  REQUIRE(card.apdu("8076000004"
                    "00010401")
              .starts_with("0218"));  // ten days asked, one given
  card.card.reset();
  card.es10("BF2D00");
  card.raw("8010000022" + std::string(68, 'F'));
  REQUIRE(card.es10(disable(kIccid1, true)) == "BF3203800100");
  REQUIRE(card.raw(kSuspend) == "6985");  // a REFRESH waits
  BenchCard plain(desk());
  REQUIRE(plain.raw("8076000004"
                    "00010301") == "6985");  // EF.UMPC of the bare card offers none
}

TEST_CASE("A suspended session does not survive its profile", "[suspend]") {
  Sleeper card;
  const std::string token = card.suspend();
  // The store fails while the session is taken up: it stays suspended.
  card.card.reset();
  card.store.fail_after(0);
  REQUIRE(card.raw("8076010008" + token) == "6581");
  REQUIRE(card.raw("8076010008" + token) == "9000");
  const std::string second = card.suspend();
  card.card.reset();
  REQUIRE(card.es10(disable(kIccid1)) == "BF3203800100");
  REQUIRE(card.raw("8076010008" + second) == "6985");
}
