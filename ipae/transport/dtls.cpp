#include "ipae/transport/dtls.h"

#include <algorithm>
#include <utility>

#include "ipae/transport/datagram_bio.h"
#include "ipae/transport/session.h"

namespace simurgh::ipae {
namespace {

// SGP.32 v1.2: the suites of TLS 1.2. Short lists make a short ClientHello, which goes twice.
constexpr const char* kSuites = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384";
constexpr const char* kGroups = "P-256:brainpoolP256r1";
constexpr const char* kSignatures = "ECDSA+SHA256:ECDSA+SHA384";
constexpr std::size_t kLeastDatagram = 208;

// Datagrams that bring nothing forward, in one wait: after so many it counts as over, whoever keeps talking.
constexpr unsigned kStrays = 64;
// Of a whole handshake: certificates in small pieces, some of them twice.
constexpr unsigned kMostOfHandshake = 256;
// Waits that brought nothing forward with a server that answered at once in the beginning: it may have started anew, and say nothing to what it
// knows nothing of, or ask for a cookie again, which is old news here. Where its first answer was slow or got lost, silence tells nothing.
constexpr unsigned kForgotten = 4;

}  // namespace

struct DtlsEngine::Impl {
  DtlsRules rules;
  DatagramBio bio;  // outlives the session
  std::unique_ptr<Session> session;
  std::chrono::milliseconds wait{0};
  unsigned repeated = 0;
  OSSL_HANDSHAKE_STATE state = TLS_ST_BEFORE;

