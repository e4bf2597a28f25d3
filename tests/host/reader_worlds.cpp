#include "tests/host/reader_worlds.h"

#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <stdexcept>

#include "pcsc/bench/pcscd.h"
#include "pcsc/direct/server.h"
#include "pcsc/direct/wire.h"
#include "pcsc/ifd/serve.h"
#include "pcsc/stop_io.h"
#include "pcsc/vpcd/serve.h"

namespace simurgh::test {

Bytes ScriptedCard::power_on() {
  ++power_ons_;
  return atr();
}

Bytes ScriptedCard::reset() {
  ++resets_;
  return atr();
}

Bytes ScriptedCard::transmit(ByteView apdu) {
  Bytes out = to_bytes(apdu);
  switch (apdu.size() < 4 ? 0 : apdu[1]) {
    case 0xC0:
      out = {power_ons_, resets_, power_offs_};
      break;
    case 0xC1:
      out = {count_++};
      break;
    case 0xC2:
      out = Bytes(static_cast<std::size_t>(apdu[2]) << 8 | apdu[3], 0x5A);
      break;
    case 0xDD:
      ::kill(::getpid(), SIGKILL);
      break;
    default:
      break;
  }
  append(out, Bytes{0x90, 0x00});
  return out;
}

namespace {

// A process with one card, as 'simurgh insert' is.
class CardProcess {
 public:
  using Serve = std::function<void(pcsc::CardSlot& card, int stop)>;

  CardProcess(std::uint8_t mark, const Serve& serve) {
    const pid_t parent = ::getpid();
    pid_ = ::fork();
    if (pid_ < 0) throw std::runtime_error("no process for a card");
    if (pid_ > 0) return;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(1);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    ::sigprocmask(SIG_BLOCK, &set, nullptr);
    const int stop = ::signalfd(-1, &set, SFD_CLOEXEC);
    ScriptedCard card(mark);
    // A reader may take a moment to see that the last card has left.
    for (int patience = 500; patience > 0; --patience) {
      try {
        serve(card, stop);
        ::_exit(0);
      } catch (const std::exception&) {
        if (pcsc::wait_or_stop(-1, 0, stop, 20)) ::_exit(0);
      }
    }
    ::_exit(1);
  }
  ~CardProcess() {
    ::kill(pid_, SIGTERM);
    ::waitpid(pid_, nullptr, 0);
  }
  CardProcess(const CardProcess&) = delete;
  CardProcess& operator=(const CardProcess&) = delete;

 private:
  pid_t pid_ = -1;
};

class DirectWorld final : public World {
 public:
  DirectWorld() {
    for (unsigned i = 0; i < readers_.size(); ++i) readers_[i] = server_.add_empty_reader(reader(i));
    ::setenv(pcsc::direct::kSocketVariable, server_.socket_path().c_str(), 1);
  }
  [[nodiscard]] std::string library() const override { return SIMURGH_DIRECT_LIBRARY; }
  [[nodiscard]] std::string reader(unsigned number) const override { return "Simurgh direct 00 0" + std::to_string(number); }
  void insert(unsigned number, std::uint8_t mark) override {
    cards_[number] = std::make_unique<ScriptedCard>(mark);
    server_.insert_card(readers_[number], *cards_[number]);
  }
  void remove(unsigned number) override { server_.remove_card(readers_[number]); }
  [[nodiscard]] bool cards_are_processes() const override { return false; }
  [[nodiscard]] bool complete() const override { return true; }
  [[nodiscard]] int cycles() const override { return 1000; }

 private:
  std::array<std::unique_ptr<ScriptedCard>, 2> cards_;
  pcsc::direct::Server server_;
  std::array<pcsc::direct::Server::ReaderId, 2> readers_{};
};

class PcscdWorld : public World {
 public:
  explicit PcscdWorld(const pcsc::Pcscd::Conf& conf) : daemon_(conf) {}
  [[nodiscard]] std::string library() const override { return "libpcsclite.so.1"; }
  void insert(unsigned number, std::uint8_t mark) override {
    cards_[number] = std::make_unique<CardProcess>(mark, [this, number](pcsc::CardSlot& card, int stop) { serve(card, number, stop); });
  }
  void remove(unsigned number) override { cards_[number].reset(); }
  [[nodiscard]] bool cards_are_processes() const override { return true; }

 protected:
  virtual void serve(pcsc::CardSlot& card, unsigned number, int stop) = 0;
  pcsc::Pcscd daemon_;

 private:
  std::array<std::unique_ptr<CardProcess>, 2> cards_;
};

class IfdWorld final : public PcscdWorld {
 public:
  IfdWorld()
      : PcscdWorld([](const std::string& folder) {
          return "FRIENDLYNAME \"Simurgh\"\nDEVICENAME " + folder + "/ifd.socket:slots=4\nLIBPATH " SIMURGH_IFD_DRIVER "\n";
        }) {}
  [[nodiscard]] std::string reader(unsigned number) const override { return "Simurgh 00 0" + std::to_string(number); }
  [[nodiscard]] std::string name(unsigned number) const override { return "card " + std::to_string(number); }
  [[nodiscard]] bool complete() const override { return true; }
  [[nodiscard]] int cycles() const override { return 1000; }

 private:
  void serve(pcsc::CardSlot& card, unsigned number, int stop) override {
    pcsc::ifd::serve(card, {daemon_.folder() + "/ifd.socket", static_cast<std::uint8_t>(number), name(number)}, stop);
  }
};

constexpr const char* kVpcdDriver = "/usr/lib/pcsc/drivers/serial/libifdvpcd.so";

class VpcdWorld final : public PcscdWorld {
 public:
  VpcdWorld()
      : PcscdWorld([](const std::string&) {
          return std::string("FRIENDLYNAME \"Virtual PCD\"\nDEVICENAME /dev/null:0x8C7B\nLIBPATH ") + kVpcdDriver + "\nCHANNELID 0x8C7B\n";
        }) {}
  [[nodiscard]] std::string reader(unsigned number) const override { return "Virtual PCD 00 0" + std::to_string(number); }
  [[nodiscard]] bool complete() const override { return false; }
  [[nodiscard]] int cycles() const override { return 3; }  // it is asked for its card every 400 ms

 private:
  void serve(pcsc::CardSlot& card, unsigned number, int stop) override {
    pcsc::vpcd::serve(card, {.port = static_cast<std::uint16_t>(pcsc::vpcd::kFirstPort + number)}, stop);
  }
};

}  // namespace

std::unique_ptr<World> make_world(const std::string& kind, std::string& why) {
  if (kind == "direct") return std::make_unique<DirectWorld>();
  why = pcsc::why_no_private_pcscd();
  if (why.empty() && kind == "vpcd" && !std::filesystem::exists(kVpcdDriver)) why = "vsmartcard-vpcd is not installed";
  if (!why.empty()) return nullptr;
  try {
    if (kind == "ifd") return std::make_unique<IfdWorld>();
    if (kind == "vpcd") return std::make_unique<VpcdWorld>();
  } catch (const pcsc::PcscdTrouble& trouble) {
    why = trouble.what();
    return nullptr;
  }
  throw std::invalid_argument("no kind of reader \"" + kind + "\"");
}

}  // namespace simurgh::test
