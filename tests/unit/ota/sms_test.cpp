#include "euicc/ota/sms.h"

#include "asn1/tlv.h"
#include "euicc/ota/por_by_message.h"
#include "euicc/ota/response_packet.h"
#include "tests/unit/ota/test_keys.h"
#include "tools/ota/messages.h"
#include "tools/ota/proof.h"

using namespace simurgh;
using namespace simurgh::test;

namespace {

// First octet, address, PID, DCS, time, length and user data.
Bytes deliver(const char* first, const char* address, const char* pid_dcs, ByteView user_data) {
  Bytes out = concat({from_hex(first).value(), from_hex(address).value(), from_hex(pid_dcs).value(), "62401121436500"_hex});
  out.push_back(static_cast<std::uint8_t>(user_data.size()));
  append(out, user_data);
  return out;
}

ota::DataDownload part(std::uint8_t reference, std::uint8_t total, std::uint8_t number, ByteView data, const char* address = "048121F3") {
  ota::DataDownload out;
  out.message.originator = from_hex(address).value();
  out.message.part = ota::Part{.reference = reference, .total = total, .number = number, .wide_reference = false};
  out.message.command_packet = number == 1;
  out.message.data = to_bytes(data);
  return out;
}

}  // namespace

TEST_CASE("SMS-DELIVER with addresses of every form", "[ota]") {
  const Bytes body = "0270000102"_hex;
  for (const char* address :
       {"00 91", "01 81 F1", "04 81 2143", "05 91 2143F5", "0C 91 947121436587", "0B D0 C8329BFD0E01", "14 91 10325476981032547698"}) {
    INFO(address);
    const auto message = ota::parse_deliver(deliver("44", address, "7FF6", body));
    REQUIRE(message);
    CHECK(to_hex(message->originator) == to_hex(from_hex(address).value()));
    CHECK(message->command_packet);
    CHECK(to_hex(message->data) == "0102");
    CHECK(message->for_the_card());
  }
  CHECK_FALSE(ota::parse_deliver(deliver("44", "15 91 1032547698103254769810", "7FF6", body)));  // more than twenty digits
  CHECK_FALSE(ota::parse_deliver(deliver("41", "0481 2143", "7FF6", body)));                     // a submit
}

TEST_CASE("User data headers: known elements are read, others skipped, broken ones refused", "[ota]") {
  const auto parse = [](const char* user_data) {
    return ota::parse_deliver(deliver("44", "04812143", "7FF6", from_hex(user_data).value()));
  };
  CHECK(parse("027000AA")->command_packet);
  CHECK_FALSE(parse("027100AA")->command_packet);
  const auto first = parse("07 0003 2A 03 01 7000 AA");
  REQUIRE(first->part);
  CHECK(first->command_packet);
  CHECK(first->part->reference == 0x2A);
  CHECK(first->part->total == 3);
  CHECK(first->part->number == 1);
  const auto wide = parse("0D 0804 0102 02 02 2403 010203 7000 AA00");  // national language element between
  REQUIRE(wide);
  CHECK(wide->part->reference == 0x0102);
  CHECK(wide->part->wide_reference);
  CHECK(wide->command_packet);
  CHECK(to_hex(wide->data) == "AA00");
  for (const char* ignored : {"050003 2A 00 01", "050003 2A 02 03", "050003 2A 02 00", "0400022A02"}) {
    INFO(ignored);
    const auto message = parse(ignored);
    REQUIRE(message);
    CHECK_FALSE(message->part);
  }
  for (const char* broken : {"", "05", "037000", "0370 05 00", "0170"}) {
    INFO(broken);
    CHECK_FALSE(parse(broken));
  }
  CHECK(to_hex(ota::parse_deliver(deliver("04", "04812143", "7FF6", "0102"_hex))->data) == "0102");
}

TEST_CASE("Only PID 7F and class 2 are for the card", "[ota]") {
  const auto for_the_card = [](const char* pid_dcs) {
    const auto message = ota::parse_deliver(deliver("04", "04812143", pid_dcs, Bytes(8)));
    return message && message->for_the_card();
  };
  CHECK(for_the_card("7FF6"));
  CHECK(for_the_card("7F16"));
  CHECK_FALSE(for_the_card("00F6"));
  CHECK_FALSE(for_the_card("7FF5"));
  CHECK_FALSE(for_the_card("7FF7"));
  CHECK_FALSE(for_the_card("7F04"));
  CHECK_FALSE(for_the_card("7FC2"));
}

TEST_CASE("Length of user data counts septets in text of seven bits", "[ota]") {
  Bytes tpdu = deliver("04", "04812143", "00F2", Bytes(7, 0x55));
  tpdu[14] = 8;
  CHECK(ota::parse_deliver(tpdu));
  tpdu[14] = 9;
  CHECK_FALSE(ota::parse_deliver(tpdu));
}

