// A card of proactive commands and a network that exist only in a test.
#pragma once

#include <catch2/catch.hpp>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "tools/terminal/terminal.h"

namespace simurgh::test {

// Has an MF and nothing else. After TERMINAL PROFILE it announces its commands one by one; what it is told is kept.
class CatCard final : public terminal::Link {
 public:
  // D0 templates in hexadecimal; one that begins with "raw" goes out as it stands.
  CatCard& asks(const std::string& hex) {
    queue_.push_back(*from_hex(hex));
    return *this;
  }
  Bytes reset() override {
    ++resets;
    profile_ = false;
    fetched_ = false;
    parked_.clear();
    log.push_back("reset");
    return {0x3B, 0x00};
  }
  Bytes transmit(ByteView command) override {
    REQUIRE(command.size() >= 4);
    const std::uint8_t ins = command[1];
    const ByteView data = command.size() > 5 ? command.subspan(5) : ByteView{};
    switch (ins) {
      case 0x10:
        profile = to_hex(data);
        profile_ = true;
        log.push_back("profile");
        return sw();
      case 0x12: {
        if (!profile_ || queue_.empty() || fetched_) return {0x69, 0x85};
        const Bytes answer = queue_.front();
        if (command.size() != 5 || command[4] != static_cast<std::uint8_t>(answer.size())) return {0x6C, static_cast<std::uint8_t>(answer.size())};
        queue_.pop_front();
        fetched_ = true;
        Bytes out = answer;
        append(out, Bytes{0x90, 0x00});
        return out;
      }
      case 0x14:
        REQUIRE(fetched_);
        fetched_ = false;
        responses.push_back(to_hex(data));
        log.push_back("response");
        return sw();
      case 0xC2:
        envelopes.push_back(to_hex(data));
        log.push_back("envelope");
        if (!envelope_answers.empty()) {
          const Bytes answer = *from_hex(envelope_answers.front());
          envelope_answers.pop_front();
          if (answer.size() == 2) return answer;
          parked_ = answer;
          const bool warning = answer[answer.size() - 2] != 0x90;
          if (warning) return {answer[answer.size() - 2], answer.back()};
          return {0x61, static_cast<std::uint8_t>(answer.size() - 2)};
        }
        return sw();
      case 0xC0: {
        if (parked_.empty()) return {0x69, 0x85};
        const auto size = static_cast<std::uint8_t>(parked_.size() - 2);
        if (command.size() != 5 || command[4] != size) return {0x6C, size};
        return std::exchange(parked_, {});
      }
      case 0xA4: {
        selections.push_back(to_hex(data));
        const std::string answer = files.contains(to_hex(data)) ? files.at(to_hex(data)).first : "6A82";
        if (answer == "6A82") return {0x6A, 0x82};
        parked_ = *from_hex(answer + "9000");
        current_ = to_hex(data);
        return {0x61, static_cast<std::uint8_t>(parked_.size() - 2)};
      }
      case 0xB0: {
        Bytes out = *from_hex(files.at(current_).second);
        if (command[4] != out.size()) return {0x6C, static_cast<std::uint8_t>(out.size())};
        append(out, sw());
        return out;
      }
      case 0x20:
      case 0x2C:
        if (!pin_answers.empty()) {
          const Bytes answer = *from_hex(pin_answers.front());
          pin_answers.pop_front();
          return answer;
        }
        return sw();
      case 0xF2:
        ++statuses;
        return sw();
      default:
        return {0x6D, 0x00};
    }
  }

  // Path or AID -> FCP and content.
  std::map<std::string, std::pair<std::string, std::string>> files{{"3F00", {"62088202782183023F00", ""}}};
  std::string profile;
  std::vector<std::string> responses, envelopes, log, selections;
  std::deque<std::string> envelope_answers, pin_answers;
  unsigned resets = 0, statuses = 0;

 private:
  Bytes sw() const {
    if (!profile_ || fetched_ || queue_.empty()) return {0x90, 0x00};
    return {0x91, static_cast<std::uint8_t>(queue_.front().size())};
  }

  std::deque<Bytes> queue_;
  Bytes parked_;
  std::string current_;
  bool profile_ = false, fetched_ = false;
};

// Answers what it is told to; the connection the terminal holds looks at the network's queues.
class FakeNetwork final : public terminal::Network {
 public:
  std::expected<std::unique_ptr<terminal::Connection>, std::string> open(terminal::Transport transport, const terminal::Endpoint& remote,
                                                                         const std::string& access_point) override {
    if (unreachable) return std::unexpected("no route");
    opened.push_back((transport == terminal::Transport::tcp ? "tcp " : "udp ") + terminal::describe(remote) + " " + access_point);
    return std::make_unique<Socket>(*this);
  }
  bool wait(std::chrono::milliseconds) override { return false; }
  bool in_use() const override { return open_count > 0; }
  std::vector<Bytes> name_servers() const override { return servers; }

  bool unreachable = false, hung_up = false, broken = false;
  std::vector<std::string> opened, sent;
  std::deque<Bytes> arriving;
  std::vector<Bytes> servers;
  int open_count = 0;

 private:
  class Socket final : public terminal::Connection {
   public:
    explicit Socket(FakeNetwork& network) : network_(network) { ++network_.open_count; }
    ~Socket() override { --network_.open_count; }
    bool send(ByteView octets) override {
      if (network_.broken) return false;
      network_.sent.push_back(to_hex(octets));
      return true;
    }
    Bytes receive(std::size_t limit) override {
      if (network_.arriving.empty()) return {};
      Bytes out = network_.arriving.front();
      network_.arriving.pop_front();
      if (out.size() > limit) {
        network_.arriving.emplace_front(out.begin() + static_cast<std::ptrdiff_t>(limit), out.end());
        out.resize(limit);
      }
      return out;
    }
    bool dropped() const override { return network_.hung_up && network_.arriving.empty(); }
    Bytes local_address() const override { return {10, 0, 0, 7}; }

   private:
    FakeNetwork& network_;
  };
};

struct World {
  CatCard card;
  terminal::VirtualClock clock;
  FakeNetwork network;
  std::vector<std::string> words;
  std::vector<terminal::Entry> journal;
  std::unique_ptr<terminal::ScriptedUser> user;
  std::unique_ptr<terminal::Terminal> terminal;

  explicit World(terminal::TerminalOptions options = {}, std::vector<std::string> answers = {}) {
    if (options.capabilities.profile.octets().empty()) options.capabilities = *terminal::built_in_capabilities("phone");
    user = std::make_unique<terminal::ScriptedUser>(std::move(answers));
    terminal = std::make_unique<terminal::Terminal>(
        terminal::Terminal::Parts{
            .link = card, .clock = clock, .network = network, .user = *user, .journal = [this](const terminal::Entry& entry) { journal.push_back(entry); }},
        std::move(options));
  }
  World& on() {
    REQUIRE(terminal->power_up());
    terminal->settle();
    return *this;
  }
  // Powers up with this one command and gives the TERMINAL RESPONSE.
  std::string answer_to(const std::string& command) {
    card.asks(command);
    const std::size_t before = card.responses.size();
    if (card.resets == 0) {
      on();
    } else {
      (void)terminal->send(*from_hex("80F2000C00"));
      terminal->settle();
    }
    REQUIRE(card.responses.size() == before + 1);
    return card.responses.back();
  }
};

}  // namespace simurgh::test
