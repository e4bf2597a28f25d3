// The operator's side: orders by REST, in the resource names and JSON shapes of the open eIM that scripts know
// (/{download,psmo,eco,edr,euicc}/{create,lookup,list,delete}), state for the page, and the page itself. Free of sockets.
#pragma once

#include <string>

#include "tools/eim/eim.h"
#include "tools/eim/esipa_service.h"
#include "tools/https/message.h"

namespace simurgh::eim {

struct RestInfo {
  std::string version;
  std::string esipa_host;
  std::uint16_t esipa_port = 0;
  Bytes configuration;  // EimConfigurationData
};

class Rest {
 public:
  // Without `esipa` there is no /transfer.
  Rest(Eim& eim, RestInfo info, EsipaService* esipa = nullptr) : eim_(eim), info_(std::move(info)), esipa_(esipa) {}
  [[nodiscard]] https::Reply handle(const https::Request& request);

 private:
  [[nodiscard]] https::Reply create(Facility facility, const std::string& body);
  [[nodiscard]] https::Reply facility(Facility facility, const std::string& operation, const std::string& resource, const https::Request& request);
  [[nodiscard]] https::Reply transfer(const std::string& eid, const https::Request& request);
  [[nodiscard]] Json info() const;
  [[nodiscard]] Json state();
  [[nodiscard]] Json device(const std::string& eid);
  Eim& eim_;
  RestInfo info_;
  EsipaService* esipa_;
};

// status, timestamp, resource, outcome: what lookup shows of an order.
[[nodiscard]] Json request_json(const Request& request);
// The description of this interface (OpenAPI 3.1) and the page, as they are served.
[[nodiscard]] const char* openapi_json() noexcept;
[[nodiscard]] const char* page_html() noexcept;

}  // namespace simurgh::eim
