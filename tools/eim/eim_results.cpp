// What comes back from cards: package results and errors, and how an eIM recovers from a counter or a token it did not know.
#include "tools/eim/card_check.h"
#include "tools/eim/eim.h"
#include "tools/eim/identifiers.h"
#include "tools/eim/package.h"

namespace simurgh::eim {
namespace {

using asn1::Tlv;
using asn1::TlvReader;
using sqlite::Database;

constexpr int kMostRaises = 5;

// A card tells no counter: each refusal doubles the guess's exponent.
std::int64_t raised(std::int64_t counter, int raises) { return counter + (std::int64_t{16} << (4 * raises)); }

Json error_outcome(const char* name, const Json& value) { return Json::array({{{name, value}}}); }

// The signed part of a package of ours (BF51), and eimSignature.
struct Sent {
  std::optional<Tlv> signed_part;
  ByteView signature;
};
Sent sent_package(const Request& request) {
  Sent out;
  const auto whole = asn1::read_only(request.package, 0xBF51);
  if (!whole) return out;
  if (const auto part = asn1::find_child(whole->value, 0x30)) out.signed_part = *part;
  if (const auto signature = asn1::find_child(whole->value, 0x5F37)) out.signature = signature->value;
  return out;
}

bool is_zero(const Tlv& integer) { return integer.value.size() == 1 && integer.value[0] == 0; }

}  // namespace

// One of the three forms of EuiccPackageResult.
struct Eim::Parsed {
  enum class Form : std::uint8_t { result, error, unsigned_error } form = Form::result;
  std::string eim_id;
  std::int64_t counter = -1;
  Bytes transaction;
  std::int64_t sequence = -1;
  ByteView list;           // EuiccResultData
  std::uint64_t code = 0;  // of an error
  std::optional<std::int64_t> token;
  ByteView data, signature;  // what is signed, whole

