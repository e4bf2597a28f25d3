#include "tools/terminal/eap_sim_db.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <stdexcept>
#include <system_error>

namespace simurgh::terminal {
namespace {

constexpr unsigned kMostTriplets = 5;  // EAP-SIM asks for two or three

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find_first_of(" \r\n", at), text.size());
    if (end > at) out.emplace_back(text.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

}  // namespace

std::string eap_sim_db_answer(Hss& network, std::string_view request) {
  const auto words = words_of(request.substr(0, request.find('\0')));
  if (words.size() < 2) return {};
  const std::string& imsi = words[1];
  if (words[0] == "SIM-REQ-AUTH" && words.size() == 3) {
    const std::string head = "SIM-RESP-AUTH " + imsi;
    unsigned count = 0;
    const auto [end, error] = std::from_chars(words[2].data(), words[2].data() + words[2].size(), count);
    if (error != std::errc{} || count == 0 || end != words[2].data() + words[2].size()) return head + " FAILURE";
    const auto triplets = network.triplets(imsi, std::min(count, kMostTriplets));
    if (triplets.empty()) return head + " FAILURE";
    std::string out = head;
    for (const Hss::Triplet& triplet : triplets) out += " " + to_hex(triplet.kc) + ":" + to_hex(triplet.sres) + ":" + to_hex(triplet.rand);
    return out;
  }
  if (words[0] == "AKA-REQ-AUTH" && words.size() == 2) {
    const std::string head = "AKA-RESP-AUTH " + imsi;
    const auto vector = network.vector(imsi);
    if (!vector) return head + " FAILURE";
    return head + " " + to_hex(vector->rand) + " " + to_hex(vector->autn) + " " + to_hex(vector->ik) + " " + to_hex(vector->ck) + " " + to_hex(vector->xres);
  }
  if (words[0] == "AKA-AUTS" && words.size() == 4) {
    const auto auts = from_hex(words[2]), rand = from_hex(words[3]);
    if (auts && rand) network.resynchronise(imsi, *rand, *auts);
  }
  return {};
}

EapSimDbSocket::EapSimDbSocket(const std::string& path) : path_(path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path) throw std::runtime_error(path + ": the path of a socket has 1 to 107 characters");
  std::memcpy(address.sun_path, path.data(), path.size());
  socket_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (socket_ < 0 || ::bind(socket_, static_cast<const sockaddr*>(static_cast<const void*>(&address)), sizeof address) != 0) {
    const int code = errno;
    if (socket_ >= 0) ::close(socket_);
    throw std::runtime_error(path + ": " + std::generic_category().message(code));
  }
}

EapSimDbSocket::~EapSimDbSocket() {
  ::close(socket_);
  ::unlink(path_.c_str());
}

void EapSimDbSocket::serve(Hss& network, int stop, const std::function<void(const std::string&)>& seen) {
  std::array<char, 2048> buffer{};
  for (;;) {
    pollfd both[] = {{.fd = socket_, .events = POLLIN, .revents = 0}, {.fd = stop, .events = POLLIN, .revents = 0}};
    if (::poll(both, 2, -1) < 0 && errno != EINTR) throw std::system_error(errno, std::generic_category(), "poll");
    if ((both[1].revents & POLLIN) != 0) return;
    if ((both[0].revents & POLLIN) == 0) continue;
    sockaddr_un peer{};
    socklen_t peer_size = sizeof peer;
    sockaddr* const from = static_cast<sockaddr*>(static_cast<void*>(&peer));
    const ssize_t got = ::recvfrom(socket_, buffer.data(), buffer.size(), MSG_DONTWAIT, from, &peer_size);
    if (got <= 0) continue;
    const std::string answer = eap_sim_db_answer(network, std::string_view(buffer.data(), static_cast<std::size_t>(got)));
    const auto words = words_of(std::string_view(buffer.data(), static_cast<std::size_t>(got)));
    seen((words.empty() ? "?" : words[0]) + (words.size() > 1 ? " " + words[1] : "") + (answer.ends_with("FAILURE") ? ": unknown" : ""));
    // A peer that did not bind cannot be answered.
    if (!answer.empty() && peer_size > sizeof peer.sun_family) (void)::sendto(socket_, answer.data(), answer.size(), MSG_NOSIGNAL | MSG_DONTWAIT, from, peer_size);
  }
}

}  // namespace simurgh::terminal
