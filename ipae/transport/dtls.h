// DTLS 1.2 client over any datagrams. SGP.32 v1.2 ESipa over CoAP; RFC 6347.
//
// DtlsEngine does no I/O and has no clock: datagrams in, datagrams out, and its caller says when it has waited long enough. DtlsDatagrams
// drives it over a DatagramPort. OpenSSL 3.0 has no Connection ID (RFC 9146): an association ends with the address it was made from. The
// next one with the same server is shorter when that remembers the last (RFC 5246 7.3).
#pragma once

#include <utility>
#include <vector>

#include "ipae/transport/memories.h"
#include "ipae/transport/ports.h"
#include "ipae/transport/trust.h"

namespace simurgh::ipae {

struct DtlsRules {
  std::size_t datagram = kLargestDatagram;     // octets of the largest datagram sent, record headers included; at least 208
  std::chrono::milliseconds first_wait{1000};  // RFC 6347 4.2.4.1, at least three round trips of the port beneath; doubled each time
  std::chrono::milliseconds longest_wait{60000};
  unsigned retransmissions = 6;  // of one flight
};

class DtlsEngine {
 public:
  // `host` as for TlsEngine. `memory` stems from an engine with the same host and trust.
  [[nodiscard]] static PortResult<DtlsEngine> client(const std::string& host, const TlsTrust& trust, const DtlsRules& rules = {},
                                                     const SessionMemory& memory = {});
  DtlsEngine(DtlsEngine&&) noexcept;
  DtlsEngine& operator=(DtlsEngine&&) noexcept;
  ~DtlsEngine();

  // One datagram of the peer. Any content: what is not a valid record is dropped.
  void feed(ByteView datagram);
  // The next datagram for the peer; take all of them after every other call.
  [[nodiscard]] std::optional<Bytes> take_output();

  // True when the handshake is done; false when the peer's turn is next.
  [[nodiscard]] PortResult<bool> handshake();
  // How long to wait for the peer in the handshake, and what to do when nothing came: the last flight goes into the output again.
  [[nodiscard]] std::chrono::milliseconds patience() const;
  [[nodiscard]] PortResult<void> time_over();
  [[nodiscard]] unsigned repeated() const;  // waits that were over since the handshake went forward

  // One datagram of at most largest() octets.
  [[nodiscard]] PortResult<void> write(ByteView plaintext);
  // One datagram received; nothing when more is needed. An empty value: the peer closed in order.
  [[nodiscard]] PortResult<std::optional<Bytes>> read();
  void shutdown();
  // Octets of plaintext that fit into a datagram; after the handshake.
  [[nodiscard]] std::size_t largest() const;

  // After the handshake. It stays of use when the association is shut down in order.
  [[nodiscard]] SessionMemory memory() const;
  [[nodiscard]] bool resumed() const;
  [[nodiscard]] std::string version() const;  // "DTLSv1.2"
  [[nodiscard]] std::string cipher() const;

 private:
  struct Impl;
  explicit DtlsEngine(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

class DtlsDatagrams final : public DatagramPort {
 public:
  // Handshake included; it begins anew, once, with a server that falls silent in the middle. Takes the port beneath; its size of datagrams limits that of the rules.
  [[nodiscard]] static Task<PortResult<std::unique_ptr<DtlsDatagrams>>> connect(std::unique_ptr<DatagramPort> lower, std::string host,
                                                                                TlsTrust trust, DtlsRules rules = {},
                                                                                SessionMemory memory = {});
  [[nodiscard]] Task<PortResult<void>> send(Bytes datagram) override;
  // An end by the peer is an error: no more answers will come.
  [[nodiscard]] Task<PortResult<std::optional<Bytes>>> receive(std::chrono::milliseconds timeout) override;
  // close_notify, then the port beneath.
  Task<> close() override;
  [[nodiscard]] std::size_t largest() const override { return engine_.largest(); }
  [[nodiscard]] std::chrono::milliseconds round_trip() const override { return lower_->round_trip(); }
  [[nodiscard]] const DtlsEngine& engine() const noexcept { return engine_; }

 private:
  DtlsDatagrams(std::unique_ptr<DatagramPort> lower, std::string host, DtlsEngine engine);
  [[nodiscard]] Task<PortResult<void>> flush();

  std::unique_ptr<DatagramPort> lower_;
  std::string host_;
  DtlsEngine engine_;
  bool open_ = false;
};

// UDP beneath, DTLS above: what ESipa over CoAP connects through. Streams are not offered.
class DtlsNet final : public NetPort {
 public:
  // With `memories` associations build on earlier ones, also on those of another DtlsNet.
  DtlsNet(NetPort& udp, TlsTrust trust, DtlsRules rules = {}, SessionMemories* memories = nullptr)
      : udp_(udp), trust_(std::move(trust)), rules_(rules), memories_(memories != nullptr ? *memories : own_) {}
  [[nodiscard]] Task<PortResult<std::unique_ptr<StreamPort>>> connect(std::string host, std::uint16_t port) override;
  [[nodiscard]] Task<PortResult<std::unique_ptr<DatagramPort>>> datagrams(std::string host, std::uint16_t port) override;

 private:
  NetPort& udp_;
  TlsTrust trust_;
  DtlsRules rules_;
  SessionMemories own_;
  SessionMemories& memories_;
};

}  // namespace simurgh::ipae
