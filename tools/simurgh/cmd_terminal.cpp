#include <CLI/CLI.hpp>
#include <cstdio>
#include <ctime>
#include <iostream>
#include <nlohmann/json.hpp>

#include "tools/simurgh/card_link.h"
#include "tools/simurgh/commands.h"
#include "tools/terminal/hss.h"
#include "tools/terminal/socket_network.h"
#include "tools/terminal/terminal.h"

namespace simurgh::tool {
namespace {

using std::chrono::milliseconds;

struct Options {
  CardChoice choice;
  std::string power_up = "minimal", capabilities, pin, imei, imeisv, language, plmn, access;
  unsigned area = 1;
  std::uint64_t cell = 1;
  bool no_service = false;
  std::vector<std::string> answers;
  bool interactive = false, once = false, virtual_time = false, trace = false;
  double seconds = 0, idle_limit = 30;
  std::vector<std::string> sms;
  std::string centre = "+491710000000";
  std::vector<unsigned> menu;
  std::vector<std::string> rejections, apdus, envelopes, moves;
  std::string dial, redirect;
  bool aka = false;
  std::string subscribers, algorithm = "milenage", key, opc;
  std::vector<std::string> name_servers;
};

Bytes hex_of(const std::string& text, const std::string& option) {
  auto octets = from_hex(text.starts_with('@') ? read_file(text.substr(1)) : text);
  if (!octets || octets->empty()) throw Failure(Exit::usage, option + " takes octets in hexadecimal, or @FILE that holds them");
  return *std::move(octets);
}

Bytes ipv4_of(const std::string& text, const std::string& option) {
  unsigned parts[4]{};
  char extra = 0;
  if (std::sscanf(text.c_str(), "%3u.%3u.%3u.%3u%c", &parts[0], &parts[1], &parts[2], &parts[3], &extra) != 4) {
    throw Failure(Exit::usage, option + " takes an IPv4 address, not '" + text + "'");
  }
  Bytes out;
  for (const unsigned part : parts) {
    if (part > 255) throw Failure(Exit::usage, option + ": '" + text + "' is no IPv4 address");
    out.push_back(static_cast<std::uint8_t>(part));
  }
  return out;
}

terminal::Endpoint endpoint_of(const std::string& text) {
  auto out = terminal::read_endpoint(text);
  if (!out) throw Failure(Exit::usage, "--bip-to takes ADDRESS:PORT");
  return *std::move(out);
}

terminal::AccessTechnology access_of(const std::string& name) {
  if (name == "gsm") return terminal::AccessTechnology::gsm;
  if (name == "utran") return terminal::AccessTechnology::utran;
  if (name == "ng-ran") return terminal::AccessTechnology::ng_ran;
  return terminal::AccessTechnology::eutran;
}

terminal::Device device_of(const Options& options) {
  terminal::Device out;
  if (!options.imei.empty()) out.imei = options.imei;
  if (!options.imeisv.empty()) out.imeisv = options.imeisv;
  if (!options.language.empty()) out.language = options.language;
  if (!options.plmn.empty()) out.plmn = options.plmn;
  if (!options.access.empty()) out.access = access_of(options.access);
  if (options.no_service) out.service = terminal::ServiceStatus::none;
  out.area = options.area;
  out.cell = options.cell;
  if (terminal::encode_imei(out.imei).empty()) throw Failure(Exit::usage, "--imei takes 15 digits");
  if (terminal::encode_imeisv(out.imeisv).empty()) throw Failure(Exit::usage, "--imeisv takes 16 digits");
  if (out.language.size() != 2) throw Failure(Exit::usage, "--language takes two letters");
  if (terminal::encode_plmn(out.plmn).empty()) throw Failure(Exit::usage, "--plmn takes five or six digits");
  return out;
}

// "none", or "26201:7:1A2B:eutran": PLMN, area and cell in hexadecimal, access technology; what is left out stays.
terminal::Device moved(terminal::Device device, const std::string& text) {
  if (text == "none" || text == "limited") {
    device.service = text == "none" ? terminal::ServiceStatus::none : terminal::ServiceStatus::limited;
    return device;
  }
  device.service = terminal::ServiceStatus::normal;
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == ':') {
      parts.emplace_back();
    } else {
      parts.back().push_back(c);
    }
  }
  device.plmn = parts[0];
  const auto number = [&](std::size_t at, std::uint64_t otherwise) -> std::uint64_t {
    if (at >= parts.size() || parts[at].empty()) return otherwise;
    std::string digits = parts[at];
    if (digits.size() % 2 == 1) digits.insert(digits.begin(), '0');
    const auto octets = from_hex(digits);
    if (!octets || octets->size() > 8) throw Failure(Exit::usage, "--move takes PLMN:AREA:CELL:ACCESS with hexadecimal area and cell");
    return be_value(*octets);
  };
  device.area = static_cast<std::uint32_t>(number(1, device.area));
  device.cell = number(2, device.cell);
  if (parts.size() > 3) device.access = access_of(parts[3]);
  if (parts.size() > 4 || terminal::encode_plmn(device.plmn).empty()) throw Failure(Exit::usage, "--move takes none, limited or PLMN:AREA:CELL:ACCESS");
  return device;
}