  static std::optional<Parsed> read(ByteView bf51) {
    const auto whole = asn1::read_only(bf51, 0xBF51);
    TlvReader in(whole ? whole->value : ByteView{});
    const auto choice = in.next();
    if (!whole || !choice) return std::nullopt;
    Parsed out;
    ByteView members;
    if (choice->tag == 0xA2) {
      out.form = Form::unsigned_error;
      members = choice->value;
    } else {
      // A0, A1; or the two members right below BF51, as early servers had it
      TlvReader inner(choice->tag == 0x30 ? whole->value : choice->value);
      if (choice->tag != 0xA0 && choice->tag != 0xA1 && choice->tag != 0x30) return std::nullopt;
      const auto data = inner.required(0x30);
      const auto signature = inner.required(0x5F37);
      if (!data || !signature) return std::nullopt;
      out.data = data->raw;
      out.signature = signature->value;
      members = data->value;
    }
    if (const auto id = asn1::find_child(members, 0x80)) out.eim_id = to_text(id->value);
    if (const auto id = asn1::find_child(members, 0x82); id && id->value.size() <= 16) out.transaction = to_bytes(id->value);
    const auto number = [&](std::uint32_t tag) -> std::optional<std::int64_t> {
      const auto at = asn1::find_child(members, tag);
      const auto value = at ? asn1::unsigned_value(*at) : std::unexpected(asn1::ParseError{"", 0});
      return value ? std::optional(static_cast<std::int64_t>(*value)) : std::nullopt;
    };
    if (out.form == Form::unsigned_error) {
      out.token = number(0x84);
      return out;
    }
    const auto counter = number(0x81);
    if (!counter) return std::nullopt;
    out.counter = *counter;
    const auto list = asn1::find_child(members, 0x30);
    const auto code = number(0x02);
    if (list) {
      const auto sequence = number(0x83);
      if (!sequence) return std::nullopt;
      out.sequence = *sequence;
      out.list = list->value;
    } else if (code) {
      out.form = Form::error;
      out.code = static_cast<std::uint64_t>(*code);
    } else {
      return std::nullopt;
    }
    return out;
  }
};

// Back to the queue; it is made anew when the device comes again.
void Eim::retry(Request& request) {
  request.status = "new";
  request.updated = options_.now();
  store_.update(request);
}

Taken Eim::take_package_result(const std::string& eid, ByteView bf51) {
  const auto parsed = Parsed::read(bf51);
  if (!parsed) return std::unexpected(EsipaError::undefined);
  Taken out;
  {
    Database::Transaction transaction(store_.database());
    auto request = store_.by_transaction(parsed->transaction);
    if (!request && parsed->transaction.empty() && !eid.empty() && parsed->counter >= 0) request = store_.by_counter(eid, parsed->counter);
    if (!request && !eid.empty() && parsed->transaction.empty()) request = store_.in_work(eid);
    if (request && !eid.empty() && request->eid != eid) return std::unexpected(EsipaError::invalid_eid);
    if (request && request->facility != Facility::psmo && request->facility != Facility::eco) request.reset();
    const std::string whose = request ? request->eid : eid;
    if (whose.empty()) return std::unexpected(EsipaError::missing_eid);
    auto device = store_.device(whose);
    if (!device) return std::unexpected(EsipaError::eid_not_found);
    Request* of = request ? &*request : nullptr;
    switch (parsed->form) {
      case Parsed::Form::result: out = signed_result(*parsed, of, *device, bf51); break;
      case Parsed::Form::error: out = signed_error(*parsed, of, *device, bf51); break;
      case Parsed::Form::unsigned_error: out = unsigned_error(*parsed, of, *device, bf51); break;
    }
    transaction.commit();
  }
  tell_finished();
  return out;
}

Taken Eim::signed_result(const Parsed& parsed, Request* request, Device& device, ByteView raw) {
  const Sent sent = request != nullptr ? sent_package(*request) : Sent{};
  const Verdict verdict = verify_result(device, parsed.data, parsed.signature, device.token, sent.signature);
  const Acknowledgement acknowledged{{parsed.sequence}};
  if (verdict == Verdict::verified && parsed.sequence <= device.last_sequence) return acknowledged;  // 5.14.6: seen, or older than what was seen
  const Json outcome = results_outcome(parsed.list, request != nullptr ? request->order : std::string());
  const bool rolled_back = !outcome.empty() && outcome.front().contains("rollbackResult");
  const bool finished = request != nullptr && request->status == "done" && request->verified != "no";
  if (verdict != Verdict::verified && finished && (!rolled_back || request->verified == "yes")) return acknowledged;
  store_.add(Result{0, device.eid, request != nullptr ? request->resource : "", parsed.sequence, verdict_text(verdict), to_bytes(raw), options_.now()});
  if (verdict == Verdict::wrong) {
    if (request != nullptr) finish(*request, error_outcome("procedureError", "euiccSignatureInvalid"), "no");
    return acknowledged;
  }
  if (verdict == Verdict::verified) device.last_sequence = parsed.sequence;
  if (request != nullptr) {
    if (rolled_back && finished) {
      Json all = Json::parse(request->outcome, nullptr, false);
      if (!all.is_array()) all = Json::array();
      all.insert(all.end(), outcome.begin(), outcome.end());
      finish(*request, std::move(all), verdict_text(verdict));
    } else {
      finish(*request, outcome, verdict_text(verdict));
    }
    if (rolled_back) {
      refresh_profiles(device.eid);
    } else {
      apply_results(*request, device, parsed.list);
    }
  }
  store_.save(device);
  return acknowledged;
}

// What each command that went well changed at the card.
void Eim::apply_results(const Request& request, Device& device, ByteView list) {
  const Sent sent = sent_package(request);
  if (!sent.signed_part) return;
  auto commands = asn1::find_child(sent.signed_part->value, 0xA0);
  if (!commands) commands = asn1::find_child(sent.signed_part->value, 0xA1);
  if (!commands) return;
  TlvReader in(commands->value);
  TlvReader results(list);
  const auto profiles = [&] { return store_.profiles(device.eid); };
  while (!in.at_end() && !results.at_end()) {
    const auto command = in.next();
    const auto result = results.next();
    if (!command || !result) return;
    if (result->tag == 0xBF2D) {
      const bool whole = !asn1::find_child(command->value, 0xA0);
      if (const auto found = profiles_in(result->raw); found && whole) store_.replace_profiles(device.eid, *found);
      continue;
    }
    if (!is_zero(*result)) continue;
    const auto iccid = asn1::find_child(command->value, 0x5A);
    const std::string which = iccid ? to_hex(iccid->value) : std::string();
    if (result->tag == 0x83) {
      bool known = false;
      for (Profile& profile : profiles()) {
        profile.state = profile.iccid == which ? "enabled" : "disabled";
        known = known || profile.iccid == which;
        store_.save_profile(device.eid, profile);
      }
      if (!known) store_.save_profile(device.eid, {.iccid = which, .state = "enabled", .name = {}, .provider = {}, .nickname = {}});
    } else if (result->tag == 0x84) {
      for (Profile& profile : profiles()) {
        if (profile.iccid != which) continue;
        profile.state = "disabled";
        store_.save_profile(device.eid, profile);
      }
    } else if (result->tag == 0x85) {
      store_.delete_profile(device.eid, which);
    } else if (result->tag == 0x8D || result->tag == 0x8E) {
      for (Profile& profile : profiles()) {
        profile.fallback = result->tag == 0x8D && profile.iccid == which;
        store_.save_profile(device.eid, profile);
      }
    } else if (result->tag == 0x8A) {
      // A counter the requester gives itself counts from now on.
      const auto id = asn1::find_child(command->value, 0x80);
      const auto counter = asn1::find_child(command->value, 0x83);
      if (id && to_text(id->value) == options_.eim_id && counter) {
        device.counter = static_cast<std::int64_t>(asn1::unsigned_value(*counter).value_or(static_cast<std::uint64_t>(device.counter)));
      }
    }
  }
}

Taken Eim::signed_error(const Parsed& parsed, Request* request, Device& device, ByteView raw) {
  const Sent sent = request != nullptr ? sent_package(*request) : Sent{};
  const Verdict verdict = verify_result(device, parsed.data, parsed.signature, device.token, sent.signature);
  if (request == nullptr || request->status != "work") return Acknowledgement{};
  store_.add(Result{0, device.eid, request->resource, -1, verdict_text(verdict), to_bytes(raw), options_.now()});
  if (verdict == Verdict::wrong) {
    finish(*request, error_outcome("procedureError", "euiccSignatureInvalid"), "no");
    return Acknowledgement{};
  }
  constexpr std::uint64_t kReplay = 4;
  if (parsed.code == kReplay && request->raises < kMostRaises) {
    // Sent more than once, the package may have been executed and its result be on its way: ask for stored results first.
    if (request->sends > 1) add_request(Facility::edr, device.eid, {{"edr", {{"tagList", "A2"}}}}, true);
    device.counter = std::min(raised(device.counter, request->raises), kMostCounter - 1);
    ++request->raises;
    store_.save(device);
    retry(*request);
    return Acknowledgement{};
  }
  finish(*request, error_outcome("euiccPackageError", package_error_name(parsed.code)), verdict_text(verdict));
  return Acknowledgement{};
}

Taken Eim::unsigned_error(const Parsed& parsed, Request* request, Device& device, ByteView raw) {
  if (request == nullptr || request->status != "work") return Acknowledgement{};
  store_.add(Result{0, device.eid, request->resource, -1, "unknown", to_bytes(raw), options_.now()});
  // The card names its token when it knows this eIM: the signature was made under another one.
  const std::int64_t token = parsed.token.value_or(0);
  const bool plausible = token >= 0 && token <= 0x7FFFFFFF && token != device.token;
  if (plausible && !request->token_changed && (parsed.eim_id.empty() || parsed.eim_id == options_.eim_id)) {
    device.token = token;
    request->token_changed = true;
    store_.save(device);
    retry(*request);
    return Acknowledgement{};
  }
  finish(*request, error_outcome("euiccPackageErrorUnsigned", parsed.token ? "signatureRejected" : "eimNotAssociated"), "");
  return Acknowledgement{};
}

Taken Eim::take_package_error(const std::string& eid, ByteView tid, std::uint64_t code) {
  {
    Database::Transaction transaction(store_.database());
    auto request = store_.by_transaction(tid);
    if (!request && tid.empty() && !eid.empty()) request = store_.in_work(eid);
    if (!request) return std::unexpected(eid.empty() ? EsipaError::missing_eid : EsipaError::undefined);
    if (!eid.empty() && request->eid != eid) return std::unexpected(EsipaError::invalid_eid);
    if (request->status == "work") {
      const char* name = code == 1 ? "invalidPackageFormat" : code == 2 ? "unknownPackage" : "undefinedError";
      finish(*request, error_outcome("eimPackageResultError", name), "");
    }
    transaction.commit();
  }
  tell_finished();
  return Acknowledgement{};
}

}  // namespace simurgh::eim
