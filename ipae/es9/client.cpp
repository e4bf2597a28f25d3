#include "ipae/es9/client.h"

#include <algorithm>
#include <charconv>

#include "ipae/es9/binding.h"
#include "ipae/es9/package_body.h"

namespace simurgh::ipae {
namespace {

bool host_character(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '-' || c == '_';
}

bool same_text(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
}

Es9Error unreachable(const PortError& error) {
  Es9Error out;
  out.kind = Es9Error::Kind::unreachable;
  out.what = error.what;
  out.advice = "check the network, the server's address and which certificate issuers are trusted";
  return out;
}

}  // namespace

std::optional<ServerAddress> ServerAddress::parse(std::string_view text) {
  if (text.empty() || text.size() > 255) return std::nullopt;
  ServerAddress out;
  out.text = text;
  std::string_view rest;
  if (text.front() == '[') {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos || end < 3) return std::nullopt;
    out.host = text.substr(1, end - 1);
    if (!std::all_of(out.host.begin(), out.host.end(), [](char c) {
          return c == ':' || c == '.' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
        })) {
      return std::nullopt;
    }
    rest = text.substr(end + 1);
  } else {
    const std::size_t end = std::min(text.find(':'), text.size());
    out.host = text.substr(0, end);
    if (out.host.empty() || out.host.front() == '-' || !std::all_of(out.host.begin(), out.host.end(), host_character)) return std::nullopt;
    rest = text.substr(end);
  }
  if (rest.empty()) return out;
  if (rest.front() != ':') return std::nullopt;
  rest.remove_prefix(1);
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), out.port);
  if (error != std::errc() || end != rest.data() + rest.size() || out.port == 0) return std::nullopt;
  return out;
}

bool ServerAddress::names(std::string_view server_address) const {
  return same_text(server_address, text) || same_text(server_address, host);
}

Es9Client::Es9Client(NetPort& net, ServerAddress server, Es9Options options)
    : net_(net), server_(std::move(server)), options_(std::move(options)), binding_(options_.asn1 ? asn1_binding() : json_binding()) {}

Es9Client::~Es9Client() = default;

Task<> Es9Client::close() {
  if (stream_) co_await stream_->close();
  stream_.reset();
}

Task<Es9Result<HttpResponse>> Es9Client::post(std::string function, Bytes body, OctetSink* sink) {
  if (stream_ && !stream_->quiet()) stream_.reset();
  if (!stream_) {
    auto stream = co_await net_.connect(server_.host, server_.port);
    if (!stream) co_return std::unexpected(unreachable(stream.error()));
    stream_ = *std::move(stream);
  }
  HttpRequest request;
  request.host = server_.text;
  request.target = binding_.target(function);
  request.fields.emplace_back("User-Agent", options_.user_agent);
  request.fields.emplace_back("X-Admin-Protocol", options_.admin_protocol);
  request.fields.emplace_back("Content-Type", binding_.content_type());
  request.body = std::move(body);
  auto response = co_await http_post(*stream_, std::move(request), options_.limits, sink);
  if (!response) stream_.reset();
  if (!response) co_return std::unexpected(unreachable(response.error()));
  if (!response->keep_alive) co_await close();
  received_ += response->octets;
  if (response->status / 100 == 2) co_return *std::move(response);

  // Some servers put the refusal into the body of a 4xx or 5xx.
  Es9Error error;
  if (!options_.asn1 && !response->body.empty()) {
    const auto said = binding_.no_refusal(response->body);
    if (!said && said.error().kind == Es9Error::Kind::refused) error = said.error();
  }
  if (error.what.empty()) {
    error.what = "the server answers with HTTP status " + std::to_string(response->status);
    error.advice = response->status == 404 ? "check that the address is that of an SM-DP+" : "try again later";
  }
  error.http_status = response->status;
  co_return std::unexpected(error);
}

Task<Es9Result<InitiateAuthenticationOk>> Es9Client::initiate_authentication(Bytes challenge, Bytes euicc_info1) {
  Bytes body = binding_.initiate_authentication(challenge, server_.text, euicc_info1);
  const auto response = co_await post("initiateAuthentication", std::move(body));
  if (!response) co_return std::unexpected(response.error());
  co_return binding_.initiate_authentication_ok(response->body);
}

Task<Es9Result<AuthenticateClientOk>> Es9Client::authenticate_client(Bytes transaction_id, Bytes authenticate_server_response) {
  Bytes body = binding_.authenticate_client(transaction_id, authenticate_server_response);
  const auto response = co_await post("authenticateClient", std::move(body));
  if (!response) co_return std::unexpected(response.error());
  auto ok = binding_.authenticate_client_ok(response->body);
  if (ok && ok->transaction_id != transaction_id) co_return std::unexpected(not_understood("it belongs to another transaction"));
  co_return ok;
}

Task<Es9Result<void>> Es9Client::get_bound_profile_package(Bytes transaction_id, Bytes prepare_download_response, OctetSink& package) {
  Bytes body = binding_.get_bound_profile_package(transaction_id, prepare_download_response);
  PackageBody arriving(options_.asn1 ? PackageBody::Form::es9_asn1 : PackageBody::Form::json, package);
  const auto response = co_await post("getBoundProfilePackage", std::move(body), &arriving);
  if (arriving.problem()) co_return std::unexpected(*arriving.problem());
  if (!response) co_return std::unexpected(response.error());
  const auto answer = arriving.end();
  if (!answer) co_return std::unexpected(answer.error());
  const auto held = binding_.bound_profile_package(*answer);
  if (!held) co_return std::unexpected(held.error());
  co_return hand_on(*held, package);
}

Task<Es9Result<void>> Es9Client::cancel_session(Bytes transaction_id, Bytes cancel_session_response) {
  Bytes body = binding_.cancel_session(transaction_id, cancel_session_response);
  const auto response = co_await post("cancelSession", std::move(body));
  if (!response) co_return std::unexpected(response.error());
  co_return binding_.cancel_session_ok(response->body);
}

Task<Es9Result<void>> Es9Client::handle_notification(Bytes pending_notification) {
  // Success is 204 without a body (SGP.22 v2.5 6.3); an empty 200 says as much.
  Bytes body = binding_.handle_notification(pending_notification);
  const auto response = co_await post("handleNotification", std::move(body));
  if (!response) co_return std::unexpected(response.error());
  co_return binding_.no_refusal(response->body);
}

}  // namespace simurgh::ipae
