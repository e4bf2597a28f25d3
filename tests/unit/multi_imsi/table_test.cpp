// Tables: what they change, who may send them, and that nothing changes when they are refused.
#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>

#include "asn1/tlv.h"
#include "euicc/applets/multi_imsi/store.h"
#include "euicc/crypto/symmetric.h"
#include "tests/support/paths.h"
#include "tests/unit/multi_imsi/machine_bench.h"

using namespace simurgh;
using namespace simurgh::test;

namespace {

const Bytes kTableKey = "000102030405060708090A0B0C0D0E0F"_hex, kEid = "89049032123451234512345678901235"_hex;
const Origin kOpen{.kind = Origin::Kind::open, .key_encryption = {}}, kSecured{.kind = Origin::Kind::secured, .key_encryption = {}};

Config base() {
  Config out = three();
  out.version = 41;
  out.table_key = crypto::SecretBytes(kTableKey);
  KeySet set;
  set.ref = 2;
  set.parameters.key = crypto::SecretBytes(Bytes(16, 0x11));
  set.parameters.opc = crypto::SecretBytes(Bytes(16, 0x22));
  out.key_sets.push_back(std::move(set));
  out.identities[1].key_set = 2;
  return out;
}

TableResult<Applied> receive(const Config& config, const std::string& hex, const Origin& origin = kSecured) {
  return apply_table(config, from_hex(hex).value(), origin, {.eid = kEid, .plmn = kHome});
}

TableStatus refused(const Config& config, const std::string& hex, const Origin& origin = kSecured) {
  const auto applied = receive(config, hex, origin);
  REQUIRE_FALSE(applied);
  return applied.error().status;
}

// The example of the documented format: identity 2 and a rule for 999-70, with its inner MAC.
const std::string kExample =
    "E13B 80040000002A 810101 A11B 800102 8109089999070000000020 820102 830102 84020004 8B0109 A209 800399F907 81020201 8E08 FE8AFD28D6F79B3E";

}  // namespace

TEST_CASE("The documented table is taken with its MAC and merges into what is there", "[multi_imsi]") {
  const auto applied = receive(base(), kExample, kOpen);
  REQUIRE(applied);
  CHECK(applied->request.version == 42);
  CHECK(applied->request.operation == Operation::patch);
  REQUIRE(applied->config.identities.size() == 3);
  const Identity* second = applied->config.find(2);
  CHECK(second->imsi_digits() == "999700000000002");
  CHECK(second->flags == (flag::local | flag::data_check));
  CHECK(second->access_classes() == 4);
  CHECK(second->label == "B");  // what the table does not name stays
  REQUIRE(applied->config.rules.size() == 1);
  CHECK(applied->config.rules[0].ids == Bytes{2, 1});
}

TEST_CASE("Any changed octet of a table with a MAC is refused", "[multi_imsi]") {
  const Config config = base();
  const Bytes whole = from_hex(kExample).value();
  for (std::size_t i = 2; i < whole.size(); ++i) {
    Bytes bent = whole;
    bent[i] ^= 0x01;
    INFO(i);
    CHECK_FALSE(apply_table(config, bent, kOpen, {.eid = kEid, .plmn = kHome}));
  }
  // And so is the whole one on another card.
  CHECK_FALSE(apply_table(config, whole, kOpen, {.eid = Bytes(16, 0x11), .plmn = kHome}));
}

TEST_CASE("A table without its MAC needs a secured packet", "[multi_imsi]") {
  const std::string plain = "E114 80040000002A 810101 A209 800399F907 81020201";
  CHECK(refused(base(), plain, kOpen) == TableStatus::bad_mac);
  CHECK(receive(base(), plain));
  Config strict = base();
  strict.policy |= policy::always_mac;
  CHECK(refused(strict, plain) == TableStatus::bad_mac);
}

TEST_CASE("An old version is told so, and so is a base that is too old", "[multi_imsi]") {
  CHECK(refused(base(), "E114 800400000029 810101 A209 800399F907 81020201") == TableStatus::old_version);
  CHECK(refused(base(), "E11A 80040000002A 810101 83040000002A A209 800399F907 81020201") == TableStatus::base_too_old);
}

