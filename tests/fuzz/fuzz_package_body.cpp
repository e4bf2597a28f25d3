// An answer to GetBoundProfilePackage as a server may send it, cut as the first octet says: the package that leaves it and what is kept are the same as
// when the body comes whole, and the commands for the card are the package again, octet for octet.
#include "ipae/es10/bound_package.h"
#include "ipae/es9/binding.h"
#include "ipae/es9/package_body.h"
#include "tests/fuzz/require.h"

using namespace simurgh;
using namespace simurgh::ipae;

namespace {

struct Loading final : OctetSink {
  bool take(ByteView octets) override {
    append(package, octets);
    if (!reader.feed(octets)) return false;
    while (auto command = reader.next()) {
      FUZZ_REQUIRE(reader.metadata_complete());
      append(commands, *command);
    }
    return true;
  }
  Bytes package, commands;
  BoundPackageReader reader;
};

struct Outcome {
  bool whole = false;
  Bytes answer, package, commands;
  bool operator==(const Outcome&) const = default;
};

Outcome receive(PackageBody::Form form, ByteView body, std::size_t piece) {
  Loading loading;
  PackageBody reader(form, loading);
  bool taken = true;
  while (taken && !body.empty()) {
    const ByteView now = body.first(std::min(piece, body.size()));
    taken = reader.take(now);
    body = body.subspan(now.size());
  }
  const auto answer = reader.end();
  if (!taken || !answer) return {};
  FUZZ_REQUIRE(answer->size() <= PackageBody::kMost + 16);
  const auto last = loading.reader.end();
  if (last) append(loading.commands, *last);
  if (last) FUZZ_REQUIRE(loading.commands == loading.package);
  // Whoever judges the answer must stand whatever is kept.
  if (form == PackageBody::Form::json) (void)json_binding().bound_profile_package(*answer);
  if (form == PackageBody::Form::es9_asn1) (void)asn1_binding().bound_profile_package(*answer);
  return {true, *answer, loading.package, loading.commands};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const Bytes body(data + 1, data + size);
  const auto form = static_cast<PackageBody::Form>(data[0] % 3);
  FUZZ_REQUIRE(receive(form, body, body.size() + 1) == receive(form, body, std::size_t{data[0]} / 3 % 32 + 1));
  return 0;
}
