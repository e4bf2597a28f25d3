// Reading and writing a socket by a thread that must stop when told to.
#pragma once

#include <sys/types.h>

#include "asn1/bytes.h"

namespace simurgh::pcsc {

// Waits for poll(2) events on the socket (-1: for none) or for stop_fd to become readable; true when to stop. A negative time is for ever.
// Throws std::system_error when the kernel refuses to wait.
[[nodiscard]] bool wait_or_stop(int socket, short events, int stop_fd, int milliseconds);

// False when the connection broke or stop was asked while the other side did not read.
[[nodiscard]] bool send_all(int socket, ByteView bytes, int stop_fd);

enum class Arrival { bytes, stopped, lost };

// Waits for bytes, as many as fit into the buffer; `count` tells how many came. Looks some times before it sleeps: the next command of a
// program often follows within microseconds.
[[nodiscard]] Arrival receive_some(int socket, std::span<std::uint8_t> buffer, int stop_fd, std::size_t& count);

}  // namespace simurgh::pcsc
