// What happens to an instance without a running session: its data is taken, a reset commits what is staged, a remote message changes the table.
#pragma once

#include "euicc/applets/multi_imsi/files.h"
#include "euicc/applets/multi_imsi/store.h"

namespace simurgh::multi_imsi {

// An instance with its data, for one APDU.
class Instance {
 public:
  Instance(const card::CardServices& services, const gp::Application& application);

  [[nodiscard]] Store& store() noexcept { return store_; }
  // Null: there is no data.
  [[nodiscard]] std::shared_ptr<const Config> config() { return store_.config(); }

  // Data items of the package and of STORE DATA that were not looked at.
  void take_data(State& state);
  // Written with the card's APDU, and the log with it where the profile has a file for it.
  void save(State& state);
  // A table that has waited comes into force. False: none waits, its time has not come or is not known, or it would leave the terminal at this
  // network without an identity.
  bool take_later(State& state, const Plmn& where);
  // The pending identity's files and key come into force. False: a file does not hold them, the identity is out of use.
  bool commit(const Config& config, State& state, std::uint64_t now);
  // Rows 1 and 2.
  void reset();
  // A table from outside; the reply.
  [[nodiscard]] Bytes remote(const card::RemoteData& data);
  // GET DATA.
  [[nodiscard]] std::optional<Bytes> data(std::uint16_t tag);

 private:
  [[nodiscard]] const char* unfit(const Config& config) const;
  void adopt(const Config& before, Config after, State& state);
  void put_later(Config config, const Request& request, State& state);
  [[nodiscard]] Bytes reply(TableStatus status, std::uint8_t tag, std::size_t records);

  const card::CardServices& services_;
  const gp::Application& application_;
  Store store_;
};

// EF.IMSI of the first USIM, empty without one.

}  // namespace simurgh::multi_imsi
