#include "euicc/ota/receiver.h"

namespace simurgh::ota {
namespace {

constexpr std::uint8_t kKicIdentifier = 1, kKidIdentifier = 2;
constexpr std::uint8_t kPlainHeader = 0x0D;  // CHL without RC/CC/DS

using Integrity = Spi::Integrity;

std::optional<AlgorithmKey> usable(const gp::Key* key, std::uint8_t octet, bool checksum) {
  if (key == nullptr) return std::nullopt;
  for (const gp::KeyComponent& component : key->components) {
    const auto algorithm = algorithm_of(octet & 0x0F, component.type, component.value.size(), checksum);
    if (!algorithm) continue;
    const std::size_t length = component.mac_length == 4 ? 4 : 8;
    return AlgorithmKey{.algorithm = *algorithm, .value = component.value.clone(), .checksum_length = length};
  }
  return std::nullopt;
}

// TS 102 225 5.1.3.2; a KID that names keys says nothing of the CRC, which is then the long one.
Redundancy redundancy_of(std::uint8_t kid) { return (kid & 0x0F) == 0x01 ? Redundancy::crc16 : Redundancy::crc32; }

class Reception {
 public:
  Reception(ByteView packet, const CommandHead& head, Receiving& card) : packet_(packet), head_(head), card_(card) {}

  Received run() {
    out_.status = process();
    const Spi::Proof wanted = head_.spi.proof();
    if (wanted == Spi::Proof::always || (wanted == Spi::Proof::on_error && out_.status != Status::ok)) {
      out_.by_submit = head_.spi.proof_by_submit();
      out_.proof = ResponseContent{.tar = head_.tar, .counter = counter_, .status = out_.status, .data = std::move(response_)};
      protect();
    }
    return std::move(out_);
  }

 private:
  Status process() {
    auto destination = card_.find(head_.tar);
    if (!destination) return Status::unknown_tar;
    domain_ = destination->domain;
    find_keys();
    if (!reaches(head_.spi, destination->minimum_security_level)) return Status::security_level_too_low;
    const auto check_length = length_of_check();
    if (!check_length || head_.header_length != kPlainHeader + *check_length) return Status::security_error;
    if (head_.spi.ciphered() && !kic_) return Status::security_error;

    Bytes plain = to_bytes(packet_.subspan(CommandHead::kSize));
    if (head_.spi.ciphered()) {
      if (plain.empty() || plain.size() % kic_->block() != 0) return Status::ciphering_error;
      plain = decipher(*kic_, plain);
    }
    const auto body = parse_command_body(plain, *check_length);
    if (!body) return Status::security_error;
    if (!intact(*body)) return Status::checksum_failed;
    // Only now are the octets known to be what was sent.
    counter_ = body->counter;
    if (const Status status = check_counter(body->counter); status != Status::ok) return status;
    if (body->padding > body->data.size() || (head_.spi.ciphered() && body->padding >= kic_->block())) return Status::ciphering_error;
    if (head_.spi.integrity() == Integrity::checksum) destination->key_version = version_.value_or(0);
    response_ = card_.execute(*destination, ByteView(body->data).first(body->data.size() - body->padding));
    return Status::ok;
  }

  // Key versions of KIc and KID are one where both are used (TS 102 226 8.2.1.5).
  void find_keys() {
    const std::uint8_t kic_version = head_.kic >> 4, kid_version = head_.kid >> 4;
    const bool keyed_kid = head_.spi.integrity() != Integrity::redundancy;
    const gp::Key* kic = card_.key(*domain_, kic_version, kKicIdentifier);
    const gp::Key* kid = card_.key(*domain_, kid_version, kKidIdentifier);
    if (kic != nullptr) kic_ = usable(kic, head_.kic, false);
    // With a redundancy check the low nibble names a CRC, so a checksum of the proof takes what fits the key.
    if (kid != nullptr) kid_ = usable(kid, keyed_kid ? head_.kid : std::uint8_t{0}, true);
    if (kic != nullptr && kid != nullptr && kic->version != kid->version && head_.spi.ciphered() &&
        head_.spi.integrity() == Integrity::checksum) {
      kic_.reset();
      kid_.reset();
    }
    const gp::Key* counting = head_.spi.integrity() == Integrity::checksum || kic == nullptr ? kid : kic;
    if (counting != nullptr) version_ = counting->version;
  }

  // Octets of RC/CC/DS; nothing for digital signatures and for keys that are not there.
  [[nodiscard]] std::optional<std::size_t> length_of_check() const {
    switch (head_.spi.integrity()) {
      case Integrity::none:
        return 0;
      case Integrity::redundancy:
        if ((head_.kid & 0x0F) != 0x01 && (head_.kid & 0x0F) != 0x05) return std::nullopt;
        return static_cast<std::size_t>(redundancy_of(head_.kid));
      case Integrity::checksum:
        return kid_ ? std::optional(kid_->checksum_length) : std::nullopt;
      case Integrity::signature:
        break;
    }
    return std::nullopt;
  }

  [[nodiscard]] bool intact(const CommandBody& body) const {
    const Bytes head = head_.encode();
    switch (head_.spi.integrity()) {
      case Integrity::none:
        return true;
      case Integrity::redundancy:
        return equal(body.check, redundancy_check(redundancy_of(head_.kid), {head, body.counter_octets, body.data}));
      case Integrity::checksum:
        return crypto::equal_secret(body.check, cryptographic_checksum(*kid_, {head, body.counter_octets, body.data}));
      case Integrity::signature:
        break;
    }
    return false;
  }

  // TS 102 225 5.1.4
  Status check_counter(std::uint64_t received) {
    const Spi::Counter mode = head_.spi.counter();
    if (mode == Spi::Counter::none || mode == Spi::Counter::unchecked) return Status::ok;
    if (!version_) return Status::security_error;
    const std::uint64_t stored = card_.counter(*domain_, *version_);
    if (stored >= kLastCounter) return Status::counter_blocked;
    if (received <= stored) return Status::counter_low;
    if (mode == Spi::Counter::one_higher && received != stored + 1) return Status::counter_high;
    return card_.save_counter(*domain_, *version_, received) ? Status::ok : Status::no_memory;
  }

  // What the sender wants of the proof, as far as there are keys: without them it goes plain (TS 102 225 5.2, status 06).
  void protect() {
    if (!domain_ || out_.status == Status::security_error) return;
    if (head_.spi.proof_ciphered() && kic_) out_.protection.cipher = std::move(kic_);
    if (head_.spi.proof_integrity() == Integrity::checksum && kid_) out_.protection.checksum = std::move(kid_);
    if (head_.spi.proof_integrity() == Integrity::redundancy) out_.protection.redundancy = redundancy_of(head_.kid);
  }

  ByteView packet_;
  const CommandHead& head_;
  Receiving& card_;
  Received out_;
  std::optional<std::size_t> domain_;
  std::optional<std::uint8_t> version_;
  std::optional<AlgorithmKey> kic_, kid_;
  std::uint64_t counter_ = 0;
  Bytes response_;
};

}  // namespace

std::optional<Received> receive(ByteView packet, Receiving& card) {
  const auto head = parse_command_head(packet);
  if (!head) return std::nullopt;
  return Reception(packet, *head, card).run();
}

}  // namespace simurgh::ota
