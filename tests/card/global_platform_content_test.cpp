// What GlobalPlatform's commands change on a whole card, and that a refusal changes nothing.
#include "euicc/card/applets.h"
#include "euicc/crypto/des.h"
#include "euicc/crypto/symmetric.h"
#include "euicc/gp/content.h"
#include "tests/card/gp_bench.h"

using namespace simurgh;
using namespace simurgh::test;

namespace {

const std::string kEnc = "A0A1A2A3A4A5A6A7A8A9AAABACADAEAF", kMac = "B0B1B2B3B4B5B6B7B8B9BABBBCBDBEBF", kDek = "C0C1C2C3C4C5C6C7C8C9CACBCCCDCECF";

std::string aes_kcv(const std::string& key) {
  const auto block = crypto::aes_ecb_encrypt(hex(key), Bytes(16, 0x01));
  return to_hex(ByteView(block).first(3));
}

// One AES key of PUT KEY, with the length of the clear key inside or without.
std::string aes_key(const GpCard& bench, const std::string& key, bool inner_length = true) {
  const std::string encrypted = to_hex(bench.host->protect(hex(key)));
  return "88" + lv(inner_length ? "10" + encrypted : encrypted) + lv(aes_kcv(key));
}

std::string three_keys(const GpCard& bench, const std::string& version) {
  return version + aes_key(bench, kEnc) + aes_key(bench, kMac) + aes_key(bench, kDek);
}

bench::ScpHost new_keys(std::uint8_t version) { return {bench::ScpHost::Protocol::scp03, version, hex(kEnc), hex(kMac), hex(kDek)}; }

struct Idle final : toolkit::Application {
  [[nodiscard]] const char* name() const noexcept override { return "idle"; }
  toolkit::Task<> run(toolkit::Session&) override { co_return; }
};

std::string install_personalization(const std::string& aid) { return command("80E62000", "0000" + lv(aid) + "000000"); }

}  // namespace

TEST_CASE("PUT KEY adds and replaces key sets in both forms, and they open sessions", "[gp]") {
  GpCard bench;
  bench.open(bench.scp03(), 0x33);
  const std::string checks = aes_kcv(kEnc) + aes_kcv(kMac) + aes_kcv(kDek);
  CHECK(bench.wrapped(command("80D80081", three_keys(bench, "31"))) == "31" + checks + "9000");
  CHECK(bench.wrapped("80CA00E0").find("C00401318810C00402318810C00403318810") != std::string::npos);
  bench.reopen(new_keys(0x31), 0x03);
  // The form without an inner length, one key at a time, onto another version.
  CHECK(bench.wrapped(command("80D83101", "32" + aes_key(bench, kMac, false))) == "32" + aes_kcv(kMac) + "9000");
  CHECK(bench.wrapped("80CA00E0").find("C00401328810C00402318810") != std::string::npos);
  // The counter of a replaced set starts anew.
  bench.reopen(bench.scp03(), 0x33);
  CHECK(bench.wrapped(command("80D83081", three_keys(bench, "30"))) == "30" + checks + "9000");
  REQUIRE(bench.select(kMnoSd).ends_with("9000"));
  CHECK(bench.apdu("80503000080102030405060708").ends_with("0000019000"));
  bench.reopen(new_keys(0x30), 0x33);
  card::Card again(bench.store, *bench.rng);
  again.power_on();
  bench::Lpa link(again);
  (void)link.transmit(hex("00A4040008A000000151000000"));
  CHECK(to_hex(link.transmit(hex("80CA00E000"))).find("C00402308810") != std::string::npos);
}

TEST_CASE("PUT KEY under SCP02 uses the session's key", "[gp]") {
  GpCard bench;
  bench.open(bench.scp02(), 0x03);
  const std::string key = "101112131415161718191A1B1C1D1E1F";
  const Bytes check = crypto::des_ecb_encrypt(hex(key), Bytes(8));
  const std::string block = "80" + lv(to_hex(bench.host->protect(hex(key)))) + lv(to_hex(ByteView(check).first(3)));
  CHECK(bench.wrapped(command("80D80081", "21" + block + block + block)).ends_with("9000"));
  bench.reopen({bench::ScpHost::Protocol::scp02, 0x21, hex(key), hex(key), hex(key)}, 0x01);
  CHECK(bench.wrapped("80CA00D3") == "D301019000");
  bench.reopen({bench::ScpHost::Protocol::scp02, 0x21, hex(key), hex(key), hex(key)}, 0x03);
  CHECK(bench.wrapped("80CA00C1").ends_with("9000"));
}

