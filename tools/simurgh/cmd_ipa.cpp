// simurgh ipa: an IoT Profile Assistant for the IoT eUICC in a reader or in a file. ipa_poll.cpp polls.
#include <CLI/CLI.hpp>
#include <iostream>

#include "ipae/es10/identifiers.h"
#include "tools/simurgh/commands.h"
#include "tools/simurgh/ipa_home.h"
#include "tools/simurgh/lpa_view.h"

namespace simurgh::tool {
namespace {

using namespace ipae;

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

void info(const IpaOptions& options, const Globals& globals) {
  IpaHome home(options);
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

void associate(const IpaOptions& options, const Globals& globals) {
  const Bytes request = association(options.file);
  IpaHome home(options);
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

void forget(const IpaOptions& options, const Globals& globals) {
  if (!options.yes) throw Failure(Exit::usage, "removing every eIM needs --yes: without one nobody manages the card");
  IpaHome home(options);
  const auto answer = need(es10b::memory_reset(home.es10(), {.eim = true}, home.version == esipa::Version::v1_0));
  const unsigned code = answer.eim.value_or(answer.result);
  if (code != 0) {
    throw Failure(Exit::refused, code == 1 ? "the card has no eIM" : "the card keeps its eIMs",
                  "resetEimResult, code " + std::to_string(code));
  }
  if (globals.json) return print_json(globals, Json{{"eidValue", eid_text(home.eid)}}.dump());
  std::cout << "Removed every eIM from the card with EID " << eid_text(home.eid) << '\n';
}

}  // namespace

void add_ipa(CLI::App& root, Globals& globals) {
  auto options = std::make_shared<IpaOptions>();
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
  verb("fallback", "Enable the fallback profile now", "  simurgh ipa fallback", ipa_fallback);
  verb("return", "Enable the profile that the fallback left", "  simurgh ipa return", ipa_return);
  const auto add_switch = [&options](CLI::App* app) {
    app->add_option_function<std::string>("state", [options](const std::string& word) { options->on = word == "on"; }, "on or off")
        ->check(CLI::IsMember({"on", "off"}))
        ->required();
  };
  add_switch(verb("emergency", "Enter or leave the emergency profile (eCall)", "  simurgh ipa emergency on\n  simurgh ipa emergency off", ipa_emergency));
  CLI::App* immediate = verb("immediate-enable", "Let the card enable profiles right after their download, while it has no eIM",
                             "  simurgh ipa immediate-enable on --smdp smdp.example.com", ipa_immediate);
  add_switch(immediate);
  immediate->add_option("--smdp", options->smdp, "Only for profiles from this SM-DP+");
  immediate->add_option("--oid", options->oid, "Only for profiles from the SM-DP+ with this object identifier");
  CLI::App* permit = verb("permit", "Say of a profile on an emulated card what its metadata would say",
                          "  simurgh ipa --emulate-iot permit 8988211000000000102 --fallback", ipa_permit);
  permit->add_option("iccid", options->iccid, "The profile")->required();
  permit->add_flag("--fallback", options->may_fall_back, "It may get the fallback attribute");
  permit->add_flag("--emergency", options->is_emergency, "It is the emergency profile");
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
    app->add_option("--fallback-polls", options->fallback_polls, "And so many polls in a row that reached none")->capture_default_str();
    app->add_option("--probe", options->probes, "HOST:PORT that shows by a connection that the network works: then the eIM is down, and no reason to fall back")
        ->allow_extra_args(false);
    app->add_option("--return-after", options->return_after,
                    "Seconds on the fallback profile before the one it replaced is tried again, doubling with each trial that fails; 0 for never")
        ->capture_default_str();
    app->add_option("--imei", options->imei, "IMEI to tell servers (default: a test device's TAC)");
    app->add_option("--plmn", options->plmn, "MCC and MNC of the serving network, to tell the eIM");
  };
  CLI::App* app = verb("poll", "Ask the eIMs what to do, do it, and tell them",
                       "  simurgh ipa poll\n  simurgh ipa poll --binding coap --forever\n  simurgh ipa --emulate-iot poll --ca pki", ipa_poll);
  app->add_flag("--forever", options->forever, "Go on polling until interrupted");
  app->add_option("--interval", options->interval, "Seconds between polls, to which up to 10 % are added")->capture_default_str();
  app->add_option("--first", options->first, "With --forever: a random part of so many seconds before the first poll")
      ->capture_default_str();
  add_ways(app);
  app = verb("transfer", "Take a message that the eIM sent by another way, and print the answer to be carried back",
             "  simurgh ipa transfer message.hex\n  simurgh ipa --card my.card transfer message.der --ca pki", ipa_transfer);
  app->add_option("file", options->file, "TransferEimPackage (BF4E) as DER, hexadecimal or base64")->required();
  add_ways(app);
}

}  // namespace simurgh::tool
