#include "euicc/card/remote_management.h"

#include <algorithm>

#include "asn1/tlv.h"
#include "euicc/ota/counters.h"
#include "euicc/ota/por_by_message.h"
#include "euicc/ota/receiver.h"
#include "euicc/ota/rfm.h"
#include "euicc/ota/script.h"

namespace simurgh::card {

using apdu::refuse;
using apdu::Sw;

namespace {

constexpr std::size_t kMnoSd = 0;

// Each command of a script is settled like one from the terminal.
class RemoteApplication : public ota::Application {
 public:
  explicit RemoteApplication(Core& core) : core_(core) {}
  apdu::Answer execute(const apdu::Command& command) final {
    apdu::Answer answer = run(command);
    if (!core_.settle(answer)) return refuse(Sw::memory_failure, "the change could not be stored");
    if (!answer) core_.note(answer.error().why);
    return answer;
  }
  void proactive(ByteView) final { core_.note("a proactive command of a remote script is not performed"); }

 protected:
  [[nodiscard]] virtual apdu::Answer run(const apdu::Command& command) = 0;
  Core& core_;
};

class RemoteFiles final : public RemoteApplication {
 public:
  RemoteFiles(Core& core, const gp::RfmInstance& instance) : RemoteApplication(core), session_(instance, core.uicc, core.txn, core.rng) {}
  [[nodiscard]] bool outgoing(const apdu::Command& header) const override { return ota::FileSession::outgoing(header); }
  [[nodiscard]] bool data_waits(const apdu::Command& command) const override { return ota::FileSession::data_waits(command); }

 private:
  [[nodiscard]] apdu::Answer run(const apdu::Command& command) override { return session_.execute(command); }
  ota::FileSession session_;
};

// Content management by a security domain; its STORE DATA may be the operator's ES6 (SGP.22 v2.5 5.4).
class RemoteDomain final : public RemoteApplication {
 public:
  RemoteDomain(Core& core, std::size_t domain) : RemoteApplication(core), domain_(domain) {}
  [[nodiscard]] bool outgoing(const apdu::Command& header) const override { return header.ins == 0xCA; }
  [[nodiscard]] bool data_waits(const apdu::Command&) const override { return true; }

 private:
  static constexpr std::size_t kMaxMetadata = 4096;

  [[nodiscard]] apdu::Answer run(const apdu::Command& command) override {
    if (command.ins != 0xE2) es6_.clear();
    if (domain_ == kMnoSd && command.ins == 0xE2 && (command.p2 == 0 ? begins_es6(command.data) : !es6_.empty())) return es6(command);
    return refuse(Sw::ins_not_supported, "no command of remote application management");
  }

  [[nodiscard]] static bool begins_es6(ByteView data) { return data.size() >= 2 && data[0] == 0xBF && data[1] == 0x2A; }

  // UpdateMetadata in one or more blocks (GlobalPlatform 11.11).
  apdu::Answer es6(const apdu::Command& command) {
    if (command.p2 == 0) {
      es6_.clear();
      next_block_ = 0;
    }
    if (command.p2 != next_block_ || es6_.size() + command.data.size() > kMaxMetadata) {
      es6_.clear();
      return refuse(Sw::incorrect_p1p2, "STORE DATA block out of sequence");
    }
    ++next_block_;
    append(es6_, command.data);
    if ((command.p1 & 0x80) == 0) return apdu::done();
    const Bytes whole = std::exchange(es6_, {});
    return isdr::Isdr::update_metadata(whole, core_.txn);
  }

  std::size_t domain_;
  Bytes es6_;
  std::uint8_t next_block_ = 0;
};

class Receiver final : public ota::Receiving {
 public:
  explicit Receiver(Core& core) : core_(core), image_(core.image) {}

  [[nodiscard]] std::optional<ota::Destination> find(const ota::Tar& tar) const override {
    using Kind = ota::Destination::Kind;
    if (!image_) return std::nullopt;
    const gp::Registry& all = image_->gp;
    const auto named = [&](const std::vector<Bytes>& tars) { return std::ranges::any_of(tars, [&](const Bytes& one) { return equal(one, tar); }); };
    for (std::size_t i = 0; i < all.rfm.size(); ++i) {
      if (named(all.rfm[i].tars)) return ota::Destination{Kind::files, i, domain_of(all.rfm[i].security_domain), all.rfm[i].minimum_security_level};
    }
    for (std::size_t i = 0; i < all.domains.size(); ++i) {
      if (named(all.domains[i].tars)) return ota::Destination{Kind::domain, i, i, all.domains[i].minimum_security_level};
    }
    if (!all.domains.empty() && equal(tar, ota::Tar{})) return ota::Destination{Kind::domain, 0, 0, all.domains[0].minimum_security_level};
    return std::nullopt;
  }

