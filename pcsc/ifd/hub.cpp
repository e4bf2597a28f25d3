#include "pcsc/ifd/hub.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include "pcsc/unix_socket.h"

namespace simurgh::pcsc::ifd {

namespace {

using namespace std::chrono_literals;

// Without a descriptor or memory for one more connection the others go on, and the listener is left alone for a while.
constexpr auto kListenerRest = 100ms;

void send_or_forget(int socket, Type type, std::uint8_t value) noexcept {
  // Seven octets into an empty socket always fit; who does not read them is found out by its first command.
  const std::array<std::uint8_t, kHeader + 1> frame{static_cast<std::uint8_t>(type), 0, 0, 0, 0, 1, value};
  (void)::send(socket, frame.data(), frame.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

const char* words(Link::Lost why) {
  switch (why) {
    case Link::Lost::silent:
      return "did not answer in time";
    case Link::Lost::not_understood:
      return "answered with nonsense";
    case Link::Lost::gone:
      break;
  }
  return "went away";
}

}  // namespace

Hub::Hub(Options options) : options_(std::move(options)), slots_(options_.slots), wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!wake_) throw std::system_error(errno, std::generic_category(), "making an eventfd");
  listener_ = listen_on(options_.socket_path);
  try {
    thread_ = std::thread([this] { run(); });
  } catch (...) {
    ::unlink(options_.socket_path.c_str());
    throw;
  }
}

Hub::~Hub() {
  stopping_ = true;
  (void)::eventfd_write(wake_.get(), 1);
  thread_.join();
  ::unlink(options_.socket_path.c_str());
  for (Slot& slot : slots_) {
    if (slot.card) slot.card->hang_up();
  }
}

void Hub::say(const std::string& sentence) const {
  if (options_.log) options_.log(sentence);
}

// --- what pcscd asks ---

bool Hub::present(unsigned number) {
  const std::scoped_lock lock(lock_);
  Slot& slot = slots_[number];
  const std::thread::id me = std::this_thread::get_id();
  slot.asker = me;
  slot.asker_changes = slot.changes;
  if (me == slot.watcher) {
    slot.seen_changes = slot.changes;
    if (!slot.card && !slot.seen_empty) {
      slot.seen_empty = true;
      (void)::eventfd_write(wake_.get(), 1);
    }
  }
  return slot.card != nullptr;
}

void Hub::wait_for_change(unsigned number, std::chrono::milliseconds time) {
  std::unique_lock lock(lock_);
  Slot& slot = slots_[number];
  const std::thread::id me = std::this_thread::get_id();
  if (slot.watcher != me) {
    slot.watcher = me;
    slot.seen_changes = slot.asker_changes;
    if (slot.asker != me) {  // what it has seen is not known: let it look again
      slot.woken = false;
      return;
    }
  }
  slot.changed.wait_for(lock, time, [&] { return slot.woken || slot.changes != slot.seen_changes; });
  slot.woken = false;
}

void Hub::wake(unsigned number) {
  const std::scoped_lock lock(lock_);
  slots_[number].woken = true;
  slots_[number].changed.notify_all();
}

Hub::Card Hub::card_in(unsigned number) {
  const std::scoped_lock lock(lock_);
  return slots_[number].card;
}

std::expected<Bytes, Hub::Trouble> Hub::ask(unsigned number, const Card& card, Type request, ByteView body) {
  if (!card) return std::unexpected(Trouble::no_card);
  auto answer = card->ask(request, body);
  if (answer) return *std::move(answer);
  leave(number, card, words(answer.error()));
  return std::unexpected(Trouble::lost);
}

std::expected<Bytes, Hub::Trouble> Hub::activate(unsigned number, Type how) {
  const Card card = card_in(number);
  auto atr = ask(number, card, how);
  if (!atr) return atr;
  const std::scoped_lock lock(lock_);
  Slot& slot = slots_[number];
  if (slot.card != card) return std::unexpected(Trouble::lost);
  slot.powered = !atr->empty();
  if (!atr->empty()) slot.atr = *atr;
  return atr;
}

std::expected<void, Hub::Trouble> Hub::power_off(unsigned number) {
  const Card card = card_in(number);
  if (const auto done = ask(number, card, Type::power_off); !done) return std::unexpected(done.error());
  const std::scoped_lock lock(lock_);
  if (slots_[number].card == card) slots_[number].powered = false;
  return {};
}

std::expected<Bytes, Hub::Trouble> Hub::transmit(unsigned number, ByteView apdu) {
  return ask(number, card_in(number), Type::transmit, apdu);
}

Bytes Hub::atr(unsigned number) {
  const std::scoped_lock lock(lock_);
  return slots_[number].atr;
}

bool Hub::powered(unsigned number) {
  const std::scoped_lock lock(lock_);
  return slots_[number].powered;
}

std::string Hub::name(unsigned number) {
  const std::scoped_lock lock(lock_);
  return slots_[number].card ? slots_[number].card->hello().name : std::string();
}

void Hub::leave(unsigned number, const Card& card, const char* why) {
  card->hang_up();
  {
    const std::scoped_lock lock(lock_);
    Slot& slot = slots_[number];
    if (slot.card != card) return;  // found out twice
    slot.card.reset();
    slot.atr.clear();
    slot.powered = false;
    ++slot.changes;
    slot.seen_empty = slot.watcher == std::thread::id();
    slot.changed.notify_all();
  }
  say("The card \"" + card->hello().name + "\" in slot " + std::to_string(number) + " " + why + ".");
}

// --- the thread that welcomes cards and notices when they leave ---

void Hub::run() {
  while (!stopping_) {
    try {
      turn();
    } catch (const std::exception&) {
      // No memory for one more connection: those who have no slot yet may try again later.
      newcomers_.clear();
      waiting_.clear();
      listener_rests_until_ = Clock::now() + kListenerRest;
    }
  }
}

void Hub::turn() {
  const auto now = Clock::now();
  std::vector<pollfd> fds{{wake_.get(), POLLIN, 0}};
  auto until = Clock::time_point::max();
  const bool rests = now < listener_rests_until_;
  if (rests) until = listener_rests_until_;
  fds.push_back({rests ? -1 : listener_.get(), POLLIN, 0});
  for (const Newcomer& newcomer : newcomers_) {
    fds.push_back({newcomer.socket.get(), POLLIN, 0});
    until = std::min(until, newcomer.deadline);
  }
  for (const Waiting& waiting : waiting_) until = std::min(until, waiting.deadline);
  // Held here, so that no descriptor is closed and used anew while poll looks at it.
  std::vector<Card> cards(slots_.size());
  const std::size_t first_card = fds.size();
  {
    const std::scoped_lock lock(lock_);
    for (std::size_t i = 0; i < slots_.size(); ++i) cards[i] = slots_[i].card;
  }
  for (const Card& card : cards) fds.push_back({card ? card->fd() : -1, POLLRDHUP, 0});

  const auto left =
      until == Clock::time_point::max() ? -1 : std::max<std::int64_t>(0, std::chrono::ceil<std::chrono::milliseconds>(until - now).count());
  if (::poll(fds.data(), fds.size(), static_cast<int>(left)) < 0 && errno != EINTR)
    throw std::system_error(errno, std::generic_category(), "poll");
  eventfd_t ignored = 0;
  (void)::eventfd_read(wake_.get(), &ignored);
  if (stopping_) return;

  for (std::size_t i = 0; i < cards.size(); ++i) {
    if (fds[first_card + i].revents == 0) continue;
    leave(static_cast<unsigned>(i), cards[i], words(cards[i]->lost().value_or(Link::Lost::gone)));
  }
  std::vector<int> ready;
  for (std::size_t i = 2; i < first_card; ++i) {
    if (fds[i].revents != 0) ready.push_back(fds[i].fd);
  }
  listen_to_newcomers(ready);
  admit_waiting();
  if (fds[1].revents != 0) accept_one();
}

void Hub::accept_one() {
  UniqueFd socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!socket) {
    if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) listener_rests_until_ = Clock::now() + kListenerRest;
    return;
  }
  if (!is_same_user(socket.get())) return;
  if (newcomers_.size() >= kMaxNewcomers) return send_or_forget(socket.get(), Type::refused, static_cast<std::uint8_t>(Refusal::full));
  newcomers_.push_back({std::move(socket), {}, Clock::now() + options_.hello_patience});
}

