#include "ipae/transport/memories.h"

#include <algorithm>

namespace simurgh::ipae {

std::string SessionMemories::name_of(const char* protocol, const std::string& host, std::uint16_t port, const TlsTrust& trust) {
  std::string out = std::string(protocol) + " " + host + ":" + std::to_string(port) + (trust.verify ? " verified" : "") + (trust.dates ? " dated" : "");
  const auto add = [&](const char* what, const Bytes& value) { out += what + to_hex(value); };
  if (trust.pinned_key) {
    add(" key ", *trust.pinned_key);
  } else if (trust.pinned_certificate) {
    add(" certificate ", *trust.pinned_certificate);
  } else {
    for (const Bytes& authority : trust.authorities) add(" authority ", authority);
  }
  return out;
}

SessionMemory SessionMemories::take(const std::string& server) {
  const auto at = std::ranges::find(kept_, server, &std::pair<std::string, SessionMemory>::first);
  if (at == kept_.end()) return {};
  SessionMemory out = std::move(at->second);
  kept_.erase(at);
  return out;
}

void SessionMemories::keep(std::string server, SessionMemory memory) {
  if (!memory) return;
  std::erase_if(kept_, [&](const auto& one) { return one.first == server; });
  if (kept_.size() == kServers) kept_.erase(kept_.begin());
  kept_.emplace_back(std::move(server), std::move(memory));
}

}  // namespace simurgh::ipae
