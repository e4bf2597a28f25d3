// A hostile card at a terminal: whatever FETCH brings, the terminal answers once, in 255 octets, with the details it was given or zeros.
#include "tests/fuzz/require.h"
#include "tools/terminal/terminal.h"

using namespace simurgh;

namespace {

// Hands out the input cut at every pair 9F 00, one piece for each FETCH.
class HostileCard final : public terminal::Link {
 public:
  explicit HostileCard(ByteView input) {
    Bytes piece;
    for (std::size_t i = 0; i < input.size(); ++i) {
      if (i + 1 < input.size() && input[i] == 0x9F && input[i + 1] == 0x00) {
        if (!piece.empty() && piece.size() <= 256) pieces_.push_back(std::move(piece));
        piece.clear();
        ++i;
      } else {
        piece.push_back(input[i]);
      }
    }
    if (!piece.empty() && piece.size() <= 256) pieces_.push_back(std::move(piece));
  }
  Bytes reset() override {
    awaiting_ = false;
    return {0x3B, 0x00};
  }
  Bytes transmit(ByteView command) override {
    FUZZ_REQUIRE(command.size() >= 4 && command.size() <= 261);
    if (command[1] == 0xA4) return command.size() == 7 && command[5] == 0x3F ? Bytes{0x90, 0x00} : Bytes{0x6A, 0x82};
    if (command[1] == 0x12) {
      FUZZ_REQUIRE(!awaiting_ && !pieces_.empty());
      Bytes out = pieces_.front();
      pieces_.erase(pieces_.begin());
      awaiting_ = true;
      append(out, Bytes{0x90, 0x00});
      return out;
    }
    if (command[1] == 0x14) {
      FUZZ_REQUIRE(awaiting_);
      FUZZ_REQUIRE(command.size() >= 5 + 12 && command[4] == command.size() - 5);
      FUZZ_REQUIRE(terminal::read_objects(command.subspan(5)).has_value());
      awaiting_ = false;
    }
    if (command[1] == 0xC2) FUZZ_REQUIRE(terminal::parse_command(command.subspan(5)).error().result == 0x32);
    if (awaiting_ || pieces_.empty()) return {0x90, 0x00};
    return {0x91, static_cast<std::uint8_t>(pieces_.front().size())};
  }
  [[nodiscard]] bool done() const noexcept { return pieces_.empty(); }

 private:
  std::vector<Bytes> pieces_;
  bool awaiting_ = false;
};

class DeadNetwork final : public terminal::Network {
 public:
  std::expected<std::unique_ptr<terminal::Connection>, std::string> open(terminal::Transport, const terminal::Endpoint& remote, const std::string&) override {
    FUZZ_REQUIRE(remote.address.size() == 4 || remote.address.size() == 16);
    if (remote.port % 2 == 0) return std::unexpected("no route");
    return std::make_unique<Echo>();
  }
  bool wait(std::chrono::milliseconds) override { return false; }
  bool in_use() const override { return false; }
  std::vector<Bytes> name_servers() const override { return std::vector<Bytes>(20, Bytes(16)); }

 private:
  class Echo final : public terminal::Connection {
   public:
    bool send(ByteView octets) override {
      append(waiting_, octets);
      return true;
    }
    Bytes receive(std::size_t limit) override {
      Bytes out(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(std::min(limit, waiting_.size())));
      waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(out.size()));
      return out;
    }
    bool dropped() const override { return false; }
    Bytes local_address() const override { return {127, 0, 0, 1}; }

   private:
    Bytes waiting_;
  };
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  HostileCard card(ByteView(data, size));
  DeadNetwork network;
  terminal::VirtualClock clock;
  terminal::ScriptedUser user({"text:0123456789", "item:2", "ok", "back", "text:Ж"});
  terminal::TerminalOptions options;
  options.capabilities.profile = terminal::TerminalProfile(Bytes(36, 0xFF));
  terminal::Terminal terminal({.link = card, .clock = clock, .network = network, .user = user, .journal = [](const terminal::Entry&) {}}, std::move(options));
  if (terminal.power_up()) {
    terminal.settle();
    terminal.run_for(std::chrono::minutes(5));
    FUZZ_REQUIRE(card.done());
  }
  return 0;
}
