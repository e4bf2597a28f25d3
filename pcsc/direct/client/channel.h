// The client's end of one connection to the card server (pcsc/direct/wire.h).
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "pcsc/direct/spin.h"
#include "pcsc/direct/wire.h"
#include "pcsc/unique_fd.h"

namespace simurgh::pcsc::direct {

class Channel {
 public:
  // Null when nobody answers at the path, or somebody of another version.
  [[nodiscard]] static std::unique_ptr<Channel> open(const std::string& path);
  ~Channel();
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  // One request at a time: the caller serialises. False when the server is gone; it stays gone.
  [[nodiscard]] bool call(const Request& request, ByteView payload, Response& response);
  // The payload of the last response, until the next call.
  [[nodiscard]] ByteView payload(const Response& response) const noexcept { return {mailbox_->response_payload, response.length}; }

  // From any thread: sleeps until the server has news after `seen` (Response::events), someone calls wake(), or the time is over (negative:
  // none); may return early. False when the server is gone.
  [[nodiscard]] bool wait_for_event(std::uint32_t seen, std::int64_t nanoseconds);
  // The number to compare with Response::events.
  [[nodiscard]] std::uint32_t events() const noexcept { return mailbox_->events.load(); }
  // From any thread: ends the waits of this connection.
  void wake() noexcept;

  // In a forked child: lets the parent's connection go without a trace on it.
  void abandon() noexcept { socket_.reset(); }

 private:
  Channel(UniqueFd socket, Mailbox* mailbox) : socket_(std::move(socket)), mailbox_(mailbox) {}
  [[nodiscard]] bool wait_for_response(std::uint32_t number);

  UniqueFd socket_;
  Mailbox* mailbox_;
  AdaptiveSpin spin_;
  std::uint32_t sent_ = 0;
  bool dead_ = false;
};

}  // namespace simurgh::pcsc::direct
