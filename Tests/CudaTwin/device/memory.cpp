#include "memory.hpp"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>

#include "block.hpp"

namespace emulator {
GuardedMemory deviceMemory, pinnedMemory;

static size_t pageSize() {
  static const size_t size = (size_t)sysconf(_SC_PAGESIZE);
  return size;
}

/// New memory between two guards.
static unsigned char *map(size_t length) {
  const size_t page = pageSize();
  void *memory = mmap(nullptr, length + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) return nullptr;
  unsigned char *base = (unsigned char *)memory + page;
  if (mprotect(base, length, PROT_READ | PROT_WRITE)) return nullptr;
  return base;
}

unsigned char *GuardedMemory::allocate(size_t bytes) {
  const size_t page = pageSize(), length = (std::max<size_t>(bytes, 1) + page - 1) / page * page;
  unsigned char *base = map(length);
  if (!base) return nullptr;
  memset(base, 0xff, length);
  unsigned char *start = base + length - (std::max<size_t>(bytes, 1) + 15) / 16 * 16;
  blocks[(uintptr_t)start] = {bytes, base, length};
  inUse += bytes;
  return start;
}

static bool isUntouched(const unsigned char *from, const unsigned char *to) {
  return std::all_of(from, to, [](unsigned char byte) { return byte == 0xff; });
}

bool GuardedMemory::free(void *start) {
  const auto found = blocks.find((uintptr_t)start);
  if (found == blocks.end()) return false;
  const Mapping block = found->second;
  const auto first = (unsigned char *)start;
  if (!isUntouched(block.base, first)) fail("something was written before a block of %zu bytes", block.bytes);
  if (!isUntouched(first + block.bytes, block.base + block.length))
    fail("something was written behind a block of %zu bytes", block.bytes);
  inUse -= block.bytes;
  // The pages go back, the addresses stay taken.
  mmap(block.base, block.length, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
  blocks.erase(found);
  return true;
}

bool GuardedMemory::contains(const void *place, size_t bytes) const {
  const auto next = blocks.upper_bound((uintptr_t)place);
  if (next == blocks.begin()) return false;
  const auto &[start, block] = *std::prev(next);
  return (uintptr_t)place + bytes <= start + block.bytes;
}

bool GuardedMemory::nearest(const void *place, uintptr_t &start, size_t &bytes) const {
  const auto next = blocks.upper_bound((uintptr_t)place);
  if (next == blocks.begin()) return false;
  start = std::prev(next)->first;
  bytes = std::prev(next)->second.bytes;
  return true;
}

unsigned char *realAddress(uint64_t address, size_t bytes) {
  const auto real = (unsigned char *)(uintptr_t)(address & ~addressMask);
  return isMarked(address) && deviceMemory.contains(real, bytes) ? real : nullptr;
}

static uint64_t word(const void *words, size_t i) {
  uint64_t value;
  memcpy(&value, (const char *)words + 8 * i, 8);
  return value;
}

void replaceAddresses(void *words, size_t bytes) {
  for (size_t i = 0; i < bytes / 8; ++i) {
    uint64_t value = word(words, i);
    // Bytes of a picture may look like a mark.
    if (!isMarked(value) || !realAddress(value, 0)) continue;
    value &= ~addressMask;
    memcpy((char *)words + 8 * i, &value, 8);
  }
}

const char *faultOfArguments(const void *words, const std::vector<bool> &pointers) {
  static thread_local char text[160];
  for (size_t i = 0; i < pointers.size(); ++i) {
    if (!pointers[i]) continue;
    const uint64_t value = word(words, i);
    if (isMarked(value)) {
      if (realAddress(value, 0)) continue;
      snprintf(text, sizeof text, "the address at byte %zu of the arguments is in no block of the device", 8 * i);
      return text;
    }
    if (value < 1ull << 32 || value >= 1ull << 47) continue;
    unsigned char isResident;
    if (mincore((void *)(value / pageSize() * pageSize()), 1, &isResident)) continue;
    snprintf(text, sizeof text, "the word at byte %zu of the arguments is an address of the host's memory", 8 * i);
    return text;
  }
  return nullptr;
}

unsigned char *SharedMemory::place(size_t bytes) {
  if (!end) {
    const size_t page = pageSize(), length = (capacity + slack + page - 1) / page * page;
    unsigned char *base = map(length);
    if (!base) fail("no memory for shared memory");
    end = base + length;
  }
  memset(end - slack, 0xff, slack);
  return end - (bytes + slack - 1) / slack * slack;
}

void SharedMemory::check(size_t bytes) const {
  const size_t rounded = (bytes + slack - 1) / slack * slack;
  if (!isUntouched(end - rounded + bytes, end)) fail("something was written behind %zu bytes of shared memory", bytes);
}
}  // namespace emulator
