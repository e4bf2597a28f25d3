#include "tools/coap/uploads.h"

#include <algorithm>

namespace simurgh::coaps {

Uploads::Outcome Uploads::take(ByteView tag, std::uint64_t offset, bool last, ByteView payload, Bytes& body) {
  auto at = std::ranges::find_if(running_, [&](const Upload& one) { return equal(one.tag, tag); });
  if (offset == 0) {
    if (at != running_.end()) running_.erase(at);
    if (running_.size() == kParallel) running_.pop_front();
    at = running_.insert(running_.end(), {to_bytes(tag), {}});
  }
  if (at == running_.end()) return Outcome::incomplete;
  if (offset != at->body.size()) {
    running_.erase(at);
    return Outcome::incomplete;
  }
  if (payload.size() > largest_ - at->body.size()) {
    running_.erase(at);
    return Outcome::too_large;
  }
  append(at->body, payload);
  if (!last) return Outcome::more;
  body = std::move(at->body);
  running_.erase(at);
  return Outcome::whole;
}

}  // namespace simurgh::coaps
