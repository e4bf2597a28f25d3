// ES10a: the addresses the card starts discovery from. SGP.22 v2.5 5.7.3, 5.7.4.
#pragma once

#include <optional>
#include <string>

#include "ipae/es10/ports.h"
#include "ipae/es10/status.h"

namespace simurgh::ipae::es10a {

struct ConfiguredAddresses {
  std::optional<std::string> default_dp_address;
  std::string root_ds_address;
};
[[nodiscard]] PortResult<ConfiguredAddresses> get_euicc_configured_addresses(Es10Port& card);

enum class SetDefaultDpAddressResult : std::uint8_t { ok = 0, undefined_error = 127 };
[[nodiscard]] ResultWords words(SetDefaultDpAddressResult result);
// Empty: the card forgets its default.
[[nodiscard]] PortResult<SetDefaultDpAddressResult> set_default_dp_address(Es10Port& card, const std::string& address);

}  // namespace simurgh::ipae::es10a
