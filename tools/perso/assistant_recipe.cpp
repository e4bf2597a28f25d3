#include "tools/perso/assistant_recipe.h"

#include "ipae/bip/dns.h"
#include "ipae/card/assistant.h"

namespace simurgh::perso {
namespace {

using namespace recipe;
using ipae::seconds;

constexpr std::uint64_t kMostSeconds = 400ULL * 86400;

seconds time_of(const YAML::Node& node, const std::string& key) { return seconds(static_cast<std::int64_t>(number(node, key, kMostSeconds))); }

unsigned count_of(const YAML::Node& node, const std::string& key, std::uint64_t most) { return static_cast<unsigned>(number(node, key, most)); }

Bytes address_of(const YAML::Node& node, const std::string& key) {
  const auto address = ipae::dns::parse_address(text(node, key));
  if (!address) fail("'" + key + "' takes an IP address");
  return *address;
}

void read_polls(const std::string& key, const YAML::Node& value, ipae::PollPolicy& out) {
  if (key == "first") out.first = time_of(value, key);
  else if (key == "firstSpread") out.first_spread = time_of(value, key);
  else if (key == "bootstrapFirst") out.bootstrap_first = time_of(value, key);
  else if (key == "bootstrapSpread") out.bootstrap_spread = time_of(value, key);
  else if (key == "interval") out.interval = std::max(seconds(1), time_of(value, key));
  else if (key == "jitterPercent") out.jitter_percent = count_of(value, key, 100);
  else if (key == "bootstrapInterval") out.bootstrap_interval = std::max(seconds(1), time_of(value, key));
  else if (key == "bootstrapHurry") out.bootstrap_hurry = std::max(seconds(1), time_of(value, key));
  else if (key == "failure") out.failure = std::max(seconds(1), time_of(value, key));
  else if (key == "longest") out.longest = std::max(seconds(1), time_of(value, key));
  else if (key == "packages") out.packages = std::max(1U, count_of(value, key, 64));
  else if (key == "triggerPause") out.trigger_pause = time_of(value, key);
  else fail("'polls' does not know '" + key + "'");
}

void read_fallback(const std::string& key, const YAML::Node& value, ipae::FallbackPolicy& out) {
  if (key == "postSwitch") out.post_switch = std::max(seconds(1), time_of(value, key));
  else if (key == "registrationLoss") out.registration_loss = time_of(value, key);
  else if (key == "dataLoss") out.data_loss = time_of(value, key);
  else if (key == "dataAttempts") out.data_attempts = count_of(value, key, 1000);
  else if (key == "dwell") out.dwell = time_of(value, key);
  else if (key == "most") out.most = count_of(value, key, 1000);
  else if (key == "back") out.back = std::max(seconds(1), time_of(value, key));
  else if (key == "backLongest") out.back_longest = std::max(seconds(1), time_of(value, key));
  else fail("'fallback' does not know '" + key + "'");
}

void read_member(const std::string& key, const YAML::Node& value, ipae::AssistantPolicy& out) {
  if (key == "polls") {
    each(value, "'polls'", [&](const std::string& name, const YAML::Node& one) { read_polls(name, one, out.polls); });
  } else if (key == "fallback") {
    each(value, "'fallback'", [&](const std::string& name, const YAML::Node& one) { read_fallback(name, one, out.fallback); });
  } else if (key == "budget") {
    each(value, "'budget'", [&](const std::string& name, const YAML::Node& one) {
      std::uint64_t& octets = name == "life" ? out.budget.life : name == "day" ? out.budget.day : out.budget.reserve;
      if (name != "life" && name != "day" && name != "reserve") fail("'budget' does not know '" + name + "'");
      octets = number(one, name, 1ULL << 40);
    });
  } else if (key == "nameServers") {
    if (!value.IsSequence()) fail("'nameServers' takes a list");
    for (const auto& one : value) out.bip.name_servers.push_back(address_of(one, key));
  } else if (key == "hosts") {
    each(value, "'hosts'", [&](const std::string& name, const YAML::Node& one) { out.bip.hosts[name] = address_of(one, name); });
  } else if (key == "eims") {
    each(value, "'eims'", [&](const std::string& id, const YAML::Node& one) { out.eims[id] = text(one, id); });
  } else if (key == "buffer") {
    out.bip.buffer = static_cast<std::uint16_t>(std::max<std::uint64_t>(256, number(value, key, 65535)));
  } else if (key == "triggerPort") {
    out.trigger_port = static_cast<std::uint16_t>(number(value, key, 65535));
  } else if (key == "preferCoap") {
    out.prefer_coap = flag(value, key);
  } else if (key == "json") {
    out.json = flag(value, key);
  } else if (key == "minimize") {
    out.minimize = flag(value, key);
  } else if (key == "verifyServers") {
    out.verify = flag(value, key);
  } else if (key == "largestPackage") {
    out.largest_package = static_cast<std::uint32_t>(std::max<std::uint64_t>(4096, number(value, key, 16U << 20)));
  } else {
    fail("'assistant' does not know '" + key + "'");
  }
}

}  // namespace

Bytes read_assistant_recipe(const YAML::Node& node) {
  ipae::AssistantPolicy policy;
  each(node, "'assistant'", [&](const std::string& key, const YAML::Node& value) { read_member(key, value, policy); });
  return ipae::encode(policy);
}

}  // namespace simurgh::perso
