#include "euicc/iot/package.h"

#include "asn1/tlv.h"
#include "euicc/iot/cells.h"
#include "euicc/iot/emergency.h"
#include "euicc/iot/results.h"
#include "euicc/iot/rollback.h"
#include "euicc/iot/run.h"
#include "euicc/rsp/notifications.h"

namespace simurgh::iot {
namespace {

using asn1::Tlv;
using asn1::TlvReader;
using asn1::TlvWriter;

constexpr std::uint32_t kPsmoList = 0xA0, kEcoList = 0xA1;

struct Request {
  Tlv whole;  // euiccPackageSigned as it arrived
  Tlv signature;
  std::string eim_id;
  ByteView eid;
  ByteView counter;  // INTEGER content
  std::optional<Bytes> transaction_id;
  Tlv commands;
};

// What can be said of a package whose structure is damaged.
struct Sender {
  std::optional<std::string> eim_id;
  std::optional<Bytes> transaction_id;
};

bool read_transaction_id(const std::optional<Tlv>& element, std::optional<Bytes>& out) {
  if (!element) return true;
  if (element->value.empty() || element->value.size() > 16) return false;
  out = to_bytes(element->value);
  return true;
}

std::optional<Request> read_request(ByteView content) {
  TlvReader outer(content);
  const auto whole = outer.required(0x30);
  const auto signature = outer.required(0x5F37);
  if (!whole || !signature || !outer.skip_rest()) return std::nullopt;
  TlvReader in(whole->value);
  const auto eim_id = in.required(0x80);
  const auto eid = in.required(0x5A);
  const auto counter = in.required(0x81);
  const auto transaction_id = in.optional(0x82);
  const auto commands = in.next();
  if (!eim_id || !eid || !counter || !transaction_id || !commands || !in.skip_rest()) return std::nullopt;
  if (eim_id->value.empty() || eim_id->value.size() > kLongestEimId || eid->value.size() != 16 || counter->value.empty()) return std::nullopt;
  if (commands->tag != kPsmoList && commands->tag != kEcoList) return std::nullopt;
  Request out{*whole, *signature, to_text(eim_id->value), eid->value, counter->value, {}, *commands};
  if (!read_transaction_id(*transaction_id, out.transaction_id)) return std::nullopt;
  // The list is walked to its end before its first command runs.
  if (!TlvReader(commands->value).skip_rest()) return std::nullopt;
  return out;
}

Sender read_sender(ByteView content) {
  Sender out;
  const auto whole = TlvReader(content).required(0x30);
  if (!whole) return out;
  const auto id = TlvReader(whole->value).required(0x80);
  if (!id || id->value.empty() || id->value.size() > kLongestEimId) return out;
  out.eim_id = to_text(id->value);
  const auto transaction_id = asn1::find_child(whole->value, 0x82);
  if (!read_transaction_id(transaction_id, out.transaction_id)) out.transaction_id.reset();
  return out;
}

// Checks of a package whose signature holds, in the order of 3.1.1.
std::optional<PackageError> refuse(const Context& context, const Request& request, const Eim& eim) {
  const bool emergency = context.since(ecasd::IotVersion::v1_1) && emergency_active(context.txn);
  const bool first = context.choices().emergency_refused_before_eid_and_counter;
  if (emergency && first) return PackageError::ecall_active;
  if (!equal(request.eid, context.ecasd.eid)) return PackageError::invalid_eid;
  const std::int64_t counter = integer_value(request.counter).value_or(-1);
  if (counter < 0 || counter > kHighestCounter) return PackageError::counter_out_of_range;
  if (counter <= eim.counter) return PackageError::replay;
  if (emergency) return PackageError::ecall_active;
  if (request.whole.raw.size() > context.card().package_memory) return PackageError::size_overflow;
  return std::nullopt;
}

enum class Termination : std::uint8_t { none = 0, result_size_overflow = 1, unknown_or_damaged = 2, interruption = 3, undefined = 127 };

// Commands in their order up to the first that says no. Each has exactly one result.
Bytes run_commands(Run& run, const Tlv& commands) {
  constexpr std::size_t kSmallResult = 24;  // more than any result that is a code or a token, and than what ends a list
  const Context& context = run.context;
  const auto table = commands.tag == kPsmoList ? psmo_table() : eco_table();
  Bytes results;
  Termination termination = Termination::none;
  TlvReader in(commands.value);
  while (!in.at_end() && termination == Termination::none) {
    const auto command = in.next();
    const PackageCommand* row = command ? find_command(table, command->tag, context.card().version) : nullptr;
    if (row == nullptr) {
      termination = Termination::unknown_or_damaged;
      break;
    }
    // What a command changes cannot be told if its result has no room, so it is not run.
    if (results.size() + 2 * kSmallResult > context.card().package_memory) {
      termination = Termination::result_size_overflow;
      break;
    }
    const auto result = row->handler(run, command->value);
    if (!result) {
      termination = Termination::unknown_or_damaged;
      break;
    }
    if (results.size() + result->element.size() + kSmallResult > context.card().package_memory) {
      termination = Termination::result_size_overflow;
      break;
    }
    append(results, result->element);
    if (result->good) continue;
    context.platform.note("a command of the eUICC package failed; the ones behind it are not run");
    if (context.choices().termination_after_failed_command) termination = Termination::undefined;
    break;
  }
  if (termination != Termination::none) {
    TlvWriter end;
    end.put_byte(0x02, static_cast<std::uint8_t>(termination));
    append(results, end.view());
  }
  return results;
}

// What waited for the end of the list: the counter, the switch, the way back from it.
void finish(const Run& run, std::uint32_t counter, const RollbackAuthorisation& authorisation) {
  const Context& context = run.context;
  Associations associations(context.txn, context.ecasd);
  if (!run.requester_deleted) {
    if (auto eim = associations.find(run.requester.id)) {
      eim->counter = run.requester_counter.value_or(counter);
      associations.save(*eim);
    }
  }
  if (run.rollback_to) context.txn.put(kRollback, authorisation.encode());
  if (!run.enable_done && !run.disable_done) return;
  std::optional<std::uint32_t> target = run.to_enable;
  if (!target && run.to_disable) {
    const auto left = profile_numbered(context.txn, *run.to_disable);
    if (left && left->metadata.profile_class == profile::ProfileClass::test) target = rsp::profile_before_test(context.txn);
  }
  start_switch(context, target, true);
}

}  // namespace

apdu::Result<PackageOutcome> load_package(const Context& context, ByteView content) {
  const auto request = read_request(content);
  if (!request) {
    const Sender sender = read_sender(content);
    context.platform.note("the structure of the eUICC package is damaged");
    if (!sender.eim_id || !context.choices().unsigned_error_for_damaged_packages) {
      return apdu::refuse(apdu::Sw::incorrect_data, "the eUICC package cannot be read");
    }
    return PackageOutcome{error_unsigned(*sender.eim_id, sender.transaction_id, {}), false, false};
  }
  const auto eim = Associations(context.txn, context.ecasd).find(request->eim_id);
  if (!eim) {
    context.platform.note("no eIM with the id of the eUICC package is associated");
    return PackageOutcome{error_unsigned(request->eim_id, request->transaction_id, {}), false, false};
  }
  const Bytes token = eim->token_object();
  const auto key = eim_key(eim->key);
  if (!key || !key->verify({request->whole.raw, token}, request->signature.value)) {
    context.platform.note("eimSignature is wrong, or was made for another association token");
    return PackageOutcome{error_unsigned(request->eim_id, request->transaction_id, eim->token != 0 ? ByteView(token) : ByteView{}), false, false};
  }
  const ResultHead head{request->eim_id, to_bytes(minimal_integer(request->counter)), request->transaction_id};
  const bool over_token = context.since(ecasd::IotVersion::v1_1);
  const Signer signer{eim->ci_key_id, over_token ? token : to_bytes(request->signature.raw)};
  if (const auto error = refuse(context, *request, *eim)) {
    context.platform.note("the eUICC package is refused by a signed error");
    return PackageOutcome{error_signed(context.ecasd, head, *error, signer), false, false};
  }
  clear_rollback(context.txn);
  Run run{.context = context, .requester = *eim, .to_enable = {}, .to_disable = {}, .rollback_to = {}, .requester_counter = {}};
  const Bytes elements = run_commands(run, request->commands);
  const std::uint32_t sequence = rsp::next_sequence_number(context.txn);
  Bytes result = result_signed(context.ecasd, head, sequence, elements, signer);
  store_result(context.txn, context.ecasd, sequence, request->eim_id, result);
  const RollbackAuthorisation authorisation{.former = run.rollback_to.value_or(0), .head = head, .signer = signer, .result = sequence};
  finish(run, static_cast<std::uint32_t>(*integer_value(request->counter)), authorisation);
  return PackageOutcome{std::move(result), true, run.delete_done};
}

}  // namespace simurgh::iot
