// The multi-IMSI applet in a profile of a whole card: by APDU as a terminal sends them, and with power that goes at any write.
#include <fstream>
#include <sstream>

#include "tests/card/multi_imsi_desk.h"
#include "tests/support/paths.h"

using namespace simurgh;
using namespace simurgh::test;

TEST_CASE("The applet starts with TERMINAL PROFILE: events, menu and its first timer", "[multi_imsi]") {
  Desktop d;
  d.on();
  CHECK(d.fetched == std::vector<std::string>{"0500", "2500", "2700"});
  CHECK(d.state().active == 1);
  CHECK(d.imsi() == kImsiA);
}

TEST_CASE("Limited service for T_lim leads to another identity: files, key and REFRESH", "[multi_imsi]") {
  Desktop d;
  d.on();
  const std::string ad = d.read("6FAD");
  CHECK(d.authenticate(kKeyA, kOpcA, 32).starts_with("DB"));
  d.send(kLimited);
  CHECK(d.imsi() == kImsiA);
  d.expire();
  CHECK(std::find(d.fetched.begin(), d.fetched.end(), "0104") != d.fetched.end());
  CHECK(d.imsi() == kImsiB);
  CHECK(d.read("6F78") == "0004");
  CHECK(d.read("6FAD") == ad);
  CHECK(d.read("6F7E") == "FFFFFFFFFFFFFF0000FF01");
  CHECK(d.read("6FE3") == "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFF000001");
  // The first AUTHENTICATE takes the new key; the old one is wrong.
  CHECK(d.authenticate(kKeyB, kOpcB, 32).starts_with("DB"));
  CHECK(d.authenticate(kKeyA, kOpcA, 64) == "9862");
  d.send(kNormal);
  const auto state = d.state();
  CHECK(state.active == 2);
  REQUIRE_FALSE(state.ring.empty());
  CHECK(state.ring.back().reason == multi_imsi::Reason::limited);
  CHECK((state.ring.back().flags & multi_imsi::record_flag::online) != 0);
  CHECK(d.notes.all.find("A->B because limited") != std::string::npos);
}

TEST_CASE("Registration in time keeps the identity", "[multi_imsi]") {
  Desktop d;
  d.on();
  d.send(kLimited);
  d.send(kNormal);
  d.expire();  // T_stable
  CHECK(d.imsi() == kImsiA);
  CHECK(d.state().online);
}

TEST_CASE("The menu says why, and gives the choice back", "[multi_imsi]") {
  Desktop d;
  d.on();
  d.choose("03");
  REQUIRE(d.imsi() == kImsiB);
  d.send("80C2000009D30782020181900102");
  CHECK(d.displayed.find("A->B because manual") != std::string::npos);
  d.choose("01");
  CHECK(d.state().mode == multi_imsi::Mode::automatic);
}

TEST_CASE("The person may keep the identity that is in use, whichever it is", "[multi_imsi]") {
  Desktop d;
  d.on();
  d.choose("FD");
  CHECK(d.state().mode == multi_imsi::Mode::hold);
  d.send(kLimited);
  d.send(reject("0B"));
  d.send("80C2000019D61799011282028381FD0599F9171234BF0108F40109F5010B");
  CHECK(d.imsi() == kImsiA);
  CHECK(d.state().ring.back().reason == multi_imsi::Reason::manual);
}

TEST_CASE("A menu of sixteen identities without names has pages", "[multi_imsi]") {
  multi_imsi::Config config = table();
  config.identities[0].label.clear();
  for (std::uint8_t id = 2; id <= 16; ++id) {
    multi_imsi::Identity identity;
    identity.id = id;
    identity.imsi = {0x08, 0x99, 0x99, 0x07, 0x00, 0x00, 0x00, static_cast<std::uint8_t>((id % 10) << 4), static_cast<std::uint8_t>((id % 10) << 4 | id / 10)};
    if (id <= 3) config.identities[id - 1U] = identity;
    else config.identities.push_back(identity);
  }
  config.key_sets.clear();
  Desktop d(make(config));
  d.on();
  d.choose("02");  // on the first page
  CHECK(d.state().mode == multi_imsi::Mode::pinned);
  d.choose("FE11");  // the last one, on the second
  CHECK(d.state().active == 16);
  CHECK(std::count(d.fetched.begin(), d.fetched.end(), "2400") == 3);
}

