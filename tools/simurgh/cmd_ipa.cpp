// simurgh ipa: an IoT Profile Assistant for the IoT eUICC in a reader or in a file.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <filesystem>
#include <iostream>

#include "euicc/crypto/x509.h"
#include "ipae/agent/emulated_iot.h"
#include "ipae/agent/schedule.h"
#include "ipae/es10/es10c.h"
#include "ipae/es10/identifiers.h"
#include "ipae/es9/base64.h"
#include "tools/simurgh/commands.h"
#include "tools/simurgh/ipa_host.h"
#include "tools/simurgh/lpa_view.h"

namespace simurgh::tool {
namespace {

using namespace ipae;

struct Options {
  CardChoice card;
  std::size_t block_size = 120;
  std::string state;
  bool emulate = false;
  // poll
  std::vector<std::string> authorities;
  IpaNetwork network;
  std::string binding = "auto", version = "auto";
  bool forever = false, direct = false, minimize = false, no_immediate = false;
  std::string imei, plmn;
  std::uint64_t proof = 300, proof_pause = 10, fallback_after = 0, interval = 3600, first = 0;
  unsigned answer = 120;
  // associate
  std::string file;
  bool yes = false;
};

template <typename T>
T need(PortResult<T>&& result) {
  if (result) return *std::move(result);
  throw Failure(result.error().sw != 0 ? Exit::refused : Exit::unreachable, result.error().what);
}

// The card, and an IoT eUICC on top of it when it is none.
class Home {
 public:
  explicit Home(const Options& options) : card_(options.card, options.block_size) {
    eid = need(es10c::get_eid(card_));
    journal_ = std::make_unique<JournalFile>(journal_path(options.state, options.card, eid_text(eid)));
    const auto probe = es10b::get_eim_configuration_data(card_);
    if (options.emulate) {
      if (probe) throw Failure(Exit::usage, "this is an IoT eUICC; leave --emulate-iot away");
      emulated_ = std::make_unique<EmulatedIot>(card_, *journal_);
    } else if (!probe) {
      if (probe.error().sw == 0) throw Failure(Exit::unreachable, probe.error().what);
      throw Failure(Exit::refused, "the card is no IoT eUICC, or its own assistant is in charge; a consumer eUICC needs --emulate-iot",
                    probe.error().what);
    }
    const auto info = need(es10b::get_euicc_info2(es10()));
    iot = es10b::parse_iot_info(info.raw).value_or(es10b::IotInfo{});
    version = options.emulate || !iot.before_v1_1() ? esipa::Version::v1_2 : esipa::Version::v1_0;
  }
  [[nodiscard]] Es10Port& es10() { return emulated_ ? static_cast<Es10Port&>(*emulated_) : card_; }
  [[nodiscard]] IpaCard& card() noexcept { return card_; }
  [[nodiscard]] JournalFile& journal() noexcept { return *journal_; }

  Bytes eid;
  es10b::IotInfo iot;
  esipa::Version version = esipa::Version::v1_2;

