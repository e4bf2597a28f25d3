// Results of eUICC packages (SGP.32 v1.2 2.11.2): signed once, kept as they will be sent until acknowledged, numbered with the notifications.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "euicc/ecasd/ecasd.h"
#include "euicc/state/transaction.h"

namespace simurgh::iot {

// Members that results repeat from their package.
struct ResultHead {
  std::string eim_id;
  Bytes counter;                   // INTEGER content
  std::optional<Bytes> transaction_id;
};

// What the card signs under for an eIM, and what the signature covers behind the data (v1.0: eimSignature of the request; later: the token).
struct Signer {
  Bytes ci_key_id;
  Bytes tail;
};

enum class PackageError : std::uint8_t {
  invalid_eid = 3, replay = 4, counter_out_of_range = 6, size_overflow = 15, ecall_active = 104, undefined = 127,
};

// BF51 each. `elements`: the EuiccResultData one after another.
[[nodiscard]] Bytes result_signed(const ecasd::Ecasd& ecasd, const ResultHead& head, std::uint32_t sequence, ByteView elements, const Signer& signer);
[[nodiscard]] Bytes error_signed(const ecasd::Ecasd& ecasd, const ResultHead& head, PackageError error, const Signer& signer);
// `token`: nothing, or the token object.
[[nodiscard]] Bytes error_unsigned(std::string_view eim_id, const std::optional<Bytes>& transaction_id, ByteView token_object);

// The oldest goes when the list is full.
void store_result(state::Transaction& txn, const ecasd::Ecasd& ecasd, std::uint32_t sequence, std::string_view eim_id, ByteView result);
// In ascending order of sequence numbers.
void for_each_result(const state::Transaction& txn, const std::function<void(std::uint32_t sequence, ByteView result)>& visit);
// False when no result has this number.
bool remove_result(state::Transaction& txn, std::uint32_t sequence);
void remove_results_of(state::Transaction& txn, std::string_view eim_id);

}  // namespace simurgh::iot
