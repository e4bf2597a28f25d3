#include "euicc/toolkit/cat.h"

#include <catch2/catch.hpp>
#include <stdexcept>

#include "tests/unit/toolkit/desk_terminal.h"

using namespace simurgh;
using namespace simurgh::toolkit;
using namespace simurgh::literals;
using namespace std::chrono_literals;
using simurgh::test::DeskTerminal;
using simurgh::test::install;

namespace {

const ProactiveCommand kReset = refresh(RefreshMode::uicc_reset);
const ProactiveCommand kStateChange = refresh(RefreshMode::euicc_profile_state_change);

}  // namespace

TEST_CASE("Nothing is announced before TERMINAL PROFILE", "[toolkit]") {
  Cat cat;
  bool started = false;
  install(cat, [&](Session&) -> Task<> {
    started = true;
    co_return;
  });
  cat.request(kReset);
  CHECK_FALSE(cat.announced());
  CHECK_FALSE(started);
  CHECK(cat.fetch(DeskTerminal::fetch_command(11)).error().sw == apdu::Sw::conditions_not_satisfied);
  cat.terminal_profile("FFFF"_hex);
  CHECK(cat.announced() == 11);
  CHECK(started);
}

TEST_CASE("REFRESH for a profile switch has the octets of SGP.22, and its response ends it", "[toolkit]") {
  Cat cat;
  DeskTerminal terminal(cat);
  cat.request(kStateChange);
  CHECK(terminal.fetch() == "D009810301010982028182");
  CHECK(cat.busy());
  CHECK_FALSE(cat.announced());
  const auto result = terminal.respond();
  CHECK(result.expected);
  CHECK(result.response.performed());
  CHECK_FALSE(cat.busy());
}

TEST_CASE("A wrong Le on FETCH tells the right one and keeps the command, and a second FETCH finds nothing", "[toolkit]") {
  Cat cat;
  const DeskTerminal terminal(cat);
  cat.request(kReset);
  CHECK(cat.fetch(DeskTerminal::fetch_command(12)).error().sw == apdu::wrong_le(11));
  CHECK(cat.fetch(DeskTerminal::fetch_command(11)));
  CHECK(cat.fetch(DeskTerminal::fetch_command(11)).error().sw == apdu::Sw::conditions_not_satisfied);
}

TEST_CASE("A TERMINAL RESPONSE that cannot be read or names another command leaves the outstanding one waiting", "[toolkit]") {
  Cat cat;
  CHECK(cat.terminal_response("810301010982028281830100"_hex).error().sw == apdu::Sw::conditions_not_satisfied);
  DeskTerminal terminal(cat);
  cat.request(kReset);
  terminal.fetch();
  CHECK(cat.terminal_response("8103"_hex).error().sw == apdu::Sw::incorrect_data);
  CHECK(cat.terminal_response("81030101048202"_hex).error().sw == apdu::Sw::incorrect_data);
  CHECK(cat.terminal_response("810301010482028281"_hex).error().sw == apdu::Sw::incorrect_data);
  CHECK(cat.terminal_response("0302"_hex).error().sw == apdu::Sw::incorrect_data);
  const auto other = cat.terminal_response("810355010482028281830100"_hex);
  REQUIRE(other);
  CHECK_FALSE(other->expected);
  CHECK(cat.outstanding());
  // Comprehension bits may differ from the command's.
  const auto refused = cat.terminal_response("010301010402028281030130"_hex);
  REQUIRE(refused);
  CHECK_FALSE(refused->response.performed());
  CHECK_FALSE(cat.outstanding());
}

TEST_CASE("Profile bits count from byte 1 bit 1 and absent bytes read as zero", "[toolkit]") {
  Cat cat;
  cat.terminal_profile("0180"_hex);
  CHECK(cat.terminal_has(1, 1));
  CHECK_FALSE(cat.terminal_has(1, 2));
  CHECK(cat.terminal_has(2, 8));
  CHECK_FALSE(cat.terminal_has(34, 6));
}

