// What a server says to the datagrams of one client, without sockets and clocks: POST of one body to one resource, in blocks both ways. For
// simulations; the process that serves others is server.h. RFC 7252, RFC 7959, RFC 9175 3.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "ipae/coap/message.h"
#include "tools/coap/server.h"
#include "tools/coap/uploads.h"

namespace simurgh::coaps {

class ServerSession {
 public:
  // Both are the server's and outlive its sessions.
  ServerSession(const Service& service, const std::string& path, std::size_t largest_body = 256 * 1024) : service_(service), path_(path), uploads_(largest_body) {}
  // A datagram that is no request is answered with nothing, or with a reset.
  [[nodiscard]] std::vector<Bytes> take(ByteView datagram);

 private:
  using Message = ipae::coap::Message;
  [[nodiscard]] Message answer(const Message& request);
  [[nodiscard]] Message body_down(const Message& request, Message response);
  struct Said {
    std::uint16_t id = 0;
    Bytes token, datagram;
  };

  const Service& service_;
  const std::string& path_;
  Uploads uploads_;
  std::string note_;            // the service's
  Bytes reply_, reply_tag_;     // of the last request that was whole: its blocks are fetched one by one
  std::array<Said, 8> said_;    // a request that comes again gets the same octets again (RFC 7252 4.2)
  std::size_t next_ = 0;
};

}  // namespace simurgh::coaps
