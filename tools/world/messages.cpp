#include "tools/world/messages.h"

#include "asn1/tlv.h"
#include "euicc/applets/multi_imsi/applet.h"
#include "tools/ota/messages.h"
#include "tools/ota/packet.h"
#include "tools/ota/proof.h"

namespace simurgh::world {
namespace {

using std::chrono::seconds;

constexpr radio::Time kBusy = seconds(10), kBetween = seconds(2);

// Ciphered, with a checksum and a counter that has to grow; a proof with a checksum in any case (ETSI TS 102 225 5.1.1). The keys are the public
// test keys of perso::default_recipe.
ota_sender::Security security() {
  Bytes key(16);
  for (std::size_t i = 0; i < key.size(); ++i) key[i] = static_cast<std::uint8_t>(i);
  auto cipher = ota_sender::named_key("aes", 1, key), checksum = ota_sender::named_key("aes", 1, key);
  return {.spi = {.first = 0x16, .second = 0x19}, .kic = cipher.octet, .kid = checksum.octet, .cipher_key = std::move(cipher.key), .checksum_key = std::move(checksum.key)};
}

// What the applet says about the table (E2, element 81).
std::string verdict_of(ByteView data) {
  const auto reply = asn1::read_only(data, 0xE2);
  const auto status = reply ? asn1::find_child(reply->value, 0x81) : std::nullopt;
  return status && status->value.size() == 1 ? to_hex(status->value) : std::string();
}

}  // namespace

void Messages::send(ByteView content, std::uint64_t counter, const std::set<unsigned>& lost) {
  const Bytes& address = multi_imsi::default_tar();
  const Bytes packet = ota_sender::build_packet({.tar = {address[0], address[1], address[2]}, .counter = counter, .data = to_bytes(content)}, security());
  const auto tpdus = ota_sender::deliver_tpdus(packet, {.originator = "+999000", .service_centre = {}, .reference = static_cast<std::uint8_t>(counter)});
  unsigned number = 0;
  for (const Bytes& tpdu : tpdus) {
    ++number;
    if (lost.contains(number)) {
      mark_("message_lost", {{"part", std::to_string(number)}, {"of", std::to_string(tpdus.size())}});
      continue;
    }
    waiting_.push_back({.at = clock_.now(), .number = number, .of = static_cast<unsigned>(tpdus.size()), .tpdu = tpdu});
  }
}

void Messages::deliver() {
  if (waiting_.empty() || waiting_.front().at > clock_.now()) return;
  const auto answer = terminal_.deliver_sms({}, waiting_.front().tpdu);
  if (answer.kind == terminal::EnvelopeAnswer::Kind::busy) {
    waiting_.front().at = clock_.now() + kBusy;
    return;
  }
  mark_("message", {{"part", std::to_string(waiting_.front().number)}, {"of", std::to_string(waiting_.front().of)}});
  waiting_.pop_front();
  if (!waiting_.empty()) waiting_.front().at = std::max(waiting_.front().at, clock_.now() + kBetween);
  if (answer.data.empty()) return;
  try {
    const auto proof = ota_sender::read_proof(answer.data, security());
    mark_("message_answer", {{"proof", std::string(ota_sender::describe(proof.status))}, {"table", verdict_of(proof.data)}});
  } catch (const ota_sender::SenderError& wrong) {
    mark_("message_answer", {{"proof", wrong.what()}});
  }
}

}  // namespace simurgh::world
