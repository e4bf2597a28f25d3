#include "tools/eim/eim.h"

#include "tools/eim/card_check.h"
#include "tools/eim/identifiers.h"
#include "tools/eim/package.h"

namespace simurgh::eim {
namespace {

using namespace literals;
using sqlite::Database;

constexpr std::int64_t kSeenSeconds = 300;  // how old the store's last_seen may grow

// A random UUID (RFC 9562 5.4).
std::string uuid(crypto::Rng& rng) {
  Bytes octets = rng.bytes(16);
  octets[6] = static_cast<std::uint8_t>((octets[6] & 0x0F) | 0x40);
  octets[8] = static_cast<std::uint8_t>((octets[8] & 0x3F) | 0x80);
  std::string hex = to_hex(octets);
  for (char& c : hex) {
    if (c >= 'A' && c <= 'F') c = static_cast<char>(c + 32);
  }
  return hex.substr(0, 8) + "-" + hex.substr(8, 4) + "-" + hex.substr(12, 4) + "-" + hex.substr(16, 4) + "-" + hex.substr(20);
}

}  // namespace

Eim::Eim(perso::Pki pki, EimStore& store, crypto::Rng& rng, EimOptions options)
    : pki_(std::move(pki)), store_(store), rng_(rng), options_(std::move(options)) {}

Device Eim::device_or_new(const std::string& eid) const {
  if (auto known = store_.device(eid)) return *std::move(known);
  Device out;
  out.eid = eid;
  out.token = options_.default_token;
  return out;
}

std::int64_t Eim::last_seen(const Device& device) const {
  const std::scoped_lock lock(mutex_);
  const auto at = seen_.find(device.eid);
  return at == seen_.end() ? device.last_seen : std::max(at->second, device.last_seen);
}

void Eim::tell_finished() {
  if (!options_.finished) return;
  std::vector<Request> tell;
  {
    const std::scoped_lock lock(mutex_);
    tell.swap(finished_);
  }
  for (const Request& request : tell) options_.finished(request);
}

std::string Eim::add_request(Facility facility, const std::string& eid, const Json& order, bool own, bool done, const Json& outcome) {
  Request request;
  request.resource = uuid(rng_);
  request.facility = facility;
  request.eid = eid;
  request.order = order.dump(-1, ' ', false, Json::error_handler_t::replace);
  request.status = done ? "done" : "new";
  request.outcome = outcome.dump();
  request.own = own;
  request.created = request.updated = options_.now();
  store_.add(request);
  return request.resource;
}

void Eim::apply_parameters(Device& device, const Json& order) {
  for (const Json& parameter : order.at("euicc")) {
    const auto at = parameter.begin();
    if (at.key() == "counterValue") device.counter = at->get<std::int64_t>();
    if (at.key() == "associationToken") device.token = at->get<std::int64_t>();
    if (at.key() == "consumerEuicc") device.consumer = at->get<bool>();
    if (at.key() == "group") device.group = at->get<std::string>();
    if (at.key() == "signAlgo") device.key_curve = static_cast<int>(*at == "prime256v1" ? crypto::Curve::nist_p256 : crypto::Curve::brainpool_p256r1);
    if (at.key() == "signPubKey") device.key_point = from_hex(at->get<std::string>()).value();
  }
}

Coded<std::string> Eim::create(Facility facility, const std::string& eid_text, const Json& order) {
  const auto octets = eid_octets(eid_text);
  if (!octets) return std::unexpected("eidValue is no EID of 32 digits");
  if (const auto checked = check_order(facility, order); !checked) return std::unexpected(checked.error());
  const std::string eid = to_hex(*octets);
  Database::Transaction transaction(store_.database());
  Device device = device_or_new(eid);
  std::string resource;
  if (facility == Facility::euicc) {
    apply_parameters(device, order);
    resource = add_request(facility, eid, order, false, true, Json::array({{{"euiccUpdateResult", "ok"}}}));
    store_.save(device);
  } else {
    if (!store_.device(eid)) store_.save(device);
    resource = add_request(facility, eid, order, false);
  }
  transaction.commit();
  return resource;
}

Eim::Removal Eim::remove(const std::string& resource) { return store_.remove(resource) ? Removal::removed : Removal::absent; }

Coded<void> Eim::cancel(const std::string& resource) {
  Database::Transaction transaction(store_.database());
  auto request = store_.by_resource(resource);
  if (!request) return std::unexpected("there is no such order");
  if (request->status == "work") return std::unexpected("the device has the order already");
  if (request->status != "new") return std::unexpected("the order is " + request->status + " already");
  request->status = "cancelled";
  request->updated = options_.now();
  store_.update(*request);
  transaction.commit();
  return {};
}

void Eim::finish(Request& request, Json outcome, const char* verified) {
  request.status = "done";
  request.outcome = outcome.dump(-1, ' ', false, Json::error_handler_t::replace);
  request.verified = verified;
  request.updated = options_.now();
  store_.update(request);
  const std::scoped_lock lock(mutex_);
  if (options_.finished) finished_.push_back(request);
}

void Eim::apply_rules(Device& device, const Contact& contact) {
  const Rule* rule = matching_rule(options_.rules, device.group, contact.plmn);
  if (rule == nullptr || rule->name == device.rule) return;
  device.rule = rule->name;
  if (!rule->activation_code.empty()) {
    add_request(Facility::download, device.eid,
                {{"download", {{"activationCode", rule->activation_code}, {"enable", rule->enable}, {"rollback", rule->rollback}}}, {"rule", rule->name}}, false);
    return;
  }
  const std::string iccid = to_hex(*iccid_octets(rule->iccid));
  for (const Profile& profile : store_.profiles(device.eid)) {
    if (profile.iccid == iccid && profile.state == "enabled") return;
  }
  add_request(Facility::psmo, device.eid, {{"psmo", Json::array({{{"enable", {{"iccid", iccid}, {"rollback", rule->rollback}}}}})}, {"rule", rule->name}}, false);
}

void Eim::refresh_profiles(const std::string& eid) {
  if (!options_.learn) return;
  add_request(Facility::psmo, eid, {{"psmo", Json::array({{{"listProfileInfo", Json::object()}}})}}, true);
}

// The package in `request`, or false with the request finished because it cannot be made.
bool Eim::build(Request& request, Device& device) {
  const Json order = Json::parse(request.order, nullptr, false);
  request.transaction = rng_.bytes(16);
  request.sends = 0;
  request.status = "work";
  const auto give_up = [&](const char* why) {
    finish(request, Json::array({{{"procedureError", why}}}), "");
    return false;
  };
  if (request.facility == Facility::edr) {
    auto data = read_data_request(order);
    if (!data) return give_up("badEdr");
    data->transaction = request.transaction;
    request.package = data_request(*data);
    return true;
  }
  if (request.facility == Facility::download) {
    auto download = read_download(order);
    if (!download) return give_up("badOrder");
    download->trigger.transaction = request.transaction;
    request.package = download_trigger(download->trigger);
    return true;
  }
  if (!pki_.eim_signing || !pki_.eim_signing->key) return give_up("noSigningKey");
  const auto commands = encode_commands(request.facility, order);
  if (!commands) return give_up(request.facility == Facility::eco ? "badEco" : "badPsmo");
  if (device.counter >= kMostCounter) return give_up("counterExhausted");
  request.counter = ++device.counter;
  const PackageContent content{.eim_id = options_.eim_id,
                               .eid = *eid_octets(device.eid),
                               .counter = request.counter,
                               .transaction = request.transaction,
                               .kind = request.facility == Facility::eco ? Commands::eco : Commands::psmo,
                               .commands = *commands};
  request.package = sign_package(package_signed(content), device.token, *pki_.eim_signing->key);
  return true;
}

std::expected<Bytes, EsipaError> Eim::next_package(const std::string& eid, const Contact& contact) {
  const std::int64_t now = options_.now();
  {
    // Most polls find nothing: they cost two reads.
    const Database::Lock lock(store_.database());
    const auto known = store_.device(eid);
    if (!known && !options_.open) return std::unexpected(EsipaError::eid_not_found);
    const bool fresh = known && (known->asked || !options_.learn) && now - known->last_seen < kSeenSeconds;
    const bool news = contact.state_change || (!contact.plmn.empty() && known && contact.plmn != known->plmn);
    if (fresh && !news && !store_.in_work(eid) && !store_.next_new(eid)) {
      const std::scoped_lock seen(mutex_);
      seen_[eid] = now;
      return std::unexpected(EsipaError::no_package);
    }
  }
  std::expected<Bytes, EsipaError> out = std::unexpected(EsipaError::no_package);
  {
    Database::Transaction transaction(store_.database());
    Device device = device_or_new(eid);
    if (device.first_seen == 0) device.first_seen = now;
    device.last_seen = now;
    if (contact.state_change) {
      device.cause = contact.cause;
      if (device.asked) refresh_profiles(eid);
    }
    if (!contact.plmn.empty()) {
      device.plmn = contact.plmn;
      apply_rules(device, contact);
    }
    if (!device.asked && options_.learn) {
      device.asked = true;
      add_request(Facility::edr, eid, {{"edr", {{"tagList", "BF20BF2284A5A6A8A9"}}}}, true);
    }
    if (auto request = store_.in_work(eid)) {
      // The answer, or what was sent, got lost: the very same octets again, so that nothing is done twice.
      if (++request->sends > options_.most_sends) {
        finish(*request, Json::array({{{"procedureError", "stuckOrder"}}}), "");
      } else {
        out = request->package;
        store_.update(*request);
      }
    }
    while (!out) {
      auto request = store_.next_new(eid);
      if (!request) break;
      if (!build(*request, device)) continue;
      request->sends = 1;
      request->updated = now;
      store_.update(*request);
      out = request->package;
    }
    store_.save(device);
    transaction.commit();
  }
  tell_finished();
  return out;
}

}  // namespace simurgh::eim
