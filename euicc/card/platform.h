// What the applications of one card tell each other and what the card tells them while it is powered. Volatile: a reset empties it, and an
// application that starts again says what it still means.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "asn1/bytes.h"
#include "euicc/uicc/file_tree.h"

namespace simurgh::card {

// Something that happened at the card's interface without the toolkit.
struct Fact {
  enum class Kind : std::uint8_t {
    file_updated,    // the terminal wrote `file`
    imsi_read,       // the terminal read an EF.IMSI
    authenticated,   // AUTHENTICATE succeeded
    sync_failure,    // AUTHENTICATE answered AUTS
    mac_failure,     // AUTHENTICATE refused the MAC
    session_ending,  // STATUS that says an application session ends (TS 102 221 11.1.2)
    remote,          // a remote message has changed the data of this application
    switching,       // a REFRESH for another profile is asked for
    reached,         // the assistant has reached its server over the present subscription
    unreached,       // it has not
  };
  Kind kind{};
  uicc::NodeId file = uicc::kNoNode;
};

// Facts for one application, in order. The card adds to it as long as it lives.
struct Feed {
  static constexpr std::size_t kMost = 64;  // older ones go
  std::deque<Fact> facts;
  [[nodiscard]] std::optional<Fact> take() {
    if (facts.empty()) return std::nullopt;
    const Fact fact = facts.front();
    facts.pop_front();
    return fact;
  }
};

class Platform {
 public:
  // Why the subscription must not be changed now.
  enum class Holding : std::uint8_t {
    session,  // a session with a server is open; may be broken when service is lost anyway
    proving,  // a profile switch waits for its proof and may be rolled back; never broken before `longest` has passed
  };

  // Holds while it lives.
  class Hold {
   public:
    Hold() = default;
    Hold(Hold&& other) noexcept : platform_(std::exchange(other.platform_, nullptr)), number_(other.number_) {}
    Hold& operator=(Hold&& other) noexcept {
      if (this != &other) {
        release();
        platform_ = std::exchange(other.platform_, nullptr);
        number_ = other.number_;
      }
      return *this;
    }
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;
    ~Hold() { release(); }
    void release() noexcept {
      if (platform_ != nullptr) std::exchange(platform_, nullptr)->release(number_);
    }
    [[nodiscard]] explicit operator bool() const noexcept { return platform_ != nullptr; }

   private:
    friend class Platform;
    Hold(Platform& platform, std::uint32_t number) noexcept : platform_(&platform), number_(number) {}
    Platform* platform_ = nullptr;
    std::uint32_t number_ = 0;
  };

  // Nobody changes the subscription, by an identity swap or the like, while the hold lives. `longest` bounds it: who waits counts from the
  // moment it first wanted the change and goes on when that time has passed.
  [[nodiscard]] Hold hold(Holding why, std::chrono::seconds longest) {
    holds_.push_back({++last_hold_, why, longest});
    return Hold(*this, last_hold_);
  }
  [[nodiscard]] bool held() const noexcept { return !holds_.empty(); }
  [[nodiscard]] bool held(Holding why) const noexcept {
    for (const Entry& entry : holds_) {
      if (entry.why == why) return true;
    }
    return false;
  }
  // The longest of the holds of this kind, zero without one.
  [[nodiscard]] std::chrono::seconds longest(Holding why) const noexcept {
    std::chrono::seconds out{0};
    for (const Entry& entry : holds_) {
      if (entry.why == why) out = std::max(out, entry.longest);
    }
    return out;
  }

  // What the application that manages identities knows of service. Absent: there is none, or it knows nothing.
  struct Service {
    bool online = false;         // registered, and stable for its time
    std::uint8_t identity = 0;
    Bytes plmn;                  // 3 octets, empty when not known
    std::uint8_t access = 0xFF;  // TS 102 223 8.61, FF: not known
  };
  void set_service(std::optional<Service> service) {
    service_ = std::move(service);
    ++service_changes_;
  }
  [[nodiscard]] const std::optional<Service>& service() const noexcept { return service_; }
  [[nodiscard]] std::uint32_t service_changes() const noexcept { return service_changes_; }  // a condition to wait for
  // An identity is about to be changed: whoever begins something now would lose it by the REFRESH.
  void set_changing(bool changing) noexcept { changing_ = changing; }
  [[nodiscard]] bool changing() const noexcept { return changing_; }
  // An end-to-end check is wanted: the answer is a fact, reached or unreached.
  void want_check(bool wanted) noexcept { check_wanted_ = wanted; }
  [[nodiscard]] bool check_wanted() const noexcept { return check_wanted_; }

  // ---- facts
  [[nodiscard]] std::shared_ptr<Feed> listen() {
    auto feed = std::make_shared<Feed>();
    std::erase_if(feeds_, [](const auto& known) { return known.expired(); });
    feeds_.push_back(feed);
    return feed;
  }
  [[nodiscard]] bool listened() const noexcept { return !feeds_.empty(); }
  void report(const Fact& fact) {
    for (const auto& known : feeds_) {
      const auto feed = known.lock();
      if (!feed) continue;
      if (feed->facts.size() >= Feed::kMost) feed->facts.pop_front();
      feed->facts.push_back(fact);
    }
  }

  // Holds stay with who took them: applications are stopped before this.
  void reset() noexcept {
    service_.reset();
    service_changes_ = 0;
    check_wanted_ = false;
    changing_ = false;
    std::erase_if(feeds_, [](const auto& known) { return known.expired(); });
  }

 private:
  struct Entry {
    std::uint32_t number;
    Holding why;
    std::chrono::seconds longest;
  };
  void release(std::uint32_t number) noexcept {
    std::erase_if(holds_, [&](const Entry& entry) { return entry.number == number; });
  }

  std::vector<Entry> holds_;
  std::uint32_t last_hold_ = 0;
  std::optional<Service> service_;
  std::uint32_t service_changes_ = 0;
  bool check_wanted_ = false, changing_ = false;
  std::vector<std::weak_ptr<Feed>> feeds_;
};

}  // namespace simurgh::card