TEST_CASE("A network that refuses the identity, and another one, lead to a swap without waiting for T_lim", "[multi_imsi]") {
  Desktop d;
  d.on();
  d.send(kLimited);
  d.send(reject("0B"));
  CHECK(d.imsi() == kImsiA);
  d.send("80C2000019D61799011282028381FD0599F9171234BF0108F40109F5010B");
  CHECK(d.imsi() == kImsiB);
  CHECK(d.state().ring.back().reason == multi_imsi::Reason::rejected);
}

TEST_CASE("A modem without events is understood by the files it writes", "[multi_imsi]") {
  Desktop d;
  // Refresh, poll interval, timers: neither events nor a menu.
  d.settle(d.raw("801000000F" "0100A80000000001" "00000000000000"));
  d.update("6FE3", "0BF699F9078001010000000199F907123400");
  CHECK(d.state().pair(1, multi_imsi::Plmn({0x99, 0xF9, 0x07})) != nullptr);
  CHECK(d.notes.all.find("VERIFY") != std::string::npos);
}

TEST_CASE("Boots without registration rotate the identity", "[multi_imsi]") {
  Desktop d;
  d.on();
  for (int boot = 0; boot < 3 && d.state().active == 1; ++boot) d.restart();
  CHECK(d.state().active == 2);
  CHECK(d.imsi() == kImsiB);
}

TEST_CASE("Power that goes at any write leaves the identity before or the one after, whole", "[multi_imsi]") {
  std::size_t writes = 0;
  for (std::size_t round = 0; round == 0 || round <= writes; ++round) {
    INFO("the commit that fails: " << round << ", 0: none");
    Desktop d;
    const std::size_t before = d.store.commits();
    if (round != 0) d.store.fail_after(round - 1);
    // Everything a swap needs; a command that fails ends the session, and the terminal starts anew.
    const auto step = [&](const std::string& hex) {
      std::string sw = d.raw(hex);
      for (int rounds = 0; sw.substr(sw.size() - 4, 2) == "91" && rounds < 20; ++rounds) {
        const std::string command = d.raw("80120000" + sw.substr(sw.size() - 2));
        if (!command.starts_with("D0")) return;
        const std::size_t at = command.substr(2, 2) == "81" ? 6 : 4;
        const std::string details = command.substr(at + 4, 6);
        if (details.substr(2) == "0104") {
          d.card.reset();
          return;
        }
        if (details.substr(2) == "2700") d.timer = 1;
        sw = d.raw("801400000C8103" + details + "82028281830100");
      }
    };
    step(kFullProfile);
    step(kLimited);
    step("80C200000ED70C82028281A40101A503000000");
    step(kFullProfile);
    d.store.heal();
    if (writes == 0) writes = d.store.commits() - before;
    card::Card again(d.store, rng(), nullptr, nullptr, &applets());
    again.power_on();
    Desktop after(d.store.cells());
    const std::string imsi = after.imsi();
    const bool is_a = imsi == kImsiA, is_b = imsi == kImsiB;
    REQUIRE((is_a || is_b));
    CHECK(after.read("6F78") == (is_a ? "0002" : "0004"));
    CHECK(after.authenticate(is_a ? kKeyA : kKeyB, is_a ? kOpcA : kOpcB, 32).starts_with("DB"));
    CHECK(after.state().active == (is_a ? 1 : 2));
    CHECK(after.state().pending == 0);
    CHECK(after.log_record(1) == (after.state().ring.empty() ? std::string(72, 'F') : to_hex(after.state().ring.back().encode())) + "9000");
  }
  REQUIRE(writes >= 4);
}

TEST_CASE("GET DATA on the instance gives the log", "[multi_imsi]") {
  Desktop d;
  d.on();
  d.send(kLimited);
  d.expire();
  REQUIRE(d.apdu("00A4040C0B" + to_hex(multi_imsi::instance_aid())) == "9000");
  REQUIRE(d.raw("80CADF7000") == "6C27");
  const std::string log = d.raw("80CADF7027");
  CHECK(log.starts_with("DF702401"));
  CHECK(log.size() == 6 + 72 + 4);
  CHECK(d.raw("80CADF7200") == "6A88");
}

