// The operator reaches a whole card: ENVELOPE with SMS-PP, SCP80, remote files, ES6. What is sent comes from the sending side, which
// ota_test compares with another implementation.
#include "euicc/crypto/symmetric.h"
#include "tests/card/bench_card.h"
#include "tests/support/vector_file.h"
#include "tools/ota/messages.h"
#include "tools/ota/proof.h"
#include "tools/perso_upp/upp_builder.h"
#include "tests/support/paths.h"

using namespace simurgh;
using namespace simurgh::test;
using namespace simurgh::literals;

namespace {

constexpr ota::Tar kUicc{0xB0, 0x01, 0x20}, kUsim{0xB0, 0x01, 0x40}, kVectorTar{0xB0, 0x00, 0x11}, kMnoSd{0xB2, 0x01, 0x00}, kIsd{0, 0, 0};
const Bytes kTestKey = "000102030405060708090A0B0C0D0E0F"_hex;

// Two key sets of vectors/ota besides the default one, and one RFM instance at the TAR of the vectors.
perso::ProfileRecipe recipe() {
  perso::ProfileRecipe out = perso::default_recipe(kIccid1, "001010000000011", Bytes(16, 1), Bytes(16, 2));
  out.mno_sd.keys.push_back({.version = 2, .identifier = 1, .value = "200102030405060708090A0B0C0D0E0F"_hex});
  out.mno_sd.keys.push_back({.version = 2, .identifier = 2, .value = "201102030405060708090A0B0C0D0E0F"_hex});
  out.mno_sd.keys.push_back({.version = 3, .identifier = 1, .type = 0x80, .value = "300102030405060708090A0B0C0D0E0F"_hex});
  out.mno_sd.keys.push_back({.version = 3, .identifier = 2, .type = 0x80, .value = "301102030405060708090A0B0C0D0E0F"_hex});
  out.rfm.push_back({.aid = "A00000055910100003"_hex, .tars = {to_bytes(kVectorTar)}, .minimum_security_level = 0x06, .adf = "usim"});
  return out;
}

bench::Desk& desk() {
  static bench::Desk shared;
  return shared;
}

// Cells of a card whose profile is enabled; made once for each set of further metadata.
std::map<state::Key, state::Cell> cells(const Bytes& metadata = {}) {
  static std::map<std::string, std::map<state::Key, state::Cell>> made;
  auto& entry = made[to_hex(metadata)];
  if (entry.empty()) {
    // Every operator may set PPR1 and PPR2.
    ecasd::Capabilities capabilities;
    capabilities.rat.push_back(
        {.ppr_ids = 6, .allowed = {{.mcc_mnc = {0xEE, 0xEE, 0xEE}, .gid1 = Bytes{}, .gid2 = Bytes{}}}, .consent_required = false});
    BenchCard bench(desk(), capabilities);
    REQUIRE(bench::installed(bench.lpa.download(desk(), desk().order(kIccid1, metadata, perso::build_profile(recipe())))));
    REQUIRE(bench.es10(enable(kIccid1)) == "BF3103800100");
    entry = bench.store.cells();
  }
  return entry;
}

struct Ota {
  explicit Ota(const Bytes& metadata = {}) : store(cells(metadata)), card(store, desk().rng()), lpa(card) { card.power_on(); }
  FaultyStore store;
  card::Card card;
  bench::Lpa lpa;
  std::uint64_t counter = 0;

