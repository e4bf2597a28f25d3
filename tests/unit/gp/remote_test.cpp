// Content management without a secure channel: addresses, keys, counters, and commands as a remote session gives them.
#include <catch2/catch.hpp>

#include "euicc/crypto/symmetric.h"
#include "euicc/gp/load_file.h"
#include "euicc/gp/remote.h"
#include "euicc/gp/toolkit_address.h"

using namespace simurgh;
using namespace simurgh::literals;

namespace {

gp::SecurityDomain domain(Bytes aid, Bytes privileges) {
  gp::SecurityDomain out;
  out.aid = std::move(aid);
  out.package_aid = "A0000001515350"_hex;
  out.class_aid = "A000000151535041"_hex;
  out.privileges = std::move(privileges);
  for (std::uint8_t identifier = 1; identifier <= 3; ++identifier) {
    gp::Key& key = out.keys.emplace_back();
    key.version = 1;
    key.identifier = identifier;
    key.counter = "0005"_hex;
    key.components.emplace_back().type = 0x88;
    key.components.back().value = crypto::SecretBytes("000102030405060708090A0B0C0D0E0F"_hex);
  }
  return out;
}

// An MNO-SD with TAR B20100, a domain whose TAR is in its AID, an RFM instance, an application.
std::shared_ptr<const gp::Registry> package() {
  gp::Registry registry;
  registry.domains.push_back(domain("A000000151000000"_hex, "82DC00"_hex));
  registry.domains[0].tars = {"B20100"_hex};
  registry.domains[0].minimum_security_level = 0x16;
  registry.domains.push_back(domain("A0000005591010FFFFFFFF8970777700"_hex, "800000"_hex));
  gp::RfmInstance& rfm = registry.rfm.emplace_back();
  rfm.aid = "A00000055910100001"_hex;
  rfm.security_domain = registry.domains[1].aid;
  rfm.tars = {"B00120"_hex};
  rfm.minimum_security_level = 0x06;
  registry.load_files.emplace_back().aid = "A00000099901"_hex;
  registry.load_files[0].code = "01000ADECAFFED01020400010503000B0107A00000099901020010"_hex;
  gp::Application& application = registry.applications.emplace_back();
  application.aid = "A000000999010201"_hex;
  application.package_aid = "A00000099901"_hex;
  application.class_aid = "A0000009990102"_hex;
  application.privileges = "00"_hex;
  application.uicc_toolkit = "010000000002010603AABBCC0000"_hex;
  return std::make_shared<const gp::Registry>(std::move(registry));
}

struct Bench {
  Bench() { content.mount(package(), 1, txn); }
  std::string run(const std::string& text, gp::Security security, std::size_t on = 0) {
    const Bytes octets = from_hex(text).value();
    const auto command = apdu::parse_command(octets);
    REQUIRE(command);
    gp::Environment environment{content, txn, *rng, {}, 100000};
    const auto answer = gp::execute(environment, on, conversation, *command, security);
    if (!answer) return to_hex(be_bytes(apdu::value(answer.error().sw), 2));
    return to_hex(answer->data) + to_hex(be_bytes(apdu::value(answer->sw), 2));
  }
  std::string remote(const std::string& text, std::size_t on = 0) {
    const gp::Key* kik = gp::find_key(content.registry().domains[on], 1, 3);
    return run(text, {.by = gp::Security::By::remote, .level = 0, .key_version = 1, .key = gp::data_key(kik)}, on);
  }
  state::MemoryStore store;
  state::Transaction txn{store};
  std::unique_ptr<crypto::Rng> rng = crypto::seeded_rng(3);
  gp::Content content;
  gp::Conversation conversation;
};

}  // namespace

TEST_CASE("A TAR finds its domain, its files or its application, with level and keys") {
  Bench bench;
  const auto find = [&](const Bytes& tar) { return gp::find_tar(bench.content, tar); };
  using Kind = gp::RemoteTarget::Kind;
  REQUIRE(find("B20100"_hex));
  CHECK(find("B20100"_hex)->minimum_security_level == 0x16);
  CHECK(find("000000"_hex)->kind == Kind::domain);
  CHECK(find("000000"_hex)->index == 0);
  CHECK(find("707777"_hex)->index == 1);
  CHECK(find("B00120"_hex)->kind == Kind::files);
  CHECK(find("B00120"_hex)->domain == 1);
  CHECK(find("B00120"_hex)->minimum_security_level == 0x06);
  CHECK(find("AABBCC"_hex)->kind == Kind::application);
  CHECK_FALSE(find("B00121"_hex));
  CHECK_FALSE(find("B001"_hex));
  // A locked application and a locked domain have no address.
  REQUIRE(bench.remote("80F0408008A000000999010201") == "9000");
  CHECK_FALSE(find("AABBCC"_hex));
  REQUIRE(bench.remote("80F0408010A0000005591010FFFFFFFF8970777700") == "9000");
  CHECK_FALSE(find("707777"_hex));
}

