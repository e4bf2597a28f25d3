// Names to addresses: the DNS messages (RFC 1035, RFC 3596) a card needs, one question in, one answer out. What comes from a resolver is hostile:
// the reader is bounded by the message, follows no pointer forward, and believes nothing that does not belong to its own question.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "asn1/bytes.h"

namespace simurgh::ipae::dns {

enum class RecordType : std::uint16_t { a = 1, aaaa = 28 };

// Nothing when the name cannot be asked for: labels of 1 to 63 octets, 253 characters in all. A final dot is allowed.
[[nodiscard]] std::optional<Bytes> encode_query(std::uint16_t id, std::string_view name, RecordType type);

enum class Failure : std::uint8_t {
  not_ours,      // another transaction or another question: go on waiting
  malformed,
  no_such_name,  // NXDOMAIN
  no_address,    // the name exists and has no record of this type
  refused,       // any other response code
  truncated,     // TC: the answer does not fit into a datagram
};
[[nodiscard]] const char* words(Failure failure) noexcept;

struct Answer {
  std::vector<Bytes> addresses;  // 4 or 16 octets each, in the order of the answer, 8 at most
  std::chrono::seconds ttl{0};   // the shortest on the way from the name to the addresses
};
// `query` is what encode_query gave. Aliases (CNAME) are followed within the message.
[[nodiscard]] std::expected<Answer, Failure> read_answer(ByteView query, ByteView message);

// "192.0.2.1", "2001:db8::1" (without brackets): 4 or 16 octets. Nothing when the text is a name.
[[nodiscard]] std::optional<Bytes> parse_address(std::string_view text);
[[nodiscard]] std::string address_text(ByteView address);

// Answers by name, for as long as they live. Time is whatever the caller counts.
class Cache {
 public:
  static constexpr std::size_t kEntries = 8;
  static constexpr std::chrono::seconds kLongest{86400};

  void put(const std::string& name, const Answer& answer, std::chrono::seconds now);
  // Empty: not known, or no longer.
  [[nodiscard]] std::vector<Bytes> find(const std::string& name, std::chrono::seconds now) const;
  void forget(const std::string& name);
  void flush() noexcept { entries_.clear(); }

 private:
  struct Entry {
    std::string name;
    std::vector<Bytes> addresses;
    std::chrono::seconds until{0};
  };
  std::vector<Entry> entries_;  // oldest first
};

}  // namespace simurgh::ipae::dns