TEST_CASE("PUT KEY refuses what is wrong with keys and keeps the old ones", "[gp]") {
  GpCard bench;
  bench.open(bench.scp03(), 0x33);
  const std::string good = aes_key(bench, kEnc);
  std::string wrong_check = good;
  wrong_check.back() = wrong_check.back() == '0' ? '1' : '0';
  CHECK(bench.refused(command("80D80001", "33" + wrong_check)) == "9485");
  CHECK(bench.refused(command("80D80001", "33" + ("99" + good.substr(2)))) == "9484");
  CHECK(bench.refused(command("80D80001", "33FF" + good.substr(2))) == "9484");
  CHECK(bench.refused(command("80D80001", "30" + good)) == "6A80");           // is there already
  CHECK(bench.refused(command("80D83501", "35" + good)) == "6A88");           // nothing to replace
  CHECK(bench.refused(command("80D83001", "20" + good)) == "6A80");           // the new version is taken
  CHECK(bench.refused(command("80D88001", "33" + good)) == "6A86");
  CHECK(bench.refused(command("80D80000", "33" + good)) == "6A86");
  CHECK(bench.refused(command("80D80001", "00" + good)) == "6A80");
  CHECK(bench.refused(command("80D80001", "80" + good)) == "6A80");
  CHECK(bench.refused(command("80D80001", "33" + good + "00")) == "6A80");
  CHECK(bench.refused(command("80D80001", "33" + good.substr(0, 30))) == "6A80");
  CHECK(bench.refused(command("80D80001", "33880F000102030405060708090A0B0C0D0E00")) == "6A80");
  CHECK(bench.refused(command("80D80001", "33" "8811FF" + to_hex(bench.host->protect(hex(kEnc))) + "00")) == "6A80");
  CHECK(bench.refused(command("80D80081", "33" + good + wrong_check)) == "9485");  // the first of two is not kept
  CHECK(bench.refused("80D80001") == "6A80");
}

TEST_CASE("DELETE takes keys by version, by identifier and by both", "[gp]") {
  GpCard bench;
  bench.open(bench.scp03(), 0x01);
  CHECK(bench.refused(command("80E40000", "D20144")) == "6A88");
  CHECK(bench.refused(command("80E40080", "D20120")) == "6A86");
  CHECK(bench.refused(command("80E40000", "D2020120")) == "6A80");
  CHECK(bench.wrapped(command("80E40000", "D00101D20101")) == "009000");
  CHECK(bench.wrapped(command("80E40000", "D20120")) == "009000");
  CHECK(bench.wrapped("80CA00E0") == "E01EC00402018810C00403018810C00401308810C00402308810C004033088109000");
  CHECK(bench.apdu("80502000080102030405060708") == "6A88");
}

