#include "euicc/gp/toolkit_address.h"

namespace simurgh::gp {

std::optional<ToolkitAddress> read_toolkit_address(ByteView field) {
  ToolkitAddress out;
  if (field.empty()) return out;
  const auto part = [&field](std::size_t size) -> std::optional<ByteView> {
    if (size > field.size()) return std::nullopt;
    const ByteView front = field.first(size);
    field = field.subspan(size);
    return front;
  };
  const auto counted = [&]() -> std::optional<ByteView> {
    const auto size = part(1);
    return size ? part((*size)[0]) : std::nullopt;
  };
  const auto head = part(4);  // priority, timers, length of menu texts, menu entries
  if (!head || !part(static_cast<std::size_t>((*head)[3]) * 2) || !part(1)) return std::nullopt;
  const auto level = counted();
  if (!level) return std::nullopt;
  const auto tars = counted();
  if (!tars || tars->size() % 3 != 0) return std::nullopt;
  if (level->size() >= 2) out.minimum_security_level = (*level)[1];
  for (std::size_t i = 0; i < tars->size(); i += 3) out.tars.push_back(to_bytes(tars->subspan(i, 3)));
  return out;
}

std::optional<ByteView> without_access_domain(ByteView ca) {
  if (ca.empty() || ca.size() - 1 < ca[0]) return std::nullopt;
  return ca.subspan(1 + ca[0]);
}

}  // namespace simurgh::gp
