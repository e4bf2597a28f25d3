// simurgh ipa poll and transfer: the agent's visits around one card.
#include <unistd.h>

#include <csignal>
#include <iostream>

#include "euicc/crypto/x509.h"
#include "ipae/agent/schedule.h"
#include "ipae/es10/identifiers.h"
#include "tools/simurgh/authorities.h"
#include "tools/simurgh/commands.h"
#include "tools/simurgh/ipa_home.h"
#include "tools/simurgh/lpa_view.h"

namespace simurgh::tool {
namespace {

using namespace ipae;

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
  Host(IpaHome& home, std::vector<ServerAddress> probes) : home_(home), probes_(std::move(probes)) {}
  Task<PortResult<void>> restart_card() override { co_return home_.restart(); }
  Task<bool> wait(std::chrono::seconds time) override { co_return sleep_for(time); }
  std::int64_t now() override {
    return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
  }
  Task<bool> network_works() override {
    for (const ServerAddress& probe : probes_) {
      SocketNet net;
      if (co_await net.connect(probe.host, probe.port)) co_return true;
    }
    co_return false;
  }

 private:
  IpaHome& home_;
  std::vector<ServerAddress> probes_;
};

std::vector<ServerAddress> probes_of(const IpaOptions& options) {
  std::vector<ServerAddress> out;
  for (const std::string& text : options.probes) {
    auto address = ServerAddress::parse(text);
    if (!address) throw Failure(Exit::usage, "--probe takes HOST:PORT");
    out.push_back(*std::move(address));
  }
  return out;
}

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
          {"returned", report.returned},
          {"returnFailed", report.return_failed},
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
  say(report.fell_back && !report.return_failed, "fell back to the fallback profile");
  say(report.returned, "returned from the fallback profile");
  say(report.return_failed, "the profile before the fallback still reaches no eIM");
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

IpaNetwork network_of(const IpaOptions& options) {
  IpaNetwork network = options.network;
  for (const std::string& path : options.authorities) add_authorities(path, network.authorities);
  if (network.insecure) std::cerr << "Warning: --insecure accepts any server.\n";
  if (options.binding == "asn1") network.binding = IpaBinding::asn1;
  if (options.binding == "json") network.binding = IpaBinding::json;
  if (options.binding == "coap") network.binding = IpaBinding::coap;
  network.answer = std::chrono::seconds(options.answer);
  return network;
}

AgentOptions agent_options(const IpaOptions& options, const IpaHome& home, const IpaDoors& doors) {
  AgentOptions how;
  how.version = options.version == "auto" ? home.version : options.version == "1.0" ? esipa::Version::v1_0 : esipa::Version::v1_2;
  how.indirect = !options.direct;
  how.minimize = options.minimize && !options.emulate;
  how.immediate_enable = !options.no_immediate;
  how.refresh = false;
  if (doors.speaks_coap()) how.protocols = esipa::protocol::kRetrieveCoaps;
  return how;
}

RunnerRules runner_rules(const IpaOptions& options, const IpaHome& home) {
  RunnerRules rules;
  rules.proof = std::chrono::seconds(options.proof);
  rules.proof_pause = std::chrono::seconds(std::max<std::uint64_t>(1, options.proof_pause));
  rules.fallback_after = std::chrono::seconds(options.fallback_after);
  rules.fallback_polls = options.fallback_polls;
  rules.return_after = std::chrono::seconds(options.return_after);
  rules.device = device_spread(home.eid);
  return rules;
}

// The card, the agent for it, and what is done around the agent's visits.
struct Assistant {
  explicit Assistant(const IpaOptions& options)
      : situation{plmn_of(options.plmn), device_of(options.imei)},
        doors(network_of(options)),
        home(options),
        agent(home.es10(), doors, home.journal(), agent_options(options, home, doors)),
        host(home, probes_of(options)),
        runner(home.es10(), agent, home.journal(), host, runner_rules(options, home)) {}

  AgentSituation situation;
  IpaDoors doors;
  IpaHome home;
  IotAgent agent;
  Host host;
  IotRunner runner;
};

std::string whose(const AgentEvent& event) { return event.eim_id.empty() ? "card" : printable(event.eim_id); }

Json to_json(const AgentEvent& event) {
  Json row{{"kind", deed_name(event.deed)}, {"what", event.what}};
  if (!event.eim_id.empty()) row["eimId"] = printable(event.eim_id);
  if (!event.octets.empty()) row["octets"] = to_hex(event.octets);
  return row;
}

// Where a download stands, on a terminal: one line that is written over.
class ProgressLine {
 public:
  explicit ProgressLine(IotAgent& agent) : show_(::isatty(STDERR_FILENO) == 1) {
    if (!show_) return;
    agent.on_progress([this](const std::string& eim_id, const Progress& now) {
      clear();
      std::cerr << printable(eim_id) << ": " << step_name(now.step);
      if (now.total != 0) std::cerr << ' ' << now.done * 100 / now.total << "% of " << now.total << " octets";
      std::cerr << std::flush;
    });
  }
  void clear() const {
    if (show_) std::cerr << "\r\x1B[K" << std::flush;
  }

