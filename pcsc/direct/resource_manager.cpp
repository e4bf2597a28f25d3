#include "pcsc/direct/resource_manager.h"

#include <PCSC/winscard.h>

#include <algorithm>
#include <stdexcept>

#include "pcsc/atr.h"
#include "pcsc/reader_facts.h"

namespace simurgh::pcsc::direct {

namespace {

constexpr std::uint32_t code(LONG value) { return static_cast<std::uint32_t>(value); }

// What pcscd calls SCARD_PROTOCOL_ANY_OLD: "whatever the card offers", from before the bit mask.
constexpr std::uint32_t kAnyProtocolOld = 0x1000;
constexpr std::uint32_t kWorking = SCARD_PRESENT | SCARD_POWERED | SCARD_NEGOTIABLE;
constexpr std::uint32_t kMute = SCARD_PRESENT | SCARD_SWALLOWED;
constexpr std::int32_t kExclusive = -1;

bool is_share_mode(std::uint32_t mode) { return mode == SCARD_SHARE_EXCLUSIVE || mode == SCARD_SHARE_SHARED || mode == SCARD_SHARE_DIRECT; }

bool is_disposition(std::uint32_t value) { return value <= SCARD_EJECT_CARD; }

bool names_protocol(std::uint32_t protocols) {
  return (protocols & (SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1 | SCARD_PROTOCOL_RAW | kAnyProtocolOld)) != 0;
}

}  // namespace

// Lock order: `card` of one reader, then ResourceManager::state_. The slot is called with `card` held, and changes with both.
struct ResourceManager::Reader {
  Reader(ReaderId number, std::string text) : id(number), name(std::move(text)) {}

  const ReaderId id;
  const std::string name;
  std::mutex card;

