// Progress information over https: the operator's side is our own HTTPS server, which asks for a certificate of the ES2+ CA.
#include <catch2/catch.hpp>

#include "tools/bench/desk.h"
#include "tools/smdp/operator_post.h"
#include "tools/smdp/server.h"

using namespace simurgh;

namespace {

// Any function of ES2+ stands for the operator's: it takes JSON by POST and answers 200.
struct OperatorSide {
  OperatorSide()
      : es2(desk.orders(), desk.rng()),
        service(desk.server(), es2),
        server(smdp::listener_handler(service, smdp::Interface::es2plus),
               {.host = "127.0.0.1", .port = 0, .identity = *desk.pki().curves[0].dp_tls, .client_ca = desk.pki().es2_ca->certificate}) {}
  smdp::OperatorTarget target(const std::string& path = "/gsma/rsp2/es2plus/releaseProfile") {
    return {.url = "https://localhost:" + std::to_string(server.port()) + path, .ca = desk.pki().curves[0].ci->certificate, .identity = desk.pki().es2_client};
  }
  bench::Desk desk;
  smdp::Es2Plus es2;
  smdp::HttpService service;
  https::Server server;
};

}  // namespace

TEST_CASE("Progress information reaches an operator over https, both sides showing certificates", "[smdp]") {
  OperatorSide side;
  REQUIRE(smdp::post_json(side.target(), "{\"eid\":\"1\"}") == std::nullopt);
}

TEST_CASE("An operator's server that cannot be trusted, refuses us or has no such page is told in words", "[smdp]") {
  OperatorSide side;
  smdp::OperatorTarget other_ca = side.target();
  other_ca.ca = side.desk.pki().es2_ca->certificate;
  REQUIRE_THAT(smdp::post_json(other_ca, "{}").value(), Catch::Contains("certificate verify failed"));
  smdp::OperatorTarget other_name = side.target();
  other_name.url.replace(other_name.url.find("localhost"), 9, "127.1");  // the same address by a name that no certificate has
  REQUIRE_THAT(smdp::post_json(other_name, "{}").value(), Catch::Contains("certificate verify failed"));
  smdp::OperatorTarget nameless = side.target();
  nameless.identity.reset();
  REQUIRE(smdp::post_json(nameless, "{}"));
  REQUIRE(smdp::post_json(side.target("/elsewhere"), "{}") == "the server answers 404");
  smdp::OperatorTarget plain = side.target();
  plain.url.replace(0, 5, "http");
  REQUIRE(smdp::post_json(plain, "{}"));
}

TEST_CASE("URLs are read whole or refused", "[smdp]") {
  for (const char* good : {"http://localhost/", "https://localhost", "https://operator.example.com:8443/a/b?c=d", "http://[::1]:80/x", "http://[::1]/"})
    REQUIRE(smdp::bad_url(good) == std::nullopt);
  for (const char* bad : {"", "localhost", "ftp://localhost/", "http://", "https://:443/", "http://localhost:/", "http://localhost:x/", "http://local host/",
                          "http://localhost/a\r\nHost: b", "http://user@localhost/", "http://localhost:123456/"})
    REQUIRE(smdp::bad_url(bad));
}