  static ota_sender::Security security(std::uint8_t first = 0x16, std::uint8_t second = 0x19) {
    auto kic = ota_sender::named_key("aes", 1, kTestKey);
    auto kid = ota_sender::named_key("aes", 1, kTestKey);
    return {.spi = {.first = first, .second = second},
            .kic = kic.octet,
            .kid = kid.octet,
            .cipher_key = std::move(kic.key),
            .checksum_key = std::move(kid.key)};
  }
  Bytes packet(const ota::Tar& tar, ByteView data, std::uint8_t first = 0x16, std::uint8_t second = 0x19) {
    return ota_sender::build_packet({.tar = tar, .counter = ++counter, .data = to_bytes(data)}, security(first, second));
  }
  // The answer to the last message, GET RESPONSE followed; empty without data.
  Bytes deliver(ByteView packet_octets) {
    Bytes answer;
    const auto tpdus = ota_sender::deliver_tpdus(packet_octets, {});
    for (const Bytes& tpdu : tpdus) {
      REQUIRE(answer.empty());
      answer = lpa.transmit(ota_sender::envelope(tpdu, {}));
      REQUIRE(lpa.last_status() == 0x9000);
    }
    return answer;
  }
  ota_sender::Proof send(const ota::Tar& tar, ByteView data) { return ota_sender::read_proof(deliver(packet(tar, data)), security()); }
  // Status and response data in hexadecimal: "00 029000".
  std::string run(const ota::Tar& tar, const std::string& script) {
    const auto proof = send(tar, from_hex(script).value());
    return to_hex(Bytes{proof.status}) + " " + to_hex(proof.data);
  }
  std::string apdu(const std::string& hex) {
    const Bytes data = lpa.transmit(from_hex(hex).value());
    return to_hex(data) + to_hex(be_bytes(lpa.last_status(), 2));
  }
  std::string es10(const std::string& hex) { return to_hex(lpa.es10(from_hex(hex).value())); }
};

}  // namespace

TEST_CASE("Published SCP80 dialogues, octet for octet, by ENVELOPE", "[ota]") {
  std::size_t done = 0;
  for (const VectorCase& vector : load_vectors(simurgh::test::source_dir() + "/vectors/ota/dialogues.txt")) {
    if (!vector.has("packet")) continue;
    Ota ota;
    INFO(vector.where());
    // FCP of the MF of the vector's card had 32 octets; ours says its own length.
    const Bytes answer = ota.deliver(vector.hex("packet"));
    auto kic = ota_sender::named_key(
        vector.text("keys"), vector.text("keys") == "aes" ? 2 : 3,
        vector.text("keys") == "aes" ? "200102030405060708090A0B0C0D0E0F"_hex : "300102030405060708090A0B0C0D0E0F"_hex);
    auto kid = ota_sender::named_key(
        vector.text("keys"), vector.text("keys") == "aes" ? 2 : 3,
        vector.text("keys") == "aes" ? "201102030405060708090A0B0C0D0E0F"_hex : "301102030405060708090A0B0C0D0E0F"_hex);
    const auto proof = ota_sender::read_proof(answer, {.spi = {.first = 0x06, .second = 0x19},
                                                       .kic = kic.octet,
                                                       .kid = kid.octet,
                                                       .cipher_key = std::move(kic.key),
                                                       .checksum_key = std::move(kid.key)});
    CHECK(proof.status == 0);
    CHECK(proof.checked);
    CHECK(answer.size() == vector.hex("proof").size());
    CHECK(to_hex(proof.data).starts_with("0161"));
    ++done;
  }
  CHECK(done == 2);
}

TEST_CASE("Remote file management has its own pointers and the rights of its access domain", "[ota]") {
  Ota ota;
  // EF.IMSI asks for ADM1 at the terminal.
  REQUIRE(ota.apdu("00A4040C07A0000000871002") == "9000");
  REQUIRE(ota.apdu("00A4000C026F07") == "9000");
  REQUIRE(ota.apdu("00D600000908"
                   "1111111111111111") == "6982");
  CHECK(ota.run(kUsim, "00A40004026F07 00D600000908 2122232425262728") == "00 029000");
  // The terminal still stands in the same file and sees the new content.
  CHECK(ota.apdu("00B0000009") == "0821222324252627289000");
  CHECK(ota.apdu("00D600000908"
                 "1111111111111111") == "6982");
  // It begins at the ADF, the other instance at the MF.
  CHECK(ota.run(kUicc, "00A40004026F07") == "00 016A82");
  CHECK(ota.run(kUicc, "00A40004022FE2 00B000000A").starts_with("00 029000"));
  CHECK(ota.run(kUsim, "00A40004022FE2") == "00 016A82");
  CHECK(ota.run(kUicc, "00A40004022F06 00DC010405 8001019000") == "00 026700");  // whole records only
  // What is not remote file management.
  CHECK(ota.run(kUsim,
                "0088008111"
                "10000102030405060708090A0B0C0D0E0F") == "00 016D00");
  CHECK(ota.run(kUsim, "00A4040407A0000000871002") == "00 016A86");
}