TEST_CASE("A supplementary domain is installed, keyed, used, extradited, locked and deleted", "[gp]") {
  GpCard bench;
  bench.open(bench.scp03(), 0x33);
  CHECK(bench.install_domain() == "009000");
  CHECK(bench.refused(command("80E60C00", lv(kSdPackage) + lv(kSdClass) + lv(kSsd) + lv("800000") + "02C90000")) == "6985");  // taken
  CHECK(bench.wrapped(command("80F24002", "4F09" + std::string(kSsd))) ==
        "E3274F09" + std::string(kSsd) + "9F700107C503800000C407A0000001515350CC08A0000001510000009000");
  // A new domain has no keys, so nobody opens a session with it.
  REQUIRE(bench.select(kSsd).starts_with("6F"));
  CHECK(bench.apdu("80500000080102030405060708") == "6A88");
  bench.open(bench.scp03(), 0x33);
  CHECK(bench.wrapped(install_personalization(kSsd)) == "009000");
  CHECK(bench.wrapped(command("80E29000", "42034142435F5005" "61622E6364")) == "9000");
  REQUIRE(bench.select(kSsd).ends_with("9000"));
  CHECK(bench.apdu("80CA004200") == "42034142439000");
  CHECK(bench.apdu("80CA5F5000") == "5F500561622E63649000");
  CHECK(bench.apdu("80CA2F0000") == "2F000D610B4F09" + std::string(kSsd) + "9000");

  bench.open(bench.scp03(), 0x33);
  CHECK(bench.wrapped(command("80F04080", kSsd)) == "9000");
  CHECK(bench.select(kSsd) == "6A82");
  bench.open(bench.scp03(), 0x33);
  CHECK(bench.refused(command("80E40000", lv(kSsd))) == "6A80");
  CHECK(bench.wrapped(command("80F04007", kSsd)) == "9000");
  CHECK(bench.wrapped(command("80F0400F", kSsd)) == "9000");
  CHECK(bench.refused(command("80F04007", kSsd)) == "6985");  // no way back
  CHECK(bench.wrapped(command("80F24002", "4F09" + std::string(kSsd))).find("9F70010F") != std::string::npos);

  const std::string second = "A00000055910100043";
  CHECK(bench.install_domain(second) == "009000");
  CHECK(bench.wrapped(command("80E61000", lv(kSsd) + "00" + lv(second) + "000000")) == "009000");
  CHECK(bench.wrapped(command("80F24002", "4F09" + second)).ends_with("CC09" + std::string(kSsd) + "9000"));
  CHECK(bench.refused(command("80E61000", lv(second) + "00" + lv(kSsd) + "000000")) == "6985");  // below itself
  CHECK(bench.refused(command("80E61000", lv("A000000559101000FF") + "00" + lv(second) + "000000")) == "6A88");
  CHECK(bench.refused(command("80E61000", lv(kSsd) + "00" + lv(kMnoSd) + "000000")) == "6985");
  CHECK(bench.wrapped(command("80F0C080", kSsd)) == "9000");
  CHECK(bench.wrapped(command("80F24002", "4F09" + second)).find("9F700187") != std::string::npos);
  CHECK(bench.wrapped(command("80F0C00F", kSsd)) == "9000");

  CHECK(bench.refused(command("80E40000", "4F09" + std::string(kSsd))) == "6985");  // the second stands below it
  CHECK(bench.wrapped(command("80E40080", "4F09" + std::string(kSsd))) == "009000");
  CHECK(bench.wrapped("80F240020B4F09" + second) == "6A88");
  CHECK(bench.select(kSsd) == "6A82");
}

TEST_CASE("A domain without Authorized Management manages nothing but itself", "[gp]") {
  GpCard bench;
  bench.open(bench.scp03(), 0x33);
  REQUIRE(bench.install_domain() == "009000");
  // Keys go into what is stored, as a profile's package would have brought them.
  state::Transaction txn(bench.store);
  const auto owner = txn.owners(state::Space::gp, 0).at(0);
  auto registry = gp::Registry::decode_changed(*txn.find({state::Space::gp, owner, 0}));
  REQUIRE(registry);
  const Bytes key = hex("000102030405060708090A0B0C0D0E0F");
  for (std::uint8_t identifier = 1; identifier <= 3; ++identifier) {
    gp::Key& added = registry->domains[1].keys.emplace_back();
    added.version = 0x30;
    added.identifier = identifier;
    added.components.emplace_back().type = 0x88;
    added.components.back().value = crypto::SecretBytes(key);
  }
  txn.put({state::Space::gp, owner, 0}, registry->encode_changed());
  REQUIRE(txn.commit());

  GpCard domain(bench.store.cells());
  domain.open(domain.scp03(), 0x33, kSsd);
  CHECK(domain.wrapped("80F28002024F00") == "6A88");
  CHECK(domain.wrapped("80F24002024F00").starts_with("E3"));
  CHECK(domain.refused(command("80E60C00", lv(kSdPackage) + lv(kSdClass) + lv("A00000055910100099") + lv("800000") + "02C90000")) == "6985");
  CHECK(domain.refused(command("80E60200", lv(kLoadFileAid) + "00000000")) == "6985");
  CHECK(domain.refused(command("80E40000", "4F09A00000055910100001")) == "6985");
  CHECK(domain.refused(command("80F04080", "A00000055910100099")) == "6A88");
  CHECK(domain.refused(command("80F0807F", kMnoSd)) == "6985");
  CHECK(domain.wrapped(command("80D80081", three_keys(domain, "31"))).ends_with("9000"));
  CHECK(domain.wrapped(command("80E29000", "4203414243")) == "9000");
  CHECK(domain.wrapped("80CA0042") == "42034142439000");
  CHECK(domain.wrapped(command("80F04080", kSsd)) == "9000");     // it may lock itself
  CHECK(domain.refused(command("80F04007", kSsd)) == "6985");     // and not unlock
  CHECK(domain.refused(command("80D80081", three_keys(domain, "32"))) == "6985");
}

