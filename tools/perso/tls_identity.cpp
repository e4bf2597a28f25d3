#include "tools/perso/tls_identity.h"

#include <openssl/pem.h>

namespace simurgh::perso {

SslContextPtr server_context(const SSL_METHOD* method, const Identity& identity) {
  if (!identity.key) return nullptr;
  SslContextPtr out(SSL_CTX_new(method));
  const unsigned char* at = identity.certificate.der.data();
  const std::unique_ptr<X509, OpensslDeleter<X509_free>> certificate(d2i_X509(nullptr, &at, static_cast<long>(identity.certificate.der.size())));
  const Bytes pem = identity.key->to_pem();
  const std::unique_ptr<BIO, OpensslDeleter<BIO_free>> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  const std::unique_ptr<EVP_PKEY, OpensslDeleter<EVP_PKEY_free>> key(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
  const bool taken = out && certificate && key && SSL_CTX_use_certificate(out.get(), certificate.get()) == 1 && SSL_CTX_use_PrivateKey(out.get(), key.get()) == 1;
  return taken ? std::move(out) : nullptr;
}

}  // namespace simurgh::perso
