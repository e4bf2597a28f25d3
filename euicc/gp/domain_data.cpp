#include "euicc/gp/domain_data.h"

#include "asn1/tlv.h"

namespace simurgh::gp {

std::optional<std::vector<DataGroup>> data_groups(ByteView octets) {
  std::vector<DataGroup> out;
  while (!octets.empty()) {
    if (octets.size() < 3) return std::nullopt;
    const auto identifier = static_cast<std::uint16_t>(octets[0] << 8 | octets[1]);
    std::size_t size = octets[2];
    std::size_t head = 3;
    if (size == 0xFF) {
      if (octets.size() < 5) return std::nullopt;
      size = static_cast<std::size_t>(octets[3]) << 8 | octets[4];
      head = 5;
    }
    if (octets.size() - head < size) return std::nullopt;
    out.push_back({identifier, octets.subspan(head, size)});
    octets = octets.subspan(head + size);
  }
  return out;
}

std::optional<Bytes> data_object(const SecurityDomain& domain, std::uint32_t tag) {
  for (const Bytes& object : domain.objects) {
    if (auto found = asn1::find_child(object, tag)) return to_bytes(found->raw);
  }
  for (const Bytes& group : domain.personal_data) {
    const auto groups = data_groups(group);
    if (!groups) continue;
    for (const DataGroup& entry : *groups) {
      if (entry.identifier != kObjectsGroup) continue;
      if (auto found = asn1::find_child(entry.content, tag)) return to_bytes(found->raw);
    }
  }
  return std::nullopt;
}

}  // namespace simurgh::gp
