// Access rules in every form of TS 102 221 9.2: expanded format, command headers, templates, SC octets, security environments, universal
// PIN.
#include <catch2/catch.hpp>

#include "euicc/state/store.h"
#include "euicc/uicc/uicc.h"

using namespace simurgh;
using namespace simurgh::uicc;
using namespace simurgh::literals;

namespace {

constexpr const char* kPin1 = "A406830101950108";
constexpr const char* kPin2 = "A406830181950108";
constexpr const char* kAdm = "A40683010A950108";

// MF and one ADF with an EF under rule; PIN1 (01), universal PIN (11) and ADM1 (0A) in the MF, PIN2 (81) in the ADF.
struct Room {
  state::MemoryStore store;
  state::Transaction txn{store};
  Uicc uicc;
  NodeId adf = kNoNode, file = kNoNode;

  explicit Room(const std::string& rule, ByteView environments = {}, const std::vector<std::string>& records = {}) {
    auto tree = std::make_shared<FileTree>();
    FileNode mf;
    mf.fid = 0x3F00;
    mf.kind = FileKind::mf;
    mf.pin_references = "010A"_hex;
    tree->add(mf);
    FileNode application;
    application.fid = 0x7FF0;
    application.parent = kMf;
    application.kind = FileKind::adf;
    application.aid = "A0000000871002"_hex;
    application.pin_references = "01810A"_hex;
    adf = tree->add(application);
    if (!records.empty()) {
      FileNode arr;
      arr.fid = 0x6F06;
      arr.parent = adf;
      arr.kind = FileKind::linear_fixed;
      arr.record_length = 40;
      for (const std::string& record : records) {
        Bytes content = from_hex(record).value();
        content.resize(40, 0xFF);
        append(arr.body, content);
      }
      arr.size = static_cast<std::uint32_t>(arr.body.size());
      tree->add(arr);
    }
    FileNode ef;
    ef.fid = 0x6F01;
    ef.parent = adf;
    ef.size = 1;
    ef.body = {0};
    if (records.empty()) {
      ef.expanded_access = from_hex(rule).value();
    } else {
      ef.access = {.arr_fid = 0x6F06, .record = 1};
      ef.environments = to_bytes(environments);
    }
    file = tree->add(ef);
    auto pins = std::make_shared<PinTable>();
    for (const std::uint8_t reference : Bytes{0x01, 0x0A, 0x11, 0x81}) {
      PinObject pin;
      pin.reference = reference;
      pin.value = crypto::SecretBytes(ByteView(Bytes(8, 0x31)));
      pins->bindings.push_back(
          {.directory = reference == 0x81 ? adf : kMf, .reference = reference, .pin = static_cast<std::uint16_t>(pins->pins.size())});
      pins->pins.push_back(std::move(pin));
    }
    uicc.mount(std::move(tree), std::move(pins), 1, txn);
  }
  void verify(std::uint8_t reference, bool value = true) { uicc.set_verified(uicc.resolve_pin(adf, reference).value(), value); }
  void set(std::uint8_t reference, bool enabled, bool replaced = false) {
    const auto index = uicc.resolve_pin(adf, reference).value();
    PinState state = uicc.pin_state(index, txn);
    state.enabled = enabled;
    state.replaced = replaced;
    uicc.save_pin(index, state, txn);
  }
  [[nodiscard]] bool read() const { return uicc.allowed(file, Access::read, std::uint8_t{0xB0}, txn); }
  [[nodiscard]] bool update() const { return uicc.allowed(file, Access::update, std::uint8_t{0xD6}, txn); }
};

std::string tlv(const std::string& tag, const std::string& content) { return tag + to_hex(be_bytes(content.size() / 2, 1)) + content; }

}  // namespace

