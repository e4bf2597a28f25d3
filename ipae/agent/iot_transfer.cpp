// The eIM speaks first: TransferEimPackage, brought and answered by whoever carries it (MQTT, LwM2M, a message of the operator's own). SGP.32 v1.2
// 3.1.1.2, 5.14.7.
#include <algorithm>

#include "ipae/agent/iot_visit.h"
#include "ipae/es10/es10c.h"

namespace simurgh::ipae {
namespace {

using esipa::Function;

Es9Error no_way() {
  Es9Error error;
  error.kind = Es9Error::Kind::unreachable;
  error.what = "the end of the download waits for the next poll";
  return error;
}

// Takes the result of the package as the answer, and acknowledges nothing yet: that comes as a message of its own.
class Answering final : public esipa::EsipaExchange {
 public:
  explicit Answering(std::optional<Bytes>& result) : result_(result) {}
  Task<esipa::EsipaResult<std::optional<Bytes>>> exchange(Function function, Bytes message) override {
    if (function != Function::provide_eim_package_result) co_return std::unexpected(no_way());
    result_ = std::move(message);
    co_return std::optional<Bytes>{};
  }

 private:
  std::optional<Bytes>& result_;
};

// Where the eIM cannot be asked from here.
class NoWay final : public esipa::EsipaExchange {
 public:
  Task<esipa::EsipaResult<std::optional<Bytes>>> exchange(Function, Bytes) override { co_return std::unexpected(no_way()); }
};

void note_numbers(AgentJournal& journal, ByteView answer) {
  for (const std::uint64_t number : esipa::sequences_in_transfer(answer)) {
    if (std::find(journal.transferred.begin(), journal.transferred.end(), number) == journal.transferred.end()) journal.transferred.push_back(number);
  }
  while (journal.transferred.size() > AgentJournal::kMostTransferred) journal.transferred.erase(journal.transferred.begin());
}

}  // namespace

Task<IotAgent::Outcome> IotAgent::transfer(Bytes request, AnswerTo answer, AgentSituation situation) {
  return impl_->transfer(std::move(request), std::move(answer), std::move(situation));
}

Task<IotAgent::Outcome> IotAgent::Impl::transfer(Bytes request, AnswerTo answer, AgentSituation now) {
  using Code = esipa::PackageErrorReport::Code;
  situation = std::move(now);
  outcome = Outcome{};
  const auto id = es10b::get_eim_configuration_data(card);
  const auto own = es10c::get_eid(card);
  if (!id || !own) {
    outcome.card = !own ? own.error() : id.error();
    co_return outcome;
  }
  eid = *own;
  auto parsed = esipa::parse_transfer(request);
  if (!parsed) {
    problem({}, std::string("what was transferred is not understood: ") + parsed.error().what);
    answer(esipa::transfer_error(Code::invalid_format));
    co_return outcome;
  }
  outcome.report.reached = true;
  outcome.report.idle = false;
  if (const auto* acknowledged = std::get_if<esipa::Acknowledgement>(&*parsed)) {
    // Only what went out this way: a number of somebody else's result must not be lost.
    for (const std::uint64_t number : acknowledged->sequences) {
      if (std::erase(journal.transferred, number) != 0) remove(number);
    }
    save();
    answer(esipa::transfer_received());
    co_return outcome;
  }
  auto& package = std::get<esipa::EimPackage>(*parsed);
  // Packages say whose they are; anything else is of the eIM that speaks first, or of the only one.
  Peer peer;
  const auto* signed_package = std::get_if<esipa::PackageRequest>(&package);
  const auto found = std::find_if(id->begin(), id->end(), [&](const es10b::EimEntry& entry) {
    constexpr std::uint64_t kInject = esipa::protocol::kInjectHttps | esipa::protocol::kInjectCoaps | esipa::protocol::kProprietary;
    return signed_package != nullptr ? entry.id == signed_package->eim_id : (entry.protocols & kInject) != 0;
  });
  if (found != id->end()) {
    peer.entry = *found;
  } else if (signed_package != nullptr) {
    peer.entry.id = signed_package->eim_id;
  } else if (!id->empty()) {
    peer.entry = id->front();
  }
  if (std::holds_alternative<esipa::DownloadTrigger>(package)) {
    answer(esipa::transfer_received());
    auto way = doors.eim(peer.entry);
    peer.exchange = way ? *std::move(way) : std::make_unique<NoWay>();
    (void)co_await act(peer, std::move(package));
    co_await peer.exchange->close();
    co_return outcome;
  }
  std::optional<Bytes> result;
  peer.exchange = std::make_unique<Answering>(result);
  (void)co_await act(peer, std::move(package));
  if (outcome.card) co_return outcome;
  if (!result && outcome.report.switched) {
    // The switch waits for the home; the result does not.
    const auto stored = es10b::retrieve_package_results(card);
    if (!stored) {
      outcome.card = stored.error();
      co_return outcome;
    }
    for (const Bytes& raw : *stored) {
      const auto one = esipa::parse_package_result(raw);
      if (one && one->eim_id == peer.entry.id && (one->enabled || one->disabled)) result = esipa::encode_result({}, esipa::PackageReport{raw, {}}, options.version);
    }
  }
  const Bytes out = result ? esipa::transfer_answer(*result) : esipa::transfer_error(Code::undefined_error);
  note_numbers(journal, out);
  save();
  answer(out);
  co_return outcome;
}

}  // namespace simurgh::ipae
