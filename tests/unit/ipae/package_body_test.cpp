#include "ipae/es9/package_body.h"

#include <catch2/catch.hpp>

#include "ipae/es9/binding.h"

using namespace simurgh;
using namespace simurgh::ipae;

namespace {

using Form = PackageBody::Form;

const Bytes kPackage = asn1::tlv(0xBF36, Bytes(700, 0xFF));
const std::string kSuccess = R"("header":{"functionExecutionStatus":{"status":"Executed-Success"}})";

struct Collected final : OctetSink {
  bool take(ByteView octets) override {
    append(package, octets);
    ++pieces;
    return package.size() < enough;
  }
  Bytes package;
  std::size_t pieces = 0, enough = SIZE_MAX;
};

struct Outcome {
  bool taken = true;
  Es9Result<Bytes> answer = std::unexpected(Es9Error{});
  Collected got;
};

Outcome receive(Form form, ByteView body, std::size_t piece) {
  Outcome out;
  PackageBody reader(form, out.got);
  while (!body.empty() && out.taken) {
    const ByteView now = body.first(std::min(piece, body.size()));
    out.taken = reader.take(now);
    body = body.subspan(now.size());
  }
  CHECK(out.taken != reader.problem().has_value());
  out.answer = reader.end();
  return out;
}

Bytes es9(ByteView content) { return asn1::tlv(0xA2, asn1::tlv(0xBF3A, asn1::tlv(0xA0, content))); }
Bytes esipa(ByteView content) { return asn1::tlv(0xBF3A, asn1::tlv(0xA0, content)); }
Bytes text(const std::string& json) { return to_bytes(text_view(json)); }
std::string member(const std::string& value) { return R"("boundProfilePackage":")" + value + '"'; }

}  // namespace

TEST_CASE("A bound package leaves an answer of any binding as it arrives, and the answer is judged without it", "[es9][bpp]") {
  const Bytes id = *from_hex("800101");
  std::string escaped = base64_encode(kPackage);
  for (std::size_t at = 0; (at = escaped.find('/', at)) != std::string::npos; at += 2) escaped.insert(at, "\\");
  const std::string plain = base64_encode(kPackage);
  REQUIRE(plain[4] == 'A');
  escaped.replace(4, 1, "\\u0041\\n");
  struct Case {
    Form form;
    Bytes body;
  };
  const Case cases[] = {
      {Form::es9_asn1, es9(concat({id, kPackage}))},
      {Form::es9_asn1, es9(concat({id, kPackage, *from_hex("8901FF")}))},
      {Form::esipa_asn1, esipa(concat({id, kPackage}))},
      {Form::esipa_asn1, esipa(kPackage)},
      {Form::json, text("{" + kSuccess + R"(,"transactionId":"01",)" + member(plain) + "}")},
      {Form::json, text(" {\n " + member(plain) + " , " + kSuccess + "}\n")},
      {Form::json, text("{" + member(escaped) + "," + kSuccess + R"(,"more":[{"boundProfilePackage":"!"},"a\"b"]})")},
  };
  for (const auto& [form, body] : cases) {
    for (const std::size_t piece : {std::size_t{1}, std::size_t{2}, std::size_t{3}, std::size_t{64}, body.size()}) {
      const Outcome out = receive(form, body, piece);
      INFO("form " << static_cast<int>(form) << ", pieces of " << piece);
      REQUIRE(out.taken);
      CHECK(out.got.package == kPackage);
      REQUIRE(out.answer);
      CHECK(out.answer->size() < body.size() - kPackage.size() + 8);
      if (form == Form::json) CHECK(to_hex(json_binding().bound_profile_package(*out.answer).value()) == "BF3600");
      if (form == Form::es9_asn1) CHECK(to_hex(asn1_binding().bound_profile_package(*out.answer).value()) == "BF3600");
      if (form == Form::esipa_asn1) CHECK(to_hex(*out.answer).ends_with("BF3600"));
      if (piece == 1) CHECK(out.got.pieces > 200);
    }
    // Whatever is cut off is an error, here or for whoever reads the answer.
    for (std::size_t size = 0; size < body.size(); size += 5) {
      const Outcome out = receive(form, ByteView(body).first(size), 64);
      const Es9Binding& binding = form == Form::json ? json_binding() : asn1_binding();
      CHECK_FALSE((out.answer && form != Form::esipa_asn1 && binding.bound_profile_package(*out.answer)));
      if (form != Form::json && size != 0) CHECK_FALSE(out.answer);
    }
  }
}

