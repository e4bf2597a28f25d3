#include "tools/smdp/server.h"

namespace simurgh::smdp {

https::Handler listener_handler(HttpService& service, Interface interface) {
  return [&service, interface](const https::Request& request) {
    https::Reply reply = request.method == "POST" ? service.handle(interface, request.target, request.content_type, request.body)
                                                  : https::Reply{405, "", "", {{"Allow", "POST"}}};
    reply.fields.emplace_back("X-Admin-Protocol", "gsma/rsp/v2.5.0");
    return reply;
  };
}

}  // namespace simurgh::smdp
