#include <algorithm>
#include <utility>
#include <vector>

#include "pcsc/bench/bench.h"
#include "pcsc/bench/connection.h"

namespace simurgh::pcsc {

BenchResult round_trips(const std::string& library, const std::string& reader, ByteView atr, ByteView apdu,
                        std::chrono::milliseconds duration) {
  using Clock = std::chrono::steady_clock;
  Connection connection(library, reader, atr);
  BenchResult result;
  std::vector<float> each;
  const auto start = Clock::now();
  auto now = start;
  while (now - start < duration) {
    (void)connection.transmit(apdu);
    const auto then = std::exchange(now, Clock::now());
    each.push_back(std::chrono::duration<float, std::micro>(now - then).count());
  }
  result.apdus = each.size();
  result.seconds = std::chrono::duration<double>(now - start).count();
  std::ranges::sort(each);
  result.median_us = each[each.size() / 2];
  result.slowest_of_hundred_us = each[each.size() - 1 - each.size() / 100];
  return result;
}

}  // namespace simurgh::pcsc
