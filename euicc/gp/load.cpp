// LOAD and DELETE, GlobalPlatform 2.3 11.6, 11.2.
#include <algorithm>
#include <utility>

#include "euicc/crypto/symmetric.h"
#include "euicc/gp/commands.h"
#include "euicc/gp/load_file.h"

namespace simurgh::gp {
namespace {

using apdu::refuse;
using apdu::Sw;

constexpr std::size_t kLargestLoadFile = 1 << 20;
constexpr std::uint32_t kDapBlock = 0xE2, kLoadFileData = 0xC4;

bool someone_verifies(const Registry& registry) {
  return std::ranges::any_of(registry.domains, [](const SecurityDomain& domain) {
    return has(domain.privileges, Privilege::mandated_dap) || has(domain.privileges, Privilege::dap_verification);
  });
}

// The load file data block behind its DAP blocks (GlobalPlatform 11.6.2.3).
apdu::Result<ByteView> data_block(const Registry& registry, ByteView octets) {
  asn1::TlvReader in(octets);
  while (in.peek() == kDapBlock) {
    if (!in.next()) return refuse(Sw::incorrect_data, "DAP block is cut short");
    // A signature that somebody on the card should verify cannot be passed over; where nobody does it says nothing.
    if (someone_verifies(registry)) return refuse(Sw::conditions_not_satisfied, "DAP verification is not offered");
  }
  const auto block = in.required(kLoadFileData);
  if (!block || !in.at_end() || block->value.empty()) return refuse(Sw::incorrect_data, "load file without C4 at its end");
  return block->value;
}

bool hash_fits(ByteView hash, ByteView code) {
  if (hash.empty()) return true;
  if (hash.size() == 20) return equal(hash, crypto::sha1(code));
  if (hash.size() == 32) return equal(hash, crypto::sha256({code}));
  return false;
}

apdu::Answer finish_load(Task& task, const Conversation::Loading& loading) {
  const Registry& registry = task.registry();
  const auto code = data_block(registry, loading.collected);
  if (!code) return std::unexpected(code.error());
  if (!hash_fits(loading.hash, *code)) return refuse(Sw::incorrect_data, "hash of the load file is another");
  if (find_object(registry, loading.aid)) return refuse(Sw::conditions_not_satisfied, "an object of this AID is there already");
  Content& content = task.environment.content;
  Registry changed = content.draft();
  std::uint32_t cell = 1;
  for (const LoadFile& file : changed.load_files) cell = std::max(cell, file.code_cell + 1);
  LoadFile& file = changed.load_files.emplace_back();
  file.aid = loading.aid;
  file.security_domain = loading.domain;
  file.hash = loading.hash;
  file.code_size = static_cast<std::uint32_t>(code->size());
  file.code_cell = cell;
  file.modules = modules_of(*code);
  content.put_code(cell, to_bytes(*code), task.environment.txn);
  content.replace(std::move(changed), task.environment.txn);
  return apdu::with_data({0x00});
}

// ---- DELETE

apdu::Answer delete_keys(Task& task, std::optional<asn1::Tlv> identifier, std::optional<asn1::Tlv> version) {
  if (task.command.p2 != 0x00) return refuse(Sw::incorrect_p1p2, "DELETE of keys with P2 other than 00");
  if ((identifier && identifier->value.size() != 1) || (version && version->value.size() != 1))
    return refuse(Sw::incorrect_data, "DELETE key identifier or version");
  Content& content = task.environment.content;
  Registry changed = content.draft();
  std::vector<Key>& keys = changed.domains[task.domain].keys;
  const auto gone = [&](const Key& key) {
    return (!identifier || key.identifier == identifier->value[0]) && (!version || key.version == version->value[0]);
  };
  std::vector<std::uint8_t> versions;
  for (const Key& key : keys) {
    if (gone(key)) versions.push_back(key.version);
  }
  if (std::erase_if(keys, gone) == 0) return refuse(Sw::data_not_found, "no such key");
  for (const std::uint8_t old : versions) {
    if (std::ranges::none_of(keys, [&](const Key& key) { return key.version == old; }))
      content.forget_counter(task.self().aid, old, task.environment.txn);
  }
  content.replace(std::move(changed), task.environment.txn);
  return apdu::with_data({0x00});
}

// What one DELETE takes away: marks by index into the registry's lists.
struct Removal {
  explicit Removal(const Registry& registry)
      : domains(registry.domains.size()), applications(registry.applications.size()), rfm(registry.rfm.size()), files(registry.load_files.size()) {}
  std::vector<bool> domains, applications, rfm, files;

