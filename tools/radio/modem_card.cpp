// What a modem reads from its card, what it leaves there, and how it takes a REFRESH.
#include <algorithm>

#include "tools/radio/modem.h"

namespace simurgh::radio {

using terminal::ServiceStatus;

namespace {

// TS 102 223 8.6; those that end the session of the application
constexpr std::uint8_t kFullChange = 0x00, kFileChange = 0x01, kInitAndFileChange = 0x02, kReset = 0x04, kApplicationReset = 0x05, kSessionReset = 0x06,
                       kSteering = 0x07, kProfileState = 0x09;

bool restarts(std::uint8_t mode) {
  return mode == kFullChange || mode == kInitAndFileChange || mode == kReset || mode == kApplicationReset || mode == kSessionReset || mode == kProfileState;
}

}  // namespace

void Modem::read_card() {
  const terminal::CardFacts& card = terminal_->facts();
  const auto file = [&](const char* path) {
    const auto at = card.files.find(path);
    return at == card.files.end() ? ByteView{} : at->second.body();
  };
  imsi_ = card.imsi();
  imei_ = terminal_->device().imei;
  const ByteView administrative = file("7FFF6FAD");
  const unsigned mnc_digits = administrative.size() >= 4 && (administrative[3] & 0x0F) == 3 ? 3 : 2;
  lists_.home = read_plmn_list(file("7FFF6FD9"));
  if (lists_.home.empty() && !imsi_.empty()) lists_.home = {home_of(imsi_, mnc_digits)};
  lists_.home_access = read_access_list(file("7FFF6F62"));
  lists_.user = read_access_list(file("7FFF6F60"));
  lists_.network = read_access_list(file("7FFF6F61"));
  forbidden_file_ = to_bytes(file("7FFF6F7B"));
  const auto forbidden = read_plmn_list(forbidden_file_);
  lists_.forbidden = {forbidden.begin(), forbidden.end()};
  lists_.forbidden.insert(remembered_.begin(), remembered_.end());
  location_ = read_epsloci(file("7FFF6FE3"));
  if (location_.plmn.empty()) {
    if (const ByteView five = file("7FFF5FC04F01"); !five.empty()) location_.plmn = read_5gsloci(five).plmn;
  }
  if (location_.plmn.empty()) {
    if (const ByteView loci = file("7FFF6F7E"); !loci.empty()) location_.plmn = read_loci(loci).plmn;
  }
  lists_.last = location_.status == update_status::kUpdated || location_.status == update_status::kNotUpdated ? location_.plmn : std::string{};
  // TS 31.102 4.2.6: units of six minutes, 00 never; 60 minutes without the file
  const ByteView period = file("7FFF6F31");
  home_search_ = period.empty() || period[0] > 80 ? 10 : period[0];
}

bool Modem::write_file(std::string_view path, ByteView content) {
  if (content.empty() || content.size() > 255) return false;
  const Bytes name = from_hex(path).value();
  const auto selected = terminal_->send(concat({Bytes{0x00, 0xA4, 0x08, 0x0C, static_cast<std::uint8_t>(name.size())}, name}));
  if (!selected.ok()) return false;
  return terminal_->send(concat({Bytes{0x00, 0xD6, 0x00, 0x00, static_cast<std::uint8_t>(content.size())}, content})).ok();
}

void Modem::write_location() {
  if (terminal_->facts().usim.empty()) return;
  switch (cell_.rat) {
    case Rat::gsm:
    case Rat::utran: {
      LastLocation circuit = location_;
      circuit.identity = location_.identity.size() >= 4 ? Bytes(location_.identity.end() - 4, location_.identity.end()) : Bytes{};
      (void)write_file("7FFF6F7E", write_loci(circuit));
      (void)write_file("7FFF6F73", write_psloci(circuit));
      break;
    }
    case Rat::nr:
      (void)write_file("7FFF5FC04F01", write_5gsloci(location_));
      break;
    default:
      (void)write_file("7FFF6FE3", write_epsloci(location_));
  }
}

void Modem::forbid(const std::string& plmn) {
  if (std::find(remembered_.begin(), remembered_.end(), plmn) == remembered_.end()) remembered_.push_back(plmn);
  const Bytes longer = add_forbidden(forbidden_file_, plmn);
  if (longer == forbidden_file_) return;
  forbidden_file_ = longer;
  (void)write_file("7FFF6F7B", forbidden_file_);
}

// A network that a person chose and that took the modem is forbidden no more (TS 31.102 4.2.16).
void Modem::allow(const std::string& plmn) {
  std::erase(remembered_, plmn);
  lists_.forbidden.erase(plmn);
  temporarily_forbidden_.erase(plmn);
  const Bytes shorter = remove_forbidden(forbidden_file_, plmn);
  if (shorter == forbidden_file_) return;
  forbidden_file_ = shorter;
  (void)write_file("7FFF6F7B", forbidden_file_);
}

void Modem::erase_forbidden() {
  remembered_.clear();
  lists_.forbidden.clear();
  lists_.packet_forbidden.clear();
  temporarily_forbidden_.clear();
  if (forbidden_file_.empty()) return;
  forbidden_file_.assign(forbidden_file_.size(), 0xFF);
  (void)write_file("7FFF6F7B", forbidden_file_);
}

void Modem::end_session() {
  if (terminal_->facts().usim.empty()) return;
  write_location();
  if (personality_.writes_list_back && !remembered_.empty()) {
    Bytes list = forbidden_file_;
    for (const std::string& plmn : remembered_) list = add_forbidden(list, plmn);
    (void)write_file("7FFF6F7B", list);
  }
  // TS 102 221 11.1.2: the application is about to be terminated.
  (void)terminal_->send(Bytes{0x80, 0xF2, 0x02, 0x0C, 0x00});
}

std::optional<terminal::Reply> Modem::before_refresh(std::uint8_t mode) {
  mark("refresh", {{"mode", to_hex(Bytes{mode})}});
  if (personality_.deaf.contains(mode)) return terminal::Reply{};
  if (!restarts(mode) || phase_ == Phase::off) return std::nullopt;
  account();
  end_session();
  if (phase_ == Phase::registered) parts_.serving.detached();
  return std::nullopt;
}

void Modem::after_refresh(std::uint8_t mode) {
  if (phase_ == Phase::off) return;
  if (!restarts(mode)) {
    // Lists alone: what is registered stays so, what waits looks again (steering) with the new order.
    if (mode == kFileChange || mode == kSteering) read_card();
    if (mode == kSteering && phase_ == Phase::registered) better_search_ = now();
    return;
  }
  const std::string before = imsi_;
  if (!personality_.keeps_list_over_reset) remembered_.clear();
  read_card();
  if (imsi_ != before) t3245_.reset();
  if (imsi_ != before && !personality_.keeps_t3396_over_usim) t3396_.clear();
  forget_timers(imsi_ != before || mode == kReset || mode == kProfileState);
  tell(ServiceStatus::none);
  searches_ = 0;
  if (imsi_ != before) mark("subscription", {{"from", before}, {"to", imsi_}, {"iccid", terminal_->facts().iccid()}});
  search(Time(0));
}

}  // namespace simurgh::radio
