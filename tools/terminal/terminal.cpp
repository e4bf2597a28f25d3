#include "tools/terminal/terminal.h"

#include <algorithm>
#include <utility>

namespace simurgh::terminal {

using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

constexpr std::size_t kMostData = 255;      // of a command APDU
constexpr unsigned kMostTries = 8;          // of an envelope that a busy card does not take
constexpr milliseconds kBusyPause = seconds(1);

constexpr std::uint8_t kRefresh = 0x01;
constexpr std::uint8_t kFileList = 0x12;
// Qualifiers of REFRESH, TS 102 223 8.6
constexpr std::uint8_t kInitAndFullChange = 0x00, kFileChange = 0x01, kInitAndFileChange = 0x02, kInit = 0x03, kReset = 0x04, kApplicationReset = 0x05,
                       kSessionReset = 0x06, kSteering = 0x07, kSteeringWlan = 0x08, kProfileState = 0x09, kApplicationUpdate = 0x0A;

Bytes apdu(std::uint8_t ins, ByteView data) {
  return concat({Bytes{0x80, ins, 0x00, 0x00, static_cast<std::uint8_t>(data.size())}, data});
}

}  // namespace

std::optional<ControlDecision> read_control(ByteView data) {
  if (data.empty()) return ControlDecision{};
  // TS 31.111 7.3.1.6: result, length, objects
  if (data.size() < 2 || data[0] > 0x02 || data[1] != data.size() - 2 || !read_objects(data.subspan(2))) return std::nullopt;
  return ControlDecision{static_cast<ControlDecision::Kind>(data[0]), to_bytes(data.subspan(2))};
}

Terminal::Terminal(Parts parts, TerminalOptions options)
    : parts_(std::move(parts)),
      options_(std::move(options)),
      card_(parts_.link,
            [this](ByteView command, ByteView answer) {
              if (!options_.journal_apdus) return;
              note("apdu", (command.empty() ? "reset" : to_hex(command)) + " -> " + to_hex(answer),
                   {{"command", to_hex(command)}, {"response", to_hex(answer)}});
            }),
      start_up_(card_, options_.power_up, options_.capabilities, options_.pin,
                [this](const CardFile& file) {
                  std::string content;
                  for (const Bytes& part : file.content) content += (content.empty() ? "" : " ") + to_hex(part);
                  note("file", file.name + (file.content.empty() ? ": " + to_hex(be_bytes(file.sw, 2)) : " " + content),
                       {{"name", file.name}, {"content", content}, {"sw", to_hex(be_bytes(file.sw, 2))}});
                }),
      toolkit_({.device = options_.device,
                .clock = parts_.clock,
                .network = parts_.network,
                .user = parts_.user,
                .profile = options_.capabilities.profile,
                .services = options_.services,
                .limits = options_.channels,
                .note = [this](const std::string& kind, const std::string& text) { note(kind, text); }}) {}

void Terminal::note(const std::string& kind, const std::string& text, std::vector<std::pair<std::string, std::string>> fields) {
  if (parts_.journal) parts_.journal({.at = parts_.clock.now(), .kind = kind, .text = text, .fields = std::move(fields)});
}

std::expected<void, Problem> Terminal::power_up() {
  note("card", "reset, ATR " + to_hex(card_.reset()));
  toolkit_.reset();
  waiting_.clear();
  auto done = start_up_.run();
  last_talk_ = parts_.clock.now();
  const CardFacts& card = facts();
  if (done) {
    note("card", card.usim.empty() ? "no USIM; ICCID " + card.iccid() : "ICCID " + card.iccid() + ", IMSI " + card.imsi(),
         {{"iccid", card.iccid()}, {"imsi", card.imsi()}});
  } else {
    note("note", done.error().what, {{"sw", to_hex(be_bytes(done.error().sw, 2))}});
  }
  return done;
}

void Terminal::start_again(bool reset) {
  std::expected<void, Problem> done;
  if (reset) {
    ++resets_;
    done = power_up();
  } else {
    toolkit_.reset();
    waiting_.clear();
    done = start_up_.run();
    note("card", "read again: ICCID " + facts().iccid() + ", IMSI " + facts().imsi(), {{"iccid", facts().iccid()}, {"imsi", facts().imsi()}});
  }
  problem_.reset();
  if (!done) problem_ = done.error();
}

