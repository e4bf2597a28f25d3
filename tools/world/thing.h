// A device on its way through a world: a card, a terminal with a radio, a battery, a route, and a plug that someone pulls.
#pragma once

#include <map>
#include <memory>

#include "euicc/card/applets.h"
#include "euicc/card/card.h"
#include "ipae/card/record.h"
#include "tools/perso/pki.h"
#include "tools/terminal/user.h"
#include "tools/world/internet.h"
#include "tools/world/timeline.h"

namespace simurgh::world {

// What a profile at an SM-DP+ is made from.
struct StockItem {
  Bytes package, metadata;
};

// What the cards and servers of a scenario are made from; made once, shared by all runs of it.
struct CardKit {
  std::map<std::string, std::map<state::Key, state::Cell>> cells;  // by device id
  std::map<std::string, std::vector<std::map<state::Key, state::Cell>>> identities;  // of the second card of a device on, where servers tell them apart
  perso::Pki pki;
  std::map<std::string, StockItem> stock;                          // by profile id
  card::Applets applets;

  // The cells of one of the device's cards, counted from 0.
  [[nodiscard]] std::map<state::Key, state::Cell> card(const std::string& device, unsigned number) const;
};

// What a thing used, by what it was when it used it.
struct Usage {
  std::uint64_t up = 0, down = 0;
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
  // The power fails now, for two seconds; or before the card's APDU with this number.
  void cut(Time now);
  void cut_at(std::uint64_t apdu);
  [[nodiscard]] std::string eid() const;

  [[nodiscard]] Value state(const std::string& name, const std::string& argument) const;
  [[nodiscard]] const radio::EnergyMeter& energy() const noexcept { return energy_; }
  [[nodiscard]] const std::map<std::string, unsigned>& counts() const noexcept { return counts_; }
  // By identity, then by server.
  [[nodiscard]] const std::map<std::pair<std::string, std::string>, Usage>& usage() const noexcept { return usage_; }
  [[nodiscard]] std::uint64_t apdus() const noexcept;

 private:
  class OwnCard;
  class CardLink;
  enum class Plan : std::uint8_t { on, off, cut, move, application };
  void mark(const std::string& name, radio::Fields fields = {});
  void act(Plan plan);
  void switch_on();
  void switch_off(bool orderly);
  void run_due();
  void look_at_card();
  void look_at_assistant();
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
  std::unique_ptr<crypto::Rng> openssl_;
  std::unique_ptr<OwnCard> card_;  // null with a card from elsewhere
  std::unique_ptr<CardLink> link_;
  radio::EnergyMeter energy_;
  Sky sky_;
  radio::Modem modem_;
  Internet internet_;
  terminal::ScriptedUser user_;
  terminal::Terminal terminal_;

  std::multimap<Time, std::pair<Plan, std::string>> plans_;
  bool powered_ = false, dead_ = false;
  Time powered_since_{0}, online_{0}, lit_{0}, accounted_{0};
  std::string seen_identity_, seen_profile_;
  state::Cell seen_record_;
  ipae::Record record_;
  std::size_t seen_profiles_ = 0;
  std::map<std::string, unsigned> counts_;
  std::map<std::pair<std::string, std::string>, Usage> usage_;
  Usage total_, denied_;
};

}  // namespace simurgh::world
