#include "euicc/iot/associations.h"

#include "euicc/gp/octet_record.h"
#include "euicc/iot/cells.h"

namespace simurgh::iot {
namespace {

constexpr std::uint8_t kFormat = 1;
constexpr std::size_t kEimMemory = 8 * 1024;  // octets of one association

template <typename Value, typename Write>
void write_optional(gp::OctetWriter& out, const std::optional<Value>& value, Write&& write) {
  out.byte(value ? 1 : 0);
  if (value) write(*value);
}

}  // namespace

Bytes Eim::token_object() const {
  asn1::TlvWriter out;
  out.put_integer(0x84, token);
  return out.take();
}

Bytes Eim::encode() const {
  gp::OctetWriter out(key.size() + tls_key.size() + 256);
  out.byte(kFormat);
  out.octets(text_view(id));
  write_optional(out, fqdn, [&](const std::string& text) { out.octets(text_view(text)); });
  write_optional(out, type, [&](std::uint64_t value) { out.number(value); });
  out.number(counter);
  out.number(token);
  out.octets(key);
  out.octets(tls_key);
  write_optional(out, protocols, [&](std::uint64_t value) { out.number(value); });
  out.octets(ci_key_id);
  out.byte(indirect ? 1 : 0);
  return out.take();
}

std::optional<Eim> Eim::decode(std::uint32_t number, ByteView encoded) {
  gp::OctetReader in(encoded);
  if (in.byte() != kFormat) return std::nullopt;
  Eim out;
  out.number = number;
  out.id = to_text(in.view());
  if (in.byte() != 0) out.fqdn = to_text(in.view());
  if (in.byte() != 0) out.type = in.number();
  out.counter = in.number_as<std::uint32_t>();
  out.token = in.number();
  out.key = in.octets();
  out.tls_key = in.octets();
  if (in.byte() != 0) out.protocols = in.number();
  out.ci_key_id = in.octets();
  out.indirect = in.byte() != 0;
  if (!in.ended()) return std::nullopt;
  return out;
}

std::vector<Eim> Associations::all() const {
  std::vector<Eim> out;
  txn_.for_each(state::Space::iot, kEimOwner, [&](const state::Key& key, const Bytes& cell) {
    if (auto eim = Eim::decode(key.index, cell)) out.push_back(*std::move(eim));
  });
  return out;
}

std::optional<Eim> Associations::find(std::string_view id) const {
  for (Eim& eim : all()) {
    if (eim.id == id) return std::move(eim);
  }
  return std::nullopt;
}

std::expected<std::uint64_t, EimCode> Associations::add(const std::optional<EimData>& data) {
  using enum EimCode;
  if (!data || !data->id) return std::unexpected(command_error);
  const std::vector<Eim> present = all();
  for (const Eim& eim : present) {
    if (eim.id == *data->id) return std::unexpected(already_exists);
  }
  if (present.size() >= ecasd_.capabilities.iot->eim_capacity || data->key.size() + data->tls_key.size() > kEimMemory) {
    return std::unexpected(insufficient_memory);
  }
  // -1 asks for a token; any other value would be one that the card did not make.
  if (data->token && *data->token != -1) return std::unexpected(invalid_association_token);
  if (!data->counter || data->key.empty()) return std::unexpected(command_error);
  if (data->ci_key_id && ecasd_.chain(*data->ci_key_id) == nullptr) return std::unexpected(ci_pk_unknown);
  if (*data->counter < 0 || *data->counter > kHighestCounter) return std::unexpected(counter_out_of_range);
  Eim eim;
  eim.number = present.empty() ? 0 : present.back().number + 1;
  eim.id = *data->id;
  eim.fqdn = data->fqdn;
  eim.type = data->type;
  eim.counter = static_cast<std::uint32_t>(*data->counter);
  eim.key = to_bytes(data->key);
  eim.tls_key = to_bytes(data->tls_key);
  eim.protocols = data->protocols;
  if (data->ci_key_id) eim.ci_key_id = to_bytes(*data->ci_key_id);
  eim.indirect = data->indirect;
  if (data->token) {
    // Card-wide and never given twice: what was signed for an association that is gone stays worthless.
    const Bytes* last = txn_.find(kTokenCounter);
    eim.token = (last == nullptr ? 0 : be_value(*last)) + 1;
    txn_.put(kTokenCounter, be_bytes(eim.token, 8));
  }
  save(eim);
  return eim.token;
}

void Associations::save(const Eim& eim) { txn_.put({state::Space::iot, kEimOwner, eim.number}, eim.encode()); }

void Associations::remove(const Eim& eim) { txn_.erase({state::Space::iot, kEimOwner, eim.number}); }

void put_configuration(asn1::TlvWriter& out, const Eim& eim, bool show_defaults, bool with_indirect) {
  const auto entry = out.open(0x30);
  out.put_text(0x80, eim.id);
  if (eim.fqdn) out.put_text(0x81, *eim.fqdn);
  if (eim.type || show_defaults) out.put_integer(0x82, eim.type.value_or(kEimIdProprietary));
  if (eim.token != 0) out.put_integer(0x84, eim.token);
  out.put(0xA5, eim.key);
  if (!eim.tls_key.empty()) out.put(0xA6, eim.tls_key);
  if (eim.protocols || show_defaults) out.put_bits(0x87, eim.protocols.value_or(kProtocolProprietary));
  if (!eim.ci_key_id.empty()) out.put(0x88, eim.ci_key_id);
  if (eim.indirect && with_indirect) out.put(0x89, {});
}

}  // namespace simurgh::iot
