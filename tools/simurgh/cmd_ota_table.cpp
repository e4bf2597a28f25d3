// Tables of the multi-IMSI applet as the secured data of an operator's message.
#include <CLI/CLI.hpp>
#include <iostream>
#include <nlohmann/json.hpp>

#include "euicc/applets/multi_imsi/table.h"
#include "tools/perso_upp/multi_imsi_recipe.h"
#include "tools/simurgh/command.h"
#include "tools/simurgh/commands.h"

namespace simurgh::tool {
namespace {

using Json = nlohmann::ordered_json;

struct Options {
  std::string recipe, not_before, kek, mode;
  std::uint32_t version = 0;
  unsigned id = 0, hours = 0;
  bool force = false;
};

// A day, or seconds since 1970.
std::uint32_t moment(const std::string& text) {
  if (text.find('-') != std::string::npos) return perso::days_since_1970(text) * 86400;
  try {
    std::size_t end = 0;
    const unsigned long value = std::stoul(text, &end);
    if (end == text.size() && value != 0 && value <= 0xFFFFFFFF) return static_cast<std::uint32_t>(value);
  } catch (const std::logic_error&) {
    // answered below
  }
  throw Failure(Exit::usage, "--not-before takes a day such as 2026-03-01, or seconds since 1970");
}

Bytes table(const Options& options) {
  const multi_imsi::Config config = perso::read_multi_imsi_table(read_file(options.recipe));
  if (options.version == 0) throw Failure(Exit::usage, "a table needs --table-version, above the one that is in force");
  const auto kek = from_hex(options.kek);
  if (!kek || (!kek->empty() && kek->size() != 16 && kek->size() != 24 && kek->size() != 32)) throw Failure(Exit::usage, "--kek takes an AES key in hexadecimal");
  if (kek->empty() && !config.key_sets.empty()) throw Failure(Exit::usage, "identities of the recipe have keys: --kek says under what they travel");
  multi_imsi::Message message{.version = options.version, .force = options.force, .key_encryption = *kek};
  if (!options.not_before.empty()) message.not_before = moment(options.not_before);
  return multi_imsi::write_message(config, message);
}

Bytes mode(const Options& options) {
  multi_imsi::Request::Mode out;
  out.wish = options.mode == "pinned" ? multi_imsi::ModeWish::pin : options.mode == "held" ? multi_imsi::ModeWish::hold : multi_imsi::ModeWish::automatic;
  if (options.mode == "pinned" && options.id == 0) throw Failure(Exit::usage, "pinned to which identity? --id says");
  out.id = static_cast<std::uint8_t>(options.id);
  out.hours = static_cast<std::uint8_t>(options.hours);
  return multi_imsi::write_mode(out);
}

void run(const Options& options, const Globals& globals) {
  if (options.recipe.empty() == options.mode.empty()) throw Failure(Exit::usage, "give a recipe or --mode");
  Bytes out;
  try {
    out = options.mode.empty() ? table(options) : mode(options);
  } catch (const perso::RecipeError& error) {
    throw Failure(Exit::usage, error.what());
  }
  if (globals.json) {
    print_json(globals, Json{{"data", to_hex(out)}, {"octets", out.size()}}.dump());
  } else {
    std::cout << to_hex(out) << '\n';
  }
}

}  // namespace

void add_ota_table(CLI::App& ota, Globals& globals) {
  const auto options = std::make_shared<Options>();
  CLI::App* app = ota.add_subcommand("table", "Print a table of the multi-IMSI applet, or a change of its mode, for --data");
  app->add_option("recipe", options->recipe, "Recipe of a profile with a section multi_imsi");
  app->add_option("--table-version", options->version, "Version of the table");
  app->add_option("--not-before", options->not_before, "Day, or seconds since 1970, from which the table is in force");
  app->add_option("--kek", options->kek, "Key encryption key of the packet's key set, hexadecimal: the identities' keys travel under it");
  app->add_flag("--force", options->force, "Also when no identity of the table serves where the terminal is");
  app->add_option("--mode", options->mode, "automatic, pinned or held")->check(CLI::IsMember({"automatic", "pinned", "held"}));
  app->add_option("--id", options->id, "Identity to be pinned to")->check(CLI::Range(1, 16));
  app->add_option("--hours", options->hours, "How long; T_manual without it")->check(CLI::Range(1, 255));
  app->footer("Example:\n  simurgh ota send --card my.card --tar 4D4901 --cc --cipher --counter higher --por always --kic KEY --kid KEY \\\n"
              "    --data $(simurgh ota table --mode held --hours 2)");
  app->callback([options, &globals] { run(*options, globals); });
}

}  // namespace simurgh::tool
