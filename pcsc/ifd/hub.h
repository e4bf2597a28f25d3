// The slots of one reader: a socket that card processes connect to, and who sits where.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <expected>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "pcsc/ifd/link.h"
#include "pcsc/unique_fd.h"

namespace simurgh::pcsc::ifd {

// A card is present as long as its process is connected. All members may be called from any thread.
//
// pcscd learns of movements from one thread for each slot, which asks present() and then sleeps in wait_for_change(). A slot that a card
// has left takes the next one only after that thread has seen it empty, so that no card is ever taken for its predecessor.
class Hub {
 public:
  struct Options {
    std::string socket_path;
    unsigned slots = 1;
    std::chrono::milliseconds hello_patience = std::chrono::seconds(2);    // for a new connection to say what it is and to find room
    std::chrono::milliseconds answer_patience = std::chrono::seconds(60);  // for one command; then the card counts as removed
    std::function<void(const std::string&)> log;                           // one sentence on a card that came, left or was turned away
  };

  // Connections that have not said yet what they are; further ones are closed at once.
  static constexpr std::size_t kMaxNewcomers = 32;

  // Throws as listen_on does.
  explicit Hub(Options options);
  // Every card sees its connection end.
  ~Hub();
  Hub(const Hub&) = delete;
  Hub& operator=(const Hub&) = delete;

  [[nodiscard]] unsigned slots() const noexcept { return static_cast<unsigned>(slots_.size()); }

  // The slot number is below slots() in every call.
  [[nodiscard]] bool present(unsigned slot);
  // Until a card came or left since the calling thread last asked present(), wake() was called, or the time is over.
  void wait_for_change(unsigned slot, std::chrono::milliseconds time);
  // Ends the wait that is going on, or else the next one. pcscd does so to end its thread, and when the last program lets a card go, since
  // it then wants to wait for a shorter time.
  void wake(unsigned slot);

  enum class Trouble {
    no_card,  // none was there
    lost,     // it went away, did not answer in time, or answered with nonsense: it has been removed
  };
  // The ATR, empty when the card is mute.
  [[nodiscard]] std::expected<Bytes, Trouble> power_on(unsigned slot) { return activate(slot, Type::power_on); }
  [[nodiscard]] std::expected<Bytes, Trouble> reset(unsigned slot) { return activate(slot, Type::reset); }
  [[nodiscard]] std::expected<void, Trouble> power_off(unsigned slot);
  // The response, empty when the card is mute.
  [[nodiscard]] std::expected<Bytes, Trouble> transmit(unsigned slot, ByteView apdu);
  // Of the last activation, or before it what the card announced; empty without a card.
  [[nodiscard]] Bytes atr(unsigned slot);
  [[nodiscard]] bool powered(unsigned slot);
  // What the card calls itself; empty without a card.
  [[nodiscard]] std::string name(unsigned slot);

 private:
  using Clock = std::chrono::steady_clock;
  using Card = std::shared_ptr<Link>;

  struct Slot {
    Card card;
    Bytes atr;
    bool powered = false;
    std::uint64_t changes = 0;
    bool seen_empty = true;  // by pcscd's thread, since the last card left
    bool woken = false;
    // pcscd's thread for this slot, once it has slept here, and what it knows.
    std::thread::id watcher;
    std::uint64_t seen_changes = 0;
    // Who asked last, to know what a thread saw before its first sleep.
    std::thread::id asker;
    std::uint64_t asker_changes = 0;
    std::condition_variable changed;
  };
  struct Newcomer {
    UniqueFd socket;
    FrameReader reader;
    Clock::time_point deadline;
  };
  // Said hello, and waits for a slot that its predecessor just left.
  struct Waiting {
    Card card;
    Clock::time_point deadline;
  };
  enum class Room { here, soon, none };

  [[nodiscard]] std::expected<Bytes, Trouble> activate(unsigned slot, Type how);
  [[nodiscard]] std::expected<Bytes, Trouble> ask(unsigned slot, const Card& card, Type request, ByteView body = {});
  [[nodiscard]] Card card_in(unsigned slot);
  void leave(unsigned slot, const Card& card, const char* why);
  void say(const std::string& sentence) const;

  void run();
  void turn();
  void accept_one();
  void listen_to_newcomers(const std::vector<int>& ready);
  [[nodiscard]] bool hear(Newcomer& newcomer);
  void admit_waiting();
  [[nodiscard]] Room room_for(const Hello& hello, bool patient, unsigned& slot);
  // True when the card needs no more care here: it sits, or it was turned away.
  [[nodiscard]] bool admit(const Card& card, bool last_call);

  const Options options_;
  std::mutex lock_;  // guards slots_
  std::vector<Slot> slots_;
  UniqueFd wake_, listener_;
  std::atomic<bool> stopping_ = false;
  // Of the thread below only.
  std::list<Newcomer> newcomers_;
  std::list<Waiting> waiting_;
  Clock::time_point listener_rests_until_{};
  std::thread thread_;
};

}  // namespace simurgh::pcsc::ifd
