#include "euicc/gp/registry.h"

#include "euicc/gp/octet_record.h"

namespace simurgh::gp {
namespace {

constexpr std::uint8_t kPackageFormat = 1, kChangedFormat = 2;

void write(OctetWriter& out, const Key& key) {
  out.byte(key.version);
  out.byte(key.identifier);
  out.octets(key.usage);
  out.byte(key.access);
  out.octets(key.counter);
  out.number(key.components.size());
  for (const KeyComponent& component : key.components) {
    out.byte(component.type);
    out.byte(component.mac_length);
    out.secret(component.value);
  }
}

void write(OctetWriter& out, const SecurityDomain& domain) {
  out.octets(domain.aid);
  out.octets(domain.package_aid);
  out.octets(domain.class_aid);
  out.octets(domain.extradited_to);
  out.octets(domain.privileges);
  out.byte(domain.life_cycle);
  out.octets(domain.parameters_c9);
  out.octets(domain.uicc_toolkit);
  out.octets(domain.uicc_access);
  out.octets(domain.uicc_admin_access);
  out.octets_list(domain.tars);
  out.byte(domain.minimum_security_level);
  out.number(domain.keys.size());
  for (const Key& key : domain.keys) write(out, key);
  out.octets_list(domain.personal_data);
  out.octets(domain.open_personal_data);
  out.octets(domain.cat_tp_parameters);
}

void write(OctetWriter& out, const RfmInstance& rfm) {
  out.octets(rfm.aid);
  out.octets(rfm.security_domain);
  out.octets_list(rfm.tars);
  out.byte(rfm.minimum_security_level);
  out.octets(rfm.access_domain);
  out.octets(rfm.admin_access_domain);
  out.octets(rfm.adf_aid);
  out.octets(rfm.adf_access_domain);
  out.octets(rfm.adf_admin_access_domain);
}

void write(OctetWriter& out, const LoadFile& file) {
  out.octets(file.aid);
  out.octets(file.security_domain);
  out.octets(file.hash);
  out.octets(file.code);
}

void write(OctetWriter& out, const Application& application) {
  out.octets(application.package_aid);
  out.octets(application.class_aid);
  out.octets(application.aid);
  out.octets(application.security_domain);
  out.octets(application.privileges);
  out.byte(application.life_cycle);
  out.octets(application.parameters_c9);
  out.octets(application.system_parameters);
  out.octets(application.uicc_toolkit);
  out.octets(application.uicc_access);
  out.octets(application.uicc_admin_access);
  out.octets(application.control_reference);
  out.octets_list(application.process_data);
}

template <typename Item>
void write_all(OctetWriter& out, const std::vector<Item>& items) {
  out.number(items.size());
  for (const Item& item : items) write(out, item);
}

void read(OctetReader& in, Key& key) {
  key.version = in.byte();
  key.identifier = in.byte();
  key.usage = in.octets();
  key.access = in.byte();
  key.counter = in.octets();
  key.components.resize(in.count());
  for (KeyComponent& component : key.components) {
    component.type = in.byte();
    component.mac_length = in.byte();
    component.value = in.secret();
  }
}

void read(OctetReader& in, SecurityDomain& domain) {
  domain.aid = in.octets();
  domain.package_aid = in.octets();
  domain.class_aid = in.octets();
  domain.extradited_to = in.octets();
  domain.privileges = in.octets();
  domain.life_cycle = in.byte();
  domain.parameters_c9 = in.octets();
  domain.uicc_toolkit = in.octets();
  domain.uicc_access = in.octets();
  domain.uicc_admin_access = in.octets();
  domain.tars = in.octets_list();
  domain.minimum_security_level = in.byte();
  domain.keys.resize(in.count());
  for (Key& key : domain.keys) read(in, key);
  domain.personal_data = in.octets_list();
  domain.open_personal_data = in.octets();
  domain.cat_tp_parameters = in.octets();
}

void read(OctetReader& in, RfmInstance& rfm) {
  rfm.aid = in.octets();
  rfm.security_domain = in.octets();
  rfm.tars = in.octets_list();
  rfm.minimum_security_level = in.byte();
  rfm.access_domain = in.octets();
  rfm.admin_access_domain = in.octets();
  rfm.adf_aid = in.octets();
  rfm.adf_access_domain = in.octets();
  rfm.adf_admin_access_domain = in.octets();
}

void read(OctetReader& in, LoadFile& file) {
  file.aid = in.octets();
  file.security_domain = in.octets();
  file.hash = in.octets();
  file.code = in.octets();
}

void read(OctetReader& in, Application& application) {
  application.package_aid = in.octets();
  application.class_aid = in.octets();
  application.aid = in.octets();
  application.security_domain = in.octets();
  application.privileges = in.octets();
  application.life_cycle = in.byte();
  application.parameters_c9 = in.octets();
  application.system_parameters = in.octets();
  application.uicc_toolkit = in.octets();
  application.uicc_access = in.octets();
  application.uicc_admin_access = in.octets();
  application.control_reference = in.octets();
  application.process_data = in.octets_list();
}

template <typename Item>
void read_all(OctetReader& in, std::vector<Item>& items) {
  const std::size_t count = in.count();
  for (std::size_t i = 0; i < count && in.ok(); ++i) read(in, items.emplace_back());
}

void write_additions(OctetWriter& out, const SecurityDomain& domain) { out.octets_list(domain.objects); }

void write_additions(OctetWriter& out, const LoadFile& file) {
  out.number(file.code_size);
  out.number(file.code_cell);
  out.octets_list(file.modules);
}

void read_additions(OctetReader& in, SecurityDomain& domain) { domain.objects = in.octets_list(); }

void read_additions(OctetReader& in, LoadFile& file) {
  file.code_size = in.number_as<std::uint32_t>();
  file.code_cell = in.number_as<std::uint32_t>();
  file.modules = in.octets_list();
}

void read_lists(OctetReader& in, Registry& registry) {
  read_all(in, registry.domains);
  read_all(in, registry.rfm);
  read_all(in, registry.load_files);
  read_all(in, registry.applications);
}

}  // namespace

Bytes Registry::encode() const {
  OctetWriter out(1024);
  out.byte(kPackageFormat);
  write_all(out, domains);
  write_all(out, rfm);
  write_all(out, load_files);
  write_all(out, applications);
  return out.take();
}

Bytes Registry::encode_changed() const {
  OctetWriter out(1024);
  out.byte(kChangedFormat);
  write_all(out, domains);
  write_all(out, rfm);
  out.number(load_files.size());
  for (const LoadFile& file : load_files) {
    out.octets(file.aid);
    out.octets(file.security_domain);
    out.octets(file.hash);
    out.octets({});
  }
  write_all(out, applications);
  out.byte(card_state);
  for (const SecurityDomain& domain : domains) write_additions(out, domain);
  for (const LoadFile& file : load_files) write_additions(out, file);
  return out.take();
}

std::optional<Registry> Registry::decode(ByteView encoded) {
  OctetReader in(encoded);
  if (in.byte() != kPackageFormat) return std::nullopt;
  Registry registry;
  read_lists(in, registry);
  if (!in.ended()) return std::nullopt;
  return registry;
}

std::optional<Registry> Registry::decode_changed(ByteView encoded) {
  OctetReader in(encoded);
  if (in.byte() != kChangedFormat) return std::nullopt;
  Registry registry;
  read_lists(in, registry);
  registry.card_state = in.byte();
  for (SecurityDomain& domain : registry.domains) read_additions(in, domain);
  for (LoadFile& file : registry.load_files) read_additions(in, file);
  if (!in.ended()) return std::nullopt;
  return registry;
}

}  // namespace simurgh::gp
