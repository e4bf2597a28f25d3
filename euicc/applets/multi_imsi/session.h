// One run of the applet: from TERMINAL PROFILE to the reset. Feeds the machine with what the terminal says and carries out its errands.
#pragma once

#include <deque>
#include <memory>

#include "euicc/applets/multi_imsi/instance.h"
#include "euicc/toolkit/application.h"

namespace simurgh::multi_imsi {

class Run final : public toolkit::Application {
 public:
  Run(card::CardServices services, const gp::Application& application);
  ~Run() override { services_.platform.set_changing(false); }
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;
  [[nodiscard]] const char* name() const noexcept override { return "multi-IMSI"; }
  toolkit::Task<> run(toolkit::Session& cat) override;

 private:
  // ---- with the terminal
  toolkit::Task<> work(toolkit::Session& cat);
  toolkit::Task<> carry_out(toolkit::Session& cat, Errand errand);
  toolkit::Task<> arm(toolkit::Session& cat);
  toolkit::Task<> gather(toolkit::Session& cat);
  toolkit::Task<> ask(toolkit::Session& cat, std::uint8_t what);
  toolkit::Task<> menu(toolkit::Session& cat, std::uint8_t item);
  toolkit::Task<> choose_by_menu(toolkit::Session& cat);
  void subscribe(toolkit::Session& cat);
  void request_refresh(toolkit::Session& cat, std::uint8_t mode);

  // ---- without
  [[nodiscard]] bool woken(const toolkit::Session& cat) const;
  std::vector<Errand> step(const Input& input);
  void take_fact(const card::Fact& fact);
  void take_remote();
  void take_later();
  [[nodiscard]] bool keep_away(uicc::NodeId file);
  void take_ticket();
  void take_time(const toolkit::Session& cat);
  void commit();
  void rollback();
  [[nodiscard]] Gate gate() const;
  [[nodiscard]] std::string info() const;
  [[nodiscard]] bool gate_closed() const { return services_.platform.held() || services_.switch_pending(); }

  card::CardServices services_;
  const gp::Application& application_;
  Instance instance_;
  std::shared_ptr<card::Feed> feed_;
  Terminal terminal_;
  Volatile v_;
  std::deque<Input> inputs_;
  std::shared_ptr<toolkit::Ticket> refresh_;
  bool refresh_fetched_ = false;
  bool closed_ = false;                      // the gate, when it was looked at last
  // Awake seconds: what timers and STATUS commands have told.
  std::uint64_t now_ = 0, started_ = 0, armed_at_ = 0, armed_length_ = 0;
  std::optional<std::uint64_t> armed_for_;
  Bytes fplmn_;                              // as it was last seen
};

}  // namespace simurgh::multi_imsi
