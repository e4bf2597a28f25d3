#include <algorithm>

#include "euicc/crypto/des.h"
#include "euicc/crypto/symmetric.h"
#include "euicc/gp/commands.h"

namespace simurgh::gp {

using apdu::refuse;
using apdu::Sw;

bool has(ByteView privileges, Privilege privilege) noexcept {
  std::uint32_t all = 0;
  for (std::size_t i = 0; i < 3; ++i) all = all << 8 | (i < privileges.size() ? privileges[i] : 0);
  return (all & static_cast<std::uint32_t>(privilege)) != 0;
}

bool is_aid(ByteView aid) noexcept { return aid.size() >= 5 && aid.size() <= 16; }

std::size_t domain_named(const Registry& registry, ByteView aid) noexcept {
  for (std::size_t i = 0; i < registry.domains.size(); ++i) {
    if (equal(registry.domains[i].aid, aid)) return i;
  }
  return 0;
}

std::size_t parent_of(const Registry& registry, std::size_t domain) noexcept {
  return domain == 0 ? 0 : domain_named(registry, registry.domains[domain].extradited_to);
}

bool stands_below(const Registry& registry, std::size_t domain, std::size_t ancestor) noexcept {
  // A domain may be associated with itself; the walk is bounded by the number of domains.
  for (std::size_t steps = 0; steps <= registry.domains.size(); ++steps) {
    if (domain == ancestor) return true;
    const std::size_t next = parent_of(registry, domain);
    if (next == domain) return false;
    domain = next;
  }
  return false;
}

bool manages_content(const Task& task) noexcept { return task.domain == 0 || has(task.self().privileges, Privilege::authorized_management); }

std::optional<Object> find_object(const Registry& registry, ByteView aid) noexcept {
  for (std::size_t i = 0; i < registry.domains.size(); ++i) {
    if (equal(registry.domains[i].aid, aid)) return Object{ObjectKind::domain, i, parent_of(registry, i)};
  }
  for (std::size_t i = 0; i < registry.applications.size(); ++i) {
    const Application& application = registry.applications[i];
    if (equal(application.aid, aid)) return Object{ObjectKind::application, i, domain_named(registry, application.security_domain)};
  }
  for (std::size_t i = 0; i < registry.rfm.size(); ++i) {
    if (equal(registry.rfm[i].aid, aid)) return Object{ObjectKind::remote_files, i, domain_named(registry, registry.rfm[i].security_domain)};
  }
  for (std::size_t i = 0; i < registry.load_files.size(); ++i) {
    const LoadFile& file = registry.load_files[i];
    if (equal(file.aid, aid)) return Object{ObjectKind::load_file, i, domain_named(registry, file.security_domain)};
  }
  return std::nullopt;
}

bool is_domain_class(const Registry& registry, ByteView class_aid) noexcept {
  return std::ranges::any_of(registry.domains, [&](const SecurityDomain& domain) { return equal(domain.class_aid, class_aid); });
}

bool is_built_in_package(const Content& content, ByteView package_aid) noexcept {
  return std::ranges::any_of(content.registry().domains, [&](const auto& domain) { return equal(domain.package_aid, package_aid); }) ||
         std::ranges::any_of(content.natives().all(), [&](const auto& applet) { return equal(applet.package_aid, package_aid); });
}

std::optional<crypto::SecretBytes> decrypt_data(const DataKey& key, ByteView octets) {
  Bytes plain;
  if (octets.empty()) return std::nullopt;
  if (key.type == 0x80) {
    if (octets.size() % 8 != 0) return std::nullopt;
    plain = crypto::des_ecb_decrypt(key.value, octets);
  } else if (key.type == 0x88) {
    if (octets.size() % 16 != 0) return std::nullopt;
    plain = crypto::aes_cbc_decrypt(key.value, crypto::Block{}, octets);
  } else {
    return std::nullopt;
  }
  crypto::SecretBytes out{ByteView(plain)};
  crypto::cleanse(plain);
  return out;
}

std::optional<ByteView> FieldReader::next() noexcept {
  if (rest_.empty() || rest_.size() - 1 < rest_[0]) return std::nullopt;
  const ByteView field = rest_.subspan(1, rest_[0]);
  rest_ = rest_.subspan(1 + field.size());
  return field;
}

std::optional<ByteView> FieldReader::next_long() noexcept {
  if (rest_.size() >= 2 && rest_[0] == 0x81 && rest_[1] >= 0x80) rest_ = rest_.subspan(1);
  return next();
}

namespace {

struct Row {
  std::uint8_t ins;
  bool changes;  // needs protected commands, not only an authenticated host
  apdu::Answer (*run)(Task&);
};

constexpr Row kRows[] = {
    {0xE6, true, &install}, {0xE8, true, &load},          {0xE4, true, &delete_content}, {0xD8, true, &put_key},
    {0xE2, true, &store_data}, {0xF0, true, &set_status}, {0xF2, false, &get_status},
};

// What a command ends that was under way (GlobalPlatform 11.5.2, 11.6, 11.11: the next command has to continue it).
void end_others(Conversation& conversation, std::uint8_t ins) {
  if (ins != 0xF2) conversation.entries.clear();
  if (ins != 0xE8) conversation.loading.reset();
  if (ins != 0xE8 && ins != 0xE6) conversation.combined.clear();
  if (ins != 0xE2) {
    conversation.personalized.clear();
    conversation.stored.clear();
    conversation.next_block = 0;
  }
}

}  // namespace

apdu::Answer execute(Environment& environment, std::size_t domain, Conversation& conversation, const apdu::Command& plain,
                     const Security& arrived_by) {
  if (domain >= environment.content.registry().domains.size()) return refuse(Sw::conditions_not_satisfied, "the security domain is gone");
  Task task{environment, domain, conversation, plain, arrived_by};
  end_others(conversation, plain.ins);
  if (plain.ins == 0xCA || plain.ins == 0xCB) return get_data(task);
  const auto row = std::ranges::find_if(kRows, [&](const Row& entry) { return entry.ins == plain.ins; });
  if (row == std::end(kRows)) return refuse(Sw::ins_not_supported, "no command of a security domain");
  if (!arrived_by.authenticated()) return refuse(Sw::security_status_not_satisfied, "a secure channel is needed");
  if (row->changes && !arrived_by.may_change()) return refuse(Sw::security_status_not_satisfied, "commands without C-MAC change nothing");
  // GlobalPlatform 5.1.1.4, 5.3.2: what is locked answers questions and can be unlocked.
  const std::uint8_t card_state = task.registry().card_state;
  const bool unlocks = plain.ins == 0xF0;
  if (row->changes && !unlocks && (card_state == kCardLocked || (task.self().life_cycle & kLocked) != 0))
    return refuse(Sw::conditions_not_satisfied, "the card or the security domain is locked");
  if (row->changes && card_state == kTerminated) return refuse(Sw::conditions_not_satisfied, "the card is terminated");
  return row->run(task);
}

}  // namespace simurgh::gp
