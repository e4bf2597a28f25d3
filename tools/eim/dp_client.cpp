#include "tools/eim/dp_client.h"

#include "ipae/es9/client.h"

namespace simurgh::eim {
namespace {

constexpr ipae::SocketLimits kLimits{.connect = std::chrono::milliseconds(10000), .idle = std::chrono::milliseconds(30000)};

// One connection a call: a session's steps come minutes apart, from different devices at once.
template <typename Call>
auto with_client(const ipae::TlsTrust& trust, bool asn1, const std::string& address, Call call)
    -> decltype(call(std::declval<ipae::Es9Client&>())) {
  const auto server = ipae::ServerAddress::parse(address);
  if (!server) return std::unexpected(ipae::not_understood("'" + address + "' is no address of an SM-DP+"));
  ipae::SocketNet sockets(kLimits);
  ipae::TlsNet net(sockets, trust);
  ipae::Es9Options options;
  options.asn1 = asn1;
  options.user_agent = "gsma-rsp-eim";
  ipae::Es9Client client(net, *server, options);
  return call(client);
}

}  // namespace

ipae::Es9Result<ipae::InitiateAuthenticationOk> DpClient::initiate_authentication(const std::string& address, ByteView challenge, ByteView euicc_info1) {
  return with_client(trust_, asn1_, address, [&](ipae::Es9Client& c) { return ipae::run_now(c.initiate_authentication(to_bytes(challenge), to_bytes(euicc_info1))); });
}

ipae::Es9Result<ipae::AuthenticateClientOk> DpClient::authenticate_client(const std::string& address, ByteView transaction_id, ByteView response) {
  return with_client(trust_, asn1_, address, [&](ipae::Es9Client& c) { return ipae::run_now(c.authenticate_client(to_bytes(transaction_id), to_bytes(response))); });
}

ipae::Es9Result<Bytes> DpClient::get_bound_profile_package(const std::string& address, ByteView transaction_id, ByteView response) {
  // The eIM keeps the package until the device asks for it, perhaps again.
  class Whole final : public ipae::OctetSink {
   public:
    bool take(ByteView octets) override {
      append(package, octets);
      return true;
    }
    Bytes package;
  } whole;
  const auto taken = with_client(trust_, asn1_, address, [&](ipae::Es9Client& c) {
    return ipae::run_now(c.get_bound_profile_package(to_bytes(transaction_id), to_bytes(response), whole));
  });
  if (!taken) return std::unexpected(taken.error());
  if (!asn1::read_only(whole.package, 0xBF36)) return std::unexpected(ipae::not_understood("its package is no BF36"));
  return std::move(whole.package);
}

ipae::Es9Result<void> DpClient::cancel_session(const std::string& address, ByteView transaction_id, ByteView response) {
  return with_client(trust_, asn1_, address, [&](ipae::Es9Client& c) { return ipae::run_now(c.cancel_session(to_bytes(transaction_id), to_bytes(response))); });
}

ipae::Es9Result<void> DpClient::handle_notification(const std::string& address, ByteView pending_notification) {
  return with_client(trust_, asn1_, address, [&](ipae::Es9Client& c) { return ipae::run_now(c.handle_notification(to_bytes(pending_notification))); });
}

}  // namespace simurgh::eim
