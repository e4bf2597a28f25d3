#include "euicc/toolkit/cat.h"

#include <algorithm>

#include "euicc/toolkit/comprehension.h"

namespace simurgh::toolkit {
namespace {

constexpr unsigned kSystemAttempts = 3;
constexpr std::size_t kMaxInbox = 32;
// More resumptions than this for one APDU is an application that never waits.
constexpr unsigned kMaxRounds = 10'000;
constexpr unsigned kLastRank = 1000;

}  // namespace

// REFRESH before registrations before applications by their priority.
unsigned Cat::Entry::rank() const noexcept {
  switch (purpose) {
    case Purpose::refresh:
      return 0;
    case Purpose::application:
      return 16U + owner->priority;
    default:
      return 1;
  }
}

Cat::Cat(std::function<void(const char*)> note) : note_(std::move(note)) {}

Cat::~Cat() { reset(); }

void Cat::install(std::unique_ptr<Application> application, std::uint8_t priority, bool of_profile) {
  auto slot = std::make_unique<Slot>();
  slot->application = std::move(application);
  slot->priority = priority;
  slot->of_profile = of_profile;
  slot->session = std::make_unique<Session>(*this, *slot);
  slots_.push_back(std::move(slot));
  if (has_profile_) {
    start(*slots_.back());
    run();
  }
}

void Cat::remove_profile_applications() {
  for (const auto& slot : slots_) {
    if (slot->of_profile) stop(*slot);
  }
  std::erase_if(slots_, [](const auto& slot) { return slot->of_profile; });
  registrations_changed();
}

void Cat::reset() noexcept {
  bip_ = {};  // first: the destructors of applications' channels have nothing to close at a terminal that is gone
  for (const auto& slot : slots_) stop(*slot);
  end_session();
  profile_.clear();
  has_profile_ = false;
  timers_ = {};
  last_number_ = 0;
  events_at_terminal_.emplace();
  menu_at_terminal_ = false;
  polled_seconds_ = 0;
  poll_interval_ = 30;
  polling_asked_ = false;
  answer_.reset();
}

void Cat::end_session() noexcept {
  const auto abort = [](Entry& entry) {
    if (entry.ticket) entry.ticket->finished = true;
  };
  std::ranges::for_each(queue_, abort);
  std::ranges::for_each(held_, abort);
  queue_.clear();
  held_.clear();
  if (next_) abort(*next_);
  if (outstanding_) abort(*outstanding_);
  next_.reset();
  outstanding_.reset();
  // Whether the terminal got the list of events that waited is no longer certain.
  if (events_at_terminal_ && !events_at_terminal_->empty()) events_at_terminal_.reset();
}

bool Cat::terminal_has(unsigned byte, unsigned bit) const noexcept {
  return byte >= 1 && byte <= profile_.size() && (profile_[byte - 1] >> (bit - 1) & 1) != 0;
}

bool Cat::supports(Event event) const noexcept {
  if (event == Event::network_rejection) return terminal_has(25, 5) || terminal_has(25, 7) || terminal_has(36, 2);
  const ProfileBit bit = needed_bit(event);
  return bit.octet != 0 && terminal_has(bit);
}

std::uint8_t Cat::channels() const noexcept { return profile_.size() < 13 ? std::uint8_t{0} : static_cast<std::uint8_t>(profile_[12] >> 5); }

void Cat::start(Slot& slot) {
  slot.task = slot.application->run(*slot.session);
  slot.task.start();
}

void Cat::stop(Slot& slot) noexcept {
  purge(slot);
  slot.task = {};
  slot.waiting = {};
  slot.ready = nullptr;
  slot.inbox.clear();
  slot.events.clear();
  slot.kinds.clear();
  slot.menu.clear();
  slot.menu_title.clear();
  slot.timer = 0;
  slot.timer_expired = false;
  slot.timer_lost = false;
  slot.uses_bip = false;
  slot.alarm_length = 0;
  for (Slot*& user : timers_) {
    if (user == &slot) user = nullptr;
  }
  for (BipState& channel : bip_) {
    if (channel.owner == &slot) channel = {};
  }
}

// Nothing of this application is sent any more; the response to what is outstanding is taken and forgotten.
void Cat::purge(const Slot& slot) noexcept {
  const auto own = [&](const Entry& entry) { return entry.owner == &slot; };
  std::erase_if(queue_, own);
  std::erase_if(held_, own);
  if (next_ && own(*next_)) next_.reset();
  if (outstanding_ && own(*outstanding_)) {
    outstanding_->owner = nullptr;
    outstanding_->purpose = Purpose::other;
  }
}

void Cat::run() {
  if (running_) return;
  running_ = true;
  unsigned rounds = 0;
  for (bool moved = true; moved && rounds < kMaxRounds;) {
    moved = false;
    for (std::size_t i = 0; i < slots_.size(); ++i) {
      Slot& slot = *slots_[i];
      if (!slot.waiting || !slot.ready || !slot.ready()) continue;
      ++rounds;
      moved = true;
      slot.ready = nullptr;
      std::exchange(slot.waiting, {}).resume();
    }
  }
  if (rounds >= kMaxRounds) note("a toolkit application never waits; it is left where it is");
  for (const auto& slot : slots_) {
    if (!slot->task.done()) continue;
    if (slot->task.failure()) note("a toolkit application failed and stays away until the next reset");
    stop(*slot);
    registrations_changed();
  }
  running_ = false;
}

std::shared_ptr<Ticket> Cat::enqueue(ProactiveCommand command, Slot& owner) {
  auto ticket = std::make_shared<Ticket>();
  queue_.push_back({.command = std::move(command), .purpose = Purpose::application, .owner = &owner, .ticket = ticket, .attempts = 0,
                    .number = 0, .encoded = {}});
  return ticket;
}

bool Cat::withdraw(const std::shared_ptr<Ticket>& ticket) noexcept {
  if (!ticket || ticket->finished || ticket->fetched) return false;
  const auto own = [&](const Entry& entry) { return entry.ticket == ticket; };
  if (std::erase_if(queue_, own) + std::erase_if(held_, own) == 0) return false;
  ticket->finished = true;
  return true;
}

void Cat::queue_system(ProactiveCommand command, Purpose purpose) {
  queue_.push_back({.command = std::move(command), .purpose = purpose, .owner = nullptr, .ticket = nullptr, .attempts = 0, .number = 0,
                    .encoded = {}});
}

void Cat::request(ProactiveCommand command) {
  const Purpose purpose = command.type == CommandType::refresh ? Purpose::refresh : Purpose::other;
  queue_system(std::move(command), purpose);
}

void Cat::terminal_profile(ByteView profile) {
  profile_ = to_bytes(profile);
  const bool first = !has_profile_;
  has_profile_ = true;
  events_at_terminal_.emplace();
  menu_at_terminal_ = false;
  if (!first) {
    // In mid-session (UST service 72, or after REFRESH): what was outstanding will not be answered, registrations and timers are made again.
    for (const auto& slot : slots_) slot->timer_lost = slot->timer != 0;
    if (outstanding_ && outstanding_->ticket) outstanding_->ticket->finished = true;
    outstanding_.reset();
    std::erase_if(queue_, [](const Entry& entry) { return entry.purpose == Purpose::event_list || entry.purpose == Purpose::menu; });
    registrations_changed();
  } else {
    for (const auto& slot : slots_) start(*slot);
  }
  run();
}

std::optional<std::size_t> Cat::announced() {
  if (!has_profile_ || outstanding_) return std::nullopt;
  if (!next_) {
    if (queue_.empty()) return std::nullopt;
    // A REFRESH lets an application end what it has open first, as long as it asks for something.
    const bool open = std::ranges::any_of(bip_, [](const BipState& channel) { return channel.owner != nullptr; });
    const auto rank = [open](const Entry& entry) { return open && entry.purpose == Purpose::refresh ? kLastRank : entry.rank(); };
    const auto best = std::ranges::min_element(queue_, {}, rank);
    next_ = std::move(*best);
    queue_.erase(best);
    last_number_ = last_number_ >= 0xFE ? std::uint8_t{1} : static_cast<std::uint8_t>(last_number_ + 1);
    next_->number = last_number_;
    next_->encoded = next_->command.encode(last_number_);
  }
  return next_->encoded.size();
}

apdu::Answer Cat::fetch(const apdu::Command& command) {
  if (command.p1 != 0 || command.p2 != 0) return apdu::refuse(apdu::Sw::incorrect_p1p2, "FETCH with P1 P2 other than 0000");
  const auto size = announced();
  if (!size) return apdu::refuse(apdu::Sw::conditions_not_satisfied, "FETCH without a waiting proactive command");
  if (command.le.value_or(256) != *size) return apdu::refuse(apdu::wrong_le(*size), "FETCH with another length");
  outstanding_ = std::move(next_);
  next_.reset();
  if (outstanding_->ticket) {
    outstanding_->ticket->fetched = true;
    run();
  }
  return apdu::with_data(outstanding_->encoded);
}

apdu::Result<Cat::Response> Cat::terminal_response(ByteView data) {
  if (!outstanding_) return apdu::refuse(apdu::Sw::conditions_not_satisfied, "TERMINAL RESPONSE without an outstanding command");
  auto response = read_terminal_response(data);
  if (!response) return apdu::refuse(apdu::Sw::incorrect_data, "TERMINAL RESPONSE is no list of objects with command details and result");
  Response out{.response = *std::move(response), .expected = true, .again = false};
  // An unknown command number is accepted and discarded, the outstanding command goes on waiting.
  if (out.response.number != outstanding_->number || out.response.type != static_cast<std::uint8_t>(outstanding_->command.type)) {
    out.expected = false;
    return out;
  }
  Entry entry = *std::exchange(outstanding_, std::nullopt);
  if (entry.ticket) {
    entry.ticket->finished = true;
    entry.ticket->reply = out.response;
  } else if (out.response.try_again() && ++entry.attempts < kSystemAttempts) {
    out.again = true;
    held_.push_back(std::move(entry));
  } else if (entry.purpose == Purpose::polling && out.response.performed()) {
    const auto granted = out.response.find(tag::duration);
    poll_interval_ = std::max(1U, (granted ? decode_duration(*granted) : std::nullopt).value_or(poll_interval_));
  }
  run();
  return out;
}

void Cat::release_held() {
  while (!held_.empty()) {
    queue_.push_back(std::move(held_.front()));
    held_.pop_front();
  }
}

void Cat::polled() {
  if (!has_profile_) return;
  release_held();
  polled_seconds_ += poll_interval_;
  run();
}

void Cat::want_polling(std::uint32_t seconds, bool exactly) {
  const bool ask = seconds < poll_interval_ || (exactly && !polling_asked_);
  if (!terminal_has({3, 6}) || !ask) return;
  polling_asked_ = true;
  std::erase_if(queue_, [](const Entry& entry) { return entry.purpose == Purpose::polling; });
  queue_system(toolkit::poll_interval(seconds), Purpose::polling);
}

std::optional<std::uint8_t> Cat::timer_of(Slot& slot) {
  if (!terminal_has(8, 1)) return std::nullopt;
  if (slot.timer != 0) return slot.timer;
  const auto free = std::ranges::find(timers_, nullptr);
  if (free == timers_.end()) return std::nullopt;
  *free = &slot;
  slot.timer = static_cast<std::uint8_t>(free - timers_.begin() + 1);
  return slot.timer;
}

// ---- registrations

Bytes Cat::wanted_events() const {
  Bytes out;
  const auto want = [&](Event event) {
    const auto code = static_cast<std::uint8_t>(event);
    if (supports(event) && std::ranges::find(out, code) == out.end()) out.push_back(code);
  };
  for (const auto& slot : slots_) {
    for (const Event event : slot->events) want(event);
    if (!slot->uses_bip) continue;
    want(Event::data_available);
    want(Event::channel_status);
  }
  std::ranges::sort(out);
  return out;
}

void Cat::use_bip(Slot& slot) {
  if (std::exchange(slot.uses_bip, true)) return;
  registrations_changed();
}

void Cat::registrations_changed() {
  if (!has_profile_) return;
  if (Bytes events = wanted_events(); events != events_at_terminal_ && terminal_has(5, 1)) {
    std::erase_if(queue_, [](const Entry& entry) { return entry.purpose == Purpose::event_list; });
    queue_system(set_up_event_list(events), Purpose::event_list);
    events_at_terminal_ = std::move(events);
  }
  if (!terminal_has(4, 6)) return;
  std::vector<MenuItem> items;
  std::string_view title;
  for (const auto& slot : slots_) {
    if (!slot->menu.empty() && title.empty()) title = slot->menu_title;
    for (const std::string& text : slot->menu) items.push_back({static_cast<std::uint8_t>(items.size() + 1), text});
  }
  if (items.empty() && !menu_at_terminal_) return;
  std::erase_if(queue_, [](const Entry& entry) { return entry.purpose == Purpose::menu; });
  queue_system(set_up_menu(title, items), Purpose::menu);
  menu_at_terminal_ = !items.empty();
}

// ---- BIP

void Cat::abandon(std::uint8_t channel) {
  BipState& state = bip(channel);
  if (state.owner == nullptr) return;
  state = {};
  if (has_profile_) queue_system({CommandType::close_channel, 0, channel_device(channel), {}}, Purpose::other);
}

void Cat::channel_event(const Envelope& envelope) {
  const auto status = envelope.find(tag::channel_status);
  if (!status || status->empty()) return;
  const std::uint8_t id = (*status)[0] & 0x07;
  if (id == 0 || bip(id).owner == nullptr) return;
  BipState& channel = bip(id);
  if (envelope.event == Event::data_available) {
    const auto length = envelope.find(tag::channel_data_length);
    channel.available = length && length->size() == 1 ? (*length)[0] : std::uint8_t{0xFF};
    return;
  }
  const bool linked = ((*status)[0] & 0x80) != 0;
  constexpr std::uint8_t kLinkDropped = 0x05;  // TS 102 223 8.56
  if (!linked && (channel.linked || (status->size() > 1 && (*status)[1] == kLinkDropped))) channel.dropped = true;
  channel.linked = linked;
}

// ---- envelopes

// False when an application that should take it has no room.
bool Cat::deliver(const Envelope& envelope) {
  if (envelope.kind == EnvelopeKind::timer_expiration) {
    const std::uint8_t id = (*envelope.find(tag::timer_identifier))[0];
    if (id >= 1 && id <= timers_.size() && timers_[id - 1] != nullptr) timers_[id - 1]->timer_expired = true;
    return true;
  }
  if (envelope.kind == EnvelopeKind::menu_selection) {
    std::size_t item = (*envelope.find(tag::item_identifier))[0];
    for (const auto& slot : slots_) {
      if (item >= 1 && item <= slot->menu.size()) {
        if (slot->inbox.size() >= kMaxInbox) return false;
        // The application counts its own entries.
        Envelope own = envelope;
        ObjectWriter objects;
        const std::vector<Object> received = read_objects(envelope.objects).value_or(std::vector<Object>{});
        for (const Object& object : received) {
          if (object.tag == tag::item_identifier) {
            objects.put(tag::item_identifier, {static_cast<std::uint8_t>(item)});
          } else {
            objects.put(object.tag, object.value);
          }
        }
        own.objects = objects.take();
        slot->inbox.push_back(std::move(own));
        return true;
      }
      item -= std::min(item, slot->menu.size());
      if (item == 0) break;
    }
    return true;
  }
  if (envelope.event == Event::data_available || envelope.event == Event::channel_status) channel_event(envelope);
  bool room = true;
  for (const auto& slot : slots_) {
    const bool wanted = envelope.event ? std::ranges::find(slot->events, *envelope.event) != slot->events.end()
                                       : std::ranges::find(slot->kinds, envelope.kind) != slot->kinds.end();
    if (!wanted) continue;
    if (slot->inbox.size() >= kMaxInbox) {
      room = false;
    } else {
      slot->inbox.push_back(envelope);
    }
  }
  return room;
}

apdu::Answer Cat::envelope(ByteView data) {
  if (!data.empty() && !known_envelope(data[0])) return apdu::refuse(apdu::Sw::function_not_supported, "ENVELOPE of an unknown kind");
  const auto envelope = read_envelope(data);
  if (!envelope) return apdu::refuse(apdu::Sw::incorrect_data, "ENVELOPE is no template with its objects");
  const bool control = envelope->kind == EnvelopeKind::call_control || envelope->kind == EnvelopeKind::mo_sms_control;
  Slot* controller = nullptr;
  if (control) {
    for (const auto& slot : slots_) {
      if (std::ranges::find(slot->kinds, envelope->kind) != slot->kinds.end()) controller = slot.get();
    }
    if (controller == nullptr) return apdu::refuse(apdu::Sw::function_not_supported, "ENVELOPE for a control nobody has");
    // Its answer is the response of this command, so the application must be free now.
    if (!controller->inbox.empty()) return apdu::refuse(apdu::Sw::toolkit_busy, "the application of this control is busy");
  }
  answer_.reset();
  if (!deliver(*envelope)) return apdu::refuse(apdu::Sw::toolkit_busy, "the toolkit application is busy");
  run();
  if (controller != nullptr && !controller->inbox.empty()) {
    controller->inbox.clear();
    return apdu::refuse(apdu::Sw::toolkit_busy, "the application of this control is busy");
  }
  if (auto answer = std::exchange(answer_, std::nullopt)) return apdu::with_data(*std::move(answer));
  return apdu::done();
}

}  // namespace simurgh::toolkit
