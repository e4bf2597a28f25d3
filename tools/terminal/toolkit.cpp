#include "tools/terminal/toolkit.h"

#include <algorithm>
#include <ctime>

#include "tools/terminal/text.h"

namespace simurgh::terminal {

using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

constexpr std::uint8_t kDeviceIdentities = 0x02, kDuration = 0x04, kAlpha = 0x05, kAddress = 0x06, kSsString = 0x09, kUssdString = 0x0A, kTpdu = 0x0B,
                       kText = 0x0D, kItem = 0x0F, kItemId = 0x10, kResponseLength = 0x11, kLocation = 0x13, kImei = 0x14, kMeasurement = 0x16,
                       kDefaultText = 0x17, kEventList = 0x19, kTimer = 0x24, kTimerValue = 0x25, kDate = 0x26, kLanguage = 0x2D, kTimingAdvance = 0x2E,
                       kUrl = 0x31, kAccessTechnology = 0x3F, kImeisv = 0x62, kBattery = 0x63, kSearchMode = 0x65;
constexpr milliseconds kDefaultPoll = seconds(30);  // TS 102 221 14.5

// TS 102 223 8.8: minutes, seconds or tenths of a second, one to 255 of them.
std::optional<milliseconds> duration_of(const Object& object) {
  if (object.value.size() != 2 || object.value[0] > 2 || object.value[1] == 0) return std::nullopt;
  static constexpr milliseconds kUnits[] = {std::chrono::minutes(1), seconds(1), milliseconds(100)};
  return kUnits[object.value[0]] * object.value[1];
}

std::string text_of(const ProactiveCommand& command) {
  if (const Object* text = command.find(kText)) return decode_text_string(text->value);
  if (const Object* alpha = command.find(kAlpha)) return decode_alpha(alpha->value);
  return {};
}

// Service centre or called number: TON/NPI, then BCD (TS 102 223 8.1).
std::string number_of(const Object* address) {
  if (address == nullptr || address->value.empty()) return {};
  return ((address->value[0] & 0x70) == 0x10 ? "+" : "") + bcd_digits(address->value.subspan(1));
}

Reply unable_to(std::uint8_t cause) { return {.general = result::kTerminalUnable, .additional = {cause}}; }

Reply of_user(UserAct act) {
  if (act == UserAct::screen_busy) return unable_to(unable::kScreenBusy);
  return {.general = static_cast<std::uint8_t>(act)};
}

std::vector<MenuItem> items_of(const ProactiveCommand& command) {
  std::vector<MenuItem> out;
  for (const Object* item : command.all(kItem)) {
    if (!item->value.empty()) out.push_back({item->value[0], decode_alpha(item->value.subspan(1))});
  }
  return out;
}

}  // namespace

// One function per command, in the order of the table.
struct Handlers {
  using C = const ProactiveCommand&;

  static Reply more_time(Toolkit&, C) { return {}; }

  static Reply poll_interval(Toolkit& t, C command) {
    const Object* wanted = command.find(kDuration);
    if (wanted == nullptr) return {.general = result::kValuesMissing};
    const auto interval = duration_of(*wanted);
    if (!interval) return {.general = result::kNotUnderstood};
    t.poll_interval_ = *interval;
    Reply reply;
    put_object(reply.objects, kDuration, wanted->value);
    return reply;
  }

  static Reply polling_off(Toolkit& t, C) {
    t.poll_interval_.reset();
    return {};
  }

  static Reply set_up_event_list(Toolkit& t, C command) {
    const Object* list = command.find(kEventList);
    if (list == nullptr) return {.general = result::kValuesMissing};
    // The whole list or none of it. Each event has its bit in TERMINAL PROFILE.
    static constexpr struct {
      std::uint8_t event, byte, bit;
    } kPromises[] = {{0x00, 5, 2}, {0x01, 5, 3}, {0x02, 5, 4}, {0x03, 5, 5}, {0x04, 5, 6}, {0x05, 5, 7}, {0x07, 6, 1}, {0x08, 6, 2},
                     {0x09, 6, 3}, {0x0A, 6, 4}, {0x0B, 6, 5}, {0x0E, 6, 8}, {0x12, 25, 5}, {0x12, 25, 7}, {0x12, 36, 2}, {0x17, 31, 7}};
    for (const std::uint8_t event : list->value) {
      const bool promised = std::any_of(std::begin(kPromises), std::end(kPromises), [&](const auto& promise) {
        return promise.event == event && t.parts_.profile.has(promise.byte, promise.bit);
      });
      if (!promised) return {.general = result::kBeyondCapabilities};
    }
    t.events_ = {list->value.begin(), list->value.end()};
    return {};
  }