TEST_CASE("A remote session manages content without a secure channel") {
  Bench bench;
  CHECK(bench.run("80E4000008" "4F06A00000099901", {}) == "6982");
  CHECK(bench.remote("80E4000008" "4F06A00000099901") == "6985");
  CHECK(bench.remote("80E4008008" "4F06A00000099901") == "009000");
  CHECK(bench.content.registry().applications.empty());
  CHECK(bench.content.take_changed());
  bench.txn.rollback();
  bench.content.reload(bench.txn);
  CHECK(bench.content.registry().applications.size() == 1);
  CHECK(bench.remote("80CA00D300") == "D301009000");
  CHECK(bench.remote("8050000008" "0102030405060708") == "6D00");
  CHECK(bench.run("80CA00E000", {.by = gp::Security::By::remote, .level = 0, .key_version = 1, .key = {}}, 7) == "6985");
  // Keys come under the KIK.
  const Bytes kik = "000102030405060708090A0B0C0D0E0F"_hex;
  const Bytes encrypted = crypto::aes_cbc_encrypt(kik, Bytes(16), "101112131415161718191A1B1C1D1E1F"_hex);
  CHECK(bench.remote("80D8000117" "02" "8810" + to_hex(encrypted) + "03013808") == "020138089000");
  CHECK(bench.run("80D8000117" "03" "8810" + to_hex(encrypted) + "03013808", {.by = gp::Security::By::remote, .level = 0, .key_version = 0, .key = {}}) == "6985");
}

TEST_CASE("The package's code is where a changed registry does not carry it") {
  Bench bench;
  CHECK(bench.content.registry().load_files[0].code.size() == 27);
  REQUIRE(bench.remote("80F0408008A000000999010201") == "9000");
  CHECK(bench.content.registry().load_files[0].code.empty());
  CHECK(bench.content.registry().load_files[0].code_size == 27);
  CHECK(bench.content.registry().load_files[0].modules == std::vector<Bytes>{"A0000009990102"_hex});
  CHECK(bench.remote("80F21002" "0B" "4F06A000000999015C0184") == "E3114F06A000000999018407A00000099901029000");
  const Bytes stored = *bench.txn.find({state::Space::gp, 1, 0});
  for (std::size_t size = 0; size < stored.size(); ++size) CHECK_FALSE(gp::Registry::decode_changed(ByteView(stored).first(size)));
  CHECK_FALSE(gp::Registry::decode(stored));
  CHECK_FALSE(gp::Registry::decode_changed(package()->encode()));
}

TEST_CASE("Counters start with what the package says, last, and go with their keys") {
  Bench bench;
  const Bytes aid = "A000000151000000"_hex, other = "A0000005591010FFFFFFFF8970777700"_hex;
  CHECK(bench.content.counter(aid, 1, bench.txn) == 5);
  CHECK(bench.content.counter(aid, 2, bench.txn) == 0);
  bench.content.set_counter(aid, 1, 0x0102030405, bench.txn);
  bench.content.set_counter(other, 1, 9, bench.txn);
  REQUIRE(bench.txn.commit());
  bench.content.set_counter(aid, 1, 0x0102030406, bench.txn);
  bench.txn.rollback();
  CHECK(bench.content.counter(aid, 1, bench.txn) == 0x0102030405);
  CHECK(bench.remote("80E4008012" "4F10A0000005591010FFFFFFFF8970777700") == "009000");
  CHECK(bench.content.counter(aid, 1, bench.txn) == 0x0102030405);
  CHECK(bench.content.counter(other, 1, bench.txn) == 0);
  CHECK(bench.content.registry().rfm.empty());
  CHECK(bench.remote("80E4000003" "D20101") == "009000");
  CHECK(bench.content.counter(aid, 1, bench.txn) == 0);
}

TEST_CASE("Load files that are no CAP components name no modules") {
  CHECK(gp::modules_of({}).empty());
  CHECK(gp::modules_of("0102030405"_hex).empty());
  const Bytes good = "01000ADECAFFED01020400010503000B0107A00000099901020010"_hex;
  CHECK(gp::modules_of(good).size() == 1);
  for (std::size_t size = 0; size < good.size(); ++size) CHECK(gp::modules_of(ByteView(good).first(size)).empty());
}

TEST_CASE("Toolkit parameters that are cut short give no address") {
  const Bytes good = "0100000101020002010603AABBCC"_hex;
  const auto address = gp::read_toolkit_address(good);
  REQUIRE(address);
  CHECK(address->tars == std::vector<Bytes>{"AABBCC"_hex});
  CHECK(address->minimum_security_level == 0x06);
  for (std::size_t size = 1; size < good.size(); ++size) CHECK_FALSE(gp::read_toolkit_address(ByteView(good).first(size)));
  CHECK(gp::read_toolkit_address({}));
  CHECK(gp::without_access_domain("0100AA"_hex)->size() == 1);
  CHECK_FALSE(gp::without_access_domain("02AA"_hex));
}
