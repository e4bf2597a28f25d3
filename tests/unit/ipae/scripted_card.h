// Peers that follow a script: a card of APDUs, and a card of ES10 requests.
#pragma once

#include <catch2/catch.hpp>
#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "ipae/es10/ports.h"

namespace simurgh::test {

// Expects exactly these APDUs in this order; what is left over at the end fails the test.
class ScriptedCard final : public ipae::ApduPort {
 public:
  ScriptedCard& on(const std::string& command, const std::string& response) {
    steps_.push_back({*from_hex(command), *from_hex(response)});
    return *this;
  }
  std::expected<Bytes, ipae::PortError> transmit(ByteView apdu) override {
    if (steps_.empty()) {
      unexpected_.push_back(to_hex(apdu));
      return std::unexpected(ipae::PortError{"the script is at its end"});
    }
    const auto [command, response] = steps_.front();
    steps_.pop_front();
    CHECK(to_hex(apdu) == to_hex(command));
    return response;
  }
  [[nodiscard]] bool finished() const { return steps_.empty() && unexpected_.empty(); }

 private:
  std::deque<std::pair<Bytes, Bytes>> steps_;
  std::vector<std::string> unexpected_;
};

// Answers by the tag of the request.
class FakeEs10 final : public ipae::Es10Port {
 public:
  using Answer = std::function<std::expected<Bytes, ipae::PortError>(ByteView request)>;
  void on(Answer answer) { answer_ = std::move(answer); }
  std::expected<Bytes, ipae::PortError> request(ByteView command) override {
    requests.push_back(to_bytes(command));
    return answer_(command);
  }
  std::vector<Bytes> requests;

 private:
  Answer answer_;
};

inline FakeEs10 answering(const std::string& hex) {
  FakeEs10 card;
  card.on([answer = *from_hex(hex)](ByteView) { return answer; });
  return card;
}

}  // namespace simurgh::test