TEST_CASE("Always, never, and what no rule names", "[access]") {
  const Room room("8001019000 8001029700");
  REQUIRE(room.read());
  REQUIRE_FALSE(room.update());
  REQUIRE_FALSE(room.uicc.allowed(room.file, Access::activate, std::uint8_t{0x44}, room.txn));
  REQUIRE_FALSE(Room("").read());
  REQUIRE_FALSE(Room("800101").read());
  REQUIRE_FALSE(Room("8002010190009000").read());  // an access mode of two octets
  REQUIRE_FALSE(Room("80010190").read());
  REQUIRE(Room("8001019000FFFFFF").read());
}

TEST_CASE("A PIN counts when it is verified or disabled, an ADM only when it is verified", "[access]") {
  Room room("800101" + std::string(kPin1) + "800102" + kAdm);
  REQUIRE_FALSE(room.read());
  room.verify(0x01);
  REQUIRE(room.read());
  REQUIRE_FALSE(room.update());
  room.verify(0x01, false);
  room.set(0x01, false);
  REQUIRE(room.read());
  room.set(0x0A, false);
  REQUIRE_FALSE(room.update());
  room.verify(0x0A);
  REQUIRE(room.update());
}

TEST_CASE("The universal PIN takes the place of a PIN that was replaced by it", "[access]") {
  Room room("800101" + std::string(kPin1));
  room.set(0x01, false, true);
  REQUIRE_FALSE(room.read());
  room.verify(0x11);
  REQUIRE(room.read());
  room.verify(0x11, false);
  room.set(0x11, false);  // disabled itself
  REQUIRE(room.read());
}

TEST_CASE("Alternatives, conjunctions and negations decide as written", "[access]") {
  const std::string either = tlv("A0", std::string(kPin1) + kAdm), both = tlv("A7", std::string(kPin1) + kPin2), neither = tlv("AF", kPin1);
  Room any("800101" + either);
  REQUIRE_FALSE(any.read());
  any.verify(0x0A);
  REQUIRE(any.read());
  Room all("800101" + both);
  all.verify(0x01);
  REQUIRE_FALSE(all.read());
  all.verify(0x81);
  REQUIRE(all.read());
  Room no("800101" + neither);
  REQUIRE(no.read());
  no.verify(0x01);
  REQUIRE_FALSE(no.read());
  Room row("800101" + std::string(kPin1) + kAdm);  // two conditions in a row are alternatives
  row.verify(0x0A);
  REQUIRE(row.read());
  Room nested("800101" + tlv("A7", std::string(kPin1) + tlv("A0", std::string(kPin2) + kAdm)));
  nested.verify(0x01);
  REQUIRE_FALSE(nested.read());
  nested.verify(0x0A);
  REQUIRE(nested.read());
}

TEST_CASE("What cannot be read is no condition, not even under a negation", "[access]") {
  for (const std::string& bad : {tlv("AF", "9A00"), tlv("AF", ""),
                                 tlv("AF", tlv("A7",
                                               "9000"
                                               "9B00")),
                                 tlv("A0", ""),
                                 tlv("A7",
                                     "9000"
                                     "9C01"),
                                 tlv("AF", tlv("AF", tlv("AF", tlv("AF", tlv("AF", tlv("AF", "9700"))))))}) {
    INFO(bad);
    REQUIRE_FALSE(Room("800101" + bad).read());
  }
  REQUIRE(Room("800101" + tlv("A0",
                              "9A00"
                              "9000"))
              .read());  // another alternative holds
}

TEST_CASE("External authentication and secure messaging are not to be had by plain commands", "[access]") {
  for (const std::string rule : {"A406830101950180", "A406830101950130", "A403830101", "A403950108", "A4078302010195010800"}) {
    Room room("800101" + rule);
    room.verify(0x01);
    INFO(rule);
    REQUIRE_FALSE(room.read());
  }
}

