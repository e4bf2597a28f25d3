// Contexts, reader lists, connections, status, attributes.
#include <PCSC/reader.h>
#include <sys/stat.h>

#include <cstring>
#include <filesystem>
#include <thread>

#include "tests/support/temp_dir.h"
#include "tests/unit/pcsc/direct_world.h"

using namespace simurgh;
using namespace simurgh::literals;
using namespace simurgh::test;

TEST_CASE("A context lives from establish to release", "[direct]") {
  const World world;
  SCARDCONTEXT context = 0;
  REQUIRE(SCardEstablishContext(SCARD_SCOPE_SYSTEM, nullptr, nullptr, &context) == SCARD_S_SUCCESS);
  CHECK(context > 0);
  CHECK(SCardIsValidContext(context) == SCARD_S_SUCCESS);
  CHECK(SCardReleaseContext(context) == SCARD_S_SUCCESS);
  CHECK(SCardIsValidContext(context) == SCARD_E_INVALID_HANDLE);
  CHECK(SCardReleaseContext(context) == SCARD_E_INVALID_HANDLE);
  CHECK(SCardIsValidContext(0) == SCARD_E_INVALID_HANDLE);
  CHECK(SCardEstablishContext(SCARD_SCOPE_USER, nullptr, nullptr, nullptr) == SCARD_E_INVALID_PARAMETER);
  CHECK(SCardEstablishContext(17, nullptr, nullptr, &context) == SCARD_E_INVALID_VALUE);
}

TEST_CASE("Without a server there is no service", "[direct]") {
  const TempDir folder;
  SCARDCONTEXT context = 1;
  ::setenv(pcsc::direct::kSocketVariable, folder.file("nobody").c_str(), 1);
  CHECK(SCardEstablishContext(SCARD_SCOPE_SYSTEM, nullptr, nullptr, &context) == SCARD_E_NO_SERVICE);
  CHECK(context == 0);
  ::unsetenv(pcsc::direct::kSocketVariable);
  CHECK(SCardEstablishContext(SCARD_SCOPE_SYSTEM, nullptr, nullptr, &context) == SCARD_E_NO_SERVICE);
}

TEST_CASE("The socket is for its user only, and goes with the server", "[direct]") {
  const TempDir folder;
  const std::string path = folder.file("pcsc");
  {
    const pcsc::direct::Server server({path, {}});
    struct stat info {};
    REQUIRE(::stat(path.c_str(), &info) == 0);
    CHECK((info.st_mode & 0777) == 0600);
    CHECK_THROWS_AS(pcsc::direct::Server({path, {}}), std::invalid_argument);
  }
  CHECK_FALSE(std::filesystem::exists(path));
  std::string private_path;
  {
    const pcsc::direct::Server server;
    private_path = server.socket_path();
    CHECK((std::filesystem::status(std::filesystem::path(private_path).parent_path()).permissions() & std::filesystem::perms::all) ==
          std::filesystem::perms::owner_all);
  }
  CHECK_FALSE(std::filesystem::exists(std::filesystem::path(private_path).parent_path()));
  CHECK_THROWS_AS(pcsc::direct::Server({std::string(200, 'x'), {}}), std::invalid_argument);
}

TEST_CASE("A server takes over a socket file that a killed one left", "[direct]") {
  const TempDir folder;
  const std::string path = folder.file("pcsc");
  ChildProgram killed([&] {
    const pcsc::direct::Server server({path, {}});
    return static_cast<int>(::pause());
  });
  killed.start("");
  while (!std::filesystem::exists(path)) std::this_thread::yield();
  killed.kill_and_wait();
  REQUIRE(std::filesystem::exists(path));
  CHECK_NOTHROW(pcsc::direct::Server({path, {}}));
}

