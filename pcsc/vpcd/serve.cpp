#include "pcsc/vpcd/serve.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <charconv>
#include <fstream>
#include <optional>
#include <sstream>
#include <system_error>

#include "pcsc/stop_io.h"
#include "pcsc/unique_fd.h"
#include "pcsc/vpcd/session.h"

namespace simurgh::pcsc::vpcd {

namespace {

constexpr int kReconnectMilliseconds = 250;
constexpr std::size_t kChunk = 64 * 1024;

[[noreturn]] void fail(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

void set_option(int socket, int option) {
  const int on = 1;
  // Both options only shape timing; a kernel that refuses them still moves the bytes.
  (void)::setsockopt(socket, IPPROTO_TCP, option, &on, sizeof on);
}

UniqueFd connect_to(const Endpoint& endpoint) {
  sockaddr_in v4{};
  sockaddr_in6 v6{};
  const sockaddr* address = nullptr;
  socklen_t length = 0;
  int family = AF_INET;
  if (::inet_pton(AF_INET, endpoint.host.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(endpoint.port);
    address = reinterpret_cast<const sockaddr*>(&v4);
    length = sizeof v4;
  } else if (::inet_pton(AF_INET6, endpoint.host.c_str(), &v6.sin6_addr) == 1) {
    family = AF_INET6;
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(endpoint.port);
    address = reinterpret_cast<const sockaddr*>(&v6);
    length = sizeof v6;
  } else {
    throw std::invalid_argument("\"" + endpoint.host + "\" is not a numeric IP address. Try 127.0.0.1.");
  }
  UniqueFd socket(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket) fail("making a socket");
  if (::connect(socket.get(), address, length) != 0) return {};
  set_option(socket.get(), TCP_NODELAY);
  return socket;
}

enum class Ended { stopped, lost };

Ended converse(CardSlot& slot, int socket, int stop_fd) {
  Session session(slot);
  Bytes chunk(kChunk);
  for (;;) {
    std::size_t count = 0;
    const Arrival arrival = receive_some(socket, chunk, stop_fd, count);
    if (arrival != Arrival::bytes) return arrival == Arrival::stopped ? Ended::stopped : Ended::lost;
    // The driver writes length and body separately with Nagle's algorithm on. The kernel falls back to delayed acknowledgements after
    // each of our receives, and the body then waits 40 ms for ours, so the option is set again every time.
    set_option(socket, TCP_QUICKACK);
    session.receive(ByteView(chunk).first(count));
    while (const auto answer = session.next()) {
      if (!send_all(socket, *answer, stop_fd)) return Ended::lost;
    }
  }
}

std::string read_file(const char* path) {
  std::ifstream in(path);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

struct KernelSocket {
  unsigned port = 0;
  unsigned state = 0;
};

// A row reads "  0: 0100007F:8C7B 00000000:0000 0A ...": index, local address and port, remote ones, state, all hexadecimal.
std::optional<KernelSocket> parse_row(const std::string& row) {
  std::istringstream in(row);
  std::string index, local, remote, state;
  if (!(in >> index >> local >> remote >> state)) return std::nullopt;
  const auto colon = local.rfind(':');
  if (colon == std::string::npos) return std::nullopt;
  KernelSocket out;
  const auto hex = [](std::string_view text, unsigned& value) {
    return std::from_chars(text.data(), text.data() + text.size(), value, 16).ec == std::errc();
  };
  if (!hex(std::string_view(local).substr(colon + 1), out.port) || !hex(state, out.state)) return std::nullopt;
  return out;
}

}  // namespace

SlotState probe(std::uint16_t port, std::string_view kernel_table) {
  constexpr unsigned kEstablished = 0x01, kListen = 0x0A;
  bool listening = false, connected = false;
  std::istringstream in{std::string(kernel_table)};
  for (std::string row; std::getline(in, row);) {
    const auto socket = parse_row(row);
    if (!socket || socket->port != port) continue;
    listening = listening || socket->state == kListen;
    connected = connected || socket->state == kEstablished;
  }
  if (!listening) return SlotState::absent;
  return connected ? SlotState::taken : SlotState::free;
}

SlotState probe(std::uint16_t port) { return probe(port, read_file("/proc/net/tcp") + read_file("/proc/net/tcp6")); }

std::string advice(SlotState state, const Endpoint& endpoint) {
  const std::string where = endpoint.host + ":" + std::to_string(endpoint.port);
  switch (state) {
    case SlotState::absent:
      return "No virtual reader listens on " + where +
             ". Install pcscd and vsmartcard-vpcd, start pcscd as root (\"systemctl restart pcscd\" or \"pcscd -f\"), and try again.";
    case SlotState::taken:
      return "The virtual reader on " + where + " already holds a card. Stop the other card, or use the other slot, port " +
             std::to_string(endpoint.port == kFirstPort ? kSecondPort : kFirstPort) + ".";
    case SlotState::free:
      break;
  }
  return "The virtual reader on " + where + " refused the connection. Restart pcscd and try again.";
}

void serve(CardSlot& slot, const Endpoint& endpoint, int stop_fd, const std::function<void(Link)>& on_change) {
  struct PowerOff {
    CardSlot& slot;
    ~PowerOff() {
      try {
        slot.power_off();
      } catch (...) {  // The exception that ends serve(), if any, says more than a second one from switching off.
      }
    }
  };
  // The driver serves one card and leaves a second connection waiting in the kernel for ever.
  const bool local = endpoint.host.starts_with("127.") || endpoint.host == "::1";
  if (local && probe(endpoint.port) == SlotState::taken) throw Unreachable(advice(SlotState::taken, endpoint));
  UniqueFd socket = connect_to(endpoint);
  if (!socket) throw Unreachable(advice(probe(endpoint.port), endpoint));
  for (;;) {
    if (on_change) on_change(Link::connected);
    Ended ended;
    {
      const PowerOff off{slot};
      ended = converse(slot, socket.get(), stop_fd);
      socket.reset();
    }
    if (on_change) on_change(Link::lost);
    if (ended == Ended::stopped) return;
    do {
      if (wait_or_stop(-1, 0, stop_fd, kReconnectMilliseconds)) return;
      socket = connect_to(endpoint);
    } while (!socket);
  }
}

}  // namespace simurgh::pcsc::vpcd
