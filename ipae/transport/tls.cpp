#include "ipae/transport/tls.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>

namespace simurgh::ipae {
namespace {

template <auto Free>
struct Deleter {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};
using BioPtr = std::unique_ptr<BIO, Deleter<BIO_free_all>>;
using X509Ptr = std::unique_ptr<X509, Deleter<X509_free>>;
using SslCtxPtr = std::unique_ptr<SSL_CTX, Deleter<SSL_CTX_free>>;
using SslPtr = std::unique_ptr<SSL, Deleter<SSL_free>>;
using StorePtr = std::unique_ptr<X509_STORE, Deleter<X509_STORE_free>>;

X509Ptr certificate_from_der(ByteView der) {
  const unsigned char* at = der.data();
  X509Ptr cert(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  if (cert && at != der.data() + der.size()) cert.reset();
  ERR_clear_error();
  return cert;
}

Bytes der_of(X509* cert) {
  Bytes out(static_cast<std::size_t>(std::max(0, i2d_X509(cert, nullptr))));
  unsigned char* at = out.data();
  if (!out.empty()) i2d_X509(cert, &at);
  return out;
}

bool is_address(const std::string& host) {
  ASN1_OCTET_STRING* address = a2i_IPADDRESS(host.c_str());
  ERR_clear_error();
  const bool yes = address != nullptr;
  ASN1_OCTET_STRING_free(address);
  return yes;
}

std::string last_reason() {
  const unsigned long code = ERR_peek_last_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  std::string text = reason == nullptr ? "no reason given" : reason;
  ERR_clear_error();
  return text;
}

// Names of a certificate, for the sentence that says they do not fit.
std::string names_of(X509* cert) {
  std::string out;
  auto* names = static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(cert, NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; names != nullptr && i < sk_GENERAL_NAME_num(names) && i < 8; ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names, i);
    if (name->type != GEN_DNS) continue;
    std::string text(reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.dNSName)),
                     static_cast<std::size_t>(ASN1_STRING_length(name->d.dNSName)));
    std::replace_if(
        text.begin(), text.end(), [](char c) { return c < 0x21 || c > 0x7E; }, '?');
    out += (out.empty() ? "" : ", ") + text;
  }
  GENERAL_NAMES_free(names);
  return out.empty() ? "no name" : out;
}

}  // namespace

