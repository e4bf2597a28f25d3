#include "tools/simurgh/inspect_iot.h"

#include <iostream>

#include "asn1/tlv.h"
#include "euicc/iot/associations.h"
#include "euicc/iot/cells.h"
#include "euicc/iot/context.h"
#include "euicc/iot/emergency.h"
#include "euicc/iot/fallback.h"
#include "euicc/iot/immediate_enable.h"
#include "euicc/iot/results.h"
#include "euicc/iot/rollback.h"

namespace simurgh::tool {
namespace {

using Json = nlohmann::ordered_json;

// Nibble-swapped BCD without its filler; empty for a profile that is gone.
std::string iccid_text(state::Transaction& txn, std::uint32_t number) {
  const auto entry = iot::profile_numbered(txn, number);
  std::string out;
  if (!entry) return out;
  for (const std::uint8_t octet : entry->metadata.iccid) {
    for (const int nibble : {octet & 0x0F, octet >> 4}) {
      if (nibble < 10) out.push_back(static_cast<char>('0' + nibble));
    }
  }
  return out;
}

Json eim_json(const iot::Eim& eim) {
  static constexpr const char* kTypes[] = {"", "oid", "fqdn", "proprietary"};
  static constexpr const char* kProtocols[] = {"retrieveHttps", "retrieveCoaps", "injectHttps", "injectCoaps", "proprietary"};
  Json out{{"eimId", eim.id}};
  if (eim.fqdn) out["eimFqdn"] = *eim.fqdn;
  const std::uint64_t type = eim.type.value_or(iot::kEimIdProprietary);
  out["eimIdType"] = type < 4 ? kTypes[type] : "unknown";
  out["counterValue"] = eim.counter;
  if (eim.token != 0) out["associationToken"] = eim.token;
  out["eimPublicKeyData"] = to_hex(eim.key);
  if (!eim.tls_key.empty()) out["trustedPublicKeyDataTls"] = to_hex(eim.tls_key);
  Json protocols = Json::array();
  const std::uint64_t bits = eim.protocols.value_or(iot::kProtocolProprietary);
  for (unsigned bit = 0; bit < 5; ++bit) {
    if ((bits >> bit & 1) != 0) protocols.push_back(kProtocols[bit]);
  }
  out["eimSupportedProtocol"] = protocols;
  if (!eim.ci_key_id.empty()) out["euiccCiPKId"] = to_hex(eim.ci_key_id);
  out["indirectProfileDownload"] = eim.indirect;
  return out;
}

Json result_json(std::uint32_t sequence, ByteView result) {
  Json out{{"seqNumber", sequence}};
  auto at = asn1::find_child(result, 0xBF51);
  for (const std::uint32_t tag : {0xA0U, 0x30U}) at = at ? asn1::find_child(at->value, tag) : std::nullopt;
  if (!at) return out;
  if (const auto id = asn1::find_child(at->value, 0x80)) out["eimId"] = to_text(id->value);
  if (const auto counter = asn1::find_child(at->value, 0x81)) out["counterValue"] = be_value(counter->value);
  if (const auto transaction = asn1::find_child(at->value, 0x82)) out["eimTransactionId"] = to_hex(transaction->value);
  if (const auto elements = asn1::find_child(at->value, 0x30)) out["euiccResult"] = to_hex(elements->value);
  return out;
}

}  // namespace

Json iot_json(const ecasd::Ecasd& identity, state::Transaction& txn) {
  if (!identity.capabilities.iot) return nullptr;
  const ecasd::IotCapabilities& card = *identity.capabilities.iot;
  Json out{{"version", ecasd::version_text(card.version)}, {"ipaeSupported", card.ipae}, {"ecallSupported", card.ecall}, {"fallbackSupported", card.fallback}};
  Json choices = Json::object();
  const ecasd::IotChoices usual;
  for (const ecasd::IotChoiceRow& row : ecasd::iot_choices()) {
    if (card.choices.*row.member != usual.*row.member) choices[std::string(row.name)] = card.choices.*row.member;
  }
  if (!choices.empty()) out["choices"] = choices;
  Json eims = Json::array();
  for (const iot::Eim& eim : iot::Associations(txn, identity).all()) eims.push_back(eim_json(eim));
  out["eims"] = eims;
  const Bytes* token = txn.find(iot::kTokenCounter);
  out["lastAssociationToken"] = token == nullptr ? 0 : be_value(*token);
  Json results = Json::array();
  iot::for_each_result(txn, [&](std::uint32_t sequence, ByteView result) { results.push_back(result_json(sequence, result)); });
  out["packageResults"] = results;
  if (const auto authorisation = iot::rollback_authorisation(txn)) {
    out["rollback"] = {{"to", iccid_text(txn, authorisation->former)}, {"eimId", authorisation->head.eim_id}, {"result", authorisation->result}};
  }
  if (const auto fallback = iot::fallback_profile(txn, identity)) out["fallbackProfile"] = iccid_text(txn, *fallback);
  if (const auto target = iot::return_target(txn)) out["returnFromFallbackTo"] = iccid_text(txn, *target);
  if (iot::emergency_active(txn)) {
    out["emergency"] = {{"restores", iccid_text(txn, iot::stored_profile(txn, iot::kEmergency).value_or(0xFFFFFFFF))}};
  }
  if (rsp::switch_pending(txn)) out["switchPending"] = true;
  if (txn.find(iot::kImmediateEnable) != nullptr) {
    const auto immediate = iot::immediate_enable_configuration(txn);
    out["immediateEnable"] = {{"enabled", immediate.enabled}, {"smdpOid", crypto::oid_text(immediate.smdp_oid)}, {"smdpAddress", immediate.smdp_address}};
  }
  return out;
}

void print_iot(const Json& iot) {
  std::cout << "SGP.32         v" << iot["version"].get<std::string>() << (iot["ipaeSupported"].get<bool>() ? ", with an IPAe" : "")
            << (iot["ecallSupported"].get<bool>() ? ", ecall" : "") << (iot["fallbackSupported"].get<bool>() ? ", fallback" : "") << '\n';
  std::cout << "eIMs           " << iot["eims"].size() << '\n';
  for (const Json& eim : iot["eims"]) {
    std::cout << "  " << eim["eimId"].get<std::string>() << "  counter " << eim["counterValue"] << "  token ";
    std::cout << (eim.contains("associationToken") ? eim["associationToken"].dump() : std::string("none"));
    if (eim.contains("eimFqdn")) std::cout << "  at " << eim["eimFqdn"].get<std::string>();
    std::cout << '\n';
  }
  std::cout << "Results        " << iot["packageResults"].size() << '\n';
  for (const Json& result : iot["packageResults"]) std::cout << "  " << result.dump() << '\n';
  for (const char* key : {"rollback", "fallbackProfile", "returnFromFallbackTo", "emergency", "switchPending", "immediateEnable", "choices"}) {
    if (iot.contains(key)) std::cout << key << "  " << iot[key].dump() << '\n';
  }
}

}  // namespace simurgh::tool