TEST_CASE("A load file is loaded in blocks, listed with its module, and deleted", "[gp]") {
  GpCard bench;
  bench.open(bench.scp03(), 0x33);
  CHECK(bench.load_sample() == "009000");
  CHECK(bench.wrapped(command("80F21002", "4F06" + std::string(kLoadFileAid))) ==
        "E31F4F06A000000999019F7001018407A0000009990102CC08A0000001510000009000");
  CHECK(bench.refused(command("80E60200", lv(kLoadFileAid) + "00000000")) == "6985");
  // Byte code is kept, an instance of it can be there, and it never becomes selectable.
  const std::string instance = "A000000999010201";
  const auto install = [&](const std::string& p1, const std::string& module, const std::string& privileges = "00") {
    return command("80E6" + p1 + "00", lv(kLoadFileAid) + lv(module) + lv(instance) + lv(privileges) + "02C90000");
  };
  CHECK(bench.refused(install("0C", kModule)) == "6A88");
  CHECK(bench.refused(install("04", "A0000009990103")) == "6A88");
  CHECK(bench.refused(install("04", kModule, "800000")) == "6A80");
  CHECK(bench.wrapped(install("04", kModule)) == "009000");
  CHECK(bench.refused(install("04", kModule)) == "6985");
  CHECK(bench.refused(command("80E60800", "0000" + lv(instance) + "0100" "0000")) == "6A88");
  CHECK(bench.select(instance) == "6A82");
  bench.open(bench.scp03(), 0x33);
  CHECK(bench.refused(command("80E40000", "4F06" + std::string(kLoadFileAid))) == "6985");
  CHECK(bench.wrapped(command("80E40080", "4F06" + std::string(kLoadFileAid))) == "009000");
  CHECK(bench.wrapped(command("80F24002", "4F08" + instance)) == "6A88");
  CHECK(bench.refused(command("80E40000", "4F06" + std::string(kLoadFileAid))) == "6A88");
  // Nothing of its code stays behind.
  state::Transaction txn(bench.store);
  CHECK(txn.owners(state::Space::gp, 0x10001).empty());
  CHECK(bench.load_sample() == "009000");
}