TEST_CASE("A key that is verified remotely is not verified for the terminal", "[ota]") {
  Ota ota;
  REQUIRE(ota.apdu("00A4040C07A0000000871002") == "9000");
  REQUIRE(ota.apdu("00A4000C026F07") == "9000");
  CHECK(ota.run(kUsim, "0020000A08 3131313131313131") == "00 0163C9");
  CHECK(ota.apdu("0020000A") == "63C9");  // the counter is one
  CHECK(ota.run(kUsim, "0020000A08 3838383838383838") == "00 019000");
  CHECK(ota.apdu("0020000A") == "63CA");
  CHECK(ota.apdu("00D600000908"
                 "1111111111111111") == "6982");
  REQUIRE(ota.apdu("0020000A083838383838383838") == "9000");
  CHECK(ota.run(kUsim, "0020000A08 3131313131313131") == "00 0163C9");
  CHECK(ota.apdu("00D600000908"
                 "1111111111111111") == "9000");  // and the terminal's own stays
}

TEST_CASE("NEVER holds for full access too", "[ota]") {
  Ota ota;
  // EF.ICCID: read always, update never.
  CHECK(ota.run(kUicc, "00A40004022FE2 00D6000001FF") == "00 026982");
}

TEST_CASE("Answers wait for GET RESPONSE in a compact script, and come at once in an expanded one", "[ota]") {
  Ota ota;
  CHECK(ota.run(kUicc, "00A40004022FE2 00C0000000").starts_with("00 02900062"));
  const auto expanded = ota.send(kUicc, ota_sender::expanded_script({"00A4000C022FE2"_hex, "00B000000A"_hex}, true));
  const auto result = ota_sender::read_script_result(expanded.data);
  REQUIRE(result);
  REQUIRE(result->answers.size() == 2);
  CHECK(result->answers[1].status == 0x9000);
  CHECK(result->answers[1].data.size() == 10);
}

TEST_CASE("A replayed packet is refused after a reset as well", "[ota]") {
  Ota ota;
  const Bytes packet = ota.packet(kUsim, "00A40004026F07 00D600000908 3132333435363738"_hex);
  CHECK(ota_sender::read_proof(ota.deliver(packet), Ota::security()).status == 0);
  ota.card.reset();
  CHECK(ota_sender::read_proof(ota.deliver(packet), Ota::security()).status == 2);
}

TEST_CASE("A packet changed in any bit changes no cell", "[ota]") {
  Ota ota;
  const Bytes packet = ota.packet(kUsim, "00A40004026F07 00D600000908 3132333435363738"_hex);
  const auto before = ota.store.cells();
  for (std::size_t bit = 0; bit < packet.size() * 8; ++bit) {
    Bytes changed = packet;
    changed[bit / 8] = static_cast<std::uint8_t>(changed[bit / 8] ^ 1U << bit % 8);
    (void)ota.lpa.transmit(ota_sender::envelope(ota_sender::deliver_tpdus(changed, {})[0], {}));
    INFO(bit);
    REQUIRE(same_cells(ota.store.cells(), before));
  }
}

TEST_CASE("A store that fails between counter and command leaves the counter moved and the file as it was", "[ota]") {
  Ota ota;
  const std::string update = "00A40004026F07 00D600000908 3132333435363738";
  const std::string read = "00A40004026F07 00B0000009";
  const std::string original = ota.run(kUsim, read);
  ota.store.fail_after(1);  // the counter is stored, the update is not
  const Bytes packet = ota.packet(kUsim, from_hex(update).value());
  const auto proof = ota_sender::read_proof(ota.deliver(packet), Ota::security());
  CHECK(proof.status == 0);
  CHECK(to_hex(proof.data) == "026581");
  ota.store.heal();
  ota.card.reset();
  CHECK(ota_sender::read_proof(ota.deliver(packet), Ota::security()).status == 2);
  CHECK(ota.run(kUsim, read) == original);

  ota.store.fail_after(0);  // not even the counter
  const Bytes second = ota.packet(kUsim, from_hex(update).value());
  CHECK(ota_sender::read_proof(ota.deliver(second), Ota::security()).status == 7);
  ota.store.heal();
  CHECK(ota_sender::read_proof(ota.deliver(second), Ota::security()).status == 0);
}

