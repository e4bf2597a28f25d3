// The byte examples of TS 102 384 and TS 31.124 style: what goes in, what comes out.
#include "tests/unit/terminal/fake_world.h"
#include "tools/terminal/text.h"

using namespace simurgh;
using namespace simurgh::test;

namespace {

terminal::TerminalOptions at(const terminal::Device& device) {
  terminal::TerminalOptions out;
  out.device = device;
  return out;
}

}  // namespace

TEST_CASE("Nothing is fetched before TERMINAL PROFILE and everything after it", "[terminal]") {
  World world;
  world.card.asks("D0098103010200 82028182").asks("D0098103020200 82028182");
  REQUIRE(world.terminal->power_up());
  REQUIRE(world.card.responses.empty());
  world.terminal->settle();
  REQUIRE(world.card.responses == std::vector<std::string>{"810301020082028281830100", "810302020082028281830100"});
  REQUIRE(world.card.log == std::vector<std::string>{"reset", "profile", "response", "response"});
}

TEST_CASE("POLL INTERVAL is granted, kept with STATUS, and POLLING OFF ends it", "[terminal]") {
  World world;
  REQUIRE(world.answer_to("D00D 8103090300 82028182 8402010A") == "8103090300820282818301008402010A");
  const unsigned before = world.card.statuses;
  world.terminal->run_for(std::chrono::seconds(60));
  REQUIRE(world.card.statuses == before + 6);
  REQUIRE(world.answer_to("D0098103010400 82028182") == "810301040082028281830100");
  const unsigned quiet = world.card.statuses;
  world.terminal->run_for(std::chrono::hours(1));
  REQUIRE(world.card.statuses == quiet);
}

TEST_CASE("PROVIDE LOCAL INFORMATION tells what the terminal knows, and 20 04 or 30 where it knows nothing", "[terminal]") {
  terminal::Device device;
  device.cell = 0x19B01;
  device.date = 1577934245;  // 2020-01-02 03:04:05
  World world(at(device));
  REQUIRE(world.answer_to("D0098103072600 82028182") == "810307260082028281830100930900F11000010019B01F");
  REQUIRE(world.answer_to("D0098103012601 82028182") == "8103012601820282818301009408" "0A40990901460000");
  REQUIRE(to_hex(terminal::encode_imei("123456789012345")) == "1A32547698103254");
  REQUIRE(to_hex(terminal::encode_imeisv("1234567890123456")) == "1332547698103254F6");
  REQUIRE(world.answer_to("D0098103012603 82028182") == "810301260382028281830100A60702102030405000");
  REQUIRE(world.answer_to("D0098103012604 82028182") == "810301260482028281830100AD02656E");
  REQUIRE(world.answer_to("D0098103012605 82028182") == "810301260582028281830100AE020000");
  REQUIRE(world.answer_to("D0098103012606 82028182") == "810301260682028281830100BF0108");
  REQUIRE(world.answer_to("D0098103012609 82028182") == "810301260982028281830100E50100");
  REQUIRE(world.answer_to("D0098103012602 82028182") == "810301260282028281830130");
  REQUIRE(world.answer_to("D009810301260B 82028182") == "810301260B82028281830130");
  device.service = terminal::ServiceStatus::none;
  world.terminal->move_to(device);
  REQUIRE(world.answer_to("D0098103012600 82028182") == "81030126008202828183022004");
}

TEST_CASE("A timer expires on the clock, and a stopped one contradicts", "[terminal]") {
  World world;
  REQUIRE(world.answer_to("D011 8103082700 82028182 A40101 A503000003") == "810308270082028281830100A40101");
  world.clock.advance(std::chrono::milliseconds(9500));
  REQUIRE(world.answer_to("D00C 8103082702 82028182 A40101") == "810308270282028281830100A40101A503000012");
  world.terminal->run_for(std::chrono::seconds(20));
  REQUIRE(world.card.envelopes.empty());
  world.terminal->run_for(std::chrono::seconds(1));
  REQUIRE(world.card.envelopes == std::vector<std::string>{"D70C82028281A40101A503000003"});
  REQUIRE(world.answer_to("D00C 8103082702 82028182 A40101") == "810308270282028281830124A40101");
  REQUIRE(world.answer_to("D00C 8103082701 82028182 A40109") == "810308270182028281830132");
  REQUIRE(world.answer_to("D011 8103082700 82028182 A40102 A503001000") == "810308270082028281830100A40102");
  REQUIRE(world.answer_to("D00C 8103082701 82028182 A40102") == "810308270182028281830100A40102A503001000");
  world.terminal->run_for(std::chrono::hours(1));
  REQUIRE(world.card.envelopes.size() == 1);
}