TEST_CASE("Tables without sense are refused with the offending tag", "[multi_imsi]") {
  const Config config = base();
  const auto offence = [&](const std::string& hex) {
    const auto applied = receive(config, hex);
    REQUIRE_FALSE(applied);
    REQUIRE(applied.error().status == TableStatus::semantic);
    return applied.error().tag;
  };
  CHECK(offence("E114 80040000002A 810101 A209 800399F907 81020901") == 0xA2);                       // identity 9 does not exist
  CHECK(offence("E112 80040000002A 810101 A207 800399F907 8100") == 0xA2);                           // a rule for nobody
  CHECK(offence("E111 80040000002A 810101 A106 800102 830109") == 0x83);                             // key set 9
  CHECK(offence("E119 80040000002A 810101 A10E 800104 8109089999070000000020") == 0x81);             // the IMSI of identity 2
  CHECK(offence("E119 80040000002A 810101 A10E 800104 8109089A99070000000040") == 0x81);             // no digit
  CHECK(offence("E10E 80040000002A 810102 A403 800109") == 0x80);                                    // nothing to delete
  CHECK(offence("E10E 80040000002A 810102 A403 800101") == 0xA7);                                    // the default identity
  CHECK(refused(config, "E10E 80040000002A 810101 AF03 800101") == TableStatus::format);             // unknown, constructed
  CHECK(receive(config, "E117 80040000002A 810101 C10101 A209 800399F907 81020201"));                  // unknown, primitive
}

TEST_CASE("A table that cuts the branch is refused unless it insists", "[multi_imsi]") {
  // Every identity is kept away from 999-70.
  const std::string deny = "8D0399F907";
  const auto table = [&](const std::string& flags, const std::string& length) {
    std::string out = "E1" + length + "80040000002A810101" + flags;
    for (const char* id : {"01", "02", "03"}) out += std::string("A1088001") + id + deny;
    return out;
  };
  CHECK(refused(base(), table("", "27")) == TableStatus::would_cut);
  CHECK(receive(base(), table("870101", "2A")));
}

TEST_CASE("Keys come wrapped and checked, or in clear with the profile only", "[multi_imsi]") {
  const Bytes kek(16, 0x5A), key(16, 0x33), opc(16, 0x44);
  const Bytes wrapped = crypto::aes_cbc_encrypt(kek, Bytes(16, 0), concat({key, opc}));
  const crypto::Block block = crypto::aes_ecb_encrypt(key, Bytes(16, 0x01));
  asn1::TlvWriter out;
  {
    const auto table = out.open(0xE1);
    out.put(0x80, be_bytes(42, 4)).put_byte(0x81, 1);
    {
      const auto set = out.open(0xA6);
      out.put_byte(0x80, 5).put_byte(0x81, 1).put(0x82, wrapped).put(0x83, ByteView(block).first(3));
    }
    const auto identity = out.open(0xA1);
    out.put_byte(0x80, 2).put_byte(0x83, 5);
  }
  const Bytes table = out.take();
  const Config config = base();
  const auto applied = apply_table(config, table, {.kind = Origin::Kind::secured, .key_encryption = kek}, {.eid = kEid, .plmn = kHome});
  REQUIRE(applied);
  CHECK(equal(applied->config.key_set(5)->parameters.key.expose(), key));
  CHECK(equal(applied->config.key_set(5)->parameters.opc.expose(), opc));
  CHECK(applied->config.key_set(2) == nullptr);  // nobody names it any more
  const Bytes other(16, 0x5B);
  CHECK_FALSE(apply_table(config, table, {.kind = Origin::Kind::secured, .key_encryption = other}, {.eid = kEid, .plmn = kHome}));
  CHECK_FALSE(apply_table(config, table, kSecured, {.eid = kEid, .plmn = kHome}));
  KeySet clear;
  clear.ref = 2;
  clear.parameters.key = crypto::SecretBytes(key);
  clear.parameters.opc = crypto::SecretBytes(opc);
  const Bytes in_clear = asn1::tlv(0xE1, concat({"80040000002A 810101"_hex, write_key_set(clear)}));
  CHECK_FALSE(apply_table(config, in_clear, kSecured, {.eid = kEid, .plmn = kHome}));
  CHECK(apply_table(config, in_clear, {}, {.eid = kEid, .plmn = kHome}));
}

TEST_CASE("A configuration is stored as a table and read as it was", "[multi_imsi]") {
  Config config = base();
  config.identities[0].allow = {{"99E9EE"_hex}};
  config.identities[0].smsp = "9121436587"_hex;
  config.rules.push_back({.pattern = {"99F907"_hex}, .ids = {2, 1}, .flags = rule_flag::exclusive, .max_days = 90, .timers = {{Timer::escape, 300000}}});
  config.regions.push_back({.number = 3, .mccs = {0x262, 0x208}});
  config.terminals.push_back({.tac = "35555555", .modes = {0x02, 0x04}});
  config.refresh_modes = {0x02};
  config.timers[0] = 77;
  const Bytes table = write_table(config);
  const auto applied = apply_table(Config{}, table, {}, {});
  REQUIRE(applied);
  CHECK(write_table(applied->config) == table);
  CHECK(applied->config.timers[11] == 259200);
}

