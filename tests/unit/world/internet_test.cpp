// Name servers of a world.
#include <catch2/catch.hpp>

#include "tools/world/internet.h"

using namespace simurgh;
using namespace simurgh::world;
using namespace simurgh::literals;

namespace {

Bytes address_of(const std::string& name) { return name == "eim.example" ? Bytes{198, 51, 100, 10} : Bytes{}; }

const Bytes kQuery = "1234010000010000000000000365696D076578616D706C650000010001"_hex;

}  // namespace

TEST_CASE("A query for a name that exists is answered with its address", "[world]") {
  REQUIRE(to_hex(answer_name(kQuery, address_of)) ==
          "1234818000010001000000000365696D076578616D706C650000010001"
          "C00C000100010000012C0004C633640A");
}

TEST_CASE("Capital letters are the same name, another type has no answer, another name does not exist", "[world]") {
  Bytes capital = kQuery;
  capital[13] = 'E';
  REQUIRE(answer_name(capital, address_of)[7] == 1);
  Bytes six = kQuery;
  six[six.size() - 3] = 28;
  REQUIRE(answer_name(six, address_of)[7] == 0);
  REQUIRE((answer_name(six, address_of)[3] & 0x0F) == 0);
  Bytes other = kQuery;
  other[13] = 'x';
  REQUIRE((answer_name(other, address_of)[3] & 0x0F) == 3);
}

TEST_CASE("What is no query has no answer", "[world]") {
  REQUIRE(answer_name({}, address_of).empty());
  for (std::size_t size = 0; size < kQuery.size(); ++size) REQUIRE(answer_name(ByteView(kQuery).first(size), address_of).empty());
  Bytes reply = kQuery;
  reply[2] |= 0x80;
  REQUIRE(answer_name(reply, address_of).empty());
  Bytes pointer = kQuery;
  pointer[12] = 0xC0;
  REQUIRE(answer_name(pointer, address_of).empty());
}
