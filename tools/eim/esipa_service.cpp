#include "tools/eim/esipa_service.h"

#include "tools/eim/esipa_json.h"
#include "tools/eim/identifiers.h"

namespace simurgh::eim {
namespace {

using asn1::Tlv;
using asn1::TlvReader;
using asn1::TlvWriter;

constexpr std::uint32_t kInitiate = 0xBF39, kPackage = 0xBF3A, kAuthenticate = 0xBF3B, kNotification = 0xBF3D, kCancel = 0xBF41, kTransfer = 0xBF4E,
                        kGet = 0xBF4F, kProvide = 0xBF50;
constexpr std::uint8_t kUndefined = 127;
constexpr const char* kAsn1Path = "/gsma/rsp2/asn1";
constexpr const char* kJsonPath = "/gsma/rsp2/esipa/";
constexpr const char* kAsn1Type = "application/x-gsma-rsp-asn1";

bool is_function(std::uint32_t tag) {
  return tag == kInitiate || tag == kPackage || tag == kAuthenticate || tag == kNotification || tag == kCancel || tag == kTransfer || tag == kGet ||
         tag == kProvide;
}

Bytes error(std::uint32_t function, std::uint32_t tag, std::uint8_t code) { return asn1::tlv(function, asn1::tlv(tag, ByteView(&code, 1))); }

Bytes acknowledgements(const Acknowledgement& taken) {
  TlvWriter out;
  for (const std::int64_t number : taken.sequence_numbers) out.put_integer(0x80, static_cast<std::uint64_t>(number));
  return asn1::tlv(0xBF53, out.view());
}

// The message with its doubled tag, as some compilers write it, taken off.
std::optional<Tlv> message_of(ByteView octets) {
  TlvReader in(octets);
  const auto outer = in.next();
  if (!outer || !in.at_end() || !is_function(outer->tag)) return std::nullopt;
  const auto inner = asn1::read_only(outer->value, outer->tag);
  return inner ? *inner : *outer;
}

}  // namespace

bool EsipaService::understands(ByteView message) { return message_of(message).has_value(); }

std::optional<Bytes> EsipaService::handle_asn1(ByteView octets, std::string* kept) {
  const auto message = message_of(octets);
  if (!message) return std::nullopt;
  std::string none;
  std::string& polled = kept != nullptr ? *kept : none;
  switch (message->tag) {
    case kInitiate: return initiate_authentication(message->value);
    case kAuthenticate: return authenticate_client(message->value);
    case kPackage: return get_bound_profile_package(message->value);
    case kCancel: return cancel_session(message->value);
    case kGet: return get_eim_package(message->value, polled);
    case kProvide: return provide_eim_package_result(message->value, polled);
    case kNotification: handle_notification(message->value, polled); return std::nullopt;
    default: transferred(message->value, polled); return std::nullopt;
  }
}

Bytes EsipaService::initiate_authentication(ByteView content) {
  const auto challenge = asn1::find_child(content, 0x81);
  const auto address = asn1::find_child(content, 0x83);
  const auto info = asn1::find_child(content, 0xBF20);
  const auto tid = asn1::find_child(content, 0x82);
  if (!challenge) return error(kInitiate, 0x81, kUndefined);
  const auto answer = indirect_.initiate(challenge->value, address ? to_text(address->value) : std::string(), info ? info->raw : ByteView{},
                                         tid ? tid->value : ByteView{});
  if (!answer) return error(kInitiate, 0x81, answer.error());
  TlvWriter out;
  out.put(0x80, answer->ok.transaction_id).raw(answer->ok.server_signed1).raw(answer->ok.server_signature1).raw(answer->ok.ci_key_id);
  out.raw(answer->ok.server_certificate);
  if (!answer->matching_id.empty()) out.put_text(0x0C, answer->matching_id);
  if (!answer->ctx_params1.empty()) out.put(0xA2, answer->ctx_params1);
  return asn1::tlv(kInitiate, asn1::tlv(0xA0, out.view()));
}

Bytes EsipaService::authenticate_client(ByteView content) {
  const auto id = asn1::find_child(content, 0x80);
  const auto response = asn1::find_child(content, 0xBF38);
  if (!id || !response) return error(kAuthenticate, 0x82, kUndefined);
  const auto answer = indirect_.authenticate(id->value, response->raw);
  if (!answer) return error(kAuthenticate, 0x82, answer.error());
  TlvWriter out;
  out.put(0x80, answer->transaction_id).raw(answer->metadata).raw(answer->smdp_signed2).raw(answer->smdp_signature2).raw(answer->smdp_certificate);
  return asn1::tlv(kAuthenticate, asn1::tlv(0xA0, out.view()));
}

Bytes EsipaService::get_bound_profile_package(ByteView content) {
  const auto id = asn1::find_child(content, 0x80);
  const auto response = asn1::find_child(content, 0xBF21);
  if (!id || !response) return error(kPackage, 0x81, kUndefined);
  const auto answer = indirect_.bound_package(id->value, response->raw);
  if (!answer) return error(kPackage, 0x81, answer.error());
  return asn1::tlv(kPackage, asn1::tlv(0xA0, concat({id->raw, *answer})));
}

Bytes EsipaService::cancel_session(ByteView content) {
  const auto id = asn1::find_child(content, 0x80);
  const auto outcome = asn1::find_child(content, 0xA1);
  if (!id || !outcome) return error(kCancel, 0x81, kUndefined);
  const auto answer = indirect_.cancel(id->value, outcome->value);
  if (!answer) return error(kCancel, 0x81, answer.error());
  return asn1::tlv(kCancel, asn1::tlv(0xA0, {}));
}

void EsipaService::handle_notification(ByteView content, const std::string& polled) {
  TlvReader in(content);
  const auto choice = in.next();
  if (!choice) return;
  // BF50 in v1.2, A1 in v1.0: a result that wants no acknowledgement
  if (choice->tag == kProvide || choice->tag == 0xA1) {
    (void)provide_eim_package_result(choice->value, polled);
    return;
  }
  if (choice->tag != 0xA0) return;
  const auto full = indirect_.full_notification(choice->value, {});
  // Nobody waits for a word on it: what cannot be read is dropped.
  if (full) (void)eim_.take_notification({}, *full, true);
}

Bytes EsipaService::get_eim_package(ByteView content, std::string& polled) {
  const auto refuse = [&](EsipaError why) {
    const bool known = version_ != Version::v1_0 || why == EsipaError::no_package;  // v1.0 has no other code than 127
    return error(kGet, 0x02, static_cast<std::uint8_t>(known ? why : EsipaError::undefined));
  };
  const auto eid = asn1::find_child(content, 0x5A);
  if (!eid) return refuse(EsipaError::missing_eid);
  if (eid->value.size() != 16) return refuse(EsipaError::invalid_eid);
  Contact contact;
  contact.state_change = asn1::find_child(content, 0x80).has_value();
  for (const std::uint32_t tag : {0x81U, 0x82U}) {
    const auto member = asn1::find_child(content, tag);
    if (!member) continue;
    if (member->value.size() == 3) {
      contact.plmn = plmn_text(member->value);  // 81 in v1.0
    } else if (tag == 0x81) {
      contact.cause = static_cast<int>(asn1::unsigned_value(*member).value_or(kUndefined));
    }
  }
  polled = to_hex(eid->value);
  const auto package = eim_.next_package(polled, contact);
  if (package) return asn1::tlv(kGet, *package);
  return refuse(package.error());
}

// Who is not named, by the message or by a transaction id of ours, is the one that polled over this connection.
Taken EsipaService::take_result(const std::string& eid, const std::string& polled, ByteView octets) {
  Taken taken = take_choice(eid, octets);
  if (!taken && taken.error() == EsipaError::missing_eid && !polled.empty()) taken = take_choice(polled, octets, false);
  return taken;
}

Taken EsipaService::take_choice(const std::string& eid, ByteView octets, bool named) {
  TlvReader in(octets);
  const auto choice = in.next();
  if (!choice) return std::unexpected(EsipaError::undefined);
  switch (choice->tag) {
    case 0xBF51: return eim_.take_package_result(eid, choice->raw);
    case 0xBF52: return eim_.take_data(eid, choice->raw, named);
    case 0xBF54: return eim_.take_trigger_result(eid, choice->raw);
    case 0x02: return eim_.take_package_error(eid, {}, asn1::unsigned_value(*choice).value_or(kUndefined));  // v1.1
    case 0xA0: {
      const auto tid = asn1::find_child(choice->value, 0x80);
      const auto code = asn1::find_child(choice->value, 0x02);
      if (!code) return std::unexpected(EsipaError::undefined);
      return eim_.take_package_error(eid, tid ? tid->value : ByteView{}, asn1::unsigned_value(*code).value_or(kUndefined));
    }
    case 0x30: {
      const auto result = asn1::find_child(choice->value, 0xBF51);
      if (!result) return std::unexpected(EsipaError::undefined);
      Taken taken = eim_.take_package_result(eid, result->raw);
      if (!taken) return taken;
      auto list = asn1::find_child(choice->value, 0xA0);
      if (const auto old = asn1::find_child(choice->value, 0xBF2B)) list = asn1::find_child(old->value, 0xA0);  // v1.0
      TlvReader notifications(list ? list->value : ByteView{});
      while (!notifications.at_end()) {
        const auto one = notifications.next();
        if (!one) break;
        const auto full = indirect_.full_notification(one->raw, eid);
        const Taken more = full ? eim_.take_notification(eid, *full, true) : std::unexpected(EsipaError::undefined);
        // One that cannot be read stays with the IPA.
        if (more) taken->sequence_numbers.insert(taken->sequence_numbers.end(), more->sequence_numbers.begin(), more->sequence_numbers.end());
      }
      return taken;
    }
    default: return std::unexpected(EsipaError::undefined);
  }
}

Bytes EsipaService::provide_eim_package_result(ByteView content, const std::string& polled) {
  TlvReader in(content);
  const Bytes nothing = version_ == Version::v1_0 ? asn1::tlv(kProvide, {}) : asn1::tlv(kProvide, asn1::tlv(0x30, {}));
  const auto refuse = [&](EsipaError why) {  // v1.0 has no such answer
    return version_ == Version::v1_0 ? nothing : error(kProvide, 0x02, static_cast<std::uint8_t>(why));
  };
  std::string eid;
  if (const auto member = in.optional(0x5A); member && *member) {
    if ((*member)->value.size() != 16) return refuse(EsipaError::invalid_eid);
    eid = to_hex((*member)->value);
  }
  const Taken taken = take_result(eid, polled, in.rest());
  if (!taken) return refuse(taken.error());
  if (taken->sequence_numbers.empty()) return nothing;
  return asn1::tlv(kProvide, acknowledgements(*taken));
}

// The answer of an IPA to TransferEimPackage, brought by whoever carries it.
void EsipaService::transferred(ByteView content, const std::string& polled) {
  TlvReader in(content);
  const auto choice = in.peek();
  if (!choice || *choice == 0x05) return;  // received: the result comes later
  (void)take_result({}, polled, content);
}

std::optional<Bytes> EsipaService::transfer(const std::string& eid) {
  const auto package = eim_.next_package(eid, {});
  return package ? std::optional(asn1::tlv(kTransfer, *package)) : std::nullopt;
}

std::expected<std::optional<Bytes>, EsipaError> EsipaService::take_transfer_answer(const std::string& eid, ByteView bf4e) {
  const auto message = message_of(bf4e);
  TlvReader in(message ? message->value : ByteView{});
  const auto choice = in.peek();
  if (!message || message->tag != kTransfer || !choice) return std::unexpected(EsipaError::undefined);
  if (*choice == 0x05) return std::nullopt;  // received: the result comes later
  const Taken taken = take_choice(eid, message->value);
  if (!taken) return std::unexpected(taken.error());
  if (taken->sequence_numbers.empty()) return std::nullopt;
  return asn1::tlv(kTransfer, acknowledgements(*taken));
}

https::Reply EsipaService::handle(const https::Request& request) {
  https::Reply out;
  try {
    if (request.method != "POST") {
      out = {405, "", "", {{"Allow", "POST"}}};
    } else if (request.target == kAsn1Path) {
      if (!request.content_type.starts_with(kAsn1Type)) {
        out = {415, "text/plain", "application/x-gsma-rsp-asn1 is needed\n", {}};
      } else if (!understands(text_view(request.body))) {
        out = {400, "text/plain", "no message of ESipa\n", {}};
      } else if (const auto answer = handle_asn1(text_view(request.body), request.note)) {
        out = {200, kAsn1Type, to_text(*answer), {}};
      } else {
        out = {204, "", "", {}};
      }
    } else if (request.target.starts_with(kJsonPath)) {
      out = request.content_type.starts_with("application/json") ? json(request.target.substr(std::string_view(kJsonPath).size()), request)
                                                                 : https::Reply{415, "text/plain", "application/json is needed\n", {}};
    } else {
      out = {404, "text/plain", "ESipa lives at /gsma/rsp2/asn1 and under /gsma/rsp2/esipa/\n", {}};
    }
  } catch (const StoreFailure&) {
    out = {503, "text/plain", "the store is not available\n", {}};
  }
  out.fields.emplace_back("X-Admin-Protocol", request.admin_protocol.empty() ? "gsma/rsp/v2.1.0" : request.admin_protocol);
  return out;
}

https::Reply EsipaService::json(const std::string& function, const https::Request& request) {
  constexpr const char* kJsonType = "application/json;charset=UTF-8";
  const auto tag = json_function(function);
  if (!tag) return {404, "text/plain", "no such function\n", {}};
  const auto message = json_to_message(*tag, request.body);
  if (!message) return {200, kJsonType, json_malformed(message.error()), {}};
  const auto answer = handle_asn1(*message, request.note);
  if (!answer) return {204, "", "", {}};
  return {200, kJsonType, message_to_json(*tag, *answer), {}};
}

}  // namespace simurgh::eim