TEST_CASE("The user's acts become results", "[terminal]") {
  World world({}, {"ok", "back", "end", "none", "busy", "text:7", "help"});
  const std::string text = "D011 81030B2181 82028102 8D060448656C6C6F";
  REQUIRE(world.answer_to(text) == "81030B218182028281830100");
  REQUIRE(world.answer_to(text) == "81030B218182028281830111");
  REQUIRE(world.answer_to(text) == "81030B218182028281830110");
  REQUIRE(world.answer_to(text) == "81030B218182028281830112");
  REQUIRE(world.answer_to(text) == "81030B21818202828183022001");
  REQUIRE(world.answer_to("D011 8103012200 82028182 8D0604456E746572") == "8103012200820282818301008D020437");
  REQUIRE(world.answer_to("D011 8103012200 82028182 8D0604456E746572") == "810301220082028281830113");
}

TEST_CASE("GET INKEY and GET INPUT answer in the alphabet the card asked for", "[terminal]") {
  World world({}, {"text:y", "text:n", "text:12345", "text:hello", "text:Ж"});
  REQUIRE(world.answer_to("D00D 8103012204 82028182 8D020441") == "8103012204820282818301008D020401");
  REQUIRE(world.answer_to("D00D 8103012204 82028182 8D020441") == "8103012204820282818301008D020400");
  REQUIRE(world.answer_to("D011 8103012300 82028182 8D020441 91020505") == "8103012300820282818301008D06043132333435");
  REQUIRE(world.answer_to("D011 8103012309 82028182 8D020441 91020005") == "8103012309820282818301008D0600E8329BFD06");
  REQUIRE(world.answer_to("D011 8103012303 82028182 8D020441 91020105") == "8103012303820282818301008D03080416");
  REQUIRE(world.answer_to("D00D 8103012300 82028182 8D020441") == "810301230082028281830136");
}

TEST_CASE("SELECT ITEM gives the identifier of the item, SET UP MENU waits for the selection", "[terminal]") {
  World world({}, {"item:2", "item:9", "help"});
  const std::string select = "D01B 81030C2400 82028182 85044D656E75 8F04014F6E65 8F040254776F";
  REQUIRE(world.answer_to(select) == "81030C240082028281830100900102");
  REQUIRE(world.answer_to(select) == "81030C240082028281830112");
  REQUIRE(world.answer_to(select) == "81030C240082028281830113900101");
  REQUIRE(world.answer_to("D01B 81030C2500 82028182 85044D656E75 8F04014F6E65 8F040254776F") == "81030C250082028281830100");
  REQUIRE(world.terminal->toolkit().menu_title() == "Menu");
  REQUIRE(world.terminal->toolkit().menu().size() == 2);
  REQUIRE(world.terminal->toolkit().menu()[1].text == "Two");
  (void)world.terminal->choose_menu_item(2);
  REQUIRE(world.card.envelopes == std::vector<std::string>{"D30782020181900102"});
  REQUIRE(world.answer_to("D00D 81030C2500 82028182 85008F00") == "81030C250082028281830100");
  REQUIRE(world.terminal->toolkit().menu().empty());
}

