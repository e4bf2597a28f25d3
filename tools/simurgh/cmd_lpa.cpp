// simurgh lpa: a Local Profile Assistant for any eUICC, in a reader or in a file.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <csignal>
#include <iostream>
#include <thread>

#include "euicc/crypto/x509.h"
#include "ipae/es10/apdu_es10.h"
#include "ipae/es10/es10c.h"
#include "ipae/es10/identifiers.h"
#include "ipae/transport/socket.h"
#include "ipae/transport/tls.h"
#include "tools/simurgh/authorities.h"
#include "tools/simurgh/card_access.h"
#include "tools/simurgh/commands.h"
#include "tools/simurgh/lpa_view.h"
#include "tools/simurgh/pcsc_port.h"

namespace simurgh::tool {
namespace {

using namespace ipae;

struct Options {
  CardChoice card;
  std::size_t block_size = 120;
  std::string aid;
  // network
  std::vector<std::string> authorities;
  bool insecure = false;
  std::string connect;
  bool asn1 = false;
  unsigned attempts = 1;
  // of single verbs
  bool yes = false, refresh = false, all = false, keep = false;
  std::string profile, nickname, address;
  std::string activation_code, smdp, matching_id, imei;
  crypto::SecretBytes confirmation_code;
  std::uint64_t sequence = 0;
  bool has_sequence = false;
  es10c::ResetOptions reset;
};

[[noreturn]] void fail(const PortError& error) {
  const bool refused = error.sw != 0;
  throw Failure(refused ? Exit::refused : Exit::unreachable, error.what);
}

[[noreturn]] void fail(const AgentError& error) {
  Exit code = Exit::refused;
  switch (error.kind) {
    case AgentError::Kind::card_unreachable:
    case AgentError::Kind::server_unreachable:
      code = Exit::unreachable;
      break;
    case AgentError::Kind::bad_request:
      code = Exit::usage;
      break;
    default:
      break;
  }
  throw Failure(code, sentence(error), error.detail);
}

template <typename T>
T need(PortResult<T>&& result) {
  if (result.has_value()) return std::move(result.value());
  fail(result.error());
}

// The result code of a verb; anything but ok is the card's no.
template <typename Result>
void need_ok(const std::string& step, PortResult<Result>&& result) {
  const Result code = need(std::move(result));
  if (code == Result::ok) return;
  const ResultWords said = words(code);
  throw Failure(Exit::refused, step + " failed: " + std::string(said.words),
                std::string(said.name) + ", code " + std::to_string(said.code));
}

// The text is wiped where it came from.
crypto::SecretBytes take_secret(std::string& text) {
  crypto::SecretBytes secret(text_view(text));
  crypto::cleanse({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
  return secret;
}

bool interactive() { return ::isatty(STDIN_FILENO) == 1 && ::isatty(STDERR_FILENO) == 1; }

// For what cannot be taken back.
void want_yes(const Options& options, const std::string& deed) {
  if (options.yes) return;
  if (!interactive()) throw Failure(Exit::usage, deed + " needs --yes when nobody can be asked");
  std::cerr << deed << "? [y/N] " << std::flush;
  std::string line;
  std::getline(std::cin, line);
  if (line != "y" && line != "Y" && line != "yes") throw Failure(Exit::refused, "nothing was changed");
}

// The card with its ISD-R open.
class Session {
 public:
  explicit Session(const Options& options) : link_(open_card(options.card)) {
    ApduEs10Options es10;
    es10.block_size = options.block_size;
    if (!options.aid.empty()) {
      const auto aid = from_hex(options.aid);
      if (!aid || aid->size() < 5 || aid->size() > 16) throw Failure(Exit::usage, "--aid takes 5 to 16 octets in hexadecimal");
      es10.isd_r_aids = {*aid};
    }
    port_ = need(ApduEs10Port::open(*link_, es10));
  }
  ApduEs10Port& operator*() noexcept { return *port_; }
  ApduEs10Port* operator->() noexcept { return port_.get(); }

 private:
  std::unique_ptr<ApduPort> link_;
  std::unique_ptr<ApduEs10Port> port_;
};

// ---- network

class Network {
 public:
  explicit Network(const Options& options) : tls_(tcp_, trust(options)) {
    if (options.connect.empty()) return;
    const auto there = ServerAddress::parse(options.connect);
    if (!there) throw Failure(Exit::usage, "--connect takes HOST:PORT");
    tcp_.redirect(there->host, there->port);
  }
  NetPort& operator*() noexcept { return tls_; }

 private:
  static TlsTrust trust(const Options& options) {
    TlsTrust out;
    if (options.insecure) {
      std::cerr << "Warning: --insecure accepts any server.\n";
      out.verify = false;
      return out;
    }
    for (const std::string& path : options.authorities) add_authorities(path, out.authorities);
    if (out.authorities.empty()) {
      throw Failure(Exit::usage, "no certificate issuer (CI) is trusted; give --ca FILE or the folder that 'simurgh pki new' made");
    }
    return out;
  }

  SocketNet tcp_;
  TlsNet tls_;
};

Es9Options es9_options(const Options& options) {
  Es9Options out;
  out.asn1 = options.asn1;
  return out;
}

DeliveryOptions delivery_options(const Options& options) {
  DeliveryOptions out;
  out.attempts = options.attempts;
  out.wait = [](unsigned attempt) -> Task<> {
    std::this_thread::sleep_for(std::chrono::seconds(1U << std::min(attempt - 2, 5U)));
    co_return;
  };
  out.remove = !options.keep;
  return out;
}

// ---- the user at the terminal

volatile std::sig_atomic_t interrupted = 0;  // set by the signal handler, the one thing it may touch

class Terminal final : public UserPort {
 public:
  Terminal(const Options& options, const Globals& globals, Session& session)
      : options_(options), session_(session), show_(::isatty(STDERR_FILENO) == 1 && !globals.json) {
    interrupted = 0;
    // The first interrupt ends the download in order, the second one at once.
    previous_ = std::signal(SIGINT, [](int) {
      interrupted = 1;
      std::signal(SIGINT, SIG_DFL);
    });
  }
  ~Terminal() override {
    std::signal(SIGINT, previous_);
    clear();
  }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  Decision confirm_install(const InstallQuestion& question) override {
    clear();
    std::cerr << metadata_text(question.profile);
    if (options_.yes) return Decision::install;
    if (!interactive()) {
      // Nobody to ask: whoever ordered the download wants it, but not rules that bind them unawares.
      if (!question.policy_rules_need_consent) return Decision::install;
      std::cerr << "The rules above need consent: repeat with --yes.\n";
      return Decision::reject;
    }
    std::cerr << (question.policy_rules_need_consent ? "Install this profile and accept its rules? [y/N/later] "
                                                     : "Install this profile? [y/N/later] ")
              << std::flush;
    std::string line;
    std::getline(std::cin, line);
    if (line == "y" || line == "Y" || line == "yes") return Decision::install;
    return line == "later" || line == "l" ? Decision::postpone : Decision::reject;
  }

  std::optional<crypto::SecretBytes> confirmation_code() override {
    clear();
    if (!interactive()) return std::nullopt;
    std::cerr << "Confirmation code: " << std::flush;
    std::string line;
    std::getline(std::cin, line);
    return line.empty() ? std::nullopt : std::optional(take_secret(line));
  }

  void progress(const Progress& now) override {
    if (!show_) return;
    clear();
    std::cerr << step_name(now.step);
    if (now.total != 0) std::cerr << ' ' << now.done * 100 / now.total << "% of " << now.total << " octets";
    std::cerr << " (" << session_->stats().apdus << " APDUs)" << std::flush;
  }

  bool cancelled() override { return interrupted != 0; }

 private:
  void clear() {
    if (show_) std::cerr << "\r\x1B[K" << std::flush;
  }

  const Options& options_;
  Session& session_;
  bool show_;
  void (*previous_)(int) = SIG_DFL;
};

// ---- verbs

void chip_info(const Options& options, const Globals& globals) {
  Session card(options);
  ChipInfo chip;
  chip.eid = need(es10c::get_eid(*card));
  chip.addresses = need(es10a::get_euicc_configured_addresses(*card));
  chip.info = need(es10b::get_euicc_info2(*card));
  chip.rat = need(es10b::get_rat(*card));
  if (globals.json) return print_json(globals, to_json(chip).dump());
  std::cout << to_text(chip);
}

void reader_list(const Options&, const Globals& globals) {
  const std::vector<Reader> readers = list_readers();
  if (globals.json) {
    Json list = Json::array();
    for (const Reader& reader : readers) list.push_back({{"name", reader.name}, {"card", reader.card}, {"cardName", reader.card_name}, {"atr", to_hex(reader.atr)}});
    return print_json(globals, list.dump());
  }
  if (readers.empty()) std::cout << "No readers.\n";
  for (const Reader& reader : readers) std::cout << reader.name << (reader.card ? "  " + to_hex(reader.atr) + (reader.card_name.empty() ? "" : "  " + reader.card_name) : "  (empty)") << '\n';
}

void profile_list(const Options& options, const Globals& globals) {
  Session card(options);
  const auto profiles = need(es10c::get_profiles_info(*card, options.all ? es10c::all_profile_tags() : Bytes{}));
  if (!globals.json) {
    std::cout << to_text(profiles);
    return;
  }
  Json list = Json::array();
  for (const ProfileInfo& profile : profiles) list.push_back(to_json(profile));
  print_json(globals, list.dump());
}

// ICCID, AID, or a nickname or name that only one profile has.
ProfileInfo find_profile(Es10Port& card, const std::string& wanted) {
  const auto profiles = need(es10c::get_profiles_info(card));
  const auto iccid = iccid_from_text(wanted);
  const auto aid = wanted.size() == 32 ? from_hex(wanted) : std::nullopt;
  std::vector<ProfileInfo> found;
  for (const ProfileInfo& profile : profiles) {
    const bool numbered = (iccid && profile.iccid == *iccid) || (aid && profile.aid == *aid);
    if (numbered || profile.nickname == wanted || profile.name == wanted) found.push_back(profile);
  }
  if (found.empty()) throw Failure(Exit::refused, "the card has no profile '" + wanted + "'; see 'simurgh lpa profile list'");
  if (found.size() > 1) throw Failure(Exit::usage, "several profiles are called '" + wanted + "'; give the ICCID");
  return found.front();
}

// Left to be delivered after a change.
void mention_notifications(Es10Port& card) {
  const auto pending = es10b::list_notification(card);
  if (!pending || pending->empty()) return;
  std::cerr << pending->size() << (pending->size() == 1 ? " notification waits" : " notifications wait")
            << "; deliver with 'simurgh lpa notification process'.\n";
}

enum class Change { enable, disable, remove, rename };

void profile_change(Change change, const Options& options, const Globals& globals) {
  Session card(options);
  const ProfileInfo profile = find_profile(*card, options.profile);
  const es10c::Iccid id{profile.iccid};
  const std::string title = profile_title(profile);
  std::string done;
  switch (change) {
    case Change::enable:
      need_ok("enabling " + title, es10c::enable_profile(*card, id, options.refresh));
      done = "Enabled ";
      break;
    case Change::disable:
      need_ok("disabling " + title, es10c::disable_profile(*card, id, options.refresh));
      done = "Disabled ";
      break;
    case Change::remove:
      want_yes(options, "Deleting " + title);
      need_ok("deleting " + title, es10c::delete_profile(*card, id));
      done = "Deleted ";
      break;
    case Change::rename:
      need_ok("naming " + title, es10c::set_nickname(*card, id, options.nickname));
      done = options.nickname.empty() ? "Removed the nickname of " : "Named '" + printable(options.nickname) + "': ";
      break;
  }
  if (globals.json) {
    print_json(globals, Json{{"iccid", iccid_text(profile.iccid)}}.dump());
  } else {
    std::cout << done << title << '\n';
  }
  if (change == Change::rename) return;
  // A REFRESH resets the card's channels on most cards.
  if (card->take_refreshed() && !card->reopen()) return;
  mention_notifications(*card);
}

DownloadOrder download_order(const Options& options) {
  DownloadOrder order;
  order.confirmation_code = options.confirmation_code.clone();
  if (!options.activation_code.empty()) {
    auto code = parse_activation_code(options.activation_code);
    if (!code) throw Failure(Exit::usage, "this is no activation code: " + code.error());
    order.activation_code = *std::move(code);
  } else if (!options.smdp.empty()) {
    order.server = ServerAddress::parse(options.smdp);
    if (!order.server) throw Failure(Exit::usage, "'" + options.smdp + "' is no host name");
    if (!options.matching_id.empty()) order.matching_id = options.matching_id;
  }
  return order;
}

// IMEI: 15 or 16 digits, nibble-swapped as in TS 24.008; its first eight digits are the TAC.
es10b::DeviceInfo device_info(const std::string& imei) {
  es10b::DeviceInfo device;
  if (imei.empty()) return device;
  const bool digits = std::all_of(imei.begin(), imei.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (!digits || imei.size() < 15 || imei.size() > 16) throw Failure(Exit::usage, "an IMEI has 15 or 16 digits");
  const std::string filled = imei.size() == 15 ? imei + "F" : imei;
  device.tac = *from_hex(imei.substr(0, 8));
  std::string swapped;
  for (std::size_t i = 0; i < filled.size(); i += 2) swapped += {filled[i + 1], filled[i]};
  device.imei = *from_hex(swapped);
  return device;
}

void profile_download(const Options& options, const Globals& globals) {
  const DownloadOrder order = download_order(options);
  DownloadOptions how{es9_options(options), device_info(options.imei), delivery_options(options)};
  Network network(options);
  Session card(options);
  const auto outcome = [&] {
    Terminal terminal(options, globals, card);
    return run_now(download_profile(*card, *network, terminal, order, how));
  }();
  if (!outcome) fail(outcome.error());
  if (!outcome->notification.delivered) {
    std::cerr << "The server has not been told yet: " << outcome->notification.problem->what
              << "; try 'simurgh lpa notification process'.\n";
  }
  if (globals.json) return print_json(globals, to_json(*outcome).dump());
  std::cout << "Installed " << profile_title(outcome->profile) << "; enable it with 'simurgh lpa profile enable "
            << iccid_text(outcome->profile.iccid) << "'.\n";
}

void notification_list(const Options& options, const Globals& globals) {
  Session card(options);
  const auto list = need(es10b::list_notification(*card));
  if (!globals.json) {
    std::cout << to_text(list);
    return;
  }
  Json out = Json::array();
  for (const NotificationMetadata& notification : list) out.push_back(to_json(notification));
  print_json(globals, out.dump());
}

void notification_process(const Options& options, const Globals& globals) {
  Network network(options);
  Session card(options);
  const auto wanted = options.has_sequence ? std::optional(options.sequence) : std::nullopt;
  const auto deliveries = run_now(process_notifications(*card, *network, es9_options(options), delivery_options(options), wanted));
  if (!deliveries) fail(deliveries.error());
  if (options.has_sequence && deliveries->empty()) {
    throw Failure(Exit::refused,
                  "the card has no notification " + std::to_string(options.sequence) + "; see 'simurgh lpa notification list'");
  }
  const Delivery* failed = nullptr;
  Json out = Json::array();
  for (const Delivery& delivery : *deliveries) {
    if (!delivery.delivered) failed = &delivery;
    out.push_back(to_json(delivery));
    if (globals.json) continue;
    const std::string title = std::to_string(delivery.notification.sequence) + " (" + event_names(delivery.notification.events) + ") ";
    std::cout << title << (delivery.delivered ? "delivered to " : "not delivered to ") << printable(delivery.notification.address) << '\n';
  }
  if (failed != nullptr) {
    AgentError error = *failed->problem;
    error.detail +=
        (error.detail.empty() ? "" : "; ") + ("notification " + std::to_string(failed->notification.sequence) + " stays on the card");
    fail(error);
  }
  if (globals.json) return print_json(globals, out.dump());
  if (deliveries->empty()) std::cout << "No notifications.\n";
}

void notification_remove(const Options& options, const Globals& globals) {
  Session card(options);
  const std::string number = std::to_string(options.sequence);
  want_yes(options, "Removing notification " + number + " without delivering it");
  need_ok("removing notification " + number, es10b::remove_notification_from_list(*card, options.sequence));
  if (globals.json) return print_json(globals, Json{{"seqNumber", options.sequence}}.dump());
  std::cout << "Removed notification " << number << '\n';
}

void memory_reset(const Options& options, const Globals& globals) {
  es10c::ResetOptions what = options.reset;
  if (options.all) what = {true, true, true};
  if (!what.operational_profiles && !what.field_loaded_test_profiles && !what.default_smdp_address) {
    throw Failure(Exit::usage, "say what to reset: --operational, --test, --address or --all");
  }
  Session card(options);
  const std::string eid = eid_text(need(es10c::get_eid(*card)));
  std::string victims;
  for (const auto& [chosen, name] : {std::pair{what.operational_profiles, "all operational profiles"},
                                     std::pair{what.field_loaded_test_profiles, "all test profiles loaded in the field"},
                                     std::pair{what.default_smdp_address, "the default SM-DP+ address"}}) {
    if (chosen) victims += (victims.empty() ? "" : ", ") + std::string(name);
  }
  want_yes(options, "Deleting " + victims + " from the card with EID " + eid);
  need_ok("the memory reset", es10c::euicc_memory_reset(*card, what));
  if (globals.json) {
    print_json(globals, Json{{"eidValue", eid}}.dump());
  } else {
    std::cout << "Deleted " << victims << '\n';
  }
  if (card->take_refreshed() && !card->reopen()) return;
  mention_notifications(*card);
}

void address_get(const Options& options, const Globals& globals) {
  Session card(options);
  const auto addresses = need(es10a::get_euicc_configured_addresses(*card));
  const std::string smdp = addresses.default_dp_address ? printable(*addresses.default_dp_address) : "";
  if (globals.json) {
    return print_json(globals, Json{{"defaultDpAddress", addresses.default_dp_address ? Json(smdp) : Json()},
                                    {"rootDsAddress", printable(addresses.root_ds_address)}}
                                   .dump());
  }
  std::cout << "Default SM-DP+  " << (smdp.empty() ? "none" : smdp) << "\nRoot SM-DS      " << printable(addresses.root_ds_address) << '\n';
}

void address_set(const Options& options, const Globals& globals) {
  if (!options.address.empty() && !ServerAddress::parse(options.address))
    throw Failure(Exit::usage, "'" + options.address + "' is no host name");
  Session card(options);
  need_ok("setting the default SM-DP+ address", es10a::set_default_dp_address(*card, options.address));
  if (globals.json) return print_json(globals, Json{{"defaultDpAddress", options.address}}.dump());
  std::cout << (options.address.empty() ? std::string("Removed the default SM-DP+ address") : "Default SM-DP+ is now " + options.address)
            << '\n';
}

// ---- the tree

class Tree {
 public:
  Tree(CLI::App& root, Globals& globals) : globals_(globals), options_(std::make_shared<Options>()) {
    lpa_ = root.add_subcommand("lpa", "Manage the profiles of an eUICC, in a reader or in a card file");
    add_card_options(*lpa_, options_->card);
    lpa_->add_option("--block-size", options_->block_size, "Octets in one STORE DATA")->check(CLI::Range(6, 255))->capture_default_str();
    lpa_->add_option("--aid", options_->aid, "AID of the ISD-R (default: the standard's, then those of known vendors)");
    lpa_->require_subcommand(1);
    lpa_->footer(
        "Examples:\n  simurgh lpa --card my.card profile list\n  simurgh lpa --reader ACS profile download 'LPA:1$smdp.example.com$CODE' "
        "--ca pki");
  }

  CLI::App* noun(const std::string& name, const std::string& about, const std::string& examples) {
    CLI::App* app = lpa_->add_subcommand(name, about);
    app->require_subcommand(1);
    app->footer("Examples:\n" + examples);
    return app;
  }

  template <typename Run>
  CLI::App* verb(CLI::App* parent, const std::string& name, const std::string& about, const std::string& examples, Run run) {
    CLI::App* app = parent->add_subcommand(name, about);
    app->footer("Examples:\n" + examples);
    app->callback([options = options_, &globals = globals_, run] { run(*options, globals); });
    return app;
  }

  void network(CLI::App* app) {
    app->add_option("--ca", options_->authorities, "Certificate of a trusted issuer (CI), or a folder with them")
        ->allow_extra_args(false)
        ->envname("SIMURGH_CA");
    app->add_flag("--insecure", options_->insecure, "Accept any server certificate (test servers only)");
    app->add_option("--connect", options_->connect, "HOST:PORT to connect to in place of the server's name");
    app->add_flag("--asn1", options_->asn1, "Speak ASN.1 in place of JSON to the server");
    app->add_option("--attempts", options_->attempts, "How often to try to deliver a notification")
        ->check(CLI::Range(1, 10))
        ->capture_default_str();
  }
  void yes(CLI::App* app, const std::string& about) { app->add_flag("-y,--yes", options_->yes, about); }
  void profile(CLI::App* app) { app->add_option("profile", options_->profile, "ICCID, AID, nickname or name")->required(); }
  void refresh(CLI::App* app) { app->add_flag("--refresh", options_->refresh, "Let the card send a REFRESH to the terminal"); }
  Options& options() { return *options_; }

 private:
  Globals& globals_;
  std::shared_ptr<Options> options_;
  CLI::App* lpa_ = nullptr;
};

void add_profile_verbs(Tree& tree) {
  Options& options = tree.options();
  CLI::App* noun =
      tree.noun("profile", "The profiles on the card", "  simurgh lpa profile list\n  simurgh lpa profile enable 8988211000000000011");
  CLI::App* list = tree.verb(noun, "list", "List the profiles",
                             "  simurgh lpa --card my.card profile list\n  simurgh --json lpa profile list --all", profile_list);
  list->add_flag("--all", options.all, "Also owner, policy rules and notification addresses (with --json)");

  CLI::App* download = tree.verb(noun, "download", "Download and install a profile",
                                 "  simurgh lpa profile download 'LPA:1$smdp.example.com$CODE' --ca pki\n"
                                 "  simurgh lpa profile download --smdp localhost:8443 --matching-id TEST --ca pki --yes",
                                 profile_download);
  CLI::Option* code =
      download->add_option("code", options.activation_code, "Activation code; without one the card's default SM-DP+ is asked");
  CLI::Option* smdp = download->add_option("--smdp", options.smdp, "Address of the SM-DP+")->excludes(code);
  download->add_option("--matching-id", options.matching_id, "Matching ID")->needs(smdp);
  download
      ->add_option_function<std::string>(
          "--confirmation-code", [&options](std::string typed) { options.confirmation_code = take_secret(typed); }, "Confirmation code")
      ->envname("SIMURGH_CONFIRMATION_CODE");
  download->add_option("--imei", options.imei, "IMEI to tell the server (default: a test device's TAC)");
  download->add_flag("--keep-notification", options.keep, "Leave the delivered installation result on the card");
  tree.network(download);
  tree.yes(download, "Install without asking, and accept policy rules");

  const auto change = [](Change what) { return [what](const Options& o, const Globals& g) { profile_change(what, o, g); }; };
  CLI::App* enable =
      tree.verb(noun, "enable", "Enable a profile; the enabled one is disabled",
                "  simurgh lpa profile enable 8988211000000000011\n  simurgh lpa profile enable travel --refresh", change(Change::enable));
  tree.profile(enable);
  tree.refresh(enable);
  CLI::App* disable =
      tree.verb(noun, "disable", "Disable the enabled profile",
                "  simurgh lpa profile disable 8988211000000000011\n  simurgh lpa profile disable travel", change(Change::disable));
  tree.profile(disable);
  tree.refresh(disable);
  CLI::App* remove =
      tree.verb(noun, "delete", "Delete a disabled profile",
                "  simurgh lpa profile delete 8988211000000000011\n  simurgh lpa profile delete travel --yes", change(Change::remove));
  tree.profile(remove);
  tree.yes(remove, "Do not ask");
  CLI::App* nickname = tree.verb(noun, "nickname", "Name a profile",
                                 "  simurgh lpa profile nickname 8988211000000000011 travel\n  simurgh lpa profile nickname travel ''",
                                 change(Change::rename));
  tree.profile(nickname);
  nickname->add_option("nickname", options.nickname, "New nickname, up to 64 octets; empty removes it")->required();
}

void add_notification_verbs(Tree& tree) {
  Options& options = tree.options();
  CLI::App* noun = tree.noun("notification", "Notifications that wait on the card",
                             "  simurgh lpa notification list\n  simurgh lpa notification process --ca pki");
  tree.verb(noun, "list", "List them", "  simurgh lpa notification list\n  simurgh --json lpa --card my.card notification list",
            notification_list);
  CLI::App* process = tree.verb(noun, "process", "Deliver them to their servers and remove them",
                                "  simurgh lpa notification process --ca pki\n  simurgh lpa notification process 7 --ca pki --attempts 3",
                                [](Options& o, const Globals& g) { notification_process(o, g); });
  process->add_option_function<std::uint64_t>(
      "number",
      [&options](const std::uint64_t& number) {
        options.sequence = number;
        options.has_sequence = true;
      },
      "Just this one");
  process->add_flag("--keep", options.keep, "Leave delivered ones on the card");
  tree.network(process);
  CLI::App* remove = tree.verb(noun, "remove", "Remove one without delivering it",
                               "  simurgh lpa notification remove 7\n  simurgh lpa notification remove 7 --yes", notification_remove);
  remove->add_option("number", options.sequence, "Number of the notification")->required();
  tree.yes(remove, "Do not ask");
}

}  // namespace

void add_lpa(CLI::App& root, Globals& globals) {
  Tree tree(root, globals);
  Options& options = tree.options();

  CLI::App* chip =
      tree.noun("chip", "The card itself", "  simurgh lpa --card my.card chip info\n  simurgh --json lpa --reader ACS chip info");
  tree.verb(chip, "info", "EID, versions, memory, keys and rules", "  simurgh lpa chip info\n  simurgh --json lpa --card my.card chip info",
            chip_info);
  CLI::App* reader = tree.noun("reader", "The PC/SC readers", "  simurgh lpa reader list\n  simurgh --json lpa reader list");
  tree.verb(reader, "list", "List readers and the ATRs of their cards", "  simurgh lpa reader list\n  simurgh --json lpa reader list",
            reader_list);

  add_profile_verbs(tree);
  add_notification_verbs(tree);

  CLI::App* memory =
      tree.noun("memory", "The card's memory", "  simurgh lpa memory reset --operational\n  simurgh lpa memory reset --all --yes");
  CLI::App* reset = tree.verb(memory, "reset", "Delete profiles and settings as a whole, policy rules or not",
                              "  simurgh lpa memory reset --operational\n  simurgh lpa memory reset --all --yes", memory_reset);
  reset->add_flag("--operational", options.reset.operational_profiles, "All operational profiles");
  reset->add_flag("--test", options.reset.field_loaded_test_profiles, "Test profiles loaded in the field");
  reset->add_flag("--address", options.reset.default_smdp_address, "The default SM-DP+ address");
  reset->add_flag("--all", options.all, "All of these");
  tree.yes(reset, "Do not ask");

  CLI::App* address =
      tree.noun("address", "Where downloads start", "  simurgh lpa address get\n  simurgh lpa address set smdp.example.com");
  tree.verb(address, "get", "Show the default SM-DP+ and the root SM-DS", "  simurgh lpa address get\n  simurgh --json lpa address get",
            address_get);
  CLI::App* set = tree.verb(address, "set", "Set the default SM-DP+",
                            "  simurgh lpa address set smdp.example.com\n  simurgh lpa address set ''", address_set);
  set->add_option("address", options.address, "Host name; empty removes it")->required();
}

}  // namespace simurgh::tool
