#include "ipae/esipa/messages.h"

#include <algorithm>
#include <array>

#include "ipae/esipa/exchange.h"

namespace simurgh::ipae::esipa {
namespace {

using asn1::Parsed;
using asn1::ParseError;
using asn1::Tlv;
using asn1::TlvReader;
using asn1::TlvWriter;

// Some compilers give a tagged type below a tagged member both tags: the second one is stepped over.
Parsed<Tlv> read_once_or_twice(ByteView input, std::uint32_t tag) {
  auto outer = asn1::read_only(input, tag);
  if (!outer) return outer;
  if (const auto inner = asn1::read_only(outer->value, tag)) return inner;
  return outer;
}

Bytes child_octets(ByteView content, std::uint32_t tag) {
  const auto found = asn1::find_child(content, tag);
  return found ? to_bytes(found->value) : Bytes{};
}

std::optional<std::uint64_t> child_number(ByteView content, std::uint32_t tag) {
  const auto found = asn1::find_child(content, tag);
  if (!found) return std::nullopt;
  const auto number = asn1::unsigned_value(*found);
  if (!number) return std::nullopt;
  return *number;
}

// 1..16 octets; anything longer is not echoed.
Bytes transaction_id_of(ByteView content, std::uint32_t tag) {
  Bytes id = child_octets(content, tag);
  return id.size() > 16 ? Bytes{} : id;
}

std::optional<std::vector<std::uint32_t>> cut_tags(ByteView list) {
  std::vector<std::uint32_t> out;
  for (std::size_t at = 0; at < list.size();) {
    std::uint32_t tag = list[at++];
    if ((tag & 0x1F) == 0x1F) {
      for (unsigned more = 0;; ++more) {
        if (at == list.size() || more == 3) return std::nullopt;
        tag = tag << 8 | list[at];
        if ((list[at++] & 0x80) == 0) break;
      }
    }
    out.push_back(tag);
  }
  return out;
}

Parsed<DataRequest> parse_data_request(ByteView raw) {
  const auto outer = read_once_or_twice(raw, 0xBF52);
  if (!outer) return std::unexpected(outer.error());
  DataRequest request;
  TlvReader in(outer->value);
  while (!in.at_end()) {
    const auto element = in.next();
    if (!element) return std::unexpected(element.error());
    if (element->tag == 0x5C) {
      auto tags = cut_tags(element->value);
      request.readable_tags = tags.has_value();
      if (tags) request.tags = *std::move(tags);
    } else if (element->tag == 0x04 || element->tag == 0x80) {  // v1.0 had a tag of its own
      request.ci_key_id = to_bytes(element->value);
    } else if (element->tag == 0xA1) {
      request.notifications = to_bytes(element->value);
    } else if (element->tag == 0xA2) {
      request.package_results = to_bytes(element->value);
    } else if (element->tag == 0x83 && element->value.size() <= 16) {
      request.transaction_id = to_bytes(element->value);
    }
  }
  return request;
}

template <typename T>
Parsed<EimPackage> as_package(Parsed<T>&& parsed, const Tlv& element, std::uint32_t transaction_tag) {
  if (parsed) return EimPackage(*std::move(parsed));
  // The eIM is told which of its packages could not be read, as far as that can be found out.
  return EimPackage(UnusablePackage{true, transaction_id_of(element.value, transaction_tag)});
}

// Results below BF51 that are a code by themselves, and the names of all commands.
constexpr auto kResultNames = std::to_array<std::pair<std::uint32_t, std::string_view>>({
    {0x83, "enable"},
    {0x84, "disable"},
    {0x85, "delete"},
    {0xBF2D, "listProfileInfo"},
    {0xA6, "getRAT"},
    {0x87, "configureImmediateEnable"},
    {0xA8, "addEim"},
    {0x89, "deleteEim"},
    {0x8A, "updateEim"},
    {0xAB, "listEim"},
    {0x8C, "rollback"},
    {0x8D, "setFallbackAttribute"},
    {0x8E, "unsetFallbackAttribute"},
    {0xBF65, "setDefaultDpAddress"},
    {0x02, "processingTerminated"},
});

std::uint64_t code_of(const Tlv& element) {
  if (!element.constructed()) return asn1::unsigned_value(element).value_or(kUndefinedError);
  switch (element.tag) {
    case 0xA8:
      return child_number(element.value, 0x02).value_or(0);
    case 0xBF65:
      return child_number(element.value, 0x80).value_or(kUndefinedError);
    case 0xBF2D:
    case 0xAB:
      return child_number(element.value, 0x81).value_or(0);
    default:
      return 0;
  }
}

Parsed<std::size_t> read_result_data(ByteView content, PackageResult& out) {
  const auto data = TlvReader(content).required(0x30);
  if (!data) return std::unexpected(data.error());
  out.eim_id = to_text(child_octets(data->value, 0x80));
  out.counter = child_number(data->value, 0x81);
  out.transaction_id = transaction_id_of(data->value, 0x82);
  out.sequence = child_number(data->value, 0x83);
  if (out.form == PackageResult::Form::error) {
    out.error = child_number(data->value, 0x02);
    return 0;
  }
  if (!out.sequence) return std::unexpected(ParseError{"a result without a sequence number", 0});
  const auto list = asn1::find_child(data->value, 0x30);
  if (!list) return std::unexpected(ParseError{"a result without a list", 0});
  TlvReader in(list->value);
  while (!in.at_end()) {
    const auto element = in.next();
    if (!element) return std::unexpected(element.error());
    const std::uint64_t code = code_of(*element);
    out.codes.emplace_back(element->tag, code);
    if (element->tag == 0x83 && code == 0) out.enabled = true;
    if (element->tag == 0x84 && code == 0) out.disabled = true;
    if (element->tag == 0xA8 || element->tag == 0x89 || element->tag == 0x8A) out.configured_eims = true;
  }
  return out.codes.size();
}

}  // namespace

std::string_view function_name(Function function) {
  switch (function) {
    case Function::initiate_authentication:
      return "initiateAuthentication";
    case Function::get_bound_profile_package:
      return "getBoundProfilePackage";
    case Function::authenticate_client:
      return "authenticateClient";
    case Function::handle_notification:
      return "handleNotification";
    case Function::cancel_session:
      return "cancelSession";
    case Function::get_eim_package:
      return "getEimPackage";
    case Function::provide_eim_package_result:
      return "provideEimPackageResult";
  }
  return "unknown";
}

std::string_view name(StateChangeCause cause) {
  switch (cause) {
    case StateChangeCause::other_eim:
      return "otherEim";
    case StateChangeCause::fallback:
      return "fallback";
    case StateChangeCause::emergency_profile:
      return "emergencyProfile";
    case StateChangeCause::local:
      return "local";
    case StateChangeCause::reset:
      return "reset";
    case StateChangeCause::immediate_enable_profile:
      return "immediateEnableProfile";
    case StateChangeCause::device_change:
      return "deviceChange";
    case StateChangeCause::undefined:
      break;
  }
  return "undefined";
}

std::string_view name(EimPackageError error) {
  switch (error) {
    case EimPackageError::none_available:
      return "noEimPackageAvailable";
    case EimPackageError::eid_not_found:
      return "eidNotFound";
    case EimPackageError::invalid_eid:
      return "invalidEid";
    case EimPackageError::missing_eid:
      return "missingEid";
    case EimPackageError::undefined_error:
      break;
  }
  return "undefinedError";
}

Bytes encode(const GetEimPackage& request, Version version) {
  TlvWriter out;
  {
    const auto scope = out.open(0xBF4F);
    out.put(0x5A, request.eid);
    if (request.cause) out.put(0x80, {});
    if (version == Version::v1_0) {
      if (!request.plmn.empty()) out.put(0x81, request.plmn);
    } else {
      if (request.cause) out.put_integer(0x81, static_cast<std::uint8_t>(*request.cause));
      if (!request.plmn.empty()) out.put(0x82, request.plmn);
    }
  }
  return out.take();
}

Parsed<PackageRequest> parse_package_request(ByteView bf51) {
  const auto outer = read_once_or_twice(bf51, 0xBF51);
  if (!outer) return std::unexpected(outer.error());
  PackageRequest request;
  request.raw = to_bytes(outer->raw);
  TlvReader in(outer->value);
  const auto data = in.required(0x30);
  if (!data) return std::unexpected(data.error());
  request.eim_id = to_text(child_octets(data->value, 0x80));
  request.transaction_id = transaction_id_of(data->value, 0x82);
  request.configures_eims = asn1::find_child(data->value, 0xA1).has_value();
  if (const auto psmos = asn1::find_child(data->value, 0xA0)) {
    TlvReader commands(psmos->value);
    while (!commands.at_end()) {
      const auto command = commands.next();
      if (!command) break;  // the card judges it
      if (command->tag == 0xA3) {
        request.enables = true;
        request.rollback = asn1::find_child(command->value, 0x05).has_value();
      }
      request.disables = request.disables || command->tag == 0xA4;
    }
  }
  return request;
}

Parsed<DownloadTrigger> parse_download_trigger(ByteView bf54) {
  const auto outer = read_once_or_twice(bf54, 0xBF54);
  if (!outer) return std::unexpected(outer.error());
  DownloadTrigger trigger;
  trigger.transaction_id = transaction_id_of(outer->value, 0x82);
  TlvReader in(outer->value);
  const auto data = in.optional(0xA0);
  if (!data) return std::unexpected(data.error());
  if (!*data) return trigger;
  TlvReader choice((*data)->value);
  const auto chosen = choice.next();
  if (!chosen) return std::unexpected(chosen.error());
  switch (chosen->tag) {
    case 0x80:
      trigger.source = DownloadTrigger::Source::activation_code;
      trigger.activation_code = to_text(chosen->value);
      return trigger;
    case 0x81:
      trigger.source = DownloadTrigger::Source::default_dp;
      return trigger;
    case 0xA2:
      trigger.source = DownloadTrigger::Source::ds;
      trigger.ds_address = to_text(child_octets(chosen->value, 0x80));
      return trigger;
    default:
      return std::unexpected(ParseError{"an unknown kind of profileDownloadData", 0});
  }
}

static Parsed<EimPackage> package_in(ByteView content) {
  TlvReader in(content);
  const auto chosen = in.next();
  if (!chosen) return std::unexpected(chosen.error());
  switch (chosen->tag) {
    case 0xBF51: {
      const auto data = TlvReader(chosen->value).required(0x30);
      return as_package(parse_package_request(chosen->raw), data ? *data : *chosen, 0x82);
    }
    case 0xBF52:
      return as_package(parse_data_request(chosen->raw), *chosen, 0x83);
    case 0xBF54:
      return as_package(parse_download_trigger(chosen->raw), *chosen, 0x82);
    case 0x02: {
      const auto code = asn1::unsigned_value(*chosen);
      if (!code) return std::unexpected(code.error());
      const bool known = *code >= 1 && *code <= 4;
      return EimPackage(known ? static_cast<EimPackageError>(*code) : EimPackageError::undefined_error);
    }
    default:
      return EimPackage(UnusablePackage{});
  }
}

Parsed<EimPackage> parse_eim_package(ByteView answer) {
  const auto outer = read_once_or_twice(answer, 0xBF4F);
  if (!outer) return std::unexpected(outer.error());
  return package_in(outer->value);
}

Parsed<PackageResult> parse_package_result(ByteView bf51) {
  const auto outer = read_once_or_twice(bf51, 0xBF51);
  if (!outer) return std::unexpected(outer.error());
  PackageResult result;
  result.raw = to_bytes(outer->raw);
  const auto chosen = TlvReader(outer->value).next();
  if (!chosen) return std::unexpected(chosen.error());
  ByteView content = chosen->value;
  switch (chosen->tag) {
    case 0x30:  // the signed parts directly below, as an early eIM wanted them
      content = outer->value;
      break;
    case 0xA0:
      break;
    case 0xA1:
      result.form = PackageResult::Form::error;
      break;
    case 0xA2:
      result.form = PackageResult::Form::unsigned_error;
      result.eim_id = to_text(child_octets(content, 0x80));
      result.transaction_id = transaction_id_of(content, 0x82);
      return result;
    default:
      return std::unexpected(ParseError{"neither result nor error", 0});
  }
  if (auto read = read_result_data(content, result); !read) return std::unexpected(read.error());
  return result;
}

std::string result_words(const PackageResult& result) {
  if (result.form == PackageResult::Form::unsigned_error) return "the card does not accept the package (unsigned error)";
  if (result.form == PackageResult::Form::error) {
    static constexpr auto kErrors = std::to_array<std::pair<std::uint64_t, std::string_view>>(
        {{3, "invalidEid"}, {4, "replayError"}, {6, "counterValueOutOfRange"}, {15, "sizeOverflow"}, {104, "ecallActive"}});
    const std::uint64_t code = result.error.value_or(kUndefinedError);
    for (const auto& [number, text] : kErrors) {
      if (number == code) return "the card refuses the package: " + std::string(text);
    }
    return "the card refuses the package: undefinedError";
  }
  std::string out;
  for (const auto& [tag, code] : result.codes) {
    if (!out.empty()) out += ", ";
    const auto* row = std::find_if(kResultNames.begin(), kResultNames.end(), [&](const auto& r) { return r.first == tag; });
    out += row == kResultNames.end() ? "unknown command" : std::string(row->second);
    // deleteEim says 2 when the last eIM went, which is success
    out += code == 0 || (tag == 0x89 && code == 2) ? " ok" : " " + std::to_string(code);
  }
  return out.empty() ? "nothing to do" : out;
}

Bytes trigger_error(std::uint8_t reason, ByteView response) {
  TlvWriter out;
  {
    const auto scope = out.open(0x30);
    out.put_integer(0x80, reason);
    if (!response.empty()) out.put(0x04, response);
  }
  return out.take();
}

Bytes encode_result(ByteView eid, const EimPackageResult& result, Version version) {
  const bool old = version == Version::v1_0;
  TlvWriter out;
  {
    const auto scope = out.open(0xBF50);
    if (!old && !eid.empty()) out.put(0x5A, eid);
    if (const auto* package = std::get_if<PackageReport>(&result)) {
      if (package->notifications.empty() || old) {
        out.raw(package->result);
      } else {
        const auto both = out.open(0x30);
        out.raw(package->result);
        const auto list = out.open(0xA0);
        for (const Bytes& notification : package->notifications) out.raw(notification);
      }
    } else if (const auto* data = std::get_if<DataReport>(&result)) {
      out.raw(data->response);
    } else if (const auto* trigger = std::get_if<TriggerReport>(&result)) {
      const auto inner = out.open(0xBF54);
      if (!trigger->transaction_id.empty()) out.put(0x82, trigger->transaction_id);
      out.raw(trigger->installation.empty() ? trigger->error : trigger->installation);
    } else {
      const auto& error = std::get<PackageErrorReport>(result);
      if (old) {
        out.put_integer(0x02, static_cast<std::uint8_t>(error.code));
      } else {
        const auto inner = out.open(0xA0);
        if (!error.transaction_id.empty()) out.put(0x80, error.transaction_id);
        out.put_integer(0x02, static_cast<std::uint8_t>(error.code));
      }
    }
  }
  return out.take();
}

static Parsed<Acknowledgement> acknowledgements_in(ByteView list) {
  Acknowledgement out;
  TlvReader numbers(list);
  while (!numbers.at_end()) {
    const auto number = numbers.required(0x80);
    if (!number) return std::unexpected(number.error());
    const auto value = asn1::unsigned_value(*number);
    if (!value) return std::unexpected(value.error());
    out.sequences.push_back(*value);
  }
  return out;
}

Parsed<Acknowledgement> parse_acknowledgement(const std::optional<Bytes>& answer) {
  Acknowledgement out;
  if (!answer || answer->empty()) return out;
  const auto outer = read_once_or_twice(*answer, 0xBF50);
  if (!outer) return std::unexpected(outer.error());
  if (outer->value.empty()) return out;  // v1.0
  TlvReader in(outer->value);
  const auto chosen = in.next();
  if (!chosen) return std::unexpected(chosen.error());
  if (chosen->tag == 0x30) return out;
  if (chosen->tag == 0x02) {
    const auto code = asn1::unsigned_value(*chosen);
    if (!code) return std::unexpected(code.error());
    out.error = *code >= 2 && *code <= 4 ? static_cast<EimPackageError>(*code) : EimPackageError::undefined_error;
    return out;
  }
  if (chosen->tag != 0xBF53) return std::unexpected(ParseError{"neither acknowledgements nor an error", 0});
  return acknowledgements_in(chosen->value);
}

Parsed<Transfer> parse_transfer(ByteView request) {
  const auto outer = read_once_or_twice(request, 0xBF4E);
  if (!outer) return std::unexpected(outer.error());
  const auto chosen = TlvReader(outer->value).next();
  if (!chosen) return std::unexpected(chosen.error());
  if (chosen->tag == 0xBF53) {
    auto out = acknowledgements_in(chosen->value);
    return out ? Parsed<Transfer>(*std::move(out)) : std::unexpected(out.error());
  }
  if (chosen->tag == 0x02) return std::unexpected(ParseError{"an error is no package", 0});
  auto out = package_in(outer->value);
  return out ? Parsed<Transfer>(*std::move(out)) : std::unexpected(out.error());
}

Bytes transfer_answer(ByteView provide) {
  const auto outer = asn1::read_only(provide, 0xBF50);
  TlvReader in(outer ? outer->value : ByteView{});
  (void)in.optional(0x5A);
  const auto chosen = in.next();
  if (!chosen) return transfer_error(PackageErrorReport::Code::undefined_error);
  const auto code = chosen->tag == 0xA0 ? asn1::find_child(chosen->value, 0x02) : std::nullopt;
  return asn1::tlv(0xBF4E, code ? code->raw : chosen->raw);
}

Bytes transfer_received() { return asn1::tlv(0xBF4E, asn1::tlv(0x05, {})); }

Bytes transfer_error(PackageErrorReport::Code code) {
  TlvWriter out;
  {
    const auto scope = out.open(0xBF4E);
    out.put_integer(0x02, static_cast<std::uint8_t>(code));
  }
  return out.take();
}

std::vector<std::uint64_t> sequences_in_transfer(ByteView answer) {
  std::vector<std::uint64_t> out;
  const auto outer = asn1::read_only(answer, 0xBF4E);
  const auto chosen = TlvReader(outer ? outer->value : ByteView{}).next();
  if (!chosen) return out;
  const auto result = chosen->tag == 0x30 ? asn1::find_child(chosen->value, 0xBF51) : std::optional(*chosen);
  if (result && result->tag == 0xBF51) {
    if (const auto parsed = parse_package_result(result->raw); parsed && parsed->sequence) out.push_back(*parsed->sequence);
  }
  const auto list = chosen->tag == 0x30 ? asn1::find_child(chosen->value, 0xA0) : std::nullopt;
  TlvReader in(list ? list->value : ByteView{});
  while (!in.at_end()) {
    const auto one = in.next();
    if (!one) break;
    // BF37 has its metadata one level deeper, compact forms elsewhere
    const auto data = one->tag == 0xBF37 ? asn1::find_child(one->value, 0xBF27) : std::optional(*one);
    const auto metadata = data ? asn1::find_child(data->value, 0xBF2F) : std::nullopt;
    const auto number = metadata ? asn1::find_child(metadata->value, 0x80) : std::nullopt;
    const auto value = number ? asn1::unsigned_value(*number) : std::unexpected(ParseError{"", 0});
    if (value) out.push_back(*value);
  }
  return out;
}

Bytes encode(const DataResponse& response, Version version) {
  const bool old = version == Version::v1_0;
  TlvWriter out;
  {
    const auto scope = out.open(0xBF52);
    if (response.error) {
      if (old) {
        out.put_integer(0x81, static_cast<std::uint8_t>(*response.error));
      } else {
        const auto inner = out.open(0xA1);
        if (!response.transaction_id.empty()) out.put(0x80, response.transaction_id);
        out.put_integer(0x02, static_cast<std::uint8_t>(*response.error));
      }
    } else {
      const auto data = out.open(0xA0);
      if (response.notifications && !old) out.put(0xA0, *response.notifications);
      if (response.default_dp_address) out.put_text(old ? 0x80 : 0x81, *response.default_dp_address);
      if (response.package_results && !old) out.put(0xA2, *response.package_results);
      out.raw(response.euicc_info1).raw(response.euicc_info2);
      if (response.root_ds_address) out.put_text(0x83, *response.root_ds_address);
      if (response.association_token) out.put_integer(0x84, *response.association_token);
      out.raw(response.eum_certificate).raw(response.euicc_certificate);
      if (!response.transaction_id.empty() && !old) out.put(0x87, response.transaction_id);
      if (response.capabilities) {
        const auto inner = out.open(0xA8);
        out.put_bits(0x80, *response.capabilities);
        if (response.protocols) out.put_bits(0x81, *response.protocols);
      }
      if (!response.device_info.empty()) out.put(0xA9, response.device_info);
      // v1.0: the card's answer whole, and as the last member.
      if (old && response.notifications) out.put(0xBF2B, asn1::tlv(0xA0, *response.notifications));
      if (old && !response.notifications && response.package_results) out.put(0xBF2B, asn1::tlv(0xA2, *response.package_results));
    }
  }
  return out.take();
}

}  // namespace simurgh::ipae::esipa
