#include "tools/perso/card_maker.h"

#include <algorithm>

#include "asn1/tlv.h"
#include "euicc/iot/associations.h"
#include "euicc/iot/cells.h"
#include "euicc/iot/immediate_enable.h"
#include "euicc/profile/package.h"

namespace simurgh::perso {
namespace {

using crypto::Certificate;
using crypto::CertificateSpec;
using crypto::EcPrivateKey;

constexpr std::int64_t kEndOfTime = 174385734538;  // year 7496, as the certificates of real test cards have it

std::string digits(std::size_t count, crypto::Rng& rng) {
  std::string out;
  while (out.size() < count) {
    for (const std::uint8_t octet : rng.bytes(count)) {
      if (octet < 250 && out.size() < count) out.push_back(static_cast<char>('0' + octet % 10));
    }
  }
  return out;
}

std::string iin_of(const std::vector<Root>& roots) {
  for (const Root& root : roots) {
    if (root.eum && !root.eum->certificate.permitted_serial_prefixes.empty()) return root.eum->certificate.permitted_serial_prefixes.front();
  }
  return "89049032";
}

ecasd::Eid choose_eid(const CardSpec& spec, crypto::Rng& rng) {
  for (const Root& root : spec.roots) {
    if (!root.euicc) continue;
    const std::string& named = root.euicc->certificate.subject_serial_number;
    const auto eid = ecasd::parse_eid(named);
    if (!eid) throw CardError("the eUICC certificate names no valid EID (serialNumber '" + named + "')");
    if (!spec.eid.empty() && spec.eid != named) throw CardError("--eid " + spec.eid + " differs from the eUICC certificate's " + named);
    return *eid;
  }
  if (!spec.eid.empty()) {
    const auto eid = ecasd::parse_eid(spec.eid);
    if (eid) return *eid;
    const auto mended = spec.eid.size() == 32 ? ecasd::complete_eid(std::string_view(spec.eid).substr(0, 30)) : std::nullopt;
    throw CardError("'" + spec.eid + "' is no EID: 32 digits whose last two are check digits" +
                    (mended ? "; with these first 30 it is " + ecasd::eid_text(*mended) : std::string()));
  }
  const std::string prefix = iin_of(spec.roots);
  if (prefix.size() > 30) throw CardError("the EUM's issuer number is longer than an EID");
  return *ecasd::complete_eid(prefix + digits(30 - prefix.size(), rng));
}

Identity mint(const CertificateSpec& spec, crypto::Curve curve, const Identity& issuer, crypto::Rng& rng) {
  auto key = EcPrivateKey::generate(curve, rng);
  auto certificate = crypto::parse_certificate(crypto::mint_certificate(spec, key.public_key(), *issuer.key, &issuer.certificate, rng));
  if (!certificate) throw CardError("a minted certificate cannot be read back");
  return {*std::move(certificate), std::move(key)};
}

Identity mint_eum(const Root& root, const std::string& eid, crypto::Rng& rng) {
  CertificateSpec spec;
  spec.subject = {"Simurgh Test EUM", "Simurgh EUM", "", "IR", ""};
  spec.role = crypto::Role::eum;
  spec.ca = true;
  spec.path_len = 0;
  spec.registered_id = *crypto::oid_content("2.999.5");
  spec.permitted_organization = "Simurgh EUM";
  spec.permitted_serial_prefix = eid.substr(0, 8);
  spec.not_before = root.ci.not_before;
  spec.not_after = root.ci.not_after;
  return mint(spec, root.ci.key->curve(), {root.ci, root.ci_key}, rng);
}

Identity mint_euicc(const Identity& eum, const std::string& eid, crypto::Rng& rng) {
  CertificateSpec spec;
  spec.subject = {"Simurgh eUICC", eum.certificate.subject_organization, "", "IR", eid};
  spec.role = crypto::Role::euicc;
  spec.not_before = eum.certificate.not_before;
  spec.not_after = kEndOfTime;
  return mint(spec, eum.certificate.key->curve(), eum, rng);
}

void check_chain(const Root& root, const Identity& eum, const Identity& euicc, const std::string& eid) {
  if (!crypto::issued_by(eum.certificate, root.ci)) throw CardError("the EUM certificate was not issued by the CI certificate");
  if (!crypto::issued_by(euicc.certificate, eum.certificate)) throw CardError("the eUICC certificate was not issued by the EUM certificate");
  if (!euicc.certificate.key || !euicc.key || euicc.certificate.key->point() != euicc.key->public_key().point()) {
    throw CardError("the eUICC certificate and the eUICC key do not belong together");
  }
  const auto& prefixes = eum.certificate.permitted_serial_prefixes;
  if (!prefixes.empty() && std::ranges::none_of(prefixes, [&](const std::string& prefix) { return eid.starts_with(prefix); })) {
    throw CardError("the EUM may issue EIDs that start with " + prefixes.front() + ", not " + eid);
  }
}

ecasd::Ecasd make_identity(const CardSpec& spec, crypto::Rng& rng) {
  if (spec.roots.empty()) throw CardError("a card needs at least one CI: --pki FOLDER, or --ci-cert with a key");
  ecasd::Ecasd out;
  out.eid = choose_eid(spec, rng);
  out.capabilities = spec.capabilities;
  const std::string eid = ecasd::eid_text(out.eid);
  for (const Root& root : spec.roots) {
    if (!root.ci.key || root.ci.ski.empty()) throw CardError("a CI certificate has no usable key or no subject key identifier");
    out.anchors.push_back({root.ci.ski, *root.ci.key, root.ci.der});
    std::optional<Identity> eum = root.eum;
    if (root.euicc && !eum) throw CardError("--euicc-cert needs the EUM's certificate too (--eum-cert)");
    if (!root.euicc && !(eum && eum->key)) {
      if (!root.ci_key) continue;
      eum = mint_eum(root, eid, rng);
    }
    const Identity euicc = root.euicc ? *root.euicc : mint_euicc(*eum, eid, rng);
    check_chain(root, *eum, euicc, eid);
    out.chains.push_back({root.ci.ski, eum->certificate.der, euicc.certificate.der, *euicc.key});
  }
  if (out.chains.empty()) throw CardError("the card cannot sign under any CI: give a CI, EUM or eUICC key");
  return out;
}

void install(state::Transaction& txn, const FactoryProfile& factory, const ecasd::Ecasd& identity) {
  profile::PackageInterpreter interpreter(profile::PackageLimits{
      .demandable = profile::demandable_services(identity.capabilities.uicc_capability), .memory = identity.capabilities.free_memory});
  const bool good = interpreter.feed(factory.package) && interpreter.finish();
  if (!good) {
    const auto& statuses = interpreter.statuses();
    throw CardError(std::string("a profile package does not install: ") + (statuses.empty() ? "unknown reason" : statuses.back().why) +
                    "; 'simurgh profile check' tells more");
  }
  profile::ProfileImage image = interpreter.take();
  profile::Registry registry(txn);
  profile::ProfileEntry entry;
  entry.number = registry.lowest_free_number();
  entry.aid = profile::isdp_aid(entry.number);
  entry.metadata = factory.metadata;
  entry.factory = true;
  entry.ci_key_id = identity.chains.front().ci_key_id;
  if (entry.metadata.iccid.empty()) {
    const uicc::NodeId file = image.files.child(uicc::kMf, 0x2FE2);
    if (file != uicc::kNoNode) entry.metadata.iccid = image.files.at(file).body;
  }
  if (entry.metadata.iccid.size() != 10) throw CardError("a profile package has no EF.ICCID; name the ICCID in the recipe");
  if (registry.by_iccid(entry.metadata.iccid)) throw CardError("two profiles have the same ICCID " + to_hex(entry.metadata.iccid));
  if (factory.enabled) {
    if (registry.enabled()) throw CardError("two profiles are to be enabled; one at most can be");
    entry.state = profile::ProfileState::enabled;
  }
  if (factory.fallback) {
    if (!identity.capabilities.iot) throw CardError("'fallbackAttribute' is for a card with 'iot'");
    if (!entry.metadata.fallback_allowed.value_or(false)) throw CardError("a profile with 'fallbackAttribute' needs 'fallbackAllowed'");
    if (txn.find(iot::kFallbackAttribute) != nullptr) throw CardError("two profiles are to have the fallback attribute; one at most can");
    txn.put(iot::kFallbackAttribute, be_bytes(entry.number, 4));
  }
  registry.save(entry);
  registry.save_image(entry.number, image.encode());
}

const char* refusal(iot::EimCode code) {
  switch (code) {
    case iot::EimCode::insufficient_memory: return "no room for it; raise 'eimCapacity'";
    case iot::EimCode::already_exists: return "another one has the same id";
    case iot::EimCode::ci_pk_unknown: return "the card does not sign under its 'ciKeyId'";
    case iot::EimCode::invalid_association_token: return "its token can only be asked for, not given";
    case iot::EimCode::counter_out_of_range: return "its counter is not in 0 to 8388607";
    default: return "its id, counter or key is missing or cannot be read";
  }
}

void associate(state::Transaction& txn, const IotFactory& factory, const ecasd::Ecasd& identity) {
  if (!identity.capabilities.iot) {
    if (!factory.eims.empty() || factory.immediate_enable || !factory.assistant.empty()) throw CardError("eIMs are for a card with 'iot'");
    return;
  }
  if (!factory.assistant.empty()) {
    if (!identity.capabilities.iot->ipae) throw CardError("'assistant' is for a card with 'ipae'");
    txn.put({state::Space::ipae, 0, 1}, factory.assistant);
  }
  iot::Associations associations(txn, identity);
  for (const Bytes& eim : factory.eims) {
    const auto entry = asn1::read_only(eim, 0x30);
    const auto data = entry ? iot::read_eim_data(entry->value) : std::nullopt;
    const auto added = associations.add(data);
    if (!added) throw CardError("the eIM '" + (data && data->id ? *data->id : std::string("?")) + "' is refused: " + refusal(added.error()));
  }
  if (factory.immediate_enable && iot::store_immediate_enable(txn, *factory.immediate_enable, false) != iot::ConfigureCode::ok) {
    throw CardError("the configuration of immediate enabling is refused: OID or address are too long");
  }
}

}  // namespace

std::vector<Root> roots_of(const Pki& pki) {
  std::vector<Root> out;
  for (const Pki::Curve& c : pki.curves) {
    if (!c.ci) continue;
    Root root{.ci = c.ci->certificate, .ci_key = c.ci->key, .eum = {}, .euicc = {}};
    if (c.eum && c.eum->key) root.eum = c.eum;
    out.push_back(std::move(root));
  }
  return out;
}

std::map<state::Key, state::Cell> make_cells(const CardSpec& spec, crypto::Rng& rng) {
  state::MemoryStore store;
  state::Transaction txn(store);
  const ecasd::Ecasd identity = make_identity(spec, rng);
  identity.store(txn);
  for (const FactoryProfile& factory : spec.profiles) install(txn, factory, identity);
  associate(txn, spec.iot, identity);
  if (const auto stored = txn.commit(); !stored) throw CardError(stored.error().what);
  return store.cells();
}

std::map<state::Key, state::Cell> make_identity_cells(const CardSpec& spec, crypto::Rng& rng) {
  state::MemoryStore store;
  state::Transaction txn(store);
  make_identity(spec, rng).store(txn);
  if (const auto stored = txn.commit(); !stored) throw CardError(stored.error().what);
  return store.cells();
}

}  // namespace simurgh::perso
