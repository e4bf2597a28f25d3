#include "ipae/es9/messages.h"

#include "ipae/es10/identifiers.h"
#include "ipae/es9/status_codes.h"

namespace simurgh::ipae {

std::string Es9Error::detail() const {
  std::string out;
  if (!subject_code.empty() || !reason_code.empty()) out = "subject " + subject_code + ", reason " + reason_code;
  if (!message.empty()) out += (out.empty() ? "'" : ", '") + message + "'";
  if (http_status != 0 && http_status != 200) out += (out.empty() ? "" : ", ") + ("HTTP status " + std::to_string(http_status));
  return out;
}

Es9Error refused(std::string subject, std::string reason, std::string message) {
  Es9Error error;
  error.kind = Es9Error::Kind::refused;
  error.what = printable(status_code_text(subject, reason));
  if (const StatusCode* row = find_status_code(subject, reason)) error.advice = row->advice;
  error.subject_code = printable(subject);
  error.reason_code = printable(reason);
  error.message = printable(message);
  return error;
}

Es9Error not_understood(const std::string& why) {
  Es9Error error;
  error.what = "the server's answer is not understood: " + why;
  error.advice = "check that the address is that of an SM-DP+";
  return error;
}

asn1::Parsed<ServerSigned1> parse_server_signed1(ByteView der) {
  const auto outer = asn1::read_only(der, 0x30);
  if (!outer) return std::unexpected(outer.error());
  asn1::TlvReader in(outer->value);
  const auto id = in.required(0x80);
  if (!id) return std::unexpected(id.error());
  const auto challenge = in.required(0x81);
  if (!challenge) return std::unexpected(challenge.error());
  const auto address = in.required(0x83);
  if (!address) return std::unexpected(address.error());
  const auto server_challenge = in.required(0x84);
  if (!server_challenge) return std::unexpected(server_challenge.error());
  if (auto rest = in.skip_rest(); !rest) return std::unexpected(rest.error());
  return ServerSigned1{to_bytes(id->value), to_bytes(challenge->value), to_text(address->value), to_bytes(server_challenge->value)};
}

asn1::Parsed<SmdpSigned2> parse_smdp_signed2(ByteView der) {
  const auto outer = asn1::read_only(der, 0x30);
  if (!outer) return std::unexpected(outer.error());
  asn1::TlvReader in(outer->value);
  const auto id = in.required(0x80);
  if (!id) return std::unexpected(id.error());
  const auto flag = in.required(0x01);
  if (!flag) return std::unexpected(flag.error());
  if (flag->value.size() != 1) return std::unexpected(asn1::ParseError{"a BOOLEAN has one octet", 0});
  const auto otpk = in.optional(0x5F49);
  if (!otpk) return std::unexpected(otpk.error());
  if (auto rest = in.skip_rest(); !rest) return std::unexpected(rest.error());
  return SmdpSigned2{to_bytes(id->value), flag->value[0] != 0, *otpk ? to_bytes((*otpk)->value) : Bytes{}};
}

bool valid_transaction_id(ByteView id) { return !id.empty() && id.size() <= 16; }

}  // namespace simurgh::ipae
