// The files of a subscription that follow an identity, and their contents for one of them.
#pragma once

#include <expected>
#include <vector>

#include "euicc/applets/multi_imsi/state.h"
#include "euicc/state/transaction.h"
#include "euicc/uicc/uicc.h"

namespace simurgh::multi_imsi {

struct FileChange {
  uicc::NodeId file = uicc::kNoNode;
  Bytes content;
};

// What an identity comes back to.
struct Remembered {
  Bytes fplmn;
  std::vector<FileImage> places;
};

// All of them at their lengths; what the profile does not have is left out. The error says which file does not hold the identity.
[[nodiscard]] std::expected<std::vector<FileChange>, const char*> shadow(const uicc::Uicc& uicc, const state::Transaction& txn, const Identity& identity,
                                                                         const Remembered& remembered);

// A file that a terminal writes by itself when it ends a session, as it is when an identity with these places begins; nothing for other files.
[[nodiscard]] std::optional<Bytes> session_content(const uicc::Uicc& uicc, uicc::NodeId file, const std::vector<FileImage>& places);

// The location files as they are, those that name a network: temporary identity, network, area. Of one file, or of all of them.
[[nodiscard]] std::optional<FileImage> place_of(const uicc::Uicc& uicc, const state::Transaction& txn, uicc::NodeId file);
[[nodiscard]] std::vector<FileImage> places_left(const uicc::Uicc& uicc, const state::Transaction& txn);

// EF.FPLMN of the first USIM, kNoNode without one.
[[nodiscard]] uicc::NodeId fplmn_file(const uicc::Uicc& uicc);

// What the terminal last wrote about its location: status and PLMN of the first of EPSLOCI, PSLOCI, LOCI, 5GS3GPPLOCI that has one.
struct StoredLocation {
  std::uint8_t status = 0xFF;
  Plmn plmn;
  std::uint32_t area = 0;
};
// Of one file; nothing when it is none of the location files.
[[nodiscard]] std::optional<StoredLocation> stored_location(const uicc::Uicc& uicc, const state::Transaction& txn, uicc::NodeId file);
[[nodiscard]] StoredLocation stored_location(const uicc::Uicc& uicc, const state::Transaction& txn);

}  // namespace simurgh::multi_imsi
