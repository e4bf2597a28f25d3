#include "ipae/agent/agent.h"

namespace simurgh::ipae {

std::string_view step_name(Step step) {
  switch (step) {
    case Step::read_card:
      return "reading the card";
    case Step::initiate_authentication:
      return "opening a session with the server";
    case Step::authenticate_server:
      return "letting the card check the server";
    case Step::authenticate_client:
      return "letting the server check the card";
    case Step::ask_user:
      return "asking for consent";
    case Step::prepare_download:
      return "preparing the download in the card";
    case Step::get_bound_profile_package:
      return "fetching the profile";
    case Step::load_profile:
      return "installing the profile";
    case Step::notify:
      return "notifying the server";
    case Step::cancel_session:
      return "cancelling the session";
  }
  return "working";
}

AgentError card_error(Step step, const PortError& error) {
  AgentError out;
  out.step = step;
  out.kind = error.sw != 0 ? AgentError::Kind::refused_by_card : AgentError::Kind::card_unreachable;
  out.what = error.what;
  if (error.sw == 0) out.advice = "check that the card is in the reader and that nobody else uses it";
  return out;
}

AgentError server_error(Step step, const Es9Error& error) {
  AgentError out;
  out.step = step;
  switch (error.kind) {
    case Es9Error::Kind::unreachable:
      out.kind = AgentError::Kind::server_unreachable;
      break;
    case Es9Error::Kind::protocol:
      out.kind = AgentError::Kind::bad_answer;
      break;
    case Es9Error::Kind::refused:
      out.kind = AgentError::Kind::refused_by_server;
      break;
  }
  out.what = error.what;
  out.advice = error.advice;
  out.detail = error.detail();
  return out;
}

std::string sentence(const AgentError& error) {
  std::string out = std::string(step_name(error.step)) + " failed: " + error.what;
  if (!error.advice.empty()) out += "; " + error.advice;
  if (!error.also.empty()) out += " (also: " + error.also + ")";
  return out;
}

}  // namespace simurgh::ipae
