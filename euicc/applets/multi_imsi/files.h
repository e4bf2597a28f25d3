// The files of a subscription that follow an identity, and their contents for one of them.
#pragma once

#include <expected>
#include <vector>

#include "euicc/applets/multi_imsi/config.h"
#include "euicc/state/transaction.h"
#include "euicc/uicc/uicc.h"

namespace simurgh::multi_imsi {

struct FileChange {
  uicc::NodeId file = uicc::kNoNode;
  Bytes content;
};

// All of them at their lengths; what the profile does not have is left out. The error says which file does not hold the identity.
[[nodiscard]] std::expected<std::vector<FileChange>, const char*> shadow(const uicc::Uicc& uicc, const state::Transaction& txn, const Identity& identity,
                                                                         ByteView remembered_fplmn);

// The files a terminal writes by itself when it ends a session: contents that belong to nobody.
[[nodiscard]] std::vector<FileChange> clean_sessions(const uicc::Uicc& uicc);
[[nodiscard]] bool is_session_file(const uicc::Uicc& uicc, uicc::NodeId file);

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