TEST_CASE("What the card listens to is told, once for what happens once", "[terminal]") {
  terminal::Device device;
  device.cell = 0x19B01;
  World world(at(device));
  REQUIRE(world.answer_to("D0128103060500 82028182 9907030405 0A0B1207") == "810306050082028281830100");
  device.service = terminal::ServiceStatus::limited;
  world.terminal->move_to(device);
  device.service = terminal::ServiceStatus::normal;
  world.terminal->move_to(device);
  device.access = terminal::AccessTechnology::gsm;
  device.cell = 0x1234;
  world.terminal->move_to(device);
  device.access = terminal::AccessTechnology::eutran;
  device.cell = 0x19B01;
  world.terminal->reject(0x00, 0x0B);
  world.terminal->move_to(device);
  world.terminal->reject(0x09, 0x0B);
  device.service = terminal::ServiceStatus::none;
  world.terminal->move_to(device);
  world.terminal->user_activity();
  world.terminal->user_activity();
  world.terminal->idle_screen();
  world.terminal->select_language("de");
  world.terminal->settle();
  REQUIRE(world.card.envelopes == std::vector<std::string>{
                                      "D60A990103820282819B0101",
                                      "D615990103820282819B0100930900F11000010019B01F",
                                      "D613990103820282819B0100930700F11000011234",
                                      "D60A99010B82028281BF0100",
                                      "D617990112" "82028381" "930500F1100001" "BF0100" "F40100" "F5010B",
                                      "D615990103820282819B0100930900F11000010019B01F",
                                      "D60A99010B82028281BF0108",
                                      "D617990112" "82028381" "FD0500F1100001" "BF0108" "F40109" "F5010B",
                                      "D60A990103820282819B0102",
                                      "D60799010482028281",
                                      "D60799010582020281",
                                      "D60B99010782028281AD026465",
                                  });
  REQUIRE(world.answer_to("D00B8103060500 82028182 9900") == "810306050082028281830100");
  device.service = terminal::ServiceStatus::normal;
  world.terminal->move_to(device);
  world.terminal->settle();
  REQUIRE(world.card.envelopes.size() == 12);
  REQUIRE(world.answer_to("D00C8103060500 82028182 990113") == "810306050082028281830130");
}

TEST_CASE("A busy card gets its envelope again", "[terminal]") {
  World world;
  (void)world.answer_to("D00C8103060500 82028182 990103");
  world.card.envelope_answers = {"9300", "9300", "9000"};
  terminal::Device device;
  device.area = 7;
  world.terminal->move_to(device);
  world.terminal->run_for(std::chrono::seconds(10));
  REQUIRE(world.card.envelopes.size() == 3);
}

TEST_CASE("SMS, USSD, SS and calls go to the services behind the terminal", "[terminal]") {
  std::vector<std::string> seen;
  terminal::TerminalOptions options;
  options.services.send_sms = [&](const terminal::Services::Sms& sms) {
    seen.push_back("sms " + to_hex(sms.address) + " " + to_hex(sms.tpdu) + (sms.pack ? " pack" : ""));
    return seen.size() == 1 ? terminal::Reply{} : terminal::Reply{.general = terminal::result::kSmsFailed, .additional = {0x29}};
  };
  options.services.send_ss = [&](ByteView ss) {
    seen.push_back("ss " + to_hex(ss));
    return terminal::Reply{};
  };
  options.services.send_ussd = [&](const std::string& text) -> std::expected<std::string, terminal::Reply> {
    seen.push_back("ussd " + text);
    return "Hi";
  };
  options.services.call = [&](const std::string& number) {
    seen.push_back("call " + number);
    return terminal::Reply{};
  };
  World world(std::move(options), {"ok", "no"});
  const std::string sms = "D019 81030D1301 82028183 8B0E0100099121436587F90004024869";
  REQUIRE(world.answer_to(sms) == "81030D130182028281830100");
  REQUIRE(world.answer_to(sms) == "81030D13018202828183023529");
  REQUIRE(world.answer_to("D00E 8103011100 82028183 8903FF5155") == "810301110082028281830100");
  REQUIRE(world.answer_to("D00F 8103011200 82028183 8A04442A3123") == "8103011200820282818301008D03044869");
  REQUIRE(world.answer_to("D010 8103011000 82028183 8605914321658 7") == "810301100082028281830100");
  REQUIRE(world.answer_to("D010 8103011000 82028183 86059143216587") == "810301100082028281830122");
  REQUIRE(seen == std::vector<std::string>{"sms  0100099121436587F90004024869 pack", "sms  0100099121436587F90004024869 pack", "ss FF5155", "ussd *1#",
                                           "call +34125678"});
}

