#include "euicc/rsp/bound_package.h"

#include <algorithm>

#include "asn1/tlv.h"

namespace simurgh::rsp {
namespace {

using asn1::TlvReader;
using state::Key;
using state::Space;

const Key kJournal{Space::card, 0, 6};
constexpr std::size_t kMostOctets = 65535;  // of one segment; real ones have about a thousand

// K values that a profile of class test may carry (SGP.22 v2.5 2.5.6 errorReason 14, TS 34.108 8.2): all zero and the key of the test USIM.
bool is_test_key(ByteView key) {
  const bool zero = std::ranges::all_of(key, [](std::uint8_t octet) { return octet == 0; });
  bool counting = true;
  for (std::size_t i = 0; i < key.size(); ++i) counting = counting && key[i] == i;
  return zero || counting;
}

// Digits of an ICCID: metadata is nibble-swapped, the package header is not (SAIP 3.1).
std::string iccid_digits(ByteView octets, bool swapped) {
  std::string out;
  for (const std::uint8_t octet : octets) {
    const unsigned first = swapped ? octet & 0x0FU : octet >> 4U;
    const unsigned second = swapped ? octet >> 4U : octet & 0x0FU;
    for (const unsigned nibble : {first, second}) {
      if (nibble < 10) out.push_back(static_cast<char>('0' + nibble));
    }
  }
  return out;
}

ErrorReason reason_of(const profile::PackageInterpreter& interpreter) {
  return interpreter.result() == profile::PeStatus::not_enough_memory ? ErrorReason::insufficient_memory : ErrorReason::pe_processing_error;
}

// The lowest ISD-P number that neither a profile nor a result still waiting for its server has: an AID names one profile at a time.
std::uint32_t free_number(const profile::Registry& registry, const state::Transaction& txn) {
  const std::vector<Bytes> named = aids_in_results(txn);
  std::uint32_t number = registry.lowest_free_number();
  const auto taken = [&](std::uint32_t candidate) {
    return txn.find({Space::profile, candidate, 0}) != nullptr || std::ranges::find(named, profile::isdp_aid(candidate)) != named.end();
  };
  while (taken(number)) ++number;
  return number;
}

struct Wipe {
  Bytes& octets;
  ~Wipe() { crypto::cleanse(octets); }
};

}  // namespace

std::size_t free_memory(const state::Transaction& txn, const ecasd::Ecasd& ecasd) {
  std::size_t used = 0;
  for (const std::uint32_t number : txn.owners(Space::profile, 1)) used += txn.find({Space::profile, number, 1})->size();
  const std::size_t whole = ecasd.capabilities.free_memory;
  return used < whole ? whole - used : 0;
}

BoundPackage::BoundPackage(LoadContext context) : context_(std::move(context)) {}

// For a MAC or structure error the command that was due at that point of the stream counts (SGP.22 v2.5 2.5.6).
BppCommand BoundPackage::due() const noexcept {
  switch (stage_) {
    case Stage::outer:
    case Stage::secure_channel:
      return BppCommand::initialise_secure_channel;
    case Stage::configure:
      return BppCommand::configure_isdp;
    case Stage::metadata:
      return BppCommand::store_metadata;
    case Stage::replace:
      return BppCommand::replace_session_keys;
    case Stage::part_header:
      return next_part_ == 0 ? BppCommand::configure_isdp : next_part_ == 1 ? BppCommand::store_metadata : BppCommand::load_profile_elements;
    case Stage::elements:
    case Stage::done:
      break;
  }
  return BppCommand::load_profile_elements;
}

std::optional<Bytes> BoundPackage::feed(ByteView slice, state::Transaction& txn, const ecasd::Ecasd& ecasd) {
  append(buffer_, slice);
  const Step failure = advance(txn, ecasd);
  if (!failure && stage_ != Stage::done) return std::nullopt;
  if (!failure) return std::move(finished_);
  why_ = failure->why;
  txn.rollback();
  txn.erase(kJournal);
  erase_one_time_key(txn, context_.one_time_key.index);
  return error_result(txn, ecasd, context_.result, due(), failure->reason, sima_response_);
}

void BoundPackage::interrupt(state::Transaction& txn, const ecasd::Ecasd& ecasd) {
  if (isdp_configured_) settle_interrupted_load(txn, ecasd);
}

void BoundPackage::cancel(state::Transaction& txn, bool keep_one_time_key) {
  txn.erase(kJournal);
  if (!keep_one_time_key) erase_one_time_key(txn, context_.one_time_key.index);
}

void BoundPackage::write_journal(state::Transaction& txn, BppCommand next) const {
  asn1::TlvWriter journal;
  journal.put(0x80, context_.result.transaction_id).put_text(0x81, context_.result.address).put(0x82, context_.result.smdp_oid);
  journal.put(0x83, context_.result.ci_key_id).put(0x84, be_bytes(context_.one_time_key.index, 4));
  journal.put_byte(0x85, static_cast<std::uint8_t>(next)).put(0x86, context_.result.iccid);
  txn.put(kJournal, journal.take());
}

// Consumes what is complete in the buffer.
BoundPackage::Step BoundPackage::advance(state::Transaction& txn, const ecasd::Ecasd& ecasd) {
  const auto structure = [](const char* why) { return Failure{ErrorReason::scp03t_structure_error, why}; };
  std::size_t used = 0;
  Step failure;
  while (!failure && stage_ != Stage::done) {
    const ByteView rest = ByteView(buffer_).subspan(used);
    if (stage_ != Stage::outer && rest.size() > total_left_) return structure("more octets than BF36 announced");
    const bool in_part = stage_ >= Stage::configure;
    if (in_part && part_left_ == 0) {
      failure = close_part(txn, ecasd);
      continue;
    }
    const auto head = asn1::read_head(rest);
    if (!head) return structure("a tag or length cannot be read");
    if (!*head) {
      if (stage_ != Stage::outer && total_left_ == 0) return structure("the package ends too early");
      break;
    }
    const auto [tag, header, length] = **head;
    if (stage_ == Stage::outer) {
      if (tag != 0xBF36) return structure("the package does not start with BF36");
      total_left_ = length;
      used += header;
      stage_ = Stage::secure_channel;
      continue;
    }
    const std::size_t limit = in_part ? part_left_ : total_left_;
    if (header > limit || length > limit - header) return structure("an element is longer than what contains it");
    if (stage_ == Stage::part_header) {
      failure = open_part(tag, length);
      used += header;
      total_left_ -= header;
      continue;
    }
    if (length > kMostOctets) return structure("a segment is larger than this card takes");
    if (rest.size() < header + length) break;
    const ByteView raw = rest.first(header + length);
    used += raw.size();
    total_left_ -= raw.size();
    if (in_part) {
      part_left_ -= raw.size();
      failure = protected_element(tag, raw, raw.subspan(header), txn, ecasd);
    } else if (tag != 0xBF23) {
      return structure("BF23 is missing");
    } else {
      failure = initialise_secure_channel(raw.subspan(header), ecasd);
    }
  }
  buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(used));
  return failure;
}

