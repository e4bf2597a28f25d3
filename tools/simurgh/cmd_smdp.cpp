#include <sys/signalfd.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <ctime>
#include <iostream>
#include <nlohmann/json.hpp>
#include <thread>

#include "asn1/tlv.h"
#include "euicc/crypto/symmetric.h"
#include "euicc/ecasd/ecasd.h"
#include "euicc/profile/package.h"
#include "tools/simurgh/commands.h"
#include "tools/smdp/activation_code.h"
#include "tools/smdp/operator_post.h"
#include "tools/smdp/server.h"

namespace simurgh::tool {
namespace {

using Json = nlohmann::ordered_json;

struct ServeOptions {
  std::string store, pki, listen = "127.0.0.1", address, progress_url, progress_ca;
  std::uint16_t port = 0;
  int es2_port = -1;
};

int wait_for_interrupt() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  int which = 0;
  sigwait(&set, &which);
  return which;
}

void serve(const ServeOptions& options, const Globals& globals) {
  // Before any thread starts, so that all of them leave the signals to this one.
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  try {
    const perso::Pki pki = perso::read_pki(options.pki);
    const perso::Pki::Curve* with_tls = nullptr;
    for (const auto& curve : pki.curves) {
      if (with_tls == nullptr && curve.dp_tls && curve.dp_tls->key) with_tls = &curve;
    }
    if (with_tls == nullptr) throw Failure(Exit::local, options.pki + " has no SM-DP+ TLS certificate with a key (DPtls)");
    smdp::OrderStore store(options.store);
    const auto rng = crypto::system_rng();
    const auto now = [] { return static_cast<std::int64_t>(std::time(nullptr)); };
    smdp::Es2Plus es2(store, *rng);
    smdp::Es9Plus::Options es9_options{.address = options.address, .now = now, .progress = {}};
    if (!options.progress_url.empty()) {
      if (const auto wrong = smdp::bad_url(options.progress_url)) throw Failure(Exit::usage, "--progress-url: " + *wrong);
      const auto target = std::make_shared<smdp::OperatorTarget>();
      target->url = options.progress_url;
      if (!options.progress_ca.empty()) {
        target->ca = perso::read_certificate(options.progress_ca);
      } else if (pki.es2_ca) {
        target->ca = pki.es2_ca->certificate;
      }
      target->identity = perso::Identity{with_tls->dp_tls->certificate, with_tls->dp_tls->key};
      es9_options.progress = [target, now](const smdp::Order& order, const std::string& point, bool good) {
        // The operator's server must not hold up a download.
        std::thread([target, body = smdp::progress_body(order, point, good, now())] {
          if (const auto wrong = smdp::post_json(*target, body))
            std::cerr << "simurgh: progress information did not reach " + target->url + " (" + *wrong + ")\n";
        }).detach();
      };
    }
    if (es9_options.address.empty()) {
      const auto& names = with_tls->dp_tls->certificate.dns_names;
      es9_options.address = names.empty() ? options.listen : names.front();
    }
    const std::string name = es9_options.address;
    smdp::Es9Plus es9(pki, store, *rng, es9_options);
    smdp::HttpService service(es9, es2);
    https::Server server(smdp::listener_handler(service, smdp::Interface::es9plus), {.host = options.listen, .port = options.port, .identity = *with_tls->dp_tls});
    std::optional<https::Server> operator_side;
    if (options.es2_port >= 0) {
      if (!pki.es2_ca) throw Failure(Exit::local, options.pki + " has no ES2+ CA (ES2/CERT_ES2_CA); make a PKI with 'simurgh pki new'");
      operator_side.emplace(smdp::listener_handler(service, smdp::Interface::es2plus),
                            https::Listener{.host = options.listen, .port = static_cast<std::uint16_t>(options.es2_port), .identity = *with_tls->dp_tls,
                                            .client_ca = pki.es2_ca->certificate});
    }
    const std::string authority = name + ":" + std::to_string(server.port());
    if (globals.json) {
      Json result{{"address", authority}, {"port", server.port()}};
      if (operator_side) result["es2_port"] = operator_side->port();
      print_json(globals, result.dump());
    } else {
      std::cout << "SM-DP+ at https://" << authority << "/ (test keys)";
      if (operator_side) std::cout << ", ES2+ on port " << operator_side->port();
      std::cout << '\n';
    }
    std::cout.flush();
    wait_for_interrupt();
  } catch (const perso::PkiError& failure) {
    throw Failure(Exit::local, failure.what());
  } catch (const smdp::StoreFailure& failure) {
    throw Failure(Exit::local, failure.what());
  } catch (const https::ServerError& failure) {
    throw Failure(Exit::local, failure.what());
  }
}

struct OrderOptions {
  std::string store, upp, matching_id, eid, confirmation_code, name, provider = "Simurgh", profile_class = "operational", icon, owner, profile_type,
                                                                     host = "localhost", expires;
  std::vector<std::string> ppr, notify;
  bool reusable = false, is_default = false, stock = false, no_qr = false;
};

// ICCID of the package: EF.ICCID, else the header's.
Bytes package_iccid(const std::string& path) {
  const std::string upp = read_file(path);
  profile::PackageInterpreter interpreter;
  if (!interpreter.feed(text_view(upp)) || !interpreter.finish()) {
    const auto& statuses = interpreter.statuses();
    throw Failure(Exit::refused, path + " is no profile package that installs (" + (statuses.empty() ? "unknown reason" : statuses.back().why) +
                                     "); 'simurgh profile check' tells more");
  }
  const profile::ProfileImage image = interpreter.take();
  const uicc::NodeId file = image.files.child(uicc::kMf, 0x2FE2);
  if (file != uicc::kNoNode && image.files.at(file).body.size() == 10) return image.files.at(file).body;
  throw Failure(Exit::refused, path + " has no EF.ICCID");
}

std::uint64_t named(const std::vector<std::string>& values, std::initializer_list<const char*> names, const char* option) {
  std::uint64_t out = 0;
  for (const std::string& value : values) {
    const auto at = std::ranges::find(names, value, [](const char* n) { return std::string(n); });
    if (at == names.end()) throw Failure(Exit::usage, std::string(option) + " does not know '" + value + "'");
    out |= std::uint64_t{1} << (at - names.begin());
  }
  return out;
}

Bytes metadata_of(const OrderOptions& options, ByteView iccid) {
  asn1::TlvWriter out;
  {
    const auto scope = out.open(0xBF25);
    out.put(0x5A, iccid).put_text(0x91, options.provider).put_text(0x92, options.name);
    if (!options.icon.empty()) {
      const std::string icon = read_file(options.icon);
      const bool png = icon.starts_with("\x89PNG");
      if (!png && !icon.starts_with("\xFF\xD8")) throw Failure(Exit::usage, options.icon + " is neither PNG nor JPEG");
      if (icon.size() > 1024) throw Failure(Exit::usage, options.icon + " is larger than the 1024 octets an icon may have");
      out.put_byte(0x93, png ? 1 : 0).put_text(0x94, icon);
    }
    out.put_byte(0x95, options.profile_class == "test" ? 0 : options.profile_class == "provisioning" ? 1 : 2);
    if (!options.notify.empty()) {
      const bool all = options.notify.size() == 1 && options.notify.front() == "all";
      const std::uint64_t events = all ? 0x0F : named(options.notify, {"install", "enable", "disable", "delete"}, "--notify");
      const auto configuration = out.open(0xB6);
      // One entry an event: tools expect exactly one bit in each.
      for (unsigned bit = 0; bit < 4; ++bit) {
        if ((events >> bit & 1) == 0) continue;
        const auto entry = out.open(0x30);
        out.put_bits(0x80, std::uint64_t{1} << bit).put_text(0x81, options.host);
      }
    }
    if (!options.owner.empty()) {
      const std::string& o = options.owner;
      if ((o.size() != 5 && o.size() != 6) || o.find_first_not_of("0123456789") != std::string::npos) throw Failure(Exit::usage, "--owner takes MCC and MNC such as 00101");
      const auto digit = [&](std::size_t i) { return i < o.size() ? static_cast<unsigned>(o[i] - '0') : 0x0FU; };
      const Bytes mcc_mnc{static_cast<std::uint8_t>(digit(1) << 4 | digit(0)), static_cast<std::uint8_t>(digit(5) << 4 | digit(2)),
                          static_cast<std::uint8_t>(digit(4) << 4 | digit(3))};
      const auto owner = out.open(0xB7);
      out.put(0x80, mcc_mnc);
    }
    if (!options.ppr.empty()) out.put_bits(0x99, named(options.ppr, {"pprUpdateControl", "ppr1", "ppr2"}, "--ppr"));
  }
  return out.take();
}

void order(const OrderOptions& options, const Globals& globals) {
  if (options.provider.size() > 32 || options.name.size() > 64) throw Failure(Exit::usage, "--provider has at most 32 octets, --name 64");
  if (!options.ppr.empty() && options.owner.empty()) throw Failure(Exit::usage, "--ppr needs --owner: cards refuse policy rules without an owner");
  if (!options.eid.empty() && !ecasd::parse_eid(options.eid)) throw Failure(Exit::usage, "--eid is no EID (32 digits with check digits)");
  const Bytes iccid = package_iccid(options.upp);
  smdp::Order order;
  order.upp = to_bytes(text_view(read_file(options.upp)));
  order.iccid = smdp::iccid_digits(iccid);
  order.metadata = metadata_of(options, iccid);
  order.eid = options.eid;
  order.profile_type = options.profile_type;
  order.reusable = options.reusable;
  order.is_default = options.is_default;
  order.state = options.stock ? "available" : "released";
  const auto rng = crypto::system_rng();
  if (!options.stock) order.matching_id = options.matching_id.empty() ? to_hex(rng->bytes(8)) : options.matching_id;
  if (!options.confirmation_code.empty()) {
    const auto hash = crypto::sha256({text_view(options.confirmation_code)});
    order.confirmation_hash.assign(hash.begin(), hash.end());
  }
  if (!options.expires.empty()) {
    std::tm when{};
    if (::strptime(options.expires.c_str(), "%Y-%m-%dT%H:%M:%SZ", &when) == nullptr) throw Failure(Exit::usage, "--expires takes a time such as 2030-01-31T12:00:00Z");
    order.expires = ::timegm(&when);
  }
  try {
    smdp::OrderStore store(options.store);
    store.add(order);
  } catch (const smdp::StoreFailure& failure) {
    throw Failure(Exit::local, failure.what());
  }
  const std::string code = options.stock ? "" : smdp::activation_code(options.host, order.matching_id, !order.confirmation_hash.empty());
  if (globals.json) {
    print_json(globals, Json{{"iccid", order.iccid}, {"matchingId", order.matching_id}, {"activationCode", code}, {"state", order.state}}.dump());
    return;
  }
  if (options.stock) {
    std::cout << "ICCID " << order.iccid << " is in stock for ES2+\n";
    return;
  }
  std::cout << code << '\n';
  if (!options.no_qr && ::isatty(STDOUT_FILENO) == 1) std::cout << '\n' << smdp::qr_code(code);
}

void list(const std::string& path, const Globals& globals) {
  try {
    smdp::OrderStore store(path);
    Json out = Json::array();
    for (const smdp::Order& o : store.all()) {
      out.push_back({{"iccid", o.iccid}, {"state", o.state}, {"matchingId", o.matching_id}, {"eid", o.eid}, {"confirmationCode", !o.confirmation_hash.empty()}, {"boundTo", o.bound_eid}});
      if (!globals.json) std::cout << o.iccid << "  " << o.state << "  " << o.matching_id << (o.eid.empty() ? "" : "  for " + o.eid) << '\n';
    }
    if (globals.json) print_json(globals, out.dump());
  } catch (const smdp::StoreFailure& failure) {
    throw Failure(Exit::local, failure.what());
  }
}

void notifications(const std::string& path, const Globals& globals) {
  try {
    smdp::OrderStore store(path);
    Json out = Json::array();
    for (const smdp::StoredNotification& n : store.notifications()) {
      out.push_back({{"eid", n.eid}, {"seqNumber", n.sequence}, {"event", n.event}, {"iccid", n.iccid}, {"verified", n.verified}});
      if (!globals.json) std::cout << n.sequence << "  " << n.event << "  " << n.iccid << "  " << (n.verified ? "verified" : "NOT VERIFIED") << "  " << n.eid << '\n';
    }
    if (globals.json) print_json(globals, out.dump());
  } catch (const smdp::StoreFailure& failure) {
    throw Failure(Exit::local, failure.what());
  }
}

void cancel(const std::string& path, const std::string& matching_id, const Globals& globals) {
  try {
    smdp::OrderStore store(path);
    auto order = store.by_matching_id(matching_id);
    if (!order) throw Failure(Exit::refused, "no order with matching id " + matching_id + "; 'simurgh smdp list' shows them");
    order->state = "cancelled";
    store.update(*order);
    if (globals.json) print_json(globals, Json{{"matchingId", matching_id}, {"state", "cancelled"}}.dump());
  } catch (const smdp::StoreFailure& failure) {
    throw Failure(Exit::local, failure.what());
  }
}

}  // namespace

