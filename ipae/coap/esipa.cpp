#include "ipae/coap/esipa.h"

#include <algorithm>
#include <utility>

#include "ipae/es9/package_body.h"

namespace simurgh::ipae::esipa {
namespace {

std::vector<std::string> esipa_path() { return {"gsma", "rsp2", "asn1"}; }

Es9Error unreachable(const PortError& error) {
  Es9Error out;
  out.kind = Es9Error::Kind::unreachable;
  out.what = error.what;
  out.advice = "check the network, the eIM's address and what its connection is pinned to";
  return out;
}

Es9Error refusal(const coap::Answer& answer) {
  Es9Error out;
  out.what = "the eIM answers with CoAP code " + coap::code_text(answer.code);
  if (answer.max_age && coap::code_class(answer.code) == 5) {
    out.advice = "try again in " + std::to_string(*answer.max_age) + " s";
  } else if (answer.code == coap::code(4, 4)) {
    out.advice = "check that the address is that of an eIM";
  } else {
    out.advice = "try again later";
  }
  return out;
}

// A server that has begun to answer is there: the rest of its answer is waited for as patiently as ever.
class Begun final : public OctetSink {
 public:
  Begun(OctetSink* sink, coap::Client& client, const coap::Reliability& rules) : sink_(sink), client_(client), rules_(rules) {}
  bool take(ByteView octets) override {
    if (!std::exchange(begun_, true)) client_.set_reliability(rules_);
    return sink_->take(octets);
  }
  [[nodiscard]] bool begun() const noexcept { return begun_; }

 private:
  OctetSink* sink_;
  coap::Client& client_;
  const coap::Reliability& rules_;
  bool begun_ = false;
};

}  // namespace

CoapExchange::CoapExchange(NetPort& net, crypto::Rng& rng, std::string host, std::uint16_t port, CoapOptions options)
    : net_(net), rng_(rng), host_(std::move(host)), port_(port), options_(options) {}

void CoapExchange::drop() {
  client_.reset();
  datagrams_.reset();
}

Task<> CoapExchange::close() {
  client_.reset();
  if (datagrams_) co_await datagrams_->close();
  datagrams_.reset();
}

Task<PortResult<coap::Answer>> CoapExchange::ask(Bytes message, OctetSink* sink) {
  if (datagrams_) {
    coap::Reliability rules = options_.reliability;
    const bool prompt = client_->endpoint().retransmitted() == 0;  // else the network is slow or loses, and silence tells nothing
    if (prompt) rules.retransmissions = std::min(rules.retransmissions, options_.kept_retransmissions);
    client_->set_reliability(rules);
    std::vector<std::string> path = esipa_path();
    Bytes copy = message;
    Begun body(sink, *client_, options_.reliability);
    auto answer = co_await client_->post(std::move(path), std::move(copy), sink == nullptr ? nullptr : &body);
    if (!answer) drop();
    // What has arrived in part has been passed on and is not asked for again.
    if (answer || !prompt || body.begun()) co_return answer;
  }
  std::string host = host_;
  auto opened = co_await net_.datagrams(std::move(host), port_);
  if (!opened) co_return std::unexpected(opened.error());
  datagrams_ = *std::move(opened);
  client_.emplace(*datagrams_, rng_, options_.reliability, options_.blocks);
  std::vector<std::string> path = esipa_path();
  auto answer = co_await client_->post(std::move(path), std::move(message), sink);
  if (!answer) drop();
  co_return answer;
}

Task<EsipaResult<Bytes>> CoapExchange::post(Bytes message, OctetSink* sink) {
  auto answer = co_await ask(std::move(message), sink);
  if (!answer) co_return std::unexpected(unreachable(answer.error()));
  if (!answer->good()) co_return std::unexpected(refusal(*answer));
  co_return std::move(answer->body);
}

Task<EsipaResult<std::optional<Bytes>>> CoapExchange::exchange(Function /*function*/, Bytes message) {
  auto body = co_await post(std::move(message), nullptr);
  if (!body) co_return std::unexpected(body.error());
  if (body->empty()) co_return std::optional<Bytes>{};
  co_return std::optional<Bytes>(*std::move(body));
}

Task<EsipaResult<std::optional<Bytes>>> CoapExchange::get_bound_profile_package(Bytes message, OctetSink& package) {
  PackageBody arriving(PackageBody::Form::esipa_asn1, package);
  const auto answer = co_await post(std::move(message), &arriving);
  if (arriving.problem()) co_return std::unexpected(*arriving.problem());
  if (!answer) co_return std::unexpected(answer.error());
  auto body = arriving.end();
  if (!body) co_return std::unexpected(body.error());
  if (body->empty()) co_return std::optional<Bytes>{};
  co_return std::optional<Bytes>(*std::move(body));
}

}  // namespace simurgh::ipae::esipa