TEST_CASE("A table for later is checked at once and says when", "[multi_imsi]") {
  const auto applied = receive(base(), "E11A 80040000002A 810101 860469A38180 A209 800399F907 81020201");
  REQUIRE(applied);
  CHECK(applied->request.not_before == 0x69A38180);
  CHECK(applied->config.rules.size() == 1);
  CHECK(refused(base(), "E11A 80040000002A 810101 860469A38180 A209 800399F907 81020901") == TableStatus::semantic);
  // Whether it leaves the terminal without an identity is asked when its time has come, where the terminal is then.
  CHECK(receive(base(), "E12D 80040000002A 810101 860469A38180 A108 800101 8D0399F907 A108 800102 8D0399F907 A108 800103 8D0399F907"));
}

TEST_CASE("An identity is used from the day it begins to the day it ends, once the day is known", "[multi_imsi]") {
  Config config = three();
  config.identities[1].valid_from = day("2026-03-01");
  config.identities[1].valid_to = day("2026-03-31");
  const auto table = apply_table(Config{}, write_table(config), {}, {});
  REQUIRE(table);
  const auto excluded_on = [&](const std::string& today) {
    MachineBench b(table->config.clone());
    if (!today.empty()) b.clock(today);
    return candidates(b.config, b.state, {b.now, kHome, {}, b.eid})[0].excluded;
  };
  CHECK(excluded_on("") == 0);
  CHECK(excluded_on("2026-02-28") == excluded::date);
  CHECK(excluded_on("2026-03-01") == 0);
  CHECK(excluded_on("2026-03-31") == 0);
  CHECK(excluded_on("2026-04-01") == excluded::date);
  // A clock that nobody has set excludes nobody: a device without time must not lose its identities.
}

TEST_CASE("Histories follow their IMSI when identities get other numbers", "[multi_imsi]") {
  MachineBench b;
  b.online();
  b.state.of(2).quarantined_until = 99999;
  b.state.touch(3, kHome).outcome = Pair::Outcome::hard;
  Config after = three();
  after.identities[0].id = 5;
  after.identities[1].id = 1;
  after.identities.pop_back();
  migrate(b.config, after, b.state, false);
  CHECK(b.state.active == 5);
  CHECK(b.state.of(1).quarantined_until == 99999);
  CHECK(b.state.pair(3, kHome) == nullptr);
}

TEST_CASE("An identity that a table drops stays in use until another one serves", "[multi_imsi]") {
  MachineBench b;
  b.online();
  Config after = three();
  after.identities.erase(after.identities.begin());
  after.default_id = 2;
  migrate(b.config, after, b.state, false);
  b.config = std::move(after);
  CHECK(b.state.active == 0);
  CHECK(b.feed(Event::table) == 48);
  CHECK(b.expire(Timer::changed) == 32);
  CHECK(b.state.pending == 2);
}

TEST_CASE("The state is stored and read as it was, and never half", "[multi_imsi]") {
  MachineBench b;
  b.online();
  b.limited();
  b.rejected(11, kAbroad);
  b.state.tac = "35555555";
  const Bytes stored = b.state.encode();
  const auto read = State::decode(stored);
  REQUIRE(read);
  CHECK(read->encode() == stored);
  for (std::size_t n = 0; n < stored.size(); ++n) CHECK_FALSE(State::decode(ByteView(stored).first(n)));
}

TEST_CASE("The state of a card of the first format is read, and what that format did not know is empty", "[multi_imsi]") {
  std::ifstream in(source_dir() + "/vectors/multi_imsi/state-v1.hex");
  REQUIRE(in);
  std::stringstream text;
  text << in.rdbuf();
  const auto state = State::decode(from_hex(text.str()).value());
  REQUIRE(state);
  CHECK(state->active == 2);
  CHECK(state->mode == Mode::pinned);
  CHECK(state->hard(1, kHome, 3200));
  CHECK(state->find(1)->fplmn == "99F907FFFFFF"_hex);
  CHECK(state->find(1)->places.empty());
  CHECK(state->ring.size() == 1);
  CHECK(state->writes == 12);
  CHECK(state->later_at == 0);
  CHECK(State::decode(state->encode())->encode() == state->encode());
}

TEST_CASE("The log's record has its 36 octets and a text that answers why", "[multi_imsi]") {
  MachineBench b;
  b.boot();
  b.limited(kHome);
  b.rejected(11, kHome);
  b.expire(Timer::limited);
  REQUIRE(b.decisions.size() == 1);
  const LogRecord& record = b.decisions[0];
  CHECK(record.encode().size() == LogRecord::kSize);
  CHECK(LogRecord::decode(record.encode())->text(b.config) == record.text(b.config));
  CHECK(record.text(b.config) == "#1 +0d00:18 A->B because limited; last #11 at 999-70 E-UTRAN; no rule; B=40 C=0; excluded by pair; not committed");
}