TEST_CASE("Command headers are more specific than modes, whatever the order", "[access]") {
  const auto asks = [](const Room& room, const char* apdu) {
    const Bytes octets = from_hex(apdu).value();
    return room.uicc.allowed(room.file, Access::read, header_of(apdu::parse_command(octets).value()), room.txn);
  };
  const Room ins("8001019000 8401B09700");
  REQUIRE_FALSE(asks(ins, "00B00000"));
  REQUIRE(asks(ins, "00B20104"));
  const Room cla("8C0280CB9000");
  REQUIRE(asks(cla, "80CB0080"));
  REQUIRE(asks(cla, "83CB0080"));  // on any channel
  REQUIRE(asks(cla, "CFCB0080"));
  REQUIRE_FALSE(asks(cla, "00CB0080"));
  const Room list("8402B0B29000");
  REQUIRE(asks(list, "00B00000"));
  REQUIRE(asks(list, "00B20104"));
  REQUIRE_FALSE(asks(list, "00A20104"));
  const Room whole("8F0400B201049000");
  REQUIRE(asks(whole, "01B20104"));
  REQUIRE_FALSE(asks(whole, "00B20204"));
  REQUIRE_FALSE(asks(whole, "00B20105"));
  const Room p1("8602B2019000");
  REQUIRE(asks(p1, "00B20107"));
  REQUIRE_FALSE(asks(p1, "00B20204"));
  const Room p2("8104040506079000");
  REQUIRE(asks(p2, "00B20104"));
  REQUIRE_FALSE(asks(p2, "00B20108"));
  const Room cut("8F0300B2019000");
  REQUIRE_FALSE(asks(cut, "00B20104"));
  const Room foreign("9C01B09000");
  REQUIRE_FALSE(asks(foreign, "00B00000"));
}

TEST_CASE("SC octets ask for the user with the application PIN, and for nothing else that could be given", "[access]") {
  const auto with = [](const char* octet, bool verified) {
    Room room("8001019E01" + std::string(octet));
    if (verified) room.verify(0x01);
    return room.read();
  };
  REQUIRE(with("00", false));
  REQUIRE_FALSE(with("FF", true));
  for (const char* user : {"10", "11", "90", "91", "30", "50"}) {
    INFO(user);
    REQUIRE_FALSE(with(user, false));
    REQUIRE(with(user, true));
  }
  for (const char* other : {"20", "40", "B0", "D0", "12", "0F", "80"}) {
    INFO(other);
    REQUIRE_FALSE(with(other, true));
  }
}

TEST_CASE("Security environments choose the record: 01 while the PIN is enabled, 00 when it is disabled", "[access]") {
  const std::vector<std::string> records{"8001019000", "8001029000"};
  Room room("", "01010002"_hex, records);
  REQUIRE(room.read());
  REQUIRE_FALSE(room.update());
  room.set(0x01, false);
  REQUIRE_FALSE(room.read());
  REQUIRE(room.update());
  REQUIRE(to_hex(room.uicc.fcp(room.file, room.txn)).find("8B066F0601010002") != std::string::npos);
  Room only_enabled("", "0101"_hex, records);
  REQUIRE(only_enabled.read());
  only_enabled.set(0x01, false);
  REQUIRE_FALSE(only_enabled.read());
  REQUIRE_FALSE(only_enabled.update());
  const Room plain("", {}, records);
  REQUIRE(plain.read());
  REQUIRE_FALSE(Room("", "0109"_hex, records).read());  // a record that is not there
}

TEST_CASE("Rules in levels of class A0", "[access]") {
  const auto level = [](const std::string& condition) {
    const Room room(condition.empty() ? std::string{} : "800101" + condition);
    return int{room.uicc.gsm_level(room.file, Access::read, 0xB0, room.txn)};
  };
  REQUIRE(level("9000") == 0);
  REQUIRE(level("9E0100") == 0);
  REQUIRE(level(kPin1) == 1);
  REQUIRE(level("A406830111950108") == 1);
  REQUIRE(level(kPin2) == 2);
  REQUIRE(level(kAdm) == 4);
  REQUIRE(level("A40683010E950108") == 8);
  REQUIRE(level("A40683018A950108") == 9);
  REQUIRE(level(tlv("A0", std::string(kPin1) + kAdm)) == 1);
  REQUIRE(level(tlv("A7", std::string(kPin1) + kAdm)) == 4);
  REQUIRE(level("9700") == 15);
  REQUIRE(level("A406830101950180") == 15);
  REQUIRE(level("") == 15);
}