// SGP.22 v2.5 5.5.1. The signature covers the elements as they arrived, without the BF23 header, and the card's own one-time key.
BoundPackage::Step BoundPackage::initialise_secure_channel(ByteView value, const ecasd::Ecasd& ecasd) {
  TlvReader in(value);
  const auto operation = in.required(0x82);
  const auto transaction = in.required(0x80);
  const auto crt = in.required(0xA6);
  const auto point = in.required(0x5F49);
  const auto signature = in.required(0x5F37);
  if (!operation || !transaction || !crt || !point || !signature) return Failure{ErrorReason::incorrect_input_values, "BF23 cannot be read"};
  const auto key_type = asn1::find_child(crt->value, 0x80);
  const auto key_length = asn1::find_child(crt->value, 0x81);
  const auto host = asn1::find_child(crt->value, 0x84);
  if (!key_type || !key_length || !host || host->value.empty() || host->value.size() > 16) {
    return Failure{ErrorReason::incorrect_input_values, "the control reference template cannot be read"};
  }
  const Bytes own_point = asn1::tlv(0x5F49, context_.one_time_key.key.public_key().point());
  if (!context_.smdp_key.verify({operation->raw, transaction->raw, crt->raw, point->raw, own_point}, signature->value)) {
    return Failure{ErrorReason::invalid_signature, "smdpSign is wrong"};
  }
  if (!equal(transaction->value, context_.result.transaction_id)) {
    return Failure{ErrorReason::invalid_transaction_id, "BF23 carries another transaction id"};
  }
  if (asn1::unsigned_value(*operation).value_or(0) != 1) {
    return Failure{ErrorReason::unsupported_remote_operation_type, "remoteOpId is not installBoundProfilePackage"};
  }
  constexpr std::uint8_t kAes[] = {0x88};
  constexpr std::uint8_t kSixteen[] = {0x10};
  if (!equal(key_type->value, kAes) || !equal(key_length->value, kSixteen)) {
    return Failure{ErrorReason::unsupported_crt_values, "key type or length is not AES-128"};
  }
  const auto peer = crypto::EcPublicKey::from_point(context_.one_time_key.key.curve(), point->value);
  const auto secret = peer ? context_.one_time_key.key.agree(*peer) : std::nullopt;
  if (!secret) return Failure{ErrorReason::scp03t_security_error, "otPK.DP is no point of the curve"};
  bsp_ = Bsp::derive(secret->expose(), Bsp::shared_info(host->value, ecasd.eid));
  stage_ = Stage::part_header;
  return std::nullopt;
}

