#include "tools/world/timeline.h"

#include "tools/world/duration.h"

namespace simurgh::world {

const std::string* Mark::field(std::string_view key) const noexcept {
  for (const auto& [word, value] : fields) {
    if (word == key) return &value;
  }
  return nullptr;
}

std::string describe(const Mark& mark) {
  std::string millis = std::to_string(mark.at.count() % 1000);
  std::string out = write_duration(mark.at) + "." + std::string(3 - millis.size(), '0') + millis + "  " + (mark.thing.empty() ? "world" : mark.thing) + "  " + mark.name;
  for (const auto& [key, value] : mark.fields) {
    if (!value.empty()) out += "  " + key + "=" + value;
  }
  return out;
}

std::string Timeline::text() const {
  std::string out;
  for (const Mark& mark : marks) out += describe(mark) + "\n";
  return out;
}

}  // namespace simurgh::world
