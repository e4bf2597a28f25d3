// What the eIM answers to one ESipa message: ASN.1 and JSON (SGP.32 v1.2 6.2 to 6.4). Free of sockets, so that HTTPS, CoAP and simulations share
// it. May be called from several threads.
#pragma once

#include <optional>
#include <string>

#include "tools/eim/eim.h"
#include "tools/eim/indirect.h"
#include "tools/https/message.h"

namespace simurgh::eim {

enum class Version : std::uint8_t { v1_0, v1_2 };

class EsipaService {
 public:
  EsipaService(Eim& eim, Indirect& indirect, Version version = Version::v1_2) : eim_(eim), indirect_(indirect), version_(version) {}

  // One DER message; the DER of its answer, empty where the answer has no body. A message of no known function, or one that is no TLV, is
  // answered without a body, too: `understands` tells them apart.
  [[nodiscard]] std::optional<Bytes> handle_asn1(ByteView message);
  [[nodiscard]] static bool understands(ByteView message);
  // POST /gsma/rsp2/asn1 and /gsma/rsp2/esipa/<function>
  [[nodiscard]] https::Reply handle(const https::Request& request);

 private:
  [[nodiscard]] Bytes initiate_authentication(ByteView content);
  [[nodiscard]] Bytes authenticate_client(ByteView content);
  [[nodiscard]] Bytes get_bound_profile_package(ByteView content);
  [[nodiscard]] Bytes cancel_session(ByteView content);
  void handle_notification(ByteView content);
  [[nodiscard]] Bytes get_eim_package(ByteView content);
  [[nodiscard]] Bytes provide_eim_package_result(ByteView content);
  void transferred(ByteView content);
  [[nodiscard]] Taken take_result(const std::string& eid, ByteView choice);
  [[nodiscard]] https::Reply json(const std::string& function, const std::string& body);

  Eim& eim_;
  Indirect& indirect_;
  Version version_;
};

}  // namespace simurgh::eim