 private:
  IpaCard card_;
  std::unique_ptr<JournalFile> journal_;
  std::unique_ptr<EmulatedIot> emulated_;
};

// ---- verbs

Json to_json(const es10b::EimEntry& entry) {
  Json out{{"eimId", printable(entry.id)}};
  if (!entry.fqdn.empty()) out["eimFqdn"] = printable(entry.fqdn);
  if (entry.token) out["associationToken"] = *entry.token;
  static constexpr const char* kProtocols[] = {"retrieveHttps", "retrieveCoaps", "injectHttps", "injectCoaps", "proprietary"};
  Json protocols = Json::array();
  for (std::size_t bit = 0; bit < std::size(kProtocols); ++bit) {
    if ((entry.protocols >> bit & 1) != 0) protocols.push_back(kProtocols[bit]);
  }
  out["eimSupportedProtocol"] = protocols;
  out["indirectProfileDownload"] = entry.indirect_download;
  out["pinned"] = entry.tls_key.empty() ? Json() : Json(entry.tls_key_is_certificate ? "certificate" : "key");
  return out;
}

void info(const Options& options, const Globals& globals) {
  Home home(options);
  const auto entries = need(es10b::get_eim_configuration_data(home.es10()));
  std::string versions;
  for (const Bytes& version : home.iot.versions) versions += (versions.empty() ? "" : ", ") + version_text(version);
  if (versions.empty()) versions = options.emulate ? "emulated" : "1.0";
  if (globals.json) {
    Json list = Json::array();
    for (const auto& entry : entries) list.push_back(to_json(entry));
    Json out{{"eidValue", eid_text(home.eid)}, {"iotVersion", versions}};
    if (home.iot.ipa_mode) out["ipaMode"] = *home.iot.ipa_mode == 0 ? "ipad" : "ipae";
    out["ecallSupported"] = home.iot.ecall;
    out["fallbackSupported"] = home.iot.fallback;
    out["eims"] = list;
    out["state"] = home.journal().path();
    return print_json(globals, out.dump());
  }
  std::cout << "EID       " << eid_text(home.eid) << "\nSGP.32    " << versions << "\nFeatures  "
            << (home.iot.ecall ? "emergency profile" : "") << (home.iot.ecall && home.iot.fallback ? ", " : "")
            << (home.iot.fallback ? "fallback" : "") << (home.iot.ecall || home.iot.fallback ? "" : "none") << '\n';
  if (entries.empty()) std::cout << "No eIM; add one with 'simurgh ipa associate FILE'.\n";
  for (const auto& entry : entries) {
    std::cout << "eIM       " << printable(entry.id);
    if (!entry.fqdn.empty() && entry.fqdn != entry.id) std::cout << " at " << printable(entry.fqdn);
    if (entry.token) std::cout << ", token " << *entry.token;
    std::cout << (entry.indirect_download ? ", indirect downloads" : "") << (entry.tls_key.empty() ? ", not pinned" : "") << '\n';
  }
}

// What a file may hold: DER as it is, or in hexadecimal or base64.
std::vector<Bytes> readings_of(const std::string& content) {
  std::vector<Bytes> readings{to_bytes(text_view(content))};
  std::string dense;
  for (const char c : content) {
    if (c != ' ' && c != '\t' && c != '\r' && c != '\n') dense += c;
  }
  if (auto hex = from_hex(dense)) readings.push_back(*std::move(hex));
  if (auto octets = base64_decode(dense)) readings.push_back(*std::move(octets));
  return readings;
}

// DER, hexadecimal or base64 of an AddInitialEim request, of a GetEimConfigurationData answer, or of one EimConfigurationData.
Bytes association(const std::string& file) {
  for (const Bytes& octets : readings_of(read_file(file))) {
    const auto entries = es10b::parse_eim_entries(octets);
    if (!entries || entries->empty()) continue;
    if (asn1::read_only(octets, 0xBF57)) return octets;
    Bytes list;
    for (const es10b::EimEntry& entry : *entries) append(list, entry.raw);
    return asn1::tlv(0xBF57, asn1::tlv(0xA0, list));
  }
  throw Failure(Exit::local, file + " holds no eIM configuration data; DER, hexadecimal or base64 of AddInitialEimRequest is wanted");
}

void associate(const Options& options, const Globals& globals) {
  const Bytes request = association(options.file);
  Home home(options);
  const auto answer = need(es10b::add_initial_eim(home.es10(), request));
  if (answer.error) {
    const ResultWords said = words(*answer.error);
    throw Failure(Exit::refused, "the card does not take the eIM: " + std::string(said.words),
                  std::string(said.name) + ", code " + std::to_string(said.code));
  }
  const auto entries = es10b::parse_eim_entries(request);
  Json list = Json::array();
  for (std::size_t i = 0; i < entries->size(); ++i) {
    std::optional<std::uint64_t> token;
    if (i < answer.tokens.size()) token = answer.tokens[i];
    list.push_back({{"eimId", printable((*entries)[i].id)}, {"associationToken", token ? Json(*token) : Json()}});
    if (!globals.json) {
      std::cout << "Associated " << printable((*entries)[i].id)
                << (token ? "; tell it the association token " + std::to_string(*token) : "") << '\n';
    }
  }
  if (globals.json) print_json(globals, list.dump());
}

void forget(const Options& options, const Globals& globals) {
  if (!options.yes) throw Failure(Exit::usage, "removing every eIM needs --yes: without one nobody manages the card");
  Home home(options);
  const auto answer = need(es10b::memory_reset(home.es10(), {.eim = true}, home.version == esipa::Version::v1_0));
  const unsigned code = answer.eim.value_or(answer.result);
  if (code != 0) {
    throw Failure(Exit::refused, code == 1 ? "the card has no eIM" : "the card keeps its eIMs",
                  "resetEimResult, code " + std::to_string(code));
  }
  if (globals.json) return print_json(globals, Json{{"eidValue", eid_text(home.eid)}}.dump());
  std::cout << "Removed every eIM from the card with EID " << eid_text(home.eid) << '\n';
}

// ---- polling

volatile std::sig_atomic_t interrupted = 0;  // set by the signal handler, the one thing it may touch

class Signals {
 public:
  Signals() {
    interrupted = 0;
    struct sigaction action {};
    // Waits end; an exchange that runs is finished. The second interrupt ends at once.
    action.sa_handler = [](int) { interrupted = 1; };
    action.sa_flags = static_cast<int>(SA_RESETHAND);
    ::sigaction(SIGINT, &action, &int_);
    ::sigaction(SIGTERM, &action, &term_);
  }
  ~Signals() {
    ::sigaction(SIGINT, &int_, nullptr);
    ::sigaction(SIGTERM, &term_, nullptr);
  }
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

