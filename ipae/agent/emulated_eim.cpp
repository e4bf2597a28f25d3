#include "ipae/agent/emulated_eim.h"

#include <algorithm>
#include <map>

#include "euicc/crypto/x509.h"
#include "ipae/agent/emulated_codes.h"

namespace simurgh::ipae::emulated {

using asn1::TlvReader;

constexpr std::uint32_t kLastMember = 10;  // of v1.3

std::optional<crypto::EcPublicKey> key_of(const es10b::EimEntry& entry) {
  if (entry.public_key_is_certificate) {
    const auto certificate = crypto::parse_certificate(entry.public_key);
    return certificate ? certificate->key : std::nullopt;
  }
  return crypto::public_key_from_info(content_of(entry.public_key, 0x30));
}

std::optional<unsigned> problem_of(const es10b::EimEntry& entry) {
  if (entry.token && *entry.token != -1) return 5;
  if (!entry.counter || entry.public_key.empty()) return 7;
  if (*entry.counter > kMostCounter) return 6;
  if (!key_of(entry)) return 7;
  return std::nullopt;
}

Bytes without(ByteView members, std::initializer_list<std::uint32_t> tags) {
  Bytes out;
  TlvReader in(members);
  while (!in.at_end()) {
    const auto element = in.next();
    if (!element) break;
    if (std::find(tags.begin(), tags.end(), element->tag) == tags.end()) append(out, element->raw);
  }
  return out;
}

// Members that nobody knows are left out: they would stand in the place of one that everybody knows.
Bytes merged(ByteView members, ByteView update) {
  std::map<std::uint32_t, Bytes> rows;
  for (const ByteView source : {members, update}) {
    TlvReader in(source);
    while (!in.at_end()) {
      const auto element = in.next();
      if (!element) break;
      const std::uint32_t number = element->tag & 0x1F;
      const bool member = (element->tag & ~0x3FU) == 0x80 && number <= kLastMember;
      if (member) rows[number] = to_bytes(element->raw);
    }
  }
  Bytes out;
  for (const auto& [tag, raw] : rows) append(out, raw);
  return out;
}

}  // namespace simurgh::ipae::emulated
