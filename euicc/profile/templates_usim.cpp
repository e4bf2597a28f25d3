// SAIP annex A templates: ADF.USIM and the directories below it. Columns: member, name, FID, shape, SFI, access rule, content, flags,
// directory, versions.
#include "euicc/profile/template_notation.h"

namespace simurgh::profile {
namespace {

using namespace notation;

// clang-format off
// 2.4 and 2.4.2: only EF.UST differs
constexpr auto kUsim = std::to_array<FileRow>({
    {2, "adf-usim", 0, adf, 0, 14, ff, kMandatory, 0},
    {3, "ef-imsi", 0x6F07, tr(9), 0x07, 2, given, kMandatory, 2},
    {4, "ef-arr", 0x6F06, lf(0, 0), 0x17, 10, given, kMandatory, 2},
    {5, "ef-keys", 0x6F08, tr(33), 0x08, 5, fill("07FF"), kHighUpdate, 2},
    {6, "ef-keysPS", 0x6F09, tr(33), 0x09, 5, fill("07FF"), kHighUpdate, 2},
    {7, "ef-hpplmn", 0x6F31, tr(1), 0x12, 2, literal("0A"), 0, 2},
    {8, "ef-ust", 0x6F38, tr(14), 0x04, 2, given, kMandatory, 2, 1, 1},
    {8, "ef-ust", 0x6F38, tr(17), 0x04, 2, given, kMandatory, 2, 2},
    {9, "ef-fdn", 0x6F3B, lf(20, 26), 0, 8, ff, 0, 2},
    {10, "ef-sms", 0x6F3C, lf(10, 176), 0, 5, fill("00FF"), 0, 2},
    {11, "ef-smsp", 0x6F42, lf(1, 38), 0, 5, ff, 0, 2},
    {12, "ef-smss", 0x6F43, tr(2), 0, 5, ff, 0, 2},
    {13, "ef-spn", 0x6F46, tr(17), 0, 10, given, kMandatory, 2},
    {14, "ef-est", 0x6F56, tr(1), 0x05, 8, given, kMandatory, 2},
    {15, "ef-start-hfn", 0x6F5B, tr(6), 0x0F, 5, literal("F00000F00000"), kHighUpdate, 2},
    {16, "ef-threshold", 0x6F5C, tr(3), 0x10, 2, ff, 0, 2},
    {17, "ef-psloci", 0x6F73, tr(14), 0x0C, 5, literal("FFFFFFFFFFFFFFFFFFFF0000FF01"), kHighUpdate, 2},
    {18, "ef-acc", 0x6F78, tr(2), 0x06, 2, given, kMandatory, 2},
    {19, "ef-fplmn", 0x6F7B, tr(12), 0x0D, 5, ff, 0, 2},
    {20, "ef-loci", 0x6F7E, tr(11), 0x0B, 5, literal("FFFFFFFFFFFFFF0000FF01"), kHighUpdate, 2},
    {21, "ef-ad", 0x6FAD, tr(4), 0x03, 10, literal("00000002"), 0, 2},
    {22, "ef-ecc", 0x6FB7, lf(1, 4), 0x01, 10, given, kMandatory, 2},
    {23, "ef-netpar", 0x6FC4, tr(128), 0, 5, ff, kHighUpdate, 2},
    {24, "ef-epsloci", 0x6FE3, tr(18), 0x1E, 5, literal("FFFFFFFFFFFFFFFFFFFFFFFFFFFFFF000001"), kHighUpdate, 2},
    {25, "ef-epsnsc", 0x6FE4, lf(1, 80), 0x18, 5, ff, kHighUpdate, 2},
});

// 2.5, 2.5.2, 2.5.3
constexpr auto kOptUsim = std::to_array<FileRow>({
    {2, "ef-li", 0x6F05, tr(6), 0x02, 1, ff, 0, 0},
    {3, "ef-acmax", 0x6F37, tr(3), 0, 5, fill("00"), 0, 0},
    {4, "ef-acm", 0x6F39, cy(1, 3), 0, 7, fill("00"), kHighUpdate, 0},
    {5, "ef-gid1", 0x6F3E, tr(8), 0, 2, given, 0, 0},
    {6, "ef-gid2", 0x6F3F, tr(8), 0, 2, given, 0, 0},
    {7, "ef-msisdn", 0x6F40, lf(1, 24), 0, 2, ff, 0, 0},
    {8, "ef-puct", 0x6F41, tr(5), 0, 5, literal("FFFFFF0000"), 0, 0},
    {9, "ef-cbmi", 0x6F45, tr(10), 0, 5, ff, 0, 0},
    {10, "ef-cbmid", 0x6F48, tr(10), 0x0E, 2, ff, 0, 0},
    {11, "ef-sdn", 0x6F49, lf(10, 24), 0, 2, ff, 0, 0},
    {12, "ef-ext2", 0x6F4B, lf(10, 13), 0, 8, fill("00FF"), 0, 0},
    {13, "ef-ext3", 0x6F4C, lf(10, 13), 0, 2, fill("00FF"), 0, 0},
    {14, "ef-cbmir", 0x6F50, tr(20), 0, 5, ff, 0, 0},
    {15, "ef-plmnwact", 0x6F60, tr(40), 0x0A, 5, repeated("FFFFFF0000"), 0, 0},
    {16, "ef-oplmnwact", 0x6F61, tr(40), 0x11, 2, repeated("FFFFFF0000"), 0, 0},
    {17, "ef-hplmnwact", 0x6F62, tr(5), 0x13, 2, literal("FFFFFF0000"), 0, 0},
    {18, "ef-dck", 0x6F2C, tr(16), 0, 5, ff, 0, 0},
    {19, "ef-cnl", 0x6F32, tr(30), 0, 2, ff, 0, 0},
    {20, "ef-smsr", 0x6F47, lf(10, 30), 0, 5, fill("00FF"), 0, 0},
    {21, "ef-bdn", 0x6F4D, lf(10, 25), 0, 8, ff, 0, 0},
    {22, "ef-ext5", 0x6F4E, lf(10, 13), 0, 5, fill("00FF"), 0, 0},
    {23, "ef-ccp2", 0x6F4F, lf(5, 15), 0x16, 5, ff, 0, 0},
    {24, "ef-ext4", 0x6F55, lf(10, 13), 0, 8, fill("00FF"), 0, 0},
    {25, "ef-acl", 0x6F57, tr(101), 0, 8, fill("00FF"), 0, 0},
    {26, "ef-cmi", 0x6F58, lf(10, 11), 0, 2, ff, 0, 0},
    {27, "ef-ici", 0x6F80, cy(20, 38), 0x14, 5, tail("0000000001FFFF"), kHighUpdate, 0},
    {28, "ef-oci", 0x6F81, cy(20, 37), 0x15, 5, tail("00000001FFFF"), kHighUpdate, 0},
    {29, "ef-ict", 0x6F82, cy(1, 3), 0, 7, fill("00"), kHighUpdate, 0},
    {30, "ef-oct", 0x6F83, cy(1, 3), 0, 7, fill("00"), kHighUpdate, 0},
    {31, "ef-vgcs", 0x6FB1, tr(20), 0, 2, given, 0, 0},
    {32, "ef-vgcss", 0x6FB2, tr(7), 0, 5, given, 0, 0},
    {33, "ef-vbs", 0x6FB3, tr(20), 0, 2, given, 0, 0},
    {34, "ef-vbss", 0x6FB4, tr(7), 0, 5, given, 0, 0},
    {35, "ef-emlpp", 0x6FB5, tr(2), 0, 2, given, 0, 0},
    {36, "ef-aaem", 0x6FB6, tr(1), 0, 5, fill("00"), 0, 0},
    {37, "ef-hiddenkey", 0x6FC3, tr(4), 0, 5, ff, 0, 0},
    {38, "ef-pnn", 0x6FC5, lf(10, 16), 0x19, 10, given, 0, 0},
    {39, "ef-opl", 0x6FC6, lf(5, 8), 0x1A, 10, given, 0, 0},
    {40, "ef-mbdn", 0x6FC7, lf(3, 24), 0, 5, given, 0, 0},
    {41, "ef-ext6", 0x6FC8, lf(10, 13), 0, 5, fill("00FF"), 0, 0},
    {42, "ef-mbi", 0x6FC9, lf(10, 5), 0, 5, given, 0, 0},
    {43, "ef-mwis", 0x6FCA, lf(10, 6), 0, 5, fill("00"), kHighUpdate, 0},
    {44, "ef-cfis", 0x6FCB, lf(10, 16), 0, 5, fill("0100FF"), 0, 0},
    {45, "ef-ext7", 0x6FCC, lf(10, 13), 0, 5, fill("00FF"), 0, 0},
    {46, "ef-spdi", 0x6FCD, tr(17), 0x1B, 2, given, 0, 0},
    {47, "ef-mmsn", 0x6FCE, lf(10, 6), 0, 5, fill("000000FF"), 0, 0},
    {48, "ef-ext8", 0x6FCF, lf(10, 13), 0, 5, fill("00FF"), 0, 0},
    {49, "ef-mmsicp", 0x6FD0, tr(100), 0, 2, ff, 0, 0},
    {50, "ef-mmsup", 0x6FD1, lf(0, 0), 0, 5, ff, 0, 0},
    {51, "ef-mmsucp", 0x6FD2, tr(100), 0, 5, ff, 0, 0},
    {52, "ef-nia", 0x6FD3, lf(5, 11), 0, 2, ff, 0, 0},
    {53, "ef-vgcsca", 0x6FD4, tr(0), 0, 2, fill("00"), 0, 0},
    {54, "ef-vbsca", 0x6FD5, tr(0), 0, 2, fill("00"), 0, 0},
    {55, "ef-gbabp", 0x6FD6, tr(0), 0, 5, ff, kGba, 0},
    {56, "ef-msk", 0x6FD7, lf(0, 0), 0, 2, ff, kMbms | kHighUpdate, 0},
    {57, "ef-muk", 0x6FD8, lf(0, 0), 0, 2, ff, kMbms, 0},
    {58, "ef-ehplmn", 0x6FD9, tr(15), 0x1D, 2, ff, 0, 0},
    {59, "ef-gbanl", 0x6FDA, lf(0, 0), 0, 2, ff, kGba, 0},
    {60, "ef-ehplmnpi", 0x6FDB, tr(1), 0, 2, fill("00"), 0, 0},
    {61, "ef-lrplmnsi", 0x6FDC, tr(1), 0, 2, fill("00"), 0, 0},
    {62, "ef-nafkca", 0x6FDD, lf(0, 0), 0, 2, ff, kGba, 0},
    {63, "ef-spni", 0x6FDE, tr(0), 0, 10, fill("00FF"), 0, 0},
    {64, "ef-pnni", 0x6FDF, lf(0, 0), 0, 10, fill("00FF"), 0, 0},
    {65, "ef-ncp-ip", 0x6FE2, lf(0, 0), 0, 2, given, 0, 0},
    {66, "ef-ufc", 0x6FE6, tr(30), 0, 10, literal("801E60C01E900080040000000000000000F0000000004000000000000080"), 0, 0},
    {67, "ef-nasconfig", 0x6FE8, tr(18), 0, 2, given, 0, 0},
    {68, "ef-uicciari", 0x6FE7, lf(0, 0), 0, 2, given, 0, 0},
    {69, "ef-pws", 0x6FEC, tr(0), 0, 10, given, 0, 0},
    {70, "ef-fdnuri", 0x6FED, lf(0, 0), 0, 8, ff, 0, 0},
    {71, "ef-bdnuri", 0x6FEE, lf(0, 0), 0, 8, ff, 0, 0},
    {72, "ef-sdnuri", 0x6FEF, lf(0, 0), 0, 2, ff, 0, 0},
    {73, "ef-ial", 0x6FF0, lf(0, 0), 0, 3, ff, 0, 0},
    {74, "ef-ips", 0x6FF1, cy(0, 4), 0, 10, ff, kHighUpdate, 0},
    {75, "ef-ipd", 0x6FF2, lf(0, 0), 0, 3, ff, kHighUpdate, 0},
    {76, "ef-epdgid", 0x6FF3, tr(0), 0, 2, given, 0, 0, 2},
    {77, "ef-epdgselection", 0x6FF4, tr(0), 0, 2, given, 0, 0, 2},
    {78, "ef-epdgidem", 0x6FF5, tr(0), 0, 2, given, 0, 0, 2},
    {79, "ef-epdgselectionem", 0x6FF6, tr(0), 0, 2, given, 0, 0, 2},
    {80, "ef-frompreferred", 0x6FF7, tr(1), 0, 2, fill("00"), 0, 0, 2},
    {81, "ef-imsconfigdata", 0x6FF8, bt(0), 0, 2, given, 0, 0, 2},
    {82, "ef-3gpppsdataoff", 0x6FF9, tr(4), 0, 2, given, 0, 0, 2},
    {83, "ef-3gpppsdataoffservicelist", 0x6FFA, lf(0, 0), 0, 2, given, 0, 0, 2},
    {84, "ef-xcapconfigdata", 0x6FFC, bt(0), 0, 2, given, 0, 0, 2},
    {85, "ef-earfcnlist", 0x6FFD, tr(0), 0, 10, given, 0, 0, 2},
    {86, "ef-mudmidconfigdata", 0x6FFE, bt(0), 0, 2, given, 0, 0, 2},
    {87, "ef-eaka", 0x6F01, tr(1), 0, 3, given, 0, 0, 3},
});

// 2.6
constexpr auto kPhonebook = std::to_array<FileRow>({
    {2, "df-phonebook", 0x5F3A, df, 0, 14, ff, kMandatory, 0},
    {3, "ef-pbr", 0x4F30, lf(0, 0), 0, 2, given, 0, 2},
    {4, "ef-ext1", {0x4F38, 0x4F3F}, lf(0, 13), 0, 5, fill("00FF"), 0, 2},
    {5, "ef-aas", {0x4F40, 0x4F47}, lf(0, 0), 0, 5, ff, 0, 2},
    {6, "ef-gas", {0x4F48, 0x4F4F}, lf(0, 0), 0, 5, ff, 0, 2},
    {7, "ef-psc", 0x4F22, tr(4), 0, 5, fill("00"), 0, 2},
    {8, "ef-cc", 0x4F23, tr(2), 0, 5, fill("00"), kHighUpdate, 2},
    {9, "ef-puid", 0x4F24, tr(2), 0, 5, fill("00"), kHighUpdate, 2},
    {10, "ef-iap", {0x4F50, 0x4F57}, lf(0, 0), 0, 5, ff, 0, 2},
    {11, "ef-adn", {0x4F58, 0x4F5F}, lf(0, 0), 0, 5, ff, 0, 2},
    {12, "ef-pbc", {0x4F60, 0x4F67}, lf(0, 2), 0, 5, fill("00"), 0, 2},
    {13, "ef-anr", {0x4F68, 0x4F6F}, lf(0, 0), 0, 5, ff, 0, 2},
    {14, "ef-puri", {0x4F70, 0x4F77}, lf(0, 0), 0, 5, given, 0, 2},
    {15, "ef-email", {0x4F78, 0x4F7F}, lf(0, 0), 0, 5, ff, 0, 2},
    {16, "ef-sne", {0x4F80, 0x4F87}, lf(0, 0), 0, 5, ff, 0, 2},
    {17, "ef-uid", {0x4F88, 0x4F8F}, lf(0, 2), 0, 5, fill("00"), 0, 2},
    {18, "ef-grp", {0x4F90, 0x4F97}, lf(0, 0), 0, 5, fill("00"), 0, 2},
    {19, "ef-ccp1", {0x4F98, 0x4F9F}, lf(0, 0), 0, 5, ff, 0, 2},
});

// 2.7
constexpr auto kGsmAccess = std::to_array<FileRow>({
    {2, "df-gsm-access", 0x5F3B, df, 0, 14, ff, kMandatory, 0},
    {3, "ef-kc", 0x4F20, tr(9), 0x01, 5, tail("07"), kHighUpdate, 2},
    {4, "ef-kcgprs", 0x4F52, tr(9), 0x02, 5, tail("07"), kHighUpdate, 2},
    {5, "ef-cpbcch", 0x4F63, tr(10), 0, 5, ff, kHighUpdate, 2},
    {6, "ef-invscan", 0x4F64, tr(1), 0, 2, fill("00"), 0, 2},
});

// 2.13, .2, .3, .4
constexpr auto k5gs = std::to_array<FileRow>({
    {2, "df-df-5gs", 0x5FC0, df, 0, 14, ff, kMandatory, 0},
    {3, "ef-5gs3gpploci", 0x4F01, tr(20), 0x01, 5, literal("FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000001"), kHighUpdate, 2},
    {4, "ef-5gsn3gpploci", 0x4F02, tr(20), 0x02, 5, literal("FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000001"), kHighUpdate, 2},
    {5, "ef-5gs3gppnsc", 0x4F03, lf(1, 57), 0x03, 5, ff, kHighUpdate, 2, 1, 2},
    {5, "ef-5gs3gppnsc", 0x4F03, lf(2, 62), 0x03, 5, ff, kHighUpdate, 2, 3},
    {6, "ef-5gsn3gppnsc", 0x4F04, lf(1, 57), 0x04, 5, ff, kHighUpdate, 2, 1, 2},
    {6, "ef-5gsn3gppnsc", 0x4F04, lf(2, 62), 0x04, 5, ff, kHighUpdate, 2, 3},
    {7, "ef-5gauthkeys", 0x4F05, tr(110), 0x05, 5, given, kHighUpdate, 2},
    {8, "ef-uac-aic", 0x4F06, tr(4), 0x06, 2, given, 0, 2},
    {9, "ef-suci-calc-info", 0x4F07, tr(0), 0x07, 2, ff, 0, 2},
    {10, "ef-opl5g", 0x4F08, lf(0, 10), 0x08, 10, ff, 0, 2},
    {11, "ef-supinai", 0x4F09, tr(0), 0x09, 2, given, 0, 2},
    {12, "ef-routing-indicator", 0x4F0A, tr(4), 0x0A, 2, literal("F0FFFFFF"), 0, 2, 1, 3},
    {12, "ef-routing-indicator", 0x4F0A, tr(4), 0x0A, 2, literal("F0FF0000"), 0, 2, 4},
    {13, "ef-ursp", 0x4F0B, bt(0), 0, 2, ff, 0, 2, 2},
    {14, "ef-tn3gppsnn", 0x4F0C, tr(1), 0x0C, 2, fill("00"), 0, 2, 2},
    {15, "ef-cag", 0x4F0D, tr(2), 0x0D, 2, given, 0, 2, 4},
    {16, "ef-sor-cmci", 0x4F0E, tr(0), 0x0E, 2, given, 0, 2, 4},
    {17, "ef-dri", 0x4F0F, tr(7), 0x0F, 2, given, 0, 2, 4},
    {18, "ef-5gsedrx", 0x4F10, tr(2), 0x10, 2, given, 0, 2, 4},
    {19, "ef-5gnswo-conf", 0x4F11, tr(1), 0x11, 2, given, 0, 2, 4},
    {20, "ef-mchpplmn", 0x4F15, tr(1), 0x15, 2, given, 0, 2, 4},
    {21, "ef-kausf-derivation", 0x4F16, tr(1), 0x16, 2, given, 0, 2, 4},
});

// 2.14
constexpr auto kSaip = std::to_array<FileRow>({
    {2, "df-df-saip", 0x5FD0, df, 0, 14, ff, kMandatory, 0},
    {3, "ef-suci-calc-info-usim", 0x4F01, tr(0), 0, 3, ff, 0, 2},
});

// 2.15
constexpr auto kSnpn = std::to_array<FileRow>({
    {2, "df-df-snpn", 0x5FE0, df, 0, 14, ff, kMandatory, 0},
    {3, "ef-pws-snpn", 0x4F01, tr(1), 0, 10, given, 0, 2},
});

// 2.16
constexpr auto kProse = std::to_array<FileRow>({
    {2, "df-df-5g-prose", 0x5FF0, df, 0, 14, ff, kMandatory, 0},
    {3, "ef-5g-prose-st", 0x4F01, tr(1), 0x01, 2, given, 0, 2},
    {4, "ef-5g-prose-dd", 0x4F02, tr(26), 0x02, 2, given, 0, 2},
    {5, "ef-5g-prose-dc", 0x4F03, tr(12), 0x03, 2, given, 0, 2},
    {6, "ef-5g-prose-u2nru", 0x4F04, tr(32), 0x04, 2, given, 0, 2},
    {7, "ef-5g-prose-ru", 0x4F05, tr(29), 0x05, 2, given, 0, 2},
    {8, "ef-5g-prose-uir", 0x4F06, tr(32), 0x06, 2, given, 0, 2},
});

// 2.12
constexpr auto kEap = std::to_array<FileRow>({
    {2, "df-eap", 0, df, 0, 14, ff, kMandatory, 0},
    {3, "ef-eapkeys", 0x4F01, tr(0), 0, 2, given, kHighUpdate, 2},
    {4, "ef-eapstatus", 0x4F02, tr(1), 0, 2, fill("00"), kMandatory | kHighUpdate, 2},
    {5, "ef-puid", 0x4F03, tr(0), 0, 2, given, 0, 2},
    {6, "ef-ps", 0x4F04, tr(0), 0, 5, ff, kHighUpdate, 2},
    {7, "ef-curid", 0x4F20, tr(0), 0, 5, ff, kHighUpdate, 2},
    {8, "ef-reid", 0x4F21, tr(0), 0, 5, given, 0, 2},
    {9, "ef-realm", 0x4F22, tr(0), 0, 5, given, 0, 2},
});

// clang-format on

}  // namespace

const std::span<const FileRow> kUsimRows = kUsim;
const std::span<const FileRow> kOptUsimRows = kOptUsim;
const std::span<const FileRow> kPhonebookRows = kPhonebook;
const std::span<const FileRow> kGsmAccessRows = kGsmAccess;
const std::span<const FileRow> k5gsRows = k5gs;
const std::span<const FileRow> kSaipRows = kSaip;
const std::span<const FileRow> kSnpnRows = kSnpn;
const std::span<const FileRow> kProseRows = kProse;
const std::span<const FileRow> kEapRows = kEap;

}  // namespace simurgh::profile
