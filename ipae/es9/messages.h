// What ES9+ carries, whatever the binding. SGP.22 v2.5 5.6. Every DO is kept as it arrived: signatures cover those octets.
#pragma once

#include <expected>
#include <optional>
#include <string>

#include "asn1/tlv.h"

namespace simurgh::ipae {

struct Es9Error {
  enum class Kind : std::uint8_t {
    unreachable,  // no connection, no TLS, no answer
    protocol,     // an answer that is none of this protocol
    refused,      // the server says no: subject_code and reason_code tell why
  };
  Kind kind = Kind::protocol;
  std::string what;    // sentence part: "the matching ID is refused"
  std::string advice;  // what to try; may be empty
  std::string subject_code, reason_code;
  std::string message;  // the server's own words, printable
  unsigned http_status = 0;

  // Codes and the server's words, behind the sentence: "subject 8.2.6, reason 3.8, 'Refused'"
  [[nodiscard]] std::string detail() const;
};

template <typename T>
using Es9Result = std::expected<T, Es9Error>;

[[nodiscard]] Es9Error refused(std::string subject, std::string reason, std::string message = {});
[[nodiscard]] Es9Error not_understood(const std::string& why);

struct InitiateAuthenticationOk {
  Bytes transaction_id;
  Bytes server_signed1;      // 30
  Bytes server_signature1;   // 5F37 40
  Bytes ci_key_id;           // 04 14
  Bytes server_certificate;  // 30
  // Only from an eIM that keeps the activation data (SGP.32 5.14.1): what AuthenticateServer gets in place of the assistant's own.
  std::optional<std::string> matching_id = {};
  Bytes ctx_params1 = {};  // content of A2; empty when absent
};

struct AuthenticateClientOk {
  Bytes transaction_id;
  Bytes metadata;          // BF25; empty when an eIM has checked it in place of the assistant
  Bytes smdp_signed2;      // 30
  Bytes smdp_signature2;   // 5F37 40
  Bytes smdp_certificate;  // 30
  Bytes hash_cc = {};      // 32 octets, from an eIM that knows the confirmation code
};

struct ServerSigned1 {
  Bytes transaction_id, euicc_challenge;
  std::string server_address;
  Bytes server_challenge;
};
[[nodiscard]] asn1::Parsed<ServerSigned1> parse_server_signed1(ByteView der);

struct SmdpSigned2 {
  Bytes transaction_id;
  bool confirmation_code_required = false;
  Bytes bpp_euicc_otpk;  // empty when absent
};
[[nodiscard]] asn1::Parsed<SmdpSigned2> parse_smdp_signed2(ByteView der);

// 1..16 octets (SGP.22 v2.5 5.6.1)
[[nodiscard]] bool valid_transaction_id(ByteView id);

}  // namespace simurgh::ipae
