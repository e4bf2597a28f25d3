// ListNotification, RetrieveNotificationsList, RemoveNotificationFromList: SGP.22 v2.5 5.7.9-5.7.11; with the results of eUICC packages
// SGP.32 v1.2 5.9: one number space for both.
#include "asn1/tlv.h"
#include "euicc/iot/results.h"
#include "euicc/iot/rollback.h"
#include "euicc/isdr/es10_table.h"
#include "euicc/rsp/notifications.h"

namespace simurgh::isdr::es10b {
namespace {

using asn1::TlvWriter;
using state::Key;
using state::Space;

// Which notifications a request means: all, one by number, or those with any of some events.
struct Filter {
  std::optional<std::uint64_t> number, events;
  bool package_results = false;
};

std::optional<Filter> parse_filter(ByteView content) {
  Filter out;
  asn1::TlvReader in(content);
  while (!in.at_end()) {
    const auto element = in.next();
    if (!element) return std::nullopt;
    if (element->tag == 0x80) {
      const auto number = asn1::unsigned_value(*element);
      if (!number) return std::nullopt;
      out.number = *number;
    } else if (element->tag == 0x81) {
      const auto events = asn1::named_bits(*element);
      if (!events) return std::nullopt;
      out.events = *events;
    } else if (element->tag == 0x82) {
      if (!element->value.empty()) return std::nullopt;
      out.package_results = true;
    }
  }
  return out;
}

bool wanted(const Filter& filter, std::uint32_t number, ByteView metadata) {
  if (filter.number && *filter.number != number) return false;
  return !filter.events || (rsp::events_of(metadata) & *filter.events) != 0;
}

// Under A2, even when there are none. With a number: that result alone; nothing when no result has it.
std::optional<Bytes> package_results(const Context& context, std::optional<std::uint64_t> number) {
  bool found = false;
  TlvWriter out;
  {
    const auto scope = out.open(0xBF2B);
    const auto list = out.open(0xA2);
    iot::for_each_result(context.txn, [&](std::uint32_t sequence, ByteView result) {
      if (number && *number != sequence) return;
      found = true;
      out.raw(result);
    });
  }
  if (number && !found) return std::nullopt;
  return out.take();
}

}  // namespace

apdu::Answer list_notification(Context& context, ByteView, ByteView content) {
  const auto filter = parse_filter(content);
  if (!filter || filter->number) return error_code(0xBF28, 127);
  TlvWriter out;
  {
    const auto scope = out.open(0xBF28);
    const auto list = out.open(0xA0);
    context.txn.for_each(Space::notification, 0, [&](const Key& key, const Bytes& stored) {
      const auto metadata = rsp::metadata_of(stored);
      if (metadata && wanted(*filter, key.index, *metadata)) out.raw(*metadata);
    });
  }
  return apdu::with_data(out.take());
}

apdu::Answer retrieve_notifications_list(Context& context, ByteView, ByteView content) {
  Filter filter;
  if (!content.empty()) {
    const auto criteria = asn1::read_only(content, 0xA0);
    const auto parsed = criteria ? parse_filter(criteria->value) : std::nullopt;
    if (!parsed) return error_code(0xBF2B, 127);
    filter = *parsed;
  }
  if (context.ecasd.capabilities.iot && (filter.package_results || filter.number)) {
    auto results = package_results(context, filter.package_results ? std::nullopt : filter.number);
    if (results) return apdu::with_data(*std::move(results));
  }
  TlvWriter out;
  {
    const auto scope = out.open(0xBF2B);
    const auto list = out.open(0xA0);
    context.txn.for_each(Space::notification, 0, [&](const Key& key, const Bytes& stored) {
      const auto metadata = rsp::metadata_of(stored);
      if (metadata && wanted(filter, key.index, *metadata)) out.raw(stored);
    });
  }
  return apdu::with_data(out.take());
}

apdu::Answer remove_notification(Context& context, ByteView, ByteView content) {
  const auto element = asn1::read_only(content, 0x80);
  const auto number = element ? asn1::unsigned_value(*element) : std::unexpected(asn1::ParseError{"", 0});
  if (!number) return malformed("NotificationSentRequest without a number");
  const Key key{Space::notification, 0, static_cast<std::uint32_t>(*number)};
  if (*number <= 0xFFFFFFFF && iot::remove_result(context.txn, key.index)) {
    const auto authorisation = iot::rollback_authorisation(context.txn);
    const bool granting = authorisation && authorisation->result == key.index;
    if (granting && context.ecasd.capabilities.iot->choices.acknowledgement_ends_rollback) iot::clear_rollback(context.txn);
    return result_code(0xBF30, 0);
  }
  if (*number > 0xFFFFFFFF || context.txn.find(key) == nullptr) return result_code(0xBF30, 1);
  context.txn.erase(key);
  return result_code(0xBF30, 0);
}

}  // namespace simurgh::isdr::es10b
