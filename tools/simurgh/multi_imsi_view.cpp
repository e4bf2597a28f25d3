#include "tools/simurgh/multi_imsi_view.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <iostream>

#include "asn1/tlv.h"
#include "euicc/applets/multi_imsi/applet.h"
#include "euicc/applets/multi_imsi/store.h"

namespace simurgh::tool {
namespace {

using Json = nlohmann::ordered_json;
using multi_imsi::Config;

std::string secret(const crypto::SecretBytes& value, bool show) {
  return show ? to_hex(value.expose()) : "(" + std::to_string(value.size()) + " octets)";
}

// A label may hold any octets.
std::string label_of(const multi_imsi::Identity& identity) {
  const bool plain = std::ranges::all_of(identity.label, [](char c) { return c >= 0x20 && c < 0x7F; });
  return plain ? identity.label : to_hex(text_view(identity.label));
}

// "2026-03-01"
std::string day_text(std::uint32_t days) {
  const std::chrono::year_month_day day{std::chrono::sys_days{std::chrono::days{days}}};
  std::array<char, 24> out{};
  std::snprintf(out.data(), out.size(), "%04d-%02u-%02u", static_cast<int>(day.year()), static_cast<unsigned>(day.month()), static_cast<unsigned>(day.day()));
  return out.data();
}

Json config_json(const Config& config, bool secrets) {
  Json identities = Json::array();
  for (const multi_imsi::Identity& identity : config.identities) {
    Json entry{{"id", identity.id}, {"label", label_of(identity)}, {"imsi", identity.imsi_digits()}, {"mncDigits", identity.mnc_length}};
    if (identity.key_set == 0) {
      entry["key"] = "profile";
    } else if (const multi_imsi::KeySet* set = config.key_set(identity.key_set)) {
      entry["key"] = secret(set->parameters.key, secrets);
      entry["opc"] = secret(set->parameters.opc, secrets);
    }
    if (identity.has(multi_imsi::flag::disabled)) entry["disabled"] = true;
    if (identity.valid_from != 0) entry["validFrom"] = day_text(identity.valid_from);
    if (identity.valid_to != 0) entry["validTo"] = day_text(identity.valid_to);
    identities.push_back(std::move(entry));
  }
  Json rules = Json::array();
  for (const multi_imsi::Rule& rule : config.rules) {
    Json entry{{"pattern", to_hex(rule.pattern.octets)}, {"ids", rule.ids}};
    if (rule.max_days != 0) entry["maxDays"] = rule.max_days;
    rules.push_back(std::move(entry));
  }
  Json out{{"version", config.version}, {"identities", identities}, {"rules", rules}};
  if (config.has(multi_imsi::policy::privacy)) out["privacy"] = true;
  return out;
}

}  // namespace

Json multi_imsi_data_json(const gp::Application& instance, bool secrets) {
  if (!equal(instance.class_aid, multi_imsi::class_aid())) return nullptr;
  Config config;
  for (const Bytes& item : instance.process_data) {
    for (asn1::TlvReader in(item); !in.at_end();) {
      const auto table = in.next();
      if (!table) break;
      if (auto applied = multi_imsi::apply_table(config, table->raw, {}, {}); applied && applied->changed) config = std::move(applied->config);
    }
  }
  if (config.identities.empty()) return nullptr;
  return config_json(config, secrets);
}

Json multi_imsi_json(const gp::Application& instance, state::Transaction& txn, std::uint32_t owner) {
  if (!equal(instance.class_aid, multi_imsi::class_aid())) return nullptr;
  multi_imsi::Store store(txn, owner, instance.aid);
  const auto config = store.config();
  if (!config) return nullptr;
  const multi_imsi::State state = store.state();
  Json out = config_json(*config, false);
  out["active"] = state.active;
  if (state.pending != 0) out["pending"] = state.pending;
  static constexpr const char* kModes[] = {"automatic", "pinned", "held"};
  out["mode"] = kModes[static_cast<int>(state.mode)];
  if (state.mode_until > state.elapsed) out["modeFor"] = state.mode_until - state.elapsed;
  if (state.later_at != 0) out["tableWaitsFor"] = day_text(state.later_at / 86400);
  out["online"] = state.online;
  out["awakeSeconds"] = state.elapsed;
  out["writes"] = state.writes;
  for (Json& entry : out["identities"]) {
    const multi_imsi::IdentityState* own = state.find(entry["id"].get<std::uint8_t>());
    if (own == nullptr) continue;
    if (own->streak != 0) entry["failures"] = own->streak;
    if (own->quarantined_until > state.elapsed) entry["quarantinedFor"] = own->quarantined_until - state.elapsed;
    if (own->last_ok_plmn.known()) entry["lastOk"] = own->last_ok_plmn.text();
  }
  Json networks = Json::array();
  for (const multi_imsi::Pair& pair : state.pairs) {
    static constexpr const char* kOutcomes[] = {"ok", "soft", "hard"};
    Json entry{{"id", pair.id}, {"plmn", pair.plmn.text()}, {"outcome", kOutcomes[static_cast<int>(pair.outcome)]}};
    if (pair.cause != 0xFF) entry["cause"] = pair.cause;
    networks.push_back(std::move(entry));
  }
  out["networks"] = networks;
  Json log = Json::array();
  for (const multi_imsi::LogRecord& record : state.ring) log.push_back(record.text(*config));
  out["log"] = log;
  return out;
}

void print_multi_imsi(const Json& view) {
  std::cout << "    multi-IMSI   table " << view["version"].get<std::uint32_t>();
  if (view.contains("mode")) std::cout << ", " << view["mode"].get<std::string>() << (view["online"].get<bool>() ? ", online" : "");
  if (view.contains("tableWaitsFor")) std::cout << ", another from " << view["tableWaitsFor"].get<std::string>();
  std::cout << '\n';
  for (const Json& entry : view["identities"]) {
    const bool active = view.contains("active") && view["active"] == entry["id"];
    std::cout << "      " << (active ? "* " : "  ") << entry["id"].get<int>() << "  " << entry["imsi"].get<std::string>() << "  "
              << entry["label"].get<std::string>();
    if (entry.contains("lastOk")) std::cout << "  last at " << entry["lastOk"].get<std::string>();
    if (entry.contains("validFrom")) std::cout << "  from " << entry["validFrom"].get<std::string>();
    if (entry.contains("validTo")) std::cout << "  until " << entry["validTo"].get<std::string>();
    if (entry.contains("quarantinedFor")) std::cout << "  out of use for " << entry["quarantinedFor"].get<std::uint64_t>() << " s";
    std::cout << '\n';
  }
  if (!view.contains("log")) return;
  for (const Json& entry : view["log"]) std::cout << "      " << entry.get<std::string>() << '\n';
}

}  // namespace simurgh::tool
