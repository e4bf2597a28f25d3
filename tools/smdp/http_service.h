// What the SM-DP+ answers to one HTTP request: ES9+ in JSON and ASN.1, ES2+ in JSON (SGP.22 v2.5 6.5, 6.6, 5.3). Free of sockets, so that tests
// and fuzzers call it in process. May be called from several threads.
#pragma once

#include <string>

#include "tools/https/message.h"
#include "tools/smdp/es2plus.h"
#include "tools/smdp/es9plus.h"

namespace simurgh::smdp {

using HttpReply = https::Reply;

enum class Interface : std::uint8_t { es9plus, es2plus };  // the listener a request came in by

class HttpService {
 public:
  HttpService(Es9Plus& es9, Es2Plus& es2) : es9_(es9), es2_(es2) {}
  [[nodiscard]] HttpReply handle(Interface interface, const std::string& target, const std::string& content_type, const std::string& body);

 private:
  [[nodiscard]] HttpReply json(const std::string& function, const std::string& body);
  [[nodiscard]] HttpReply asn1(const std::string& body);
  Es9Plus& es9_;
  Es2Plus& es2_;
};

[[nodiscard]] std::string base64_encode(ByteView octets);
[[nodiscard]] std::optional<Bytes> base64_decode(std::string_view text);

}  // namespace simurgh::smdp