TEST_CASE("LOAD refuses blocks out of order, other contents and wrong hashes", "[gp]") {
  GpCard bench;
  bench.open(bench.scp03(), 0x33);
  const std::string file = kLoadFile;
  const std::string begin = command("80E60200", lv(kLoadFileAid) + "00000000");
  CHECK(bench.refused(command("80E88000", file)) == "6985");
  REQUIRE(bench.wrapped(begin) == "009000");
  CHECK(bench.refused(command("80E80001", file)) == "6A86");
  CHECK(bench.refused(command("80E88000", file)) == "6985");  // the wrong block ended the load
  REQUIRE(bench.wrapped(begin) == "009000");
  REQUIRE(bench.wrapped(command("80E80000", file.substr(0, 20))) == "9000");
  REQUIRE(bench.wrapped("80CA00D3").ends_with("9000"));
  CHECK(bench.refused(command("80E88001", file.substr(20))) == "6985");  // and so does another command
  for (const std::string& wrong : {std::string("C40101FF"), std::string("C41001"), std::string("D403010203"), std::string("C400")}) {
    REQUIRE(bench.wrapped(begin) == "009000");
    CHECK(bench.refused(command("80E88000", wrong)) == "6A80");
  }
  const std::string code = file.substr(4);
  const std::string right = to_hex(crypto::sha256({hex(code)}));
  REQUIRE(bench.wrapped(command("80E60200", lv(kLoadFileAid) + "00" + lv(std::string(64, '0')) + "0000")) == "009000");
  CHECK(bench.refused(command("80E88000", file)) == "6A80");
  REQUIRE(bench.wrapped(command("80E60200", lv(kLoadFileAid) + "00" + lv(right) + "0000")) == "009000");
  // A DAP block says nothing where no domain verifies.
  CHECK(bench.wrapped(command("80E88000", "E2094F02A000C303010203" + file)) == "009000");
  CHECK(bench.refused(command("80E60200", lv("A00000099902") + lv("A0000005591010FF") + "000000")) == "6A88");
  CHECK(bench.refused(command("80E60200", lv("A00000099902") + "0000" + lv("EF06C6047FFFFFFF") + "00")) == "6A84");
  CHECK(bench.refused(command("80E60200", lv("A00000099902") + "000000")) == "6A80");
  CHECK(bench.refused(command("80E60200", lv(kSdPackage) + "00000000")) == "6985");
  CHECK(bench.refused(command("80E68200", lv("A00000099902") + "00000000")) == "6A86");
  CHECK(bench.refused(command("80E60201", lv("A00000099902") + "00000000")) == "6A86");
}

TEST_CASE("INSTALL for load, install and make selectable is one process with its LOADs in the middle", "[gp]") {
  card::Applets applets;
  applets.add({.class_aid = hex(kModule), .name = "sample", .make = [](const card::CardServices&, const gp::Application*) { return std::make_unique<Idle>(); }, .package_aid = {}});
  GpCard bench(gp_cells(), &applets);
  const std::string instance = "A000000999010201", file = kLoadFile;
  const std::string begin = command("80E60E01", lv(kLoadFileAid) + "00000000");
  const auto end = [&](const std::string& package) { return command("80E60E03", lv(package) + lv(kModule) + lv(instance) + "01" "00" "02C90000"); };
  const std::string first = command("80E80000", file.substr(0, 20)), last = command("80E88001", file.substr(20));
  bench.open(bench.scp03(), 0x33);
  CHECK(bench.refused(end(kLoadFileAid)) == "6985");
  CHECK(bench.refused(command("80E60E00", lv(kLoadFileAid) + "00000000")) == "6A86");
  CHECK(bench.refused(command("80E60C03", lv(kLoadFileAid) + lv(kModule) + lv(instance) + "01000000")) == "6A86");
  // The end before the last block, and the load is over.
  REQUIRE(bench.wrapped(begin) == "009000");
  REQUIRE(bench.wrapped(first) == "9000");
  CHECK(bench.refused(end(kLoadFileAid)) == "6985");
  CHECK(bench.refused(last) == "6985");
  // A command of another kind in the middle.
  REQUIRE(bench.wrapped(begin) == "009000");
  REQUIRE(bench.wrapped(first) == "9000");
  REQUIRE(bench.wrapped(last) == "009000");
  REQUIRE(bench.wrapped("80F28002024F00").ends_with("9000"));
  CHECK(bench.refused(end(kLoadFileAid)) == "6985");
  REQUIRE(bench.wrapped(command("80E40000", "4F06" + std::string(kLoadFileAid))) == "009000");
  // Another load file than the one that was loaded.
  REQUIRE(bench.wrapped(begin) == "009000");
  REQUIRE(bench.wrapped(first) == "9000");
  REQUIRE(bench.wrapped(last) == "009000");
  CHECK(bench.refused(end(kSdPackage)) == "6A80");
  CHECK(bench.refused(end(kLoadFileAid)) == "6985");
  REQUIRE(bench.wrapped(command("80E40000", "4F06" + std::string(kLoadFileAid))) == "009000");
  REQUIRE(bench.wrapped(begin) == "009000");
  REQUIRE(bench.wrapped(first) == "9000");
  REQUIRE(bench.wrapped(last) == "009000");
  CHECK(bench.wrapped(end(kLoadFileAid)) == "009000");
  CHECK(bench.refused(end(kLoadFileAid)) == "6985");
  CHECK(bench.select(instance) == "6F108408" + instance + "A5049F6501FF9000");
}