terminal::Capabilities capabilities_of(const Options& options) {
  const terminal::Capabilities base = terminal::built_in_capabilities(options.power_up).value();
  if (options.capabilities.empty()) return base;
  auto read = terminal::read_capabilities(read_file(options.capabilities), base);
  if (!read) throw Failure(Exit::usage, options.capabilities + ": " + read.error());
  return *std::move(read);
}

nlohmann::ordered_json json_of(const terminal::Entry& entry) {
  nlohmann::ordered_json out{{"at", static_cast<double>(entry.at.count()) / 1000}, {"kind", entry.kind}, {"text", entry.text}};
  for (const auto& [name, value] : entry.fields) out[name] = value;
  return out;
}

// One line of the log: seconds, kind, what.
void print(const terminal::Entry& entry) {
  char time[32];
  std::snprintf(time, sizeof time, "%9.3f", static_cast<double>(entry.at.count()) / 1000);
  std::cout << time << ' ' << entry.kind << std::string(entry.kind.size() < 9 ? 9 - entry.kind.size() : 1, ' ') << entry.text << '\n';
}

void take(const terminal::EnvelopeAnswer& answer, const std::string& step) {
  using Kind = terminal::EnvelopeAnswer::Kind;
  if (answer.kind == Kind::taken) return;
  throw Failure(Exit::refused, step + (answer.kind == Kind::busy ? ": the card is busy; try again" : ": the card refused it"), to_hex(be_bytes(answer.sw, 2)));
}

terminal::Hss home_network(const Options& options, crypto::Rng& rng) {
  terminal::Hss out(rng, [] { return static_cast<std::int64_t>(std::time(nullptr)); });
  if (!options.subscribers.empty()) {
    auto read = terminal::read_subscribers(read_file(options.subscribers));
    if (!read) throw Failure(Exit::usage, options.subscribers + ": " + read.error());
    for (terminal::Subscriber& subscriber : *read) out.add(std::move(subscriber));
    return out;
  }
  if (options.key.empty()) throw Failure(Exit::usage, "--aka takes the keys of the network from --subscribers FILE or --k and --opc");
  auto parameters = terminal::aka_parameters({.algorithm = options.algorithm, .key = options.key, .opc = options.opc, .op = {}});
  if (!parameters) throw Failure(Exit::usage, parameters.error());
  out.add({.imsi = {}, .aka = *std::move(parameters), .amf = {0x80, 0x00}, .sqn = {}});
  return out;
}

