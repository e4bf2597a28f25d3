#include <CLI/CLI.hpp>
#include <iostream>
#include <nlohmann/json.hpp>

#include "euicc/apdu/sw.h"
#include "tools/script/apdu_script.h"
#include "tools/simurgh/card_file.h"
#include "tools/simurgh/commands.h"

namespace simurgh::tool {
namespace {

struct Options {
  std::string card;
  std::vector<std::string> commands;
  std::string script;
  bool raw = false;
};

std::string words(ByteView response) {
  if (response.size() < 2) return "no status word";
  return std::string(apdu::describe(static_cast<apdu::Sw>(be_value(response.last(2)))));
}

// One command; 61xx is followed with GET RESPONSE and 6Cxx repeated with the right Le, as a reader's driver would.
std::vector<std::pair<Bytes, Bytes>> exchange(card::Card& card, Bytes command, bool raw) {
  std::vector<std::pair<Bytes, Bytes>> out;
  for (int round = 0; round < 64; ++round) {
    const Bytes response = card.transmit(command);
    out.emplace_back(command, response);
    if (raw || response.size() < 2) break;
    const std::uint8_t sw1 = response[response.size() - 2];
    const std::uint8_t sw2 = response.back();
    if (sw1 == 0x61) {
      command = {static_cast<std::uint8_t>(command[0]), 0xC0, 0x00, 0x00, sw2};
    } else if (sw1 == 0x6C && command.size() <= 5) {
      command.resize(5);
      command[4] = sw2;
    } else {
      break;
    }
  }
  return out;
}

void run(const Options& options, const Globals& globals) {
  std::vector<Bytes> commands;
  for (const std::string& text : options.commands) {
    auto command = from_hex(text);
    if (!command || command->empty()) throw Failure(Exit::usage, "'" + text + "' is not hexadecimal; an APDU looks like 00A40004023F00");
    commands.push_back(*std::move(command));
  }
  script::Script steps;
  if (!options.script.empty()) {
    steps = script::parse(read_file(options.script));
    if (steps.error) {
      throw Failure(Exit::usage, options.script + ", line " + std::to_string(steps.error->line) + ": " + steps.error->what);
    }
  }
  if (commands.empty() && steps.steps.empty()) throw Failure(Exit::usage, "nothing to send: give APDUs in hexadecimal or --script FILE");

  CardFile file(options.card);
  file.card().power_on();
  nlohmann::ordered_json log = nlohmann::ordered_json::array();
  const auto show = [&](ByteView command, ByteView response) {
    if (globals.json) {
      log.push_back({{"command", to_hex(command)}, {"response", to_hex(response)}, {"status", words(response)}});
    } else {
      std::cout << "> " << (command.empty() ? "reset" : to_hex(command)) << "\n< " << to_hex(response);
      std::cout << (command.empty() ? "" : "   # " + words(response)) << '\n';
    }
  };
  for (const Bytes& command : commands) {
    for (const auto& [sent, got] : exchange(file.card(), command, options.raw)) show(sent, got);
  }
  const script::Link link{.reset = [&] { return file.card().power_on(); }, .transmit = [&](ByteView c) { return file.card().transmit(c); }};
  const auto mismatch = script::replay(steps, link, [&](const script::Step& step, ByteView response) { show(step.command, response); });
  if (mismatch) {
    throw Failure(Exit::refused, options.script + ", line " + std::to_string(mismatch->line) + ": expected " + mismatch->expected +
                                     ", the card answered " + mismatch->got);
  }
  if (globals.json) print_json(globals, log.dump());
}

}  // namespace

void add_apdu(CLI::App& root, Globals& globals) {
  auto options = std::make_shared<Options>();
  CLI::App* app = root.add_subcommand("apdu", "Send APDUs to a card file, without a reader");
  app->add_option("card", options->card, "Card file")->required();
  app->add_option("apdu", options->commands, "Command APDUs in hexadecimal");
  app->add_option("--script", options->script, "Replay a script: '> command', '< expected' (xx: any octet), 'reset'");
  app->add_flag("--raw", options->raw, "Do not follow 61xx and 6Cxx");
  app->footer("Examples:\n  simurgh apdu my.card 00A40004023F00\n  simurgh apdu my.card --script session.apdu");
  app->callback([options, &globals] { run(*options, globals); });
}

}  // namespace simurgh::tool
