#include "tools/simurgh/card_access.h"

#include <CLI/CLI.hpp>

#include "euicc/apdu/sw.h"
#include "tools/simurgh/card_file.h"
#include "tools/simurgh/command.h"
#include "tools/simurgh/pcsc_port.h"

namespace simurgh::tool {

void add_card_options(CLI::App& app, CardChoice& choice) {
  CLI::Option* reader = app.add_option("--reader", choice.reader, "Reader, by name or part of it; without it the only reader with a card");
  app.add_option("--card", choice.card, "Card file, opened in this process without a reader")->excludes(reader);
}

std::unique_ptr<ipae::ApduPort> open_card(const CardChoice& choice) {
  return choice.card.empty() ? open_reader(choice.reader) : open_card_file(choice.card);
}

std::uint16_t status(ByteView response) { return response.size() < 2 ? std::uint16_t{0} : static_cast<std::uint16_t>(be_value(response.last(2))); }

Bytes send_command(ipae::ApduPort& port, ByteView command) {
  const auto send = [&](ByteView apdu) {
    auto response = port.transmit(apdu);
    if (!response) throw Failure(Exit::unreachable, response.error().what);
    if (response->size() < 2) throw Failure(Exit::unreachable, "the card does not answer; take it out and put it in again");
    return *std::move(response);
  };
  Bytes data;
  Bytes next = to_bytes(command);
  for (int round = 0; round < 64; ++round) {
    const Bytes response = send(next);
    const std::uint16_t sw = status(response);
    append(data, ByteView(response).first(response.size() - 2));
    const auto sw2 = static_cast<std::uint8_t>(sw);
    if (sw >> 8 == 0x61) {
      next = {static_cast<std::uint8_t>(command[0]), 0xC0, 0x00, 0x00, sw2};
    } else if (sw >> 8 == 0x6C && next.size() <= 5) {
      next.resize(5);
      next[4] = sw2;
    } else {
      append(data, ByteView(response).last(2));
      return data;
    }
  }
  throw Failure(Exit::unreachable, "the card never ends its answer");
}

Bytes expect_ok(ipae::ApduPort& port, ByteView command, const std::string& step) {
  Bytes response = send_command(port, command);
  const std::uint16_t sw = status(response);
  if (sw != 0x9000 && sw >> 8 != 0x91) {
    throw Failure(Exit::refused, step + ": " + std::string(apdu::describe(static_cast<apdu::Sw>(sw))), to_hex(be_bytes(sw, 2)));
  }
  return response;
}

}  // namespace simurgh::tool
