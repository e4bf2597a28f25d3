#include "tools/ota/proof.h"

#include <algorithm>

#include "asn1/tlv.h"
#include "euicc/ota/response_packet.h"

namespace simurgh::ota_sender {
namespace {

using Integrity = ota::Spi::Integrity;

// A proof in which nothing is protected, whatever the SPI wanted.
bool is_plain(ByteView packet) {
  constexpr std::uint8_t kPlainHeader = 0x0A;
  if (packet.size() < 13 || packet[2] != kPlainHeader || packet[11] != 0) return false;
  switch (static_cast<ota::Status>(packet[12])) {
    case ota::Status::ciphering_error:
    case ota::Status::security_error:
    case ota::Status::unknown_tar:
    case ota::Status::security_level_too_low:
      return true;
    default:
      return false;
  }
}

}  // namespace

Proof read_proof(ByteView response, const Security& security) {
  constexpr std::size_t kHead = 6, kFront = 7;  // RPL RHL TAR; CNTR PCNTR status
  if (response.size() < 3 || !equal(response.first(3), ota::kResponseHeader))
    throw SenderError("the response has no user data header 027100");
  const ByteView packet = response.subspan(3);
  if (packet.size() < kHead + kFront || be_value(packet.first(2)) != packet.size() - 2)
    throw SenderError("the response packet's length is not what its octets are");
  Proof out;
  std::ranges::copy(packet.subspan(3, 3), out.tar.begin());
  const bool plain = is_plain(packet);
  Integrity integrity = plain ? Integrity::none : security.spi.proof_integrity();
  Bytes secret = to_bytes(packet.subspan(kHead));
  if (!plain && security.spi.proof_ciphered()) {
    if (!security.cipher_key) throw SenderError("the proof is ciphered and there is no KIc key");
    if (secret.size() % security.cipher_key->block() != 0) throw SenderError("the ciphered proof is no whole number of blocks");
    secret = ota::decipher(*security.cipher_key, secret);
    out.ciphered = true;
  }
  const auto redundancy = (security.kid & 0x0F) == 0x01 ? ota::Redundancy::crc16 : ota::Redundancy::crc32;
  std::size_t check_length = 0;
  if (integrity == Integrity::redundancy) check_length = static_cast<std::size_t>(redundancy);
  if (integrity == Integrity::checksum) {
    if (!security.checksum_key) throw SenderError("the proof has a checksum and there is no KID key");
    check_length = security.checksum_key->checksum_length;
  }
  if (packet[2] != 0x0A + check_length || secret.size() < kFront + check_length)
    throw SenderError("the proof's header length is not what the SPI asked for");
  const ByteView front = ByteView(secret).first(kFront);
  const ByteView check = ByteView(secret).subspan(kFront, check_length);
  const ByteView data = ByteView(secret).subspan(kFront + check_length);
  Bytes expected;
  if (integrity == Integrity::redundancy)
    expected = ota::redundancy_check(redundancy, {response.first(3), packet.first(kHead), front, data});
  if (integrity == Integrity::checksum)
    expected = ota::cryptographic_checksum(*security.checksum_key, {response.first(3), packet.first(kHead), front, data});
  if (!equal(expected, check)) throw SenderError("the proof's integrity check is wrong: other keys, or it was changed on the way");
  out.checked = integrity != Integrity::none;
  out.counter = be_value(front.first(ota::kCounterSize));
  const std::uint8_t padding = front[5];
  out.status = front[6];
  if (padding > data.size()) throw SenderError("the proof counts more padding than it has data");
  out.data = to_bytes(data.first(data.size() - padding));
  return out;
}

std::string_view describe(std::uint8_t status) noexcept {
  switch (static_cast<ota::Status>(status)) {
    case ota::Status::ok:
      return "PoR OK";
    case ota::Status::checksum_failed:
      return "RC/CC/DS failed";
    case ota::Status::counter_low:
      return "CNTR low";
    case ota::Status::counter_high:
      return "CNTR high";
    case ota::Status::counter_blocked:
      return "CNTR blocked";
    case ota::Status::ciphering_error:
      return "ciphering error";
    case ota::Status::security_error:
      return "unidentified security error";
    case ota::Status::no_memory:
      return "insufficient memory";
    case ota::Status::more_time:
      return "more time is needed";
    case ota::Status::unknown_tar:
      return "TAR unknown";
    case ota::Status::security_level_too_low:
      return "insufficient security level";
    case ota::Status::response_by_submit:
      return "response data follows by SMS-SUBMIT";
    case ota::Status::response_by_ussd:
      return "response data follows by USSD";
  }
  return "reserved status";
}

Bytes response_of_submits(const std::vector<Bytes>& tpdus) {
  Bytes out = to_bytes(ota::kResponseHeader);
  for (const Bytes& tpdu : tpdus) {
    // 41, reference, TP-DA, PID, DCS, user data length: the only form of a card's submit without validity period.
    if (tpdu.size() < 4 || tpdu[0] != 0x41) throw SenderError("the message is no SMS-SUBMIT with a user data header");
    const std::size_t user_data = 4U + (tpdu[2] + 1U) / 2U + 3U;
    if (user_data >= tpdu.size() || user_data + 1U + tpdu[user_data] > tpdu.size()) throw SenderError("the SMS-SUBMIT is too short");
    append(out, ByteView(tpdu).subspan(user_data + 1U + tpdu[user_data]));
  }
  return out;
}

std::optional<ScriptResult> read_script_result(ByteView data) {
  ScriptResult out;
  if (data.size() >= 3 && data[0] != 0xAB && data[0] != 0xAF) {
    out.executed = data[0];
    out.answers.push_back({.data = to_bytes(data.subspan(3)), .status = static_cast<std::uint16_t>(be_value(data.subspan(1, 2)))});
    return out;
  }
  if (data.size() < 2) return std::nullopt;
  out.expanded = true;
  ByteView content;
  if (data[0] == 0xAB) {
    const auto whole = asn1::read_only(data, 0xAB);
    if (!whole) return std::nullopt;
    content = whole->value;
  } else {
    if (data.size() < 4 || data[1] != 0x80 || be_value(data.last(2)) != 0) return std::nullopt;
    content = data.subspan(2, data.size() - 4);
  }
  asn1::TlvReader in(content);
  while (!in.at_end()) {
    const auto object = in.next();
    if (!object) return std::nullopt;
    if (object->tag == 0x80) out.executed = static_cast<unsigned>(be_value(object->value));
    if (object->tag == 0x90 && object->value.size() == 1) out.bad_format = object->value[0];
    if (object->tag == 0x23 && object->value.size() >= 2) {
      const ByteView value = object->value;
      out.answers.push_back(
          {.data = to_bytes(value.first(value.size() - 2)), .status = static_cast<std::uint16_t>(be_value(value.last(2)))});
    }
  }
  return out;
}

Bytes compact_script(const std::vector<Bytes>& apdus) {
  Bytes out;
  for (const Bytes& apdu : apdus) append(out, apdu);
  return out;
}

Bytes expanded_script(const std::vector<Bytes>& apdus, bool definite) {
  Bytes content;
  for (const Bytes& apdu : apdus) append(content, asn1::tlv(0x22, apdu));
  if (definite) return asn1::tlv(0xAA, content);
  Bytes out{0xAE, 0x80};
  append(out, content);
  out.insert(out.end(), {0x00, 0x00});
  return out;
}

}  // namespace simurgh::ota_sender
