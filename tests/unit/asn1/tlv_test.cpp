#include "asn1/tlv.h"

#include <catch2/catch.hpp>
#include <functional>
#include <random>

using namespace simurgh;
using namespace simurgh::asn1;
using namespace simurgh::literals;

TEST_CASE("The reader gives the whole element or an error and never moves on failure", "[asn1]") {
  for (const char* bad : {"", "5A", "5A02", "5A0201", "BF", "BF3E", "BF3E80", "5A80", "5A85000000000100", "1F8080808001"}) {
    const Bytes input = from_hex(bad).value();
    TlvReader in(input);
    REQUIRE_FALSE(in.next());
    REQUIRE(in.offset() == 0);
  }
}

TEST_CASE("BER lengths are read, and DER refuses the long forms that are not needed", "[asn1]") {
  const Bytes input = "5A810101"_hex;
  REQUIRE(TlvReader(input).next()->value.size() == 1);
  REQUIRE_FALSE(TlvReader(input, Lengths::der).next());
  REQUIRE_FALSE(TlvReader("5A82000101"_hex, Lengths::der).next());
}

TEST_CASE("Heads of a stream ask for more octets until they can be told", "[asn1]") {
  REQUIRE_FALSE(*read_head("BF"_hex));
  REQUIRE_FALSE(*read_head("BF36"_hex));
  REQUIRE_FALSE(*read_head("BF3682"_hex));
  REQUIRE_FALSE(*read_head("BF368201"_hex));
  const auto head = *read_head("BF368201A5"_hex);
  REQUIRE(head->tag == 0xBF36);
  REQUIRE(head->header == 5);
  REQUIRE(head->length == 0x1A5);
  REQUIRE_FALSE(read_head("5A80"_hex));
}

TEST_CASE("Required and optional elements are told apart by tag alone", "[asn1]") {
  const Bytes input = "800101810102"_hex;
  TlvReader in(input);
  REQUIRE_FALSE(in.required(0x81));
  REQUIRE_FALSE(*in.optional(0x81));
  REQUIRE(in.required(0x80));
  REQUIRE(*in.optional(0x81));
  REQUIRE(in.at_end());
  REQUIRE_FALSE(*in.optional(0x82));
  REQUIRE_FALSE(in.required(0x82));
}

TEST_CASE("INTEGERs are signed and minimal", "[asn1]") {
  REQUIRE(to_hex(integer_content(0)) == "00");
  REQUIRE(to_hex(integer_content(127)) == "7F");
  REQUIRE(to_hex(integer_content(128)) == "0080");
  REQUIRE(to_hex(integer_content(255)) == "00FF");
  REQUIRE(to_hex(integer_content(256)) == "0100");
  const auto number = [](const char* hex) { return unsigned_value(*read_only(from_hex(hex).value(), 0x02)); };
  REQUIRE(number("02020080") == 128);
  REQUIRE_FALSE(number("0200"));
  REQUIRE_FALSE(number("0201FF"));
  REQUIRE_FALSE(number("02088000000000000000"));
}

TEST_CASE("Named bits are counted from the first and trimmed at the end", "[asn1]") {
  REQUIRE(to_hex(named_bits_content(0)) == "00");
  REQUIRE(to_hex(named_bits_content(1)) == "0780");
  REQUIRE(to_hex(named_bits_content(2)) == "0640");
  REQUIRE(to_hex(named_bits_content(4)) == "0520");
  REQUIRE(to_hex(named_bits_content(14)) == "0470");
  REQUIRE(to_hex(named_bits_content(0x110)) == "0708" "80");
  const auto bits = [](const char* hex) { return named_bits(*read_only(from_hex(hex).value(), 0x03)); };
  REQUIRE(bits("03020480") == 1);
  REQUIRE(bits("03020080") == 1);
  REQUIRE(bits("030100") == 0);
  REQUIRE_FALSE(bits("0300"));
  REQUIRE_FALSE(bits("03020880"));
  REQUIRE_FALSE(bits("030101"));
}

TEST_CASE("What the writer nests reads back, to any shape", "[asn1]") {
  std::mt19937 random(11);
  for (int round = 0; round < 200; ++round) {
    TlvWriter out;
    std::size_t written = 0;
    const std::function<void(unsigned)> write = [&](unsigned depth) {
      const std::size_t count = random() % 4;
      for (std::size_t i = 0; i < count; ++i) {
        ++written;
        if (depth > 0 && random() % 2 == 0) {
          const auto scope = out.open(random() % 2 == 0 ? 0x30 : 0xBF25);
          write(depth - 1);
        } else {
          out.put(0x80 + random() % 4, Bytes(random() % 300, 0x55));
        }
      }
    };
    write(5);
    REQUIRE(check_nesting(out.view(), 6, Lengths::der) == written);
  }
  REQUIRE_FALSE(check_nesting("3004300230003000"_hex, 1));
}
