#include <sys/signalfd.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <filesystem>
#include <iostream>
#include <mutex>
#include <optional>
#include <thread>

#include "pcsc/vpcd/serve.h"
#include "tools/simurgh/card_file.h"
#include "tools/simurgh/commands.h"
#include "tools/simurgh/counting_trace.h"

namespace simurgh::tool {
namespace {

struct Options {
  std::vector<std::string> cards;
  std::uint16_t port = pcsc::vpcd::kFirstPort;
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

void run(const Options& options) {
  const Interrupt interrupt;
  CountingTrace trace(options.trace);
  std::vector<std::unique_ptr<pcsc::CardSlot>> slots;
  for (const std::string& card : options.cards) slots.push_back(open_card_slot(card, &trace));
  for (std::size_t i = 0; i < slots.size(); ++i) {
    const pcsc::vpcd::Endpoint endpoint{.port = static_cast<std::uint16_t>(options.port + i)};
    const auto state = pcsc::vpcd::probe(endpoint.port);
    if (state != pcsc::vpcd::SlotState::free) throw Failure(Exit::unreachable, pcsc::vpcd::advice(state, endpoint));
  }
  std::mutex mutex;
  std::optional<Failure> failure;
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < slots.size(); ++i) {
    threads.emplace_back([&, i] {
      const pcsc::vpcd::Endpoint endpoint{.port = static_cast<std::uint16_t>(options.port + i)};
      try {
        pcsc::vpcd::serve(*slots[i], endpoint, interrupt.descriptor(), [&, i](pcsc::vpcd::Link link) {
          const std::scoped_lock lock(mutex);
          std::cout << options.cards[i] << (link == pcsc::vpcd::Link::connected ? " is in the virtual reader, Ctrl-C takes it out" : ": the reader went away, waiting for it") << std::endl;
        });
      } catch (const std::exception& wrong) {
        const std::scoped_lock lock(mutex);
        if (!failure) failure.emplace(Exit::unreachable, wrong.what());
        ::kill(::getpid(), SIGTERM);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::cerr << "insert: " << trace.summary() << '\n';
  if (failure) throw *failure;
}

}  // namespace

void add_insert(CLI::App& root, Globals&) {
  auto options = std::make_shared<Options>();
  CLI::App* app = root.add_subcommand("insert", "Put cards into pcscd's virtual reader (Debian: vsmartcard-vpcd) until interrupted");
  app->add_option("card", options->cards, "Card files; the first goes into the first slot, and so on")->required();
  app->add_option("--port", options->port, "Port of the first slot");
  app->add_flag("--trace", options->trace, "Print every APDU and the reasons of refusals, on standard error");
  app->footer("Examples:\n  simurgh insert my.card\n  simurgh insert first.card second.card");
  app->callback([options] { run(*options); });
}

}  // namespace simurgh::tool
