#include "tools/trace/recorder.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <ctime>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>

#include "pcsc/unique_fd.h"
#include "tools/trace/explain.h"

namespace simurgh::trace {
namespace {

constexpr std::uint16_t kGsmtapPort = 4729;

std::int64_t microseconds(Time time) { return std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count(); }

std::string clock_text(Time time) {
  const std::int64_t us = microseconds(time);
  const std::time_t seconds = us / 1'000'000;
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  std::array<char, 40> out{};
  const std::size_t size = std::strftime(out.data(), out.size(), "%H:%M:%S", &parts);
  std::snprintf(out.data() + size, out.size() - size, ".%06ld", static_cast<long>(us % 1'000'000));
  return out.data();
}

std::uint16_t status_of(ByteView response) { return response.size() < 2 ? std::uint16_t{0} : static_cast<std::uint16_t>(be_value(response.last(2))); }

// A file, or standard error.
class Output {
 public:
  Output(const std::string& path, bool binary) {
    to_stdout_ = path == "-";
    if (path.empty() || to_stdout_) return;
    file_.open(path, binary ? std::ios::binary | std::ios::trunc : std::ios::trunc);
    if (!file_) throw std::runtime_error("cannot write the trace to " + path + "; check that the folder exists");
  }
  std::ostream& stream() { return file_.is_open() ? static_cast<std::ostream&>(file_) : to_stdout_ ? std::cout : std::cerr; }

 private:
  std::ofstream file_;
  bool to_stdout_ = false;
};

class TextFormat final : public Format {
 public:
  explicit TextFormat(const std::string& path) : out_(path, false) {}
  void exchange(const Exchange& e) override {
    out_.stream() << clock_text(e.time) << " > " << starred(e.command, e.secrets.command);
    if (const std::string name = command_name(e.command); !name.empty()) out_.stream() << "  " << name;
    out_.stream() << "\n                < " << starred(e.response, e.secrets.response);
    if (e.response.size() >= 2) out_.stream() << "  " << status_text(status_of(e.response)).substr(5);
    out_.stream() << '\n' << std::flush;
  }
  void event(Time time, const char* kind, const std::string& text) override {
    out_.stream() << clock_text(time) << (std::string_view(kind) == "note" ? "   (" + text + ")" : " -- " + text) << '\n' << std::flush;
  }

 private:
  Output out_;
};

class JsonFormat final : public Format {
 public:
  explicit JsonFormat(const std::string& path) : out_(path, false) {}
  void exchange(const Exchange& e) override {
    nlohmann::ordered_json line{{"us", microseconds(e.time)}, {"command", starred(e.command, e.secrets.command)}, {"response", starred(e.response, e.secrets.response)}};
    if (const std::string name = command_name(e.command); !name.empty()) line["name"] = name;
    if (e.response.size() >= 2) line["sw"] = to_hex(e.response.last(2));
    write(line);
  }
  void event(Time time, const char* kind, const std::string& text) override { write({{"us", microseconds(time)}, {kind, text}}); }

 private:
  void write(const nlohmann::ordered_json& line) { out_.stream() << line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) << '\n' << std::flush; }
  Output out_;
};

// The Internet checksum of RFC 1071.
std::uint16_t checksum(ByteView header) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i + 1 < header.size(); i += 2) sum += static_cast<std::uint32_t>(header[i] << 8 | header[i + 1]);
  while (sum > 0xFFFF) sum = (sum & 0xFFFF) + (sum >> 16);
  return static_cast<std::uint16_t>(~sum);
}

// GSMTAP in UDP in IPv4 from and to 127.0.0.1, as a raw IP capture (https://www.tcpdump.org/linktypes.html, 101).
class PcapFormat final : public Format {
 public:
  explicit PcapFormat(const std::string& path) : out_(path, true) {
    if (path.empty()) throw std::runtime_error("a pcap trace needs a file: pcap:FILE");
    constexpr std::uint32_t kMagic = 0xA1B2C3D4, kVersion = 0x00020004, kSnapLength = 65535, kRawIp = 101;
    for (const std::uint32_t field : {kMagic, kVersion, 0U, 0U, kSnapLength, kRawIp}) put(field);
    out_.stream().flush();
  }
  void exchange(const Exchange& e) override {
    const Bytes payload = gsmtap(zeroed(e.command, e.secrets.command), zeroed(e.response, e.secrets.response));
    Bytes udp = concat({be_bytes(kGsmtapPort, 2), be_bytes(kGsmtapPort, 2), be_bytes(8 + payload.size(), 2), be_bytes(0, 2), payload});
    Bytes ip{0x45, 0x00, 0, 0, 0, 0, 0x40, 0x00, 64, 17, 0, 0, 127, 0, 0, 1, 127, 0, 0, 1};
    const Bytes length = be_bytes(20 + udp.size(), 2);
    std::copy(length.begin(), length.end(), ip.begin() + 2);
    const Bytes sum = be_bytes(checksum(ip), 2);
    std::copy(sum.begin(), sum.end(), ip.begin() + 10);
    const std::int64_t us = microseconds(e.time);
    put(static_cast<std::uint32_t>(us / 1'000'000));
    put(static_cast<std::uint32_t>(us % 1'000'000));
    const auto size = static_cast<std::uint32_t>(ip.size() + udp.size());
    put(size);
    put(size);
    write(ip);
    write(udp);
    out_.stream().flush();
  }
  void event(Time, const char*, const std::string&) override {}

