#include "pcsc/direct/bench.h"

#include <PCSC/winscard.h>
#include <dlfcn.h>

#include <array>
#include <cstdlib>
#include <memory>
#include <stdexcept>

#include "pcsc/direct/server.h"
#include "pcsc/direct/wire.h"

namespace simurgh::pcsc::direct {

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
  decltype(&pcsc_stringify_error) text = nullptr;
};

}  // namespace

BenchResult bench(const std::string& library, CardSlot& card, ByteView apdu, std::chrono::milliseconds duration) {
  using Clock = std::chrono::steady_clock;
  const Functions scard(library);
  Server server;
  const char* const reader = "Simurgh bench";
  server.add_reader(reader, card);
  if (::setenv(kSocketVariable, server.socket_path().c_str(), 1) != 0) throw std::runtime_error("The environment cannot be changed.");

  SCARDCONTEXT context = 0;
  SCARDHANDLE handle = 0;
  DWORD protocol = 0;
  scard.check(scard.establish(SCARD_SCOPE_SYSTEM, nullptr, nullptr, &context), "SCardEstablishContext");
  scard.check(scard.connect(context, reader, SCARD_SHARE_SHARED, SCARD_PROTOCOL_ANY, &handle, &protocol), "SCardConnect");
  const SCARD_IO_REQUEST header{protocol, sizeof(SCARD_IO_REQUEST)};
  const auto response = std::make_unique<std::array<std::uint8_t, kPayload>>();
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
  scard.check(scard.release(context), "SCardReleaseContext");
  return result;
}

}  // namespace simurgh::pcsc::direct
