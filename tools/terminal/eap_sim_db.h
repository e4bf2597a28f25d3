// The authentication centre's side of hostapd's eap_sim_db: text datagrams over a Unix socket, so that a RADIUS server can run EAP-SIM, EAP-AKA
// and EAP-AKA' against the subscribers here.
//
//   SIM-REQ-AUTH <imsi> <count>      -> SIM-RESP-AUTH <imsi> Kc:SRES:RAND ... | FAILURE
//   AKA-REQ-AUTH <imsi>              -> AKA-RESP-AUTH <imsi> <RAND> <AUTN> <IK> <CK> <RES> | FAILURE
//   AKA-AUTS <imsi> <AUTS> <RAND>    no answer
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "tools/terminal/hss.h"

namespace simurgh::terminal {

// The answer to one datagram; empty: none is due. Nothing of what cannot be read has an effect.
[[nodiscard]] std::string eap_sim_db_answer(Hss& network, std::string_view request);

class EapSimDbSocket {
 public:
  // Binds the path, which must not exist; it is removed at the end. Throws std::runtime_error with a sentence.
  explicit EapSimDbSocket(const std::string& path);
  ~EapSimDbSocket();
  EapSimDbSocket(const EapSimDbSocket&) = delete;
  EapSimDbSocket& operator=(const EapSimDbSocket&) = delete;
  // Answers until `stop` becomes readable. `seen` is told every request and its answer without its keys.
  void serve(Hss& network, int stop, const std::function<void(const std::string& line)>& seen);

 private:
  std::string path_;
  int socket_ = -1;
};

}  // namespace simurgh::terminal
