// GET STATUS and SET STATUS, GlobalPlatform 2.3 11.4, 11.10.
#include <algorithm>
#include <set>

#include "euicc/gp/commands.h"
#include "euicc/gp/load_file.h"

namespace simurgh::gp {
namespace {

using apdu::refuse;
using apdu::Sw;

constexpr std::uint8_t kIssuer = 0x80, kApplications = 0x40, kLoadFiles = 0x20, kModules = 0x10, kDomainAndItsApplications = 0xC0;

// A page leaves room for padding and a MAC of sixteen octets in a response of 256.
constexpr std::size_t kPage = 239;

struct Entry {
  Bytes aid;
  std::uint8_t life_cycle = 0;
  Bytes privileges;
  Bytes package;               // load file of an instance
  std::vector<Bytes> modules;
  Bytes domain;                // it is associated with
};

// What tag list 5C names; every tag when there is none.
class TagList {
 public:
  explicit TagList(std::optional<ByteView> list) {
    if (!list) return;
    all_ = false;
    for (std::size_t i = 0; i < list->size(); ++i) {
      std::uint32_t tag = (*list)[i];
      if ((tag & 0x1F) == 0x1F && i + 1 < list->size()) tag = tag << 8 | (*list)[++i];
      tags_.insert(tag);
    }
  }
  [[nodiscard]] bool wants(std::uint32_t tag) const { return all_ || tags_.contains(tag); }

 private:
  bool all_ = true;
  std::set<std::uint32_t> tags_;
};

Bytes encode(const Entry& entry, const TagList& tags) {
  asn1::TlvWriter out;
  {
    const auto scope = out.open(0xE3);
    out.put(0x4F, entry.aid);
    if (tags.wants(0x9F70)) out.put_byte(0x9F70, entry.life_cycle);
    if (tags.wants(0xC5) && !entry.privileges.empty()) out.put(0xC5, entry.privileges);
    if (tags.wants(0xC4) && !entry.package.empty()) out.put(0xC4, entry.package);
    if (tags.wants(0x84)) {
      for (const Bytes& module : entry.modules) out.put(0x84, module);
    }
    if (tags.wants(0xCC) && !entry.domain.empty()) out.put(0xCC, entry.domain);
  }
  return out.take();
}

Bytes three_octets(ByteView privileges) {
  Bytes out = to_bytes(privileges);
  out.resize(3, 0x00);
  return out;
}

class Listing {
 public:
  explicit Listing(const Task& task)
      : registry_(task.registry()),
        content_(task.environment.content),
        domain_(task.domain),
        all_(task.domain == 0 || has(task.self().privileges, Privilege::global_registry)) {}

  std::vector<Entry> list(std::uint8_t kind) const {
    std::vector<Entry> out;
    if (kind == kIssuer) {
      if (all_) out.push_back(domain_entry(0, registry_.card_state));
    } else if (kind == kApplications) {
      for (std::size_t i = 1; i < registry_.domains.size(); ++i) {
        if (visible(i)) out.push_back(domain_entry(i, registry_.domains[i].life_cycle));
      }
      for (const Application& application : registry_.applications) {
        const std::size_t domain = domain_named(registry_, application.security_domain);
        if (!visible(domain)) continue;
        out.push_back({.aid = application.aid,
                       .life_cycle = application.life_cycle,
                       .privileges = three_octets(application.privileges),
                       .package = application.package_aid,
                       .modules = {},
                       .domain = registry_.domains[domain].aid});
      }
      for (const RfmInstance& rfm : registry_.rfm) {
        const std::size_t domain = domain_named(registry_, rfm.security_domain);
        if (!visible(domain)) continue;
        out.push_back({.aid = rfm.aid,
                       .life_cycle = kSelectable,
                       .privileges = Bytes(3, 0x00),
                       .package = {},
                       .modules = {},
                       .domain = registry_.domains[domain].aid});
      }
    } else {
      load_files(kind == kModules, out);
    }
    return out;
  }

 private:
  [[nodiscard]] bool visible(std::size_t domain) const { return all_ || stands_below(registry_, domain, domain_); }

  [[nodiscard]] Entry domain_entry(std::size_t i, std::uint8_t life_cycle) const {
    const SecurityDomain& domain = registry_.domains[i];
    return {.aid = domain.aid,
            .life_cycle = life_cycle,
            .privileges = three_octets(domain.privileges),
            .package = domain.package_aid,
            .modules = {},
            .domain = registry_.domains[parent_of(registry_, i)].aid};
  }

