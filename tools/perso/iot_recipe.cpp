#include "tools/perso/iot_recipe.h"

#include <algorithm>
#include <limits>

#include "asn1/tlv.h"
#include "euicc/crypto/x509.h"
#include "tools/perso/assistant_recipe.h"

namespace simurgh::perso {
namespace {

using namespace recipe;

constexpr std::initializer_list<const char*> kProtocols = {"retrieveHttps", "retrieveCoaps", "injectHttps", "injectCoaps", "proprietary"};

// PEM text or hexadecimal DER.
Bytes octets_of(const std::string& value) {
  if (const auto der = from_hex(value)) return *der;
  return to_bytes(text_view(value));
}

// An alternative of eimPublicKeyData: A0 and the members of the key, or A1 and those of the certificate.
Bytes key_alternative(const YAML::Node& node, const std::string& key, const std::optional<Identity>* from_pki) {
  const std::string value = text(node, key);
  std::optional<crypto::EcPublicKey> found;
  if (value == "pki") {
    if (from_pki == nullptr || !*from_pki) fail("'" + key + ": pki' needs a PKI folder with a certificate of an eIM (--pki)");
    found = (*from_pki)->certificate.key;
  } else {
    found = crypto::public_key_from_file_bytes(octets_of(value));
  }
  if (!found) fail("'" + key + "' takes a public key as PEM or hexadecimal DER, or pki");
  return asn1::tlv(0xA0, crypto::public_key_info(*found));
}

Bytes certificate_alternative(const YAML::Node& node, const std::string& key, const std::optional<Identity>* from_pki) {
  const std::string value = text(node, key);
  std::optional<crypto::Certificate> found;
  if (value == "pki") {
    if (from_pki == nullptr || !*from_pki) fail("'" + key + ": pki' needs a PKI folder with a certificate of an eIM (--pki)");
    found = (*from_pki)->certificate;
  } else {
    found = crypto::certificate_from_file_bytes(octets_of(value));
  }
  if (!found) fail("'" + key + "' takes a certificate as PEM or hexadecimal DER, or pki");
  return asn1::tlv(0xA1, asn1::read_only(found->der, 0x30)->value);
}

std::uint64_t id_type(const YAML::Node& node, const std::string& key) {
  const std::string value = text(node, key);
  if (value == "oid") return 1;
  if (value == "fqdn") return 2;
  if (value == "proprietary") return 3;
  fail("'" + key + "' is oid, fqdn or proprietary");
}

Bytes eim(const YAML::Node& node, const Pki* pki) {
  const std::optional<Identity>* signing = pki == nullptr ? nullptr : &pki->eim_signing;
  const std::optional<Identity>* tls = pki == nullptr ? nullptr : &pki->eim_tls;
  std::optional<Bytes> ready;
  std::string id, fqdn;
  std::optional<std::uint64_t> type, protocols;
  std::uint64_t counter = 0;
  bool token = true, indirect = false;
  Bytes key_data, tls_data, ci_key_id;
  each(node, "an entry of 'eims'", [&](const std::string& key, const YAML::Node& value) {
    if (key == "data") ready = hex(value, key);
    else if (key == "id") id = text(value, key);
    else if (key == "fqdn") fqdn = text(value, key);
    else if (key == "idType") type = id_type(value, key);
    else if (key == "counter") counter = number(value, key, 0x7FFFFF);
    else if (key == "token") token = flag(value, key);
    else if (key == "key") key_data = key_alternative(value, key, signing);
    else if (key == "certificate") key_data = certificate_alternative(value, key, signing);
    else if (key == "tlsKey") tls_data = key_alternative(value, key, tls);
    else if (key == "tlsCertificate") tls_data = certificate_alternative(value, key, tls);
    else if (key == "protocols") protocols = bits(value, key, kProtocols);
    else if (key == "ciKeyId") ci_key_id = hex(value, key);
    else if (key == "indirectDownload") indirect = flag(value, key);
    else fail("an entry of 'eims' does not know '" + key + "'");
  });
  if (ready) {
    if (node.size() != 1) fail("an eIM with 'data' has nothing else");
    return *ready;
  }
  if (id.empty() || key_data.empty()) fail("an eIM needs 'id' and 'key' or 'certificate'");
  asn1::TlvWriter out;
  {
    const auto entry = out.open(0x30);
    out.put_text(0x80, id);
    if (!fqdn.empty()) out.put_text(0x81, fqdn);
    if (type) out.put_integer(0x82, *type);
    out.put_integer(0x83, counter);
    if (token) out.put_byte(0x84, 0xFF);
    out.put(0xA5, key_data);
    if (!tls_data.empty()) out.put(0xA6, tls_data);
    if (protocols) out.put_bits(0x87, *protocols);
    if (!ci_key_id.empty()) out.put(0x88, ci_key_id);
    if (indirect) out.put(0x89, {});
  }
  return out.take();
}

Bytes immediate_enable(const YAML::Node& node) {
  bool enabled = true;
  Bytes oid;
  std::string address;
  each(node, "'immediateEnable'", [&](const std::string& key, const YAML::Node& value) {
    if (key == "enabled") {
      enabled = flag(value, key);
    } else if (key == "smdpOid") {
      const auto content = crypto::oid_content(text(value, key));
      if (!content) fail("'smdpOid' takes an object identifier such as 2.999.10");
      oid = *content;
    } else if (key == "smdpAddress") {
      address = text(value, key);
    } else {
      fail("'immediateEnable' does not know '" + key + "'");
    }
  });
  asn1::TlvWriter out;
  if (enabled) out.put(0x80, {});
  if (!oid.empty()) out.put(0x81, oid);
  if (!address.empty()) out.put_text(0x82, address);
  return out.take();
}

void read_choices(const YAML::Node& node, ecasd::IotChoices& out) {
  each(node, "'choices'", [&](const std::string& key, const YAML::Node& value) {
    const auto row = std::ranges::find(ecasd::iot_choices(), key, &ecasd::IotChoiceRow::name);
    if (row == ecasd::iot_choices().end()) fail("'choices' does not know '" + key + "'");
    out.*row->member = flag(value, key);
  });
}

template <typename Number>
Number at_least_one(const YAML::Node& node, const std::string& key) {
  return static_cast<Number>(std::max<std::uint64_t>(1, number(node, key, std::numeric_limits<Number>::max())));
}

}  // namespace

void read_iot_recipe(const YAML::Node& node, const Pki* pki, CardRecipe& out) {
  ecasd::IotCapabilities card;
  each(node, "'iot'", [&](const std::string& key, const YAML::Node& value) {
    if (key == "version") {
      const auto parsed = ecasd::parse_iot_version(text(value, key));
      if (!parsed) fail("'version' of SGP.32 is 1.0, 1.1 or 1.2");
      card.version = *parsed;
    } else if (key == "ipae") {
      card.ipae = flag(value, key);
    } else if (key == "ecall") {
      card.ecall = flag(value, key);
    } else if (key == "fallback") {
      card.fallback = flag(value, key);
    } else if (key == "eimReset") {
      card.eim_reset = flag(value, key);
    } else if (key == "immediateEnableReset") {
      card.immediate_enable_reset = flag(value, key);
    } else if (key == "eimCapacity") {
      card.eim_capacity = at_least_one<std::uint16_t>(value, key);
    } else if (key == "packageResultCapacity") {
      card.result_capacity = at_least_one<std::uint16_t>(value, key);
    } else if (key == "packageMemory") {
      card.package_memory = at_least_one<std::uint32_t>(value, key);
    } else if (key == "statusWhileIpaeActive") {
      const Bytes status = hex(value, key);
      if (status.size() != 2 || status[0] < 0x62 || status[0] > 0x6F) fail("'statusWhileIpaeActive' takes a status word such as 6985");
      card.status_while_ipae = static_cast<std::uint16_t>(be_value(status));
    } else if (key == "choices") {
      read_choices(value, card.choices);
    } else if (key == "eims") {
      if (!value.IsSequence()) fail("'eims' takes a list");
      for (const auto& item : value) out.iot.eims.push_back(eim(item, pki));
    } else if (key == "assistant") {
      out.iot.assistant = read_assistant_recipe(value);
    } else if (key == "immediateEnable") {
      out.iot.immediate_enable = immediate_enable(value);
    } else {
      fail("'iot' does not know '" + key + "'");
    }
  });
  out.capabilities.iot = card;
}

}  // namespace simurgh::perso
