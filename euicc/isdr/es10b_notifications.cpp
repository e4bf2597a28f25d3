// ListNotification, RetrieveNotificationsList, RemoveNotificationFromList: SGP.22 v2.5 5.7.9-5.7.11.
#include "asn1/tlv.h"
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
    }
  }
  return out;
}

bool wanted(const Filter& filter, std::uint32_t number, ByteView metadata) {
  if (filter.number && *filter.number != number) return false;
  return !filter.events || (rsp::events_of(metadata) & *filter.events) != 0;
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
  if (*number > 0xFFFFFFFF || context.txn.find(key) == nullptr) return result_code(0xBF30, 1);
  context.txn.erase(key);
  return result_code(0xBF30, 0);
}

}  // namespace simurgh::isdr::es10b
