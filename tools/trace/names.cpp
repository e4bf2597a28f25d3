#include "tools/trace/names.h"

#include <algorithm>
#include <array>

namespace simurgh::trace {
namespace {

struct Row {
  std::uint32_t code;
  std::string_view name;
};

template <std::size_t Size>
std::string_view look_up(const std::array<Row, Size>& rows, std::uint32_t code) noexcept {
  const auto at = std::ranges::find(rows, code, &Row::code);
  return at == rows.end() ? std::string_view{} : at->name;
}

// SGP.22 v2.5 5.5, 5.7; SGP.32 v1.2 2.11, 5.9.
constexpr auto kEs10 = std::to_array<Row>({
    {0x5A, "iccid or eidValue"}, {0x4F, "isdpAid"}, {0x5C, "tagList"}, {0x9F70, "profileState"}, {0x90, "profileNickname"},
    {0x91, "serviceProviderName"}, {0x92, "profileName"}, {0x93, "iconType"}, {0x94, "icon"}, {0x95, "profileClass"},
    {0xB6, "notificationConfigurationInfo"}, {0xB7, "profileOwner"}, {0x99, "profilePolicyRules"}, {0xE3, "ProfileInfo"},
    {0x9F7B, "ecallIndication"}, {0x9F26, "fallbackAttribute"}, {0x9F67, "fallbackAllowed"}, {0x5F37, "signature"},
    {0x5F49, "otPK"}, {0xBF20, "EUICCInfo1"}, {0xBF22, "EUICCInfo2"}, {0xBF23, "InitialiseSecureChannel"}, {0xBF24, "ConfigureISDP"},
    {0xBF25, "StoreMetadata"}, {0xBF26, "ReplaceSessionKeys"}, {0xBF27, "ProfileInstallationResultData"}, {0xBF2A, "UpdateMetadata"},
    {0xBF2F, "NotificationMetadata"}, {0xBF36, "BoundProfilePackage"}, {0xBF37, "ProfileInstallationResult"},
    {0xBF39, "InitiateAuthentication"}, {0xBF3A, "GetBoundProfilePackage"}, {0xBF3B, "AuthenticateClient"}, {0xBF3D, "HandleNotification"},
    {0xBF4E, "TransferEimPackage"}, {0xBF4F, "GetEimPackage"}, {0xBF50, "ProvideEimPackageResult"}, {0xBF51, "EuiccPackage"},
    {0xBF52, "IpaEuiccData"}, {0xBF53, "EimAcknowledgements"}, {0xBF54, "ProfileDownloadTrigger"}, {0xBF55, "GetEimConfigurationData"},
    {0xBF56, "GetCerts"}, {0xBF57, "AddInitialEim"}, {0xBF58, "ProfileRollback"}, {0xBF59, "ConfigureImmediateProfileEnabling"},
    {0xBF5A, "ImmediateEnable"}, {0xBF5B, "EnableEmergencyProfile"}, {0xBF5C, "DisableEmergencyProfile"},
    {0xBF5D, "ExecuteFallbackMechanism"}, {0xBF5E, "ReturnFromFallback"}, {0xBF5F, "GetConnectivityParameters"},
    {0xBF64, "eUICCMemoryReset"}, {0xBF65, "SetDefaultDpAddress"},
});

// TS 102 221 11.1.1.3
constexpr auto kFcp = std::to_array<Row>({
    {0x62, "FCP template"}, {0x80, "file size"}, {0x81, "total file size"}, {0x82, "file descriptor"}, {0x83, "file identifier"},
    {0x84, "DF name (AID)"}, {0x88, "short file identifier"}, {0x8A, "life cycle status"}, {0x8B, "security attributes, referenced"},
    {0x8C, "security attributes, compact"}, {0xAB, "security attributes, expanded"}, {0xA5, "proprietary information"},
    {0xC6, "PIN status template"}, {0x90, "PS_DO"}, {0x95, "usage qualifier"},
});
constexpr auto kProprietary = std::to_array<Row>({
    {0x80, "UICC characteristics"}, {0x81, "application power consumption"}, {0x82, "minimum clock frequency"}, {0x83, "available memory"},
    {0x84, "file details"}, {0x85, "reserved file size"}, {0x86, "maximum file size"}, {0x87, "supported system commands"},
    {0x88, "specific UICC environment"}, {0xC0, "special file information"},
});
// GlobalPlatform 2.3 11, TS 102 226 8.
constexpr auto kGp = std::to_array<Row>({
    {0x6F, "FCI template"}, {0x84, "application AID"}, {0xA5, "proprietary data"}, {0x9F65, "maximum length of data"},
    {0x73, "security domain management data"}, {0x66, "card data"}, {0xE0, "key information"}, {0xC0, "key information data"},
    {0xE1, "ISDRProprietaryApplicationTemplateIoT"}, {0x4F, "AID"}, {0x50, "application label"}, {0x61, "application template"},
    {0xE3, "registry data"}, {0xC5, "privileges"}, {0xC4, "executable load file AID"}, {0xCC, "associated security domain"},
    {0xC9, "install parameters"}, {0xEF, "system parameters"}, {0xEA, "UICC parameters"}, {0xCA, "SIM parameters"},
    {0x42, "IIN"}, {0x45, "CIN"}, {0xC1, "sequence counter"}, {0xFF21, "extended card resources"}, {0xA9, "terminal capability"},
});

constexpr auto kObjects = std::to_array<Row>({
    {0x01, "command details"}, {0x02, "device identities"}, {0x03, "result"}, {0x04, "duration"}, {0x05, "alpha identifier"},
    {0x06, "address"}, {0x07, "capability configuration parameters"}, {0x08, "subaddress"}, {0x09, "SS string"}, {0x0A, "USSD string"},
    {0x0B, "SMS TPDU"}, {0x0C, "cell broadcast page"}, {0x0D, "text string"}, {0x0E, "tone"}, {0x0F, "item"}, {0x10, "item identifier"},
    {0x11, "response length"}, {0x12, "file list"}, {0x13, "location information"}, {0x14, "IMEI"}, {0x15, "help request"},
    {0x16, "network measurement results"}, {0x17, "default text"}, {0x18, "items next action indicator"}, {0x19, "event list"},
    {0x1A, "cause"}, {0x1B, "location status"}, {0x1C, "transaction identifier"}, {0x1D, "BCCH channel list"}, {0x1E, "icon identifier"},
    {0x1F, "item icon identifier list"}, {0x20, "card reader status"}, {0x21, "card ATR"}, {0x22, "C-APDU"}, {0x23, "R-APDU"},
    {0x24, "timer identifier"}, {0x25, "timer value"}, {0x26, "date-time and time zone"}, {0x27, "call control requested action"},
    {0x28, "AT command"}, {0x29, "AT response"}, {0x2B, "immediate response"}, {0x2C, "DTMF string"}, {0x2D, "language"},
    {0x2E, "timing advance"}, {0x2F, "AID"}, {0x30, "browser identity"}, {0x31, "URL"}, {0x32, "bearer"}, {0x33, "provisioning reference file"},
    {0x34, "browser termination cause"}, {0x35, "bearer description"}, {0x36, "channel data"}, {0x37, "channel data length"},
    {0x38, "channel status"}, {0x39, "buffer size"}, {0x3A, "card reader identifier"}, {0x3C, "UICC/terminal interface transport level"},
    {0x3E, "other address"}, {0x3F, "access technology"}, {0x40, "DNS server address"}, {0x47, "network access name"}, {0x49, "remote entity address"},
    {0x50, "text attribute"}, {0x51, "item text attribute list"}, {0x52, "PDP context activation parameters"}, {0x57, "extended rejection cause code"},
    {0x62, "IMEISV"}, {0x63, "battery state"}, {0x64, "browsing status"}, {0x65, "network search mode"}, {0x69, "UTRAN/E-UTRAN measurement qualifier"},
    {0x72, "PLMNwAcT list"}, {0x73, "routing area identification"}, {0x74, "update/attach/registration type"}, {0x75, "rejection cause code"},
    {0x76, "geographical location parameters"}, {0x77, "IMPU list"}, {0x78, "IMS status code"}, {0x79, "PLMN list"},
    {0x7A, "broadcast network information"}, {0x7B, "activate descriptor"}, {0x7C, "EPS PDN connection activation parameters"},
    {0x7D, "tracking area identification"}, {0x7E, "CSG identifier list"},
});

constexpr auto kEnvelopes = std::to_array<Row>({
    {0xD1, "SMS-PP download"}, {0xD2, "cell broadcast download"}, {0xD3, "menu selection"}, {0xD4, "call control"}, {0xD5, "MO short message control"},
    {0xD6, "event download"}, {0xD7, "timer expiration"}, {0xD9, "USSD download"}, {0xDA, "MMS transfer status"}, {0xDB, "MMS notification download"},
    {0xDC, "terminal application"}, {0xDD, "geographical location reporting"}, {0xDE, "envelope container"}, {0xDF, "ProSe report"},
    {0xE4, "eUICC envelope"},
});

constexpr auto kEvents = std::to_array<Row>({
    {0x00, "MT call"}, {0x01, "call connected"}, {0x02, "call disconnected"}, {0x03, "location status"}, {0x04, "user activity"},
    {0x05, "idle screen available"}, {0x06, "card reader status"}, {0x07, "language selection"}, {0x08, "browser termination"},
    {0x09, "data available"}, {0x0A, "channel status"}, {0x0B, "access technology change"}, {0x0C, "display parameters changed"},
    {0x0D, "local connection"}, {0x0E, "network search mode change"}, {0x0F, "browsing status"}, {0x10, "frames information change"},
    {0x11, "WLAN access status"}, {0x12, "network rejection"}, {0x13, "HCI connectivity"}, {0x14, "access technology change (multiple)"},
    {0x15, "CSG cell selection"}, {0x16, "contactless state request"}, {0x17, "IMS registration"}, {0x18, "incoming IMS data"},
    {0x19, "profile container"}, {0x1B, "secured profile container"}, {0x1C, "poll interval negotiation"}, {0x1D, "data connection status change"},
});

constexpr auto kResults = std::to_array<Row>({
    {0x00, "performed"}, {0x01, "performed with partial comprehension"}, {0x02, "performed, with missing information"},
    {0x03, "REFRESH performed with additional EFs read"}, {0x04, "performed, icon not displayed"}, {0x05, "performed, modified by call control"},
    {0x06, "performed, limited service"}, {0x07, "performed with modification"}, {0x08, "REFRESH performed but the NAA was not active"},
    {0x09, "performed, tone not played"}, {0x10, "session ended by the user"}, {0x11, "backward move by the user"}, {0x12, "no response from the user"},
    {0x13, "help requested by the user"}, {0x14, "USSD or SS transaction ended by the user"}, {0x20, "terminal unable to process now"},
    {0x21, "network unable to process now"}, {0x22, "user did not accept"}, {0x23, "user cleared down the call"},
    {0x24, "in contradiction with the timer state"}, {0x25, "temporary problem by call control"}, {0x26, "browser error"}, {0x27, "MMS temporary problem"},
    {0x30, "beyond the terminal's capabilities"}, {0x31, "command type not understood"}, {0x32, "command data not understood"},
    {0x33, "command number not known"}, {0x34, "SS return error"}, {0x35, "SMS RP-ERROR"}, {0x36, "required values are missing"},
    {0x37, "USSD return error"}, {0x38, "MultipleCard error"}, {0x39, "permanent problem by call control"},
    {0x3A, "Bearer Independent Protocol error"}, {0x3B, "access technology unable to process"}, {0x3C, "frames error"}, {0x3D, "MMS error"},
});

constexpr auto kDevices = std::to_array<Row>({
    {0x01, "keypad"}, {0x02, "display"}, {0x03, "earpiece"}, {0x21, "channel 1"}, {0x22, "channel 2"}, {0x23, "channel 3"}, {0x24, "channel 4"},
    {0x25, "channel 5"}, {0x26, "channel 6"}, {0x27, "channel 7"}, {0x81, "UICC"}, {0x82, "terminal"}, {0x83, "network"},
});

constexpr auto kFiles = std::to_array<Row>({
    {0x3F00, "MF"}, {0x2F00, "EF.DIR"}, {0x2F05, "EF.PL"}, {0x2F06, "EF.ARR"}, {0x2F08, "EF.UMPC"}, {0x2FE2, "EF.ICCID"}, {0x7F10, "DF.TELECOM"},
    {0x7F20, "DF.GSM"}, {0x7FFF, "current ADF"}, {0x6F05, "EF.LI"}, {0x6F07, "EF.IMSI"}, {0x6F08, "EF.Keys"}, {0x6F09, "EF.KeysPS"},
    {0x6F38, "EF.UST"}, {0x6F46, "EF.SPN"}, {0x6F56, "EF.EST"}, {0x6F5B, "EF.START-HFN"}, {0x6F62, "EF.HPLMNwAcT"}, {0x6F60, "EF.PLMNwAcT"},
    {0x6F61, "EF.OPLMNwAcT"}, {0x6F73, "EF.PSLOCI"}, {0x6F78, "EF.ACC"}, {0x6F7B, "EF.FPLMN"}, {0x6F7E, "EF.LOCI"}, {0x6FAD, "EF.AD"},
    {0x6FB7, "EF.ECC"}, {0x6FC4, "EF.NETPAR"}, {0x6FE3, "EF.EPSLOCI"}, {0x6FE4, "EF.EPSNSC"}, {0x5FC0, "DF.5GS"}, {0x6F40, "EF.MSISDN"},
    {0x6F42, "EF.SMSP"}, {0x6F3C, "EF.SMS"}, {0x6F3A, "EF.ADN"}, {0x5F3A, "DF.PHONEBOOK"}, {0x6FD9, "EF.EHPLMN"}, {0x6F31, "EF.HPPLMN"},
});

struct AidRow {
  std::array<std::uint8_t, 12> prefix;
  std::size_t size;
  std::string_view name;
};
constexpr auto kAids = std::to_array<AidRow>({
    {{0xA0, 0x00, 0x00, 0x00, 0x87, 0x10, 0x02}, 7, "USIM"},
    {{0xA0, 0x00, 0x00, 0x00, 0x87, 0x10, 0x04}, 7, "ISIM"},
    {{0xA0, 0x00, 0x00, 0x03, 0x43, 0x10, 0x02}, 7, "CSIM"},
    {{0xA0, 0x00, 0x00, 0x05, 0x59, 0x10, 0x10}, 7, "eUICC security domain (ISD-R, ECASD, ISD-P)"},
    {{0xA0, 0x00, 0x00, 0x01, 0x51}, 5, "GlobalPlatform"},
});

}  // namespace

std::string_view tag_name(Inside inside, std::uint32_t tag) noexcept {
  switch (inside) {
    case Inside::es10: return look_up(kEs10, tag);
    case Inside::fcp: return look_up(kFcp, tag);
    case Inside::proprietary: return look_up(kProprietary, tag);
    case Inside::gp: return look_up(kGp, tag);
    case Inside::nothing: break;
  }
  if (const std::string_view name = look_up(kEs10, tag); tag > 0xFF && !name.empty()) return name;
  return tag == 0x62 ? look_up(kFcp, tag) : look_up(kGp, tag);
}

std::string_view object_name(std::uint16_t tag) noexcept { return look_up(kObjects, tag); }
std::string_view envelope_name(std::uint8_t tag) noexcept { return look_up(kEnvelopes, tag); }
std::string_view event_name(std::uint8_t code) noexcept { return look_up(kEvents, code); }
std::string_view general_result(std::uint8_t code) noexcept { return look_up(kResults, code); }
std::string_view device_name(std::uint8_t code) noexcept { return look_up(kDevices, code); }
std::string_view file_name(std::uint16_t fid) noexcept { return look_up(kFiles, fid); }

std::string_view aid_name(ByteView aid) noexcept {
  for (const AidRow& row : kAids) {
    if (aid.size() >= row.size && equal(aid.first(row.size), ByteView(row.prefix).first(row.size))) return row.name;
  }
  return {};
}

}  // namespace simurgh::trace
