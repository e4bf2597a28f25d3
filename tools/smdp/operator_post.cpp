#include "tools/smdp/operator_post.h"

#include <algorithm>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>

namespace simurgh::smdp {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using tcp = asio::ip::tcp;

constexpr std::chrono::seconds kLimit(5);

struct Url {
  bool tls = false;
  std::string host, port, authority, target;
};

std::optional<Url> read_url(const std::string& text) {
  Url out;
  std::string rest;
  if (text.starts_with("http://")) {
    rest = text.substr(7);
  } else if (text.starts_with("https://")) {
    rest = text.substr(8);
    out.tls = true;
  } else {
    return std::nullopt;
  }
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  out.authority = rest.substr(0, slash);
  out.target = slash < rest.size() ? rest.substr(slash) : "/";
  std::size_t host_end = out.authority.rfind(':');
  // An IPv6 address stands in brackets and has colons of its own.
  if (host_end != std::string::npos && out.authority.find(']', host_end) != std::string::npos) host_end = std::string::npos;
  out.host = out.authority.substr(0, host_end);
  out.port = host_end == std::string::npos ? (out.tls ? "443" : "80") : out.authority.substr(host_end + 1);
  if (out.host.size() > 2 && out.host.front() == '[' && out.host.back() == ']') out.host = out.host.substr(1, out.host.size() - 2);
  const bool number = !out.port.empty() && out.port.size() <= 5 && out.port.find_first_not_of("0123456789") == std::string::npos;
  const auto unfit = [](const std::string& part) { return std::ranges::any_of(part, [](unsigned char c) { return c <= 0x20 || c == 0x7F || c == '@'; }); };
  if (out.host.empty() || !number || unfit(out.authority) || unfit(out.target)) return std::nullopt;
  return out;
}

// Every operation is started and run until it ends or the stream's time is over: a blocking one would know no limit.
template <class Start>
beast::error_code run(asio::io_context& io, Start start) {
  beast::error_code result;
  start([&](beast::error_code error, auto&&...) { result = error; });
  io.restart();
  io.run();
  return result;
}

template <class Stream>
std::optional<std::string> exchange(asio::io_context& io, Stream& stream, const Url& url, const std::string& body) {
  http::request<http::string_body> request(http::verb::post, url.target, 11);
  request.set(http::field::host, url.authority);
  request.set(http::field::content_type, "application/json");
  request.set("X-Admin-Protocol", "gsma/rsp/v2.5.0");
  request.body() = body;
  request.prepare_payload();
  if (const auto error = run(io, [&](auto done) { http::async_write(stream, request, done); })) return error.message();
  beast::flat_buffer buffer;
  http::response_parser<http::string_body> parser;
  parser.body_limit(64 * 1024);
  if (const auto error = run(io, [&](auto done) { http::async_read(stream, buffer, parser, done); })) return error.message();
  const unsigned status = parser.get().result_int();
  if (status < 200 || status >= 300) return "the server answers " + std::to_string(status);
  return std::nullopt;
}

void prepare(asio::ssl::context& context, const OperatorTarget& target) {
  context.set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_sslv2 | asio::ssl::context::no_sslv3 |
                      asio::ssl::context::no_tlsv1 | asio::ssl::context::no_tlsv1_1);
  context.set_verify_mode(asio::ssl::verify_peer);
  if (target.ca) {
    const Bytes ca = crypto::to_pem(*target.ca);
    context.add_certificate_authority(asio::buffer(ca));
  } else {
    context.set_default_verify_paths();
  }
  if (target.identity && target.identity->key) {
    const Bytes certificate = crypto::to_pem(target.identity->certificate);
    const Bytes key = target.identity->key->to_pem();
    context.use_certificate_chain(asio::buffer(certificate));
    context.use_private_key(asio::buffer(key), asio::ssl::context::pem);
  }
}

}  // namespace

std::optional<std::string> bad_url(const std::string& url) {
  if (read_url(url)) return std::nullopt;
  return "'" + url + "' is no URL such as https://operator.example.com/progress";
}

std::optional<std::string> post_json(const OperatorTarget& target, const std::string& body) {
  const auto url = read_url(target.url);
  if (!url) return bad_url(target.url);
  try {
    asio::io_context io;
    tcp::resolver resolver(io);
    const auto found = resolver.resolve(url->host, url->port);
    const auto connect = [&](beast::tcp_stream& stream) {
      stream.expires_after(kLimit);
      return run(io, [&](auto done) { stream.async_connect(found, done); });
    };
    if (!url->tls) {
      beast::tcp_stream stream(io);
      if (const auto error = connect(stream)) return error.message();
      return exchange(io, stream, *url, body);
    }
    asio::ssl::context context(asio::ssl::context::tls_client);
    prepare(context, target);
    beast::ssl_stream<beast::tcp_stream> stream(io, context);
    stream.set_verify_callback(asio::ssl::host_name_verification(url->host));
    if (!SSL_set_tlsext_host_name(stream.native_handle(), url->host.c_str())) return "the server's name is not usable";
    if (const auto error = connect(beast::get_lowest_layer(stream))) return error.message();
    if (const auto error = run(io, [&](auto done) { stream.async_handshake(asio::ssl::stream_base::client, done); })) return error.message();
    return exchange(io, stream, *url, body);
  } catch (const boost::system::system_error& failure) {
    return failure.code().message();
  }
}

}  // namespace simurgh::smdp
