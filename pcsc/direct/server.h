// A private card server: readers over a Unix socket for the programs that load our libpcsclite.so.1. No daemon, no privilege.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "pcsc/slot.h"

namespace simurgh::pcsc::direct {

// Serves from its own threads, one for each connected SCARDCONTEXT, from construction to destruction. All members may be called from any
// thread. A client that dies, misbehaves or lies in shared memory ends its own connection and nothing else.
class Server {
 public:
  using ReaderId = unsigned;

  struct Options {
    // Where to listen; created with mode 0600. Empty: a fresh private folder of mode 0700 below the system's place for such files,
    // removed at the end. A socket file that nobody listens on is replaced.
    std::string socket_path;
    // Called when a card threw, with the reader and the exception's text; the card then counts as mute.
    std::function<void(const std::string& reader, const std::string& what)> on_fault;
  };

  // Connected contexts, over all programs; further ones see SCARD_E_NO_SERVICE.
  static constexpr std::size_t kMaxClients = 256;

  // Throws std::system_error or std::invalid_argument when it cannot listen.
  explicit Server(Options options);
  Server() : Server(Options{}) {}
  // Waiting clients get SCARD_E_NO_SERVICE. Waits for a card that is in the middle of an APDU. Cards are powered off.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  [[nodiscard]] const std::string& socket_path() const noexcept;

  // See ResourceManager for errors. Cards are borrowed: each must live until it is removed or the server ends.
  ReaderId add_reader(const std::string& name, CardSlot& card);
  ReaderId add_empty_reader(const std::string& name);
  void remove_reader(ReaderId reader);
  void insert_card(ReaderId reader, CardSlot& card);
  void remove_card(ReaderId reader);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace simurgh::pcsc::direct
