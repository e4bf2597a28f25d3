// A card server with two readers, and short spellings of SCard calls, for tests of pcsc/direct.
#pragma once

#include <PCSC/winscard.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "pcsc/direct/server.h"
#include "pcsc/direct/wire.h"
#include "pcsc/unique_fd.h"
#include "tests/unit/pcsc/fake_slot.h"

namespace simurgh::test {

inline constexpr const char* kReaderA = "Simurgh Test A";
inline constexpr const char* kReaderB = "Simurgh Test B";
inline constexpr DWORD kAnyProtocol = SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1;

// Both readers hold a card. Programs of this process find the server.
struct World {
  World() {
    a = server->add_reader(kReaderA, card_a);
    b = server->add_reader(kReaderB, card_b);
    ::setenv(pcsc::direct::kSocketVariable, server->socket_path().c_str(), 1);
  }
  FakeSlot card_a, card_b;
  std::unique_ptr<pcsc::direct::Server> server = std::make_unique<pcsc::direct::Server>();
  pcsc::direct::Server::ReaderId a = 0, b = 0;
};

class ContextOwner {
 public:
  ContextOwner() { REQUIRE(SCardEstablishContext(SCARD_SCOPE_SYSTEM, nullptr, nullptr, &id_) == SCARD_S_SUCCESS); }
  ~ContextOwner() { SCardReleaseContext(id_); }
  ContextOwner(const ContextOwner&) = delete;
  ContextOwner& operator=(const ContextOwner&) = delete;
  operator SCARDCONTEXT() const { return id_; }  // NOLINT: stands for the handle it owns

 private:
  SCARDCONTEXT id_ = 0;
};

struct Connected {
  LONG result = 0;
  SCARDHANDLE card = 0;
  DWORD protocol = 0;
};

inline Connected connect(SCARDCONTEXT context, const char* reader = kReaderA, DWORD share = SCARD_SHARE_SHARED,
                         DWORD protocols = kAnyProtocol) {
  Connected out;
  out.result = SCardConnect(context, reader, share, protocols, &out.card, &out.protocol);
  return out;
}

inline LONG transmit(SCARDHANDLE card, ByteView apdu, Bytes* response = nullptr, DWORD room = 70000,
                     const SCARD_IO_REQUEST* header = SCARD_PCI_T0) {
  Bytes buffer(room == 0 ? 1 : room);
  DWORD length = room;
  const LONG result = SCardTransmit(card, header, apdu.data(), apdu.size(), nullptr, buffer.data(), &length);
  if (response != nullptr) {
    buffer.resize(result == SCARD_S_SUCCESS ? length : 0);
    *response = buffer;
  }
  return result;
}

inline LONG status(SCARDHANDLE card, DWORD* state = nullptr, DWORD* protocol = nullptr) {
  return SCardStatus(card, nullptr, nullptr, state, protocol, nullptr, nullptr);
}

inline SCARD_READERSTATE believed(const char* reader, DWORD state) {
  SCARD_READERSTATE out{};
  out.szReader = reader;
  out.dwCurrentState = state;
  return out;
}

// A program of its own. It is forked while this process has no other thread, so make it before the World; it runs its body when told.
class ChildProgram {
 public:
  explicit ChildProgram(const std::function<int()>& body) {
    REQUIRE(::pipe(down_) == 0);
    REQUIRE(::pipe(up_) == 0);
    pid_ = ::fork();
    REQUIRE(pid_ >= 0);
    if (pid_ == 0) {
      ::close(down_[1]);
      ::close(up_[0]);
      std::string path = wait_line(down_[0]);
      ::setenv(pcsc::direct::kSocketVariable, path.c_str(), 1);
      ::_exit(body());
    }
    ::close(down_[0]);
    ::close(up_[1]);
  }
  ~ChildProgram() {
    ::close(down_[1]);
    ::close(up_[0]);
    if (pid_ > 0) kill_and_wait();
  }
  ChildProgram(const ChildProgram&) = delete;
  ChildProgram& operator=(const ChildProgram&) = delete;

  void start(const std::string& socket_path) const {
    const std::string line = socket_path + "\n";
    REQUIRE(::write(down_[1], line.data(), line.size()) == static_cast<ssize_t>(line.size()));
  }
  // In the child: a line to the parent, and waiting for one.
  void say(const std::string& line) const { (void)!::write(up_[1], (line + "\n").data(), line.size() + 1); }
  void listen() const { (void)wait_line(down_[0]); }
  // In the parent.
  [[nodiscard]] std::string hear() const { return wait_line(up_[0]); }
  [[nodiscard]] int wait() {
    int code = 0;
    ::waitpid(pid_, &code, 0);
    pid_ = 0;
    return WIFEXITED(code) ? WEXITSTATUS(code) : -1;
  }
  void kill_and_wait() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }

 private:
  static std::string wait_line(int fd) {
    std::string out;
    for (char c = 0; ::read(fd, &c, 1) == 1 && c != '\n';) out.push_back(c);
    return out;
  }

  int down_[2] = {-1, -1}, up_[2] = {-1, -1};
  pid_t pid_ = 0;
};

}  // namespace simurgh::test
