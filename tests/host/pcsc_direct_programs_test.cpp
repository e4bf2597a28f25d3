// Debian's PC/SC programs with our libpcsclite.so.1 in place of the system's.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <sstream>

#include "pcsc/bench/bench.h"
#include "pcsc/direct/run.h"
#include "pcsc/direct/server.h"
#include "tests/unit/pcsc/fake_slot.h"

using namespace simurgh;
using namespace simurgh::literals;
using test::FakeSlot;

namespace {

constexpr const char* kReader = "Simurgh Host Test";

struct Outcome {
  int status = 0;
  std::string output;  // and error output
};

bool installed(const std::string& program) {
  std::istringstream path(std::getenv("PATH") != nullptr ? std::getenv("PATH") : "/usr/bin:/bin");
  for (std::string folder; std::getline(path, folder, ':');) {
    if (::access((folder + "/" + program).c_str(), X_OK) == 0) return true;
  }
  return false;
}

// Nothing, and a visible warning, when the program is not there.
std::optional<Outcome> run(const pcsc::direct::Server& server, const std::string& program, const std::vector<std::string>& arguments) {
  if (!installed(program)) {
    WARN(program << " is not installed: not tried.");
    return std::nullopt;
  }
  const int output = ::memfd_create("output", MFD_CLOEXEC);
  REQUIRE(output >= 0);
  Outcome out;
  out.status = pcsc::direct::run({program, arguments, server.socket_path(), SIMURGH_DIRECT_FOLDER, output, output});
  std::array<char, 4096> chunk;
  ::lseek(output, 0, SEEK_SET);
  for (ssize_t n = 0; (n = ::read(output, chunk.data(), chunk.size())) > 0;) out.output.append(chunk.data(), static_cast<std::size_t>(n));
  ::close(output);
  return out;
}

struct Desk {
  Desk() { server.add_reader(kReader, card); }
  // 3B9F96801FC78031A073BE21136743200718000001A5: the shape of a UICC's ATR (T=0, then T=15 parameters).
  FakeSlot card{"3B9F96801FC78031A073BE21136743200718000001A5"_hex};
  pcsc::direct::Server server;
};

}  // namespace

TEST_CASE("pcsc_scan lists the reader and its ATR", "[direct][programs]") {
  Desk desk;
  if (const auto list = run(desk.server, "pcsc_scan", {"-n", "-r"})) {
    INFO(list->output);
    CHECK(list->status == 0);
    CHECK_THAT(list->output, Catch::Contains(kReader));
  }
  if (const auto cards = run(desk.server, "pcsc_scan", {"-n", "-c"})) {
    INFO(cards->output);
    CHECK(cards->status == 0);
    CHECK_THAT(cards->output, Catch::Contains("3B 9F 96 80 1F C7 80 31 A0 73 BE 21 13 67 43 20 07 18 00 00 01 A5"));
  }
}

TEST_CASE("opensc-tool lists the reader, reads the ATR and sends an APDU", "[direct][programs]") {
  Desk desk;
  desk.card.on_transmit = [](ByteView apdu) { return apdu.size() >= 4 && apdu[1] == 0xCA ? "CAFE9000"_hex : "6D00"_hex; };
  if (const auto list = run(desk.server, "opensc-tool", {"-l"})) {
    INFO(list->output);
    CHECK(list->status == 0);
    CHECK_THAT(list->output, Catch::Contains(kReader));
  }
  if (const auto atr = run(desk.server, "opensc-tool", {"-a"})) {
    INFO(atr->output);
    CHECK(atr->status == 0);
    CHECK_THAT(atr->output, Catch::Contains("3b:9f:96:80:1f:c7:80:31:a0:73:be:21:13:67:43:20:07:18:00:00:01:a5"));
  }
  if (const auto sent = run(desk.server, "opensc-tool", {"-c", "default", "-s", "00CA000002"})) {
    INFO(sent->output);
    CHECK(sent->status == 0);
    CHECK_THAT(sent->output, Catch::Contains("SW1=0x90, SW2=0x00") && Catch::Contains("CA FE"));
    CHECK(desk.card.transmits > 0);
  }
}

TEST_CASE("A program's exit status and signal come back, and a missing program is an error", "[direct][programs]") {
  const Desk desk;
  const auto run_shell = [&](const char* script) { return run(desk.server, "sh", {"-c", script}); };
  CHECK(run_shell("exit 7")->status == 7);
  CHECK(run_shell("kill -TERM $$")->status == 128 + 15);
  const auto environment = run_shell("echo $LD_LIBRARY_PATH $SIMURGH_DIRECT_SOCKET");
  CHECK_THAT(environment->output, Catch::StartsWith(SIMURGH_DIRECT_FOLDER) && Catch::Contains(desk.server.socket_path()));
  CHECK_THROWS_AS(pcsc::direct::run({"no-such-program-here", {}, "socket", "folder"}), std::system_error);
}

TEST_CASE("The library exports what the system's libpcsclite exports", "[direct][programs]") {
  void* ours = ::dlopen(SIMURGH_DIRECT_LIBRARY, RTLD_NOW | RTLD_LOCAL);
  REQUIRE(ours != nullptr);
  for (const char* name :
       {"SCardEstablishContext", "SCardReleaseContext", "SCardIsValidContext", "SCardConnect",         "SCardReconnect", "SCardDisconnect",
        "SCardBeginTransaction", "SCardEndTransaction", "SCardStatus",         "SCardGetStatusChange", "SCardControl",   "SCardTransmit",
        "SCardListReaderGroups", "SCardListReaders",    "SCardFreeMemory",     "SCardCancel",          "SCardGetAttrib", "SCardSetAttrib",
        "pcsc_stringify_error",  "g_rgSCardT0Pci",      "g_rgSCardT1Pci",      "g_rgSCardRawPci"}) {
    INFO(name);
    CHECK(::dlsym(ours, name) != nullptr);
  }
  CHECK(::dlsym(ours, "_ZN7simurgh4pcsc6direct8Registry8instanceEv") == nullptr);
  ::dlclose(ours);
}

TEST_CASE("The bench moves APDUs through the library", "[direct][programs]") {
  FakeSlot card;
  const auto result = pcsc::direct::bench(SIMURGH_DIRECT_LIBRARY, card, "00B0000002"_hex, std::chrono::milliseconds(20));
  CHECK(result.apdus > 0);
  CHECK(static_cast<std::size_t>(card.transmits) == result.apdus);
  CHECK(result.apdus_per_second() > 0);
  CHECK_THROWS_AS(pcsc::direct::bench("/nonexistent/libpcsclite.so.1", card, "00"_hex, std::chrono::milliseconds(1)), std::runtime_error);
}
