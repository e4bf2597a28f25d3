#include "tools/bench/bench.h"

#include <malloc.h>

#include <chrono>
#include <expected>

#include "asn1/tlv.h"
#include "euicc/crypto/symmetric.h"
#include "pcsc/bench/bench.h"
#include "tools/bench/desk.h"
#include "tools/bench/scp_host.h"
#include "tools/bench/toolkit_bench.h"
#include "tools/ota/messages.h"
#include "tools/ota/packet.h"
#include "tools/perso_upp/upp_builder.h"

namespace simurgh::bench {
namespace {

using Clock = std::chrono::steady_clock;
using namespace simurgh::literals;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

// Calls per second of an action, measured for about the time given.
double rate(double seconds, const std::function<void()>& action) {
  for (int i = 0; i < 100; ++i) action();
  std::size_t calls = 0;
  std::size_t batch = 64;
  const auto start = Clock::now();
  double elapsed = 0;
  while (elapsed < seconds) {
    for (std::size_t i = 0; i < batch; ++i) action();
    calls += batch;
    elapsed = seconds_since(start);
    if (elapsed * 10 < seconds) batch *= 2;
  }
  return static_cast<double>(calls) / elapsed;
}

const Bytes kKey = "465B5CE8B199B49FAA5F0A2EE238A6BC"_hex;
const Bytes kOpc = "CD63CB71954A9F4E48A5994E37A02BAF"_hex;
constexpr const char* kIccid = "8988211000000000011";

// A package of about twelve thousand octets: the default recipe and a file that fills it up.
Bytes package_of_12k(const std::string& iccid) {
  perso::ProfileRecipe recipe = perso::default_recipe(iccid, "001010000000001", kKey, kOpc);
  const std::size_t bare = perso::build_profile(recipe).size();
  perso::FileRecipe filler;
  filler.path = {"6F99"};
  filler.content = Bytes(12000 - bare, 0xA5);
  recipe.files.push_back(std::move(filler));
  return perso::build_profile(recipe);
}

// The cryptography of one download's card side, bare: 5 verifications, 3 signatures, 1 agreement, 1 key pair, and the symmetric part.
double crypto_floor(crypto::Rng& rng, std::size_t package, int rounds) {
  const auto key = crypto::EcPrivateKey::generate(crypto::Curve::nist_p256, rng);
  const auto peer = crypto::EcPrivateKey::generate(crypto::Curve::nist_p256, rng);
  const Bytes message(300, 0x5A);
  const Bytes signature = key.sign({message});
  const Bytes segment(1008, 0x33);
  const Bytes symmetric(16, 0x11);
  const auto start = Clock::now();
  for (int i = 0; i < rounds; ++i) {
    for (int n = 0; n < 5; ++n) (void)key.public_key().verify({message}, signature);
    for (int n = 0; n < 3; ++n) (void)key.sign({message});
    (void)key.agree(peer.public_key());
    (void)crypto::EcPrivateKey::generate(crypto::Curve::nist_p256, rng);
    for (std::size_t n = 0; n < package; n += segment.size()) {
      (void)crypto::aes_cmac(symmetric, {segment});
      (void)crypto::aes_cbc_decrypt(symmetric, symmetric, segment);
    }
  }
  return seconds_since(start) / rounds;
}

// Time the card spends in one download, the server's and the LPA's left out.
double card_side(Desk& desk, const Bytes& upp, int rounds) {
  double total = 0;
  for (int i = 0; i < rounds; ++i) {
    state::MemoryStore store(desk.new_card());
    card::Card card(store, desk.rng());
    card.power_on();
    const std::string id = desk.order(kIccid, {}, upp);
    Lpa lpa(card);
    const Bytes select = "00A4040010A0000005591010FFFFFFFF8900000100"_hex;
    (void)lpa.transmit(select);
    const auto step = [&](ByteView command) {
      const auto start = Clock::now();
      Bytes answer = lpa.es10(command);
      total += seconds_since(start);
      return answer;
    };
    const Bytes challenge = step("BF2E00"_hex);
    const Bytes info1 = step("BF2000"_hex);
    const auto initiated = desk.server().initiate_authentication(ByteView(challenge).subspan(5), info1, "localhost");
    if (!initiated) throw DeskError(initiated.error().words);
    asn1::TlvWriter authenticate;
    {
      const auto scope = authenticate.open(0xBF38);
      authenticate.raw(initiated->server_signed1).raw(initiated->server_signature1).raw(initiated->ci_key_id).raw(initiated->certificate);
      const auto context = authenticate.open(0xA0);
      authenticate.put_text(0x80, id);
      const auto device = authenticate.open(0xA1);
      authenticate.put(0x80, "35290611"_hex).put(0xA1, {});
    }
    const auto authenticated = desk.server().authenticate_client(initiated->transaction_id, step(authenticate.view()));
    if (!authenticated) throw DeskError(authenticated.error().words);
    asn1::TlvWriter prepare;
    {
      const auto scope = prepare.open(0xBF21);
      prepare.raw(authenticated->smdp_signed2).raw(authenticated->smdp_signature2).raw(authenticated->certificate);
    }
    const auto package = desk.server().get_bound_profile_package(initiated->transaction_id, step(prepare.view()));
    if (!package) throw DeskError(package.error().words);
    Bytes result;
    for (const Bytes& piece : pieces_of(*package)) result = step(piece);
    if (!installed(result)) throw DeskError("the benchmark's download failed");
  }
  return total / rounds;
}

std::map<state::Key, state::Cell> card_with_profile(Desk& desk, const Bytes& upp) {
  perso::CardSpec spec;
  spec.roots = perso::roots_of(desk.pki());
  perso::FactoryProfile factory;
  factory.package = upp;
  factory.enabled = true;
  spec.profiles.push_back(std::move(factory));
  return perso::make_cells(spec, desk.rng());
}

// ENVELOPE commands with rising counters for the USIM's files of the default recipe.
std::vector<Bytes> secured_messages(std::size_t count) {
  Bytes key(16);
  for (std::size_t i = 0; i < key.size(); ++i) key[i] = static_cast<std::uint8_t>(i);
  auto kic = ota_sender::named_key("aes", 1, key);
  auto kid = ota_sender::named_key("aes", 1, key);
  const ota_sender::Security security{.spi = {.first = 0x16, .second = 0x19}, .kic = kic.octet, .kid = kid.octet,
                                      .cipher_key = std::move(kic.key), .checksum_key = std::move(kid.key)};
  std::vector<Bytes> out;
  for (std::uint64_t counter = 1; counter <= count; ++counter) {
    const ota_sender::Packet packet{.tar = {0xB0, 0x01, 0x40}, .counter = counter, .data = "00A40004026F0700B0000009"_hex};
    out.push_back(ota_sender::envelope(ota_sender::deliver_tpdus(ota_sender::build_packet(packet, security), {})[0], {}));
  }
  return out;
}

// The same card behind both readers of pcscd, for a comparison.
void through_pcscd(const BenchOptions& options, BenchSlot& slot, const Bytes& apdu, std::chrono::milliseconds duration, const std::function<void(Row)>& add) {
  using Result = std::expected<pcsc::BenchResult, std::string>;
  const auto rows = [&](const std::string& name, const Result& result) {
    if (!result) return add({.name = name + ".per_s", .unit = "/s", .aim = "> 8000", .not_measured = result.error()});
    add({.name = name + ".per_s", .value = result->apdus_per_second(), .unit = "/s", .aim = "> 8000", .met = result->apdus_per_second() > 8000});
    add({.name = name + ".median_us", .value = result->median_us, .unit = "us"});
    add({.name = name + ".99_of_100_us", .value = result->slowest_of_hundred_us, .unit = "us"});
  };
  const Result vpcd = pcsc::vpcd::bench(slot, apdu, duration);
  rows("apdu.vpcd", vpcd);
  const Result ifd = pcsc::ifd::bench(options.ifd_driver, slot, apdu, duration);
  rows("apdu.ifd", ifd);
  if (!vpcd || !ifd) return;
  const double ratio = ifd->apdus_per_second() / vpcd->apdus_per_second();
  add({.name = "apdu.ifd.ratio_to_vpcd", .value = ratio, .unit = "", .aim = "> 1", .met = ratio > 1});
}

// Wrapped commands per second that the card unwraps, executes and answers at level 33; what the host computes is left out.
double scp03_rate(card::Card& card, double seconds) {
  const Bytes key = "000102030405060708090A0B0C0D0E0F"_hex;
  ScpHost host(ScpHost::Protocol::scp03, 0x30, key, key, key);
  Lpa link(card);
  (void)link.transmit("00A4040008A000000151000000"_hex);
  const Bytes response = link.transmit(host.initialize_update("0102030405060708"_hex));
  (void)link.transmit(host.external_authenticate(response, 0x33));
  if (link.last_status() != 0x9000) throw DeskError("the benchmark's secure channel does not open");
  const Bytes status = "80F28002094F005C054F9F70C5CC"_hex;
  std::size_t commands = 0;
  double elapsed = 0;
  while (elapsed < seconds) {
    std::vector<Bytes> batch(256);
    for (Bytes& command : batch) command = host.wrap(status);
    const auto start = Clock::now();
    for (const Bytes& command : batch) {
      if (card.transmit(command) != "6128"_hex) throw DeskError("a wrapped command of the benchmark is refused");
    }
    elapsed += seconds_since(start);
    commands += batch.size();
  }
  (void)link.transmit("00A40004023F00"_hex);
  return static_cast<double>(commands) / elapsed;
}

std::size_t heap_in_use() { return ::mallinfo2().uordblks; }

}  // namespace

std::vector<Row> run_all(const BenchOptions& options, const std::function<void(const Row&)>& done) {
  std::vector<Row> out;
  const auto add = [&](Row row) {
    done(row);
    out.push_back(std::move(row));
  };
  Desk desk;
  const Bytes upp = package_of_12k(kIccid);

  (void)card_side(desk, upp, 3);
  const int rounds = std::max(5, static_cast<int>(options.seconds * 200));
  const double floor = crypto_floor(desk.rng(), upp.size(), rounds);
  const double card_time = card_side(desk, upp, rounds);
  add({"download.crypto_us", floor * 1e6, "us", "", true});
  add({"download.card_us", card_time * 1e6, "us", "", true});
  add({"download.ratio_to_crypto", card_time / floor, "", "<= 2", card_time / floor <= 2});

  const auto cells = card_with_profile(desk, upp);
  state::MemoryStore store(cells);
  card::Card card(store, desk.rng());
  const auto start = Clock::now();
  constexpr int kPowerOns = 200;
  for (int i = 0; i < kPowerOns; ++i) card.power_on();
  const double power_on = seconds_since(start) / kPowerOns * 1e3;
  {
    const auto load = Clock::now();
    card::Card fresh(store, desk.rng());
    fresh.power_on();
    add({"load_and_power_on_ms", seconds_since(load) * 1e3, "ms", "", true});
  }
  add({"power_on_ms", power_on, "ms", "< 5", power_on < 5});

  // Every measured command is checked once, so that a refusal is never taken for speed.
  const auto measured = [&](const char* name, const Bytes& command, std::uint16_t expected, const char* aim, double least) {
    const Bytes answer = card.transmit(command);
    if (be_value(ByteView(answer).last(2)) != expected) throw DeskError(std::string(name) + ": the card answers " + to_hex(answer));
    const double per_second = rate(options.seconds, [&] { (void)card.transmit(command); });
    add({name, per_second, "/s", aim, per_second > least});
  };
  const Bytes select_imsi = "00A40004026F07"_hex;
  (void)card.transmit("00A4040C07A0000000871002"_hex);
  measured("apdu.in_process.select_per_s", select_imsi, 0x6119, "> 1e6", 1e6);
  measured("apdu.in_process.read_binary_per_s", "00B0000009"_hex, 0x9000, "> 1e6", 1e6);
  measured("apdu.in_process.authenticate_gsm_per_s", "008800801110000102030405060708090A0B0C0D0E0F"_hex, 0x610E, "", 0);

  add({.name = "gp.scp03.per_s", .value = scp03_rate(card, options.seconds), .unit = "/s", .aim = "", .met = true});
  {
    // A secured message with a proof of receipt: SMS-PP, CC, deciphering, a durable counter, two commands on a file and the ciphered proof.
    const auto messages = secured_messages(static_cast<std::size_t>(options.seconds * 40000) + 1);
    const auto begin = Clock::now();
    for (const Bytes& command : messages) {
      const Bytes answer = card.transmit(command);
      if (answer[answer.size() - 2] != 0x61) throw DeskError("ota.scp80.per_s: the card answers " + to_hex(answer));
    }
    add({"ota.scp80.per_s", static_cast<double>(messages.size()) / seconds_since(begin), "/s", "", true});
    const Bytes status = card.transmit("00C0000000"_hex);
    if (status.size() < 3) throw DeskError("ota.scp80.per_s: no proof of receipt");
  }

  add({"toolkit.fetch_response.per_s", fetch_rate(cells, desk.rng(), options.seconds), "/s", "", true});
  if (!options.direct_library.empty()) {
    const BipRates bip = bip_rates(options.direct_library, cells, desk.rng(), options.seconds);
    add({"bip.direct.up_octets_per_s", bip.up, "/s", "", true});
    add({"bip.direct.down_octets_per_s", bip.down, "/s", "", true});
  }

  BenchSlot slot(card);
  const std::chrono::milliseconds duration(static_cast<int>(options.seconds * 1000));
  if (!options.direct_library.empty()) {
    const auto result = pcsc::direct::bench(options.direct_library, slot, select_imsi, duration);
    add({.name = "apdu.direct.per_s", .value = result.apdus_per_second(), .unit = "/s", .aim = "> 1e5", .met = result.apdus_per_second() > 1e5});
  }
  if (options.pcscd) through_pcscd(options, slot, select_imsi, duration, add);

  for (const std::size_t count : {std::size_t{1}, std::size_t{100}, options.fleet}) {
    card::ImageCache images;
    const std::size_t before = heap_in_use();
    std::vector<std::unique_ptr<state::MemoryStore>> stores;
    std::vector<std::unique_ptr<card::Card>> fleet;
    for (std::size_t i = 0; i < count; ++i) {
      stores.push_back(std::make_unique<state::MemoryStore>(cells));
      fleet.push_back(std::make_unique<card::Card>(*stores.back(), desk.rng(), nullptr, &images));
      fleet.back()->power_on();
    }
    const double each = static_cast<double>(heap_in_use() - before) / static_cast<double>(count);
    const bool big = count == options.fleet;
    add({big ? "card_bytes" : "card_bytes.fleet_of_" + std::to_string(count), each, "octets", big ? "< 102400" : "", !big || each < 102400});
  }
  return out;
}

}  // namespace simurgh::bench