TEST_CASE("A D1 envelope needs device identities and a TPDU", "[ota]") {
  const Bytes tpdu = deliver("44", "04812143", "7FF6", "02700001"_hex);
  const auto parse = [&](const char* before) {
    return ota::parse_data_download(concat({from_hex(before).value(), asn1::tlv(0x8B, tpdu)}));
  };
  const auto whole = parse("82028381 0604 91214365");
  REQUIRE(whole);
  CHECK(to_hex(whole->service_centre) == "91214365");
  CHECK(parse("02028381"));
  CHECK(parse("02028381 3F0100"));  // an object of a later edition
  for (const char* bad : {"", "82028281", "820183", "8205"}) {
    INFO(bad);
    const auto answer = parse(bad);
    REQUIRE_FALSE(answer);
    CHECK(answer.error().sw == apdu::Sw::incorrect_data);
  }
  CHECK_FALSE(ota::parse_data_download("82028381"_hex));
}

TEST_CASE("Parts arrive in any order, twice, and of several messages at once", "[ota]") {
  ota::Reassembly inbox;
  CHECK_FALSE(inbox.add(part(1, 3, 3, "CC"_hex)));
  CHECK_FALSE(inbox.add(part(2, 2, 1, "11"_hex)));
  CHECK_FALSE(inbox.add(part(1, 3, 3, "CC"_hex)));
  CHECK_FALSE(inbox.add(part(1, 3, 1, "AA"_hex)));
  CHECK_FALSE(inbox.add(part(1, 3, 1, "00"_hex, "048121F4")));  // somebody else
  const auto second = inbox.add(part(2, 2, 2, "22"_hex));
  REQUIRE(second);
  CHECK(to_hex(second->data) == "1122");
  const auto first = inbox.add(part(1, 3, 2, "BB"_hex));
  REQUIRE(first);
  CHECK(to_hex(first->data) == "AABBCC");
  CHECK(first->command_packet);
}

TEST_CASE("A part that contradicts an earlier one starts its message anew", "[ota]") {
  ota::Reassembly inbox;
  CHECK_FALSE(inbox.add(part(1, 2, 1, "AA"_hex)));
  CHECK_FALSE(inbox.add(part(1, 2, 1, "BB"_hex)));
  const auto whole = inbox.add(part(1, 2, 2, "CC"_hex));
  REQUIRE(whole);
  CHECK(to_hex(whole->data) == "BBCC");
  CHECK_FALSE(inbox.add(part(1, 2, 1, "AA"_hex)));
  CHECK_FALSE(inbox.add(part(1, 3, 2, "BB"_hex)));
  CHECK_FALSE(inbox.add(part(1, 3, 3, "CC"_hex)));
}

TEST_CASE("The oldest incomplete message goes when too many are open", "[ota]") {
  ota::Reassembly inbox;
  for (std::uint8_t reference = 0; reference <= ota::Reassembly::kInFlight; ++reference)
    CHECK_FALSE(inbox.add(part(reference, 2, 1, "AA"_hex)));
  CHECK_FALSE(inbox.add(part(0, 2, 2, "BB"_hex)));
  CHECK(inbox.add(part(3, 2, 2, "BB"_hex)));
}

TEST_CASE("A long packet becomes parts that the card puts together", "[ota]") {
  for (const std::size_t size : {10U, 137U, 138U, 139U, 400U, 2000U}) {
    Bytes packet(size);
    for (std::size_t i = 0; i < size; ++i) packet[i] = static_cast<std::uint8_t>(i * 7);
    const auto tpdus = ota_sender::deliver_tpdus(packet, {});
    CHECK((tpdus.size() == 1) == (size <= 137));
    ota::Reassembly inbox;
    std::optional<ota::Message> message;
    for (const Bytes& tpdu : tpdus) {
      REQUIRE_FALSE(message);
      const Bytes command = ota_sender::envelope(tpdu, {.originator = "+4912345678", .service_centre = "+491720000000", .reference = 1});
      const auto content = asn1::read_only(ByteView(command).subspan(5), 0xD1);
      REQUIRE(content);
      auto download = ota::parse_data_download(content->value);
      REQUIRE(download);
      CHECK(download->message.for_the_card());
      message = inbox.add(*std::move(download));
    }
    REQUIRE(message);
    CHECK(message->command_packet);
    CHECK(message->data == packet);
  }
}

TEST_CASE("A proof in messages of its own goes to the originator in one part or several", "[ota]") {
  const Bytes destination = "0A91 2143658709"_hex;
  for (const std::size_t size : {1U, 124U, 125U, 300U}) {
    const Bytes response = ota::build_response({.tar = kTar, .counter = 1, .status = ota::Status::ok, .data = Bytes(size, 0x5A)}, {});
    const auto tpdus = ota::submit_tpdus(destination, response, 9);
    CHECK((tpdus.size() == 1) == (response.size() <= 140));
    for (const Bytes& tpdu : tpdus) {
      CHECK(tpdu[0] == 0x41);
      CHECK(equal(ByteView(tpdu).subspan(2, destination.size()), destination));
      CHECK(tpdu.size() <= 4 + destination.size() + 1 + 140);
    }
    CHECK(ota_sender::response_of_submits(tpdus) == response);
  }
}
