// A card and eIMs that follow a script, for what is done with both.
#pragma once

#include <catch2/catch.hpp>
#include <deque>
#include <map>

#include "asn1/codec/codec.h"
#include "ipae/agent/iot_agent.h"
#include "tests/unit/ipae/memory_net.h"

namespace simurgh::test {

using namespace ipae;
using namespace literals;
using esipa::Function;

inline const Bytes kEid = "89049032123451234512345678901235"_hex;
inline const Bytes kIdle = "BF4F03020101"_hex;
inline const Bytes kEmpty = "BF50023000"_hex;
inline const Bytes kSignature = asn1::tlv(0x5F37, Bytes(64, 0x11));

inline Bytes text(std::uint32_t tag, const std::string& value) { return asn1::tlv(tag, text_view(value)); }
inline Bytes number(std::uint32_t tag, std::uint64_t value) { return asn1::tlv(tag, asn1::integer_content(value)); }

inline Bytes package(const std::string& eim, ByteView commands, std::uint32_t list = 0xA0) {
  const Bytes data = concat({text(0x80, eim), asn1::tlv(0x5A, kEid), number(0x81, 1), "82020102"_hex, asn1::tlv(list, commands)});
  return asn1::tlv(0xBF4F, asn1::tlv(0xBF51, concat({asn1::tlv(0x30, data), kSignature})));
}
inline Bytes result(const std::string& eim, std::uint64_t sequence, ByteView codes) {
  const Bytes data = concat({text(0x80, eim), number(0x81, 1), "82020102"_hex, number(0x83, sequence), asn1::tlv(0x30, codes)});
  return asn1::tlv(0xBF51, asn1::tlv(0xA0, concat({asn1::tlv(0x30, data), kSignature})));
}
inline Bytes notification(std::uint64_t sequence) {
  const Bytes metadata = concat({number(0x80, sequence), "81020640"_hex, text(0x0C, "smdp.example.com")});
  return asn1::tlv(0x30, concat({asn1::tlv(0xBF2F, metadata), kSignature, "30003000"_hex}));
}
inline Bytes eim_entry(const std::string& id, bool indirect) {
  Bytes members = concat({text(0x80, id), text(0x81, id), "840101"_hex, "87020780"_hex});
  if (indirect) append(members, "8900"_hex);
  return asn1::tlv(0x30, members);
}

// An IoT card as far as an agent asks it.
class IotCard final : public Es10Port {
 public:
  PortResult<Bytes> request(ByteView command) override {
    const std::uint32_t tag = asn1::TlvReader(command).peek().value_or(0);
    calls.push_back(tag);
    if (gone) return std::unexpected(PortError{"the reader is gone"});
    if (const auto bent = answers.find(tag); bent != answers.end()) return bent->second;
    switch (tag) {
      case 0xBF3E:
        return asn1::tlv(0xBF3E, asn1::tlv(0x5A, kEid));
      case 0xBF55: {
        Bytes list;
        for (const Bytes& eim : eims) append(list, eim);
        return asn1::tlv(0xBF55, asn1::tlv(0xA0, list));
      }
      case 0xBF2B: {
        const auto filter = asn1::find_child(asn1::read_only(command, 0xBF2B)->value, 0xA0);
        const auto wanted = filter ? asn1::find_child(filter->value, 0x80) : std::nullopt;
        Bytes list;
        if (filter && !wanted) {
          for (const auto& [sequence, raw] : results) append(list, raw);
          return asn1::tlv(0xBF2B, asn1::tlv(0xA2, list));
        }
        for (const auto& [sequence, raw] : notifications) {
          if (!wanted || asn1::unsigned_value(*wanted).value() == sequence) append(list, raw);
        }
        return asn1::tlv(0xBF2B, asn1::tlv(0xA0, list));
      }
      case 0xBF28: {
        Bytes list;
        for (const auto& [sequence, raw] : notifications)
          append(list, asn1::read_only(raw, 0x30)->value.first(asn1::TlvReader(asn1::read_only(raw, 0x30)->value).next()->raw.size()));
        return asn1::tlv(0xBF28, asn1::tlv(0xA0, list));
      }
      case 0xBF30: {
        const std::uint64_t sequence = asn1::unsigned_value(*asn1::find_child(asn1::read_only(command, 0xBF30)->value, 0x80)).value();
        removed.push_back(sequence);
        return results.erase(sequence) + notifications.erase(sequence) == 1 ? "BF3003800100"_hex : "BF3003800101"_hex;
      }
      case 0xBF2D:
        return emergency ? "BF2D18A016E3145A0A980010325476981032549F7001019F7B01FF"_hex : "BF2D02A000"_hex;
      case 0xBF51: {
        packages.push_back(to_bytes(command));
        if (next_results.empty()) return std::unexpected(PortError{"wrong data (6A80)", 0x6A80});
        const Bytes answer = next_results.front();
        next_results.pop_front();
        if (const auto parsed = esipa::parse_package_result(answer); parsed && parsed->sequence) results[*parsed->sequence] = answer;
        return answer;
      }
      default:
        return std::unexpected(PortError{"not found (6A88)", 0x6A88});
    }
  }
  std::vector<Bytes> eims{eim_entry("eim1", true)};
  std::map<std::uint64_t, Bytes> results, notifications;
  std::deque<Bytes> next_results;
  std::map<std::uint32_t, Bytes> answers;
  std::vector<std::uint32_t> calls;
  std::vector<std::uint64_t> removed;
  std::vector<Bytes> packages;
  bool emergency = false, gone = false;
};

// What waits for whoever asks next. Suspends when told to, as a BIP channel does.
struct Waiter {
  std::coroutine_handle<> waiting;
  bool on = false;
  auto pause() {
    struct Awaiter {
      Waiter& waiter;
      [[nodiscard]] bool await_ready() const { return !waiter.on; }
      void await_suspend(std::coroutine_handle<> handle) const { waiter.waiting = handle; }
      void await_resume() const {}
    };
    return Awaiter{*this};
  }
};

struct EimScript {
  std::deque<std::optional<Bytes>> polls;    // answers to getEimPackage; then idle
  std::deque<std::optional<Bytes>> reports;  // to results; then empty
  std::vector<std::pair<Function, Bytes>> heard;
  std::size_t closed = 0;
  bool reachable = true;
  bool well_formed = true;  // what is heard; false where a test's card gives stubs
  Waiter waiter;

