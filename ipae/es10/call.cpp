#include "ipae/es10/call.h"

#include <algorithm>

namespace simurgh::ipae {
namespace {

std::uint32_t outer_tag(ByteView request) { return asn1::TlvReader(request).peek().value_or(0); }

}  // namespace

PortError malformed(const std::string& function, const asn1::ParseError& error) {
  return {function + ": the card's answer is malformed: " + error.what + " at octet " + std::to_string(error.offset)};
}

PortResult<Bytes> call(Es10Port& card, const std::string& function, ByteView request) {
  auto response = card.request(request);
  if (!response) return std::unexpected(PortError{function + ": " + response.error().what, response.error().sw});
  if (const auto outer = asn1::read_only(*response, outer_tag(request)); !outer) return std::unexpected(malformed(function, outer.error()));
  return response;
}

PortResult<unsigned> call_for_code(Es10Port& card, const std::string& function, ByteView request) {
  const auto response = call(card, function, request);
  if (!response) return std::unexpected(response.error());
  const auto outer = asn1::read_only(*response, outer_tag(request));
  asn1::TlvReader in(outer->value);
  const auto element = in.required(0x80);
  if (!element) return std::unexpected(malformed(function, element.error()));
  const auto code = asn1::unsigned_value(*element);
  if (!code) return std::unexpected(malformed(function, code.error()));
  return static_cast<unsigned>(std::min<std::uint64_t>(*code, 0xFF));
}

PortResult<Bytes> call_for_list(Es10Port& card, const std::string& function, ByteView request,
                                std::initializer_list<unsigned> empty_codes) {
  const auto response = call(card, function, request);
  if (!response) return std::unexpected(response.error());
  const auto outer = asn1::read_only(*response, outer_tag(request));
  asn1::TlvReader in(outer->value);
  const auto element = in.next();
  if (!element) return std::unexpected(malformed(function, element.error()));
  if (element->tag == 0xA0) return to_bytes(element->value);
  if (element->tag != 0x81) return std::unexpected(malformed(function, {"neither a list nor an error code", 0}));
  const auto code = asn1::unsigned_value(*element);
  if (!code) return std::unexpected(malformed(function, code.error()));
  if (std::find(empty_codes.begin(), empty_codes.end(), *code) != empty_codes.end()) return Bytes{};
  return std::unexpected(PortError{function + ": the card answered with error code " + std::to_string(*code)});
}

}  // namespace simurgh::ipae
