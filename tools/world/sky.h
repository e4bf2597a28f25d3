// The networks around a thing: which cells are heard where, who has an agreement with whom, what the law counts, and what a home network answers.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>

#include "euicc/crypto/rng.h"
#include "tools/radio/modem.h"
#include "tools/terminal/hss.h"
#include "tools/world/scenario.h"

namespace simurgh::world {

// The part of a scenario that changes while it runs; shared by all things of a run.
class World {
 public:
  explicit World(const Scenario& scenario);
  void apply(const WorldEvent& event);
  void set_now(Time now) noexcept { now_ = now; }
  [[nodiscard]] Time now() const noexcept { return now_; }
  [[nodiscard]] const Scenario& scenario() const noexcept { return scenario_; }
  [[nodiscard]] const PlmnSpec* plmn(const std::string& mccmnc) const;
  [[nodiscard]] const std::vector<PlmnSpec>& plmns() const noexcept { return plmns_; }
  [[nodiscard]] const SponsorSpec* sponsor_of_imsi(const std::string& imsi) const;
  [[nodiscard]] const std::vector<ServerSpec>& servers() const noexcept { return servers_; }
  [[nodiscard]] const Agreement* agreement(const std::string& sponsor, const std::string& plmn) const;
  [[nodiscard]] const Country* country(const std::string& id) const;
  // Of one octet of a sponsor's subscriber in a network.
  [[nodiscard]] double price(const std::string& sponsor, const std::string& mccmnc) const;

 private:
  const Scenario& scenario_;
  std::vector<PlmnSpec> plmns_;
  std::vector<SponsorSpec> sponsors_;
  std::vector<ServerSpec> servers_;
  std::vector<Agreement> agreements_;
  Time now_{0};
};

struct Exposure {
  unsigned used = 0, limit = 0;
};

class Sky final : public radio::ServingPort {
 public:
  struct Parts {
    World& world;
    std::function<Time()> now;
    std::function<std::string(Rule::Subject)> subject;  // of the thing
    std::function<bool(const SponsorSpec&)> quota_spent;
    std::function<void(const std::string& mark, radio::Fields fields)> mark;
  };
  Sky(Parts parts, std::uint64_t seed, const std::string& thing, const DeviceSpec& device);

  void place(std::string region) { region_ = std::move(region); }
  [[nodiscard]] const std::string& region() const noexcept { return region_; }
  [[nodiscard]] Exposure exposure(const std::string& rule) const;

  [[nodiscard]] std::vector<radio::Cell> cells() override;
  [[nodiscard]] radio::AttachAnswer attach(const radio::AttachRequest& request, const std::function<terminal::Answer(ByteView)>& card) override;
  [[nodiscard]] radio::SessionAnswer session(const radio::SessionRequest& request) override;

 private:
  struct Count {
    std::set<std::int64_t> days;
    bool warned = false, alarmed = false, acted = false;
    std::int64_t drawn = -1;
  };
  [[nodiscard]] std::int64_t day(const Country& country) const;
  [[nodiscard]] unsigned used(const Rule& rule, const Count& count, std::int64_t today) const;
  [[nodiscard]] std::optional<std::uint8_t> legal(const SponsorSpec& sponsor, const Country& country);
  void count_day(const SponsorSpec& sponsor, const Country& country);

  Parts parts_;
  std::string region_;
  std::unique_ptr<crypto::Rng> rng_;
  terminal::Hss hss_;
  radio::Draw enforcement_;
  std::map<std::pair<std::string, std::string>, Count> counts_;  // rule, subject
  std::optional<Time> t3324_, t3412_, edrx_;
};

}  // namespace simurgh::world
