// GlobalPlatform on a whole card by APDU: secure channels and the commands of security domains.
#include "euicc/gp/content.h"
#include "tests/card/gp_bench.h"

using namespace simurgh;
using namespace simurgh::test;

TEST_CASE("A session opens by SCP03 and by SCP02 at every level, and commands pass it", "[gp]") {
  for (const std::uint8_t level : hex("000103111333")) {
    INFO("SCP03 level " << int(level));
    GpCard bench;
    bench.open(bench.scp03(), level);
    const std::string answer = (level & 1) != 0 ? bench.wrapped("80F28002024F00") : bench.apdu("80F28002024F00");
    CHECK(answer == "E3264F08A0000001510000009F70010FC50382DC00C407A0000001515350CC08A0000001510000009000");
    CHECK(((level & 1) != 0 ? bench.wrapped("80CA00D3") : bench.apdu("80CA00D300")) == "D301" + to_hex(Bytes{level}) + "9000");
  }
  for (const std::uint8_t level : hex("000103")) {
    INFO("SCP02 level " << int(level));
    GpCard bench;
    bench.open(bench.scp02(), level);
    CHECK(((level & 1) != 0 ? bench.wrapped("80F28002024F00") : bench.apdu("80F28002024F00")).ends_with("9000"));
    CHECK(((level & 1) != 0 ? bench.wrapped("80CA00D3") : bench.apdu("80CA00D300")) == "D301" + to_hex(Bytes{level}) + "9000");
  }
}

TEST_CASE("INITIALIZE UPDATE refuses what it should", "[gp]") {
  GpCard bench;
  CHECK(bench.apdu("80500000080102030405060708") == "6D00");  // no domain selected
  REQUIRE(bench.select(kMnoSd).starts_with("6F"));
  CHECK(bench.apdu("80503100080102030405060708") == "6A88");
  CHECK(bench.apdu("80500100080102030405060708") == "6A88");  // SCP80 keys open no session
  CHECK(bench.apdu("80500001080102030405060708") == "6A86");
  CHECK(bench.apdu("805030000701020304050607") == "6700");
  CHECK(bench.apdu("84503000080102030405060708") == "6882");
  CHECK(bench.apdu("80820000") == "6E00");
  CHECK(bench.apdu("8482000010" + std::string(32, '0')) == "6985");
  CHECK(bench.apdu("80500000080102030405060708").ends_with("9000"));
}

TEST_CASE("Sequence counters count SCP03 openings and SCP02 successes, and last", "[gp]") {
  GpCard bench;
  REQUIRE(bench.select(kMnoSd).ends_with("9000"));
  const auto opening = [&](const std::string& version) { return bench.apdu("8050" + version + "00080102030405060708"); };
  CHECK(opening("30").ends_with("0000019000"));
  const std::string second = opening("30");
  CHECK(second.ends_with("0000029000"));
  CHECK(opening("20").substr(24, 4) == "0000");
  CHECK(opening("20").substr(24, 4) == "0000");
  CHECK(bench.apdu("8482000010" + std::string(32, '0')) == "6300");
  CHECK(opening("20").substr(24, 4) == "0000");
  bench.reopen(bench.scp02(), 0x01);
  CHECK(opening("20").substr(24, 4) == "0001");
  card::Card again(bench.store, *bench.rng);
  again.power_on();
  bench::Lpa link(again);
  (void)link.transmit(hex("00A4040008A000000151000000"));
  const std::string third = to_hex(link.transmit(hex("80503000080102030405060708")));
  CHECK(third.ends_with("000003"));
  CHECK(third.substr(26, 16) != second.substr(26, 16));
  CHECK(to_hex(link.transmit(hex("80502000080102030405060708"))).substr(24, 4) == "0001");
}

