// A card and its IPA on paper: as much of SGP.32 as an eIM sees of them. Checks signature, EID, counter and token like a card, answers commands from a
// script, and signs.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "asn1/tlv.h"
#include "euicc/crypto/x509.h"
#include "tools/eim/package.h"
#include "tools/perso/pki.h"

namespace simurgh::test {

using namespace literals;

class PaperCard {
 public:
  // `eid`: 32 digits that begin with the EUM's.
  PaperCard(const perso::Pki& pki, std::string eid, crypto::Rng& rng)
      : eid_(std::move(eid)), key_(crypto::EcPrivateKey::generate(crypto::Curve::nist_p256, rng)), eim_key_(pki.eim_signing->key->public_key()) {
    crypto::CertificateSpec spec;
    spec.subject.common_name = "Paper Card";
    spec.subject.organization = "Simurgh EUM";
    spec.subject.serial_number = eid_;
    spec.role = crypto::Role::euicc;
    spec.not_before = 1700000000;
    spec.not_after = 4000000000;
    const auto& eum = *pki.curves[0].eum;
    euicc_certificate = crypto::mint_certificate(spec, key_.public_key(), *eum.key, &eum.certificate, rng);
    eum_certificate = eum.certificate.der;
  }

  [[nodiscard]] const std::string& eid() const { return eid_; }
  [[nodiscard]] Bytes eid_octets() const { return from_hex(eid_).value(); }
  [[nodiscard]] Bytes sign(ByteView data) const { return key_.sign({data}); }
  [[nodiscard]] Bytes sign_with_token(ByteView data) const { return key_.sign({data, eim::token_object(token)}); }

  std::string eim_id = "eim1.example.com";
  std::int64_t token = 1, counter = 0, sequence = 0;
  Bytes euicc_certificate, eum_certificate;
  std::map<std::uint32_t, Bytes> answers;  // command tag -> result element; ok by the table of results when absent
  bool first_version = false;              // v1.0 signs results over the eIM's signature in place of the token
  int executed = 0;                        // packages
  Bytes last_result;

  // BF51 -> BF51 (SGP.32 v1.2 2.11.2, the order of checks as a card has it)
  Bytes load(ByteView bf51) {
    const auto whole = asn1::read_only(bf51, 0xBF51).value();
    const auto part = asn1::find_child(whole.value, 0x30).value();
    const auto signature = asn1::find_child(whole.value, 0x5F37).value();
    const Bytes id = asn1::tlv(0x80, asn1::find_child(part.value, 0x80)->value);
    const auto tid_member = asn1::find_child(part.value, 0x82);
    const Bytes tid = tid_member ? to_bytes(tid_member->raw) : Bytes();
    if (!eim_key_.verify({part.raw, eim::token_object(token)}, signature.value)) {
      Bytes content = concat({id, tid});
      if (token != 0) append(content, eim::token_object(token));
      return asn1::tlv(0xBF51, asn1::tlv(0xA2, content));
    }
    const auto given = static_cast<std::int64_t>(asn1::unsigned_value(*asn1::find_child(part.value, 0x81)).value());
    const Bytes counter_object = asn1::tlv(0x81, asn1::integer_content(static_cast<std::uint64_t>(given)));
    const auto error = [&](std::uint8_t code) {
      const Bytes data = asn1::tlv(0x30, concat({id, counter_object, tid, asn1::tlv(0x02, ByteView(&code, 1))}));
      return asn1::tlv(0xBF51, asn1::tlv(0xA1, concat({data, asn1::tlv(0x5F37, sign_with_token(data))})));
    };
    if (!equal(asn1::find_child(part.value, 0x5A)->value, eid_octets())) return error(3);
    if (given <= counter) return error(4);
    counter = given;
    ++executed;
    auto list = asn1::find_child(part.value, 0xA0);
    if (!list) list = asn1::find_child(part.value, 0xA1);
    Bytes results;
    asn1::TlvReader in(list->value);
    while (!in.at_end()) {
      const auto command = in.next().value();
      const auto scripted = answers.find(command.tag);
      append(results, scripted != answers.end() ? scripted->second : ok(command.tag));
    }
    last_result = signed_result(id, counter_object, tid, results, first_version ? std::optional(to_bytes(signature.raw)) : std::nullopt);
    return last_result;
  }

