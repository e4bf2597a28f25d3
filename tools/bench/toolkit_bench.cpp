#include "tools/bench/toolkit_bench.h"

#include <chrono>
#include <functional>

#include "euicc/card/applets.h"
#include "euicc/toolkit/bip.h"
#include "euicc/toolkit/comprehension.h"
#include "pcsc/bench/bench.h"
#include "tools/bench/desk.h"

namespace simurgh::bench {
namespace {

using Clock = std::chrono::steady_clock;
using namespace simurgh::literals;
using Transmit = std::function<ByteView(ByteView)>;

class Loop final : public toolkit::Application {
 public:
  using Body = toolkit::Task<> (*)(toolkit::Session&);
  explicit Loop(Body body) : body_(body) {}
  [[nodiscard]] const char* name() const noexcept override { return "bench"; }
  toolkit::Task<> run(toolkit::Session& cat) override { return body_(cat); }

 private:
  Body body_;
};

toolkit::Task<> always_more(toolkit::Session& cat) {
  for (;;) {
    toolkit::ProactiveCommand command = toolkit::more_time();
    const toolkit::Reply reply = co_await cat.command(std::move(command));
    if (!reply) co_return;
  }
}

toolkit::BipOpen to_peer() {
  return {.transport = toolkit::BipOpen::Transport::tcp, .address = "C0000201"_hex, .port = 443};
}

toolkit::Task<> sends(toolkit::Session& cat) {
  toolkit::BipOpen where = to_peer();
  auto channel = co_await toolkit::BipChannel::open(cat, std::move(where));
  while (channel) {
    Bytes octets(1400, 0x55);
    const auto sent = co_await channel->send(std::move(octets));
    if (!sent) co_return;
  }
}

toolkit::Task<> receives(toolkit::Session& cat) {
  toolkit::BipOpen where = to_peer();
  auto channel = co_await toolkit::BipChannel::open(cat, std::move(where));
  while (channel) {
    const auto octets = co_await channel->receive();
    if (!octets) co_return;
  }
}

card::Applets only(Loop::Body body) {
  card::Applets out;
  out.add({.class_aid = {}, .name = "bench", .make = [body](const card::CardServices&, const gp::Application*) { return std::make_unique<Loop>(body); }});
  return out;
}

// The least a terminal can do: what it is asked for, it answers at once.
class Answerer {
 public:
  explicit Answerer(Transmit transmit) : transmit_(std::move(transmit)) {
    take(transmit_("80100000" "28" "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"_hex));
  }
  // One proactive command; true when another waits. Throws when none waits or the card refuses something.
  bool serve() {
    if (announced_ == 0) throw DeskError("the benchmark's application has stopped");
    const std::uint8_t le = static_cast<std::uint8_t>(announced_);
    const Bytes command = to_bytes(transmit_(Bytes{0x80, 0x12, 0x00, 0x00, le}));
    const std::size_t header = command.size() > 2 && command[1] == 0x81 ? 3 : 2;
    if (command.size() < header + 11) throw DeskError("FETCH is answered by " + to_hex(command));
    const ByteView objects = ByteView(command).subspan(header, command.size() - 2 - header);
    answer_.assign({0x80, 0x14, 0x00, 0x00, 0x00, 0x81, 0x03, objects[2], objects[3], objects[4], 0x82, 0x02, 0x82, 0x81, 0x83, 0x01, 0x00});
    switch (static_cast<toolkit::CommandType>(objects[3])) {
      case toolkit::CommandType::open_channel:
        append(answer_, "3802810035010339020578"_hex);
        break;
      case toolkit::CommandType::send_data:
        append(answer_, "3701FF"_hex);
        if (const auto data = toolkit::find_object(objects, toolkit::tag::channel_data)) octets_ += data->size();
        break;
      case toolkit::CommandType::receive_data: {
        append(answer_, "3681ED"_hex);
        append(answer_, Bytes(kPiece, 0xAA));
        append(answer_, "3701FF"_hex);
        octets_ += kPiece;
        break;
      }
      default:
        break;
    }
    answer_[4] = static_cast<std::uint8_t>(answer_.size() - 5);
    take(transmit_(answer_));
    return announced_ != 0;
  }
  void data_arrives() { take(transmit_("80C2000010D60E99010982028281B8028100B701FF"_hex)); }
  [[nodiscard]] bool waits() const noexcept { return announced_ != 0; }
  [[nodiscard]] std::size_t octets() const noexcept { return octets_; }

 private:
  static constexpr std::size_t kPiece = 237;
  void take(ByteView response) {
    const ByteView status = response.last(2);
    if (status[0] != 0x90 && status[0] != 0x91) throw DeskError("the card answers " + to_hex(response));
    announced_ = status[0] == 0x90 ? 0 : status[1] == 0 ? 256 : status[1];
  }
  Transmit transmit_;
  Bytes answer_;
  unsigned announced_ = 0;
  std::size_t octets_ = 0;
};

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

double bip_rate(const std::string& library, const Cells& cells, crypto::Rng& rng, double seconds, bool down) {
  const card::Applets applets = only(down ? receives : sends);
  state::MemoryStore store(cells);
  card::Card card(store, rng, nullptr, nullptr, &applets);
  card.power_on();
  BenchSlot slot(card);
  double rate = 0;
  pcsc::direct::with_card(library, slot, [&](const pcsc::direct::Exchange& exchange) {
    Answerer terminal(exchange);
    while (terminal.waits() && terminal.octets() == 0 && terminal.serve()) {
    }
    if (down) terminal.data_arrives();
    const std::size_t before = terminal.octets();
    const auto start = Clock::now();
    while (seconds_since(start) < seconds) (void)terminal.serve();
    rate = static_cast<double>(terminal.octets() - before) / seconds_since(start);
  });
  return rate;
}

}  // namespace

double fetch_rate(const Cells& cells, crypto::Rng& rng, double seconds) {
  const card::Applets applets = only(always_more);
  state::MemoryStore store(cells);
  card::Card card(store, rng, nullptr, nullptr, &applets);
  card.power_on();
  Bytes response;
  Answerer terminal([&](ByteView apdu) -> ByteView { return response = card.transmit(apdu); });
  std::size_t pairs = 0;
  const auto start = Clock::now();
  for (; seconds_since(start) < seconds; ++pairs) (void)terminal.serve();
  return static_cast<double>(pairs) / seconds_since(start);
}

BipRates bip_rates(const std::string& library, const Cells& cells, crypto::Rng& rng, double seconds) {
  return {.up = bip_rate(library, cells, rng, seconds, false), .down = bip_rate(library, cells, rng, seconds, true)};
}

}  // namespace simurgh::bench
