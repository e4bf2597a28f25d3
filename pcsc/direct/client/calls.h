// What the SCard functions have in common: sending a request, waiting for another's transaction, handing results to C buffers.
#pragma once

#include <PCSC/winscard.h>

#include <cstdlib>
#include <cstring>
#include <new>

#include "pcsc/direct/client/registry.h"

namespace simurgh::pcsc::direct {

// Does SCARD_E_SHARING_VIOLATION through another's transaction make the call wait? Programs turn the waiting of most calls off by the same
// variable as for pcsc-lite.
enum class Blocking { never, unless_disabled, always };

inline bool shall_wait(Blocking blocking) {
  return blocking == Blocking::always || (blocking == Blocking::unless_disabled && std::getenv("PCSCLITE_NO_BLOCKING") == nullptr);
}

inline LONG result_of(const Response& response) { return static_cast<LONG>(response.result); }

// Sends the request until it is not in the way of a transaction. `deliver` sees the last response and its payload while no other thread
// can overwrite it, and returns the result of the whole.
template <class Deliver>
LONG call(Context& context, const Request& request, ByteView payload, Blocking blocking, Deliver&& deliver) {
  for (;;) {
    Response response;
    {
      const std::lock_guard lock(context.calls);
      if (context.released.load()) return SCARD_E_INVALID_HANDLE;
      if (!context.channel->call(request, payload, response)) return SCARD_E_NO_SERVICE;
      if (response.wait == 0 || !shall_wait(blocking)) return deliver(response, context.channel->payload(response));
    }
    if (!context.channel->wait_for_event(response.events, -1)) return SCARD_E_NO_SERVICE;
  }
}

inline LONG call(Context& context, const Request& request, Blocking blocking = Blocking::never) {
  return call(context, request, {}, blocking, [](const Response& response, ByteView) { return result_of(response); });
}

inline Request request_for(Op op, SCARDHANDLE card = 0) {
  return {.op = static_cast<std::uint32_t>(op), .handle = static_cast<std::uint32_t>(card)};
}

// Numbers of the C interface are wider than those on the wire; what does not fit is no valid value of anything.
inline std::uint32_t narrow(DWORD value) { return value > 0xFFFFFFFF ? 0xFFFFFFFF : static_cast<std::uint32_t>(value); }

// The ways in which winscard hands out variable data: a length query (no buffer), a caller's buffer, or memory allocated here
// (SCARD_AUTOALLOCATE: `buffer` is then the address of a pointer). *length becomes the size of the data in every case.
inline LONG hand_out(ByteView data, void* buffer, DWORD* length) {
  const DWORD room = *length;
  *length = data.size();
  if (room == SCARD_AUTOALLOCATE) {
    if (buffer == nullptr) return SCARD_E_INVALID_PARAMETER;
    void* memory = std::malloc(data.empty() ? 1 : data.size());
    if (memory == nullptr) return SCARD_E_NO_MEMORY;
    if (!data.empty()) std::memcpy(memory, data.data(), data.size());
    std::memcpy(buffer, &memory, sizeof memory);
    return SCARD_S_SUCCESS;
  }
  if (buffer == nullptr) return SCARD_S_SUCCESS;
  if (room < data.size()) return SCARD_E_INSUFFICIENT_BUFFER;
  if (!data.empty()) std::memcpy(buffer, data.data(), data.size());
  return SCARD_S_SUCCESS;
}

// No exception may reach a C caller.
template <class Body>
LONG guarded(Body&& body) noexcept {
  try {
    return body();
  } catch (const std::bad_alloc&) {
    return SCARD_E_NO_MEMORY;
  } catch (...) {
    return SCARD_F_INTERNAL_ERROR;
  }
}

}  // namespace simurgh::pcsc::direct
