#include "euicc/gp/remote.h"

#include <algorithm>

#include "euicc/crypto/des.h"
#include "euicc/crypto/symmetric.h"
#include "euicc/gp/toolkit_address.h"

namespace simurgh::gp {
namespace {

bool has(const std::vector<Bytes>& tars, ByteView tar) {
  return std::ranges::any_of(tars, [&](const Bytes& known) { return equal(known, tar); });
}

// TS 101 220 D: the TAR inside an AID is octets 13 to 15.
bool in_aid(ByteView aid, ByteView tar) { return aid.size() >= 15 && equal(aid.subspan(12, 3), tar); }

bool is_zero(ByteView tar) {
  return std::ranges::all_of(tar, [](std::uint8_t octet) { return octet == 0; });
}

}  // namespace

std::optional<RemoteTarget> find_tar(const Content& content, ByteView tar) {
  if (tar.size() != 3) return std::nullopt;
  const Registry& registry = content.registry();
  using Kind = RemoteTarget::Kind;
  const auto domain_target = [&](std::size_t i) -> std::optional<RemoteTarget> {
    const SecurityDomain& domain = registry.domains[i];
    if (!content.selectable(domain)) return std::nullopt;
    return RemoteTarget{Kind::domain, i, i, domain.minimum_security_level};
  };
  for (std::size_t i = 0; i < registry.domains.size(); ++i) {
    if (has(registry.domains[i].tars, tar)) return domain_target(i);
  }
  for (std::size_t i = 0; i < registry.rfm.size(); ++i) {
    const RfmInstance& rfm = registry.rfm[i];
    if (!has(rfm.tars, tar)) continue;
    const auto domain = content.find_domain(rfm.security_domain);
    if (!domain) return std::nullopt;
    return RemoteTarget{Kind::files, i, *domain, rfm.minimum_security_level};
  }
  for (std::size_t i = 0; i < registry.applications.size(); ++i) {
    const Application& application = registry.applications[i];
    const auto address = read_toolkit_address(application.uicc_toolkit);
    if (!address || !has(address->tars, tar)) continue;
    const auto domain = content.find_domain(application.security_domain);
    if (!domain || !content.selectable(application)) return std::nullopt;
    return RemoteTarget{Kind::application, i, *domain, address->minimum_security_level};
  }
  if (is_zero(tar)) return registry.domains.empty() ? std::nullopt : domain_target(0);
  for (std::size_t i = 0; i < registry.domains.size(); ++i) {
    if (in_aid(registry.domains[i].aid, tar)) return domain_target(i);
  }
  return std::nullopt;
}

const Key* find_key(const SecurityDomain& domain, std::uint8_t version, std::uint8_t identifier) noexcept {
  const auto found =
      std::ranges::find_if(domain.keys, [&](const Key& key) { return key.version == version && key.identifier == identifier; });
  return found == domain.keys.end() ? nullptr : &*found;
}

Bytes key_check_value(std::uint8_t type, ByteView value) {
  if ((type == 0x80 || type == 0x82) && (value.size() == 8 || value.size() == 16 || value.size() == 24)) {
    Bytes check = crypto::des_ecb_encrypt(value, Bytes(8, 0x00));
    check.resize(3);
    return check;
  }
  if (type == 0x88 && (value.size() == 16 || value.size() == 24 || value.size() == 32)) {
    const crypto::Block block = crypto::aes_ecb_encrypt(value, Bytes(16, 0x01));
    return {block[0], block[1], block[2]};
  }
  return {};
}

DataKey data_key(const Key* key) noexcept {
  if (key == nullptr || key->components.empty()) return {};
  const KeyComponent& component = key->components.front();
  const std::size_t size = component.value.size();
  if ((component.type == 0x80 || component.type == 0x82) && (size == 16 || size == 24)) return {0x80, component.value.expose()};
  if (component.type == 0x88 && (size == 16 || size == 24 || size == 32)) return {0x88, component.value.expose()};
  return {};
}

}  // namespace simurgh::gp
