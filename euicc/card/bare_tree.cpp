#include "asn1/tlv.h"
#include "euicc/card/core.h"

namespace simurgh::card {
namespace {

using uicc::FileKind;
using uicc::FileNode;

// Read always, never updated: 80 01 01 90 00 | 80 01 5A 97 00 (TS 102 221 9.2.4, expanded format).
const Bytes& read_only_rule() {
  static const Bytes kRule = {0x80, 0x01, 0x01, 0x90, 0x00, 0x80, 0x01, 0x5A, 0x97, 0x00};
  return kRule;
}

FileNode elementary(std::uint16_t fid, FileKind kind, std::uint8_t descriptor, std::uint8_t sfi, Bytes body) {
  FileNode node;
  node.fid = fid;
  node.parent = uicc::kMf;
  node.kind = kind;
  node.descriptor = descriptor;
  node.sfi = sfi;
  node.expanded_access = read_only_rule();
  node.size = static_cast<std::uint32_t>(body.size());
  node.body = std::move(body);
  return node;
}

}  // namespace

std::shared_ptr<const uicc::FileTree> bare_tree(bool with_ef_dir, ByteView isdr_aid) {
  auto tree = std::make_shared<uicc::FileTree>();
  FileNode mf;
  mf.fid = 0x3F00;
  mf.kind = FileKind::mf;
  mf.descriptor = 0x78;
  mf.expanded_access = read_only_rule();
  tree->add(std::move(mf));
  // EF.UMPC, TS 102 221 13.6: at most 60 mA, no operation time limit, no extra functions.
  tree->add(elementary(0x2F08, FileKind::transparent, 0x41, 0x08, {0x3C, 0xFF, 0x00, 0x00, 0x00}));
  if (with_ef_dir) {
    asn1::TlvWriter record;
    {
      const auto application = record.open(0x61);
      record.put(0x4F, isdr_aid).put_text(0x50, "ISD-R");
    }
    Bytes body = record.take();
    body.resize(0x26, 0xFF);
    FileNode dir = elementary(0x2F00, FileKind::linear_fixed, 0x42, 0x1E, std::move(body));
    dir.record_length = 0x26;
    tree->add(std::move(dir));
  }
  return tree;
}

}  // namespace simurgh::card
