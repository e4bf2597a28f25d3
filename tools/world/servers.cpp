#include "tools/world/servers.h"

#include "tools/coap/memory_server.h"
#include "tools/eim/esipa_service.h"
#include "tools/eim/identifiers.h"
#include "tools/https/memory_server.h"
#include "tools/smdp/es9plus.h"
#include "tools/smdp/server.h"

namespace simurgh::world {
namespace {

using eim::Json;

std::string address_of(const ServerSpec& server) { return server.port == 443 ? server.fqdn : server.fqdn + ":" + std::to_string(server.port); }

std::string activation_code(const ServerSpec& shop, const std::string& profile) {
  const auto at = std::find_if(shop.stock.begin(), shop.stock.end(), [&](const ProfileSpec& one) { return one.id == profile; });
  return "1$" + address_of(shop) + "$" + at->matching_id;
}

// Who is being served: set while a dialogue takes octets, so that handlers know whose timeline they write on.
class Counter {
 public:
  class Visit {
   public:
    Visit(Counter& counter, const Caller& caller) : counter_(counter) { counter_.caller_ = &caller; }
    ~Visit() { counter_.caller_ = nullptr; }
    Visit(const Visit&) = delete;
    Visit& operator=(const Visit&) = delete;

   private:
    Counter& counter_;
  };
  void mark(const std::string& name, radio::Fields fields) const {
    if (caller_ != nullptr) caller_->mark(name, std::move(fields));
  }
  [[nodiscard]] const Caller* caller() const noexcept { return caller_; }

 private:
  const Caller* caller_ = nullptr;
};

class HttpsDialogue final : public Dialogue {
 public:
  HttpsDialogue(Counter& counter, Caller caller, const https::MemoryServer& server) : counter_(counter), caller_(std::move(caller)), connection_(server) {}
  Out take(ByteView octets) override {
    const Counter::Visit visit(counter_, caller_);
    auto answer = connection_.take(octets);
    Out out{.parcels = {}, .close = answer.close};
    if (!answer.octets.empty()) out.parcels.push_back(std::move(answer.octets));
    return out;
  }
  std::optional<std::pair<std::uint64_t, std::uint64_t>> plain() const override { return std::pair(connection_.plain_in(), connection_.plain_out()); }

 private:
  Counter& counter_;
  Caller caller_;
  https::MemoryConnection connection_;
};

class CoapDialogue final : public Dialogue {
 public:
  CoapDialogue(Counter& counter, Caller caller, const coaps::MemoryServer& server) : counter_(counter), caller_(std::move(caller)), association_(server) {}
  Out take(ByteView octets) override {
    const Counter::Visit visit(counter_, caller_);
    return {.parcels = association_.take(octets)};
  }
  std::optional<std::pair<std::uint64_t, std::uint64_t>> plain() const override { return std::pair(association_.plain_in(), association_.plain_out()); }