  [[nodiscard]] std::vector<std::string> of(Function function) const {
    std::vector<std::string> out;
    for (const auto& [what, message] : heard) {
      if (what == function) out.push_back(to_hex(message));
    }
    return out;
  }
};

class ScriptedEim final : public esipa::EsipaExchange {
 public:
  explicit ScriptedEim(EimScript& script) : script_(script) {}
  Task<esipa::EsipaResult<std::optional<Bytes>>> exchange(Function function, Bytes message) override {
    co_await script_.waiter.pause();
    if (!script_.reachable) {
      Es9Error error;
      error.kind = Es9Error::Kind::unreachable;
      error.what = "no connection";
      co_return std::unexpected(error);
    }
    if (script_.well_formed) {
      INFO(to_hex(message));
      CHECK(asn1::codec::check("EsipaMessageFromIpaToEim", message));
    }
    script_.heard.emplace_back(function, message);
    if (function == Function::handle_notification) co_return std::optional<Bytes>{};
    auto& queue = function == Function::get_eim_package ? script_.polls : script_.reports;
    if (queue.empty()) co_return std::optional<Bytes>(function == Function::get_eim_package ? kIdle : kEmpty);
    const auto answer = queue.front();
    queue.pop_front();
    co_return answer;
  }
  Task<> close() override {
    ++script_.closed;
    co_return;
  }

 private:
  EimScript& script_;
};

struct World final : AgentDoors, JournalPort {
  PortResult<std::unique_ptr<esipa::EsipaExchange>> eim(const es10b::EimEntry& entry) override {
    if (!eims.contains(entry.id)) return std::unexpected(PortError{"no way to it"});
    return std::make_unique<ScriptedEim>(eims.at(entry.id));
  }
  NetPort* servers() override { return net ? &*net : nullptr; }
  Bytes load(unsigned record) override { return records[record]; }
  void store(unsigned record, ByteView value) override { records[record] = to_bytes(value); }

  // A new agent each time, as after a reset.
  AgentReport visit(AgentOptions options = {}) {
    IotAgent agent(card, *this, *this, std::move(options));
    const auto outcome = run_now(agent.visit({"62F210"_hex, {"35290611"_hex, {}, {}}}));
    card_error = outcome.card.has_value();
    return outcome.report;
  }
  AgentJournal journal() { return AgentJournal::decode(records[kAgentRecord]); }

  IotCard card;
  std::map<std::string, EimScript> eims{{"eim1", {}}};
  std::map<unsigned, Bytes> records;
  std::optional<MemoryNet> net;
  bool card_error = false;
};

inline const Bytes kDelete = "A50C5A0A98001032547698103254"_hex;
inline const Bytes kEnable = "A30E5A0A980010325476981032540500"_hex;

// TransferEimPackage with what an answer to a poll holds.
inline Bytes transferred(const Bytes& poll_answer) { return asn1::tlv(0xBF4E, asn1::read_only(poll_answer, 0xBF4F)->value); }

}  // namespace simurgh::test
