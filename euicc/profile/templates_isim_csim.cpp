// SAIP annex A templates: ADF.ISIM and ADF.CSIM. Columns: member, name, FID, shape, SFI, access rule, content, flags, directory, versions.
#include "euicc/profile/template_notation.h"

namespace simurgh::profile {
namespace {

using namespace notation;

// clang-format off
// 2.8
constexpr auto kIsim = std::to_array<FileRow>({
    {2, "adf-isim", 0, adf, 0, 14, ff, kMandatory, 0},
    {3, "ef-impi", 0x6F02, tr(0), 0x02, 2, given, kMandatory, 2},
    {4, "ef-impu", 0x6F04, lf(1, 0), 0x04, 2, given, kMandatory, 2},
    {5, "ef-domain", 0x6F03, tr(0), 0x05, 2, given, kMandatory, 2},
    {6, "ef-ist", 0x6F07, tr(14), 0x07, 2, given, kMandatory, 2},
    {7, "ef-ad", 0x6FAD, tr(3), 0x03, 10, fill("00"), 0, 2},
    {8, "ef-arr", 0x6F06, lf(0, 0), 0x06, 10, given, kMandatory, 2},
});

// 2.9 and 2.9.2
constexpr auto kOptIsim = std::to_array<FileRow>({
    {2, "ef-pcscf", 0x6F09, lf(1, 0), 0, 2, given, 0, 0},
    {3, "ef-sms", 0x6F3C, lf(10, 176), 0, 5, fill("00FF"), 0, 0},
    {4, "ef-smsp", 0x6F42, lf(1, 38), 0, 5, ff, 0, 0},
    {5, "ef-smss", 0x6F43, tr(2), 0, 5, ff, 0, 0},
    {6, "ef-smsr", 0x6F47, lf(10, 30), 0, 5, fill("00FF"), 0, 0},
    {7, "ef-gbabp", 0x6FD5, tr(0), 0, 5, ff, kGba, 0},
    {8, "ef-gbanl", 0x6FD7, lf(0, 0), 0, 2, ff, kGba, 0},
    {9, "ef-nafkca", 0x6FDD, lf(0, 0), 0, 2, ff, kGba, 0},
    {10, "ef-uicciari", 0x6FE7, lf(0, 0), 0, 2, given, 0, 0},
    {11, "ef-frompreferred", 0x6FF7, tr(1), 0, 2, fill("00"), 0, 0, 2},
    {12, "ef-imsconfigdata", 0x6FF8, bt(0), 0, 2, given, 0, 0, 2},
    {13, "ef-xcapconfigdata", 0x6FFC, bt(0), 0, 2, given, 0, 0, 2},
    {14, "ef-webrtcuri", 0x6FFA, lf(0, 0), 0, 2, given, 0, 0, 2},
    {15, "ef-mudmidconfigdata", 0x6FFE, bt(0), 0, 2, given, 0, 0, 2},
});

// 2.10. The annex values of rules and contents are not public: sizes are 3GPP2 C.S0065, rules and contents ours
constexpr auto kCsim = std::to_array<FileRow>({
    {2, "adf-csim", 0, adf, 0, 14, ff, kMandatory, 0},
    {3, "ef-arr", 0x6F06, lf(0, 0), 0x17, 10, ff, kMandatory, 2},
    {4, "ef-call-count", 0x6F21, cy(10, 2), 0, 7, fill("00"), kMandatory | kHighUpdate, 2},
    {5, "ef-imsi-m", 0x6F22, tr(10), 0x04, 6, fill("00"), kMandatory, 2},
    {6, "ef-imsi-t", 0x6F23, tr(10), 0x05, 6, fill("00"), kMandatory, 2},
    {7, "ef-tmsi", 0x6F24, tr(16), 0x06, 13, ff, kMandatory | kHighUpdate, 2},
    {8, "ef-ah", 0x6F25, tr(2), 0, 5, fill("00"), kMandatory, 2},
    {9, "ef-aop", 0x6F26, tr(1), 0, 5, fill("00"), kMandatory, 2},
    {10, "ef-aloc", 0x6F27, tr(7), 0, 5, fill("00"), kMandatory | kHighUpdate, 2},
    {11, "ef-cdmahome", 0x6F28, lf(0, 5), 0x0C, 5, ff, kMandatory, 2},
    {12, "ef-znregi", 0x6F29, lf(0, 8), 0, 5, fill("00"), kMandatory | kHighUpdate, 2},
    {13, "ef-snregi", 0x6F2A, tr(7), 0x0D, 5, ff, kMandatory | kHighUpdate, 2},
    {14, "ef-distregi", 0x6F2B, tr(8), 0, 5, fill("00"), kMandatory | kHighUpdate, 2},
    {15, "ef-accolc", 0x6F2C, tr(1), 0x03, 2, ff, kMandatory, 2},
    {16, "ef-term", 0x6F2D, tr(1), 0, 5, ff, kMandatory, 2},
    {17, "ef-acp", 0x6F2F, tr(7), 0, 5, ff, kMandatory, 2},
    {18, "ef-prl", 0x6F30, tr(0), 0x07, 2, ff, kMandatory, 2},
    {19, "ef-ruimid", 0x6F31, tr(8), 0, 4, ff, kMandatory, 2},
    {20, "ef-csim-st", 0x6F32, tr(0), 0x02, 2, ff, kMandatory, 2},
    {21, "ef-spc", 0x6F33, tr(3), 0, 3, fill("00"), kMandatory, 2},
    {22, "ef-otapaspc", 0x6F34, tr(1), 0, 5, ff, kMandatory, 2},
    {23, "ef-namlock", 0x6F35, tr(1), 0, 5, ff, kMandatory, 2},
    {24, "ef-ota", 0x6F36, tr(17), 0, 2, ff, kMandatory, 2},
    {25, "ef-sp", 0x6F37, tr(1), 0, 5, ff, kMandatory, 2},
    {26, "ef-esn-meid-me", 0x6F38, tr(8), 0, 10, fill("00"), kMandatory, 2},
    {27, "ef-li", 0x6F3A, tr(0), 0x0A, 1, ff, kMandatory, 2},
    {28, "ef-usgind", 0x6F42, tr(1), 0, 2, ff, kMandatory, 2},
    {29, "ef-ad", 0x6F43, tr(3), 0x01, 10, fill("00"), kMandatory, 2},
    {30, "ef-max-prl", 0x6F45, tr(4), 0, 2, ff, kMandatory, 2},
    {31, "ef-spcs", 0x6F46, tr(1), 0, 12, ff, kMandatory, 2},
    {32, "ef-mecrp", 0x6F55, tr(3), 0, 5, fill("00"), kMandatory, 2},
    {33, "ef-home-tag", 0x6F70, tr(0), 0, 2, ff, 0, 2},
    {34, "ef-group-tag", 0x6F71, tr(0), 0, 2, ff, 0, 2},
    {35, "ef-specific-tag", 0x6F72, tr(0), 0, 2, ff, 0, 2},
    {36, "ef-call-prompt", 0x6F73, tr(0), 0, 2, ff, 0, 2},
});

// 2.11
constexpr auto kOptCsim = std::to_array<FileRow>({
    {2, "ef-ssci", 0x6F2E, tr(1), 0, 2, ff, 0, 0},
    {3, "ef-fdn", 0x6F3B, lf(0, 0), 0, 2, ff, 0, 0},
    {4, "ef-sms", 0x6F3C, lf(0, 0), 0, 2, ff, 0, 0},
    {5, "ef-smsp", 0x6F3D, lf(0, 0), 0, 2, ff, 0, 0},
    {6, "ef-smss", 0x6F3E, tr(5), 0, 2, ff, 0, 0},
    {7, "ef-ssfc", 0x6F3F, tr(0), 0, 2, ff, 0, 0},
    {8, "ef-spn", 0x6F41, tr(35), 0x08, 2, ff, 0, 0},
    {9, "ef-mdn", 0x6F44, lf(0, 11), 0, 2, ff, 0, 0},
    {10, "ef-ecc", 0x6F47, tr(0), 0x09, 2, ff, 0, 0},
    {11, "ef-me3gpdopc", 0x6F48, tr(1), 0, 2, ff, 0, 0},
    {12, "ef-3gpdopm", 0x6F49, tr(1), 0, 2, ff, 0, 0},
    {13, "ef-sipcap", 0x6F4A, tr(4), 0, 2, ff, 0, 0},
    {14, "ef-mipcap", 0x6F4B, tr(5), 0, 2, ff, 0, 0},
    {15, "ef-sipupp", 0x6F4C, tr(0), 0, 2, ff, 0, 0},
    {16, "ef-mipupp", 0x6F4D, tr(0), 0, 2, ff, 0, 0},
    {17, "ef-sipsp", 0x6F4E, tr(1), 0, 2, ff, 0, 0},
    {18, "ef-mipsp", 0x6F4F, tr(0), 0, 2, ff, 0, 0},
    {19, "ef-sippapss", 0x6F50, tr(0), 0, 2, ff, 0, 0},
    {20, "ef-puzl", 0x6F53, tr(0), 0, 2, ff, 0, 0},
    {21, "ef-maxpuzl", 0x6F54, tr(5), 0, 2, ff, 0, 0},
    {22, "ef-hrpdcap", 0x6F56, tr(3), 0, 2, ff, 0, 0},
    {23, "ef-hrpdupp", 0x6F57, tr(0), 0, 2, ff, 0, 0},
    {24, "ef-csspr", 0x6F58, tr(1), 0, 2, ff, 0, 0},
    {25, "ef-atc", 0x6F59, tr(1), 0, 2, ff, 0, 0},
    {26, "ef-eprl", 0x6F5A, tr(0), 0x0E, 2, ff, 0, 0},
    {27, "ef-bcsmscfg", 0x6F5B, tr(1), 0, 2, ff, 0, 0},
    {28, "ef-bcsmspref", 0x6F5C, tr(1), 0, 2, ff, 0, 0},
    {29, "ef-bcsmstable", 0x6F5D, lf(0, 0), 0, 2, ff, 0, 0},
    {30, "ef-bcsmsp", 0x6F5E, lf(0, 2), 0, 2, ff, 0, 0},
    {31, "ef-bakpara", 0x6F63, lf(0, 0), 0, 2, ff, 0, 0},
    {32, "ef-upbakpara", 0x6F64, cy(0, 0), 0, 2, ff, 0, 0},
    {33, "ef-mmsn", 0x6F65, lf(0, 0), 0, 2, ff, 0, 0},
    {34, "ef-ext8", 0x6F66, lf(0, 13), 0, 2, ff, 0, 0},
    {35, "ef-mmsicp", 0x6F67, tr(0), 0, 2, ff, 0, 0},
    {36, "ef-mmsup", 0x6F68, lf(0, 0), 0, 2, ff, 0, 0},
    {37, "ef-mmsucp", 0x6F69, tr(0), 0, 2, ff, 0, 0},
    {38, "ef-auth-capability", 0x6F6A, lf(0, 5), 0, 2, ff, 0, 0},
    {39, "ef-3gcik", 0x6F6B, tr(32), 0x0B, 2, ff, 0, 0},
    {40, "ef-dck", 0x6F6C, tr(20), 0, 2, ff, 0, 0},
    {41, "ef-gid1", 0x6F6D, tr(0), 0, 2, ff, 0, 0},
    {42, "ef-gid2", 0x6F6E, tr(0), 0, 2, ff, 0, 0},
    {43, "ef-cdmacnl", 0x6F6F, tr(0), 0, 2, ff, 0, 0},
    {44, "ef-sf-euimid", 0x6F74, tr(7), 0, 2, ff, 0, 0},
    {45, "ef-est", 0x6F75, tr(1), 0x0F, 2, ff, 0, 0},
    {46, "ef-hidden-key", 0x6F76, tr(4), 0, 2, ff, 0, 0},
    {47, "ef-lcsver", 0x6F77, tr(0), 0, 2, ff, 0, 0},
    {48, "ef-lcscp", 0x6F78, tr(0), 0, 2, ff, 0, 0},
    {49, "ef-sdn", 0x6F79, lf(0, 0), 0, 2, ff, 0, 0},
    {50, "ef-ext2", 0x6F7A, lf(0, 13), 0, 2, ff, 0, 0},
    {51, "ef-ext3", 0x6F7B, lf(0, 13), 0, 2, ff, 0, 0},
    {52, "ef-ici", 0x6F7C, cy(0, 0), 0x10, 2, ff, 0, 0},
    {53, "ef-oci", 0x6F7D, cy(0, 0), 0x11, 2, ff, 0, 0},
    {54, "ef-ext5", 0x6F7E, lf(0, 13), 0, 2, ff, 0, 0},
    {55, "ef-ccp2", 0x6F7F, lf(0, 15), 0x12, 2, ff, 0, 0},
    {56, "ef-applabels", 0x6F80, tr(0), 0, 2, ff, 0, 0},
    {57, "ef-model", 0x6F81, tr(126), 0, 2, ff, 0, 0},
    {58, "ef-rc", 0x6F82, tr(0), 0, 2, ff, 0, 0},
    {59, "ef-smscap", 0x6F83, tr(4), 0, 2, ff, 0, 0},
    {60, "ef-mipflags", 0x6F84, tr(1), 0, 2, ff, 0, 0},
    {61, "ef-3gpduppext", 0x6F85, tr(0), 0, 2, ff, 0, 0},
    {62, "ef-ipv6cap", 0x6F87, tr(21), 0, 2, ff, 0, 0},
    {63, "ef-tcpconfig", 0x6F88, tr(2), 0, 2, ff, 0, 0},
    {64, "ef-dgc", 0x6F89, tr(3), 0, 2, ff, 0, 0},
    {65, "ef-wapbrowsercp", 0x6F8A, lf(0, 0), 0, 2, ff, 0, 0},
    {66, "ef-wapbrowserbm", 0x6F8B, lf(0, 0), 0, 2, ff, 0, 0},
    {67, "ef-mmsconfig", 0x6F8C, lf(0, 0), 0, 2, ff, 0, 0},
    {68, "ef-jdl", 0x6F8D, lf(0, 0), 0, 2, ff, 0, 0},
});

// clang-format on

}  // namespace

const std::span<const FileRow> kIsimRows = kIsim;
const std::span<const FileRow> kOptIsimRows = kOptIsim;
const std::span<const FileRow> kCsimRows = kCsim;
const std::span<const FileRow> kOptCsimRows = kOptCsim;

}  // namespace simurgh::profile
