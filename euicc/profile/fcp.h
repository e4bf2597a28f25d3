// File control parameters of a package (ASN.1 type Fcp) and what they make of a template row or of nothing.
#pragma once

#include "euicc/profile/session.h"
#include "euicc/profile/templates.h"

namespace simurgh::profile {

// A member that may be absent, as a view of the package; an empty one is present.
class Member {
 public:
  Member() = default;
  Member(ByteView value) : value_(value) {}  // NOLINT(google-explicit-constructor): a view with a different name for "none"
  explicit operator bool() const noexcept { return value_.data() != nullptr; }
  const ByteView& operator*() const noexcept { return value_; }
  const ByteView* operator->() const noexcept { return &value_; }

 private:
  ByteView value_;
};

// Members as they stand in the package; views into the element.
struct Fcp {
  Member descriptor, file_id, df_name, life_cycle, access, size, pin_status, short_id, link_path;
  Member special_info, fill_pattern, repeat_pattern, maximum_size, file_details;  // of proprietaryEFInfo
};

// Content of the Fcp element.
[[nodiscard]] Outcome<void> read_fcp(Session& session, const Element& element, ByteView content, Fcp& fcp);

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