 private:
  void put(std::uint32_t value) { write(be_bytes(value, 4)); }
  void write(ByteView octets) { out_.stream().write(reinterpret_cast<const char*>(octets.data()), static_cast<std::streamsize>(octets.size())); }
  Output out_;
};

class GsmtapFormat final : public Format {
 public:
  explicit GsmtapFormat(const std::string& target) {
    const std::size_t colon = target.rfind(':');
    const std::string host = target.empty() ? "127.0.0.1" : target.substr(0, colon);
    const std::string port = colon == std::string::npos ? std::to_string(kGsmtapPort) : target.substr(colon + 1);
    addrinfo hints{};
    hints.ai_family = AF_INET;
    hints.ai_socktype = SOCK_DGRAM;
    addrinfo* found = nullptr;
    if (::getaddrinfo(host.c_str(), port.c_str(), &hints, &found) != 0) throw std::runtime_error("no address for GSMTAP at " + host + ":" + port);
    socket_ = pcsc::UniqueFd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    const bool connected = socket_ && ::connect(socket_.get(), found->ai_addr, found->ai_addrlen) == 0;
    ::freeaddrinfo(found);
    if (!connected) throw std::runtime_error("no way to GSMTAP at " + host + ":" + port);
  }
  void exchange(const Exchange& e) override {
    const Bytes packet = gsmtap(zeroed(e.command, e.secrets.command), zeroed(e.response, e.secrets.response));
    // Nobody listening is no failure of the session that is traced.
    (void)!::send(socket_.get(), packet.data(), packet.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  }
  void event(Time, const char*, const std::string&) override {}

 private:
  pcsc::UniqueFd socket_;
};

// Hexadecimal with ** for hidden octets: the octets (zeros there) and where they are.
std::optional<Bytes> unstarred(std::string text, Range& secret) {
  if (const std::size_t first = text.find('*'); first != std::string::npos) {
    const std::size_t last = text.rfind('*');
    secret = {first / 2, (last - first + 1) / 2};
    for (char& c : text) c = c == '*' ? '0' : c;
  }
  return from_hex(text);
}

}  // namespace

Bytes gsmtap(ByteView command, ByteView response) {
  constexpr std::uint8_t kVersion = 2, kHeaderWords = 4, kTypeSim = 4;
  const Bytes header{kVersion, kHeaderWords, kTypeSim, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
  return concat({header, command, response});
}

std::unique_ptr<Format> open_format(const std::string& target) {
  const std::size_t colon = target.find(':');
  const std::string kind = target.substr(0, colon);
  const std::string rest = colon == std::string::npos ? "" : target.substr(colon + 1);
  if (kind == "text") return std::make_unique<TextFormat>(rest);
  if (kind == "json") return std::make_unique<JsonFormat>(rest);
  if (kind == "pcap") return std::make_unique<PcapFormat>(rest);
  if (kind == "gsmtap") return std::make_unique<GsmtapFormat>(rest);
  throw std::runtime_error("'" + kind + "' is no trace format; use text[:FILE], json[:FILE], pcap:FILE or gsmtap[:HOST[:PORT]]");
}

void Recorder::power(const char* event) {
  const std::scoped_lock lock(mutex_);
  redaction_.reset();
  replay_event(std::chrono::system_clock::now(), "power", event);
}

void Recorder::exchange(ByteView command, ByteView response) {
  const std::scoped_lock lock(mutex_);
  Secrets secrets = redaction_.exchange(command, response);
  if (reveal_) secrets = {};
  replay(std::chrono::system_clock::now(), command, response, secrets);
}

void Recorder::note(const char* why) {
  const std::scoped_lock lock(mutex_);
  replay_event(std::chrono::system_clock::now(), "note", why);
}

void Recorder::replay(Time time, ByteView command, ByteView response, const Secrets& secrets) {
  for (const auto& format : formats_) format->exchange({time, command, response, secrets});
}

void Recorder::replay_event(Time time, const char* kind, const std::string& text) {
  for (const auto& format : formats_) format->event(time, kind, text);
}

void replay_json(const std::string& text, Recorder& recorder) {
  std::istringstream lines(text);
  std::string line;
  for (std::size_t number = 1; std::getline(lines, line); ++number) {
    if (line.empty()) continue;
    const auto wrong = [&] { return std::runtime_error("line " + std::to_string(number) + " is no line of a JSON trace"); };
    const auto json = nlohmann::json::parse(line, nullptr, false);
    if (!json.is_object() || !json.contains("us") || !json["us"].is_number_integer()) throw wrong();
    const Time time{std::chrono::microseconds(json["us"].get<std::int64_t>())};
    if (json.contains("command")) {
      Secrets secrets;
      if (!json["command"].is_string() || !json.contains("response") || !json["response"].is_string()) throw wrong();
      const auto command = unstarred(json["command"].get<std::string>(), secrets.command);
      const auto response = unstarred(json["response"].get<std::string>(), secrets.response);
      if (!command || !response) throw wrong();
      recorder.replay(time, *command, *response, secrets);
    } else {
      for (const char* kind : {"power", "note"}) {
        if (json.contains(kind) && json[kind].is_string()) recorder.replay_event(time, kind, json[kind].get<std::string>());
      }
    }
  }
}

}  // namespace simurgh::trace
