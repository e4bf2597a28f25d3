#include "tools/eim/package.h"

#include "asn1/tlv.h"

namespace simurgh::eim {
namespace {

using namespace literals;
using asn1::TlvWriter;

// Their own 30 gives way to the tag of the choice (SGP.32 modules have implicit tags).
void put_key(TlvWriter& out, std::uint32_t tag, ByteView der, bool certificate) {
  const auto whole = asn1::read_only(der, 0x30);
  if (!whole) return;
  const auto scope = out.open(tag);
  out.put(certificate ? 0xA1 : 0xA0, whole->value);
}

}  // namespace

Bytes token_object(std::int64_t token) { return asn1::tlv(0x84, asn1::integer_content(static_cast<std::uint64_t>(token))); }

Bytes package_signed(const PackageContent& content) {
  TlvWriter out;
  {
    const auto whole = out.open(0x30);
    out.put_text(0x80, content.eim_id).put(0x5A, content.eid).put_integer(0x81, static_cast<std::uint64_t>(content.counter));
    if (!content.transaction.empty()) out.put(0x82, content.transaction);
    out.put(static_cast<std::uint32_t>(content.kind), content.commands);
  }
  return out.take();
}

Bytes sign_package(ByteView signed_part, std::int64_t token, const crypto::EcPrivateKey& key) {
  return asn1::tlv(0xBF51, concat({signed_part, asn1::tlv(0x5F37, key.sign({signed_part, token_object(token)}))}));
}

Bytes data_request(const DataRequest& request) {
  TlvWriter out;
  {
    const auto whole = out.open(0xBF52);
    out.put(0x5C, request.tag_list);
    if (!request.ci_key_id.empty()) out.put(0x04, request.ci_key_id);
    if (!request.notification_search.empty()) out.put(0xA1, request.notification_search);
    if (!request.result_search.empty()) out.put(0xA2, request.result_search);
    if (!request.transaction.empty()) out.put(0x83, request.transaction);
  }
  return out.take();
}

Bytes download_trigger(const Trigger& trigger) {
  TlvWriter out;
  {
    const auto whole = out.open(0xBF54);
    if (!trigger.activation_code.empty() || trigger.default_smdp || trigger.smds) {
      const auto data = out.open(0xA0);
      if (!trigger.activation_code.empty()) {
        out.put_text(0x80, trigger.activation_code);
      } else if (trigger.default_smdp) {
        out.put(0x81, {});
      } else {
        const auto smds = out.open(0xA2);
        if (!trigger.smds_address.empty()) out.put_text(0x80, trigger.smds_address);
      }
    }
    if (!trigger.transaction.empty()) out.put(0x82, trigger.transaction);
  }
  return out.take();
}

Bytes configuration_data(const Configuration& c) {
  TlvWriter out;
  {
    const auto whole = out.open(0x30);
    out.put_text(0x80, c.eim_id);
    if (!c.fqdn.empty()) out.put_text(0x81, c.fqdn);
    out.put_byte(0x82, static_cast<std::uint8_t>(c.id_type)).put_integer(0x83, static_cast<std::uint64_t>(c.counter));
    if (c.ask_token) out.put_byte(0x84, 0xFF);
    put_key(out, 0xA5, c.public_key, c.public_key_is_certificate);
    if (!c.tls_key.empty()) put_key(out, 0xA6, c.tls_key, c.tls_key_is_certificate);
    out.put_bits(0x87, c.protocols);
    if (!c.ci_key_id.empty()) out.put(0x88, c.ci_key_id);
    if (c.indirect_download) out.put(0x89, {});
  }
  return out.take();
}

Bytes add_initial_eim(ByteView configuration_data) { return asn1::tlv(0xBF57, asn1::tlv(0xA0, configuration_data)); }

Bytes public_key_info(const crypto::EcPublicKey& key) {
  const Bytes curve = key.curve() == crypto::Curve::nist_p256 ? "2A8648CE3D030107"_hex : "2B2403030208010107"_hex;
  TlvWriter out;
  {
    const auto whole = out.open(0x30);
    {
      const auto algorithm = out.open(0x30);
      out.put(0x06, "2A8648CE3D0201"_hex).put(0x06, curve);
    }
    out.put(0x03, concat({"00"_hex, key.point()}));
  }
  return out.take();
}

}  // namespace simurgh::eim
