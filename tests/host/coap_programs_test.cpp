// Programs of others against our CoAP: libcoap's clients on OpenSSL, on GnuTLS and without DTLS; tshark as a reader.
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <fstream>
#include <mutex>
#include <sstream>

#include "euicc/crypto/x509.h"
#include "ipae/coap/client.h"
#include "ipae/transport/socket.h"
#include "tests/support/temp_dir.h"
#include "tools/coap/server.h"

using namespace simurgh;
using namespace simurgh::ipae;

namespace {

struct Outcome {
  int status = 0;
  std::string output;  // and error output
};

bool installed(const std::string& program) { return ::access(("/usr/bin/" + program).c_str(), X_OK) == 0; }

Outcome run(const std::vector<std::string>& command) {
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
  ::posix_spawn_file_actions_adddup2(&actions, ends[1], 2);
  std::vector<char*> argv;
  for (const std::string& one : command) argv.push_back(const_cast<char*>(one.c_str()));
  argv.push_back(nullptr);
  pid_t pid = 0;
  const int wrong = ::posix_spawnp(&pid, argv[0], &actions, nullptr, argv.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  ::close(ends[1]);
  REQUIRE(wrong == 0);
  Outcome out;
  std::array<char, 4096> chunk;
  for (ssize_t n = 0; (n = ::read(ends[0], chunk.data(), chunk.size())) > 0;) out.output.append(chunk.data(), static_cast<std::size_t>(n));
  ::close(ends[0]);
  int status = 0;
  ::waitpid(pid, &status, 0);
  out.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return out;
}

void write_file(const std::string& path, ByteView octets) {
  std::ofstream out(path, std::ios::binary);
  out.write(reinterpret_cast<const char*>(octets.data()), static_cast<std::streamsize>(octets.size()));
  REQUIRE(out.good());
}

Bytes read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

// Answers a body with the same body backwards.
struct Desk {
  explicit Desk(bool secured)
      : rng(crypto::seeded_rng(8)),
        pki(perso::make_pki({.hosts = {"localhost", "127.0.0.1"}, .not_before = 1'700'000'000}, *rng)),
        server(
            [this](ByteView body, std::string&) -> std::optional<Bytes> {
              const std::lock_guard lock(mutex);
              ++served;
              return Bytes(body.rbegin(), body.rend());
            },
            {.identity = secured ? pki.eim_tls : std::nullopt}) {
    write_file(dir.file("ca.pem"), crypto::to_pem(pki.curves[0].ci->certificate));
  }
  std::string url(bool secured) const {
    return std::string(secured ? "coaps" : "coap") + "://127.0.0.1:" + std::to_string(server.port()) + "/gsma/rsp2/asn1";
  }
  std::size_t served_now() {
    const std::lock_guard lock(mutex);
    return served;
  }
  std::unique_ptr<crypto::Rng> rng;
  perso::Pki pki;
  std::mutex mutex;
  std::size_t served = 0;
  test::TempDir dir;
  coaps::Server server;
};

// A capture of UDP between two made-up addresses, for programs that read captures.
class Capture {
 public:
  void add(bool up, ByteView datagram) {
    Bytes ip{0x45, 0x00};
    append(ip, be_bytes(28 + datagram.size(), 2));
    append(ip, Bytes{0, 0, 0, 0, 64, 17, 0, 0});
    append(ip, up ? Bytes{192, 0, 2, 1, 192, 0, 2, 2} : Bytes{192, 0, 2, 2, 192, 0, 2, 1});
    append(ip, be_bytes(up ? 40000 : 5683, 2));
    append(ip, be_bytes(up ? 5683 : 40000, 2));
    append(ip, be_bytes(8 + datagram.size(), 2));
    append(ip, Bytes{0, 0});
    append(ip, datagram);
    append(octets_, be_bytes(++time_, 4));
    append(octets_, be_bytes(0, 4));
    append(octets_, be_bytes(ip.size(), 4));
    append(octets_, be_bytes(ip.size(), 4));
    append(octets_, ip);
  }
  [[nodiscard]] const Bytes& octets() const { return octets_; }

 private:
  // Big-endian pcap 2.4, raw IP.
  Bytes octets_{0xA1, 0xB2, 0xC3, 0xD4, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0, 0, 0, 101};
  std::uint32_t time_ = 1'700'000'000;
};

class Recorder final : public DatagramPort {
 public:
  Recorder(DatagramPort& lower, Capture& capture) : lower_(lower), capture_(capture) {}
  Task<PortResult<void>> send(Bytes datagram) override {
    capture_.add(true, datagram);
    return lower_.send(std::move(datagram));
  }
  Task<PortResult<std::optional<Bytes>>> receive(std::chrono::milliseconds timeout) override {
    auto got = co_await lower_.receive(timeout);
    if (got && *got) capture_.add(false, **got);
    co_return got;
  }
  std::size_t largest() const override { return lower_.largest(); }

 private:
  DatagramPort& lower_;
  Capture& capture_;
};

}  // namespace

TEST_CASE("libcoap's clients post bodies of every size to our server, with and without DTLS", "[coap][programs]") {
  for (const std::string program : {"coap-client-openssl", "coap-client-gnutls", "coap-client-notls"}) {
    if (!installed(program)) {
      WARN(program << " of libcoap3-bin is not tried here: not installed");
      continue;
    }
    const bool secured = program != "coap-client-notls";
    Desk desk(secured);
    std::size_t count = 0;
    for (const std::size_t size : {1U, 500U, 1024U, 1025U, 5000U, 40000U}) {
      INFO(program << ", " << size << " octets");
      Bytes body = desk.rng->bytes(size);
      write_file(desk.dir.file("up"), body);
      std::vector<std::string> command{
          program, "-m", "post", "-B", "20", "-v", "4", "-f", desk.dir.file("up"), "-o", desk.dir.file("down")};
      if (secured) command.insert(command.end(), {"-C", desk.dir.file("ca.pem"), "-R", desk.dir.file("ca.pem")});
      command.push_back(desk.url(secured));
      const Outcome outcome = run(command);
      INFO(outcome.output);
      CHECK(outcome.status == 0);
      std::ranges::reverse(body);
      const Bytes down = read_file(desk.dir.file("down"));
      CHECK(down.size() == body.size());
      CHECK((down == body));
      CHECK(desk.served_now() == ++count);
    }
  }
}

TEST_CASE("libcoap's client refuses our server under another CA", "[coap][programs]") {
  if (!installed("coap-client-openssl")) {
    WARN("coap-client-openssl of libcoap3-bin is not tried here: not installed");
    return;
  }
  Desk desk(true);
  const auto other = crypto::seeded_rng(9);
  write_file(desk.dir.file("other.pem"), crypto::to_pem(perso::make_pki({}, *other).curves[0].ci->certificate));
  const Outcome outcome =
      run({"coap-client-openssl", "-m", "post", "-B", "5", "-e", "x", "-R", desk.dir.file("other.pem"), desk.url(true)});
  INFO(outcome.output);
  CHECK(desk.served_now() == 0);
}

TEST_CASE("tshark reads what our client and libcoap say, and puts the blocks together", "[coap][programs]") {
  if (!installed("tshark")) {
    WARN("tshark is not tried here: not installed");
    return;
  }
  Desk desk(false);
  SocketNet net;
  auto udp = run_now(net.datagrams("127.0.0.1", desk.server.port()));
  REQUIRE(udp);
  Capture capture;
  Recorder port(**udp, capture);
  coap::Client client(port, *desk.rng);
  const auto small = run_now(client.post({"gsma", "rsp2", "asn1"}, Bytes(100, 0x30)));
  const auto large = run_now(client.post({"gsma", "rsp2", "asn1"}, Bytes(3000, 0x31)));
  REQUIRE(small);
  REQUIRE(large);
  write_file(desk.dir.file("coap.pcap"), capture.octets());
  const auto read = [&](const std::string& filter, const std::vector<std::string>& fields) {
    std::vector<std::string> command{"tshark", "-r", desk.dir.file("coap.pcap"), "-Y", filter, "-T", "fields"};
    for (const std::string& field : fields) command.insert(command.end(), {"-e", field});
    return run(command).output;
  };
  const std::string lines = read("coap", {"coap.type", "coap.code", "coap.opt.uri_path_recon", "coap.opt.block_number",
                                          "coap.opt.block_mflag", "coap.opt.block_size"});
  INFO(lines);
  CHECK(lines.find("0\t2\t/gsma/rsp2/asn1\t\t\t\n") != std::string::npos);    // the small one
  CHECK(lines.find("2\t68\t/gsma/rsp2/asn1\t\t\t\n") != std::string::npos);   // 2.04
  CHECK(lines.find("0\t2\t/gsma/rsp2/asn1\t0\t1\t6") != std::string::npos);   // Block1 of the large one
  CHECK(lines.find("2\t95\t/gsma/rsp2/asn1\t1\t1\t6") != std::string::npos);  // 2.31
  CHECK(lines.find("0\t2\t/gsma/rsp2/asn1\t2\t0\t6") != std::string::npos);   // the last one
  CHECK(lines.find("2\t68\t/gsma/rsp2/asn1\t2\t0\t6") != std::string::npos);  // Block2
  // Request-Tag (RFC 9175) is younger than tshark 4.0; nothing else may be wrong.
  std::istringstream remarks(read("coap && _ws.expert", {"_ws.expert.message"}));
  for (std::string line; std::getline(remarks, line);) {
    if (line.starts_with("Running as")) continue;
    CHECK(line == "Invalid Option Number 292");
  }
}