// The part of an attach that a card sees.
void authenticate(terminal::Terminal& terminal, terminal::Hss& network, const terminal::Journal& journal, const terminal::Clock& clock) {
  if (terminal.facts().usim.empty()) throw Failure(Exit::refused, "--aka: the card has no USIM; is a profile enabled?");
  const auto result = terminal::authenticate(network, terminal.facts().imsi(), [&](ByteView command) { return terminal.send(command); });
  if (result.outcome != terminal::Authentication::Outcome::done) {
    throw Failure(Exit::refused, "--aka: " + terminal::describe(result), result.sw == 0x9000 ? std::string{} : to_hex(be_bytes(result.sw, 2)));
  }
  journal({.at = clock.now(), .kind = "network", .text = terminal::describe(result)});
  terminal.settle();
}

void play(terminal::Terminal& terminal, const Options& options) {
  for (const std::string& text : options.apdus) {
    const Bytes command = hex_of(text, "--apdu");
    if (command.size() < 4) throw Failure(Exit::usage, "--apdu: a command has four octets or more");
    (void)terminal.send(command);
    terminal.settle();
  }
  for (const std::string& move : options.moves) {
    terminal.move_to(moved(terminal.device(), move));
    terminal.settle();
  }
  for (const std::string& rejection : options.rejections) {
    unsigned type = 0, cause = 0;
    if (std::sscanf(rejection.c_str(), "%2x:%2x", &type, &cause) != 2) throw Failure(Exit::usage, "--reject takes TYPE:CAUSE in hexadecimal, as 09:0B");
    terminal.reject(static_cast<std::uint8_t>(type), static_cast<std::uint8_t>(cause));
    terminal.settle();
  }
  for (const std::string& text : options.sms) {
    const Bytes tpdu = hex_of(text, "--sms-pp");
    if (tpdu.size() > 200) throw Failure(Exit::usage, "--sms-pp: a TPDU has 175 octets at most");
    take(terminal.deliver_sms(options.centre, tpdu), "--sms-pp");
    terminal.settle();
  }
  for (const std::string& text : options.envelopes) {
    const Bytes content = hex_of(text, "--envelope");
    if (content.size() > 255) throw Failure(Exit::usage, "--envelope: 255 octets at most");
    take(terminal.envelope(content), "--envelope");
    terminal.settle();
  }
  for (const unsigned item : options.menu) {
    take(terminal.choose_menu_item(static_cast<std::uint8_t>(item)), "--menu");
    terminal.settle();
  }
  if (!options.dial.empty()) {
    const auto decision = terminal.may_call(options.dial);
    if (!decision) throw Failure(Exit::refused, "--dial: the card's answer to call control cannot be read");
    if (decision->kind == terminal::ControlDecision::Kind::not_allowed) throw Failure(Exit::refused, "--dial: the card does not allow this call");
    terminal.settle();
  }
}

nlohmann::ordered_json summary(const terminal::Terminal& terminal) {
  const terminal::CardFacts& facts = terminal.facts();
  nlohmann::ordered_json out{{"atr", to_hex(facts.atr)}, {"iccid", facts.iccid()}, {"imsi", facts.imsi()}};
  out["applications"] = nlohmann::ordered_json::array();
  for (const terminal::Application& application : facts.applications) {
    out["applications"].push_back({{"aid", to_hex(application.aid)}, {"label", application.label}});
  }
  out["files"] = nlohmann::ordered_json::object();
  for (const auto& [path, file] : facts.files) {
    nlohmann::ordered_json content = nlohmann::ordered_json::array();
    for (const Bytes& part : file.content) content.push_back(to_hex(part));
    out["files"][file.name] = {{"path", path}, {"content", content}, {"sw", to_hex(be_bytes(file.sw, 2))}};
  }
  nlohmann::ordered_json menu = nlohmann::ordered_json::array();
  for (const terminal::MenuItem& item : terminal.toolkit().menu()) menu.push_back({{"id", item.id}, {"text", item.text}});
  out["menu"] = {{"title", terminal.toolkit().menu_title()}, {"items", menu}};
  out["events"] = terminal.toolkit().events();
  out["proactiveCommands"] = terminal.commands();
  out["refreshes"] = terminal.resets();
  return out;
}

