// The two halves of 'simurgh eim': the server, and orders from the shell.
#pragma once

#include "tools/simurgh/command.h"

namespace simurgh::tool {

void add_eim_server(CLI::App& eim, Globals& globals);
void add_eim_orders(CLI::App& eim, Globals& globals);

}  // namespace simurgh::tool
