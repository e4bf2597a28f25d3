// READ, UPDATE and SEARCH RECORD, INCREASE: TS 102 221 11.1.5-11.1.8. Cyclic files are stored newest record first.
#include <algorithm>

#include "euicc/uicc/uicc.h"

namespace simurgh::uicc {

using apdu::refuse;
using apdu::Sw;

namespace {

struct Records {
  NodeId file = kNoNode;
  FileKind kind = FileKind::linear_fixed;
  std::size_t length = 0, count = 0;
};

apdu::Result<Records> record_file(Context& context, std::uint8_t sfi) {
  const auto file = current_file(context, sfi);
  if (!file) return std::unexpected(file.error());
  const FileTree& tree = context.uicc.tree();
  const FileNode& shape = tree.at(tree.body_of(*file));
  if (shape.kind != FileKind::linear_fixed && shape.kind != FileKind::cyclic) {
    return refuse(Sw::incompatible_file_structure, "not a record file");
  }
  return Records{*file, shape.kind, shape.record_length, shape.record_count()};
}

enum class Mode : std::uint8_t { next = 2, previous = 3, absolute = 4 };

// The record a mode means, 1-based; with the rules for an undefined pointer of TS 102 221 8.6.
apdu::Result<std::size_t> locate(const Records& records, const Channel& channel, Mode mode, std::uint8_t p1) {
  const std::size_t current = channel.record;
  switch (mode) {
    case Mode::absolute: {
      const std::size_t number = p1 == 0 ? current : p1;
      if (number == 0) return refuse(Sw::record_not_found, "no current record");
      if (number > records.count) return refuse(Sw::record_not_found, "record number beyond the file");
      return number;
    }
    case Mode::next:
      if (current == 0) return std::size_t{1};
      if (current < records.count) return current + 1;
      if (records.kind == FileKind::cyclic) return std::size_t{1};
      return refuse(Sw::record_not_found, "no next record");
    case Mode::previous:
      if (current == 0) return records.count;
      if (current > 1) return current - 1;
      if (records.kind == FileKind::cyclic) return records.count;
      return refuse(Sw::record_not_found, "no previous record");
  }
  return refuse(Sw::incorrect_p1p2, "record mode");
}

apdu::Result<Mode> mode_of(const apdu::Command& command) {
  const unsigned bits = command.p2 & 0x07;
  if (bits < 2 || bits > 4) return refuse(Sw::incorrect_p1p2, "record mode in P2");
  const auto mode = static_cast<Mode>(bits);
  if (mode != Mode::absolute && command.p1 != 0) return refuse(Sw::incorrect_p1p2, "next and previous take no record number");
  return mode;
}

ByteView record_at(const Records& records, ByteView body, std::size_t number) {
  return body.subspan((number - 1) * records.length, records.length);
}

// The oldest record goes, the new one becomes record 1 (TS 102 221 8.2.2.4).
Bytes pushed(const Records& records, ByteView body, ByteView record) {
  return concat({record, body.first((records.count - 1) * records.length)});
}

}  // namespace

apdu::Answer read_record(Context& context, const apdu::Command& command) {
  if (!command.data.empty()) return refuse(Sw::wrong_length, "READ RECORD with data");
  const auto mode = mode_of(command);
  if (!mode) return std::unexpected(mode.error());
  const auto records = record_file(context, command.p2 >> 3);
  if (!records) return std::unexpected(records.error());
  if (const auto access = check_access(context, records->file, Access::read, header_of(command)); !access)
    return std::unexpected(access.error());
  const auto number = locate(*records, context.channel, *mode, command.p1);
  if (!number) return std::unexpected(number.error());
  if (command.le.value_or(256) != records->length) return refuse(apdu::wrong_le(records->length), "Le is not the record length");
  if (*mode != Mode::absolute) context.channel.record = static_cast<std::uint16_t>(*number);
  return apdu::with_data(to_bytes(record_at(*records, context.uicc.body(records->file, context.txn), *number)));
}

apdu::Answer update_record(Context& context, const apdu::Command& command) {
  const auto mode = mode_of(command);
  if (!mode) return std::unexpected(mode.error());
  const auto records = record_file(context, command.p2 >> 3);
  if (!records) return std::unexpected(records.error());
  if (records->kind == FileKind::cyclic && *mode != Mode::previous) {
    return refuse(Sw::incompatible_file_structure, "a cyclic file is updated in previous mode only");
  }
  if (const auto access = check_access(context, records->file, Access::update, header_of(command)); !access)
    return std::unexpected(access.error());
  if (command.data.size() != records->length) return refuse(Sw::wrong_length, "the data is not one record");
  const ByteView body = context.uicc.body(records->file, context.txn);
  if (records->kind == FileKind::cyclic) {
    context.uicc.set_body(records->file, pushed(*records, body, command.data), context.txn);
    context.channel.record = 1;
    return apdu::done();
  }
  const auto number = locate(*records, context.channel, *mode, command.p1);
  if (!number) return std::unexpected(number.error());
  Bytes changed = to_bytes(body);
  std::copy(command.data.begin(), command.data.end(), changed.begin() + static_cast<std::ptrdiff_t>((*number - 1) * records->length));
  context.uicc.set_body(records->file, std::move(changed), context.txn);
  if (*mode != Mode::absolute) context.channel.record = static_cast<std::uint16_t>(*number);
  return apdu::done();
}

namespace {

struct Search {
  bool backward = false;
  std::size_t first = 0;        // record to begin with, 1-based
  std::size_t offset = 0;       // inside a record
  std::optional<std::uint8_t> after;  // begin behind the first occurrence of this octet instead
  ByteView pattern;
};

bool hit(ByteView record, const Search& search) {
  std::size_t from = search.offset;
  if (search.after) {
    const auto at = std::ranges::find(record, *search.after);
    if (at == record.end()) return false;
    from = static_cast<std::size_t>(at - record.begin()) + 1;
  }
  if (from > record.size() || search.pattern.size() > record.size() - from) return false;
  return !std::ranges::search(record.subspan(from), search.pattern).empty();
}

apdu::Result<Search> parse_search(const Records& records, const Channel& channel, const apdu::Command& command) {
  Search out;
  std::size_t first = command.p1;
  const auto pointer = [&](std::size_t fallback) { return channel.record == 0 ? fallback : channel.record; };
  switch (command.p2 & 0x07) {
    case 0x04:
    case 0x05:
      out.backward = (command.p2 & 0x01) != 0;
      out.pattern = command.data;
      if (first == 0) first = pointer(out.backward ? records.count : 1);
      break;
    case 0x06: {
      if (command.data.size() < 3) return refuse(Sw::wrong_length, "enhanced search without a pattern");
      const std::uint8_t indication = command.data[0];
      if ((indication & 0x08) != 0) {
        out.after = command.data[1];
      } else {
        out.offset = command.data[1];
      }
      out.pattern = command.data.subspan(2);
      switch (indication & 0x07) {
        case 0x04:
        case 0x05:
          out.backward = (indication & 0x01) != 0;
          if (first == 0) first = pointer(out.backward ? records.count : 1);
          break;
        case 0x06:
          first = channel.record == 0 ? 1 : channel.record + 1U;
          break;
        case 0x07:
          out.backward = true;
          first = channel.record == 0 ? records.count : channel.record - 1U;
          break;
        default:
          return refuse(Sw::incorrect_data, "search indication");
      }
      break;
    }
    default:
      return refuse(Sw::incorrect_p1p2, "search mode in P2");
  }
  if (out.pattern.empty() || out.pattern.size() > records.length) return refuse(Sw::wrong_length, "the pattern does not fit a record");
  if (command.p1 > records.count) return refuse(Sw::record_not_found, "record number beyond the file");
  out.first = first;
  return out;
}

}  // namespace

apdu::Answer search_record(Context& context, const apdu::Command& command) {
  const auto records = record_file(context, command.p2 >> 3);
  if (!records) return std::unexpected(records.error());
  if (const auto access = check_access(context, records->file, Access::read, header_of(command)); !access)
    return std::unexpected(access.error());
  const auto search = parse_search(*records, context.channel, command);
  if (!search) return std::unexpected(search.error());
  const ByteView body = context.uicc.body(records->file, context.txn);
  Bytes found;
  for (std::size_t number = search->first; number >= 1 && number <= records->count; search->backward ? --number : ++number) {
    if (hit(record_at(*records, body, number), *search)) found.push_back(static_cast<std::uint8_t>(number));
  }
  if (found.empty()) return apdu::Response{{}, Sw::end_of_file};
  context.channel.record = found.front();
  return apdu::with_data(std::move(found));
}

// TS 102 221 11.1.8; the maximum of EF.ACM is EF.ACMmax (TS 31.102 4.2.9).
apdu::Answer increase(Context& context, const apdu::Command& command) {
  if (command.p2 != 0 || (command.p1 != 0 && (command.p1 & 0xE0) != 0x80)) return refuse(Sw::incorrect_p1p2, "INCREASE P1 P2");
  if (command.data.empty() || command.data.size() > 127) return refuse(Sw::wrong_length, "INCREASE takes 1 to 127 octets");
  const auto records = record_file(context, command.p1 & 0x1F);
  if (!records) return std::unexpected(records.error());
  if (records->kind != FileKind::cyclic) return refuse(Sw::incompatible_file_structure, "INCREASE needs a cyclic file");
  // The rule that counts is the one for the instruction itself; the update bit is none.
  if (const auto access = check_access(context, records->file, Access::write, header_of(command)); !access)
    return std::unexpected(access.error());
  const ByteView body = context.uicc.body(records->file, context.txn);
  Bytes sum = to_bytes(record_at(*records, body, 1));
  if (command.data.size() > sum.size()) return refuse(Sw::wrong_length, "the value is longer than a record");
  unsigned carry = 0;
  for (std::size_t i = 0; i < sum.size(); ++i) {
    const std::size_t at = sum.size() - 1 - i;
    const unsigned added = i < command.data.size() ? command.data[command.data.size() - 1 - i] : 0U;
    const unsigned total = sum[at] + added + carry;
    sum[at] = static_cast<std::uint8_t>(total);
    carry = total >> 8;
  }
  if (carry != 0) return refuse(Sw::increase_exceeds_maximum, "the record would overflow");
  const FileTree& tree = context.uicc.tree();
  if (tree.at(records->file).fid == 0x6F39) {
    const NodeId limit = tree.child(tree.at(records->file).parent, 0x6F37);
    if (limit != kNoNode) {
      const ByteView maximum = context.uicc.body(limit, context.txn);
      const bool set = std::ranges::any_of(maximum, [](std::uint8_t octet) { return octet != 0; });
      if (set && maximum.size() == sum.size() && std::ranges::lexicographical_compare(maximum, sum)) {
        return refuse(Sw::increase_exceeds_maximum, "EF.ACMmax would be exceeded");
      }
    }
  }
  context.uicc.set_body(records->file, pushed(*records, body, sum), context.txn);
  context.channel.record = 1;
  return apdu::with_data(concat({sum, command.data}));
}

}  // namespace simurgh::uicc
