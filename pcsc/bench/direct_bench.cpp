#include <cstdlib>
#include <stdexcept>

#include "pcsc/bench/bench.h"
#include "pcsc/direct/server.h"
#include "pcsc/direct/wire.h"

namespace simurgh::pcsc::direct {

BenchResult bench(const std::string& library, CardSlot& card, ByteView apdu, std::chrono::milliseconds duration) {
  Server server;
  const char* const reader = "Simurgh bench";
  server.add_reader(reader, card);
  if (::setenv(kSocketVariable, server.socket_path().c_str(), 1) != 0) throw std::runtime_error("The environment cannot be changed.");
  return round_trips(library, reader, card.atr(), apdu, duration);
}

}  // namespace simurgh::pcsc::direct
