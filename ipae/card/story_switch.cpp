// Ways back: the rollback of a profile that does not reach an eIM, the fallback from one that has died, the return to it.
#include "ipae/card/story.h"

namespace simurgh::ipae {

namespace {

constexpr std::uint8_t kOk = 0;

// refreshFlag TRUE.
Bytes with_refresh(std::uint16_t tag) { return concat({be_bytes(tag, 2), Bytes{0x03, 0x80, 0x01, 0xFF}}); }

constexpr std::uint16_t kProfileRollback = 0xBF58, kExecuteFallback = 0xBF5D, kReturnFromFallback = 0xBF5E;

const char* words(Health health) {
  switch (health) {
    case Health::unregistered: return "no service";
    case Health::no_data: return "no data connection";
    case Health::no_eim: return "no eIM";
    case Health::healthy: return "nothing wrong";
  }
  return "";
}

Bytes country_of(const Bytes& plmn) {
  if (plmn.size() < 2) return {};
  return {plmn[0], static_cast<std::uint8_t>(plmn[1] & 0x0F)};
}

}  // namespace

bool Story::may_fall_back() const {
  if (record_.fallback || record_.unproven) return false;
  return record_.switches < policy_.fallback.most && (record_.switches == 0 || record_.dwell >= policy_.fallback.dwell);
}

// The new profile has had its time.
Task<> Story::give_up() {
  record_.unproven.reset();
  proof_.release();
  if (record_.fallback && record_.fallback->returning) {
    record_.fallback->returning = false;
    record_.fallback->since = seconds(0);
    ++record_.fallback->returns;
    const Fallback former = *record_.fallback;
    record_.fallback.reset();
    note("the return from fallback reached no eIM");
    co_await fall_back(former.reason);
    if (record_.fallback) {
      record_.fallback->returns = former.returns;
      record_.fallback->country = former.country;
    }
    save();
    co_return;
  }
  const Bytes before = enabled_iccid();
  const auto code = es10(with_refresh(kProfileRollback), kProfileRollback);
  if (code != kOk) {
    constexpr std::uint8_t kNotAllowed = 1;
    note(code == kNotAllowed ? std::string("the new profile reached no eIM in time and may not be rolled back")
                             : "the new profile reached no eIM in time; the card refuses the rollback (" + (code ? std::to_string(*code) : std::string("no answer")) + ")");
    ++record_.failures;
    save();
    co_return;
  }
  note("the new profile reached no eIM in time and is rolled back");
  record_.loss = {};
  save();
  Bytes from = before;
  co_await after_switch(std::move(from));
}

Task<> Story::fall_back(Health reason) {
  const Bytes before = enabled_iccid();
  const auto code = es10(with_refresh(kExecuteFallback), kExecuteFallback);
  record_.loss = {};
  if (code != kOk) {
    note(std::string(words(reason)) + " for too long; the card offers no fallback (" + (code ? std::to_string(*code) : std::string("no answer")) + ")");
    save();
    co_return;
  }
  record_.fallback = Fallback{.reason = reason, .country = country_of(plmn_), .since = seconds(0), .returns = 0, .returning = false};
  ++record_.switches;
  record_.dwell = seconds(0);
  record_.failures = 0;
  record_.idle = seconds(0);
  errands_->state_changed(esipa::StateChangeCause::fallback);
  note(std::string(words(reason)) + " for too long: fallback");
  save();
  Bytes from = before;
  co_await after_switch(std::move(from));
}

// Only where the loss was; elsewhere the eIM decides.
Task<> Story::try_return() {
  Fallback& fallback = *record_.fallback;
  if (!fallback.country.empty() && country_of(plmn_) != fallback.country) {
    fallback.since = seconds(0);
    note("no return from fallback in another country");
    save();
    co_return;
  }
  const Bytes before = enabled_iccid();
  const auto code = es10(with_refresh(kReturnFromFallback), kReturnFromFallback);
  if (code != kOk) {
    note("the card refuses the return from fallback (" + (code ? std::to_string(*code) : std::string("no answer")) + ")");
    record_.fallback.reset();
    save();
    co_return;
  }
  fallback.returning = true;
  record_.unproven = Unproven{.before = before, .after = {}, .left = policy_.fallback.post_switch};
  errands_->state_changed(esipa::StateChangeCause::fallback);
  hold_proof();
  note("the profile before the fallback is tried again");
  save();
  Bytes from = before;
  co_await after_switch(std::move(from));
}

}  // namespace simurgh::ipae