  // Packages that are part of the card come first, one entry for each.
  void load_files(bool with_modules, std::vector<Entry>& out) const {
    const auto built_in = [&](ByteView package, ByteView module) {
      if (!visible(0)) return;
      auto entry = std::ranges::find_if(out, [&](const Entry& known) { return equal(known.aid, package); });
      if (entry == out.end()) {
        out.push_back({.aid = to_bytes(package), .life_cycle = 0x01, .privileges = {}, .package = {}, .modules = {}, .domain = registry_.domains[0].aid});
        entry = std::prev(out.end());
      }
      const bool known = std::ranges::any_of(entry->modules, [&](const Bytes& other) { return equal(other, module); });
      if (with_modules && !known) entry->modules.push_back(to_bytes(module));
    };
    for (const SecurityDomain& domain : registry_.domains) built_in(domain.package_aid, domain.class_aid);
    for (const NativeApplet& applet : content_.natives().all()) {
      if (!applet.package_aid.empty()) built_in(applet.package_aid, applet.class_aid);
    }
    for (const LoadFile& file : registry_.load_files) {
      const std::size_t domain = domain_named(registry_, file.security_domain);
      if (!visible(domain)) continue;
      Entry entry{.aid = file.aid, .life_cycle = 0x01, .privileges = {}, .package = {}, .modules = {}, .domain = registry_.domains[domain].aid};
      if (with_modules) entry.modules = file.code.empty() ? file.modules : modules_of(file.code);
      out.push_back(std::move(entry));
    }
  }

