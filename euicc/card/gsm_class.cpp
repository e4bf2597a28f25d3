#include "euicc/card/gsm_class.h"

#include "euicc/card/naa.h"

namespace simurgh::card {

using apdu::refuse;
using apdu::Sw;

namespace {

constexpr std::uint16_t kDfGsm = 0x7F20;
constexpr std::size_t kChvSize = 8;

// CHV1 is the application PIN of the first USIM, CHV2 its second PIN; both are looked up where the USIM lies.
struct Chv {
  uicc::NodeId directory = uicc::kMf;
  std::uint8_t reference = 0;
};

Chv chv_of(const Core& core, unsigned number) {
  Chv out;
  const uicc::NodeId usim = first_usim(core);
  if (usim != uicc::kNoNode) out.directory = usim;
  out.reference = 0x01;
  for (const std::uint8_t reference : core.uicc.tree().at(out.directory).pin_references) {
    if (reference >= 0x01 && reference <= 0x08) {
      out.reference = reference;
      break;
    }
  }
  if (number == 2) out.reference |= 0x80;
  return out;
}

// TS 51.011 9.4.5: what the PIN commands say of a CHV.
apdu::Error chv_error(const apdu::Error& error) {
  const auto words = [&](Sw sw) { return apdu::Error{sw, error.why}; };
  switch (error.sw) {
    case Sw::data_not_found:
      return words(Sw::gsm_no_chv);
    case Sw::pin_blocked:
      return words(Sw::gsm_chv_blocked);
    case Sw::data_invalidated:
    case Sw::conditions_not_satisfied:
      return words(Sw::gsm_chv_contradiction);
    default:
      break;
  }
  if ((apdu::value(error.sw) & 0xFFF0) == 0x63C0) {
    return words((apdu::value(error.sw) & 0x0F) == 0 ? Sw::gsm_chv_blocked : Sw::gsm_access_not_fulfilled);
  }
  return gsm_error(error);
}

bool within(const uicc::FileTree& tree, uicc::NodeId at, uicc::NodeId above) {
  for (; at != uicc::kNoNode; at = tree.at(at).parent) {
    if (at == above) return true;
  }
  return false;
}

}  // namespace

bool gsm_offered(const Core& core) {
  if (core.uicc.life_cycle(uicc::kMf, core.txn) >= uicc::kTerminated) return false;
  const uicc::NodeId gsm = core.uicc.tree().child(uicc::kMf, kDfGsm);
  return gsm != uicc::kNoNode && core.uicc.tree().at(gsm).is_directory();
}

apdu::Error gsm_error(const apdu::Error& error, std::size_t length) {
  const auto words = [&](Sw sw) { return apdu::Error{sw, error.why}; };
  switch (error.sw) {
    case Sw::no_ef_selected:
      return words(Sw::gsm_no_ef_selected);
    case Sw::record_not_found:
      return words(Sw::gsm_out_of_range);
    case Sw::file_not_found:
    case Sw::end_of_file:
      return words(Sw::gsm_not_found);
    case Sw::incompatible_file_structure:
      return words(Sw::gsm_file_inconsistent);
    case Sw::security_status_not_satisfied:
      return words(Sw::gsm_access_not_fulfilled);
    case Sw::data_invalidated:
      return words(Sw::gsm_invalidated);
    case Sw::incorrect_p1p2:
      return words(Sw::wrong_p1p2_range);
    case Sw::wrong_length:
      return words(apdu::gsm_wrong_p3(length));
    case Sw::memory_failure:
      return words(Sw::gsm_memory_problem);
    case Sw::conditions_not_satisfied:
      return words(Sw::gsm_file_inconsistent);
    default:
      break;
  }
  if (apdu::value(error.sw) >> 8 == 0x6C) {
    const std::size_t right = apdu::value(error.sw) & 0xFF;
    return words(apdu::gsm_wrong_p3(right));
  }
  return error;
}

apdu::Answer as_gsm(apdu::Answer answer, std::size_t length) {
  if (!answer) return std::unexpected(gsm_error(answer.error(), length));
  if (answer->sw == Sw::end_of_file) return refuse(Sw::gsm_not_found, "nothing found");
  // A deactivated file is selected without a warning: its status octet tells.
  if (answer->sw == Sw::file_deactivated || answer->sw == Sw::file_terminated) answer->sw = Sw::ok;
  return answer;
}

apdu::Command iso_form(const apdu::Command& command, std::uint8_t ins, std::uint8_t p1, std::uint8_t p2) {
  apdu::Command out = command;
  const bool proprietary = ins == 0x32;  // INCREASE
  out.cla = proprietary ? 0x80 : 0x00;
  out.family = proprietary ? apdu::ClaFamily::proprietary : apdu::ClaFamily::iso;
  out.ins = ins;
  out.p1 = p1;
  out.p2 = p2;
  return out;
}

ChvStatus chv_status(const Core& core, unsigned number) {
  ChvStatus out;
  const Chv chv = chv_of(core, number);
  const auto index = core.uicc.resolve_pin(chv.directory, chv.reference);
  if (!index) return out;
  const uicc::PinState state = core.uicc.pin_state(*index, core.txn);
  out.chv = static_cast<std::uint8_t>(0x80 | (state.tries & 0x0F));
  out.enabled = state.enabled;
  const auto puk = core.uicc.pin(*index).puk == 0 ? std::nullopt : core.uicc.find_puk(core.uicc.pin(*index).puk);
  if (puk) out.unblock = static_cast<std::uint8_t>(0x80 | (core.uicc.puk_state(*puk, core.txn).tries & 0x0F));
  return out;
}

apdu::Answer gsm_chv(Core& core, ChannelState&, const apdu::Command& command) {
  const bool unblock = command.ins == 0x2C;
  const bool chv1_only = command.ins == 0x26 || command.ins == 0x28;
  const std::uint8_t first = unblock ? 0x00 : 0x01;  // UNBLOCK CHV calls CHV1 00
  if (command.p1 != 0 || (command.p2 != first && (command.p2 != 0x02 || chv1_only))) return refuse(Sw::wrong_p1p2_range, "no such CHV");
  const std::size_t size = unblock || command.ins == 0x24 ? 2 * kChvSize : kChvSize;
  if (command.data.size() != size) return refuse(apdu::gsm_wrong_p3(size), "a CHV has eight octets");
  const Chv chv = chv_of(core, command.p2 == 0x02 ? 2 : 1);
  uicc::Channel there;
  there.directory = chv.directory;
  uicc::Context context{core.uicc, there, core.txn, core.rng};
  const apdu::Command form = iso_form(command, command.ins, 0x00, chv.reference);
  apdu::Answer answer = [&] {
    switch (command.ins) {
      case 0x24:
        return uicc::change_pin(context, form);
      case 0x26:
        return uicc::disable_pin(context, form);
      case 0x28:
        return uicc::enable_pin(context, form);
      case 0x2C:
        return uicc::unblock_pin(context, form);
      default:
        return uicc::verify_pin(context, form);
    }
  }();
  if (!answer) return std::unexpected(chv_error(answer.error()));
  return answer;
}

// SRES and Kc by the conversion functions c2 and c3, with the key of the first USIM.
apdu::Answer gsm_run_algorithm(Core& core, ChannelState& channel, const apdu::Command& command) {
  if (command.p1 != 0 || command.p2 != 0) return refuse(Sw::wrong_p1p2_range, "RUN GSM ALGORITHM P1 P2");
  if (command.data.size() != 16) return refuse(apdu::gsm_wrong_p3(16), "RAND has sixteen octets");
  const auto& tree = core.uicc.tree();
  if (channel.selected != Selected::files || !within(tree, channel.files.directory, tree.child(uicc::kMf, kDfGsm))) {
    return refuse(Sw::gsm_file_inconsistent, "DF.GSM is not the current directory");
  }
  const Chv chv = chv_of(core, 1);
  if (!core.uicc.pin_satisfied(chv.directory, chv.reference, core.txn))
    return refuse(Sw::gsm_access_not_fulfilled, "RUN GSM ALGORITHM needs CHV1");
  const auto keys = run_gsm(core, first_usim(core), command.data);
  if (!keys) return std::unexpected(gsm_error(keys.error()));
  return apdu::with_data(concat({keys->sres.expose(), keys->kc.expose()}));
}

// Obsolete and without effect; terminals of phase 1 send it.
apdu::Answer gsm_sleep(Core&, ChannelState&, const apdu::Command& command) {
  if (command.p1 != 0 || command.p2 != 0) return refuse(Sw::wrong_p1p2_range, "SLEEP P1 P2");
  return apdu::done();
}

// The toolkit's commands are those of class 80.
apdu::Answer gsm_toolkit(Core& core, ChannelState& channel, const apdu::Command& command) {
  const CommandRow* row = find_command(apdu::ClaFamily::proprietary, command.ins);
  if (row == nullptr) return refuse(Sw::ins_not_supported, "the card has no such toolkit command");
  apdu::Command form = command;
  form.cla = 0x80;
  form.family = apdu::ClaFamily::proprietary;
  apdu::Answer answer = row->handler(core, channel, form);
  if (!answer) return std::unexpected(gsm_error(answer.error()));
  return answer;
}

}  // namespace simurgh::card