TEST_CASE("A busy terminal gets a REFRESH again after later STATUS commands, thrice in all", "[toolkit]") {
  Cat cat;
  DeskTerminal terminal(cat);
  cat.request(kStateChange);
  for (int attempt = 1; attempt <= 3; ++attempt) {
    INFO(attempt);
    REQUIRE(terminal.fetch().starts_with("D0098103"));
    const auto result = terminal.respond("83022002");
    CHECK(result.again == (attempt < 3));
    CHECK_FALSE(cat.announced());
    cat.polled();
  }
  CHECK_FALSE(cat.announced());
  CHECK_FALSE(cat.busy());
}

TEST_CASE("An application gets the response of its own command, other commands pass in between", "[toolkit]") {
  Cat cat;
  std::string seen;
  install(cat, [&](Session& session) -> Task<> {
    const Reply first = co_await session.command(display_text("Hello"));
    REQUIRE(first);
    seen += first->performed() ? "shown " : "refused ";
    const Reply second = co_await session.command(provide_local_information(0));
    REQUIRE(second);
    seen += to_hex(second->find(tag::location_information).value());
  });
  DeskTerminal terminal(cat);
  CHECK(terminal.fetch() == "D0118103012100820281028D060448656C6C6F");
  CHECK(seen.empty());
  cat.polled();  // a STATUS while the command is outstanding changes nothing
  CHECK_FALSE(cat.announced());
  terminal.respond();
  CHECK(seen == "shown ");
  CHECK(terminal.fetch() == "D009810302260082028182");
  terminal.respond("830100930900F11000010019B01F");
  CHECK(seen == "shown 00F11000010019B01F");
  CHECK(terminal.fetch().empty());
}

TEST_CASE("A command the terminal does not know is never queued", "[toolkit]") {
  Cat cat;
  std::optional<NotDone> why;
  install(cat, [&](Session& session) -> Task<> {
    const Reply reply = co_await session.command(display_text("Hello"));
    if (!reply) why = reply.error();
  });
  const DeskTerminal terminal(cat, "FFFF00"_hex);
  CHECK(why == NotDone::unsupported);
  CHECK_FALSE(cat.announced());
}

TEST_CASE("A text longer than a FETCH can carry is told to the application", "[toolkit]") {
  Cat cat;
  std::optional<NotDone> why;
  install(cat, [&](Session& session) -> Task<> {
    const Reply reply = co_await session.command(display_text(std::string(300, 'x')));
    if (!reply) why = reply.error();
  });
  const DeskTerminal terminal(cat);
  CHECK(why == NotDone::too_long);
}

TEST_CASE("A patient application tries again after a pause, by a timer of the terminal", "[toolkit]") {
  Cat cat;
  std::string seen;
  install(cat, [&](Session& session) -> Task<> {
    const Reply reply = co_await session.command(display_text("Hi"), Patience{2, 7s});
    seen = reply && reply->performed() ? "shown" : "not shown";
  });
  DeskTerminal terminal(cat);
  terminal.fetch();
  terminal.respond("83022001");
  CHECK(terminal.fetch() == "D011810302270082028182A40101A503000070");
  terminal.respond("830100A40101");
  CHECK(terminal.fetch().empty());
  CHECK(terminal.envelope("D70C82028281A40101A503000070"));
  CHECK(terminal.fetch() == "D00E8103032100820281028D03044869");
  terminal.respond();
  CHECK(seen == "shown");
}

TEST_CASE("Commands go out by priority, REFRESH first, and one that was announced stays the next", "[toolkit]") {
  Cat cat;
  const auto show = [](const char* text) {
    return [text](Session& session) -> Task<> { (void)co_await session.command(display_text(text)); };
  };
  install(cat, show("late"), 9);
  install(cat, show("soon"), 2);
  DeskTerminal terminal(cat);
  const auto announced = cat.announced();
  cat.request(kReset);
  CHECK(cat.announced() == announced);
  CHECK(terminal.fetch().ends_with("736F6F6E"));
  terminal.respond();
  terminal.fetch();
  CHECK(terminal.type == 0x01);
  terminal.respond();
  CHECK(terminal.fetch().ends_with("6C617465"));
}