Answer Terminal::send(ByteView command) {
  last_talk_ = parts_.clock.now();
  return card_.transmit(command);
}

bool Terminal::has_service(unsigned number) const {
  const auto table = facts().files.find("7FFF6F38");
  if (table == facts().files.end() || number == 0) return false;
  const ByteView body = table->second.body();
  return (number - 1) / 8 < body.size() && (body[(number - 1) / 8] >> ((number - 1) % 8) & 1) != 0;
}

EnvelopeAnswer Terminal::envelope(ByteView content) {
  if (content.empty() || content.size() > kMostData) throw std::invalid_argument("an envelope has 1 to 255 octets");
  Answer answer = send(apdu(0xC2, content));
  EnvelopeAnswer out{.data = std::move(answer.data), .sw = answer.sw};
  const auto sw1 = static_cast<std::uint8_t>(answer.sw >> 8);
  out.kind = answer.ok() ? EnvelopeAnswer::Kind::taken : sw1 == 0x93 ? EnvelopeAnswer::Kind::busy : EnvelopeAnswer::Kind::refused;
  note("envelope", to_hex(content) + " -> " + (out.data.empty() ? "" : to_hex(out.data) + " ") + to_hex(be_bytes(out.sw, 2)),
       {{"content", to_hex(content)}, {"data", to_hex(out.data)}, {"sw", to_hex(be_bytes(out.sw, 2))}});
  return out;
}

std::optional<ControlDecision> Terminal::may_call(const std::string& number) {
  if (!has_service(30)) return ControlDecision{};
  const EnvelopeAnswer answer = envelope(envelope::call_control(number, options_.device));
  return answer.kind == EnvelopeAnswer::Kind::taken ? read_control(answer.data) : ControlDecision{.kind = ControlDecision::Kind::not_allowed, .objects = {}};
}

std::optional<ControlDecision> Terminal::may_send_sms(const std::string& centre, const std::string& number) {
  if (!has_service(31)) return ControlDecision{};
  const EnvelopeAnswer answer = envelope(envelope::sms_control(centre, number, options_.device));
  return answer.kind == EnvelopeAnswer::Kind::taken ? read_control(answer.data) : ControlDecision{.kind = ControlDecision::Kind::not_allowed, .objects = {}};
}

void Terminal::move_to(const Device& next) {
  const Device before = std::exchange(options_.device, next);
  const bool moved = before.service != next.service || !equal(encode_location(before), encode_location(next));
  if (moved && toolkit_.listens(envelope::kLocationStatus)) waiting_.push_back({envelope::location_status(next)});
  if (before.access != next.access && toolkit_.listens(envelope::kAccessTechnologyChange)) {
    waiting_.push_back({envelope::access_technology_change(next.access)});
  }
}

void Terminal::reject(const Device& where, std::uint8_t type, std::uint8_t cause) {
  if (toolkit_.listens(envelope::kNetworkRejection)) waiting_.push_back({envelope::network_rejection(where, type, cause)});
}

void Terminal::user_activity() {
  if (!toolkit_.listens(envelope::kUserActivity)) return;
  toolkit_.forget_event(envelope::kUserActivity);
  waiting_.push_back({envelope::user_activity()});
}

void Terminal::idle_screen() {
  if (!toolkit_.listens(envelope::kIdleScreen)) return;
  toolkit_.forget_event(envelope::kIdleScreen);
  waiting_.push_back({envelope::idle_screen()});
}

void Terminal::select_language(const std::string& language) {
  options_.device.language = language;
  if (toolkit_.listens(envelope::kLanguageSelection)) waiting_.push_back({envelope::language_selection(language)});
}

Answer Terminal::respond(const Object& details, const Reply& reply) {
  Bytes data;
  // TS 102 223 6.8.1: identical to those of the command
  put_object(data, static_cast<std::uint8_t>(details.tag), details.value, details.comprehension);
  const std::uint8_t devices[] = {0x82, 0x81};
  put_object(data, 0x02, devices);
  Bytes outcome{reply.general};
  append(outcome, reply.additional);
  put_object(data, 0x03, outcome);
  if (data.size() + reply.objects.size() <= kMostData) append(data, reply.objects);
  const Answer answer = send(apdu(0x14, data));
  note("response", to_hex(outcome) + " -> " + to_hex(be_bytes(answer.sw, 2)), {{"content", to_hex(data)}, {"sw", to_hex(be_bytes(answer.sw, 2))}});
  return answer;
}

