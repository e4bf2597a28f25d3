// What a name server sends to the card, and names: octet 0 is how many octets of a name follow, the rest is the answer.
#include <cstdlib>
#include <memory>

#include "ipae/bip/connectivity.h"
#include "ipae/bip/dns.h"

using namespace simurgh;
using namespace simurgh::ipae;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::size_t length = std::min<std::size_t>(data[0], size - 1);
  const std::string name(data + 1, data + 1 + length);
  // An exact copy on the heap, so that reading behind it is seen.
  const std::size_t rest = size - 1 - length;
  const auto copy = std::make_unique<std::uint8_t[]>(rest);
  std::copy(data + 1 + length, data + size, copy.get());
  const ByteView message(copy.get(), rest);

  const auto query = dns::encode_query(rest >= 2 ? static_cast<std::uint16_t>(be_value(message.first(2))) : std::uint16_t{0}, name, dns::RecordType::a);
  if (query) {
    if (query->size() > 12 + 255 + 4) std::abort();
    if (const auto answer = dns::read_answer(*query, message)) {
      if (answer->addresses.empty() || answer->addresses.size() > 8) std::abort();
      for (const Bytes& address : answer->addresses) {
        if (address.size() != 4) std::abort();
      }
      if (answer->ttl.count() < 0) std::abort();
    }
  }
  if (const auto address = dns::parse_address(name)) {
    if (address->size() != 4 && address->size() != 16) std::abort();
    // What is an address reads back from its own text.
    if (dns::parse_address(dns::address_text(*address)) != address) std::abort();
  }
  if (const auto how = read_connectivity(message)) {
    if (how->apn.size() > 100 || how->bearer.empty()) std::abort();
  }
  return 0;
}
