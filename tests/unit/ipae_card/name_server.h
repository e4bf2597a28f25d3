// A name server in a test: answers A questions from a table, as a stub of RFC 1035.
#pragma once

#include <map>
#include <string>

#include "tests/unit/ipae_card/internet.h"

namespace simurgh::test {

struct NameServer {
  std::map<std::string, Bytes> names;  // 4 octets: A, 16: AAAA
  std::uint32_t ttl = 60;
  std::vector<std::string> asked = {};
  bool silent = false;

  Bytes answer(ByteView query) {
    std::string name;
    std::size_t at = 12;
    while (at < query.size() && query[at] != 0) {
      if (!name.empty()) name.push_back('.');
      name += to_text(query.subspan(at + 1, query[at]));
      at += 1U + query[at];
    }
    const std::uint8_t type = query[at + 2];
    asked.push_back(name + (type == 28 ? " AAAA" : ""));
    if (silent) return {};
    const auto found = names.find(name);
    const bool match = found != names.end() && found->second.size() == (type == 28 ? 16U : 4U);
    Bytes out = to_bytes(query);
    out[2] = 0x81;
    out[3] = found == names.end() ? 0x83 : 0x80;
    out[7] = match ? 1 : 0;
    if (match) append(out, concat({Bytes{0xC0, 0x0C, 0x00, type, 0x00, 0x01}, be_bytes(ttl, 4), be_bytes(found->second.size(), 2), found->second}));
    return out;
  }
  Internet::Listen listen() {
    return [this] { return [this](ByteView query) { return answer(query); }; };
  }
};

}  // namespace simurgh::test
