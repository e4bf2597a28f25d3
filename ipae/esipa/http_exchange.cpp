#include "ipae/esipa/http_exchange.h"

#include "ipae/es9/package_body.h"
#include "ipae/esipa/json.h"

namespace simurgh::ipae::esipa {
namespace {

Es9Error unreachable(const PortError& error) {
  Es9Error out;
  out.kind = Es9Error::Kind::unreachable;
  out.what = error.what;
  out.advice = "check the network, the eIM's address and what its connection is pinned to";
  return out;
}

}  // namespace

HttpExchange::HttpExchange(NetPort& net, ServerAddress eim, HttpOptions options)
    : net_(net), eim_(std::move(eim)), options_(std::move(options)) {}

Task<> HttpExchange::close() {
  if (stream_) co_await stream_->close();
  stream_.reset();
}

Task<EsipaResult<HttpResponse>> HttpExchange::post(Function function, Bytes message, OctetSink* sink) {
  HttpRequest request;
  request.host = eim_.text;
  request.target = options_.json ? "/gsma/rsp2/esipa/" + std::string(function_name(function)) : "/gsma/rsp2/asn1";
  request.fields.emplace_back("User-Agent", options_.user_agent);
  request.fields.emplace_back("X-Admin-Protocol", options_.admin_protocol);
  request.fields.emplace_back("Content-Type", options_.json ? "application/json;charset=UTF-8" : "application/x-gsma-rsp-asn1");
  if (options_.json) {
    const auto body = json_request(function, message);
    if (!body) co_return std::unexpected(not_understood(body.error().what));
    request.body = to_bytes(text_view(*body));
  } else {
    request.body = std::move(message);
  }
  if (stream_ && !stream_->quiet()) stream_.reset();
  if (!stream_) {
    auto stream = co_await net_.connect(eim_.host, eim_.port);
    if (!stream) co_return std::unexpected(unreachable(stream.error()));
    stream_ = *std::move(stream);
  }
  sent_ += encode_post(request).size();
  auto response = co_await http_post(*stream_, std::move(request), options_.limits, sink);
  if (!response) stream_.reset();
  if (!response) co_return std::unexpected(unreachable(response.error()));
  if (!response->keep_alive) co_await close();
  received_ += response->octets;
  if (response->status / 100 != 2) {
    Es9Error error;
    error.what = "the eIM answers with HTTP status " + std::to_string(response->status);
    error.advice = response->status == 404 ? "check that the address is that of an eIM" : "try again later";
    error.http_status = response->status;
    co_return std::unexpected(error);
  }
  co_return *std::move(response);
}

EsipaResult<std::optional<Bytes>> HttpExchange::answer(Function function, Bytes body) const {
  if (body.empty()) return std::nullopt;
  if (!options_.json) return std::optional(std::move(body));
  auto der = json_answer(function, body);
  if (!der) return std::unexpected(der.error());
  if (der->empty()) return std::nullopt;
  return std::optional(*std::move(der));
}

Task<EsipaResult<std::optional<Bytes>>> HttpExchange::exchange(Function function, Bytes message) {
  auto response = co_await post(function, std::move(message), nullptr);
  if (!response) co_return std::unexpected(response.error());
  co_return answer(function, std::move(response->body));
}

Task<EsipaResult<std::optional<Bytes>>> HttpExchange::get_bound_profile_package(Bytes message, OctetSink& package) {
  PackageBody arriving(options_.json ? PackageBody::Form::json : PackageBody::Form::esipa_asn1, package);
  const auto response = co_await post(Function::get_bound_profile_package, std::move(message), &arriving);
  if (arriving.problem()) co_return std::unexpected(*arriving.problem());
  if (!response) co_return std::unexpected(response.error());
  auto body = arriving.end();
  if (!body) co_return std::unexpected(body.error());
  co_return answer(Function::get_bound_profile_package, *std::move(body));
}

}  // namespace simurgh::ipae::esipa
