// Many devices at once on a store that is a file, and an eIM that is put down and started again in between.
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <filesystem>
#include <thread>

#include "tests/unit/eim/eim_world.h"

using namespace simurgh;
using namespace simurgh::literals;
using test::PaperCard;

namespace {

class DeadDp final : public eim::DpPort {
 public:
  ipae::Es9Result<ipae::InitiateAuthenticationOk> initiate_authentication(const std::string&, ByteView, ByteView) override { return no(); }
  ipae::Es9Result<ipae::AuthenticateClientOk> authenticate_client(const std::string&, ByteView, ByteView) override { return no(); }
  ipae::Es9Result<Bytes> get_bound_profile_package(const std::string&, ByteView, ByteView) override { return no(); }
  ipae::Es9Result<void> cancel_session(const std::string&, ByteView, ByteView) override { return no(); }
  ipae::Es9Result<void> handle_notification(const std::string&, ByteView) override { return no(); }

 private:
  static std::unexpected<ipae::Es9Error> no() { return std::unexpected(ipae::not_understood("nobody")); }
};

// One life of the eIM's process.
struct Life {
  Life(const perso::Pki& pki, const std::string& path, crypto::Rng& rng)
      : store(path), manager(pki, store, rng, options()), indirect(manager, dp, {}), service(manager, indirect) {}
  static eim::EimOptions options() {
    eim::EimOptions out;
    out.eim_id = "eim1.example.com";
    out.now = [] { return std::int64_t{1800000000}; };
    return out;
  }
  eim::EimStore store;
  DeadDp dp;
  eim::Eim manager;
  eim::Indirect indirect;
  eim::EsipaService service;
};

}  // namespace

TEST_CASE("A fleet on several threads: every order is executed once and known as done, also when the eIM is started anew in the middle", "[eim]") {
  constexpr int kDevices = 60, kThreads = 4;
  const auto rng = crypto::system_rng();
  const perso::Pki pki = perso::make_pki({.not_before = 1700000000}, *rng);
  const auto folder = std::filesystem::temp_directory_path() / ("simurgh-eim-" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  const std::string path = folder / "eim.db";
  std::vector<PaperCard> cards;
  for (int i = 0; i < kDevices; ++i) {
    std::string eid = "890490320000000000000000000" + std::to_string(10000 + i);
    cards.emplace_back(pki, eid, *rng);
  }
  std::vector<std::string> orders;
  auto life = std::make_unique<Life>(pki, path, *rng);
  for (const PaperCard& card : cards) orders.push_back(life->manager.create(eim::Facility::psmo, card.eid(), eim::Json::parse(R"({"psmo":[{"listProfileInfo":{}}]})")).value());
  std::atomic<int> strange{0};
  // Each device: up to `steps` exchanges; the answer to every other result is lost.
  const auto run = [&](int steps) {
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        for (int i = t; i < kDevices; i += kThreads) {
          PaperCard& card = cards[static_cast<std::size_t>(i)];
          for (int step = 0; step < steps; ++step) {
            const auto answer = life->service.handle_asn1(card.poll());
            const auto whole = answer ? asn1::read_only(*answer, 0xBF4F) : std::unexpected(asn1::ParseError{"", 0});
            if (!whole) {
              ++strange;
              break;
            }
            asn1::TlvReader in(whole->value);
            const auto package = in.next();
            if (!package || package->tag == 0x02) break;
            const bool lost = package->tag == 0xBF51 && card.executed == 0 && i % 2 == 1;
            const Bytes result = package->tag == 0xBF52 ? card.data(package->raw) : card.load(package->raw);
            if (!lost && !life->service.handle_asn1(card.provide(result))) ++strange;
          }
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
  };
  run(2);
  life = std::make_unique<Life>(pki, path, *rng);
  run(8);
  REQUIRE(strange == 0);
  for (std::size_t i = 0; i < cards.size(); ++i) {
    INFO(cards[i].eid());
    REQUIRE(cards[i].executed == 1);
    const auto request = life->store.by_resource(orders[i]);
    REQUIRE(request);
    REQUIRE(request->status == "done");
    REQUIRE(request->verified == "yes");
  }
  life.reset();
  std::filesystem::remove_all(folder);
}
