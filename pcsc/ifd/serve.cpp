#include "pcsc/ifd/serve.h"

#include <sys/socket.h>

#include <cerrno>
#include <optional>

#include "pcsc/ifd/device.h"
#include "pcsc/ifd/session.h"
#include "pcsc/stop_io.h"
#include "pcsc/unix_socket.h"

namespace simurgh::pcsc::ifd {

namespace {

constexpr int kReconnectMilliseconds = 250;

Reachable why_not(int error) { return error == EACCES || error == EPERM ? Reachable::denied : Reachable::absent; }

struct PowerOff {
  CardSlot& slot;
  ~PowerOff() {
    try {
      slot.power_off();
    } catch (...) {  // The exception that ends serve(), if any, says more than a second one from switching off.
    }
  }
};

enum class Ended { stopped, lost, refused };

struct Conversation {
  Ended ended = Ended::lost;
  bool was_seated = false;
  unsigned seat = 0;
  Refusal refusal = Refusal::full;
};

Conversation converse(CardSlot& slot, const Place& place, int socket, int stop_fd, const std::function<void(Change)>& on_change) {
  const PowerOff off{slot};
  Session session(slot);
  Conversation out;
  if (!send_all(socket, Session::hello(slot, place.slot, place.name), stop_fd)) return out;
  Bytes chunk(kMaxFrame);
  for (;;) {
    std::size_t count = 0;
    const Arrival arrival = receive_some(socket, chunk, stop_fd, count);
    if (arrival != Arrival::bytes) {
      if (arrival == Arrival::stopped) out.ended = Ended::stopped;
      return out;
    }
    session.receive(ByteView(chunk).first(count));
    for (bool more = true; more;) {
      const auto answer = session.next();
      if (session.state() == Session::State::seated && !out.was_seated) {
        out.was_seated = true;
        out.seat = session.seat();
        if (on_change) on_change({true, out.seat});
      }
      more = answer.has_value();
      if (more && !send_all(socket, *answer, stop_fd)) return out;
    }
    if (session.state() == Session::State::broken) return out;
    if (session.state() == Session::State::refused) {
      out.ended = Ended::refused;
      out.refusal = session.refusal();
      return out;
    }
  }
}

}  // namespace

Reachable probe(const std::string& path) { return connect_to(path) ? Reachable::yes : why_not(errno); }

std::string advice(Reachable found, const std::string& path) {
  switch (found) {
    case Reachable::absent:
      return "Nobody listens on " + path +
             ". Install simurgh's IFD handler with its reader.conf snippet, start pcscd as root (\"systemctl restart pcscd\" or \"pcscd "
             "-f\"), and "
             "try again.";
    case Reachable::denied:
      return "Only root and the user who runs pcscd may put cards in through " + path + ". Run this as root, or use the vpcd reader.";
    case Reachable::yes:
      break;
  }
  return "The reader behind " + path + " closed the connection. Restart pcscd and try again.";
}

std::string advice(Refusal why, const Place& place) {
  switch (why) {
    case Refusal::full:
      return "Every slot of the reader behind " + place.socket_path +
             " holds a card. Take one out, or give the reader more slots (DEVICENAME in reader.conf, at most 16) and restart pcscd.";
    case Refusal::slot_taken:
      return "Slot " + std::to_string(place.slot) + " holds a card. Take it out, or use another slot.";
    case Refusal::no_such_slot:
      return "The reader behind " + place.socket_path + " has no slot " + std::to_string(place.slot) + ". The first one is 0.";
    case Refusal::not_understood:
      break;
  }
  return "The reader behind " + place.socket_path + " speaks another version. Install the same version of simurgh and of its IFD handler.";
}

void serve(CardSlot& slot, const Place& where, int stop_fd, const std::function<void(Change)>& on_change) {
  Place place = where;
  if (place.socket_path.empty()) place.socket_path = socket_path();
  for (bool was_in = false;;) {
    Conversation talk;
    if (const UniqueFd socket = connect_to(place.socket_path)) {
      talk = converse(slot, place, socket.get(), stop_fd, on_change);
      if (talk.ended == Ended::refused && !was_in) throw Unreachable(advice(talk.refusal, place));
      if (!talk.was_seated && !was_in && talk.ended == Ended::lost) throw Unreachable(advice(Reachable::yes, place.socket_path));
      if (talk.was_seated && on_change) on_change({});
      // A card that comes back wants its old reader, unless another card sits there by now.
      if (talk.was_seated) place.slot = static_cast<std::uint8_t>(talk.seat);
      if (talk.ended == Ended::refused) place.slot = where.slot;
      was_in = was_in || talk.was_seated;
    } else if (!was_in) {
      throw Unreachable(advice(why_not(errno), place.socket_path));
    }
    if (talk.ended == Ended::stopped || wait_or_stop(-1, 0, stop_fd, kReconnectMilliseconds)) return;
  }
}

}  // namespace simurgh::pcsc::ifd
