#include "euicc/toolkit/bip.h"

#include <catch2/catch.hpp>

#include "tests/unit/toolkit/desk_terminal.h"

using namespace simurgh;
using namespace simurgh::toolkit;
using namespace simurgh::literals;
using namespace std::chrono_literals;
using simurgh::test::DeskTerminal;
using simurgh::test::install;

namespace {

BipOpen tcp_example() {
  BipOpen out;
  out.address = "C0000201"_hex;
  out.port = 8080;
  out.apn = "internet";
  return out;
}

// An application that opens a channel and goes on with it.
void with_channel(Cat& cat, BipOpen what, std::function<Task<>(Session&, BipChannel)> then, std::string& story) {
  install(cat, [&story, what, then](Session& session) -> Task<> {
    auto channel = co_await BipChannel::open(session, what);
    if (!channel) {
      story += "failed " + std::to_string(static_cast<int>(channel.error().kind)) + ":" + std::to_string(channel.error().additional);
      co_return;
    }
    story += "open ";
    co_await then(session, *std::move(channel));
  });
}

const char* const kOpened = "8301003802810035010339020578";

}  // namespace

TEST_CASE("OPEN CHANNEL has the octets of the digest's examples", "[bip]") {
  std::string story;
  const auto nothing = [](Session&, BipChannel) -> Task<> { co_return; };
  SECTION("TCP") {
    Cat cat;
    with_channel(cat, tcp_example(), nothing, story);
    DeskTerminal terminal(cat);
    CHECK(terminal.fetch_objects() == "9902090A");
    terminal.respond();
    CHECK(terminal.fetch() == "D02781030240018202818235010339020578470908696E7465726E65743C03021F903E0521C0000201");
    terminal.respond("83023A01");
    CHECK(story == "failed 5:1");
  }
  SECTION("UDP over IPv6 with a packet bearer and a dynamic local address") {
    BipOpen udp = tcp_example();
    udp.transport = BipOpen::Transport::udp;
    udp.address = "20010DB8000000000000000000000001"_hex;
    udp.port = 5683;
    udp.buffer = 1024;
    udp.bearer = "02000003000002"_hex;
    udp.local_address = true;
    Cat cat;
    with_channel(cat, udp, nothing, story);
    DeskTerminal terminal(cat);
    terminal.fetch();
    terminal.respond();
    CHECK(terminal.fetch() ==
          "D03B81030240018202818235070200000300000239020400470908696E7465726E65743E003C030116333E115720010DB8000000000000000000000001");
  }
}

TEST_CASE("A stream is sent in pieces that fit and flushed before the terminal's buffer overflows", "[bip]") {
  Cat cat;
  std::string story;
  with_channel(cat, tcp_example(), [&](Session&, BipChannel channel) -> Task<> {
    Bytes big(1500, 0x55);
    const auto sent = co_await channel.send(std::move(big));
    story += sent ? "sent " : "not sent ";
    co_await channel.close();
    story += "closed";
  }, story);
  DeskTerminal terminal(cat);
  REQUIRE(terminal.fetch_until(CommandType::open_channel));
  terminal.respond("8301073802810035010339020200");  // 512 octets granted
  std::size_t total = 0, buffered = 0;
  while (story == "open ") {
    const std::string objects = terminal.fetch_objects();
    REQUIRE(terminal.type == 0x43);
    CHECK(terminal.destination == 0x21);
    const auto data = find_object(from_hex(objects).value(), tag::channel_data);
    REQUIRE(data);
    total += data->size();
    buffered += data->size();
    CHECK(buffered <= 512);
    if (terminal.qualifier == 1) buffered = 0;
    terminal.respond("830100B701FF");
  }
  CHECK(total == 1500);
  CHECK(buffered == 0);
  const std::string close = terminal.fetch();
  CHECK(close == "D0098103" + to_hex(Bytes{terminal.number}) + "410082028121");
  terminal.respond();
  CHECK(story == "open sent closed");
}

