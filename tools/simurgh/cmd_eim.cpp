#include "tools/simurgh/cmd_eim.h"

#include <CLI/CLI.hpp>
#include <condition_variable>
#include <csignal>
#include <ctime>
#include <deque>
#include <iostream>
#include <nlohmann/json.hpp>
#include <thread>

#include "tools/coap/server.h"
#include "tools/eim/dp_client.h"
#include "tools/eim/esipa_service.h"
#include "tools/eim/rest.h"
#include "tools/https/server.h"
#include "tools/simurgh/commands.h"
#include "tools/smdp/operator_post.h"

namespace simurgh::tool {
namespace {

using Json = nlohmann::ordered_json;

struct AssociationOptions {
  std::string pki, eim_id, fqdn, ci = "nist";
  bool no_pin = false, certificate = false, no_token = false, indirect = false, coap = false;
  std::int64_t counter = 0;
};

struct ServeOptions {
  std::string store, listen = "127.0.0.1", rest_listen = "127.0.0.1", webhook, rules, version = "1.2";
  std::uint16_t port = 0;
  int rest_port = 0, coap_port = -1;
  bool closed = false, no_learn = false, any_smdp = false, asn1_dp = false;
  std::int64_t default_token = 1;
  std::size_t connections = 1024;
  AssociationOptions association;
};

std::int64_t system_now() { return static_cast<std::int64_t>(std::time(nullptr)); }

perso::Pki read_eim_pki(const std::string& folder) {
  perso::Pki pki = perso::read_pki(folder);
  if (!pki.eim_signing || !pki.eim_signing->key || !pki.eim_tls || !pki.eim_tls->key) {
    throw perso::PkiError(folder + " has no keys of an eIM (EIM/SK_EIM_SIGN.pem, EIM/SK_EIM_TLS.pem); make a PKI with 'simurgh pki new'");
  }
  return pki;
}

std::string tls_name(const perso::Pki& pki) {
  const auto& names = pki.eim_tls->certificate.dns_names;
  return names.empty() ? "localhost" : names.front();
}

Bytes association(const AssociationOptions& options, const perso::Pki& pki) {
  eim::Configuration out;
  out.fqdn = options.fqdn.empty() ? tls_name(pki) : options.fqdn;
  out.eim_id = options.eim_id.empty() ? tls_name(pki) : options.eim_id;
  if (out.eim_id.size() > 128) throw Failure(Exit::usage, "--eim-id has at most 128 octets");
  if (options.counter < 0 || options.counter > eim::kMostCounter) throw Failure(Exit::usage, "--counter is a number up to 8388607");
  out.counter = options.counter;
  out.ask_token = !options.no_token;
  out.public_key = options.certificate ? pki.eim_signing->certificate.der : eim::public_key_info(pki.eim_signing->key->public_key());
  out.public_key_is_certificate = options.certificate;
  if (!options.no_pin) {
    out.tls_key = options.certificate ? pki.eim_tls->certificate.der : eim::public_key_info(pki.eim_tls->key->public_key());
    out.tls_key_is_certificate = options.certificate;
  }
  out.protocols = options.coap ? 3 : 1;
  const auto& curve = pki.curves[options.ci == "brp" ? 1 : 0];
  if (curve.ci) out.ci_key_id = curve.ci->certificate.ski;
  out.indirect_download = options.indirect;
  return eim::configuration_data(out);
}

// Tells finished orders to a URL, in their order, from a thread of its own: an operator's server must not hold up a device.
class Webhook {
 public:
  explicit Webhook(smdp::OperatorTarget target) : target_(std::move(target)), worker_([this] { run(); }) {}
  ~Webhook() {
    {
      const std::scoped_lock lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_one();
    worker_.join();
  }
  void tell(std::string body) {
    {
      const std::scoped_lock lock(mutex_);
      if (waiting_.size() >= kMostWaiting) waiting_.pop_front();
      waiting_.push_back(std::move(body));
    }
    wake_.notify_one();
  }

 private:
  static constexpr std::size_t kMostWaiting = 10000;
  void run() {
    std::unique_lock lock(mutex_);
    while (true) {
      wake_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
      if (waiting_.empty()) return;
      const std::string body = std::move(waiting_.front());
      waiting_.pop_front();
      lock.unlock();
      if (const auto wrong = smdp::post_json(target_, body)) std::cerr << "simurgh: a result did not reach " + target_.url + " (" + *wrong + ")\n";
      lock.lock();
      if (stopping_) return;
    }
  }

  smdp::OperatorTarget target_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::string> waiting_;
  bool stopping_ = false;
  std::thread worker_;
};

// Notifications for SM-DP+s go out beside the service of devices.
class Forwarder {
 public:
  explicit Forwarder(eim::Indirect& indirect) : worker_([this, &indirect] { run(indirect); }) {}
  ~Forwarder() {
    {
      const std::scoped_lock lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_one();
    worker_.join();
  }

 private:
  void run(eim::Indirect& indirect) {
    std::unique_lock lock(mutex_);
    while (!wake_.wait_for(lock, std::chrono::seconds(1), [this] { return stopping_; })) {
      lock.unlock();
      try {
        indirect.forward_due();
      } catch (const eim::StoreFailure& failure) {
        std::cerr << "simurgh: notifications wait (" << failure.what() << ")\n";
      }
      lock.lock();
    }
  }
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread worker_;
};

void serve(const ServeOptions& options, const Globals& globals) {
  // Before any thread starts, so that all of them leave the signals to this one.
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  try {
    const perso::Pki pki = read_eim_pki(options.association.pki);
    const Bytes configuration = association(options.association, pki);
    eim::EimStore store(options.store);
    const auto rng = crypto::system_rng();
    std::optional<Webhook> webhook;
    eim::EimOptions how;
    how.eim_id = options.association.eim_id.empty() ? tls_name(pki) : options.association.eim_id;
    how.now = system_now;
    how.open = !options.closed;
    how.learn = !options.no_learn;
    how.default_token = options.default_token;
    if (!options.rules.empty()) how.rules = eim::read_rules(read_file(options.rules));
    if (!options.webhook.empty()) {
      if (const auto wrong = smdp::bad_url(options.webhook)) throw Failure(Exit::usage, "--webhook: " + *wrong);
      smdp::OperatorTarget target;
      target.url = options.webhook;
      if (pki.es2_ca) target.ca = pki.es2_ca->certificate;
      webhook.emplace(std::move(target));
      how.finished = [&webhook](const eim::Request& request) {
        eim::Json body = eim::request_json(request);
        body["resourceId"] = request.resource;
        body["facility"] = eim::facility_name(request.facility);
        webhook->tell(body.dump(-1, ' ', false, eim::Json::error_handler_t::replace));
      };
    }
    eim::Eim manager(pki, store, *rng, how);
    ipae::TlsTrust trust;
    for (const auto& curve : pki.curves) {
      if (curve.ci) trust.authorities.push_back(curve.ci->certificate.der);
    }
    eim::DpClient dp(trust, options.asn1_dp);
    eim::Indirect indirect(manager, dp, {.any_smdp = options.any_smdp});
    eim::EsipaService esipa(manager, indirect, options.version == "1.0" ? eim::Version::v1_0 : eim::Version::v1_2);
    https::Server server([&esipa](const https::Request& request) { return esipa.handle(request); },
                         {.host = options.listen, .port = options.port, .identity = *pki.eim_tls, .client_ca = {}, .most_connections = options.connections});
    std::optional<coaps::Server> coap;
    if (options.coap_port >= 0) {
      coap.emplace(
          [&esipa](ByteView body, std::string& polled) {
            if (!eim::EsipaService::understands(body)) throw coaps::BadMessage("no message of ESipa");
            return esipa.handle_asn1(body, &polled);
          },
          coaps::Listener{.host = options.listen, .port = static_cast<std::uint16_t>(options.coap_port), .identity = *pki.eim_tls, .most_sessions = options.connections});
    }
    eim::Rest rest(manager, {.version = SIMURGH_VERSION, .esipa_host = options.listen, .esipa_port = server.port(), .configuration = configuration}, &esipa);
    std::optional<https::Server> operator_side;
    if (options.rest_port >= 0) {
      operator_side.emplace([&rest](const https::Request& request) { return rest.handle(request); },
                            https::Listener{.host = options.rest_listen, .port = static_cast<std::uint16_t>(options.rest_port)});
    }
    const Forwarder forwarder(indirect);
    const std::string authority = tls_name(pki) + ":" + std::to_string(server.port());
    if (globals.json) {
      Json result{{"address", authority}, {"port", server.port()}, {"eimId", how.eim_id}};
      if (operator_side) result["rest_port"] = operator_side->port();
      if (coap) result["coap_port"] = coap->port();
      print_json(globals, result.dump());
    } else {
      std::cout << "eIM '" << how.eim_id << "' at https://" << authority << "/ (test keys)";
      if (coap) std::cout << ", coaps on port " << coap->port();
      if (operator_side) std::cout << ", orders and page at http://" << options.rest_listen << ":" << operator_side->port() << "/";
      std::cout << '\n';
    }
    std::cout.flush();
    int which = 0;
    sigwait(&set, &which);
  } catch (const perso::PkiError& failure) {
    throw Failure(Exit::local, failure.what());
  } catch (const eim::PolicyError& failure) {
    throw Failure(Exit::usage, options.rules + ": " + failure.what());
  } catch (const eim::StoreFailure& failure) {
    throw Failure(Exit::local, failure.what());
  } catch (const https::ServerError& failure) {
    throw Failure(Exit::local, failure.what());
  } catch (const coaps::ServerError& failure) {
    throw Failure(Exit::local, failure.what());
  }
}

struct ConfigOptions {
  AssociationOptions association;
  std::string out;
  bool request = false;
};

void config(const ConfigOptions& options, const Globals& globals) {
  try {
    const perso::Pki pki = read_eim_pki(options.association.pki);
    Bytes der = association(options.association, pki);
    if (options.request) der = eim::add_initial_eim(der);
    if (!options.out.empty()) write_file(options.out, to_text(der));
    if (globals.json) {
      print_json(globals, Json{{options.request ? "addInitialEimRequest" : "eimConfigurationData", to_hex(der)}}.dump());
    } else if (options.out.empty()) {
      std::cout << to_hex(der) << '\n';
    }
  } catch (const perso::PkiError& failure) {
    throw Failure(Exit::local, failure.what());
  }
}

void add_association(CLI::App* command, AssociationOptions& options) {
  command->add_option("--pki", options.pki, "PKI folder of 'simurgh pki new'")->required();
  command->add_option("--eim-id", options.eim_id, "Identifier of this eIM; the name in its TLS certificate without it");
  command->add_option("--fqdn", options.fqdn, "Name cards reach it by, with :port where it is not 443");
  command->add_option("--ci", options.ci, "CI under which cards sign for this eIM: nist or brp")->check(CLI::IsMember({"nist", "brp"}));
  command->add_flag("--certificate", options.certificate, "Certificates instead of bare public keys");
  command->add_flag("--no-pin", options.no_pin, "No key or certificate for TLS");
  command->add_flag("--indirect", options.indirect, "Profiles may be downloaded through this eIM");
  command->add_flag("--coap", options.coap, "Also reached over CoAP");
}

}  // namespace

void add_eim_server(CLI::App& eim, Globals& globals) {
  auto o = std::make_shared<ServeOptions>();
  CLI::App* run = eim.add_subcommand("serve", "Serve ESipa (ASN.1 and JSON over HTTPS, CoAP), and orders and a page over HTTP");
  run->add_option("--store", o->store, "File of devices, orders and results")->required();
  add_association(run, o->association);
  run->add_option("--listen", o->listen, "Address to listen on for devices");
  run->add_option("--port", o->port, "Port; 0 takes any free one");
  run->add_option("--coap-port", o->coap_port, "Also serve CoAP over DTLS on this UDP port; 0 takes any free one");
  run->add_option("--rest-port", o->rest_port, "Port of orders and page; 0 takes any free one, -1 none");
  run->add_option("--rest-listen", o->rest_listen, "Address of orders and page; whoever reaches it may give orders");
  run->add_option("--webhook", o->webhook, "Where each finished order is posted, http or https");
  run->add_option("--rules", o->rules, "YAML file of rules: which profile for which group in which country");
  run->add_flag("--closed", o->closed, "Only devices that were announced by an order; others get eidNotFound");
  run->add_flag("--no-learn", o->no_learn, "Do not ask new devices for their data by itself");
  run->add_flag("--any-smdp", o->any_smdp, "Indirect downloads also from servers no order names");
  run->add_flag("--asn1-dp", o->asn1_dp, "Speak ASN.1 instead of JSON to SM-DP+s");
  run->add_option("--default-token", o->default_token, "associationToken of cards nothing is known of; 0: none")->check(CLI::Range(0, 0x7FFFFFFF));
  run->add_option("--connections", o->connections, "Most connections of devices at once")->check(CLI::Range(1, 100000));
  run->add_option("--sgp32-version", o->version, "1.0 for the answers of early versions")->check(CLI::IsMember({"1.0", "1.1", "1.2"}));
  run->footer("The first line on standard output tells the addresses.\nExamples:\n  simurgh eim serve --store eim.db --pki pki --port 9443 --rest-port 9080\n  simurgh --json eim serve --store eim.db --pki pki --rules rules.yaml");
  run->callback([o, &globals] { serve(*o, globals); });

  auto c = std::make_shared<ConfigOptions>();
  CLI::App* make = eim.add_subcommand("config", "Print the configuration data that associate this eIM with a card");
  add_association(make, c->association);
  make->add_option("--counter", c->association.counter, "Initial counterValue");
  make->add_flag("--no-token", c->association.no_token, "Do not ask the card for an association token");
  make->add_flag("--request", c->request, "The whole AddInitialEim request");
  make->add_option("--out", c->out, "Write DER to this file instead of hexadecimal to standard output");
  make->footer("Examples:\n  simurgh eim config --pki pki --fqdn localhost:9443\n  simurgh eim config --pki pki --request --out add-initial-eim.der");
  make->callback([c, &globals] { config(*c, globals); });
}

void add_eim(CLI::App& root, Globals& globals) {
  CLI::App* eim = root.add_subcommand("eim", "An eIM for tests: remote management of IoT eUICCs");
  eim->require_subcommand(1);
  add_eim_server(*eim, globals);
  add_eim_orders(*eim, globals);
}

}  // namespace simurgh::tool