TEST_CASE("Readers are listed in the three ways of winscard", "[direct]") {
  const World world;
  const ContextOwner context;
  const std::string expected = std::string(kReaderA) + '\0' + kReaderB + '\0' + '\0';
  DWORD length = 0;
  CHECK(SCardListReaders(context, nullptr, nullptr, &length) == SCARD_S_SUCCESS);
  CHECK(length == expected.size());
  std::string names(length, 'x');
  length -= 1;
  CHECK(SCardListReaders(context, nullptr, names.data(), &length) == SCARD_E_INSUFFICIENT_BUFFER);
  CHECK(length == expected.size());
  CHECK(SCardListReaders(context, nullptr, names.data(), &length) == SCARD_S_SUCCESS);
  CHECK(names == expected);
  char* allocated = nullptr;
  length = SCARD_AUTOALLOCATE;
  REQUIRE(SCardListReaders(context, nullptr, reinterpret_cast<LPSTR>(&allocated), &length) == SCARD_S_SUCCESS);
  CHECK(std::string(allocated, length) == expected);
  CHECK(SCardFreeMemory(context, allocated) == SCARD_S_SUCCESS);
  CHECK(SCardFreeMemory(0, nullptr) == SCARD_E_INVALID_HANDLE);
  length = SCARD_AUTOALLOCATE;
  CHECK(SCardListReaders(context, nullptr, nullptr, &length) == SCARD_E_INVALID_PARAMETER);
  CHECK(SCardListReaders(context, nullptr, nullptr, nullptr) == SCARD_E_INVALID_PARAMETER);
  CHECK(SCardListReaders(0, nullptr, nullptr, &length) == SCARD_E_INVALID_HANDLE);

  world.server->remove_reader(world.a);
  world.server->remove_reader(world.b);
  CHECK(SCardListReaders(context, nullptr, nullptr, &length) == SCARD_E_NO_READERS_AVAILABLE);
}

TEST_CASE("There is one reader group", "[direct]") {
  const World world;
  const ContextOwner context;
  char groups[64] = {};
  DWORD length = 0;
  CHECK(SCardListReaderGroups(context, nullptr, &length) == SCARD_S_SUCCESS);
  CHECK(length == 22);
  length = 21;
  CHECK(SCardListReaderGroups(context, groups, &length) == SCARD_E_INSUFFICIENT_BUFFER);
  CHECK(SCardListReaderGroups(context, groups, &length) == SCARD_S_SUCCESS);
  CHECK(std::string(groups, length) == std::string("SCard$DefaultReaders\0\0", 22));
  CHECK(SCardListReaderGroups(context, groups, nullptr) == SCARD_E_INVALID_PARAMETER);
  CHECK(SCardListReaderGroups(0, groups, &length) == SCARD_E_INVALID_HANDLE);
}

TEST_CASE("Readers are refused that PC/SC programs could not name", "[direct]") {
  World world;
  CHECK_THROWS_AS(world.server->add_empty_reader(""), std::invalid_argument);
  CHECK_THROWS_AS(world.server->add_empty_reader(kReaderA), std::invalid_argument);
  CHECK_THROWS_AS(world.server->add_empty_reader(std::string(128, 'r')), std::invalid_argument);
  CHECK_THROWS_AS(world.server->insert_card(world.a, world.card_b), std::invalid_argument);
  CHECK_THROWS_AS(world.server->insert_card(99, world.card_b), std::invalid_argument);
  for (int i = 2; i < 16; ++i) world.server->add_empty_reader("reader " + std::to_string(i));
  CHECK_THROWS_AS(world.server->add_empty_reader("one more"), std::invalid_argument);
}

