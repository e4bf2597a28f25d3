// Traces of sessions with cards: text, JSON lines, pcap and live GSMTAP, with secrets redacted.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "euicc/card/trace.h"
#include "tools/trace/redaction.h"

namespace simurgh::trace {

using Time = std::chrono::system_clock::time_point;

// One exchange as a format writes it; secrets are marked, the octets are still there.
struct Exchange {
  Time time;
  ByteView command, response;
  Secrets secrets;
};

// A format. Its owner tells it everything in order, one thread at a time.
class Format {
 public:
  virtual ~Format() = default;
  virtual void exchange(const Exchange& exchange) = 0;
  virtual void event(Time time, const char* kind, const std::string& text) = 0;  // kind: "power", "note"
};

// "text", "text:FILE", "json[:FILE]", "pcap:FILE", "gsmtap[:HOST[:PORT]]"; without a file standard error, - is standard output, without a host 127.0.0.1:4729. Throws
// std::runtime_error with a sentence.
[[nodiscard]] std::unique_ptr<Format> open_format(const std::string& target);

// A card's trace sink that hands everything to its formats; safe to call from several threads.
class Recorder final : public card::TraceSink {
 public:
  explicit Recorder(bool reveal_secrets = false) : reveal_(reveal_secrets) {}
  void add(std::unique_ptr<Format> format) { formats_.push_back(std::move(format)); }
  [[nodiscard]] bool empty() const noexcept { return formats_.empty(); }

  void power(const char* event) override;
  void exchange(ByteView command, ByteView response) override;
  void note(const char* why) override;
  // An exchange that was recorded before.
  void replay(Time time, ByteView command, ByteView response, const Secrets& secrets);
  void replay_event(Time time, const char* kind, const std::string& text);

 private:
  std::mutex mutex_;
  bool reveal_;
  Redaction redaction_;
  std::vector<std::unique_ptr<Format>> formats_;
};

// Replays a file of JSON lines into a recorder. Throws std::runtime_error with the number of the line that is none.
void replay_json(const std::string& text, Recorder& recorder);

// GSMTAP, version 2: header of 16 octets and the APDU with its response behind it (wireshark's gsm_sim).
[[nodiscard]] Bytes gsmtap(ByteView command, ByteView response);

}  // namespace simurgh::trace
