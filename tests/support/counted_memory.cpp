// Apart from what is measured: a compiler that sees both ends of an allocation leaves it out or warns of the head in front of it.
#include "tests/support/counted_memory.h"

void* operator new(std::size_t size) {
  void* block = simurgh::test::CountedMemory::take(size);
  if (block == nullptr) throw std::bad_alloc();
  return block;
}
void* operator new[](std::size_t size) { return operator new(size); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return simurgh::test::CountedMemory::take(size); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return simurgh::test::CountedMemory::take(size); }
void operator delete(void* block) noexcept { simurgh::test::CountedMemory::give(block); }
void operator delete[](void* block) noexcept { simurgh::test::CountedMemory::give(block); }
void operator delete(void* block, std::size_t) noexcept { simurgh::test::CountedMemory::give(block); }
void operator delete[](void* block, std::size_t) noexcept { simurgh::test::CountedMemory::give(block); }
