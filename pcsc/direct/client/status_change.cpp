// SCardGetStatusChange: the differences between what a program believes of its readers and what is.
#include <strings.h>

#include <algorithm>
#include <chrono>
#include <vector>

#include "pcsc/direct/client/calls.h"

using namespace simurgh;
using namespace simurgh::pcsc::direct;

namespace {

using Clock = std::chrono::steady_clock;

constexpr const char* kNotification = "\\\\?PnP?\\Notification";

struct Snapshot {
  std::vector<ReaderView> readers;
  std::uint32_t generation = 0;
  std::uint32_t events = 0;

  [[nodiscard]] const ReaderView* find(const char* name) const {
    const auto found = std::ranges::find_if(readers, [&](const ReaderView& reader) { return reader.name == name; });
    return found == readers.end() ? nullptr : &*found;
  }
};

LONG look(Context& context, Snapshot& out) {
  return call(context, request_for(Op::readers), {}, Blocking::never, [&](const Response& response, ByteView payload) -> LONG {
    if (response.result != SCARD_S_SUCCESS) return result_of(response);
    auto readers = read_readers(payload);
    if (!readers) return SCARD_F_COMM_ERROR;
    out = {std::move(*readers), response.a, response.events};
    return SCARD_S_SUCCESS;
  });
}

bool is_notification(const SCARD_READERSTATE& wanted) { return ::strcasecmp(wanted.szReader, kNotification) == 0; }

// Fills in the present state; true when it differs from what the program believes.
bool compare(SCARD_READERSTATE& wanted, const ReaderView& reader) {
  const DWORD believed = wanted.dwCurrentState;
  const auto believes = [&](DWORD flags) { return (believed & flags) != 0; };
  const bool present = (reader.state & SCARD_PRESENT) != 0;
  const bool mute = present && (reader.state & SCARD_SWALLOWED) != 0;
  const DWORD counter = believed >> 16 & 0xFFFF;

  DWORD now = present ? SCARD_STATE_PRESENT : SCARD_STATE_EMPTY;
  bool changed = believed == SCARD_STATE_UNAWARE || believes(SCARD_STATE_UNKNOWN | SCARD_STATE_UNAVAILABLE);
  changed = changed || (counter != 0 && counter != reader.counter);
  changed = changed || believes(present ? SCARD_STATE_EMPTY : SCARD_STATE_PRESENT);
  if (mute) now |= SCARD_STATE_MUTE;
  changed = changed || (present && mute != believes(SCARD_STATE_MUTE));
  if (reader.sharing < 0) {
    now |= SCARD_STATE_EXCLUSIVE;
    changed = changed || believes(SCARD_STATE_INUSE);
  } else if (reader.sharing > 0 && present) {
    now |= SCARD_STATE_INUSE;
    changed = changed || believes(SCARD_STATE_EXCLUSIVE);
  } else if (reader.sharing == 0) {
    changed = changed || believes(SCARD_STATE_INUSE | SCARD_STATE_EXCLUSIVE);
  }
  wanted.dwEventState = static_cast<DWORD>(reader.counter) << 16 | now | (changed ? SCARD_STATE_CHANGED : 0);
  wanted.cbAtr = present ? reader.atr.size() : 0;
  std::copy_n(reader.atr.begin(), wanted.cbAtr, wanted.rgbAtr);
  return changed;
}

// `generation`: of the list of readers when the wait began; a program that watches the list hears of every change once.
bool compare(SCARD_READERSTATE& wanted, const Snapshot& now, std::uint32_t generation) {
  if ((wanted.dwCurrentState & SCARD_STATE_IGNORE) != 0) return false;
  if (const ReaderView* reader = now.find(wanted.szReader)) return compare(wanted, *reader);
  if (is_notification(wanted)) {
    const bool changed = now.generation != generation;
    wanted.dwEventState = changed ? SCARD_STATE_CHANGED : 0;
    return changed;
  }
  const bool changed = (wanted.dwCurrentState & SCARD_STATE_UNKNOWN) == 0;  // the reader was removed
  wanted.dwEventState = SCARD_STATE_UNKNOWN | SCARD_STATE_UNAVAILABLE | (changed ? SCARD_STATE_CHANGED : 0);
  return changed;
}

LONG wait_for_change(Context& context, DWORD timeout, std::span<SCARD_READERSTATE> wanted) {
  const std::uint32_t cancels = context.cancels.load();
  const bool for_ever = timeout == INFINITE || timeout == static_cast<DWORD>(-1);
  const auto deadline = Clock::now() + std::chrono::milliseconds(for_ever ? 0 : narrow(timeout));
  Snapshot now;
  if (const LONG result = look(context, now); result != SCARD_S_SUCCESS) return result;
  const std::uint32_t generation = now.generation;
  for (SCARD_READERSTATE& one : wanted) {
    if (now.find(one.szReader) == nullptr && !is_notification(one)) return SCARD_E_UNKNOWN_READER;
  }
  for (SCARD_READERSTATE& one : wanted) one.dwEventState = 0;
  for (;;) {
    bool changed = false;
    for (SCARD_READERSTATE& one : wanted) changed = compare(one, now, generation) || changed;
    if (changed) return SCARD_S_SUCCESS;
    // Sleep until the server has news.
    for (std::uint32_t seen = now.events; seen == now.events;) {
      if (context.cancels.load() != cancels || context.released.load()) return SCARD_E_CANCELLED;
      const std::int64_t left = for_ever ? -1 : std::chrono::nanoseconds(deadline - Clock::now()).count();
      if (!for_ever && left <= 0) return SCARD_E_TIMEOUT;
      if (!context.channel->wait_for_event(seen, left)) return SCARD_E_NO_SERVICE;
      seen = context.channel->events();
    }
    if (context.cancels.load() != cancels || context.released.load()) return SCARD_E_CANCELLED;
    if (const LONG result = look(context, now); result != SCARD_S_SUCCESS) return context.released.load() ? SCARD_E_CANCELLED : result;
  }
}

}  // namespace

extern "C" LONG SCardGetStatusChange(SCARDCONTEXT hContext, DWORD dwTimeout, SCARD_READERSTATE* rgReaderStates, DWORD cReaders) {
  if ((rgReaderStates == nullptr && cReaders > 0) || cReaders > PCSCLITE_MAX_READERS_CONTEXTS) return SCARD_E_INVALID_PARAMETER;
  const std::span<SCARD_READERSTATE> wanted(rgReaderStates, cReaders);
  if (std::ranges::any_of(wanted, [](const auto& one) { return one.szReader == nullptr; })) return SCARD_E_INVALID_VALUE;
  // Nothing to wait for, and pcsc-lite looks no further either.
  if (std::ranges::all_of(wanted, [](const auto& one) { return (one.dwCurrentState & SCARD_STATE_IGNORE) != 0; })) return SCARD_S_SUCCESS;
  return guarded([&]() -> LONG {
    const ContextPtr context = Registry::instance().context(hContext);
    return context ? wait_for_change(*context, dwTimeout, wanted) : SCARD_E_INVALID_HANDLE;
  });
}
