// Memory of the device: filled with NaNs, ending at a page that must not be touched, trapping when it was freed. What
// is handed out are no addresses of the host but marked ones, which trap there; kernels get the real ones.
#pragma once
#include <stddef.h>
#include <stdint.h>

#include <map>
#include <vector>

namespace emulator {
#pragma GCC visibility push(hidden)
/// Blocks of memory between pages that must not be touched.
class GuardedMemory {
  struct Mapping {
    size_t bytes;         // of the block
    unsigned char *base;  // of what lies between the guards
    size_t length;
  };
  std::map<uintptr_t, Mapping> blocks;

 public:
  size_t inUse = 0;

  /// A new block of NaNs, 16-byte aligned, whose end is as near to the guard as that allows; null where the host has no
  /// memory.
  unsigned char *allocate(size_t bytes);
  /// False where no block starts here. The addresses are never used again. Ends the process where something was written
  /// just outside of the block.
  bool free(void *start);
  /// Whether so many bytes lie in one block.
  bool contains(const void *place, size_t bytes) const;
  /// The block that starts last before an address, for messages: its start and size.
  bool nearest(const void *place, uintptr_t &start, size_t &bytes) const;
};
extern GuardedMemory deviceMemory, pinnedMemory;

/// The upper bits of marked addresses: as numbers of any floating-point type they are NaNs.
constexpr uint64_t addressMark = 0x7ff7ull << 48, addressMask = 0xffffull << 48;
inline bool isMarked(uint64_t address) { return (address & addressMask) == addressMark; }
inline uint64_t marked(void *real) { return (uint64_t)(uintptr_t)real | addressMark; }

/// The real address of `bytes` bytes of the device's memory; null where they are not all in one block.
unsigned char *realAddress(uint64_t address, size_t bytes);
/// Replaces the marked addresses among some words, as a kernel's arguments or an uploaded table may hold them.
void replaceAddresses(void *words, size_t bytes);
/// Says what is wrong with the pointers among a kernel's arguments before they are replaced: marked ones of no block, or
/// addresses of the host's memory. Null: nothing.
const char *faultOfArguments(const void *words, const std::vector<bool> &pointers);

/// The shared memory of blocks, ending at a guard.
class SharedMemory {
  unsigned char *end = nullptr;
  static constexpr size_t capacity = 232448, slack = 128;

 public:
  /// So many bytes, 128-byte aligned.
  unsigned char *place(size_t bytes);
  /// Ends the process where something was written between the bytes and the guard.
  void check(size_t bytes) const;
};
#pragma GCC visibility pop
}  // namespace emulator
