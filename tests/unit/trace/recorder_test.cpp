#include "tools/trace/recorder.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>

#include "pcsc/unique_fd.h"
#include "tests/support/temp_dir.h"

using namespace simurgh;
using namespace simurgh::trace;

namespace {

struct Step {
  const char *command, *response;
};

// Secrets are the octets 5E C5 E7.
const std::vector<Step> kSession{
    {"00200001085EC5E75EC5E7FFFF", "9000"},
    {"00240001105EC5E75EC5E75EC55EC5E75EC5E75EC5", "9000"},
    {"002C0001105EC5E75EC5E75EC55EC5E75EC5E75EC5", "63C9"},
    {"A0200001085EC5E75EC5E7FFFF", "9000"},
    {"008800811000112233445566778899AABBCCDDEEFF", "6108"},
    {"00C0000008", "5EC5E75EC5E75EC59000"},
    {"A08800001000112233445566778899AABBCCDDEEFF", "9F06"},
    {"A0C0000003", "5EC5E76103"},
    {"A0C0000003", "5EC5E79000"},
    {"80D80031065EC5E75EC5E7", "9000"},
    {"80E28800065EC5E75EC5E7", "9000"},
    {"00B0880003", "5EC5E79000"},
    {"00A40004026F08", "9000"},
    {"00B0000003", "5EC5E79000"},
    {"00D60000035EC5E7", "9000"},
    {"01200001085EC5E75EC5E7FFFF00", "6700"},
};

void play(Recorder& recorder) {
  recorder.power("power on");
  for (const Step& step : kSession) recorder.exchange(from_hex(step.command).value(), from_hex(step.response).value());
  recorder.note("because");
}

std::string content(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

}  // namespace

TEST_CASE("No secret octet appears in any format", "[trace]") {
  const test::TempDir folder;
  const std::string base = folder.path().string() + "/";
  {
    Recorder recorder;
    for (const char* kind : {"text", "json", "pcap"}) recorder.add(open_format(std::string(kind) + ":" + base + kind));
    play(recorder);
  }
  for (const char* kind : {"text", "json", "pcap"}) {
    INFO(kind);
    const std::string written = content(base + kind);
    REQUIRE_FALSE(written.empty());
    for (const char* secret : {"5EC5E7", "C5E75E", "\x5E\xC5\xE7", "\xC5\xE7\x5E"}) CHECK(written.find(secret) == std::string::npos);
  }
  CHECK(content(base + "text").find("0020000108****************  VERIFY PIN") != std::string::npos);
  CHECK(content(base + "text").find("< ****************9000") != std::string::npos);
  CHECK(content(base + "text").find("(because)") != std::string::npos);
}

TEST_CASE("What is revealed on request is everything", "[trace]") {
  const test::TempDir folder;
  const std::string file = folder.path().string() + "/all";
  {
    Recorder recorder(true);
    recorder.add(open_format("text:" + file));
    play(recorder);
  }
  CHECK(content(file).find('*') == std::string::npos);
  CHECK(content(file).find("00C0000008") != std::string::npos);
  CHECK(content(file).find("5EC5E75EC5E75EC59000") != std::string::npos);
}

TEST_CASE("What follows a secret answer is not hidden", "[trace]") {
  Redaction redaction;
  const auto none = [](const Range& range) { return range.size == 0; };
  (void)redaction.exchange(from_hex("0088008100").value(), from_hex("6108").value());
  CHECK_FALSE(none(redaction.exchange(from_hex("00C0000008").value(), from_hex("11223344556677889000").value()).response));
  CHECK(none(redaction.exchange(from_hex("00C0000008").value(), from_hex("11223344556677889000").value()).response));
  (void)redaction.exchange(from_hex("00A40004026F08").value(), from_hex("9000").value());
  (void)redaction.exchange(from_hex("00A40004026F07").value(), from_hex("9000").value());
  CHECK(none(redaction.exchange(from_hex("00B0000009").value(), from_hex("0849061100000000109000").value()).response));
  CHECK(none(redaction.exchange(from_hex("80E2910006BF3E035C015A").value(), from_hex("6100").value()).command));
}

TEST_CASE("A JSON trace replays to the same text, and what is none is refused by its line", "[trace]") {
  const test::TempDir folder;
  const std::string base = folder.path().string() + "/";
  {
    Recorder recorder;
    recorder.add(open_format("json:" + base + "json"));
    recorder.add(open_format("text:" + base + "text"));
    play(recorder);
  }
  {
    Recorder again;
    again.add(open_format("text:" + base + "again"));
    replay_json(content(base + "json"), again);
  }
  CHECK(content(base + "again") == content(base + "text"));
  Recorder nobody;
  CHECK_THROWS_WITH(replay_json("{\"us\":1,\"note\":\"x\"}\nnothing\n", nobody), "line 2 is no line of a JSON trace");
  CHECK_THROWS_WITH(replay_json("{\"us\":1,\"command\":\"0\",\"response\":\"9000\"}\n", nobody), "line 1 is no line of a JSON trace");
}

TEST_CASE("Packets of a capture are IPv4 and UDP around GSMTAP", "[trace]") {
  const test::TempDir folder;
  const std::string file = folder.path().string() + "/pcap";
  {
    Recorder recorder;
    recorder.add(open_format("pcap:" + file));
    recorder.exchange(from_hex("00A40004023F00").value(), from_hex("9000").value());
  }
  const std::string octets = content(file);
  const ByteView capture = text_view(octets);
  REQUIRE(capture.size() == 24 + 16 + 20 + 8 + 16 + 9);
  CHECK(to_hex(capture.first(24)) == "A1B2C3D40002000400000000000000000000FFFF00000065");
  CHECK(to_hex(capture.subspan(32, 8)) == "0000003500000035");
  const ByteView ip = capture.subspan(40, 20);
  CHECK(to_hex(ip.first(10)) == "45000035000040004011");
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < ip.size(); i += 2) sum += static_cast<std::uint32_t>(be_value(ip.subspan(i, 2)));
  CHECK((sum & 0xFFFF) + (sum >> 16) == 0xFFFF);
  CHECK(to_hex(capture.subspan(60)) == "12791279002100000204040000000000000000000000000000A40004023F009000");
}

TEST_CASE("Live GSMTAP arrives at the address that was named", "[trace]") {
  const pcsc::UniqueFd listener(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  socklen_t size = sizeof address;
  REQUIRE(::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
  Recorder recorder;
  recorder.add(open_format("gsmtap:127.0.0.1:" + std::to_string(ntohs(address.sin_port))));
  recorder.exchange(from_hex("00A40004023F00").value(), from_hex("9000").value());
  Bytes packet(100);
  const ssize_t got = ::recv(listener.get(), packet.data(), packet.size(), 0);
  REQUIRE(got == 25);
  CHECK(to_hex(ByteView(packet).first(25)) == "0204040000000000000000000000000000A40004023F009000");
}

TEST_CASE("A trace that cannot be opened is refused with a sentence", "[trace]") {
  CHECK_THROWS_WITH(open_format("morse"), Catch::StartsWith("'morse' is no trace format"));
  CHECK_THROWS_WITH(open_format("pcap"), Catch::StartsWith("a pcap trace needs a file"));
  CHECK_THROWS_WITH(open_format("text:/nowhere/at/all"), Catch::StartsWith("cannot write the trace"));
  CHECK_THROWS_WITH(open_format("gsmtap:127.0.0.1:notaport"), Catch::StartsWith("no address for GSMTAP"));
}
