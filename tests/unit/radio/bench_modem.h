// A modem, its terminal and a real card under a sky that answers as told.
#pragma once

#include <catch2/catch.hpp>
#include <map>

#include "tests/card/bench_card.h"
#include "tools/perso_upp/upp_builder.h"
#include "euicc/card/applets.h"
#include "tools/radio/modem.h"
#include "tools/terminal/hss.h"

namespace simurgh::test {

struct Sky final : radio::ServingPort {
  explicit Sky(crypto::Rng& rng) : hss(rng, [] { return std::int64_t{1'790'000'000}; }) {}
  std::vector<radio::Cell> cells() override { return here; }
  radio::AttachAnswer attach(const radio::AttachRequest& request, const std::function<terminal::Answer(ByteView)>& card) override {
    if (request.procedure == radio::Procedure::area_update) ++updates;
    const auto at = answers.find(request.cell.plmn);
    if (const auto own = by_rat.find(request.cell.rat); own != by_rat.end()) return own->second;
    if (at == answers.end()) return {};
    radio::AttachAnswer answer = at->second;
    if (answer.kind == radio::AttachAnswer::Kind::accepted && request.procedure == radio::Procedure::attach) {
      const auto outcome = terminal::authenticate(hss, request.imsi, card);
      answer.authenticated = outcome.outcome == terminal::Authentication::Outcome::done;
      if (!answer.authenticated) return {.kind = radio::AttachAnswer::Kind::rejected, .cause = 3};
    }
    return answer;
  }
  radio::SessionAnswer session(const radio::SessionRequest& request) override {
    asked_for.push_back(request.apn);
    const auto at = sessions.find(request.apn);
    return at == sessions.end() ? radio::SessionAnswer{} : at->second;
  }
  // Cause 0: welcome.
  Sky& answer(const std::string& plmn, std::uint8_t cause = 0, bool integrity = true) {
    answers[plmn] = {.kind = cause == 0 ? radio::AttachAnswer::Kind::accepted : radio::AttachAnswer::Kind::rejected, .cause = cause, .integrity = integrity};
    return *this;
  }

  std::vector<radio::Cell> here{{.plmn = "99970"}};
  std::map<std::string, radio::AttachAnswer> answers;
  std::map<radio::Rat, radio::AttachAnswer> by_rat;  // before those
  std::map<std::string, radio::SessionAnswer> sessions;
  std::vector<std::string> asked_for;
  terminal::Hss hss;
  unsigned updates = 0;
};

class NoNetwork final : public terminal::Network {
 public:
  std::expected<std::unique_ptr<terminal::Connection>, std::string> open(terminal::Transport, const terminal::Endpoint&, const std::string&) override {
    return std::unexpected("there is none");
  }
  bool wait(std::chrono::milliseconds) override { return false; }
  bool in_use() const override { return false; }
  std::vector<Bytes> name_servers() const override { return {}; }
};

class CountingLink final : public terminal::Link {
 public:
  explicit CountingLink(card::Card& card) : card_(card) {}
  Bytes transmit(ByteView command) override {
    ++commands;
    return card_.transmit(command);
  }
  Bytes reset() override { return card_.reset(); }
  std::size_t commands = 0;

 private:
  card::Card& card_;
};

inline std::map<state::Key, state::Cell> subscriber_cells(bench::Desk& desk) {
  using namespace simurgh::literals;
  perso::CardSpec spec;
  spec.roots = perso::roots_of(desk.pki());
  spec.profiles.push_back({.package = perso::build_profile(perso::default_recipe(kIccid1, "999700000000001", "465B5CE8B199B49FAA5F0A2EE238A6BC"_hex,
                                                                                 "CD63CB71954A9F4E48A5994E37A02BAF"_hex)),
                           .metadata = {},
                           .enabled = true});
  return perso::make_cells(spec, desk.rng());
}

struct BenchModem {
  explicit BenchModem(const radio::Personality& personality = {}, std::uint64_t seed = 1, const card::Applets* applets = nullptr)
      : rng(crypto::seeded_rng(seed)),
        store(cells()),
        card(store, *rng, nullptr, nullptr, applets),
        link(card),
        air(*rng),
        modem({.clock = clock, .serving = air, .energy = energy, .mark = [this](const std::string& name, radio::Fields fields) { note(name, std::move(fields)); }},
              personality, seed, "modem"),
        terminal({.link = link, .clock = clock, .network = network, .user = user, .journal = [this](const terminal::Entry& entry) { journal.push_back(entry); },
                  .radio = &modem},
                 {.power_up = personality.power_up, .capabilities = radio::capabilities_of(personality), .device = {.service = terminal::ServiceStatus::none}}) {
    using namespace simurgh::literals;
    terminal::Subscriber subscriber;
    subscriber.imsi = "999700000000001";
    subscriber.aka = *terminal::aka_parameters({.algorithm = "milenage", .key = "465B5CE8B199B49FAA5F0A2EE238A6BC", .opc = "CD63CB71954A9F4E48A5994E37A02BAF", .op = {}});
    air.hss.add(std::move(subscriber));
    modem.serve(terminal);
    card.power_on();
  }

  BenchModem& on() {
    REQUIRE(terminal.power_up());
    modem.power_on();
    terminal.tick();
    return *this;
  }
  void run(std::chrono::milliseconds time) {
    const auto end = clock.now() + time;
    for (;;) {
      auto next = end;
      if (const auto due = modem.next()) next = std::min(next, *due);
      if (!modem.dormant() && modem.phase() != radio::Phase::off) {
        if (const auto due = terminal.next_due()) next = std::min(next, *due);
      }
      if (next > clock.now()) clock.advance(next - clock.now());
      if (!modem.dormant() && modem.phase() != radio::Phase::off) terminal.tick();
      modem.step();
      if (!modem.dormant()) terminal.settle();
      if (clock.now() >= end) return;
    }
  }
  // Another subscription, as a swap leaves it: EF.IMSI changes and the modem is told.
  void change_imsi(const std::string& imsi) {
    REQUIRE(terminal.send(concat({Bytes{0x00, 0x20, 0x00, 0x0A, 0x08}, Bytes(8, '8')})).ok());
    REQUIRE(terminal.send(concat({Bytes{0x00, 0xA4, 0x08, 0x0C, 0x04}, from_hex("7FFF6F07").value()})).ok());
    Bytes image{0x08};
    for (std::size_t i = 0; i < 8; ++i) {
      const auto digit = [&](std::size_t at) { return at == 0 ? 9 : imsi[at - 1] - '0'; };
      image.push_back(static_cast<std::uint8_t>(digit(2 * i + 1) << 4 | digit(2 * i)));
    }
    REQUIRE(terminal.send(concat({Bytes{0x00, 0xD6, 0x00, 0x00, 0x09}, image})).ok());
    REQUIRE(terminal.power_up());
    modem.after_refresh(0x04);
    terminal.settle();
  }
  [[nodiscard]] Bytes file(const std::string& path) {
    const Bytes name = from_hex(path).value();
    const auto selected = terminal.send(concat({Bytes{0x00, 0xA4, 0x08, 0x04, static_cast<std::uint8_t>(name.size())}, name}));
    REQUIRE(selected.ok());
    return terminal.send(Bytes{0x00, 0xB0, 0x00, 0x00, 0x00}).data;
  }
  [[nodiscard]] std::vector<std::map<std::string, std::string>> marks(const std::string& name) const {
    std::vector<std::map<std::string, std::string>> out;
    for (const auto& [mark, fields] : all) {
      if (mark == name) out.emplace_back(fields.begin(), fields.end());
    }
    return out;
  }
  [[nodiscard]] std::vector<std::string> envelopes() const {
    std::vector<std::string> out;
    for (const auto& entry : journal) {
      if (entry.kind == "envelope") out.push_back(entry.fields.front().second);
    }
    return out;
  }
  [[nodiscard]] std::string text() const {
    std::string out;
    for (const auto& [mark, fields] : all) {
      out += mark;
      for (const auto& [key, value] : fields) out += " " + key + "=" + value;
      out += "\n";
    }
    return out;
  }
  void note(const std::string& name, radio::Fields fields) {
    fields.emplace_back("at", std::to_string(clock.now().count()));
    all.emplace_back(name, std::move(fields));
  }

  static const std::map<state::Key, state::Cell>& cells() {
    static bench::Desk desk;
    static const auto shared = subscriber_cells(desk);
    return shared;
  }

  std::unique_ptr<crypto::Rng> rng;
  state::MemoryStore store;
  card::Card card;
  terminal::VirtualClock clock;
  NoNetwork network;
  terminal::ScriptedUser user;
  CountingLink link;
  Sky air;
  radio::EnergyMeter energy;
  std::vector<std::pair<std::string, radio::Fields>> all;
  std::vector<terminal::Entry> journal;
  radio::Modem modem;
  terminal::Terminal terminal;
};

}  // namespace simurgh::test
