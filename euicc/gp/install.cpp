// INSTALL, GlobalPlatform 2.3 11.5. Tokens of delegated management are not offered. Byte code is kept and never executed: what becomes
// selectable is a security domain or an applet that the card has in native code.
#include <algorithm>
#include <utility>

#include "euicc/gp/commands.h"
#include "euicc/gp/load_file.h"
#include "euicc/gp/toolkit_address.h"

namespace simurgh::gp {
namespace {

using apdu::refuse;
using apdu::Sw;

constexpr std::uint8_t kForLoad = 0x02, kForInstall = 0x04, kForMakeSelectable = 0x08, kForExtradition = 0x10, kForPersonalization = 0x20,
                       kForRegistryUpdate = 0x40;
constexpr std::uint8_t kEverything = kForLoad | kForInstall | kForMakeSelectable;
constexpr std::uint8_t kBegins = 0x01, kEnds = 0x03;  // P2 of the two commands with kEverything

apdu::Answer bad_fields() { return refuse(Sw::incorrect_data, "fields of INSTALL"); }
apdu::Answer confirmed() { return apdu::with_data({0x00}); }

// Numbers of two or four octets, nothing for another length.
std::optional<std::uint64_t> memory_limit(ByteView value) {
  if (value.size() != 2 && value.size() != 4) return std::nullopt;
  return be_value(value);
}

// ---- [for load]

apdu::Answer for_load(Task& task) {
  FieldReader in(task.command.data);
  const auto aid = in.next(), domain = in.next(), hash = in.next(), parameters = in.next_long(), token = in.next_long();
  if (!aid || !domain || !hash || !parameters || !token || !in.at_end() || !is_aid(*aid) || (!domain->empty() && !is_aid(*domain)))
    return bad_fields();
  if (!hash->empty() && hash->size() != 20 && hash->size() != 32) return refuse(Sw::incorrect_data, "hash of a load file");
  if (!token->empty() || !manages_content(task)) return refuse(Sw::conditions_not_satisfied, "this domain cannot load");
  const Registry& registry = task.registry();
  if (find_object(registry, *aid) || is_built_in_package(task.environment.content, *aid))
    return refuse(Sw::conditions_not_satisfied, "an object of this AID is there already");
  const auto owner = domain->empty() ? std::optional(task.domain) : task.environment.content.find_domain(*domain);
  if (!owner) return refuse(Sw::data_not_found, "security domain unknown");
  if (!stands_below(registry, *owner, task.domain)) return refuse(Sw::conditions_not_satisfied, "the domain belongs to another one");
  if (!parameters->empty()) {
    if (!asn1::check_nesting(*parameters, 2)) return refuse(Sw::incorrect_data, "load parameters");
    if (const auto system = asn1::find_child(*parameters, 0xEF)) {
      if (const auto size = asn1::find_child(system->value, 0xC6)) {
        const auto octets = memory_limit(size->value);
        if (!octets) return refuse(Sw::incorrect_data, "load parameters");
        if (*octets > task.environment.free_memory) return refuse(Sw::not_enough_memory, "load file larger than the memory");
      }
    }
  }
  Conversation::Loading& loading = task.conversation.loading.emplace();
  loading.aid = to_bytes(*aid);
  loading.domain = registry.domains[*owner].aid;
  loading.hash = to_bytes(*hash);
  return confirmed();
}

// ---- [for install], [for make selectable]

struct Parameters {
  Bytes c9, system, toolkit, access, admin_access;
  ToolkitAddress address;
};

apdu::Result<Parameters> read_parameters(const Task& task, ByteView field) {
  Parameters out;
  const auto bad = [] { return refuse(Sw::incorrect_data, "install parameters"); };
  for (asn1::TlvReader in(field); !in.at_end();) {
    const auto entry = in.next();
    if (!entry) return bad();
    if (entry->tag == 0xC9) out.c9 = to_bytes(entry->value);
    if (entry->tag == 0xEF || entry->tag == 0xEA) {
      if (!asn1::check_nesting(entry->value, 4)) return bad();
    }
    if (entry->tag == 0xEF) {
      out.system = to_bytes(entry->value);
      if (const auto memory = asn1::find_child(entry->value, 0xC8)) {
        const auto octets = memory_limit(memory->value);
        if (!octets) return bad();
        if (*octets > task.environment.free_memory) return refuse(Sw::not_enough_memory, "the application asks for too much memory");
      }
      if (const auto toolkit = asn1::find_child(entry->value, 0xCA)) {
        const auto rest = without_access_domain(toolkit->value);
        if (!rest) return bad();
        out.toolkit = to_bytes(*rest);
      }
    }
    if (entry->tag == 0xEA) {
      const auto child = [&](std::uint32_t tag) {
        const auto found = asn1::find_child(entry->value, tag);
        return found ? to_bytes(found->value) : Bytes{};
      };
      if (asn1::find_child(entry->value, 0x80)) out.toolkit = child(0x80);
      out.access = child(0x81);
      out.admin_access = child(0x82);
    }
  }
  auto address = read_toolkit_address(out.toolkit);
  if (!address) return bad();
  out.address = *std::move(address);
  for (const Bytes& tar : out.address.tars) {
    const auto all_of = [&](const auto& list) {
      return std::ranges::any_of(list, [&](const auto& object) { return std::ranges::find(object.tars, tar) != object.tars.end(); });
    };
    bool taken = all_of(task.registry().domains) || all_of(task.registry().rfm);
    for (const Application& application : task.registry().applications) {
      const auto other = read_toolkit_address(application.uicc_toolkit);
      taken = taken || (other && std::ranges::find(other->tars, tar) != other->tars.end());
    }
    if (taken) return refuse(Sw::incorrect_data, "the TAR is taken");
  }
  return out;
}

// What an instance of this class would be.
enum class ClassKind : std::uint8_t { unknown, domain, native, byte_code };

ClassKind kind_of(const Task& task, ByteView package, ByteView class_aid) {
  const Registry& registry = task.registry();
  for (const SecurityDomain& domain : registry.domains) {
    if (equal(domain.class_aid, class_aid) && equal(domain.package_aid, package)) return ClassKind::domain;
  }
  const NativeApplet* native = task.environment.content.natives().find(class_aid);
  const auto is_loaded = [&] { return std::ranges::any_of(registry.load_files, [&](const LoadFile& file) { return equal(file.aid, package); }); };
  if (native != nullptr && (native->package_aid.empty() ? is_loaded() : equal(native->package_aid, package))) return ClassKind::native;
  for (const LoadFile& file : registry.load_files) {
    if (!equal(file.aid, package)) continue;
    const std::vector<Bytes> modules = file.code.empty() ? file.modules : modules_of(file.code);
    if (std::ranges::any_of(modules, [&](const Bytes& module) { return equal(module, class_aid); })) return ClassKind::byte_code;
  }
  return ClassKind::unknown;
}

apdu::Answer for_install(Task& task, bool selectable) {
  FieldReader in(task.command.data);
  const auto package = in.next(), module = in.next(), named = in.next(), privileges = in.next(), parameters = in.next_long(),
             token = in.next_long();
  if (!package || !module || !named || !privileges || !parameters || !token || !in.at_end()) return bad_fields();
  const ByteView aid = named->empty() ? *module : *named;
  if (!is_aid(*package) || !is_aid(*module) || !is_aid(aid) || (privileges->size() != 1 && privileges->size() != 3)) return bad_fields();
  if (!token->empty() || !manages_content(task)) return refuse(Sw::conditions_not_satisfied, "this domain cannot install");
  const ClassKind kind = kind_of(task, *package, *module);
  if (kind == ClassKind::unknown) return refuse(Sw::data_not_found, "load file or module unknown");
  if (kind == ClassKind::byte_code && selectable) return refuse(Sw::data_not_found, "no native applet of this class, and byte code is not executed");
  if (find_object(task.registry(), aid)) return refuse(Sw::conditions_not_satisfied, "an object of this AID is there already");
  if (has(*privileges, Privilege::security_domain) != (kind == ClassKind::domain))
    return refuse(Sw::incorrect_data, "privilege of a security domain and class do not fit");
  auto read = read_parameters(task, *parameters);
  if (!read) return std::unexpected(read.error());
  Content& content = task.environment.content;
  Registry changed = content.draft();
  const std::uint8_t state = selectable ? kSelectable : kInstalled;
  if (kind == ClassKind::domain) {
    SecurityDomain& domain = changed.domains.emplace_back();
    domain.aid = to_bytes(aid);
    domain.package_aid = to_bytes(*package);
    domain.class_aid = to_bytes(*module);
    domain.extradited_to = task.self().aid;
    domain.privileges = to_bytes(*privileges);
    domain.life_cycle = state;
    domain.parameters_c9 = std::move(read->c9);
    domain.uicc_toolkit = std::move(read->toolkit);
    domain.uicc_access = std::move(read->access);
    domain.uicc_admin_access = std::move(read->admin_access);
    domain.tars = std::move(read->address.tars);
    domain.minimum_security_level = read->address.minimum_security_level;
  } else {
    Application& application = changed.applications.emplace_back();
    application.aid = to_bytes(aid);
    application.package_aid = to_bytes(*package);
    application.class_aid = to_bytes(*module);
    application.security_domain = task.self().aid;
    application.privileges = to_bytes(*privileges);
    application.life_cycle = state;
    application.parameters_c9 = std::move(read->c9);
    application.system_parameters = std::move(read->system);
    application.uicc_toolkit = std::move(read->toolkit);
    application.uicc_access = std::move(read->access);
    application.uicc_admin_access = std::move(read->admin_access);
  }
  content.replace(std::move(changed), task.environment.txn);
  return confirmed();
}

apdu::Answer for_make_selectable(Task& task) {
  FieldReader in(task.command.data);
  const auto package = in.next(), module = in.next(), aid = in.next(), privileges = in.next(), parameters = in.next_long(),
             token = in.next_long();
  if (!package || !module || !aid || !privileges || !parameters || !token || !in.at_end()) return bad_fields();
  if (!is_aid(*aid) || (!privileges->empty() && privileges->size() != 1 && privileges->size() != 3)) return bad_fields();
  if (!token->empty() || !manages_content(task)) return refuse(Sw::conditions_not_satisfied, "this domain cannot make selectable");
  const Registry& registry = task.registry();
  const auto object = find_object(registry, *aid);
  if (!object || object->kind == ObjectKind::load_file || object->kind == ObjectKind::remote_files)
    return refuse(Sw::data_not_found, "application unknown");
  if (!stands_below(registry, object->domain, task.domain)) return refuse(Sw::conditions_not_satisfied, "the application belongs to another domain");
  const bool of_domain = object->kind == ObjectKind::domain;
  const std::uint8_t now = of_domain ? registry.domains[object->index].life_cycle : registry.applications[object->index].life_cycle;
  if (now != kInstalled) return refuse(Sw::conditions_not_satisfied, "the application is not in the state INSTALLED");
  if (!of_domain) {
    const Application& application = registry.applications[object->index];
    if (kind_of(task, application.package_aid, application.class_aid) != ClassKind::native)
      return refuse(Sw::data_not_found, "no native applet of this class, and byte code is not executed");
  }
  if (!privileges->empty() && has(*privileges, Privilege::security_domain) != of_domain)
    return refuse(Sw::incorrect_data, "privilege of a security domain and class do not fit");
  Content& content = task.environment.content;
  Registry changed = content.draft();
  Bytes& rights = of_domain ? changed.domains[object->index].privileges : changed.applications[object->index].privileges;
  if (!privileges->empty()) rights = to_bytes(*privileges);
  (of_domain ? changed.domains[object->index].life_cycle : changed.applications[object->index].life_cycle) = kSelectable;
  content.replace(std::move(changed), task.environment.txn);
  return confirmed();
}

// ---- [for extradition], [for registry update]

apdu::Answer for_registry(Task& task, bool extradition) {
  FieldReader in(task.command.data);
  const auto domain = in.next(), empty = in.next(), aid = in.next(), privileges = in.next(), parameters = in.next_long(), token = in.next_long();
  if (!domain || !empty || !aid || !privileges || !parameters || !token || !in.at_end() || !empty->empty()) return bad_fields();
  if (extradition ? !is_aid(*domain) || !privileges->empty() : !domain->empty() && !is_aid(*domain)) return bad_fields();
  if (!is_aid(*aid) || (!privileges->empty() && privileges->size() != 1 && privileges->size() != 3)) return bad_fields();
  if (!token->empty() || !manages_content(task)) return refuse(Sw::conditions_not_satisfied, "this domain cannot change the registry");
  const Registry& registry = task.registry();
  const auto object = find_object(registry, *aid);
  if (!object) return refuse(Sw::data_not_found, "object unknown");
  if (object->kind == ObjectKind::domain && object->index == 0) return refuse(Sw::conditions_not_satisfied, "the MNO-SD stays as it is");
  if (!stands_below(registry, object->domain, task.domain)) return refuse(Sw::conditions_not_satisfied, "the object belongs to another domain");
  Content& content = task.environment.content;
  Registry changed = content.draft();
  if (!domain->empty()) {
    const auto target = content.find_domain(*domain);
    if (!target) return refuse(Sw::data_not_found, "security domain unknown");
    const bool of_domain = object->kind == ObjectKind::domain;
    if (of_domain && *target != object->index && stands_below(registry, *target, object->index))
      return refuse(Sw::conditions_not_satisfied, "a domain cannot stand below itself");
    if (!content.selectable(registry.domains[*target])) return refuse(Sw::conditions_not_satisfied, "the receiving domain is not in use");
    switch (object->kind) {
      case ObjectKind::domain: changed.domains[object->index].extradited_to = to_bytes(*domain); break;
      case ObjectKind::application: changed.applications[object->index].security_domain = to_bytes(*domain); break;
      case ObjectKind::remote_files: changed.rfm[object->index].security_domain = to_bytes(*domain); break;
      case ObjectKind::load_file: changed.load_files[object->index].security_domain = to_bytes(*domain); break;
    }
  }
  if (!privileges->empty()) {
    if (object->kind == ObjectKind::load_file || object->kind == ObjectKind::remote_files) return refuse(Sw::incorrect_data, "it has no privileges");
    if (has(*privileges, Privilege::security_domain) != (object->kind == ObjectKind::domain))
      return refuse(Sw::incorrect_data, "privilege of a security domain and class do not fit");
    (object->kind == ObjectKind::domain ? changed.domains[object->index].privileges : changed.applications[object->index].privileges) =
        to_bytes(*privileges);
  }
  content.replace(std::move(changed), task.environment.txn);
  return confirmed();
}

// ---- [for personalization]

apdu::Answer for_personalization(Task& task) {
  FieldReader in(task.command.data);
  const auto a = in.next(), b = in.next(), aid = in.next(), c = in.next(), d = in.next(), e = in.next();
  if (!a || !b || !aid || !c || !d || !e || !in.at_end() || !is_aid(*aid)) return bad_fields();
  if (!a->empty() || !b->empty() || !c->empty() || !d->empty() || !e->empty()) return bad_fields();
  const auto object = find_object(task.registry(), *aid);
  if (!object || object->kind == ObjectKind::load_file || object->kind == ObjectKind::remote_files)
    return refuse(Sw::data_not_found, "application unknown");
  // GlobalPlatform 7.3.2: only the domain it is associated with.
  if (object->domain != task.domain) return refuse(Sw::conditions_not_satisfied, "the application belongs to another domain");
  const std::uint8_t now = object->kind == ObjectKind::domain ? task.registry().domains[object->index].life_cycle
                                                              : task.registry().applications[object->index].life_cycle;
  if ((now & kLocked) != 0) return refuse(Sw::conditions_not_satisfied, "the application is locked");
  task.conversation.personalized = to_bytes(*aid);
  return confirmed();
}

// [for load, install and make selectable], GlobalPlatform 11.5.2.2: P2 01 begins, LOAD follows, P2 03 ends with what [for install and make
// selectable] has. Each of its commands commits by itself: a load file whose application cannot be installed stays.
apdu::Answer for_everything(Task& task) {
  if (task.command.p2 == kBegins) {
    task.conversation.combined.clear();
    auto answer = for_load(task);
    if (answer) task.conversation.combined = task.conversation.loading->aid;
    return answer;
  }
  const Bytes combined = std::exchange(task.conversation.combined, {});
  if (combined.empty()) return refuse(Sw::conditions_not_satisfied, "the end of a combined INSTALL without its beginning");
  const auto loaded = find_object(task.registry(), combined);
  if (!loaded || loaded->kind != ObjectKind::load_file) return refuse(Sw::conditions_not_satisfied, "the load file is not complete");
  const auto package = FieldReader(task.command.data).next();
  if (!package || !equal(*package, combined)) return refuse(Sw::incorrect_data, "another load file than the one that was loaded");
  return for_install(task, true);
}

}  // namespace

apdu::Answer install(Task& task) {
  if (task.command.p1 == kEverything && (task.command.p2 == kBegins || task.command.p2 == kEnds)) return for_everything(task);
  task.conversation.combined.clear();
  if (task.command.p2 != 0x00) return refuse(Sw::incorrect_p1p2, "INSTALL P2");
  switch (task.command.p1) {
    case kForLoad:
      return for_load(task);
    case kForInstall:
      return for_install(task, false);
    case kForInstall | kForMakeSelectable:
      return for_install(task, true);
    case kForMakeSelectable:
      return for_make_selectable(task);
    case kForExtradition:
      return for_registry(task, true);
    case kForRegistryUpdate:
      return for_registry(task, false);
    case kForPersonalization:
      return for_personalization(task);
    default:
      return refuse(Sw::incorrect_p1p2, "INSTALL P1");
  }
}

}  // namespace simurgh::gp
