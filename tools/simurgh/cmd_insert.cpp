#include <sys/signalfd.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <filesystem>
#include <functional>
#include <future>
#include <iostream>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "pcsc/ifd/device.h"
#include "pcsc/ifd/serve.h"
#include "pcsc/vpcd/serve.h"
#include "tools/simurgh/card_file.h"
#include "tools/simurgh/commands.h"
#include "tools/simurgh/counting_trace.h"
#include "tools/simurgh/pcsc_port.h"

namespace simurgh::tool {
namespace {

struct Options {
  std::vector<std::string> cards;
  std::string reader;
  int slot = -1;
  std::uint16_t port = 0;
  bool trace = false;
};

// SIGINT and SIGTERM as a descriptor that stays readable, for every thread that serves.
class Interrupt {
 public:
  Interrupt() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    descriptor_ = ::signalfd(-1, &set, SFD_CLOEXEC);
  }
  ~Interrupt() { ::close(descriptor_); }
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;
  [[nodiscard]] int descriptor() const noexcept { return descriptor_; }

 private:
  int descriptor_ = -1;
};

// Serves card i until interrupted, and tells where it is: "" when its reader went away.
using Serve = std::function<void(std::size_t i, pcsc::CardSlot& card, int stop, const std::function<void(const std::string& where)>& tell)>;

Serve into_vpcd(const Options& options) {
  const std::uint16_t first = options.port == 0 ? pcsc::vpcd::kFirstPort : options.port;
  const auto endpoint = [first](std::size_t i) { return pcsc::vpcd::Endpoint{.port = static_cast<std::uint16_t>(first + i)}; };
  for (std::size_t i = 0; i < options.cards.size(); ++i) {
    const auto state = pcsc::vpcd::probe(endpoint(i).port);
    if (state != pcsc::vpcd::SlotState::free) throw Failure(Exit::unreachable, pcsc::vpcd::advice(state, endpoint(i)));
  }
  return [endpoint](std::size_t i, pcsc::CardSlot& card, int stop, const auto& tell) {
    pcsc::vpcd::serve(card, endpoint(i), stop, [&](pcsc::vpcd::Link link) {
      tell(link == pcsc::vpcd::Link::connected ? "the virtual reader, port " + std::to_string(endpoint(i).port) : "");
    });
  };
}

Serve into_ifd(const Options& options) {
  const std::string socket = pcsc::ifd::socket_path();
  const auto found = pcsc::ifd::probe(socket);
  if (found != pcsc::ifd::Reachable::yes) throw Failure(Exit::unreachable, pcsc::ifd::advice(found, socket));
  return [&options, socket](std::size_t i, pcsc::CardSlot& card, int stop, const auto& tell) {
    pcsc::ifd::Place place{.socket_path = socket, .name = std::filesystem::path(options.cards[i]).filename().string()};
    if (options.slot >= 0) place.slot = static_cast<std::uint8_t>(options.slot + static_cast<int>(i));
    pcsc::ifd::serve(card, place, stop, [&](pcsc::ifd::Change change) {
      tell(change.seated ? "slot " + std::to_string(change.slot) + " of the Simurgh reader" : "");
    });
  };
}

// Our own reader is faster and has more slots; Debian's is open to everybody on the machine.
Serve into_best(const Options& options) {
  if (options.reader == "vpcd" || (options.reader.empty() && options.port != 0)) return into_vpcd(options);
  if (options.reader == "ifd" || options.slot >= 0) return into_ifd(options);
  if (pcsc::ifd::probe(pcsc::ifd::socket_path()) == pcsc::ifd::Reachable::yes) return into_ifd(options);
  if (pcsc::vpcd::probe(pcsc::vpcd::kFirstPort) != pcsc::vpcd::SlotState::absent) return into_vpcd(options);
  throw Failure(Exit::unreachable, "there is no reader to put a card into; 'simurgh doctor' tells what is missing, and 'simurgh exec' needs none");
}

void run(const Options& options) {
  const Interrupt interrupt;
  CountingTrace trace(options.trace);
  std::vector<std::unique_ptr<pcsc::CardSlot>> slots;
  for (const std::string& card : options.cards) slots.push_back(open_card_slot(card, &trace));
  const auto service = hold_service();
  const Serve serve = into_best(options);
  std::mutex mutex;
  std::optional<Failure> failure;
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < slots.size(); ++i) {
    // One after the other, so that the first card is in the first slot.
    const auto settled = std::make_shared<std::promise<void>>();
    threads.emplace_back([&, i, settled] {
      auto settle = [&settled, once = true]() mutable {
        if (std::exchange(once, false)) settled->set_value();
      };
      try {
        serve(i, *slots[i], interrupt.descriptor(), [&](const std::string& where) {
          const std::scoped_lock lock(mutex);
          std::cout << options.cards[i] << (where.empty() ? ": the reader went away, waiting for it" : " is in " + where + ", Ctrl-C takes it out") << std::endl;
          settle();
        });
      } catch (const std::exception& wrong) {
        const std::scoped_lock lock(mutex);
        if (!failure) failure.emplace(Exit::unreachable, wrong.what());
        ::kill(::getpid(), SIGTERM);
      }
      settle();
    });
    settled->get_future().wait();
  }
  for (std::thread& thread : threads) thread.join();
  std::cerr << "insert: " << trace.summary() << '\n';
  if (failure) throw *failure;
}

}  // namespace

void add_insert(CLI::App& root, Globals&) {
  auto options = std::make_shared<Options>();
  CLI::App* app = root.add_subcommand("insert", "Put cards into a reader under pcscd until interrupted");
  app->add_option("card", options->cards, "Card files; the first goes into the first slot, and so on")->required();
  app->add_option("--reader", options->reader, "ifd: Simurgh's own reader; vpcd: Debian's vsmartcard-vpcd; without it the best one present")
      ->check(CLI::IsMember({"ifd", "vpcd"}));
  CLI::Option* slot = app->add_option("--slot", options->slot, "ifd: number of the first slot; without it the lowest free ones")->check(CLI::Range(0, 15));
  app->add_option("--port", options->port, "vpcd: port of the first slot")->check(CLI::Range(1, 65535))->excludes(slot);
  app->add_flag("--trace", options->trace, "Print every APDU and the reasons of refusals, on standard error");
  app->footer("Examples:\n  simurgh insert my.card\n  simurgh insert --reader ifd first.card second.card third.card");
  app->callback([options] {
    if (options->reader == "vpcd" && options->slot >= 0) throw Failure(Exit::usage, "--slot is for the reader ifd; vpcd has --port");
    if (options->reader == "ifd" && options->port != 0) throw Failure(Exit::usage, "--port is for the reader vpcd; ifd has --slot");
    run(*options);
  });
}

}  // namespace simurgh::tool