TEST_CASE("Events reach those who asked, and the terminal is asked for the union", "[toolkit]") {
  Cat cat;
  std::string first, second;
  install(cat, [&](Session& session) -> Task<> {
    session.subscribe({Event::location_status, Event::network_rejection});
    for (;;) {
      const Envelope event = co_await session.next();
      first += to_hex(Bytes{static_cast<std::uint8_t>(*event.event)});
    }
  });
  install(cat, [&](Session& session) -> Task<> {
    session.subscribe({Event::access_technology_change, Event::location_status});
    for (;;) {
      const Envelope event = co_await session.next();
      second += to_hex(Bytes{static_cast<std::uint8_t>(*event.event)});
    }
  });
  DeskTerminal terminal(cat);
  CHECK(terminal.fetch() == "D00E8103010500820281829903030B12");
  terminal.respond();
  CHECK(terminal.envelope("D615990103820282819B0100930900F11000010019B01F"));
  CHECK(terminal.envelope("D61799011282028381FD0500F1100001BF0108F40109F5010B"));
  CHECK(terminal.envelope("D60A99010B82028281BF0108"));
  CHECK(terminal.envelope("D60799010482028281"));
  CHECK(first == "0312");
  CHECK(second == "030B");
}

TEST_CASE("Events a terminal cannot report are not asked for", "[toolkit]") {
  Cat cat;
  install(cat, [](Session& session) -> Task<> {
    session.subscribe({Event::location_status, Event::ims_registration});
    (void)co_await session.next();
  });
  DeskTerminal terminal(cat, "FFFFFFFFFF"_hex);
  CHECK(terminal.fetch_objects() == "990103");
}

TEST_CASE("The list is made again after a second TERMINAL PROFILE, and what was outstanding is aborted", "[toolkit]") {
  Cat cat;
  std::optional<NotDone> why;
  install(cat, [&](Session& session) -> Task<> {
    session.subscribe({Event::location_status});
    const Reply reply = co_await session.command(display_text("Hi"));
    if (!reply) why = reply.error();
    (void)co_await session.next();
  });
  DeskTerminal terminal(cat);
  REQUIRE(terminal.fetch_until(CommandType::display_text));
  cat.terminal_profile(test::full_profile());
  CHECK(why == NotDone::aborted);
  REQUIRE(terminal.fetch_until(CommandType::set_up_event_list));
}

TEST_CASE("A menu is set up from all applications, and a selection reaches the owner with its own number", "[toolkit]") {
  Cat cat;
  std::string seen;
  const auto menu = [&](std::string title, std::vector<std::string> items, char mark) {
    return [&seen, title, items, mark](Session& session) -> Task<> {
      session.set_menu(title, items);
      for (;;) {
        const Envelope chosen = co_await session.next();
        const ByteView item = chosen.find(tag::item_identifier).value();
        seen += mark + std::to_string(item[0]);
      }
    };
  };
  install(cat, menu("Menu", {"One"}, 'a'));
  install(cat, menu("Other", {"Two", "Three"}, 'b'));
  DeskTerminal terminal(cat);
  CHECK(terminal.fetch_objects() == "85044D656E758F04014F6E658F040254776F8F06035468726565");
  terminal.respond();
  CHECK(terminal.fetch().empty());
  CHECK(terminal.envelope("D30782020181900103"));
  CHECK(terminal.envelope("D30782020181900101"));
  CHECK(terminal.envelope("D30782020181900109"));
  CHECK(seen == "b2a1");
}