// A0, A1, then A2 or A3: tag and length arrive, the content follows.
BoundPackage::Step BoundPackage::open_part(std::uint32_t tag, std::size_t length) {
  part_left_ = length;
  if (next_part_ == 0 && tag == 0xA0) {
    stage_ = Stage::configure;
  } else if (next_part_ == 1 && tag == 0xA1) {
    stage_ = Stage::metadata;
  } else if (next_part_ == 2 && tag == 0xA2) {
    stage_ = Stage::replace;
  } else if (next_part_ >= 2 && tag == 0xA3) {
    stage_ = Stage::elements;
  } else {
    return Failure{ErrorReason::scp03t_structure_error, "a part of the package is missing or out of order"};
  }
  return std::nullopt;
}

BoundPackage::Step BoundPackage::protected_element(std::uint32_t tag, ByteView raw, ByteView value, state::Transaction& txn,
                                                   const ecasd::Ecasd& ecasd) {
  const std::uint32_t wanted = stage_ == Stage::metadata ? 0x88 : stage_ == Stage::elements ? 0x86 : 0x87;
  if (tag != wanted) return Failure{ErrorReason::scp03t_structure_error, "a protected element has a tag that does not belong here"};
  auto plain = bsp_.open(tag, raw, value);
  if (!plain) {
    if (plain.error() == BspFault::structure) return Failure{ErrorReason::scp03t_structure_error, "a protected element is too short"};
    return Failure{ErrorReason::scp03t_security_error, "MAC or padding of a protected element is wrong"};
  }
  // Keys of the profile and of the session pass through here.
  const Wipe wipe{*plain};
  switch (stage_) {
    case Stage::configure:
      return configure_isdp(*plain, txn, ecasd);
    case Stage::metadata:
      append(metadata_octets_, *plain);
      if (metadata_octets_.size() > 8192) return Failure{ErrorReason::incorrect_input_values, "the metadata is too long"};
      return std::nullopt;
    case Stage::replace:
      return replace_session_keys(*plain);
    default:
      return load_elements(*plain);
  }
}

BoundPackage::Step BoundPackage::close_part(state::Transaction& txn, const ecasd::Ecasd& ecasd) {
  switch (stage_) {
    case Stage::configure:
      if (!isdp_configured_) return Failure{ErrorReason::scp03t_structure_error, "A0 without ConfigureISDP"};
      next_part_ = 1;
      break;
    case Stage::metadata: {
      metadata_ = parse_metadata(metadata_octets_, ecasd.capabilities.iot.has_value());
      if (!metadata_) return Failure{ErrorReason::incorrect_input_values, "StoreMetadata cannot be read"};
      if (const auto reason = refuse_metadata(*metadata_, ecasd, txn)) return Failure{*reason, "the metadata is refused"};
      context_.result.iccid = metadata_->iccid;
      write_journal(txn, BppCommand::load_profile_elements);
      interpreter_ = std::make_unique<profile::PackageInterpreter>(profile::PackageLimits{
          .demandable = profile::demandable_services(ecasd.capabilities.uicc_capability), .memory = free_memory(txn, ecasd)});
      next_part_ = 2;
      break;
    }
    case Stage::replace:
      if (!keys_replaced_) return Failure{ErrorReason::scp03t_structure_error, "A2 without ReplaceSessionKeys"};
      next_part_ = 3;
      break;
    default:
      return install(txn, ecasd);
  }
  stage_ = Stage::part_header;
  return std::nullopt;
}

// SGP.22 v2.5 5.5.2: the ISD-P exists from here on, so an interruption has a result; the journal lets the next power-up give it.
BoundPackage::Step BoundPackage::configure_isdp(ByteView plain, state::Transaction& txn, const ecasd::Ecasd& ecasd) {
  if (isdp_configured_) return Failure{ErrorReason::scp03t_structure_error, "ConfigureISDP twice"};
  const auto command = asn1::read_only(plain, 0xBF24);
  if (!command) return Failure{ErrorReason::incorrect_input_values, "ConfigureISDP cannot be read"};
  TlvReader in(command->value);
  const auto proprietary = in.optional(0xB8);
  if (!proprietary || !in.skip_rest()) return Failure{ErrorReason::incorrect_input_values, "ConfigureISDP cannot be read"};
  if (*proprietary) {
    if ((*proprietary)->raw.size() > 128) return Failure{ErrorReason::incorrect_input_values, "dpProprietaryData is longer than 128 octets"};
    dp_proprietary_ = to_bytes((*proprietary)->value);
  }
  if (free_memory(txn, ecasd) == 0) return Failure{ErrorReason::insufficient_memory, "no memory for a further profile"};
  write_journal(txn, BppCommand::store_metadata);
  isdp_configured_ = true;
  return std::nullopt;
}

