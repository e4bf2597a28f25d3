#include <catch2/catch.hpp>

#include "euicc/toolkit/commands.h"
#include "euicc/toolkit/comprehension.h"
#include "tests/unit/toolkit/desk_terminal.h"

using namespace simurgh;
using namespace simurgh::toolkit;
using namespace simurgh::literals;

TEST_CASE("Objects are read whatever the form of their tag and length", "[toolkit]") {
  const Bytes octets = "BF0108 3F810109 7F80FE0155 7F00FE820001AA 9900"_hex;
  const auto objects = read_objects(octets);
  REQUIRE(objects);
  REQUIRE(objects->size() == 5);
  CHECK((*objects)[0].tag == tag::access_technology);
  CHECK((*objects)[0].comprehension);
  CHECK(to_hex((*objects)[1].value) == "09");
  CHECK_FALSE((*objects)[1].comprehension);
  CHECK((*objects)[2].tag == 0x00FE);
  CHECK((*objects)[2].comprehension);
  CHECK_FALSE((*objects)[3].comprehension);
  CHECK((*objects)[4].value.empty());
}

TEST_CASE("What is no list of objects is refused", "[toolkit]") {
  for (const char* const hex : {"81", "8102AA", "0000", "8000", "FF0100", "7F80", "818003", "8184000000FF", "7FFE"}) {
    INFO(hex);
    CHECK_FALSE(read_objects(from_hex(hex).value()));
  }
}

TEST_CASE("Timer values and durations read back, and broken ones are refused", "[toolkit]") {
  for (const std::uint32_t seconds : {0U, 30U, 59U, 60U, 3599U, 3600U, 86399U}) CHECK(decode_timer_value(encode_timer_value(seconds)) == seconds);
  CHECK(to_hex(encode_timer_value(30)) == "000003");
  CHECK(to_hex(encode_timer_value(999999)) == "329595");
  CHECK_FALSE(decode_timer_value("00000A"_hex));
  CHECK_FALSE(decode_timer_value("0000"_hex));
  CHECK(to_hex(encode_duration(30)) == "011E");
  CHECK(to_hex(encode_duration(0)) == "0101");
  CHECK(decode_duration(encode_duration(1000)) == 1020);
  CHECK(decode_duration("020F"_hex) == 2);
  CHECK_FALSE(decode_duration("0301"_hex));
}

TEST_CASE("Texts outside ASCII travel as UCS2", "[toolkit]") {
  CHECK(to_hex(encode_text("Hello")) == "0448656C6C6F");
  CHECK(to_hex(encode_text("Zürich")) == "08005A00FC0072006900630068");
  CHECK(to_hex(encode_alpha("Menu")) == "4D656E75");
  CHECK(to_hex(encode_alpha("a@b")) == "80006100400062");
  CHECK(to_hex(encode_alpha("سیمرغ")) == "80063306CC06450631063A");
  CHECK(to_hex(encode_network_access_name("internet")) == "08696E7465726E6574");
  CHECK(to_hex(encode_network_access_name("iot.example")) == "03696F74076578616D706C65");
}

