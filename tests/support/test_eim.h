// An eIM for tests, free of the product's servers: it signs eUICC packages with any fault one wants, and judges what the card signs.
#pragma once

#include <optional>
#include <string>

#include "asn1/tlv.h"
#include "euicc/crypto/ec.h"
#include "euicc/crypto/x509.h"
#include "euicc/ecasd/ecasd.h"

namespace simurgh::test {

// What a package result says.
struct PackageResult {
  char kind = '?';       // 'R' result signed, 'S' error signed, 'U' error unsigned
  std::string eim_id, transaction_id, elements;  // the last two in hexadecimal; elements: EuiccResultData one after another
  std::uint64_t counter = 0, sequence = 0, error = 0;
  std::optional<std::uint64_t> token;
  bool verified = false;
};

class TestEim {
 public:
  explicit TestEim(std::string id_in, crypto::EcPrivateKey key_in) : id(std::move(id_in)), key(std::move(key_in)) {}

  std::string id;
  crypto::EcPrivateKey key;
  std::uint64_t counter = 0;  // of the last package
  std::uint64_t token = 0;    // 0: none
  Bytes transaction_id;       // empty: packages have none

  // eimPublicKeyData content: A0 and the members of the key.
  [[nodiscard]] Bytes key_data() const { return asn1::tlv(0xA0, crypto::public_key_info(key.public_key())); }
  // EimConfigurationData members; `more`: further members behind the key.
  [[nodiscard]] Bytes members(bool ask_for_token = true, ByteView more = {}) const {
    asn1::TlvWriter out;
    out.put_text(0x80, id).put_integer(0x83, counter);
    if (ask_for_token) out.put_byte(0x84, 0xFF);
    out.put(0xA5, key_data()).raw(more);
    return out.take();
  }
  [[nodiscard]] Bytes add_initial(bool ask_for_token = true, ByteView more = {}) const {
    return asn1::tlv(0xBF57, asn1::tlv(0xA0, asn1::tlv(0x30, members(ask_for_token, more))));
  }

  // euiccPackageSigned of a list (A0 PSMOs, A1 eCOs) with the next counter.
  [[nodiscard]] Bytes data(ByteView eid, std::uint32_t list, ByteView commands) {
    ++counter;
    return data(eid, list, commands, asn1::integer_content(counter));
  }
  [[nodiscard]] Bytes data(ByteView eid, std::uint32_t list, ByteView commands, ByteView counter_content) const {
    asn1::TlvWriter out;
    {
      const auto scope = out.open(0x30);
      out.put_text(0x80, id).put(0x5A, eid).put(0x81, counter_content);
      if (!transaction_id.empty()) out.put(0x82, transaction_id);
      out.put(list, commands);
    }
    return out.take();
  }
  [[nodiscard]] Bytes token_object() const {
    asn1::TlvWriter out;
    out.put_integer(0x84, token);
    return out.take();
  }
  [[nodiscard]] Bytes sign(ByteView data) const {
    return asn1::tlv(0xBF51, concat({data, asn1::tlv(0x5F37, key.sign({data, token_object()}))}));
  }
  [[nodiscard]] Bytes psmos(ByteView eid, ByteView commands) { return sign(data(eid, 0xA0, commands)); }
  [[nodiscard]] Bytes ecos(ByteView eid, ByteView commands) { return sign(data(eid, 0xA1, commands)); }

  // `tail`: what the card's signature covers behind the data; the token of this eIM unless given (v1.0: eimSignature).
  [[nodiscard]] PackageResult read(ByteView bf51, const crypto::EcPublicKey& euicc, std::optional<Bytes> tail = {}) const {
    PackageResult out;
    const auto outer = asn1::read_only(bf51, 0xBF51);
    const auto form = outer ? asn1::TlvReader(outer->value).next() : std::unexpected(asn1::ParseError{"", 0});
    if (!form || form->raw.size() != outer->value.size()) return out;
    ByteView members = form->value;
    if (form->tag == 0xA0 || form->tag == 0xA1) {
      asn1::TlvReader in(form->value);
      const auto signed_data = in.required(0x30);
      const auto signature = in.required(0x5F37);
      if (!signed_data || !signature || !in.at_end()) return out;
      out.verified = euicc.verify({signed_data->raw, tail ? *tail : token_object()}, signature->value);
      members = signed_data->value;
    }
    out.kind = form->tag == 0xA0 ? 'R' : form->tag == 0xA1 ? 'S' : form->tag == 0xA2 ? 'U' : '?';
    asn1::TlvReader in(members);
    while (!in.at_end()) {
      const auto member = in.next();
      if (!member) return PackageResult{};
      if (member->tag == 0x80) out.eim_id = to_text(member->value);
      if (member->tag == 0x81) out.counter = be_value(member->value);
      if (member->tag == 0x82) out.transaction_id = to_hex(member->value);
      if (member->tag == 0x83) out.sequence = be_value(member->value);
      if (member->tag == 0x84) out.token = be_value(member->value);
      if (member->tag == 0x30) out.elements = to_hex(member->value);
      if (member->tag == 0x02) out.error = be_value(member->value);
    }
    return out;
  }
};

}  // namespace simurgh::test
