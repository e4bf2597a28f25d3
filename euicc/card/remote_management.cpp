#include "euicc/card/remote_management.h"

#include "euicc/gp/remote.h"
#include "euicc/ota/por_by_message.h"
#include "euicc/ota/receiver.h"
#include "euicc/ota/rfm.h"
#include "euicc/ota/script.h"
#include "euicc/toolkit/comprehension.h"

namespace simurgh::card {

using apdu::refuse;
using apdu::Sw;

namespace {

constexpr std::size_t kMnoSd = 0;

// An action of an expanded script: command details, device identities and the objects behind them (TS 102 226 5.2.1.2).
std::optional<toolkit::ProactiveCommand> proactive_command(ByteView comprehension_tlvs) {
  const auto objects = toolkit::read_objects(comprehension_tlvs);
  if (!objects) return std::nullopt;
  toolkit::ProactiveCommand out;
  bool known = false;
  toolkit::ObjectWriter rest;
  for (const toolkit::Object& object : *objects) {
    if (object.tag == toolkit::tag::command_details && object.value.size() == 3) {
      const toolkit::CommandTypeRow* row = toolkit::find_command_type(object.value[1]);
      if (row == nullptr) return std::nullopt;
      out.type = row->type;
      out.qualifier = object.value[2];
      out.destination = row->destination;
      known = true;
    } else if (object.tag == toolkit::tag::device_identities && object.value.size() == 2) {
      out.destination = static_cast<toolkit::Device>(object.value[1]);
    } else {
      using Comprehension = toolkit::ObjectWriter::Comprehension;
      rest.put(object.tag, object.value, object.comprehension ? Comprehension::required : Comprehension::not_required);
    }
  }
  out.objects = rest.take();
  if (!known || out.encode(1).size() > toolkit::kMaxProactive) return std::nullopt;
  return out;
}

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
  void proactive(ByteView comprehension_tlvs) final {
    if (auto command = proactive_command(comprehension_tlvs)) {
      core_.toolkit.request(*std::move(command));
    } else {
      core_.note("an action of a remote script is no proactive command");
    }
  }

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
  RemoteDomain(Core& core, Bytes aid, std::uint8_t key_version) : RemoteApplication(core), aid_(std::move(aid)), key_version_(key_version) {
    if (core.remote_domain == aid_) return;
    core.remote_domain = aid_;
    core.remote_conversation = {};
  }
  [[nodiscard]] bool outgoing(const apdu::Command& header) const override { return header.ins == 0xCA; }
  [[nodiscard]] bool data_waits(const apdu::Command&) const override { return true; }

 private:
  static constexpr std::size_t kMaxMetadata = 4096;

  [[nodiscard]] apdu::Answer run(const apdu::Command& command) override {
    if (command.ins != 0xE2) es6_.clear();
    if (core_.content.find_domain(aid_) == kMnoSd && command.ins == 0xE2 && (command.p2 == 0 ? begins_es6(command.data) : !es6_.empty()))
      return es6(command);
    const auto index = core_.content.find_domain(aid_);
    if (!index) return refuse(Sw::conditions_not_satisfied, "the security domain is gone");
    gp::Security security;
    // A packet that no key protected may ask and not change, whatever the minimum security level lets through.
    if (key_version_ != 0) {
      const gp::Key* kik = gp::find_key(core_.content.registry().domains[*index], key_version_, 3);
      security = {.by = gp::Security::By::remote, .level = 0, .key_version = key_version_, .key = gp::data_key(kik)};
    }
    const std::vector<Bytes> selected = selected_applications(core_);
    gp::Environment environment = management_environment(core_, selected);
    return gp::execute(environment, *index, core_.remote_conversation, command, security);
  }

  [[nodiscard]] static bool begins_es6(ByteView data) { return data.size() >= 2 && data[0] == 0xBF && data[1] == 0x2A; }

  // UpdateMetadata in one or more blocks (GlobalPlatform 11.11).
  apdu::Answer es6(const apdu::Command& command) {
    if (key_version_ == 0) return refuse(Sw::security_status_not_satisfied, "ES6 in a packet that no key protected");
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

  Bytes aid_;
  std::uint8_t key_version_;
  Bytes es6_;
  std::uint8_t next_block_ = 0;
};

class Receiver final : public ota::Receiving {
 public:
  explicit Receiver(Core& core) : core_(core) {}