TEST_CASE("Commands that are unknown, not promised, damaged or incomplete get the result that says so", "[terminal]") {
  World world;
  REQUIRE(world.answer_to("D009 8103017F00 82028182") == "8103017F0082028281830131");
  REQUIRE(world.answer_to("D009 8103013000 82028182") == "810301300082028281830130");
  REQUIRE(world.answer_to("D009 8103013400 82028182") == "810301340082028281830130");
  REQUIRE(world.answer_to("D009 8103000200 82028182") == "810300020082028281830133");
  REQUIRE(world.answer_to("D005 8103010200") == "810301020082028281830136");
  REQUIRE(world.answer_to("D00C 8103010200 82028182 F10100") == "810301020082028281830132");  // unknown object that must be understood
  REQUIRE(world.answer_to("D00C 8103010200 82028182 710100") == "810301020082028281830100");  // and one that need not be
  REQUIRE(world.answer_to("D009 8103010200 82038182") == "810301020082028281830132");
  REQUIRE(world.answer_to("D004 82028182") == "010300000082028281830132");
  REQUIRE(world.answer_to("D009 8103012100 82028102") == "810301210082028281830136");
  terminal::TerminalOptions small;
  small.capabilities = *terminal::built_in_capabilities("nbiot");
  World module(std::move(small));
  REQUIRE(module.answer_to("D011 81030B2181 82028102 8D060448656C6C6F") == "81030B218182028281830130");
}

TEST_CASE("Envelopes bring back data, warnings with data, and refusals", "[terminal]") {
  World world;
  world.on();
  world.card.envelope_answers = {"0A0B9000", "0C0D6200", "6F00", "6200"};
  auto answer = world.terminal->deliver_sms("+1234", *from_hex("4008"));
  REQUIRE(answer.kind == terminal::EnvelopeAnswer::Kind::taken);
  REQUIRE(to_hex(answer.data) == "0A0B");
  REQUIRE(world.card.envelopes.back() == "D10D82028381860391214" "38B024008");
  answer = world.terminal->deliver_sms("", *from_hex("4008"));
  REQUIRE(answer.kind == terminal::EnvelopeAnswer::Kind::refused);
  REQUIRE(to_hex(answer.data) == "0C0D");
  REQUIRE(answer.sw == 0x6200);
  REQUIRE(world.terminal->deliver_sms("", *from_hex("4008")).sw == 0x6F00);
  answer = world.terminal->deliver_sms("", *from_hex("4008"));
  REQUIRE(answer.sw == 0x6200);
  REQUIRE(answer.data.empty());
}

TEST_CASE("Call control answers are read and bent ones are not", "[terminal]") {
  REQUIRE(terminal::read_control({})->kind == terminal::ControlDecision::Kind::allowed);
  REQUIRE(terminal::read_control(*from_hex("0100"))->kind == terminal::ControlDecision::Kind::not_allowed);
  const auto changed = terminal::read_control(*from_hex("0205 860391214 3"));
  REQUIRE(changed->kind == terminal::ControlDecision::Kind::modified);
  REQUIRE(to_hex(changed->objects) == "8603912143");
  REQUIRE_FALSE(terminal::read_control(*from_hex("0300")));
  REQUIRE_FALSE(terminal::read_control(*from_hex("0206 8603912143")));
}

TEST_CASE("Texts keep their letters through every coding", "[terminal]") {
  using terminal::Alphabet;
  for (const char* text : {"hello", "hello12", "1234567", "12345678", "Straße €{}", ""}) {
    INFO(text);
    REQUIRE(terminal::decode_text_string(terminal::encode_text_string(text, Alphabet::packed)) == text);
    REQUIRE(terminal::decode_text_string(terminal::encode_text_string(text, Alphabet::octets)) == text);
  }
  REQUIRE(terminal::decode_text_string(terminal::encode_text_string("Жد😀", Alphabet::ucs2)) == "Жد😀");
  REQUIRE(terminal::decode_alpha(*from_hex("8004160436")) == "Жж");
  REQUIRE(terminal::decode_alpha(*from_hex("810308 96 41 B6")) == "ЖAж");
  REQUIRE(terminal::decode_alpha(*from_hex("82020400 96B6")) == "Жж");
  REQUIRE(terminal::decode_alpha(*from_hex("4869FFFF")) == "Hi");
}
