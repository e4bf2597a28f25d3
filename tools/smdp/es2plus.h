// ES2+ of an SM-DP+ (SGP.22 v2.5 5.3): an operator's orders, as JSON. Progress goes to a URL in the other direction.
#pragma once

#include <mutex>
#include <string>

#include "euicc/crypto/rng.h"
#include "tools/smdp/order_store.h"

namespace simurgh::smdp {

class Es2Plus {
 public:
  Es2Plus(OrderStore& store, crypto::Rng& rng) : store_(store), rng_(rng) {}
  // downloadOrder, confirmOrder, cancelOrder, releaseProfile; the answer carries the function execution status.
  [[nodiscard]] std::string handle(const std::string& function, const std::string& body);

 private:
  OrderStore& store_;
  crypto::Rng& rng_;
  std::mutex mutex_;
};

// Body of HandleDownloadProgressInfo (5.3.5).
[[nodiscard]] std::string progress_body(const Order& order, const std::string& point, bool good, std::int64_t now);

}  // namespace simurgh::smdp
