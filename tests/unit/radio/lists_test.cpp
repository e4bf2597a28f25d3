// Files a modem keeps its networks in.
#include <catch2/catch.hpp>

#include "tools/radio/lists.h"
#include "tools/terminal/device.h"

using namespace simurgh;
using namespace simurgh::radio;
using namespace simurgh::literals;

TEST_CASE("PLMNs have two or three digits of MNC and their nibbles swapped", "[radio]") {
  REQUIRE(decode_plmn("99F907"_hex) == "99970");
  REQUIRE(decode_plmn("130014"_hex) == "310410");
  REQUIRE(decode_plmn("27F450"_hex) == "72405");
  REQUIRE(decode_plmn("FFFFFF"_hex).empty());
  REQUIRE(decode_plmn("99FA07"_hex).empty());
  for (const char* plmn : {"00101", "310410", "90170", "999700"}) REQUIRE(decode_plmn(terminal::encode_plmn(plmn)) == plmn);
}

TEST_CASE("An empty entry in the middle of a list does not end it", "[radio]") {
  REQUIRE(read_plmn_list("00F110FFFFFF99F907FFFFFF"_hex) == std::vector<std::string>{"00101", "99970"});
  const auto list = read_access_list("00F1104000FFFFFF0000"
                                     "99F907C080"_hex);
  REQUIRE(list.size() == 2);
  REQUIRE(list[1].plmn == "99970");
  REQUIRE(list[1].access == 0xC080);
}

TEST_CASE("A forbidden network takes the first free entry, and moves the others up when there is none", "[radio]") {
  Bytes file = "00F110FFFFFFFFFFFFFFFFFF"_hex;
  file = add_forbidden(file, "99970");
  REQUIRE(to_hex(file) == "00F11099F907FFFFFFFFFFFF");
  REQUIRE(add_forbidden(file, "99970") == file);
  file = add_forbidden(add_forbidden(file, "99971"), "99972");
  REQUIRE(to_hex(file) == "00F11099F90799F91799F927");
  file = add_forbidden(file, "310410");
  REQUIRE(to_hex(file) == "99F90799F91799F927130014");
  REQUIRE(to_hex(remove_forbidden(file, "99971")) == "99F907FFFFFF99F927130014");
  REQUIRE(add_forbidden({}, "99970").empty());
}

TEST_CASE("EF.EPSLOCI and EF.LOCI are read back as written", "[radio]") {
  const LastLocation registered{.identity = "0BF699F907010203040506AA"_hex, .plmn = "99970", .area = 0x1234, .status = update_status::kUpdated};
  REQUIRE(to_hex(write_epsloci(registered)) == "0BF699F907010203040506AA99F907123400");
  const LastLocation again = read_epsloci(write_epsloci(registered));
  REQUIRE(again.plmn == "99970");
  REQUIRE(again.area == 0x1234);
  REQUIRE(again.identity == registered.identity);
  REQUIRE(to_hex(write_epsloci({})) == "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFF000001");
  REQUIRE(to_hex(write_loci({})) == "FFFFFFFFFFFFFF0000FF01");
  REQUIRE(read_loci(write_loci({.identity = "01020304"_hex, .plmn = "00101", .area = 7, .status = 0})).area == 7);
  REQUIRE(read_epsloci("00"_hex).plmn.empty());
  REQUIRE(to_hex(write_psloci({})) == "FFFFFFFFFFFFFFFFFFFF0000FF01");
  REQUIRE(to_hex(write_psloci({.identity = "01020304"_hex, .plmn = "99970", .area = 0x1234, .status = 0})) == "01020304FFFFFF99F90712340000");
  REQUIRE(to_hex(write_5gsloci({})) == "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000001");
  REQUIRE(read_5gsloci(write_5gsloci({.identity = {}, .plmn = "99970", .area = 0x012345, .status = 0})).area == 0x012345);
}

TEST_CASE("The home of an IMSI depends on the length of its MNC", "[radio]") {
  REQUIRE(home_of("999700000000002", 2) == "99970");
  REQUIRE(home_of("310410123456789", 3) == "310410");
  REQUIRE(home_of("99", 2).empty());
}
