// HTTPS around the service: a listener for cards (ES9+) or for operators (ES2+).
#pragma once

#include "tools/https/server.h"
#include "tools/smdp/http_service.h"

namespace simurgh::smdp {

// The service behind one listener, with the protocol version SGP.22 wants in each answer.
[[nodiscard]] https::Handler listener_handler(HttpService& service, Interface interface);

}  // namespace simurgh::smdp