 private:
  Counter& counter_;
  Caller caller_;
  coaps::MemoryAssociation association_;
};

// What a pending notification is about (SGP.22 v2.5 5.6.4).
std::string event_of(ByteView pending) {
  const auto list = asn1::read_only(pending, 0xBF3D);
  ByteView content = list ? list->value : pending;
  if (const auto inner = asn1::find_child(content, 0xA0)) content = inner->value;
  asn1::TlvReader in(content);
  const auto one = in.next();
  if (!one) return "?";
  if (one->tag == 0xBF37) return "installation";
  const auto metadata = asn1::find_child(one->value, 0xBF2F);
  const auto bits = metadata ? asn1::find_child(metadata->value, 0x81) : std::nullopt;
  if (!bits || bits->value.size() != 2) return "?";
  const std::uint8_t events = bits->value[1];
  return (events & 0x80) != 0 ? "install" : (events & 0x40) != 0 ? "enable" : (events & 0x20) != 0 ? "disable" : "delete";
}

class Smdp final : public Service {
 public:
  Smdp(const ServerSpec& spec, const World& world, const CardKit& kit, std::uint64_t seed)
      : spec_(spec),
        rng_(crypto::seeded_rng(radio::Draw(seed, spec.id, "server").next())),
        es9_(kit.pki, orders_, *rng_,
             {.address = address_of(spec),
              .now = [&world] { return world.scenario().start + world.now() / std::chrono::seconds(1); },
              .progress =
                  [this](const smdp::Order& order, const std::string& point, bool good) {
                    if (point == "BPP download") mark(good ? "bound_package" : "download_failed", {{"server", spec_.id}, {"octets", std::to_string(order.bound_package.size())}});
                    if (point == "BPP installation") mark(good ? "installation_told" : "installation_failed", {{"server", spec_.id}});
                    if (point == "cancellation") mark("download_cancelled", {{"server", spec_.id}});
                  }}),
        es2_(orders_, *rng_),
        http_(es9_, es2_),
        server_([this, handler = smdp::listener_handler(http_, smdp::Interface::es9plus)](const https::Request& request) { return hear(request, handler); },
                *kit.pki.curves[0].dp_tls) {
    unsigned cards = 0;
    for (const DeviceSpec& device : world.scenario().devices) cards += device.count;
    for (const ProfileSpec& profile : spec.stock) {
      const StockItem& item = kit.stock.at(profile.id);
      smdp::Order order;
      order.matching_id = profile.matching_id;
      order.iccid = profile.iccid;
      order.upp = item.package;
      order.metadata = item.metadata;
      order.reusable = cards > 1;
      orders_.add(order);
    }
  }
  std::unique_ptr<Dialogue> open(const Caller& caller) override { return std::make_unique<HttpsDialogue>(counter_, caller, server_); }
  [[nodiscard]] smdp::Es9Plus& es9() noexcept { return es9_; }
  [[nodiscard]] const ServerSpec& spec() const noexcept { return spec_; }

  // While an eIM asks for one of its devices.
  void borrow(const Counter* counter) noexcept { eim_ = counter; }
  void heard(std::uint32_t function, ByteView message) const {
    if (function == 0xBF39) mark("download_start", {{"server", spec_.id}, {"by", eim_ == nullptr ? "card" : "eim"}});
    if (function == 0xBF3D) mark("notification", {{"server", spec_.id}, {"event", event_of(message)}});
  }

 private:
  void mark(const std::string& name, radio::Fields fields) const { (eim_ == nullptr ? counter_ : *eim_).mark(name, std::move(fields)); }

  https::Reply hear(const https::Request& request, const https::Handler& handler) const {
    if (request.target.ends_with("/asn1")) {
      // RemoteProfileProvisioningRequest: A2 around the function (SGP.22 v2.5 5.6)
      asn1::TlvReader in(text_view(request.body));
      auto message = in.next();
      if (message && message->tag == 0xA2) message = asn1::TlvReader(message->value).next();
      if (message) heard(message->tag, message->raw);
    } else if (request.target.ends_with("/initiateAuthentication")) {
      heard(0xBF39, {});
    }
    return handler(request);
  }

  const ServerSpec& spec_;
  Counter counter_;
  const Counter* eim_ = nullptr;
  std::unique_ptr<crypto::Rng> rng_;
  smdp::OrderStore orders_{":memory:"};
  smdp::Es9Plus es9_;
  smdp::Es2Plus es2_;
  smdp::HttpService http_;
  https::MemoryServer server_;
};

// The way of an eIM to the SM-DP+s: not that of its devices, so their access points do not filter it.
class Road final : public eim::DpPort {
 public:
  Road(const World& world, const std::map<std::string, std::unique_ptr<Smdp>>& shops, const Counter& counter) : world_(world), shops_(shops), counter_(counter) {}

