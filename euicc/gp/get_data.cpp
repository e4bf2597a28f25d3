// GET DATA, GlobalPlatform 2.3 11.3, TS 102 226 8.2.1.7.
#include <algorithm>

#include "euicc/gp/commands.h"
#include "euicc/gp/domain_data.h"
#include "euicc/gp/secure_channel.h"

namespace simurgh::gp {
namespace {

using namespace simurgh::literals;
using apdu::refuse;
using apdu::Sw;

constexpr std::uint16_t kVolatileMemory = 0x2000;

// E0: KID, version, then type and length of every component. Lengths above 255 take the extended form (GlobalPlatform 11.3.3.1).
Bytes key_information(const SecurityDomain& domain) {
  asn1::TlvWriter out;
  {
    const auto scope = out.open(0xE0);
    for (const Key& key : domain.keys) {
      Bytes entry{key.identifier, key.version};
      const bool extended = std::ranges::any_of(key.components, [](const KeyComponent& c) { return c.value.size() > 0xFF; });
      for (const KeyComponent& component : key.components) {
        if (extended) entry.push_back(0xFF);
        entry.push_back(component.type);
        append(entry, be_bytes(component.value.size(), extended ? 2 : 1));
      }
      if (extended) {
        entry.push_back(static_cast<std::uint8_t>(key.usage.size()));
        append(entry, key.usage);
        entry.push_back(0x01);
        entry.push_back(key.access);
      }
      out.put(0xC0, entry);
    }
  }
  return out.take();
}

std::vector<Protocol> protocols(const SecurityDomain& domain) {
  std::vector<Protocol> out;
  for (const Key& key : domain.keys) {
    const Protocol protocol = protocol_of(domain, key.version);
    if (protocol.protocol == 0 || !key_set(domain, key.version)) continue;
    if (std::ranges::none_of(out, [&](const Protocol& known) { return known.protocol == protocol.protocol; })) out.push_back(protocol);
  }
  return out;
}

// 66 of a domain whose package brought none (GlobalPlatform H.2).
Bytes card_data(const SecurityDomain& domain) {
  asn1::TlvWriter out;
  {
    const auto outer = out.open(0x66);
    const auto recognition = out.open(0x73);
    out.put(0x06, "2A864886FC6B01"_hex);
    const auto oid = [&](std::uint32_t tag, const Bytes& value) {
      const auto scope = out.open(tag);
      out.put(0x06, value);
    };
    oid(0x60, "2A864886FC6B02020203"_hex);
    oid(0x63, "2A864886FC6B03"_hex);
    for (const Protocol& protocol : protocols(domain)) {
      Bytes value = "2A864886FC6B04"_hex;
      value.push_back(protocol.protocol);
      value.push_back(protocol.i);
      oid(0x64, value);
    }
  }
  return out.take();
}

// 67, GlobalPlatform H.4: the secure channel protocols with "i" and, for SCP03, the sizes of its keys.
Bytes capabilities(const SecurityDomain& domain) {
  asn1::TlvWriter out;
  {
    const auto outer = out.open(0x67);
    for (const Protocol& protocol : protocols(domain)) {
      const auto entry = out.open(0xA0);
      out.put_byte(0x80, protocol.protocol).put_byte(0x81, protocol.i);
      if (protocol.protocol == 0x03) out.put_byte(0x82, 0x07);
    }
  }
  return out.take();
}

apdu::Answer sequence_counter(const Task& task) {
  const bool in_session = task.arrived_by.authenticated() && task.arrived_by.by != Security::By::remote;
  const auto keys = key_set(task.self(), in_session ? task.arrived_by.key_version : 0x00);
  if (!keys) return refuse(Sw::data_not_found, "no key set with a sequence counter");
  const std::uint64_t value = task.environment.content.counter(task.self().aid, keys->version, task.environment.txn);
  const std::size_t size = protocol_of(task.self(), keys->version).protocol == 0x02 ? 2 : 3;
  return apdu::with_data(asn1::tlv(0xC1, be_bytes(value, size)));
}

// 2F00: { 61 { 4F AID } } of what this domain may see.
Bytes application_list(const Task& task) {
  const Registry& registry = task.registry();
  const bool all = task.domain == 0 || has(task.self().privileges, Privilege::global_registry);
  asn1::TlvWriter list;
  const auto entry = [&](ByteView aid, std::size_t domain) {
    if (!all && !stands_below(registry, domain, task.domain)) return;
    const auto scope = list.open(0x61);
    list.put(0x4F, aid);
  };
  for (std::size_t i = 0; i < registry.domains.size(); ++i) entry(registry.domains[i].aid, i);
  for (const Application& application : registry.applications) entry(application.aid, domain_named(registry, application.security_domain));
  Bytes out{0x2F, 0x00};
  append(out, asn1::encode_length(list.view().size()));
  append(out, list.view());
  return out;
}

Bytes extended_resources(const Task& task) {
  asn1::TlvWriter out;
  {
    const auto scope = out.open(0xFF21);
    out.put(0x81, be_bytes(std::min<std::size_t>(task.registry().applications.size(), 0xFF), 1));
    out.put(0x82, be_bytes(task.environment.free_memory, 4)).put(0x83, be_bytes(kVolatileMemory, 2));
  }
  return out.take();
}

}  // namespace

apdu::Answer get_data(Task& task) {
  const std::uint32_t tag = static_cast<std::uint32_t>(task.command.p1) << 8 | task.command.p2;
  switch (tag) {
    case 0x00E0:
      return apdu::with_data(key_information(task.self()));
    case 0x00C1:
      return sequence_counter(task);
    case 0x00D3:
      return apdu::with_data(asn1::tlv(0xD3, Bytes{task.arrived_by.level}));
    case 0x2F00:
      return apdu::with_data(application_list(task));
    case 0xFF21:
      return apdu::with_data(extended_resources(task));
    case 0x0042:
    case 0x0045:
    case 0x0066:
    case 0x0067:
    case 0x00CF:
    case 0x5F50:
      if (auto object = data_object(task.self(), tag)) return apdu::with_data(*std::move(object));
      if (tag == 0x0066) return apdu::with_data(card_data(task.self()));
      if (tag == 0x0067) return apdu::with_data(capabilities(task.self()));
      break;
    default:
      break;
  }
  return refuse(Sw::data_not_found, "GET DATA tag unknown");
}

}  // namespace simurgh::gp