void Hub::listen_to_newcomers(const std::vector<int>& ready) {
  const auto now = Clock::now();
  for (auto it = newcomers_.begin(); it != newcomers_.end();) {
    const bool spoke = std::ranges::find(ready, it->socket.get()) != ready.end();
    const bool done = (spoke && hear(*it)) || (!spoke && now >= it->deadline);
    it = done ? newcomers_.erase(it) : std::next(it);
  }
}

// True when it is a newcomer no more.
bool Hub::hear(Newcomer& newcomer) {
  std::array<std::uint8_t, 256> chunk;  // a hello with the longest name is shorter
  const ssize_t n = ::recv(newcomer.socket.get(), chunk.data(), chunk.size(), MSG_DONTWAIT);
  if (n <= 0) return !(n < 0 && (errno == EAGAIN || errno == EINTR));
  newcomer.reader.receive(ByteView(chunk).first(static_cast<std::size_t>(n)));
  const auto frame = newcomer.reader.next();
  if (frame && !*frame) return false;
  std::optional<Hello> hello;
  if (frame && (*frame)->type == Type::hello && newcomer.reader.empty()) hello = decode_hello((*frame)->body);
  if (!hello) {
    send_or_forget(newcomer.socket.get(), Type::refused, static_cast<std::uint8_t>(Refusal::not_understood));
    return true;
  }
  const auto card = std::make_shared<Link>(std::move(newcomer.socket), *std::move(hello), options_.answer_patience);
  if (!admit(card, false)) waiting_.push_back({card, Clock::now() + options_.hello_patience});
  return true;
}

