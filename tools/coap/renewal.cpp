#include "tools/coap/renewal.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <memory>

namespace simurgh::coaps {
namespace {

constexpr long kDatagram = 1232;

// RFC 6347 4.1, 4.2.2: handshake, epoch 0, client_hello.
bool is_hello(ByteView record) {
  return record.size() > 13 && record[0] == 22 && record[3] == 0 && record[4] == 0 && record[13] == 1;
}

long on_read(BIO* bio, int operation, const char* buffer, std::size_t, int, long, int result, std::size_t* got) {
  if (operation == (BIO_CB_READ | BIO_CB_RETURN) && result > 0 && got != nullptr) {
    const ByteView record(reinterpret_cast<const std::uint8_t*>(buffer), *got);
    if (!is_hello(record)) return result;
    Watch& watch = *reinterpret_cast<Watch*>(BIO_get_callback_arg(bio));
    try {
      watch.hello = to_bytes(record);
      *watch.heard = true;
    } catch (const std::bad_alloc&) {  // must not pass through C; the client repeats it
    }
  }
  return result;
}

// One datagram to read; what is written goes where the old association writes.
struct Way {
  ByteView in;
  BIO* out;
  bool peek = false;
};
Way& way_of(BIO* bio) { return *static_cast<Way*>(BIO_get_app_data(bio)); }

int read_way(BIO* bio, char* out, int size) {
  Way& way = way_of(bio);
  BIO_clear_retry_flags(bio);
  if (way.in.empty()) {
    BIO_set_retry_read(bio);
    return -1;
  }
  const std::size_t count = std::min(way.in.size(), static_cast<std::size_t>(size));
  std::copy_n(way.in.begin(), count, reinterpret_cast<std::uint8_t*>(out));
  if (!way.peek) way.in = {};
  return static_cast<int>(count);
}
int write_way(BIO* bio, const char* in, int size) { return BIO_write(way_of(bio).out, in, size); }
long control_way(BIO* bio, int command, long number, void*) {
  if (command == BIO_CTRL_DGRAM_SET_PEEK_MODE) way_of(bio).peek = number != 0;
  return command == BIO_CTRL_DGRAM_SET_PEEK_MODE || command == BIO_CTRL_FLUSH ? 1 : 0;
}

}  // namespace

void watch_for_hello(void* association, Watch& watch) {
  BIO* const bio = SSL_get_rbio(static_cast<SSL*>(association));
  BIO_set_callback_arg(bio, reinterpret_cast<char*>(&watch));
  BIO_set_callback_ex(bio, on_read);
}

bool shows_cookie(void* association, ByteView hello) {
  SSL* const old = static_cast<SSL*>(association);
  const std::unique_ptr<BIO_METHOD, decltype(&BIO_meth_free)> method(BIO_meth_new(BIO_TYPE_SOURCE_SINK | BIO_get_new_index(), "hello"), &BIO_meth_free);
  const std::unique_ptr<SSL, decltype(&SSL_free)> listener(SSL_new(SSL_get_SSL_CTX(old)), &SSL_free);
  const std::unique_ptr<BIO_ADDR, decltype(&BIO_ADDR_free)> address(BIO_ADDR_new(), &BIO_ADDR_free);
  if (!method || !listener || !address) return false;
  BIO_meth_set_read(method.get(), read_way);
  BIO_meth_set_write(method.get(), write_way);
  BIO_meth_set_ctrl(method.get(), control_way);
  BIO* const bio = BIO_new(method.get());
  if (bio == nullptr) return false;
  Way way{.in = hello, .out = SSL_get_wbio(old)};
  BIO_set_app_data(bio, &way);
  BIO_set_data(bio, BIO_get_data(SSL_get_rbio(old)));  // where libcoap's cookies find the addresses
  BIO_set_init(bio, 1);
  SSL_set_bio(listener.get(), bio, bio);
  SSL_set_mtu(listener.get(), kDatagram);
  ERR_clear_error();
  const bool shown = DTLSv1_listen(listener.get(), address.get()) == 1;
  ERR_clear_error();
  return shown;
}

void end_silently(void* association) { SSL_set_shutdown(static_cast<SSL*>(association), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN); }

}  // namespace simurgh::coaps