  CardSlot* slot = nullptr;
  bool gone = false;
  std::uint32_t state = SCARD_ABSENT;
  std::uint32_t protocol = SCARD_PROTOCOL_UNDEFINED;
  std::uint32_t counter = 0;
  Bytes atr;
  std::int32_t sharing = 0;
  std::uint32_t owner = 0;          // handle with the transaction, 0: none
  std::uint32_t depth = 0;          // nested transactions; an exclusive connection counts as one; 0 with an owner: granted, not yet claimed
  std::deque<std::uint32_t> queue;  // handles that asked for a transaction, in order
};

struct ResourceManager::Handle {
  ReaderPtr reader;
  ClientId client = 0;
  std::uint32_t event = 0;  // SCARD_W_RESET_CARD or SCARD_W_REMOVED_CARD since the last (re)connect
};

ResourceManager::ResourceManager(Listener on_event, FaultSink on_fault)
    : random_(std::random_device{}()), on_event_(std::move(on_event)), on_fault_(std::move(on_fault)) {}

ResourceManager::~ResourceManager() {
  for (const ReaderPtr& reader : readers_) {
    const std::lock_guard card(reader->card);
    if (reader->slot != nullptr) power(*reader, Power::off);
  }
}

ReaderId ResourceManager::add_reader(const std::string& name, CardSlot* card) {
  if (name.empty() || name.size() > kMaxReaderName || name.find('\0') != std::string::npos) {
    throw std::invalid_argument("A reader name has 1 to " + std::to_string(kMaxReaderName) + " characters.");
  }
  const auto check_room = [&] {
    if (find_reader(name)) throw std::invalid_argument("There is already a reader named \"" + name + "\".");
    if (readers_.size() == kMaxReaders) {
      throw std::invalid_argument("PC/SC programs see at most " + std::to_string(kMaxReaders) + " readers.");
    }
  };
  ReaderPtr reader;
  {
    const std::lock_guard state(state_);
    check_room();
    reader = std::make_shared<Reader>(next_reader_++, name);
  }
  // Nobody sees the reader before its card is ready.
  const std::lock_guard lock(reader->card);
  if (card != nullptr) {
    reader->slot = card;
    power(*reader, Power::cold);
  }
  const std::lock_guard state(state_);
  check_room();
  readers_.push_back(reader);
  ++generation_;
  announce();
  return reader->id;
}

void ResourceManager::remove_reader(ReaderId id) {
  ReaderPtr reader;
  {
    const std::lock_guard state(state_);
    reader = find_reader(id);
    if (!reader) return;
    std::erase(readers_, reader);
    reader->gone = true;
    ++generation_;
    announce();
  }
  take_out(*reader);
}

void ResourceManager::insert_card(ReaderId id, CardSlot& card) {
  ReaderPtr reader;
  {
    const std::lock_guard state(state_);
    reader = find_reader(id);
  }
  if (!reader) throw std::invalid_argument("There is no such reader.");
  const std::lock_guard lock(reader->card);
  {
    const std::lock_guard state(state_);
    if (reader->gone) throw std::invalid_argument("There is no such reader.");
    if (reader->slot != nullptr) throw std::invalid_argument("The reader \"" + reader->name + "\" already holds a card.");
    reader->slot = &card;
  }
  power(*reader, Power::insertion);
}

void ResourceManager::remove_card(ReaderId id) {
  ReaderPtr reader;
  {
    const std::lock_guard state(state_);
    reader = find_reader(id);
  }
  if (reader) take_out(*reader);
}

void ResourceManager::take_out(Reader& reader) {
  const std::lock_guard card(reader.card);
  if (reader.slot == nullptr) return;
  power(reader, Power::off);
  const std::lock_guard state(state_);
  reader.slot = nullptr;
  reader.state = SCARD_ABSENT;
  reader.protocol = SCARD_PROTOCOL_UNDEFINED;
  reader.atr.clear();
  reader.counter = (reader.counter + 1) & 0xFFFF;
  reader.owner = reader.depth = 0;
  reader.queue.clear();
  tell_handles(reader, code(SCARD_W_REMOVED_CARD));
  announce();
}

void ResourceManager::power(Reader& reader, Power what) {
  Bytes atr;
  try {
    switch (what) {
      case Power::insertion:
      case Power::cold:
        atr = reader.slot->power_on();
        break;
      case Power::warm:
        atr = reader.slot->reset();
        break;
      case Power::off:
        reader.slot->power_off();
        break;
    }
  } catch (const std::exception& error) {
    atr.clear();
    if (on_fault_) on_fault_(reader.name, error.what());
  }
  const std::lock_guard state(state_);
  reader.protocol = SCARD_PROTOCOL_UNDEFINED;  // until the next negotiation
  if (what == Power::off) {
    reader.state = SCARD_PRESENT;
    return;
  }
  const bool working = !atr.empty() && atr.size() <= kMaxAtr;
  reader.state = working ? kWorking : kMute;
  reader.atr = working ? std::move(atr) : Bytes{};
  if (what == Power::insertion) reader.counter = (reader.counter + 1) & 0xFFFF;  // in the same moment as the new state
  announce();
}

void ResourceManager::handle(ClientId client, const Request& request, ByteView payload, Response& response, Bytes& out) {
  out.clear();
  response.wait = response.a = response.b = 0;
  const auto answer = [&]() -> Result {
    switch (static_cast<Op>(request.op)) {
      case Op::connect:
        return connect(client, request, payload, response);
      case Op::reconnect:
        return reconnect(client, request, response);
      case Op::disconnect:
        return disconnect(client, request, response);
      case Op::begin:
        return begin(client, request, response);
      case Op::end:
        return end(client, request);
      case Op::status:
        return status(client, request, response, out);
      case Op::transmit:
        return transmit(client, request, payload, response, out);
      case Op::control:
        return control(client, request, response, out);
      case Op::get_attrib:
        return get_attribute(client, request, out);
      case Op::set_attrib:
        return set_attribute(client, request);
      case Op::readers:
        return list(response, out);
      case Op::release:
        forget(client);
        return SCARD_S_SUCCESS;
    }
    return code(SCARD_E_INVALID_PARAMETER);
  };
  response.result = answer();
  response.length = static_cast<std::uint32_t>(out.size());
}

void ResourceManager::forget(ClientId client) {
  for (;;) {
    Request request{.op = static_cast<std::uint32_t>(Op::disconnect)};
    {
      const std::lock_guard state(state_);
      const auto found = std::ranges::find_if(handles_, [&](const auto& entry) { return entry.second.client == client; });
      if (found == handles_.end()) return;
      Reader& reader = *found->second.reader;
      request.handle = found->first;
      const bool held = reader.owner == found->first && reader.depth > 0;
      request.a = held && found->second.event == 0 ? SCARD_RESET_CARD : SCARD_LEAVE_CARD;
    }
    Response response;
    disconnect(client, request, response);
  }
}

ResourceManager::Result ResourceManager::connect(ClientId client, const Request& request, ByteView payload, Response& response) {
  const std::uint32_t share = request.a, preferred = request.b;
  if (share != SCARD_SHARE_DIRECT && !names_protocol(preferred)) return code(SCARD_E_PROTO_MISMATCH);
  if (!is_share_mode(share)) return code(SCARD_E_INVALID_VALUE);
  ReaderPtr reader;
  {
    const std::lock_guard state(state_);
    reader = find_reader(to_text(payload));
    if (!reader) return code(SCARD_E_UNKNOWN_READER);
    if (reader->sharing == kExclusive) return code(SCARD_E_SHARING_VIOLATION);
  }
  const std::lock_guard card(reader->card);
  std::unique_lock state(state_);
  if (reader->gone) return code(SCARD_E_READER_UNAVAILABLE);
  if (reader->sharing == kExclusive) return code(SCARD_E_SHARING_VIOLATION);
  if (reader->owner != 0) {
    response.wait = 1;
    return code(SCARD_E_SHARING_VIOLATION);
  }
  if (share == SCARD_SHARE_EXCLUSIVE && reader->sharing != 0) return code(SCARD_E_SHARING_VIOLATION);
  if (share != SCARD_SHARE_DIRECT) {
    if (reader->slot == nullptr) return code(SCARD_E_NO_SMARTCARD);
    if ((reader->state & SCARD_POWERED) == 0) {
      state.unlock();
      power(*reader, Power::cold);
      state.lock();
      if ((reader->state & SCARD_POWERED) == 0) return code(SCARD_W_UNPOWERED_CARD);
    }
  }
  if (const Result result = negotiate(*reader, share, preferred); result != SCARD_S_SUCCESS) return result;
  const std::uint32_t id = new_handle();
  handles_.emplace(id, Handle{reader, client, 0});
  if (share == SCARD_SHARE_EXCLUSIVE) {
    reader->sharing = kExclusive;
    reader->owner = id;
    reader->depth = 1;
  } else {
    ++reader->sharing;
  }
  announce();
  response.a = id;
  response.b = reader->protocol;
  return SCARD_S_SUCCESS;
}

ResourceManager::Result ResourceManager::reconnect(ClientId client, const Request& request, Response& response) {
  const std::uint32_t id = request.handle, share = request.a, preferred = request.b, initialization = request.c;
  if (initialization > SCARD_UNPOWER_CARD || !is_share_mode(share)) return code(SCARD_E_INVALID_VALUE);
  if (share != SCARD_SHARE_DIRECT && !names_protocol(preferred)) return code(SCARD_E_PROTO_MISMATCH);
  Result result = SCARD_S_SUCCESS;
  const ReaderPtr reader = reader_of(client, id, result);
  if (!reader) return result;
  const std::lock_guard card(reader->card);
  std::unique_lock state(state_);
  if (find(client, id) == nullptr) return code(SCARD_E_INVALID_HANDLE);
  if (reader->owner != 0 && reader->owner != id) {
    response.wait = 1;
    return code(SCARD_E_SHARING_VIOLATION);
  }
  if (share == SCARD_SHARE_EXCLUSIVE && reader->sharing != kExclusive && reader->sharing != 1) return code(SCARD_E_SHARING_VIOLATION);
  if (reader->slot == nullptr) return code(SCARD_E_NO_SMARTCARD);
  const bool switched_off = (reader->state & (SCARD_POWERED | SCARD_SWALLOWED)) == 0;
  if (initialization != SCARD_LEAVE_CARD || (switched_off && share != SCARD_SHARE_DIRECT)) {
    if (initialization != SCARD_LEAVE_CARD) tell_handles(*reader, code(SCARD_W_RESET_CARD));
    state.unlock();
    if (initialization == SCARD_UNPOWER_CARD) power(*reader, Power::off);
    power(*reader, initialization == SCARD_RESET_CARD ? Power::warm : Power::cold);
    state.lock();
  }
  if ((reader->state & SCARD_SWALLOWED) != 0) return code(SCARD_W_UNRESPONSIVE_CARD);
  result = negotiate(*reader, share, preferred);
  if (result != SCARD_S_SUCCESS) return result;
  if (share == SCARD_SHARE_EXCLUSIVE) {
    if (reader->sharing != kExclusive) {
      reader->sharing = kExclusive;
      reader->owner = id;
      ++reader->depth;
    }
  } else if (reader->sharing == kExclusive) {
    reader->sharing = 1;
    if (--reader->depth == 0) unlock(*reader);
  }
  find(client, id)->event = 0;
  announce();
  response.b = reader->protocol;
  return SCARD_S_SUCCESS;
}

ResourceManager::Result ResourceManager::disconnect(ClientId client, const Request& request, Response& response) {
  const std::uint32_t id = request.handle, disposition = request.a;
  if (!is_disposition(disposition)) return code(SCARD_E_INVALID_VALUE);
  ReaderPtr reader;
  {
    const std::lock_guard state(state_);
    const Handle* handle = find(client, id);
    if (handle == nullptr) return code(SCARD_E_INVALID_HANDLE);
    reader = handle->reader;
    if (disposition == SCARD_LEAVE_CARD || disposition == SCARD_EJECT_CARD || reader->gone) {
      if (disposition == SCARD_EJECT_CARD && reader->owner != 0 && reader->owner != id) {
        response.wait = 1;
        return code(SCARD_E_SHARING_VIOLATION);
      }
      close_handle(id);  // the reader has no motor: ejecting changes nothing, as with the virtual reader under pcscd
      return SCARD_S_SUCCESS;
    }
  }
  const std::lock_guard card(reader->card);
  std::unique_lock state(state_);
  if (find(client, id) == nullptr) return code(SCARD_E_INVALID_HANDLE);
  if (reader->owner != 0 && reader->owner != id) {
    response.wait = 1;
    return code(SCARD_E_SHARING_VIOLATION);
  }
  if (reader->slot != nullptr) {
    tell_handles(*reader, code(SCARD_W_RESET_CARD));
    state.unlock();
    power(*reader, disposition == SCARD_RESET_CARD ? Power::warm : Power::off);
    state.lock();
  }
  close_handle(id);
  return SCARD_S_SUCCESS;
}

ResourceManager::Result ResourceManager::begin(ClientId client, const Request& request, Response& response) {
  const std::lock_guard state(state_);
  const std::uint32_t id = request.handle;
  const Handle* handle = find(client, id);
  if (handle == nullptr) return code(SCARD_E_INVALID_HANDLE);
  Reader& reader = *handle->reader;
  if (reader.gone || handle->event != 0) {
    drop_claim(reader, id);
    return reader.gone ? code(SCARD_E_READER_UNAVAILABLE) : handle->event;
  }
  if (reader.owner == 0 || reader.owner == id) {
    reader.owner = id;
    ++reader.depth;
    return SCARD_S_SUCCESS;
  }
  if (std::ranges::find(reader.queue, id) == reader.queue.end()) reader.queue.push_back(id);
  response.wait = 1;
  return code(SCARD_E_SHARING_VIOLATION);
}

ResourceManager::Result ResourceManager::end(ClientId client, const Request& request) {
  const std::uint32_t id = request.handle, disposition = request.a;
  if (!is_disposition(disposition)) return code(SCARD_E_INVALID_VALUE);
  std::unique_lock state(state_);
  const Handle* handle = find(client, id);
  if (handle == nullptr) return code(SCARD_E_INVALID_HANDLE);
  const ReaderPtr reader = handle->reader;
  if (reader->gone) return code(SCARD_E_READER_UNAVAILABLE);
  if (handle->event != 0) return handle->event;
  if (reader->owner != 0 && reader->owner != id) return code(SCARD_E_SHARING_VIOLATION);
  if (disposition == SCARD_RESET_CARD || disposition == SCARD_UNPOWER_CARD) {
    state.unlock();
    const std::lock_guard card(reader->card);
    if (reader->slot != nullptr) {
      if (disposition == SCARD_UNPOWER_CARD) power(*reader, Power::off);
      power(*reader, disposition == SCARD_RESET_CARD ? Power::warm : Power::cold);
    }
    state.lock();
    if (find(client, id) == nullptr) return code(SCARD_E_INVALID_HANDLE);
    tell_handles(*reader, code(SCARD_W_RESET_CARD));
  }
  const std::uint32_t least = reader->sharing == kExclusive ? 1 : 0;
  if (reader->owner != id || reader->depth <= least) return code(SCARD_E_NOT_TRANSACTED);
  if (--reader->depth == 0) unlock(*reader);
  return SCARD_S_SUCCESS;
}

ResourceManager::Result ResourceManager::status(ClientId client, const Request& request, Response& response, Bytes& out) {
  const std::lock_guard state(state_);
  const Handle* handle = find(client, request.handle);
  if (handle == nullptr) return code(SCARD_E_INVALID_HANDLE);
  if (const Result result = usable(*handle, request.handle, response); result != SCARD_S_SUCCESS) return result;
  const Reader& reader = *handle->reader;
  response.a = reader.counter << 16 | reader.state;
  response.b = reader.protocol;
  write_reader(out, {reader.name, reader.state, reader.counter, reader.sharing, reader.atr});
  return SCARD_S_SUCCESS;
}

ResourceManager::Result ResourceManager::transmit(ClientId client, const Request& request, ByteView apdu, Response& response, Bytes& out) {
  if (request.b < 2) return code(SCARD_E_INSUFFICIENT_BUFFER);
  Result result = SCARD_S_SUCCESS;
  const ReaderPtr reader = reader_of(client, request.handle, result);
  if (!reader) return result;
  const std::lock_guard card(reader->card);
  {
    const std::lock_guard state(state_);
    const Handle* handle = find(client, request.handle);
    if (handle == nullptr) return code(SCARD_E_INVALID_HANDLE);
    result = usable(*handle, request.handle, response);
    if (result != SCARD_S_SUCCESS) return result;
    if (reader->slot == nullptr) return code(SCARD_E_NO_SMARTCARD);
    if (request.a != SCARD_PROTOCOL_RAW && request.a != kAnyProtocolOld && request.a != reader->protocol) {
      return code(SCARD_E_PROTO_MISMATCH);
    }
    if ((reader->state & SCARD_POWERED) == 0) return code(SCARD_W_UNPOWERED_CARD);
    response.b = reader->protocol;
  }
  try {
    out = reader->slot->transmit(apdu);
  } catch (const std::exception& error) {
    out.clear();
    if (on_fault_) on_fault_(reader->name, error.what());
  }
  if (out.empty() || out.size() > kPayload) {
    out.clear();
    return code(SCARD_E_NOT_TRANSACTED);
  }
  response.a = static_cast<std::uint32_t>(out.size());
  if (out.size() > request.b) {
    out.clear();
    return code(SCARD_E_INSUFFICIENT_BUFFER);
  }
  return SCARD_S_SUCCESS;
}

ResourceManager::Result ResourceManager::control(ClientId client, const Request& request, Response& response, Bytes& out) {
  const std::lock_guard state(state_);
  const Handle* handle = find(client, request.handle);
  if (handle == nullptr) return code(SCARD_E_INVALID_HANDLE);
  if (handle->reader->gone) return code(SCARD_E_READER_UNAVAILABLE);
  if (handle->reader->owner != 0 && handle->reader->owner != request.handle) return code(SCARD_E_SHARING_VIOLATION);
  const auto value = control_output(request.a);
  if (!value) return code(SCARD_E_UNSUPPORTED_FEATURE);
  response.a = static_cast<std::uint32_t>(value->size());
  if (value->size() > request.b) return code(SCARD_E_INSUFFICIENT_BUFFER);
  out = *value;
  return SCARD_S_SUCCESS;
}

ResourceManager::Result ResourceManager::get_attribute(ClientId client, const Request& request, Bytes& out) {
  const std::lock_guard state(state_);
  const Handle* handle = find(client, request.handle);
  if (handle == nullptr) return code(SCARD_E_INVALID_HANDLE);
  Response unused;
  if (const Result result = usable(*handle, request.handle, unused); result != SCARD_S_SUCCESS) return result;
  const Reader& reader = *handle->reader;
  const auto value =
      attribute(request.a, {.type = "Simurgh direct",
                            .name = reader.name,
                            .unit = reader.id,
                            .protocol = reader.protocol,
                            .present = (reader.state & SCARD_PRESENT) != 0,
                            .powered = (reader.state & SCARD_POWERED) != 0,
                            .atr = reader.atr});
  if (!value) return code(SCARD_E_UNSUPPORTED_FEATURE);
  out = *value;
  return SCARD_S_SUCCESS;
}

ResourceManager::Result ResourceManager::set_attribute(ClientId client, const Request& request) {
  const std::lock_guard state(state_);
  const Handle* handle = find(client, request.handle);
  if (handle == nullptr) return code(SCARD_E_INVALID_HANDLE);
  Response unused;
  const Result result = usable(*handle, request.handle, unused);
  return result == SCARD_S_SUCCESS ? code(SCARD_E_UNSUPPORTED_FEATURE) : result;
}

ResourceManager::Result ResourceManager::list(Response& response, Bytes& out) {
  const std::lock_guard state(state_);
  for (const ReaderPtr& reader : readers_) write_reader(out, {reader->name, reader->state, reader->counter, reader->sharing, reader->atr});
  response.a = generation_;
  return SCARD_S_SUCCESS;
}

ResourceManager::Handle* ResourceManager::find(ClientId client, std::uint32_t handle) {
  const auto found = handles_.find(handle);
  return found != handles_.end() && found->second.client == client ? &found->second : nullptr;
}

ResourceManager::ReaderPtr ResourceManager::find_reader(const std::string& name) const {
  const auto found = std::ranges::find(readers_, name, [](const ReaderPtr& reader) -> const std::string& { return reader->name; });
  return found == readers_.end() ? nullptr : *found;
}

ResourceManager::ReaderPtr ResourceManager::find_reader(ReaderId id) const {
  const auto found = std::ranges::find(readers_, id, [](const ReaderPtr& reader) { return reader->id; });
  return found == readers_.end() ? nullptr : *found;
}

ResourceManager::ReaderPtr ResourceManager::reader_of(ClientId client, std::uint32_t id, Result& result) {
  const std::lock_guard state(state_);
  const Handle* handle = find(client, id);
  if (handle == nullptr) {
    result = code(SCARD_E_INVALID_HANDLE);
    return nullptr;
  }
  if (handle->reader->gone) {
    result = code(SCARD_E_READER_UNAVAILABLE);
    return nullptr;
  }
  return handle->reader;
}

ResourceManager::Result ResourceManager::usable(const Handle& handle, std::uint32_t id, Response& response) const {
  const Reader& reader = *handle.reader;
  if (reader.gone) return code(SCARD_E_READER_UNAVAILABLE);
  if (reader.owner != 0 && reader.owner != id) {
    response.wait = 1;
    return code(SCARD_E_SHARING_VIOLATION);
  }
  return handle.event;
}

ResourceManager::Result ResourceManager::negotiate(Reader& reader, std::uint32_t share, std::uint32_t preferred) const {
  if ((preferred & SCARD_PROTOCOL_RAW) != 0) {
    reader.protocol = SCARD_PROTOCOL_RAW;
    return SCARD_S_SUCCESS;
  }
  if (share == SCARD_SHARE_DIRECT) return SCARD_S_SUCCESS;
  if ((preferred & kAnyProtocolOld) != 0) preferred = SCARD_PROTOCOL_ANY;
  if (reader.protocol != SCARD_PROTOCOL_UNDEFINED)
    return (preferred & reader.protocol) != 0 ? SCARD_S_SUCCESS : code(SCARD_E_PROTO_MISMATCH);
  const OfferedProtocols offered = offered_protocols(reader.atr);
  if (offered.t1 && (preferred & SCARD_PROTOCOL_T1) != 0) {
    reader.protocol = SCARD_PROTOCOL_T1;
  } else if (offered.t0 && (preferred & SCARD_PROTOCOL_T0) != 0) {
    reader.protocol = SCARD_PROTOCOL_T0;
  } else {
    return code(SCARD_E_PROTO_MISMATCH);
  }
  return SCARD_S_SUCCESS;
}

void ResourceManager::tell_handles(const Reader& reader, std::uint32_t event) {
  for (auto& [id, handle] : handles_) {
    if (handle.reader.get() == &reader) handle.event = event;
  }
}

void ResourceManager::unlock(Reader& reader) {
  reader.owner = reader.depth = 0;
  if (!reader.queue.empty()) {
    reader.owner = reader.queue.front();
    reader.queue.pop_front();
  }
  announce();
}

void ResourceManager::drop_claim(Reader& reader, std::uint32_t id) {
  std::erase(reader.queue, id);
  if (reader.owner == id && reader.depth == 0) unlock(reader);
}

void ResourceManager::close_handle(std::uint32_t id) {
  const ReaderPtr reader = handles_.at(id).reader;
  handles_.erase(id);
  reader->sharing = reader->sharing == kExclusive ? 0 : reader->sharing - 1;
  if (reader->sharing == 0) reader->protocol = SCARD_PROTOCOL_UNDEFINED;  // pcscd forgets it when it powers the unused card off
  std::erase(reader->queue, id);
  if (reader->owner == id) {
    unlock(*reader);
  } else {
    announce();
  }
}

// Handles are 31 bits and never 0 or in use: some programs keep them in an int and test for 0. Random, so that a program which uses a
// handle after its end meets an error and not a stranger's card.
std::uint32_t ResourceManager::new_handle() {
  for (;;) {
    const std::uint32_t id = static_cast<std::uint32_t>(random_()) & 0x7FFFFFFF;
    if (id != 0 && !handles_.contains(id)) return id;
  }
}

void ResourceManager::announce() {
  if (on_event_) on_event_();
}

}  // namespace simurgh::pcsc::direct
