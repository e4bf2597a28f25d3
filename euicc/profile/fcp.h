// File control parameters of a package (ASN.1 type Fcp) and what they make of a template row or of nothing.
#pragma once

#include <optional>

#include "euicc/profile/session.h"
#include "euicc/profile/templates.h"

namespace simurgh::profile {

// Members as they stand in the package; views into the element.
struct Fcp {
  std::optional<ByteView> descriptor, file_id, df_name, life_cycle, access, size, pin_status, short_id, link_path;
  std::optional<ByteView> special_info, fill_pattern, repeat_pattern, maximum_size, file_details;  // of proprietaryEFInfo
};

// Content of the Fcp element.
[[nodiscard]] Outcome<Fcp> read_fcp(Session& session, const Element& element, ByteView content);

// A created file, or that the card leaves it out.
struct Creation {
  NodeId node = kNoNode;
  bool left_out = false;
};

// Creates the file of a template row with the Fcp laid over it. `instance` counts earlier files of the same row.
[[nodiscard]] Outcome<Creation> create_from_row(Session& session, const Element& element, const FileRow& row, NodeId directory,
                                                const Fcp& fcp, unsigned instance);
// Creates a file that the package describes completely (GenericFileManagement).
[[nodiscard]] Outcome<Creation> create_from_fcp(Session& session, const Element& element, NodeId directory, const Fcp& fcp, ByteView at);

// Writes content with the rules of the body's kind; `at` is where it stands in the package.
[[nodiscard]] Outcome<void> write_content(Session& session, NodeId file, std::size_t offset, ByteView content);

}  // namespace simurgh::profile
