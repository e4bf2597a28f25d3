#include "tools/coap/server.h"

#include <arpa/inet.h>
#include <coap3/coap.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <map>
#include <thread>
#include <utility>

#include "euicc/crypto/secret.h"
#include "tools/coap/renewal.h"
#include "tools/coap/uploads.h"

namespace simurgh::coaps {
namespace {

using ContextPtr = std::unique_ptr<coap_context_t, decltype(&coap_free_context)>;

constexpr std::uint16_t kOctetStream = 42;
constexpr int kTick = 1000;  // milliseconds: libcoap arms no timer for what has become due while it was looking

coap_address_t address_of(const std::string& host, std::uint16_t port) {
  coap_address_t out;
  coap_address_init(&out);
  if (::inet_pton(AF_INET, host.c_str(), &out.addr.sin.sin_addr) == 1) {
    out.addr.sin.sin_family = AF_INET;
    out.addr.sin.sin_port = htons(port);
    out.size = sizeof out.addr.sin;
  } else if (::inet_pton(AF_INET6, host.c_str(), &out.addr.sin6.sin6_addr) == 1) {
    out.addr.sin6.sin6_family = AF_INET6;
    out.addr.sin6.sin6_port = htons(port);
    out.size = sizeof out.addr.sin6;
  } else {
    throw ServerError("'" + host + "' is not an address to listen on");
  }
  return out;
}

// libcoap shares ports with whoever has them (SO_REUSEADDR), so it is asked for here without that.
bool is_free(const coap_address_t& address) {
  const int fd = ::socket(address.addr.sa.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const bool yes = fd >= 0 && ::bind(fd, &address.addr.sa, address.size) == 0;
  if (fd >= 0) ::close(fd);
  return yes;
}

// libcoap writes "127.0.0.1:5684 DTLS", and "[::1]:5684 DTLS".
std::uint16_t port_of(const coap_endpoint_t* endpoint) {
  const std::string text = coap_endpoint_str(endpoint);
  const std::size_t colon = text.rfind(':');
  std::uint16_t port = 0;
  if (colon != std::string::npos) std::from_chars(text.data() + colon + 1, text.data() + text.size(), port);
  return port;
}

// The same body has the same ETag, so that a request that came twice does not break off a transfer. FNV-1a; 0 would let libcoap choose.
std::uint64_t etag_of(ByteView body) {
  std::uint64_t out = 0xCBF29CE484222325ULL;
  for (const std::uint8_t octet : body) out = (out ^ octet) * 0x100000001B3ULL;
  return out == 0 ? 1 : out;
}

struct Reply {
  coap_pdu_code_t code = COAP_RESPONSE_CODE_CHANGED;
  Bytes body;
};

// What was said to a request, to be said again when the request comes again: libcoap leaves that to its users (RFC 7252 4.2).
struct Said {
  coap_mid_t id = COAP_INVALID_MID;
  Bytes token;
  Reply reply;
};

// What is known of one client between its requests.
struct Peer {
  explicit Peer(std::size_t largest) : uploads(largest) {}
  Uploads uploads;
  std::array<Said, 4> said;  // to the last requests
  std::size_t next = 0;
  std::string note;  // the service's
  Watch watch;       // for a client that begins anew
};

}  // namespace

struct Server::Impl {
  Service service;
  Listener options;
  Bytes certificate;  // PEM, as the key; libcoap keeps pointers to both
  crypto::SecretBytes key;
  ContextPtr context{nullptr, &coap_free_context};
  std::map<coap_session_t*, Peer> peers;
  bool hello_heard = false;  // by the watch of a peer
  std::uint16_t port = 0;
  int wake = -1;
  std::atomic<bool> stopping = false;
  std::thread thread;