TEST_CASE("An answer without a package is kept whole for its reader", "[es9][bpp]") {
  const Bytes refusals[] = {*from_hex("A206BF3A0381017F"), *from_hex("A200"), *from_hex("BF3A00"), *from_hex("0500"), {}};
  for (const Bytes& body : refusals) {
    const Outcome out = receive(Form::es9_asn1, body, 1);
    INFO(to_hex(body));
    REQUIRE(out.answer);
    CHECK(*out.answer == body);
    CHECK(out.got.package.empty());
  }
  const Bytes esipa_refusal = *from_hex("BF3A0381017F");
  CHECK(receive(Form::esipa_asn1, esipa_refusal, 2).answer.value() == esipa_refusal);
  const Bytes failed = text(R"({"header":{"functionExecutionStatus":{"status":"Failed"}}})");
  CHECK(receive(Form::json, failed, 3).answer.value() == failed);
  // Names written with escapes are for the reader of the whole answer, as long as it is small.
  const Bytes odd = text("{" + kSuccess + R"(,"boundProfile\u0050ackage":"vzYDAQID"})");
  const Outcome out = receive(Form::json, odd, 4);
  CHECK(out.got.package.empty());
  const auto held = json_binding().bound_profile_package(out.answer.value());
  REQUIRE(held);
  Collected late;
  CHECK(hand_on(*held, late));
  CHECK(to_hex(late.package) == "BF3603010203");
  CHECK(hand_on(*from_hex("BF3600"), late));
  CHECK(late.pieces == 1);
}

TEST_CASE("Bodies that do not hold together are refused at the octet that says so", "[es9][bpp]") {
  const Bytes id = *from_hex("800101");
  const Bytes two = concat({kPackage, kPackage});
  Bytes trailing = es9(kPackage);
  trailing.push_back(0);
  const std::pair<Form, Bytes> bodies[] = {
      {Form::es9_asn1, es9(concat({id, two}))},
      {Form::esipa_asn1, esipa(two)},
      {Form::es9_asn1, trailing},
      {Form::es9_asn1, asn1::tlv(0xA2, concat({id, asn1::tlv(0xBF3A, {})}))},               // something before the function
      {Form::esipa_asn1, asn1::tlv(0xBF3A, concat({asn1::tlv(0xA0, kPackage), id}))},        // something behind the answer
      {Form::esipa_asn1, *from_hex("BF3A06A00580010130")},                                   // longer than what contains it
      {Form::esipa_asn1, *from_hex("BF3A80")},                                               // indefinite
      {Form::esipa_asn1, *from_hex("1F8080808001")},                                         // no tag
      {Form::esipa_asn1, esipa(concat({asn1::tlv(0x04, Bytes(PackageBody::kMost)), kPackage}))},
      {Form::json, text("{" + member("vzYA") + "," + member("vzYA") + "," + kSuccess + "}")},
      {Form::json, text("{" + member("vz*A") + "}")},
      {Form::json, text("{" + member("vzY") + "," + kSuccess + "}")},
      {Form::json, text("{" + member("vz\\u01FFA") + "}")},
      {Form::json, text("{" + member("vz\\qA") + "}")},
      {Form::json, text(std::string(PackageBody::kMost + 1, ' '))},
  };
  for (const auto& [form, body] : bodies) {
    INFO(to_hex(ByteView(body).first(std::min<std::size_t>(40, body.size()))));
    CHECK_FALSE(receive(form, body, 1).taken);
    CHECK_FALSE(receive(form, body, 33).taken);
    CHECK_FALSE(receive(form, body, body.size()).answer);
  }
}

TEST_CASE("A sink that wants no more ends the body without a problem of its own", "[es9][bpp]") {
  const std::pair<Form, Bytes> bodies[] = {{Form::es9_asn1, es9(kPackage)}, {Form::json, text("{" + member(base64_encode(kPackage)) + "}")}};
  for (const auto& [form, body] : bodies) {
    Collected got;
    got.enough = 100;
    PackageBody reader(form, got);
    std::size_t taken = 0;
    while (taken < body.size() && reader.take(ByteView(body).subspan(taken, 1))) ++taken;
    CHECK(taken < body.size());
    CHECK(got.package.size() >= 100);
    CHECK(got.package.size() <= 102);
    CHECK_FALSE(reader.problem());
  }
}
