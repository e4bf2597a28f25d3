// Files in class A0: TS 51.011 9.2.1 to 9.2.8, 9.2.14 and 9.2.15.
#include <algorithm>

#include "euicc/card/gsm_class.h"

namespace simurgh::card {

using apdu::refuse;
using apdu::Sw;

namespace {

using uicc::Access;
using uicc::FileKind;

constexpr std::uint16_t kCurrentAdf = 0x7FFF;

uicc::Context context_of(Core& core, ChannelState& channel) { return {core.uicc, channel.files, core.txn, core.rng}; }

// An application without files may be selected on the basic channel: no file is current for class A0 then.
apdu::Result<void> check_file(const ChannelState& channel) {
  if (channel.selected != Selected::files || channel.files.file == uicc::kNoNode)
    return refuse(Sw::gsm_no_ef_selected, "no elementary file is selected");
  return {};
}

void put_number(Bytes& out, std::size_t at, std::size_t value) {
  out[at] = static_cast<std::uint8_t>(value >> 8);
  out[at + 1] = static_cast<std::uint8_t>(value);
}

Bytes directory_information(const Core& core, uicc::NodeId id) {
  const auto& tree = core.uicc.tree();
  Bytes out(22, 0x00);
  put_number(out, 2, 0xFFFF);  // memory is not counted
  put_number(out, 4, tree.at(id).fid);
  out[6] = id == uicc::kMf ? 0x01 : 0x02;
  out[12] = 0x09;
  const ChvStatus chv1 = chv_status(core, 1), chv2 = chv_status(core, 2);
  out[13] = static_cast<std::uint8_t>(0x01 | (chv1.enabled ? 0x00 : 0x80));  // the clock may stop; b8: CHV1 disabled
  for (const uicc::NodeId child : tree.children(id)) ++out[tree.at(child).is_directory() ? 14 : 15];
  out[16] =
      static_cast<std::uint8_t>(std::ranges::count_if(std::initializer_list<std::uint8_t>{chv1.chv, chv1.unblock, chv2.chv, chv2.unblock},
                                                      [](std::uint8_t status) { return status != 0; }));
  out[18] = chv1.chv;
  out[19] = chv1.unblock;
  out[20] = chv2.chv;
  out[21] = chv2.unblock;
  return out;
}

Bytes file_information(const Core& core, uicc::NodeId id) {
  const auto& tree = core.uicc.tree();
  const uicc::FileNode& shape = tree.at(tree.body_of(id));
  const auto level = [&](Access mode, std::uint8_t ins) { return core.uicc.gsm_level(id, mode, ins, core.txn); };
  const auto pair = [](unsigned high, unsigned low) { return static_cast<std::uint8_t>(high << 4 | low); };
  const std::uint8_t increase = shape.kind == FileKind::cyclic ? level(Access::write, 0x32) : std::uint8_t{0x0F};
  const std::uint8_t state = core.uicc.life_cycle(id, core.txn);
  Bytes out(15, 0x00);
  put_number(out, 2, core.uicc.body(id, core.txn).size());
  put_number(out, 4, tree.at(id).fid);
  out[6] = 0x04;
  out[7] = shape.kind == FileKind::cyclic && increase != 0x0F ? 0x40 : 0x00;
  out[8] = pair(level(Access::read, 0xB0), level(Access::update, 0xD6));
  out[9] = pair(increase, 0x0F);
  out[10] = pair(level(Access::activate, 0x44), level(Access::deactivate, 0x04));
  out[11] = static_cast<std::uint8_t>((state == 0x05 || state == 0x07 ? 0x01 : 0x00) | ((shape.special_info & 0x40) != 0 ? 0x04 : 0x00));
  out[12] = 0x02;
  out[13] = shape.kind == FileKind::cyclic ? 0x03 : shape.kind == FileKind::linear_fixed ? 0x01 : 0x00;
  out[14] = static_cast<std::uint8_t>(shape.record_length);
  return out;
}

// As many octets as P3 asks for; more than there are is a wrong P3.
apdu::Answer cut(Bytes data, const apdu::Command& command) {
  const std::size_t wanted = command.le.value_or(256);
  if (wanted > data.size()) return refuse(apdu::gsm_wrong_p3(data.size()), "P3 is more than there is");
  data.resize(wanted);
  return apdu::with_data(std::move(data));
}

apdu::Answer on_file(Core& core, ChannelState& channel, const apdu::Command& form,
                     apdu::Answer (*run)(uicc::Context&, const apdu::Command&)) {
  if (const auto file = check_file(channel); !file) return std::unexpected(file.error());
  auto context = context_of(core, channel);
  const auto& tree = core.uicc.tree();
  return as_gsm(run(context, form), tree.at(tree.body_of(channel.files.file)).record_length);
}

bool record_mode(const apdu::Command& command) { return command.p2 >= 0x02 && command.p2 <= 0x04; }

apdu::Answer change_validity(Core& core, ChannelState& channel, const apdu::Command& command, bool valid) {
  if (command.p1 != 0 || command.p2 != 0) return refuse(Sw::wrong_p1p2_range, "P1 P2");
  if (!command.data.empty()) return refuse(apdu::gsm_wrong_p3(0), "this command has no data");
  if (const auto file = check_file(channel); !file) return std::unexpected(file.error());
  const std::uint8_t state = core.uicc.life_cycle(channel.files.file, core.txn);
  if ((state == 0x05 || state == 0x07) == valid) return refuse(Sw::gsm_invalidated, "the file is in that state already");
  return on_file(core, channel, iso_form(command, command.ins, 0, 0), valid ? &uicc::activate_file : &uicc::deactivate_file);
}

}  // namespace

apdu::Answer gsm_select(Core& core, ChannelState& channel, const apdu::Command& command) {
  if (command.p1 != 0 || command.p2 != 0) return refuse(Sw::wrong_p1p2_range, "SELECT P1 P2");
  if (command.data.size() != 2) return refuse(apdu::gsm_wrong_p3(2), "a file identifier has two octets");
  if (be_value(command.data) == kCurrentAdf) return refuse(Sw::gsm_not_found, "applications are not reached in class A0");
  auto context = context_of(core, channel);
  auto answer = as_gsm(uicc::select_file(context, iso_form(command, 0xA4, 0x00, 0x0C)));
  if (!answer) return answer;
  channel.selected = Selected::files;
  const uicc::NodeId file = channel.files.file;
  if (file == uicc::kNoNode) return apdu::with_data(directory_information(core, channel.files.directory));
  const auto& tree = core.uicc.tree();
  // TS 51.011 6.5: in a cyclic file the record that was written last is current.
  if (tree.at(tree.body_of(file)).kind == FileKind::cyclic) channel.files.record = 1;
  return apdu::with_data(file_information(core, file));
}

apdu::Answer gsm_status(Core& core, ChannelState& channel, const apdu::Command& command) {
  if (command.p1 != 0 || command.p2 != 0) return refuse(Sw::wrong_p1p2_range, "STATUS P1 P2");
  if (!command.data.empty()) return refuse(apdu::gsm_wrong_p3(0), "STATUS with data");
  return cut(directory_information(core, channel.selected == Selected::files ? channel.files.directory : uicc::kMf), command);
}

apdu::Answer gsm_read_binary(Core& core, ChannelState& channel, const apdu::Command& command) {
  if ((command.p1 & 0x80) != 0) return refuse(Sw::wrong_p1p2_range, "class A0 has no short file identifiers");
  return on_file(core, channel, iso_form(command, 0xB0, command.p1, command.p2), &uicc::read_binary);
}

apdu::Answer gsm_update_binary(Core& core, ChannelState& channel, const apdu::Command& command) {
  if ((command.p1 & 0x80) != 0) return refuse(Sw::wrong_p1p2_range, "class A0 has no short file identifiers");
  return on_file(core, channel, iso_form(command, 0xD6, command.p1, command.p2), &uicc::update_binary);
}

apdu::Answer gsm_read_record(Core& core, ChannelState& channel, const apdu::Command& command) {
  if (!record_mode(command)) return refuse(Sw::wrong_p1p2_range, "record mode");
  return on_file(core, channel, iso_form(command, 0xB2, command.p1, command.p2), &uicc::read_record);
}

apdu::Answer gsm_update_record(Core& core, ChannelState& channel, const apdu::Command& command) {
  if (!record_mode(command)) return refuse(Sw::wrong_p1p2_range, "record mode");
  return on_file(core, channel, iso_form(command, 0xDC, command.p1, command.p2), &uicc::update_record);
}

// The pattern stands at the beginning of a record. P2: b5 the record number is wanted; 0 from the first, 1 from the last, 2 from the next,
// 3 from the previous.
apdu::Answer gsm_seek(Core& core, ChannelState& channel, const apdu::Command& command) {
  if (command.p1 != 0 || (command.p2 & 0xEC) != 0) return refuse(Sw::wrong_p1p2_range, "SEEK P1 P2");
  if (const auto file = check_file(channel); !file) return std::unexpected(file.error());
  uicc::Channel& files = channel.files;
  const auto& tree = core.uicc.tree();
  const uicc::FileNode& shape = tree.at(tree.body_of(files.file));
  if (shape.kind != FileKind::linear_fixed) return refuse(Sw::gsm_file_inconsistent, "SEEK needs a linear fixed file");
  if (command.data.empty() || command.data.size() > std::min<std::size_t>(16, shape.record_length)) {
    return refuse(apdu::gsm_wrong_p3(std::min<std::size_t>(16, shape.record_length)), "pattern of another length");
  }
  auto context = context_of(core, channel);
  const uicc::Header header{.cla = std::uint8_t{0x00}, .ins = std::uint8_t{0xA2}, .p1 = command.p1, .p2 = command.p2};
  if (const auto access = uicc::check_access(context, files.file, Access::read, header); !access)
    return std::unexpected(gsm_error(access.error()));
  const std::size_t count = shape.record_count();
  const unsigned mode = command.p2 & 0x03;
  const bool backward = (mode & 0x01) != 0;
  std::size_t number = backward ? count : 1;
  if (mode >= 2 && files.record != 0) number = backward ? files.record - 1U : files.record + 1U;
  const ByteView body = core.uicc.body(files.file, core.txn);
  for (; number >= 1 && number <= count; backward ? --number : ++number) {
    const ByteView record = body.subspan((number - 1) * shape.record_length, shape.record_length);
    if (!equal(record.first(command.data.size()), command.data)) continue;
    files.record = static_cast<std::uint16_t>(number);
    if ((command.p2 & 0x10) == 0) return apdu::done();
    return apdu::with_data({static_cast<std::uint8_t>(number)});
  }
  return refuse(Sw::gsm_not_found, "no record begins with the pattern");
}

apdu::Answer gsm_increase(Core& core, ChannelState& channel, const apdu::Command& command) {
  if (command.p1 != 0 || command.p2 != 0) return refuse(Sw::wrong_p1p2_range, "INCREASE P1 P2");
  if (command.data.size() != 3) return refuse(apdu::gsm_wrong_p3(3), "the value has three octets");
  return on_file(core, channel, iso_form(command, 0x32, 0, 0), &uicc::increase);
}

apdu::Answer gsm_invalidate(Core& core, ChannelState& channel, const apdu::Command& command) {
  return change_validity(core, channel, command, false);
}

apdu::Answer gsm_rehabilitate(Core& core, ChannelState& channel, const apdu::Command& command) {
  return change_validity(core, channel, command, true);
}

}  // namespace simurgh::card
