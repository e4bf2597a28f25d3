// The multi-IMSI applet in a profile: its load file, its instance and the table that is its data.
#pragma once

#include <string>

#include "euicc/applets/multi_imsi/config.h"
#include "tools/perso_upp/upp_builder.h"

namespace YAML {
class Node;
}

namespace simurgh::perso {

// An identity with what the recipe's own subscription says: IMSI, home network, name; its key is the profile's.
[[nodiscard]] multi_imsi::Identity own_identity(const ProfileRecipe& recipe, std::uint8_t id = 1);
// PE-Application with one instance. The TAR is the one of secured packets, `minimum_security_level` what they need.
[[nodiscard]] ApplicationRecipe multi_imsi_application(const multi_imsi::Config& config, const Bytes& tar = {}, std::uint8_t minimum_security_level = 0x06);
// The table of a whole recipe, for messages: identities and keys as they stand there. Throws RecipeError, also for a recipe without the section.
[[nodiscard]] multi_imsi::Config read_multi_imsi_table(const std::string& yaml);
// Of "2026-03-01". Throws RecipeError.
[[nodiscard]] std::uint32_t days_since_1970(const std::string& day);
// The file that the applet keeps its log in, with its directory.
[[nodiscard]] std::vector<FileRecipe> multi_imsi_log_files();
// The section `multi_imsi` of a recipe: the application, and the files of its log unless it says not to. Throws RecipeError.
void read_multi_imsi(const YAML::Node& section, ProfileRecipe& recipe);

}  // namespace simurgh::perso
