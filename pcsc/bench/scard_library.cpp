#include "pcsc/bench/scard_library.h"

#include <dlfcn.h>

#include <stdexcept>

namespace simurgh::pcsc {

ScardLibrary::ScardLibrary(const std::string& path) {
  void* const handle = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) throw std::runtime_error("Cannot load \"" + path + "\": " + ::dlerror() + ".");
  const auto find = [handle]<class Function>(const char* name, Function& out) {
    out = reinterpret_cast<Function>(::dlsym(handle, name));
    if (out == nullptr) throw std::runtime_error(std::string("The library has no ") + name + ".");
  };
  find("SCardEstablishContext", establish);
  find("SCardReleaseContext", release);
  find("SCardConnect", connect);
  find("SCardReconnect", reconnect);
  find("SCardDisconnect", disconnect);
  find("SCardBeginTransaction", begin);
  find("SCardEndTransaction", end);
  find("SCardTransmit", transmit);
  find("SCardListReaders", list);
  find("SCardGetStatusChange", status_change);
  find("SCardCancel", cancel);
  find("SCardGetAttrib", attribute);
  find("pcsc_stringify_error", words);
}

void ScardLibrary::check(LONG result, const char* step) const {
  if (result != SCARD_S_SUCCESS) throw std::runtime_error(std::string(step) + ": " + words(result));
}

std::vector<std::string> ScardLibrary::readers(SCARDCONTEXT context) const {
  DWORD length = 0;
  if (list(context, nullptr, nullptr, &length) != SCARD_S_SUCCESS || length == 0) return {};
  std::string names(length, '\0');
  if (list(context, nullptr, names.data(), &length) != SCARD_S_SUCCESS) return {};
  std::vector<std::string> out;
  for (const char* name = names.c_str(); *name != '\0'; name += out.back().size() + 1) out.emplace_back(name);
  return out;
}

}  // namespace simurgh::pcsc