TEST_CASE("Time passes by STATUS where the terminal has no timers, after it was asked to poll as often", "[toolkit]") {
  Cat cat;
  bool awake = false;
  install(cat, [&](Session& session) -> Task<> {
    co_await session.sleep(20s);
    awake = true;
  });
  Bytes profile = test::full_profile();
  profile[7] = 0;
  DeskTerminal terminal(cat, profile);
  CHECK(terminal.fetch() == "D00D81030103008202818284020114");
  terminal.respond("8301008402010A");  // 10 s is what the terminal offers
  cat.polled();
  CHECK_FALSE(awake);
  cat.polled();
  CHECK(awake);
}

TEST_CASE("A sleep longer than a timer can count takes several", "[toolkit]") {
  Cat cat;
  bool awake = false;
  install(cat, [&](Session& session) -> Task<> {
    co_await session.sleep(std::chrono::hours(30));
    awake = true;
  });
  DeskTerminal terminal(cat);
  CHECK(terminal.fetch_objects() == "A40101A503329595");
  terminal.respond();
  CHECK(terminal.envelope("D70C82028281A40101A503329595"));
  CHECK_FALSE(awake);
  CHECK(terminal.fetch_objects() == "A40101A503600010");
  terminal.respond();
  CHECK(terminal.envelope("D70C82028281A40101A503600010"));
  CHECK(awake);
}

TEST_CASE("Waiting for an event ends with the time given, and a late expiration of the old timer wakes nobody", "[toolkit]") {
  Cat cat;
  std::string seen;
  install(cat, [&](Session& session) -> Task<> {
    session.subscribe({Event::location_status});
    for (int i = 0; i < 3; ++i) {
      const auto event = co_await session.next(60s);
      seen += event ? "e" : "t";
    }
  });
  DeskTerminal terminal(cat);
  terminal.answer_all();
  CHECK(terminal.envelope("D60A990103820282819B0102"));
  CHECK(seen == "e");
  // The first timer runs out before the second TIMER MANAGEMENT is fetched.
  CHECK(terminal.envelope("D70C82028281A40101A503000006"));
  CHECK(seen == "e");
  terminal.answer_all();
  CHECK(seen == "e");
  CHECK(terminal.envelope("D70C82028281A40101A503001000"));
  CHECK(seen == "et");
  terminal.answer_all();
  CHECK(terminal.envelope("D60A990103820282819B0102"));
  CHECK(seen == "ete");
}

TEST_CASE("Each of eight applications has a timer and the ninth counts STATUS commands", "[toolkit]") {
  Cat cat;
  int awake = 0;
  for (int i = 0; i < 9; ++i) {
    install(cat, [&](Session& session) -> Task<> {
      co_await session.sleep(30s);
      ++awake;
    });
  }
  DeskTerminal terminal(cat);
  terminal.answer_all();
  for (int id = 1; id <= 8; ++id) CHECK(terminal.envelope("D70C82028281A4010" + std::to_string(id) + "A503000003"));
  CHECK(awake == 8);
  cat.polled();
  CHECK(awake == 9);
}

TEST_CASE("Call control is answered by its application, refused when nobody has it and busy when it is", "[toolkit]") {
  Cat cat;
  const std::string call = "D40A820282818604811234F5" ;
  {
    DeskTerminal terminal(cat);
    CHECK(terminal.envelope(call).error().sw == apdu::Sw::function_not_supported);
  }
  install(cat, [](Session& session) -> Task<> {
    session.accept(EnvelopeKind::call_control);
    (void)co_await session.next();
    session.answer("0000"_hex);
    (void)co_await session.command(display_text("Call"));
    (void)co_await session.next();
  });
  DeskTerminal terminal(cat);
  const auto answer = terminal.envelope(call);
  REQUIRE(answer);
  CHECK(to_hex(answer->data) == "0000");
  CHECK(terminal.envelope(call).error().sw == apdu::Sw::toolkit_busy);
}

