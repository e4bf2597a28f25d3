// Object identifiers between dots and DER content (X.690 8.19).
#include <limits>

#include "euicc/crypto/x509.h"
#include "euicc/crypto/x509_der.h"

namespace simurgh::crypto {
namespace {

std::optional<std::uint64_t> read_arc(std::string_view text) {
  if (text.empty() || (text.size() > 1 && text[0] == '0')) return std::nullopt;
  // Room for the first two arcs' sum of up to 80 + arc.
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max() - 80;
  std::uint64_t out = 0;
  for (const char digit : text) {
    if (digit < '0' || digit > '9') return std::nullopt;
    const auto value = static_cast<std::uint64_t>(digit - '0');
    if (out > (kMost - value) / 10) return std::nullopt;
    out = out * 10 + value;
  }
  return out;
}

void put_arc(Bytes& out, std::uint64_t arc) {
  int septets = 1;
  while (septets < 10 && arc >> (7 * septets) != 0) ++septets;
  while (septets-- > 0) out.push_back(static_cast<std::uint8_t>((arc >> (7 * septets) & 0x7F) | (septets > 0 ? 0x80 : 0)));
}

}  // namespace

std::optional<Bytes> oid_content(std::string_view dotted) {
  Bytes out;
  std::uint64_t first = 0;
  for (std::size_t index = 0;; ++index) {
    const std::size_t dot = dotted.find('.');
    const auto arc = read_arc(dotted.substr(0, dot));
    if (!arc) return std::nullopt;
    if (index == 0) {
      if (*arc > 2) return std::nullopt;
      first = *arc;
    } else if (index == 1) {
      if (first < 2 && *arc > 39) return std::nullopt;
      put_arc(out, first * 40 + *arc);
    } else {
      put_arc(out, *arc);
    }
    if (dot == std::string_view::npos) break;
    dotted.remove_prefix(dot + 1);
  }
  if (out.empty()) return std::nullopt;  // a single arc has no encoding
  return out;
}

std::string oid_text(ByteView content) {
  if (!der::valid_oid(content)) return {};
  std::string out;
  std::uint64_t arc = 0;
  for (const std::uint8_t octet : content) {
    if (arc >> 57 != 0) return {};
    arc = arc << 7 | (octet & 0x7FU);
    if ((octet & 0x80) != 0) continue;
    if (out.empty()) {
      const std::uint64_t first = arc < 80 ? arc / 40 : 2;
      out = std::to_string(first) + "." + std::to_string(arc - first * 40);
    } else {
      out += "." + std::to_string(arc);
    }
    arc = 0;
  }
  return out;
}

Bytes role_oid(Role role) {
  Bytes out = to_bytes(text_view(der::kRspRole));
  out.push_back(static_cast<std::uint8_t>(role));
  return out;
}

}  // namespace simurgh::crypto