TEST_CASE("A combined INSTALL of byte code keeps the load file and refuses the instance", "[gp]") {
  GpCard bench;
  bench.open(bench.scp03(), 0x01);
  REQUIRE(bench.wrapped(command("80E60E01", lv(kLoadFileAid) + "00000000")) == "009000");
  REQUIRE(bench.wrapped(command("80E88000", kLoadFile)) == "009000");
  CHECK(bench.refused(command("80E60E03", lv(kLoadFileAid) + lv(kModule) + lv("A000000999010201") + "0100" "0000")) == "6A88");
  CHECK(bench.wrapped(command("80F22002", "4F06" + std::string(kLoadFileAid))).ends_with("9000"));
}

TEST_CASE("A domain that verifies DAP keeps load files with a signature out", "[gp]") {
  GpCard bench;
  bench.open(bench.scp03(), 0x33);
  REQUIRE(bench.install_domain(kSsd, "C00000") == "009000");
  REQUIRE(bench.wrapped(command("80E60200", lv(kLoadFileAid) + "00000000")) == "009000");
  CHECK(bench.refused(command("80E88000", "E2094F02A000C303010203" + std::string(kLoadFile))) == "6985");
}

TEST_CASE("A native applet is installed, selected, personalized and deleted", "[gp]") {
  card::Applets applets;
  std::size_t made = 0;
  applets.add({.class_aid = hex("A0000005591020000101"),
               .name = "sample",
               .make =
                   [&made](const card::CardServices&, const gp::Application* instance) {
                     CHECK(instance != nullptr);
                     ++made;
                     return std::make_unique<Idle>();
                   },
               .package_aid = hex("A00000055910200001")});
  GpCard bench(gp_cells(), &applets);
  bench.open(bench.scp03(), 0x33);
  CHECK(bench.wrapped(command("80F21002", "4F09A00000055910200001")) ==
        "E3254F09A000000559102000019F700101840AA0000005591020000101CC08A0000001510000009000");
  const std::string aid = "A000000559102000010101";
  const std::string fields = lv("A00000055910200001") + lv("A0000005591020000101") + lv(aid) + "0100";
  // A TAR that is taken, parameters that are cut short.
  CHECK(bench.refused(command("80E60C00", fields + lv("C900EA0F800D010000000002010603B2010000") + "00")) == "6A80");
  CHECK(bench.refused(command("80E60C00", fields + lv("C905") + "00")) == "6A80");
  CHECK(bench.wrapped(command("80E60400", fields + lv("C900EA0F800D010000000002010603B2020000") + "00")) == "009000");
  CHECK(bench.select(aid) == "6A82");
  bench.open(bench.scp03(), 0x33);
  CHECK(bench.wrapped(command("80E60800", "0000" + lv(aid) + "01000000")) == "009000");
  CHECK(made == 1);  // it runs from now on
  CHECK(bench.refused(command("80E60800", "0000" + lv(aid) + "01000000")) == "6985");
  CHECK(bench.refused(install_personalization("A0000005591020000102FF")) == "6A88");
  CHECK(bench.wrapped(install_personalization(aid)) == "009000");
  CHECK(bench.wrapped(command("80E20800", "010102AABB")) == "9000");
  CHECK(bench.wrapped(command("80E28801", "01020199")) == "9000");
  // It is the domain's turn again.
  CHECK(bench.refused(command("80E28800", "01020199")) == "6A88");
  CHECK(bench.select(aid) == "6F13840B" + aid + "A5049F6501FF9000");
  CHECK(bench.apdu("80CA006600") == "6D00");
  CHECK(bench.apdu("80F28002024F00") == "6A86");  // STATUS of TS 102 221
  REQUIRE(bench.apdu("0070000001") == "019000");
  REQUIRE(bench.apdu("01A4040008A000000151000000").ends_with("9000"));
  bench.channel = 1;
  bench.open(bench.scp03(), 0x33);
  CHECK(bench.refused(command("80E40000", "4F0BA000000559102000010101")) == "6985");  // selected on the basic channel
  REQUIRE(bench.apdu("00A40004023F00").ends_with("9000"));
  CHECK(bench.wrapped(command("80E40000", "4F0BA000000559102000010101")) == "009000");
  CHECK(bench.refused(command("80E40000", "4F09A00000055910200001")) == "6985");      // part of the card
}

