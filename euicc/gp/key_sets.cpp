// Which keys open a secure channel, with which parameters, and how openings are counted.
#include <algorithm>

#include "asn1/tlv.h"
#include "euicc/gp/domain_data.h"
#include "euicc/gp/secure_channel.h"

namespace simurgh::gp {
namespace {

constexpr std::uint8_t kProtocolOid[] = {0x2A, 0x86, 0x48, 0x86, 0xFC, 0x6B, 0x04};  // globalPlatform 4, then protocol and "i"
constexpr std::uint8_t kDefaultScp02 = 0x55, kDefaultScp03 = 0x70;

std::optional<std::uint8_t> announced(const SecurityDomain& domain, std::uint8_t protocol) {
  const auto object = data_object(domain, 0x66);
  if (!object) return std::nullopt;
  const auto card_data = asn1::read_only(*object, 0x66);
  if (!card_data) return std::nullopt;
  const auto recognition = asn1::find_child(card_data->value, 0x73);
  if (!recognition) return std::nullopt;
  for (asn1::TlvReader in(recognition->value); !in.at_end();) {
    const auto entry = in.next();
    if (!entry) return std::nullopt;
    if (entry->tag != 0x64) continue;
    const auto oid = asn1::find_child(entry->value, 0x06);
    if (oid && oid->value.size() == 9 && equal(oid->value.first(7), kProtocolOid) && oid->value[7] == protocol) return oid->value[8];
  }
  return std::nullopt;
}

bool usable(const Key* key, std::uint8_t protocol) {
  if (key == nullptr || key->components.size() != 1) return false;
  const DataKey data = data_key(key);
  return protocol == 0x02 ? data.type == 0x80 && data.value.size() == 16 : data.type == 0x88;
}

std::uint8_t by_version(const SecurityDomain& domain, std::uint8_t version) {
  if (version >= 0x20 && version <= 0x2F) return 0x02;
  if (version >= 0x30 && version <= 0x3F) return 0x03;
  // GlobalPlatform 11.1.x: FF stands for the keys of a domain before its first own ones.
  if (version == 0xFF) return data_key(find_key(domain, version, 1)).type == 0x80 ? 0x02 : 0x03;
  return 0;
}

}  // namespace

Protocol protocol_of(const SecurityDomain& domain, std::uint8_t key_version) {
  const std::uint8_t protocol = by_version(domain, key_version);
  if (protocol == 0) return {};
  return {protocol, announced(domain, protocol).value_or(protocol == 0x02 ? kDefaultScp02 : kDefaultScp03)};
}

std::optional<KeySet> key_set(const SecurityDomain& domain, std::uint8_t key_version) {
  if (key_version == 0x00) {
    for (const Key& key : domain.keys) {
      if (key.version == 0x00 || by_version(domain, key.version) == 0) continue;
      if (auto found = key_set(domain, key.version)) return found;
    }
    return std::nullopt;
  }
  const std::uint8_t protocol = by_version(domain, key_version);
  const Key* const enc = find_key(domain, key_version, 1);
  const Key* const mac = find_key(domain, key_version, 2);
  const Key* const dek = find_key(domain, key_version, 3);
  if (protocol == 0 || !usable(enc, protocol) || !usable(mac, protocol) || !usable(dek, protocol)) return std::nullopt;
  const auto clone = [](const Key* key) { return key->components.front().value.clone(); };
  return KeySet{key_version, clone(enc), clone(mac), clone(dek)};
}

apdu::Result<Initiated> initialize_update(Environment& environment, const SecurityDomain& domain, const apdu::Command& command) {
  using apdu::Sw;
  if (command.p2 != 0x00) return apdu::refuse(Sw::incorrect_p1p2, "INITIALIZE UPDATE P2");
  if (environment.content.registry().card_state == kTerminated) return apdu::refuse(Sw::conditions_not_satisfied, "the card is terminated");
  auto keys = key_set(domain, command.p1);
  if (!keys) return apdu::refuse(Sw::data_not_found, "no key set of this version");
  const Protocol protocol = protocol_of(domain, keys->version);
  const std::uint8_t version = keys->version;
  // Key diversification data of the domain, zeros without.
  Bytes diversification(10, 0x00);
  if (const auto object = data_object(domain, 0xCF)) {
    const auto value = asn1::read_only(*object, 0xCF);
    if (value && value->value.size() == diversification.size()) diversification = to_bytes(value->value);
  }
  std::uint64_t counter = environment.content.counter(domain.aid, version, environment.txn);
  if (protocol.protocol == 0x02) {
    if (counter >= 0xFFFF) return apdu::refuse(Sw::conditions_not_satisfied, "the sequence counter is used up");
    return initiate_scp02(*std::move(keys), protocol.i, domain.aid, diversification, static_cast<std::uint16_t>(counter), command.data,
                          environment.rng);
  }
  if (counter >= 0xFFFFFF) return apdu::refuse(Sw::conditions_not_satisfied, "the sequence counter is used up");
  ++counter;
  auto initiated = initiate_scp03(*std::move(keys), protocol.i, domain.aid, diversification, static_cast<std::uint32_t>(counter),
                                  command.data, environment.rng);
  // Amendment D 6.2.2.1: no two sessions share a pseudo-random challenge, so an opening counts before its challenge leaves.
  if (initiated && (protocol.i & 0x10) != 0) environment.content.set_counter(domain.aid, version, counter, environment.txn);
  return initiated;
}

apdu::Result<void> external_authenticate(Environment& environment, const SecurityDomain& domain, SecureChannel& session,
                                         const apdu::Command& command) {
  if (auto done = session.external_authenticate(command); !done) return done;
  const Security security = session.security();
  if (security.by != Security::By::scp02) return {};
  // Annex E.1.2.1: counted when the first C-MAC of a session proved right.
  const std::uint64_t counter = environment.content.counter(domain.aid, security.key_version, environment.txn);
  environment.content.set_counter(domain.aid, security.key_version, counter + 1, environment.txn);
  return {};
}

}  // namespace simurgh::gp