  static Reply set_up_call(Toolkit& t, C command) {
    const std::string number = number_of(command.find(kAddress));
    if (number.empty()) return {.general = result::kValuesMissing};
    if (t.parts_.device.service == ServiceStatus::none) return unable_to(unable::kNoService);
    if (t.parts_.device.in_call && (command.details.qualifier & 0x06) == 0) return unable_to(unable::kBusyOnCall);
    const std::string alpha = text_of(command);
    if (const UserReply answer = t.parts_.user.confirm("Call " + number + (alpha.empty() ? "" : ": " + alpha)); answer.act != UserAct::done) {
      return {.general = result::kRefused};
    }
    return t.parts_.services.call ? t.parts_.services.call(number) : Reply{};
  }

  static Reply send_ss(Toolkit& t, C command) {
    const Object* string = command.find(kSsString);
    if (string == nullptr) return {.general = result::kValuesMissing};
    if (t.parts_.device.service == ServiceStatus::none) return unable_to(unable::kNoService);
    return t.parts_.services.send_ss ? t.parts_.services.send_ss(string->value) : Reply{};
  }

  static Reply send_ussd(Toolkit& t, C command) {
    const Object* string = command.find(kUssdString);
    if (string == nullptr) return {.general = result::kValuesMissing};
    if (string->value.empty()) return {.general = result::kNotUnderstood};
    if (t.parts_.device.service == ServiceStatus::none) return unable_to(unable::kNoService);
    // TS 23.038 5: 0F is the packed default alphabet of the cell broadcast coding schemes; its group of bits 4-3 is no alphabet there.
    Bytes text = to_bytes(string->value);
    if (text[0] < 0x40) text[0] = 0x00;
    Reply reply;
    std::string answer;
    if (t.parts_.services.send_ussd) {
      auto got = t.parts_.services.send_ussd(decode_text_string(text));
      if (!got) return got.error();
      answer = *got;
    }
    put_object(reply.objects, kText, encode_text_string(answer, Alphabet::octets));
    return reply;
  }

  static Reply send_sms(Toolkit& t, C command) {
    const Object* tpdu = command.find(kTpdu);
    if (tpdu == nullptr) return {.general = result::kValuesMissing};
    if (t.parts_.device.service == ServiceStatus::none) return unable_to(unable::kNoService);
    const Object* centre = command.find(kAddress);
    const Services::Sms sms{.address = centre == nullptr ? Bytes{} : to_bytes(centre->value), .tpdu = to_bytes(tpdu->value),
                            .pack = (command.details.qualifier & 0x01) != 0};
    t.parts_.note("network", "SMS to the network: " + to_hex(sms.tpdu));
    return t.parts_.services.send_sms ? t.parts_.services.send_sms(sms) : Reply{};
  }

  static Reply send_dtmf(Toolkit& t, C) { return t.parts_.device.in_call ? Reply{} : unable_to(unable::kNotInSpeechCall); }

  static Reply launch_browser(Toolkit& t, C command) {
    const Object* url = command.find(kUrl);
    const std::string where = url == nullptr ? std::string{} : to_text(url->value);
    if (const UserReply answer = t.parts_.user.confirm("Open the browser" + (where.empty() ? "" : " at " + where)); answer.act != UserAct::done) {
      return {.general = result::kRefused};
    }
    return t.parts_.services.browse ? t.parts_.services.browse(where) : Reply{};
  }

  static Reply play_tone(Toolkit& t, C command) {
    const std::string alpha = text_of(command);
    return alpha.empty() ? Reply{} : of_user(t.parts_.user.show(alpha, false).act);
  }

  static Reply display_text(Toolkit& t, C command) {
    if (command.find(kText) == nullptr) return {.general = result::kValuesMissing};
    return of_user(t.parts_.user.show(text_of(command), (command.details.qualifier & 0x80) != 0).act);
  }

