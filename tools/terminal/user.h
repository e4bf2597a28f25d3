// The person at the terminal: a real one at a console, or answers given in advance.
#pragma once

#include <cstdint>
#include <deque>
#include <iosfwd>
#include <string>
#include <vector>

namespace simurgh::terminal {

// What the person did, as TERMINAL RESPONSE tells it (TS 102 223 8.12).
enum class UserAct : std::uint8_t { done = 0x00, end_session = 0x10, back = 0x11, no_response = 0x12, help = 0x13, screen_busy = 0x20, refused = 0x22 };

struct UserReply {
  UserAct act = UserAct::done;
  std::string text = {};   // UTF-8: a key, a line
  std::uint8_t item = 0;   // identifier of the chosen item
};

struct MenuItem {
  std::uint8_t id = 0;
  std::string text;
};

class User {
 public:
  virtual ~User() = default;
  // `wait`: until the person clears the text.
  [[nodiscard]] virtual UserReply show(const std::string& text, bool wait) = 0;
  // `yes_no`: the reply's text is "y" or "n".
  [[nodiscard]] virtual UserReply key(const std::string& text, bool yes_no) = 0;
  [[nodiscard]] virtual UserReply line(const std::string& text, std::size_t least, std::size_t most, const std::string& proposal) = 0;
  [[nodiscard]] virtual UserReply choose(const std::string& title, const std::vector<MenuItem>& items, std::uint8_t proposal) = 0;
  // A call or a channel the card wants to open; an empty question is answered with yes.
  [[nodiscard]] virtual UserReply confirm(const std::string& question) = 0;
};

// One word per question: ok, back, end, none, help, busy, no, item:2, or text:HELLO. When the words have run out, texts are read, questions
// without an answer time out and confirmations are given.
class ScriptedUser final : public User {
 public:
  explicit ScriptedUser(std::vector<std::string> words = {}) : words_(words.begin(), words.end()) {}
  // Nothing: the word is one of those.
  [[nodiscard]] static bool understands(const std::string& word);
  [[nodiscard]] UserReply show(const std::string& text, bool wait) override;
  [[nodiscard]] UserReply key(const std::string& text, bool yes_no) override;
  [[nodiscard]] UserReply line(const std::string& text, std::size_t least, std::size_t most, const std::string& proposal) override;
  [[nodiscard]] UserReply choose(const std::string& title, const std::vector<MenuItem>& items, std::uint8_t proposal) override;
  [[nodiscard]] UserReply confirm(const std::string& question) override;

 private:
  [[nodiscard]] UserReply next(UserReply otherwise);

  std::deque<std::string> words_;
};

// Questions on one stream, answers line by line from another; the same words work, anything else is the text.
class ConsoleUser final : public User {
 public:
  ConsoleUser(std::istream& in, std::ostream& out) : in_(in), out_(out) {}
  [[nodiscard]] UserReply show(const std::string& text, bool wait) override;
  [[nodiscard]] UserReply key(const std::string& text, bool yes_no) override;
  [[nodiscard]] UserReply line(const std::string& text, std::size_t least, std::size_t most, const std::string& proposal) override;
  [[nodiscard]] UserReply choose(const std::string& title, const std::vector<MenuItem>& items, std::uint8_t proposal) override;
  [[nodiscard]] UserReply confirm(const std::string& question) override;

 private:
  [[nodiscard]] UserReply ask(const std::string& prompt);

  std::istream& in_;
  std::ostream& out_;
};

}  // namespace simurgh::terminal
