// Writing the notation of profile packages: element headers, file control parameters, File lists.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "asn1/tlv.h"

namespace simurgh::perso {

struct FcpFields {
  std::optional<std::uint8_t> descriptor;  // 41, 42, 46, 78, 79
  std::optional<std::uint16_t> record_length;
  std::optional<std::uint16_t> fid;
  Bytes aid;
  Bytes access;  // one or three octets
  std::optional<std::uint32_t> size;
  Bytes pin_references;
  std::optional<std::uint8_t> sfi;  // 0: no SFI
  std::optional<Bytes> link;
  std::optional<std::uint32_t> maximum_size;  // BER-TLV
  std::optional<Bytes> fill_pattern;

  [[nodiscard]] bool empty() const noexcept;
};

// Context tag [n] of a member, primitive or constructed.
[[nodiscard]] std::uint32_t member_tag(unsigned number, bool constructed = true);

// Members of the ASN.1 type Fcp in the order of the module.
void put_fcp(asn1::TlvWriter& out, std::uint32_t tag, const FcpFields& fcp);

// What follows the first content of a file: gaps become fillFileOffset steps.
struct Piece {
  std::size_t offset = 0;  // from the start of the body
  Bytes content;
};
// Contents of the records of a file, each from the start of its record.
[[nodiscard]] std::vector<Piece> record_pieces(const std::vector<Bytes>& records, std::size_t record_length);

// member [n] of a template element.
void put_file(asn1::TlvWriter& out, unsigned member, const FcpFields& fcp, const std::vector<Piece>& pieces = {});
// createFCP and contents of a GenericFileManagement list.
void put_managed_file(asn1::TlvWriter& out, const FcpFields& fcp, const std::vector<Piece>& pieces = {});

// A profile element with its header: open it, put members, close.
class ElementScope {
 public:
  ElementScope(asn1::TlvWriter& out, unsigned number, unsigned identification, bool mandated = true);

 private:
  asn1::TlvWriter::Scope scope_;
};

}  // namespace simurgh::perso
