// vectors/iot: packages that somebody else signed, and the answers they must get.
#include "euicc/rsp/notifications.h"
#include "tests/card/iot_bench.h"
#include "tests/support/paths.h"
#include "tests/support/vector_file.h"

using namespace simurgh;
using namespace simurgh::test;

namespace {

crypto::EcPrivateKey key(const VectorCase& vector, const std::string& name) {
  return crypto::EcPrivateKey::from_scalar(crypto::Curve::nist_p256, vector.hex(name)).value();
}

// A card with the EID and the key of the vectors, whose next sequence number is 7.
std::map<state::Key, state::Cell> card_of(const VectorCase& vector) {
  perso::CardSpec spec;
  spec.roots = perso::roots_of(iot_desk().pki());
  spec.roots.resize(1);
  perso::Root& root = spec.roots.front();
  const crypto::EcPrivateKey own = key(vector, "euicc_key");
  crypto::CertificateSpec certificate;
  certificate.subject = {"Vector", root.eum->certificate.subject_organization, "", "IR", vector.text("eid")};
  certificate.role = crypto::Role::euicc;
  certificate.not_before = root.eum->certificate.not_before;
  certificate.not_after = root.eum->certificate.not_after;
  const Bytes der = crypto::mint_certificate(certificate, own.public_key(), *root.eum->key, &root.eum->certificate, iot_desk().rng());
  root.euicc = perso::Identity{crypto::parse_certificate(der).value(), own};
  spec.capabilities = iot_card();
  return perso::make_cells(spec, iot_desk().rng());
}

// A result without its signature, which is random; and that signature.
std::pair<std::string, Bytes> split(ByteView answer) {
  const std::string hex = to_hex(answer);
  const std::size_t at = hex.rfind("5F3740");
  REQUIRE(at != std::string::npos);
  return {hex.substr(0, at), to_bytes(answer.last(64))};
}

}  // namespace

TEST_CASE("A package of another implementation is verified, executed and answered as it says", "[iot][vectors]") {
  const VectorCase vector = load_vectors(source_dir() + "/vectors/iot/dialogue.txt").at(0);
  CHECK(to_hex(asn1::tlv(0x30, crypto::public_key_info(key(vector, "eim_key").public_key()))) == to_hex(vector.hex("eim_info")));
  CHECK(to_hex(asn1::tlv(0x30, crypto::public_key_info(key(vector, "euicc_key").public_key()))) == to_hex(vector.hex("euicc_info")));
  const crypto::EcPublicKey euicc = key(vector, "euicc_key").public_key();
  FaultyStore store(card_of(vector));
  card::Card card(store, iot_desk().rng());
  card.power_on();
  bench::Lpa lpa(card);
  const auto ask = [&](const std::string& hex) { return to_hex(lpa.es10(from_hex(hex).value())); };

  CHECK(ask(vector.text("enable")) == vector.text("unknown_eim_answer"));
  CHECK(ask(vector.text("add_initial")) == vector.text("add_initial_answer"));
  CHECK(ask("BF5500") == vector.text("configuration_answer"));
  const TestEim eim = [&] {
    TestEim out("eim1.example.com", key(vector, "eim_key"));
    out.token = 1;
    return out;
  }();
  // Two profiles, the other one enabled, by packages with counter 0 not yet used: installed here, enabled by the factory's way.
  const std::string digits = "89000123456789012345";
  REQUIRE(bench::installed(lpa.download(iot_desk(), iot_desk().order(digits, notify_all()))));
  REQUIRE(bench::installed(lpa.download(iot_desk(), iot_desk().order(kIccid2, notify_all()))));
  {
    state::Transaction txn(store);
    profile::Registry registry(txn);
    auto other = registry.by_iccid(smdp::iccid_octets(kIccid2)).value();
    other.state = profile::ProfileState::enabled;
    registry.save(other);
    while (rsp::last_sequence_number(txn) < 6) (void)rsp::next_sequence_number(txn);
    REQUIRE(txn.commit());
  }
  card::Card again(store, iot_desk().rng());
  again.power_on();
  bench::Lpa ipa(again);
  const auto compare = [&](const Bytes& answer, const std::string& name, ByteView package) {
    INFO(name);
    const auto [own, signature] = split(answer);
    const auto [given, given_signature] = split(vector.hex(name));
    CHECK(own == given);
    const PackageResult both[] = {eim.read(package, euicc), eim.read(vector.hex(name).size() == answer.size() && name != "rollback_answer" ? vector.hex(name) : to_bytes(package), euicc)};
    for (const PackageResult& result : both) CHECK(result.verified);
  };
  // Changed in its signature, then whole, then once more.
  Bytes changed = vector.hex("enable");
  changed.back() ^= 1;
  CHECK(to_hex(ipa.es10(changed)) == vector.text("wrong_signature_answer"));
  const Bytes result = ipa.es10(vector.hex("enable"));
  compare(result, "enable_answer", result);
  const Bytes replay = ipa.es10(vector.hex("enable"));
  compare(replay, "replay_answer", replay);
  // The replay ended nothing.
  const Bytes rolled = ipa.es10(from_hex("BF5803800100").value());
  compare(rolled, "rollback_answer", ByteView(rolled).subspan(6));
  CHECK(eim.read(ByteView(vector.hex("rollback_answer")).subspan(6), euicc).verified);
  const Bytes add = asn1::tlv(0xBF51, concat({vector.hex("add_eim_data"), asn1::tlv(0x5F37, vector.hex("add_eim_signature"))}));
  CHECK(eim.read(ipa.es10(add), euicc).elements == vector.text("add_eim_element"));
}

TEST_CASE("A package signed without a token is for an association without one", "[iot][vectors]") {
  const VectorCase vector = load_vectors(source_dir() + "/vectors/iot/dialogue.txt").at(0);
  const Bytes data = to_bytes(asn1::read_only(asn1::read_only(vector.hex("enable"), 0xBF51)->value.first(69), 0x30)->raw);
  const Bytes package = asn1::tlv(0xBF51, concat({data, asn1::tlv(0x5F37, vector.hex("enable_signature_without_token"))}));
  FaultyStore store(card_of(vector));
  card::Card card(store, iot_desk().rng());
  card.power_on();
  bench::Lpa lpa(card);
  TestEim eim("eim1.example.com", key(vector, "eim_key"));
  REQUIRE(to_hex(lpa.es10(eim.add_initial(false))) == "BF5704A0020500");
  CHECK(eim.read(lpa.es10(package), key(vector, "euicc_key").public_key()).elements == "830101");
}
