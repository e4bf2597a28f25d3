// TLS client over any byte stream. SGP.22 v2.5 2.6.6: TLS 1.2 or later, server certificates under a CI the assistant trusts.
//
// TlsEngine does no I/O: octets in, octets out, so that it also serves a BIP channel whose operations are awaited. TlsStream drives it over
// a blocking BlockingStreamPort.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ipae/es10/ports.h"

namespace simurgh::ipae {

struct TlsTrust {
  std::vector<Bytes> authorities = {};   // DER: CI certificates, or a server certificate itself; each is an anchor
  bool verify = true;                    // false: neither chain nor name is checked
  std::optional<std::int64_t> now = {};  // seconds since 1970 for validity; the system's clock when absent
};

// DER or PEM (one or more certificates). Nothing when there is none in it.
[[nodiscard]] std::vector<Bytes> certificates_in(ByteView pem_or_der);

class TlsEngine {
 public:
  // `host`: the name (or IP address) the certificate must carry; also sent as SNI when it is a name.
  [[nodiscard]] static PortResult<TlsEngine> client(const std::string& host, const TlsTrust& trust);
  TlsEngine(TlsEngine&&) noexcept;
  TlsEngine& operator=(TlsEngine&&) noexcept;
  ~TlsEngine();

  // Octets from the peer.
  void feed(ByteView octets);
  // The peer has ended the stream beneath.
  void feed_end();
  // Octets for the peer, perhaps none.
  [[nodiscard]] Bytes take_output();

  // True when the handshake is done; false when more octets of the peer are needed.
  [[nodiscard]] PortResult<bool> handshake();
  // Plaintext to protect; what must be sent is in take_output().
  [[nodiscard]] PortResult<void> write(ByteView plaintext);
  // Plaintext received so far; nothing when more octets of the peer are needed. An empty value: the peer closed in order.
  [[nodiscard]] PortResult<std::optional<Bytes>> read();
  // close_notify into the output.
  void shutdown();

  [[nodiscard]] std::string version() const;  // "TLSv1.3"
  [[nodiscard]] std::string cipher() const;

 private:
  struct Impl;
  explicit TlsEngine(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

class TlsStream final : public BlockingStreamPort {
 public:
  // Handshake included. Takes the stream.
  [[nodiscard]] static PortResult<std::unique_ptr<TlsStream>> connect(std::unique_ptr<BlockingStreamPort> lower, const std::string& host,
                                                                      const TlsTrust& trust);
  ~TlsStream() override;

  [[nodiscard]] PortResult<void> send(ByteView octets) override;
  // An end without close_notify is an error: somebody cut the connection.
  [[nodiscard]] PortResult<Bytes> receive() override;
  [[nodiscard]] bool quiet() override;
  [[nodiscard]] const TlsEngine& engine() const noexcept { return engine_; }

 private:
  TlsStream(std::unique_ptr<BlockingStreamPort> lower, TlsEngine engine);
  [[nodiscard]] PortResult<void> flush();
  [[nodiscard]] PortResult<void> pull();

  std::unique_ptr<BlockingStreamPort> lower_;
  TlsEngine engine_;
  bool open_ = false;
};

// TCP beneath, TLS above: what ES9+ connects through.
class TlsNet final : public BlockingNetPort {
 public:
  TlsNet(BlockingNetPort& tcp, TlsTrust trust) : tcp_(tcp), trust_(std::move(trust)) {}
  [[nodiscard]] PortResult<std::unique_ptr<BlockingStreamPort>> connect(const std::string& host, std::uint16_t port) override;

 private:
  BlockingNetPort& tcp_;
  TlsTrust trust_;
};

}  // namespace simurgh::ipae
