#include "ipae/transport/tls.h"

#include <algorithm>
#include <new>

#include "ipae/transport/session.h"

namespace simurgh::ipae {
namespace {

// Of plaintext handed on at once: a record may have four times as much, which OpenSSL holds already.
constexpr std::size_t kPiece = 4096;

}  // namespace

struct TlsEngine::Impl {
  std::unique_ptr<Session> session;
  BIO* in = nullptr;   // owned by the session
  BIO* out = nullptr;  // owned by the session
  bool ended = false;

  [[nodiscard]] SSL* ssl() const noexcept { return session->ssl(); }
  PortError failure(const std::string& step, int result) { return session->failure(step, result, ended); }
};

TlsEngine::TlsEngine(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TlsEngine::TlsEngine(TlsEngine&&) noexcept = default;
TlsEngine& TlsEngine::operator=(TlsEngine&&) noexcept = default;
TlsEngine::~TlsEngine() = default;

PortResult<TlsEngine> TlsEngine::client(const std::string& host, const TlsTrust& trust, const SessionMemory& memory) {
  auto session = Session::client(TLS_client_method(), TLS1_2_VERSION, host, trust);
  if (!session) return std::unexpected(session.error());
  auto impl = std::make_unique<Impl>();
  impl->session = *std::move(session);
  impl->session->build_on(memory);
  impl->in = BIO_new(BIO_s_mem());
  impl->out = BIO_new(BIO_s_mem());
  if (impl->in == nullptr || impl->out == nullptr) throw std::bad_alloc();
  SSL_set_bio(impl->ssl(), impl->in, impl->out);
  return TlsEngine(std::move(impl));
}

void TlsEngine::feed(ByteView octets) {
  if (!octets.empty()) BIO_write(impl_->in, octets.data(), static_cast<int>(octets.size()));
}

void TlsEngine::feed_end() {
  impl_->ended = true;
  BIO_set_mem_eof_return(impl_->in, 0);
}

Bytes TlsEngine::take_output() {
  Bytes out(BIO_ctrl_pending(impl_->out));
  if (!out.empty()) BIO_read(impl_->out, out.data(), static_cast<int>(out.size()));
  return out;
}

PortResult<bool> TlsEngine::handshake() {
  ERR_clear_error();
  const int result = SSL_do_handshake(impl_->ssl());
  if (result == 1) return true;
  if (SSL_get_error(impl_->ssl(), result) == SSL_ERROR_WANT_READ && !impl_->ended) return false;
  return std::unexpected(impl_->failure("TLS handshake", result));
}

PortResult<void> TlsEngine::write(ByteView plaintext) {
  while (!plaintext.empty()) {
    ERR_clear_error();
    const int chunk = static_cast<int>(std::min<std::size_t>(plaintext.size(), 16384));
    const int result = SSL_write(impl_->ssl(), plaintext.data(), chunk);
    if (result <= 0) return std::unexpected(impl_->failure("sending", result));
    plaintext = plaintext.subspan(static_cast<std::size_t>(result));
  }
  return {};
}

PortResult<std::optional<Bytes>> TlsEngine::read() {
  ERR_clear_error();
  Bytes buffer(kPiece);
  const int result = SSL_read(impl_->ssl(), buffer.data(), static_cast<int>(buffer.size()));
  if (result > 0) {
    buffer.resize(static_cast<std::size_t>(result));
    return buffer;
  }
  const int kind = SSL_get_error(impl_->ssl(), result);
  if (kind == SSL_ERROR_ZERO_RETURN) return Bytes{};
  if (kind == SSL_ERROR_WANT_READ && !impl_->ended) return std::optional<Bytes>{};
  return std::unexpected(impl_->failure("receiving", result));
}

void TlsEngine::shutdown() {
  ERR_clear_error();
  SSL_shutdown(impl_->ssl());
  ERR_clear_error();
}

SessionMemory TlsEngine::memory() const { return impl_->session->memory(); }
bool TlsEngine::resumed() const { return SSL_session_reused(impl_->ssl()) == 1; }
std::string TlsEngine::version() const { return SSL_get_version(impl_->ssl()); }
std::string TlsEngine::cipher() const { return SSL_get_cipher(impl_->ssl()); }

TlsStream::TlsStream(std::unique_ptr<StreamPort> lower, TlsEngine engine, SessionMemories* memories, std::string server)
    : lower_(std::move(lower)), engine_(std::move(engine)), memories_(memories), server_(std::move(server)) {}

Task<PortResult<std::unique_ptr<TlsStream>>> TlsStream::connect(std::unique_ptr<StreamPort> lower, std::string host, TlsTrust trust,
                                                                SessionMemories* memories, std::string server) {
  auto engine = TlsEngine::client(host, trust, memories == nullptr ? SessionMemory() : memories->take(server));
  if (!engine) co_return std::unexpected(engine.error());
  std::unique_ptr<TlsStream> stream(new TlsStream(std::move(lower), *std::move(engine), memories, std::move(server)));
  for (;;) {
    const auto done = stream->engine_.handshake();
    const auto sent = co_await stream->flush();  // also the alert that says why we give up
    if (!done) co_return std::unexpected(done.error());
    if (!sent) co_return std::unexpected(sent.error());
    if (*done) break;
    const auto more = co_await stream->pull();
    if (!more) co_return std::unexpected(more.error());
  }
  stream->open_ = true;
  co_return stream;
}

Task<> TlsStream::close() {
  if (open_) {
    open_ = false;
    engine_.shutdown();
    if (memories_ != nullptr) memories_->keep(server_, engine_.memory());
    (void)co_await flush();  // the peer may be gone; nobody waits for this
  }
  co_await lower_->close();
}

Task<PortResult<void>> TlsStream::flush() {
  Bytes out = engine_.take_output();
  if (out.empty()) co_return PortResult<void>{};
  co_return co_await lower_->send(std::move(out));
}

Task<PortResult<void>> TlsStream::pull() {
  const auto octets = co_await lower_->receive();
  if (!octets) co_return std::unexpected(octets.error());
  if (octets->empty()) {
    engine_.feed_end();
  } else {
    engine_.feed(*octets);
  }
  co_return PortResult<void>{};
}

Task<PortResult<void>> TlsStream::send(Bytes octets) {
  if (auto written = engine_.write(octets); !written) {
    open_ = false;
    co_return written;
  }
  co_return co_await flush();
}

Task<PortResult<Bytes>> TlsStream::receive() {
  for (;;) {
    auto plaintext = engine_.read();
    if (!plaintext) {
      open_ = false;
      co_return std::unexpected(plaintext.error());
    }
    const auto sent = co_await flush();  // key updates ask for an answer
    if (!sent) co_return std::unexpected(sent.error());
    if (*plaintext) co_return **std::move(plaintext);
    const auto more = co_await pull();
    if (!more) co_return std::unexpected(more.error());
  }
}

bool TlsStream::quiet() { return open_ && lower_->quiet(); }

Task<PortResult<std::unique_ptr<StreamPort>>> TlsNet::connect(std::string host, std::uint16_t port) {
  auto lower = co_await tcp_.connect(host, port);
  if (!lower) co_return std::unexpected(lower.error());
  std::string server = memories_ == nullptr ? std::string() : SessionMemories::name_of("TLS", host, port, trust_);
  auto stream = co_await TlsStream::connect(*std::move(lower), host, trust_, memories_, std::move(server));
  if (!stream) co_return std::unexpected(stream.error());
  co_return std::unique_ptr<StreamPort>(*std::move(stream));
}

}  // namespace simurgh::ipae
