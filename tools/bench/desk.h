// A whole desk in one process: a PKI, an SM-DP+ without sockets, a card over any store, and an LPA's part of a download played by hand. For
// benchmarks, tests and fuzz targets.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "euicc/card/card.h"
#include "tools/perso/card_maker.h"
#include "tools/smdp/es9plus.h"

namespace simurgh::bench {

// What the card or the server answered instead of what a step needed.
class DeskError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// PKI and servers: one may serve many cards.
class Desk {
 public:
  explicit Desk(std::uint64_t seed = 1);
  [[nodiscard]] crypto::Rng& rng() noexcept { return *rng_; }
  [[nodiscard]] const perso::Pki& pki() const noexcept { return pki_; }
  [[nodiscard]] smdp::OrderStore& orders() noexcept { return orders_; }
  [[nodiscard]] smdp::Es9Plus& server() noexcept { return *server_; }
  // Cells of a fresh card that trusts the PKI on both curves, P-256 first unless `brainpool_first`.
  [[nodiscard]] std::map<state::Key, state::Cell> new_card(const ecasd::Capabilities& capabilities = {}, bool brainpool_first = false);
  // A package of the default recipe and an order for it; returns the matching id. `metadata_tail`: further elements of BF25.
  [[nodiscard]] std::string order(const std::string& iccid, ByteView metadata_tail = {}, const Bytes& upp = {});

 private:
  std::unique_ptr<crypto::Rng> rng_;
  perso::Pki pki_;
  smdp::OrderStore orders_{":memory:"};
  std::unique_ptr<smdp::Es9Plus> server_;
  unsigned next_ = 0;
};

// An LPA at a card: ES10 over STORE DATA on the basic channel.
class Lpa {
 public:
  explicit Lpa(card::Card& card) : card_(card) {}
  // Follows 61xx. The answer with its status word.
  Bytes transmit(ByteView apdu);
  // Selects the ISD-R and sends one ES10 command; the response DO. DeskError with the status word when the card refuses.
  Bytes es10(ByteView command, std::size_t block = 255);
  [[nodiscard]] std::uint16_t last_status() const noexcept { return status_; }
  [[nodiscard]] std::size_t apdus() const noexcept { return apdus_; }

  // Everything up to the bound package (BF36).
  Bytes bound_package(Desk& desk, const std::string& matching_id);
  // Sends a bound package as SGP.22 2.5.5 cuts it; the BF37 that ends it.
  Bytes load(ByteView package, std::size_t block = 255);
  Bytes download(Desk& desk, const std::string& matching_id) { return load(bound_package(desk, matching_id)); }

 private:
  card::Card& card_;
  std::uint16_t status_ = 0;
  std::size_t apdus_ = 0;
};

// The pieces an LPA sends a bound package in (SGP.22 v2.5 2.5.5).
[[nodiscard]] std::vector<Bytes> pieces_of(ByteView package);
// A result that says the profile was installed.
[[nodiscard]] bool installed(ByteView bf37);
// errorReason and bppCommandId of an error result; {0, 0} for a success.
[[nodiscard]] std::pair<unsigned, unsigned> error_of(ByteView bf37);

}  // namespace simurgh::bench
