// The card: octets in, octets out. No thread, no socket, no clock, no global; randomness, storage and trace are handed in.
//
// Transport is T=0 as PC/SC and modems speak it (ETSI TS 102 221 7.3): answers to commands that carry data wait behind 61xx for
// GET RESPONSE, a wrong Le is told by 6Cxx. Every command commits whole or not at all before its status word leaves.
#pragma once

#include <memory>

#include "asn1/bytes.h"
#include "euicc/crypto/rng.h"
#include "euicc/profile/image.h"
#include "euicc/state/store.h"
#include "euicc/card/trace.h"

namespace simurgh::card {

class Applets;

// Decoded profiles shared between the cards of a fleet: cards that share a stored image share its decoded form.
class ImageCache {
 public:
  ImageCache();
  ~ImageCache();
  [[nodiscard]] profile::ImagePtr get(const state::Cell& encoded);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

class Card {
 public:
  // Throws std::runtime_error when the store cannot be loaded or holds no card. `trace`, `images` and `applets` may be
  // null; everything handed in must outlive the card.
  Card(state::StateStore& store, crypto::Rng& rng, TraceSink* trace = nullptr, ImageCache* images = nullptr, const Applets* applets = nullptr);
  ~Card();
  Card(const Card&) = delete;
  Card& operator=(const Card&) = delete;

  Bytes power_on();                       // cold reset; the ATR
  Bytes reset();                          // warm reset: channels closed, PIN verifications and sessions gone; the ATR
  void power_off() noexcept;
  [[nodiscard]] bool powered() const noexcept;
  [[nodiscard]] const Bytes& atr() const noexcept;
  // Never throws on input; always ends in SW1 SW2.
  [[nodiscard]] Bytes transmit(ByteView command_apdu);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace simurgh::card
