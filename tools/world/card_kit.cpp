// The cards of a scenario: a PKI of their own, factory profiles of the sponsors, the applets they run.
#include <yaml-cpp/yaml.h>

#include <algorithm>

#include "asn1/tlv.h"
#include "euicc/applets/multi_imsi/applet.h"
#include "euicc/applets/multi_imsi/table.h"
#include "euicc/crypto/symmetric.h"
#include "ipae/card/assistant.h"
#include "tools/perso/card_maker.h"
#include "tools/perso_upp/multi_imsi_recipe.h"
#include "tools/perso_upp/upp_builder.h"
#include "tools/smdp/es9plus.h"
#include "tools/terminal/hss.h"
#include "tools/world/card_kit.h"
#include "tools/world/seeded_openssl.h"

namespace simurgh::world {
namespace {

constexpr std::uint8_t kWildcard = 0x0E;

// TS 31.102 4.2.2
Bytes imsi_image(const std::string& digits) {
  Bytes out{static_cast<std::uint8_t>(1 + digits.size() / 2), static_cast<std::uint8_t>((digits[0] - '0') << 4 | (digits.size() % 2 == 1 ? 0x09 : 0x01))};
  for (std::size_t i = 1; i < digits.size(); i += 2) {
    const int high = i + 1 < digits.size() ? digits[i + 1] - '0' : 0x0F;
    out.push_back(static_cast<std::uint8_t>(high << 4 | (digits[i] - '0')));
  }
  out.resize(9, 0xFF);
  return out;
}

// "99970", "310410", "724xx", "default"
multi_imsi::Pattern pattern_of(const std::string& match) {
  multi_imsi::Pattern out;
  if (match == "default") return out;
  if (match.size() != 5 && match.size() != 6) throw ScenarioError("rule '" + match + "' is default, or MCC and MNC with x for any digit");
  std::uint8_t nibbles[6] = {0, 0, 0, 0, 0, 0x0F};
  for (std::size_t i = 0; i < match.size(); ++i) {
    const char c = match[i];
    if (c != 'x' && (c < '0' || c > '9')) throw ScenarioError("rule '" + match + "' is default, or MCC and MNC with x for any digit");
    nibbles[i] = c == 'x' ? kWildcard : static_cast<std::uint8_t>(c - '0');
  }
  // An MNC that is not named has any length.
  if (match.substr(3) == "xx") nibbles[5] = kWildcard;
  out.octets = {static_cast<std::uint8_t>(nibbles[1] << 4 | nibbles[0]), static_cast<std::uint8_t>(nibbles[5] << 4 | nibbles[2]), static_cast<std::uint8_t>(nibbles[4] << 4 | nibbles[3])};
  return out;
}

template <typename Map>
std::uint8_t bits_of(const auto& words, const Map& known, const char* what) {
  std::uint8_t out = 0;
  for (const std::string& word : words) {
    const auto at = known.find(word);
    if (at == known.end()) throw ScenarioError(std::string(what) + " '" + word + "' is unknown");
    out = static_cast<std::uint8_t>(out | at->second);
  }
  return out;
}

multi_imsi::Config config_of(const Scenario& scenario, const Table& table) {
  namespace mi = multi_imsi;
  static const std::map<std::string, std::uint8_t> kFlags{{"local", mi::flag::local}, {"roaming", mi::flag::roaming_only}, {"last_resort", mi::flag::last_resort}, {"data_check", mi::flag::data_check},
                                                          {"disabled", mi::flag::disabled}, {"metered", mi::flag::metered}, {"pooled", mi::flag::pooled}};
  static const std::map<std::string, std::uint8_t> kRuleFlags{{"exclusive", mi::rule_flag::exclusive}, {"sticky", mi::rule_flag::sticky}, {"legal", mi::rule_flag::legal}};
  static const std::map<std::string, std::uint8_t> kPolicy{{"prefer", mi::policy::prefer}, {"data_check", mi::policy::data_check}, {"sensing", mi::policy::sensing}, {"menu", mi::policy::menu},
                                                           {"boots", mi::policy::boots}, {"trust_unprotected", mi::policy::trust_unprotected}, {"privacy", mi::policy::privacy}};
  static const std::map<std::string, mi::FplmnPolicy> kForbidden{{"clear", mi::FplmnPolicy::clear}, {"restore", mi::FplmnPolicy::restore}, {"seed", mi::FplmnPolicy::seed}, {"leave", mi::FplmnPolicy::leave}};
  mi::Config out;
  out.version = table.version;
  out.default_id = static_cast<std::uint8_t>(table.default_id);
  out.fallback_id = static_cast<std::uint8_t>(table.fallback_id);
  out.swaps_an_hour = static_cast<std::uint8_t>(table.swaps_an_hour);
  out.swaps_a_day = static_cast<std::uint8_t>(table.swaps_a_day);
  out.limited_spread = static_cast<std::uint8_t>(table.limited_spread);
  out.policy = bits_of(table.policy, kPolicy, "policy");
  out.refresh_modes = table.refresh_modes;
  for (const auto& [name, time] : table.timers) {
    std::size_t at = 0;
    while (at < mi::kConfigured && name != mi::timer_name(static_cast<mi::Timer>(at))) ++at;
    if (at == mi::kConfigured) throw ScenarioError("timer '" + name + "' is unknown");
    out.timers[at] = static_cast<std::uint32_t>(time / std::chrono::seconds(1));
  }
  for (const IdentitySpec& spec : table.identities) {
    const SponsorSpec& sponsor = *scenario.sponsor(spec.sponsor);
    mi::Identity identity;
    identity.id = static_cast<std::uint8_t>(spec.id);
    identity.label = sponsor.id.substr(0, 10);
    identity.imsi = imsi_image(sponsor.imsi);
    identity.mnc_length = static_cast<std::uint8_t>(sponsor.home.size() - 3);
    identity.flags = bits_of(spec.flags, kFlags, "flag");
    const auto forbidden = kForbidden.find(spec.fplmn);
    if (forbidden == kForbidden.end()) throw ScenarioError("fplmn is clear, restore, seed or leave");
    identity.fplmn = forbidden->second;
    // The default identity is the profile's own.
    if (spec.id != table.default_id) {
      identity.key_set = static_cast<std::uint8_t>(spec.id);
      auto aka = terminal::aka_parameters({.algorithm = sponsor.algorithm, .key = sponsor.key, .opc = sponsor.opc, .op = {}});
      if (!aka) throw ScenarioError("sponsor " + sponsor.id + ": " + aka.error());
      out.key_sets.push_back({.ref = identity.key_set, .parameters = *std::move(aka)});
    }
    out.identities.push_back(std::move(identity));
  }
  for (const RuleSpec& spec : table.rules) {
    mi::Rule rule;
    rule.pattern = pattern_of(spec.match);
    for (const unsigned id : spec.ids) rule.ids.push_back(static_cast<std::uint8_t>(id));
    rule.flags = bits_of(spec.flags, kRuleFlags, "flag");
    rule.max_days = static_cast<std::uint16_t>(spec.max_days);
    if (rule.max_days != 0) rule.flags |= mi::rule_flag::legal;
    out.rules.push_back(std::move(rule));
  }
  return out;
}

// What changes a table that is on a card to this one, over the air: its version, its identities and its rules (E1, a patch). Keys are not sent:
// new identities would have none.
Bytes update_of(const multi_imsi::Config& config) {
  asn1::TlvWriter out;
  {
    const auto whole = out.open(0xE1);
    out.put(0x80, be_bytes(config.version, 4)).put_byte(0x81, static_cast<std::uint8_t>(multi_imsi::Operation::patch)).put_byte(0x82, 1);
    for (const multi_imsi::Identity& identity : config.identities) out.raw(multi_imsi::write_identity(identity));
    for (const multi_imsi::Rule& rule : config.rules) out.raw(multi_imsi::write_rule(rule));
  }
  return out.take();
}

Bytes package_of(const Scenario& scenario, const ProfileSpec& profile) {
  const SponsorSpec& sponsor = *scenario.sponsor(profile.sponsor);
  perso::ProfileRecipe recipe = perso::default_recipe(profile.iccid, sponsor.imsi, *from_hex(sponsor.key), *from_hex(sponsor.opc));
  recipe.name = profile.id;
  recipe.spn = profile.id.substr(0, 16);
  recipe.mnc_digits = static_cast<unsigned>(sponsor.home.size() - 3);
  recipe.forbidden = profile.forbidden;
  if (!profile.apn.empty()) recipe.connectivity = perso::connectivity_of(profile.apn);
  if (!profile.table.empty()) {
    recipe.applications.push_back(perso::multi_imsi_application(config_of(scenario, scenario.tables.at(profile.table))));
  }
  return perso::build_profile(recipe);
}

// The part of the card's recipe that makes it an IoT card with an assistant (SGP.32 v1.2 3.8), with its eIMs.
perso::CardRecipe recipe_of(const Scenario& scenario, const DeviceSpec& device, const perso::Pki& pki) {
  YAML::Node iot = device.iot.empty() ? YAML::Node(YAML::NodeType::Map) : YAML::Load(device.iot);
  if (!iot["ipae"].IsDefined()) iot["ipae"] = true;
  if (std::ranges::any_of(device.profiles, &ProfileSpec::emergency)) iot["ecall"] = true;
  // Small modems name no resolver (TS 102 223 5.2 byte 33), so the factory does.
  if (!iot["assistant"]["nameServers"].IsDefined()) iot["assistant"]["nameServers"].push_back("192.0.2.53");
  for (const std::string& id : device.eims) {
    const ServerSpec& server = *scenario.server(id);
    YAML::Node eim;
    eim["id"] = server.fqdn;
    eim["idType"] = "fqdn";
    // A host without a port means that of each protocol.
    eim["fqdn"] = server.https && server.port != 443 ? server.fqdn + ":" + std::to_string(server.port) : server.fqdn;
    eim["key"] = "pki";
    eim["tlsKey"] = "pki";
    if (server.https) eim["protocols"].push_back("retrieveHttps");
    if (server.coaps) eim["protocols"].push_back("retrieveCoaps");
    if (server.indirect) eim["indirectDownload"] = true;
    iot["eims"].push_back(eim);
  }
  YAML::Node recipe;
  recipe["iot"] = iot;
  YAML::Emitter text;
  text << recipe;
  return perso::parse_card_recipe(text.c_str(), &pki);
}

// What the SM-DP+ tells the card of a profile: its server hears of every event.
Bytes metadata_of(const ServerSpec& shop, const ProfileSpec& profile) {
  asn1::TlvWriter out;
  {
    const auto scope = out.open(0xBF25);
    out.put(0x5A, smdp::iccid_octets(profile.iccid)).put_text(0x91, profile.sponsor).put_text(0x92, profile.id).put_byte(0x95, 2);
    {
      const auto configuration = out.open(0xB6);
      for (unsigned bit = 0; bit < 4; ++bit) {
        const auto entry = out.open(0x30);
        out.put_bits(0x80, std::uint64_t{1} << bit).put_text(0x81, shop.fqdn);
      }
    }
    if (profile.fallback) out.put_byte(0x9F67, 0xFF);
  }
  return out.take();
}

void make_cards(const Scenario& scenario, const DeviceSpec& device, CardKit& out, crypto::Rng& rng) {
  perso::CardSpec spec;
  spec.roots = perso::roots_of(out.pki);
  spec.eid = device.eid;
  if (device.assisted()) {
    perso::CardRecipe recipe = recipe_of(scenario, device, out.pki);
    spec.capabilities = recipe.capabilities;
    spec.iot = std::move(recipe.iot);
  }
  for (const ProfileSpec& profile : device.profiles) {
    perso::FactoryProfile factory{.package = package_of(scenario, profile), .metadata = {}, .enabled = profile.enabled};
    if (device.assisted() && profile.fallback) {
      factory.fallback = true;
      factory.metadata.fallback_allowed = true;
    }
    if (device.assisted() && profile.emergency) factory.metadata.ecall_indication = true;
    spec.profiles.push_back(std::move(factory));
  }
  out.cells[device.id] = perso::make_cells(spec, rng);
  if (!device.assisted()) return;
  // Servers tell cards apart: each has its own EID and keys, and shares the rest.
  auto& identities = out.identities[device.id];
  spec.eid.clear();
  for (unsigned i = 1; i < device.count; ++i) identities.push_back(perso::make_identity_cells(spec, rng));
}

}  // namespace

std::map<state::Key, state::Cell> CardKit::card(const std::string& device, unsigned number) const {
  auto out = cells.at(device);
  const auto own = identities.find(device);
  if (number == 0 || own == identities.end()) return out;
  for (const auto& [key, cell] : own->second.at(number - 1)) out[key] = cell;
  return out;
}

std::shared_ptr<const CardKit> make_kit(const Scenario& scenario) {
  auto out = std::make_shared<CardKit>();
  out->applets.add(multi_imsi::row());
  out->applets.add(ipae::assistant_row());
  const auto digest = crypto::sha256({text_view(scenario.name)});
  const auto rng = crypto::seeded_rng(be_value(ByteView(digest).first(8)));
  const SeededOpenssl seeded(*rng);
  perso::PkiSpec spec{.not_before = scenario.start - 86400};
  for (const ServerSpec& server : scenario.servers) {
    if (server.kind != "echo") spec.hosts.push_back(server.fqdn);
  }
  out->pki = perso::make_pki(spec, *rng);
  for (const ServerSpec& server : scenario.servers) {
    for (const ProfileSpec& profile : server.stock) out->stock[profile.id] = {package_of(scenario, profile), metadata_of(server, profile)};
  }
  for (const WorldEvent& event : scenario.events) {
    if (event.what == "table") out->updates[event.id] = update_of(config_of(scenario, scenario.tables.at(event.id)));
  }
  for (const DeviceSpec& device : scenario.devices) {
    try {
      make_cards(scenario, device, *out, *rng);
    } catch (const ScenarioError&) {
      throw;
    } catch (const std::exception& wrong) {
      throw ScenarioError("device " + device.id + ": its card cannot be made: " + wrong.what());
    }
  }
  return out;
}

}  // namespace simurgh::world
