// SAIP annex A templates: MF, DF.CD and DF.TELECOM. Columns: member, name, FID, shape, SFI, access rule, content, flags, directory,
// versions.
#include "euicc/profile/template_notation.h"

namespace simurgh::profile {
namespace {

using namespace notation;

// clang-format off
// 2.1
constexpr auto kMf = std::to_array<FileRow>({
    {2, "mf", 0x3F00, mf, 0, 14, ff, kMandatory, 0},
    {3, "ef-pl", 0x2F05, tr(2), 0x05, 1, ff, 0, 2},
    {4, "ef-iccid", 0x2FE2, tr(10), 0, 11, given, kMandatory, 2},
    {5, "ef-dir", 0x2F00, lf(0, 0), 0x1E, 10, given, kMandatory, 2},
    {6, "ef-arr", 0x2F06, lf(0, 0), 0, 10, given, kMandatory, 2},
    {7, "ef-umpc", 0x2F08, tr(5), 0x08, 10, ff, kFrom23, 2},
});

// 2.2
constexpr auto kCd = std::to_array<FileRow>({
    {2, "df-cd", 0x7F11, df, 0, 14, ff, kMandatory, 0},
    {3, "ef-launchpad", 0x6F01, tr(0), 0, 2, given, 0, 2},
    {4, "ef-icon", {0x6F40, 0x6F7F}, tr(0), 0, 2, given, 0, 2},
});

// 2.3 and 2.3.2: files [40] and up belong to .2
constexpr auto kTelecom = std::to_array<FileRow>({
    {2, "df-telecom", 0x7F10, df, 0, 14, ff, kMandatory, 0},
    {3, "ef-arr", 0x6F06, lf(0, 0), 0, 10, given, 0, 2},
    {4, "ef-rma", 0x6F53, lf(0, 0), 0, 3, given, 0, 2},
    {5, "ef-sume", 0x6F54, tr(22), 0, 3, given, 0, 2},
    {6, "ef-ice-dn", 0x6FE0, lf(50, 24), 0, 9, ff, 0, 2},
    {7, "ef-ice-ff", 0x6FE1, lf(0, 0), 0, 9, ff, 0, 2},
    {8, "ef-psismsc", 0x6FE5, lf(0, 0), 0, 5, given, 0, 2},
    {9, "df-graphics", 0x5F50, df, 0, 14, ff, 0, 2},
    {10, "ef-img", 0x4F20, lf(0, 0), 0, 2, fill("00FF"), 0, 9},
    {11, "ef-iidf", {0x4F40, 0x4F7F}, tr(0), 0, 2, ff, 0, 9},
    {12, "ef-ice-graphics", 0x4F21, bt(0), 0, 9, ff, 0, 9},
    {13, "ef-launch-scws", 0x4F01, tr(0), 0, 10, given, 0, 9},
    {14, "ef-icon", {0x4F80, 0x4FBF}, tr(0), 0, 10, given, 0, 9},
    {15, "df-phonebook", 0x5F3A, df, 0, 14, ff, 0, 2},
    {16, "ef-pbr", 0x4F30, lf(0, 0), 0, 2, given, 0, 15},
    {17, "ef-ext1", {0x4F38, 0x4F3F}, lf(0, 13), 0, 5, fill("00FF"), 0, 15},
    {18, "ef-aas", {0x4F40, 0x4F47}, lf(0, 0), 0, 5, ff, 0, 15},
    {19, "ef-gas", {0x4F48, 0x4F4F}, lf(0, 0), 0, 5, ff, 0, 15},
    {20, "ef-psc", 0x4F22, tr(4), 0, 5, fill("00"), 0, 15},
    {21, "ef-cc", 0x4F23, tr(2), 0, 5, fill("00"), kHighUpdate, 15},
    {22, "ef-puid", 0x4F24, tr(2), 0, 5, fill("00"), kHighUpdate, 15},
    {23, "ef-iap", {0x4F50, 0x4F57}, lf(0, 0), 0, 5, ff, 0, 15},
    {24, "ef-adn", {0x4F58, 0x4F5F}, lf(0, 0), 0, 5, ff, 0, 15},
    {25, "ef-pbc", {0x4F60, 0x4F67}, lf(0, 2), 0, 5, fill("00"), 0, 15},
    {26, "ef-anr", {0x4F68, 0x4F6F}, lf(0, 0), 0, 5, ff, 0, 15},
    {27, "ef-puri", {0x4F70, 0x4F77}, lf(0, 0), 0, 5, given, 0, 15},
    {28, "ef-email", {0x4F78, 0x4F7F}, lf(0, 0), 0, 5, ff, 0, 15},
    {29, "ef-sne", {0x4F80, 0x4F87}, lf(0, 0), 0, 5, ff, 0, 15},
    {30, "ef-uid", {0x4F88, 0x4F8F}, lf(0, 2), 0, 5, fill("00"), 0, 15},
    {31, "ef-grp", {0x4F90, 0x4F97}, lf(0, 0), 0, 5, fill("00"), 0, 15},
    {32, "ef-ccp1", {0x4F98, 0x4F9F}, lf(0, 0), 0, 5, ff, 0, 15},
    {33, "df-multimedia", 0x5F3B, df, 0, 14, ff, 0, 2},
    {34, "ef-mml", 0x4F47, bt(0), 0, 5, ff, 0, 33},
    {35, "ef-mmdf", 0x4F48, bt(0), 0, 5, ff, 0, 33},
    {36, "df-mmss", 0x5F3C, df, 0, 14, ff, 0, 2},
    {37, "ef-mlpl", 0x4F20, tr(0), 0x01, 2, given, 0, 36},
    {38, "ef-mspl", 0x4F21, tr(0), 0x02, 2, given, 0, 36},
    {39, "ef-mmssmode", 0x4F22, tr(1), 0x03, 2, given, 0, 36},
    {40, "df-mcs", 0x5F3D, df, 0, 14, ff, 0, 2, 2},
    {41, "ef-mst", 0x4F01, tr(0), 0x01, 2, given, 0, 40, 2},
    {42, "ef-mcs-config", 0x4F02, bt(0), 0x02, 2, given, 0, 40, 2},
    {43, "df-v2x", 0x5F3E, df, 0, 14, ff, 0, 2, 2},
    {44, "ef-vst", 0x4F01, tr(0), 0x01, 2, given, 0, 43, 2},
    {45, "ef-v2x-config", 0x4F02, bt(0), 0x02, 2, given, 0, 43, 2},
    {46, "ef-v2xp-pc5", 0x4F03, tr(0), 0, 2, given, 0, 43, 2},
    {47, "ef-v2xp-Uu", 0x4F04, tr(0), 0, 2, given, 0, 43, 2},
});

// clang-format on

}  // namespace

const std::span<const FileRow> kMfRows = kMf;
const std::span<const FileRow> kCdRows = kCd;
const std::span<const FileRow> kTelecomRows = kTelecom;

}  // namespace simurgh::profile
