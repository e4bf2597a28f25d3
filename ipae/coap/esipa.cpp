#include "ipae/coap/esipa.h"

#include <algorithm>

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

Task<PortResult<coap::Answer>> CoapExchange::ask(Bytes message) {
  if (datagrams_) {
    coap::Reliability rules = options_.reliability;
    const bool prompt = client_->endpoint().retransmitted() == 0;  // else the network is slow or loses, and silence tells nothing
    if (prompt) rules.retransmissions = std::min(rules.retransmissions, options_.kept_retransmissions);
    client_->set_reliability(rules);
    std::vector<std::string> path = esipa_path();
    Bytes copy = message;
    auto answer = co_await client_->post(std::move(path), std::move(copy));
    if (!answer) drop();
    if (answer || !prompt) co_return answer;
  }
  std::string host = host_;
  auto opened = co_await net_.datagrams(std::move(host), port_);
  if (!opened) co_return std::unexpected(opened.error());
  datagrams_ = *std::move(opened);
  client_.emplace(*datagrams_, rng_, options_.reliability, options_.blocks);
  std::vector<std::string> path = esipa_path();
  auto answer = co_await client_->post(std::move(path), std::move(message));
  if (!answer) drop();
  co_return answer;
}

Task<EsipaResult<std::optional<Bytes>>> CoapExchange::exchange(Function /*function*/, Bytes message) {
  auto answer = co_await ask(std::move(message));
  if (!answer) co_return std::unexpected(unreachable(answer.error()));
  if (!answer->good()) co_return std::unexpected(refusal(*answer));
  if (answer->body.empty()) co_return std::optional<Bytes>{};
  co_return std::optional<Bytes>(std::move(answer->body));
}

}  // namespace simurgh::ipae::esipa