TEST_CASE("Small data has the octets of the digest's examples in both directions", "[bip]") {
  Cat cat;
  std::string story;
  with_channel(cat, tcp_example(), [&](Session&, BipChannel channel) -> Task<> {
    (void)co_await channel.send("48454C4C4F"_hex);
    const auto answer = co_await channel.receive();
    if (answer) story += to_text(*answer);
    co_await channel.close();
  }, story);
  DeskTerminal terminal(cat);
  REQUIRE(terminal.fetch_until(CommandType::open_channel));
  terminal.respond(kOpened);
  CHECK(terminal.fetch() == "D010810303430182028121B60548454C4C4F");
  terminal.respond("830100B701FF");
  CHECK(terminal.fetch().empty());
  REQUIRE(terminal.envelope("D60E99010982028281B8028100B70105"));
  CHECK(terminal.fetch() == "D00C810304420082028121B70105");
  terminal.respond("830100B605574F524C44B70100");
  CHECK(story == "open WORLD");
  CHECK(terminal.fetch() == "D009810305410082028121");
}

TEST_CASE("What is left in the terminal's buffer is read without waiting for another event", "[bip]") {
  Cat cat;
  std::string story;
  with_channel(cat, tcp_example(), [&](Session&, BipChannel channel) -> Task<> {
    for (;;) {
      const auto piece = co_await channel.receive();
      if (!piece) break;
      story += std::to_string(piece->size()) + " ";
    }
  }, story);
  DeskTerminal terminal(cat);
  REQUIRE(terminal.fetch_until(CommandType::open_channel));
  terminal.respond(kOpened);
  REQUIRE(terminal.envelope("D60E99010982028281B8028100B701FF"));
  CHECK(terminal.fetch_objects() == "B701ED");
  terminal.respond("830100B681ED" + std::string(237 * 2, '0') + "B70111");
  CHECK(terminal.fetch_objects() == "B70111");
  terminal.respond("830100B611" + std::string(17 * 2, '0') + "B70100");
  CHECK(terminal.fetch().empty());
  CHECK(story == "open 237 17 ");
}

TEST_CASE("A datagram is one datagram: stored in pieces, sent by the last, received whole", "[bip]") {
  Cat cat;
  std::string story;
  BipOpen udp = tcp_example();
  udp.transport = BipOpen::Transport::udp;
  with_channel(cat, udp, [&](Session&, BipChannel channel) -> Task<> {
    Bytes large(500, 0x11);
    (void)co_await channel.send(std::move(large));
    const auto answer = co_await channel.receive();
    story += answer ? std::to_string(answer->size()) : "failed";
    Bytes too_large(1401, 0x11);
    const auto refused = co_await channel.send(std::move(too_large));
    story += refused ? " sent" : " refused";
    (void)co_await channel.receive();
  }, story);
  DeskTerminal terminal(cat);
  REQUIRE(terminal.fetch_until(CommandType::open_channel));
  terminal.respond(kOpened);
  std::string qualifiers;
  for (int i = 0; i < 3; ++i) {
    terminal.fetch();
    qualifiers += std::to_string(terminal.qualifier);
    terminal.respond("830100B701FF");
  }
  CHECK(qualifiers == "001");
  REQUIRE(terminal.envelope("D60E99010982028281B8028100B701FF"));
  terminal.fetch();
  terminal.respond("830100B681ED" + std::string(237 * 2, '0') + "B7010A");
  CHECK(terminal.fetch_objects() == "B7010A");
  terminal.respond("830100B60A" + std::string(20, '0') + "B70100");
  CHECK(story == "open 247 refused");
}

