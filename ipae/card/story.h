// One run of the assistant, from TERMINAL PROFILE to the next reset.
#pragma once

#include "euicc/card/platform.h"
#include "ipae/card/assistant.h"

namespace simurgh::ipae {

class Story {
 public:
  Story(const card::CardServices& services, const AssistantPolicy& policy, const MakeErrands& errands, toolkit::Session& cat);
  Task<> run();

 private:
  // story_boot.cpp: the device and its surroundings
  Task<> meet_the_terminal();
  Task<Bytes> ask(std::uint8_t what, std::uint16_t tag, std::uint8_t& result);
  Task<> look_around();
  void take(const toolkit::Envelope& envelope);

  // Lets time pass, at most so long; ends early when there is a reason to speak.
  Task<> pass(seconds limit);
  void account();
  // True: the profile has been switched.
  Task<bool> visit();
  Task<> after_switch(Bytes before);
  Task<> wait_for_refresh(Bytes before);
  void expect_proof();
  void hold_proof();
  void proven();
  Task<Health> diagnose(std::string host);

  // story_switch.cpp: ways back
  Task<> give_up();
  Task<> fall_back(Health reason);
  Task<> try_return();
  [[nodiscard]] bool may_fall_back() const;

  [[nodiscard]] std::optional<std::uint8_t> es10(ByteView command, std::uint32_t tag);
  [[nodiscard]] Bytes enabled_iccid() const;
  [[nodiscard]] bool on_bootstrap() const;
  [[nodiscard]] Bytes imsi() const { return card::imsi_in_use(services_); }
  // What the identity in use has spent, the visit that is on included.
  [[nodiscard]] Budget used() const;
  [[nodiscard]] bool within_budget() const;
  Task<> let_identity_change();
  [[nodiscard]] PollSituation poll_situation() const;
  [[nodiscard]] std::int64_t wall() const noexcept { return wall_ == 0 ? 0 : wall_ + elapsed_.count(); }
  void note(std::string what);
  void save() { record_.save(services_.txn); }

  const card::CardServices& services_;
  const AssistantPolicy& policy_;
  toolkit::Session& cat_;
  Record record_;
  BipNet net_;
  Traffic counted_;             // of net_, what the record knows already
  std::uint64_t charged_ = 0;   // for the visit that is on
  std::unique_ptr<Errands> errands_;

  seconds start_;               // the session's count at the start of this run
  seconds elapsed_{0};          // since then, as far as it was counted
  std::int64_t wall_ = 0;       // seconds since 1970 at its start; 0: the terminal tells no time
  bool registered_ = false;
  bool service_came_ = false, triggered_ = false;
  std::optional<seconds> last_trigger_;
  Bytes plmn_;
  card::Platform::Hold proof_;
  std::uint32_t device_ = 0;
};

}  // namespace simurgh::ipae
