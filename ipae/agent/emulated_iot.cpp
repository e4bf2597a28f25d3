#include "ipae/agent/emulated_iot.h"

#include <algorithm>

#include "euicc/crypto/ec.h"
#include "euicc/crypto/x509.h"
#include "ipae/es10/es10c.h"
#include "ipae/esipa/messages.h"

namespace simurgh::ipae {
namespace {

using namespace simurgh::literals;
using asn1::Tlv;
using asn1::TlvReader;
using asn1::TlvWriter;

// Far above the numbers that the card itself gives to its notifications.
constexpr std::uint64_t kFirstSequence = 1'000'000;
constexpr std::uint64_t kMostCounter = 0x7FFFFF;
constexpr std::size_t kMostEims = 8, kMostResults = 16;
constexpr unsigned kUndefined = 127;

Bytes octets(ByteView content, std::uint32_t tag) {
  const auto found = asn1::find_child(content, tag);
  return found ? to_bytes(found->value) : Bytes{};
}
std::optional<std::uint64_t> number(ByteView content, std::uint32_t tag) {
  const auto found = asn1::find_child(content, tag);
  if (!found) return std::nullopt;
  const auto value = asn1::unsigned_value(*found);
  if (!value) return std::nullopt;
  return *value;
}
Bytes integer(std::uint32_t tag, std::uint64_t value) { return asn1::tlv(tag, asn1::integer_content(value)); }
Bytes code_answer(std::uint32_t tag, unsigned code) { return asn1::tlv(tag, integer(0x80, code)); }
Bytes token_tlv(const std::optional<std::uint64_t>& token) { return integer(0x84, token.value_or(0)); }

// SubjectPublicKeyInfo of one of the two curves.
std::optional<crypto::EcPublicKey> key_of(const es10b::EimEntry& entry) {
  if (entry.public_key_is_certificate) {
    const auto certificate = crypto::parse_certificate(entry.public_key);
    return certificate ? certificate->key : std::nullopt;
  }
  const auto outer = asn1::read_only(entry.public_key, 0x30);
  if (!outer) return std::nullopt;
  const auto algorithm = asn1::find_child(outer->value, 0x30);
  const auto bits = asn1::find_child(outer->value, 0x03);
  if (!algorithm || !bits || bits->value.size() != 66) return std::nullopt;
  const std::string names = to_hex(algorithm->value);
  const bool brainpool = names.find("06092B2403030208010107") != std::string::npos;
  if (!brainpool && names.find("06082A8648CE3D030107") == std::string::npos) return std::nullopt;
  return crypto::EcPublicKey::from_point(brainpool ? crypto::Curve::brainpool_p256r1 : crypto::Curve::nist_p256, bits->value.subspan(1));
}

Bytes without(ByteView members, std::initializer_list<std::uint32_t> tags) {
  Bytes out;
  TlvReader in(members);
  while (!in.at_end()) {
    const auto element = in.next();
    if (!element) break;
    if (std::find(tags.begin(), tags.end(), element->tag) == tags.end()) append(out, element->raw);
  }
  return out;
}

// Members of `update` in place of those of `members`, in the order of their tags.
Bytes merged(ByteView members, ByteView update) {
  std::map<std::uint32_t, Bytes> rows;
  for (const ByteView source : {members, update}) {
    TlvReader in(source);
    while (!in.at_end()) {
      const auto element = in.next();
      if (!element) break;
      rows[element->tag & 0x1F] = to_bytes(element->raw);
    }
  }
  Bytes out;
  for (const auto& [tag, raw] : rows) append(out, raw);
  return out;
}

}  // namespace

EmulatedIot::EmulatedIot(Es10Port& card, JournalPort& journal) : card_(card), journal_(journal), next_sequence_(kFirstSequence) { load(); }

void EmulatedIot::load() {
  const Bytes stored = journal_.load(kEmulationRecord);
  const auto whole = asn1::read_only(stored, 0x30);
  if (!whole) return;
  next_token_ = number(whole->value, 0x80).value_or(1);
  next_sequence_ = number(whole->value, 0x81).value_or(kFirstSequence);
  TlvReader in(whole->value);
  while (!in.at_end()) {
    const auto element = in.next();
    if (!element) return;
    if (element->tag == 0xA2) {
      Eim eim;
      eim.members = octets(element->value, 0x30);
      eim.counter = number(element->value, 0x83).value_or(0);
      eim.token = number(element->value, 0x84);
      if (auto entry = es10b::parse_eim_entry(asn1::tlv(0x30, eim.members))) {
        eim.entry = *std::move(entry);
        eims_.push_back(std::move(eim));
      }
    } else if (element->tag == 0xBF51) {
      const auto result = esipa::parse_package_result(element->raw);
      if (result && result->sequence) results_[*result->sequence] = to_bytes(element->raw);
    } else if (element->tag == 0xA3) {
      rollback_ = Rollback{octets(element->value, 0x5A), to_text(octets(element->value, 0x80)), number(element->value, 0x81).value_or(0),
                           number(element->value, 0x83).value_or(0), octets(element->value, 0x82)};
    }
  }
}

void EmulatedIot::save() {
  TlvWriter out;
  {
    const auto scope = out.open(0x30);
    out.put_integer(0x80, next_token_).put_integer(0x81, next_sequence_);
    for (const Eim& eim : eims_) {
      const auto row = out.open(0xA2);
      out.put(0x30, eim.members).put_integer(0x83, eim.counter);
      if (eim.token) out.put_integer(0x84, *eim.token);
    }
    for (const auto& [sequence, raw] : results_) out.raw(raw);
    if (rollback_) {
      const auto row = out.open(0xA3);
      out.put(0x5A, rollback_->former).put_text(0x80, rollback_->eim_id).put_integer(0x81, rollback_->counter);
      out.put(0x82, rollback_->transaction_id).put_integer(0x83, rollback_->sequence);
    }
  }
  journal_.store(kEmulationRecord, out.view());
}

EmulatedIot::Eim* EmulatedIot::find(const std::string& eim_id) {
  const auto found = std::find_if(eims_.begin(), eims_.end(), [&](const Eim& e) { return e.entry.id == eim_id; });
  return found == eims_.end() ? nullptr : &*found;
}

PortResult<Bytes> EmulatedIot::request(ByteView command) {
  switch (TlvReader(command).peek().value_or(0)) {
    case 0xBF55:
      return configuration(command);
    case 0xBF57:
      return add_initial(command);
    case 0xBF51:
      return load_package(command);
    case 0xBF58:
      return roll_back();
    case 0xBF2B:
      return retrieve(command);
    case 0xBF30:
      return remove(command);
    case 0xBF64:
      return memory_reset(command);
    case 0xBF65: {
      // SetDefaultDpAddress of SGP.22 has the same content.
      const auto outer = asn1::read_only(command, 0xBF65);
      const auto answer = card_.request(asn1::tlv(0xBF3F, outer ? outer->value : ByteView()));
      if (!answer) return answer;
      const auto inner = asn1::read_only(*answer, 0xBF3F);
      return inner ? asn1::tlv(0xBF65, inner->value) : code_answer(0xBF65, kUndefined);
    }
    case 0xBF56:
    case 0xBF5F:
      return asn1::tlv(TlvReader(command).peek().value_or(0), integer(0x81, command[1] == 0x56 ? kUndefined : 1));
    case 0xBF5A:
    case 0xBF42:
      return code_answer(TlvReader(command).peek().value_or(0), 1);
    case 0xBF5B:
      return code_answer(0xBF5B, 8);
    case 0xBF5C:
      return code_answer(0xBF5C, 2);
    case 0xBF5D:
    case 0xBF5E:
      return code_answer(TlvReader(command).peek().value_or(0), 6);
    case 0xBF59:
      return code_answer(0xBF59, kUndefined);
    default:
      return card_.request(command);
  }
}

// ---- eIMs

Bytes EmulatedIot::configuration(ByteView request) const {
  const auto outer = asn1::read_only(request, 0xBF55);
  const auto filter = outer ? asn1::find_child(outer->value, 0xA0) : std::nullopt;
  const std::string wanted = filter ? to_text(octets(filter->value, 0x80)) : std::string();
  Bytes list;
  for (const Eim& eim : eims_) {
    if (filter && eim.entry.id != wanted) continue;
    append(list, asn1::tlv(0x30, eim.token ? merged(eim.members, integer(0x84, *eim.token)) : eim.members));
  }
  return asn1::tlv(0xBF55, asn1::tlv(0xA0, list));
}

std::optional<unsigned> EmulatedIot::problem_of(const es10b::EimEntry& entry) {
  if (entry.token && *entry.token != -1) return 5;
  if (!entry.counter || entry.public_key.empty()) return 7;
  if (*entry.counter > kMostCounter) return 6;
  if (!key_of(entry)) return 7;
  return std::nullopt;
}

Bytes EmulatedIot::add(const es10b::EimEntry& entry) {
  Eim eim;
  const auto outer = asn1::read_only(entry.raw, 0x30);
  eim.members = without(outer ? outer->value : ByteView(), {0x83, 0x84});
  if (entry.protocols == 0) eim.members = merged(eim.members, "87020308"_hex);
  eim.entry = entry;
  eim.counter = *entry.counter;
  if (entry.token) eim.token = next_token_++;
  const Bytes answer = eim.token ? integer(0x84, *eim.token) : Bytes{};
  eims_.push_back(std::move(eim));
  return answer;
}

Bytes EmulatedIot::add_initial(ByteView request) {
  const auto refuse = [](unsigned code) { return asn1::tlv(0xBF57, integer(0x81, code)); };
  const auto entries = es10b::parse_eim_entries(request);
  if (!entries || entries->empty()) return refuse(7);
  if (!eims_.empty()) return refuse(2);
  if (entries->size() > kMostEims) return refuse(1);
  for (std::size_t i = 0; i < entries->size(); ++i) {
    if (const auto problem = problem_of((*entries)[i])) return refuse(*problem);
    for (std::size_t k = 0; k < i; ++k) {
      if ((*entries)[k].id == (*entries)[i].id) return refuse(2);
    }
  }
  Bytes list;
  for (const es10b::EimEntry& entry : *entries) {
    const Bytes token = add(entry);
    append(list, token.empty() ? "0500"_hex : token);
  }
  save();
  return asn1::tlv(0xBF57, asn1::tlv(0xA0, list));
}

// ---- packages

void EmulatedIot::finish(Run& run, std::uint32_t tag, unsigned code) {
  append(run.list, integer(tag, code));
  run.done = code != 0;
}

unsigned EmulatedIot::code_of(ByteView request) {
  const auto answer = card_.request(request);
  const auto outer = answer ? asn1::read_only(*answer, TlvReader(request).peek().value_or(0))
                            : asn1::Parsed<Tlv>(std::unexpected(asn1::ParseError{"", 0}));
  return outer ? static_cast<unsigned>(std::min<std::uint64_t>(number(outer->value, 0x80).value_or(kUndefined), kUndefined)) : kUndefined;
}

Bytes EmulatedIot::enabled_iccid() {
  const auto profiles = es10c::get_profiles_info(card_);
  if (!profiles) return {};
  for (const ProfileInfo& profile : *profiles) {
    if (profile.state == ProfileState::enabled) return profile.iccid;
  }
  return {};
}

void EmulatedIot::enable(const Tlv& command, Run& run) {
  if (run.switched) return finish(run, 0x83, kUndefined);
  const bool with_way_back = asn1::find_child(command.value, 0x05).has_value();
  const Bytes former = enabled_iccid();
  if (with_way_back && former.empty()) return finish(run, 0x83, 20);
  const auto code = es10c::enable_profile(card_, es10c::Iccid{octets(command.value, 0x5A)}, false);
  const unsigned result = code ? static_cast<unsigned>(*code) : kUndefined;
  finish(run, 0x83, result == 4 ? 3 : result);
  if (result != 0) return;
  run.switched = run.changed = true;
  if (with_way_back) run.rollback = Rollback{former, run.eim->entry.id, 0, 0, {}};
}

void EmulatedIot::run_psmo(const Tlv& command, Run& run) {
  const Bytes iccid = octets(command.value, 0x5A);
  switch (command.tag) {
    case 0xA3:
      return enable(command, run);
    case 0xA4: {
      if (run.switched) return finish(run, 0x84, kUndefined);
      const auto code = es10c::disable_profile(card_, es10c::Iccid{iccid}, false);
      finish(run, 0x84, code ? static_cast<unsigned>(*code) : kUndefined);
      run.switched = run.changed = !run.done;
      return;
    }
    case 0xA5: {
      if (run.rollback && run.rollback->former == iccid) return finish(run, 0x85, 20);
      const auto code = es10c::delete_profile(card_, es10c::Iccid{iccid});
      finish(run, 0x85, code ? static_cast<unsigned>(*code) : kUndefined);
      run.changed = run.changed || !run.done;
      return;
    }
    case 0xBF2D: {
      if (run.changed) {
        append(run.list, "BF2D0381010B"_hex);
        run.done = true;
        return;
      }
      const auto answer = card_.request(command.raw);
      const bool fine = answer && asn1::read_only(*answer, 0xBF2D);
      append(run.list, fine ? *answer : "BF2D0381017F"_hex);
      run.done = !fine;
      return;
    }
    case 0xA6: {
      const auto answer = card_.request("BF4300"_hex);
      const auto outer = answer ? asn1::read_only(*answer, 0xBF43) : asn1::Parsed<Tlv>(std::unexpected(asn1::ParseError{"", 0}));
      append(run.list, asn1::tlv(0xA6, outer ? octets(outer->value, 0xA0) : Bytes{}));
      return;
    }
    case 0xA7:
      return finish(run, 0x87, 7);
    case 0xA8:
      return finish(run, 0x8D, 2);
    case 0xA9:
      return finish(run, 0x8E, 2);
    case 0xBF65: {
      const unsigned code = code_of(asn1::tlv(0xBF3F, command.value));
      append(run.list, code_answer(0xBF65, code));
      run.done = code != 0;
      return;
    }
    default:
      finish(run, 0x02, 2);  // unknownOrDamagedCommand
  }
}

void EmulatedIot::run_eco(const Tlv& command, Run& run) {
  const auto entry = es10b::parse_eim_entry(asn1::tlv(0x30, command.value));
  switch (command.tag) {
    case 0xA8: {
      std::optional<unsigned> problem = entry ? problem_of(*entry) : 7;
      if (entry && find(entry->id) != nullptr) problem = 2;
      if (eims_.size() >= kMostEims) problem = 1;
      if (problem) {
        append(run.list, asn1::tlv(0xA8, integer(0x02, *problem)));
        run.done = true;
        return;
      }
      const std::string own = run.eim->entry.id;
      const Bytes token = add(*entry);
      run.eim = find(own);  // the list may have moved
      append(run.list, asn1::tlv(0xA8, token.empty() ? "020100"_hex : token));
      return;
    }
    case 0xA9: {
      const std::string id = to_text(octets(command.value, 0x80));
      if (find(id) == nullptr) return finish(run, 0x89, 1);
      if (id == run.eim->entry.id) {
        run.deleted_itself = true;  // once its result is made
        append(run.list, integer(0x89, eims_.size() == 1 ? 2 : 0));
        return;
      }
      const std::string own = run.eim->entry.id;
      std::erase_if(eims_, [&](const Eim& e) { return e.entry.id == id; });
      run.eim = find(own);
      return finish(run, 0x89, 0);
    }
    case 0xAA: {
      Eim* eim = entry ? find(entry->id) : nullptr;
      if (eim == nullptr) return finish(run, 0x8A, entry ? 1 : 7);
      const Bytes update = without(command.value, {0x83});
      const bool new_key = !entry->public_key.empty();
      if (entry->token || (update.size() == asn1::tlv(0x80, text_view(entry->id)).size() && !entry->counter)) return finish(run, 0x8A, 7);
      if (new_key && !key_of(*entry)) return finish(run, 0x8A, 7);
      if (entry->counter && *entry->counter > kMostCounter) return finish(run, 0x8A, 6);
      if (entry->counter && *entry->counter < eim->counter && !new_key) return finish(run, 0x8A, 7);
      eim->members = merged(eim->members, update);
      if (auto again = es10b::parse_eim_entry(asn1::tlv(0x30, eim->members))) eim->entry = *std::move(again);
      if (entry->counter) (eim == run.eim ? run.counter.emplace() : eim->counter) = *entry->counter;
      return finish(run, 0x8A, 0);
    }
    case 0xAB: {
      Bytes list;
      for (const Eim& eim : eims_) {
        Bytes row = asn1::tlv(0x80, text_view(eim.entry.id));
        if (eim.entry.id_type && *eim.entry.id_type != es10b::EimIdType::proprietary) {
          append(row, integer(0x82, static_cast<unsigned>(*eim.entry.id_type)));
        }
        append(list, asn1::tlv(0x30, row));
      }
      append(run.list, asn1::tlv(0xAB, asn1::tlv(0xA0, list)));
      return;
    }
    default:
      finish(run, 0x02, 2);
  }
}

Bytes EmulatedIot::store_result(const std::string& eim_id, std::uint64_t counter, ByteView transaction_id, ByteView list) {
  const std::uint64_t sequence = next_sequence_++;
  TlvWriter out;
  {
    const auto outer = out.open(0xBF51);
    const auto ok = out.open(0xA0);
    {
      const auto data = out.open(0x30);
      out.put_text(0x80, eim_id).put_integer(0x81, counter);
      if (!transaction_id.empty()) out.put(0x82, transaction_id);
      out.put_integer(0x83, sequence).put(0x30, list);
    }
    out.put(0x5F37, Bytes(64, 0));
  }
  Bytes raw = out.take();
  if (results_.size() >= kMostResults) results_.erase(results_.begin());
  results_[sequence] = raw;
  return raw;
}

// The order of checks is that of 2.11.1.1.1 (see EuiccPackage of SGP.32 v1.2).
PortResult<Bytes> EmulatedIot::load_package(ByteView bf51) {
  const PortError malformed{"LoadEuiccPackage: wrong data (6A80)", 0x6A80};
  const auto outer = asn1::read_only(bf51, 0xBF51);
  if (!outer) return std::unexpected(malformed);
  TlvReader in(outer->value);
  const auto data = in.required(0x30);
  const auto signature = data ? in.required(0x5F37) : data;
  if (!data || !signature) return std::unexpected(malformed);
  const std::string id = to_text(octets(data->value, 0x80));
  const Bytes transaction_id = octets(data->value, 0x82);
  const auto counter = number(data->value, 0x81);
  const Bytes head =
      transaction_id.empty() ? asn1::tlv(0x80, text_view(id)) : concat({asn1::tlv(0x80, text_view(id)), asn1::tlv(0x82, transaction_id)});
  Eim* eim = find(id);
  if (eim == nullptr) return asn1::tlv(0xBF51, asn1::tlv(0xA2, head));
  const auto key = key_of(eim->entry);
  if (!key || !key->verify({data->raw, token_tlv(eim->token)}, signature->value)) {
    return asn1::tlv(0xBF51, asn1::tlv(0xA2, eim->token ? concat({head, token_tlv(eim->token)}) : head));
  }
  const auto refuse = [&](unsigned code) {
    Bytes said = concat({asn1::tlv(0x80, text_view(id)), integer(0x81, counter.value_or(0))});
    if (!transaction_id.empty()) append(said, asn1::tlv(0x82, transaction_id));
    append(said, integer(0x02, code));
    return asn1::tlv(0xBF51, asn1::tlv(0xA1, concat({asn1::tlv(0x30, said), asn1::tlv(0x5F37, Bytes(64, 0))})));
  };
  const auto eid = es10c::get_eid(card_);
  if (!eid) return std::unexpected(eid.error());
  if (octets(data->value, 0x5A) != *eid) return refuse(3);
  if (!counter || *counter > kMostCounter) return refuse(6);
  if (*counter <= eim->counter) return refuse(4);
  const auto psmos = asn1::find_child(data->value, 0xA0);
  const auto ecos = asn1::find_child(data->value, 0xA1);
  rollback_.reset();
  Run run;
  run.eim = eim;
  TlvReader commands(psmos ? psmos->value : ecos ? ecos->value : ByteView());
  while (!commands.at_end() && !run.done) {
    const auto command = commands.next();
    if (!command) {
      finish(run, 0x02, 2);
    } else if (psmos) {
      run_psmo(*command, run);
    } else {
      run_eco(*command, run);
    }
  }
  run.eim->counter = run.counter.value_or(*counter);
  Bytes result = store_result(id, *counter, transaction_id, run.list);
  if (run.rollback) {
    rollback_ = run.rollback;
    rollback_->counter = *counter;
    rollback_->sequence = next_sequence_ - 1;
    rollback_->transaction_id = transaction_id;
  }
  if (run.deleted_itself) std::erase_if(eims_, [&](const Eim& e) { return e.entry.id == id; });
  save();
  return result;
}

PortResult<Bytes> EmulatedIot::roll_back() {
  if (!rollback_) return "BF5803020101"_hex;
  const Rollback granted = *rollback_;
  const auto code = es10c::enable_profile(card_, es10c::Iccid{granted.former}, false);
  if (!code) return std::unexpected(code.error());
  if (*code != es10c::EnableResult::ok) return "BF5803020107"_hex;
  rollback_.reset();
  results_.erase(granted.sequence);
  const Bytes result = store_result(granted.eim_id, granted.counter, granted.transaction_id, "8C0100"_hex);
  save();
  return asn1::tlv(0xBF58, concat({"020100"_hex, result}));
}

// ---- results

PortResult<Bytes> EmulatedIot::retrieve(ByteView request) {
  const auto outer = asn1::read_only(request, 0xBF2B);
  const auto filter = outer ? asn1::find_child(outer->value, 0xA0) : std::nullopt;
  const auto wanted = filter ? number(filter->value, 0x80) : std::nullopt;
  if (filter && asn1::find_child(filter->value, 0x82)) {
    Bytes list;
    for (const auto& [sequence, raw] : results_) append(list, raw);
    return asn1::tlv(0xBF2B, asn1::tlv(0xA2, list));
  }
  if (wanted && results_.contains(*wanted)) return asn1::tlv(0xBF2B, asn1::tlv(0xA2, results_.at(*wanted)));
  return card_.request(request);
}

PortResult<Bytes> EmulatedIot::remove(ByteView request) {
  const auto outer = asn1::read_only(request, 0xBF30);
  const auto wanted = outer ? number(outer->value, 0x80) : std::nullopt;
  if (!wanted || results_.erase(*wanted) == 0) return card_.request(request);
  save();
  return code_answer(0xBF30, 0);
}

PortResult<Bytes> EmulatedIot::memory_reset(ByteView request) {
  const auto outer = asn1::read_only(request, 0xBF64);
  const auto asked = outer ? asn1::find_child(outer->value, 0x82) : std::nullopt;
  const auto bits = asked ? asn1::named_bits(*asked) : asn1::Parsed<std::uint64_t>(std::unexpected(asn1::ParseError{"", 0}));
  if (!bits) return std::unexpected(PortError{"eUICCMemoryReset: wrong data (6A80)", 0x6A80});
  unsigned result = 1;
  if ((*bits & 0x07) != 0) result = code_of(asn1::tlv(0xBF34, asn1::tlv(0x82, asn1::named_bits_content(*bits & 0x07))));
  Bytes answer = integer(0x80, result);
  if ((*bits & 0x20) != 0) {
    append(answer, integer(0x81, eims_.empty() ? 1 : 0));
    eims_.clear();
    results_.clear();
    rollback_.reset();
    save();
  }
  if ((*bits & 0x40) != 0) append(answer, integer(0x82, 1));
  return asn1::tlv(0xBF64, answer);
}

}  // namespace simurgh::ipae
