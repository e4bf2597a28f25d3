#include "euicc/ota/script.h"

#include "asn1/tlv.h"

namespace simurgh::ota {
namespace {

using apdu::Sw;

constexpr std::uint8_t kDefinite = 0xAA, kIndefinite = 0xAE;
constexpr std::uint8_t kDefiniteResponse = 0xAB, kIndefiniteResponse = 0xAF;
constexpr std::uint8_t kCommandApdu = 0x22, kResponseApdu = 0x23, kImmediateAction = 0x81, kErrorAction = 0x82;
constexpr std::uint8_t kNumberExecuted = 0x80, kBadFormat = 0x90;
constexpr std::uint8_t kUnknownTag = 0x01, kWrongLength = 0x02, kLengthNotFound = 0x03;

// TS 102 226 5.1.2: what stops a script. Warnings do not, a failed verification (63Cx) does.
bool failed(Sw sw) {
  const unsigned first = apdu::value(sw) >> 8;
  if (first == 0x63) return (apdu::value(sw) & 0xF0) == 0xC0;
  return first != 0x90 && first != 0x91 && first != 0x61 && first != 0x62 && first != 0x9F;
}

// The transport of a script: what GET RESPONSE gets is kept between two commands.
class Session {
 public:
  explicit Session(Application& application) : application_(application) {}

  apdu::Response run(ByteView command_apdu) {
    const auto command = apdu::parse_command(command_apdu);
    if (!command) {
      waiting_.clear();
      return {{}, command.error().sw};
    }
    if (command->ins == 0xC0) return get_response(*command);
    waiting_.clear();
    if (command->channel != 0) return {{}, Sw::channel_unsupported};
    if (command->secure_messaging) return {{}, Sw::secure_messaging_unsupported};
    auto answer = application_.execute(*command);
    if (!answer) return {{}, answer.error().sw};
    if (answer->data.empty()) return *std::move(answer);
    if (application_.data_waits(*command) && !command->le) {
      waiting_ = std::move(answer->data);
      final_ = answer->sw;
      return {{}, apdu::more_data(waiting_.size())};
    }
    const std::size_t wanted = command->le.value_or(256);
    if (!application_.data_waits(*command) && wanted != answer->data.size()) return {{}, apdu::wrong_le(answer->data.size())};
    if (answer->data.size() > wanted) {
      waiting_.assign(answer->data.begin() + static_cast<std::ptrdiff_t>(wanted), answer->data.end());
      final_ = answer->sw;
      answer->data.resize(wanted);
      answer->sw = apdu::more_data(waiting_.size());
    }
    return *std::move(answer);
  }

 private:
  apdu::Response get_response(const apdu::Command& command) {
    if (waiting_.empty()) return {{}, Sw::conditions_not_satisfied};
    const std::size_t wanted = command.le.value_or(256);
    if (wanted > waiting_.size() && wanted != 256) return {{}, apdu::wrong_le(waiting_.size())};
    const std::size_t count = std::min(wanted, waiting_.size());
    const auto end = waiting_.begin() + static_cast<std::ptrdiff_t>(count);
    apdu::Response out{Bytes(waiting_.begin(), end), final_};
    waiting_.erase(waiting_.begin(), end);
    if (!waiting_.empty()) out.sw = apdu::more_data(waiting_.size());
    return out;
  }

  Application& application_;
  Bytes waiting_;
  Sw final_ = Sw::ok;
};

// TS 102 226 5.1: command APDUs in a row, each with its P3; a last Le may stand behind command data.
Bytes run_compact(ByteView script, Application& application) {
  Session session(application);
  std::uint8_t executed = 0;
  apdu::Response last{{}, Sw::ok};
  while (!script.empty() && executed < 0xFF) {
    if (script.size() < 5) {
      last = {{}, Sw::wrong_length};
      break;
    }
    apdu::Command header;
    header.cla = script[0];
    header.ins = script[1];
    header.p1 = script[2];
    header.p2 = script[3];
    std::size_t size = 5;
    if (header.ins != 0xC0 && !application.outgoing(header)) size += script[4];
    if (size > script.size()) {
      last = {{}, Sw::wrong_length};
      break;
    }
    const bool has_data = size > 5;
    if (has_data && size + 1 == script.size()) ++size;
    last = session.run(script.first(size));
    script = script.subspan(size);
    ++executed;
    if (failed(last.sw)) break;
  }
  Bytes out{executed};
  append(out, be_bytes(apdu::value(last.sw), 2));
  append(out, last.data);
  return out;
}

Bytes with_status(const apdu::Response& response) { return concat({response.data, be_bytes(apdu::value(response.sw), 2)}); }

// TS 102 226 5.2
class Expanded {
 public:
  Expanded(bool definite, Application& application) : definite_(definite), application_(application), session_(application) {}

  Bytes run(ByteView content) {
    Bytes error_action;
    asn1::TlvReader in(content);
    while (!in.at_end()) {
      if (!definite_ && in.rest().size() >= 2 && in.rest()[0] == 0 && in.rest()[1] == 0) return close();
      const auto object = in.next();
      if (!object) return bad_format(in.rest().size() < 2 ? kLengthNotFound : kWrongLength);
      if (object->tag == kCommandApdu) {
        const apdu::Response response = session_.run(object->value);
        ++executed_;
        responses_.put(kResponseApdu, with_status(response));
        if (!failed(response.sw)) continue;
        if (!error_action.empty()) application_.proactive(error_action);
        return close();
      }
      if (object->tag == kImmediateAction) {
        // 81: proactive session indication, 82: early response; one octet else refers to EF.RMA. Longer ones are proactive commands.
        if (object->value.size() > 1) application_.proactive(object->value);
        continue;
      }
      if (object->tag == kErrorAction) {
        error_action = object->value.size() > 1 ? to_bytes(object->value) : Bytes{};
        continue;
      }
      return bad_format(kUnknownTag);
    }
    return definite_ ? close() : bad_format(kLengthNotFound);
  }

  Bytes bad_format(std::uint8_t error) {
    responses_.put_byte(kBadFormat, error);
    return close();
  }

 private:
  Bytes close() {
    if (!definite_) return concat({ByteView(&kIndefiniteMark[0], 2), responses_.view(), ByteView(&kEnd[0], 2)});
    return asn1::tlv(kDefiniteResponse, concat({asn1::tlv(kNumberExecuted, asn1::integer_content(executed_)), responses_.view()}));
  }

  static constexpr std::uint8_t kIndefiniteMark[] = {kIndefiniteResponse, 0x80}, kEnd[] = {0x00, 0x00};
  bool definite_;
  Application& application_;
  Session session_;
  std::uint64_t executed_ = 0;
  asn1::TlvWriter responses_;
};

Bytes run_expanded(ByteView script, Application& application) {
  if (script[0] == kIndefinite) {
    Expanded run(false, application);
    return script.size() >= 2 && script[1] == 0x80 ? run.run(script.subspan(2)) : run.bad_format(kLengthNotFound);
  }
  Expanded run(true, application);
  const auto whole = asn1::read_only(script, kDefinite);
  return whole ? run.run(whole->value) : run.bad_format(kWrongLength);
}

}  // namespace

Bytes run_script(ByteView secured_data, Application& application) {
  if (!secured_data.empty() && (secured_data[0] == kDefinite || secured_data[0] == kIndefinite))
    return run_expanded(secured_data, application);
  return run_compact(secured_data, application);
}

}  // namespace simurgh::ota
