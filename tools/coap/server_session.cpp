#include "tools/coap/server_session.h"

#include <algorithm>

namespace simurgh::coaps {
namespace {

namespace coap = ipae::coap;

constexpr std::uint8_t kBadRequest = coap::code(4, 0), kBadOption = coap::code(4, 2), kNotFound = coap::code(4, 4), kNotAllowed = coap::code(4, 5), kUnsupported = coap::code(4, 15),
                       kInternal = coap::code(5, 0);
constexpr std::uint8_t kLargest = 6;  // blocks of 1024 octets
constexpr std::uint32_t kOctetStream = 42;

bool known(std::uint16_t number) {
  namespace option = coap::option;
  return number == option::kUriHost || number == option::kUriPath || number == option::kContentFormat || number == option::kBlock1 || number == option::kBlock2;
}

std::string path_of(const coap::Message& request) {
  std::string out;
  for (const coap::Option& one : request.options) {
    if (one.number != coap::option::kUriPath) continue;
    if (!out.empty()) out.push_back('/');
    out += to_text(one.value);
  }
  return out;
}

// FNV-1a: the same body has the same ETag.
Bytes etag_of(ByteView body) {
  std::uint64_t out = 0xCBF29CE484222325ULL;
  for (const std::uint8_t octet : body) out = (out ^ octet) * 0x100000001B3ULL;
  return be_bytes(out, 4);
}

}  // namespace

std::vector<Bytes> ServerSession::take(ByteView datagram) {
  const auto request = coap::decode(datagram);
  if (!request || request->type == coap::Type::acknowledgement || request->type == coap::Type::reset) return {};
  if (request->code == coap::kEmpty || coap::is_response(request->code)) {
    // A ping, or an answer to nothing.
    if (request->type != coap::Type::confirmable) return {};
    return {coap::encode({.type = coap::Type::reset, .id = request->id})};
  }
  const auto before = std::ranges::find_if(said_, [&](const Said& one) { return !one.datagram.empty() && one.id == request->id && one.token == request->token; });
  if (before != said_.end()) return {before->datagram};
  Message response = answer(*request);
  response.type = request->type == coap::Type::confirmable ? coap::Type::acknowledgement : coap::Type::non_confirmable;
  response.id = request->id;
  response.token = request->token;
  Said& slot = said_[next_++ % said_.size()];
  slot = {request->id, request->token, coap::encode(response)};
  return {slot.datagram};
}

ServerSession::Message ServerSession::answer(const Message& request) {
  const auto with = [](std::uint8_t code) { return Message{.code = code}; };
  if (std::ranges::any_of(request.options, [](const coap::Option& one) { return coap::option::critical(one.number) && !known(one.number); })) return with(kBadOption);
  if (path_of(request) != path_) return with(kNotFound);
  if (request.code != coap::kPost) return with(kNotAllowed);
  if (request.find(coap::option::kContentFormat) != nullptr && request.number(coap::option::kContentFormat) != kOctetStream) return with(kUnsupported);
  const Bytes* tag = request.find(coap::option::kRequestTag);
  const Bytes name = tag == nullptr ? Bytes{} : *tag;
  Message response = with(coap::kChanged);
  Bytes body;
  if (const Bytes* value = request.find(coap::option::kBlock1)) {
    const auto block = coap::decode_block(*value);
    if (!block || block->szx > kLargest || (block->more && request.payload.size() != block->size())) return with(kBadRequest);
    response.options.push_back({coap::option::kBlock1, *value});
    switch (uploads_.take(name, std::uint64_t{block->number} * block->size(), !block->more, request.payload, body)) {
      case Uploads::Outcome::more: response.code = coap::kContinue; return response;
      case Uploads::Outcome::incomplete: return with(coap::kIncomplete);
      case Uploads::Outcome::too_large: return with(coap::kTooLarge);
      case Uploads::Outcome::whole: break;
    }
  } else if (const Bytes* next = request.find(coap::option::kBlock2)) {
    const auto block = coap::decode_block(*next);
    if (!block || block->szx > kLargest) return with(kBadRequest);
    // A further block of what was said.
    if (block->number != 0) return name == reply_tag_ ? body_down(request, std::move(response)) : with(coap::kIncomplete);
    body = request.payload;
  } else {
    body = request.payload;
  }
  if (body.empty()) return with(kBadRequest);
  try {
    auto reply = service_(body, note_);
    reply_ = reply ? *std::move(reply) : Bytes{};
    reply_tag_ = name;
  } catch (const BadMessage&) {
    return with(kBadRequest);
  } catch (const std::exception&) {
    return with(kInternal);
  }
  return body_down(request, std::move(response));
}

ServerSession::Message ServerSession::body_down(const Message& request, Message response) {
  coap::Block block{.number = 0, .more = false, .szx = kLargest};
  if (const Bytes* value = request.find(coap::option::kBlock2)) block = coap::decode_block(*value).value_or(block);
  const std::uint64_t from = std::uint64_t{block.number} * block.size();
  if (block.number != 0 && from >= reply_.size()) return {.code = kBadRequest};
  const ByteView rest = ByteView(reply_).subspan(static_cast<std::size_t>(from));
  block.more = rest.size() > block.size();
  response.payload = to_bytes(block.more ? rest.first(block.size()) : rest);
  if (block.number == 0 && !block.more) return response;
  response.options.push_back({coap::option::kBlock2, coap::encode_block(block)});
  response.options.push_back({coap::option::kETag, etag_of(reply_)});
  if (block.number == 0) response.options.push_back({coap::option::kSize2, coap::uint_value(static_cast<std::uint32_t>(reply_.size()))});
  return response;
}

}  // namespace simurgh::coaps