TEST_CASE("Every kind of ENVELOPE reaches the application that accepts it, and no other", "[toolkit]") {
  // Menu selections, events and timers have their own ways and tests.
  for (const std::uint8_t kind : "D1D2D4D5D9DADBDCDDDEDFE4"_hex) {
    INFO(int(kind));
    Cat cat;
    std::vector<std::uint8_t> taken;
    install(cat, [kind, &taken](Session& session) -> Task<> {
      session.accept(static_cast<EnvelopeKind>(kind));
      for (;;) {
        const Envelope envelope = co_await session.next();
        taken.push_back(static_cast<std::uint8_t>(envelope.kind));
      }
    });
    bool disturbed = false;
    install(cat, [&disturbed](Session& session) -> Task<> {
      (void)co_await session.next();
      disturbed = true;
    });
    DeskTerminal terminal(cat);
    CHECK(terminal.envelope(to_hex(Bytes{kind}) + "0482028381"));
    CHECK(taken == std::vector{kind});
    CHECK_FALSE(disturbed);
  }
}

TEST_CASE("Every event of TS 102 223 is asked for and reaches the application that subscribed to it", "[toolkit]") {
  for (std::uint8_t number = 0; number <= static_cast<std::uint8_t>(Event::data_connection_status_change); ++number) {
    const auto event = static_cast<Event>(number);
    if (needed_bit(event).octet == 0) continue;  // RFU, or for the LUIe alone
    INFO(int(number));
    Cat cat;
    std::optional<Event> seen;
    install(cat, [event, &seen](Session& session) -> Task<> {
      session.subscribe({event});
      const Envelope envelope = co_await session.next();
      seen = envelope.event;
    });
    DeskTerminal terminal(cat);
    REQUIRE(terminal.fetch_until(CommandType::set_up_event_list));
    terminal.respond();
    CHECK(terminal.envelope("D6079901" + to_hex(Bytes{number}) + "82028281"));
    CHECK(seen == event);
  }
}

TEST_CASE("ENVELOPEs that are none are refused with the status of their fault", "[toolkit]") {
  Cat cat;
  DeskTerminal terminal(cat);
  CHECK(terminal.envelope("C0020000").error().sw == apdu::Sw::function_not_supported);
  CHECK(terminal.envelope("D6").error().sw == apdu::Sw::incorrect_data);
  CHECK(terminal.envelope("D60482028281").error().sw == apdu::Sw::incorrect_data);
  CHECK(terminal.envelope("D605990203098200").error().sw == apdu::Sw::incorrect_data);
  CHECK(terminal.envelope("D70482028281").error().sw == apdu::Sw::incorrect_data);
  CHECK(terminal.envelope("D6079901038202828100").error().sw == apdu::Sw::incorrect_data);
}

TEST_CASE("A flood of events is answered with busy and loses none of those taken", "[toolkit]") {
  Cat cat;
  int seen = 0;
  install(cat, [&](Session& session) -> Task<> {
    session.subscribe({Event::location_status});
    (void)co_await session.command(display_text("Hi"));
    for (;;) {
      (void)co_await session.next();
      ++seen;
    }
  });
  DeskTerminal terminal(cat);
  int taken = 0;
  apdu::Answer answer;
  while ((answer = terminal.envelope("D60A990103820282819B0102"))) ++taken;
  CHECK(answer.error().sw == apdu::Sw::toolkit_busy);
  terminal.answer_all();
  CHECK(taken > 8);
  CHECK(seen == taken);
}

TEST_CASE("A reset stops applications where they are, and they start anew with the next TERMINAL PROFILE", "[toolkit]") {
  Cat cat;
  int starts = 0;
  struct Guard {
    int& ends;
    ~Guard() { ++ends; }
  };
  int ends = 0;
  install(cat, [&](Session& session) -> Task<> {
    ++starts;
    const Guard guard{ends};
    (void)co_await session.command(display_text("Hi"));
    FAIL("no response came");
  });
  DeskTerminal first(cat);
  first.fetch();
  cat.reset();
  CHECK(ends == 1);
  CHECK_FALSE(cat.busy());
  CHECK(cat.terminal_response("810301210082028281830100"_hex).error().sw == apdu::Sw::conditions_not_satisfied);
  DeskTerminal second(cat);
  CHECK(starts == 2);
  cat.reset();
  CHECK(ends == 2);
}

