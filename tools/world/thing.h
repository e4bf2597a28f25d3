// A device on its way through a world: a card, a terminal with a radio, a battery, a route, and a plug that someone pulls.
#pragma once

#include <map>
#include <memory>

#include "ipae/card/observation.h"
#include "tools/terminal/user.h"
#include "tools/world/internet.h"
#include "tools/world/messages.h"
#include "tools/world/own_card.h"
#include "tools/world/timeline.h"

namespace simurgh::world {

// What a thing used, by what it was when it used it.
struct Usage {
  std::uint64_t up = 0, down = 0;
};

// Real time that a thing's card and its servers have taken.
struct Effort {
  std::chrono::nanoseconds card{0}, servers{0};
};

class Thing {
 public:
  struct Parts {
    World& world;
    const CardKit& kit;
    card::ImageCache& images;
    std::function<void(Mark mark)> mark;
    std::map<std::string, Service*> services;
    bool detail = true;  // commands and envelopes are marks too
    terminal::Link* card = nullptr;  // a card from elsewhere, in place of one from the kit; must outlive the thing
    std::chrono::milliseconds patience{10'000};  // with real servers, in real time
  };
  // `number`: of its device's things, from 0.
  Thing(Parts parts, const DeviceSpec& spec, std::uint64_t seed, const std::string& name, unsigned number = 0);
  ~Thing();

  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] const DeviceSpec& spec() const noexcept { return spec_; }
  // When something becomes due; never earlier than its own clock.
  [[nodiscard]] Time next() const;
  void step(Time now);
  void world_changed(Time now);
  void finish(Time now);
  // What an event of the world does to this device.
  void told(const WorldEvent& event, Time now);
  // An operator sends it a table of its applet.
  void send_table(const TableMessage& message, Time now);
  // The power fails for two seconds before the card's APDU with this number.
  void cut_at(std::uint64_t apdu);
  [[nodiscard]] std::string eid() const;

  [[nodiscard]] Value state(const std::string& name, const std::string& argument) const;
  [[nodiscard]] const radio::EnergyMeter& energy() const noexcept { return energy_; }
  [[nodiscard]] const std::map<std::string, unsigned>& counts() const noexcept { return counts_; }
  // By identity, then by server.
  [[nodiscard]] const std::map<std::pair<std::string, std::string>, Usage>& usage() const noexcept { return usage_; }
  [[nodiscard]] Totals totals() const noexcept;
  [[nodiscard]] Effort effort() const noexcept;
  [[nodiscard]] std::optional<Time> first_online() const noexcept { return first_online_; }

 private:
  enum class Plan : std::uint8_t { on, off, cut, move, application, emergency, emergency_over };
  void mark(const std::string& name, radio::Fields fields = {});
  void act(Plan plan);
  void switch_on();
  void switch_off(bool orderly);
  void emergency(bool begins);
  void run_due();
  void look_at_card();
  void look_at_assistant();
  void ask_card();
  void compare_with(ipae::Record now, std::size_t profiles);
  void account_online();
  [[nodiscard]] std::string identity() const;
  [[nodiscard]] std::string profile() const;
  [[nodiscard]] bool awake() const;
  [[nodiscard]] Time watchdog_due() const;

  Parts parts_;
  const DeviceSpec& spec_;
  std::string name_;
  terminal::VirtualClock clock_;
  unsigned number_;
  // Before what tells of its own end: channels that are open then are marks and octets still.
  std::multimap<Time, std::pair<Plan, std::string>> plans_;
  bool powered_ = false, dead_ = false;
  Time powered_since_{0}, online_{0}, lit_{0}, accounted_{0};
  std::string seen_identity_, seen_profile_;
  state::Cell seen_record_;
  ipae::Record record_;
  std::size_t seen_profiles_ = 0, seen_owed_ = 0;
  enum class Asking : std::uint8_t { at_first, when_curious, in_vain } asking_ = Asking::at_first;  // of a card from elsewhere
  static constexpr unsigned kLooks = 3;
  unsigned curious_ = kLooks;  // steps after which to look at it: it may have changed what it remembers, or be about to
  std::map<std::string, unsigned> counts_;
  std::map<std::pair<std::string, std::string>, Usage> usage_;
  Usage total_;  // with what went to nobody
  double cost_ = 0;
  std::optional<Time> first_online_;

  std::unique_ptr<crypto::Rng> openssl_;
  std::unique_ptr<OwnCard> card_;  // null with a card from elsewhere
  std::unique_ptr<CardLink> link_;
  radio::EnergyMeter energy_;
  Sky sky_;
  radio::Modem modem_;
  Internet internet_;
  terminal::ScriptedUser user_;
  terminal::Terminal terminal_;
  Messages messages_;
};

}  // namespace simurgh::world