TEST_CASE("What the card refuses by status, at the ENVELOPE", "[ota]") {
  Ota ota;
  const auto status = [&](const Bytes& packet, const ota_sender::Security& security) {
    return ota_sender::read_proof(ota.deliver(packet), security).status;
  };
  CHECK(status(ota.packet({1, 2, 3}, "00A40004023F00"_hex), Ota::security()) == 0x09);
  CHECK(status(ota.packet(kUsim, "00A40004023F00"_hex, 0x12, 0x01), Ota::security(0x12, 0x01)) == 0x0A);
  CHECK(status(ota.packet(kMnoSd, "00A40004023F00"_hex, 0x00, 0x01), Ota::security(0x00, 0x01)) == 0x0A);
  auto security = Ota::security(0x16, 0x01);
  security.kic = 0xE2;
  CHECK(status(ota_sender::build_packet({.tar = kUsim, .counter = 50, .data = "00A40004023F00"_hex}, security), security) == 0x06);
  security = Ota::security(0x16, 0x01);
  security.checksum_key->value.expose_mutable()[0] ^= 0xFF;
  CHECK(status(ota_sender::build_packet({.tar = kUsim, .counter = 50, .data = "00A40004023F00"_hex}, security), security) == 0x01);
}

TEST_CASE("Long scripts arrive in several messages, in any order and twice", "[ota]") {
  Ota ota;
  Bytes script = "00A40004026F07"_hex;
  for (int i = 0; i < 20; ++i) append(script, "00D600000908 3132333435363738"_hex);
  const auto tpdus = ota_sender::deliver_tpdus(ota.packet(kUsim, script), {});
  REQUIRE(tpdus.size() == 3);
  Bytes answer;
  for (const std::size_t i : {2U, 0U, 2U, 0U, 1U}) {
    CHECK(answer.empty());
    answer = ota.lpa.transmit(ota_sender::envelope(tpdus[i], {}));
    CHECK(ota.lpa.last_status() == 0x9000);
  }
  const auto proof = ota_sender::read_proof(answer, Ota::security());
  CHECK(proof.status == 0);
  CHECK(to_hex(proof.data) == "159000");
  // Parts do not survive a reset.
  const auto more = ota_sender::deliver_tpdus(ota.packet(kUsim, script), {});
  (void)ota.lpa.transmit(ota_sender::envelope(more[0], {}));
  ota.card.reset();
  (void)ota.lpa.transmit(ota_sender::envelope(more[1], {}));
  CHECK(ota.lpa.transmit(ota_sender::envelope(more[2], {})).empty());
}

TEST_CASE("ES6: UpdateMetadata through the MNO-SD", "[ota][es6]") {
  const auto info = [](Ota& ota, const char* tags) {
    return ota.es10("BF2D0" + std::to_string(std::string(tags).size() / 2 + 2) + "5C0" + std::to_string(std::string(tags).size() / 2) +
                    tags);
  };
  SECTION("name, provider and icon change in GetProfilesInfo") {
    Ota ota;
    CHECK(ota.run(kMnoSd, "80E291000B BF2A08 9203414243 910144") == "00 019000");
    CHECK(info(ota, "9192") == "BF2D0CA00AE3089101449203414243");
    CHECK(ota.run(kIsd, "80E2910009 BF2A06 930100 94015A") == "00 019000");
    CHECK(info(ota, "9394").find("93010094015A") != std::string::npos);
    CHECK(ota.run(kIsd, "80E2910005 BF2A02 9400") == "00 019000");
    CHECK(info(ota, "9394") == "BF2D04A002E300");
  }
  SECTION("in blocks, and out of order") {
    Ota ota;
    CHECK(ota.run(kMnoSd, "80E2110005 BF2A059203 80E2910103 414243") == "00 029000");
    CHECK(info(ota, "92") == "BF2D09A007E3059203414243");
    CHECK(ota.run(kMnoSd, "80E2110005 BF2A059203 80E2910203 444546") == "00 026A86");
    CHECK(info(ota, "92") == "BF2D09A007E3059203414243");
  }
  SECTION("malformed or not its own") {
    Ota ota;
    CHECK(ota.run(kMnoSd, "80E2910006 BF2A05920341") == "00 016A80");
    CHECK(ota.run(kMnoSd, "80E2910006 BF2A03 900141") == "00 019000");
    CHECK(info(ota, "90") == "BF2D04A002E300");  // the nickname is the user's
    CHECK(ota.run(kUsim, "80E2910006 BF2A03 920141") == "00 016D00");
  }
  SECTION("rules can be unset, not set") {
    Ota ota;
    CHECK(ota.run(kMnoSd, "80E2910007 BF2A04 99020640") == "00 016A80");  // PPR1
    CHECK(ota.run(kMnoSd, "80E2910007 BF2A04 99020520") == "00 016A80");  // PPR2
    Ota ruled("B705800300F110 99020560"_hex);                             // PPR1 and PPR2
    CHECK(info(ruled, "99") == "BF2D08A006E30499020560");
    CHECK(ruled.es10(disable(kIccid1)).ends_with("800103"));  // disallowedByPolicy
    CHECK(ruled.run(kMnoSd, "80E2910007 BF2A04 99020520") == "00 019000");
    CHECK(info(ruled, "99") == "BF2D08A006E30499020520");
    CHECK(ruled.run(kMnoSd, "80E2910007 BF2A04 99020560") == "00 016A80");
    CHECK(info(ruled, "99") == "BF2D08A006E30499020520");
    CHECK(ruled.es10(disable(kIccid1)).ends_with("800100"));
    Ota controlled("B705800300F110 990205E0"_hex);  // pprUpdateControl forbids any change
    CHECK(controlled.run(kMnoSd, "80E2910007 BF2A04 99020520") == "00 016A80");
    CHECK(controlled.run(kMnoSd, "80E291000A BF2A07 920158 990205E0") == "00 019000");
    CHECK(info(controlled, "92") == "BF2D07A005E303920158");
  }
}

