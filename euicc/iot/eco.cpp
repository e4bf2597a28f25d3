// eIM configuration operations (SGP.32 v1.2 5.12). Any associated eIM may run them, against itself and others.
#include "asn1/tlv.h"
#include "euicc/iot/run.h"

namespace simurgh::iot::eco {
namespace {

using asn1::TlvReader;
using asn1::TlvWriter;

enum class Code : std::uint8_t { ok = 0, not_found = 1, last_deleted = 2, ci_pk_unknown = 3, counter_out_of_range = 6, command_error = 7, undefined = 127 };

CommandResult result(std::uint32_t tag, Code code) {
  TlvWriter out;
  out.put_byte(tag, static_cast<std::uint8_t>(code));
  return {out.take(), code == Code::ok};
}

// Why an update is refused; nothing: it may be applied.
std::optional<Code> refuse_update(const EimData& data, const Eim& eim, const ecasd::Ecasd& ecasd, std::uint32_t counter_now) {
  const bool changes = data.fqdn || data.type || data.counter || !data.key.empty() || !data.tls_key.empty() || data.protocols || data.ci_key_id ||
                       (data.indirect && !eim.indirect);
  if (data.token || !changes) return Code::command_error;
  if (data.ci_key_id && ecasd.chain(*data.ci_key_id) == nullptr) return Code::ci_pk_unknown;
  if (data.counter && (*data.counter < 0 || *data.counter > kHighestCounter)) return Code::counter_out_of_range;
  // Going back would make old packages valid again, unless their key is gone.
  if (data.counter && *data.counter < counter_now && data.key.empty()) return Code::command_error;
  return std::nullopt;
}

}  // namespace

std::optional<CommandResult> add_eim(Run& run, ByteView content) {
  const auto added = Associations(run.context.txn, run.context.ecasd).add(read_eim_data(content));
  TlvWriter out;
  {
    const auto scope = out.open(0xA8);
    if (!added) {
      out.put_byte(0x02, static_cast<std::uint8_t>(added.error()));
    } else if (*added != 0) {
      out.put_integer(0x84, *added);
    } else {
      out.put_byte(0x02, 0);
    }
  }
  return CommandResult{out.take(), added.has_value()};
}

std::optional<CommandResult> delete_eim(Run& run, ByteView content) {
  constexpr std::uint32_t kTag = 0x89;
  TlvReader in(content);
  const auto id = in.required(0x80);
  if (!id || id->value.empty() || id->value.size() > kLongestEimId || !in.skip_rest()) return result(kTag, Code::command_error);
  Associations associations(run.context.txn, run.context.ecasd);
  const auto eim = associations.find(to_text(id->value));
  if (!eim) return result(kTag, Code::not_found);
  associations.remove(*eim);
  if (eim->number == run.requester.number && eim->id == run.requester.id) run.requester_deleted = true;
  // lastEimDeleted is a success: the card is open for AddInitialEim again.
  CommandResult out = result(kTag, associations.all().empty() ? Code::last_deleted : Code::ok);
  out.good = true;
  return out;
}

std::optional<CommandResult> update_eim(Run& run, ByteView content) {
  constexpr std::uint32_t kTag = 0x8A;
  const auto data = read_eim_data(content);
  if (!data || !data->id) return result(kTag, Code::command_error);
  Associations associations(run.context.txn, run.context.ecasd);
  auto eim = associations.find(*data->id);
  if (!eim) return result(kTag, Code::not_found);
  if (const auto code = refuse_update(*data, *eim, run.context.ecasd, eim->counter)) return result(kTag, *code);
  if (data->fqdn) eim->fqdn = data->fqdn;
  if (data->type) eim->type = data->type;
  if (!data->key.empty()) eim->key = to_bytes(data->key);
  if (!data->tls_key.empty()) eim->tls_key = to_bytes(data->tls_key);
  if (data->protocols) eim->protocols = data->protocols;
  if (data->ci_key_id) eim->ci_key_id = to_bytes(*data->ci_key_id);
  if (data->indirect) eim->indirect = true;
  if (data->counter) {
    const auto counter = static_cast<std::uint32_t>(*data->counter);
    // The counter of the eIM that asks is settled when its package ends.
    const bool own = eim->number == run.requester.number && !run.requester_deleted;
    if (own) {
      run.requester_counter = counter;
    } else {
      eim->counter = counter;
    }
  }
  associations.save(*eim);
  return result(kTag, Code::ok);
}

std::optional<CommandResult> list_eim(Run& run, ByteView content) {
  if (!TlvReader(content).skip_rest()) return std::nullopt;
  const std::uint32_t type_tag = run.context.since(ecasd::IotVersion::v1_1) ? 0x82 : 0x84;
  TlvWriter out;
  {
    const auto scope = out.open(0xAB);
    const auto list = out.open(0xA0);
    for (const Eim& eim : Associations(run.context.txn, run.context.ecasd).all()) {
      const auto entry = out.open(0x30);
      out.put_text(0x80, eim.id);
      if (eim.type == kEimIdOid || eim.type == kEimIdFqdn) out.put_integer(type_tag, *eim.type);
    }
  }
  return CommandResult{out.take(), true};
}

}  // namespace simurgh::iot::eco
