#include "ipae/agent/activation_code.h"

#include <catch2/catch.hpp>

#include "ipae/agent/download.h"

using namespace simurgh;
using namespace simurgh::ipae;

TEST_CASE("Activation codes in every permitted form", "[agent]") {
  struct Row {
    const char* text;
    const char* host;
    unsigned port;
    const char* matching_id;
    const char* oid;
    bool confirmation;
  };
  const Row rows[] = {
      {"LPA:1$smdp.gsma.com$04386-AGYFT-A74Y8-3F815", "smdp.gsma.com", 443, "04386-AGYFT-A74Y8-3F815", "", false},
      {"1$SMDP.GSMA.COM$04386-AGYFT-A74Y8-3F815", "SMDP.GSMA.COM", 443, "04386-AGYFT-A74Y8-3F815", "", false},
      {"LPA:1$smdp.gsma.com$04386-AGYFT-A74Y8-3F815$$1", "smdp.gsma.com", 443, "04386-AGYFT-A74Y8-3F815", "", true},
      {"LPA:1$smdp.gsma.com$04386-AGYFT-A74Y8-3F815$1.3.6.1.4.1.31746$1", "smdp.gsma.com", 443, "04386-AGYFT-A74Y8-3F815",
       "2B0601040181F802", true},
      {"LPA:1$smdp.gsma.com$04386-AGYFT-A74Y8-3F815$1.3.6.1.4.1.31746", "smdp.gsma.com", 443, "04386-AGYFT-A74Y8-3F815", "2B0601040181F802",
       false},
      {"LPA:1$smdp.gsma.com$", "smdp.gsma.com", 443, "", "", false},
      {" lpa:1$localhost:8443$X \n", "localhost", 8443, "X", "", false},
      {"LPA:1$[::1]:8443$X", "::1", 8443, "X", "", false},
      {"LPA:1$smdp.example$X$$1$future$fields", "smdp.example", 443, "X", "", true},
  };
  for (const Row& row : rows) {
    INFO(row.text);
    const auto code = parse_activation_code(row.text);
    REQUIRE(code);
    CHECK(code->server.host == row.host);
    CHECK(code->server.port == row.port);
    CHECK(code->matching_id == row.matching_id);
    CHECK((code->smdp_oid ? to_hex(*code->smdp_oid) : "") == row.oid);
    CHECK(code->confirmation_code_required == row.confirmation);
  }
}

TEST_CASE("Malformed activation codes are refused with a reason", "[agent]") {
  const std::string wrong[] = {"",
                               "LPA:",
                               "LPA:1",
                               "LPA:1$",
                               "LPA:1$smdp.example",
                               "LPA:2$smdp.example$X",
                               "LPA:$smdp.example$X",
                               "https://example.com",
                               "LPA:1$$X",
                               "LPA:1$smdp.example/path$X",
                               "LPA:1$smdp.example\r\nHost: x$X",
                               "LPA:1$user@smdp.example$X",
                               "LPA:1$smdp.example:0$X",
                               "LPA:1$smdp.example:99999$X",
                               "LPA:1$smdp.example:$X",
                               "LPA:1$-smdp$X",
                               "LPA:1$[::1$X",
                               "LPA:1$smdp.example$A B",
                               "LPA:1$smdp.example$A\x01",
                               "LPA:1$smdp.example$X$not.an.oid",
                               "LPA:1$smdp.example$X$$2",
                               "LPA:1$" + std::string(300, 'a') + "$X",
                               std::string(5000, '$')};
  for (const std::string& text : wrong) {
    INFO(text);
    const auto code = parse_activation_code(text);
    REQUIRE_FALSE(code);
    CHECK_FALSE(code.error().empty());
  }
}

TEST_CASE("The confirmation code is hashed twice with the transaction", "[agent]") {
  CHECK(to_hex(hash_confirmation_code(crypto::SecretBytes(text_view("1234")), *from_hex("0102030405060708090A0B0C0D0E0F10"))) ==
        "94E57B8CDFE3EB0A8510F18898ADD0B1E67B48FAFD39892796D6F65F9CE3CC40");
}
