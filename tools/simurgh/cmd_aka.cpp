#include <CLI/CLI.hpp>
#include <ctime>
#include <iostream>
#include <nlohmann/json.hpp>

#include "tools/simurgh/card_access.h"
#include "tools/simurgh/commands.h"
#include "tools/terminal/device.h"
#include "tools/terminal/hss.h"

namespace simurgh::tool {
namespace {

using namespace simurgh::literals;

struct Options {
  CardChoice choice;
  std::string key, opc, algorithm = "milenage", pin, sqn;
};

terminal::Subscriber subscriber(const Options& options) {
  terminal::Subscriber out;
  auto parameters = terminal::aka_parameters({.algorithm = options.algorithm, .key = options.key, .opc = options.opc, .op = {}});
  if (!parameters) throw Failure(Exit::usage, parameters.error());
  out.aka = *std::move(parameters);
  if (!options.sqn.empty()) {
    const auto given = from_hex(options.sqn);
    if (!given || given->size() != 6) throw Failure(Exit::usage, "--sqn takes six octets in hexadecimal");
    out.sqn = be_value(*given);
  }
  return out;
}

Bytes read_binary(ipae::ApduPort& port, ByteView fid, std::uint8_t size, const std::string& step) {
  (void)expect_ok(port, concat({"00A4000402"_hex, fid}), "selecting " + step);
  Bytes data = expect_ok(port, concat({"00B00000"_hex, ByteView(&size, 1)}), "reading " + step);
  data.resize(data.size() - 2);
  return data;
}

void run(const Options& options, const Globals& globals) {
  const auto rng = crypto::system_rng();
  terminal::Hss network(*rng, [] { return static_cast<std::int64_t>(std::time(nullptr)); });
  network.add(subscriber(options));
  const auto port = open_card(options.choice);
  (void)expect_ok(*port, "00A40004023F00"_hex, "selecting the MF");
  const std::string iccid = terminal::bcd_digits(read_binary(*port, "2FE2"_hex, 10, "EF.ICCID"));
  (void)expect_ok(*port, "00A4040407A0000000871002"_hex, "selecting the USIM (is a profile enabled?)");
  if (!options.pin.empty()) {
    Bytes pin = to_bytes(text_view(options.pin));
    if (pin.size() > 8) throw Failure(Exit::usage, "--pin has at most eight digits");
    pin.resize(8, 0xFF);
    (void)expect_ok(*port, concat({"0020000108"_hex, pin}), "presenting PIN1");
  }
  const Bytes imsi_file = read_binary(*port, "6F07"_hex, 9, "EF.IMSI");
  const std::string imsi = terminal::bcd_digits(ByteView(imsi_file).subspan(1), 1);

  const terminal::Authentication result = terminal::authenticate(network, imsi, [&](ByteView command) {
    Bytes answer = send_command(*port, command);
    const std::uint16_t sw = status(answer);
    answer.resize(answer.size() - 2);
    return terminal::Answer{std::move(answer), sw};
  });
  if (result.outcome != terminal::Authentication::Outcome::done) {
    const bool told = result.sw != 0x9000;
    throw Failure(Exit::refused, terminal::describe(result), told ? to_hex(be_bytes(result.sw, 2)) : std::string{});
  }
  if (globals.json) {
    print_json(globals, nlohmann::ordered_json{{"iccid", iccid}, {"imsi", imsi}, {"authenticated", true}, {"resynchronised", result.resynchronised}}.dump());
    return;
  }
  std::cout << "ICCID " << iccid << "\nIMSI  " << imsi << "\nAKA   " << terminal::describe(result) << '\n';
}

}  // namespace

void add_aka(CLI::App& root, Globals& globals) {
  auto options = std::make_shared<Options>();
  CLI::App* app = root.add_subcommand("aka", "Authenticate the USIM of the enabled profile against a simulated home network");
  add_card_options(*app, options->choice);
  app->add_option("--k", options->key, "Subscriber key K in hexadecimal")->required();
  app->add_option("--opc", options->opc, "OPc, or TOPc for tuak, in hexadecimal");
  app->add_option("--algorithm", options->algorithm, "milenage, tuak or xor")->check(CLI::IsMember({"milenage", "tuak", "xor"}));
  app->add_option("--sqn", options->sqn, "Sequence number of the network, six octets; the clock without it");
  app->add_option("--pin", options->pin, "PIN1, when the profile has it enabled");
  app->footer("Examples:\n  simurgh aka --card my.card --k 465B5CE8B199B49FAA5F0A2EE238A6BC --opc CD63CB71954A9F4E48A5994E37A02BAF\n"
              "  simurgh exec --card my.card -- simurgh aka --k ... --opc ...");
  app->callback([options, &globals] { run(*options, globals); });
}

}  // namespace simurgh::tool
