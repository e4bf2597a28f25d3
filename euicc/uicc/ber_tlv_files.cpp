// RETRIEVE DATA and SET DATA on BER-TLV files, TS 102 221 11.3. The body is the concatenation of the objects.
#include "asn1/tlv.h"
#include "euicc/uicc/uicc.h"

namespace simurgh::uicc {

using apdu::refuse;
using apdu::Sw;

namespace {

constexpr std::uint8_t kFirst = 0x80, kNext = 0x00, kRepeat = 0x40;  // P2 b8-b6

apdu::Result<NodeId> tlv_file(Context& context, std::uint8_t sfi) {
  const auto file = current_file(context, sfi);
  if (!file) return file;
  const FileTree& tree = context.uicc.tree();
  if (tree.at(tree.body_of(*file)).kind != FileKind::ber_tlv) return refuse(Sw::incompatible_file_structure, "not a BER-TLV file");
  return file;
}

// The tag that makes up the whole input, nothing otherwise.
std::optional<std::uint32_t> only_tag(ByteView data) {
  const asn1::TlvReader in(data);
  const auto tag = in.peek();
  if (!tag || asn1::encode_tag(*tag).size() != data.size() || data.size() > 3) return std::nullopt;
  return tag;
}

struct Object {
  std::size_t from = 0, size = 0;
};

std::optional<Object> find_object(ByteView body, std::uint32_t tag) {
  asn1::TlvReader in(body);
  while (!in.at_end()) {
    const std::size_t from = in.offset();
    const auto object = in.next();
    if (!object) return std::nullopt;
    if (object->tag == tag) return Object{from, object->raw.size()};
  }
  return std::nullopt;
}

Bytes tag_list(ByteView body) {
  Bytes tags;
  asn1::TlvReader in(body);
  while (!in.at_end()) {
    const auto object = in.next();
    if (!object) break;
    append(tags, asn1::encode_tag(object->tag));
  }
  return asn1::tlv(0x5C, tags);
}

// One block of the object being retrieved; Le tells how much the terminal takes.
apdu::Answer block(Channel& channel, std::size_t wanted) {
  const std::size_t left = channel.transfer.size() - channel.position;
  const std::size_t size = std::min(wanted, left);
  channel.last_block = channel.position;
  Bytes out = to_bytes(ByteView(channel.transfer).subspan(channel.position, size));
  channel.position += size;
  return apdu::with_data(std::move(out), channel.position < channel.transfer.size() ? Sw::more_data_retrieve : Sw::ok);
}

}  // namespace

apdu::Answer retrieve_data(Context& context, const apdu::Command& command) {
  if (command.p1 != 0) return refuse(Sw::incorrect_p1p2, "RETRIEVE DATA P1");
  Channel& channel = context.channel;
  const std::size_t wanted = command.le.value_or(256);
  switch (command.p2 & 0xE0) {
    case kFirst: {
      channel.end_transfer();
      const auto file = tlv_file(context, command.p2 & 0x1F);
      if (!file) return std::unexpected(file.error());
      if (const auto access = check_access(context, *file, Access::read, header_of(command)); !access)
        return std::unexpected(access.error());
      const auto tag = only_tag(command.data);
      if (!tag) return refuse(Sw::incorrect_data, "RETRIEVE DATA takes one tag");
      const ByteView body = context.uicc.body(*file, context.txn);
      if (*tag == 0x5C) {
        channel.transfer = tag_list(body);
      } else {
        const auto object = find_object(body, *tag);
        if (!object) return refuse(Sw::data_not_found, "no object with this tag");
        channel.transfer = to_bytes(body.subspan(object->from, object->size));
      }
      channel.kind = Channel::Transfer::retrieve;
      channel.position = 0;
      return block(channel, wanted);
    }
    case kNext:
    case kRepeat: {
      if (channel.kind != Channel::Transfer::retrieve) return refuse(Sw::conditions_not_satisfied, "no retrieval in progress");
      if (!command.data.empty()) return refuse(Sw::wrong_length, "a further block takes no data");
      const std::size_t from = (command.p2 & 0xE0) == kRepeat ? channel.last_block : channel.position;
      const std::size_t left = channel.transfer.size() - from;
      if (left == 0) return refuse(Sw::conditions_not_satisfied, "the object was read to its end");
      // Without data this is a case 2 command: Le must be what there is, or ask for a whole block.
      if (wanted > left) return refuse(apdu::wrong_le(left), "Le goes beyond the object");
      channel.position = from;
      return block(channel, wanted);
    }
    default:
      return refuse(Sw::incorrect_p1p2, "RETRIEVE DATA P2");
  }
}

apdu::Answer set_data(Context& context, const apdu::Command& command) {
  if (command.p1 != 0) return refuse(Sw::incorrect_p1p2, "SET DATA P1");
  Channel& channel = context.channel;
  const std::uint8_t order = command.p2 & 0xE0;
  if (order != kFirst && order != kNext) return refuse(Sw::incorrect_p1p2, "SET DATA P2");
  if (command.data.empty()) return refuse(Sw::wrong_length, "SET DATA without data");
  if (order == kFirst) channel.end_transfer();
  if (order == kNext && channel.kind != Channel::Transfer::set) return refuse(Sw::conditions_not_satisfied, "no SET DATA in progress");
  const auto file = tlv_file(context, order == kFirst ? command.p2 & 0x1F : 0);
  if (!file) return std::unexpected(file.error());
  if (const auto access = check_access(context, *file, Access::update, header_of(command)); !access) return std::unexpected(access.error());
  const FileTree& tree = context.uicc.tree();
  const FileNode& shape = tree.at(tree.body_of(*file));
  const std::size_t limit = std::max(shape.size, shape.maximum_size);
  const ByteView body = context.uicc.body(*file, context.txn);

  if (order == kFirst) {
    if (const auto tag = only_tag(command.data)) {
      const auto object = find_object(body, *tag);
      if (!object) return refuse(Sw::data_not_found, "no object with this tag to delete");
      Bytes changed = to_bytes(body);
      const auto from = changed.begin() + static_cast<std::ptrdiff_t>(object->from);
      changed.erase(from, from + static_cast<std::ptrdiff_t>(object->size));
      context.uicc.set_body(*file, std::move(changed), context.txn);
      return apdu::done();
    }
  }
  if (channel.transfer.size() + command.data.size() > limit + 8) {
    channel.end_transfer();
    return refuse(Sw::not_enough_memory, "the object is larger than the file may become");
  }
  append(channel.transfer, command.data);
  channel.kind = Channel::Transfer::set;
  const auto head = asn1::read_head(channel.transfer);
  if (!head || (*head && channel.transfer.size() > (*head)->header + (*head)->length)) {
    channel.end_transfer();
    return refuse(Sw::incorrect_data, "not one BER-TLV object");
  }
  if (*head && (*head)->length > limit) {
    channel.end_transfer();
    return refuse(Sw::not_enough_memory, "the object is larger than the file may become");
  }
  if (!*head || channel.transfer.size() < (*head)->header + (*head)->length) return apdu::Response{{}, Sw::more_data_expected};

  Bytes changed = to_bytes(body);
  if (const auto object = find_object(body, (*head)->tag)) {
    const auto from = changed.begin() + static_cast<std::ptrdiff_t>(object->from);
    changed.erase(from, from + static_cast<std::ptrdiff_t>(object->size));
  }
  append(changed, channel.transfer);
  channel.end_transfer();
  if (changed.size() > limit) return refuse(Sw::not_enough_memory, "the file would become larger than it may");
  context.uicc.set_body(*file, std::move(changed), context.txn);
  return apdu::done();
}

}  // namespace simurgh::uicc