TEST_CASE("A hold keeps the identity while a switch is proved, and for no longer than it says", "[multi_imsi]") {
  // Another application of the card holds as long as it lives.
  struct Holder final : toolkit::Application {
    explicit Holder(const card::CardServices& services) : platform(services.platform) {}
    [[nodiscard]] const char* name() const noexcept override { return "holder"; }
    toolkit::Task<> run(toolkit::Session& cat) override {
      const auto hold = platform.hold(card::Platform::Holding::proving, std::chrono::seconds(240));
      const toolkit::Condition never = [] { return false; };
      (void)co_await cat.until(never);
    }
    card::Platform& platform;
  };
  card::Applets both;
  both.add(multi_imsi::row());
  card::Platform* platform = nullptr;
  both.add({.class_aid = {}, .name = "holder", .make = [&platform](const card::CardServices& services, const gp::Application*) {
              platform = &services.platform;
              return std::make_unique<Holder>(services);
            }});
  Desktop d;
  card::Card card(d.store, rng(), &d.notes, nullptr, &both);
  card.power_on();
  const auto raw = [&](const std::string& hex) { return to_hex(card.transmit(from_hex(hex).value())); };
  std::vector<std::string> fetched;
  const auto settle = [&](std::string sw) {
    while (sw.substr(sw.size() - 4, 2) == "91") {
      const std::string command = raw("80120000" + sw.substr(sw.size() - 2));
      const std::size_t at = command.substr(2, 2) == "81" ? 6 : 4;
      fetched.push_back(command.substr(at + 6, 4));
      if (fetched.back() == "0104") return;
      sw = raw("801400000C8103" + command.substr(at + 4, 6) + "82028281830100");
    }
  };
  settle(raw(kFullProfile));
  settle(raw(kLimited));
  settle(raw("80C200000ED70C82028281A40101A503000000"));  // T_lim
  CHECK(fetched.back() != "0104");
  REQUIRE(platform != nullptr);
  CHECK_FALSE(platform->changing());  // who holds the identity may use it
  settle(raw("80C200000ED70C82028281A40101A503000000"));  // the bound of the hold
  CHECK(fetched.back() == "0104");
  CHECK(platform->changing());
  card.reset();
  CHECK_FALSE(platform->changing());
}

TEST_CASE("A profile without the applet's data is a profile all the same", "[multi_imsi]") {
  perso::ProfileRecipe recipe = subscription();
  perso::ApplicationRecipe application = perso::multi_imsi_application(table());
  application.instances[0].process_data = {"E103800101"_hex};
  recipe.applications.push_back(application);
  Desktop d(factory_cells(recipe));
  d.on();
  CHECK(d.notes.all.find("waits for a table") != std::string::npos);
  d.send(kLimited);
  CHECK(d.imsi() == kImsiA);
}

TEST_CASE("A recipe with the section multi_imsi makes a profile whose applet runs", "[multi_imsi]") {
  std::ifstream in(source_dir() + "/vectors/multi_imsi/bootstrap.yaml");
  REQUIRE(in);
  std::stringstream yaml;
  yaml << in.rdbuf();
  const perso::ProfileRecipe recipe = perso::read_recipe(yaml.str());
  Desktop d(factory_cells(recipe));
  d.on();
  CHECK(d.state().active == 1);
  d.choose("04");
  CHECK(d.imsi() == "083901140000000030");
  CHECK(d.read("6FAD").substr(6, 2) == "03");
  d.choose("03");
  CHECK(d.imsi() == kImsiB);
  CHECK(d.read("6F46").starts_with("00506F6C646572FF"));
}

TEST_CASE("A recipe that the card would refuse says what is wrong", "[multi_imsi]") {
  const std::string front = "{iccid: \"8988211000000000037\", imsi: \"001010000000001\", k: 00000000000000000000000000000000, opc: "
                            "00000000000000000000000000000000, multi_imsi: {identities: [{id: 1}";
  CHECK_THROWS_AS((void)perso::read_recipe(front + ", {id: 1}]}}"), perso::RecipeError);
  CHECK_THROWS_AS((void)perso::read_recipe(front + ", {id: 2, imsi: \"999700000000002\"}]}}"), perso::RecipeError);
  CHECK_THROWS_AS((void)perso::read_recipe(front + "], rules: [{network: \"999-70\", ids: [7]}]}}"), perso::RecipeError);
  CHECK_THROWS_AS((void)perso::read_recipe(front + "], rules: [{network: \"99970\", ids: [1]}]}}"), perso::RecipeError);
  CHECK_THROWS_AS((void)perso::read_recipe(front + "], polcy: [menu]}}"), perso::RecipeError);
}

