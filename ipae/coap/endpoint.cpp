#include "ipae/coap/endpoint.h"

#include <algorithm>

namespace simurgh::ipae::coap {
namespace {

// A wait starts again after a datagram that has nothing to do with it; after so many it counts as over, whoever keeps talking.
constexpr unsigned kStrays = 16;

Message bare(Type type, std::uint16_t id) { return {.type = type, .code = kEmpty, .id = id}; }

// RFC 7252 5.4.1: a response with a critical option that is not understood is not an answer.
std::optional<std::uint16_t> demand_of(const Message& message) {
  for (const Option& one : message.options) {
    if (option::critical(one.number) && one.number != option::kBlock1 && one.number != option::kBlock2) return one.number;
  }
  return std::nullopt;
}

}  // namespace

Endpoint::Endpoint(DatagramPort& port, crypto::Rng& rng, Reliability rules) : port_(port), rng_(rng), rules_(rules) {
  const Bytes dice = rng.bytes(4);
  next_id_ = static_cast<std::uint16_t>(be_value(ByteView(dice).first(2)));
  next_token_ = static_cast<std::uint16_t>(be_value(ByteView(dice).subspan(2)));
}

std::chrono::milliseconds Endpoint::first_wait() {
  const std::uint64_t dice = be_value(rng_.bytes(4));
  const auto base = std::max(rules_.acknowledgement, std::min(3 * port_.round_trip(), rules_.longest));
  const auto spread = static_cast<std::uint64_t>(base.count()) * rules_.spread / 100;
  return base + std::chrono::milliseconds(dice % (spread + 1));
}

Endpoint::Meaning Endpoint::judge(const Message& message, const Message& request, std::optional<Message>& reply) {
  const bool ours = message.id == request.id;
  if (message.type == Type::reset) return ours ? Meaning::refused : Meaning::stray;
  const bool answers = is_response(message.code) && message.token == request.token;
  if (message.type == Type::acknowledgement) {
    if (!ours) return Meaning::stray;
    if (message.code == kEmpty) return Meaning::acknowledged;
    return answers ? Meaning::answer : Meaning::stray;
  }
  const bool confirmable = message.type == Type::confirmable;
  if (answers) {
    if (confirmable) {
      reply = bare(Type::acknowledgement, message.id);
      taken_[next_taken_++ % taken_.size()] = message.id;
    }
    return Meaning::answer;
  }
  if (confirmable) {
    const bool again = is_response(message.code) && std::ranges::find(taken_, std::optional(message.id)) != taken_.end();
    reply = bare(again ? Type::acknowledgement : Type::reset, message.id);
  }
  return Meaning::stray;
}

Task<PortResult<Message>> Endpoint::ask(Message request) {
  request.type = Type::confirmable;
  request.id = next_id_++;
  request.token = be_bytes(next_token_++, 2);  // the association beneath is protected: a token only tells exchanges apart
  const Bytes datagram = encode(request);
  std::chrono::milliseconds wait = first_wait();
  bool acknowledged = false;
  for (unsigned attempt = 0;; ++attempt) {
    if (attempt > 0) ++retransmitted_;
    Bytes copy = datagram;
    const auto sent = co_await port_.send(std::move(copy));
    if (!sent) co_return std::unexpected(sent.error());
    for (unsigned strays = 0; strays < kStrays;) {
      const std::chrono::milliseconds patience = acknowledged ? rules_.answer : wait;
      const auto got = co_await port_.receive(patience);
      if (!got) co_return std::unexpected(got.error());
      if (!*got) break;
      const auto message = decode(**got);
      std::optional<Message> reply;
      const Meaning meaning = message ? judge(*message, request, reply) : Meaning::stray;
      const auto demand = meaning == Meaning::answer ? demand_of(*message) : std::nullopt;
      if (demand && reply) reply->type = Type::reset;
      if (reply) {
        Bytes back = encode(*reply);
        const auto replied = co_await port_.send(std::move(back));
        if (!replied) co_return std::unexpected(replied.error());
      }
      if (demand)
        co_return std::unexpected(
            PortError{"the CoAP server's answer demands option " + std::to_string(*demand) + ", which is not known here"});
      if (meaning == Meaning::answer) co_return *message;
      if (meaning == Meaning::refused) co_return std::unexpected(PortError{"the CoAP server reset the request"});
      if (meaning == Meaning::acknowledged && !acknowledged) {
        acknowledged = true;
        strays = 0;
      } else {
        ++strays;
      }
    }
    if (acknowledged) co_return std::unexpected(PortError{"the CoAP server took the request but did not answer it in time"});
    if (attempt == rules_.retransmissions) co_return std::unexpected(PortError{"the CoAP server does not answer"});
    wait *= 2;
  }
}

}  // namespace simurgh::ipae::coap
