#include "ipae/card/agent_errands.h"

#include "euicc/ecasd/ecasd.h"
#include "ipae/es9/package_body.h"

namespace simurgh::ipae {
namespace {

// Answers that are kept whole: packages of an eIM and everything of an SM-DP+ but the profile, which goes to the card as it arrives.
constexpr std::size_t kLargestAnswer = 32 * 1024;

// In base64 a package is a third longer.
HttpLimits http_limits(const AssistantPolicy& policy, bool json) {
  const std::uint64_t package = json ? std::uint64_t{policy.largest_package} * 4 / 3 : policy.largest_package;
  return {.body = kLargestAnswer, .streamed = package + PackageBody::kMost};
}

// An exchange and the nets beneath it.
class OwnedExchange final : public esipa::EsipaExchange {
 public:
  OwnedExchange(std::unique_ptr<NetPort> net, std::unique_ptr<esipa::EsipaExchange> exchange) : net_(std::move(net)), exchange_(std::move(exchange)) {}
  Task<esipa::EsipaResult<std::optional<Bytes>>> exchange(esipa::Function function, Bytes message) override {
    return exchange_->exchange(function, std::move(message));
  }
  Task<esipa::EsipaResult<std::optional<Bytes>>> get_bound_profile_package(Bytes message, OctetSink& package) override {
    return exchange_->get_bound_profile_package(std::move(message), package);
  }
  Task<> close() override { return exchange_->close(); }

 private:
  std::unique_ptr<NetPort> net_;
  std::unique_ptr<esipa::EsipaExchange> exchange_;  // over net_
};

// One way, and another while the first has never led anywhere: where UDP is blocked, TCP may be open, and the other way round.
class TwoWays final : public esipa::EsipaExchange {
 public:
  TwoWays(std::unique_ptr<esipa::EsipaExchange> first, std::unique_ptr<esipa::EsipaExchange> second)
      : ways_{std::move(first), std::move(second)} {}
  Task<esipa::EsipaResult<std::optional<Bytes>>> exchange(esipa::Function function, Bytes message) override {
    Bytes copy = message;
    auto answer = co_await ways_[now_]->exchange(function, std::move(copy));
    const bool led_nowhere = !answer && answer.error().kind == Es9Error::Kind::unreachable;
    if (!led_nowhere) proven_ = true;
    if (!led_nowhere || proven_ || now_ == 1) co_return answer;
    co_await ways_[0]->close();
    now_ = 1;
    co_return co_await ways_[1]->exchange(function, std::move(message));
  }
  // In the middle of a session there is no other way.
  Task<esipa::EsipaResult<std::optional<Bytes>>> get_bound_profile_package(Bytes message, OctetSink& package) override {
    return ways_[now_]->get_bound_profile_package(std::move(message), package);
  }
  Task<> close() override { return ways_[now_]->close(); }

 private:
  std::unique_ptr<esipa::EsipaExchange> ways_[2];
  std::size_t now_ = 0;
  bool proven_ = false;
};

// Digits of a mobile identity (TS 24.008 10.5.1.4): the first is the upper half of octet 1,
// whose lower half tells the kind of identity.
std::string imei_digits(ByteView identity) {
  std::string out;
  for (std::size_t half = 1; half < 2 * identity.size(); ++half) {
    const unsigned nibble = half % 2 == 0 ? identity[half / 2] & 0x0FU : identity[half / 2] >> 4U;
    if (nibble <= 9) out.push_back(static_cast<char>('0' + nibble));
  }
  return out;
}

// Telephony BCD (TS 29.002 17.7.8): the first digit in the lower half.
Bytes tbcd(std::string_view digits) {
  Bytes out;
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    const unsigned high = i + 1 < digits.size() ? static_cast<unsigned>(digits[i + 1] - '0') : 0x0FU;
    out.push_back(static_cast<std::uint8_t>(high << 4 | static_cast<unsigned>(digits[i] - '0')));
  }
  return out;
}

es10b::DeviceInfo device_of(ByteView identity) {
  es10b::DeviceInfo out;
  const std::string digits = imei_digits(identity);
  if (digits.size() < 14) return out;
  out.tac = tbcd(std::string_view(digits).substr(0, 8));
  out.imei = tbcd(std::string_view(digits).substr(0, 15));
  return out;
}

}  // namespace

