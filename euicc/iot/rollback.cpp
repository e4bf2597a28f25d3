#include "euicc/iot/rollback.h"

#include "asn1/tlv.h"
#include "euicc/gp/octet_record.h"
#include "euicc/iot/cells.h"
#include "euicc/rsp/notifications.h"

namespace simurgh::iot {
namespace {

constexpr std::uint8_t kFormat = 1;

}  // namespace

Bytes RollbackAuthorisation::encode() const {
  gp::OctetWriter out(256);
  out.byte(kFormat);
  out.number(former);
  out.octets(text_view(head.eim_id));
  out.octets(head.counter);
  out.byte(head.transaction_id ? 1 : 0);
  out.octets(head.transaction_id.value_or(Bytes{}));
  out.octets(signer.ci_key_id);
  out.octets(signer.tail);
  for (const std::uint32_t number : {result, first, last}) out.number(number);
  return out.take();
}

std::optional<RollbackAuthorisation> RollbackAuthorisation::decode(ByteView encoded) {
  gp::OctetReader in(encoded);
  if (in.byte() != kFormat) return std::nullopt;
  RollbackAuthorisation out;
  out.former = in.number_as<std::uint32_t>();
  out.head.eim_id = to_text(in.view());
  out.head.counter = in.octets();
  const bool has_transaction = in.byte() != 0;
  Bytes transaction = in.octets();
  if (has_transaction) out.head.transaction_id = std::move(transaction);
  out.signer.ci_key_id = in.octets();
  out.signer.tail = in.octets();
  out.result = in.number_as<std::uint32_t>();
  out.first = in.number_as<std::uint32_t>();
  out.last = in.number_as<std::uint32_t>();
  if (!in.ended()) return std::nullopt;
  return out;
}

std::optional<RollbackAuthorisation> rollback_authorisation(const state::Transaction& txn) {
  const Bytes* cell = txn.find(kRollback);
  return cell == nullptr ? std::nullopt : RollbackAuthorisation::decode(*cell);
}

void clear_rollback(state::Transaction& txn) { txn.erase(kRollback); }

void note_switch(state::Transaction& txn, std::uint32_t first, std::uint32_t last) {
  auto authorisation = rollback_authorisation(txn);
  if (!authorisation || authorisation->first != 0) return;
  authorisation->first = first;
  authorisation->last = last;
  txn.put(kRollback, authorisation->encode());
}

RollbackAnswer roll_back(const Context& context, bool refresh) {
  const auto authorisation = rollback_authorisation(context.txn);
  if (!authorisation) return {RollbackCode::not_allowed, {}};
  if (refresh && context.busy) return {RollbackCode::cat_busy, {}};
  const auto former = profile_numbered(context.txn, authorisation->former);
  // Whatever deletes the former profile (the next package, a memory reset) also ends the authorisation: only a damaged store gets here.
  if (!former) return {RollbackCode::command_error, {}};
  clear_rollback(context.txn);
  // The package is as if it had never switched: its result and what the switch notified are not sent any more.
  remove_result(context.txn, authorisation->result);
  if (authorisation->first != 0) {
    for (std::uint32_t number = authorisation->first; number <= authorisation->last; ++number) {
      context.txn.erase({state::Space::notification, 0, number});
    }
  }
  const std::uint32_t sequence = rsp::next_sequence_number(context.txn);
  asn1::TlvWriter element;
  element.put_byte(0x8C, 0);
  Bytes result = result_signed(context.ecasd, authorisation->head, sequence, element.view(), authorisation->signer);
  store_result(context.txn, context.ecasd, sequence, authorisation->head.eim_id, result);
  // A switch that still waits for its REFRESH is simply forgotten.
  if (former->state == profile::ProfileState::enabled) {
    context.txn.erase(rsp::kPendingSwitch);
  } else {
    start_switch(context, former->number, refresh);
  }
  return {RollbackCode::ok, std::move(result)};
}

}  // namespace simurgh::iot