TEST_CASE("Connecting says what is wrong", "[direct]") {
  const World world;
  world.server->add_empty_reader("empty");
  const ContextOwner context;
  SCARDHANDLE card = 1;
  DWORD protocol = 0;
  CHECK(SCardConnect(context, kReaderA, SCARD_SHARE_SHARED, kAnyProtocol, nullptr, &protocol) == SCARD_E_INVALID_PARAMETER);
  CHECK(SCardConnect(context, kReaderA, SCARD_SHARE_SHARED, kAnyProtocol, &card, nullptr) == SCARD_E_INVALID_PARAMETER);
  CHECK(SCardConnect(context, nullptr, SCARD_SHARE_SHARED, kAnyProtocol, &card, &protocol) == SCARD_E_UNKNOWN_READER);
  CHECK(card == 0);
  CHECK(connect(context, "nowhere").result == SCARD_E_UNKNOWN_READER);
  CHECK(connect(context, std::string(200, 'r').c_str()).result == SCARD_E_INVALID_VALUE);
  CHECK(connect(0).result == SCARD_E_INVALID_HANDLE);
  CHECK(connect(context, "empty").result == SCARD_E_NO_SMARTCARD);
  CHECK(connect(context, kReaderA, SCARD_SHARE_SHARED, 0).result == SCARD_E_PROTO_MISMATCH);
  CHECK(connect(context, kReaderA, SCARD_SHARE_SHARED, SCARD_PROTOCOL_T1).result == SCARD_E_PROTO_MISMATCH);
  CHECK(connect(context, kReaderA, 9).result == SCARD_E_INVALID_VALUE);
  CHECK(connect(context, "empty", SCARD_SHARE_DIRECT, 0).result == SCARD_S_SUCCESS);
}

TEST_CASE("The protocol is one that both the card and the program accept", "[direct]") {
  FakeSlot both({0x3B, 0x80, 0x80, 0x01, 0x01}), t1({0x3B, 0x80, 0x01, 0x81});
  const World world;
  world.server->add_reader("both", both);
  world.server->add_reader("t1", t1);
  const ContextOwner context;
  CHECK(connect(context, kReaderA).protocol == SCARD_PROTOCOL_T0);
  CHECK(connect(context, kReaderA, SCARD_SHARE_SHARED, SCARD_PROTOCOL_T0).protocol == SCARD_PROTOCOL_T0);
  CHECK(connect(context, "t1").protocol == SCARD_PROTOCOL_T1);
  CHECK(connect(context, "t1", SCARD_SHARE_SHARED, SCARD_PROTOCOL_T0).result == SCARD_E_PROTO_MISMATCH);
  const Connected first = connect(context, "both");
  CHECK(first.protocol == SCARD_PROTOCOL_T1);
  CHECK(connect(context, "both", SCARD_SHARE_SHARED, SCARD_PROTOCOL_T0).result == SCARD_E_PROTO_MISMATCH);
  CHECK(SCardDisconnect(first.card, SCARD_RESET_CARD) == SCARD_S_SUCCESS);
  const Connected second = connect(context, "both", SCARD_SHARE_SHARED, SCARD_PROTOCOL_T0);
  CHECK(second.protocol == SCARD_PROTOCOL_T0);
  CHECK(SCardDisconnect(second.card, SCARD_LEAVE_CARD) == SCARD_S_SUCCESS);
  CHECK(connect(context, "both", SCARD_SHARE_SHARED, SCARD_PROTOCOL_RAW).protocol == SCARD_PROTOCOL_RAW);
}

TEST_CASE("A handle of another process or of the past is no handle", "[direct]") {
  const World world;
  const ContextOwner context;
  const Connected connected = connect(context);
  CHECK(SCardDisconnect(connected.card, SCARD_LEAVE_CARD) == SCARD_S_SUCCESS);
  DWORD number = 0;
  Bytes buffer(8);
  for (const SCARDHANDLE card : {connected.card, SCARDHANDLE{0}, SCARDHANDLE{12345}}) {
    CHECK(SCardDisconnect(card, SCARD_LEAVE_CARD) == SCARD_E_INVALID_HANDLE);
    CHECK(SCardReconnect(card, SCARD_SHARE_SHARED, kAnyProtocol, SCARD_LEAVE_CARD, &number) == SCARD_E_INVALID_HANDLE);
    CHECK(SCardBeginTransaction(card) == SCARD_E_INVALID_HANDLE);
    CHECK(SCardEndTransaction(card, SCARD_LEAVE_CARD) == SCARD_E_INVALID_HANDLE);
    CHECK(status(card) == SCARD_E_INVALID_HANDLE);
    CHECK(transmit(card, "00A40000"_hex) == SCARD_E_INVALID_HANDLE);
    CHECK(SCardControl(card, 0, nullptr, 0, nullptr, 0, &number) == SCARD_E_INVALID_HANDLE);
    number = buffer.size();
    CHECK(SCardGetAttrib(card, SCARD_ATTR_ATR_STRING, buffer.data(), &number) == SCARD_E_INVALID_HANDLE);
    CHECK(SCardSetAttrib(card, SCARD_ATTR_ATR_STRING, buffer.data(), 1) == SCARD_E_INVALID_HANDLE);
  }
}

