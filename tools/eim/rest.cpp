#include "tools/eim/rest.h"

#include <algorithm>

#include "ipae/es9/json_depth.h"
#include "tools/eim/esipa_json.h"
#include "tools/eim/identifiers.h"
#include "tools/eim/package.h"

namespace simurgh::eim {
namespace {

constexpr int kJsonDepth = 32;  // orders hold lists of commands

constexpr const char* kJson = "application/json";
constexpr std::size_t kMostRows = 200;    // of each table on the page
constexpr std::size_t kMostEids = 10000;  // of one group operation

https::Reply reply(unsigned status, const Json& body) { return {status, kJson, body.dump(-1, ' ', false, Json::error_handler_t::replace), {}}; }
https::Reply wrong(unsigned status, const std::string& why) { return reply(status, {{"error", why}}); }

// A page of another site must not give orders through the browser of somebody who can reach this port.
bool foreign(const https::Request& request) {
  if (request.origin.empty()) return false;
  return request.origin != "http://" + request.host && request.origin != "https://" + request.host;
}

// Names that only this machine answers to; a rebound name of another site is none of them.
bool local_name(std::string host) {
  if (host.starts_with('[')) {
    host = host.substr(0, host.find(']') + 1);
  } else {
    host = host.substr(0, host.find(':'));
  }
  return host.empty() || host == "localhost" || host == "[::1]" || host.find_first_not_of("0123456789.") == std::string::npos;
}

}  // namespace

Json request_json(const Request& request) {
  const Json order = Json::parse(request.order, nullptr, false);
  Json outcome = Json::parse(request.outcome, nullptr, false);
  Json out{{"status", request.status},
           {"timestamp", std::to_string(request.updated)},
           {"resource", {{"eidValue", request.eid}, {"order", order}}},
           {"outcome", std::move(outcome)}};
  if (!request.verified.empty()) out["signatureVerified"] = request.verified;
  return out;
}

Json Rest::info() const {
  const auto& options = eim_.options();
  const auto& pki = eim_.pki();
  Json roots = Json::array();
  for (const auto& curve : pki.curves) {
    if (curve.ci) roots.push_back(curve.ci->certificate.subject_text);
  }
  return {{"version", info_.version},
          {"eimId", options.eim_id},
          {"esipaIp", info_.esipa_host},
          {"esipaPort", info_.esipa_port},
          {"esipaSslCert", pki.eim_tls ? pki.eim_tls->certificate.subject_text : ""},
          {"eimCert", pki.eim_signing ? pki.eim_signing->certificate.subject_text : ""},
          {"rootCiCerts", std::move(roots)},
          {"addInitialEimRequest", to_hex(add_initial_eim(info_.configuration))},
          {"eimConfigurationData", to_hex(info_.configuration)},
          {"counterValue", 0}};
}

Json Rest::device(const std::string& eid) {
  const auto found = eim_.store().device(eid);
  if (!found) return nullptr;
  const Device& d = *found;
  Json profiles = Json::array();
  for (const Profile& p : eim_.store().profiles(eid)) {
    const auto octets = from_hex(p.iccid);
    profiles.push_back({{"iccid", p.iccid}, {"digits", octets ? iccid_digits(*octets) : ""}, {"state", p.state}, {"name", p.name}, {"provider", p.provider},
                        {"nickname", p.nickname}, {"fallback", p.fallback}});
  }
  return {{"eidValue", d.eid},   {"group", d.group}, {"counterValue", d.counter},          {"associationToken", d.token},
          {"plmn", d.plmn},      {"cause", d.cause}, {"certificateVerified", !d.euicc_certificate.empty()}, {"lastSequence", d.last_sequence},
          {"rule", d.rule},      {"firstSeen", d.first_seen}, {"lastSeen", eim_.last_seen(d)}, {"profiles", std::move(profiles)}};
}

Json Rest::state() {
  Json devices = Json::array();
  for (const Device& d : eim_.store().devices(kMostRows)) devices.push_back(device(d.eid));
  const auto all = [](const std::vector<Request>& requests) {
    Json out = Json::array();
    for (const Request& r : requests) {
      Json one = request_json(r);
      one["resourceId"] = r.resource;
      one["facility"] = facility_name(r.facility);
      one["own"] = r.own;
      one["created"] = r.created;
      one["sends"] = r.sends;
      out.push_back(std::move(one));
    }
    return out;
  };
  Json notifications = Json::array();
  for (const Notification& n : eim_.store().notifications({}, kMostRows)) {
    notifications.push_back({{"eidValue", n.eid}, {"seqNumber", n.sequence}, {"event", n.event}, {"iccid", n.iccid}, {"address", n.address},
                             {"verified", n.verified}, {"forward", n.forward}});
  }
  Json tally = Json::object();
  for (const auto& [status, count] : eim_.store().tally()) tally[status] = count;
  return {{"now", eim_.options().now()}, {"eimId", eim_.options().eim_id}, {"tally", std::move(tally)},
          {"deviceCount", eim_.store().device_count()}, {"devices", std::move(devices)}, {"pending", all(eim_.store().unfinished(kMostRows))},
          {"requests", all(eim_.store().requests(std::nullopt, kMostRows))}, {"notifications", std::move(notifications)}};
}

https::Reply Rest::create(Facility facility, const std::string& body_text) {
  const Json body = ipae::shallow_json(body_text, kJsonDepth) ? Json::parse(body_text, nullptr, false) : Json();
  if (!body.is_object() || !body.contains("order")) return wrong(400, "the body is no JSON object with eidValue and order");
  const Json& order = body["order"];
  // Several devices at once: a list of EIDs, or the name of a group.
  std::vector<std::string> eids;
  const auto eid = body.find("eidValue");
  const auto group = body.find("group");
  if (eid != body.end() && eid->is_array()) {
    for (const Json& one : *eid) eids.push_back(one.is_string() ? one.get<std::string>() : std::string());
  } else if (group != body.end() && group->is_string()) {
    eids = eim_.store().group(group->get<std::string>());
    if (eids.empty()) return wrong(404, "the group has no devices");
  } else if (eid != body.end() && eid->is_string()) {
    const auto resource = eim_.create(facility, eid->get<std::string>(), order);
    if (!resource) return wrong(400, resource.error());
    // Clients follow to the resource, whose address ends in its id.
    https::Reply out = reply(303, {{"resourceId", *resource}});
    out.fields.emplace_back("Location", std::string("/") + facility_name(facility) + "/lookup/" + *resource);
    return out;
  }
  if (eids.empty() || eids.size() > kMostEids) return wrong(400, "eidValue is missing, or there are too many");
  if (const auto checked = check_order(facility, order); !checked) return wrong(400, checked.error());
  if (!std::ranges::all_of(eids, [](const std::string& e) { return eid_octets(e).has_value(); })) return wrong(400, "an eidValue is no EID of 32 digits");
  sqlite::Database::Transaction transaction(eim_.store().database());
  Json list = Json::array();
  for (const std::string& each : eids) {
    const auto resource = eim_.create(facility, each, order);
    if (!resource) return wrong(400, resource.error());
    list.push_back(*resource);
  }
  transaction.commit();
  return reply(200, {{"resourceIdList", std::move(list)}});
}

https::Reply Rest::facility(Facility facility, const std::string& operation, const std::string& resource, const https::Request& request) {
  if (operation == "create") {
    if (request.method != "POST") return wrong(405, "create needs POST");
    return create(facility, request.body);
  }
  if (operation == "list") {
    Json list = Json::array();
    for (const Request& r : eim_.store().requests(facility)) {
      if (!r.own) list.push_back(r.resource);
    }
    return reply(200, {{"resourceIdList", std::move(list)}});
  }
  const auto found = eim_.store().by_resource(resource);
  const bool there = found && found->facility == facility;
  if (operation == "lookup") return reply(200, there ? request_json(*found) : Json{{"status", "absent"}});
  if (operation == "delete") {
    if (!there) return reply(200, {{"status", "absent"}});
    return reply(200, {{"status", eim_.remove(resource) == Eim::Removal::removed ? "deleted" : "absent"}});
  }
  if (operation == "cancel") {
    if (request.method != "POST") return wrong(405, "cancel needs POST");
    if (!there) return reply(200, {{"status", "absent"}});
    const auto done = eim_.cancel(resource);
    if (!done) return wrong(409, done.error());
    return reply(200, {{"status", "cancelled"}});
  }
  return wrong(404, "operations are create, lookup, list, delete and cancel");
}

// Messages of TransferEimPackage for somebody who carries them to a device: without a body the next request, with one the device's answer.
https::Reply Rest::transfer(const std::string& eid_text, const https::Request& request) {
  constexpr const char* kType = "application/x-gsma-rsp-asn1";
  if (esipa_ == nullptr) return wrong(404, "no such resource");
  if (request.method != "POST") return wrong(405, "transfer needs POST");
  const auto octets = eid_octets(eid_text);
  if (!octets) return wrong(400, "no EID of 32 digits");
  const std::string eid = to_hex(*octets);
  if (request.body.empty()) {
    const auto message = esipa_->transfer(eid);
    return message ? https::Reply{200, kType, to_text(*message), {}} : https::Reply{204, "", "", {}};
  }
  const auto next = esipa_->take_transfer_answer(eid, text_view(request.body));
  if (!next) return wrong(400, "the answer is none of TransferEimPackage, or of another device");
  return *next ? https::Reply{200, kType, to_text(**next), {}} : https::Reply{204, "", "", {}};
}

https::Reply Rest::handle(const https::Request& request) {
  try {
    const std::string path = request.target.substr(0, request.target.find('?'));
    if (request.method != "GET" && request.method != "POST" && request.method != "DELETE") return wrong(405, "GET, POST or DELETE");
    if (foreign(request)) return wrong(403, "orders from pages of other sites are refused");
    if (!local_name(request.host)) return wrong(403, "use the address of this machine, not a name");
    if (path == "/") {
      if (request.accept.find("text/html") != std::string::npos) {
        return {200, "text/html; charset=utf-8", page_html(),
                {{"Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'"}}};
      }
      return reply(200, info());
    }
    if (path == "/info") return reply(200, info());
    if (path == "/openapi.json") return {200, kJson, openapi_json(), {}};
    if (path == "/state") return reply(200, state());
    if (path.starts_with("/devices/")) {
      const Json found = device(path.substr(std::string_view("/devices/").size()));
      return found.is_null() ? wrong(404, "no such device") : reply(200, found);
    }
    if (path.starts_with("/transfer/")) return transfer(path.substr(std::string_view("/transfer/").size()), request);
    // /facility/operation/resource
    const std::size_t first = path.find('/', 1);
    const auto which = facility_of(path.substr(1, first == std::string::npos ? first : first - 1));
    if (!which || first == std::string::npos) return wrong(404, "no such resource");
    const std::size_t second = std::min(path.find('/', first + 1), path.size());
    const std::string operation = path.substr(first + 1, second - first - 1);
    return facility(*which, operation, second < path.size() ? path.substr(second + 1) : std::string(), request);
  } catch (const StoreFailure&) {
    return wrong(503, "the store is not available");
  }
}

}  // namespace simurgh::eim
