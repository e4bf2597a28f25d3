#include "pcsc/bench/connection.h"

#include <array>
#include <chrono>
#include <stdexcept>

namespace simurgh::pcsc {

namespace {

// The card's activation and the daemon's notice of it take a moment.
constexpr auto kPatience = std::chrono::seconds(10);
constexpr DWORD kLookMilliseconds = 50;
constexpr std::size_t kLongestResponse = 65538;

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

struct Connection::Buffer {
  std::array<std::uint8_t, kLongestResponse> octets;
};

Connection::Connection(const std::string& library, const std::string& reader, ByteView atr) : scard_(library), buffer_(std::make_unique<Buffer>()) {
  scard_.check(scard_.establish(SCARD_SCOPE_SYSTEM, nullptr, nullptr, &context_), "SCardEstablishContext");
  try {
    DWORD protocol = 0;
    const std::string name = reader_with(scard_, context_, reader, atr);
    scard_.check(scard_.connect(context_, name.c_str(), SCARD_SHARE_SHARED, SCARD_PROTOCOL_ANY, &handle_, &protocol), "SCardConnect");
    header_ = {protocol, sizeof(SCARD_IO_REQUEST)};
  } catch (...) {
    (void)scard_.release(context_);
    throw;
  }
}

Connection::~Connection() {
  (void)scard_.disconnect(handle_, SCARD_LEAVE_CARD);
  (void)scard_.release(context_);
}

ByteView Connection::transmit(ByteView apdu) {
  DWORD length = buffer_->octets.size();
  scard_.check(scard_.transmit(handle_, &header_, apdu.data(), apdu.size(), nullptr, buffer_->octets.data(), &length), "SCardTransmit");
  return ByteView(buffer_->octets).first(length);
}

}  // namespace simurgh::pcsc