TEST_CASE("STORE DATA keeps data objects in both formats, encrypted too", "[gp]") {
  GpCard bench;
  bench.open(bench.scp03(), 0x33);
  CHECK(bench.wrapped(command("80E29000", "4203414243")) == "9000");
  CHECK(bench.wrapped("80CA0042") == "42034142439000");
  CHECK(bench.wrapped(command("80E28800", "007005" "4503313233")) == "9000");
  CHECK(bench.wrapped("80CA0045") == "45033132339000");
  // In two blocks; nothing is there before the last.
  CHECK(bench.wrapped(command("80E21000", "4204")) == "9000");
  CHECK(bench.wrapped(command("80E29001", "44454647")) == "9000");
  CHECK(bench.wrapped("80CA0042") == "4204444546479000");
  const std::string secret = to_hex(bench.host->protect(hex("35363738800000000000000000000000")));
  CHECK(bench.wrapped(command("80E2F000", "4510" + secret)) == "9000");
  CHECK(bench.wrapped("80CA0045") == "4504353637389000");
  CHECK(bench.wrapped(command("80E29000", "CF0A0102030405060708090A")) == "9000");
  REQUIRE(bench.select(kMnoSd).ends_with("9000"));
  CHECK(bench.apdu("80503000080102030405060708").starts_with("0102030405060708090A3003"));
  bench.open(bench.scp03(), 0x33);
  CHECK(bench.wrapped(command("80E29000", "4200")) == "9000");
  CHECK(bench.wrapped("80CA0042") == "6A88");

  CHECK(bench.refused(command("80E29001", "4203414243")) == "6A86");
  CHECK(bench.refused(command("80E29800", "4203414243")) == "6A86");
  CHECK(bench.refused(command("80E2D000", "4203414243")) == "6A86");
  CHECK(bench.refused(command("80E2B000", "4203414243")) == "6A86");
  CHECK(bench.refused(command("80E29000", "42034142")) == "6A80");
  CHECK(bench.refused(command("80E29000", "43034142434203414243")) == "6A88");
  CHECK(bench.refused(command("80E29000", "6603410142")) == "6A80");
  CHECK(bench.refused(command("80E28800", "00B9050102030405")) == "6A88");
  CHECK(bench.refused(command("80E28800", "00700501")) == "6A80");
  CHECK(bench.refused(command("80E2F000", "4503313233")) == "6A80");
  CHECK(bench.refused("80E29000") == "6700");
}

TEST_CASE("Life cycles and privileges: SET STATUS and registry update", "[gp]") {
  GpCard bench;
  bench.open(bench.scp03(), 0x33);
  // The MNO-SD of a profile has no Card Lock and no Card Terminate.
  CHECK(bench.refused(command("80F0807F", kMnoSd)) == "6985");
  CHECK(bench.refused(command("80F080FF", kMnoSd)) == "6985");
  CHECK(bench.refused(command("80F08007", kMnoSd)) == "6985");
  CHECK(bench.refused(command("80F08055", kMnoSd)) == "6A86");
  CHECK(bench.refused(command("80F02007", kMnoSd)) == "6A86");
  CHECK(bench.refused(command("80F04080", kMnoSd)) == "6985");
  CHECK(bench.refused(command("80F04080", "A00000055910100099")) == "6A88");
  REQUIRE(bench.install_domain() == "009000");
  CHECK(bench.wrapped(command("80E64000", "0000" + lv(kSsd) + lv("804000") + "0000")) == "009000");
  CHECK(bench.wrapped(command("80F24002", "4F09" + std::string(kSsd))).find("C503804000") != std::string::npos);
  CHECK(bench.refused(command("80E64000", "0000" + lv(kSsd) + lv("004000") + "0000")) == "6A80");
  CHECK(bench.refused(command("80E64000", "0000" + lv(kMnoSd) + lv("804000") + "0000")) == "6985");
  CHECK(bench.refused(command("80E64000", "0000" + lv("A00000055910100099") + lv("804000") + "0000")) == "6A88");
  CHECK(bench.refused(command("80E40000", "4F08" + std::string(kMnoSd))) == "6985");
  CHECK(bench.refused(command("80E40000", "4F07" + std::string(kSdPackage))) == "6985");
  CHECK(bench.refused(command("80E40000", "4F03A00000")) == "6A80");
  CHECK(bench.refused(command("80E40100", "4F09" + std::string(kSsd))) == "6A86");
}

