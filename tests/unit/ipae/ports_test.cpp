#include "ipae/transport/ports.h"

#include <catch2/catch.hpp>

using namespace simurgh;
using namespace simurgh::ipae;

namespace {

Task<int> add(int a, int b) { co_return a + b; }

Task<PortResult<int>> sum_to(int n) {
  int sum = 0;
  for (int i = 1; i <= n; ++i) sum = co_await add(sum, i);
  if (sum < 0) co_return std::unexpected(PortError{"too much"});
  co_return sum;
}

Task<> throws() {
  throw std::runtime_error("broken");
  co_return;
}

struct Never {
  static bool await_ready() { return false; }
  static void await_suspend(std::coroutine_handle<>) {}
  static void await_resume() {}
};

Task<int> waits() {
  co_await Never{};
  co_return 1;
}

class NoDatagrams final : public NetPort {
 public:
  Task<PortResult<std::unique_ptr<StreamPort>>> connect(std::string, std::uint16_t) override {
    co_return std::unexpected(PortError{"closed"});
  }
};

}  // namespace

TEST_CASE("Tasks that never wait run to their end, however many they are", "[ports]") {
  CHECK(run_now(add(2, 3)) == 5);
  // Deep enough to overflow the stack when each await took some.
  CHECK(*run_now(sum_to(60000)) == 1800030000);
}

TEST_CASE("What a task throws reaches whoever runs it, and waiting is an error there", "[ports]") {
  CHECK_THROWS_WITH(run_now(throws()), "broken");
  CHECK_THROWS_AS(run_now(waits()), std::logic_error);
}

TEST_CASE("A net without datagrams says so", "[ports]") {
  NoDatagrams net;
  const auto none = run_now(net.datagrams("example.com", 5684));
  REQUIRE_FALSE(none);
  CHECK(none.error().what == "datagrams are not offered here");
}
