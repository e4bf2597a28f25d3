// One accepted eUICC package while its commands run (SGP.32 v1.2 2.11.1.2, 3.3.1, 3.5): what they mark for the end, and the tables they come from.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "euicc/iot/associations.h"
#include "euicc/iot/context.h"

namespace simurgh::iot {

struct Run {
  const Context& context;
  const Eim& requester;  // as it was when the package came
  // Marks of PSMOs; the switch happens after the result.
  std::optional<std::uint32_t> to_enable, to_disable;
  bool enable_done = false, disable_done = false, delete_done = false;
  std::optional<std::uint32_t> rollback_to;
  // Marks of eCOs; the result is signed for the requester in any case.
  bool requester_deleted = false;
  std::optional<std::uint32_t> requester_counter;

  // The profile that will not be enabled any more once the package is through.
  [[nodiscard]] bool marked(const profile::ProfileEntry& entry) const { return entry.number == to_enable || entry.number == to_disable; }
};

struct CommandResult {
  Bytes element;     // EuiccResultData
  bool good = true;  // the next command may run
};
// `content`: below the command's tag. Nothing: its content is damaged.
using CommandHandler = std::optional<CommandResult> (*)(Run& run, ByteView content);

// One row per command of a package: execution, names and tests read the same rows.
struct PackageCommand {
  std::uint32_t tag;
  const char* name;
  std::uint32_t result;  // tag of its EuiccResultData
  ecasd::IotVersion since;
  CommandHandler handler;
  const char* reference;
};

[[nodiscard]] std::span<const PackageCommand> psmo_table() noexcept;
[[nodiscard]] std::span<const PackageCommand> eco_table() noexcept;
[[nodiscard]] const PackageCommand* find_command(std::span<const PackageCommand> table, std::uint32_t tag, ecasd::IotVersion version) noexcept;

namespace psmo {
std::optional<CommandResult> enable(Run&, ByteView);
std::optional<CommandResult> disable(Run&, ByteView);
std::optional<CommandResult> remove(Run&, ByteView);
std::optional<CommandResult> list_profile_info(Run&, ByteView);
std::optional<CommandResult> get_rat(Run&, ByteView);
std::optional<CommandResult> configure_immediate_enable(Run&, ByteView);
std::optional<CommandResult> set_fallback_attribute(Run&, ByteView);
std::optional<CommandResult> unset_fallback_attribute(Run&, ByteView);
std::optional<CommandResult> set_default_dp_address(Run&, ByteView);
}  // namespace psmo

namespace eco {
std::optional<CommandResult> add_eim(Run&, ByteView);
std::optional<CommandResult> delete_eim(Run&, ByteView);
std::optional<CommandResult> update_eim(Run&, ByteView);
std::optional<CommandResult> list_eim(Run&, ByteView);
}  // namespace eco

}  // namespace simurgh::iot