namespace {

// The TPDUs of the SEND SHORT MESSAGE commands that the card announces, each answered as done.
std::vector<Bytes> sent_messages(Ota& ota) {
  std::vector<Bytes> out;
  while (ota.lpa.last_status() >> 8 == 0x91) {
    Bytes fetch = "80120000"_hex;
    fetch.push_back(static_cast<std::uint8_t>(ota.lpa.last_status()));
    const Bytes command = ota.card.transmit(fetch);
    const auto whole = asn1::read_only(ByteView(command).first(command.size() - 2), 0xD0);
    REQUIRE(whole);
    const auto details = asn1::find_child(whole->value, 0x81);
    REQUIRE(details);
    if (details->value[1] == 0x13) {
      CHECK(to_hex(asn1::find_child(whole->value, 0x82)->value) == "8183");
      out.push_back(to_bytes(asn1::find_child(whole->value, 0x8B)->value));
    }
    (void)ota.lpa.transmit(concat({"801400000C8103"_hex, details->value, "82028281830100"_hex}));
  }
  return out;
}

}  // namespace

TEST_CASE("A proof by SMS-SUBMIT goes out as SEND SHORT MESSAGE where the terminal has it", "[ota]") {
  Ota ota;
  const auto deliver = [&](ByteView packet) {
    Bytes answer;
    for (const Bytes& tpdu : ota_sender::deliver_tpdus(packet, {})) answer = ota.lpa.transmit(ota_sender::envelope(tpdu, {}));
    return answer;
  };
  const auto security = Ota::security(0x16, 0x39);
  SECTION("without TERMINAL PROFILE it is the answer of the ENVELOPE") {
    CHECK(ota_sender::read_proof(deliver(ota.packet(kUsim, "00A40004026F07"_hex, 0x16, 0x39)), security).status == 0);
  }
  SECTION("with it, to the originator of the command") {
    REQUIRE(ota.apdu("8010000004 03000002").substr(0, 1) == "9");
    (void)sent_messages(ota);
    CHECK(deliver(ota.packet(kUsim, "00A40004026F07"_hex, 0x16, 0x39)).empty());
    const auto messages = sent_messages(ota);
    REQUIRE(messages.size() == 1);
    CHECK(to_hex(ByteView(messages[0]).first(9)) == "41000A919421436587");
    const auto proof = ota_sender::read_proof(ota_sender::response_of_submits(messages), security);
    CHECK(proof.status == 0);
    CHECK(proof.checked);
  }
  SECTION("what is too long for a delivery report follows in a message: 0B") {
    REQUIRE(ota.apdu("8010000004 03000002").substr(0, 1) == "9");
    (void)sent_messages(ota);
    std::vector<Bytes> reads;
    for (int i = 0; i < 6; ++i) append(reads.emplace_back(), "00A40004022FE2"_hex);
    for (int i = 0; i < 12; ++i) append(reads.emplace_back(), "00B000000A"_hex);
    const auto report = ota_sender::read_proof(deliver(ota.packet(kUicc, ota_sender::expanded_script(reads, true))), Ota::security());
    CHECK(report.status == 0x0B);
    CHECK(report.data.empty());
    const auto messages = sent_messages(ota);
    CHECK(messages.size() == 2);
    const auto proof = ota_sender::read_proof(ota_sender::response_of_submits(messages), Ota::security());
    CHECK(proof.status == 0);
    CHECK(ota_sender::read_script_result(proof.data)->answers.size() == 18);
  }
}