TEST_CASE("An identity of a recipe begins on its day", "[multi_imsi]") {
  const std::string yaml = R"(
name: Dated
iccid: "8988211000000000011"
imsi: "001010000000001"
k: 01010101010101010101010101010101
opc: 02020202020202020202020202020202
multi_imsi:
  policy: [prefer]
  identities:
    - {id: 1, label: World}
    - {id: 2, label: Polder, imsi: "999700000000002", k: 0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B, opc: 1B1B1B1B1B1B1B1B1B1B1B1B1B1B1B1B, at_home_in: ["999"],
       valid_from: 2026-03-01, valid_to: 2026-12-31}
)";
  Desktop d(factory_cells(perso::read_recipe(yaml)));
  d.date_time = "62208232950000";  // 2026-02-28 23:59:00 UTC
  d.on();
  d.send(kNormal);
  d.expire();
  CHECK(d.timer_value == "001000");
  CHECK(d.imsi() == kImsiA);
  d.expire();
  CHECK(d.imsi() == kImsiB);
  CHECK(d.state().ring.back().reason == multi_imsi::Reason::prefer);
  const auto dated = [&](const std::string& days) {
    std::string other = yaml;
    const auto at = other.find("valid_from: 2026-03-01, valid_to: 2026-12-31");
    return other.replace(at, std::string("valid_from: 2026-03-01, valid_to: 2026-12-31").size(), days);
  };
  CHECK_THROWS_AS((void)perso::read_recipe(dated("valid_from: 2026-03-01, valid_to: 2026-02-28")), perso::RecipeError);
  CHECK_THROWS_AS((void)perso::read_recipe(dated("valid_from: 2026-02-30")), perso::RecipeError);
  CHECK_THROWS_AS((void)perso::read_recipe(dated("valid_from: tomorrow")), perso::RecipeError);
}

TEST_CASE("An identity comes back to where it was left with its own temporary identity, and not with the policy privacy", "[multi_imsi]") {
  const std::string guti = "0BF699F9078001010000000199F9071234", nobody = "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFF000001";
  for (const bool privacy : {false, true}) {
    INFO(privacy);
    multi_imsi::Config config = table();
    if (privacy) config.policy |= multi_imsi::policy::privacy;
    Desktop d(make(config));
    d.on();
    d.update("6FE3", guti + "00");
    d.send(kNormal);
    d.choose("03");
    REQUIRE(d.imsi() == kImsiB);
    CHECK(d.read("6FE3") == nobody);
    CHECK(d.state().find(1)->places.empty() == privacy);
    d.choose("02");
    REQUIRE(d.imsi() == kImsiA);
    CHECK(d.read("6FE3") == (privacy ? nobody : guti + "01"));  // not updated
    CHECK(d.read("6F08").starts_with("07FF"));                  // no key comes back
  }
}

TEST_CASE("The policy privacy over the air forgets where identities were left", "[multi_imsi]") {
  Desktop d;
  d.on();
  d.update("6FE3", "0BF699F9078001010000000199F907123400");
  d.send(kNormal);
  d.choose("03");
  REQUIRE_FALSE(d.state().find(1)->places.empty());
  REQUIRE(d.message("E10E 80040000002A 810101 A703 850140"_hex).status == 0);
  CHECK(d.state().find(1)->places.empty());
}

TEST_CASE("EF.MI_LOG holds the log, the newest decision first, and nobody but the card writes it", "[multi_imsi]") {
  Desktop d;
  d.on();
  CHECK(d.log_record(1) == std::string(72, 'F') + "9000");
  d.choose("03");
  const std::string first = d.log_record(1);
  CHECK(first == to_hex(d.state().ring.back().encode()) + "9000");
  d.choose("04");
  CHECK(d.log_record(1) == to_hex(d.state().ring.back().encode()) + "9000");
  CHECK(d.log_record(2).substr(28, 16) == first.substr(28, 16));  // from, to, reason, cause, network of the decision before
  CHECK(d.log_record(3) == std::string(72, 'F') + "9000");
  CHECK(d.raw("00DC010424" + std::string(72, '0')) == "6982");
  // Registration is written into the record of the swap.
  d.send(kNormal);
  CHECK(d.log_record(1) == to_hex(d.state().ring.back().encode()) + "9000");
  CHECK((d.state().ring.back().flags & multi_imsi::record_flag::online) != 0);
}

