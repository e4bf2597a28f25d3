// The structure of a profile: lookup, removal, and encodings that are taken back whole or not at all.
#include "euicc/uicc/file_tree.h"

#include <catch2/catch.hpp>

using namespace simurgh;
using namespace simurgh::uicc;
using namespace simurgh::literals;

namespace {

FileNode node(std::uint16_t fid, FileKind kind, NodeId parent, std::size_t size = 0) {
  FileNode out;
  out.fid = fid;
  out.kind = kind;
  out.parent = parent;
  out.size = static_cast<std::uint32_t>(size);
  out.body = Bytes(size, 0xFF);
  return out;
}

FileTree sample() {
  FileTree tree;
  tree.add(node(0x3F00, FileKind::mf, kNoNode));
  const NodeId df = tree.add(node(0x7F10, FileKind::df, kMf));
  tree.add(node(0x6F3A, FileKind::transparent, df, 4));
  FileNode adf = node(0x7FF0, FileKind::adf, kMf);
  adf.aid = "A0000000871002"_hex;
  const NodeId usim = tree.add(adf);
  FileNode imsi = node(0x6F07, FileKind::transparent, usim, 9);
  imsi.sfi = 7;
  imsi.access = {.arr_fid = 0x6F06, .record = 2};
  imsi.environments = "01020003"_hex;
  tree.add(imsi);
  FileNode linked = node(0x6F07, FileKind::transparent, df);
  linked.link_target = 4;
  tree.add(linked);
  return tree;
}

}  // namespace

TEST_CASE("Files are found by identifier, path and SFI, and an ADF by none of them", "[files]") {
  const FileTree tree = sample();
  REQUIRE(tree.child(kMf, 0x7F10) == 1);
  REQUIRE(tree.child(kMf, 0x7FF0) == kNoNode);
  REQUIRE(tree.walk(kMf, "7F106F3A"_hex) == 2);
  REQUIRE(tree.walk(kMf, "7F106F3B"_hex) == kNoNode);
  REQUIRE(tree.walk(kMf, "7F106F3A6F00"_hex) == kNoNode);  // through a file
  REQUIRE(tree.walk(kMf, "7F10 6F"_hex) == kNoNode);
  REQUIRE(tree.walk(kMf, "7FF06F07"_hex) == kNoNode);
  REQUIRE(tree.walk(kMf, "7FF06F07"_hex, true) == 4);
  REQUIRE(tree.child_by_sfi(3, 7) == 4);
  REQUIRE(tree.child_by_sfi(3, 8) == kNoNode);
  REQUIRE(tree.body_of(5) == 4);
  REQUIRE(tree.adfs() == std::vector<NodeId>{3});
}

TEST_CASE("Removing a directory takes what lies under it, and numbers of the others stay", "[files]") {
  FileTree tree = sample();
  REQUIRE(tree.remove(1).size() == 3);
  REQUIRE(tree.child(kMf, 0x7F10) == kNoNode);
  REQUIRE(tree.walk(kMf, "7F106F3A"_hex) == kNoNode);
  REQUIRE(tree.at(4).fid == 0x6F07);
  REQUIRE(tree.at(2).kind == FileKind::removed);
  const auto again = FileTree::decode(tree.encode());
  REQUIRE(again);
  REQUIRE(again->size() == tree.size());
  REQUIRE(again->child(kMf, 0x7F10) == kNoNode);
}

TEST_CASE("A tree comes back from its encoding as it was", "[files]") {
  const FileTree tree = sample();
  const auto again = FileTree::decode(tree.encode());
  REQUIRE(again);
  REQUIRE(again->encode() == tree.encode());
  REQUIRE(again->at(4).environments == "01020003"_hex);
  REQUIRE(again->at(4).sfi == 7);
  REQUIRE(again->body_of(5) == 4);
}

TEST_CASE("Encodings that lie are refused", "[files]") {
  const FileTree tree = sample();
  const auto bent = [&](auto change) {
    FileTree other = tree;
    change(other);
    return FileTree::decode(other.encode()).has_value();
  };
  REQUIRE(bent([](FileTree&) {}));
  REQUIRE_FALSE(bent([](FileTree& t) { t.edit(2).parent = 9; }));
  REQUIRE_FALSE(bent([](FileTree& t) { t.edit(2).parent = 4; }));  // a file as directory
  REQUIRE_FALSE(bent([](FileTree& t) { t.edit(2).size = 5; }));    // size and body differ
  REQUIRE_FALSE(bent([](FileTree& t) { t.edit(4).sfi = 31; }));
  REQUIRE_FALSE(bent([](FileTree& t) { t.edit(4).environments = "01"_hex; }));
  REQUIRE_FALSE(bent([](FileTree& t) { t.edit(5).link_target = 1; }));  // a link to a directory
  REQUIRE_FALSE(bent([](FileTree& t) { t.edit(5).link_target = 40; }));
  REQUIRE_FALSE(bent([](FileTree& t) { t.edit(3).aid = Bytes(17, 1); }));
  REQUIRE_FALSE(bent([](FileTree& t) { t.edit(1).kind = FileKind::mf; }));
  REQUIRE_FALSE(bent([](FileTree& t) {
    t.edit(2).kind = FileKind::linear_fixed;
    t.edit(2).record_length = 3;  // four octets are no whole number of records
  }));
  Bytes cut = tree.encode();
  cut.pop_back();
  REQUIRE_FALSE(FileTree::decode(cut));
}
