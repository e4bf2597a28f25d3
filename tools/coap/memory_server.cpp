#include "tools/coap/memory_server.h"

#include <openssl/err.h>

#include <algorithm>

#include "ipae/transport/datagram_bio.h"
#include "tools/perso/tls_identity.h"

namespace simurgh::coaps {
namespace {

constexpr long kDatagram = 1232;        // what NB-IoT and IPv6 carry whole
constexpr std::size_t kCookie = 16;

using perso::SslPtr;

// The addresses of a simulation cannot be forged: the cookie costs its round trip, and is always the same.
int make_cookie(SSL*, unsigned char* cookie, unsigned* size) {
  std::fill_n(cookie, kCookie, static_cast<unsigned char>(0xC0));
  *size = kCookie;
  return 1;
}
int check_cookie(SSL*, const unsigned char* cookie, unsigned size) {
  return size == kCookie && std::all_of(cookie, cookie + size, [](unsigned char one) { return one == 0xC0; }) ? 1 : 0;
}

perso::SslContextPtr context_for(const perso::Identity& identity) {
  auto out = perso::server_context(DTLS_server_method(), identity);
  if (!out) throw ServerError("the CoAP server's certificate has no key beside it, or OpenSSL does not take them");
  SSL_CTX_set_options(out.get(), SSL_OP_COOKIE_EXCHANGE | SSL_OP_NO_QUERY_MTU);
  SSL_CTX_set_cookie_generate_cb(out.get(), make_cookie);
  SSL_CTX_set_cookie_verify_cb(out.get(), check_cookie);
  return out;
}

}  // namespace

struct MemoryServer::Impl {
  Service service;
  std::string path;
  perso::SslContextPtr context;
};

MemoryServer::MemoryServer(Service service, const perso::Identity& identity, std::string path)
    : impl_(std::make_unique<Impl>(std::move(service), std::move(path), context_for(identity))) {}
MemoryServer::~MemoryServer() = default;

struct MemoryAssociation::Impl {
  explicit Impl(const MemoryServer::Impl& server) : session(server.service, server.path), ssl(SSL_new(server.context.get())) {
    if (!ssl) throw std::bad_alloc();
    SSL_set_mtu(ssl.get(), kDatagram);
    bio.install(ssl.get());
    SSL_set_accept_state(ssl.get());
  }
  ServerSession session;
  ipae::DatagramBio bio;
  SslPtr ssl;
  std::uint64_t in = 0, out = 0;
};

MemoryAssociation::MemoryAssociation(const MemoryServer& server) : impl_(std::make_unique<Impl>(*server.impl_)) {}
// An end that got lost on the way is no reason to forget the session.
MemoryAssociation::~MemoryAssociation() {
  SSL_set_shutdown(impl_->ssl.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
}

std::vector<Bytes> MemoryAssociation::take(ByteView datagram) {
  SSL* ssl = impl_->ssl.get();
  ERR_clear_error();
  const auto state = SSL_get_state(ssl);
  impl_->bio.feed(datagram);
  Bytes buffer(16384);
  for (int got = 0; (got = SSL_read(ssl, buffer.data(), static_cast<int>(buffer.size()))) > 0;) {
    impl_->in += static_cast<std::uint64_t>(got);
    for (const Bytes& answer : impl_->session.take(ByteView(buffer).first(static_cast<std::size_t>(got)))) {
      impl_->out += answer.size();
      SSL_write(ssl, answer.data(), static_cast<int>(answer.size()));
    }
  }
  if ((SSL_get_shutdown(ssl) & SSL_RECEIVED_SHUTDOWN) != 0) SSL_shutdown(ssl);
  // A client that repeats itself has lost the answer; a clock would say so a little later.
  if (!SSL_is_init_finished(ssl) && SSL_get_state(ssl) == state) (void)impl_->bio.expire(ssl);
  ERR_clear_error();
  std::vector<Bytes> out;
  while (auto one = impl_->bio.take()) out.push_back(*std::move(one));
  return out;
}

std::uint64_t MemoryAssociation::plain_in() const noexcept { return impl_->in; }
std::uint64_t MemoryAssociation::plain_out() const noexcept { return impl_->out; }

}  // namespace simurgh::coaps