void run(const Options& options, const Globals& globals) {
  for (const std::string& word : options.answers) {
    if (!terminal::ScriptedUser::understands(word)) {
      throw Failure(Exit::usage, "--answer '" + word + "': there are ok, back, end, none, help, busy, no, item:N and text:TEXT");
    }
  }
  if (options.pin.size() > 8) throw Failure(Exit::usage, "--pin has at most eight digits");
  terminal::TerminalOptions settings;
  settings.power_up = terminal::power_up_of(options.power_up).value();
  settings.capabilities = capabilities_of(options);
  settings.pin = options.pin;
  settings.device = device_of(options);
  settings.journal_apdus = options.trace;
  if (const unsigned channels = settings.capabilities.profile.channels(); channels > 0) settings.channels.channels = channels;

  const auto rng = crypto::system_rng();
  std::optional<terminal::Hss> home;
  if (options.aka) home.emplace(home_network(options, *rng));
  terminal::SocketNetwork network;
  if (!options.redirect.empty()) network.redirect(endpoint_of(options.redirect));
  std::vector<Bytes> servers;
  for (const std::string& server : options.name_servers) servers.push_back(ipv4_of(server, "--name-server"));
  network.set_name_servers(std::move(servers));
  terminal::RealClock real;
  terminal::VirtualClock jumping(milliseconds(200));
  terminal::Clock& clock = options.virtual_time ? static_cast<terminal::Clock&>(jumping) : real;
  terminal::ScriptedUser scripted(options.answers);
  terminal::ConsoleUser person(std::cin, std::cerr);
  terminal::User& user = options.interactive ? static_cast<terminal::User&>(person) : scripted;
  nlohmann::ordered_json log = nlohmann::ordered_json::array();
  const terminal::Journal journal = [&](const terminal::Entry& entry) {
    if (globals.json) {
      log.push_back(json_of(entry));
    } else {
      print(entry);
    }
  };
  try {
    const auto link = open_link(options.choice);
    terminal::Terminal terminal({.link = *link, .clock = clock, .network = network, .user = user, .journal = journal}, std::move(settings));
    if (const auto up = terminal.power_up(); !up) throw Failure(Exit::refused, up.error().what, to_hex(be_bytes(up.error().sw, 2)));
    terminal.settle();
    if (home) authenticate(terminal, *home, journal, clock);
    play(terminal, options);
    if (options.seconds > 0 && !options.once) {
      terminal.run_for(milliseconds(static_cast<std::int64_t>(options.seconds * 1000)));
    } else {
      terminal.run_until_idle(milliseconds(static_cast<std::int64_t>(options.idle_limit * 1000)));
    }
    if (terminal.problem()) throw Failure(Exit::refused, "after REFRESH: " + terminal.problem()->what, to_hex(be_bytes(terminal.problem()->sw, 2)));
    if (globals.json) {
      nlohmann::ordered_json document = summary(terminal);
      document["log"] = std::move(log);
      print_json(globals, document.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
    }
  } catch (const terminal::LinkError& gone) {
    throw Failure(Exit::unreachable, gone.what());
  }
}

}  // namespace

