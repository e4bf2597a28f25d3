// Random numbers that do not depend on who else draws: each stream is named by its entity and its purpose, each draw by its number. Adding a
// device or a probe to a world changes nothing for the others. No floating point.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string_view>

namespace simurgh::radio {

class Draw {
 public:
  Draw(std::uint64_t seed, std::string_view entity, std::string_view stream);
  [[nodiscard]] std::uint64_t next();
  // 0 .. bound-1; 0 for a bound of 0.
  [[nodiscard]] std::uint64_t below(std::uint64_t bound);
  // Both ends included.
  [[nodiscard]] std::chrono::milliseconds between(std::chrono::milliseconds least, std::chrono::milliseconds most);
  // True in so many cases of a million.
  [[nodiscard]] bool happens(std::uint32_t per_million);

 private:
  std::array<std::uint8_t, 32> key_{};
  std::uint64_t counter_ = 0;
};

}  // namespace simurgh::radio