TEST_CASE("An application of a profile goes with it, one of the card stays", "[toolkit]") {
  Cat cat;
  std::string seen;
  install(cat, [&](Session& session) -> Task<> {
    session.subscribe({Event::location_status});
    for (;;) {
      (void)co_await session.next();
      seen += "c";
    }
  });
  install(cat, [&](Session& session) -> Task<> {
    session.subscribe({Event::location_status, Event::user_activity});
    for (;;) {
      (void)co_await session.next();
      seen += "p";
    }
  }, 8, true);
  DeskTerminal terminal(cat);
  CHECK(terminal.fetch_objects() == "99020304");
  terminal.respond();
  cat.remove_profile_applications();
  CHECK(terminal.fetch_objects() == "990103");
  terminal.respond();
  CHECK(terminal.envelope("D60A990103820282819B0102"));
  CHECK(seen == "c");
}

TEST_CASE("An application that fails goes away and takes nobody along", "[toolkit]") {
  std::string notes;
  Cat cat([&](const char* why) { notes += why; });
  bool other = false;
  install(cat, [](Session& session) -> Task<> {
    session.subscribe({Event::location_status});
    (void)co_await session.next();
    throw std::runtime_error("broken");
  });
  install(cat, [&](Session& session) -> Task<> {
    session.subscribe({Event::location_status});
    (void)co_await session.next();
    other = true;
    (void)co_await session.next();
  });
  DeskTerminal terminal(cat);
  terminal.answer_all();
  CHECK(terminal.envelope("D60A990103820282819B0102"));
  CHECK(other);
  CHECK(notes.find("failed") != std::string::npos);
  CHECK(terminal.envelope("D60A990103820282819B0102"));
}

TEST_CASE("What is left of an interrupted wait is asked of the terminal, and adds up", "[toolkit]") {
  Cat cat;
  std::vector<std::int64_t> left, counted;
  install(cat, [&](Session& session) -> Task<> {
    session.subscribe({Event::location_status});
    for (int i = 0; i < 3; ++i) {
      (void)co_await session.next(100s);
      const auto rest = co_await session.time_left();
      left.push_back(rest.count());
      counted.push_back(session.counted().count());
    }
  });
  DeskTerminal terminal(cat);
  terminal.answer_all();
  CHECK(terminal.envelope("D60A990103820282819B0102"));
  CHECK(terminal.fetch_objects() == "A40101");  // TIMER MANAGEMENT, get the value
  CHECK(terminal.qualifier == 0x02);
  terminal.respond("830100A40101A503000007");  // 1 min 10 s
  CHECK(left == std::vector<std::int64_t>{70});
  CHECK(counted == std::vector<std::int64_t>{30});
  terminal.answer_all();
  CHECK(terminal.envelope("D70C82028281A40101A503001004"));
  CHECK(left == std::vector<std::int64_t>{70, 0});
  CHECK(counted == std::vector<std::int64_t>{30, 130});
  terminal.answer_all();
  CHECK(terminal.envelope("D60A990103820282819B0102"));
  terminal.fetch();
  terminal.respond("830124");  // the terminal does not tell: no time has passed
  CHECK(left == std::vector<std::int64_t>{70, 0, 100});
  CHECK(counted == std::vector<std::int64_t>{30, 130, 130});
}

TEST_CASE("A timer that went with the terminal's session is started again", "[toolkit]") {
  Cat cat;
  bool awake = false;
  install(cat, [&](Session& session) -> Task<> {
    co_await session.sleep(60s);
    awake = true;
  });
  DeskTerminal terminal(cat);
  CHECK(terminal.fetch_objects() == "A40101A503001000");
  terminal.respond();
  CHECK_FALSE(cat.announced());
  cat.terminal_profile(simurgh::test::full_profile());
  CHECK_FALSE(awake);
  CHECK(terminal.fetch_objects() == "A40101A503001000");
  terminal.respond();
  CHECK(terminal.envelope("D70C82028281A40101A503001000"));
  CHECK(awake);
}
