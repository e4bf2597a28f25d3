#include "tools/simurgh/counting_trace.h"

#include <filesystem>
#include <iostream>

namespace simurgh::tool {

void CountingTrace::power(const char* event) {
  if (verbose_) std::cerr << "-- " << event << '\n';
}

void CountingTrace::exchange(ByteView command, ByteView response) {
  ++apdus_;
  octets_ += command.size() + response.size();
  if (!verbose_) return;
  // PIN values, keys and authentication data stay out of what is printed: header and length tell enough.
  const std::uint8_t ins = command.size() > 1 ? command[1] : std::uint8_t{0};
  const bool secret = ins == 0x20 || ins == 0x24 || ins == 0x26 || ins == 0x28 || ins == 0x2C;
  std::cerr << "> " << to_hex(secret && command.size() > 5 ? command.first(5) : command) << (secret && command.size() > 5 ? " [redacted]" : "")
            << "\n< " << to_hex(response) << '\n';
}

void CountingTrace::note(const char* why) {
  if (verbose_) std::cerr << "   (" << why << ")\n";
}

std::string CountingTrace::summary() const {
  return std::to_string(apdus_.load()) + " APDUs, " + std::to_string(octets_.load()) + " octets";
}

std::string direct_library_folder() {
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  if (!error) {
    const auto beside = self.parent_path() / "lib" / "direct";
    if (std::filesystem::exists(beside / "libpcsclite.so.1")) return beside.string();
    // An installed tree that was moved as a whole.
    const auto installed = self.parent_path().parent_path() / SIMURGH_LIBDIR / "simurgh" / "direct";
    if (std::filesystem::exists(installed / "libpcsclite.so.1")) return installed.string();
  }
  return SIMURGH_DIRECT_FOLDER;
}

std::string ifd_driver() {
  constexpr const char* kName = "libifdsimurgh.so";
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  if (!error) {
    for (const auto& folder : {self.parent_path() / "lib" / "ifd", self.parent_path().parent_path() / SIMURGH_IFD_FOLDER}) {
      if (std::filesystem::exists(folder / kName)) return (folder / kName).string();
    }
  }
  return std::string(SIMURGH_IFD_FULL_FOLDER) + "/" + kName;
}

}  // namespace simurgh::tool
