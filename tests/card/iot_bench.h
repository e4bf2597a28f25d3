// A powered IoT card with an eIM that may sign packages for it.
#pragma once

#include "euicc/state/transaction.h"
#include "tests/card/bench_card.h"
#include "tests/support/test_eim.h"

namespace simurgh::test {

inline constexpr const char* kIccid3 = "8988211000000000037";

inline bench::Desk& iot_desk() {
  static bench::Desk shared;
  return shared;
}

inline ecasd::Capabilities iot_card(const ecasd::IotCapabilities& iot = {}) {
  ecasd::Capabilities out;
  out.iot = iot;
  return out;
}

// BOOLEANs of SGP.32 in the metadata.
inline Bytes iot_metadata(bool ecall, bool fallback_allowed) {
  Bytes out;
  if (ecall) append(out, from_hex("9F7B01FF").value());
  if (fallback_allowed) append(out, from_hex("9F6701FF").value());
  return out;
}
inline Bytes with_ppr(std::uint8_t bits) {
  asn1::TlvWriter out;
  out.put(0xB7, from_hex("800300F110").value()).put_bits(0x99, bits);
  return out.take();
}
// Any operator may use any rule.
inline ecasd::Capabilities with_all_rules(ecasd::Capabilities card) {
  card.rat.push_back({.ppr_ids = 7, .allowed = {{.mcc_mnc = {0xEE, 0xEE, 0xEE}, .gid1 = Bytes{}, .gid2 = Bytes{}}}, .consent_required = false});
  card.ppr1_only_first = false;
  return card;
}

struct IotBench : BenchCard {
  explicit IotBench(const ecasd::Capabilities& capabilities = iot_card(), bool associated = true, bool brainpool = false,
                    const card::Applets* applets = nullptr)
      : BenchCard(iot_desk(), capabilities, brainpool, applets),
        identity(load_identity(store)),
        eim("eim1.example.com", crypto::EcPrivateKey::generate(brainpool ? crypto::Curve::brainpool_p256r1 : crypto::Curve::nist_p256, iot_desk().rng())) {
    eim.transaction_id = from_hex("0102030405060708").value();
    if (!associated) return;
    REQUIRE(es10(to_hex(eim.add_initial())) == "BF5705A003840101");
    eim.token = 1;
  }

  ecasd::Ecasd identity;
  TestEim eim;

  [[nodiscard]] const crypto::EcPublicKey& euicc_key() const { return identity.chains.front().key.public_key(); }
  void install(const std::string& iccid, const Bytes& tail = {}) {
    REQUIRE(bench::installed(lpa.download(iot_desk(), iot_desk().order(iccid, tail))));
  }
  // Sends what `from` signed and reads the answer.
  PackageResult package(const TestEim& from, const Bytes& request) { return from.read(lpa.es10(request), euicc_key()); }
  PackageResult psmos(const std::string& commands) { return package(eim, eim.psmos(identity.eid, from_hex(commands).value())); }
  PackageResult ecos(const std::string& commands) { return package(eim, eim.ecos(identity.eid, from_hex(commands).value())); }
  // The result elements of an accepted package whose signature verifies.
  std::string run(const std::string& commands) { return elements(psmos(commands)); }
  std::string run_ecos(const std::string& commands) { return elements(ecos(commands)); }
  static std::string elements(const PackageResult& result) {
    REQUIRE(result.kind == 'R');
    REQUIRE(result.verified);
    return result.elements;
  }
  // The enabled profile's ICCID as digits; empty when there is none.
  std::string enabled() {
    state::MemoryStore copy(store.cells());
    state::Transaction txn(copy);
    const auto entry = profile::Registry(txn).enabled();
    if (!entry) return {};
    for (const char* iccid : {kIccid1, kIccid2, kIccid3}) {
      if (entry->metadata.iccid == smdp::iccid_octets(iccid)) return iccid;
    }
    return "?";
  }
  // TERMINAL PROFILE with REFRESH: then switches wait for it.
  void toolkit() { REQUIRE(raw("8010000022" + std::string(66, '0') + "20").starts_with("9")); }

 private:
  static ecasd::Ecasd load_identity(const FaultyStore& store) {
    state::MemoryStore copy(store.cells());
    const state::Transaction txn(copy);
    return ecasd::Ecasd::load(txn).value();
  }
};

inline std::string psmo(const std::string& tag, const std::string& iccid, bool rollback = false) {
  const Bytes content = from_hex(iccid_do(iccid) + (rollback ? "0500" : "")).value();
  return tag + to_hex(asn1::encode_length(content.size())) + to_hex(content);
}
inline std::string psmo_enable(const std::string& iccid, bool rollback = false) { return psmo("A3", iccid, rollback); }
inline std::string psmo_disable(const std::string& iccid) { return psmo("A4", iccid); }
inline std::string psmo_delete(const std::string& iccid) { return psmo("A5", iccid); }

}  // namespace simurgh::test
