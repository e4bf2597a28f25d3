// The interpreter of unprotected profile packages (SAIP 2.1 to 3.3): octets in any slices, a scratch profile out.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <vector>

#include "euicc/profile/image.h"

namespace simurgh::profile {

// PEStatus of the eUICC response (ASN.1 type PEStatus).
enum class PeStatus : std::uint16_t {
  ok = 0,
  pe_not_supported = 1,
  memory_failure = 2,
  bad_values = 3,
  not_enough_memory = 4,
  invalid_request_format = 5,
  invalid_parameter = 6,
  runtime_not_supported = 7,
  lib_not_supported = 8,
  template_not_supported = 9,
  feature_not_supported = 10,
  pin_code_missing = 11,
  unsupported_profile_version = 31,
};

struct StatusEntry {
  PeStatus status = PeStatus::ok;
  std::optional<std::uint16_t> identification;  // of the element
  std::optional<std::uint8_t> additional;
  std::optional<std::uint16_t> offset;  // inside that element
  const char* why = "";                 // for the trace
  const char* element = "";             // "usim", "pinCodes", ...
};

// What became of one element of the package, in package order.
struct ElementReport {
  const char* name = "";  // "unknown" when the element is of no known kind
  std::size_t size = 0;   // octets with tag and length
  bool mandated = false;
  std::optional<std::uint16_t> identification = {};
  PeStatus status = PeStatus::ok;  // ok: processed, perhaps with warnings in statuses()
};

// UICCCapability (SGP.22 v2.5 annex H) of what is built in: USIM, ISIM, CSIM files, Milenage, TUAK of both lengths, the XOR algorithm, GBA of
// both applications, several of each, BER-TLV files, GET IDENTITY with both profiles, SCP03 in S16 mode.
inline constexpr std::uint64_t kBuiltInCapability = std::uint64_t{0b1110} | std::uint64_t{1} << 4 | std::uint64_t{0b111} << 6 | std::uint64_t{0b11} << 10 |
                                                    std::uint64_t{0b1111} << 16 | std::uint64_t{0b111} << 22 | std::uint64_t{1} << 29;
// The eUICC-Mandatory-services that a header may demand of a card with this UICCCapability, 0 meaning what is built in. Java Card is always
// among them: TS.48 v1 demands it without an applet in it, and byte code is kept and listed, though never executed.
[[nodiscard]] std::uint64_t demandable_services(std::uint64_t uicc_capability) noexcept;

// What this card offers; from the card's recipe.
struct PackageLimits {
  std::uint64_t services = ~std::uint64_t{0};  // bit n = elements that belong to service n are processed, as files and keys at least
  std::uint64_t demandable = demandable_services(0);  // bit n = a header may demand service n
  std::size_t memory = 512 * 1024;             // octets of file bodies and load files
  bool accept_major_3 = true;
};

class PackageInterpreter {
 public:
  explicit PackageInterpreter(PackageLimits limits = {});
  ~PackageInterpreter();
  PackageInterpreter(PackageInterpreter&&) noexcept;
  PackageInterpreter& operator=(PackageInterpreter&&) noexcept;

  // Any slice, cut anywhere. False once the installation is aborted; nothing more is accepted then.
  [[nodiscard]] bool feed(ByteView slice);
  // PE-End was processed and nothing followed it.
  [[nodiscard]] bool complete() const noexcept;
  // The end of the package: checks that PE-End came. False: aborted.
  [[nodiscard]] bool finish();
  [[nodiscard]] bool aborted() const noexcept;
  // The status that aborted the installation, else ok. additional, offset and reason are in the last entry of statuses().
  [[nodiscard]] PeStatus result() const noexcept;
  [[nodiscard]] const std::vector<StatusEntry>& statuses() const noexcept;
  [[nodiscard]] const std::vector<ElementReport>& elements() const noexcept;
  // EUICCResponse DO(s) for the ProfileInstallationResult.
  [[nodiscard]] Bytes euicc_response() const;
  // The profile; only when complete. Moves it out.
  [[nodiscard]] ProfileImage take();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// "bad-values" and so on, as in the PEDefinitions module.
[[nodiscard]] const char* name(PeStatus status) noexcept;

}  // namespace simurgh::profile
