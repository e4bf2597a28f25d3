#include <algorithm>
#include <array>
#include <memory>
#include <stdexcept>
#include <utility>
#include <vector>

#include "pcsc/bench/bench.h"
#include "pcsc/bench/scard_library.h"

namespace simurgh::pcsc {

namespace {

// The card's activation and the daemon's notice of it take a moment.
constexpr auto kPatience = std::chrono::seconds(10);
constexpr DWORD kLookMilliseconds = 50;

bool holds(const ScardLibrary& scard, SCARDCONTEXT context, const std::string& reader, ByteView atr) {
  SCARD_READERSTATE state{};
  state.szReader = reader.c_str();
  if (scard.status_change(context, 0, &state, 1) != SCARD_S_SUCCESS) return false;
  return (state.dwEventState & SCARD_STATE_PRESENT) != 0 && equal(ByteView(state.rgbAtr, state.cbAtr), atr);
}

std::string reader_with(const ScardLibrary& scard, SCARDCONTEXT context, const std::string& start, ByteView atr) {
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (std::chrono::steady_clock::now() < end) {
    for (const std::string& name : scard.readers(context)) {
      if (name.starts_with(start) && holds(scard, context, name, atr)) return name;
    }
    // A wait for a change of the list of readers; a card's arrival ends it no earlier, so it is short.
    SCARD_READERSTATE plug{};
    plug.szReader = "\\\\?PnP?\\Notification";
    (void)scard.status_change(context, kLookMilliseconds, &plug, 1);
  }
  throw std::runtime_error("No reader \"" + start + "...\" showed the card.");
}

}  // namespace

BenchResult round_trips(const std::string& library, const std::string& reader, ByteView atr, ByteView apdu,
                        std::chrono::milliseconds duration) {
  using Clock = std::chrono::steady_clock;
  const ScardLibrary scard(library);
  SCARDCONTEXT context = 0;
  scard.check(scard.establish(SCARD_SCOPE_SYSTEM, nullptr, nullptr, &context), "SCardEstablishContext");
  const struct Release {
    const ScardLibrary& scard;
    SCARDCONTEXT context;
    ~Release() { (void)scard.release(context); }
  } release{scard, context};
  SCARDHANDLE handle = 0;
  DWORD protocol = 0;
  const std::string name = reader_with(scard, context, reader, atr);
  scard.check(scard.connect(context, name.c_str(), SCARD_SHARE_SHARED, SCARD_PROTOCOL_ANY, &handle, &protocol), "SCardConnect");
  const SCARD_IO_REQUEST header{protocol, sizeof(SCARD_IO_REQUEST)};
  constexpr std::size_t kLongestResponse = 65538;
  const auto response = std::make_unique<std::array<std::uint8_t, kLongestResponse>>();
  BenchResult result;
  std::vector<float> each;
  const auto start = Clock::now();
  auto now = start;
  while (now - start < duration) {
    DWORD length = response->size();
    scard.check(scard.transmit(handle, &header, apdu.data(), apdu.size(), nullptr, response->data(), &length), "SCardTransmit");
    const auto then = std::exchange(now, Clock::now());
    each.push_back(std::chrono::duration<float, std::micro>(now - then).count());
  }
  result.apdus = each.size();
  result.seconds = std::chrono::duration<double>(now - start).count();
  std::ranges::sort(each);
  result.median_us = each[each.size() / 2];
  result.slowest_of_hundred_us = each[each.size() - 1 - each.size() / 100];
  scard.check(scard.disconnect(handle, SCARD_LEAVE_CARD), "SCardDisconnect");
  return result;
}

}  // namespace simurgh::pcsc