TEST_CASE("Status tells name, state, protocol and ATR in the three ways of winscard", "[direct]") {
  const World world;
  const ContextOwner context;
  const SCARDHANDLE card = connect(context).card;
  char name[64];
  Bytes atr(33);
  DWORD name_length = sizeof name, atr_length = atr.size(), state = 0, protocol = 0;
  REQUIRE(SCardStatus(card, name, &name_length, &state, &protocol, atr.data(), &atr_length) == SCARD_S_SUCCESS);
  CHECK(std::string(name) == kReaderA);
  CHECK(name_length == std::strlen(kReaderA) + 1);
  CHECK(state == (SCARD_PRESENT | SCARD_POWERED | SCARD_NEGOTIABLE));
  CHECK(protocol == SCARD_PROTOCOL_T0);
  CHECK(equal(ByteView(atr).first(atr_length), "3B810055"_hex));

  name_length = atr_length = 0;
  CHECK(SCardStatus(card, nullptr, &name_length, nullptr, nullptr, nullptr, &atr_length) == SCARD_S_SUCCESS);
  CHECK(name_length == std::strlen(kReaderA) + 1);
  CHECK(atr_length == 4);
  name_length = 3;
  CHECK(SCardStatus(card, name, &name_length, &state, nullptr, nullptr, nullptr) == SCARD_E_INSUFFICIENT_BUFFER);
  CHECK(name_length == std::strlen(kReaderA) + 1);
  CHECK(state != 0);
  atr_length = 3;
  CHECK(SCardStatus(card, nullptr, nullptr, nullptr, nullptr, atr.data(), &atr_length) == SCARD_E_INSUFFICIENT_BUFFER);
  CHECK(atr_length == 4);

  char* allocated_name = nullptr;
  BYTE* allocated_atr = nullptr;
  name_length = atr_length = SCARD_AUTOALLOCATE;
  REQUIRE(SCardStatus(card, reinterpret_cast<LPSTR>(&allocated_name), &name_length, nullptr, nullptr,
                      reinterpret_cast<LPBYTE>(&allocated_atr), &atr_length) == SCARD_S_SUCCESS);
  CHECK(std::string(allocated_name) == kReaderA);
  CHECK(equal({allocated_atr, atr_length}, "3B810055"_hex));
  SCardFreeMemory(context, allocated_name);
  SCardFreeMemory(context, allocated_atr);
}