void add_smdp(CLI::App& root, Globals& globals) {
  CLI::App* smdp = root.add_subcommand("smdp", "An SM-DP+ for tests");
  smdp->require_subcommand(1);
  auto serve_options = std::make_shared<ServeOptions>();
  CLI::App* run = smdp->add_subcommand("serve", "Serve ES9+ (JSON and ASN.1) over HTTPS, and ES2+ with mutual TLS");
  run->add_option("--store", serve_options->store, "File of orders and notifications")->required();
  run->add_option("--pki", serve_options->pki, "PKI folder of 'simurgh pki new', or the SGP.26 one")->required();
  run->add_option("--listen", serve_options->listen, "Address to listen on");
  run->add_option("--port", serve_options->port, "Port; 0 takes any free one");
  run->add_option("--address", serve_options->address, "Name cards know this server by; the TLS certificate's without it");
  run->add_option("--es2-port", serve_options->es2_port, "Also serve ES2+ on this port; 0 takes any free one");
  run->add_option("--progress-url", serve_options->progress_url, "Where HandleDownloadProgressInfo goes, http or https");
  run->add_option("--progress-ca", serve_options->progress_ca, "Issuer of that server's certificate; the PKI's ES2+ CA without it")->needs("--progress-url");
  run->footer("The first line on standard output tells the address.\nExamples:\n  simurgh smdp serve --store dp.db --pki pki --port 8443\n  simurgh smdp serve --store dp.db --pki pki --es2-port 8444");
  run->callback([serve_options, &globals] { serve(*serve_options, globals); });

  auto o = std::make_shared<OrderOptions>();
  CLI::App* make = smdp->add_subcommand("order", "Make an order and print its activation code");
  make->add_option("--store", o->store, "File of orders; the server may be running")->required();
  make->add_option("--upp", o->upp, "Profile package")->required();
  make->add_option("--matching-id", o->matching_id, "Matching id; random without it");
  make->add_option("--eid", o->eid, "Only for this card");
  make->add_option("--confirmation-code", o->confirmation_code, "The user must give this code");
  make->add_option("--name", o->name, "profileName");
  make->add_option("--provider", o->provider, "serviceProviderName");
  make->add_option("--class", o->profile_class, "test, provisioning or operational")->check(CLI::IsMember({"test", "provisioning", "operational"}));
  make->add_option("--icon", o->icon, "PNG or JPEG of at most 1024 octets");
  make->add_option("--owner", o->owner, "MCC and MNC of the profile owner");
  make->add_option("--ppr", o->ppr, "pprUpdateControl, ppr1, ppr2; may be repeated");
  make->add_option("--notify", o->notify, "install, enable, disable, delete or all; may be repeated");
  make->add_option("--profile-type", o->profile_type, "For ES2+ orders by type");
  make->add_option("--host", o->host, "Address in the activation code, with the port where it is not 443");
  make->add_option("--expires", o->expires, "Time such as 2030-01-31T12:00:00Z");
  make->add_flag("--reusable", o->reusable, "May be downloaded again and again");
  make->add_flag("--default", o->is_default, "Served when a card asks without a matching id");
  make->add_flag("--stock", o->stock, "Put the profile in stock for ES2+ instead of releasing it");
  make->add_flag("--no-qr", o->no_qr, "No QR code on a terminal");
  make->footer("Examples:\n  simurgh smdp order --store dp.db --upp upp.der --host localhost:8443\n  simurgh smdp order --store dp.db --upp upp.der --confirmation-code 1234 --notify all");
  make->callback([o, &globals] { order(*o, globals); });

  auto store = std::make_shared<std::string>();
  auto matching_id = std::make_shared<std::string>();
  CLI::App* orders = smdp->add_subcommand("list", "List the orders");
  orders->add_option("--store", *store, "File of orders")->required();
  orders->footer("Examples:\n  simurgh smdp list --store dp.db\n  simurgh --json smdp list --store dp.db");
  orders->callback([store, &globals] { list(*store, globals); });
  CLI::App* received = smdp->add_subcommand("notifications", "List the notifications cards have sent");
  received->add_option("--store", *store, "File of orders")->required();
  received->footer("Examples:\n  simurgh smdp notifications --store dp.db\n  simurgh --json smdp notifications --store dp.db");
  received->callback([store, &globals] { notifications(*store, globals); });
  CLI::App* stop = smdp->add_subcommand("cancel", "Cancel an order");
  stop->add_option("--store", *store, "File of orders")->required();
  stop->add_option("--matching-id", *matching_id, "Matching id of the order")->required();
  stop->footer("Examples:\n  simurgh smdp cancel --store dp.db --matching-id FIRST\n  simurgh --json smdp cancel --store dp.db --matching-id FIRST");
  stop->callback([store, matching_id, &globals] { cancel(*store, *matching_id, globals); });
}

}  // namespace simurgh::tool