void Terminal::fetch_and_perform() {
  const std::size_t size = card_.announced().value_or(0);
  ++commands_;
  const Answer fetched = send(Bytes{0x80, 0x12, 0x00, 0x00, static_cast<std::uint8_t>(size)});
  if (!fetched.ok()) {
    note("note", "FETCH brought " + to_hex(be_bytes(fetched.sw, 2)));
    // What was announced is not there; the next 91xx will tell.
    (void)send(Bytes{0x80, 0xF2, 0x00, 0x0C, 0x00});
    return;
  }
  const auto command = parse_command(fetched.data);
  if (!command) {
    const CommandError& error = command.error();
    note("command", std::string("unreadable: ") + error.why, {{"content", to_hex(fetched.data)}});
    const std::uint8_t details[] = {error.details.number, error.details.type, error.details.qualifier};
    (void)respond({.tag = 0x01, .comprehension = error.details_known, .value = details}, {.general = error.result});
    return;
  }
  note("command", describe(*command), {{"content", to_hex(fetched.data)}});
  if (const auto refused = toolkit_.refusal(*command)) {
    (void)respond(*command->find(0x01), *refused);
  } else if (command->details.type == kRefresh) {
    refresh(*command);
  } else {
    (void)respond(*command->find(0x01), toolkit_.perform(*command));
  }
}

void Terminal::read_listed_files(const ProactiveCommand& command) {
  const Object* list = command.find(kFileList);
  if (list == nullptr || list->value.empty()) return;
  // A count, then paths that each begin at the MF (TS 102 223 8.18).
  const ByteView paths = list->value.subspan(1);
  std::size_t start = 0;
  for (std::size_t at = 2; at <= paths.size(); at += 2) {
    const bool ends = at + 2 > paths.size() || (paths[at] == 0x3F && paths[at + 1] == 0x00);
    if (!ends) continue;
    const ByteView path = paths.subspan(start, at - start);
    start = at;
    note("refresh", "file " + to_hex(path) + (start_up_.read_again(path) ? " read again" : " cannot be read"), {{"path", to_hex(path)}});
  }
}

void Terminal::refresh(const ProactiveCommand& command) {
  const std::uint8_t mode = command.details.qualifier;
  const Object& details = *command.find(0x01);
  const bool idle_only = mode <= kSessionReset;
  if (mode > kApplicationUpdate) return (void)respond(details, {.general = result::kBeyondCapabilities});
  // TS 102 223 6.4.7: what a call would notice waits for its end.
  if (idle_only && mode != kFileChange && options_.device.in_call) {
    return (void)respond(details, {.general = result::kTerminalUnable, .additional = {unable::kBusyOnCall}});
  }
  if (mode == kProfileState && !options_.capabilities.profile.has(34, 6)) return (void)respond(details, {.general = result::kBeyondCapabilities});
  if (resets_ >= options_.most_resets && (mode == kReset || mode == kProfileState)) {
    return (void)respond(details, {.general = result::kTerminalUnable, .additional = {unable::kNoCause}});
  }
  if (parts_.radio != nullptr) {
    if (const auto instead = parts_.radio->before_refresh(mode)) return (void)respond(details, *instead);
  }
  perform_refresh(command);
  if (parts_.radio != nullptr) parts_.radio->after_refresh(mode);
}