AgentErrands::AgentErrands(const card::CardServices& services, AssistantPolicy policy, BipNet& net, std::function<void()> switched)
    : services_(services), policy_(std::move(policy)), net_(net) {
  if (const auto identity = ecasd::Ecasd::load(services.txn)) {
    for (const auto& anchor : identity->anchors) {
      if (!anchor.certificate.empty()) anchors_.push_back(anchor.certificate);
    }
  }
  TlsTrust trust;
  trust.authorities = anchors_;
  trust.verify = policy_.verify;
  trust.dates = false;
  servers_ = std::make_unique<TlsNet>(net_, std::move(trust));
  AgentOptions options;
  const auto info = request(Bytes{0xBF, 0x22, 0x00});
  const auto iot = info ? es10b::parse_iot_info(*info) : asn1::Parsed<es10b::IotInfo>(std::unexpected(asn1::ParseError{"", 0}));
  if (iot && iot->before_v1_1()) options.version = esipa::Version::v1_0;
  options.es9.asn1 = !policy_.json;
  options.es9.user_agent = "gsma-rsp-ipae";
  options.es9.limits = http_limits(policy_, policy_.json);
  options.protocols = esipa::protocol::kRetrieveHttps | esipa::protocol::kRetrieveCoaps;
  options.minimize = policy_.minimize;
  options.packages = policy_.polls.packages;
  Es10Port& es10 = *this;
  AgentDoors& doors = *this;
  JournalPort& journal = *this;
  agent_ = std::make_unique<IotAgent>(es10, doors, journal, options);
  agent_->on_event([this, switched = std::move(switched)](const AgentEvent& event) {
    services_.note("IPAe: " + (event.eim_id.empty() ? "" : event.eim_id + ": ") + event.what);
    if (event.deed != Deed::package) return;
    const auto result = esipa::parse_package_result(event.octets);
    if (result && (result->enabled || result->disabled)) switched();
  });
}

PortResult<Bytes> AgentErrands::request(ByteView command) {
  auto answer = services_.es10(command);
  if (!answer) return std::unexpected(PortError{answer.error().why, apdu::value(answer.error().sw)});
  return std::move(answer->data);
}

Bytes AgentErrands::load(unsigned record) {
  const Bytes* stored = services_.txn.find({state::Space::ipae, kJournalOwner, record});
  return stored == nullptr ? Bytes{} : *stored;
}

void AgentErrands::store(unsigned record, ByteView value) {
  const state::Key key{state::Space::ipae, kJournalOwner, record};
  const Bytes* stored = services_.txn.find(key);
  if (stored == nullptr ? value.empty() : equal(*stored, value)) return;
  if (value.empty()) {
    services_.txn.erase(key);
  } else {
    services_.txn.put(key, to_bytes(value));
  }
}

TlsTrust AgentErrands::trust_in(const es10b::EimEntry& entry) const {
  TlsTrust out;
  out.verify = policy_.verify;
  out.dates = false;
  if (entry.tls_key.empty()) {
    out.authorities = anchors_;
  } else if (entry.tls_key_is_certificate) {
    out.pinned_certificate = entry.tls_key;
  } else {
    out.pinned_key = entry.tls_key;
  }
  return out;
}