 private:
  struct sigaction int_ {
  }, term_{};
};

// False when it was interrupted.
bool sleep_for(std::chrono::seconds time) {
  const auto end = std::chrono::steady_clock::now() + time;
  while (interrupted == 0) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    if (left.count() <= 0) return true;
    ::usleep(static_cast<useconds_t>(std::min<std::int64_t>(left.count(), 500) * 1000));
  }
  return false;
}

class Host final : public HostPort {
 public:
  explicit Host(IpaCard& card) : card_(card) {}
  Task<PortResult<void>> restart_card() override { co_return card_.restart(); }
  Task<bool> wait(std::chrono::seconds time) override { co_return sleep_for(time); }
  std::int64_t now() override {
    return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
  }

 private:
  IpaCard& card_;
};

std::string_view deed_name(Deed deed) {
  static constexpr std::string_view kNames[] = {"reached", "delivered",    "package", "data",   "download",
                                                "error",   "notification", "idle",    "problem"};
  return kNames[static_cast<std::size_t>(deed)];
}

Json to_json(const RunReport& report, const Json& events) {
  return {{"reached", report.visit.reached},
          {"idle", report.visit.idle},
          {"packages", report.visit.packages},
          {"downloads", report.visit.downloads},
          {"delivered", report.visit.delivered},
          {"profileChanged", report.visit.switched},
          {"proven", report.proven},
          {"rolledBack", report.rolled_back},
          {"fellBack", report.fell_back},
          {"unproven", report.unproven},
          {"events", events},
          {"problems", report.visit.problems}};
}

std::string summary(const RunReport& report) {
  std::string out;
  const auto say = [&](bool when, const std::string& what) {
    if (when) out += (out.empty() ? "" : ", ") + what;
  };
  say(report.visit.packages != 0, std::to_string(report.visit.packages) + (report.visit.packages == 1 ? " package" : " packages"));
  say(report.visit.downloads != 0, std::to_string(report.visit.downloads) + (report.visit.downloads == 1 ? " download" : " downloads"));
  say(report.proven, "the new profile works");
  say(report.rolled_back, "the new profile reached no eIM and was rolled back");
  say(report.fell_back, "fell back to the fallback profile");
  say(report.unproven, "the new profile is not proven yet");
  if (out.empty()) out = report.visit.reached ? "nothing to do" : "no eIM was reached";
  out[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(out[0])));
  return out + ".";
}

