#include "tools/https/beast_answer.h"

namespace simurgh::https {

namespace http = boost::beast::http;

http::response<http::string_body> answer(const Handler& handler, const http::request<http::string_body>& request, std::string& note) {
  http::response<http::string_body> response;
  response.version(request.version());
  response.keep_alive(request.keep_alive());
  Request in;
  const auto field = [&](auto name) { return std::string(request[name]); };
  in.method = std::string(request.method_string());
  in.target = std::string(request.target());
  in.content_type = field(http::field::content_type);
  in.accept = field(http::field::accept);
  in.admin_protocol = field("X-Admin-Protocol");
  in.host = field(http::field::host);
  in.origin = field(http::field::origin);
  in.body = request.body();
  in.note = &note;
  const Reply reply = handler(in);
  response.result(reply.status);
  if (!reply.content_type.empty()) response.set(http::field::content_type, reply.content_type);
  for (const auto& [name, value] : reply.fields) response.set(name, value);
  response.body() = reply.body;
  response.prepare_payload();
  return response;
}

}  // namespace simurgh::https
