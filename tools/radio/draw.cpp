#include "tools/radio/draw.h"

#include <algorithm>

#include "euicc/crypto/symmetric.h"

namespace simurgh::radio {

Draw::Draw(std::uint64_t seed, std::string_view entity, std::string_view stream) {
  const Bytes salt = be_bytes(seed, 8);
  const std::uint8_t end = 0;
  const auto key = crypto::sha256({salt, text_view(entity), ByteView(&end, 1), text_view(stream)});
  std::copy(key.begin(), key.end(), key_.begin());
}

std::uint64_t Draw::next() {
  const Bytes number = be_bytes(counter_++, 8);
  const auto digest = crypto::sha256({key_, number});
  return be_value(ByteView(digest).first(8));
}

std::uint64_t Draw::below(std::uint64_t bound) {
  if (bound == 0) return 0;
  // The high half of a product: no bias that a simulation could see, and no second draw.
  return static_cast<std::uint64_t>((static_cast<unsigned __int128>(next()) * bound) >> 64U);
}

std::chrono::milliseconds Draw::between(std::chrono::milliseconds least, std::chrono::milliseconds most) {
  if (most <= least) return least;
  return least + std::chrono::milliseconds(below(static_cast<std::uint64_t>((most - least).count()) + 1));
}

bool Draw::happens(std::uint32_t per_million) { return per_million != 0 && below(1'000'000) < per_million; }

}  // namespace simurgh::radio
