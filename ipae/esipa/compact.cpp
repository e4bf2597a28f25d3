#include "ipae/esipa/compact.h"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

namespace simurgh::ipae::esipa {
namespace {

using asn1::Tlv;
using asn1::TlvReader;
using asn1::TlvWriter;

// ISD-P AIDs of SGP.02: only two octets differ from card to card.
constexpr std::array<std::uint8_t, 13> kIsdPFront{0xA0, 0x00, 0x00, 0x05, 0x59, 0x10, 0x10, 0xFF, 0xFF, 0xFF, 0xFF, 0x89, 0x00};
constexpr std::array<std::uint8_t, 9> kSimaOk{0x30, 0x07, 0xA0, 0x05, 0x30, 0x03, 0x80, 0x01, 0x00};
constexpr std::uint64_t kInstall = 1;

// Children of an element, in order; nothing when it does not parse to its end.
std::optional<std::vector<Tlv>> children(ByteView content) {
  std::vector<Tlv> out;
  TlvReader in(content);
  while (!in.at_end()) {
    const auto element = in.next();
    if (!element) return std::nullopt;
    out.push_back(*element);
  }
  return out;
}

bool tags_are(const std::vector<Tlv>& elements, std::initializer_list<std::uint32_t> tags) {
  return std::equal(elements.begin(), elements.end(), tags.begin(), tags.end(),
                    [](const Tlv& e, std::uint32_t tag) { return e.tag == tag; });
}

std::optional<Bytes> compact_installation(ByteView bf37) {
  const auto outer = asn1::read_only(bf37, 0xBF37);
  if (!outer) return std::nullopt;
  const auto parts = children(outer->value);
  if (!parts || !tags_are(*parts, {0xBF27, 0x5F37})) return std::nullopt;
  const auto data = children((*parts)[0].value);
  if (!data || !tags_are(*data, {0x80, 0xBF2F, 0x06, 0xA2})) return std::nullopt;
  const auto metadata = children((*data)[1].value);
  if (!metadata || metadata->size() < 3) return std::nullopt;
  const bool with_iccid = metadata->size() == 4 && metadata->back().tag == 0x5A;
  const auto& m = *metadata;
  if (m[0].tag != 0x80 || m[1].tag != 0x81 || m[2].tag != 0x0C || (m.size() != 3 && !with_iccid)) return std::nullopt;
  if (asn1::named_bits(m[1]).value_or(0) != kInstall) return std::nullopt;
  const auto result = children((*data)[3].value);
  if (!result || result->size() != 1) return std::nullopt;
  TlvWriter out;
  {
    const auto outer_scope = out.open(0xA0);
    {
      const auto scope = out.open(0xA0);
      out.raw((*data)[0].raw).put(0x02, m[0].value);
      if (!with_iccid) out.put_byte(0x01, 0x00);
      const auto final_result = out.open(0xA2);
      if (result->front().tag == 0xA1) {
        out.raw(result->front().raw);
      } else {
        const auto success = children(result->front().value);
        if (!success || !tags_are(*success, {0x4F, 0x04})) return std::nullopt;
        const ByteView aid = (*success)[0].value;
        if (aid.size() != 16 || !equal(aid.first(13), kIsdPFront) || aid[15] != 0x00) return std::nullopt;
        const auto ok = out.open(0xA0);
        out.put(0x4F, aid.subspan(13, 2));
        if (!equal((*success)[1].value, kSimaOk)) out.raw((*success)[1].raw);
      }
    }
    out.raw((*parts)[1].raw);
  }
  return out.take();
}

}  // namespace

Bytes compact_authenticate_response(ByteView bf38, bool eim_made_ctx_params1) {
  const Bytes full = to_bytes(bf38);
  const auto outer = asn1::read_only(bf38, 0xBF38);
  const auto ok = outer ? children(outer->value) : std::nullopt;
  if (!ok || !tags_are(*ok, {0xA0})) return full;
  const auto parts = children(ok->front().value);
  if (!parts || !tags_are(*parts, {0x30, 0x5F37, 0x30, 0x30})) return full;
  const auto signed1 = children(parts->front().value);
  if (!signed1 || !tags_are(*signed1, {0x80, 0x83, 0x84, 0xBF22, 0xA0})) return full;
  const auto resource = asn1::find_child((*signed1)[3].value, 0x84);
  if (!resource) return full;
  TlvWriter out;
  {
    const auto scope = out.open(0xBF38);
    const auto compact = out.open(0xA2);
    {
      const auto data = out.open(0xA0);
      out.raw(resource->raw);
      if (!eim_made_ctx_params1) out.put(0xA2, (*signed1)[4].raw);
    }
    out.raw((*parts)[1].raw);
  }
  return out.take();
}

Bytes compact_download_response(ByteView bf21, ByteView bpp_otpk) {
  const Bytes full = to_bytes(bf21);
  const auto outer = asn1::read_only(bf21, 0xBF21);
  const auto ok = outer ? children(outer->value) : std::nullopt;
  if (!ok || !tags_are(*ok, {0xA0})) return full;
  const auto parts = children(ok->front().value);
  if (!parts || !tags_are(*parts, {0x30, 0x5F37})) return full;
  const auto signed2 = children(parts->front().value);
  if (!signed2 || (!tags_are(*signed2, {0x80, 0x5F49}) && !tags_are(*signed2, {0x80, 0x5F49, 0x04}))) return full;
  const bool reused = !bpp_otpk.empty() && equal((*signed2)[1].value, bpp_otpk);
  TlvWriter out;
  {
    const auto scope = out.open(0xBF21);
    const auto compact = out.open(0xA2);
    {
      const auto data = out.open(0x30);
      if (!reused) out.raw((*signed2)[1].raw);
      if (signed2->size() == 3) out.raw((*signed2)[2].raw);
    }
    out.raw((*parts)[1].raw);
  }
  return out.take();
}

Bytes compact_cancel_outcome(ByteView content) {
  const Bytes full = to_bytes(content);
  const auto ok = children(content);
  if (!ok || !tags_are(*ok, {0xA0})) return full;
  const auto parts = children(ok->front().value);
  if (!parts || !tags_are(*parts, {0x30, 0x5F37})) return full;
  const auto reason = asn1::find_child(parts->front().value, 0x81);
  if (!reason) return full;
  TlvWriter out;
  {
    const auto compact = out.open(0xA2);
    {
      const auto data = out.open(0x30);
      out.put(0x80, reason->value);
    }
    out.raw((*parts)[1].raw);
  }
  return out.take();
}

Bytes compact_notification(ByteView pending, ByteView eid) {
  if (auto installation = compact_installation(pending)) return *std::move(installation);
  const auto outer = asn1::read_only(pending, 0x30);
  const auto parts = outer ? children(outer->value) : std::nullopt;
  if (!parts || !tags_are(*parts, {0xBF2F, 0x5F37, 0x30, 0x30})) return to_bytes(pending);
  TlvWriter out;
  {
    const auto scope = out.open(0xA1);
    if (!eid.empty()) out.put(0x5A, eid);
    out.raw((*parts)[0].raw).raw((*parts)[1].raw);
  }
  return out.take();
}

}  // namespace simurgh::ipae::esipa
