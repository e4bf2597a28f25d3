// The functions of a libpcsclite, taken from it by name: so that one program can use the system's and ours, one after the other.
#pragma once

#include <PCSC/winscard.h>

#include <string>
#include <vector>

namespace simurgh::pcsc {

// Stays loaded to the end of the process, as a libpcsclite with contexts must.
struct ScardLibrary {
  // A path, or the bare name for the system's. Throws std::runtime_error with a sentence.
  explicit ScardLibrary(const std::string& path);

  // Throws std::runtime_error with the step and the library's own words unless the result is success.
  void check(LONG result, const char* step) const;
  // Empty, too, when the library says that there are none.
  [[nodiscard]] std::vector<std::string> readers(SCARDCONTEXT context) const;

  decltype(&SCardEstablishContext) establish = nullptr;
  decltype(&SCardReleaseContext) release = nullptr;
  decltype(&SCardConnect) connect = nullptr;
  decltype(&SCardReconnect) reconnect = nullptr;
  decltype(&SCardDisconnect) disconnect = nullptr;
  decltype(&SCardBeginTransaction) begin = nullptr;
  decltype(&SCardEndTransaction) end = nullptr;
  decltype(&SCardTransmit) transmit = nullptr;
  decltype(&SCardListReaders) list = nullptr;
  decltype(&SCardGetStatusChange) status_change = nullptr;
  decltype(&SCardCancel) cancel = nullptr;
  decltype(&SCardGetAttrib) attribute = nullptr;
  decltype(&pcsc_stringify_error) words = nullptr;
};

}  // namespace simurgh::pcsc