TEST_CASE("A profile without EF.MI_LOG has its log all the same", "[multi_imsi]") {
  perso::ProfileRecipe recipe = subscription();
  recipe.applications.push_back(perso::multi_imsi_application(table()));
  Desktop d(factory_cells(recipe));
  d.on();
  d.choose("03");
  CHECK(d.state().ring.size() == 1);
  CHECK(d.apdu("00A4000C027F4D") == "6A82");
}

TEST_CASE("A swap writes every file that follows an identity, and no other", "[multi_imsi]") {
  using Type = perso::FileRecipe::Type;
  multi_imsi::Config config = table();
  multi_imsi::Identity& b = config.identities[1];
  b.smsp = "0791947100000000"_hex;
  b.psismsc = "800A7369703A406578616D70"_hex;
  b.spn = "00506F6C646572"_hex;
  b.pnn = "4305 80506F6C64"_hex;
  b.opl = "99F907 0000 FFFE 01"_hex;
  b.spdi = "A3058003 99F907"_hex;
  b.gid1 = "AA01"_hex;
  b.gid2 = "BB02"_hex;
  b.msisdn = "0791947111111111"_hex;
  b.ehplmn = "99F907 99F917"_hex;
  b.hplmn_act = "99F907C880"_hex;
  b.oplmn_act = "99F9174000"_hex;
  b.hpplmn = "05"_hex;
  b.nasconfig = "800101"_hex;
  b.apn = to_bytes(text_view("boot.iot"));
  b.routing_indicator = "21F3FFFF"_hex;
  perso::ProfileRecipe recipe = subscription();
  const auto add = [&](const char* fid, std::uint32_t size, std::uint16_t record = 0) {
    perso::FileRecipe file;
    file.path = {"usim", fid};
    file.type = record != 0 ? Type::linear_fixed : Type::transparent;
    file.size = record != 0 ? 0 : size;
    file.record_length = record;
    file.records = record != 0 ? static_cast<std::uint16_t>(size / record) : std::uint16_t{0};
    file.rule = 5;
    recipe.files.push_back(std::move(file));
  };
  add("6FD9", 12);
  add("6FDC", 1);
  add("6FE5", 24);
  add("6FC5", 20, 10);
  add("6FC6", 8, 8);
  add("6FCD", 20);
  add("6F3E", 4);
  add("6F3F", 4);
  add("6FE8", 8);
  add("6F57", 20);
  recipe.applications.push_back(perso::multi_imsi_application(config));
  Desktop d(factory_cells(recipe));
  d.on();
  const std::string isim = "00A4040C07A0000000871004";
  const auto filled = [](const std::string& front, std::size_t octets) { return front + std::string(2 * octets - front.size(), 'F'); };
  struct Expected {
    std::string application, path, content;
    bool records = false;
  };
  const std::vector<Expected> files{
      {kUsim, "6F07", kImsiB},
      {kUsim, "6F78", "0004"},
      {kUsim, "6F7E", "FFFFFFFFFFFFFF0000FF01"},
      {kUsim, "6F73", "FFFFFFFFFFFFFFFFFFFF0000FF01"},
      {kUsim, "6FE3", "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFF000001"},
      {kUsim, "6FE4", filled("", 80), true},
      {kUsim, "6F08", filled("07", 33)},
      {kUsim, "6F09", filled("07", 33)},
      {kUsim, "6F5B", "F00000F00000"},
      {kUsim, "6F7B", filled("", 12)},
      {kUsim, "6F62", "99F907C880"},
      {kUsim, "6F61", filled("99F9174000", 40)},
      {kUsim, "6FD9", filled("99F90799F917", 12)},
      {kUsim, "6F31", "05"},
      {kUsim, "6FDC", "00"},
      {kUsim, "6FE5", filled("800A7369703A406578616D70", 24)},
      {kUsim, "6F46", filled("00506F6C646572", 17)},
      {kUsim, "6FC5", filled("430580506F6C64", 10), true},
      {kUsim, "6FC6", "99F9070000FFFE01", true},
      {kUsim, "6FCD", filled("A305800399F907", 20)},
      {kUsim, "6F3E", filled("AA01", 4)},
      {kUsim, "6F3F", filled("BB02", 4)},
      {kUsim, "6FE8", filled("800101", 8)},
      {kUsim, "6F57", filled("01DD0904626F6F7403696F74", 20)},
      {kUsim, "5FC04F01", filled("", 16) + "00000001"},
      {kUsim, "5FC04F02", filled("", 16) + "00000001"},
      {kUsim, "5FC04F03", filled("", 57), true},
      {kUsim, "5FC04F04", filled("", 57), true},
      {kUsim, "5FC04F05", filled("", 110)},
      {kUsim, "5FC04F07", filled("A0020000A100", 64)},
      {kUsim, "5FC04F0A", "21F3FFFF"},
      {kUsim, "5F3B4F20", "FFFFFFFFFFFFFFFF07"},
      {kUsim, "5F3B4F52", "FFFFFFFFFFFFFFFF07"},
      {isim, "6F02", ""},
      {isim, "6F03", ""},
      {isim, "6F04", "", true},
  };
  const auto select = [&](const Expected& file) {
    REQUIRE(d.apdu(file.application) == "9000");
    const std::string path = "7FFF" + file.path;
    REQUIRE(d.apdu("00A4080C" + to_hex(Bytes{static_cast<std::uint8_t>(path.size() / 2)}) + path) == "9000");
  };
  const auto content = [&](const Expected& file) {
    select(file);
    const std::string head = file.records ? "00B20104" : "00B00000", wrong = d.raw(head + "00");
    const std::string whole = wrong.starts_with("6C") ? d.raw(head + wrong.substr(2)) : wrong;
    return whole.substr(0, whole.size() - 4);
  };
  REQUIRE(d.apdu("0020000A083838383838383838") == "9000");
  // Each file holds something else before.
  std::map<std::string, std::string> before;
  for (const Expected& file : files) {
    INFO(file.path);
    const std::size_t octets = content(file).size() / 2;
    select(file);
    const std::string junk = to_hex(Bytes(octets, 0x11));
    const std::string sw = d.raw((file.records ? "00DC0104" : "00D60000") + to_hex(Bytes{static_cast<std::uint8_t>(octets)}) + junk);
    d.settle(sw);
    before[file.application + file.path] = content(file);
    CHECK(before[file.application + file.path] == junk);
  }
  const std::string iccid = [&] {
    REQUIRE(d.apdu("00A4000C023F00") == "9000");
    REQUIRE(d.apdu("00A4000C022FE2") == "9000");
    return d.raw("00B000000A");
  }();
  d.choose("03");
  REQUIRE(d.apdu("0020000A083838383838383838") == "9000");
  for (const Expected& file : files) {
    INFO(file.path);
    const std::string now = content(file);
    CHECK(now != before[file.application + file.path]);
    if (!file.content.empty()) CHECK(now == file.content);
  }
  // The ISIM's names are derived from the IMSI (TS 23.003 13).
  const auto text = [&](const std::string& path, bool records) { return to_text(from_hex(content({isim, path, "", records})).value()); };
  CHECK(text("6F02", false).find("999700000000002@ims.mnc070.mcc999.3gppnetwork.org") != std::string::npos);
  CHECK(text("6F03", false).find("ims.mnc070.mcc999.3gppnetwork.org") != std::string::npos);
  CHECK(text("6F04", true).find("sip:999700000000002@ims.mnc070.mcc999.3gppnetwork.org") != std::string::npos);
  const std::string smsp = content({kUsim, "6F42", "", true});
  CHECK(smsp.find("080791947100000000FFFFFF") != std::string::npos);
  CHECK(content({kUsim, "6F40", "", true}).find("0791947111111111") != std::string::npos);
  CHECK(content({kUsim, "6FAD", ""}).substr(6, 2) == "02");
  REQUIRE(d.apdu("00A4000C023F00") == "9000");
  REQUIRE(d.apdu("00A4000C022FE2") == "9000");
  CHECK(d.raw("00B000000A") == iccid);
}
