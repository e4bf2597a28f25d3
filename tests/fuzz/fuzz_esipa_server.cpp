// Any message to the eIM, in both encodings, and any body to its orders: an answer that HTTP knows, an answer to an IPA that the other decoder reads
// too, and never a verified result for what was made up.
#include "asn1/codec/codec.h"
#include "tests/fuzz/require.h"
#include "tools/eim/esipa_json.h"
#include "tools/eim/esipa_service.h"
#include "tools/eim/rest.h"

using namespace simurgh;
using namespace simurgh::literals;

namespace {

class NobodyDp final : public eim::DpPort {
 public:
  ipae::Es9Result<ipae::InitiateAuthenticationOk> initiate_authentication(const std::string&, ByteView, ByteView) override { return no(); }
  ipae::Es9Result<ipae::AuthenticateClientOk> authenticate_client(const std::string&, ByteView, ByteView) override { return no(); }
  ipae::Es9Result<Bytes> get_bound_profile_package(const std::string&, ByteView, ByteView) override { return no(); }
  ipae::Es9Result<void> cancel_session(const std::string&, ByteView, ByteView) override { return no(); }
  ipae::Es9Result<void> handle_notification(const std::string&, ByteView) override { return no(); }

 private:
  static std::unexpected<ipae::Es9Error> no() { return std::unexpected(ipae::not_understood("nobody")); }
};

constexpr const char* kEid = "89049032123451234512345678901235";

// Orders of three kinds that a message may be about: their transaction ids are 01..08, 11 and 12.
void add(eim::EimStore& store, eim::Facility facility, const char* order, const Bytes& tid, const Bytes& package) {
  eim::Request request;
  request.resource = std::string("r") + to_hex(tid);
  request.facility = facility;
  request.eid = kEid;
  request.order = order;
  request.status = "work";
  request.transaction = tid;
  request.counter = 1;
  request.package = package;
  request.sends = 1;
  store.add(request);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  static const auto kRng = crypto::seeded_rng(3);
  static const perso::Pki kPki = perso::make_pki({.not_before = 1700000000}, *kRng);
  eim::EimStore store(":memory:");
  eim::EimOptions options;
  options.eim_id = "eim1.example.com";
  options.now = [] { return std::int64_t{1800000000}; };
  options.rules = {{.name = "r", .group = {}, .countries = {"262"}, .activation_code = "1$smdp.example.com$X", .iccid = {}}};
  eim::Eim manager(kPki, store, *kRng, options);
  NobodyDp dp;
  eim::Indirect indirect(manager, dp, {});
  eim::EsipaService service(manager, indirect);
  eim::Device device;
  device.eid = kEid;
  device.asked = (data[0] & 0x80) == 0;
  device.key_point = kPki.curves[0].ci->certificate.key->point();
  store.save(device);
  add(store, eim::Facility::psmo, R"({"psmo":[{"listProfileInfo":{}}]})", "0102030405060708"_hex,
      concat({"BF517B3036801065696D312E6578616D706C652E636F6D5A108904903212345123451234567890123581010182080102030405060708A003BF2D00"_hex,
              "5F3740"_hex, Bytes(64, 0x55)}));
  add(store, eim::Facility::download, R"({"download":{"activationCode":"1$smdp.example.com$X","enable":true}})", "11"_hex,
      eim::download_trigger({.activation_code = "1$smdp.example.com$X", .smds_address = {}, .transaction = "11"_hex}));
  add(store, eim::Facility::edr, R"({"edr":{"tagList":"BF20"}})", "12"_hex,
      eim::data_request({.tag_list = "BF20"_hex, .ci_key_id = {}, .notification_search = {}, .result_search = {}, .transaction = "12"_hex}));

  const ByteView body(data + 1, size - 1);
  const unsigned which = (data[0] & 0x7F) % 13;
  if (which < 2) {
    std::string polled = which == 0 ? kEid : "";
    const auto answer = service.handle_asn1(body, &polled);
    if (answer) FUZZ_REQUIRE(asn1::codec::check("EsipaMessageFromEimToIpa", *answer));
    const Bytes poll = asn1::tlv(0xBF4F, asn1::tlv(0x5A, from_hex(kEid).value()));
    FUZZ_REQUIRE(service.handle_asn1(poll));
  } else if (which == 12) {
    const auto next = service.take_transfer_answer(kEid, body);
    if (next && *next) FUZZ_REQUIRE(asn1::codec::check("EsipaMessageFromEimToIpa", **next));
  } else {
    static constexpr const char* kFunctions[] = {"initiateAuthentication", "authenticateClient", "getBoundProfilePackage", "cancelSession",
                                                 "handleNotification",     "getEimPackage",      "provideEimPackageResult"};
    https::Request request;
    request.body = to_text(body);
    request.content_type = "application/json";
    request.host = "127.0.0.1";
    https::Reply reply;
    if (which < 9) {
      request.target = std::string("/gsma/rsp2/esipa/") + kFunctions[which - 2];
      reply = service.handle(request);
    } else {
      eim::Rest rest(manager, {}, &service);
      request.target = which == 9 ? "/psmo/create" : which == 10 ? "/euicc/create" : to_text(body);
      reply = rest.handle(request);
      FUZZ_REQUIRE(rest.handle({.method = "GET", .target = "/state", .content_type = {}, .accept = {}, .admin_protocol = {}, .host = {}, .origin = {}, .body = {}}).status == 200);
    }
    FUZZ_REQUIRE(reply.status == 200 || reply.status == 204 || reply.status == 303 || (reply.status >= 400 && reply.status < 500));
  }
  for (const eim::Request& request : store.requests(std::nullopt)) FUZZ_REQUIRE(request.verified != "yes");
  return 0;
}