TEST_CASE("A disabled profile's domains are gone and its changes wait for it", "[gp]") {
  GpCard bench;
  bench.open(bench.scp03(), 0x33);
  REQUIRE(bench.install_domain() == "009000");
  REQUIRE(bench.select("A0000005591010FFFFFFFF8900000100").ends_with("9000"));
  REQUIRE(to_hex(bench.link.es10(hex(disable(kIccid1)))) == "BF3203800100");
  CHECK(bench.select(kMnoSd) == "6A82");
  CHECK(bench.select(kSsd) == "6A82");
  REQUIRE(to_hex(bench.link.es10(hex(enable(kIccid1)))) == "BF3103800100");
  CHECK(bench.select(kSsd).starts_with("6F"));
  REQUIRE(bench.select("A0000005591010FFFFFFFF8900000100").ends_with("9000"));
  REQUIRE(to_hex(bench.link.es10(hex(disable(kIccid1)))) == "BF3203800100");
  REQUIRE(to_hex(bench.link.es10(hex(delete_profile(kIccid1)))) == "BF3303800100");
  for (const auto& [key, cell] : bench.store.cells()) CHECK(key.space != state::Space::gp);
}

TEST_CASE("Power that goes in the middle of content management leaves the registry of before or after", "[gp]") {
  const std::string aid = "A00000055910100077";
  const std::vector<std::string> steps{"keys", "domain", "load", "data", "lock", "delete"};
  const auto run = [&](GpCard& bench, const std::string& step) {
    bench.open(bench.scp03(), 0x33);
    if (step == "keys") return bench.wrapped(command("80D80081", three_keys(bench, "31")));
    if (step == "domain") return bench.install_domain(aid);
    if (step == "load") return bench.load_sample();
    if (step == "data") return bench.wrapped(command("80E29000", "4203414243"));
    if (step == "lock") return bench.wrapped(command("80F04080", aid));
    return bench.wrapped(command("80E40080", "4F09" + aid));
  };
  for (std::size_t at = 0; at < steps.size(); ++at) {
    INFO(steps[at]);
    GpCard bench;
    for (std::size_t i = 0; i < at; ++i) REQUIRE(run(bench, steps[i]).ends_with("9000"));
    const auto before = bench.store.cells();
    // The first commit is that of the opening's counter, the second the command's.
    bench.store.fail_after(1);
    CHECK(run(bench, steps[at]) == "6581");
    bench.store.heal();
    auto now = bench.store.cells();
    for (auto& [key, cell] : before) {
      if (key.space == state::Space::gp && key.index == 1) now[key] = cell;  // the opening was counted
    }
    if (at == 0) std::erase_if(now, [](const auto& entry) { return entry.first.space == state::Space::gp; });
    CHECK(same_cells(now, before));
    // The card goes on at once, and after power comes back.
    CHECK(run(bench, steps[at]).ends_with("9000"));
    card::Card again(bench.store, *bench.rng);
    CHECK_FALSE(again.power_on().empty());
    CHECK(bench.card.reset() == again.atr());
    CHECK(to_hex(bench::Lpa(again).transmit(hex("00A4040008A000000151000000"))).starts_with("6F"));
  }
}
