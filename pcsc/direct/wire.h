// What the drop-in libpcsclite and the private card server say to each other. Both run on one machine, built from one tree.
//
// One connection is one SCARDCONTEXT. Over the Unix socket the server sends a Hello and the descriptor of a sealed piece of shared memory,
// the Mailbox. From then on requests and responses travel in the mailbox, one at a time, and the socket carries only single bytes that
// wake a sleeping side. The end of the socket is how either side learns that the other is gone.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "asn1/bytes.h"

namespace simurgh::pcsc::direct {

inline constexpr const char* kSocketVariable = "SIMURGH_DIRECT_SOCKET";

inline constexpr std::uint32_t kMagic = 0x53494D55;
inline constexpr std::uint32_t kVersion = 1;
// The longest extended APDU with its framing, as winscard's MAX_BUFFER_SIZE_EXTENDED, rounded up.
inline constexpr std::size_t kPayload = 65552;
inline constexpr std::size_t kMaxReaders = 16;      // winscard: PCSCLITE_MAX_READERS_CONTEXTS
inline constexpr std::size_t kMaxReaderName = 127;  // winscard: MAX_READERNAME with its terminator
inline constexpr std::size_t kMaxAtr = 33;          // ISO/IEC 7816-3 8.2.1: TS and 32 characters

enum class Op : std::uint32_t {
  connect = 1,  // a: share mode, b: protocols, payload: reader name -> a: handle, b: protocol
  reconnect,    // handle, a: share mode, b: protocols, c: initialization -> b: protocol
  disconnect,   // handle, a: disposition
  begin,        // handle
  end,          // handle, a: disposition
  status,       // handle -> a: state and event counter, b: protocol, payload: one ReaderView
  transmit,     // handle, a: protocol, b: room for the response, payload: APDU -> a: length needed, b: protocol, payload: response
  control,      // handle, a: code, b: room for the response, payload: input -> a: length needed, payload: output
  get_attrib,   // handle, a: attribute -> payload: value
  set_attrib,   // handle, a: attribute, payload: value
  readers,      // -> a: generation of the list, payload: ReaderViews
  release,      // ends all handles of the connection
};

struct Request {
  std::uint32_t op = 0, handle = 0, a = 0, b = 0, c = 0, length = 0;
};

struct Response {
  std::uint32_t result = 0;  // SCARD_*
  std::uint32_t wait = 0;    // 1: another handle's transaction is in the way; asking again after the next event may succeed
  std::uint32_t events = 0;  // Mailbox::events before the request was looked at
  std::uint32_t a = 0, b = 0, length = 0;
};

// Written by the side named; every field may hold anything when that side is hostile.
struct Mailbox {
  alignas(64) std::atomic<std::uint32_t> request_number;   // client
  std::atomic<std::uint32_t> client_asleep;                // client
  std::atomic<std::uint32_t> client_cpu;                   // client: where it runs
  std::atomic<std::uint32_t> watchers;                     // client: threads that wait for `events` to change
  alignas(64) std::atomic<std::uint32_t> response_number;  // server: number of the request that is answered
  std::atomic<std::uint32_t> server_asleep;                // server
  std::atomic<std::uint32_t> server_cpu;                   // server
  alignas(64) std::atomic<std::uint32_t> events;           // server, and the client to wake its own threads: counts changes of any reader
  alignas(64) Request request;
  std::uint8_t request_payload[kPayload];
  alignas(64) Response response;
  std::uint8_t response_payload[kPayload];
};
static_assert(std::atomic<std::uint32_t>::is_always_lock_free, "the mailbox is shared between processes");

struct Hello {
  std::uint32_t magic = kMagic, version = kVersion, mailbox_size = sizeof(Mailbox);
};

// A reader as everybody may see it.
struct ReaderView {
  std::string name;
  std::uint32_t state = 0;    // SCARD_ABSENT, SCARD_PRESENT, ...
  std::uint32_t counter = 0;  // insertions and removals, modulo 2^16
  std::int32_t sharing = 0;   // connections; -1: one exclusive connection
  Bytes atr;
};

void write_reader(Bytes& out, const ReaderView& reader);
// Nothing when the bytes are not a sequence of whole readers.
[[nodiscard]] std::optional<std::vector<ReaderView>> read_readers(ByteView bytes);

// Sleeps while *word == value, at most the given time (negative: for ever); may wake early for no reason. Works across processes.
void futex_wait(const std::atomic<std::uint32_t>& word, std::uint32_t value, std::int64_t nanoseconds) noexcept;
void futex_wake_all(const std::atomic<std::uint32_t>& word) noexcept;

}  // namespace simurgh::pcsc::direct