  // TS 102 223 8.6: b2 UCS2, b3 yes or no
  static Reply get_inkey(Toolkit& t, C command) {
    if (command.find(kText) == nullptr) return {.general = result::kValuesMissing};
    const bool yes_no = (command.details.qualifier & 0x04) != 0, ucs2 = (command.details.qualifier & 0x02) != 0;
    const UserReply answer = t.parts_.user.key(text_of(command), yes_no);
    if (answer.act != UserAct::done) return of_user(answer.act);
    Reply reply;
    if (yes_no) {
      const bool yes = !answer.text.empty() && (answer.text[0] == 'y' || answer.text[0] == 'Y' || answer.text[0] == '1');
      const std::uint8_t coded[] = {0x04, static_cast<std::uint8_t>(yes ? 0x01 : 0x00)};
      put_object(reply.objects, kText, coded);
    } else {
      put_object(reply.objects, kText, encode_text_string(answer.text, ucs2 ? Alphabet::ucs2 : Alphabet::octets));
    }
    return reply;
  }

  // b2 UCS2, b4 packed
  static Reply get_input(Toolkit& t, C command) {
    const Object* range = command.find(kResponseLength);
    if (command.find(kText) == nullptr || range == nullptr) return {.general = result::kValuesMissing};
    if (range->value.size() != 2 || range->value[0] > range->value[1]) return {.general = result::kNotUnderstood};
    const Object* proposal = command.find(kDefaultText);
    const UserReply answer =
        t.parts_.user.line(text_of(command), range->value[0], range->value[1], proposal == nullptr ? std::string{} : decode_text_string(proposal->value));
    if (answer.act != UserAct::done) return of_user(answer.act);
    const std::uint8_t how = command.details.qualifier;
    const Alphabet alphabet = (how & 0x02) != 0 ? Alphabet::ucs2 : (how & 0x08) != 0 ? Alphabet::packed : Alphabet::octets;
    Reply reply;
    // A response of 255 octets at most: an answer that does not fit was never typed.
    const Bytes coded = encode_text_string(answer.text, alphabet);
    if (coded.size() > 236) return {.general = result::kNoResponse};
    put_object(reply.objects, kText, coded);
    return reply;
  }

  static Reply select_item(Toolkit& t, C command) {
    const std::vector<MenuItem> items = items_of(command);
    if (items.empty()) return {.general = result::kValuesMissing};
    const Object* proposal = command.find(kItemId);
    const UserReply answer =
        t.parts_.user.choose(text_of(command), items, proposal != nullptr && proposal->value.size() == 1 ? proposal->value[0] : std::uint8_t{0});
    if (answer.act != UserAct::done && answer.act != UserAct::help) return of_user(answer.act);
    Reply reply = of_user(answer.act);
    // Help is asked for an item as well (TS 102 223 6.4.9).
    const std::uint8_t chosen = answer.item != 0 ? answer.item : items.front().id;
    const bool known = std::any_of(items.begin(), items.end(), [&](const MenuItem& item) { return item.id == chosen; });
    if (!known) return {.general = result::kNoResponse};
    put_object(reply.objects, kItemId, ByteView(&chosen, 1));
    return reply;
  }

  static Reply set_up_menu(Toolkit& t, C command) {
    if (command.find(kItem) == nullptr) return {.general = result::kValuesMissing};
    // One empty item removes the menu (TS 102 223 6.4.8).
    t.menu_ = items_of(command);
    t.menu_title_ = t.menu_.empty() ? std::string{} : text_of(command);
    return {};
  }

  static Reply local_information(Toolkit& t, C command) {
    const Device& device = t.parts_.device;
    Reply reply;
    const auto answer = [&](std::uint8_t tag, ByteView value) {
      if (value.empty()) return Reply{.general = result::kBeyondCapabilities};
      put_object(reply.objects, tag, value);
      return reply;
    };
    const auto octet = [&](std::uint8_t tag, std::uint8_t value) { return answer(tag, ByteView(&value, 1)); };
    const bool service = device.service != ServiceStatus::none;
    if (device.service == ServiceStatus::limited) reply.general = result::kLimitedService;
    switch (command.details.qualifier) {
      case 0x00:
        return service ? answer(kLocation, encode_location(device)) : unable_to(unable::kNoService);
      case 0x01:
        return answer(kImei, encode_imei(device.imei));
      case 0x02:
        return service ? answer(kMeasurement, device.measurement) : unable_to(unable::kNoService);
      case 0x03: {
        const std::int64_t now = device.date ? *device.date + t.parts_.clock.now() / seconds(1) : static_cast<std::int64_t>(std::time(nullptr));
        return answer(kDate, encode_date(now));
      }
      case 0x04:
        return answer(kLanguage, text_view(device.language));
      case 0x05: {
        const std::uint8_t value[] = {0x00, device.timing_advance};  // the terminal is idle
        return service ? answer(kTimingAdvance, value) : unable_to(unable::kNoService);
      }
      case 0x06:
        return octet(kAccessTechnology, static_cast<std::uint8_t>(device.access));
      case 0x08:
        return answer(kImeisv, encode_imeisv(device.imeisv));
      case 0x09:
        return octet(kSearchMode, device.search_mode);
      case 0x0A:
        return octet(kBattery, device.battery);
      default:
        return {.general = result::kBeyondCapabilities};
    }
  }