  Impl(Service function, const Listener& listener) : service(std::move(function)), options(listener) {
    coap_startup();
    coap_set_log_level(LOG_EMERG);
    coap_dtls_set_log_level(LOG_EMERG);
    context.reset(coap_new_context(nullptr));
    if (!context) throw ServerError("CoAP cannot be set up");
    coap_set_app_data(context.get(), this);
    coap_context_set_block_mode(context.get(), COAP_BLOCK_USE_LIBCOAP);
    coap_context_set_max_idle_sessions(context.get(), static_cast<unsigned>(options.most_sessions));
    coap_context_set_max_handshake_sessions(context.get(), static_cast<unsigned>(options.most_sessions));
    coap_register_event_handler(context.get(), on_event);
    if (options.identity) secure();
    coap_str_const_t path{options.path.size(), reinterpret_cast<const std::uint8_t*>(options.path.data())};
    coap_resource_t* resource = coap_resource_init(&path, 0);
    if (resource == nullptr) throw ServerError("CoAP cannot be set up");
    coap_resource_set_userdata(resource, this);
    coap_register_request_handler(resource, COAP_REQUEST_POST, on_post);
    coap_add_resource(context.get(), resource);
    const coap_address_t address = address_of(options.host, options.port);
    const coap_proto_t protocol = options.identity ? COAP_PROTO_DTLS : COAP_PROTO_UDP;
    const coap_endpoint_t* endpoint = is_free(address) ? coap_new_endpoint(context.get(), &address, protocol) : nullptr;
    if (endpoint == nullptr) {
      throw ServerError("port " + std::to_string(options.port) + " on " + options.host + " is not free for CoAP; choose another one");
    }
    port = port_of(endpoint);
    wake = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (wake < 0) throw ServerError("CoAP cannot be set up: no event descriptor");
    thread = std::thread([this] { serve(); });
  }

  ~Impl() {
    stopping = true;
    const std::uint64_t one = 1;
    (void)!::write(wake, &one, sizeof one);
    if (thread.joinable()) thread.join();
    if (wake >= 0) ::close(wake);
  }

  // SGP.32 v1.2: the server shows a certificate, the client none.
  void secure() {
    if (!options.identity->key) throw ServerError("the CoAP server's certificate has no key beside it");
    if (coap_dtls_is_supported() != 1) throw ServerError("this libcoap has no DTLS");
    certificate = crypto::to_pem(options.identity->certificate);
    Bytes pem = options.identity->key->to_pem();
    key = crypto::SecretBytes(ByteView(pem));
    crypto::cleanse(pem);
    coap_dtls_pki_t pki{};
    pki.version = COAP_DTLS_PKI_SETUP_VERSION;
    pki.pki_key.key_type = COAP_PKI_KEY_PEM_BUF;
    pki.pki_key.key.pem_buf.public_cert = certificate.data();
    pki.pki_key.key.pem_buf.public_cert_len = certificate.size();
    pki.pki_key.key.pem_buf.private_key = key.expose().data();
    pki.pki_key.key.pem_buf.private_key_len = key.size();
    if (coap_context_set_pki(context.get(), &pki) != 1) throw ServerError("the CoAP server's certificate or key cannot be used");
  }

  void serve() {
    coap_context_t* const ctx = context.get();
    const int descriptor = coap_context_get_coap_fd(ctx);  // its timers are behind it too; -1: a libcoap without epoll
    while (!stopping) {
      if (descriptor < 0) {
        coap_io_process(ctx, 100);
        continue;
      }
      coap_io_process(ctx, COAP_IO_NO_WAIT);
      renew();
      pollfd items[] = {{descriptor, POLLIN, 0}, {wake, POLLIN, 0}};
      ::poll(items, 2, kTick);
    }
  }

  void renew() {
    if (!std::exchange(hello_heard, false)) return;
    for (auto at = peers.begin(); at != peers.end();) {
      auto& [session, peer] = *at++;  // its end is an event that takes it out
      if (peer.watch.hello.empty()) continue;
      const Bytes hello = std::exchange(peer.watch.hello, {});
      void* const association = coap_session_get_tls(session, nullptr);
      if (association == nullptr || !shows_cookie(association, hello)) continue;
      end_silently(association);
      coap_session_disconnected(session, COAP_NACK_TLS_FAILED);
    }
  }

  [[nodiscard]] Peer& peer(coap_session_t* session) { return peers.try_emplace(session, options.largest_body).first->second; }

