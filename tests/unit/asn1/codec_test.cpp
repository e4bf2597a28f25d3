#include "asn1/codec/codec.h"
#include "tests/support/paths.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <random>
#include <sstream>

using namespace simurgh;

namespace {

struct Vector {
  std::string message;
  Bytes octets;
};

std::vector<Vector> vectors(const std::string& file) {
  std::ifstream in(simurgh::test::source_dir() + "/vectors/asn1/" + file);
  std::vector<Vector> out;
  std::string line;
  while (std::getline(in, line)) {
    if (line.empty() || line[0] == '#') continue;
    std::istringstream words(line);
    std::string name, hex;
    words >> name >> hex;
    out.push_back({name, from_hex(hex).value()});
  }
  return out;
}

std::vector<Vector> vectors() {
  std::vector<Vector> out;
  for (const char* file : {"messages.txt", "sgp32.txt", "sgp32-forms.txt"}) {
    for (Vector& vector : vectors(file)) out.push_back(std::move(vector));
  }
  return out;
}

}  // namespace

TEST_CASE("Messages of another encoder decode by the module and encode again to the same octets", "[asn1]") {
  REQUIRE(vectors("messages.txt").size() >= 15);
  REQUIRE(vectors("sgp32.txt").size() >= 80);
  REQUIRE(vectors("sgp32-forms.txt").size() >= 110);
  for (const Vector& vector : vectors()) {
    INFO(vector.message << " " << to_hex(vector.octets));
    REQUIRE(asn1::codec::check(vector.message, vector.octets) == vector.octets.size());
    const auto again = asn1::codec::reencode(vector.message, vector.octets);
    REQUIRE(again);
    REQUIRE(*again == vector.octets);
    REQUIRE(asn1::codec::to_xml(vector.message, vector.octets)->find(vector.message) != std::string::npos);
    REQUIRE(asn1::check_nesting(vector.octets, 16, asn1::Lengths::der));
  }
}

TEST_CASE("A message cut at any octet, with something behind it or under another name is an error", "[asn1]") {
  for (const Vector& vector : vectors()) {
    for (std::size_t size = 0; size < vector.octets.size(); ++size) {
      REQUIRE_FALSE(asn1::codec::check(vector.message, ByteView(vector.octets).first(size)));
    }
    Bytes longer = vector.octets;
    longer.push_back(0x00);
    REQUIRE_FALSE(asn1::codec::check(vector.message, longer));
    REQUIRE_FALSE(asn1::codec::check(vector.message == "EUICCInfo1" ? "EUICCInfo2" : "EUICCInfo1", vector.octets));
    REQUIRE_FALSE(asn1::codec::check("NoSuchMessage", vector.octets));
  }
}

TEST_CASE("A message of another class of tag or of another length is an error", "[asn1]") {
  for (const Vector& vector : vectors()) {
    INFO(vector.message << " " << to_hex(vector.octets));
    Bytes bent = vector.octets;
    bent[0] ^= 0x20;  // primitive for constructed: choices are read all the same, and written right
    REQUIRE(asn1::codec::reencode(vector.message, bent).value_or(Bytes()) != bent);
    bent = vector.octets;
    bent[0] ^= 0x40;
    REQUIRE_FALSE(asn1::codec::check(vector.message, bent));
    const std::size_t last_of_header = vector.octets.size() - asn1::TlvReader(vector.octets).next()->value.size() - 1;
    for (const int step : {-1, 1}) {
      bent = vector.octets;
      bent[last_of_header] = static_cast<std::uint8_t>(bent[last_of_header] + step);
      REQUIRE_FALSE(asn1::codec::check(vector.message, bent));
    }
  }
}

TEST_CASE("Mutated messages are refused or decoded, never more", "[asn1]") {
  std::mt19937 random(7);
  for (const Vector& vector : vectors()) {
    for (int i = 0; i < 300; ++i) {
      Bytes bent = vector.octets;
      bent[random() % bent.size()] = static_cast<std::uint8_t>(random());
      if (!asn1::codec::check(vector.message, bent)) continue;
      const auto again = asn1::codec::reencode(vector.message, bent);
      REQUIRE(again);
      REQUIRE(asn1::codec::reencode(vector.message, *again).value() == *again);
    }
  }
}