void Terminal::perform_refresh(const ProactiveCommand& command) {
  const std::uint8_t mode = command.details.qualifier;
  const Object& details = *command.find(0x01);
  const auto initialise = [&]() -> Reply {
    const auto done = start_up_.initialise_usim();
    problem_.reset();
    if (!done) problem_ = done.error();
    // TS 102 223 8.12: 20 with 0A, no NAA active
    return done ? Reply{} : Reply{.general = result::kTerminalUnable, .additional = {0x0A}};
  };
  switch (mode) {
    case kReset:
      // No TERMINAL RESPONSE: the reset is the answer (TS 102 223 6.4.7).
      note("refresh", "the card wants a reset");
      start_again(true);
      return;
    case kProfileState:
      (void)respond(details, {});
      note("refresh", "the card has changed its profile");
      ++resets_;
      start_again(false);
      return;
    case kFileChange:
      read_listed_files(command);
      (void)respond(details, {});
      return;
    case kInitAndFullChange:
    case kInitAndFileChange:
    case kInit: {
      if (mode == kInitAndFileChange) read_listed_files(command);
      if (mode == kInitAndFullChange) {
        start_up_.facts().files.erase("2FE2");
        (void)start_up_.read_again(Bytes{0x2F, 0xE2});
        start_up_.read_directory();
      }
      (void)respond(details, initialise());
      return;
    }
    case kApplicationReset:
    case kSessionReset:
      start_up_.end_usim_session();
      (void)respond(details, initialise());
      return;
    case kSteering:
    case kSteeringWlan:
      // The list of networks is in the command or, without one, in EF.OPLMNwAcT.
      if (command.find(0x72) == nullptr && !facts().usim.empty()) (void)start_up_.read_again(Bytes{0x7F, 0xFF, 0x6F, 0x61});
      (void)respond(details, {});
      return;
    case kApplicationUpdate:
      start_up_.read_directory();
      (void)respond(details, {});
      return;
    default:
      (void)respond(details, {.general = result::kBeyondCapabilities});
  }
}

// True: something was sent.
bool Terminal::deliver_next() {
  const milliseconds now = parts_.clock.now();
  const auto next = std::find_if(waiting_.begin(), waiting_.end(), [&](const Waiting& one) { return one.not_before <= now; });
  if (next == waiting_.end()) return false;
  Waiting one = std::move(*next);
  waiting_.erase(next);
  if (envelope(one.content).kind == EnvelopeAnswer::Kind::busy && ++one.tries < kMostTries) {
    one.not_before = now + kBusyPause;
    waiting_.push_back(std::move(one));
  }
  return true;
}

void Terminal::settle() {
  unsigned served = 0;
  for (;;) {
    if (card_.announced()) {
      if (++served > options_.most_commands) throw LinkError("the card keeps issuing proactive commands");
      fetch_and_perform();
      continue;
    }
    for (Bytes& event : toolkit_.due()) waiting_.push_back({std::move(event)});
    if (!deliver_next()) return;
  }
}

void Terminal::wait(milliseconds until) {
  if (const auto timer = toolkit_.next_timer()) until = std::min(until, *timer);
  if (const auto interval = toolkit_.poll_interval()) until = std::min(until, last_talk_ + *interval);
  for (const Waiting& one : waiting_) until = std::min(until, one.not_before);
  if (until > parts_.clock.now()) parts_.clock.wait_until(until, parts_.network);
  send_due_status();
}

// TS 102 221 14.5.2
void Terminal::send_due_status() {
  const auto interval = toolkit_.poll_interval();
  if (interval && parts_.clock.now() >= last_talk_ + *interval) (void)send(Bytes{0x80, 0xF2, 0x00, 0x0C, 0x00});
}

std::optional<milliseconds> Terminal::next_due() const {
  milliseconds out = milliseconds::max();
  if (const auto timer = toolkit_.next_timer()) out = std::min(out, *timer);
  if (const auto interval = toolkit_.poll_interval()) out = std::min(out, last_talk_ + *interval);
  for (const Waiting& one : waiting_) out = std::min(out, one.not_before);
  if (card_.announced()) out = parts_.clock.now();
  return out == milliseconds::max() ? std::nullopt : std::optional(out);
}

void Terminal::tick() {
  settle();
  send_due_status();
  settle();
}

void Terminal::suspend() {
  toolkit_.reset();
  waiting_.clear();
}

void Terminal::run_for(milliseconds time) {
  const milliseconds end = parts_.clock.now() + time;
  for (settle(); parts_.clock.now() < end; settle()) wait(end);
}

void Terminal::run_until_idle(milliseconds limit) {
  const milliseconds end = parts_.clock.now() + limit;
  for (settle(); (toolkit_.channels_open() || !waiting_.empty()) && parts_.clock.now() < end; settle()) wait(end);
}

}  // namespace simurgh::terminal