BoundPackage::Step BoundPackage::replace_session_keys(ByteView plain) {
  if (keys_replaced_) return Failure{ErrorReason::scp03t_structure_error, "ReplaceSessionKeys twice"};
  const auto command = asn1::read_only(plain, 0xBF26);
  TlvReader in(command ? command->value : ByteView{});
  const auto chaining = in.required(0x80);
  const auto enc = in.required(0x81);
  const auto cmac = in.required(0x82);
  const bool good = chaining && enc && cmac && chaining->value.size() == 16 && enc->value.size() == 16 && cmac->value.size() == 16;
  if (!good) return Failure{ErrorReason::incorrect_input_values, "ReplaceSessionKeys cannot be read"};
  bsp_.replace(chaining->value, enc->value, cmac->value);
  keys_replaced_ = true;
  return std::nullopt;
}

BoundPackage::Step BoundPackage::load_elements(ByteView plain) {
  if (interpreter_->feed(plain)) return std::nullopt;
  sima_response_ = interpreter_->euicc_response();
  return Failure{reason_of(*interpreter_), interpreter_->statuses().empty() ? "a profile element failed" : interpreter_->statuses().back().why};
}

// The whole profile, its result, its notifications and the end of the one-time key are staged together: all of it or nothing.
BoundPackage::Step BoundPackage::install(state::Transaction& txn, const ecasd::Ecasd& ecasd) {
  if (total_left_ != 0) return Failure{ErrorReason::scp03t_structure_error, "octets follow the profile elements"};
  if (!interpreter_->finish()) {
    sima_response_ = interpreter_->euicc_response();
    return Failure{reason_of(*interpreter_), "the package ends without PE-End"};
  }
  const Bytes response = interpreter_->euicc_response();
  profile::ProfileImage image = interpreter_->take();
  if (!image.header.iccid.empty() && iccid_digits(image.header.iccid, false) != iccid_digits(metadata_->iccid, true)) {
    return Failure{ErrorReason::data_mismatch, "the package is for another ICCID than the metadata"};
  }
  if (metadata_->profile_class == profile::ProfileClass::test) {
    for (const profile::AkaBinding& binding : image.aka) {
      if (!is_test_key(binding.parameters.key.expose())) {
        return Failure{ErrorReason::invalid_naa_key, "a test profile with a key that is no test key"};
      }
    }
  }
  Bytes encoded = image.encode();
  if (encoded.size() > free_memory(txn, ecasd)) return Failure{ErrorReason::insufficient_memory, "the profile does not fit"};
  profile::Registry registry(txn);
  profile::ProfileEntry entry;
  entry.number = free_number(registry, txn);
  entry.aid = profile::isdp_aid(entry.number);
  entry.metadata = *std::move(metadata_);
  entry.dp_proprietary = std::move(dp_proprietary_);
  entry.ci_key_id = context_.result.ci_key_id;
  registry.save(entry);
  registry.save_image(entry.number, std::move(encoded));
  txn.erase(kJournal);
  erase_one_time_key(txn, context_.one_time_key.index);
  finished_ = success_result(txn, ecasd, context_.result, entry.aid, response);
  notify(txn, ecasd, entry, Event::install);
  stage_ = Stage::done;
  installed_ = entry.number;
  return std::nullopt;
}

void settle_interrupted_load(state::Transaction& txn, const ecasd::Ecasd& ecasd) {
  const Bytes* stored = txn.find(kJournal);
  if (stored == nullptr) return;
  const Bytes journal = *stored;
  const auto field = [&](std::uint32_t tag) {
    const auto element = asn1::find_child(journal, tag);
    return element ? to_bytes(element->value) : Bytes{};
  };
  txn.erase(kJournal);
  const Bytes transaction_id = field(0x80);
  const Bytes key_index = field(0x84);
  if (transaction_id.empty() || key_index.size() != 4) return;  // no journal of ours: there is nothing to report about
  const ResultContext context{.transaction_id = transaction_id,
                              .address = to_text(field(0x81)),
                              .smdp_oid = field(0x82),
                              .iccid = field(0x86),
                              .ci_key_id = field(0x83)};
  erase_one_time_key(txn, static_cast<std::uint32_t>(be_value(key_index)));
  const bool metadata_due = be_value(field(0x85)) == static_cast<std::uint64_t>(BppCommand::store_metadata);
  const BppCommand due = metadata_due ? BppCommand::store_metadata : BppCommand::load_profile_elements;
  (void)error_result(txn, ecasd, context, due, ErrorReason::interruption, {});
}

}  // namespace simurgh::rsp
