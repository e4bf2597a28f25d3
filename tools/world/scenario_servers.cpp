// Servers of a scenario, and what changes while it runs.
#include "tools/world/scenario_parts.h"

namespace simurgh::world {
namespace {

void read_stock(YamlMap& map, ServerSpec& server, const Scenario& out) {
  map.each("stock", [&](YamlMap& one) {
    // Numbers that no card has from its factory.
    const std::string number = std::to_string((out.servers.size() + 1) * 100 + server.stock.size() + 1);
    ProfileSpec profile = read_profile(one, out, with_check_digit("89882110000001" + std::string(4 - std::min<std::size_t>(4, number.size()), '0') + number));
    profile.matching_id = one.text("matching_id", profile.id);
    server.stock.push_back(std::move(profile));
  });
}

void read_eim(YamlMap& map, ServerSpec& server) {
  if (map.has("protocols")) {
    const auto protocols = map.texts("protocols");
    server.https = std::ranges::find(protocols, "https") != protocols.end();
    server.coaps = std::ranges::find(protocols, "coaps") != protocols.end();
    if (protocols.empty() || protocols.size() != std::size_t{server.https} + std::size_t{server.coaps}) map.wrong("protocols", "lists https, coaps or both");
  } else {
    (void)map.take("protocols");
  }
  server.coap_port = static_cast<std::uint16_t>(map.integer("coap_port", 5684, 1, 65535));
  server.indirect = map.truth("indirect", false);
  map.each("rules", [&](YamlMap& one) {
    EimRule rule;
    rule.name = one.required("name");
    rule.countries = one.texts("country");
    for (const std::string& country : rule.countries) {
      if (!digits(country, 3, 3)) one.wrong("country", "lists codes of three digits, in quotes");
    }
    rule.download = one.text("download");
    rule.enable = one.text("profile");
    if (rule.download.empty() == rule.enable.empty()) one.wrong("name", "belongs to a rule with one of download and profile");
    rule.enable_after = one.truth("enable", true);
    rule.rollback = one.truth("rollback", true);
    if (std::ranges::any_of(server.rules, [&](const EimRule& other) { return other.name == rule.name; })) one.wrong("name", "is another rule's already");
    server.rules.push_back(std::move(rule));
  });
}

OrderSpec read_order(YamlMap& map) {
  OrderSpec order{.eim = map.required("eim"), .device = map.required("device"), .download = map.text("download"), .enable = map.text("profile"), .disable = map.text("disable")};
  if (int{!order.download.empty()} + int{!order.enable.empty()} + int{!order.disable.empty()} != 1) map.wrong("eim", "has one of download, profile and disable beside it");
  order.indirect = map.truth("indirect", false);
  order.enable_after = map.truth("enable", false);
  order.rollback = map.truth("rollback", true);
  return order;
}

}  // namespace

void read_server(YamlMap& map, Scenario& out) {
  ServerSpec server;
  server.id = map.required("id");
  server.kind = map.required("kind");
  static const std::set<std::string> kKinds{"echo", "eim", "smdp"};
  if (!kKinds.contains(server.kind)) map.wrong("kind", "is echo, eim or smdp");
  server.fqdn = map.required("fqdn");
  server.port = static_cast<std::uint16_t>(map.integer("port", 443, 1, 65535));
  server.latency = map.duration("latency", Time(40));
  server.down = map.truth("down", false);
  if (server.kind == "smdp") read_stock(map, server, out);
  if (server.kind == "eim") read_eim(map, server);
  // One address each, from the block for documentation (RFC 5737).
  server.address = {198, 51, 100, static_cast<std::uint8_t>(10 + out.servers.size())};
  out.servers.push_back(std::move(server));
}

void read_event(YamlMap& map, Scenario& out) {
  WorldEvent event;
  event.at = map.duration("at", Time(0));
  map.inside("when", [&](YamlMap& when) {
    event.when = Cue{.mark = when.required("mark"), .device = when.text("device"), .where = {}};
    when.inside("where", [&](YamlMap& where) {
      for (const std::string& key : where.keys()) event.when->where[key] = where.text(key);
    });
  });
  unsigned targets = 0;
  for (const char* what : {"plmn", "sponsor", "server", "device"}) {
    if (!map.has(what)) {
      (void)map.take(what);
      continue;
    }
    event.what = what;
    event.id = map.text(what);
    ++targets;
    const auto known = [&](const auto& list) { return std::any_of(list.begin(), list.end(), [&](const auto& one) { return one.id == event.id; }); };
    const bool there = event.what == "device" || (event.what == "plmn" ? known(out.plmns) : event.what == "sponsor" ? known(out.sponsors) : known(out.servers));
    if (!there) map.wrong(what, "is '" + event.id + "', which the world does not have");
  }
  targets += map.inside("agreement", [&](YamlMap& agreement) {
    event.what = "agreement";
    event.agreement_sponsor = agreement.required("sponsor");
    event.agreement_plmn = agreement.required("plmn");
  });
  targets += map.inside("order", [&](YamlMap& order) {
    event.what = "order";
    event.order = read_order(order);
    event.id = event.order.eim;
  });
  targets += map.inside("table", [&](YamlMap& message) {
    event.what = "table";
    event.message = {.device = message.required("device"), .table = message.required("table"), .lost = {}};
    for (const std::string& part : message.texts("lost")) {
      if (!digits(part, 1, 2)) message.wrong("lost", "lists numbers of parts, from 1");
      event.message.lost.insert(static_cast<unsigned>(std::stoul(part)));
    }
    event.id = event.message.table;
    if (!out.tables.contains(event.id)) message.wrong("table", "is '" + event.id + "', which is none of the tables");
  });
  if (targets != 1) map.wrong("at", "has one of plmn, sponsor, server, agreement, device, order and table beside it");
  if (event.what == "order" || event.what == "table") {
    (void)map.take("set");
    out.events.push_back(std::move(event));
    return;
  }
  map.inside("set", [&](YamlMap& set) {
    static const std::map<std::string, std::set<std::string>> kKeys{{"plmn", {"down", "silent", "congested", "rejects", "protects"}},
                                                                    {"sponsor", {"down", "barred", "data_down", "session_rejects", "quota_bytes"}},
                                                                    {"server", {"down"}},
                                                                    {"device", {"cut", "emergency"}},
                                                                    {"agreement", {"active", "price_mb"}}};
    for (const std::string& key : kKeys.at(event.what)) {
      if (set.has(key)) {
        const bool cause = key == "rejects" || key == "session_rejects";
        event.set[key] = key == "price_mb"      ? std::to_string(set.number(key, 0))
                         : cause                ? std::to_string(set.integer(key, 0, 0, 113))
                         : key == "quota_bytes" ? std::to_string(set.integer(key, 0, 0, kMostQuota))
                         : set.truth(key, false) ? "true"
                                                 : "false";
      } else {
        (void)set.take(key);
      }
    }
  });
  if (event.set.empty()) map.wrong("set", "says what changes");
  out.events.push_back(std::move(event));
}

// Names that the reader of a server or an event cannot know yet.
void check_servers(const Scenario& scenario) {
  for (const ServerSpec& server : scenario.servers) {
    for (const EimRule& rule : server.rules) {
      if (!rule.download.empty() && scenario.shop(rule.download) == nullptr) throw ScenarioError("rule '" + rule.name + "': no SM-DP+ has a profile '" + rule.download + "'");
      if (!rule.enable.empty() && scenario.profile(rule.enable) == nullptr) throw ScenarioError("rule '" + rule.name + "': there is no profile '" + rule.enable + "'");
    }
  }
}

void check_events(const Scenario& scenario) {
  const auto device = [&](const std::string& id) {
    return std::any_of(scenario.devices.begin(), scenario.devices.end(), [&](const DeviceSpec& one) { return one.id == id; });
  };
  for (const WorldEvent& event : scenario.events) {
    if (event.what == "device" && !device(event.id)) throw ScenarioError("an event is for the device '" + event.id + "', which the scenario does not have");
    if (event.when && !event.when->device.empty() && !device(event.when->device)) throw ScenarioError("an event waits for the device '" + event.when->device + "', which the scenario does not have");
    if (event.what == "table" && !device(event.message.device)) throw ScenarioError("a table is for the device '" + event.message.device + "', which the scenario does not have");
    if (event.what != "order") continue;
    const OrderSpec& order = event.order;
    const ServerSpec* eim = scenario.server(order.eim);
    if (eim == nullptr || eim->kind != "eim") throw ScenarioError("an order is for '" + order.eim + "', which is no eIM of the world");
    if (!device(order.device)) throw ScenarioError("an order is for the device '" + order.device + "', which the scenario does not have");
    if (!order.download.empty() && scenario.shop(order.download) == nullptr) throw ScenarioError("an order: no SM-DP+ has a profile '" + order.download + "'");
    for (const std::string& profile : {order.enable, order.disable}) {
      if (!profile.empty() && scenario.profile(profile) == nullptr) throw ScenarioError("an order: there is no profile '" + profile + "'");
    }
  }
}

}  // namespace simurgh::world
