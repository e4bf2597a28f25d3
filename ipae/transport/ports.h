// The network as the assistant sees it. Every operation that waits is awaited: on a host the port answers at once (it blocks in the call),
// in the card a BIP channel answers after some proactive commands. Arguments are values, so that they live as long as the operation.
//
// One operation at a time on each port. Whoever destroys a task that waits must destroy the port it waits for as well.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

#include "euicc/toolkit/task.h"
#include "ipae/es10/ports.h"

namespace simurgh::ipae {

template <typename T = void>
using Task = toolkit::Task<T>;

// Takes a body as it arrives, in pieces cut anywhere. False: the rest is not wanted, and whoever gives it stops.
class OctetSink {
 public:
  virtual ~OctetSink() = default;
  [[nodiscard]] virtual bool take(ByteView octets) = 0;
};

// A byte stream to a server, opened by the port's owner.
class StreamPort {
 public:
  virtual ~StreamPort() = default;
  [[nodiscard]] virtual Task<PortResult<void>> send(Bytes octets) = 0;
  // At least one octet; an empty answer is the end of the stream.
  [[nodiscard]] virtual Task<PortResult<Bytes>> receive() = 0;
  // Nothing has arrived unasked and the peer has not hung up, as far as can be told without waiting: the stream may carry another exchange.
  [[nodiscard]] virtual bool quiet() { return true; }
  // An end in order. Destruction without it must leave nothing open either, but cannot wait for anything.
  virtual Task<> close() { co_return; }
};

// Octets of the largest datagram that arrives everywhere: IPv6 carries 1280 (RFC 8200 5), of which its header and UDP's take 48.
inline constexpr std::size_t kLargestDatagram = 1232;

// Datagrams to and from one peer.
class DatagramPort {
 public:
  virtual ~DatagramPort() = default;
  [[nodiscard]] virtual Task<PortResult<void>> send(Bytes datagram) = 0;
  // Nothing: the time is over.
  [[nodiscard]] virtual Task<PortResult<std::optional<Bytes>>> receive(std::chrono::milliseconds timeout) = 0;
  virtual Task<> close() { co_return; }
  // Octets of the largest datagram that goes through.
  [[nodiscard]] virtual std::size_t largest() const { return kLargestDatagram; }
  // The longest time between a datagram and what answered it, as far as it was seen; zero while nothing is known.
  [[nodiscard]] virtual std::chrono::milliseconds round_trip() const { return std::chrono::milliseconds(0); }
};

// Opens streams and datagram associations. `host` is a name or an IP address without brackets.
class NetPort {
 public:
  virtual ~NetPort() = default;
  [[nodiscard]] virtual Task<PortResult<std::unique_ptr<StreamPort>>> connect(std::string host, std::uint16_t port) = 0;
  [[nodiscard]] virtual Task<PortResult<std::unique_ptr<DatagramPort>>> datagrams(std::string, std::uint16_t) {
    co_return std::unexpected(PortError{"datagrams are not offered here"});
  }
};

namespace detail {
template <typename T>
Task<> keep(Task<T> task, std::optional<T>& result) {
  T value = co_await std::move(task);
  result.emplace(std::move(value));
}
[[noreturn]] inline void suspended() { throw std::logic_error("a task suspended where every port answers at once"); }
}  // namespace detail

// Runs a task to its end, for hosts whose ports never suspend. A task that does is a programmer's error.
template <typename T>
T run_now(Task<T> task) {
  std::optional<T> result;
  Task<> outer = detail::keep(std::move(task), result);
  outer.start();
  if (!outer.done()) detail::suspended();
  if (outer.failure()) std::rethrow_exception(outer.failure());
  return *std::move(result);
}

inline void run_now(Task<> task) {
  task.start();
  if (!task.done()) detail::suspended();
  if (task.failure()) std::rethrow_exception(task.failure());
}

}  // namespace simurgh::ipae
