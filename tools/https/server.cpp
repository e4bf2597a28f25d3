#include "tools/https/server.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <atomic>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/ssl.hpp>
#include <list>
#include <mutex>
#include <thread>

#include "tools/https/beast_answer.h"

namespace simurgh::https {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using tcp = asio::ip::tcp;

constexpr int kIdleSeconds = 30;

void load_identity(asio::ssl::context& context, const Listener& listener) {
  const Bytes certificate = crypto::to_pem(listener.identity->certificate);
  const Bytes key = listener.identity->key->to_pem();
  context.use_certificate_chain(asio::buffer(certificate));
  context.use_private_key(asio::buffer(key), asio::ssl::context::pem);
  if (listener.client_ca) {
    const Bytes ca = crypto::to_pem(*listener.client_ca);
    context.add_certificate_authority(asio::buffer(ca));
    context.set_verify_mode(asio::ssl::verify_peer | asio::ssl::verify_fail_if_no_peer_cert);
  }
}

}  // namespace

struct Server::Impl {
  Handler handler;
  bool secure = false;
  std::size_t most_connections = 0;
  asio::io_context io{1};
  asio::ssl::context tls{asio::ssl::context::tls_server};
  tcp::acceptor acceptor{io};
  std::atomic<bool> stopping{false};
  std::mutex mutex;
  struct Connection {
    std::thread thread;
    int socket = -1;
    bool done = false;
  };
  std::list<Connection> connections;
  std::thread accepting;

  template <typename Stream>
  void exchange(Stream& stream) {
    beast::error_code error;
    beast::flat_buffer buffer;
    std::string note;
    while (!stopping) {
      http::request_parser<http::string_body> parser;
      parser.body_limit(kMostBody);
      http::read(stream, buffer, parser, error);
      if (error) return;
      const auto response = answer(handler, parser.get(), note);
      http::write(stream, response, error);
      if (error || !response.keep_alive()) return;
    }
  }

  void serve(Connection& connection, tcp::socket socket) {
    // A peer that sends nothing for a while is let go.
    const timeval limit{kIdleSeconds, 0};
    ::setsockopt(socket.native_handle(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ::setsockopt(socket.native_handle(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    beast::error_code error;
    socket.set_option(tcp::no_delay(true), error);
    if (secure) {
      asio::ssl::stream<tcp::socket> stream(std::move(socket), tls);
      stream.handshake(asio::ssl::stream_base::server, error);
      if (!error) exchange(stream);
      stream.shutdown(error);
      finished(connection);  // before the socket goes: its number may be another's then
    } else {
      exchange(socket);
      finished(connection);
    }
    const std::scoped_lock lock(mutex);
    connection.done = true;
  }

  void finished(Connection& connection) {
    const std::scoped_lock lock(mutex);
    connection.socket = -1;
  }

  void reap() {
    for (auto at = connections.begin(); at != connections.end();) {
      if (at->done) {
        at->thread.join();
        at = connections.erase(at);
      } else {
        ++at;
      }
    }
  }

  void accept_all() {
    while (!stopping) {
      beast::error_code error;
      tcp::socket socket(io);
      acceptor.accept(socket, error);
      if (stopping) return;
      if (error) continue;
      const std::scoped_lock lock(mutex);
      reap();
      if (connections.size() >= most_connections) continue;
      Connection& connection = connections.emplace_back();
      connection.socket = socket.native_handle();
      connection.thread = std::thread([this, &connection, peer = std::move(socket)]() mutable { serve(connection, std::move(peer)); });
    }
  }
};

Server::Server(Handler handler, const Listener& listener) : impl_(std::make_unique<Impl>()) {
  impl_->handler = std::move(handler);
  impl_->secure = listener.identity.has_value();
  impl_->most_connections = listener.most_connections;
  if (listener.identity && !listener.identity->key) throw ServerError("the server's TLS certificate has no key beside it");
  try {
    impl_->tls.set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_sslv2 | asio::ssl::context::no_sslv3 |
                           asio::ssl::context::no_tlsv1 | asio::ssl::context::no_tlsv1_1);
    if (listener.identity) load_identity(impl_->tls, listener);
    const tcp::endpoint endpoint(asio::ip::make_address(listener.host), listener.port);
    impl_->acceptor.open(endpoint.protocol());
    impl_->acceptor.set_option(tcp::acceptor::reuse_address(true));
    impl_->acceptor.bind(endpoint);
    impl_->acceptor.listen();
  } catch (const boost::system::system_error& failure) {
    throw ServerError("cannot listen on " + listener.host + ":" + std::to_string(listener.port) + " (" + failure.code().message() + "); choose another --port or --listen");
  }
  impl_->accepting = std::thread([this] { impl_->accept_all(); });
}

Server::~Server() {
  impl_->stopping = true;
  // accept(2) and reads return once their sockets are shut down.
  ::shutdown(impl_->acceptor.native_handle(), SHUT_RDWR);
  impl_->accepting.join();
  {
    const std::scoped_lock lock(impl_->mutex);
    for (auto& connection : impl_->connections) {
      if (connection.socket >= 0) ::shutdown(connection.socket, SHUT_RDWR);
    }
  }
  for (auto& connection : impl_->connections) connection.thread.join();
}

std::uint16_t Server::port() const noexcept {
  beast::error_code error;
  return impl_->acceptor.local_endpoint(error).port();
}

}  // namespace simurgh::https
