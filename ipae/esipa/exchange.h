// One question to an eIM and its answer, whatever carries it. Both are DER as in SGP.32 v1.2 6.2; who speaks JSON translates on the way
// (json.h), who speaks CoAP puts the same octets into another envelope.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "ipae/es9/messages.h"
#include "ipae/esipa/messages.h"
#include "ipae/transport/ports.h"

namespace simurgh::ipae::esipa {

// Errors of a server read alike on ES9+ and ESipa: unreachable, not of this protocol, or a no.
template <typename T>
using EsipaResult = Es9Result<T>;

// A function is the tag of its messages.
enum class Function : std::uint32_t {
  initiate_authentication = 0xBF39,
  get_bound_profile_package = 0xBF3A,
  authenticate_client = 0xBF3B,
  handle_notification = 0xBF3D,
  cancel_session = 0xBF41,
  get_eim_package = 0xBF4F,
  provide_eim_package_result = 0xBF50,
};
// "getEimPackage", as the JSON binding's path spells it.
[[nodiscard]] std::string_view function_name(Function function);

class EsipaExchange {
 public:
  virtual ~EsipaExchange() = default;
  // The whole message there and back; nothing when the eIM answers without a body. Connects when there is no connection, and keeps it.
  [[nodiscard]] virtual Task<EsipaResult<std::optional<Bytes>>> exchange(Function function, Bytes message) = 0;
  // The same for GetBoundProfilePackage, whose package may go to the sink as it arrives: then the answer holds BF36 00 in its place.
  [[nodiscard]] virtual Task<EsipaResult<std::optional<Bytes>>> get_bound_profile_package(Bytes message, OctetSink& /*package*/) {
    return exchange(Function::get_bound_profile_package, std::move(message));
  }
  // Ends the connection in order; the next exchange opens another.
  virtual Task<> close() { co_return; }
};

}  // namespace simurgh::ipae::esipa
