// A powered IoT card with an eIM that may sign packages for it.
#pragma once

#include "asn1/codec/codec.h"
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

// The message that an answer of an IoT card is in asn1/modules, by its tag.
inline const char* message_of(std::uint32_t tag) {
  switch (tag) {
    case 0xBF22: return "IotEUICCInfo2";
    case 0xBF2B: return "IotRetrieveNotificationsListResponse";
    case 0xBF2D: return "IotProfileInfoListResponse";
    case 0xBF38: return "IotAuthenticateServerResponse";
    case 0xBF21: return "IotPrepareDownloadResponse";
    case 0xBF42: return "IpaeActivationResponse";
    case 0xBF51: return "EuiccPackageResult";
    case 0xBF55: return "GetEimConfigurationDataResponse";
    case 0xBF56: return "GetCertsResponse";
    case 0xBF57: return "AddInitialEimResponse";
    case 0xBF58: return "ProfileRollbackResponse";
    case 0xBF59: return "ConfigureImmediateProfileEnablingResponse";
    case 0xBF5A: return "ImmediateEnableResponse";
    case 0xBF5B: return "EnableEmergencyProfileResponse";
    case 0xBF5C: return "DisableEmergencyProfileResponse";
    case 0xBF5D: return "ExecuteFallbackMechanismResponse";
    case 0xBF5E: return "ReturnFromFallbackResponse";
    case 0xBF5F: return "GetConnectivityParametersResponse";
    case 0xBF64: return "IotEuiccMemoryResetResponse";
    case 0xBF65: return "IotSetDefaultDpAddressResponse";
    default: return nullptr;
  }
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

  // One ES10 command; its answer must be strict DER that the module decodes and encodes to the same octets (not for the forms of v1.0).
  Bytes ask(const Bytes& command) {
    const Bytes answer = lpa.es10(command);
    const char* message = message_of(asn1::TlvReader(answer).peek().value_or(0));
    if (message == nullptr || identity.capabilities.iot->version == ecasd::IotVersion::v1_0) return answer;
    INFO(message << " " << to_hex(answer));
    const auto again = asn1::codec::reencode(message, answer);
    REQUIRE(again);
    REQUIRE(to_hex(*again) == to_hex(answer));
    return answer;
  }
  std::string es10(const std::string& hex) { return to_hex(ask(from_hex(hex).value())); }
  // What the card answers to a command it refuses by a status word, with the ISD-R selected.
  std::string refusal(const std::string& hex) {
    try {
      return es10(hex);
    } catch (const bench::DeskError&) {
      return to_hex(be_bytes(lpa.last_status(), 2));
    }
  }
  [[nodiscard]] const crypto::EcPublicKey& euicc_key() const { return identity.chains.front().key.public_key(); }
  void install(const std::string& iccid, const Bytes& tail = {}) {
    REQUIRE(bench::installed(lpa.download(iot_desk(), iot_desk().order(iccid, tail))));
  }
  // Sends what `from` signed and reads the answer.
  PackageResult package(const TestEim& from, const Bytes& request) { return from.read(ask(request), euicc_key()); }
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
