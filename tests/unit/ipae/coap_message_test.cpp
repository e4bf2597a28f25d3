#include "ipae/coap/message.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <stdexcept>

#include "euicc/crypto/rng.h"

using namespace simurgh;
using namespace simurgh::ipae::coap;
using namespace simurgh::literals;

TEST_CASE("The examples of RFC 7252 appendix A have their octets", "[coap]") {
  // Figure 16: GET /temperature, and its answer 2.05 with "22.3 C".
  Message get{
      .type = Type::confirmable, .code = code(0, 1), .id = 0x7D34, .options = {{option::kUriPath, to_bytes(text_view("temperature"))}}};
  CHECK(encode(get) == "40 01 7D 34 BB 74 65 6D 70 65 72 61 74 75 72 65"_hex);
  Message answer{.type = Type::acknowledgement, .code = kContent, .id = 0x7D34, .payload = to_bytes(text_view("22.3 C"))};
  CHECK(encode(answer) == "60 45 7D 34 FF 32 32 2E 33 20 43"_hex);
  // Figure 17: the same with token 20.
  get.token = {0x20};
  get.id = 0x7D35;
  CHECK(encode(get) == "41 01 7D 35 20 BB 74 65 6D 70 65 72 61 74 75 72 65"_hex);
  for (const Message& message : {get, answer}) {
    const auto read = decode(encode(message));
    REQUIRE(read);
    CHECK(*read == message);
  }
}

TEST_CASE("Long numbers and lengths of options are coded in one, two and three octets", "[coap]") {
  Message message{.code = kPost, .id = 1};
  for (const std::size_t size : {0U, 12U, 13U, 268U, 269U, 1000U})
    message.options.push_back({static_cast<std::uint16_t>(size * 10), Bytes(size, 0x55)});
  message.options.push_back({option::kRequestTag, {1, 2}});
  message.options.push_back({65535, {}});
  const auto read = decode(encode(message));
  REQUIRE(read);
  CHECK(read->options.size() == message.options.size());
  for (const Option& one : message.options) {
    REQUIRE(read->find(one.number) != nullptr);
    CHECK(*read->find(one.number) == one.value);
  }
  CHECK(std::ranges::is_sorted(read->options, {}, &Option::number));
  // 13 and 269 need their extensions: delta 13 + 0, length 13 + 0.
  CHECK(encode({.code = kPost, .options = {{13, Bytes(13, 0xAA)}}}) == concat({"40 02 00 00 DD 00 00"_hex, Bytes(13, 0xAA)}));
  CHECK(encode({.code = kPost, .options = {{269, {}}}}) == "40 02 00 00 E0 00 00"_hex);
}

TEST_CASE("Repeated options keep their order", "[coap]") {
  Message message{.code = kPost, .options = {{option::kContentFormat, {42}}, {option::kUriPath, {'a'}}, {option::kUriPath, {'b'}}}};
  const auto read = decode(encode(message));
  REQUIRE(read);
  CHECK(read->options == std::vector<Option>{{option::kUriPath, {'a'}}, {option::kUriPath, {'b'}}, {option::kContentFormat, {42}}});
}

TEST_CASE("A datagram that is no CoAP message is refused with a reason", "[coap]") {
  const std::pair<Bytes, const char*> cases[] = {
      {""_hex, "shorter than a header"},
      {"40 01 7D"_hex, "shorter than a header"},
      {"00 01 7D 34"_hex, "not version 1"},
      {"80 01 7D 34"_hex, "not version 1"},
      {"49 01 7D 34 01 02 03 04 05 06 07 08 09"_hex, "a token of more than 8 octets"},
      {"42 01 7D 34 01"_hex, "ends in its token"},
      {"40 00 7D 34 FF 01"_hex, "an empty message with content"},
      {"41 00 7D 34 01"_hex, "an empty message with content"},
      {"40 01 7D 34 FF"_hex, "a payload marker without payload"},
      {"40 01 7D 34 F1 01"_hex, "a broken option header"},
      {"40 01 7D 34 1F 01"_hex, "a broken option header"},
      {"40 01 7D 34 D0"_hex, "a broken option header"},
      {"40 01 7D 34 0E 01"_hex, "a broken option header"},
      {"40 01 7D 34 B2 61"_hex, "ends in an option"},
      {"40 01 7D 34 E0 FF FF"_hex, "an option number above 65535"},
      {"40 01 7D 34 E0 FE F2 10"_hex, "an option number above 65535"},
  };
  for (const auto& [octets, reason] : cases) {
    INFO(to_hex(octets));
    const auto read = decode(octets);
    REQUIRE_FALSE(read);
    CHECK(read.error() == reason);
  }
}

TEST_CASE("Every cut of a message is refused or reads as a shorter message", "[coap]") {
  const Bytes whole = encode({.code = kPost,
                              .id = 7,
                              .token = {1, 2, 3, 4},
                              .options = {{option::kUriPath, to_bytes(text_view("gsma"))}, {option::kSize1, {1, 0}}}});
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto read = decode(ByteView(whole).first(size));
    if (read) CHECK(encode(*read) == to_bytes(ByteView(whole).first(size)));
  }
}

TEST_CASE("Messages of any content survive the datagram", "[coap]") {
  const auto rng = crypto::seeded_rng(252);
  for (int round = 0; round < 500; ++round) {
    const Bytes dice = rng->bytes(8);
    Message message{.type = static_cast<Type>(dice[0] & 3),
                    .code = static_cast<std::uint8_t>(dice[1] | 1),
                    .id = static_cast<std::uint16_t>(be_value(ByteView(dice).subspan(2, 2))),
                    .token = rng->bytes(dice[4] % 9)};
    std::uint16_t number = 0;
    for (unsigned i = 0; i < dice[5] % 6U; ++i) {
      const Bytes more = rng->bytes(3);
      number = static_cast<std::uint16_t>(number + be_value(ByteView(more).first(2)) % 700);
      message.options.push_back({number, rng->bytes(more[2] * 2U)});
    }
    message.payload = rng->bytes(dice[6]);
    const auto read = decode(encode(message));
    REQUIRE(read);
    REQUIRE(*read == message);
  }
}

TEST_CASE("Block options carry number, more and size in zero to three octets", "[coap]") {
  CHECK(encode_block({0, false, 0}).empty());
  CHECK(encode_block({0, true, 6}) == "0E"_hex);
  CHECK(encode_block({1, false, 2}) == "12"_hex);
  CHECK(encode_block({16, true, 6}) == "01 0E"_hex);
  CHECK(encode_block({kLastBlock, false, 6}) == "FF FF F6"_hex);
  for (const Block& block : {Block{0, false, 0}, Block{15, true, 3}, Block{4096, false, 6}, Block{kLastBlock, true, 5}})
    CHECK(decode_block(encode_block(block)) == block);
  CHECK_FALSE(decode_block("07"_hex));           // reserved size
  CHECK_FALSE(decode_block("00 00 00 06"_hex));  // too long
  CHECK(decode_block("00 06"_hex) == Block{0, false, 6});
  CHECK_THROWS_AS(encode_block({kLastBlock + 1, false, 6}), std::length_error);
}

TEST_CASE("Codes are named as people write them", "[coap]") {
  CHECK(code_text(kChanged) == "2.04 Changed");
  CHECK(code_text(kTooLarge) == "4.13 Request Entity Too Large");
  CHECK(code_text(code(5, 31)) == "5.31");
  CHECK(code_text(kEmpty) == "0.00");
}
