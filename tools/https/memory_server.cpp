#include "tools/https/memory_server.h"

#include <openssl/err.h>

#include <optional>

#include "tools/https/beast_answer.h"
#include "tools/perso/tls_identity.h"

namespace simurgh::https {
namespace {

namespace http = boost::beast::http;
namespace asio = boost::asio;

using perso::SslPtr;

perso::SslContextPtr context_for(const perso::Identity& identity) {
  auto out = perso::server_context(TLS_server_method(), identity);
  if (!out) throw ServerError("the server's TLS certificate has no key beside it, or OpenSSL does not take them");
  SSL_CTX_set_min_proto_version(out.get(), TLS1_2_VERSION);
  return out;
}

}  // namespace

struct MemoryServer::Impl {
  Handler handler;
  perso::SslContextPtr context;
};

MemoryServer::MemoryServer(Handler handler, const perso::Identity& identity) : impl_(std::make_unique<Impl>(std::move(handler), context_for(identity))) {}
MemoryServer::~MemoryServer() = default;

struct MemoryConnection::Impl {
  using Parser = http::request_parser<http::string_body>;

  const Handler& handler;
  SslPtr ssl;
  std::optional<Parser> parser = {};
  Bytes waiting = {};
  std::string note = {};
  std::uint64_t in = 0, out = 0;
  bool closed = false;

  void hang_up() {
    if (!closed) SSL_shutdown(ssl.get());
    closed = true;
  }

  void say(const std::string& text) {
    out += text.size();
    SSL_write(ssl.get(), text.data(), static_cast<int>(text.size()));
  }

  // Requests as far as they are whole.
  void serve() {
    while (!waiting.empty() && !closed) {
      if (!parser) {
        parser.emplace();
        parser->body_limit(kMostBody);
        parser->eager(true);
      }
      boost::system::error_code error;
      const std::size_t used = parser->put(asio::buffer(waiting), error);
      waiting.erase(waiting.begin(), waiting.begin() + static_cast<std::ptrdiff_t>(used));
      if (error == http::error::need_more) return;
      if (error) return hang_up();
      if (!parser->is_done()) return;
      auto response = answer(handler, parser->get(), note);
      const bool stays = response.keep_alive();
      parser.reset();
      std::ostringstream text;
      text << response;
      say(text.str());
      if (!stays) hang_up();
    }
  }
};

MemoryConnection::MemoryConnection(const MemoryServer& server)
    : impl_(std::make_unique<Impl>(server.impl_->handler, SslPtr(SSL_new(server.impl_->context.get())))) {
  BIO* in = BIO_new(BIO_s_mem());
  BIO* out = BIO_new(BIO_s_mem());
  if (!impl_->ssl || in == nullptr || out == nullptr) throw std::bad_alloc();
  SSL_set_bio(impl_->ssl.get(), in, out);
  SSL_set_accept_state(impl_->ssl.get());
}
MemoryConnection::~MemoryConnection() = default;

MemoryConnection::Out MemoryConnection::take(ByteView octets) {
  SSL* ssl = impl_->ssl.get();
  ERR_clear_error();
  if (!octets.empty()) BIO_write(SSL_get_rbio(ssl), octets.data(), static_cast<int>(octets.size()));
  Bytes buffer(16384);
  int got = 0;
  while (!impl_->closed && (got = SSL_read(ssl, buffer.data(), static_cast<int>(buffer.size()))) > 0) {
    impl_->in += static_cast<std::uint64_t>(got);
    append(impl_->waiting, ByteView(buffer).first(static_cast<std::size_t>(got)));
    impl_->serve();
  }
  if (!impl_->closed && SSL_get_error(ssl, got) != SSL_ERROR_WANT_READ) impl_->hang_up();
  ERR_clear_error();
  Out out{.octets = Bytes(BIO_ctrl_pending(SSL_get_wbio(ssl))), .close = impl_->closed};
  if (!out.octets.empty()) BIO_read(SSL_get_wbio(ssl), out.octets.data(), static_cast<int>(out.octets.size()));
  return out;
}

std::uint64_t MemoryConnection::plain_in() const noexcept { return impl_->in; }
std::uint64_t MemoryConnection::plain_out() const noexcept { return impl_->out; }

}  // namespace simurgh::https
