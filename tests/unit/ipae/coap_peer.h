// A CoAP server for tests: deduplicates, collects Block1, hands out Block2, and can be told to misbehave.
#pragma once

#include <functional>
#include <map>

#include "ipae/coap/message.h"

namespace simurgh::test {

namespace coap = ipae::coap;

class CoapPeer {
 public:
  using Service = std::function<Bytes(const Bytes& body)>;
  explicit CoapPeer(Service service) : service_(std::move(service)) {}

  std::vector<Bytes> operator()(ByteView datagram) {
    const auto message = coap::decode(datagram);
    if (!message) {
      ++malformed;
      return {};
    }
    if (message->type == coap::Type::reset) ++resets;
    if (message->type == coap::Type::acknowledgement) ++acknowledgements;
    if (message->type != coap::Type::confirmable) return {};
    if (const auto known = answered_.find(message->id); known != answered_.end()) {
      ++repeats;
      return known->second;
    }
    return answered_[message->id] = serve(*message);
  }

  std::uint8_t szx = 6;      // largest block it takes and gives
  std::size_t whole = 1024;  // octets it sends without blocks
  bool separate = false;     // empty acknowledgement first, answer as a confirmable message
  std::uint8_t code = coap::kChanged;
  std::optional<std::uint32_t> max_age;
  std::function<void(coap::Message& response, const coap::Message& request)> twist;  // last hand on every response
  std::size_t served = 0, repeats = 0, malformed = 0, resets = 0, acknowledgements = 0, requests = 0;
  std::vector<Bytes> tags;  // Request-Tags seen, each once in a row
  Bytes path;               // segments of the last request, with slashes

 private:
  std::vector<Bytes> serve(const coap::Message& request) {
    ++requests;
    coap::Message response{.type = coap::Type::acknowledgement, .code = code, .id = request.id, .token = request.token};
    path.clear();
    for (const coap::Option& one : request.options) {
      if (one.number != coap::option::kUriPath) continue;
      path.push_back('/');
      append(path, one.value);
    }
    const Bytes* tag = request.find(coap::option::kRequestTag);
    if (tag != nullptr && (tags.empty() || tags.back() != *tag)) tags.push_back(*tag);
    answer(request, response);
    if (max_age) response.options.push_back({coap::option::kMaxAge, coap::uint_value(*max_age)});
    if (twist) twist(response, request);
    if (!separate) return {coap::encode(response)};
    response.type = coap::Type::confirmable;
    response.id = own_id_++;
    return {coap::encode({.type = coap::Type::acknowledgement, .id = request.id}), coap::encode(response)};
  }

  void answer(const coap::Message& request, coap::Message& response) {
    std::optional<coap::Block> down;
    if (const Bytes* value = request.find(coap::option::kBlock2)) down = coap::decode_block(*value);
    if (const Bytes* value = request.find(coap::option::kBlock1)) {
      const auto up = coap::decode_block(*value);
      const std::uint8_t granted = std::min(up->szx, szx);
      response.options.push_back({coap::option::kBlock1, coap::encode_block({up->number, up->more, granted})});
      if (up->szx > szx && up->number == 0 && up->more && refuse_large) {
        response.code = coap::kTooLarge;
        return;
      }
      if (up->number == 0) body_.clear();
      if (std::uint64_t{up->number} * up->size() != body_.size()) {
        response.code = coap::kIncomplete;
        return;
      }
      append(body_, request.payload);
      if (up->more) {
        response.code = coap::kContinue;
        return;
      }
      compute();
    } else if (!down || down->number == 0) {
      body_ = request.payload;
      compute();
    }
    const std::uint8_t size = down ? std::min(down->szx, szx) : szx;
    if (!down && reply_.size() <= whole) {
      response.payload = reply_;
      return;
    }
    const std::size_t octets = std::size_t{16} << size;
    const std::size_t from = down ? std::size_t{down->number} * (std::size_t{16} << down->szx) : 0;
    const ByteView rest = ByteView(reply_).subspan(std::min(from, reply_.size()));
    const bool more = rest.size() > octets;
    response.options.push_back({coap::option::kBlock2, coap::encode_block({static_cast<std::uint32_t>(from / octets), more, size})});
    response.options.push_back({coap::option::kETag, {static_cast<std::uint8_t>(served)}});
    response.payload = to_bytes(more ? rest.first(octets) : rest);
  }

  void compute() {
    ++served;
    reply_ = service_(body_);
  }

 public:
  bool refuse_large = false;  // 4.13 for blocks that are too large, in place of the smaller size in 2.31

 private:
  Service service_;
  std::map<std::uint16_t, std::vector<Bytes>> answered_;
  Bytes body_, reply_;
  std::uint16_t own_id_ = 0x8000;
};

}  // namespace simurgh::test
