#include "tools/trace/explain.h"

#include <algorithm>
#include <array>

#include "asn1/tlv.h"
#include "euicc/apdu/sw.h"
#include "euicc/card/core.h"
#include "euicc/isdr/es10_table.h"
#include "euicc/toolkit/commands.h"
#include "euicc/toolkit/comprehension.h"
#include "tools/trace/names.h"

namespace simurgh::trace {
namespace {

constexpr std::size_t kDeepest = 12;
constexpr std::size_t kMostNodes = 4096;

struct Word {
  Reading reading;
  std::string_view word;
};
constexpr auto kWords = std::to_array<Word>({
    {Reading::command, "apdu"}, {Reading::response, "response"}, {Reading::status, "sw"}, {Reading::tlv, "tlv"}, {Reading::fcp, "fcp"},
    {Reading::proactive, "proactive"}, {Reading::terminal_response, "terminal-response"}, {Reading::envelope, "envelope"}, {Reading::aid, "aid"},
});

std::string hex_of(std::uint64_t value, std::size_t size) { return to_hex(be_bytes(value, size)); }
std::string quoted(ByteView text) { return "\"" + simurgh::to_text(text) + "\""; }
bool printable(ByteView value) {
  return value.size() >= 2 && std::ranges::all_of(value, [](std::uint8_t c) { return c >= 0x20 && c < 0x7F; });
}
std::string named(std::string_view code, std::string_view name) { return name.empty() ? std::string(code) : std::string(code) + " " + std::string(name); }

std::string swapped_digits(ByteView bcd) {
  std::string out;
  for (const std::uint8_t octet : bcd) {
    for (const unsigned digit : {octet & 0x0FU, static_cast<unsigned>(octet >> 4)}) {
      if (digit < 10) out += static_cast<char>('0' + digit);
    }
  }
  return out;
}

// ---- status words

std::string status_words(std::uint16_t sw) {
  const unsigned low = sw & 0xFF;
  const std::string octets = std::to_string(low == 0 ? 256U : low) + " octets";
  switch (sw >> 8) {
    case 0x61: return octets + " wait for GET RESPONSE";
    case 0x6C: return "wrong Le, the right one is " + hex_of(low, 1);
    case 0x91: return "done, a proactive command of " + octets + " waits for FETCH";
    case 0x9F: return "done, " + octets + " wait for GET RESPONSE (class A0)";
    default: break;
  }
  if ((sw & 0xFFF0) == 0x63C0) return "comparison failed, " + std::to_string(sw & 0x0F) + " tries left";
  return std::string(apdu::describe(static_cast<apdu::Sw>(sw)));
}

// ---- BER-TLV

std::string meaning_of(Inside inside, std::uint32_t tag, ByteView value) {
  if (inside == Inside::fcp) {
    if (tag == 0x83 && value.size() == 2) return std::string(file_name(static_cast<std::uint16_t>(be_value(value))));
    if ((tag == 0x80 || tag == 0x81) && !value.empty() && value.size() <= 4) return std::to_string(be_value(value)) + " octets";
    if (tag == 0x88 && value.size() == 1) return "SFI " + std::to_string(value[0] >> 3);
    if (tag == 0x84) return std::string(aid_name(value));
    if (tag == 0x8A && value.size() == 1) {
      if (value[0] == 0x05 || value[0] == 0x07) return "operational, activated";
      if (value[0] == 0x04 || value[0] == 0x06) return "operational, deactivated";
      if (value[0] >= 0x0C) return "terminated";
      return value[0] == 0x01 ? "creation" : value[0] == 0x03 ? "initialisation" : "";
    }
    if (tag == 0x82 && !value.empty()) {
      const unsigned structure = value[0] & 0x07U;
      std::string out = (value[0] & 0x38) == 0x38 && structure == 0 ? "DF or ADF"
                        : value[0] == 0x39 || value[0] == 0x79      ? "BER-TLV"
                        : structure == 1                            ? "transparent"
                        : structure == 2                            ? "linear fixed"
                        : structure == 6                            ? "cyclic"
                                                                    : "";
      if ((value[0] & 0x40) != 0) out += ", shareable";
      if (value.size() >= 5) out += ", " + std::to_string(value[4]) + " records of " + std::to_string(be_value(value.subspan(2, 2)));
      return out;
    }
    return {};
  }
  if (tag == 0x4F || tag == 0x84) return std::string(aid_name(value));
  if (tag == 0x5A && value.size() == 10) return "ICCID " + swapped_digits(value);
  if (tag == 0x5A && value.size() == 16) return "EID";
  if (tag == 0x9F70 && value.size() == 1) return value[0] == 1 ? "enabled" : "disabled";
  if (tag == 0x95 && value.size() == 1) return value[0] == 0 ? "test" : value[0] == 1 ? "provisioning" : "operational";
  return printable(value) ? quoted(value) : std::string{};
}

struct Budget {
  std::size_t nodes = kMostNodes;
};

Inside below(Inside around, std::uint32_t tag) {
  if (tag == 0x62) return Inside::fcp;
  if (around == Inside::fcp && tag == 0xA5) return Inside::proprietary;
  if (tag == 0x6F || tag == 0x66 || tag == 0x61) return Inside::gp;
  if (tag >= 0xBF20 && tag <= 0xBF7F) return Inside::es10;
  return around;
}

// Nothing when the octets are no list of BER-TLVs.
std::optional<std::vector<Node>> tlv_list(ByteView octets, Inside inside, std::size_t depth, Budget& budget) {
  std::vector<Node> out;
  asn1::TlvReader in(octets);
  while (!in.at_end()) {
    const auto element = in.next();
    if (!element || budget.nodes == 0) return std::nullopt;
    --budget.nodes;
    const std::string tag = to_hex(asn1::encode_tag(element->tag));
    std::string name(tag_name(inside, element->tag));
    if (const std::string function = isdr::es10_name(element->tag); !function.empty() && depth == 0) name = function;
    Node node{.name = named(tag, name), .value = {}, .meaning = {}, .children = {}};
    std::optional<std::vector<Node>> children;
    if (element->constructed() && depth < kDeepest && !element->value.empty()) {
      children = tlv_list(element->value, below(inside, element->tag), depth + 1, budget);
    }
    if (children) {
      node.children = *std::move(children);
    } else {
      node.value = to_hex(element->value);
      node.meaning = meaning_of(inside, element->tag, element->value);
    }
    out.push_back(std::move(node));
  }
  return out;
}

// ---- COMPREHENSION-TLV

std::string object_meaning(std::uint16_t tag, ByteView v, std::uint8_t type) {
  namespace t = toolkit::tag;
  switch (tag) {
    case t::command_details: {
      if (v.size() != 3) return {};
      const auto* row = toolkit::find_command_type(v[1]);
      return "number " + std::to_string(v[0]) + ", " + (row == nullptr ? "unknown type " + hex_of(v[1], 1) : std::string(row->name)) + ", qualifier " + hex_of(v[2], 1);
    }
    case t::device_identities:
      return v.size() == 2 ? std::string(device_name(v[0])) + " to " + std::string(device_name(v[1])) : std::string{};
    case t::result:
      return v.empty() ? std::string{} : std::string(general_result(v[0])) + (v.size() > 1 ? ", additional " + to_hex(v.subspan(1)) : "");
    case t::duration: {
      const auto seconds = toolkit::decode_duration(v);
      return seconds ? std::to_string(*seconds) + " s" : std::string{};
    }
    case t::timer_value: {
      const auto seconds = toolkit::decode_timer_value(v);
      return seconds ? std::to_string(*seconds) + " s" : std::string{};
    }
    case t::event_list: {
      std::string out;
      for (const std::uint8_t code : v) out += (out.empty() ? "" : ", ") + std::string(event_name(code));
      return out;
    }
    case t::text_string:
    case t::default_text:
    case t::ussd_string:
      return v.size() > 1 && printable(v.subspan(1)) ? quoted(v.subspan(1)) : std::string{};
    case t::item:
      return v.empty() ? "none" : std::to_string(v[0]) + (printable(v.subspan(1)) ? " " + quoted(v.subspan(1)) : "");
    case t::imei:
      return swapped_digits(v);
    case t::transport_level:
      if (v.size() != 3) return {};
      return std::string(v[0] == 1 ? "UDP" : v[0] == 2 ? "TCP" : "protocol " + hex_of(v[0], 1)) + " port " + std::to_string(be_value(v.subspan(1)));
    case t::other_address:
      if (v.empty()) return "dynamic";
      if (v[0] == 0x21 && v.size() == 5) {
        std::string out;
        for (const std::uint8_t octet : v.subspan(1)) out += (out.empty() ? "" : ".") + std::to_string(octet);
        return out;
      }
      return {};
    case t::network_access_name: {
      std::string out;
      for (std::size_t at = 0; at < v.size();) {
        const std::size_t size = std::min<std::size_t>(v[at], v.size() - at - 1);
        out += (out.empty() ? "" : ".") + simurgh::to_text(v.subspan(at + 1, size));
        at += size + 1;
      }
      return out;
    }
    case t::channel_data_length:
      return v.size() == 1 ? (v[0] == 0xFF ? "255 or more octets" : std::to_string(v[0]) + " octets") : std::string{};
    case t::buffer_size:
      return v.size() == 2 ? std::to_string(be_value(v)) + " octets" : std::string{};
    case t::channel_status:
      if (v.size() != 2) return {};
      return "channel " + std::to_string(v[0] & 7) + ((v[0] & 0x80) != 0 ? ", linked" : ", not linked") + (v[1] == 0x05 ? ", link dropped" : "");
    case t::aid:
      return std::string(aid_name(v));
    default:
      (void)type;
      return printable(v) ? quoted(v) : std::string{};
  }
}

std::optional<std::vector<Node>> object_list(ByteView octets) {
  const auto objects = toolkit::read_objects(octets);
  if (!objects) return std::nullopt;
  std::uint8_t type = 0;
  std::vector<Node> out;
  for (const toolkit::Object& object : *objects) {
    if (object.tag == toolkit::tag::command_details && object.value.size() == 3) type = object.value[1];
    out.push_back({.name = named(object.tag <= 0xFF ? hex_of(object.tag, 1) : hex_of(object.tag, 2), object_name(object.tag)) + (object.comprehension ? "" : " (optional)"),
                   .value = to_hex(object.value), .meaning = object_meaning(object.tag, object.value, type), .children = {}});
  }
  return out;
}

std::optional<Node> template_of_objects(ByteView octets, bool proactive) {
  asn1::TlvReader in(octets);
  const auto whole = in.next();
  if (!whole || !in.at_end() || whole->tag > 0xFF) return std::nullopt;
  const auto tag = static_cast<std::uint8_t>(whole->tag);
  const std::string_view name = tag == 0xD0 ? "proactive command" : envelope_name(tag);
  if (name.empty() || proactive != (tag == 0xD0)) return std::nullopt;
  auto children = object_list(whole->value);
  if (!children) return std::nullopt;
  Node out{.name = named(hex_of(tag, 1), name), .value = {}, .meaning = {}, .children = *std::move(children)};
  if (tag != 0xD0) return out;
  if (const auto details = toolkit::find_object(whole->value, toolkit::tag::command_details); details && details->size() == 3) {
    if (const auto* row = toolkit::find_command_type((*details)[1])) out.meaning = row->name;
  }
  return out;
}

// ---- APDUs

std::string class_text(const apdu::Command& command) {
  std::string out = command.family == apdu::ClaFamily::iso ? "interindustry" : command.family == apdu::ClaFamily::gsm ? "GSM" : "UICC and GlobalPlatform";
  if (command.family != apdu::ClaFamily::gsm) out += ", channel " + std::to_string(command.channel);
  if (command.secure_messaging) out += ", secure messaging";
  return out;
}

std::string parameters_text(const apdu::Command& c) {
  if (c.ins == 0xA4 && c.family != apdu::ClaFamily::gsm) {
    constexpr std::array<std::string_view, 5> kBy{"by file identifier", "child DF", "by file identifier", "parent DF", "by AID"};
    std::string out = c.p1 < kBy.size() ? std::string(kBy[c.p1]) : c.p1 == 0x08 ? "by path from the MF" : c.p1 == 0x09 ? "by path from the current DF" : "";
    switch (c.p2 & 0x0C) {
      case 0x00: return out + ", FCI asked for";
      case 0x04: return out + ", FCP asked for";
      case 0x0C: return out + ", no data asked for";
      default: return out;
    }
  }
  if ((c.ins == 0xB0 || c.ins == 0xD6) && c.family != apdu::ClaFamily::proprietary) {
    if ((c.p1 & 0x80) != 0) return "SFI " + std::to_string(c.p1 & 0x1F) + ", offset " + std::to_string(c.p2);
    return "offset " + std::to_string(c.p1 << 8 | c.p2);
  }
  if ((c.ins == 0xB2 || c.ins == 0xDC) && c.family != apdu::ClaFamily::proprietary) {
    std::string out = "record " + std::to_string(c.p1);
    if ((c.p2 >> 3) != 0) out += ", SFI " + std::to_string(c.p2 >> 3);
    constexpr std::array<std::string_view, 8> kModes{"", "", ", next", ", previous", ", absolute", "", "", ""};
    return out + std::string(kModes[c.p2 & 7]);
  }
  if (c.ins == 0x70) return c.p1 == 0x80 ? "close channel " + std::to_string(c.p2) : "open a channel";
  if (c.ins == 0x20 || c.ins == 0x24 || c.ins == 0x26 || c.ins == 0x28 || c.ins == 0x2C) return "key reference " + hex_of(c.p2, 1);
  if (c.ins == 0xE2) return (c.p1 & 0x80) != 0 ? "last block, number " + std::to_string(c.p2) : "more blocks, number " + std::to_string(c.p2);
  return {};
}

void add_data(Node& out, const apdu::Command& c, Budget& budget) {
  Node data{.name = "data", .value = to_hex(c.data), .meaning = {}, .children = {}};
  std::optional<std::vector<Node>> children;
  if (c.ins == 0xA4) {
    data.meaning = c.p1 == 0x04 ? std::string(aid_name(c.data)) : std::string{};
    for (std::size_t at = 0; c.p1 != 0x04 && at + 1 < c.data.size(); at += 2) {
      const std::string_view name = file_name(static_cast<std::uint16_t>(be_value(c.data.subspan(at, 2))));
      data.meaning += (data.meaning.empty() ? "" : "/") + (name.empty() ? to_hex(c.data.subspan(at, 2)) : std::string(name));
    }
  } else if (c.ins == 0x14 && c.family != apdu::ClaFamily::iso) {
    children = object_list(c.data);
  } else if (c.ins == 0xC2 && c.family != apdu::ClaFamily::iso) {
    if (auto envelope = template_of_objects(c.data, false)) children = std::vector{*std::move(envelope)};
  } else if (c.ins == 0xE2 || c.ins == 0xAA || c.ins == 0xCB || c.ins == 0xDB || c.ins == 0xE0 || c.ins == 0xF2) {
    children = tlv_list(c.data, c.ins == 0xE0 ? Inside::fcp : Inside::nothing, 0, budget);
  }
  if (children) {
    data.value.clear();
    data.children = *std::move(children);
  }
  out.children.push_back(std::move(data));
}

std::optional<Node> command_node(ByteView octets, bool known_only) {
  const auto command = apdu::parse_command(octets);
  if (!command) return std::nullopt;
  const card::CommandRow* row = card::find_command(command->family, command->ins);
  const bool get_response = command->ins == 0xC0 && command->family != apdu::ClaFamily::proprietary;
  if (row == nullptr && known_only && !get_response) return std::nullopt;
  Budget budget;
  Node out{.name = command_name(octets), .value = to_hex(octets.first(std::min<std::size_t>(octets.size(), 4))), .meaning = row != nullptr ? row->reference : "", .children = {}};
  if (out.name.empty()) out.name = "unknown instruction " + hex_of(command->ins, 1);
  out.children.push_back({.name = "CLA", .value = hex_of(command->cla, 1), .meaning = class_text(*command), .children = {}});
  out.children.push_back({.name = "P1 P2", .value = hex_of(command->p1, 1) + hex_of(command->p2, 1), .meaning = parameters_text(*command), .children = {}});
  if (!command->data.empty()) add_data(out, *command, budget);
  if (command->le) out.children.push_back({.name = "Le", .value = {}, .meaning = std::to_string(*command->le), .children = {}});
  return out;
}

Node status_node(std::uint16_t sw) { return {.name = "SW", .value = hex_of(sw, 2), .meaning = status_words(sw), .children = {}}; }

std::optional<Node> response_node(ByteView octets) {
  if (octets.size() < 2) return std::nullopt;
  Budget budget;
  Node out{.name = "response", .value = {}, .meaning = {}, .children = {}};
  const ByteView data = octets.first(octets.size() - 2);
  if (!data.empty()) {
    Node node{.name = "data", .value = to_hex(data), .meaning = {}, .children = {}};
    if (auto proactive = template_of_objects(data, true)) {
      node.children.push_back(*std::move(proactive));
    } else if (auto children = tlv_list(data, Inside::nothing, 0, budget)) {
      node.children = *std::move(children);
    }
    if (!node.children.empty()) node.value.clear();
    out.children.push_back(std::move(node));
  }
  out.children.push_back(status_node(static_cast<std::uint16_t>(be_value(octets.last(2)))));
  return out;
}

std::optional<Node> tlv_node(ByteView octets, Inside inside) {
  Budget budget;
  auto list = octets.empty() ? std::nullopt : tlv_list(octets, inside, 0, budget);
  if (!list) return std::nullopt;
  if (list->size() == 1) return std::move(list->front());
  return Node{.name = "data objects", .value = {}, .meaning = {}, .children = *std::move(list)};
}

std::optional<Node> read_as(ByteView octets, Reading as) {
  switch (as) {
    case Reading::command: return command_node(octets, false);
    case Reading::response: return response_node(octets);
    case Reading::status: return octets.size() == 2 ? std::optional(status_node(static_cast<std::uint16_t>(be_value(octets)))) : std::nullopt;
    case Reading::tlv: return tlv_node(octets, Inside::nothing);
    case Reading::fcp: return tlv_node(octets, Inside::fcp);
    case Reading::proactive: return template_of_objects(octets, true);
    case Reading::envelope: return template_of_objects(octets, false);
    case Reading::terminal_response: {
      auto objects = object_list(octets);
      if (!objects || objects->empty()) return std::nullopt;
      return Node{.name = "TERMINAL RESPONSE", .value = {}, .meaning = {}, .children = *std::move(objects)};
    }
    case Reading::aid: {
      if (octets.size() < 5 || octets.size() > 16) return std::nullopt;
      return Node{.name = "AID", .value = to_hex(octets), .meaning = std::string(aid_name(octets)), .children = {}};
    }
    case Reading::automatic: break;
  }
  return std::nullopt;
}

void append_text(std::string& out, const Node& node, std::size_t depth) {
  out.append(depth * 2, ' ');
  out += node.name;
  if (!node.value.empty()) out += ": " + node.value;
  if (!node.meaning.empty()) out += (node.value.empty() ? ": " : "  ") + node.meaning;
  out += '\n';
  for (const Node& child : node.children) append_text(out, child, depth + 1);
}

}  // namespace

std::optional<Reading> reading_of(std::string_view word) noexcept {
  const auto at = std::ranges::find(kWords, word, &Word::word);
  return at == kWords.end() ? std::nullopt : std::optional(at->reading);
}

std::string_view word_of(Reading reading) noexcept {
  const auto at = std::ranges::find(kWords, reading, &Word::reading);
  return at == kWords.end() ? std::string_view("auto") : at->word;
}

std::expected<Explanation, std::string> explain(ByteView octets, Reading as) {
  if (octets.empty()) return std::unexpected("there are no octets to explain");
  if (as != Reading::automatic) {
    if (auto node = read_as(octets, as)) return Explanation{as, *std::move(node)};
    return std::unexpected("these octets cannot be read as " + std::string(word_of(as)));
  }
  if (octets.size() == 1) return std::unexpected("one octet says too little; give an APDU, a status word or a data object");
  // The narrowest reading that fits: two octets are a status word, then templates with a tag of their own, then commands of the table.
  if (octets.size() == 2) return Explanation{Reading::status, *read_as(octets, Reading::status)};
  for (const Reading reading : {Reading::proactive, Reading::envelope}) {
    if (auto node = read_as(octets, reading)) return Explanation{reading, *std::move(node)};
  }
  if (!aid_name(octets).empty() && octets.size() <= 16) return Explanation{Reading::aid, *read_as(octets, Reading::aid)};
  const bool typical_class = octets[0] <= 0x0F || (octets[0] >= 0x80 && octets[0] <= 0x8F) || octets[0] == 0xA0;
  if (typical_class) {
    if (auto node = command_node(octets, true)) return Explanation{Reading::command, *std::move(node)};
  }
  if (octets[0] == 0x81 || octets[0] == 0x01) {
    const auto details = toolkit::find_object(octets, toolkit::tag::command_details);
    if (details && details->size() == 3) {
      if (auto node = read_as(octets, Reading::terminal_response)) return Explanation{Reading::terminal_response, *std::move(node)};
    }
  }
  // 9000 behind data objects is the status word, though 90 00 is an object as well.
  if (be_value(octets.last(2)) == 0x9000 && tlv_node(octets.first(octets.size() - 2), Inside::nothing)) {
    return Explanation{Reading::response, *response_node(octets)};
  }
  if (auto node = tlv_node(octets, Inside::nothing)) return Explanation{Reading::tlv, *std::move(node)};
  if (auto node = command_node(octets, true)) return Explanation{Reading::command, *std::move(node)};
  const unsigned class_of_status = octets[octets.size() - 2] >> 4U;
  if (class_of_status == 6 || class_of_status == 9) {
    if (auto node = response_node(octets)) return Explanation{Reading::response, *std::move(node)};
  }
  return std::unexpected("these octets are neither APDU, status word nor data objects; name a reading with --as");
}

std::string to_text(const Node& node) {
  std::string out;
  append_text(out, node, 0);
  return out;
}

std::string command_name(ByteView octets) {
  const auto command = apdu::parse_command(octets);
  if (!command) return {};
  if (command->ins == 0xC0 && command->family != apdu::ClaFamily::proprietary) return "GET RESPONSE";
  const card::CommandRow* row = card::find_command(command->family, command->ins);
  if (row == nullptr) return {};
  std::string out = row->name;
  if (command->ins == 0xE2 && command->p2 == 0) {
    const auto tag = asn1::TlvReader(command->data).peek();
    const std::string function = tag ? isdr::es10_name(*tag) : std::string();
    if (!function.empty()) out += " " + function;
  }
  return out;
}

std::string status_text(std::uint16_t sw) { return hex_of(sw, 2) + " " + status_words(sw); }

}  // namespace simurgh::trace
