// One HTTP request and its reply as a server's functions see them, free of sockets.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace simurgh::https {

struct Request {
  std::string method = "POST";
  std::string target;          // path and query as sent
  std::string content_type;    // empty when absent
  std::string accept;
  std::string admin_protocol;  // X-Admin-Protocol
  std::string host, origin;    // who the client thinks it talks to, and the page that made it
  std::string body;
  std::string* note = nullptr;  // the handler's own word about the connection, empty when it begins; nothing where there is no connection
};

struct Reply {
  unsigned status = 200;
  std::string content_type;
  std::string body;
  std::vector<std::pair<std::string, std::string>> fields = {};
};

// Called from several threads at once.
using Handler = std::function<Reply(const Request&)>;

}  // namespace simurgh::https