TEST_CASE("A lost link is an error for whoever waits and for whoever sends", "[bip]") {
  Cat cat;
  std::string story;
  with_channel(cat, tcp_example(), [&](Session&, BipChannel channel) -> Task<> {
    const auto data = co_await channel.receive();
    story += data ? "data " : "lost " + std::to_string(static_cast<int>(data.error().kind));
    const auto sent = co_await channel.send("00"_hex);
    story += sent ? " sent" : " not sent";
  }, story);
  DeskTerminal terminal(cat);
  REQUIRE(terminal.fetch_until(CommandType::open_channel));
  terminal.respond(kOpened);
  REQUIRE(terminal.envelope("D60B99010A82028281B8020105"));
  CHECK(story == "open lost 6 not sent");
}

TEST_CASE("Data that came before the link was lost is read first", "[bip]") {
  Cat cat;
  std::string story;
  with_channel(cat, tcp_example(), [&](Session&, BipChannel channel) -> Task<> {
    for (int i = 0; i < 2; ++i) {
      const auto data = co_await channel.receive();
      story += data ? to_text(*data) + " " : "lost";
    }
  }, story);
  DeskTerminal terminal(cat);
  REQUIRE(terminal.fetch_until(CommandType::open_channel));
  REQUIRE(terminal.respond(kOpened).expected);
  REQUIRE(terminal.envelope("D60E99010982028281B8028100B70103"));
  terminal.fetch();
  REQUIRE(terminal.envelope("D60B99010A82028281B8020105"));
  terminal.respond("830100B603457468B70100");
  CHECK(story == "open Eth lost");
}

TEST_CASE("Waiting for data ends with the time given", "[bip]") {
  Cat cat;
  std::string story;
  with_channel(cat, tcp_example(), [&](Session&, BipChannel channel) -> Task<> {
    const auto data = co_await channel.receive(15s);
    story += data ? "data" : std::to_string(static_cast<int>(data.error().kind));
    (void)co_await channel.receive();
  }, story);
  DeskTerminal terminal(cat);
  REQUIRE(terminal.fetch_until(CommandType::open_channel));
  terminal.respond(kOpened);
  REQUIRE(terminal.fetch_until(CommandType::timer_management));
  terminal.respond();
  REQUIRE(terminal.envelope("D70C82028281A40101A503000051"));
  CHECK(story == "open 7");
}

TEST_CASE("Results of the terminal become failures with their cause", "[bip]") {
  struct Row {
    const char* result;
    const char* story;
    int attempts;
  };
  const auto row = GENERATE(Row{"83022104", "failed 3:4", 1}, Row{"83022004", "failed 2:4", 1}, Row{"830130", "failed 4:0", 1},
                            Row{"83023A07", "failed 5:7", 1}, Row{"83023A02", "failed 6:2", 1}, Row{"830100", "failed 8:0", 1});
  INFO(row.result);
  Cat cat;
  std::string story;
  with_channel(cat, tcp_example(), [](Session&, BipChannel) -> Task<> { co_return; }, story);
  DeskTerminal terminal(cat);
  REQUIRE(terminal.fetch_until(CommandType::open_channel));
  terminal.respond(row.result);
  CHECK(story == row.story);
}

TEST_CASE("A terminal without BIP is not asked for a channel", "[bip]") {
  for (const std::size_t missing : {12U, 13U, 17U, 6U}) {
    INFO(missing);
    Bytes profile = test::full_profile();
    profile[missing - 1] = 0;
    Cat cat;
    std::string story;
    with_channel(cat, tcp_example(), [](Session&, BipChannel) -> Task<> { co_return; }, story);
    const DeskTerminal terminal(cat, profile);
    CHECK(story == "failed 0:0");
  }
}

