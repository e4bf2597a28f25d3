#include "tools/terminal/user.h"

#include <algorithm>
#include <charconv>
#include <iostream>
#include <optional>

namespace simurgh::terminal {
namespace {

std::optional<std::uint8_t> item_number(const std::string& text) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < 1 || value > 255) return std::nullopt;
  return static_cast<std::uint8_t>(value);
}

std::optional<UserReply> reply_of(const std::string& word) {
  static const std::vector<std::pair<std::string, UserAct>> kWords{
      {"ok", UserAct::done}, {"back", UserAct::back}, {"end", UserAct::end_session}, {"none", UserAct::no_response},
      {"help", UserAct::help}, {"busy", UserAct::screen_busy}, {"no", UserAct::refused}};
  for (const auto& [name, act] : kWords) {
    if (word == name) return UserReply{.act = act};
  }
  if (word.starts_with("text:")) return UserReply{.text = word.substr(5)};
  if (word.starts_with("item:")) {
    if (const auto item = item_number(word.substr(5))) return UserReply{.item = *item};
  }
  return std::nullopt;
}

}  // namespace

bool ScriptedUser::understands(const std::string& word) { return reply_of(word).has_value(); }

UserReply ScriptedUser::next(UserReply otherwise) {
  if (words_.empty()) return otherwise;
  const auto reply = reply_of(words_.front());
  words_.pop_front();
  return reply.value_or(otherwise);
}

UserReply ScriptedUser::show(const std::string&, bool) { return next({}); }
UserReply ScriptedUser::key(const std::string&, bool) { return next({.act = UserAct::no_response}); }
UserReply ScriptedUser::line(const std::string&, std::size_t, std::size_t, const std::string&) { return next({.act = UserAct::no_response}); }
UserReply ScriptedUser::choose(const std::string&, const std::vector<MenuItem>&, std::uint8_t) { return next({.act = UserAct::no_response}); }
UserReply ScriptedUser::confirm(const std::string& question) { return question.empty() ? UserReply{} : next({}); }

UserReply ConsoleUser::ask(const std::string& prompt) {
  out_ << prompt << "\n> " << std::flush;
  std::string line;
  if (!std::getline(in_, line)) return {.act = UserAct::no_response};
  return reply_of(line).value_or(UserReply{.text = line});
}

UserReply ConsoleUser::show(const std::string& text, bool wait) {
  if (wait) return ask(text);
  out_ << text << std::endl;
  return {};
}

UserReply ConsoleUser::key(const std::string& text, bool yes_no) {
  UserReply reply = ask(text + (yes_no ? " (y/n)" : ""));
  // "no" is a word of its own, but here it is an answer.
  if (yes_no && reply.act == UserAct::refused) return {.text = "n"};
  return reply;
}

UserReply ConsoleUser::line(const std::string& text, std::size_t, std::size_t, const std::string& proposal) {
  UserReply reply = ask(text + (proposal.empty() ? "" : " [" + proposal + "]"));
  if (reply.act == UserAct::done && reply.text.empty()) reply.text = proposal;
  return reply;
}

UserReply ConsoleUser::choose(const std::string& title, const std::vector<MenuItem>& items, std::uint8_t proposal) {
  std::string prompt = title;
  for (const MenuItem& item : items) prompt += "\n  " + std::to_string(item.id) + " " + item.text;
  UserReply reply = ask(prompt);
  if (reply.act == UserAct::done && reply.item == 0) reply.item = reply.text.empty() ? proposal : item_number(reply.text).value_or(0);
  if (reply.act == UserAct::done && reply.item == 0) reply.act = UserAct::no_response;
  return reply;
}

UserReply ConsoleUser::confirm(const std::string& question) { return question.empty() ? UserReply{} : ask(question + " (ok/no)"); }

}  // namespace simurgh::terminal
