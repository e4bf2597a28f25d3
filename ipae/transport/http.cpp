#include "ipae/transport/http.h"

#include <boost/beast/http/parser.hpp>
#include <functional>
#include <optional>

namespace simurgh::ipae {
namespace {

namespace http = boost::beast::http;

// A body that is kept up to a limit, or goes on as it arrives.
struct Body {
  struct value_type {
    OctetSink* sink = nullptr;
    std::uint64_t most = 0;
    Bytes kept = {};
    std::uint64_t octets = 0;
    bool unwanted = false;  // the sink said so
  };
  class reader {
   public:
    // The header is empty yet.
    template <bool IsRequest, class Fields>
    reader(http::header<IsRequest, Fields>& header, value_type& body) : status_([&header] { return header.result_int(); }), body_(body) {}
    void init(const boost::optional<std::uint64_t>&, boost::system::error_code& error) {
      streams_ = body_.sink != nullptr && status_() / 100 == 2;
      error = {};
    }
    template <class Buffers>
    std::size_t put(const Buffers& buffers, boost::system::error_code& error) {
      error = {};
      std::size_t taken = 0;
      for (auto at = boost::asio::buffer_sequence_begin(buffers); at != boost::asio::buffer_sequence_end(buffers) && !error; ++at) {
        const boost::asio::const_buffer piece = *at;
        const ByteView octets(static_cast<const std::uint8_t*>(piece.data()), piece.size());
        body_.octets += octets.size();
        taken += octets.size();
        if (streams_) {
          body_.unwanted = !body_.sink->take(octets);
          if (body_.unwanted) error = http::error::body_limit;
        } else if (body_.octets > body_.most) {
          error = http::error::body_limit;
        } else {
          append(body_.kept, octets);
        }
      }
      return taken;
    }
    void finish(boost::system::error_code& error) { error = {}; }

   private:
    std::function<unsigned()> status_;
    value_type& body_;
    bool streams_ = false;
  };
};
using Parser = http::response_parser<Body>;

PortError malformed(const boost::system::error_code& error, bool unwanted = false) {
  if (unwanted) return {"the rest of the server's answer is not wanted"};
  if (error == http::error::body_limit) return {"the server's answer is larger than allowed here"};
  if (error == http::error::header_limit) return {"the header of the server's answer is larger than allowed here"};
  if (error == http::error::partial_message) return {"the server's answer is cut off"};
  if (error == http::error::end_of_stream) return {"the server closed the connection without an answer"};
  return {"the server's answer is no HTTP: " + error.message()};
}

}  // namespace

Bytes encode_post(const HttpRequest& request) {
  std::string head = "POST " + request.target + " HTTP/1.1\r\nHost: " + request.host + "\r\n";
  for (const auto& [name, value] : request.fields) head += name + ": " + value + "\r\n";
  head += "Content-Length: " + std::to_string(request.body.size()) + "\r\n\r\n";
  return concat({text_view(head), request.body});
}

struct HttpResponseReader::Impl {
  HttpLimits limits;
  OctetSink* sink = nullptr;
  std::optional<Parser> parser;
  Bytes pending;  // octets the parser could not use yet
  bool started = false;

  void restart() {
    parser.emplace();
    parser->header_limit(limits.header);
    parser->body_limit(sink == nullptr ? limits.body : std::max(limits.body, limits.streamed));
    parser->get().body() = {.sink = sink, .most = limits.body};
    parser->eager(true);
  }
};

HttpResponseReader::HttpResponseReader(HttpLimits limits, OctetSink* sink) : impl_(std::make_unique<Impl>()) {
  impl_->limits = limits;
  impl_->sink = sink;
  impl_->restart();
}

HttpResponseReader::HttpResponseReader(HttpResponseReader&&) noexcept = default;
HttpResponseReader& HttpResponseReader::operator=(HttpResponseReader&&) noexcept = default;
HttpResponseReader::~HttpResponseReader() = default;

PortResult<bool> HttpResponseReader::feed(ByteView octets) {
  append(impl_->pending, octets);
  impl_->started = impl_->started || !octets.empty();
  while (!impl_->parser->is_done() && !impl_->pending.empty()) {
    boost::system::error_code error;
    const std::size_t used = impl_->parser->put(boost::asio::buffer(impl_->pending), error);
    impl_->pending.erase(impl_->pending.begin(), impl_->pending.begin() + static_cast<std::ptrdiff_t>(used));
    if (error == http::error::need_more) {
      if (used == 0) break;
    } else if (error) {
      return std::unexpected(malformed(error, impl_->parser->get().body().unwanted));
    }
    // RFC 9110 15.2: interim responses may come before the answer
    if (impl_->parser->is_done() && impl_->parser->get().result_int() / 100 == 1) impl_->restart();
  }
  return impl_->parser->is_done();
}

PortResult<void> HttpResponseReader::end() {
  if (impl_->parser->is_done()) return {};
  if (!impl_->started) return std::unexpected(PortError{"the server closed the connection without an answer"});
  boost::system::error_code error;
  impl_->parser->put_eof(error);
  if (error) return std::unexpected(malformed(error));
  if (!impl_->parser->is_done()) return std::unexpected(PortError{"the server's answer is cut off"});
  return {};
}

HttpResponse HttpResponseReader::take() {
  auto message = impl_->parser->release();
  HttpResponse response;
  response.status = message.result_int();
  const auto type = message[http::field::content_type];
  response.content_type.assign(type.data(), type.size());
  response.body = std::move(message.body().kept);
  response.octets = message.body().octets;
  // Octets after the answer belong to no request of ours.
  response.keep_alive = message.keep_alive() && !message.need_eof() && impl_->pending.empty();
  return response;
}

Task<PortResult<HttpResponse>> http_post(StreamPort& stream, HttpRequest request, HttpLimits limits, OctetSink* sink) {
  Bytes question = encode_post(request);
  const auto sent = co_await stream.send(std::move(question));
  if (!sent) co_return std::unexpected(sent.error());
  HttpResponseReader reader(limits, sink);
  for (;;) {
    const auto octets = co_await stream.receive();
    if (!octets) co_return std::unexpected(octets.error());
    if (octets->empty()) {
      if (auto done = reader.end(); !done) co_return std::unexpected(done.error());
      co_return reader.take();
    }
    const auto done = reader.feed(*octets);
    if (!done) co_return std::unexpected(done.error());
    if (*done) co_return reader.take();
  }
}

}  // namespace simurgh::ipae
