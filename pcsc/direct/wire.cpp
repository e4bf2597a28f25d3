#include "pcsc/direct/wire.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <climits>
#include <ctime>

namespace simurgh::pcsc::direct {

namespace {

void put32(Bytes& out, std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<std::uint8_t>(value >> shift));
}

// Takes from the front of a view: all that was asked or nothing.
class Cursor {
 public:
  explicit Cursor(ByteView rest) : rest_(rest) {}
  [[nodiscard]] bool at_end() const { return rest_.empty(); }
  std::optional<ByteView> take(std::size_t size) {
    if (size > rest_.size()) return std::nullopt;
    const ByteView out = rest_.first(size);
    rest_ = rest_.subspan(size);
    return out;
  }
  std::optional<std::uint32_t> number() {
    const auto bytes = take(4);
    if (!bytes) return std::nullopt;
    std::uint32_t value = 0;
    for (const std::uint8_t byte : *bytes) value = value << 8 | byte;
    return value;
  }
  std::optional<ByteView> counted() {
    const auto size = take(1);
    return size ? take((*size)[0]) : std::nullopt;
  }

 private:
  ByteView rest_;
};

}  // namespace

void write_reader(Bytes& out, const ReaderView& reader) {
  put32(out, reader.state);
  put32(out, reader.counter);
  put32(out, static_cast<std::uint32_t>(reader.sharing));
  out.push_back(static_cast<std::uint8_t>(reader.atr.size()));
  out.insert(out.end(), reader.atr.begin(), reader.atr.end());
  out.push_back(static_cast<std::uint8_t>(reader.name.size()));
  out.insert(out.end(), reader.name.begin(), reader.name.end());
}

std::optional<std::vector<ReaderView>> read_readers(ByteView bytes) {
  std::vector<ReaderView> out;
  for (Cursor in(bytes); !in.at_end();) {
    const auto state = in.number(), counter = in.number(), sharing = in.number();
    const auto atr = in.counted(), name = in.counted();
    if (!name || !atr || !sharing || !counter || !state || atr->size() > kMaxAtr || name->size() > kMaxReaderName) return std::nullopt;
    out.push_back(
        {std::string(name->begin(), name->end()), *state, *counter, static_cast<std::int32_t>(*sharing), Bytes(atr->begin(), atr->end())});
  }
  return out;
}

void futex_wait(const std::atomic<std::uint32_t>& word, std::uint32_t value, std::int64_t nanoseconds) noexcept {
  constexpr std::int64_t kSecond = 1'000'000'000;
  const timespec timeout{static_cast<time_t>(nanoseconds / kSecond), static_cast<long>(nanoseconds % kSecond)};
  ::syscall(SYS_futex, &word, FUTEX_WAIT, value, nanoseconds < 0 ? nullptr : &timeout, nullptr, 0);
}

void futex_wake_all(const std::atomic<std::uint32_t>& word) noexcept {
  ::syscall(SYS_futex, &word, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
}

}  // namespace simurgh::pcsc::direct