void add_terminal(CLI::App& root, Globals& globals) {
  auto options = std::make_shared<Options>();
  CLI::App* app = root.add_subcommand("terminal", "A modem without a radio: reads the card, performs its proactive commands, tells it events");
  add_card_options(*app, options->choice);
  app->add_option("--power-up", options->power_up, "What is read: minimal, phone or nbiot; also the built-in TERMINAL PROFILE")
      ->check(CLI::IsMember({"minimal", "phone", "nbiot"}));
  app->add_option("--capabilities", options->capabilities, "YAML file with terminalProfile and terminalCapability");
  app->add_option("--pin", options->pin, "PIN1, when the profile has it enabled");
  app->add_option("--imei", options->imei, "15 digits");
  app->add_option("--imeisv", options->imeisv, "16 digits");
  app->add_option("--language", options->language, "Two letters");
  app->add_option("--plmn", options->plmn, "MCC and MNC of the serving network");
  app->add_option("--area", options->area, "Location or tracking area code");
  app->add_option("--cell", options->cell, "Cell identity");
  app->add_option("--access", options->access, "gsm, utran, eutran or ng-ran")->check(CLI::IsMember({"gsm", "utran", "eutran", "ng-ran"}));
  app->add_flag("--no-service", options->no_service, "Start without a network");
  const auto many = CLI::MultiOptionPolicy::TakeAll;
  app->add_option("--answer", options->answers, "What the user does, in order: ok, back, end, none, help, busy, no, item:N, text:TEXT")->expected(1)->multi_option_policy(many);
  app->add_flag("--interactive", options->interactive, "Ask on the console instead");
  app->add_option("--apdu", options->apdus, "Send this command")->expected(1)->multi_option_policy(many);
  app->add_option("--move", options->moves, "Move: none, limited, or PLMN:AREA:CELL:ACCESS")->expected(1)->multi_option_policy(many);
  app->add_option("--reject", options->rejections, "The network rejects: TYPE:CAUSE in hexadecimal (09:0B)")->expected(1)->multi_option_policy(many);
  app->add_option("--sms-pp", options->sms, "Deliver this SMS TPDU, in hexadecimal or @FILE")->expected(1)->multi_option_policy(many);
  app->add_option("--centre", options->centre, "Service centre of --sms-pp");
  app->add_option("--envelope", options->envelopes, "Send this envelope, in hexadecimal or @FILE")->expected(1)->multi_option_policy(many);
  app->add_option("--menu", options->menu, "Choose this item of the card's menu")->check(CLI::Range(1, 255))->expected(1)->multi_option_policy(many);
  app->add_option("--dial", options->dial, "Ask call control whether this number may be called");
  auto* aka = app->add_flag("--aka", options->aka, "Authenticate at a home network, as an attach does");
  auto* subscribers = app->add_option("--subscribers", options->subscribers, "YAML file of the network's subscribers, or a profile recipe")->needs(aka);
  app->add_option("--k", options->key, "Instead: subscriber key K in hexadecimal")->needs(aka)->excludes(subscribers);
  app->add_option("--opc", options->opc, "OPc, or TOPc for tuak, in hexadecimal")->needs(aka);
  app->add_option("--algorithm", options->algorithm, "milenage, tuak or xor")->check(CLI::IsMember({"milenage", "tuak", "xor"}))->needs(aka);
  app->add_option("--bip-to", options->redirect, "ADDRESS:PORT that every channel reaches, whatever the card asks for");
  app->add_option("--name-server", options->name_servers, "Name server told in OPEN CHANNEL")->expected(1)->multi_option_policy(many);
  auto* duration = app->add_option("--for", options->seconds, "Stay on for so many seconds, with STATUS every poll interval")->check(CLI::PositiveNumber);
  app->add_flag("--once", options->once, "End when the card has nothing left (without --for this is so)")->excludes(duration);
  app->add_option("--idle-limit", options->idle_limit, "Longest wait for open channels before the end, in seconds (30)")->check(CLI::NonNegativeNumber);
  app->add_flag("--virtual-time", options->virtual_time, "Jump to the next timer instead of waiting for it");
  app->add_flag("--trace", options->trace, "Log every APDU");
  app->footer("Examples:\n  simurgh terminal --card my.card --power-up phone\n"
              "  simurgh terminal --card my.card --for 3600 --virtual-time --move 26201:7:1 --reject 09:0B");
  app->callback([options, &globals] { run(*options, globals); });
}

}  // namespace simurgh::tool