// IMEI: 15 or 16 digits, nibble-swapped as in TS 24.008; its first eight digits are the TAC.
es10b::DeviceInfo device_of(const std::string& imei) {
  es10b::DeviceInfo device;
  if (imei.empty()) return device;
  const bool digits = std::all_of(imei.begin(), imei.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (!digits || imei.size() < 15 || imei.size() > 16) throw Failure(Exit::usage, "an IMEI has 15 or 16 digits");
  const std::string filled = imei.size() == 15 ? imei + "F" : imei;
  device.tac = from_hex(imei.substr(0, 8)).value();
  std::string swapped;
  for (std::size_t i = 0; i < filled.size(); i += 2) swapped += {filled[i + 1], filled[i]};
  device.imei = from_hex(swapped).value();
  return device;
}

// "26201", "310410" -> three octets
Bytes plmn_of(const std::string& digits) {
  if (digits.empty()) return {};
  const bool good =
      (digits.size() == 5 || digits.size() == 6) && std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (!good) throw Failure(Exit::usage, "a PLMN has five or six digits: MCC and MNC");
  const char third = digits.size() == 6 ? digits[5] : 'F';
  return from_hex(std::string{digits[1], digits[0], third, digits[2], digits[4], digits[3]}).value();
}

// A file is taken as it is; of a folder only self-signed CAs.
void add_authorities(const std::string& path, std::vector<Bytes>& out) {
  namespace fs = std::filesystem;
  std::error_code error;
  const std::size_t before = out.size();
  if (!fs::is_directory(path, error)) {
    for (Bytes& der : certificates_in(text_view(read_file(path)))) out.push_back(std::move(der));
  } else {
    for (const auto& entry : fs::recursive_directory_iterator(path, error)) {
      const std::string extension = entry.path().extension().string();
      if (!entry.is_regular_file(error) || (extension != ".pem" && extension != ".der" && extension != ".crt" && extension != ".cer"))
        continue;
      for (const Bytes& der : certificates_in(text_view(read_file(entry.path().string())))) {
        const auto certificate = crypto::parse_certificate(der);
        if (certificate && certificate->is_ca && certificate->issuer == certificate->subject) out.push_back(der);
      }
    }
  }
  if (out.size() == before) throw Failure(Exit::local, path + " holds no certificate of an issuer (CI)");
}

IpaNetwork network_of(const Options& options) {
  IpaNetwork network = options.network;
  for (const std::string& path : options.authorities) add_authorities(path, network.authorities);
  if (network.insecure) std::cerr << "Warning: --insecure accepts any server.\n";
  if (options.binding == "asn1") network.binding = IpaBinding::asn1;
  if (options.binding == "json") network.binding = IpaBinding::json;
  if (options.binding == "coap") network.binding = IpaBinding::coap;
  network.answer = std::chrono::seconds(options.answer);
  return network;
}

AgentOptions agent_options(const Options& options, const Home& home, const IpaDoors& doors) {
  AgentOptions how;
  how.version = options.version == "auto" ? home.version : options.version == "1.0" ? esipa::Version::v1_0 : esipa::Version::v1_2;
  how.indirect = !options.direct;
  how.minimize = options.minimize && !options.emulate;
  how.immediate_enable = !options.no_immediate && !options.emulate;
  how.refresh = false;
  if (doors.speaks_coap()) how.protocols = esipa::protocol::kRetrieveCoaps;
  return how;
}

RunnerRules runner_rules(const Options& options) {
  RunnerRules rules;
  rules.proof = std::chrono::seconds(options.proof);
  rules.proof_pause = std::chrono::seconds(std::max<std::uint64_t>(1, options.proof_pause));
  rules.fallback_after = std::chrono::seconds(options.fallback_after);
  return rules;
}

// A TransferEimPackage that somebody brought, and the answer to be carried back.
void transfer(const Options& options, const Globals& globals) {
  Bytes request;
  for (Bytes& reading : readings_of(read_file(options.file))) {
    if (asn1::read_only(reading, 0xBF4E)) request = std::move(reading);
  }
  if (request.empty()) throw Failure(Exit::local, options.file + " holds no TransferEimPackage; DER, hexadecimal or base64 of BF4E is wanted");
  const AgentSituation situation{plmn_of(options.plmn), device_of(options.imei)};
  IpaDoors doors(network_of(options));
  Home home(options);
  IotAgent agent(home.es10(), doors, home.journal(), agent_options(options, home, doors));
  Json events = Json::array();
  agent.on_event([&](const AgentEvent& event) {
    std::cerr << (event.eim_id.empty() ? "card" : printable(event.eim_id)) << ": " << event.what << std::endl;
    events.push_back({{"kind", deed_name(event.deed)}, {"what", event.what}});
  });
  Host host(home.card());
  IotRunner runner(home.es10(), agent, home.journal(), host, runner_rules(options));
  Bytes answer;
  const auto report = run_now(runner.transfer(
      request,
      [&](Bytes octets) {
        answer = std::move(octets);
        if (!globals.json) std::cout << to_hex(answer) << std::endl;
      },
      situation));
  if (!report) throw Failure(report.error().sw != 0 ? Exit::refused : Exit::unreachable, report.error().what);
  Json out = to_json(*report, events);
  out["transferEimPackageResponse"] = to_hex(answer);
  if (!report->visit.problems.empty()) throw Failure(Exit::refused, report->visit.problems.back(), globals.json ? out.dump() : std::string());
  if (globals.json) print_json(globals, out.dump());
  if (report->unproven) std::cerr << "The profile changed; 'simurgh ipa poll' proves it, or rolls it back.\n";
}

void poll(const Options& options, const Globals& globals) {
  const AgentSituation situation{plmn_of(options.plmn), device_of(options.imei)};
  IpaDoors doors(network_of(options));
  Home home(options);
  IotAgent agent(home.es10(), doors, home.journal(), agent_options(options, home, doors));
  Json events = Json::array();
  agent.on_event([&](const AgentEvent& event) {
    if (globals.json) {
      Json row{{"kind", deed_name(event.deed)}, {"what", event.what}};
      if (!event.eim_id.empty()) row["eimId"] = printable(event.eim_id);
      if (!event.octets.empty()) row["octets"] = to_hex(event.octets);
      events.push_back(std::move(row));
      return;
    }
    auto& out = event.deed == Deed::problem || event.deed == Deed::error ? std::cerr : std::cout;
    out << (event.eim_id.empty() ? "card" : printable(event.eim_id)) << ": " << event.what << std::endl;
  });
  Host host(home.card());
  IotRunner runner(home.es10(), agent, home.journal(), host, runner_rules(options));
  ScheduleRules times;
  times.interval = std::chrono::seconds(std::max<std::uint64_t>(1, options.interval));
  times.failure = std::min(times.failure, times.interval);
  PollSchedule schedule(times, device_spread(home.eid));
  schedule.restore(static_cast<unsigned>(std::min<std::uint64_t>(RunnerRecord::decode(home.journal().load(kRunnerRecord)).failures, 64)));
  const Signals signals;
  if (options.forever && options.first != 0) {
    const std::unique_ptr<crypto::Rng> rng = crypto::system_rng();
    const auto random = static_cast<std::uint64_t>(be_value(rng->bytes(4)));
    if (!sleep_for(std::chrono::seconds(random % (options.first + 1)))) return;
  }
  for (;;) {
    events = Json::array();
    auto report = run_now(runner.poll(situation));
    if (!report) {
      if (!options.forever) throw Failure(report.error().sw != 0 ? Exit::refused : Exit::unreachable, report.error().what);
      // A card in a reader comes and goes.
      std::cerr << "simurgh: " << report.error().what << '\n';
    } else if (globals.json) {
      if (options.forever) {
        std::cout
            << Json{{"schema", 1}, {"command", globals.command}, {"ok", report->visit.reached}, {"result", to_json(*report, events)}}.dump()
            << std::endl;
      } else if (report->visit.reached && report->visit.failures == 0 && report->visit.problems.empty()) {
        print_json(globals, to_json(*report, events).dump());
      }
    } else {
      std::cout << summary(*report) << std::endl;
    }
    if (!options.forever) {
      if (!report->visit.reached) {
        throw Failure(Exit::unreachable, report->visit.problems.empty() ? "no eIM was reached" : report->visit.problems.back(),
                      globals.json ? to_json(*report, events).dump() : std::string());
      }
      if (!report->visit.problems.empty()) {
        throw Failure(Exit::refused, report->visit.problems.back(), globals.json ? to_json(*report, events).dump() : std::string());
      }
      return;
    }
    if (!sleep_for(schedule.next(report && report->visit.reached))) return;
    if (!report) (void)home.card().restart();
  }
}

}  // namespace