TEST_CASE("In the background the link comes by an event", "[bip]") {
  Cat cat;
  std::string story;
  BipOpen what = tcp_example();
  what.link = BipOpen::Link::background;
  with_channel(cat, what, [&](Session&, BipChannel channel) -> Task<> {
    const auto status = co_await channel.status();
    story += status && status->linked ? "linked" : "not linked";
  }, story);
  DeskTerminal terminal(cat);
  REQUIRE(terminal.fetch_until(CommandType::open_channel));
  CHECK(terminal.qualifier == 0x05);
  terminal.respond("8301003802010035010339020578");
  CHECK(story.empty());
  REQUIRE(terminal.envelope("D60B99010A82028281B8028100"));
  CHECK(story == "open ");
  REQUIRE(terminal.fetch_until(CommandType::get_channel_status));
  terminal.respond("830100B8028100");
  CHECK(story == "open linked");
}

TEST_CASE("Seven channels stay apart, and one that is dropped from memory is closed at the terminal", "[bip]") {
  Cat cat;
  std::string story;
  for (int i = 0; i < 7; ++i) {
    with_channel(cat, tcp_example(), [&story](Session&, BipChannel channel) -> Task<> {
      const auto data = co_await channel.receive();
      if (data) story += to_text(*data);
    }, story);
  }
  DeskTerminal terminal(cat);
  for (int id = 1; id <= 7; ++id) {
    REQUIRE(terminal.fetch_until(CommandType::open_channel));
    terminal.respond("83010038028" + std::to_string(id) + "0035010339020578");
  }
  story.clear();
  for (int id = 7; id >= 1; --id) {
    REQUIRE(terminal.envelope("D60E99010982028281B8028" + std::to_string(id) + "00B70101"));
    REQUIRE(terminal.fetch_until(CommandType::receive_data));
    CHECK(terminal.destination == 0x20 + id);
    terminal.respond("830100B6013" + std::to_string(id) + "B70100");
    // The application has ended and the channel with it.
    REQUIRE(terminal.fetch_until(CommandType::close_channel));
    CHECK(terminal.destination == 0x20 + id);
    terminal.respond();
  }
  CHECK(story == "7654321");
}

TEST_CASE("A reset in the middle of everything leaves nothing behind", "[bip]") {
  Cat cat;
  std::string story;
  with_channel(cat, tcp_example(), [&](Session&, BipChannel channel) -> Task<> {
    (void)co_await channel.receive();
    story += "never";
  }, story);
  {
    DeskTerminal terminal(cat);
    REQUIRE(terminal.fetch_until(CommandType::open_channel));
    terminal.respond(kOpened);
    cat.reset();
    CHECK_FALSE(cat.busy());
  }
  DeskTerminal again(cat);
  REQUIRE(again.fetch_until(CommandType::open_channel));
  again.respond(kOpened);
  CHECK(story == "open open ");
}

TEST_CASE("A REFRESH waits for what an application has open to be ended, and not for one that asks for nothing", "[bip]") {
  Cat cat;
  std::string story;
  bool end = true;
  with_channel(cat, tcp_example(), [&](Session& session, BipChannel channel) -> Task<> {
    cat.request(refresh(RefreshMode::euicc_profile_state_change));
    if (end) {
      Bytes last{1, 2, 3};
      (void)co_await channel.send(std::move(last));
      co_await channel.close();
    }
    const Condition never = [] { return false; };
    co_await session.until(never);
  }, story);
  SECTION("an application that ends its channel") {
    DeskTerminal terminal(cat);
    REQUIRE(terminal.fetch_until(CommandType::open_channel));
    terminal.respond(kOpened);
    terminal.fetch();
    CHECK(terminal.type == 0x43);
    terminal.respond("830100B701FF");
    terminal.fetch();
    CHECK(terminal.type == 0x41);
    terminal.respond();
    terminal.fetch();
    CHECK(terminal.type == 0x01);
  }
  SECTION("one that keeps it") {
    end = false;
    DeskTerminal terminal(cat);
    REQUIRE(terminal.fetch_until(CommandType::open_channel));
    terminal.respond(kOpened);
    terminal.fetch();
    CHECK(terminal.type == 0x01);
  }
}
