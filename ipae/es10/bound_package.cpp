#include "ipae/es10/bound_package.h"

namespace simurgh::ipae {
namespace {

constexpr std::size_t kMac = 8;  // octets of MAC at the end of a protected TLV (SGP.22 v2.5 2.6.4)

// Tag and length of the sequence, then each element of it.
asn1::Parsed<std::size_t> cut_sequence(const asn1::Tlv& sequence, std::vector<ByteView>& out) {
  out.push_back(sequence.raw.first(sequence.raw.size() - sequence.value.size()));
  asn1::TlvReader in(sequence.value);
  while (!in.at_end()) {
    const auto element = in.next();
    if (!element) return std::unexpected(element.error());
    out.push_back(element->raw);
  }
  return out.size();
}

}  // namespace

asn1::Parsed<BoundPackage> cut_bound_package(ByteView bf36) {
  const auto outer = asn1::read_only(bf36, 0xBF36);
  if (!outer) return std::unexpected(outer.error());
  BoundPackage package;
  asn1::TlvReader in(outer->value);

  const auto secure_channel = in.required(0xBF23);
  if (!secure_channel) return std::unexpected(secure_channel.error());
  const std::size_t header = outer->raw.size() - outer->value.size();
  package.segments.push_back(outer->raw.first(header + secure_channel->raw.size()));
  if (const auto id = asn1::find_child(secure_channel->value, 0x80)) package.transaction_id = to_bytes(id->value);

  const auto configure = in.required(0xA0);
  if (!configure) return std::unexpected(configure.error());
  package.segments.push_back(configure->raw);

  const auto metadata = in.required(0xA1);
  if (!metadata) return std::unexpected(metadata.error());
  if (auto cut = cut_sequence(*metadata, package.segments); !cut) return std::unexpected(cut.error());
  asn1::TlvReader parts(metadata->value);
  while (!parts.at_end()) {
    const auto part = parts.next();
    if (!part) return std::unexpected(part.error());
    if (part->value.size() < kMac) return std::unexpected(asn1::ParseError{"metadata segment shorter than its MAC", 0});
    append(package.metadata, part->value.first(part->value.size() - kMac));
  }

  const auto replace = in.optional(0xA2);
  if (!replace) return std::unexpected(replace.error());
  if (*replace) package.segments.push_back((*replace)->raw);

  const auto elements = in.required(0xA3);
  if (!elements) return std::unexpected(elements.error());
  if (auto cut = cut_sequence(*elements, package.segments); !cut) return std::unexpected(cut.error());
  if (!in.at_end()) return std::unexpected(asn1::ParseError{"something follows the profile elements", in.offset()});
  return package;
}

}  // namespace simurgh::ipae
