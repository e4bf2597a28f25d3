// STORE DATA, GlobalPlatform 2.3 11.11: to the domain, or to the application that INSTALL [for personalization] named.
#include <algorithm>
#include <array>

#include "euicc/crypto/symmetric.h"
#include "euicc/gp/commands.h"
#include "euicc/gp/domain_data.h"

namespace simurgh::gp {
namespace {

using apdu::refuse;
using apdu::Sw;

enum class Structure : std::uint8_t { none = 0x00, groups = 0x08, tlv = 0x10 };
constexpr std::uint8_t kEncrypted = 0x60, kApplicationDependent = 0x20;
constexpr std::size_t kMaxChain = 256 * 255;

// Objects that a domain keeps for GET DATA.
constexpr std::array<std::uint32_t, 7> kObjects{0x42, 0x45, 0x66, 0x67, 0xCF, 0x5F20, 0x5F50};

bool acceptable(const asn1::Tlv& object) {
  if (object.value.size() > 1024) return false;
  if (object.tag != 0x66) return true;
  const auto recognition = asn1::find_child(object.value, 0x73);
  return recognition.has_value();
}

// What is encrypted is the content of every group or object; padding is removed (GlobalPlatform 11.11.2.1, B.2).
std::optional<Bytes> content_of(const Task& task, ByteView content, bool encrypted) {
  if (!encrypted) return to_bytes(content);
  const auto plain = decrypt_data(task.arrived_by.key, content);
  if (!plain) return std::nullopt;
  const auto size = crypto::unpadded80(plain->expose());
  return to_bytes(plain->expose().first(size.value_or(plain->size())));
}

apdu::Result<void> take_objects(SecurityDomain& domain, ByteView octets) {
  for (asn1::TlvReader in(octets); !in.at_end();) {
    const auto object = in.next();
    if (!object) return refuse(Sw::incorrect_data, "STORE DATA is not BER-TLV");
    if (std::ranges::find(kObjects, object->tag) == kObjects.end()) return refuse(Sw::data_not_found, "data object unknown");
    if (!acceptable(*object)) return refuse(Sw::incorrect_data, "content of a data object");
    std::erase_if(domain.objects, [&](const Bytes& known) { return asn1::find_child(known, object->tag).has_value(); });
    if (!object->value.empty()) domain.objects.push_back(to_bytes(object->raw));
  }
  return {};
}

apdu::Result<void> personalize(const Task& task, SecurityDomain& domain, Structure structure, bool encrypted, ByteView octets) {
  if (structure == Structure::groups) {
    const auto groups = data_groups(octets);
    if (!groups) return refuse(Sw::incorrect_data, "STORE DATA is not in data groups");
    for (const DataGroup& group : *groups) {
      if (group.identifier != kObjectsGroup) return refuse(Sw::data_not_found, "data group unknown");
      const auto content = content_of(task, group.content, encrypted);
      if (!content) return refuse(Sw::incorrect_data, "encrypted data is not whole blocks");
      if (auto taken = take_objects(domain, *content); !taken) return taken;
    }
    return {};
  }
  if (!encrypted) return take_objects(domain, octets);
  for (asn1::TlvReader in(octets); !in.at_end();) {
    const auto object = in.next();
    if (!object) return refuse(Sw::incorrect_data, "STORE DATA is not BER-TLV");
    const auto content = content_of(task, object->value, true);
    if (!content) return refuse(Sw::incorrect_data, "encrypted data is not whole blocks");
    if (auto taken = take_objects(domain, asn1::tlv(object->tag, *content)); !taken) return taken;
  }
  return {};
}

}  // namespace

apdu::Answer store_data(Task& task) {
  const apdu::Command& command = task.command;
  Conversation& conversation = task.conversation;
  const auto broken = [&](Sw sw, const char* why) {
    conversation.stored.clear();
    conversation.next_block = 0;
    conversation.personalized.clear();
    return refuse(sw, why);
  };
  const std::uint8_t protection = command.p1 & 0x60;
  const std::uint8_t structure = command.p1 & 0x18;
  if ((command.p1 & 0x06) != 0 || structure == 0x18 || protection == 0x40) return broken(Sw::incorrect_p1p2, "STORE DATA P1");
  if (command.p2 != (conversation.next_block & 0xFF) || conversation.next_block > 0xFF)
    return broken(Sw::incorrect_p1p2, "STORE DATA block number out of sequence");
  if (command.data.empty()) return broken(Sw::wrong_length, "STORE DATA without data");
  if (conversation.stored.size() + command.data.size() > std::min<std::size_t>(kMaxChain, task.environment.free_memory))
    return broken(Sw::not_enough_memory, "STORE DATA chain too long");
  append(conversation.stored, command.data);
  ++conversation.next_block;
  if ((command.p1 & kLastBlock) == 0) return apdu::done();

  const Bytes octets = std::exchange(conversation.stored, {});
  const Bytes target = std::exchange(conversation.personalized, {});
  conversation.next_block = 0;
  const bool encrypted = protection == kEncrypted;
  if (protection == kApplicationDependent && target.empty()) return refuse(Sw::incorrect_p1p2, "a security domain has no encryption of its own");
  if (encrypted && task.arrived_by.key.type == 0) return refuse(Sw::conditions_not_satisfied, "no key that protects data");
  Content& content = task.environment.content;
  Registry changed = content.draft();
  const auto object = target.empty() ? Object{ObjectKind::domain, task.domain, task.domain} : find_object(changed, target);
  if (!object) return refuse(Sw::data_not_found, "the application to personalize is gone");
  if (object->kind == ObjectKind::domain) {
    const auto kind = structure == 0x08 ? Structure::groups : Structure::tlv;
    if (auto stored = personalize(task, changed.domains[object->index], kind, encrypted, octets); !stored) return std::unexpected(stored.error());
  } else {
    if (encrypted && structure != 0x08) return refuse(Sw::incorrect_p1p2, "encrypted data for an application comes in data groups");
    Bytes whole;
    if (encrypted) {
      const auto groups = data_groups(octets);
      if (!groups) return refuse(Sw::incorrect_data, "STORE DATA is not in data groups");
      for (const DataGroup& group : *groups) {
        const auto plain = content_of(task, group.content, true);
        if (!plain) return refuse(Sw::incorrect_data, "encrypted data is not whole blocks");
        append(whole, be_bytes(group.identifier, 2));
        if (plain->size() >= 0xFF) {
          whole.push_back(0xFF);
          append(whole, be_bytes(plain->size(), 2));
        } else {
          whole.push_back(static_cast<std::uint8_t>(plain->size()));
        }
        append(whole, *plain);
      }
    } else {
      whole = octets;
    }
    changed.applications[object->index].process_data.push_back(std::move(whole));
  }
  content.replace(std::move(changed), task.environment.txn);
  return apdu::done();
}

}  // namespace simurgh::gp