  [[nodiscard]] const gp::Key* key(std::size_t domain, std::uint8_t version, std::uint8_t identifier) const override {
    const gp::Key* found = nullptr;
    for (const gp::Key& key : image_->gp.domains[domain].keys) {
      if (key.identifier != identifier || key.version == 0 || key.version > 0x0F) continue;
      if (version != 0 ? key.version == version : found == nullptr || key.version < found->version) found = &key;
    }
    return found;
  }

  [[nodiscard]] std::uint64_t counter(std::size_t domain, std::uint8_t version) const override {
    if (const auto stored = ota::stored_counter(core_.txn, core_.image_owner, aid(domain), version)) return *stored;
    const gp::Key* first = key(domain, version, 1);
    return first != nullptr && first->counter.size() == ota::kCounterSize ? be_value(first->counter) : 0;
  }

  [[nodiscard]] bool save_counter(std::size_t domain, std::uint8_t version, std::uint64_t value) override {
    ota::store_counter(core_.txn, core_.image_owner, aid(domain), version, value);
    return core_.txn.commit().has_value();
  }

  [[nodiscard]] Bytes execute(const ota::Destination& destination, ByteView secured_data) override {
    if (destination.kind == ota::Destination::Kind::files) {
      RemoteFiles files(core_, image_->gp.rfm[destination.index]);
      return ota::run_script(secured_data, files);
    }
    RemoteDomain domain(core_, destination.index);
    return ota::run_script(secured_data, domain);
  }

 private:
  [[nodiscard]] const Bytes& aid(std::size_t domain) const { return image_->gp.domains[domain].aid; }
  [[nodiscard]] std::size_t domain_of(ByteView wanted) const {
    for (std::size_t i = 0; !wanted.empty() && i < image_->gp.domains.size(); ++i) {
      if (equal(aid(i), wanted)) return i;
    }
    return kMnoSd;
  }

  Core& core_;
  profile::ImagePtr image_;  // the registry stays what it was while the script runs
};

// The proof leaves in the answer of the ENVELOPE or in messages of its own; what is too long for the former takes the latter (status 0B).
apdu::Answer answer_with(ota::Received received, const ota::Message& message, ota::PorByMessage& messages) {
  if (!received.proof) return apdu::done();
  ota::ResponseContent& proof = *received.proof;
  Bytes packet = ota::build_response(proof, received.protection);
  const bool too_long = packet.size() > ota::kDeliverReport;
  if (!received.by_submit && !too_long) return apdu::with_data(std::move(packet));
  const auto tpdus = ota::submit_tpdus(message.originator, packet, static_cast<std::uint8_t>(proof.counter));
  if (!messages.send(message.service_centre, tpdus)) return apdu::with_data(std::move(packet));
  if (received.by_submit) return apdu::done();
  proof.status = ota::Status::response_by_submit;
  proof.data.clear();
  return apdu::with_data(ota::build_response(proof, received.protection));
}

class NoMessages final : public ota::PorByMessage {
 public:
  [[nodiscard]] bool send(ByteView, const std::vector<Bytes>&) override { return false; }
};

}  // namespace

std::optional<apdu::Answer> sms_pp_download(Core& core, ByteView content) {
  auto download = ota::parse_data_download(content);
  if (!download) return std::unexpected(download.error());
  if (!download->message.for_the_card()) return std::nullopt;
  const bool in_parts = download->message.part.has_value();
  const auto message = core.inbox.add(*std::move(download));
  if (!message) return apdu::done();
  if (!message->command_packet) {
    if (in_parts) return apdu::done();
    return std::nullopt;
  }
  Receiver receiver(core);
  auto received = ota::receive(message->data, receiver);
  if (!received) return refuse(Sw::incorrect_data, "the message is no command packet");
  NoMessages messages;
  return answer_with(*std::move(received), *message, messages);
}

}  // namespace simurgh::card
