#include "pcsc/unix_socket.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <system_error>

namespace simurgh::pcsc {

namespace {

constexpr int kBacklog = 64;

[[noreturn]] void fail(const std::string& what) { throw std::system_error(errno, std::generic_category(), what); }

sockaddr_un address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    throw std::invalid_argument("The socket path \"" + path + "\" is longer than the system's " +
                                std::to_string(sizeof address.sun_path - 1) + " characters. Choose a shorter one.");
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

UniqueFd unix_socket() {
  UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket) fail("making a socket");
  return socket;
}

}  // namespace

UniqueFd listen_on(const std::string& path) {
  const sockaddr_un address = address_of(path);
  const auto* name = reinterpret_cast<const sockaddr*>(&address);
  UniqueFd socket = unix_socket();
  if (::fchmod(socket.get(), 0600) != 0) fail("protecting " + path);  // on Linux the file that bind makes has the socket's mode
  if (::bind(socket.get(), name, sizeof address) != 0) {
    if (errno != EADDRINUSE) fail("listening on " + path);
    const UniqueFd trial = unix_socket();
    if (::connect(trial.get(), name, sizeof address) == 0) {
      throw std::invalid_argument("Another card server listens on \"" + path + "\". Stop it or choose another path.");
    }
    struct stat there {};
    if (::lstat(path.c_str(), &there) != 0 || !S_ISSOCK(there.st_mode)) {
      throw std::invalid_argument("\"" + path + "\" exists and is no socket. Choose another path.");
    }
    ::unlink(path.c_str());
    if (::bind(socket.get(), name, sizeof address) != 0) fail("listening on " + path);
  }
  if (::listen(socket.get(), kBacklog) != 0) fail("listening on " + path);
  return socket;
}

UniqueFd connect_to(const std::string& path) {
  const sockaddr_un address = address_of(path);
  UniqueFd socket = unix_socket();
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    const int why = errno;
    socket.reset();
    errno = why;
  }
  return socket;
}

bool is_same_user(int socket) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return false;
  return peer.uid == ::geteuid() || peer.uid == 0;
}

}  // namespace simurgh::pcsc
