// What TLS and DTLS associations leave behind for shorter handshakes with the same servers (RFC 5246 7.3, RFC 8446 2.2). Kept in memory only.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "ipae/transport/trust.h"

namespace simurgh::ipae {

// A session's secret, zeroed with the last copy. Empty: nothing to build on.
using SessionMemory = std::shared_ptr<void>;

// The last associations, each of a server: its name, its port and what it is trusted by. Outlives the nets that use it.
class SessionMemories {
 public:
  // Whoever is trusted in another way is another server: it is verified anew.
  [[nodiscard]] static std::string name_of(const char* protocol, const std::string& host, std::uint16_t port, const TlsTrust& trust);
  // Taken out: an attempt that fails must not fail again for the same reason.
  [[nodiscard]] SessionMemory take(const std::string& server);
  void keep(std::string server, SessionMemory memory);

 private:
  static constexpr std::size_t kServers = 4;
  std::vector<std::pair<std::string, SessionMemory>> kept_;  // the oldest first
};

}  // namespace simurgh::ipae