std::vector<Bytes> certificates_in(ByteView pem_or_der) {
  std::vector<Bytes> out;
  if (const X509Ptr cert = certificate_from_der(pem_or_der)) {
    out.push_back(der_of(cert.get()));
    return out;
  }
  const BioPtr bio(BIO_new_mem_buf(pem_or_der.data(), static_cast<int>(pem_or_der.size())));
  while (bio) {
    const X509Ptr cert(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
    if (!cert) break;
    out.push_back(der_of(cert.get()));
  }
  ERR_clear_error();
  return out;
}

struct TlsEngine::Impl {
  std::string host;
  SslCtxPtr context;
  SslPtr ssl;
  BIO* in = nullptr;   // owned by ssl
  BIO* out = nullptr;  // owned by ssl
  bool ended = false;

  // The sentence for an operation that failed for good.
  PortError failure(const std::string& step, int result) {
    const int kind = SSL_get_error(ssl.get(), result);
    const long verdict = SSL_get_verify_result(ssl.get());
    const bool verifies = (SSL_get_verify_mode(ssl.get()) & SSL_VERIFY_PEER) != 0;
    if (verifies && verdict != X509_V_OK && !SSL_is_init_finished(ssl.get())) return untrusted(verdict);
    if (kind == SSL_ERROR_SYSCALL || (ended && kind != SSL_ERROR_SSL)) {
      ERR_clear_error();
      return {step + ": " + host + " cut the connection"};
    }
    if (ERR_GET_REASON(ERR_peek_last_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
      ERR_clear_error();
      return {step + ": " + host + " cut the connection"};
    }
    return {step + " with " + host + ": " + last_reason()};
  }

  PortError untrusted(long verdict) {
    ERR_clear_error();
    const X509Ptr cert(SSL_get1_peer_certificate(ssl.get()));
    switch (verdict) {
      case X509_V_ERR_HOSTNAME_MISMATCH:
      case X509_V_ERR_IP_ADDRESS_MISMATCH:
        return {"the certificate of " + host + " is for another server (" + (cert ? names_of(cert.get()) : rejected_names) + ")"};
      case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
      case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
      case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
      case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
        return {"the certificate of " + host + " does not come from a certificate issuer (CI) that is trusted here"};
      case X509_V_ERR_CERT_HAS_EXPIRED:
        return {"the certificate of " + host + " has expired"};
      case X509_V_ERR_CERT_NOT_YET_VALID:
        return {"the certificate of " + host + " is not valid yet; check the clock"};
      default:
        return {"the certificate of " + host + " was refused: " + X509_verify_cert_error_string(verdict)};
    }
  }

  std::string rejected_names = "no name";
};

namespace {

// The peer's certificate is not kept when the handshake dies in its verification, so its names are noted here.
int note_names(int ok, X509_STORE_CTX* store) {
  if (ok == 0) {
    auto* ssl = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
    auto* names = ssl == nullptr ? nullptr : static_cast<std::string*>(SSL_get_app_data(ssl));
    X509* leaf = X509_STORE_CTX_get0_cert(store);
    if (names != nullptr && leaf != nullptr) *names = names_of(leaf);
  }
  return ok;
}

}  // namespace

TlsEngine::TlsEngine(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TlsEngine::TlsEngine(TlsEngine&&) noexcept = default;
TlsEngine& TlsEngine::operator=(TlsEngine&&) noexcept = default;
TlsEngine::~TlsEngine() = default;

PortResult<TlsEngine> TlsEngine::client(const std::string& host, const TlsTrust& trust) {
  auto impl = std::make_unique<Impl>();
  impl->host = host;
  impl->context.reset(SSL_CTX_new(TLS_client_method()));
  SSL_CTX* context = impl->context.get();
  // SGP.22 v2.5 2.6.6.1: ECDHE_ECDSA suites on P-256 and brainpoolP256r1; the latter only exists in TLS 1.2.
  if (context == nullptr || SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1 ||
      SSL_CTX_set1_groups_list(context, "P-256:X25519:P-384:brainpoolP256r1") != 1) {
    return std::unexpected(PortError{"TLS cannot be set up: " + last_reason()});
  }
  if (trust.verify) {
    if (trust.authorities.empty()) return std::unexpected(PortError{"no certificate issuer (CI) is trusted, so no server can be"});
    StorePtr store(X509_STORE_new());
    for (const Bytes& der : trust.authorities) {
      const X509Ptr cert = certificate_from_der(der);
      if (!cert) return std::unexpected(PortError{"a trusted certificate cannot be read"});
      X509_STORE_add_cert(store.get(), cert.get());
    }
    X509_VERIFY_PARAM* rules = X509_STORE_get0_param(store.get());
    // Whatever the user named is an anchor, also a server's own certificate.
    X509_VERIFY_PARAM_set_flags(rules, X509_V_FLAG_PARTIAL_CHAIN);
    if (trust.now) X509_VERIFY_PARAM_set_time(rules, static_cast<time_t>(*trust.now));
    SSL_CTX_set_cert_store(context, store.release());
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, note_names);
  } else {
    SSL_CTX_set_verify(context, SSL_VERIFY_NONE, nullptr);
  }
  impl->ssl.reset(SSL_new(context));
  SSL* ssl = impl->ssl.get();
  if (ssl == nullptr) return std::unexpected(PortError{"TLS cannot be set up: " + last_reason()});
  SSL_set_app_data(ssl, &impl->rejected_names);
  const bool address = is_address(host);
  bool named = true;
  if (trust.verify) {
    X509_VERIFY_PARAM* rules = SSL_get0_param(ssl);
    X509_VERIFY_PARAM_set_hostflags(rules, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    named = address ? X509_VERIFY_PARAM_set1_ip_asc(rules, host.c_str()) == 1
                    : X509_VERIFY_PARAM_set1_host(rules, host.data(), host.size()) == 1;
  }
  if (!address) named = named && SSL_set_tlsext_host_name(ssl, host.c_str()) == 1;  // RFC 6066: no addresses
  if (!named || host.empty()) return std::unexpected(PortError{"'" + host + "' cannot be a server's name"});
  impl->in = BIO_new(BIO_s_mem());
  impl->out = BIO_new(BIO_s_mem());
  if (impl->in == nullptr || impl->out == nullptr) throw std::bad_alloc();
  SSL_set_bio(ssl, impl->in, impl->out);
  SSL_set_connect_state(ssl);
  return TlsEngine(std::move(impl));
}

void TlsEngine::feed(ByteView octets) {
  if (!octets.empty()) BIO_write(impl_->in, octets.data(), static_cast<int>(octets.size()));
}

void TlsEngine::feed_end() {
  impl_->ended = true;
  BIO_set_mem_eof_return(impl_->in, 0);
}

Bytes TlsEngine::take_output() {
  Bytes out(BIO_ctrl_pending(impl_->out));
  if (!out.empty()) BIO_read(impl_->out, out.data(), static_cast<int>(out.size()));
  return out;
}

PortResult<bool> TlsEngine::handshake() {
  ERR_clear_error();
  const int result = SSL_do_handshake(impl_->ssl.get());
  if (result == 1) return true;
  if (SSL_get_error(impl_->ssl.get(), result) == SSL_ERROR_WANT_READ && !impl_->ended) return false;
  return std::unexpected(impl_->failure("TLS handshake", result));
}

PortResult<void> TlsEngine::write(ByteView plaintext) {
  while (!plaintext.empty()) {
    ERR_clear_error();
    const int chunk = static_cast<int>(std::min<std::size_t>(plaintext.size(), 16384));
    const int result = SSL_write(impl_->ssl.get(), plaintext.data(), chunk);
    if (result <= 0) return std::unexpected(impl_->failure("sending", result));
    plaintext = plaintext.subspan(static_cast<std::size_t>(result));
  }
  return {};
}

PortResult<std::optional<Bytes>> TlsEngine::read() {
  ERR_clear_error();
  Bytes buffer(16384);
  const int result = SSL_read(impl_->ssl.get(), buffer.data(), static_cast<int>(buffer.size()));
  if (result > 0) {
    buffer.resize(static_cast<std::size_t>(result));
    return buffer;
  }
  const int kind = SSL_get_error(impl_->ssl.get(), result);
  if (kind == SSL_ERROR_ZERO_RETURN) return Bytes{};
  if (kind == SSL_ERROR_WANT_READ && !impl_->ended) return std::optional<Bytes>{};
  return std::unexpected(impl_->failure("receiving", result));
}

void TlsEngine::shutdown() {
  ERR_clear_error();
  SSL_shutdown(impl_->ssl.get());
  ERR_clear_error();
}

std::string TlsEngine::version() const { return SSL_get_version(impl_->ssl.get()); }
std::string TlsEngine::cipher() const { return SSL_get_cipher(impl_->ssl.get()); }

TlsStream::TlsStream(std::unique_ptr<StreamPort> lower, TlsEngine engine) : lower_(std::move(lower)), engine_(std::move(engine)) {}

Task<PortResult<std::unique_ptr<TlsStream>>> TlsStream::connect(std::unique_ptr<StreamPort> lower, std::string host, TlsTrust trust) {
  auto engine = TlsEngine::client(host, trust);
  if (!engine) co_return std::unexpected(engine.error());
  std::unique_ptr<TlsStream> stream(new TlsStream(std::move(lower), *std::move(engine)));
  for (;;) {
    const auto done = stream->engine_.handshake();
    const auto sent = co_await stream->flush();  // also the alert that says why we give up
    if (!done) co_return std::unexpected(done.error());
    if (!sent) co_return std::unexpected(sent.error());
    if (*done) break;
    const auto more = co_await stream->pull();
    if (!more) co_return std::unexpected(more.error());
  }
  stream->open_ = true;
  co_return stream;
}

Task<> TlsStream::close() {
  if (open_) {
    open_ = false;
    engine_.shutdown();
    (void)co_await flush();  // the peer may be gone; nobody waits for this
  }
  co_await lower_->close();
}

Task<PortResult<void>> TlsStream::flush() {
  Bytes out = engine_.take_output();
  if (out.empty()) co_return PortResult<void>{};
  co_return co_await lower_->send(std::move(out));
}

Task<PortResult<void>> TlsStream::pull() {
  const auto octets = co_await lower_->receive();
  if (!octets) co_return std::unexpected(octets.error());
  if (octets->empty()) {
    engine_.feed_end();
  } else {
    engine_.feed(*octets);
  }
  co_return PortResult<void>{};
}

Task<PortResult<void>> TlsStream::send(Bytes octets) {
  if (auto written = engine_.write(octets); !written) {
    open_ = false;
    co_return written;
  }
  co_return co_await flush();
}

Task<PortResult<Bytes>> TlsStream::receive() {
  for (;;) {
    auto plaintext = engine_.read();
    if (!plaintext) {
      open_ = false;
      co_return std::unexpected(plaintext.error());
    }
    const auto sent = co_await flush();  // key updates ask for an answer
    if (!sent) co_return std::unexpected(sent.error());
    if (*plaintext) co_return **std::move(plaintext);
    const auto more = co_await pull();
    if (!more) co_return std::unexpected(more.error());
  }
}

bool TlsStream::quiet() { return open_ && lower_->quiet(); }

Task<PortResult<std::unique_ptr<StreamPort>>> TlsNet::connect(std::string host, std::uint16_t port) {
  auto lower = co_await tcp_.connect(host, port);
  if (!lower) co_return std::unexpected(lower.error());
  auto stream = co_await TlsStream::connect(*std::move(lower), host, trust_);
  if (!stream) co_return std::unexpected(stream.error());
  co_return std::unique_ptr<StreamPort>(*std::move(stream));
}

}  // namespace simurgh::ipae
