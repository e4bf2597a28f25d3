#include "tools/radio/access.h"

#include <algorithm>
#include <array>

namespace simurgh::radio {
namespace {

using std::chrono::seconds;
using Technology = terminal::AccessTechnology;

struct Row {
  Rat rat;
  std::string_view name;
  Technology technology;
  std::uint16_t access_bit;
  int high_quality;
};
constexpr std::array kRows{
    Row{Rat::gsm, "gsm", Technology::gsm, 0x0080, -85},      Row{Rat::utran, "utran", Technology::utran, 0x8000, -95},
    Row{Rat::lte, "lte", Technology::eutran, 0x4000, -110},  Row{Rat::ltem, "ltem", Technology::eutran, 0x4000, -110},
    Row{Rat::nbiot, "nbiot", Technology::eutran, 0x4000, -120}, Row{Rat::nr, "nr", Technology::ng_ran, 0x0800, -110},
};

const Row& row(Rat rat) noexcept { return kRows[static_cast<std::size_t>(rat)]; }

// clang-format off
//                                up        down      RTT         setup        loss   hidden  tx    rx   wait tail        band scan   attach
constexpr LinkModel kGsm{      20'000,    40'000, Time(800),  seconds(1),  30'000, false, 1800, 350, 150, seconds(5),  seconds(4), seconds(2), seconds(5)};
constexpr LinkModel kUtran{   300'000, 1'000'000, Time(150),  Time(300),    5'000, true,  1500, 500, 250, seconds(8),  seconds(3), seconds(2), seconds(4)};
constexpr LinkModel kLte{   3'000'000, 6'000'000, Time(60),   Time(100),    3'000, true,  1200, 500, 200, seconds(10), seconds(2), seconds(1), seconds(2)};
constexpr LinkModel kLtemA{   150'000,   250'000, Time(150),  Time(200),    5'000, true,   850, 250,  80, seconds(10), seconds(5), seconds(2), seconds(4)};
constexpr LinkModel kLtemB{     5'000,     8'000, seconds(2), seconds(3),  30'000, true,   850, 250,  80, seconds(20), seconds(8), seconds(8), seconds(20)};
constexpr LinkModel kNb0{      20'000,    25'000, Time(1600), Time(1500),  10'000, true,   750, 200,  50, seconds(10), seconds(10), seconds(4), seconds(10)};
constexpr LinkModel kNb1{       3'000,     5'000, seconds(3), seconds(4),  20'000, true,   750, 200,  50, seconds(20), seconds(15), seconds(10), seconds(25)};
constexpr LinkModel kNb2{         400,       800, seconds(8), seconds(15), 50'000, true,   850, 200,  50, seconds(20), seconds(20), seconds(20), seconds(60)};
constexpr LinkModel kNr{    5'000'000, 9'000'000, Time(30),   Time(80),     3'000, true,  1300, 600, 250, seconds(8),  seconds(3), seconds(1), seconds(2)};
// clang-format on

}  // namespace

std::string_view name_of(Rat rat) noexcept { return row(rat).name; }

std::optional<Rat> rat_of(std::string_view name) noexcept {
  const auto at = std::find_if(kRows.begin(), kRows.end(), [&](const Row& one) { return one.name == name; });
  return at == kRows.end() ? std::nullopt : std::optional(at->rat);
}

terminal::AccessTechnology technology_of(Rat rat) noexcept { return row(rat).technology; }
std::uint16_t access_bit_of(Rat rat) noexcept { return row(rat).access_bit; }
int high_quality(Rat rat) noexcept { return row(rat).high_quality; }

std::optional<Time> edrx_cycle(Rat rat, Time wanted) noexcept {
  // Values 0 to F; NB-IoT has those that are powers of two from 20.48 s, GSM none of this table.
  static constexpr std::array<Time, 16> kCycles{Time(5'120),   Time(10'240),  Time(20'480),  Time(40'960),  Time(61'440),    Time(81'920),    Time(102'400),   Time(122'880),
                                                Time(143'360), Time(163'840), Time(327'680), Time(655'360), Time(1'310'720), Time(2'621'440), Time(5'242'880), Time(10'485'760)};
  static constexpr std::uint16_t kNarrow = 0xFE2C;
  if (rat == Rat::gsm || rat == Rat::utran) return std::nullopt;
  for (std::size_t value = kCycles.size(); value-- > 0;) {
    if (rat == Rat::nbiot && (kNarrow >> value & 1) == 0) continue;
    if (kCycles[value] <= wanted) return kCycles[value];
  }
  return std::nullopt;
}

const LinkModel& link_model(Rat rat, unsigned coverage) noexcept {
  switch (rat) {
    case Rat::gsm: return kGsm;
    case Rat::utran: return kUtran;
    case Rat::lte: return kLte;
    case Rat::ltem: return coverage == 0 ? kLtemA : kLtemB;
    case Rat::nbiot: return coverage == 0 ? kNb0 : coverage == 1 ? kNb1 : kNb2;
    case Rat::nr: return kNr;
  }
  return kLte;
}

}  // namespace simurgh::radio