  const Registry& registry_;
  const Content& content_;
  std::size_t domain_;
  bool all_;
};

// ---- SET STATUS

apdu::Result<std::uint8_t> next_card_state(const Task& task, std::uint8_t now, std::uint8_t wanted) {
  const auto refused = [] { return refuse(Sw::conditions_not_satisfied, "no such transition of the card"); };
  const ByteView privileges = task.self().privileges;
  switch (wanted) {
    case kInitialized:
      if (now != kOpReady || task.domain != 0) return refused();
      return wanted;
    case kSecured:
      if (now == kCardLocked && has(privileges, Privilege::card_lock)) return wanted;
      if ((now != kOpReady && now != kInitialized) || task.domain != 0) return refused();
      return wanted;
    case kCardLocked:
      if (now != kSecured || !has(privileges, Privilege::card_lock)) return refused();
      return wanted;
    case kTerminated:
      if (!has(privileges, Privilege::card_terminate)) return refused();
      return wanted;
    default:
      return refuse(Sw::incorrect_p1p2, "no life cycle state of a card");
  }
}

// GlobalPlatform 5.3.2: others lock and unlock; a domain is personalized by itself or by those above it.
apdu::Result<std::uint8_t> next_state(std::uint8_t now, std::uint8_t wanted, bool domain) {
  if ((wanted & kLocked) != 0) return static_cast<std::uint8_t>(now | kLocked);
  if ((now & kLocked) != 0) return static_cast<std::uint8_t>(now & ~kLocked);
  if (domain && wanted == kPersonalized && now == kSelectable) return wanted;
  return refuse(Sw::conditions_not_satisfied, "no such transition, or the application's own business");
}

apdu::Answer set_card_state(Task& task) {
  const apdu::Command& command = task.command;
  const auto next = next_card_state(task, task.registry().card_state, command.p2);
  if (!next) return std::unexpected(next.error());
  Registry changed = task.environment.content.draft();
  changed.card_state = *next;
  task.environment.content.replace(std::move(changed), task.environment.txn);
  return apdu::done();
}

}  // namespace

apdu::Answer get_status(Task& task) {
  const apdu::Command& command = task.command;
  Conversation& conversation = task.conversation;
  const std::uint8_t kind = command.p1;
  if (kind != kIssuer && kind != kApplications && kind != kLoadFiles && kind != kModules) return refuse(Sw::incorrect_p1p2, "GET STATUS P1");
  if ((command.p2 & 0xFE) != 0x02) return refuse(Sw::incorrect_p1p2, "GET STATUS P2: only the TLV format is offered");
  const bool next = (command.p2 & 0x01) != 0;
  if (next && (conversation.entries.empty() || conversation.entries_of != kind))
    return refuse(Sw::data_not_found, "no GET STATUS to continue");
  if (!next) {
    conversation.entries.clear();
    conversation.entries_of = kind;
    if (!asn1::check_nesting(command.data, 1)) return refuse(Sw::incorrect_data, "GET STATUS search criteria");
    const auto prefix = asn1::find_child(command.data, 0x4F);
    if (!prefix || prefix->value.size() > 16) return refuse(Sw::incorrect_data, "GET STATUS without tag 4F");
    const auto list = asn1::find_child(command.data, 0x5C);
    const TagList tags(list ? std::optional(list->value) : std::nullopt);
    for (const Entry& entry : Listing(task).list(kind)) {
      if (entry.aid.size() >= prefix->value.size() && equal(ByteView(entry.aid).first(prefix->value.size()), prefix->value))
        conversation.entries.push_back(encode(entry, tags));
    }
    if (conversation.entries.empty()) return refuse(Sw::data_not_found, "nothing matches");
  }
  Bytes page;
  std::size_t count = 0;
  for (const Bytes& entry : conversation.entries) {
    if (count != 0 && page.size() + entry.size() > kPage) break;
    append(page, entry);
    ++count;
  }
  conversation.entries.erase(conversation.entries.begin(), conversation.entries.begin() + static_cast<std::ptrdiff_t>(count));
  return apdu::with_data(std::move(page), conversation.entries.empty() ? Sw::ok : Sw::gp_more_data);
}

apdu::Answer set_status(Task& task) {
  const apdu::Command& command = task.command;
  const Registry& registry = task.registry();
  if (command.p1 == kIssuer) return set_card_state(task);
  if (command.p1 != kApplications && command.p1 != kDomainAndItsApplications) return refuse(Sw::incorrect_p1p2, "SET STATUS P1");
  if (registry.card_state == kTerminated) return refuse(Sw::conditions_not_satisfied, "the card is terminated");
  const auto object = find_object(registry, command.data);
  if (!object || object->kind == ObjectKind::load_file || object->kind == ObjectKind::remote_files)
    return refuse(Sw::data_not_found, "SET STATUS of an unknown application");
  const bool of_domain = object->kind == ObjectKind::domain;
  if (of_domain && object->index == 0) return refuse(Sw::conditions_not_satisfied, "the MNO-SD takes the state of the card");
  const bool itself = of_domain && object->index == task.domain;
  const bool above = itself || stands_below(registry, object->domain, task.domain) || has(task.self().privileges, Privilege::global_lock);
  if (!above) return refuse(Sw::conditions_not_satisfied, "the application belongs to another domain");
  // Nobody unlocks himself.
  const std::uint8_t now = of_domain ? registry.domains[object->index].life_cycle : registry.applications[object->index].life_cycle;
  if (itself && (now & kLocked) != 0) return refuse(Sw::conditions_not_satisfied, "a locked domain cannot unlock itself");
  const auto next = next_state(now, command.p2, of_domain);
  if (!next) return std::unexpected(next.error());
  Registry changed = task.environment.content.draft();
  if (command.p1 == kDomainAndItsApplications) {
    if (!of_domain) return refuse(Sw::data_not_found, "P1 C0 names a security domain");
    if ((command.p2 & kLocked) == 0 && (now & kLocked) == 0) return refuse(Sw::conditions_not_satisfied, "P1 C0 only locks and unlocks");
    const auto apply = [&](std::uint8_t& state) {
      state = static_cast<std::uint8_t>((command.p2 & kLocked) != 0 ? state | kLocked : state & ~kLocked);
    };
    for (std::size_t i = 1; i < changed.domains.size(); ++i) {
      if (stands_below(registry, i, object->index)) apply(changed.domains[i].life_cycle);
    }
    for (Application& application : changed.applications) {
      if (stands_below(registry, domain_named(registry, application.security_domain), object->index)) apply(application.life_cycle);
    }
  } else if (of_domain) {
    changed.domains[object->index].life_cycle = *next;
  } else {
    changed.applications[object->index].life_cycle = *next;
  }
  task.environment.content.replace(std::move(changed), task.environment.txn);
  return apdu::done();
}

}  // namespace simurgh::gp
