#include "pcsc/atr.h"

#include <catch2/catch.hpp>

using namespace simurgh;
using namespace simurgh::literals;
using pcsc::offered_protocols;

namespace {

std::string offered(const Bytes& atr) {
  const auto protocols = offered_protocols(atr);
  return std::string(protocols.t0 ? "0" : "") + (protocols.t1 ? "1" : "");
}

}  // namespace

TEST_CASE("The interface bytes of an ATR name its protocols", "[atr]") {
  CHECK(offered("3B00"_hex) == "0");
  CHECK(offered("3F00"_hex) == "0");
  CHECK(offered("3B9F96801FC78031A073BE21136743200718000001A5"_hex) == "0");  // TD1 = T=0, TD2 = T=15
  CHECK(offered("3B80800101"_hex) == "01");
  CHECK(offered("3B800181"_hex) == "1");
  CHECK(offered("3BE000008131204500"_hex) == "1");
  CHECK(offered("3B80901101"_hex) == "1");  // TA2: specific mode
  CHECK(offered("3B80911001"_hex) == "0");
}

TEST_CASE("Bytes that are no ATR offer nothing", "[atr]") {
  CHECK(offered({}).empty());
  CHECK(offered("3B"_hex).empty());
  CHECK(offered("0000"_hex).empty());
  CHECK(offered("3BF0"_hex).empty());
  CHECK(offered("3B80"_hex).empty());
  CHECK(offered(concat({"3BF0"_hex, Bytes(8, 0xFF)})).empty());
}
