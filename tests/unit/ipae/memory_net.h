// Servers in this process: a stream whose far end is a function, and one that speaks TLS in between.
#pragma once

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "euicc/crypto/x509.h"
#include "ipae/transport/ports.h"

namespace simurgh::test {

// What the server answers to the octets received so far; it may take some from the buffer and return nothing yet.
using Service = std::function<Bytes(Bytes& received)>;

class MemoryStream final : public ipae::StreamPort {
 public:
  explicit MemoryStream(Service service) : service_(std::move(service)) {}
  ipae::Task<ipae::PortResult<void>> send(Bytes octets) override {
    append(received_, octets);
    append(answer_, service_(received_));
    co_return ipae::PortResult<void>{};
  }
  // In pieces of at most `piece` octets, so that readers meet every cut.
  ipae::Task<ipae::PortResult<Bytes>> receive() override {
    const std::size_t size = std::min(piece, answer_.size());
    Bytes out(answer_.begin(), answer_.begin() + static_cast<std::ptrdiff_t>(size));
    answer_.erase(answer_.begin(), answer_.begin() + static_cast<std::ptrdiff_t>(size));
    co_return out;
  }
  std::size_t piece = 16384;

 private:
  Service service_;
  Bytes received_, answer_;
};

class MemoryNet final : public ipae::NetPort {
 public:
  using Dial =
      std::function<std::expected<std::unique_ptr<ipae::StreamPort>, ipae::PortError>(const std::string& host, std::uint16_t port)>;
  explicit MemoryNet(Dial dial) : dial_(std::move(dial)) {}
  ipae::Task<ipae::PortResult<std::unique_ptr<ipae::StreamPort>>> connect(std::string host, std::uint16_t port) override {
    ++connections;
    co_return dial_(host, port);
  }
  std::size_t connections = 0;

 private:
  Dial dial_;
};

// The server's half of a TLS connection; the client's end is a StreamPort.
class TlsServerStream final : public ipae::StreamPort {
 public:
  TlsServerStream(ByteView certificate_der, const crypto::EcPrivateKey& key, Service service, int max_version = TLS1_3_VERSION)
      : service_(std::move(service)), context_(SSL_CTX_new(TLS_server_method()), &SSL_CTX_free) {
    const unsigned char* at = certificate_der.data();
    X509* certificate = d2i_X509(nullptr, &at, static_cast<long>(certificate_der.size()));
    const Bytes pem = key.to_pem();
    BIO* bio = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
    EVP_PKEY* private_key = PEM_read_bio_PrivateKey(bio, nullptr, nullptr, nullptr);
    SSL_CTX_set_max_proto_version(context_.get(), max_version);
    SSL_CTX_set1_groups_list(context_.get(), "P-256:brainpoolP256r1");
    const bool usable = certificate != nullptr && private_key != nullptr && SSL_CTX_use_certificate(context_.get(), certificate) == 1 &&
                        SSL_CTX_use_PrivateKey(context_.get(), private_key) == 1;
    X509_free(certificate);
    EVP_PKEY_free(private_key);
    BIO_free(bio);
    if (!usable) throw std::runtime_error("the test server's certificate is unusable");
    open();
  }
  // The next connection to the same server, which takes up what it gave to earlier ones.
  TlsServerStream(const TlsServerStream& same) : StreamPort(), service_(same.service_), context_(same.context_) { open(); }
  TlsServerStream& operator=(const TlsServerStream&) = delete;
  ~TlsServerStream() override {
    // Otherwise OpenSSL forgets the session.
    if (ssl_) SSL_set_shutdown(ssl_.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
  }
  void open() {
    ssl_.reset(SSL_new(context_.get()));
    SSL_set_bio(ssl_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_accept_state(ssl_.get());
  }

  ipae::Task<ipae::PortResult<void>> send(Bytes octets) override {
    BIO_write(SSL_get_rbio(ssl_.get()), octets.data(), static_cast<int>(octets.size()));
    Bytes buffer(16384);
    for (int got = 0; (got = SSL_read(ssl_.get(), buffer.data(), static_cast<int>(buffer.size()))) > 0;) {
      append(received_, ByteView(buffer).first(static_cast<std::size_t>(got)));
      const Bytes answer = service_(received_);
      if (!answer.empty()) SSL_write(ssl_.get(), answer.data(), static_cast<int>(answer.size()));
      if (close_after_answer && !answer.empty()) SSL_shutdown(ssl_.get());
    }
    co_return ipae::PortResult<void>{};
  }
  ipae::Task<ipae::PortResult<Bytes>> receive() override {
    Bytes out(BIO_ctrl_pending(SSL_get_wbio(ssl_.get())));
    if (!out.empty()) BIO_read(SSL_get_wbio(ssl_.get()), out.data(), static_cast<int>(out.size()));
    co_return out;
  }
  [[nodiscard]] std::string asked_for() const {
    const char* name = SSL_get_servername(ssl_.get(), TLSEXT_NAMETYPE_host_name);
    return name == nullptr ? "" : name;
  }
  bool close_after_answer = false;

 private:
  Service service_;
  std::shared_ptr<SSL_CTX> context_;
  std::unique_ptr<SSL, decltype(&SSL_free)> ssl_{nullptr, &SSL_free};
  Bytes received_;
};

// Takes one whole HTTP request from the buffer: target and body. False while it is incomplete.
inline bool take_request(Bytes& received, std::string& target, std::string& fields, Bytes& body) {
  const std::string text = to_text(received);
  const std::size_t head = text.find("\r\n\r\n");
  if (head == std::string::npos) return false;
  const std::size_t at = text.find("Content-Length: ");
  const std::size_t length = std::stoul(text.substr(at + 16));
  if (text.size() < head + 4 + length) return false;
  target = text.substr(5, text.find(' ', 5) - 5);
  fields = text.substr(0, head + 2);
  body.assign(received.begin() + static_cast<std::ptrdiff_t>(head + 4), received.begin() + static_cast<std::ptrdiff_t>(head + 4 + length));
  received.erase(received.begin(), received.begin() + static_cast<std::ptrdiff_t>(head + 4 + length));
  return true;
}

inline Bytes http_answer(const std::string& status, const std::string& body, const std::string& more = {}) {
  return to_bytes(text_view("HTTP/1.1 " + status + "\r\nContent-Type: application/json\r\n" + more +
                            "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body));
}

}  // namespace simurgh::test