  // TS 102 223 6.4.21: 00 start, 01 deactivate, 10 get the value
  static Reply timer_management(Toolkit& t, C command) {
    const Object* id = command.find(kTimer);
    if (id == nullptr) return {.general = result::kValuesMissing};
    if (id->value.size() != 1 || id->value[0] < 1 || id->value[0] > t.timers_.size()) return {.general = result::kNotUnderstood};
    auto& timer = t.timers_[id->value[0] - 1U];
    const milliseconds now = t.parts_.clock.now();
    Reply reply;
    put_object(reply.objects, kTimer, id->value);
    const std::uint8_t what = command.details.qualifier & 0x03;
    if (what == 0x03) return {.general = result::kNotUnderstood};
    if (what == 0x00) {
      const Object* value = command.find(kTimerValue);
      if (value == nullptr) return {.general = result::kValuesMissing};
      const auto length = decode_timer_value(value->value);
      if (!length) return {.general = result::kNotUnderstood};
      timer = Toolkit::Timer{now, now + seconds(*length)};
      return reply;
    }
    if (!timer) {
      reply.general = result::kTimerContradiction;
      return reply;
    }
    put_object(reply.objects, kTimerValue, encode_timer_value(std::max<std::int64_t>((timer->expires - now + milliseconds(999)) / seconds(1), 0)));
    if (what == 0x01) timer.reset();
    return reply;
  }

  static Reply idle_text(Toolkit& t, C command) {
    if (command.find(kText) == nullptr) return {.general = result::kValuesMissing};
    t.idle_text_ = text_of(command);
    return {};
  }

  static Reply language_notification(Toolkit& t, C command) {
    const Object* language = command.find(kLanguage);
    if ((command.details.qualifier & 0x01) != 0 && language == nullptr) return {.general = result::kValuesMissing};
    if (language != nullptr) t.parts_.note("note", "the card speaks " + to_text(language->value));
    return {};
  }

  static Reply open_channel(Toolkit& t, C command) {
    if (t.parts_.device.service == ServiceStatus::none) return unable_to(unable::kNoService);
    const std::string alpha = text_of(command);
    if (const UserReply answer = t.parts_.user.confirm(alpha.empty() ? alpha : "Open a channel: " + alpha); answer.act != UserAct::done) {
      return {.general = result::kRefused};
    }
    return t.channels_.open(command);
  }
  static Reply close_channel(Toolkit& t, C command) { return t.channels_.close(command); }
  static Reply receive_data(Toolkit& t, C command) { return t.channels_.receive(command); }
  static Reply send_data(Toolkit& t, C command) { return t.channels_.send(command); }
  static Reply channel_status(Toolkit& t, C) { return t.channels_.status(); }
};

