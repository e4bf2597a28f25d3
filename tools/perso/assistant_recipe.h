// The policy of the card's assistant in a card recipe: 'assistant' under 'iot'.
#pragma once

#include "tools/perso/recipe_fields.h"

namespace simurgh::perso {

// The cell as the assistant reads it. Throws CardError.
[[nodiscard]] Bytes read_assistant_recipe(const YAML::Node& node);

}  // namespace simurgh::perso
