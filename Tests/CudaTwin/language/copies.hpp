// cp.async: the bytes arrive as late as the rules allow, which is at the wait; until then their place holds NaNs.
#pragma once
#include "../device/block.hpp"

/// 16 bytes to shared memory; `bytes` of them (0 or 16) are read, the rest become zero.
static inline void copyAsync16(void *shared, const void *global, int bytes) {
  emulator::beginCopy(shared, global, bytes);
}
static inline void commitAsync() { emulator::current->copies.commit(); }
template <int pending> static inline void waitAsync() { emulator::current->copies.wait(pending); }
