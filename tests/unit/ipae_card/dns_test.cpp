#include "ipae/bip/dns.h"

#include <catch2/catch.hpp>

#include "tests/support/paths.h"
#include "tests/support/vector_file.h"

using namespace simurgh;
using namespace simurgh::ipae;

namespace {

std::string outcome(ByteView query, ByteView message) {
  static constexpr const char* kNames[] = {"not_ours", "malformed", "no_such_name", "no_address", "refused", "truncated"};
  const auto answer = dns::read_answer(query, message);
  if (!answer) return kNames[static_cast<int>(answer.error())];
  std::string out;
  for (const Bytes& address : answer->addresses) out += to_hex(address) + " ";
  return out + "ttl " + std::to_string(answer->ttl.count());
}

dns::RecordType type_of(const std::string& text) { return text == "AAAA" ? dns::RecordType::aaaa : dns::RecordType::a; }

}  // namespace

TEST_CASE("Questions are what another implementation asks, and its answers are understood", "[dns]") {
  const auto cases = test::load_vectors(test::source_dir() + "/vectors/dns/answers.txt");
  REQUIRE(cases.size() >= 10);
  for (const auto& one : cases) {
    INFO(one.where());
    const Bytes query = one.hex("query");
    const auto own = dns::encode_query(static_cast<std::uint16_t>(be_value(ByteView(query).first(2))), one.text("name"), type_of(one.text("type")));
    REQUIRE(own);
    CHECK(to_hex(*own) == to_hex(query));
    CHECK(outcome(query, one.hex("answer")) == one.text("expect"));
    // Cut anywhere it is never believed.
    const Bytes answer = one.hex("answer");
    for (std::size_t size = 0; size < answer.size(); ++size) {
      const auto cut = dns::read_answer(query, ByteView(answer).first(size));
      if (cut) FAIL_CHECK("an answer cut after " << size << " octets was believed");
    }
  }
}

TEST_CASE("An answer to another question or transaction is not ours", "[dns]") {
  const Bytes query = *dns::encode_query(0x1234, "eim.example.com", dns::RecordType::a);
  const auto cases = test::load_vectors(test::source_dir() + "/vectors/dns/answers.txt");
  const Bytes good = cases.front().hex("answer");
  REQUIRE(outcome(query, good).starts_with("C000020A"));
  const auto changed = [&](std::size_t at, std::uint8_t value) {
    Bytes out = good;
    out[at] = value;
    return outcome(query, out);
  };
  CHECK(changed(1, 0x35) == "not_ours");           // identifier
  CHECK(changed(2, 0x01) == "not_ours");           // a question
  CHECK(changed(2, 0xA9) == "not_ours");           // another opcode
  CHECK(changed(5, 0x02) == "not_ours");           // two questions
  CHECK(changed(13, 'x') == "not_ours");           // another name
  CHECK(outcome(query, query) == "not_ours");
}

TEST_CASE("Pointers in names that loop or go forward are refused", "[dns]") {
  const Bytes query = *dns::encode_query(0x0001, "a.b", dns::RecordType::a);
  Bytes head = query;
  head[2] = 0x81;
  head[3] = 0x80;
  head[7] = 1;
  const auto with = [&](const std::string& record) { return outcome(query, concat({head, *from_hex(record)})); };
  // The owner at octet 21: itself, one behind itself, the question's name.
  REQUIRE(head.size() == 21);
  CHECK(with("C015" "00010001" "0000000A" "0004" "C0000201") == "malformed");
  CHECK(with("C020" "00010001" "0000000A" "0004" "C0000201") == "malformed");
  CHECK(with("C00C" "00010001" "0000000A" "0004" "C0000201") == "C0000201 ttl 10");
  CHECK(with("C00C" "00010001" "0000000A" "0003" "C00002") == "malformed");
  CHECK(with("C00C" "00010001" "FFFFFFFF" "0004" "C0000201") == "C0000201 ttl 0");
  CHECK(with("C00C" "00050001" "0000000A" "0002" "C00C") == "no_address");
}

TEST_CASE("Names that cannot be asked for are refused", "[dns]") {
  for (const std::string& name : {std::string(), std::string("."), std::string("a..b"), std::string(".a"), std::string(64, 'a') + ".com", std::string(260, 'a')}) {
    INFO(name);
    CHECK_FALSE(dns::encode_query(1, name, dns::RecordType::a));
  }
  CHECK(dns::encode_query(1, "a.", dns::RecordType::a) == dns::encode_query(1, "a", dns::RecordType::a));
}

TEST_CASE("Addresses are told from names", "[dns]") {
  const auto read = [](std::string_view text) {
    const auto address = dns::parse_address(text);
    return address ? to_hex(*address) : std::string("name");
  };
  CHECK(read("192.0.2.1") == "C0000201");
  CHECK(read("::1") == "00000000000000000000000000000001");
  CHECK(read("2001:db8::a:1") == "20010DB80000000000000000000A0001");
  CHECK(read("1:2:3:4:5:6:7:8") == "00010002000300040005000600070008");
  CHECK(read("::ffff:192.0.2.1") == "00000000000000000000FFFFC0000201");
  CHECK(read("::") == std::string(32, '0'));
  for (const char* text : {"", "eim.example.com", "192.0.2", "192.0.2.1.5", "192.0.2.256", "192.0..1", "1::2::3", "1:2", "12345::", "1:2:3:4:5:6:7:8:9", ":1", "1:", "g::1"}) {
    INFO(text);
    CHECK(read(text) == "name");
  }
}

TEST_CASE("The cache lives as long as its answers, and holds a few", "[dns]") {
  using std::chrono::seconds;
  dns::Cache cache;
  cache.put("a", {.addresses = {{1, 2, 3, 4}}, .ttl = seconds(60)}, seconds(100));
  CHECK(cache.find("a", seconds(159)).size() == 1);
  CHECK(cache.find("a", seconds(160)).empty());
  CHECK(cache.find("b", seconds(0)).empty());
  cache.put("zero", {.addresses = {{1, 2, 3, 4}}, .ttl = seconds(0)}, seconds(0));
  CHECK(cache.find("zero", seconds(0)).empty());
  for (int i = 0; i < 9; ++i) cache.put("n" + std::to_string(i), {.addresses = {{1, 2, 3, 4}}, .ttl = seconds(60)}, seconds(0));
  CHECK(cache.find("n0", seconds(0)).empty());
  CHECK(cache.find("n8", seconds(0)).size() == 1);
  cache.flush();
  CHECK(cache.find("n8", seconds(0)).empty());
}
