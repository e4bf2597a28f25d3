// The file templates of the interoperable format (SAIP 3.3 annex A): one row per file, one table per object identifier.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "asn1/bytes.h"
#include "euicc/uicc/file_tree.h"

namespace simurgh::profile {

// What a body holds before the package writes into it.
enum class ContentKind : std::uint8_t {
  given,     // the package must supply it; FF until it does
  ff,        // FF
  fill,      // the octets, then the last of them up to the end (TS 102 222 tag C1)
  repeated,  // the octets again and again (tag C2)
  literal,   // the octets, then FF
  tail,      // FF, then the octets at the end
};

// Octets of a table, written in hexadecimal and converted by the compiler.
struct RowOctets {
  std::array<std::uint8_t, 30> octets{};
  std::uint8_t size = 0;

  constexpr RowOctets() = default;
  consteval RowOctets(std::string_view hex) {  // NOLINT(google-explicit-constructor): table notation
    auto digit = [](char c) { return static_cast<unsigned>(c <= '9' ? c - '0' : c - 'A' + 10); };
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
      octets.at(size++) = static_cast<std::uint8_t>(digit(hex[i]) << 4 | digit(hex[i + 1]));
  }
  [[nodiscard]] constexpr ByteView view() const noexcept { return {octets.data(), size}; }
};

struct RowContent {
  ContentKind kind = ContentKind::ff;
  RowOctets octets;
};

// Files that may exist several times (SAIP: icons, phonebook sets) have a range of identifiers; the first one is the default.
struct RowFid {
  std::uint16_t first = 0, last = 0;
  constexpr RowFid(std::uint16_t fid) : first(fid), last(fid) {}  // NOLINT(google-explicit-constructor): table notation
  constexpr RowFid(std::uint16_t from, std::uint16_t to) : first(from), last(to) {}
};

struct RowShape {
  uicc::FileKind kind = uicc::FileKind::transparent;
  std::uint16_t count = 0;          // octets, or records; 0: the package must say
  std::uint16_t record_length = 0;  // 0: the package must say
};

inline constexpr std::uint8_t kHighUpdate = 1;  // special file information 80
inline constexpr std::uint8_t kMandatory = 2;   // not OPTIONAL in the PEDefinitions module
inline constexpr std::uint8_t kFrom23 = 4;      // left out of default creation by packages older than 2.3
inline constexpr std::uint8_t kGba = 8;         // only where GBA is supported
inline constexpr std::uint8_t kMbms = 16;       // only where MBMS is supported

struct FileRow {
  std::uint8_t member = 0;  // context tag inside the element
  const char* name = "";
  RowFid fid;  // 0: the package must say
  RowShape shape;
  std::uint8_t sfi = 0;   // 0: none
  std::uint8_t rule = 0;  // record of the implicit EF.ARR
  RowContent content;
  std::uint8_t flags = 0;
  std::uint8_t under = 0;         // member of the directory it lies in; 0: where the element's files go
  std::uint8_t from = 1, to = 9;  // template versions that have this row
};

struct Template {
  std::uint8_t arc = 0;      // 2.23.143.1.2.<arc>
  std::uint8_t version = 1;  // .<version>, 1: no such arc
  std::uint8_t element = 0;  // n of the profile element [n] that uses it
  bool created_by_default = false;
  const char* name = "";
  std::span<const FileRow> rows;

  [[nodiscard]] constexpr bool has(const FileRow& row) const noexcept { return row.from <= version && version <= row.to; }
};

[[nodiscard]] std::span<const Template> all_templates() noexcept;
// By the content octets of the object identifier; null when unknown.
[[nodiscard]] const Template* find_template(ByteView oid) noexcept;
// Content octets of a template's object identifier.
[[nodiscard]] Bytes template_oid(std::uint8_t arc, std::uint8_t version = 1);

// The tables, one group per file.
extern const std::span<const FileRow> kMfRows, kCdRows, kTelecomRows;
extern const std::span<const FileRow> kUsimRows, kOptUsimRows, kPhonebookRows, kGsmAccessRows, k5gsRows, kSaipRows, kSnpnRows, kProseRows,
    kEapRows;
extern const std::span<const FileRow> kIsimRows, kOptIsimRows, kCsimRows, kOptCsimRows;

}  // namespace simurgh::profile
