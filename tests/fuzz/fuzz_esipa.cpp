// Whatever an eIM may answer, in both encodings: read or refused, never a harm; and a whole visit of the agent among such answers.
#include "ipae/agent/iot_agent.h"
#include "ipae/agent/runner.h"
#include "ipae/esipa/compact.h"
#include "ipae/esipa/json.h"
#include "tests/fuzz/require.h"

using namespace simurgh;
using namespace simurgh::ipae;

namespace {

constexpr esipa::Function kFunctions[] = {esipa::Function::initiate_authentication,
                                          esipa::Function::get_bound_profile_package,
                                          esipa::Function::authenticate_client,
                                          esipa::Function::handle_notification,
                                          esipa::Function::cancel_session,
                                          esipa::Function::get_eim_package,
                                          esipa::Function::provide_eim_package_result};

void read_all(ByteView octets) {
  (void)esipa::parse_eim_package(octets);
  (void)esipa::parse_transfer(octets);
  (void)esipa::sequences_in_transfer(octets);
  (void)esipa::transfer_answer(octets);
  (void)esipa::parse_acknowledgement(to_bytes(octets));
  (void)esipa::parse_package_request(octets);
  (void)esipa::parse_download_trigger(octets);
  if (const auto result = esipa::parse_package_result(octets)) {
    FUZZ_REQUIRE(!esipa::result_words(*result).empty());
    const Bytes report = esipa::encode_result({}, esipa::PackageReport{result->raw, {}});
    FUZZ_REQUIRE(asn1::read_only(report, 0xBF50).has_value());
  }
  if (const auto ok = esipa::initiate_authentication_ok(octets)) FUZZ_REQUIRE(!ok->server_signed1.empty());
  (void)esipa::authenticate_client_ok(octets);
  (void)esipa::bound_profile_package(octets);
  (void)esipa::cancel_session_ok(octets);
  (void)es10b::parse_eim_entries(octets);
  (void)es10b::parse_iot_info(octets);
  FUZZ_REQUIRE(AgentJournal::decode(AgentJournal::decode(octets).encode()) == AgentJournal::decode(octets));
  FUZZ_REQUIRE(RunnerRecord::decode(RunnerRecord::decode(octets).encode()) == RunnerRecord::decode(octets));
}

void read_json(ByteView octets) {
  for (const esipa::Function function : kFunctions) {
    const auto der = esipa::json_answer(function, octets);
    if (der && !der->empty()) FUZZ_REQUIRE(asn1::read_only(*der, static_cast<std::uint32_t>(function)).has_value());
    (void)esipa::json_request(function, octets);
  }
}

void shorten(ByteView octets) {
  FUZZ_REQUIRE(octets.empty() || !esipa::compact_authenticate_response(octets, true).empty());
  FUZZ_REQUIRE(octets.empty() || !esipa::compact_download_response(octets, {}).empty());
  FUZZ_REQUIRE(octets.empty() || !esipa::compact_cancel_outcome(octets).empty());
  FUZZ_REQUIRE(octets.empty() || !esipa::compact_notification(octets, {}).empty());
}

// A card with one eIM and one stored result, which only an acknowledgement of number 7 may remove.
class Card final : public Es10Port {
 public:
  PortResult<Bytes> request(ByteView command) override {
    const std::uint32_t tag = asn1::TlvReader(command).peek().value_or(0);
    const auto hex = [](const char* text) { return from_hex(text).value(); };
    switch (tag) {
      case 0xBF3E:
        return asn1::tlv(0xBF3E, asn1::tlv(0x5A, Bytes(16, 0x89)));
      case 0xBF55:
        return hex("BF5512A010300E800465696D31810465696D318900");
      case 0xBF2B: {
        const bool results = asn1::read_only(command, 0xBF2B)->value.size() == 4;
        return results && stored ? hex("BF2B1FA21DBF511AA0183011800465696D3181010183010730038501005F37020000")
                                 : hex(results ? "BF2B02A200" : "BF2B02A000");
      }
      case 0xBF30:
        FUZZ_REQUIRE(to_hex(command) == "BF3003800107");
        stored = false;
        return hex("BF3003800100");
      case 0xBF51:
        return hex("BF511AA0183011800465696D3181010183010730038501005F37020000");
      default:
        return std::unexpected(PortError{"not found (6A88)", 0x6A88});
    }
  }
  bool stored = true;
};

class Script final : public esipa::EsipaExchange, public AgentDoors, public JournalPort {
 public:
  explicit Script(ByteView answers) : answers_(answers) {}
  Task<esipa::EsipaResult<std::optional<Bytes>>> exchange(esipa::Function, Bytes) override {
    FUZZ_REQUIRE(++asked_ < 1000);
    if (answers_.size() < 2) co_return std::unexpected(Es9Error{});
    const std::size_t size = std::min<std::size_t>(answers_.size() - 2, static_cast<std::size_t>(answers_[0]) << 8 | answers_[1]);
    Bytes answer = to_bytes(answers_.subspan(2, size));
    answers_ = answers_.subspan(2 + size);
    if (answer.empty()) co_return std::optional<Bytes>{};
    co_return std::optional<Bytes>(std::move(answer));
  }
  PortResult<std::unique_ptr<esipa::EsipaExchange>> eim(const es10b::EimEntry&) override {
    struct Forward final : esipa::EsipaExchange {
      explicit Forward(Script& script) : script_(script) {}
      Task<esipa::EsipaResult<std::optional<Bytes>>> exchange(esipa::Function function, Bytes message) override {
        return script_.exchange(function, std::move(message));
      }
      Script& script_;
    };
    return std::make_unique<Forward>(*this);
  }
  NetPort* servers() override { return nullptr; }
  Bytes load(unsigned) override { return record_; }
  void store(unsigned, ByteView value) override { record_ = to_bytes(value); }

 private:
  ByteView answers_;
  unsigned asked_ = 0;
  Bytes record_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const Bytes copy(data + 1, data + size);
  switch (data[0] % 4) {
    case 0:
      read_all(copy);
      break;
    case 1:
      read_json(copy);
      break;
    case 2:
      shorten(copy);
      break;
    default: {
      Card card;
      Script script(copy);
      IotAgent agent(card, script, script);
      const auto outcome = run_now(agent.visit({}));
      FUZZ_REQUIRE(outcome.report.packages <= 16 * 16);
    }
  }
  return 0;
}