  [[nodiscard]] std::optional<ota::Destination> find(const ota::Tar& tar) const override {
    const auto target = gp::find_tar(core_.content, tar);
    if (!target) return std::nullopt;
    using From = gp::RemoteTarget::Kind;
    using To = ota::Destination::Kind;
    if (target->kind == From::application && row_of(target->index) == nullptr) return std::nullopt;
    const To kind = target->kind == From::files ? To::files : target->kind == From::application ? To::application : To::domain;
    return ota::Destination{.kind = kind,
                            .index = target->index,
                            .domain = target->domain,
                            .minimum_security_level = target->minimum_security_level,
                            .key_version = 0};
  }

  // Versions 01 to 0F are those of SCP80 (TS 102 225 5.1.2).
  [[nodiscard]] const gp::Key* key(std::size_t domain, std::uint8_t version, std::uint8_t identifier) const override {
    const gp::SecurityDomain& owner = core_.content.registry().domains[domain];
    for (std::uint8_t implicit = 1; version == 0 && implicit <= 0x0F; ++implicit) {
      if (const gp::Key* found = gp::find_key(owner, implicit, identifier)) return found;
    }
    return version == 0 ? nullptr : gp::find_key(owner, version, identifier);
  }

  [[nodiscard]] std::uint64_t counter(std::size_t domain, std::uint8_t version) const override {
    return core_.content.counter(aid(domain), version, core_.txn);
  }

  [[nodiscard]] bool save_counter(std::size_t domain, std::uint8_t version, std::uint64_t value) override {
    core_.content.set_counter(aid(domain), version, value, core_.txn);
    return core_.txn.commit().has_value();
  }

  [[nodiscard]] Bytes execute(const ota::Destination& destination, ByteView secured_data) override {
    if (destination.kind == ota::Destination::Kind::files) {
      RemoteFiles files(core_, core_.content.registry().rfm[destination.index]);
      return ota::run_script(secured_data, files);
    }
    if (destination.kind == ota::Destination::Kind::application) return application(destination, secured_data);
    RemoteDomain domain(core_, aid(destination.index), destination.key_version);
    return ota::run_script(secured_data, domain);
  }

 private:
  // The native applet of an instance, when it takes secured packets.
  [[nodiscard]] const AppletRow* row_of(std::size_t instance) const {
    if (core_.applets == nullptr) return nullptr;
    const AppletRow* row = core_.applets->find(core_.content.registry().applications[instance].class_aid);
    return row != nullptr && row->hooks.remote ? row : nullptr;
  }

  // One packet is settled like one command; the running application hears of it afterwards.
  [[nodiscard]] Bytes application(const ota::Destination& destination, ByteView secured_data) {
    const auto registry = core_.content.snapshot();
    const gp::Application& instance = registry->applications[destination.index];
    const gp::Key* kik = gp::find_key(registry->domains[destination.domain], destination.key_version, 3);
    const RemoteData data{.data = secured_data,
                          .integrity = destination.key_version != 0,
                          .key_encryption = destination.key_version == 0 ? ByteView{} : gp::data_key(kik).value};
    Bytes response = row_of(destination.index)->hooks.remote(core_.services(), instance, data);
    if (!core_.settle(apdu::done())) return {};
    core_.platform.report({.kind = Fact::Kind::remote});
    core_.toolkit.wake();
    return response;
  }

  [[nodiscard]] const Bytes& aid(std::size_t domain) const { return core_.content.registry().domains[domain].aid; }
  Core& core_;
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

// SEND SHORT MESSAGE for each part, when the terminal has that command.
class ProofMessages final : public ota::PorByMessage {
 public:
  explicit ProofMessages(Core& core) : core_(core) {}
  [[nodiscard]] bool send(ByteView service_centre, const std::vector<Bytes>& tpdus) override {
    if (!core_.toolkit.terminal_has(toolkit::needed_bit(toolkit::CommandType::send_short_message, 0))) return false;
    for (const Bytes& tpdu : tpdus) core_.toolkit.request(toolkit::send_short_message(tpdu, service_centre));
    return true;
  }

 private:
  Core& core_;
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
  ProofMessages messages(core);
  return answer_with(*std::move(received), *message, messages);
}

}  // namespace simurgh::card