  Bytes signed_result(ByteView id, ByteView counter_object, ByteView tid, ByteView results, const std::optional<Bytes>& behind = {}) {
    const Bytes number = asn1::tlv(0x83, asn1::integer_content(static_cast<std::uint64_t>(++sequence)));
    const Bytes data = asn1::tlv(0x30, concat({id, counter_object, tid, number, asn1::tlv(0x30, results)}));
    return asn1::tlv(0xBF51, asn1::tlv(0xA0, concat({data, asn1::tlv(0x5F37, key_.sign({data, behind ? *behind : eim::token_object(token)}))})));
  }

  // The answer to a data request.
  Bytes data(ByteView bf52) const {
    const auto whole = asn1::read_only(bf52, 0xBF52).value();
    Bytes content;
    const std::string tags = to_hex(asn1::find_child(whole.value, 0x5C)->value);
    if (tags == "A2") append(content, asn1::tlv(0xA2, last_result));
    if (tags.find("BF20") != std::string::npos) append(content, info1);
    if (tags.find("84") != std::string::npos && token != 0) append(content, eim::token_object(token));
    if (tags.find("A5") != std::string::npos) append(content, asn1::tlv(0xA5, asn1::read_only(eum_certificate, 0x30)->value));
    if (tags.find("A6") != std::string::npos) append(content, asn1::tlv(0xA6, asn1::read_only(euicc_certificate, 0x30)->value));
    if (const auto tid = asn1::find_child(whole.value, 0x83)) append(content, asn1::tlv(0x87, tid->value));
    return asn1::tlv(0xBF52, asn1::tlv(0xA0, content));
  }
  Bytes info1 = "BF20158203020500A9060404AABBCCDDAA060404AABBCCDD"_hex;

  [[nodiscard]] Bytes poll() const { return asn1::tlv(0xBF4F, asn1::tlv(0x5A, eid_octets())); }
  [[nodiscard]] Bytes provide(ByteView result, bool with_eid = true) const {
    return asn1::tlv(0xBF50, concat({with_eid ? asn1::tlv(0x5A, eid_octets()) : Bytes(), result}));
  }

  // BF37 for a download with an SM-DP+.
  Bytes installation(ByteView transaction, ByteView iccid, bool good = true) {
    asn1::TlvWriter out;
    {
      const auto data = out.open(0xBF27);
      out.put(0x80, transaction);
      {
        const auto metadata = out.open(0xBF2F);
        out.put_integer(0x80, static_cast<std::uint64_t>(++sequence)).put_bits(0x81, 1).put_text(0x0C, "smdp.example.com").put(0x5A, iccid);
      }
      out.put(0x06, "8837030A"_hex);
      const auto result = out.open(0xA2);
      if (good) {
        const auto ok_result = out.open(0xA0);
        out.put(0x4F, "A0000005591010FFFFFFFF8900001100"_hex).put(0x04, "3007A0053003800100"_hex);
      } else {
        const auto error_result = out.open(0xA1);
        out.put_byte(0x80, 2).put_byte(0x81, 9);
      }
    }
    return asn1::tlv(0xBF37, concat({out.view(), asn1::tlv(0x5F37, sign(out.view()))}));
  }
  // 30, as an OtherSignedNotification
  Bytes notification(unsigned bit, ByteView iccid) {
    asn1::TlvWriter out;
    {
      const auto metadata = out.open(0xBF2F);
      out.put_integer(0x80, static_cast<std::uint64_t>(++sequence)).put_bits(0x81, std::uint64_t{1} << bit).put_text(0x0C, "smdp.example.com").put(0x5A, iccid);
    }
    return asn1::tlv(0x30, concat({out.view(), asn1::tlv(0x5F37, sign(out.view())), euicc_certificate, eum_certificate}));
  }

 private:
  static Bytes ok(std::uint32_t tag) {
    switch (tag) {
      case 0xA3: return "830100"_hex;
      case 0xA4: return "840100"_hex;
      case 0xA5: return "850100"_hex;
      case 0xA6: return "A600"_hex;
      case 0xA7: return "870100"_hex;
      case 0xA8: return "8D0100"_hex;
      case 0xA9: return "8E0100"_hex;
      case 0xAA: return "8A0100"_hex;
      case 0xAB: return "AB0DA00B3009800465696D31820102"_hex;
      case 0xBF2D: return "BF2D18A016E3145A0A980010325476981032549F7001019F2601FF"_hex;
      case 0xBF65: return "BF6503800100"_hex;
      default: return "020102"_hex;
    }
  }

  std::string eid_;
  crypto::EcPrivateKey key_;
  crypto::EcPublicKey eim_key_;
};

}  // namespace simurgh::test
