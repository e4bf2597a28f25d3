// The rules of PC/SC: who may use which reader, when, and what everybody else is told. No sockets, no processes: requests in, responses
// out.
//
// Behaviour follows pcsc-lite 1.9.9 as its documentation and clients know it. Where it differs: waiting clients are served in the order in
// which they asked for a transaction; SCardReconnect that wants exclusive access others prevent fails at once instead of polling for ever.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <unordered_map>
#include <vector>

#include "asn1/bytes.h"
#include "pcsc/direct/wire.h"
#include "pcsc/slot.h"

namespace simurgh::pcsc::direct {

using ClientId = std::uint64_t;
using ReaderId = std::uint32_t;

// Every member may be called from any thread. Slots are called without the lock that other readers need.
class ResourceManager {
 public:
  // Told under the manager's lock after anything another client may wait for: must be quick and must not call back.
  using Listener = std::function<void()>;
  // Told when a slot threw; the card then counts as mute.
  using FaultSink = std::function<void(const std::string& reader, const std::string& what)>;

  explicit ResourceManager(Listener on_event = {}, FaultSink on_fault = {});
  ~ResourceManager();

  // `card` may be null: an empty reader. Throws std::invalid_argument for a name that is empty, taken or too long, or a 17th reader.
  ReaderId add_reader(const std::string& name, CardSlot* card);
  // The card in it, if any, is powered off and no longer called after the return.
  void remove_reader(ReaderId reader);
  // The card is powered on at once. Throws std::invalid_argument when the reader is unknown or holds a card.
  void insert_card(ReaderId reader, CardSlot& card);
  // The card is powered off and no longer called after the return. No effect on an empty reader.
  void remove_card(ReaderId reader);

  // Answers one request of a client. Never blocks on another client's transaction: see Response::wait. `out` is the response's payload;
  // its previous content is discarded and its capacity reused. Any bytes are acceptable as request.
  void handle(ClientId client, const Request& request, ByteView payload, Response& response, Bytes& out);

  // The client is gone: its connections end, and a card it held in a transaction is reset.
  void forget(ClientId client);

 private:
  struct Reader;
  struct Handle;
  using ReaderPtr = std::shared_ptr<Reader>;
  using Result = std::uint32_t;
  enum class Power { insertion, cold, warm, off };

  Result connect(ClientId client, const Request& request, ByteView payload, Response& response);
  Result reconnect(ClientId client, const Request& request, Response& response);
  Result disconnect(ClientId client, const Request& request, Response& response);
  Result begin(ClientId client, const Request& request, Response& response);
  Result end(ClientId client, const Request& request);
  Result status(ClientId client, const Request& request, Response& response, Bytes& out);
  Result transmit(ClientId client, const Request& request, ByteView apdu, Response& response, Bytes& out);
  Result control(ClientId client, const Request& request, Response& response, Bytes& out);
  Result get_attribute(ClientId client, const Request& request, Bytes& out);
  Result set_attribute(ClientId client, const Request& request);
  Result list(Response& response, Bytes& out);

  // With the state lock held.
  Handle* find(ClientId client, std::uint32_t handle);
  ReaderPtr find_reader(const std::string& name) const;
  ReaderPtr find_reader(ReaderId id) const;
  Result usable(const Handle& handle, std::uint32_t id, Response& response) const;
  Result negotiate(Reader& reader, std::uint32_t share, std::uint32_t preferred) const;
  void tell_handles(const Reader& reader, std::uint32_t event);
  void unlock(Reader& reader);
  void drop_claim(Reader& reader, std::uint32_t id);
  void close_handle(std::uint32_t id);
  std::uint32_t new_handle();
  void announce();

  // Without it.
  ReaderPtr reader_of(ClientId client, std::uint32_t handle, Result& result);
  // With the reader's card lock held and the state lock not: does it, and records the new state of the card.
  void power(Reader& reader, Power what);
  void take_out(Reader& reader);

  mutable std::mutex state_;
  std::vector<ReaderPtr> readers_;
  std::unordered_map<std::uint32_t, Handle> handles_;
  std::mt19937 random_;
  ReaderId next_reader_ = 1;
  std::uint32_t generation_ = 0;  // of the list of readers
  Listener on_event_;
  FaultSink on_fault_;
};

}  // namespace simurgh::pcsc::direct
