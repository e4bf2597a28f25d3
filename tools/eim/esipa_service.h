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
  // answered without a body, too: `understands` tells them apart. `polled`: the EID that asked for a package last on the connection, kept by the
  // caller; messages of v1.0, and minimised ones, name no device.
  [[nodiscard]] std::optional<Bytes> handle_asn1(ByteView message, std::string* polled = nullptr);
  [[nodiscard]] static bool understands(ByteView message);
  // TransferEimPackage, for whoever carries messages to a device that does not poll (5.14.7). What the device would get by a poll, as BF4E; nothing
  // when there is nothing for it.
  [[nodiscard]] std::optional<Bytes> transfer(const std::string& eid);
  // Its answer. BF4E with the acknowledgements that go out next, or nothing when there are none.
  [[nodiscard]] std::expected<std::optional<Bytes>, EsipaError> take_transfer_answer(const std::string& eid, ByteView bf4e);
  // POST /gsma/rsp2/asn1 and /gsma/rsp2/esipa/<function>
  [[nodiscard]] https::Reply handle(const https::Request& request);

 private:
  [[nodiscard]] Bytes initiate_authentication(ByteView content);
  [[nodiscard]] Bytes authenticate_client(ByteView content);
  [[nodiscard]] Bytes get_bound_profile_package(ByteView content);
  [[nodiscard]] Bytes cancel_session(ByteView content);
  void handle_notification(ByteView content, const std::string& polled);
  [[nodiscard]] Bytes get_eim_package(ByteView content, std::string& polled);
  [[nodiscard]] Bytes provide_eim_package_result(ByteView content, const std::string& polled);
  void transferred(ByteView content, const std::string& polled);
  [[nodiscard]] Taken take_result(const std::string& eid, const std::string& polled, ByteView choice);
  [[nodiscard]] Taken take_choice(const std::string& eid, ByteView choice, bool named = true);
  [[nodiscard]] https::Reply json(const std::string& function, const https::Request& request);

  Eim& eim_;
  Indirect& indirect_;
  Version version_;
};

}  // namespace simurgh::eim
