#include <filesystem>

#include "pcsc/bench/bench.h"
#include "pcsc/bench/pcscd.h"
#include "pcsc/bench/served.h"
#include "pcsc/ifd/serve.h"

namespace simurgh::pcsc::ifd {

std::expected<BenchResult, std::string> bench(const std::string& driver, CardSlot& card, ByteView apdu,
                                              std::chrono::milliseconds duration) {
  if (!std::filesystem::exists(driver)) return std::unexpected("the IFD handler is not installed");
  try {
    Pcscd daemon([&](const std::string& folder) {
      return "FRIENDLYNAME \"Simurgh\"\nDEVICENAME " + folder + "/ifd.socket:slots=1\nLIBPATH " + driver + "\n";
    });
    Served served([&](int stop) { serve(card, {.socket_path = daemon.folder() + "/ifd.socket", .name = "bench"}, stop); });
    try {
      return round_trips("libpcsclite.so.1", "Simurgh", card.atr(), apdu, duration);
    } catch (const std::exception& wrong) {
      const std::string deeper = served.end();
      return std::unexpected(deeper.empty() ? wrong.what() : deeper);
    }
  } catch (const PcscdTrouble& trouble) {
    return std::unexpected(trouble.what());
  }
}

}  // namespace simurgh::pcsc::ifd
