#include "tools/coap/uploads.h"

#include <catch2/catch.hpp>

using namespace simurgh;
using simurgh::coaps::Uploads;

TEST_CASE("Blocks in order become a body, each tag its own", "[coap]") {
  Uploads uploads(100);
  Bytes body;
  CHECK(uploads.take(Bytes{1}, 0, false, Bytes(16, 1), body) == Uploads::Outcome::more);
  CHECK(uploads.take(Bytes{2}, 0, false, Bytes(16, 2), body) == Uploads::Outcome::more);
  CHECK(uploads.take(Bytes{1}, 16, true, Bytes(3, 1), body) == Uploads::Outcome::whole);
  CHECK(body == Bytes(19, 1));
  CHECK(uploads.take(Bytes{2}, 16, false, Bytes(16, 2), body) == Uploads::Outcome::more);
  CHECK(uploads.take(Bytes{2}, 32, true, Bytes{}, body) == Uploads::Outcome::whole);
  CHECK(body == Bytes(32, 2));
  CHECK(uploads.take(Bytes{}, 0, true, Bytes(5, 3), body) == Uploads::Outcome::whole);
  CHECK(body == Bytes(5, 3));
}

TEST_CASE("A block that does not follow the last one ends the upload", "[coap]") {
  Uploads uploads(100);
  Bytes body;
  CHECK(uploads.take(Bytes{1}, 16, true, Bytes(16, 1), body) == Uploads::Outcome::incomplete);
  CHECK(uploads.take(Bytes{1}, 0, false, Bytes(16, 1), body) == Uploads::Outcome::more);
  CHECK(uploads.take(Bytes{1}, 32, false, Bytes(16, 1), body) == Uploads::Outcome::incomplete);
  CHECK(uploads.take(Bytes{1}, 16, false, Bytes(16, 1), body) == Uploads::Outcome::incomplete);
  CHECK(body.empty());
}

TEST_CASE("A first block starts its upload anew, and the fifth upload drops the oldest", "[coap]") {
  Uploads uploads(100);
  Bytes body;
  CHECK(uploads.take(Bytes{1}, 0, false, Bytes(16, 9), body) == Uploads::Outcome::more);
  for (std::uint8_t tag = 1; tag <= 5; ++tag) CHECK(uploads.take(Bytes{tag}, 0, false, Bytes(16, tag), body) == Uploads::Outcome::more);
  CHECK(uploads.take(Bytes{1}, 16, true, Bytes{1}, body) == Uploads::Outcome::incomplete);
  CHECK(uploads.take(Bytes{2}, 16, true, Bytes{2}, body) == Uploads::Outcome::whole);
  CHECK(body == Bytes(17, 2));
}

TEST_CASE("More than the limit is refused when it comes, not when it is all there", "[coap]") {
  Uploads uploads(32);
  Bytes body;
  CHECK(uploads.take(Bytes{1}, 0, false, Bytes(32, 1), body) == Uploads::Outcome::more);
  CHECK(uploads.take(Bytes{1}, 32, true, Bytes(1, 1), body) == Uploads::Outcome::too_large);
  CHECK(uploads.take(Bytes{1}, 0, true, Bytes(33, 1), body) == Uploads::Outcome::too_large);
  CHECK(uploads.take(Bytes{1}, 0, true, Bytes(32, 1), body) == Uploads::Outcome::whole);
}