// Octets computed independently, one per command of TS 102 223 6.6 that has objects of its own.
TEST_CASE("Proactive commands have the octets of the standard's examples", "[toolkit]") {
  struct Row {
    ProactiveCommand command;
    std::uint8_t number;
    const char* octets;
  };
  const std::vector<Row> rows{
      {refresh(RefreshMode::init_and_full_file_change), 1, "D009810301010082028182"},
      {refresh(RefreshMode::euicc_profile_state_change), 1, "D009810301010982028182"},
      {refresh(RefreshMode::file_change, {"3F007FFF6F07"_hex}), 1, "D0128103010101820281829207013F007FFF6F07"},
      {refresh(RefreshMode::init_and_file_change, {"3F002FE2"_hex, "3F007FFF6F07"_hex}, "A0000000871002"_hex), 1,
       "D01F810301010282028182920B023F002FE23F007FFF6F07AF07A0000000871002"},
      {set_up_event_list("03090A0B12"_hex), 6, "D010810306050082028182990503090A0B12"},
      {provide_local_information(0), 7, "D009810307260082028182"},
      {start_timer(1, 30), 8, "D011810308270082028182A40101A503000003"},
      {deactivate_timer(2), 8, "D00C810308270182028182A40102"},
      {poll_interval(30), 9, "D00D8103090300820281828402011E"},
      {polling_off(), 9, "D009810309040082028182"},
      {more_time(), 10, "D00981030A020082028182"},
      {display_text("Hello", true, true), 11, "D01181030B2181820281028D060448656C6C6F"},
      {set_up_menu("Menu", {{1, "One"}, {2, "Two"}}), 12, "D01B81030C25008202818285044D656E758F04014F6E658F040254776F"},
      {set_up_menu("Menu", {}), 12, "D01181030C25008202818285044D656E758F00"},
      {send_short_message("0100099121436587F90004024869"_hex, {}, true), 13, "D01981030D1301820281838B0E0100099121436587F90004024869"},
      {play_tone(0x10, 2), 1, "D0108103012000820281038E011084020102"},
      {get_input(0, "PIN", 4, 8, "1234"), 1, "D01A8103012300820281828D040450494E9102040817050431323334"},
      {launch_browser(2, "http://a"), 1, "D013810301150282028182B108687474703A2F2F61"},
      {language_notification("en"), 1, "D00D810301350182028182AD02656E"},
      {run_at_command("AT"), 1, "D00D810301340082028182A8024154"},
      {send_ussd("*1#"), 1, "D00F8103011200820281838A04442A3123"},
      {send_ss("912A"_hex), 1, "D00D8103011100820281838902912A"},
      {send_dtmf("2143"_hex), 1, "D00D810301140082028183AC022143"},
      {set_up_idle_mode_text("Hi"), 1, "D00E8103012800820281828D03044869"},
      {set_up_call(0, "811234"_hex, "Bob"), 1, "D0138103011000820281830503426F628603811234"},
      {select_item("Menu", {{7, "A"}}), 1, "D01381030124008202818285044D656E758F020741"},
      {get_inkey(4, "Go?"), 1, "D00F8103012204820281828D0404476F3F"},
  };
  for (const Row& row : rows) {
    INFO(row.octets);
    CHECK(to_hex(row.command.encode(row.number)) == row.octets);
  }
}

TEST_CASE("Every command of the table can be sent and only to a terminal that has it", "[toolkit]") {
  for (const CommandTypeRow& row : command_types()) {
    INFO(row.name);
    REQUIRE(find_command_type(static_cast<std::uint8_t>(row.type)) == &row);
    const auto send = [&](Cat& cat, std::optional<bool>& done) {
      test::install(cat, [&done, &row](Session& session) -> Task<> {
        ProactiveCommand command{row.type, 0, row.destination, {}};
        const Reply reply = co_await session.command(std::move(command));
        done = reply.has_value();
      });
    };
    std::optional<bool> able, unable;
    Cat capable;
    send(capable, able);
    test::DeskTerminal terminal(capable);
    const std::string fetched = terminal.fetch();
    CHECK(terminal.type == static_cast<std::uint8_t>(row.type));
    CHECK(terminal.destination == static_cast<std::uint8_t>(row.destination));
    terminal.respond();
    CHECK(able == true);
    // The same terminal without this one bit.
    Bytes profile = test::full_profile();
    const ProfileBit bit = needed_bit(row.type, 0);
    profile[bit.octet - 1] = static_cast<std::uint8_t>(profile[bit.octet - 1] & ~(1U << (bit.bit - 1)));
    Cat other;
    send(other, unable);
    const test::DeskTerminal lesser(other, profile);
    CHECK(unable == false);
    CHECK_FALSE(other.announced());
  }
}