  Reply answer(Peer& peer, coap_session_t* session, const coap_pdu_t* request) {
    std::size_t size = 0;
    const std::uint8_t* data = nullptr;
    if (coap_get_data(request, &size, &data) != 1) size = 0;
    const ByteView payload(data, size);
    coap_opt_iterator_t walk;
    if (const coap_opt_t* format = coap_check_option(request, COAP_OPTION_CONTENT_FORMAT, &walk)) {
      if (coap_decode_var_bytes(coap_opt_value(format), coap_opt_length(format)) != kOctetStream)
        return {COAP_RESPONSE_CODE_UNSUPPORTED_CONTENT_FORMAT, {}};
    }
    Bytes body;
    coap_block_b_t block{};
    if (coap_get_block_b(session, request, COAP_OPTION_BLOCK1, &block) == 1) {
      const coap_opt_t* tag = coap_check_option(request, COAP_OPTION_RTAG, &walk);
      const ByteView name = tag == nullptr ? ByteView() : ByteView(coap_opt_value(tag), coap_opt_length(tag));
      switch (peer.uploads.take(name, std::uint64_t{block.num} << (block.szx + 4), block.m == 0, payload, body)) {
        case Uploads::Outcome::more:
          return {COAP_RESPONSE_CODE_CONTINUE, {}};
        case Uploads::Outcome::incomplete:
          return {COAP_RESPONSE_CODE_INCOMPLETE, {}};
        case Uploads::Outcome::too_large:
          return {COAP_RESPONSE_CODE_REQUEST_TOO_LARGE, {}};
        case Uploads::Outcome::whole:
          break;
      }
    } else {
      body = to_bytes(payload);
    }
    if (body.empty()) return {COAP_RESPONSE_CODE_BAD_REQUEST, {}};
    try {
      auto out = service(body, peer.note);
      return {COAP_RESPONSE_CODE_CHANGED, out ? *std::move(out) : Bytes{}};
    } catch (const BadMessage&) {
      return {COAP_RESPONSE_CODE_BAD_REQUEST, {}};
    }
  }

  void post(coap_resource_t* resource, coap_session_t* session, const coap_pdu_t* request, const coap_string_t* query,
            coap_pdu_t* response) {
    Peer& from = peer(session);
    const coap_bin_const_t token = coap_pdu_get_token(request);
    const ByteView name(token.s, token.length);
    const coap_mid_t id = coap_pdu_get_mid(request);
    auto known = std::ranges::find_if(from.said, [&](const Said& one) { return one.id == id && equal(one.token, name); });
    if (known == from.said.end()) {
      Reply fresh = answer(from, session, request);
      known = from.said.begin() + static_cast<std::ptrdiff_t>(from.next++ % from.said.size());
      *known = {id, to_bytes(name), std::move(fresh)};
    }
    const Reply& reply = known->reply;
    coap_pdu_set_code(response, reply.code);
    if (reply.body.empty()) return;
    auto copy = std::make_unique<Bytes>(reply.body);
    Bytes* const kept = copy.release();
    coap_add_data_large_response(
        resource, session, request, response, query, 0, -1, etag_of(*kept), kept->size(), kept->data(),
        [](coap_session_t*, void* pointer) { delete static_cast<Bytes*>(pointer); }, kept);
  }

  static void on_post(coap_resource_t* resource, coap_session_t* session, const coap_pdu_t* request, const coap_string_t* query,
                      coap_pdu_t* response) {
    try {
      static_cast<Impl*>(coap_resource_get_userdata(resource))->post(resource, session, request, query, response);
    } catch (...) {  // must not pass through C; the client is told
      coap_pdu_set_code(response, COAP_RESPONSE_CODE_INTERNAL_ERROR);
    }
  }

  static int on_event(coap_session_t* session, coap_event_t event) {
    auto* self = static_cast<Impl*>(coap_get_app_data(coap_session_get_context(session)));
    if (self == nullptr) return 0;
    try {
      if (event == COAP_EVENT_SERVER_SESSION_DEL) self->peers.erase(session);
      coap_tls_library_t library = COAP_TLS_LIBRARY_NOTLS;
      if (event == COAP_EVENT_DTLS_CONNECTED) {
        void* const association = coap_session_get_tls(session, &library);
        if (library == COAP_TLS_LIBRARY_OPENSSL) {
          Watch& watch = self->peer(session).watch;
          watch.heard = &self->hello_heard;
          watch_for_hello(association, watch);
        }
      }
    } catch (...) {  // must not pass through C: without a watch the client waits as it does elsewhere
    }
    return 0;
  }
};

Server::Server(Service service, const Listener& listener) : impl_(std::make_unique<Impl>(std::move(service), listener)) {}
Server::~Server() = default;
std::uint16_t Server::port() const noexcept { return impl_->port; }

}  // namespace simurgh::coaps
