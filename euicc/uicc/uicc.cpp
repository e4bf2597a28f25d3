#include "euicc/uicc/uicc.h"

#include <algorithm>

#include "asn1/tlv.h"

namespace simurgh::uicc {
namespace {

using state::Key;
using state::Space;

constexpr std::uint32_t kTreeCell = 0x10000;  // behind the cells of the files
constexpr std::uint32_t kPukCells = 0x10000;  // PUK cells follow the PIN cells of a profile

std::uint8_t tag_octet(std::uint32_t tag) { return static_cast<std::uint8_t>(tag); }

void put(Bytes& out, std::uint32_t tag, std::initializer_list<std::uint8_t> value) {
  out.push_back(tag_octet(tag));
  out.push_back(static_cast<std::uint8_t>(value.size()));
  out.insert(out.end(), value.begin(), value.end());
}

void put(Bytes& out, std::uint32_t tag, ByteView value) {
  out.push_back(tag_octet(tag));
  append(out, asn1::encode_length(value.size()));
  append(out, value);
}

std::uint8_t high(unsigned value) { return static_cast<std::uint8_t>(value >> 8); }
std::uint8_t low(unsigned value) { return static_cast<std::uint8_t>(value); }

bool is_adm(std::uint8_t reference) {
  const std::uint8_t bare = reference & 0x7F;
  return bare >= 0x0A && bare <= 0x0E;
}

}  // namespace

std::shared_ptr<const FileTree> stored_tree(std::shared_ptr<const FileTree> original, std::uint32_t owner, const state::Transaction& txn) {
  if (const Bytes* stored = txn.find({Space::file, owner, kTreeCell})) {
    if (auto tree = FileTree::decode(*stored)) return std::make_shared<const FileTree>(*std::move(tree));
  }
  return original;
}

void Uicc::mount(std::shared_ptr<const FileTree> tree, std::shared_ptr<const PinTable> pins, std::uint32_t owner,
                 const state::Transaction& txn) {
  original_ = std::move(tree);
  pins_ = std::move(pins);
  owner_ = owner;
  verified_.assign(pins_->pins.size(), false);
  reload_tree(txn);
}

void Uicc::reload_tree(const state::Transaction& txn) {
  restructured_ = false;
  tree_ = stored_tree(original_, owner_, txn);
}

void Uicc::replace_tree(FileTree changed, state::Transaction& txn) {
  txn.put({Space::file, owner_, kTreeCell}, changed.encode());
  tree_ = std::make_shared<const FileTree>(std::move(changed));
  restructured_ = true;
}

// A changed EF has a cell: its life cycle octet, then its body.
ByteView Uicc::body(NodeId id, const state::Transaction& txn) const {
  const NodeId holder = tree_->body_of(id);
  if (const Bytes* changed = txn.find({Space::file, owner_, holder}); changed != nullptr && !changed->empty()) {
    return ByteView(*changed).subspan(1);
  }
  return tree_->at(holder).body;
}

void Uicc::set_body(NodeId id, Bytes content, state::Transaction& txn) const {
  const NodeId holder = tree_->body_of(id);
  content.insert(content.begin(), life_cycle(holder, txn));
  txn.put({Space::file, owner_, holder}, std::move(content));
}

std::uint8_t Uicc::life_cycle(NodeId id, const state::Transaction& txn) const {
  if (const Bytes* changed = txn.find({Space::file, owner_, id}); changed != nullptr && !changed->empty()) return (*changed)[0];
  return tree_->at(id).life_cycle;
}

void Uicc::set_life_cycle(NodeId id, std::uint8_t value, state::Transaction& txn) const {
  Bytes cell{value};
  // A link has a life cycle of its own and no body.
  if (tree_->at(id).link_target == kNoNode && !tree_->at(id).is_directory()) append(cell, body(id, txn));
  txn.put({Space::file, owner_, id}, std::move(cell));
}

Bytes Uicc::fcp(NodeId id, const state::Transaction& txn) const {
  const FileNode& node = tree_->at(id);
  const FileNode& shape = tree_->at(tree_->body_of(id));
  Bytes content;
  content.reserve(64);
  if (node.is_directory()) {
    put(content, 0x82, {0x78, 0x21});
  } else if (shape.record_length != 0) {
    put(content, 0x82, {shape.descriptor, 0x21, high(shape.record_length), low(shape.record_length), low(shape.record_count())});
  } else {
    put(content, 0x82, {shape.descriptor, 0x21});
  }
  if (node.kind == FileKind::adf) {
    put(content, 0x84, node.aid);
  } else {
    put(content, 0x83, {high(node.fid), low(node.fid)});
  }
  if (node.kind == FileKind::mf) {
    put(content, 0xA5, {0x80, 0x01, 0x71, 0x87, 0x01, 0x01});
  } else if (node.is_directory()) {
    put(content, 0xA5, {0x80, 0x01, 0x71});
  } else if (shape.kind == FileKind::ber_tlv) {
    const unsigned most = std::max(shape.size, shape.maximum_size);
    put(content, 0xA5, {0x84, 0x01, shape.file_details, 0x85, 0x02, high(shape.size), low(shape.size), 0x86, 0x02, high(most), low(most)});
  } else if (shape.special_info != 0) {
    put(content, 0xA5, {0xC0, 0x01, shape.special_info});
  }
  put(content, 0x8A, {life_cycle(id, txn)});
  if (node.access.arr_fid != 0 && !node.environments.empty()) {
    put(content, 0x8B, concat({be_bytes(node.access.arr_fid, 2), node.environments}));
  } else if (node.access.arr_fid != 0) {
    put(content, 0x8B, {high(node.access.arr_fid), low(node.access.arr_fid), node.access.record});
  } else if (!node.expanded_access.empty()) {
    put(content, 0xAB, node.expanded_access);
  }
  if (node.is_directory()) {
    Bytes status{0x90, 0x01, 0x00};
    const std::size_t octets = std::max<std::size_t>(1, (node.pin_references.size() + 7) / 8);
    status[1] = static_cast<std::uint8_t>(octets);
    status.resize(2 + octets, 0);
    std::size_t bit = 0;
    for (const std::uint8_t reference : node.pin_references) {
      const auto index = resolve_pin(id, reference);
      if (index && pin_state(*index, txn).enabled) status[2 + bit / 8] |= static_cast<std::uint8_t>(0x80U >> (bit % 8));
      ++bit;
    }
    for (const std::uint8_t reference : node.pin_references) {
      // TS 102 221 9.5.2: the usage qualifier tells of user authentication; the MF names it, as deployed cards do.
      if (node.kind == FileKind::mf && reference <= 0x08) put(status, 0x95, {0x08});
      if (reference == 0x11) put(status, 0x95, {std::uint8_t{0x00}});
      put(status, 0x83, {reference});
    }
    put(content, 0xC6, ByteView(status));
  } else {
    const unsigned size = shape.kind == FileKind::ber_tlv ? static_cast<unsigned>(body(id, txn).size()) : shape.size;
    put(content, 0x80, {high(size), low(size)});
    if (node.sfi == 0) {
      put(content, 0x88, std::initializer_list<std::uint8_t>{});
    } else {
      put(content, 0x88, {static_cast<std::uint8_t>(node.sfi << 3)});
    }
  }
  Bytes out;
  out.reserve(content.size() + 3);
  put(out, 0x62, ByteView(content));
  return out;
}

// ---- PINs

std::optional<std::size_t> Uicc::resolve_pin(NodeId directory, std::uint8_t reference) const {
  // A local reference not defined in a directory is inherited from above; global ones lie in the MF.
  for (NodeId at = directory; at != kNoNode; at = tree_->at(at).parent) {
    for (const PinBinding& binding : pins_->bindings) {
      if (binding.directory == at && binding.reference == reference) return binding.pin;
    }
  }
  return std::nullopt;
}

std::optional<std::size_t> Uicc::find_puk(std::uint8_t reference) const {
  for (std::size_t i = 0; i < pins_->puks.size(); ++i) {
    if (pins_->puks[i].reference == reference) return i;
  }
  return std::nullopt;
}

// Cell: tries, flags (1 enabled, 2 replaced), eight octets of value.
PinState Uicc::pin_state(std::size_t index, const state::Transaction& txn) const {
  const PinObject& initial = pins_->pins[index];
  if (const Bytes* cell = txn.find({Space::pin, owner_, static_cast<std::uint32_t>(index)}); cell != nullptr && cell->size() == 10) {
    return {.tries = (*cell)[0],
            .enabled = ((*cell)[1] & 0x01) != 0,
            .replaced = ((*cell)[1] & 0x02) != 0,
            .value = crypto::SecretBytes(ByteView(*cell).subspan(2))};
  }
  return {.tries = initial.tries, .enabled = initial.enabled, .replaced = false, .value = initial.value.clone()};
}

void Uicc::save_pin(std::size_t index, const PinState& value, state::Transaction& txn) const {
  Bytes cell{value.tries, static_cast<std::uint8_t>((value.enabled ? 0x01 : 0) | (value.replaced ? 0x02 : 0))};
  append(cell, value.value.expose());
  txn.put({Space::pin, owner_, static_cast<std::uint32_t>(index)}, std::move(cell));
}

PinState Uicc::puk_state(std::size_t index, const state::Transaction& txn) const {
  const PukObject& initial = pins_->puks[index];
  PinState out{.tries = initial.tries, .enabled = true, .replaced = false, .value = initial.value.clone()};
  const Bytes* cell = txn.find({Space::pin, owner_, kPukCells + static_cast<std::uint32_t>(index)});
  if (cell != nullptr && cell->size() == 1) out.tries = (*cell)[0];
  return out;
}

void Uicc::save_puk(std::size_t index, const PinState& value, state::Transaction& txn) const {
  txn.put({Space::pin, owner_, kPukCells + static_cast<std::uint32_t>(index)}, Bytes{value.tries});
}

bool Uicc::pin_satisfied(NodeId directory, std::uint8_t reference, const state::Transaction& txn) const {
  const auto index = resolve_pin(directory, reference);
  if (!index) return false;
  if (verified_[*index]) return true;
  if (is_adm(reference)) return false;
  const PinState state = pin_state(*index, txn);
  if (state.enabled) return false;
  return !state.replaced || pin_satisfied(kMf, 0x11, txn);
}

bool Uicc::application_pin_satisfied(NodeId adf, const state::Transaction& txn) const {
  for (const std::uint8_t reference : tree_->at(adf).pin_references) {
    if (reference >= 0x01 && reference <= 0x08) return pin_satisfied(adf, reference, txn);
  }
  return true;
}

}  // namespace simurgh::uicc
