#include "ipae/transport/session.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <new>

namespace simurgh::ipae {
namespace {

using BioPtr = std::unique_ptr<BIO, Deleter<BIO_free_all>>;
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

std::string last_reason() {
  const unsigned long code = ERR_peek_last_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  std::string text = reason == nullptr ? "no reason given" : reason;
  ERR_clear_error();
  return text;
}

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

void Session::build_on(const SessionMemory& memory) {
  if (memory && SSL_set_session(ssl_.get(), static_cast<SSL_SESSION*>(memory.get())) != 1) ERR_clear_error();
}

SessionMemory Session::memory() const {
  SSL_SESSION* session = SSL_get1_session(ssl_.get());
  if (session == nullptr) return {};
  SessionMemory out(session, [](void* one) { SSL_SESSION_free(static_cast<SSL_SESSION*>(one)); });
  return SSL_SESSION_is_resumable(session) == 1 ? out : SessionMemory();
}

PortError Session::failure(const std::string& step, int result, bool ended) {
  const int kind = SSL_get_error(ssl_.get(), result);
  const long verdict = SSL_get_verify_result(ssl_.get());
  const bool verifies = (SSL_get_verify_mode(ssl_.get()) & SSL_VERIFY_PEER) != 0;
  if (verifies && verdict != X509_V_OK && !SSL_is_init_finished(ssl_.get())) return untrusted(verdict);
  if (kind == SSL_ERROR_SYSCALL || (ended && kind != SSL_ERROR_SSL)) {
    ERR_clear_error();
    return {step + ": " + host_ + " cut the connection"};
  }
  if (ERR_GET_REASON(ERR_peek_last_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
    ERR_clear_error();
    return {step + ": " + host_ + " cut the connection"};
  }
  return {step + " with " + host_ + ": " + last_reason()};
}

PortError Session::untrusted(long verdict) {
  ERR_clear_error();
  if (pin_missed_) return {"the certificate of " + host_ + " does not carry the key that is pinned for it"};
  const X509Ptr cert(SSL_get1_peer_certificate(ssl_.get()));
  switch (verdict) {
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return {"the certificate of " + host_ + " is for another server (" + (cert ? names_of(cert.get()) : rejected_names_) + ")"};
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
      if (pinned_certificate_) return {"the certificate of " + host_ + " is not the pinned one and does not come from it"};
      return {"the certificate of " + host_ + " does not come from a certificate issuer (CI) that is trusted here"};
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return {"the certificate of " + host_ + " has expired"};
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return {"the certificate of " + host_ + " is not valid yet; check the clock"};
    default:
      return {"the certificate of " + host_ + " was refused: " + X509_verify_cert_error_string(verdict)};
  }
}

// The peer's certificate is not kept when the handshake dies in its verification, so its names are noted here.
int Session::note_names(int ok, X509_STORE_CTX* store) {
  if (ok == 0) {
    auto* ssl = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
    auto* session = ssl == nullptr ? nullptr : static_cast<Session*>(SSL_get_app_data(ssl));
    X509* leaf = X509_STORE_CTX_get0_cert(store);
    if (session != nullptr && leaf != nullptr) session->rejected_names_ = names_of(leaf);
  }
  return ok;
}

// SGP.32 v1.2 trustedPublicKeyDataTls: a key or a certificate says all by itself. That the server has the private key is proven by the
// handshake.
int Session::check_pins(X509_STORE_CTX* store, void* argument) {
  auto& session = *static_cast<Session*>(argument);
  X509* leaf = X509_STORE_CTX_get0_cert(store);
  if (session.pinned_key_) {
    if (leaf != nullptr && EVP_PKEY_eq(X509_get0_pubkey(leaf), session.pinned_key_.get()) == 1) return 1;
    session.pin_missed_ = true;
    ERR_clear_error();
    X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_REJECTED);
    return 0;
  }
  if (leaf != nullptr && X509_cmp(leaf, session.pinned_certificate_.get()) == 0) return 1;
  return X509_verify_cert(store);
}

PortResult<void> Session::trust(const TlsTrust& trust) {
  if (!trust.verify) {
    SSL_CTX_set_verify(context_.get(), SSL_VERIFY_NONE, nullptr);
    return {};
  }
  std::vector<Bytes> anchors = trust.authorities;
  if (trust.pinned_key) {
    const unsigned char* at = trust.pinned_key->data();
    pinned_key_.reset(d2i_PUBKEY(nullptr, &at, static_cast<long>(trust.pinned_key->size())));
    ERR_clear_error();
    if (!pinned_key_ || at != trust.pinned_key->data() + trust.pinned_key->size())
      return std::unexpected(PortError{"the pinned key cannot be read"});
    anchors.clear();
  } else if (trust.pinned_certificate) {
    pinned_certificate_ = certificate_from_der(*trust.pinned_certificate);
    if (!pinned_certificate_) return std::unexpected(PortError{"the pinned certificate cannot be read"});
    anchors = {*trust.pinned_certificate};
  } else if (anchors.empty()) {
    return std::unexpected(PortError{"no certificate issuer (CI) is trusted, so no server can be"});
  }
  StorePtr store(X509_STORE_new());
  for (const Bytes& der : anchors) {
    const X509Ptr cert = certificate_from_der(der);
    if (!cert) return std::unexpected(PortError{"a trusted certificate cannot be read"});
    X509_STORE_add_cert(store.get(), cert.get());
  }
  X509_VERIFY_PARAM* rules = X509_STORE_get0_param(store.get());
  // Whatever the user named is an anchor, also a server's own certificate.
  X509_VERIFY_PARAM_set_flags(rules, X509_V_FLAG_PARTIAL_CHAIN | (trust.dates ? 0UL : X509_V_FLAG_NO_CHECK_TIME));
  if (trust.now && trust.dates) X509_VERIFY_PARAM_set_time(rules, static_cast<time_t>(*trust.now));
  SSL_CTX_set_cert_store(context_.get(), store.release());
  SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, note_names);
  if (pinned_key_ || pinned_certificate_) SSL_CTX_set_cert_verify_callback(context_.get(), check_pins, this);
  return {};
}

PortResult<std::unique_ptr<Session>> Session::client(const SSL_METHOD* method, int least, const std::string& host, const TlsTrust& trust) {
  std::unique_ptr<Session> session(new Session(host));
  session->context_.reset(SSL_CTX_new(method));
  SSL_CTX* context = session->context_.get();
  // SGP.22 v2.5 2.6.6.1: ECDHE_ECDSA suites on P-256 and brainpoolP256r1; the latter only exists in TLS 1.2.
  if (context == nullptr || SSL_CTX_set_min_proto_version(context, least) != 1 ||
      SSL_CTX_set1_groups_list(context, "P-256:X25519:P-384:brainpoolP256r1") != 1) {
    return std::unexpected(PortError{"TLS cannot be set up: " + last_reason()});
  }
  if (auto trusted = session->trust(trust); !trusted) return std::unexpected(trusted.error());
  session->ssl_.reset(SSL_new(context));
  SSL* ssl = session->ssl_.get();
  if (ssl == nullptr) return std::unexpected(PortError{"TLS cannot be set up: " + last_reason()});
  SSL_set_app_data(ssl, session.get());
  SSL_set_mode(ssl, SSL_MODE_RELEASE_BUFFERS);  // 16 KB for each direction only while a record is under way
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
  SSL_set_connect_state(ssl);
  return session;
}

}  // namespace simurgh::ipae
