// Notifications and installation results (SGP.22 v2.5 3.5, 5.7.9-5.7.11): signed once, stored as they will be sent, numbered by one counter
// that never goes back.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "euicc/ecasd/ecasd.h"
#include "euicc/profile/registry.h"
#include "euicc/state/transaction.h"

namespace simurgh::rsp {

enum class Event : std::uint8_t { install = 0, enable = 1, disable = 2, remove = 3 };  // named bits of NotificationEvent

// The sequence number that was given last, 0 before the first.
[[nodiscard]] std::uint32_t last_sequence_number(const state::Transaction& txn);
// Takes the next sequence number.
[[nodiscard]] std::uint32_t next_sequence_number(state::Transaction& txn);
// Stores a complete DO (BF37, or 30 of an OtherSignedNotification); the oldest goes when the list is full.
void store_notification(state::Transaction& txn, std::uint32_t sequence, Bytes signed_object, std::size_t capacity);
// One OtherSignedNotification per configured address of the profile for this event (5.7.9), signed under the chain of its download.
void notify(state::Transaction& txn, const ecasd::Ecasd& ecasd, const profile::ProfileEntry& entry, Event event);

// BF2F of a stored notification, as it was signed.
[[nodiscard]] std::optional<Bytes> metadata_of(ByteView stored);
[[nodiscard]] std::uint64_t events_of(ByteView metadata);  // named bits
// ISD-P AIDs that stored installation results name.
[[nodiscard]] std::vector<Bytes> aids_in_results(const state::Transaction& txn);

// What identifies a result before and after the profile is known.
struct ResultContext {
  Bytes transaction_id;
  std::string address;     // of serverSigned1
  Bytes smdp_oid;          // content octets, from CERT.DPpb
  Bytes iccid;             // empty until the metadata was accepted
  Bytes ci_key_id;         // chain that signs
};

// errorReason of SGP.22 v2.5 2.5.6.
enum class ErrorReason : std::uint8_t {
  incorrect_input_values = 1, invalid_signature = 2, invalid_transaction_id = 3, unsupported_crt_values = 4, unsupported_remote_operation_type = 5,
  unsupported_profile_class = 6, scp03t_structure_error = 7, scp03t_security_error = 8, iccid_already_exists = 9, insufficient_memory = 10,
  interruption = 11, pe_processing_error = 12, data_mismatch = 13, invalid_naa_key = 14, ppr_not_allowed = 15, unknown_error = 127,
};
// bppCommandId
enum class BppCommand : std::uint8_t { initialise_secure_channel = 0, configure_isdp = 1, store_metadata = 2, replace_session_keys = 4, load_profile_elements = 5 };

// Signs and stores a ProfileInstallationResult, and gives it back (BF37).
Bytes success_result(state::Transaction& txn, const ecasd::Ecasd& ecasd, const ResultContext& context, ByteView isdp_aid, ByteView sima_response);
Bytes error_result(state::Transaction& txn, const ecasd::Ecasd& ecasd, const ResultContext& context, BppCommand command, ErrorReason reason,
                   ByteView sima_response);

}  // namespace simurgh::rsp
