#include <array>
#include <bit>
#include <stdexcept>
#include <utility>

#include "euicc/usim/algorithms.h"

namespace simurgh::usim {
namespace {

// rho and pi in one walk: position (x, y) moves to (y, 2x + 3y), rotated by the triangular numbers.
struct Move {
  std::uint8_t to, by;
};
constexpr std::array<Move, 24> kMoves = [] {
  std::array<Move, 24> out{};
  unsigned x = 1, y = 0;
  for (unsigned t = 0; t < out.size(); ++t) {
    const unsigned next_y = (2 * x + 3 * y) % 5;
    x = y;
    y = next_y;
    out[t] = {static_cast<std::uint8_t>(x + 5 * y), static_cast<std::uint8_t>((t + 1) * (t + 2) / 2 % 64)};
  }
  return out;
}();

// Keccak-f[1600], FIPS 202 3.2-3.4. OpenSSL offers the hash but not the bare permutation that TUAK needs.
void keccak_f(std::array<std::uint64_t, 25>& a) {
  static constexpr std::array<std::uint64_t, 24> kRound{
      0x0000000000000001, 0x0000000000008082, 0x800000000000808A, 0x8000000080008000, 0x000000000000808B, 0x0000000080000001,
      0x8000000080008081, 0x8000000000008009, 0x000000000000008A, 0x0000000000000088, 0x0000000080008009, 0x000000008000000A,
      0x000000008000808B, 0x800000000000008B, 0x8000000000008089, 0x8000000000008003, 0x8000000000008002, 0x8000000000000080,
      0x000000000000800A, 0x800000008000000A, 0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008};
  for (const std::uint64_t constant : kRound) {
    std::array<std::uint64_t, 5> c{};
    for (std::size_t x = 0; x < 5; ++x) c[x] = a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20];
    const std::array<std::uint64_t, 5> d{c[4] ^ std::rotl(c[1], 1), c[0] ^ std::rotl(c[2], 1), c[1] ^ std::rotl(c[3], 1),
                                         c[2] ^ std::rotl(c[4], 1), c[3] ^ std::rotl(c[0], 1)};
    for (std::size_t row = 0; row < 25; row += 5) {
      for (std::size_t x = 0; x < 5; ++x) a[row + x] ^= d[x];
    }
    std::uint64_t moving = a[1];
    for (const Move move : kMoves) moving = std::exchange(a[move.to], std::rotl(moving, move.by));
    for (std::size_t row = 0; row < 25; row += 5) {
      const std::uint64_t r0 = a[row], r1 = a[row + 1], r2 = a[row + 2], r3 = a[row + 3], r4 = a[row + 4];
      a[row] = r0 ^ (~r1 & r2);
      a[row + 1] = r1 ^ (~r2 & r3);
      a[row + 2] = r2 ^ (~r3 & r4);
      a[row + 3] = r3 ^ (~r4 & r0);
      a[row + 4] = r4 ^ (~r0 & r1);
    }
    a[0] ^= constant;
  }
}

class State {
 public:
  // Inputs go in with their octets reversed (TS 35.231 6.1).
  void put(std::size_t offset, ByteView value) {
    for (std::size_t i = 0; i < value.size(); ++i) octets_[offset + i] = value[value.size() - 1 - i];
  }
  void set(std::size_t offset, std::uint8_t value) { octets_[offset] = value; }
  void permute(unsigned iterations) {
    std::array<std::uint64_t, 25> lanes{};
    for (std::size_t i = 0; i < 200; ++i) lanes[i / 8] |= std::uint64_t{octets_[i]} << (8 * (i % 8));
    for (unsigned n = 0; n < iterations; ++n) keccak_f(lanes);
    for (std::size_t i = 0; i < 200; ++i) octets_[i] = static_cast<std::uint8_t>(lanes[i / 8] >> (8 * (i % 8)));
  }
  [[nodiscard]] Bytes take(std::size_t offset, std::size_t size) const {
    Bytes out(size);
    for (std::size_t i = 0; i < size; ++i) out[i] = octets_[offset + size - 1 - i];
    return out;
  }
  ~State() { crypto::cleanse(octets_); }

 private:
  std::array<std::uint8_t, 200> octets_{};
};

void fill(State& state, ByteView top, std::uint8_t instance, ByteView rand, ByteView amf, ByteView sqn, ByteView key) {
  state.put(0, top);
  state.set(32, static_cast<std::uint8_t>(instance | (key.size() == 32 ? 0x01 : 0x00)));
  state.put(33, text_view("TUAK1.0"));
  state.put(40, rand);
  state.put(56, amf);
  state.put(58, sqn);
  state.put(64, key);
  state.set(96, 0x1F);
  state.set(135, 0x80);
}

crypto::SecretBytes secret(Bytes value) {
  crypto::SecretBytes out{ByteView(value)};
  crypto::cleanse(value);
  return out;
}

// TS 35.231 6.3: MAC length; 6.4: RES length.
std::uint8_t mac_code(std::size_t size) { return size == 32 ? 0x20 : size == 16 ? 0x10 : 0x08; }
std::uint8_t res_code(std::size_t size) { return size == 32 ? 0x20 : size == 16 ? 0x10 : size == 8 ? 0x08 : 0x00; }

void check(ByteView rand, ByteView sqn, ByteView amf) {
  if (rand.size() != 16 || sqn.size() != 6 || amf.size() != 2) throw std::invalid_argument("AKA input size");
}

}  // namespace

crypto::SecretBytes tuak_topc(ByteView key, ByteView top, unsigned iterations) {
  State state;
  fill(state, top, 0x00, {}, {}, {}, key);
  state.permute(iterations);
  return secret(state.take(0, 32));
}

Tuak::Tuak(ByteView key, ByteView topc, unsigned iterations, TuakSizes sizes)
    : key_(key), topc_(topc), iterations_(iterations), sizes_(sizes) {}

Bytes Tuak::f1(ByteView rand, ByteView sqn, ByteView amf) const {
  check(rand, sqn, amf);
  State state;
  fill(state, topc_.expose(), mac_code(sizes_.mac), rand, amf, sqn, key_.expose());
  state.permute(iterations_);
  return state.take(0, sizes_.mac);
}

Bytes Tuak::f1_star(ByteView rand, ByteView sqn, ByteView amf) const {
  check(rand, sqn, amf);
  State state;
  fill(state, topc_.expose(), static_cast<std::uint8_t>(0x80 | mac_code(sizes_.mac)), rand, amf, sqn, key_.expose());
  state.permute(iterations_);
  return state.take(0, sizes_.mac);
}

Keys Tuak::f2345(ByteView rand) const {
  if (rand.size() != 16) throw std::invalid_argument("AKA input size");
  const unsigned instance = 0x40U | res_code(sizes_.res) | (sizes_.ck == 32 ? 0x04U : 0U) | (sizes_.ik == 32 ? 0x02U : 0U);
  State state;
  fill(state, topc_.expose(), static_cast<std::uint8_t>(instance), rand, {}, {}, key_.expose());
  state.permute(iterations_);
  return {.res = secret(state.take(0, sizes_.res)),
          .ck = secret(state.take(32, sizes_.ck)),
          .ik = secret(state.take(64, sizes_.ik)),
          .ak = secret(state.take(96, 6))};
}

Bytes Tuak::f5_star(ByteView rand) const {
  if (rand.size() != 16) throw std::invalid_argument("AKA input size");
  State state;
  fill(state, topc_.expose(), 0xC0, rand, {}, {}, key_.expose());
  state.permute(iterations_);
  return state.take(96, 6);
}

}  // namespace simurgh::usim