  [[nodiscard]] SSL* ssl() const noexcept { return session->ssl(); }
};

DtlsEngine::DtlsEngine(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
DtlsEngine::DtlsEngine(DtlsEngine&&) noexcept = default;
DtlsEngine& DtlsEngine::operator=(DtlsEngine&&) noexcept = default;
DtlsEngine::~DtlsEngine() = default;

PortResult<DtlsEngine> DtlsEngine::client(const std::string& host, const TlsTrust& trust, const DtlsRules& rules,
                                          const SessionMemory& memory) {
  if (rules.datagram < kLeastDatagram) return std::unexpected(PortError{"the datagrams of this network are too small for DTLS"});
  auto session = Session::client(DTLS_client_method(), DTLS1_2_VERSION, host, trust);
  if (!session) return std::unexpected(session.error());
  auto impl = std::make_unique<Impl>();
  impl->rules = rules;
  impl->wait = rules.first_wait;
  impl->session = *std::move(session);
  SSL* ssl = impl->ssl();
  SSL_set_options(ssl, SSL_OP_NO_QUERY_MTU | SSL_OP_NO_TICKET | SSL_OP_NO_ENCRYPT_THEN_MAC | SSL_OP_NO_RENEGOTIATION);
  if (SSL_set_cipher_list(ssl, kSuites) != 1 || SSL_set1_groups_list(ssl, kGroups) != 1 || SSL_set1_sigalgs_list(ssl, kSignatures) != 1 ||
      SSL_set_mtu(ssl, static_cast<long>(std::min<std::size_t>(rules.datagram, 16384))) <= 0) {
    return std::unexpected(PortError{"DTLS cannot be set up: " + last_reason()});
  }
  impl->session->build_on(memory);
  impl->bio.install(ssl);
  return DtlsEngine(std::move(impl));
}

void DtlsEngine::feed(ByteView datagram) { impl_->bio.feed(datagram); }
std::optional<Bytes> DtlsEngine::take_output() { return impl_->bio.take(); }

PortResult<bool> DtlsEngine::handshake() {
  ERR_clear_error();
  const int result = SSL_do_handshake(impl_->ssl());
  if (const auto state = SSL_get_state(impl_->ssl()); std::exchange(impl_->state, state) != state) impl_->repeated = 0;
  if (result == 1) return true;
  if (SSL_get_error(impl_->ssl(), result) == SSL_ERROR_WANT_READ) return false;
  return std::unexpected(impl_->session->failure("DTLS handshake", result, false));
}

std::chrono::milliseconds DtlsEngine::patience() const { return impl_->wait; }
unsigned DtlsEngine::repeated() const { return impl_->repeated; }

PortResult<void> DtlsEngine::time_over() {
  if (impl_->repeated == impl_->rules.retransmissions)
    return std::unexpected(PortError{impl_->session->host() + " does not answer over DTLS"});
  ++impl_->repeated;
  impl_->wait = std::min(impl_->wait * 2, impl_->rules.longest_wait);
  ERR_clear_error();
  (void)impl_->bio.expire(impl_->ssl());
  ERR_clear_error();
  return {};
}

PortResult<void> DtlsEngine::write(ByteView plaintext) {
  if (plaintext.size() > largest())
    return std::unexpected(PortError{"a datagram of " + std::to_string(plaintext.size()) + " octets is too large"});
  ERR_clear_error();
  const int result = SSL_write(impl_->ssl(), plaintext.data(), static_cast<int>(plaintext.size()));
  if (result <= 0) return std::unexpected(impl_->session->failure("sending", result, false));
  return {};
}

PortResult<std::optional<Bytes>> DtlsEngine::read() {
  ERR_clear_error();
  Bytes buffer(16384);
  const int result = SSL_read(impl_->ssl(), buffer.data(), static_cast<int>(buffer.size()));
  if (result > 0) {
    buffer.resize(static_cast<std::size_t>(result));
    return buffer;
  }
  const int kind = SSL_get_error(impl_->ssl(), result);
  if (kind == SSL_ERROR_ZERO_RETURN) return Bytes{};
  if (kind == SSL_ERROR_WANT_READ) return std::optional<Bytes>{};
  return std::unexpected(impl_->session->failure("receiving", result, false));
}

void DtlsEngine::shutdown() {
  ERR_clear_error();
  SSL_shutdown(impl_->ssl());
  ERR_clear_error();
}

std::size_t DtlsEngine::largest() const { return DTLS_get_data_mtu(impl_->ssl()); }

SessionMemory DtlsEngine::memory() const {
  return impl_->session->memory();
}

bool DtlsEngine::resumed() const { return SSL_session_reused(impl_->ssl()) == 1; }
std::string DtlsEngine::version() const { return SSL_get_version(impl_->ssl()); }
std::string DtlsEngine::cipher() const { return SSL_get_cipher(impl_->ssl()); }

DtlsDatagrams::DtlsDatagrams(std::unique_ptr<DatagramPort> lower, std::string host, DtlsEngine engine)
    : lower_(std::move(lower)), host_(std::move(host)), engine_(std::move(engine)) {}

Task<PortResult<std::unique_ptr<DtlsDatagrams>>> DtlsDatagrams::connect(std::unique_ptr<DatagramPort> lower, std::string host,
                                                                        TlsTrust trust, DtlsRules rules, SessionMemory memory) {
  rules.datagram = std::min(rules.datagram, lower->largest());
  rules.first_wait = std::max(rules.first_wait, std::min(3 * lower->round_trip(), rules.longest_wait));
  auto engine = DtlsEngine::client(host, trust, rules, memory);
  if (!engine) co_return std::unexpected(engine.error());
  std::unique_ptr<DtlsDatagrams> port(new DtlsDatagrams(std::move(lower), std::move(host), *std::move(engine)));
  bool prompt = true;
  for (unsigned taken = 0; taken < kMostOfHandshake;) {
    const auto done = port->engine_.handshake();
    const auto sent = co_await port->flush();  // also the alert that says why we give up
    if (!done) co_return std::unexpected(done.error());
    if (!sent) co_return std::unexpected(sent.error());
    if (*done) {
      port->open_ = true;
      co_return port;
    }
    const auto got = co_await port->lower_->receive(port->engine_.patience());
    if (!got) co_return std::unexpected(got.error());
    if (*got) {
      if (++taken == 1) prompt = port->engine_.repeated() == 0;
      port->engine_.feed(**got);
      continue;
    }
    if (port->engine_.repeated() + 1 == kForgotten && taken > 0 && std::exchange(prompt, false)) {
      auto fresh = DtlsEngine::client(port->host_, trust, rules, memory);
      if (!fresh) co_return std::unexpected(fresh.error());
      port->engine_ = *std::move(fresh);
      continue;
    }
    const auto again = port->engine_.time_over();
    if (!again) co_return std::unexpected(again.error());
  }
  co_return std::unexpected(PortError{"the DTLS handshake with " + port->host_ + " does not come to an end"});
}

Task<PortResult<void>> DtlsDatagrams::flush() {
  while (auto datagram = engine_.take_output()) {
    const auto sent = co_await lower_->send(*std::move(datagram));
    if (!sent) co_return sent;
  }
  co_return PortResult<void>{};
}

Task<PortResult<void>> DtlsDatagrams::send(Bytes datagram) {
  const auto written = engine_.write(datagram);
  if (!written) co_return written;
  const auto sent = co_await flush();
  co_return sent;
}

Task<PortResult<std::optional<Bytes>>> DtlsDatagrams::receive(std::chrono::milliseconds timeout) {
  for (unsigned strays = 0; strays < kStrays; ++strays) {
    auto plaintext = engine_.read();
    const auto sent = co_await flush();  // a peer that repeats its last flight wants an answer
    if (!plaintext) {
      open_ = false;
      co_return std::unexpected(plaintext.error());
    }
    if (!sent) co_return std::unexpected(sent.error());
    if (*plaintext && (*plaintext)->empty()) {
      open_ = false;
      co_return std::unexpected(PortError{host_ + " ended the DTLS association"});
    }
    if (*plaintext) co_return plaintext;
    const auto got = co_await lower_->receive(timeout);
    if (!got) co_return std::unexpected(got.error());
    if (!*got) break;
    engine_.feed(**got);
  }
  co_return std::optional<Bytes>();
}

Task<> DtlsDatagrams::close() {
  if (std::exchange(open_, false)) {
    engine_.shutdown();
    (void)co_await flush();  // the peer may be gone; nobody waits for this
  }
  co_await lower_->close();
}

Task<PortResult<std::unique_ptr<StreamPort>>> DtlsNet::connect(std::string /*host*/, std::uint16_t /*port*/) {
  co_return std::unexpected(PortError{"streams are not offered here"});
}

Task<PortResult<std::unique_ptr<DatagramPort>>> DtlsNet::datagrams(std::string host, std::uint16_t port) {
  std::string target = host;
  auto lower = co_await udp_.datagrams(std::move(target), port);
  if (!lower) co_return lower;
  std::string server = SessionMemories::name_of("DTLS", host, port, trust_);
  SessionMemory memory = memories_.take(server);
  auto secured = co_await DtlsDatagrams::connect(*std::move(lower), std::move(host), trust_, rules_, std::move(memory));
  if (!secured) co_return std::unexpected(secured.error());
  memories_.keep(std::move(server), (*secured)->engine().memory());
  co_return std::unique_ptr<DatagramPort>(*std::move(secured));
}

}  // namespace simurgh::ipae
