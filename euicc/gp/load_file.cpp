#include "euicc/gp/load_file.h"

namespace simurgh::gp {
namespace {

constexpr std::uint8_t kHeader = 0x01, kApplet = 0x03, kLastComponent = 0x0C;

// { count, { AID length, AID, install method offset (2) } * count }
std::vector<Bytes> applets(ByteView component) {
  std::vector<Bytes> out;
  if (component.empty()) return out;
  const std::size_t count = component[0];
  component = component.subspan(1);
  for (std::size_t i = 0; i < count; ++i) {
    if (component.empty()) return {};
    const std::size_t size = component[0];
    if (size < 5 || size > 16 || component.size() < 1 + size + 2) return {};
    out.push_back(to_bytes(component.subspan(1, size)));
    component = component.subspan(1 + size + 2);
  }
  return out;
}

}  // namespace

std::vector<Bytes> modules_of(ByteView load_file_data_block) {
  ByteView rest = load_file_data_block;
  if (rest.empty() || rest[0] != kHeader) return {};
  while (rest.size() >= 3) {
    const std::uint8_t tag = rest[0];
    const std::size_t size = static_cast<std::size_t>(rest[1]) << 8 | rest[2];
    if (tag == 0 || tag > kLastComponent || rest.size() - 3 < size) return {};
    if (tag == kApplet) return applets(rest.subspan(3, size));
    rest = rest.subspan(3 + size);
  }
  return {};
}

}  // namespace simurgh::gp
