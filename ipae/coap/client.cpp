#include "ipae/coap/client.h"

#include <algorithm>

namespace simurgh::ipae::coap {
namespace {

std::unexpected<PortError> odd(std::string what) { return std::unexpected(PortError{"the CoAP server " + std::move(what)}); }

std::optional<Block> block_of(const Message& message, std::uint16_t number) {
  const Bytes* value = message.find(number);
  return value == nullptr ? std::nullopt : decode_block(*value);
}

// Octets of a request around its payload: token, Block1 and Block2 at their longest, Size1, Request-Tag, marker.
std::size_t octets_around(const Message& frame, std::size_t tag) {
  return encode(frame).size() + 2 + 4 + 4 + 5 + (tag == 0 ? 0 : tag + 3) + 1;
}

constexpr std::size_t kTagOctets = 2;

}  // namespace

Client::Client(DatagramPort& port, crypto::Rng& rng, Reliability reliability, BlockRules blocks)
    : endpoint_(port, rng, reliability), blocks_(blocks) {}

Task<PortResult<Answer>> Client::post(std::vector<std::string> path, Bytes body, OctetSink* sink) {
  Message frame{.code = kPost};
  for (const std::string& segment : path) frame.options.push_back({option::kUriPath, to_bytes(text_view(segment))});
  if (blocks_.content_format) frame.options.push_back({option::kContentFormat, uint_value(*blocks_.content_format)});
  Bytes tag;
  auto first = co_await send_up(frame, body, tag);
  if (!first) co_return std::unexpected(first.error());
  auto answer = co_await fetch_down(frame, *std::move(first), tag, sink);
  co_return answer;
}

Task<PortResult<Message>> Client::send_up(const Message& frame, const Bytes& body, Bytes& tag) {
  const std::size_t room = endpoint_.largest();
  std::uint8_t szx = std::min<std::uint8_t>(blocks_.szx, 6);
  const std::size_t around = octets_around(frame, kTagOctets);
  while (szx > 0 && around + Block{0, false, szx}.size() > room) --szx;
  if (around + Block{0, false, szx}.size() > room)
    co_return std::unexpected(PortError{"the datagrams of this network are too small for CoAP"});
  const std::uint8_t first_szx = szx;
  bool in_blocks = octets_around(frame, 0) + body.size() > room;
  bool restarted = false;
  std::size_t offset = 0;
  for (;;) {
    const Block block{static_cast<std::uint32_t>(offset / Block{0, false, szx}.size()), false, szx};
    const bool more = in_blocks && body.size() - offset > block.size();
    if (block.number > kLastBlock)
      co_return std::unexpected(PortError{"the body is too long for blocks of " + std::to_string(block.size()) + " octets"});
    Message request = frame;
    if (first_szx < 6) request.options.push_back({option::kBlock2, encode_block({0, false, first_szx})});  // answers must fit as well
    if (in_blocks) {
      if (tag.empty()) tag = endpoint_.rng().bytes(kTagOctets);
      request.options.push_back({option::kBlock1, encode_block({block.number, more, szx})});
      request.options.push_back({option::kRequestTag, tag});
      if (offset == 0) request.options.push_back({option::kSize1, uint_value(static_cast<std::uint32_t>(body.size()))});
    }
    const ByteView rest = ByteView(body).subspan(offset);
    request.payload = to_bytes(more ? rest.first(block.size()) : rest);
    auto response = co_await endpoint_.ask(std::move(request));
    if (!response) co_return std::unexpected(response.error());
    const auto granted = block_of(*response, option::kBlock1);
    if (response->code == kContinue) {
      if (!more) co_return odd("asks for more of a body that it has whole");
      if (!granted || granted->number != block.number) co_return odd("acknowledges another block than the one sent");
      offset += block.size();
      szx = std::min(szx, granted->szx);
      continue;
    }
    // RFC 7959 2.9.3: the size in a 4.13 is the one to try; only a smaller one can help.
    if (response->code == kTooLarge && granted && offset == 0 && (!in_blocks || granted->szx < szx)) {
      in_blocks = true;
      szx = std::min(szx, granted->szx);
      continue;
    }
    // RFC 7959 2.9.2: it has lost the blocks before this one.
    if (response->code == kIncomplete && in_blocks && !restarted) {
      restarted = true;
      offset = 0;
      tag = endpoint_.rng().bytes(kTagOctets);
      continue;
    }
    if (more && code_class(response->code) == 2) co_return odd("answers before the whole body was sent");
    co_return *std::move(response);
  }
}

Task<PortResult<Answer>> Client::fetch_down(const Message& frame, Message first, const Bytes& tag, OctetSink* sink) {
  Answer answer{.code = first.code, .body = {}, .max_age = first.number(option::kMaxAge)};
  if (!answer.good()) sink = nullptr;
  const std::size_t most = sink == nullptr ? blocks_.largest_answer : blocks_.largest_streamed;
  const bool blockwise = first.find(option::kBlock2) != nullptr;
  if (first.number(option::kSize2).value_or(0) > most) co_return odd("wants to send more than is taken here");
  const Bytes etag = first.find(option::kETag) == nullptr ? Bytes{} : *first.find(option::kETag);
  Message response = std::move(first);
  std::size_t before = 0;  // octets of the body before this block
  for (;;) {
    const std::size_t got = response.payload.size();
    const auto block = block_of(response, option::kBlock2);
    if (blockwise && !block) co_return odd("sends a block option that is none");
    if (block && std::uint64_t{block->number} * block->size() != before) co_return odd("sends another block than the one asked for");
    if (block && (block->more ? got != block->size() : got > block->size())) co_return odd("sends a block of another length than it says");
    if (blockwise && before + got > most) co_return odd("sends more than is taken here");
    if (sink == nullptr) {
      append(answer.body, response.payload);
    } else if (!sink->take(response.payload)) {
      co_return std::unexpected(PortError{"the rest of the server's answer is not wanted"});
    }
    if (!block || !block->more) co_return answer;
    before += got;
    const std::size_t next = before / block->size();
    if (next > kLastBlock) co_return odd("sends more blocks than can be counted");
    Message request = frame;
    request.options.push_back({option::kBlock2, encode_block({static_cast<std::uint32_t>(next), false, block->szx})});
    if (!tag.empty()) request.options.push_back({option::kRequestTag, tag});
    auto another = co_await endpoint_.ask(std::move(request));
    if (!another) co_return std::unexpected(another.error());
    response = *std::move(another);
    if (response.code != answer.code) co_return odd("breaks off in the middle of its answer with " + code_text(response.code));
    const Bytes* mark = response.find(option::kETag);
    if ((mark == nullptr ? Bytes{} : *mark) != etag) co_return odd("changed its answer between two blocks");
    if (response.find(option::kBlock2) == nullptr) co_return odd("sends no block where one was asked for");
  }
}

}  // namespace simurgh::ipae::coap
