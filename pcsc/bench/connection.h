// A program's connection to one card through a libpcsclite.
#pragma once

#include <memory>
#include <string>

#include "asn1/bytes.h"
#include "pcsc/bench/scard_library.h"

namespace simurgh::pcsc {

class Connection {
 public:
  // Loads a libpcsclite (a path, or the bare name for the system's), waits until a reader whose name starts as given holds a card with this
  // ATR and connects to it. Throws std::runtime_error with a sentence when a step fails.
  Connection(const std::string& library, const std::string& reader, ByteView atr);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // The response, valid until the next command. Throws std::runtime_error.
  [[nodiscard]] ByteView transmit(ByteView apdu);

 private:
  struct Buffer;
  ScardLibrary scard_;
  SCARDCONTEXT context_ = 0;
  SCARDHANDLE handle_ = 0;
  SCARD_IO_REQUEST header_{};
  std::unique_ptr<Buffer> buffer_;
};

}  // namespace simurgh::pcsc