  ipae::Es9Result<ipae::InitiateAuthenticationOk> initiate_authentication(const std::string& address, ByteView challenge, ByteView info) override {
    const Call call(*this, address);
    if (call.shop == nullptr) return nobody(address);
    call.shop->heard(0xBF39, {});
    auto out = call.shop->es9().initiate_authentication(challenge, info, address);
    if (!out) return no(out.error());
    return ipae::InitiateAuthenticationOk{out->transaction_id, out->server_signed1, out->server_signature1, out->ci_key_id, out->certificate};
  }
  ipae::Es9Result<ipae::AuthenticateClientOk> authenticate_client(const std::string& address, ByteView id, ByteView response) override {
    const Call call(*this, address);
    if (call.shop == nullptr) return nobody(address);
    auto out = call.shop->es9().authenticate_client(id, response);
    if (!out) return no(out.error());
    return ipae::AuthenticateClientOk{out->transaction_id, out->metadata, out->smdp_signed2, out->smdp_signature2, out->certificate};
  }
  ipae::Es9Result<Bytes> get_bound_profile_package(const std::string& address, ByteView id, ByteView response) override {
    const Call call(*this, address);
    if (call.shop == nullptr) return nobody(address);
    auto out = call.shop->es9().get_bound_profile_package(id, response);
    if (!out) return no(out.error());
    return *std::move(out);
  }
  ipae::Es9Result<void> cancel_session(const std::string& address, ByteView id, ByteView response) override {
    const Call call(*this, address);
    if (call.shop == nullptr) return nobody(address);
    if (const auto refused = call.shop->es9().cancel_session(id, response)) return no(*refused);
    return {};
  }
  ipae::Es9Result<void> handle_notification(const std::string& address, ByteView pending) override {
    const Call call(*this, address);
    if (call.shop == nullptr) return nobody(address);
    call.shop->heard(0xBF3D, pending);
    call.shop->es9().handle_notification(pending);
    return {};
  }

 private:
  struct Call {
    Call(const Road& road, const std::string& address) {
      for (const auto& [id, one] : road.shops_) {
        if (address_of(one->spec()) != address) continue;
        for (const ServerSpec& now : road.world_.servers()) {
          if (now.id == id && !now.down) shop = one.get();
        }
      }
      if (shop != nullptr) shop->borrow(&road.counter_);
    }
    ~Call() {
      if (shop != nullptr) shop->borrow(nullptr);
    }
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;
    Smdp* shop = nullptr;
  };
  static std::unexpected<ipae::Es9Error> no(const smdp::Refusal& refusal) { return std::unexpected(ipae::refused(refusal.subject, refusal.reason, refusal.words)); }
  static std::unexpected<ipae::Es9Error> nobody(const std::string& address) {
    ipae::Es9Error error;
    error.kind = ipae::Es9Error::Kind::unreachable;
    error.what = address + " does not answer";
    return std::unexpected(error);
  }

