// What TLS and DTLS have in common above OpenSSL: trust, names and the sentence for each failure. For the engines of this room only.
#pragma once

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <memory>
#include <string>

#include "ipae/es10/ports.h"
#include "ipae/transport/memories.h"
#include "ipae/transport/trust.h"

namespace simurgh::ipae {

template <auto Free>
struct Deleter {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};
using SslCtxPtr = std::unique_ptr<SSL_CTX, Deleter<SSL_CTX_free>>;
using SslPtr = std::unique_ptr<SSL, Deleter<SSL_free>>;
using X509Ptr = std::unique_ptr<X509, Deleter<X509_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;

// OpenSSL points into it: it stays where it is made.
class Session {
 public:
  // A client that speaks `method` from `least` on; the caller gives it BIOs.
  [[nodiscard]] static PortResult<std::unique_ptr<Session>> client(const SSL_METHOD* method, int least, const std::string& host,
                                                                   const TlsTrust& trust);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  [[nodiscard]] SSL* ssl() const noexcept { return ssl_.get(); }
  [[nodiscard]] const std::string& host() const noexcept { return host_; }
  // A shorter handshake on what an earlier one left; a whole one when that is of no use. Before the handshake.
  void build_on(const SessionMemory& memory);
  // Empty while the server has given nothing to build on. TLS 1.3: some time after the handshake.
  [[nodiscard]] SessionMemory memory() const;
  // The sentence for an operation that failed for good; `ended`: the peer has closed the stream beneath.
  [[nodiscard]] PortError failure(const std::string& step, int result, bool ended);

 private:
  explicit Session(std::string host) : host_(std::move(host)) {}
  [[nodiscard]] PortResult<void> trust(const TlsTrust& trust);
  [[nodiscard]] PortError untrusted(long verdict);
  static int note_names(int ok, X509_STORE_CTX* store);
  static int check_pins(X509_STORE_CTX* store, void* session);

  std::string host_;
  SslCtxPtr context_;
  SslPtr ssl_;
  KeyPtr pinned_key_;
  X509Ptr pinned_certificate_;
  bool pin_missed_ = false;
  std::string rejected_names_ = "no name";
};

// What OpenSSL says went wrong; takes its queue of errors.
[[nodiscard]] std::string last_reason();

}  // namespace simurgh::ipae