void add_ipa(CLI::App& root, Globals& globals) {
  auto options = std::make_shared<Options>();
  CLI::App* ipa = root.add_subcommand("ipa", "Be the assistant (IPAd) of an IoT eUICC, in a reader or in a card file");
  add_card_options(*ipa, options->card);
  ipa->add_option("--block-size", options->block_size, "Octets in one STORE DATA")->check(CLI::Range(6, 255))->capture_default_str();
  ipa->add_option("--state", options->state, "File for what must not be forgotten (default: FILE.ipa, or ~/.local/state/simurgh/ipa/EID)");
  ipa->add_flag("--emulate-iot", options->emulate, "Play the IoT functions that a consumer eUICC lacks; their results are not signed");
  ipa->require_subcommand(1);
  ipa->footer("Examples:\n  simurgh ipa associate eim.hex\n  simurgh ipa poll\n  simurgh ipa --card my.card poll --forever --ca pki");

  const auto verb = [&](const char* name, const char* about, const char* examples, auto run) {
    CLI::App* app = ipa->add_subcommand(name, about);
    app->footer(std::string("Examples:\n") + examples);
    app->callback([options, &globals, run] { run(*options, globals); });
    return app;
  };
  verb("info", "Versions, features and associated eIMs", "  simurgh ipa info\n  simurgh --json ipa --card my.card info", info);
  verb("associate", "Add the first eIM; the card takes it from nobody once it has one",
       "  simurgh ipa associate eim.hex\n  simurgh ipa --card my.card associate add-initial-eim.der", associate)
      ->add_option("file", options->file, "AddInitialEimRequest or EimConfigurationData as DER, hexadecimal or base64")
      ->required();
  verb("forget", "Remove every eIM from the card", "  simurgh ipa forget --yes\n  simurgh ipa --card my.card forget --yes", forget)
      ->add_flag("-y,--yes", options->yes, "Do not ask");
  const auto add_ways = [&options](CLI::App* app) {
    app->add_option("--binding", options->binding, "ESipa as asn1 or json over HTTPS, or asn1 over coap; auto takes what the eIM offers")
        ->check(CLI::IsMember({"auto", "asn1", "json", "coap"}))
        ->capture_default_str();
    app->add_option("--sgp32-version", options->version, "Forms of the messages to eIMs: 1.0, 1.1, 1.2; auto takes those of the card's version")
        ->check(CLI::IsMember({"auto", "1.0", "1.1", "1.2"}))
        ->capture_default_str();
    app->add_option("--ca", options->authorities,
                    "Certificate of a trusted issuer (CI), or a folder with them; eIMs that the card pins need none")
        ->allow_extra_args(false)
        ->envname("SIMURGH_CA");
    app->add_flag("--insecure", options->network.insecure, "Accept any server (test servers only)");
    app->add_option("--eim", options->network.eim_address, "HOST[:PORT] of the eIM, in place of what the card says");
    app->add_option("--connect", options->network.connect, "HOST:PORT to connect to in place of the eIM's name");
    app->add_option("--connect-smdp", options->network.connect_smdp, "HOST:PORT to connect to in place of an SM-DP+'s name");
    app->add_option("--timeout", options->answer, "Seconds to wait for an answer")->check(CLI::Range(1, 3600))->capture_default_str();
    app->add_flag("--slow", options->network.slow, "NB-IoT: ten seconds before CoAP repeats a message");
    app->add_flag("--direct", options->direct, "Download from SM-DP+s, never by way of the eIM");
    app->add_flag("--minimize", options->minimize, "Send compact forms once the eIM can rebuild the full ones");
    app->add_flag("--no-immediate-enable", options->no_immediate, "Do not ask the card to enable a profile right after its download");
    app->add_option("--prove", options->proof, "Seconds in which a new profile must reach an eIM before it is rolled back")
        ->capture_default_str();
    app->add_option("--prove-pause", options->proof_pause, "Seconds between attempts to reach one")->capture_default_str();
    app->add_option("--fallback-after", options->fallback_after,
                    "Seconds without any eIM before the fallback profile is enabled; 0 for never")
        ->capture_default_str();
    app->add_option("--imei", options->imei, "IMEI to tell servers (default: a test device's TAC)");
    app->add_option("--plmn", options->plmn, "MCC and MNC of the serving network, to tell the eIM");
  };
  CLI::App* app = verb("poll", "Ask the eIMs what to do, do it, and tell them",
                       "  simurgh ipa poll\n  simurgh ipa poll --binding coap --forever\n  simurgh ipa --emulate-iot poll --ca pki", poll);
  app->add_flag("--forever", options->forever, "Go on polling until interrupted");
  app->add_option("--interval", options->interval, "Seconds between polls, to which up to 10 % are added")->capture_default_str();
  app->add_option("--first", options->first, "With --forever: a random part of so many seconds before the first poll")
      ->capture_default_str();
  add_ways(app);
  app = verb("transfer", "Take a message that the eIM sent by another way, and print the answer to be carried back",
             "  simurgh ipa transfer message.hex\n  simurgh ipa --card my.card transfer message.der --ca pki", transfer);
  app->add_option("file", options->file, "TransferEimPackage (BF4E) as DER, hexadecimal or base64")->required();
  add_ways(app);
}

}  // namespace simurgh::tool