TEST_CASE("A session ends with a wrong MAC, a bare command, a selection, a reset and its channel", "[gp]") {
  const std::string status = "80F28002024F00";
  {
    GpCard bench;
    bench.open(bench.scp03(), 0x33);
    Bytes bad = bench.host->wrap(hex(status));
    bad.back() ^= 1;
    CHECK(to_hex(bench.card.transmit(bad)) == "6982");
    CHECK(bench.wrapped(status) == "6985");
  }
  {
    GpCard bench;
    bench.open(bench.scp03(), 0x01);
    CHECK(bench.apdu("80CA006600") == "6982");
    CHECK(bench.wrapped(status) == "6985");
    CHECK(bench.apdu("80CA006600").ends_with("9000"));
  }
  for (const char* leaving : {"00A4040008A000000151000000", "00A40004023F00", "00A4040407A0000000871002"}) {
    GpCard bench;
    bench.open(bench.scp03(), 0x01);
    REQUIRE(bench.apdu(leaving).ends_with("9000"));
    (void)bench.select(kMnoSd);
    CHECK(bench.wrapped(status) == "6985");
  }
  {
    GpCard bench;
    bench.open(bench.scp03(), 0x01);
    CHECK(bench.apdu("00A4040407A0000000879999") == "6A82");  // nothing is selected, nothing ends
    CHECK(bench.wrapped(status).ends_with("9000"));
    bench.card.reset();
    (void)bench.select(kMnoSd);
    CHECK(bench.wrapped(status) == "6985");
  }
  {
    GpCard bench;
    REQUIRE(bench.apdu("0070000001") == "019000");
    bench.channel = 1;
    bench.open(bench.scp03(), 0x33);
    CHECK(bench.wrapped(status).ends_with("9000"));
    CHECK(bench.apdu("00A4040008A000000151000000").ends_with("9000"));  // the basic channel has no part in it
    CHECK(bench.apdu(status) == "6982");
    CHECK(bench.wrapped(status).ends_with("9000"));
    CHECK(bench.apdu("00708001") == "9000");
    CHECK(bench.apdu("0070000001") == "019000");
    (void)bench.select(kMnoSd);
    CHECK(bench.wrapped(status) == "6985");
  }
}

TEST_CASE("Secure messaging is refused where there is none", "[gp]") {
  GpCard bench;
  CHECK(bench.apdu("84F28002024F00") == "6882");        // no domain selected
  CHECK(bench.apdu("04A40004023F00") == "6882");
  CHECK(bench.apdu("0CB0000009") == "6882");
  REQUIRE(bench.select(kMnoSd).ends_with("9000"));
  CHECK(bench.apdu("8CF28002024F00") == "6882");
  CHECK(bench.apdu("88F28002024F00") == "6882");
  CHECK(bench.apdu("04A40004023F00") == "6882");
  CHECK(bench.apdu("84AA0000020102") == "6882");
  CHECK(bench.apdu("84F28002024F00") == "6985");        // possible, but no session
  CHECK(bench.apdu("84F8000000") == "6882");
}

TEST_CASE("A domain without a session answers questions and changes nothing", "[gp]") {
  GpCard bench;
  REQUIRE(bench.select(kMnoSd).ends_with("9000"));
  CHECK(bench.apdu("80CA00E000").ends_with("9000"));
  CHECK(bench.apdu("80CB00E000").ends_with("9000"));
  CHECK(bench.apdu("80F28002024F00") == "6982");
  CHECK(bench.apdu("80F2000000").starts_with("62"));    // STATUS of TS 102 221 stays what it is
  for (const char* header : {"80D80081", "80E60C00", "80E80000", "80E40000", "80E28000", "80F04007"}) {
    INFO(header);
    CHECK(bench.apdu(command(header, "4F08A000000151000000")) == "6982");
  }
  // Without C-MAC an authenticated host may look and not touch.
  bench.open(bench.scp03(), 0x00);
  CHECK(bench.apdu("80F28002024F00").ends_with("9000"));
  CHECK(bench.apdu(command("80E40000", "D20130")) == "6982");
}

TEST_CASE("GET DATA gives key information, card data, counters, lists and resources", "[gp]") {
  GpCard bench;
  bench.open(bench.scp03(), 0x01);
  CHECK(bench.wrapped("80CA00E0").starts_with("E036C00401018810C00402018810C00403018810C00401308810"));
  CHECK(bench.wrapped("80CA0066").starts_with("66"));
  CHECK(bench.wrapped("80CA0067") == "6713A009800103810170820107A0068001028101559000");
}