TEST_CASE("Attributes describe reader and card", "[direct]") {
  const World world;
  world.server->add_empty_reader("empty");
  const ContextOwner context;
  const SCARDHANDLE card = connect(context).card;
  const auto get = [](SCARDHANDLE handle, DWORD id) {
    Bytes value(256);
    DWORD length = value.size();
    const LONG result = SCardGetAttrib(handle, id, value.data(), &length);
    value.resize(result == SCARD_S_SUCCESS ? length : 0);
    return value;
  };
  CHECK(get(card, SCARD_ATTR_ATR_STRING) == "3B810055"_hex);
  CHECK(to_text(get(card, SCARD_ATTR_VENDOR_NAME)) == std::string("Simurgh", 8));
  CHECK(to_text(get(card, SCARD_ATTR_DEVICE_FRIENDLY_NAME)) == std::string(kReaderA) + '\0');
  CHECK(to_text(get(card, SCARD_ATTR_DEVICE_SYSTEM_NAME)) == std::string(kReaderA) + '\0');
  CHECK(get(card, SCARD_ATTR_CHANNEL_ID).size() == 4);
  CHECK(get(card, SCARD_ATTR_ICC_PRESENCE) == "02"_hex);
  CHECK(get(card, SCARD_ATTR_ICC_INTERFACE_STATUS) == "01"_hex);
  CHECK(get(card, SCARD_ATTR_CURRENT_PROTOCOL_TYPE) == "01000000"_hex);

  Bytes value(4);
  DWORD length = 0;
  CHECK(SCardGetAttrib(card, SCARD_ATTR_ATR_STRING, nullptr, &length) == SCARD_S_SUCCESS);
  CHECK(length == 4);
  length = 3;
  CHECK(SCardGetAttrib(card, SCARD_ATTR_ATR_STRING, value.data(), &length) == SCARD_E_INSUFFICIENT_BUFFER);
  CHECK(length == 4);
  CHECK(SCardGetAttrib(card, SCARD_ATTR_ATR_STRING, value.data(), nullptr) == SCARD_E_INVALID_PARAMETER);
  CHECK(SCardGetAttrib(card, 0x12345678, value.data(), &length) == SCARD_E_UNSUPPORTED_FEATURE);
  CHECK(SCardSetAttrib(card, SCARD_ATTR_ATR_STRING, value.data(), 4) == SCARD_E_UNSUPPORTED_FEATURE);
  CHECK(SCardSetAttrib(card, SCARD_ATTR_ATR_STRING, nullptr, 4) == SCARD_E_INVALID_PARAMETER);

  const SCARDHANDLE empty = connect(context, "empty", SCARD_SHARE_DIRECT, 0).card;
  CHECK(get(empty, SCARD_ATTR_ICC_PRESENCE) == "00"_hex);
  CHECK(get(empty, SCARD_ATTR_ATR_STRING).empty());
}

TEST_CASE("The feature list leads to the property that extended APDUs pass", "[direct]") {
  const World world;
  const ContextOwner context;
  const SCARDHANDLE card = connect(context, kReaderA, SCARD_SHARE_DIRECT, 0).card;
  Bytes list(64);
  DWORD length = 0;
  REQUIRE(SCardControl(card, CM_IOCTL_GET_FEATURE_REQUEST, nullptr, 0, list.data(), list.size(), &length) == SCARD_S_SUCCESS);
  REQUIRE(length == 6);
  CHECK(list[0] == FEATURE_GET_TLV_PROPERTIES);
  CHECK(list[1] == 4);
  const auto code = static_cast<DWORD>(be_value(ByteView(list).subspan(2, 4)));
  REQUIRE(SCardControl(card, code, nullptr, 0, list.data(), list.size(), &length) == SCARD_S_SUCCESS);
  CHECK(equal(ByteView(list).first(length), "0A0400000100"_hex));
  CHECK(SCardControl(card, code, nullptr, 0, list.data(), 5, &length) == SCARD_E_INSUFFICIENT_BUFFER);
  CHECK(length == 6);
  CHECK(SCardControl(card, code, nullptr, 0, nullptr, 0, nullptr) == SCARD_E_INSUFFICIENT_BUFFER);
  CHECK(SCardControl(card, SCARD_CTL_CODE(1), list.data(), 5, list.data(), list.size(), &length) == SCARD_E_UNSUPPORTED_FEATURE);
  CHECK(length == 0);
}

TEST_CASE("Every error code has words, unknown ones their number", "[direct]") {
  CHECK(std::string(pcsc_stringify_error(SCARD_W_REMOVED_CARD)) == "The card was removed.");
  CHECK(std::string(pcsc_stringify_error(0x1234)) == "Unknown error: 0x00001234");
  CHECK(std::string(pcsc_stringify_error(static_cast<LONG>(0xFFFFFFFF80100069))) == "The card was removed.");
}
