// Enabling a profile right after its download, without a package (SGP.32 v1.2 3.4.2, 5.9.17, 5.9.18).
#pragma once

#include <string>

#include "euicc/iot/context.h"

namespace simurgh::iot {

struct ImmediateEnableConfiguration {
  bool enabled = false;
  Bytes smdp_oid;            // content octets; empty: any
  std::string smdp_address;  // empty: any

  [[nodiscard]] Bytes encode() const;
  [[nodiscard]] static std::optional<ImmediateEnableConfiguration> decode(ByteView encoded);
};
[[nodiscard]] ImmediateEnableConfiguration immediate_enable_configuration(const state::Transaction& txn);

enum class ConfigureCode : std::uint8_t { ok = 0, insufficient_memory = 1, already_associated = 2, command_error = 7, undefined = 127 };
// Members of configureImmediateEnable and ConfigureImmediateProfileEnabling; command_error when they cannot be read.
[[nodiscard]] ConfigureCode configure_immediate_enable(const Context& context, ByteView content);
// `keep_absent`: members that are left out stay as they are.
[[nodiscard]] ConfigureCode store_immediate_enable(state::Transaction& txn, ByteView content, bool keep_absent);

// The profile that a session of this power cycle has installed.
struct LastInstallation {
  std::uint32_t profile = 0;
  Bytes smdp_oid;
  std::string smdp_address;
};
enum class ImmediateEnableCode : std::uint8_t { ok = 0, not_available = 1, no_session_context = 4, cat_busy = 5, undefined = 127 };
[[nodiscard]] ImmediateEnableCode immediate_enable(const Context& context, const std::optional<LastInstallation>& installed, bool refresh);

}  // namespace simurgh::iot
