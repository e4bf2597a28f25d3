// A fleet polls one 'simurgh eim serve' on loopback: every device has a key and a certificate of its own, gets one package and delivers one result.
// In the middle the server is killed and started again. At the end each acknowledged result is in the store once, and no device has anything left.
//
//   eim_load SIMURGH [--devices N] [--threads N] [--connect kept|resumed|fresh] [--binding https|coap] [--no-kill]
//            [--acknowledgement MS]
//
// Prints what it measured; exit code 1 when anything is lost, twice or late.
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <mutex>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <thread>

#include "ipae/coap/esipa.h"
#include "ipae/esipa/http_exchange.h"
#include "ipae/esipa/messages.h"
#include "ipae/transport/dtls.h"
#include "ipae/transport/socket.h"
#include "ipae/transport/tls.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/eim/paper_card.h"
#include "tools/eim/eim.h"

using namespace simurgh;
using Clock = std::chrono::steady_clock;
using ipae::esipa::Function;

namespace {

constexpr const char* kEimId = "eim.example.com";
constexpr auto kPatience = std::chrono::minutes(8);

struct Options {
  std::string program;
  std::size_t devices = 1000, threads = 32;
  std::string connect = "kept", binding = "https";
  bool kill = true;
  std::chrono::milliseconds acknowledgement{2000};  // what CoAP waits before it repeats itself
};

[[noreturn]] void usage() {
  std::cerr << "eim_load SIMURGH [--devices N] [--threads N] [--connect kept|resumed|fresh] [--binding https|coap] [--no-kill] [--acknowledgement MS]\n";
  std::exit(2);
}

Options read_options(int argc, char** argv) {
  Options out;
  if (argc < 2) usage();
  out.program = argv[1];
  for (int i = 2; i < argc; ++i) {
    const std::string name = argv[i];
    if (name == "--no-kill") {
      out.kill = false;
      continue;
    }
    if (++i == argc) usage();
    const std::string value = argv[i];
    if (name == "--devices") {
      out.devices = std::stoul(value);
    } else if (name == "--threads") {
      out.threads = std::stoul(value);
    } else if (name == "--acknowledgement") {
      out.acknowledgement = std::chrono::milliseconds(std::stoul(value));
    } else if (name == "--connect" && (value == "kept" || value == "resumed" || value == "fresh")) {
      out.connect = value;
    } else if (name == "--binding" && (value == "https" || value == "coap")) {
      out.binding = value;
    } else {
      usage();
    }
  }
  return out;
}

// The server's process.
class Server {
 public:
  Server(std::string program, const std::string& folder) : program_(std::move(program)), folder_(folder) {}
  ~Server() {
    if (pid_ > 0) stop(SIGKILL);
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // At the same addresses when it is started again.
  void start() {
    int pipe[2];
    if (::pipe2(pipe, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    const std::string store = folder_ + "/eim.db", pki = folder_ + "/pki";
    const std::string https = std::to_string(port), coap = std::to_string(coap_port);
    pid_ = ::fork();
    if (pid_ == 0) {
      ::dup2(pipe[1], 1);
      ::execl(program_.c_str(), "simurgh", "--json", "eim", "serve", "--store", store.c_str(), "--pki", pki.c_str(), "--eim-id", kEimId, "--port", https.c_str(),
              "--coap-port", coap.c_str(), "--rest-port", "-1", static_cast<char*>(nullptr));
      ::_exit(127);
    }
    ::close(pipe[1]);
    std::string said;
    char buffer[512];
    nlohmann::json json;
    while (true) {
      const ssize_t got = ::read(pipe[0], buffer, sizeof buffer);
      if (got <= 0) throw std::runtime_error("the server does not start");
      said.append(buffer, static_cast<std::size_t>(got));
      json = nlohmann::json::parse(said, nullptr, false);
      if (!json.is_discarded()) break;
    }
    ::close(pipe[0]);
    json = json.contains("result") ? json["result"] : json;
    port = json.at("port").get<std::uint16_t>();
    coap_port = json.at("coap_port").get<std::uint16_t>();
  }
  void stop(int signal) {
    measure();
    ::kill(pid_, signal);
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = 0;
  }
  void measure() {
    std::ifstream status("/proc/" + std::to_string(pid_) + "/status");
    for (std::string line; std::getline(status, line);) {
      if (line.starts_with("VmHWM:")) peak_kilobytes = std::max(peak_kilobytes, std::stol(line.substr(6)));
    }
    std::ifstream stat("/proc/" + std::to_string(pid_) + "/stat");
    std::string text;
    std::getline(stat, text);
    std::istringstream in(text.substr(std::min(text.size(), text.rfind(')') + 1)));
    std::string skipped;
    long user = 0, system = 0;
    for (int i = 0; i < 11; ++i) in >> skipped;
    in >> user >> system;
    cpu_seconds += static_cast<double>(user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
  }

  std::uint16_t port = 0, coap_port = 0;
  long peak_kilobytes = 0;
  double cpu_seconds = 0;

 private:
  std::string program_, folder_;
  pid_t pid_ = 0;
};

struct Times {
  std::vector<double> all;  // milliseconds
  [[nodiscard]] double at(double part) {
    if (all.empty()) return 0;
    std::ranges::sort(all);
    return all[std::min(all.size() - 1, static_cast<std::size_t>(part * static_cast<double>(all.size())))];
  }
};

// What all devices saw.
struct Tally {
  std::mutex mutex;
  Times requests, handshakes;
  std::atomic<std::size_t> acknowledged = 0, finished = 0, failures = 0, resumed = 0;
};

double since(Clock::time_point from) { return std::chrono::duration<double, std::milli>(Clock::now() - from).count(); }

// Measures how long connections take.
class TimedNet final : public ipae::NetPort {
 public:
  TimedNet(ipae::NetPort& net, Times& times) : net_(net), times_(times) {}
  ipae::Task<ipae::PortResult<std::unique_ptr<ipae::StreamPort>>> connect(std::string host, std::uint16_t port) override {
    const auto start = Clock::now();
    auto out = co_await net_.connect(std::move(host), port);
    if (out) times_.all.push_back(since(start));
    co_return out;
  }
  ipae::Task<ipae::PortResult<std::unique_ptr<ipae::DatagramPort>>> datagrams(std::string host, std::uint16_t port) override {
    const auto start = Clock::now();
    auto out = co_await net_.datagrams(std::move(host), port);
    if (out) times_.all.push_back(since(start));
    co_return out;
  }

 private:
  ipae::NetPort& net_;
  Times& times_;
};

// One device from its first poll until there is nothing more for it.
class Thing {
 public:
  Thing(const Options& options, test::PaperCard& card, const Server& server, const perso::Pki& pki, crypto::Rng& rng, Tally& tally, Times& requests, Times& handshakes)
      : options_(options), card_(card), tally_(tally), requests_(requests) {
    sockets_.redirect("127.0.0.1", options.binding == "coap" ? server.coap_port : server.port);
    const ipae::TlsTrust trust{.authorities = {pki.curves[0].ci->certificate.der}};
    if (options.binding == "coap") {
      secure_ = std::make_unique<ipae::DtlsNet>(sockets_, trust, ipae::DtlsRules{}, options.connect == "fresh" ? nullptr : &memories_);
      timed_ = std::make_unique<TimedNet>(*secure_, handshakes);
      exchange_ = std::make_unique<ipae::esipa::CoapExchange>(*timed_, rng, "localhost", ipae::esipa::CoapExchange::kPort,
                                                              ipae::esipa::CoapOptions{.reliability = {.acknowledgement = options.acknowledgement}, .blocks = {}});
    } else {
      secure_ = std::make_unique<ipae::TlsNet>(sockets_, trust, options.connect == "fresh" ? nullptr : &memories_);
      timed_ = std::make_unique<TimedNet>(*secure_, handshakes);
      exchange_ = std::make_unique<ipae::esipa::HttpExchange>(*timed_, *ipae::ServerAddress::parse("localhost:1"));
    }
  }

  // False when time is over.
  bool run(Clock::time_point until) {
    while (Clock::now() < until) {
      if (!owed_.empty()) {
        const auto answer = ask(Function::provide_eim_package_result, card_.provide(owed_));
        if (!answer) continue;
        owed_.clear();
        note(*answer);
        continue;
      }
      const auto answer = ask(Function::get_eim_package, card_.poll());
      if (!answer) continue;
      asn1::TlvReader in(asn1::read_only(*answer, 0xBF4F).value().value);
      const auto package = in.next().value();
      if (package.tag == 0x02) return true;
      owed_ = package.tag == 0xBF52 ? card_.data(package.raw) : card_.load(package.raw);
    }
    return false;
  }

 private:
  std::optional<Bytes> ask(Function function, Bytes message) {
    const auto start = Clock::now();
    auto answer = ipae::run_now(exchange_->exchange(function, std::move(message)));
    if (answer && *answer) {
      requests_.all.push_back(since(start));
      if (options_.connect != "kept") ipae::run_now(exchange_->close());
      return **answer;
    }
    ++tally_.failures;
    ipae::run_now(exchange_->close());
    std::this_thread::sleep_for(std::chrono::milliseconds(20));  // a server that is being started
    return std::nullopt;
  }
  void note(ByteView answer) {
    const auto acknowledged = asn1::find_child(asn1::read_only(answer, 0xBF50).value().value, 0xBF53);
    if (!acknowledged) return;
    const auto number = asn1::find_child(acknowledged->value, 0x80);
    if (number && asn1::unsigned_value(*number).value() == static_cast<std::uint64_t>(card_.sequence)) ++tally_.acknowledged;
  }

  const Options& options_;
  test::PaperCard& card_;
  Tally& tally_;
  Times& requests_;
  ipae::SocketNet sockets_;
  ipae::SessionMemories memories_;
  std::unique_ptr<ipae::NetPort> secure_, timed_;
  std::unique_ptr<ipae::esipa::EsipaExchange> exchange_;
  Bytes owed_;
};

void work(const Options& options, std::size_t first, std::vector<test::PaperCard>& cards, const Server& server, const perso::Pki& pki, Tally& tally,
          Clock::time_point until) {
  const auto rng = crypto::system_rng();
  Times requests, handshakes;
  for (std::size_t i = first; i < cards.size(); i += options.threads) {
    Thing thing(options, cards[i], server, pki, *rng, tally, requests, handshakes);
    if (thing.run(until)) ++tally.finished;
  }
  const std::scoped_lock lock(tally.mutex);
  tally.requests.all.insert(tally.requests.all.end(), requests.all.begin(), requests.all.end());
  tally.handshakes.all.insert(tally.handshakes.all.end(), handshakes.all.begin(), handshakes.all.end());
}

std::string eid_of(std::size_t number) {
  std::string digits = std::to_string(number);
  return "89049032" + std::string(24 - digits.size(), '0') + digits;
}

// The sentences that are not true of the store.
std::vector<std::string> faults(const std::string& path, const std::vector<test::PaperCard>& cards, const std::vector<std::string>& orders) {
  std::vector<std::string> out;
  eim::EimStore store(path);
  for (std::size_t i = 0; i < cards.size(); ++i) {
    const std::string& eid = cards[i].eid();
    const auto results = store.results(eid);
    const auto request = store.by_resource(orders[i]);
    if (cards[i].executed != 1) out.push_back(eid + " executed " + std::to_string(cards[i].executed) + " packages");
    if (results.size() != 1 || results[0].sequence != 1 || results[0].verified != "yes") out.push_back(eid + " has " + std::to_string(results.size()) + " results");
    if (!request || request->status != "done") out.push_back(eid + ": its order is " + (request ? request->status : "gone"));
    if (store.in_work(eid) || store.next_new(eid)) out.push_back(eid + " has more to do");
  }
  return out;
}

}  // namespace

int main(int argc, char** argv) try {
  const Options options = read_options(argc, argv);
  const test::TempDir folder;
  const auto rng = crypto::system_rng();
  const perso::Pki pki = perso::make_pki({.hosts = {"localhost", "127.0.0.1"}, .not_before = 1'700'000'000}, *rng);
  perso::write_pki(pki, folder.file("pki"));
  std::vector<test::PaperCard> cards;
  std::vector<std::string> orders;
  for (std::size_t i = 0; i < options.devices; ++i) {
    cards.emplace_back(pki, eid_of(i), *rng);
    cards.back().eim_id = kEimId;
  }
  {
    eim::EimStore store(folder.file("eim.db"));
    eim::EimOptions how;
    how.eim_id = kEimId;
    how.now = [] { return std::int64_t{1800000000}; };
    eim::Eim desk(perso::Pki{}, store, *rng, how);
    sqlite::Database::Transaction all(store.database());
    for (const test::PaperCard& card : cards) {
      orders.push_back(desk.create(eim::Facility::psmo, card.eid(), eim::Json::parse(R"({"psmo":[{"listProfileInfo":{}}]})")).value());
    }
    all.commit();
  }
  Server server(options.program, folder.path().string());
  server.start();
  Tally tally;
  const auto start = Clock::now();
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < options.threads; ++t) {
    threads.emplace_back([&, t] { work(options, t, cards, server, pki, tally, start + kPatience); });
  }
  double away = 0;
  if (options.kill) {
    while (tally.acknowledged < options.devices / 3 && since(start) < 240'000) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    const auto gone = Clock::now();
    server.stop(SIGKILL);
    server.start();
    away = since(gone);
  }
  for (std::thread& thread : threads) thread.join();
  const double seconds = since(start) / 1000;
  server.stop(SIGTERM);
  const auto wrong = faults(folder.file("eim.db"), cards, orders);
  const std::size_t requests = tally.requests.all.size(), handshakes = tally.handshakes.all.size();
  std::printf("%zu devices on %zu threads, %s, connections %s%s\n", options.devices, options.threads, options.binding.c_str(), options.connect.c_str(),
              options.kill ? ", server killed once" : "");
  std::printf("  %.0f requests/s, p50 %.1f ms, p99 %.1f ms; %zu requests in %.2f s, %zu failed\n", static_cast<double>(requests) / seconds, tally.requests.at(0.5),
              tally.requests.at(0.99), requests, seconds, tally.failures.load());
  std::printf("  %.0f handshakes/s, p50 %.1f ms, p99 %.1f ms; %zu\n", static_cast<double>(handshakes) / seconds, tally.handshakes.at(0.5), tally.handshakes.at(0.99),
              handshakes);
  std::printf("  server: %.2f s of processor, %.2f ms a request, %ld kB at most%s\n", server.cpu_seconds,
              server.cpu_seconds * 1000 / static_cast<double>(std::max<std::size_t>(requests, 1)), server.peak_kilobytes,
              options.kill ? (", away for " + std::to_string(static_cast<int>(away)) + " ms").c_str() : "");
  std::printf("  %zu results acknowledged, %zu devices have nothing left, %zu faults\n", tally.acknowledged.load(), tally.finished.load(), wrong.size());
  for (std::size_t i = 0; i < std::min<std::size_t>(wrong.size(), 10); ++i) std::printf("  %s\n", wrong[i].c_str());
  return wrong.empty() && tally.finished == options.devices && tally.acknowledged == options.devices ? 0 : 1;
} catch (const std::exception& failure) {
  std::cerr << "eim_load: " << failure.what() << '\n';
  return 1;
}
