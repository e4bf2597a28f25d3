#include <filesystem>
#include <optional>

#include "pcsc/bench/bench.h"
#include "pcsc/bench/pcscd.h"
#include "pcsc/bench/served.h"
#include "pcsc/vpcd/serve.h"

namespace simurgh::pcsc::vpcd {

namespace {

constexpr const char* kDriver = "/usr/lib/pcsc/drivers/serial/libifdvpcd.so";

// What Debian's package puts into /etc/reader.conf.d.
std::string reader_conf(const std::string&) {
  return std::string("FRIENDLYNAME \"Virtual PCD\"\nDEVICENAME /dev/null:0x8C7B\nLIBPATH ") + kDriver + "\nCHANNELID 0x8C7B\n";
}

}  // namespace

std::expected<BenchResult, std::string> bench(CardSlot& card, ByteView apdu, std::chrono::milliseconds duration) {
  if (!std::filesystem::exists(kDriver)) return std::unexpected("vsmartcard-vpcd is not installed");
  std::optional<Pcscd> own;
  try {
    if (!pcscd_runs()) own.emplace(reader_conf);
    if (probe(kFirstPort) != SlotState::free) return std::unexpected(advice(probe(kFirstPort), {}));
    Served served([&card](int stop) { serve(card, {}, stop); });
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
