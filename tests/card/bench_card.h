// A powered card over a store that can fail, with an LPA at it.
#pragma once

#include <catch2/catch.hpp>

#include "asn1/tlv.h"
#include "tests/support/faulty_store.h"
#include "tools/bench/desk.h"

namespace simurgh::test {

inline constexpr const char* kIccid1 = "8988211000000000011";
inline constexpr const char* kIccid2 = "8988211000000000029";

struct BenchCard {
  explicit BenchCard(bench::Desk& desk, const ecasd::Capabilities& capabilities = {}, bool brainpool_first = false,
                     const card::Applets* applets = nullptr)
      : store(desk.new_card(capabilities, brainpool_first)), card(store, desk.rng(), nullptr, nullptr, applets), lpa(card) {
    card.power_on();
  }
  FaultyStore store;
  card::Card card;
  bench::Lpa lpa;

  // "BF3103800100": the whole response DO in hexadecimal.
  std::string es10(const std::string& hex) { return to_hex(lpa.es10(from_hex(hex).value())); }
  // Response with its status word, 61xx followed.
  std::string apdu(const std::string& hex) {
    const Bytes data = lpa.transmit(from_hex(hex).value());
    return to_hex(data) + to_hex(be_bytes(lpa.last_status(), 2));
  }
  // Without following: what crosses the link.
  std::string raw(const std::string& hex) { return to_hex(card.transmit(from_hex(hex).value())); }
};

inline std::string iccid_do(const std::string& digits) { return "5A0A" + to_hex(smdp::iccid_octets(digits)); }
inline std::string enable(const std::string& digits, bool refresh = false) { return "BF3111A00C" + iccid_do(digits) + "8101" + (refresh ? "FF" : "00"); }
inline std::string disable(const std::string& digits, bool refresh = false) { return "BF3211A00C" + iccid_do(digits) + "8101" + (refresh ? "FF" : "00"); }
inline std::string delete_profile(const std::string& digits) { return "BF330C" + iccid_do(digits); }

// Metadata elements for Desk::order.
inline Bytes notify_all() {
  asn1::TlvWriter out;
  {
    const auto list = out.open(0xB6);
    for (unsigned bit = 0; bit < 4; ++bit) {
      const auto entry = out.open(0x30);
      out.put_bits(0x80, std::uint64_t{1} << bit).put_text(0x81, "smdp.example.com");
    }
  }
  return out.take();
}

// Sequence numbers and events of the stored notifications: "1:80 2:40".
inline std::string notifications(BenchCard& bench) {
  const Bytes list = bench.lpa.es10(from_hex("BF2800").value());
  const auto outer = asn1::read_only(list, 0xBF28);
  REQUIRE(outer);
  const auto all = asn1::read_only(outer->value, 0xA0);
  REQUIRE(all);
  std::string out;
  asn1::TlvReader in(all->value);
  while (!in.at_end()) {
    const auto entry = in.next();
    REQUIRE(entry);
    const auto number = asn1::find_child(entry->value, 0x80);
    const auto events = asn1::find_child(entry->value, 0x81);
    REQUIRE(number);
    REQUIRE(events);
    out += (out.empty() ? "" : " ") + std::to_string(asn1::unsigned_value(*number).value()) + ":" + to_hex(events->value.subspan(1));
  }
  return out;
}

}  // namespace simurgh::test