TEST_CASE("A REFRESH that a remote script asks for is announced to the terminal", "[ota]") {
  Ota ota;
  REQUIRE(ota.apdu("8010000004 FFFFFFFF").substr(0, 1) == "9");
  (void)sent_messages(ota);
  const Bytes action = "81 10 8103010101 82028182 12 0501 3F002FE2"_hex;
  (void)ota.lpa.transmit(
      ota_sender::envelope(ota_sender::deliver_tpdus(ota.packet(kUicc, concat({"AA12"_hex, action}), 0x16, 0x00), {})[0], {}));
  REQUIRE(ota.lpa.last_status() >> 8 == 0x91);
  Bytes fetch = "80120000"_hex;
  fetch.push_back(static_cast<std::uint8_t>(ota.lpa.last_status()));
  const std::string command = to_hex(ota.card.transmit(fetch));
  CHECK(command.find("0101"
                     "82028182"
                     "12"
                     "0501"
                     "3F002FE2") != std::string::npos);
}

TEST_CASE("Remote application management: the MNO-SD makes a domain that has a TAR, and takes it away", "[ota][gp]") {
  Ota ota;
  const std::string aid = "A0000005591010FFFFFFFF89ABCDEF00";  // octets 13 to 15: ABCDEF
  const auto lv = [](const std::string& hex) { return to_hex(Bytes{static_cast<std::uint8_t>(hex.size() / 2)}) + hex; };
  const auto command = [&](const std::string& header, const std::string& data) { return header + lv(data); };
  // Questions, with GET RESPONSE as in the compact format.
  CHECK(ota.run(kMnoSd, "80F28002024F00 00C0000000").starts_with("00 029000E3"));
  CHECK(ota.run(kMnoSd, "80CA006600").substr(0, 3) == "00 ");
  // INSTALL [for install and make selectable] of a supplementary domain.
  const std::string install = command("80E60C00", lv("A0000001515350") + lv("A000000151535041") + lv(aid) + lv("800000") + "02C900" + "00");
  CHECK(ota.run(kMnoSd, install).starts_with("00 01"));
  CHECK(ota.run(kMnoSd, "80F24002 12 4F10" + aid + " 00C0000000").find(aid) != std::string::npos);
  const ota::Tar tar{0xAB, 0xCD, 0xEF};
  // The domain is there and has no keys: what is protected cannot be read (06), and what is not may not ask for much.
  const auto at_domain = [&](std::uint8_t first) {
    const auto proof =
        ota_sender::read_proof(ota.deliver(ota.packet(tar, from_hex("80F24002024F00").value(), first, 0x01)), Ota::security(first, 0x01));
    return to_hex(Bytes{proof.status}) + " " + to_hex(proof.data);
  };
  CHECK(at_domain(0x16) == "06 ");
  CHECK(at_domain(0x00) == "00 016982");
  // DELETE, and it is gone.
  CHECK(ota.run(kMnoSd, command("80E40000", "4F10" + aid)).starts_with("00 01"));
  CHECK(at_domain(0x16) == "09 ");
  CHECK(ota.run(kMnoSd, "80F24002 12 4F10" + aid).ends_with("6A88"));
  // What a domain does not have, and file commands at it.
  CHECK(ota.run(kMnoSd, "00A40004023F00") == "00 016D00");
}

