// Every subcommand, in the order of --help.
#pragma once

#include <span>

#include "tools/simurgh/command.h"

namespace simurgh::tool {

void add_pki(CLI::App& root, Globals& globals);
void add_new(CLI::App& root, Globals& globals);
void add_profile(CLI::App& root, Globals& globals);
void add_inspect(CLI::App& root, Globals& globals);
void add_apdu(CLI::App& root, Globals& globals);
void add_insert(CLI::App& root, Globals& globals);
void add_exec(CLI::App& root, Globals& globals);
void add_doctor(CLI::App& root, Globals& globals);
void add_smdp(CLI::App& root, Globals& globals);
void add_ipa(CLI::App& root, Globals& globals);
void add_eim(CLI::App& root, Globals& globals);
void add_lpa(CLI::App& root, Globals& globals);
void add_aka(CLI::App& root, Globals& globals);
void add_terminal(CLI::App& root, Globals& globals);
void add_ota(CLI::App& root, Globals& globals);
void add_ota_table(CLI::App& ota, Globals& globals);
void add_hss(CLI::App& root, Globals& globals);
void add_zero_touch(CLI::App& root, Globals& globals);
void add_trace(CLI::App& root, Globals& globals);
void add_explain(CLI::App& root, Globals& globals);
void add_bench(CLI::App& root, Globals& globals);

[[nodiscard]] std::span<const AddCommand> all_commands();

}  // namespace simurgh::tool
