// Content management through secured packets: the same commands as through a secure channel, without one (TS 102 226 8).
#include "euicc/crypto/symmetric.h"
#include "tests/card/gp_bench.h"
#include "tools/ota/messages.h"
#include "tools/ota/proof.h"

using namespace simurgh;
using namespace simurgh::test;

namespace {

constexpr ota::Tar kMnoSdTar{0xB2, 0x01, 0x00}, kOtherTar{0xB2, 0x02, 0x00};
const Bytes kTestKey = hex("000102030405060708090A0B0C0D0E0F");

struct Operator {
  GpCard bench;
  std::uint64_t counter = 0;

  // Status of the proof and response data: "00 029000".
  std::string run(const std::string& script, const ota::Tar& tar = kMnoSdTar) {
    auto key = ota_sender::named_key("aes", 1, kTestKey);
    auto same = ota_sender::named_key("aes", 1, kTestKey);
    const ota_sender::Security security{.spi = {.first = 0x16, .second = 0x19}, .kic = key.octet, .kid = same.octet,
                                        .cipher_key = std::move(key.key), .checksum_key = std::move(same.key)};
    const Bytes packet = ota_sender::build_packet({.tar = tar, .counter = ++counter, .data = hex(script)}, security);
    Bytes answer;
    for (const Bytes& tpdu : ota_sender::deliver_tpdus(packet, {})) answer = bench.link.transmit(ota_sender::envelope(tpdu, {}));
    const auto proof = ota_sender::read_proof(answer, security);
    return to_hex(Bytes{proof.status}) + " " + to_hex(proof.data);
  }
  std::string install_domain(const std::string& aid, const std::string& toolkit = {}) {
    const std::string parameters = toolkit.empty() ? "C900" : "C900EA" + lv("80" + lv(toolkit));
    return run(command("80E60C00", lv(kSdPackage) + lv(kSdClass) + lv(aid) + lv("800000") + lv(parameters) + "00"));
  }
};

}  // namespace

TEST_CASE("A remote script asks and changes the registry", "[ota][gp]") {
  Operator remote;
  CHECK(remote.run("80F28002024F00" "00C0000028") == "00 029000E3264F08A0000001510000009F70010FC50382DC00C407A0000001515350CC08A000000151000000");
  CHECK(remote.install_domain(kSsd) == "00 016101");
  CHECK(remote.bench.select(kSsd).starts_with("6F"));
  CHECK(remote.run(command("80E40000", "4F09" + std::string(kSsd))) == "00 016985");  // selected on the basic channel
  (void)remote.bench.apdu("00A40004023F00");
  CHECK(remote.run(command("80E40000", "4F09" + std::string(kSsd))) == "00 016101");
  CHECK(remote.bench.select(kSsd) == "6A82");
  CHECK(remote.run("80500000080102030405060708") == "00 016D00");
}

TEST_CASE("A load goes on from packet to packet and ends with a reset", "[ota][gp]") {
  Operator remote;
  const std::string file = kLoadFile;
  const std::string begin = command("80E60200", lv(kLoadFileAid) + "00000000");
  CHECK(remote.run(begin) == "00 016101");
  CHECK(remote.run(command("80E80000", file.substr(0, 20))) == "00 019000");
  CHECK(remote.run(command("80E88001", file.substr(20))) == "00 016101");
  CHECK(remote.run(command("80E40000", "4F06" + std::string(kLoadFileAid))) == "00 016101");
  CHECK(remote.run(begin) == "00 016101");
  CHECK(remote.run(command("80E80000", file.substr(0, 20))) == "00 019000");
  remote.bench.card.reset();
  CHECK(remote.run(command("80E88001", file.substr(20))) == "00 016985");
}

TEST_CASE("Keys come under the KIK, and a new domain has its own address", "[ota][gp]") {
  Operator remote;
  const std::string key = "101112131415161718191A1B1C1D1E1F";
  const std::string block = "8810" + to_hex(crypto::aes_cbc_encrypt(kTestKey, Bytes(16), hex(key))) + "03013808";
  CHECK(remote.run(command("80D80081", "32" + block + block + block)) == "00 01610A");
  remote.bench.open({bench::ScpHost::Protocol::scp03, 0x32, hex(key), hex(key), hex(key)}, 0x33);
  CHECK(remote.bench.wrapped("80CA00D3") == "D301339000");
  CHECK(remote.run("80CA00E000", kOtherTar).starts_with("09"));
  CHECK(remote.install_domain(kSsd, "010000000002011603B2020000") == "00 016101");
  // Found, and without a key that could open the packet.
  const std::string answer = remote.run("80CA00E000", kOtherTar);
  CHECK_FALSE(answer.starts_with("09"));
  CHECK_FALSE(answer.starts_with("00"));
}