TEST_CASE("PUT KEY by SCP80 is protected with KIK, and the new set takes packets", "[ota][gp]") {
  Ota ota;
  // AES keys under KIK of version 1 (CBC, zero IV); check values as GlobalPlatform B.6.
  const auto block = [](const Bytes& key) {
    const Bytes enciphered = crypto::aes_cbc_encrypt(kTestKey, crypto::Block{}, key);
    const crypto::Block check = crypto::aes_ecb_encrypt(key, Bytes(16, 0x01));
    return "881110" + to_hex(enciphered) + "03" + to_hex(ByteView(check).first(3));
  };
  const Bytes kic(16, 0x5A), kid(16, 0x5B), kik(16, 0x5C);
  const std::string data = "05" + block(kic) + block(kid) + block(kik);
  CHECK(ota.run(kMnoSd, "80D80081" + to_hex(Bytes{static_cast<std::uint8_t>(data.size() / 2)}) + data).starts_with("00 01"));
  auto new_kic = ota_sender::named_key("aes", 5, kic);
  auto new_kid = ota_sender::named_key("aes", 5, kid);
  const ota_sender::Security security{.spi = {.first = 0x16, .second = 0x19},
                                      .kic = new_kic.octet,
                                      .kid = new_kid.octet,
                                      .cipher_key = std::move(new_kic.key),
                                      .checksum_key = std::move(new_kid.key)};
  // Its counter begins anew.
  const Bytes packet = ota_sender::build_packet({.tar = kUsim, .counter = 1, .data = "00A40004026F07"_hex}, security);
  CHECK(ota_sender::read_proof(ota.deliver(packet), security).status == 0);
  CHECK(ota_sender::read_proof(ota.deliver(packet), security).status == 2);
}

TEST_CASE("A packet that only ciphering protects may ask a domain, and changes nothing", "[ota][gp]") {
  static const auto made = [] {
    BenchCard bench(desk());
    auto open = perso::default_recipe(kIccid1, "001010000000011", Bytes(16, 1), Bytes(16, 2));
    open.mno_sd.minimum_security_level = 0x00;
    REQUIRE(bench::installed(bench.lpa.download(desk(), desk().order(kIccid1, {}, perso::build_profile(open)))));
    REQUIRE(bench.es10(enable(kIccid1)) == "BF3103800100");
    return bench.store.cells();
  }();
  Ota ota;
  FaultyStore store(made);
  card::Card card(store, desk().rng());
  card.power_on();
  bench::Lpa lpa(card);
  const auto run = [&](const std::string& script) {
    const Bytes packet = ota.packet(kMnoSd, from_hex(script).value(), 0x04, 0x01);
    const auto proof =
        ota_sender::read_proof(lpa.transmit(ota_sender::envelope(ota_sender::deliver_tpdus(packet, {})[0], {})), Ota::security(0x04, 0x01));
    return to_hex(Bytes{proof.status}) + " " + to_hex(proof.data);
  };
  CHECK(run("80E291000B BF2A08 9203414243 910144") == "00 016982");
  CHECK(run("80E4000009 4F07A0000001515350") == "00 016982");
  CHECK(same_cells(store.cells(), made));
}

TEST_CASE("Messages that are not for the card are taken and dropped", "[ota]") {
  Ota ota;
  const auto before = ota.store.cells();
  const auto envelope = [&](const std::string& hex) { return ota.apdu(hex); };
  // PID 00, DCS class 1; and a message for the card that is not secured.
  CHECK(envelope("80C2000019D117 02028381 8B11 0404812143 00F5 62401121436500 020102") == "9000");
  CHECK(envelope("80C2000019D117 02028381 8B11 0404812143 7FF6 62401121436500 020102") == "9000");
  CHECK(envelope("80C2000019D117 02028281 8B11 0404812143 7FF6 62401121436500 020102") == "6A80");
  CHECK(envelope("80C2000006D104 02028381") == "6A80");
  CHECK(envelope("80C2000003D10500") == "6A80");
  CHECK(envelope("80C2010006D104 02028381") == "6A86");
  CHECK(envelope("80C2000009D607 190105 82028281") == "9000");
  CHECK(same_cells(ota.store.cells(), before));
}

TEST_CASE("Without an enabled profile nobody has a TAR", "[ota]") {
  BenchCard bench(desk());
  const Bytes packet = ota_sender::build_packet({.tar = kUsim, .counter = 1, .data = "00A40004023F00"_hex}, Ota::security());
  const Bytes answer = bench.lpa.transmit(ota_sender::envelope(ota_sender::deliver_tpdus(packet, {})[0], {}));
  CHECK(ota_sender::read_proof(answer, Ota::security()).status == 0x09);
}