TEST_CASE("GET STATUS lists domains, applications and load files, filtered and in pages", "[gp]") {
  GpCard bench;
  bench.open(bench.scp03(), 0x33);
  CHECK(bench.wrapped("80F22002024F00") == "E3174F07A00000015153509F700101CC08A0000001510000009000");
  CHECK(bench.wrapped("80F21002024F00") == "E3214F07A00000015153509F7001018408A000000151535041CC08A0000001510000009000");
  CHECK(bench.wrapped(command("80F24002", "4F005C054F9F70C5CC")).starts_with("E3"));
  CHECK(bench.wrapped(command("80F24002", "4F005C034F9F70")) == "E30F4F09A000000559101000019F700107" "E30F4F09A000000559101000029F7001079000");
  CHECK(bench.wrapped("80F24002074F05B000000000") == "6A88");
  CHECK(bench.wrapped("80F24000024F00") == "6A86");
  CHECK(bench.wrapped("80F20002024F00") == "6A86");
  CHECK(bench.wrapped("80F24002025C00") == "6A80");
  CHECK(bench.wrapped("80F24003024F00") == "6A88");
  for (int i = 0; i < 8; ++i) REQUIRE(bench.install_domain("A0000005591010004" + std::to_string(i)) == "009000");
  std::string page = bench.wrapped("80F24002024F00");
  std::size_t pages = 1;
  std::string whole;
  while (page.ends_with("6310")) {
    whole += page.substr(0, page.size() - 4);
    page = bench.wrapped("80F24003024F00");
    ++pages;
  }
  REQUIRE(page.ends_with("9000"));
  whole += page.substr(0, page.size() - 4);
  CHECK(pages > 1);
  std::size_t entries = 0;
  const Bytes octets = hex(whole);
  for (asn1::TlvReader in(octets); !in.at_end(); ++entries) REQUIRE(in.next()->tag == 0xE3);
  CHECK(entries == 10);
  CHECK(bench.wrapped("80F24003024F00") == "6A88");  // nothing is left
}

TEST_CASE("The card recognition data that a domain is given decides how its sessions are made", "[gp]") {
  GpCard bench;
  bench.open(bench.scp03(), 0x33);
  // SCP02 with R-MAC (i 75), SCP03 in S16 mode (i 71).
  CHECK(bench.wrapped(command("80E29000", "661A7318640B06092A864886FC6B040275640906072A864886FC6B04")) == "9000");
  CHECK(bench.wrapped(command("80E29000", "661C731A640B06092A864886FC6B040275640B06092A864886FC6B040371")) == "9000");
  bench.reopen(bench.scp02(), 0x13);
  CHECK(bench.wrapped("80F28002024F00").ends_with("9000"));
  CHECK(bench.wrapped("80CA00D3") == "D301139000");
  bench.reopen(bench.scp02(), 0x11);
  CHECK(bench.wrapped("80CA00D3") == "D301119000");
  CHECK(bench.apdu("80503000080102030405060708") == "6700");
  bench.reopen(bench.scp03(), 0x33, "0102030405060708090A0B0C0D0E0F10");
  CHECK(bench.wrapped("80F28002024F00").ends_with("9000"));
  CHECK(bench.wrapped("80CA00D3") == "D301339000");
}

TEST_CASE("Keys of 24 and 32 octets open sessions", "[gp]") {
  for (const std::size_t size : {24U, 32U}) {
    INFO(size);
    GpCard bench;
    bench.open(bench.scp03(), 0x33);
    const Bytes key(size, 0x5A);
    Bytes padded = key;
    padded.resize(32, 0x00);
    const std::string block = "88" + lv(to_hex(Bytes{static_cast<std::uint8_t>(size)}) + to_hex(bench.host->protect(padded))) + "00";
    CHECK(bench.wrapped(command("80D80081", "3A" + block + block + block)).ends_with("9000"));
    CHECK(bench.wrapped("80CA00E0").find("C004013A88" + to_hex(Bytes{static_cast<std::uint8_t>(size)})) != std::string::npos);
    bench.reopen({bench::ScpHost::Protocol::scp03, 0x3A, key, key, key}, 0x33);
    CHECK(bench.wrapped("80F28002024F00").ends_with("9000"));
  }
}