PortResult<std::unique_ptr<esipa::EsipaExchange>> AgentErrands::eim(const es10b::EimEntry& entry) {
  std::string where = entry.fqdn;
  if (where.empty()) {
    const auto known = policy_.eims.find(entry.id);
    if (known == policy_.eims.end()) return std::unexpected(PortError{"its configuration names no host"});
    where = known->second;
  }
  const auto address = ServerAddress::parse(where);
  if (!address) return std::unexpected(PortError{"its configuration names no host that can be"});
  host_ = address->host;
  const bool https = (entry.protocols & esipa::protocol::kRetrieveHttps) != 0, coaps = (entry.protocols & esipa::protocol::kRetrieveCoaps) != 0;
  if (!https && !coaps) return std::unexpected(PortError{"it offers no protocol to ask it by"});
  const auto by_https = [&]() -> std::unique_ptr<esipa::EsipaExchange> {
    auto net = std::make_unique<TlsNet>(net_, trust_in(entry), &memories_);
    esipa::HttpOptions options;
    options.user_agent = "gsma-rsp-ipae";
    options.limits = http_limits(policy_, false);
    auto exchange = std::make_unique<esipa::HttpExchange>(*net, *address, options);
    return std::make_unique<OwnedExchange>(std::move(net), std::move(exchange));
  };
  const auto by_coaps = [&]() -> std::unique_ptr<esipa::EsipaExchange> {
    auto net = std::make_unique<DtlsNet>(net_, trust_in(entry), DtlsRules{}, &memories_);
    // A host without a port means the protocol's own; one with a port means it for both.
    const bool own_port = where.ends_with(":" + std::to_string(address->port));
    esipa::CoapOptions options;
    options.blocks.largest_answer = kLargestAnswer;
    options.blocks.largest_streamed = policy_.largest_package + PackageBody::kMost;
    auto exchange = std::make_unique<esipa::CoapExchange>(*net, services_.rng, address->host, own_port ? address->port : esipa::CoapExchange::kPort, options);
    return std::make_unique<OwnedExchange>(std::move(net), std::move(exchange));
  };
  if (!coaps) return by_https();
  if (!https) return by_coaps();
  auto first = policy_.prefer_coap ? by_coaps() : by_https();
  auto second = policy_.prefer_coap ? by_https() : by_coaps();
  return std::make_unique<TwoWays>(std::move(first), std::move(second));
}

Task<Visit> AgentErrands::visit(Situation situation) {
  AgentSituation now;
  now.plmn = situation.plmn;
  now.device = device_of(situation.imei);
  const IotAgent::Outcome outcome = co_await agent_->visit(std::move(now));
  const AgentReport& report = outcome.report;
  Visit out;
  out.reached = report.reached;
  out.idle = report.reached && report.idle;
  out.switched = report.switched;
  out.host = host_;
  if (outcome.card) {
    out.what = "the card: " + outcome.card->what;
  } else if (!report.problems.empty()) {
    out.what = report.problems.front();
  } else if (report.idle) {
    out.what = "nothing to do";
  } else {
    out.what = std::to_string(report.packages) + " packages, " + std::to_string(report.downloads) + " downloads" + (report.delivered ? ", a result delivered" : "") +
               (report.switched ? ", the profile changes" : "");
  }
  co_return out;
}

bool AgentErrands::owes() const {
  if (agent_->owes()) return true;
  const auto answer = services_.es10(Bytes{0xBF, 0x2B, 0x04, 0xA0, 0x02, 0x82, 0x00});
  // BF2B 02 A2 00: no package result waits.
  return answer && answer->data.size() > 5;
}

bool AgentErrands::silent() const {
  Es10Port& card = const_cast<AgentErrands&>(*this);  // a question changes nothing
  const auto active = es10b::emergency_active(card);
  return active && *active;
}

MakeErrands agent_errands(const AssistantPolicy& policy) {
  return [policy](const card::CardServices& services, BipNet& net, std::function<void()> switched) {
    return std::make_unique<AgentErrands>(services, policy, net, std::move(switched));
  };
}

}  // namespace simurgh::ipae