namespace {

struct Row {
  std::uint8_t type;
  std::string_view name;
  std::uint8_t byte, bit;                              // of TERMINAL PROFILE; 0: known to the standard, not to this terminal
  Reply (*perform)(Toolkit&, const ProactiveCommand&);  // null for REFRESH, which the terminal itself performs
  std::array<std::uint8_t, 12> tags;                   // objects that may come beside those of every command
};

// clang-format off
constexpr Row kCommands[] = {
    {0x01, "REFRESH",                    3, 8, nullptr,                       {0x12, 0x2F, 0x3A, 0x72, 0x79}},
    {0x02, "MORE TIME",                  3, 4, Handlers::more_time,           {}},
    {0x03, "POLL INTERVAL",              3, 6, Handlers::poll_interval,       {0x04}},
    {0x04, "POLLING OFF",                3, 7, Handlers::polling_off,         {}},
    {0x05, "SET UP EVENT LIST",          5, 1, Handlers::set_up_event_list,   {0x19}},
    {0x10, "SET UP CALL",                4, 5, Handlers::set_up_call,         {0x06, 0x07, 0x08, 0x04}},
    {0x11, "SEND SS",                    4, 3, Handlers::send_ss,             {0x09}},
    {0x12, "SEND USSD",                  4, 4, Handlers::send_ussd,           {0x0A}},
    {0x13, "SEND SHORT MESSAGE",         4, 2, Handlers::send_sms,            {0x06, 0x0B}},
    {0x14, "SEND DTMF",                  9, 2, Handlers::send_dtmf,           {0x2C}},
    {0x15, "LAUNCH BROWSER",             9, 7, Handlers::launch_browser,      {0x30, 0x31, 0x32, 0x33, 0x34, 0x0D}},
    {0x16, "GEOGRAPHICAL LOCATION REQUEST", 0, 0, nullptr,                    {}},
    {0x20, "PLAY TONE",                  3, 5, Handlers::play_tone,           {0x0E, 0x04}},
    {0x21, "DISPLAY TEXT",               3, 1, Handlers::display_text,        {0x0D, 0x2B, 0x04}},
    {0x22, "GET INKEY",                  3, 2, Handlers::get_inkey,           {0x0D, 0x04}},
    {0x23, "GET INPUT",                  3, 3, Handlers::get_input,           {0x0D, 0x11, 0x17, 0x04}},
    {0x24, "SELECT ITEM",                4, 1, Handlers::select_item,         {0x0F, 0x10, 0x18, 0x1F, 0x51}},
    {0x25, "SET UP MENU",                4, 6, Handlers::set_up_menu,         {0x0F, 0x18, 0x1F, 0x51}},
    {0x26, "PROVIDE LOCAL INFORMATION",  4, 7, Handlers::local_information,   {}},
    {0x27, "TIMER MANAGEMENT",           8, 1, Handlers::timer_management,    {0x24, 0x25}},
    {0x28, "SET UP IDLE MODE TEXT",      8, 5, Handlers::idle_text,           {0x0D}},
    {0x30, "PERFORM CARD APDU",          0, 0, nullptr,                       {}},
    {0x31, "POWER ON CARD",              0, 0, nullptr,                       {}},
    {0x32, "POWER OFF CARD",             0, 0, nullptr,                       {}},
    {0x33, "GET READER STATUS",          0, 0, nullptr,                       {}},
    {0x34, "RUN AT COMMAND",             0, 0, nullptr,                       {}},
    {0x35, "LANGUAGE NOTIFICATION",      9, 6, Handlers::language_notification, {0x2D}},
    {0x40, "OPEN CHANNEL",              12, 1, Handlers::open_channel,        {0x35, 0x39, 0x47, 0x3E, 0x0D, 0x3C, 0x06, 0x08, 0x04}},
    {0x41, "CLOSE CHANNEL",             12, 2, Handlers::close_channel,       {}},
    {0x42, "RECEIVE DATA",              12, 3, Handlers::receive_data,        {0x37}},
    {0x43, "SEND DATA",                 12, 4, Handlers::send_data,           {0x36}},
    {0x44, "GET CHANNEL STATUS",        12, 5, Handlers::channel_status,      {}},
    {0x45, "SERVICE SEARCH",             0, 0, nullptr,                       {}},
    {0x46, "GET SERVICE INFORMATION",    0, 0, nullptr,                       {}},
    {0x47, "DECLARE SERVICE",            0, 0, nullptr,                       {}},
    {0x50, "SET FRAMES",                 0, 0, nullptr,                       {}},
    {0x51, "GET FRAMES STATUS",          0, 0, nullptr,                       {}},
    {0x60, "RETRIEVE MULTIMEDIA MESSAGE", 0, 0, nullptr,                      {}},
    {0x61, "SUBMIT MULTIMEDIA MESSAGE",  0, 0, nullptr,                       {}},
    {0x62, "DISPLAY MULTIMEDIA MESSAGE", 0, 0, nullptr,                       {}},
    {0x70, "ACTIVATE",                   0, 0, nullptr,                       {}},
    {0x71, "CONTACTLESS STATE CHANGED",  0, 0, nullptr,                       {}},
    {0x72, "COMMAND CONTAINER",          0, 0, nullptr,                       {}},
    {0x73, "ENCAPSULATED SESSION CONTROL", 0, 0, nullptr,                     {}},
};
// clang-format on
// Command details, device identities, alpha identifier, icon, text attribute, frame identifier.
constexpr std::uint8_t kEverywhere[] = {0x01, 0x02, 0x05, 0x1E, 0x50, 0x68};

const Row* row_of(std::uint8_t type) noexcept {
  const auto at = std::find_if(std::begin(kCommands), std::end(kCommands), [&](const Row& row) { return row.type == type; });
  return at == std::end(kCommands) ? nullptr : at;
}

// PROVIDE LOCAL INFORMATION has a bit for each thing that may be asked; 0 for what this terminal does not know.
std::pair<std::uint8_t, std::uint8_t> promise_of_local_information(std::uint8_t qualifier) {
  static constexpr std::pair<std::uint8_t, std::uint8_t> kPromises[] = {{4, 7}, {4, 7}, {4, 8}, {8, 3}, {9, 4}, {9, 5}, {9, 8}, {0, 0}, {18, 7}, {18, 8}, {22, 2}};
  return qualifier < std::size(kPromises) ? kPromises[qualifier] : std::pair<std::uint8_t, std::uint8_t>{0, 0};
}

bool understood(const Row& row, const Object& object) {
  const auto holds = [&](const auto& list) { return std::find(std::begin(list), std::end(list), object.tag) != std::end(list); };
  return !object.comprehension || holds(kEverywhere) || (object.tag != 0 && holds(row.tags));
}

}  // namespace

