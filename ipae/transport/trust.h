// Whom a client of TLS or DTLS believes. SGP.22 v2.5 2.6.6: server certificates under a CI the assistant trusts; SGP.32 v1.2: what the
// eIM's configuration pins comes first.
#pragma once

#include <optional>
#include <vector>

#include "asn1/bytes.h"

namespace simurgh::ipae {

struct TlsTrust {
  std::vector<Bytes> authorities = {};   // DER: CI certificates, or a server certificate itself; each is an anchor
  bool verify = true;                    // false: neither pins nor chain nor name are checked
  std::optional<std::int64_t> now = {};  // seconds since 1970 for validity; the system's clock when absent
  bool dates = true;                     // false: validity is not checked, as in a card, which has no clock
  // A SubjectPublicKeyInfo in DER: the server's certificate carries this key. Nothing else about it matters, not even its name or dates.
  std::optional<Bytes> pinned_key = {};
  // Without pinned_key. DER: the server's own certificate, whatever its name and dates, or else the only anchor of its chain.
  std::optional<Bytes> pinned_certificate = {};
};

// DER or PEM (one or more certificates). Nothing when there is none in it.
[[nodiscard]] std::vector<Bytes> certificates_in(ByteView pem_or_der);

}  // namespace simurgh::ipae
