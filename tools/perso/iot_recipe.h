// The part "iot" of a card recipe: what makes the card an IoT eUICC (SGP.32).
#pragma once

#include "tools/perso/card_maker.h"
#include "tools/perso/recipe_fields.h"

namespace simurgh::perso {

// Throws CardError. `pki` may be null.
void read_iot_recipe(const YAML::Node& node, const Pki* pki, CardRecipe& out);

}  // namespace simurgh::perso
