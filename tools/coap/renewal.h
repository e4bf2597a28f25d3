// A client that begins anew at an address whose association still stands: it has lost its own, or another has got its port. RFC 6347 4.2.8: the old
// association goes, but not before the client has shown by a cookie that it is there. libcoap leaves such a ClientHello to the old association, which
// drops it, so that the client waits in vain for as long as the server remembers.
#pragma once

#include "asn1/bytes.h"

namespace simurgh::coaps {

// What arrived at an association: a ClientHello, and a word to whoever looks after all of them.
struct Watch {
  Bytes hello;
  bool* heard = nullptr;
};
// `association`: OpenSSL's, as coap_session_get_tls gives it. The watch outlives it.
void watch_for_hello(void* association, Watch& watch);

// Answers like a server that knows nothing of the address: with HelloVerifyRequest, or true when `hello` has the cookie of one. The client repeats
// that hello after a second, and it serves once the old association is gone.
[[nodiscard]] bool shows_cookie(void* association, ByteView hello);

// No close_notify for the old association: it would reach the new client.
void end_silently(void* association);

}  // namespace simurgh::coaps
