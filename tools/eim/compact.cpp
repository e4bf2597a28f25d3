#include "tools/eim/compact.h"

#include "asn1/tlv.h"

namespace simurgh::eim {
namespace {

using namespace literals;
using asn1::Tlv;
using asn1::TlvReader;
using asn1::TlvWriter;

// euiccInfo2 as it is now: only extCardResource changes from download to download.
std::optional<Bytes> with_card_resource(ByteView euicc_info2, ByteView resource) {
  const auto whole = asn1::read_only(euicc_info2, 0xBF22);
  if (!whole) return std::nullopt;
  TlvReader in(whole->value);
  TlvWriter out;
  while (!in.at_end()) {
    const auto member = in.next();
    if (!member) return std::nullopt;
    if (member->tag == 0x84) {
      out.put(0x84, resource);
    } else {
      out.raw(member->raw);
    }
  }
  return asn1::tlv(0xBF22, out.view());
}

// The content of the outer tag's A2, when there is one.
std::optional<ByteView> compact_part(ByteView message, std::uint32_t tag) {
  const auto whole = asn1::read_only(message, tag);
  TlvReader in(whole ? whole->value : ByteView{});
  const auto choice = in.next();
  if (!whole || !choice || choice->tag != 0xA2) return std::nullopt;
  return choice->value;
}

}  // namespace

std::optional<Bytes> full_authenticate_response(ByteView bf38, const CompactContext& context) {
  const auto compact = compact_part(bf38, 0xBF38);
  if (!compact) return to_bytes(bf38);
  TlvReader in(*compact);
  const auto signed_data = in.next();
  const auto signature = in.required(0x5F37);
  if (!signed_data || !signature) return std::nullopt;
  const auto euicc = asn1::find_child(in.rest(), 0xA1);
  const auto eum = asn1::find_child(in.rest(), 0xA2);
  Bytes signed1;
  if (signed_data->tag == 0x30) {
    signed1 = to_bytes(signed_data->raw);
  } else if (signed_data->tag == 0xA0) {
    const auto resource = asn1::find_child(signed_data->value, 0x84);
    const auto params = asn1::find_child(signed_data->value, 0xA2);  // explicit: the choice's own A0 is inside
    const auto info2 = resource ? with_card_resource(context.euicc_info2, resource->value) : std::nullopt;
    const ByteView ctx = params ? params->value : ByteView(context.ctx_params1);
    if (!info2 || ctx.empty() || context.server_challenge.empty()) return std::nullopt;
    signed1 = asn1::tlv(0x30, concat({asn1::tlv(0x80, context.transaction_id), asn1::tlv(0x83, text_view(context.server_address)),
                                      asn1::tlv(0x84, context.server_challenge), *info2, ctx}));
  } else {
    return std::nullopt;
  }
  const Bytes euicc_der = euicc ? asn1::tlv(0x30, euicc->value) : context.euicc_certificate;
  const Bytes eum_der = eum ? asn1::tlv(0x30, eum->value) : context.eum_certificate;
  if (euicc_der.empty() || eum_der.empty()) return std::nullopt;
  return asn1::tlv(0xBF38, asn1::tlv(0xA0, concat({signed1, signature->raw, euicc_der, eum_der})));
}

std::optional<Bytes> full_download_response(ByteView bf21, const CompactContext& context) {
  const auto compact = compact_part(bf21, 0xBF21);
  if (!compact) return to_bytes(bf21);
  TlvReader in(*compact);
  const auto part = in.required(0x30);
  const auto signature = in.required(0x5F37);
  if (!part || !signature) return std::nullopt;
  const auto otpk = asn1::find_child(part->value, 0x5F49);
  const auto hash = asn1::find_child(part->value, 0x04);
  if (!otpk && context.bpp_euicc_otpk.empty()) return std::nullopt;
  TlvWriter signed2;
  {
    const auto whole = signed2.open(0x30);
    signed2.put(0x80, context.transaction_id).put(0x5F49, otpk ? otpk->value : ByteView(context.bpp_euicc_otpk));
    if (hash) signed2.raw(hash->raw);
  }
  return asn1::tlv(0xBF21, asn1::tlv(0xA0, concat({signed2.view(), signature->raw})));
}

std::optional<Bytes> full_cancel_response(ByteView outcome, const CompactContext& context) {
  TlvReader in(outcome);
  auto choice = in.next();
  if (choice && choice->tag == 0xBF41) {  // the tag that should have been replaced
    in = TlvReader(choice->value);
    choice = in.next();
  }
  if (!choice) return std::nullopt;
  if (choice->tag == 0xA0 || choice->tag == 0x81) return asn1::tlv(0xBF41, choice->raw);
  if (choice->tag != 0xA2 || context.smdp_oid.empty()) return std::nullopt;
  TlvReader members(choice->value);
  const auto part = members.required(0x30);
  const auto signature = members.required(0x5F37);
  if (!part || !signature) return std::nullopt;
  const auto reason = asn1::find_child(part->value, 0x80);
  constexpr std::uint8_t kUndefinedReason = 127;
  const Bytes signed_part =
      asn1::tlv(0x30, concat({asn1::tlv(0x80, context.transaction_id), asn1::tlv(0x81, context.smdp_oid),
                              asn1::tlv(0x82, reason ? reason->value : ByteView(&kUndefinedReason, 1))}));
  return asn1::tlv(0xBF41, asn1::tlv(0xA0, concat({signed_part, signature->raw})));
}

std::optional<Bytes> transaction_of(ByteView compact_result) {
  const auto whole = asn1::read_only(compact_result, 0xA0);
  const auto data = whole ? asn1::find_child(whole->value, 0xA0) : std::nullopt;
  const auto id = data ? asn1::find_child(data->value, 0x80) : std::nullopt;
  return id ? std::optional(to_bytes(id->value)) : std::nullopt;
}

std::optional<Bytes> full_installation_result(ByteView compact, const CompactContext& context) {
  const auto whole = asn1::read_only(compact, 0xA0);
  TlvReader in(whole ? whole->value : ByteView{});
  const auto data = in.required(0xA0);
  const auto signature = in.required(0x5F37);
  if (!whole || !data || !signature) return std::nullopt;
  const auto sequence = asn1::find_child(data->value, 0x02);
  const auto present = asn1::find_child(data->value, 0x01);
  const auto final_result = asn1::find_child(data->value, 0xA2);
  TlvReader choice_reader(final_result ? final_result->value : ByteView{});
  const auto choice = choice_reader.next();
  if (!sequence || !choice || context.smdp_oid.empty()) return std::nullopt;
  const bool with_iccid = !present || (present->value.size() == 1 && present->value[0] != 0);
  if (with_iccid && context.iccid.size() != 10) return std::nullopt;
  TlvWriter out;
  {
    const auto result = out.open(0xBF27);
    out.put(0x80, context.transaction_id);
    {
      const auto metadata = out.open(0xBF2F);
      out.put(0x80, sequence->value).put_bits(0x81, 1).put_text(0x0C, context.server_address);
      if (with_iccid) out.put(0x5A, context.iccid);
    }
    out.put(0x06, context.smdp_oid);
    const auto last = out.open(0xA2);
    if (choice->tag == 0xA0) {
      const auto aid = asn1::find_child(choice->value, 0x4F);
      const auto response = asn1::find_child(choice->value, 0x04);
      if (!aid || aid->value.size() != 2) return std::nullopt;
      const auto good = out.open(0xA0);
      // ISD-P AIDs differ in two octets; an ordinary installation answers one EUICCResponse with PEStatus ok.
      out.put(0x4F, concat({"A0000005591010FFFFFFFF8900"_hex, aid->value, "00"_hex}));
      out.put(0x04, response ? response->value : ByteView("3007A0053003800100"_hex));
    } else if (choice->tag == 0xA1) {
      out.raw(choice->raw);
    } else {
      return std::nullopt;
    }
  }
  return asn1::tlv(0xBF37, concat({out.view(), signature->raw}));
}

std::optional<Bytes> full_other_notification(ByteView compact, const CompactContext& context) {
  const auto whole = asn1::read_only(compact, 0xA1);
  const auto metadata = whole ? asn1::find_child(whole->value, 0xBF2F) : std::nullopt;
  const auto signature = whole ? asn1::find_child(whole->value, 0x5F37) : std::nullopt;
  if (!metadata || !signature || context.euicc_certificate.empty() || context.eum_certificate.empty()) return std::nullopt;
  return asn1::tlv(0x30, concat({metadata->raw, signature->raw, context.euicc_certificate, context.eum_certificate}));
}

}  // namespace simurgh::eim