  const World& world_;
  const std::map<std::string, std::unique_ptr<Smdp>>& shops_;
  const Counter& counter_;
};

// "enable", "download": the first command of an order.
std::string order_name(const eim::Request& request) {
  if (request.facility == eim::Facility::download) return "download";
  if (request.facility == eim::Facility::edr) return "data";
  const Json order = Json::parse(request.order, nullptr, false);
  const auto list = order.is_object() ? order.find(eim::facility_name(request.facility)) : order.end();
  if (list == order.end() || !list->is_array() || list->empty() || !list->front().is_object() || list->front().empty()) return eim::facility_name(request.facility);
  return list->front().begin().key();
}

// "enableResult=ok", of each element of the outcome; what is no text in it is left out.
std::string outcome_words(const std::string& outcome, bool& good) {
  std::string out;
  good = true;
  const Json list = Json::parse(outcome, nullptr, false);
  if (!list.is_array()) return out;
  for (const Json& one : list) {
    if (!one.is_object()) continue;
    for (const auto& [key, value] : one.items()) {
      good = good && !key.ends_with("Error") && (!value.is_string() || !key.ends_with("Result") || value == "ok");
      if (value.is_object() && key.ends_with("Error")) good = false;
      out += (out.empty() ? "" : " ") + key + (value.is_string() ? "=" + value.get<std::string>() : std::string());
    }
  }
  return out.substr(0, 160);
}

class EimServer final : public Service {
 public:
  EimServer(const ServerSpec& spec, const World& world, const CardKit& kit, std::uint64_t seed, const std::map<std::string, std::unique_ptr<Smdp>>& shops)
      : spec_(spec),
        rng_(crypto::seeded_rng(radio::Draw(seed, spec.id, "server").next())),
        road_(world, shops, counter_),
        eim_(kit.pki, store_, *rng_, options_for(world)),
        indirect_(eim_, road_, {}),
        service_(eim_, indirect_),
        https_([this](const https::Request& request) { return serve(request); }, *kit.pki.eim_tls),
        coaps_(
            [this](ByteView body, std::string& polled) -> std::optional<Bytes> {
              if (!eim::EsipaService::understands(body)) throw coaps::BadMessage("no message of ESipa");
              return exchange(body, [&] { return service_.handle_asn1(body, &polled); });
            },
            *kit.pki.eim_tls) {}

  std::unique_ptr<Dialogue> open(const Caller& caller) override {
    if (caller.transport == terminal::Transport::udp) return std::make_unique<CoapDialogue>(counter_, caller, coaps_);
    return std::make_unique<HttpsDialogue>(counter_, caller, https_);
  }

  void order(const World& world, const OrderSpec& order, const std::string& eid) {
    const Scenario& scenario = world.scenario();
    const auto psmo = [&](const char* command, const std::string& profile, bool rollback) {
      Json what{{"iccid", scenario.profile(profile)->iccid}};
      if (rollback) what["rollback"] = true;
      return eim_.create(eim::Facility::psmo, eid, {{"psmo", Json::array({{{command, what}}})}});
    };
    eim::Coded<std::string> made;
    if (!order.download.empty()) {
      made = eim_.create(eim::Facility::download, eid,
                         {{"download",
                           {{"activationCode", activation_code(*scenario.shop(order.download), order.download)},
                            {"indirect", order.indirect},
                            {"enable", order.enable_after},
                            {"rollback", order.rollback}}}});
    } else if (!order.enable.empty()) {
      made = psmo("enable", order.enable, order.rollback);
    } else {
      made = psmo("disable", order.disable, false);
    }
    if (!made) throw ScenarioError("the eIM " + spec_.id + " does not take an order: " + made.error());
  }

 private:
  eim::EimOptions options_for(const World& world) {
    eim::EimOptions out;
    out.eim_id = spec_.fqdn;
    out.now = [&world] { return world.scenario().start + world.now() / std::chrono::seconds(1); };
    for (const EimRule& rule : spec_.rules) {
      eim::Rule one{.name = rule.name, .group = {}, .countries = rule.countries, .activation_code = {}, .iccid = {}, .enable = rule.enable_after, .rollback = rule.rollback};
      if (!rule.download.empty()) one.activation_code = activation_code(*world.scenario().shop(rule.download), rule.download);
      if (!rule.enable.empty()) one.iccid = world.scenario().profile(rule.enable)->iccid;
      out.rules.push_back(std::move(one));
    }
    out.finished = [this](const eim::Request& request) {
      if (request.own) return;
      bool good = false;
      const std::string words = outcome_words(request.outcome, good);
      counter_.mark(good ? "report_ok" : "report_failed", {{"server", spec_.id}, {"order", order_name(request)}, {"outcome", words}});
    };
    return out;
  }

  https::Reply serve(const https::Request& request) {
    https::Reply reply;
    (void)exchange(text_view(request.body), [&]() -> std::optional<Bytes> {
      reply = service_.handle(request);
      return to_bytes(text_view(reply.body));
    });
    return reply;
  }