void Hub::admit_waiting() {
  const auto now = Clock::now();
  std::erase_if(waiting_, [&](const Waiting& waiting) { return admit(waiting.card, now >= waiting.deadline); });
}

// The lowest free slot, also when it has to be waited for: a card that is put in again comes back to its reader.
Hub::Room Hub::room_for(const Hello& hello, bool patient, unsigned& slot) {
  const std::scoped_lock lock(lock_);
  for (slot = 0; slot < slots(); ++slot) {
    if (slots_[slot].card || (hello.slot != Hello::kAnySlot && hello.slot != slot)) continue;
    if (slots_[slot].seen_empty) return Room::here;
    if (patient) return Room::soon;
  }
  return Room::none;
}

bool Hub::admit(const Card& card, bool last_call) {
  const Hello& hello = card->hello();
  const auto refuse = [&](Refusal why) {
    send_or_forget(card->fd(), Type::refused, static_cast<std::uint8_t>(why));
    say("The card \"" + hello.name + "\" was turned away.");
    return true;
  };
  if (hello.slot != Hello::kAnySlot && hello.slot >= slots()) return refuse(Refusal::no_such_slot);
  unsigned number = 0;
  const Room room = room_for(hello, !last_call, number);
  if (room == Room::soon) return false;
  if (room != Room::here) return refuse(hello.slot == Hello::kAnySlot ? Refusal::full : Refusal::slot_taken);
  // Before the slot shows it: the first command may follow at once, and only this thread fills slots.
  send_or_forget(card->fd(), Type::welcome, static_cast<std::uint8_t>(number));
  {
    const std::scoped_lock lock(lock_);
    Slot& slot = slots_[number];
    slot.card = card;
    slot.atr = hello.atr;
    slot.powered = false;
    ++slot.changes;
    slot.changed.notify_all();
  }
  say("The card \"" + hello.name + "\" is in slot " + std::to_string(number) + ".");
  return true;
}

}  // namespace simurgh::pcsc::ifd
