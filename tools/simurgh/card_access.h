// How a subcommand reaches a card: --reader NAME over PC/SC, or --card FILE in this process.
#pragma once

#include <memory>
#include <string>

#include "ipae/es10/ports.h"

namespace CLI {
class App;
}

namespace simurgh::tool {

struct CardChoice {
  std::string reader, card;
};

// Adds --reader and --card (one of them, not both).
void add_card_options(CLI::App& app, CardChoice& choice);
// Opens what was chosen; without a choice the only reader with a card. Throws Failure (unreachable or local).
[[nodiscard]] std::unique_ptr<ipae::ApduPort> open_card(const CardChoice& choice);

// Sends a command and follows 61xx and 6Cxx; the answer ends in the final status word. Throws Failure (unreachable).
[[nodiscard]] Bytes send_command(ipae::ApduPort& port, ByteView command);
[[nodiscard]] std::uint16_t status(ByteView response);
// The same, and anything but 9000 or 91xx is a Failure (refused) that names the step.
[[nodiscard]] Bytes expect_ok(ipae::ApduPort& port, ByteView command, const std::string& step);

}  // namespace simurgh::tool
