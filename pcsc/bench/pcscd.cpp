#include "pcsc/bench/pcscd.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <thread>

#include "pcsc/unique_fd.h"

namespace simurgh::pcsc {

namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr const char* kProgram = "/usr/sbin/pcscd";
constexpr const char* kSocket = "/run/pcscd/pcscd.comm";
constexpr auto kStartPatience = 10s;
constexpr auto kEndPatience = 5s;
constexpr auto kLook = 10ms;

bool accepts() {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, kSocket, sizeof address.sun_path - 1);
  const UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  return ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

// After fork only what is safe in a program with threads. A pcscd must not outlive a program that was killed while measuring.
[[noreturn]] void become_pcscd(const char* reader_conf, const char* log, pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != parent) ::_exit(126);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  ::signal(SIGPIPE, SIG_DFL);
  const int out = ::open(log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  ::dup2(out, 1);
  ::dup2(out, 2);
  ::execl(kProgram, kProgram, "--foreground", "--config", reader_conf, static_cast<char*>(nullptr));
  ::_exit(127);
}

}  // namespace

bool pcscd_runs() {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator("/proc", error)) {
    std::ifstream comm(entry.path() / "comm");
    std::string line;
    if (std::getline(comm, line) && line == "pcscd") return true;
  }
  return false;
}

std::string why_no_private_pcscd() {
  if (::access(kProgram, X_OK) != 0) return "pcscd is not installed";
  if (pcscd_runs()) return "a pcscd runs already";
  if (::geteuid() != 0) return "only root may start pcscd";
  return {};
}

Pcscd::Pcscd(const Conf& reader_conf) {
  if (const std::string why = why_no_private_pcscd(); !why.empty()) throw PcscdTrouble(why);
  std::string pattern = (fs::temp_directory_path() / "simurgh-pcscd-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) throw PcscdTrouble("no temporary folder can be made");
  folder_ = pattern;
  const std::string conf = folder_ + "/reader.conf", log = folder_ + "/log";
  std::ofstream(conf) << reader_conf(folder_);
  const pid_t parent = ::getpid();
  pid_ = ::fork();
  if (pid_ == 0) become_pcscd(conf.c_str(), log.c_str(), parent);
  const auto deadline = std::chrono::steady_clock::now() + kStartPatience;
  while (pid_ > 0 && std::chrono::steady_clock::now() < deadline) {
    if (accepts()) return;
    if (!alive()) break;
    std::this_thread::sleep_for(kLook);
  }
  end();
  throw PcscdTrouble("pcscd could not be started");
}

Pcscd::~Pcscd() { end(); }

bool Pcscd::alive() {
  if (pid_ <= 0) return false;
  if (::waitpid(pid_, nullptr, WNOHANG) == 0) return true;
  pid_ = -1;
  return false;
}

void Pcscd::end() noexcept {
  if (pid_ > 0) ::kill(pid_, SIGTERM);
  const auto deadline = std::chrono::steady_clock::now() + kEndPatience;
  while (alive()) {
    if (std::chrono::steady_clock::now() >= deadline) ::kill(pid_, SIGKILL);
    std::this_thread::sleep_for(kLook);
  }
  std::error_code ignored;  // A folder left behind in the temporary place is no failure.
  fs::remove_all(folder_, ignored);
}

}  // namespace simurgh::pcsc
