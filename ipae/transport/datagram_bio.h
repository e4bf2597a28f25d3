// The floor under OpenSSL's DTLS without any I/O: datagrams stay apart in two queues, and whoever moves them also says when time is over.
#pragma once

#include <openssl/bio.h>
#include <openssl/ssl.h>
#include <sys/time.h>

#include <deque>
#include <memory>
#include <optional>

#include "asn1/bytes.h"

namespace simurgh::ipae {

// OpenSSL points into it: it stays where it is made and outlives the SSL it was installed in.
class DatagramBio {
 public:
  DatagramBio();
  ~DatagramBio();
  DatagramBio(const DatagramBio&) = delete;
  DatagramBio& operator=(const DatagramBio&) = delete;

  // Both directions of `ssl`, and its timer; an SSL it served before must be gone. Throws std::bad_alloc.
  void install(SSL* ssl);
  // A datagram of the peer. More than `kWaiting` at a time are lost, as they would be in a socket.
  void feed(ByteView datagram);
  [[nodiscard]] std::optional<Bytes> take();
  // The handshake's timer is over now, whatever the wall clock says; true when something was sent again.
  [[nodiscard]] bool expire(SSL* ssl);

  static constexpr std::size_t kWaiting = 64;

 private:
  static int write(BIO* bio, const char* octets, int size);
  static int read(BIO* bio, char* octets, int size);
  static long control(BIO* bio, int command, long number, void* pointer);
  static int create(BIO* bio);

  BIO_METHOD* method_;
  std::deque<Bytes> in_, out_;
  timeval* timer_ = nullptr;
};

}  // namespace simurgh::ipae
