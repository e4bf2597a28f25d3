// Counts what crosses a card, and tells the reasons of refusals where the user asks for them.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "euicc/card/trace.h"

namespace simurgh::tool {

class CountingTrace final : public card::TraceSink {
 public:
  explicit CountingTrace(bool verbose) : verbose_(verbose) {}
  void power(const char* event) override;
  void exchange(ByteView command, ByteView response) override;
  void note(const char* why) override;
  [[nodiscard]] std::string summary() const;  // "214 APDUs, 31820 octets"

 private:
  bool verbose_;
  std::atomic<std::uint64_t> apdus_{0}, octets_{0};
};

// Where the drop-in libpcsclite.so.1 lies: beside this executable in a build, else where it is installed.
[[nodiscard]] std::string direct_library_folder();
// The same of the IFD handler that pcscd loads.
[[nodiscard]] std::string ifd_driver();

}  // namespace simurgh::tool
