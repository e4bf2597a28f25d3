#include "euicc/card/core.h"

#include <exception>
#include <stdexcept>

namespace simurgh::card {

using apdu::refuse;
using apdu::Sw;

namespace {

constexpr std::uint8_t kGetResponse = 0xC0;

// T=0 only, TS 102 221 6.3; TB3 = 82 announces eUICC functions (SGP.22 v2.5 annex). Historical octets end with "SIMURGH".
const Bytes& default_atr() {
  static const Bytes kAtr = [] {
    Bytes atr{0x3B, 0x9F, 0x96, 0x80, 0x3F, 0xC7, 0x82, 0x80, 0x31, 0xE0, 0x73, 0xFE, 0x21, 0x1F,
              0x67, 'S', 'I', 'M', 'U', 'R', 'G', 'H'};
    std::uint8_t check = 0;
    for (std::size_t i = 1; i < atr.size(); ++i) check = static_cast<std::uint8_t>(check ^ atr[i]);
    atr.push_back(check);
    return atr;
  }();
  return kAtr;
}

Bytes sw_only(Sw sw) { return be_bytes(apdu::value(sw), 2); }

Bytes with_sw(ByteView data, Sw sw) {
  Bytes out;
  out.reserve(data.size() + 2);
  append(out, data);
  out.push_back(static_cast<std::uint8_t>(apdu::value(sw) >> 8));
  out.push_back(static_cast<std::uint8_t>(apdu::value(sw)));
  return out;
}

ecasd::Ecasd load_identity(const state::Transaction& txn) {
  auto identity = ecasd::Ecasd::load(txn);
  if (!identity) throw std::runtime_error("the store holds no card (identity missing or damaged); make one with 'simurgh new'");
  return *std::move(identity);
}

}  // namespace

Core::Core(state::StateStore& store, crypto::Rng& rng_in, TraceSink* trace_in, ImageCache* images_in, const Applets* applets_in)
    : txn(store), rng(rng_in), trace(trace_in), images(images_in), applets(applets_in), ecasd(load_identity(txn)),
      toolkit([this](const char* why) { note(why); }) {
  std::vector<gp::NativeApplet> natives_known;
  if (applets != nullptr) {
    for (const AppletRow& row : applets->rows()) {
      if (!row.class_aid.empty()) natives_known.push_back({row.package_aid, row.class_aid, row.name});
    }
  }
  natives = gp::NativeApplets(std::move(natives_known));
  content.set_natives(&natives);
  install_card_applications();
  atr = ecasd.capabilities.atr.empty() ? default_atr() : ecasd.capabilities.atr;
}

void Core::forget_volatile() {
  toolkit.reset();
  platform.reset();
  parked.reset();
  terminal_capability.clear();
  terminal_profile_data.clear();
  suspended = false;
  ipae_activated_ = false;
  inbox.clear();
  for (ChannelState& channel : channels) channel = ChannelState{};
  channels[0].open = true;
  refresh_requested_ = false;
  profile_changed_ = false;
}

void Core::restart() {
  txn.rollback();
  forget_volatile();
  isdr.reset(txn, ecasd);
  isdr::Isdr::apply_pending_switch(txn, ecasd, *this);
  if (const auto stored = txn.commit(); !stored) note("what a reset settles could not be stored; it is tried again at the next one");
  refresh_requested_ = false;
  profile_changed_ = false;
  mount_enabled();
  reset_profile_applications();
}

void Core::mount_enabled() {
  image.reset();
  image_owner = 0;
  remote_conversation = {};
  for (ChannelState& channel : channels) {
    channel.files = uicc::Channel{};
    channel.end_session();
    if (channel.selected == Selected::security_domain || channel.selected == Selected::application) channel.selected = Selected::files;
  }
  if (const auto enabled = profile::Registry(txn).enabled()) {
    const state::Cell cell = txn.cell({state::Space::profile, enabled->number, 1});
    if (cell && images != nullptr) {
      image = images->get(cell);
    } else if (cell) {
      if (auto decoded = profile::ProfileImage::decode(*cell)) image = std::make_shared<const profile::ProfileImage>(*std::move(decoded));
    }
    if (image) {
      image_owner = enabled->number;
      content.mount({image, &image->gp}, image_owner, txn);
      uicc.mount({image, &image->files}, {image, &image->pins}, image_owner, txn);
      install_profile_applications();
      return;
    }
    note("the enabled profile has no readable image");
  }
  content.mount(nullptr, 0, txn);
  static const auto kNoPins = std::make_shared<const uicc::PinTable>();
  const auto& capabilities = ecasd.capabilities;
  uicc.mount(bare_tree(capabilities.bare_ef_dir, isdr.aid(ecasd)), kNoPins, 0, txn);
  install_profile_applications();
}

bool Core::store() {
  if (!txn.dirty()) return true;
  if (txn.commit()) return true;
  note("the command's changes could not be stored; the card is as it was before and sessions are closed");
  forget_volatile();
  isdr.reset(txn, ecasd);
  txn.rollback();
  mount_enabled();
  return false;
}

bool Core::settle(const apdu::Answer& answer) {
  const bool restructured = uicc.take_restructured();
  const bool managed = content.take_changed();
  if (!answer) {
    txn.rollback();
    if (restructured) uicc.reload_tree(txn);
    if (managed) content.reload(txn);
    refresh_requested_ = false;
    profile_changed_ = false;
    return true;
  }
  if (!store()) return false;
  if (restructured) leave_removed_files();
  if (managed) renew_profile_applications();
  if (profile_changed_) {
    profile_changed_ = false;
    // SGP.22 v2.5 3.2.1: sessions of the old profile end, its PIN verifications and its toolkit session with them.
    toolkit.end_session();
    mount_enabled();
  }
  if (refresh_requested_) {
    refresh_requested_ = false;
    const bool knows_profile_change = toolkit.terminal_has(34, 6);
    toolkit.request(toolkit::refresh(knows_profile_change ? toolkit::RefreshMode::euicc_profile_state_change : toolkit::RefreshMode::uicc_reset));
  }
  // What applications did that have just started; the command itself is stored already.
  if (!store()) note("what applications that have just started changed could not be stored");
  return true;
}

// Channels that stand in a file that DELETE FILE took away fall back: to no file, to the MF.
void Core::leave_removed_files() {
  const auto gone = [&](uicc::NodeId id) { return id != uicc::kNoNode && uicc.tree().at(id).kind == uicc::FileKind::removed; };
  for (ChannelState& channel : channels) {
    uicc::Channel& files = channel.files;
    if (gone(files.file)) {
      files.file = uicc::kNoNode;
      files.record = 0;
      files.end_transfer();
    }
    if (gone(files.directory) || gone(files.adf)) files = uicc::Channel{};
  }
}

apdu::Sw Core::with_proactive(Sw sw) {
  const auto size = toolkit.announced();
  if (!size) return sw;
  // TS 102 221 11.3: a transfer that goes on tells of the waiting command too; errors and other warnings never do.
  switch (sw) {
    case Sw::ok:
      return apdu::proactive_pending(*size);
    case Sw::more_data_retrieve:
      return Sw::more_data_retrieve_proactive;
    case Sw::more_data_expected:
      return Sw::more_data_expected_proactive;
    default:
      return sw;
  }
}

Bytes Core::get_response(const apdu::Command& command) {
  if (!parked || parked->channel != command.channel) return sw_only(Sw::conditions_not_satisfied);
  if (command.p1 != 0 || command.p2 != 0) return sw_only(Sw::incorrect_p1p2);
  const std::size_t left = parked->left();
  const std::size_t wanted = command.le.value_or(256);
  // P3 = 00 asks for whatever is there; any other P3 must not ask for more.
  if (wanted > left && wanted != 256) return sw_only(apdu::wrong_le(left));
  const std::size_t count = std::min(wanted, left);
  const ByteView slice = ByteView(parked->data).subspan(parked->position, count);
  parked->position += count;
  if (parked->left() > 0) return with_sw(slice, apdu::more_data(parked->left()));
  const Bytes out = with_sw(slice, with_proactive(parked->final_sw));
  parked.reset();
  return out;
}

// TS 51.011 9.2.22: as many octets as asked for, and that ends it; more than there are is a wrong P3.
Bytes Core::gsm_get_response(const apdu::Command& command) {
  if (!gsm_offered(*this)) return sw_only(Sw::cla_not_supported);
  if (!parked || parked->channel != 0) return sw_only(apdu::gsm_wrong_p3(0));
  if (command.p1 != 0 || command.p2 != 0) return sw_only(Sw::wrong_p1p2_range);
  const std::size_t left = parked->left();
  const std::size_t wanted = command.le.value_or(256);
  if (wanted > left && wanted != 256) return sw_only(apdu::gsm_wrong_p3(left));
  const Bytes out = with_sw(ByteView(parked->data).subspan(parked->position, std::min(wanted, left)), with_proactive(parked->final_sw));
  parked.reset();
  return out;
}

Bytes Core::finish(const apdu::Command& command, bool case_4, apdu::Response response) {
  if (response.data.empty()) return sw_only(with_proactive(response.sw));
  const bool gsm = command.family == apdu::ClaFamily::gsm;
  // More than a short Le can ask for waits for GET RESPONSE too: no P3 of case 2 would be right (TS 102 221 7.3.1.1.5).
  if (case_4 || !command.data.empty() || (response.data.size() > 256 && !gsm)) {
    const std::size_t size = response.data.size();
    parked = ParkedResponse{.data = std::move(response.data), .position = 0, .final_sw = response.sw, .channel = command.channel};
    return sw_only(gsm ? apdu::gsm_data(size) : apdu::more_data(size));
  }
  if (response.data.size() != command.le.value_or(256)) {
    return sw_only(gsm ? apdu::gsm_wrong_p3(response.data.size()) : apdu::wrong_le(response.data.size()));
  }
  return with_sw(response.data, with_proactive(response.sw));
}

// The order of the checks is that of uicc dispatch: class, channel, secure messaging, instruction (TS 102 221 10.1.1, ISO 7816-4 5.4).
apdu::Answer Core::run(const apdu::Command& command) {
  ChannelState& channel = channels[command.channel];
  if (!channel.open) return refuse(Sw::channel_unsupported, "the logical channel is not open");
  if (command.family == apdu::ClaFamily::gsm && !gsm_offered(*this)) {
    return refuse(Sw::cla_not_supported, "class A0 is not offered: the profile has no DF.GSM");
  }
  const CommandRow* row = find_command(command.family, command.ins);
  if (row == nullptr) {
    if (command.secure_messaging) return refuse(Sw::secure_messaging_unsupported, "secure messaging is not available");
    return refuse(Sw::ins_not_supported, "instruction unknown in this class");
  }
  if (command.secure_messaging && !takes_secure_messaging(channel, command))
    return refuse(Sw::secure_messaging_unsupported, "secure messaging is not available for this command");
  if (!resumes(command)) {
    if (suspended) return refuse(Sw::conditions_not_satisfied, "the UICC is suspended");
    drop_suspended_session();
  }
  if (row->ins != 0xE2) channel.drop_chain();
  if (row->ins != 0xCB && row->ins != 0xDB) channel.files.end_transfer();
  const uicc::Position before = channel.files.where();
  auto answer = command.secure_messaging ? run_wrapped(channel, *row, command) : row->handler(*this, channel, command);
  if (answer && held_elsewhere(command.channel, before)) {
    channel.files.end_transfer();
    channel.files.move_to(before);
    return refuse(Sw::conditions_not_satisfied, "the file is not shareable and current on another channel");
  }
  return answer;
}

// GlobalPlatform 10.5: the handler sees the command without its protection; its answer is protected on the way out.
apdu::Answer Core::run_wrapped(ChannelState& channel, const CommandRow& row, const apdu::Command& command) {
  if (row.handler == &external_authenticate) return row.handler(*this, channel, command);
  const auto plain = unwrap(channel, command);
  if (!plain) return std::unexpected(plain.error());
  apdu::Command inner = command;
  inner.data = *plain;
  auto answer = row.handler(*this, channel, inner);
  if (answer && channel.secure) answer->data = channel.secure->wrap(answer->data, answer->sw);
  return answer;
}

// TS 102 221 8.3, 8.7: a file that is not shareable is current on one channel at a time, whether SELECT or an SFI would make it current.
bool Core::held_elsewhere(std::uint8_t number, const uicc::Position& before) const {
  const uicc::Channel& now = channels[number].files;
  const auto held = [&](uicc::NodeId id) {
    if (id == uicc::kNoNode || (uicc.tree().at(uicc.tree().body_of(id)).descriptor & 0x40) != 0) return false;
    for (std::size_t other = 0; other < channels.size(); ++other) {
      if (other == number || !channels[other].open) continue;
      if (channels[other].files.file == id || channels[other].files.directory == id) return true;
    }
    return false;
  };
  return (now.file != before.file && held(now.file)) || (now.directory != before.directory && held(now.directory));
}

Bytes Core::transmit(ByteView command_apdu) {
  if (!powered) return sw_only(Sw::technical_problem);
  try {
    const auto command = apdu::parse_command(command_apdu);
    if (!command) {
      parked.reset();
      note(command.error().why);
      return sw_only(command.error().sw);
    }
    if (command->ins == kGetResponse && command->family == apdu::ClaFamily::gsm) return gsm_get_response(*command);
    // Terminals ask with the class of the command before, 84 too; GET RESPONSE itself is never protected (GlobalPlatform 11.1.5).
    if (command->ins == kGetResponse && (!command->secure_messaging || parked)) return get_response(*command);
    parked.reset();
    apdu::Answer answer = run(*command);
    if (platform.listened()) observe(*command, answer);
    if (!settle(answer)) return sw_only(Sw::memory_failure);
    if (!answer) {
      note(answer.error().why);
      return sw_only(answer.error().sw);
    }
    const CommandRow* row = find_command(command->family, command->ins);
    return finish(*command, row->case_4, *std::move(answer));
  } catch (const std::exception& failure) {
    // A programmer's error or an exhausted host must not reach the terminal as anything but 6F00; the card forgets the command.
    note(failure.what());
    txn.rollback();
    forget_volatile();
    mount_enabled();
    return sw_only(Sw::technical_problem);
  }
}

}  // namespace simurgh::card
