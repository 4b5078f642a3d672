// Shuffles and votes: every lane leaves a value, waits for its warp, and reads another's. Masks are those of full warps.
#pragma once
#include "../device/block.hpp"

namespace emulator {
/// Leaves `value`, waits, and gives what `read` makes of the 32 values.
template <class T, class Read>
static inline auto exchange(unsigned mask, T value, const char *name, int line, Read read) {
  static_assert(sizeof(T) <= sizeof(Slot));
  if (mask != 0xffffffffu) fail("%s: mask %08x is not that of a full warp", name, mask);
  Warp &warp = *current->warp;
  const unsigned phase = warp.phase;
  memcpy(warp.slots[phase][current->lane].bytes, &value, sizeof value);
  meet(name, line);
  const Slot *slots = warp.slots[phase];
  return read([slots](unsigned lane) {
    T left;
    memcpy(&left, slots[lane].bytes, sizeof left);
    return left;
  });
}

template <class T> static inline T fromLane(unsigned mask, T value, unsigned lane, const char *name, int line) {
  return exchange(mask, value, name, line, [lane](auto at) { return at(lane); });
}

/// The first lane of the calling one's group of `width` lanes.
static inline unsigned firstLane(int width) { return current->lane & ~(unsigned)(width - 1); }
}  // namespace emulator

static inline void __syncwarp(unsigned mask = 0xffffffffu, int line = __builtin_LINE()) {
  emulator::exchange(mask, 0, "__syncwarp", line, [](auto) { return 0; });
}
template <class T>
static inline T __shfl_sync(unsigned mask, T x, int lane, int width = 32, int line = __builtin_LINE()) {
  return emulator::fromLane(mask, x, emulator::firstLane(width) + (lane & (width - 1)), "__shfl_sync", line);
}
template <class T>
static inline T __shfl_xor_sync(unsigned mask, T x, int bits, int width = 32, int line = __builtin_LINE()) {
  const unsigned lane = emulator::current->lane, from = lane ^ (unsigned)bits;
  const bool exists = from < emulator::firstLane(width) + (unsigned)width;
  return emulator::fromLane(mask, x, exists ? from : lane, "__shfl_xor_sync", line);
}
template <class T>
static inline T __shfl_down_sync(unsigned mask, T x, unsigned by, int width = 32, int line = __builtin_LINE()) {
  const unsigned lane = emulator::current->lane, from = lane + by;
  const bool exists = from < emulator::firstLane(width) + (unsigned)width;
  return emulator::fromLane(mask, x, exists ? from : lane, "__shfl_down_sync", line);
}
template <class T>
static inline T __shfl_up_sync(unsigned mask, T x, unsigned by, int width = 32, int line = __builtin_LINE()) {
  const unsigned lane = emulator::current->lane;
  const bool exists = lane >= emulator::firstLane(width) + by;
  return emulator::fromLane(mask, x, exists ? lane - by : lane, "__shfl_up_sync", line);
}
static inline unsigned __ballot_sync(unsigned mask, int predicate, int line = __builtin_LINE()) {
  return emulator::exchange(mask, predicate, "__ballot_sync", line, [](auto at) {
    unsigned bits = 0;
    for (unsigned lane = 0; lane < 32; ++lane) bits |= (unsigned)(at(lane) != 0) << lane;
    return bits;
  });
}
static inline int __any_sync(unsigned mask, int predicate, int line = __builtin_LINE()) {
  return __ballot_sync(mask, predicate, line) != 0;
}
static inline int __all_sync(unsigned mask, int predicate, int line = __builtin_LINE()) {
  return __ballot_sync(mask, predicate, line) == 0xffffffffu;
}
