// A TLS or DTLS server of ours in OpenSSL's terms.
#pragma once

#include <openssl/ssl.h>

#include <memory>

#include "tools/perso/pki.h"

namespace simurgh::perso {

template <auto Free>
struct OpensslDeleter {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};
using SslContextPtr = std::unique_ptr<SSL_CTX, OpensslDeleter<SSL_CTX_free>>;
using SslPtr = std::unique_ptr<SSL, OpensslDeleter<SSL_free>>;

// A context with this certificate and key; empty when the identity has no key or OpenSSL does not take it.
[[nodiscard]] SslContextPtr server_context(const SSL_METHOD* method, const Identity& identity);

}  // namespace simurgh::perso
