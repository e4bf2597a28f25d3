#include <PCSC/winscard.h>
#include <dlfcn.h>

#include <array>
#include <memory>
#include <stdexcept>
#include <vector>

#include "pcsc/bench/bench.h"

namespace simurgh::pcsc {

namespace {

// Taken from the library by name, so that this program can be linked with the system's libpcsclite as well.
struct Functions {
  explicit Functions(const std::string& path) : handle(::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL)) {
    if (handle == nullptr) throw std::runtime_error("Cannot load \"" + path + "\": " + ::dlerror() + ".");
    find("SCardEstablishContext", establish);
    find("SCardReleaseContext", release);
    find("SCardConnect", connect);
    find("SCardDisconnect", disconnect);
    find("SCardTransmit", transmit);
    find("SCardListReaders", list);
    find("SCardGetStatusChange", status_change);
    find("pcsc_stringify_error", text);
  }

  template <class Function>
  void find(const char* name, Function& out) {
    out = reinterpret_cast<Function>(::dlsym(handle, name));
    if (out == nullptr) throw std::runtime_error(std::string("The library has no ") + name + ".");
  }
  void check(LONG result, const char* step) const {
    if (result != SCARD_S_SUCCESS) throw std::runtime_error(std::string(step) + ": " + text(result));
  }

  void* handle;
  decltype(&SCardEstablishContext) establish = nullptr;
  decltype(&SCardReleaseContext) release = nullptr;
  decltype(&SCardConnect) connect = nullptr;
  decltype(&SCardDisconnect) disconnect = nullptr;
  decltype(&SCardTransmit) transmit = nullptr;
  decltype(&SCardListReaders) list = nullptr;
  decltype(&SCardGetStatusChange) status_change = nullptr;
  decltype(&pcsc_stringify_error) text = nullptr;
};

// The card's activation and the daemon's notice of it take a moment.
constexpr auto kPatience = std::chrono::seconds(10);
constexpr DWORD kLookMilliseconds = 50;

std::vector<std::string> readers(const Functions& scard, SCARDCONTEXT context) {
  DWORD length = 0;
  if (scard.list(context, nullptr, nullptr, &length) != SCARD_S_SUCCESS || length == 0) return {};
  std::string names(length, '\0');
  if (scard.list(context, nullptr, names.data(), &length) != SCARD_S_SUCCESS) return {};
  std::vector<std::string> out;
  for (const char* name = names.c_str(); *name != '\0'; name += out.back().size() + 1) out.emplace_back(name);
  return out;
}

bool holds(const Functions& scard, SCARDCONTEXT context, const std::string& reader, ByteView atr) {
  SCARD_READERSTATE state{};
  state.szReader = reader.c_str();
  if (scard.status_change(context, 0, &state, 1) != SCARD_S_SUCCESS) return false;
  return (state.dwEventState & SCARD_STATE_PRESENT) != 0 && equal(ByteView(state.rgbAtr, state.cbAtr), atr);
}

std::string reader_with(const Functions& scard, SCARDCONTEXT context, const std::string& start, ByteView atr) {
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (std::chrono::steady_clock::now() < end) {
    for (const std::string& name : readers(scard, context)) {
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
  const Functions scard(library);
  SCARDCONTEXT context = 0;
  scard.check(scard.establish(SCARD_SCOPE_SYSTEM, nullptr, nullptr, &context), "SCardEstablishContext");
  const struct Release {
    const Functions& scard;
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
  const auto start = Clock::now();
  auto now = start;
  for (; now - start < duration; now = Clock::now()) {
    for (int i = 0; i < 64; ++i) {
      DWORD length = response->size();
      scard.check(scard.transmit(handle, &header, apdu.data(), apdu.size(), nullptr, response->data(), &length), "SCardTransmit");
    }
    result.apdus += 64;
  }
  result.seconds = std::chrono::duration<double>(now - start).count();
  scard.check(scard.disconnect(handle, SCARD_LEAVE_CARD), "SCardDisconnect");
  return result;
}

}  // namespace simurgh::pcsc
