#include <sys/eventfd.h>

#include <filesystem>
#include <optional>
#include <thread>

#include "pcsc/bench/bench.h"
#include "pcsc/bench/pcscd.h"
#include "pcsc/unique_fd.h"
#include "pcsc/vpcd/serve.h"

namespace simurgh::pcsc::vpcd {

namespace {

constexpr const char* kDriver = "/usr/lib/pcsc/drivers/serial/libifdvpcd.so";

// What Debian's package puts into /etc/reader.conf.d, with a name of ours.
std::string reader_conf() {
  return std::string("FRIENDLYNAME \"Virtual PCD\"\nDEVICENAME /dev/null:0x8C7B\nLIBPATH ") + kDriver + "\nCHANNELID 0x8C7B\n";
}

// Serves the card by a thread of its own; ends before the card does.
class Served {
 public:
  explicit Served(CardSlot& card)
      : stop_(::eventfd(0, EFD_CLOEXEC)), thread_([this, &card] {
          try {
            serve(card, {}, stop_.get());
          } catch (const std::exception& wrong) {
            // The measuring thread says that no reader shows the card; the sentence here says why.
            failure_ = wrong.what();
          }
        }) {}
  ~Served() { (void)end(); }
  Served(const Served&) = delete;
  Served& operator=(const Served&) = delete;

  std::string end() {
    if (thread_.joinable()) {
      (void)::eventfd_write(stop_.get(), 1);
      thread_.join();
    }
    return failure_;
  }

 private:
  UniqueFd stop_;
  std::string failure_;
  std::thread thread_;
};

}  // namespace

std::expected<BenchResult, std::string> bench(CardSlot& card, ByteView apdu, std::chrono::milliseconds duration) {
  if (!std::filesystem::exists(kDriver)) return std::unexpected("vsmartcard-vpcd is not installed");
  std::optional<Pcscd> own;
  try {
    if (!pcscd_runs()) own.emplace(reader_conf());
    if (probe(kFirstPort) != SlotState::free) return std::unexpected(advice(probe(kFirstPort), {}));
    Served served(card);
    try {
      return round_trips("libpcsclite.so.1", "Virtual PCD", card.atr(), apdu, duration);
    } catch (const std::exception& wrong) {
      const std::string deeper = served.end();
      return std::unexpected(deeper.empty() ? wrong.what() : deeper);
    }
  } catch (const PcscdTrouble& trouble) {
    return std::unexpected(trouble.what());
  }
}

}  // namespace simurgh::pcsc::vpcd
