// Our client against libcoap's own way of collecting and handing out bodies.
#include <arpa/inet.h>
#include <coap3/coap.h>
#include <catch2/catch.hpp>

#include <atomic>
#include <charconv>
#include <thread>

#include "ipae/coap/client.h"
#include "ipae/transport/socket.h"

using namespace simurgh;
using namespace simurgh::ipae;

namespace {

// Plain CoAP; answers a body with the same body backwards.
class Mirror {
 public:
  Mirror() {
    coap_startup();
    coap_set_log_level(LOG_EMERG);
    context_ = coap_new_context(nullptr);
    coap_context_set_block_mode(context_, COAP_BLOCK_USE_LIBCOAP | COAP_BLOCK_SINGLE_BODY);
    coap_resource_t* resource = coap_resource_init(coap_make_str_const("gsma/rsp2/asn1"), 0);
    coap_register_request_handler(
        resource, COAP_REQUEST_POST,
        [](coap_resource_t* where, coap_session_t* session, const coap_pdu_t* request, const coap_string_t* query, coap_pdu_t* response) {
          std::size_t size = 0, offset = 0, total = 0;
          const std::uint8_t* data = nullptr;
          coap_get_data_large(request, &size, &data, &offset, &total);
          auto* body = new Bytes(data, data + size);
          std::ranges::reverse(*body);
          coap_pdu_set_code(response, COAP_RESPONSE_CODE_CONTENT);
          coap_add_data_large_response(
              where, session, request, response, query, COAP_MEDIATYPE_APPLICATION_OCTET_STREAM, -1, 0, body->size(), body->data(),
              [](coap_session_t*, void* pointer) { delete static_cast<Bytes*>(pointer); }, body);
        });
    coap_add_resource(context_, resource);
    coap_address_t address;
    coap_address_init(&address);
    address.size = sizeof address.addr.sin;
    address.addr.sin.sin_family = AF_INET;
    address.addr.sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const coap_endpoint_t* endpoint = coap_new_endpoint(context_, &address, COAP_PROTO_UDP);
    REQUIRE(endpoint != nullptr);
    const std::string text = coap_endpoint_str(endpoint);
    std::from_chars(text.data() + text.rfind(':') + 1, text.data() + text.size(), port);
    thread_ = std::thread([this] {
      while (!stopping_) coap_io_process(context_, 20);
    });
  }
  ~Mirror() {
    stopping_ = true;
    thread_.join();
    coap_free_context(context_);
  }
  Mirror(const Mirror&) = delete;
  Mirror& operator=(const Mirror&) = delete;
  std::uint16_t port = 0;

 private:
  coap_context_t* context_ = nullptr;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

}  // namespace

TEST_CASE("libcoap collects our blocks and we collect its blocks", "[coap]") {
  Mirror mirror;
  SocketNet net;
  auto udp = run_now(net.datagrams("127.0.0.1", mirror.port));
  REQUIRE(udp);
  const auto rng = crypto::seeded_rng(3);
  for (const unsigned szx : {6U, 5U, 2U, 0U}) {
    coap::Client client(**udp, *rng, {}, {.szx = static_cast<std::uint8_t>(szx)});
    for (const std::size_t size : {1U, 16U, 600U, 1024U, 1100U, 1500U, 3072U, 8191U, 40000U}) {
      if (szx < 5 && size > 10000) continue;
      INFO("szx " << szx << ", " << size << " octets");
      Bytes body = rng->bytes(size);
      const auto answer = run_now(client.post({"gsma", "rsp2", "asn1"}, body));
      INFO((answer ? "" : answer.error().what));
      REQUIRE(answer);
      CHECK(coap::code_text(answer->code) == "2.05 Content");
      std::ranges::reverse(body);
      CHECK(answer->body == body);
    }
  }
}
