#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <iostream>
#include <nlohmann/json.hpp>

#include "asn1/tlv.h"
#include "euicc/apdu/sw.h"
#include "euicc/toolkit/commands.h"
#include "euicc/toolkit/comprehension.h"
#include "tools/ota/messages.h"
#include "tools/ota/proof.h"
#include "tools/script/apdu_script.h"
#include "tools/simurgh/card_access.h"
#include "tools/simurgh/commands.h"

namespace simurgh::tool {
namespace {

using Json = nlohmann::ordered_json;
using namespace simurgh::literals;

struct Options {
  CardChoice choice;
  // security
  ota_sender::SpiWords words;
  std::string redundancy, proof_redundancy;
  bool checksum = false, proof_checksum = false;
  std::string algorithm = "aes", kic, kid, spi;
  unsigned version = 1;
  // packet
  std::string tar, counter;
  std::vector<std::string> apdus;
  std::string script, data;
  bool expanded = false, indefinite = false;
  ota_sender::Route route;
  // read
  std::string response;
};

// SenderError becomes a sentence about the command line or about what the card answered.
template <typename Work>
auto speaking(Exit code, const Work& work) {
  try {
    return work();
  } catch (const ota_sender::SenderError& error) {
    throw Failure(code, error.what());
  }
}

Bytes hex_option(const std::string& text, const char* option) {
  auto octets = from_hex(text);
  if (!octets) throw Failure(Exit::usage, std::string(option) + " takes hexadecimal octets");
  return *std::move(octets);
}

ota_sender::Security security(const Options& options) {
  ota_sender::Security out;
  ota_sender::SpiWords words = options.words;
  if (options.checksum && !options.redundancy.empty()) throw Failure(Exit::usage, "--cc and --rc exclude each other");
  words.integrity = options.checksum ? "cc" : options.redundancy.empty() ? "none" : "rc";
  words.por_integrity = options.proof_checksum ? "cc" : options.proof_redundancy.empty() ? "none" : "rc";
  out.spi = ota_sender::spi_of(words);
  if (!options.spi.empty()) {
    const Bytes octets = hex_option(options.spi, "--spi");
    if (octets.size() != 2) throw Failure(Exit::usage, "--spi takes two octets");
    out.spi = {.first = octets[0], .second = octets[1]};
  }
  if (!options.kic.empty()) {
    auto named = ota_sender::named_key(options.algorithm, options.version, hex_option(options.kic, "--kic"));
    out.kic = named.octet;
    out.cipher_key = std::move(named.key);
  }
  if (!options.kid.empty()) {
    auto named = ota_sender::named_key(options.algorithm, options.version, hex_option(options.kid, "--kid"));
    out.kid = named.octet;
    out.checksum_key = std::move(named.key);
  }
  const std::string& crc = options.redundancy.empty() ? options.proof_redundancy : options.redundancy;
  const bool keyed = out.spi.integrity() == ota::Spi::Integrity::checksum;
  if (!keyed && !crc.empty()) out.kid = static_cast<std::uint8_t>(options.version << 4 | (crc == "16" ? 0x01 : 0x05));
  return out;
}

Bytes secured_data(const Options& options) {
  std::vector<Bytes> apdus;
  for (const std::string& text : options.apdus) apdus.push_back(hex_option(text, "an APDU"));
  if (!options.script.empty()) {
    const script::Script steps = script::parse(read_file(options.script));
    if (steps.error) throw Failure(Exit::usage, options.script + ", line " + std::to_string(steps.error->line) + ": " + steps.error->what);
    for (const script::Step& step : steps.steps) {
      if (!step.reset) apdus.push_back(step.command);
    }
  }
  if (!options.data.empty()) {
    if (!apdus.empty()) throw Failure(Exit::usage, "--data takes the place of APDUs");
    return hex_option(options.data, "--data");
  }
  if (apdus.empty()) throw Failure(Exit::usage, "nothing to send: give APDUs in hexadecimal, --script FILE or --data");
  if (options.expanded || options.indefinite) return ota_sender::expanded_script(apdus, !options.indefinite);
  return ota_sender::compact_script(apdus);
}

struct Built {
  ota_sender::Security security;
  std::uint64_t counter = 0;
  Bytes packet;
  std::vector<Bytes> tpdus, commands;
};

Built build(const Options& options) {
  return speaking(Exit::usage, [&] {
    Built out{.security = security(options), .counter = 0, .packet = {}, .tpdus = {}, .commands = {}};
    const Bytes tar = hex_option(options.tar, "--tar");
    if (tar.size() != 3) throw Failure(Exit::usage, "--tar takes three octets");
    // The clock rises by itself, which is all that "higher" asks for; hundredths of a second fit 40 bits until the year 2318.
    using Hundredths = std::chrono::duration<std::uint64_t, std::centi>;
    out.counter = std::chrono::duration_cast<Hundredths>(std::chrono::system_clock::now().time_since_epoch()).count();
    if (!options.counter.empty()) {
      const bool digits = options.counter.size() <= 13 && options.counter.find_first_not_of("0123456789") == std::string::npos;
      out.counter = digits ? std::stoull(options.counter) : ota::kLastCounter + 1;
      if (out.counter > ota::kLastCounter) throw Failure(Exit::usage, "--cntr takes a number of up to 2^40 - 1");
    }
    ota_sender::Packet packet{.tar = {}, .counter = out.counter, .data = secured_data(options)};
    std::ranges::copy(tar, packet.tar.begin());
    out.packet = ota_sender::build_packet(packet, out.security);
    out.tpdus = ota_sender::deliver_tpdus(out.packet, options.route);
    for (const Bytes& tpdu : out.tpdus) out.commands.push_back(ota_sender::envelope(tpdu, options.route));
    return out;
  });
}

Json hex_list(const std::vector<Bytes>& list) {
  Json out = Json::array();
  for (const Bytes& item : list) out.push_back(to_hex(item));
  return out;
}

Json built_json(const Built& built) {
  const Bytes spi{built.security.spi.first, built.security.spi.second};
  return {{"spi", to_hex(spi)},
          {"counter", built.counter},
          {"packet", to_hex(built.packet)},
          {"tpdus", hex_list(built.tpdus)},
          {"apdus", hex_list(built.commands)}};
}

std::string words(std::uint16_t sw) { return to_hex(be_bytes(sw, 2)) + "  # " + std::string(apdu::describe(static_cast<apdu::Sw>(sw))); }

bool good(std::uint16_t sw) { return sw == 0x9000 || sw >> 8 == 0x91 || sw >> 8 == 0x61 || sw >> 8 == 0x62; }

// The proof in words, and in `json`. Failure(refused) when the card or a command of the script said no.
void tell(const ota_sender::Proof& proof, Json json, const Globals& globals) {
  // An application of the card answers with an object of its own (the multi-IMSI applet: E2), which is no result of a script.
  const bool own_answer = asn1::read_only(proof.data, 0xE2).has_value();
  const auto result = proof.status == 0 && !own_answer ? ota_sender::read_script_result(proof.data) : std::nullopt;
  Json report{{"status", proof.status},    {"meaning", ota_sender::describe(proof.status)},
              {"tar", to_hex(proof.tar)},  {"counter", proof.counter},
              {"checked", proof.checked},  {"ciphered", proof.ciphered},
              {"data", to_hex(proof.data)}};
  bool all_good = proof.status == 0;
  std::string failed;
  if (result) {
    if (result->executed) report["executed"] = *result->executed;
    report["answers"] = Json::array();
    for (const auto& answer : result->answers) {
      report["answers"].push_back({{"sw", to_hex(be_bytes(answer.status, 2))}, {"data", to_hex(answer.data)}});
      if (!good(answer.status)) failed = to_hex(be_bytes(answer.status, 2));
    }
    if (result->bad_format) failed = "bad format " + std::to_string(*result->bad_format);
  }
  json["proof"] = report;
  if (!globals.json) {
    std::cout << "proof     " << ota_sender::describe(proof.status) << (proof.checked ? ", integrity verified" : "")
              << (proof.ciphered ? ", deciphered" : "") << "\ncounter   " << proof.counter << '\n';
    if (result && result->executed)
      std::cout << "executed  " << *result->executed << (*result->executed == 1 ? " command\n" : " commands\n");
    for (std::size_t i = 0; result && i < result->answers.size(); ++i) {
      std::cout << "answer    " << to_hex(result->answers[i].data) << (result->answers[i].data.empty() ? "" : " ")
                << words(result->answers[i].status) << '\n';
    }
    if (!result && !proof.data.empty()) std::cout << "data      " << to_hex(proof.data) << '\n';
  }
  if (!all_good)
    throw Failure(Exit::refused, "the card refused the packet: " + std::string(ota_sender::describe(proof.status)),
                  to_hex(Bytes{proof.status}));
  if (!failed.empty()) throw Failure(Exit::refused, "a command of the script failed", failed);
  if (globals.json) print_json(globals, json.dump());
}

void run_build(const Options& options, const Globals& globals) {
  const Built built = build(options);
  if (globals.json) {
    print_json(globals, built_json(built).dump());
    return;
  }
  std::cout << "packet    " << to_hex(built.packet) << '\n';
  for (const Bytes& tpdu : built.tpdus) std::cout << "TPDU      " << to_hex(tpdu) << '\n';
  for (const Bytes& command : built.commands) std::cout << "> " << to_hex(command) << '\n';
}

// A terminal that can send short messages, which is what a proof in a message of its own needs.
void announce_terminal(ipae::ApduPort& port) {
  const toolkit::ProfileBit bit = toolkit::needed_bit(toolkit::CommandType::send_short_message, 0);
  Bytes command = "8010000004"_hex;
  command.resize(command.size() + 4, 0x00);
  command[5] = 0x03;  // profile download, SMS-PP download
  command[5U + bit.octet - 1U] = static_cast<std::uint8_t>(command[5U + bit.octet - 1U] | 1U << (bit.bit - 1U));
  (void)expect_ok(port, command, "announcing the terminal");
}

// Takes what the card announces with 91xx and gives the messages among it; the rest is answered as beyond the terminal's capabilities.
std::vector<Bytes> fetch_messages(ipae::ApduPort& port, std::uint16_t announced) {
  constexpr std::uint8_t kDone = 0x00, kBeyondCapabilities = 0x30;
  std::vector<Bytes> out;
  for (int round = 0; round < 64 && announced >> 8 == 0x91; ++round) {
    Bytes command = "80120000"_hex;
    command.push_back(static_cast<std::uint8_t>(announced));
    Bytes fetched = expect_ok(port, command, "fetching a command of the card");
    fetched.resize(fetched.size() - 2);
    const auto whole = asn1::read_only(fetched, 0xD0);
    const auto details = whole ? toolkit::find_object(whole->value, toolkit::tag::command_details) : std::nullopt;
    if (!details || details->size() != 3) throw Failure(Exit::refused, "the card's proactive command cannot be read");
    const bool message = (*details)[1] == static_cast<std::uint8_t>(toolkit::CommandType::send_short_message);
    const auto tpdu = toolkit::find_object(whole->value, toolkit::tag::sms_tpdu);
    if (message && tpdu) out.push_back(to_bytes(*tpdu));
    Bytes response = "801400000C810300000082028281830100"_hex;
    std::ranges::copy(*details, response.begin() + 7);
    response.back() = message ? kDone : kBeyondCapabilities;
    announced = status(expect_ok(port, response, "answering a command of the card"));
  }
  return out;
}

void run_send(const Options& options, const Globals& globals) {
  const Built built = build(options);
  const auto port = open_card(options.choice);
  const bool by_message = built.security.spi.proof_by_submit();
  if (by_message) announce_terminal(*port);
  Bytes answer;
  for (const Bytes& command : built.commands) answer = expect_ok(*port, command, "delivering the message");
  const std::uint16_t last = status(answer);
  answer.resize(answer.size() - 2);
  if (by_message) {
    const auto messages = fetch_messages(*port, last);
    if (!messages.empty()) answer = speaking(Exit::refused, [&] { return ota_sender::response_of_submits(messages); });
  }
  if (answer.empty()) {
    if (built.security.spi.proof() == ota::Spi::Proof::always) {
      throw Failure(Exit::refused, "the card took the message and gave no proof of receipt");
    }
    Json json = built_json(built);
    json["proof"] = nullptr;
    if (globals.json) {
      print_json(globals, json.dump());
    } else {
      std::cout << "taken, without a proof of receipt\n";
    }
    return;
  }
  const auto proof = speaking(Exit::refused, [&] { return ota_sender::read_proof(answer, built.security); });
  if (!globals.json) std::cout << "response  " << to_hex(answer) << '\n';
  Json json = built_json(built);
  json["response"] = to_hex(answer);
  tell(proof, json, globals);
}

void run_read(const Options& options, const Globals& globals) {
  const auto protection = speaking(Exit::usage, [&] { return security(options); });
  const Bytes response = hex_option(options.response, "the response");
  tell(speaking(Exit::refused, [&] { return ota_sender::read_proof(response, protection); }), Json::object(), globals);
}

void add_security_options(CLI::App& app, Options& options) {
  auto* spi = app.add_option("--spi", options.spi, "SPI, two octets in hexadecimal, in place of the words below");
  app.add_flag("--cc", options.checksum, "Cryptographic checksum")->excludes(spi);
  app.add_option("--rc", options.redundancy, "Redundancy check: CRC 16 or 32")->check(CLI::IsMember({"16", "32"}));
  app.add_flag("--cipher", options.words.cipher, "Ciphered")->excludes(spi);
  app.add_option("--counter", options.words.counter, "none, available, higher or plus-one")
      ->check(CLI::IsMember({"none", "available", "higher", "plus-one"}))
      ->excludes(spi);
  app.add_option("--por", options.words.por, "Proof of receipt: none, always or error")
      ->check(CLI::IsMember({"none", "always", "error"}))
      ->excludes(spi);
  app.add_flag("--por-cc", options.proof_checksum, "Cryptographic checksum of the proof")->excludes(spi);
  app.add_option("--por-rc", options.proof_redundancy, "Redundancy check of the proof: CRC 16 or 32")->check(CLI::IsMember({"16", "32"}));
  app.add_flag("--por-cipher", options.words.por_cipher, "Proof ciphered")->excludes(spi);
  app.add_flag("--por-submit", options.words.por_submit, "Proof in a message of its own")->excludes(spi);
  app.add_option("--algorithm", options.algorithm, "aes, 3des or des")->check(CLI::IsMember({"aes", "3des", "des"}));
  app.add_option("--key-version", options.version, "Version of the key set, 1 to 15; 0: implicit")->check(CLI::Range(0, 15));
  app.add_option("--kic", options.kic, "Key for ciphering, hexadecimal");
  app.add_option("--kid", options.kid, "Key for checksums, hexadecimal");
}

void add_packet_options(CLI::App& app, Options& options) {
  app.add_option("apdu", options.apdus, "Command APDUs in hexadecimal");
  app.add_option("--tar", options.tar, "Toolkit application reference, three octets")->required();
  app.add_option("--cntr", options.counter, "Counter of the packet; the clock in hundredths of a second without it");
  app.add_option("--script", options.script, "APDUs of a file in the form of 'simurgh apdu --script'");
  app.add_option("--data", options.data, "Secured data as they are, hexadecimal");
  app.add_flag("--expanded", options.expanded, "Expanded format, definite length");
  app.add_flag("--indefinite", options.indefinite, "Expanded format, indefinite length");
  app.add_option("--from", options.route.originator, "Number the message comes from");
  app.add_option("--smsc", options.route.service_centre, "Number of the service centre");
}

}  // namespace

void add_ota(CLI::App& root, Globals& globals) {
  CLI::App* app = root.add_subcommand("ota", "The operator's messages to a card: SCP80 packets and their proofs of receipt");
  app->require_subcommand(1);
  const auto options = std::make_shared<Options>();
  CLI::App* builder = app->add_subcommand("build", "Print a command packet, its TPDUs and ENVELOPE commands");
  add_packet_options(*builder, *options);
  add_security_options(*builder, *options);
  builder->callback([options, &globals] { run_build(*options, globals); });

  CLI::App* sender = app->add_subcommand("send", "Send it to a card and read the proof of receipt");
  add_packet_options(*sender, *options);
  add_security_options(*sender, *options);
  add_card_options(*sender, options->choice);
  sender->footer(
      "Example:\n  simurgh ota send --card my.card --tar B00140 --cc --cipher --counter higher --por always --por-cc --por-cipher \\\n"
      "    --kic 000102030405060708090A0B0C0D0E0F --kid 000102030405060708090A0B0C0D0E0F 00A40004026F07 00B0000009");
  sender->callback([options, &globals] { run_send(*options, globals); });

  CLI::App* reader = app->add_subcommand("read", "Verify, decipher and explain a proof of receipt");
  reader->add_option("response", options->response, "Response packet with its header 027100, hexadecimal")->required();
  add_security_options(*reader, *options);
  reader->callback([options, &globals] { run_read(*options, globals); });
  add_ota_table(*app, globals);
}

}  // namespace simurgh::tool
