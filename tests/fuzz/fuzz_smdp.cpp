// Any body to any function of the SM-DP+: an answer that HTTP knows, and never a success for what was made up.
#include "tests/fuzz/require.h"
#include "tools/bench/desk.h"
#include "tools/smdp/http_service.h"

using namespace simurgh;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  static bench::Desk desk;
  static smdp::Es2Plus es2(desk.orders(), desk.rng());
  static smdp::HttpService service(desk.server(), es2);
  static constexpr const char* kTargets[] = {"/gsma/rsp2/es9plus/initiateAuthentication", "/gsma/rsp2/es9plus/authenticateClient",
                                             "/gsma/rsp2/es9plus/getBoundProfilePackage", "/gsma/rsp2/es9plus/cancelSession",
                                             "/gsma/rsp2/asn1", "/gsma/rsp2/es2plus/downloadOrder", "/gsma/rsp2/es2plus/confirmOrder", "/"};
  const std::size_t which = data[0] % std::size(kTargets);
  const std::string body(reinterpret_cast<const char*>(data + 1), size - 1);
  const bool es2plus = which == 5 || which == 6;
  const auto reply = service.handle(es2plus ? smdp::Interface::es2plus : smdp::Interface::es9plus, kTargets[which],
                                    which == 4 ? "application/x-gsma-rsp-asn1" : "application/json", body);
  FUZZ_REQUIRE(reply.status == 200 || reply.status == 204 || (reply.status >= 400 && reply.status < 500));
  if (which >= 1 && which <= 3) FUZZ_REQUIRE(reply.body.find("Executed-Success") == std::string::npos);
  return 0;
}
