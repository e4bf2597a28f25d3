// The handler's end of the connection to one card process.
#pragma once

#include <atomic>
#include <chrono>
#include <expected>
#include <mutex>
#include <optional>

#include "asn1/bytes.h"
#include "pcsc/ifd/frame.h"
#include "pcsc/unique_fd.h"

namespace simurgh::pcsc::ifd {

// One request at a time; further callers wait. Nothing here throws but std::bad_alloc.
class Link {
 public:
  // The socket is one whose hello has been read, with nothing behind it.
  Link(UniqueFd socket, Hello hello, std::chrono::milliseconds patience)
      : socket_(std::move(socket)), hello_(std::move(hello)), patience_(patience) {}

  // What made the card unusable; it is hung up and every later request fails the same way.
  enum class Lost { gone, silent, not_understood };
  // Sends a request and waits for its answer, no longer than the patience for both. APDUs longer than kMaxApdu are a programmer's error.
  [[nodiscard]] std::expected<Bytes, Lost> ask(Type request, ByteView body = {});

  // Breaks the connection; a waiting ask() ends at once. From any thread.
  void hang_up() noexcept;

  // What made it unusable, once something did.
  [[nodiscard]] std::optional<Lost> lost() const noexcept { return lost_.load(); }
  [[nodiscard]] const Hello& hello() const noexcept { return hello_; }
  // For poll(2) only.
  [[nodiscard]] int fd() const noexcept { return socket_.get(); }

 private:
  using Deadline = std::chrono::steady_clock::time_point;
  [[nodiscard]] std::expected<void, Lost> send(ByteView bytes, Deadline deadline);
  [[nodiscard]] std::expected<Bytes, Lost> receive(Type answer, Deadline deadline);
  [[nodiscard]] std::unexpected<Lost> lose(Lost why) noexcept;

  const UniqueFd socket_;
  const Hello hello_;
  const std::chrono::milliseconds patience_;
  std::mutex lock_;
  std::atomic<std::optional<Lost>> lost_;
  std::uint8_t number_ = 0;
  FrameReader reader_;
  Bytes chunk_;
};

}  // namespace simurgh::pcsc::ifd
