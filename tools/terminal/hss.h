// A small home network: subscribers and their keys, authentication vectors, resynchronisation (TS 33.102 6.3, annex C). For tests and desks.
#pragma once

#include <expected>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "euicc/crypto/rng.h"
#include "euicc/usim/aka.h"
#include "tools/terminal/card_session.h"

namespace simurgh::terminal {

struct Subscriber {
  std::string imsi;  // 6 to 15 digits; empty: the card's, whatever it says
  usim::AkaParameters aka;
  Bytes amf{0x80, 0x00};             // the separation bit is set, as EPS and EAP-AKA' want it (TS 33.102 annex H)
  std::optional<std::uint64_t> sqn;  // of the first vector; the clock without it
};

// Keys from hexadecimal: exactly one of OPc and OP (TUAK: TOPc and TOP), none for xor. The error is a sentence.
struct SubscriberKeys {
  std::string algorithm = "milenage";  // milenage, tuak, xor
  std::string key, opc, op;
};
[[nodiscard]] std::expected<usim::AkaParameters, std::string> aka_parameters(const SubscriberKeys& keys);
// YAML: a list `subscribers` of {imsi, k, opc | op, algorithm, amf, sqn}, or one such map alone: a profile recipe is one, its other keys are
// passed over.
[[nodiscard]] std::expected<std::vector<Subscriber>, std::string> read_subscribers(const std::string& yaml);

class Hss {
 public:
  // `now`: seconds since 1970; the generator must outlive the network.
  Hss(crypto::Rng& rng, std::function<std::int64_t()> now);
  // A later one with the same IMSI replaces the earlier.
  void add(Subscriber subscriber);
  [[nodiscard]] bool knows(const std::string& imsi) const { return subscribers_.contains(imsi) || subscribers_.contains({}); }

  // A fresh vector; SEQ grows with every one. Nothing for an unknown subscriber.
  [[nodiscard]] std::optional<usim::Vector> vector(const std::string& imsi);
  struct Triplet {
    Bytes rand, sres, kc;
  };
  [[nodiscard]] std::vector<Triplet> triplets(const std::string& imsi, unsigned count);
  // AUTS of the vector with this RAND; true: it verifies and the next vector is newer than what the card has seen.
  bool resynchronise(const std::string& imsi, ByteView rand, ByteView auts);

 private:
  struct Entry {
    Subscriber subscriber;
    std::uint64_t seq = 0;
    std::uint8_t ind = 0;
  };
  [[nodiscard]] Entry* find(const std::string& imsi);

  crypto::Rng& rng_;
  std::function<std::int64_t()> now_;
  std::map<std::string, Entry> subscribers_;
};

// Mutual authentication of a card whose USIM is selected on the basic channel, with at most one resynchronisation.
struct Authentication {
  enum class Outcome : std::uint8_t {
    done,
    unknown_subscriber,
    card_refuses,   // any other status word: PIN, no USIM
    mac_wrong,      // 9862
    no_resync,      // AUTS does not verify, or the card asks for it twice
    res_differs,
    keys_differ,    // CK or IK
  } outcome = Outcome::done;
  bool resynchronised = false;
  std::uint16_t sw = 0;
  usim::Vector vector;
};
[[nodiscard]] Authentication authenticate(Hss& network, const std::string& imsi, const std::function<Answer(ByteView)>& card);
// One sentence without a full stop.
[[nodiscard]] std::string describe(const Authentication& authentication);

}  // namespace simurgh::terminal
