// TLS client over any byte stream. SGP.22 v2.5 2.6.6: TLS 1.2 or later, server certificates under a CI the assistant trusts.
//
// TlsEngine does no I/O: octets in, octets out. TlsStream drives it over a stream whose operations are awaited.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "ipae/transport/memories.h"
#include "ipae/transport/ports.h"
#include "ipae/transport/trust.h"

namespace simurgh::ipae {

class TlsEngine {
 public:
  // `host`: the name (or IP address) the certificate must carry; also sent as SNI when it is a name. `memory` stems from an engine with the same
  // host and trust.
  [[nodiscard]] static PortResult<TlsEngine> client(const std::string& host, const TlsTrust& trust, const SessionMemory& memory = {});
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

  // What the next handshake with this server may build on; empty until the server has given it. After shutdown().
  [[nodiscard]] SessionMemory memory() const;
  [[nodiscard]] bool resumed() const;
  [[nodiscard]] std::string version() const;  // "TLSv1.3"
  [[nodiscard]] std::string cipher() const;

 private:
  struct Impl;
  explicit TlsEngine(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

class TlsStream final : public StreamPort {
 public:
  // Handshake included. Takes the stream. With `memories`, which outlive it, it builds on the last one to `server` and is remembered when it ends.
  [[nodiscard]] static Task<PortResult<std::unique_ptr<TlsStream>>> connect(std::unique_ptr<StreamPort> lower, std::string host, TlsTrust trust,
                                                                            SessionMemories* memories = nullptr, std::string server = {});

  [[nodiscard]] Task<PortResult<void>> send(Bytes octets) override;
  // An end without close_notify is an error: somebody cut the connection.
  [[nodiscard]] Task<PortResult<Bytes>> receive() override;
  [[nodiscard]] bool quiet() override;
  // close_notify, then the stream beneath.
  Task<> close() override;
  [[nodiscard]] const TlsEngine& engine() const noexcept { return engine_; }

 private:
  TlsStream(std::unique_ptr<StreamPort> lower, TlsEngine engine, SessionMemories* memories, std::string server);
  [[nodiscard]] Task<PortResult<void>> flush();
  [[nodiscard]] Task<PortResult<void>> pull();

  std::unique_ptr<StreamPort> lower_;
  TlsEngine engine_;
  SessionMemories* memories_;
  std::string server_;
  bool open_ = false;
};

// TCP beneath, TLS above: what ES9+ and ESipa connect through.
class TlsNet final : public NetPort {
 public:
  // With `memories` connections build on earlier ones, also on those of another TlsNet.
  TlsNet(NetPort& tcp, TlsTrust trust, SessionMemories* memories = nullptr) : tcp_(tcp), trust_(std::move(trust)), memories_(memories) {}
  [[nodiscard]] Task<PortResult<std::unique_ptr<StreamPort>>> connect(std::string host, std::uint16_t port) override;

 private:
  NetPort& tcp_;
  TlsTrust trust_;
  SessionMemories* memories_;
};

}  // namespace simurgh::ipae