std::string_view command_name(std::uint8_t type) noexcept {
  const Row* row = row_of(type);
  return row == nullptr ? std::string_view("unknown command") : row->name;
}

std::string describe(const ProactiveCommand& command) {
  std::string out(command_name(command.details.type));
  out += " " + to_hex(Bytes{command.details.qualifier});
  if (const std::string text = text_of(command); !text.empty()) out += " \"" + text + "\"";
  return out;
}

Toolkit::Toolkit(Parts parts)
    : parts_(std::move(parts)),
      channels_(parts_.network, parts_.limits, [this](const std::string& text) { parts_.note("network", text); }),
      poll_interval_(kDefaultPoll) {}

std::optional<Reply> Toolkit::refusal(const ProactiveCommand& command) const {
  const Row* row = row_of(command.details.type);
  if (row == nullptr) return Reply{.general = result::kTypeUnknown};
  auto promise = std::pair{row->byte, row->bit};
  if (row->perform == Handlers::local_information) promise = promise_of_local_information(command.details.qualifier);
  if (!parts_.profile.has(promise.first, promise.second)) return Reply{.general = result::kBeyondCapabilities};
  for (const Object& object : command.objects) {
    if (!understood(*row, object)) return Reply{.general = result::kNotUnderstood};
  }
  return std::nullopt;
}

Reply Toolkit::perform(const ProactiveCommand& command) {
  const Row* row = row_of(command.details.type);
  if (row == nullptr || row->perform == nullptr) return {.general = result::kBeyondCapabilities};
  return row->perform(*this, command);
}

void Toolkit::reset() {
  channels_.close_all();
  timers_ = {};
  events_.clear();
  poll_interval_ = kDefaultPoll;
  menu_title_.clear();
  idle_text_.clear();
  menu_.clear();
}

std::vector<Bytes> Toolkit::due() {
  std::vector<Bytes> out;
  for (std::size_t i = 0; i < timers_.size(); ++i) {
    const milliseconds now = parts_.clock.now();
    if (!timers_[i] || timers_[i]->expires > now) continue;
    Bytes content;
    const std::uint8_t devices[] = {0x82, 0x81}, id = static_cast<std::uint8_t>(i + 1);
    put_object(content, kDeviceIdentities, devices);
    put_object(content, kTimer, ByteView(&id, 1));
    // TS 102 223 7.4.1: the time since the timer was started.
    put_object(content, kTimerValue, encode_timer_value((now - timers_[i]->started) / seconds(1)));
    timers_[i].reset();
    out.push_back(asn1::tlv(0xD7, content));
  }
  for (Channels::Event& event : channels_.pump()) {
    if (listens(event.code)) out.push_back(std::move(event.envelope));
  }
  return out;
}

std::optional<milliseconds> Toolkit::next_timer() const {
  std::optional<milliseconds> out;
  for (const auto& timer : timers_) {
    if (timer && (!out || timer->expires < *out)) out = timer->expires;
  }
  return out;
}

}  // namespace simurgh::terminal
