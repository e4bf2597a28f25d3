#include "tools/smdp/es2plus.h"

#include <ctime>
#include <nlohmann/json.hpp>

#include "asn1/tlv.h"
#include "euicc/crypto/symmetric.h"

namespace simurgh::smdp {
namespace {

using Json = nlohmann::ordered_json;

std::string status(Json fields) {
  Json out{{"header", {{"functionExecutionStatus", {{"status", "Executed-Success"}}}}}};
  out.update(fields);
  return out.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string refuse(const char* subject, const char* reason, const char* words) {
  return Json{{"header",
               {{"functionExecutionStatus",
                 {{"status", "Failed"}, {"statusCodeData", {{"subjectCode", subject}, {"reasonCode", reason}, {"message", words}}}}}}}}
      .dump();
}

std::string text(const Json& body, const char* name) {
  const auto at = body.find(name);
  return at != body.end() && at->is_string() ? at->get<std::string>() : std::string();
}

// ICCIDs come with or without a filler.
std::string bare(std::string iccid) {
  while (!iccid.empty() && (iccid.back() == 'F' || iccid.back() == 'f')) iccid.pop_back();
  return iccid;
}

std::string token(crypto::Rng& rng) {
  const std::string hex = to_hex(rng.bytes(10));
  return hex.substr(0, 5) + "-" + hex.substr(5, 5) + "-" + hex.substr(10, 5) + "-" + hex.substr(15, 5);
}

}  // namespace

std::string Es2Plus::handle(const std::string& function, const std::string& text_body) {
  const std::scoped_lock lock(mutex_);
  const Json body = Json::parse(text_body, nullptr, false);
  if (!body.is_object()) return refuse("8.1", "2.1", "the request is no JSON object");
  const std::string iccid = bare(text(body, "iccid"));
  const std::string eid = text(body, "eid");
  if (function == "downloadOrder") {
    auto order = iccid.empty() ? store_.available(text(body, "profileType")) : store_.by_iccid(iccid);
    if (!order) return refuse(iccid.empty() ? "8.2.5" : "8.2.1", "3.9", "no such profile in stock");
    if (order->state != "available") return refuse("8.2.1", "3.3", "the profile is in use already");
    order->state = "allocated";
    order->eid = eid;
    store_.update(*order);
    return status({{"iccid", order->iccid}});
  }
  auto order = store_.by_iccid(iccid);
  if (!order) return refuse("8.2.1", "3.9", "unknown ICCID");
  if (function == "confirmOrder") {
    if (order->state != "allocated") return refuse("8.2.1", "3.3", "the profile is not allocated");
    if (!order->eid.empty() && !eid.empty() && order->eid != eid) return refuse("8.1.1", "3.10", "the order is linked to another EID");
    const auto release = body.find("releaseFlag");
    if (release == body.end() || !release->is_boolean()) return refuse("8.1", "2.1", "releaseFlag is missing");
    const std::string wanted = text(body, "matchingId");
    if (!wanted.empty() && store_.by_matching_id(wanted)) return refuse("8.2.6", "3.3", "the matching id is in use");
    if (!eid.empty()) order->eid = eid;
    order->matching_id = wanted.empty() ? token(rng_) : wanted;
    if (const std::string code = text(body, "confirmationCode"); !code.empty()) {
      const auto hash = crypto::sha256({text_view(code)});
      order->confirmation_hash.assign(hash.begin(), hash.end());
    }
    order->state = release->get<bool>() ? "released" : "confirmed";
    store_.update(*order);
    Json fields{{"matchingId", order->matching_id}};
    if (!order->eid.empty()) fields["eid"] = order->eid;
    return status(std::move(fields));
  }
  if (function == "releaseProfile") {
    if (order->state != "confirmed") return refuse("8.2.1", "3.3", "the profile is not confirmed");
    order->state = "released";
    store_.update(*order);
    return status(Json::object());
  }
  if (function == "cancelOrder") {
    if (order->state == "installed" || order->state == "downloaded") return refuse("8.2.1", "3.3", "the profile is downloaded already");
    const bool back = text(body, "finalProfileStatusIndicator") == "Available";
    order->state = back ? "available" : "cancelled";
    order->matching_id.clear();
    order->confirmation_hash.clear();
    order->eid.clear();
    store_.update(*order);
    return status(Json::object());
  }
  return refuse("8.1", "2.1", "no such function");
}

std::string progress_body(const Order& order, const std::string& point, bool good, std::int64_t now) {
  const auto seconds = static_cast<std::time_t>(now);
  std::tm broken{};
  ::gmtime_r(&seconds, &broken);
  char stamp[32];
  std::strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%SZ", &broken);
  const int point_id = point == "BPP installation" ? 4 : point == "BPP download" ? 3 : point == "confirmation failure" ? 2 : 1;
  return Json{{"header", {{"functionRequesterIdentifier", "SM-DP+"}, {"functionCallIdentifier", "HandleDownloadProgressInfo"}}},
              {"eid", order.bound_eid.empty() ? order.eid : order.bound_eid},
              {"iccid", order.iccid},
              {"profileType", order.profile_type},
              {"timestamp", stamp},
              {"notificationPointId", point_id},
              {"notificationPointStatus", {{"status", good ? "Executed-Success" : "Failed"}}}}
      .dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace simurgh::smdp
