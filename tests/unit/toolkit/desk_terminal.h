// A terminal for tests of the toolkit: fetches, answers, and keeps what it was sent.
#pragma once

#include <catch2/catch.hpp>
#include <string>

#include "euicc/toolkit/cat.h"
#include "euicc/toolkit/comprehension.h"

namespace simurgh::test {

// Everything a terminal can set.
inline Bytes full_profile() { return Bytes(40, 0xFF); }

struct DeskTerminal {
  toolkit::Cat& cat;
  std::uint8_t number = 0, type = 0, qualifier = 0;
  std::uint8_t destination = 0;

  explicit DeskTerminal(toolkit::Cat& cat_in, const Bytes& profile = full_profile()) : cat(cat_in) { cat.terminal_profile(profile); }

  static apdu::Command fetch_command(std::size_t le) {
    apdu::Command command;
    command.cla = 0x80;
    command.ins = 0x12;
    command.le = static_cast<std::uint16_t>(le);
    return command;
  }
  [[nodiscard]] bool waits() const { return cat.announced().has_value(); }
  // The waiting command; empty when none waits.
  std::string fetch() {
    const auto size = cat.announced();
    if (!size) return {};
    const auto command = cat.fetch(fetch_command(*size));
    REQUIRE(command);
    const std::size_t header = command->data[1] == 0x81 ? 3 : 2;
    const auto details = toolkit::find_object(ByteView(command->data).subspan(header), toolkit::tag::command_details);
    const auto devices = toolkit::find_object(ByteView(command->data).subspan(header), toolkit::tag::device_identities);
    REQUIRE(details);
    REQUIRE(devices);
    number = (*details)[0];
    type = (*details)[1];
    qualifier = (*details)[2];
    destination = (*devices)[1];
    return to_hex(command->data);
  }
  // The command after its device identities.
  std::string fetch_objects() {
    const std::string whole = fetch();
    if (whole.empty()) return {};
    return whole.substr((whole.substr(2, 2) == "81" ? 6 : 4) + 18);
  }
  // Result and further objects in hexadecimal: "830100", "83023A01", "830100B70100".
  toolkit::Cat::Response respond(const std::string& result_and_objects = "830100") {
    const std::string hex = "8103" + to_hex(Bytes{number, type, qualifier}) + "82028281" + result_and_objects;
    const auto response = cat.terminal_response(from_hex(hex).value());
    REQUIRE(response);
    return *response;
  }
  apdu::Answer envelope(const std::string& hex) { return cat.envelope(from_hex(hex).value()); }
  // Answers everything that waits, until something of this type is fetched; false when nothing of it comes.
  bool fetch_until(toolkit::CommandType wanted) {
    while (!fetch().empty()) {
      if (type == static_cast<std::uint8_t>(wanted)) return true;
      respond();
    }
    return false;
  }
  void answer_all() {
    while (!fetch().empty()) respond();
  }
};

// An application from a lambda.
class LambdaApplication final : public toolkit::Application {
 public:
  using Body = std::function<toolkit::Task<>(toolkit::Session&)>;
  explicit LambdaApplication(Body body) : body_(std::move(body)) {}
  [[nodiscard]] const char* name() const noexcept override { return "test"; }
  toolkit::Task<> run(toolkit::Session& cat) override { return body_(cat); }

 private:
  Body body_;
};

inline void install(toolkit::Cat& cat, LambdaApplication::Body body, std::uint8_t priority = 8, bool of_profile = false) {
  cat.install(std::make_unique<LambdaApplication>(std::move(body)), priority, of_profile);
}

}  // namespace simurgh::test
