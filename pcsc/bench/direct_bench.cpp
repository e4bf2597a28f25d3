#include <cstdlib>
#include <stdexcept>

#include "pcsc/bench/bench.h"
#include "pcsc/bench/connection.h"
#include "pcsc/direct/server.h"
#include "pcsc/direct/wire.h"

namespace simurgh::pcsc::direct {

namespace {

constexpr const char* kReader = "Simurgh bench";

void name_socket(const Server& server) {
  if (::setenv(kSocketVariable, server.socket_path().c_str(), 1) != 0) throw std::runtime_error("The environment cannot be changed.");
}

}  // namespace

BenchResult bench(const std::string& library, CardSlot& card, ByteView apdu, std::chrono::milliseconds duration) {
  Server server;
  server.add_reader(kReader, card);
  name_socket(server);
  return round_trips(library, kReader, card.atr(), apdu, duration);
}

void with_card(const std::string& library, CardSlot& card, const std::function<void(const Exchange&)>& use) {
  Server server;
  server.add_reader(kReader, card);
  name_socket(server);
  Connection connection(library, kReader, card.atr());
  use([&](ByteView apdu) { return connection.transmit(apdu); });
}

}  // namespace simurgh::pcsc::direct
