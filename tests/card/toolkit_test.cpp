// Native toolkit applications on a whole card, by APDU.
#include "euicc/card/applets.h"
#include "euicc/toolkit/comprehension.h"
#include "tests/card/bench_card.h"
#include "tools/perso_upp/upp_builder.h"

using namespace simurgh;
using namespace simurgh::test;
using namespace simurgh::toolkit;
using namespace simurgh::literals;

namespace {

bench::Desk& desk() {
  static bench::Desk shared;
  return shared;
}

const Bytes kPackage = "A0000000020102"_hex, kClass = "A000000002010201"_hex, kInstance = "A000000002010202"_hex;
const std::string kFullProfile = "8010000028" + std::string(80, 'F');

// A package whose profile carries an instance of the class.
std::string order_with_application(const std::string& iccid) {
  perso::ProfileRecipe recipe = perso::default_recipe(iccid, "001010000000001", Bytes(16, 1), Bytes(16, 2));
  perso::ApplicationRecipe application;
  application.package_aid = kPackage;
  application.code = "00"_hex;
  perso::InstanceRecipe instance;
  instance.class_aid = kClass;
  instance.aid = kInstance;
  application.instances.push_back(instance);
  recipe.applications.push_back(application);
  return desk().order(iccid, {}, perso::build_profile(recipe));
}

// On each location event: counts in EF.PL and says so.
class Counter final : public Application {
 public:
  explicit Counter(card::CardServices services) : services_(std::move(services)) {}
  [[nodiscard]] const char* name() const noexcept override { return "counter"; }
  Task<> run(Session& cat) override {
    cat.subscribe({Event::location_status});
    for (;;) {
      (void)co_await cat.next();
      const auto found = services_.uicc.tree().child(uicc::kMf, 0x2F05);
      Bytes body = to_bytes(services_.uicc.body(found, services_.txn));
      ++body[0];
      services_.uicc.set_body(found, std::move(body), services_.txn);
      (void)co_await cat.command(display_text("moved"));
    }
  }

 private:
  card::CardServices services_;
};

// Asks the ISD-R for the EID and says it.
class EidTeller final : public Application {
 public:
  explicit EidTeller(card::CardServices services) : services_(std::move(services)) {}
  [[nodiscard]] const char* name() const noexcept override { return "eid"; }
  Task<> run(Session& cat) override {
    const auto answer = services_.es10("BF3E035C015A"_hex);
    const std::string eid = answer ? to_hex(answer->data).substr(10) : "none";
    (void)co_await cat.command(display_text(eid));
  }

 private:
  card::CardServices services_;
};

card::Applets counter() {
  card::Applets out;
  out.add({.class_aid = kClass, .name = "counter", .make = [](const card::CardServices& services, const gp::Application* instance) {
             CHECK(instance != nullptr);
             return std::make_unique<Counter>(services);
           }});
  return out;
}

const std::string kMoved = "80C200000CD60A990103820282819B0102";

}  // namespace

TEST_CASE("A package's instance of a native class runs from TERMINAL PROFILE on", "[toolkit]") {
  const card::Applets applets = counter();
  BenchCard bench(desk(), {}, false, &applets);
  REQUIRE(bench::installed(bench.lpa.download(desk(), order_with_application(kIccid1))));
  bench.es10(enable(kIccid1));
  CHECK(bench.raw(kMoved) == "9000");  // nobody listens before TERMINAL PROFILE
  REQUIRE(bench.raw(kFullProfile) == "910E");
  CHECK(bench.raw("801200000E") == "D00C8103010500820281829901039000");
  CHECK(bench.raw("801400000C810301050082028281830100") == "9000");
  CHECK(bench.raw(kMoved) == "9113");
  CHECK(bench.raw("8012000013") == "D0118103022100820281028D06046D6F7665649000");
}

TEST_CASE("An application's change and its wake-up commit together or not at all", "[toolkit]") {
  const card::Applets applets = counter();
  BenchCard bench(desk(), {}, false, &applets);
  REQUIRE(bench::installed(bench.lpa.download(desk(), order_with_application(kIccid1))));
  bench.es10(enable(kIccid1));
  bench.raw(kFullProfile);
  const std::string list = bench.raw("801200000E");
  REQUIRE(list == "D00C8103010500820281829901039000");
  REQUIRE(bench.raw("801400000C810301050082028281830100") == "9000");
  const auto count = [&] {
    REQUIRE(bench.raw("00A4080C022F05").substr(0, 2) != "6A");
    return bench.raw("00B0000001").substr(0, 2);
  };
  const std::string zero = count();
  bench.store.fail_after(0);
  CHECK(bench.raw(kMoved) == "6581");
  CHECK(count() == zero);
  // The card has fallen back to before TERMINAL PROFILE; the terminal starts it again.
  bench.raw(kFullProfile);
  bench.raw("801200000E");
  bench.raw("801400000C810301050082028281830100");
  CHECK(bench.raw(kMoved).starts_with("91"));
  CHECK(count() != zero);
}

TEST_CASE("With its profile disabled an application is gone, and back when it is enabled", "[toolkit]") {
  const card::Applets applets = counter();
  BenchCard bench(desk(), {}, false, &applets);
  REQUIRE(bench::installed(bench.lpa.download(desk(), order_with_application(kIccid1))));
  CHECK(bench.raw(kFullProfile) == "9000");
  bench.es10(enable(kIccid1));
  CHECK(bench.lpa.last_status() == 0x910E);
  bench.raw("801200000E");
  bench.raw("801400000C810301050082028281830100");
  bench.es10(disable(kIccid1));
  CHECK(bench.lpa.last_status() == 0x910D);  // the empty event list
  CHECK(bench.raw("801200000D") == "D00B81030205008202818299009000");
}

TEST_CASE("An application of the card speaks ES10 and needs no profile", "[toolkit]") {
  card::Applets applets;
  applets.add({.class_aid = {}, .name = "eid", .make = [](const card::CardServices& services, const gp::Application* instance) {
                 CHECK(instance == nullptr);
                 return std::make_unique<EidTeller>(services);
               }});
  BenchCard bench(desk(), {}, false, &applets);
  const std::string eid = bench.es10("BF3E035C015A").substr(10);
  const std::string announced = bench.raw(kFullProfile);
  REQUIRE(announced.starts_with("91"));
  const std::string fetched = bench.raw("80120000" + announced.substr(2));
  CHECK(fetched.find(to_hex(text_view(eid))) != std::string::npos);
}

TEST_CASE("An instance of a class nobody provides is kept and does nothing", "[toolkit]") {
  BenchCard bench(desk());
  REQUIRE(bench::installed(bench.lpa.download(desk(), order_with_application(kIccid1))));
  bench.es10(enable(kIccid1));
  CHECK(bench.raw(kFullProfile) == "9000");
}
