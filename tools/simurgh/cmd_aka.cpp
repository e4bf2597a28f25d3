#include <CLI/CLI.hpp>
#include <ctime>
#include <iostream>
#include <nlohmann/json.hpp>

#include "asn1/tlv.h"
#include "euicc/crypto/rng.h"
#include "euicc/usim/aka.h"
#include "tools/simurgh/card_access.h"
#include "tools/simurgh/commands.h"

namespace simurgh::tool {
namespace {

using namespace simurgh::literals;

struct Options {
  CardChoice choice;
  std::string key, opc, algorithm = "milenage", pin, sqn;
};

usim::AkaParameters subscriber(const Options& options) {
  usim::AkaParameters out;
  if (options.algorithm == "tuak") out.algorithm = usim::Algorithm::tuak;
  if (options.algorithm == "xor") out.algorithm = usim::Algorithm::usim_test;
  const auto key = from_hex(options.key);
  const auto opc = from_hex(options.opc);
  if (!key || !opc) throw Failure(Exit::usage, "--k and --opc take hexadecimal octets");
  out.key = crypto::SecretBytes(ByteView(*key));
  out.opc = crypto::SecretBytes(ByteView(*opc));
  if (!out.well_formed()) throw Failure(Exit::usage, "K or OPc has a size that " + options.algorithm + " does not know (K 16 octets, OPc 16, TOPc 32)");
  return out;
}

// Nibble-swapped BCD; `skip` leading nibbles are no digits.
std::string digits(ByteView bcd, std::size_t skip) {
  std::string out;
  for (const std::uint8_t octet : bcd) {
    for (const int nibble : {octet & 0x0F, octet >> 4}) {
      if (skip > 0) {
        --skip;
      } else if (nibble < 10) {
        out.push_back(static_cast<char>('0' + nibble));
      }
    }
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
  const usim::AkaParameters parameters = subscriber(options);
  const auto rng = crypto::system_rng();
  const auto port = open_card(options.choice);
  (void)expect_ok(*port, "00A40004023F00"_hex, "selecting the MF");
  const std::string iccid = digits(read_binary(*port, "2FE2"_hex, 10, "EF.ICCID"), 0);
  (void)expect_ok(*port, "00A4040407A0000000871002"_hex, "selecting the USIM (is a profile enabled?)");
  if (!options.pin.empty()) {
    Bytes pin = to_bytes(text_view(options.pin));
    if (pin.size() > 8) throw Failure(Exit::usage, "--pin has at most eight digits");
    pin.resize(8, 0xFF);
    (void)expect_ok(*port, concat({"0020000108"_hex, pin}), "presenting PIN1");
  }
  const Bytes imsi_file = read_binary(*port, "6F07"_hex, 9, "EF.IMSI");
  const std::string imsi = digits(ByteView(imsi_file).subspan(1), 1);

  // SEQ follows the clock, as TS 33.102 C.1.1.3 suggests for home networks, unless the caller names one. Counted from 2025, so that it stays
  // below the jump of 2^28 that a fresh card accepts.
  constexpr std::int64_t kStart = 1735689600;
  std::uint64_t sqn = static_cast<std::uint64_t>(std::time(nullptr) - kStart) << 5;
  if (!options.sqn.empty()) {
    const auto given = from_hex(options.sqn);
    if (!given || given->size() != 6) throw Failure(Exit::usage, "--sqn takes six octets in hexadecimal");
    sqn = be_value(*given);
  }
  bool resynchronised = false;
  usim::Vector vector;
  Bytes answer;
  for (int attempt = 0; attempt < 2; ++attempt) {
    vector = usim::generate_vector(parameters, rng->bytes(16), sqn, "8000"_hex);
    const std::uint8_t sixteen = 0x10;
    answer = send_command(*port, concat({"0088008122"_hex, ByteView(&sixteen, 1), vector.rand, ByteView(&sixteen, 1), vector.autn}));
    if (status(answer) == 0x9862) throw Failure(Exit::refused, "the card refused the network: MAC in AUTN is wrong (K, OPc or algorithm differ)", "9862");
    if ((status(answer) & 0xFF00) != 0x9000 && (status(answer) & 0xFF00) != 0x9100) {
      throw Failure(Exit::refused, "the card refused AUTHENTICATE; a PIN may be needed (--pin)", to_hex(be_bytes(status(answer), 2)));
    }
    if (answer.size() < 3 || answer[0] != 0xDC) break;
    const auto sqn_ms = answer.size() >= 16 ? usim::resolve_auts(parameters, vector.rand, ByteView(answer).subspan(2, 14)) : std::nullopt;
    if (!sqn_ms || resynchronised) throw Failure(Exit::refused, "resynchronisation failed: AUTS does not verify (K, OPc or algorithm differ)");
    resynchronised = true;
    sqn = ((*sqn_ms >> 5) + 1) << 5;
  }
  if (answer.size() < 4 || answer[0] != 0xDB || answer[1] + 2U > answer.size()) throw Failure(Exit::refused, "the card's answer has no RES");
  const ByteView res = ByteView(answer).subspan(2, answer[1]);
  if (!equal(res, vector.xres)) throw Failure(Exit::refused, "the network refused the card: RES differs from XRES");
  const ByteView rest = ByteView(answer).subspan(2U + answer[1]);
  const bool keys_agree = rest.size() >= 34 && equal(rest.subspan(1, 16), vector.ck) && equal(rest.subspan(18, 16), vector.ik);
  if (!keys_agree) throw Failure(Exit::refused, "CK or IK of card and network differ");
  if (globals.json) {
    print_json(globals, nlohmann::ordered_json{{"iccid", iccid}, {"imsi", imsi}, {"authenticated", true}, {"resynchronised", resynchronised}}.dump());
    return;
  }
  std::cout << "ICCID " << iccid << "\nIMSI  " << imsi << "\nAKA   mutual authentication done" << (resynchronised ? " after resynchronisation" : "")
            << ", CK and IK agree\n";
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