  void mark(const Object& object) {
    switch (object.kind) {
      case ObjectKind::domain: domains[object.index] = true; break;
      case ObjectKind::application: applications[object.index] = true; break;
      case ObjectKind::remote_files: rfm[object.index] = true; break;
      case ObjectKind::load_file: files[object.index] = true; break;
    }
  }
  // Marks what depends on what is marked; false: nothing new.
  bool spread(const Registry& registry) {
    bool more = false;
    const auto set = [&more](std::vector<bool>& list, std::size_t i) {
      if (!list[i]) more = list[i] = true;
    };
    for (std::size_t i = 1; i < registry.domains.size(); ++i) {
      if (domains[parent_of(registry, i)]) set(domains, i);
    }
    for (std::size_t i = 0; i < registry.applications.size(); ++i) {
      const Application& application = registry.applications[i];
      if (domains[domain_named(registry, application.security_domain)]) set(applications, i);
      for (std::size_t f = 0; f < files.size(); ++f) {
        if (files[f] && equal(registry.load_files[f].aid, application.package_aid)) set(applications, i);
      }
    }
    for (std::size_t i = 0; i < registry.rfm.size(); ++i) {
      if (domains[domain_named(registry, registry.rfm[i].security_domain)]) set(rfm, i);
    }
    for (std::size_t i = 0; i < files.size(); ++i) {
      if (domains[domain_named(registry, registry.load_files[i].security_domain)]) set(files, i);
    }
    return more;
  }
};

template <typename Item>
void drop(std::vector<Item>& items, const std::vector<bool>& marks) {
  std::size_t i = 0;
  std::erase_if(items, [&](const Item&) { return marks[i++]; });
}

bool is_selected(const Task& task, ByteView aid) {
  return std::ranges::any_of(task.environment.selected, [&](const Bytes& current) { return equal(current, aid); });
}

apdu::Answer delete_object(Task& task, ByteView aid) {
  const Registry& registry = task.registry();
  if (!is_aid(aid)) return refuse(Sw::incorrect_data, "length of an AID");
  const auto object = find_object(registry, aid);
  if (!object) {
    if (is_built_in_package(task.environment.content, aid)) return refuse(Sw::conditions_not_satisfied, "this load file is part of the card");
    return refuse(Sw::data_not_found, "nothing to delete");
  }
  if (object->kind == ObjectKind::domain && object->index == 0) return refuse(Sw::conditions_not_satisfied, "the MNO-SD cannot be deleted");
  const bool allowed = (manages_content(task) && stands_below(registry, object->domain, task.domain)) ||
                       has(task.self().privileges, Privilege::global_delete);
  if (!allowed) return refuse(Sw::conditions_not_satisfied, "the object belongs to another domain");
  Removal removal(registry);
  removal.mark(*object);
  Removal direct = removal;
  const bool more = direct.spread(registry);
  if (more && task.command.p2 != 0x80) return refuse(Sw::conditions_not_satisfied, "other objects depend on it");
  while (removal.spread(registry)) {
  }
  if (removal.domains[task.domain]) return refuse(Sw::conditions_not_satisfied, "a domain cannot delete itself");
  for (std::size_t i = 0; i < removal.domains.size(); ++i) {
    if (removal.domains[i] && is_selected(task, registry.domains[i].aid)) return refuse(Sw::conditions_not_satisfied, "a selected domain");
  }
  for (std::size_t i = 0; i < removal.applications.size(); ++i) {
    if (removal.applications[i] && is_selected(task, registry.applications[i].aid))
      return refuse(Sw::conditions_not_satisfied, "a selected application");
  }
  Content& content = task.environment.content;
  state::Transaction& txn = task.environment.txn;
  Registry changed = content.draft();
  for (std::size_t i = 0; i < removal.domains.size(); ++i) {
    if (removal.domains[i]) content.forget_counters(registry.domains[i].aid, txn);
  }
  for (std::size_t i = 0; i < removal.files.size(); ++i) {
    if (removal.files[i] && registry.load_files[i].code_cell != 0) content.erase_code(registry.load_files[i].code_cell, txn);
  }
  drop(changed.domains, removal.domains);
  drop(changed.applications, removal.applications);
  drop(changed.rfm, removal.rfm);
  drop(changed.load_files, removal.files);
  content.replace(std::move(changed), txn);
  return apdu::with_data({0x00});
}

}  // namespace

apdu::Answer load(Task& task) {
  const apdu::Command& command = task.command;
  // Any refusal ends the load.
  auto loading = std::exchange(task.conversation.loading, std::nullopt);
  Bytes combined = std::exchange(task.conversation.combined, {});
  if (!loading) return refuse(Sw::conditions_not_satisfied, "LOAD without INSTALL [for load]");
  if (command.p1 != kMoreBlocks && command.p1 != kLastBlock) return refuse(Sw::incorrect_p1p2, "LOAD P1");
  if (command.p2 != (loading->next_block & 0xFF)) return refuse(Sw::incorrect_p1p2, "LOAD block number out of sequence");
  if (command.data.empty()) return refuse(Sw::wrong_length, "LOAD without data");
  const std::size_t room = std::min<std::size_t>(kLargestLoadFile, task.environment.free_memory);
  if (loading->collected.size() + command.data.size() > room) return refuse(Sw::not_enough_memory, "load file too large");
  append(loading->collected, command.data);
  ++loading->next_block;
  if (command.p1 == kLastBlock) {
    auto answer = finish_load(task, *loading);
    if (answer) task.conversation.combined = std::move(combined);
    return answer;
  }
  task.conversation.loading = std::move(loading);
  task.conversation.combined = std::move(combined);
  return apdu::done();
}

apdu::Answer delete_content(Task& task) {
  const apdu::Command& command = task.command;
  if (command.p1 != 0x00 || (command.p2 != 0x00 && command.p2 != 0x80)) return refuse(Sw::incorrect_p1p2, "DELETE P1 P2");
  if (!asn1::check_nesting(command.data, 4)) return refuse(Sw::incorrect_data, "DELETE data");
  const auto aid = asn1::find_child(command.data, 0x4F);
  const auto identifier = asn1::find_child(command.data, 0xD0);
  const auto version = asn1::find_child(command.data, 0xD2);
  if (aid && !identifier && !version) return delete_object(task, aid->value);
  if (!aid && (identifier || version)) return delete_keys(task, identifier, version);
  return refuse(Sw::incorrect_data, "DELETE names neither an object nor keys");
}

}  // namespace simurgh::gp
