#include "tools/perso_upp/upp_elements.h"

namespace simurgh::perso {
namespace {

// The fewest octets, as the format asks since 2.1.
Bytes shortest(std::uint32_t value) {
  std::size_t octets = 1;
  while (octets < 4 && value >> (8 * octets) != 0) ++octets;
  return be_bytes(value, octets);
}

template <typename Offset, typename Content>
void put_pieces(const std::vector<Piece>& pieces, Offset&& offset, Content&& content) {
  std::size_t here = 0;
  for (const Piece& piece : pieces) {
    if (piece.content.empty()) continue;
    if (piece.offset > here) offset(piece.offset - here);
    content(piece.content);
    here = piece.offset + piece.content.size();
  }
}

}  // namespace

bool FcpFields::empty() const noexcept {
  return !descriptor && !fid && aid.empty() && access.empty() && !size && pin_references.empty() && !sfi && !link && !maximum_size &&
         !fill_pattern;
}

std::uint32_t member_tag(unsigned number, bool constructed) {
  const std::uint32_t base = constructed ? 0xA0 : 0x80;
  return number < 31 ? base + number : (base + 31) << 8 | number;
}

void put_fcp(asn1::TlvWriter& out, std::uint32_t tag, const FcpFields& fcp) {
  auto scope = out.open(tag);
  if (fcp.descriptor) {
    Bytes value = {*fcp.descriptor, 0x21};
    if (fcp.record_length) append(value, be_bytes(*fcp.record_length, 2));
    out.put(0x82, value);
  }
  if (fcp.fid) out.put(0x83, be_bytes(*fcp.fid, 2));
  if (!fcp.aid.empty()) out.put(0x84, fcp.aid);
  if (!fcp.access.empty()) out.put(0x8B, fcp.access);
  if (fcp.size) out.put(0x80, shortest(*fcp.size));
  if (!fcp.pin_references.empty()) out.put(0xC6, fcp.pin_references);
  if (fcp.sfi) out.put(0x88, *fcp.sfi == 0 ? Bytes{} : Bytes{static_cast<std::uint8_t>(*fcp.sfi << 3)});
  if (fcp.maximum_size || fcp.fill_pattern) {
    auto proprietary = out.open(0xA5);
    if (fcp.fill_pattern) out.put(0xC1, *fcp.fill_pattern);
    if (fcp.maximum_size) out.put(0x86, shortest(*fcp.maximum_size));
  }
  if (fcp.link) out.put(0xC7, *fcp.link);
}

std::vector<Piece> record_pieces(const std::vector<Bytes>& records, std::size_t record_length) {
  std::vector<Piece> pieces;
  for (std::size_t i = 0; i < records.size(); ++i) pieces.push_back({i * record_length, records[i]});
  return pieces;
}

void put_file(asn1::TlvWriter& out, unsigned member, const FcpFields& fcp, const std::vector<Piece>& pieces) {
  auto list = out.open(member_tag(member));
  if (!fcp.empty()) put_fcp(out, 0xA1, fcp);
  put_pieces(
      pieces, [&](std::size_t gap) { out.put_integer(0x82, gap); }, [&](const Bytes& content) { out.put(0x83, content); });
}

void put_managed_file(asn1::TlvWriter& out, const FcpFields& fcp, const std::vector<Piece>& pieces) {
  put_fcp(out, 0x62, fcp);
  put_pieces(
      pieces, [&](std::size_t gap) { out.put_integer(0x02, gap); }, [&](const Bytes& content) { out.put(0x81, content); });
}

ElementScope::ElementScope(asn1::TlvWriter& out, unsigned number, unsigned identification, bool mandated)
    : scope_(out, member_tag(number)) {
  auto header = out.open(0xA0);
  if (mandated) out.put(0x80, {});
  out.put_integer(0x81, identification);
}

}  // namespace simurgh::perso
