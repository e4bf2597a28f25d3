// Profiles with several USIMs and ISIMs and a CSIM: selected by name and by occurrence, each with files, key and PIN of its own.
#include <algorithm>

#include "tests/card/bench_card.h"
#include "tests/unit/profile/package_parts.h"
#include "tools/perso_upp/upp_builder.h"

using namespace simurgh;
using namespace simurgh::test;
using namespace simurgh::literals;

namespace {

bench::Desk& desk() {
  static bench::Desk shared;
  return shared;
}

perso::FcpFields sized(std::uint32_t size, std::uint16_t length = 0) {
  perso::FcpFields out;
  out.size = size;
  if (length != 0) {
    out.descriptor = 0x42;
    out.record_length = length;
  }
  return out;
}

Bytes second_isim() {
  Bytes out = parts::isim(41);
  const Bytes first = "A0000000871004FF49FF05"_hex, temporary = "83027FB0"_hex;
  const auto name = std::ranges::search(out, first);
  REQUIRE_FALSE(name.empty());
  name.back() = 0x06;
  const auto fid = std::ranges::search(out, temporary);
  REQUIRE_FALSE(fid.empty());
  fid.back() = 0xB1;
  return out;
}

Bytes csim() {
  return parts::template_element(25, 42, 10, 1, [](asn1::TlvWriter& out) {
    perso::FcpFields adf;
    adf.fid = 0x7FC0;
    adf.aid = "A0000003431002FF86FFFF89"_hex;
    adf.pin_references = "010A"_hex;
    parts::file(out, 2, adf);
    perso::FcpFields rules = sized(14 * 40, 40);
    const auto& all = perso::access_rules();
    parts::file(out, 3, rules, perso::record_pieces({all.begin(), all.end()}, 40));
    for (unsigned member = 4; member <= 32; ++member) {
      if (member == 11)
        parts::file(out, member, sized(10, 5));
      else if (member == 12)
        parts::file(out, member, sized(8, 8));
      else if (member == 18 || member == 20 || member == 27)
        parts::file(out, member, sized(4), {{0, "01020304"_hex}});
      else
        parts::file(out, member);
    }
  });
}

}  // namespace

TEST_CASE("Several ISIMs and a CSIM stand beside a USIM, and each is selected", "[naa]") {
  BenchCard card(desk());
  const Bytes package = parts::profile({parts::isim(40), second_isim(), csim()});
  const Bytes result = card.lpa.download(desk(), desk().order("8988211000000123456", {}, package));
  INFO(to_hex(result));
  REQUIRE(bench::installed(result));
  REQUIRE(card.es10("BF3111A00C"
                    "5A0A"
                    "988812010000103254F6"
                    "810100") == "BF3103800100");
  const auto name = [&] { return card.apdu("80F2000100"); };
  REQUIRE(card.raw("00A4040C07A0000000871004") == "9000");
  REQUIRE(name() == "840BA0000000871004FF49FF059000");
  REQUIRE(card.raw("00A4040E07A0000000871004") == "9000");  // next
  REQUIRE(name() == "840BA0000000871004FF49FF069000");
  REQUIRE(card.raw("00A4040E07A0000000871004") == "6A82");
  REQUIRE(card.raw("00A4040F07A0000000871004") == "9000");  // previous
  REQUIRE(card.raw("00A4040F07A0000000871004") == "6A82");
  REQUIRE(card.raw("00A4040D07A0000000871004") == "9000");  // last
  REQUIRE(name() == "840BA0000000871004FF49FF069000");
  REQUIRE(card.raw("00A4040E0BA0000000871004FF49FF06") == "6A82");  // a whole name occurs once
  REQUIRE(card.raw("00A4040C05A000000343") == "9000");
  REQUIRE(name() == "840CA0000003431002FF86FFFF899000");
  REQUIRE(card.raw("00A4000C026F32") == "9000");
  REQUIRE(card.raw("00B0000004").ends_with("9000"));
  REQUIRE(card.raw("00B0820004").ends_with("9000"));
  // A CSIM without a key authenticates nobody; the USIM of the profile does, on a channel of its own.
  REQUIRE(card.raw("0088008011"
                   "10000102030405060708090A0B0C0D0E0F") == "6985");
  REQUIRE(card.raw("0070000001") == "019000");
  REQUIRE(card.raw("01A4040C07A0000000871002") == "9000");
  REQUIRE(card.apdu("0188008122"
                    "10000102030405060708090A0B0C0D0E0F"
                    "10000102030405060708090A0B0C0D0E0F") == "9862");
}
