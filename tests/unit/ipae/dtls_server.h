// The server's half of a DTLS association in this process, on OpenSSL: datagrams in, datagrams out. Like the client it has no clock.
#pragma once

#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <functional>
#include <stdexcept>

#include "euicc/crypto/x509.h"
#include "ipae/transport/datagram_bio.h"

namespace simurgh::test {

class DtlsServer {
 public:
  // What the server says to each plaintext datagram.
  using Service = std::function<std::vector<Bytes>(ByteView plaintext)>;
  DtlsServer(ByteView certificate_der, const crypto::EcPrivateKey& key, Service service, std::size_t mtu = 1232)
      : service_(std::move(service)), mtu_(mtu), context_(SSL_CTX_new(DTLS_server_method()), &SSL_CTX_free) {
    const unsigned char* at = certificate_der.data();
    X509* certificate = d2i_X509(nullptr, &at, static_cast<long>(certificate_der.size()));
    const Bytes pem = key.to_pem();
    BIO* bio = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
    EVP_PKEY* private_key = PEM_read_bio_PrivateKey(bio, nullptr, nullptr, nullptr);
    SSL_CTX_set_options(context_.get(), SSL_OP_COOKIE_EXCHANGE | SSL_OP_NO_QUERY_MTU);
    SSL_CTX_set_cookie_generate_cb(context_.get(), [](SSL*, unsigned char* cookie, unsigned* size) {
      *size = 16;
      std::fill_n(cookie, 16, static_cast<unsigned char>(0xC0));
      return 1;
    });
    SSL_CTX_set_cookie_verify_cb(context_.get(),
                                 [](SSL*, const unsigned char* cookie, unsigned size) { return size == 16 && cookie[0] == 0xC0 ? 1 : 0; });
    const bool usable = certificate != nullptr && private_key != nullptr && SSL_CTX_use_certificate(context_.get(), certificate) == 1 &&
                        SSL_CTX_use_PrivateKey(context_.get(), private_key) == 1;
    X509_free(certificate);
    EVP_PKEY_free(private_key);
    BIO_free(bio);
    if (!usable) throw std::runtime_error("the test server's certificate is unusable");
    again();
  }

  // The next association with the same server, which remembers the sessions before.
  void again() {
    ssl_.reset();
    ssl_.reset(SSL_new(context_.get()));
    SSL_set_mtu(ssl_.get(), static_cast<long>(mtu_));
    bio_.install(ssl_.get());
    SSL_set_accept_state(ssl_.get());
  }

  std::vector<Bytes> operator()(ByteView datagram) {
    const auto state = SSL_get_state(ssl_.get());
    bio_.feed(datagram);
    Bytes buffer(16384);
    for (int got = 0; (got = SSL_read(ssl_.get(), buffer.data(), static_cast<int>(buffer.size()))) > 0;) {
      for (const Bytes& answer : service_(ByteView(buffer).first(static_cast<std::size_t>(got)))) {
        SSL_write(ssl_.get(), answer.data(), static_cast<int>(answer.size()));
      }
    }
    if ((SSL_get_shutdown(ssl_.get()) & SSL_RECEIVED_SHUTDOWN) != 0) SSL_shutdown(ssl_.get());
    // The client repeats itself: its answer may be what got lost. A clock would say so a little later.
    if (!SSL_is_init_finished(ssl_.get()) && SSL_get_state(ssl_.get()) == state) (void)bio_.expire(ssl_.get());
    return output();
  }
  std::vector<Bytes> end() {
    SSL_shutdown(ssl_.get());
    return output();
  }
  [[nodiscard]] bool finished() const { return SSL_is_init_finished(ssl_.get()) != 0; }
  [[nodiscard]] std::string asked_for() const {
    const char* name = SSL_get_servername(ssl_.get(), TLSEXT_NAMETYPE_host_name);
    return name == nullptr ? "" : name;
  }

 private:
  std::vector<Bytes> output() {
    std::vector<Bytes> out;
    while (auto datagram = bio_.take()) out.push_back(*std::move(datagram));
    return out;
  }
  Service service_;
  std::size_t mtu_;
  ipae::DatagramBio bio_;
  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_;
  std::unique_ptr<SSL, decltype(&SSL_free)> ssl_{nullptr, &SSL_free};
};

}  // namespace simurgh::test