 private:
  bool show_;
};

Failure failure(const PortError& error) { return {error.sw != 0 ? Exit::refused : Exit::unreachable, error.what}; }

}  // namespace

void ipa_transfer(const IpaOptions& options, const Globals& globals) {
  Bytes request;
  for (Bytes& reading : readings_of(read_file(options.file))) {
    if (asn1::read_only(reading, 0xBF4E)) request = std::move(reading);
  }
  if (request.empty()) throw Failure(Exit::local, options.file + " holds no TransferEimPackage; DER, hexadecimal or base64 of BF4E is wanted");
  Assistant assistant(options);
  ProgressLine line(assistant.agent);
  Json events = Json::array();
  assistant.agent.on_event([&](const AgentEvent& event) {
    line.clear();
    std::cerr << whose(event) << ": " << event.what << std::endl;
    events.push_back(to_json(event));
  });
  Bytes answer;
  const auto report = run_now(assistant.runner.transfer(
      request,
      [&](Bytes octets) {
        answer = std::move(octets);
        if (!globals.json) std::cout << to_hex(answer) << std::endl;
      },
      assistant.situation));
  if (!report) throw failure(report.error());
  Json out = to_json(*report, events);
  out["transferEimPackageResponse"] = to_hex(answer);
  if (!report->visit.problems.empty()) throw Failure(Exit::refused, report->visit.problems.back(), globals.json ? out.dump() : std::string());
  if (globals.json) print_json(globals, out.dump());
  if (report->unproven) std::cerr << "The profile changed; 'simurgh ipa poll' proves it, or rolls it back.\n";
}

void ipa_poll(const IpaOptions& options, const Globals& globals) {
  Assistant assistant(options);
  IpaHome& home = assistant.home;
  ProgressLine line(assistant.agent);
  Json events = Json::array();
  assistant.agent.on_event([&](const AgentEvent& event) {
    line.clear();
    if (globals.json) {
      events.push_back(to_json(event));
      return;
    }
    auto& out = event.deed == Deed::problem || event.deed == Deed::error ? std::cerr : std::cout;
    out << whose(event) << ": " << event.what << std::endl;
  });
  ScheduleRules times;
  times.first = std::chrono::seconds(0);
  times.first_spread = std::chrono::seconds(options.first);
  times.interval = std::chrono::seconds(std::max<std::uint64_t>(1, options.interval));
  times.failure = std::min(times.failure, times.interval);
  PollSchedule schedule(times, device_spread(home.eid));
  schedule.restore(static_cast<unsigned>(std::min<std::uint64_t>(RunnerRecord::decode(home.journal().load(kRunnerRecord)).failures, 64)));
  const Signals signals;
  if (options.forever) {
    // A service that is started again and again must not poll the faster for it.
    const std::unique_ptr<crypto::Rng> rng = crypto::system_rng();
    const auto pause = schedule.first(static_cast<std::uint32_t>(be_value(rng->bytes(4))));
    if (pause.count() > 0) std::cerr << "The first poll comes in " << pause.count() << " seconds.\n";
    if (!sleep_for(pause)) return;
  }
  for (;;) {
    events = Json::array();
    auto report = run_now(assistant.runner.poll(assistant.situation));
    if (!report) {
      if (!options.forever) throw failure(report.error());
      // A card in a reader comes and goes.
      std::cerr << "simurgh: " << report.error().what << '\n';
      if (globals.json) {
        const Json error{{"exit", static_cast<int>(failure(report.error()).code())}, {"message", report.error().what}};
        std::cout << Json{{"schema", 1}, {"command", globals.command}, {"ok", false}, {"error", error}}.dump() << std::endl;
      }
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
    auto pause = schedule.next(report && report->visit.reached);
    if (const auto due = assistant.runner.return_due()) pause = std::min(pause, std::chrono::seconds(std::max<std::int64_t>(1, *due - assistant.host.now())));
    if (!sleep_for(pause)) return;
    if (!report) (void)home.restart();
  }
}

}  // namespace simurgh::tool
