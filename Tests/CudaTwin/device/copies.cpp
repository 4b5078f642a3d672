#include "copies.hpp"

#include <stdint.h>
#include <string.h>

#include "block.hpp"

namespace emulator {
void PendingCopies::wait(int pending) {
  if (groups.size() <= (size_t)pending) return;
  const size_t done = groups.size() - (size_t)pending, count = groups[done - 1];
  arrive(count);
  groups.erase(groups.begin(), groups.begin() + (ptrdiff_t)done);
  for (size_t &end : groups) end -= count;
}

void PendingCopies::arrive(size_t count) {
  for (size_t i = 0; i < count; ++i) {
    memset(copies[i].shared, 0, 16);
    memcpy(copies[i].shared, copies[i].global, (size_t)copies[i].bytes);
  }
  copies.erase(copies.begin(), copies.begin() + (ptrdiff_t)count);
}

void beginCopy(void *shared, const void *global, int bytes) {
  const auto place = (const unsigned char *)shared;
  if (((uintptr_t)shared | (uintptr_t)global) & 15) fail("cp.async: %p from %p is not 16-byte aligned", shared, global);
  if (place < block.shared || place + 16 > block.shared + block.sharedBytes)
    fail("cp.async: %p is outside of the %zu bytes of shared memory", shared, block.sharedBytes);
  if (bytes != 0 && bytes != 16) fail("cp.async of %d bytes", bytes);
  memset(shared, 0xff, 16);
  current->copies.add(shared, global, bytes);
}
}  // namespace emulator