  // One message in and its answer, with the marks of both.
  template <typename Serve>
  std::optional<Bytes> exchange(ByteView message, Serve serve) {
    asn1::TlvReader in(message);
    const auto asked = in.next();
    if (asked && asked->tag == 0xBF50) {
      asn1::TlvReader parts(asked->value);
      std::string kind = "result";
      while (!parts.at_end()) {
        const auto part = parts.next();
        if (!part) break;
        if (part->tag == 0xBF52) kind = "data";
        if (part->tag == 0xBF54) kind = "download";
        if (part->tag == 0xA0 || part->tag == 0x02) kind = "error";
      }
      counter_.mark("report", {{"server", spec_.id}, {"kind", kind}});
    }
    if (asked && asked->tag == 0xBF3D) counter_.mark("report", {{"server", spec_.id}, {"kind", "notification"}});
    std::optional<Bytes> answer = serve();
    if (asked && asked->tag == 0xBF4F && answer) poll(asked->value, *answer);
    (void)indirect_.forward_due();
    return answer;
  }

  void poll(ByteView question, ByteView answer) {
    radio::Fields fields{{"server", spec_.id}};
    const auto eid = asn1::find_child(question, 0x5A);
    for (const std::uint32_t tag : {0x81U, 0x82U}) {
      const auto member = asn1::find_child(question, tag);
      if (!member) continue;
      if (member->value.size() == 3) {
        fields.emplace_back("mccmnc", eim::plmn_text(member->value));
      } else if (member->value.size() == 1) {
        fields.emplace_back("cause", std::to_string(member->value[0]));
      }
    }
    const auto whole = asn1::read_only(answer, 0xBF4F);
    asn1::TlvReader in(whole ? whole->value : ByteView{});
    const auto package = in.next();
    const auto request = eid && package && package->tag != 0x02 ? store_.in_work(to_hex(eid->value)) : std::nullopt;
    fields.emplace_back("answer", request ? order_name(*request) : "nothing");
    counter_.mark("poll", std::move(fields));
    if (request && !request->own) counter_.mark("package", {{"server", spec_.id}, {"order", order_name(*request)}});
  }

  const ServerSpec& spec_;
  Counter counter_;
  std::unique_ptr<crypto::Rng> rng_;
  eim::EimStore store_{":memory:"};
  Road road_;
  eim::Eim eim_;
  eim::Indirect indirect_;
  eim::EsipaService service_;
  https::MemoryServer https_;
  coaps::MemoryServer coaps_;
};

}  // namespace

struct Servers::Impl {
  const World& world;
  std::unique_ptr<Service> echo = echo_service();
  std::map<std::string, std::unique_ptr<Smdp>> shops = {};
  std::map<std::string, std::unique_ptr<EimServer>> eims = {};
};

Servers::Servers(const World& world, const CardKit& kit, std::uint64_t seed) : impl_(new Impl{.world = world}) {
  const auto& specs = world.scenario().servers;
  try {
    for (const ServerSpec& spec : specs) {
      if (spec.kind == "echo") services_[spec.id] = impl_->echo.get();
      if (spec.kind == "smdp") services_[spec.id] = (impl_->shops[spec.id] = std::make_unique<Smdp>(spec, world, kit, seed)).get();
    }
    for (const ServerSpec& spec : specs) {
      if (spec.kind == "eim") services_[spec.id] = (impl_->eims[spec.id] = std::make_unique<EimServer>(spec, world, kit, seed, impl_->shops)).get();
    }
  } catch (const std::exception& wrong) {
    throw ScenarioError(std::string("a server cannot be made: ") + wrong.what());
  }
}

Servers::~Servers() = default;

void Servers::order(const OrderSpec& order, const std::vector<std::string>& eids) {
  for (const std::string& eid : eids) impl_->eims.at(order.eim)->order(impl_->world, order, eid);
}

}  // namespace simurgh::world
