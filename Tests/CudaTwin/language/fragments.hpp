// The matrix units' instructions, with the fragments of the PTX ISA (mma.m16n8k16, ldmatrix).
#pragma once
#include "../device/block.hpp"

/// d += a·b, A 16×16, B 16×8, bf16 in, f32 accumulated.
static inline void mma16816(float (&d)[4], const unsigned (&a)[4], unsigned b0, unsigned b1,
                            int line = __builtin_LINE()) {
  emulator::Warp &warp = *emulator::current->warp;
  emulator::Fragments &fragments = warp.fragments[warp.phase];
  const unsigned lane = emulator::current->lane;
  memcpy(fragments.a[lane], a, sizeof a);
  fragments.b[lane][0] = b0;
  fragments.b[lane][1] = b1;
  memcpy(fragments.d[lane], d, sizeof d);
  emulator::meet("mma", line, &emulator::multiplyFragments);
  memcpy(d, fragments.d[lane], sizeof d);
}

namespace emulator {
static inline void loadTiles(unsigned (&r)[4], const void *row, const char *name, int line,
                             void (*last)(Fragments &)) {
  Warp &warp = *current->warp;
  Fragments &fragments = warp.fragments[warp.phase];
  const unsigned lane = current->lane;
  fragments.rows[lane] = checkedRow(row, name);
  meet(name, line, last);
  memcpy(r, fragments.a[lane], sizeof r);
}
}  // namespace emulator

/// Four 8×8 tiles of 16-bit elements; lane l gives the address of row l % 8 of tile l / 8.
static inline void loadMatrix4(unsigned (&r)[4], const void *row, int line = __builtin_LINE()) {
  emulator::loadTiles(r, row, "ldmatrix", line, &emulator::loadFragments);
}
static inline void loadMatrix4Transposed(unsigned (&r)[4], const void *row, int line = __builtin_LINE()) {
  emulator::loadTiles(r, row, "ldmatrix.trans", line, &emulator::loadFragmentsTransposed);
}
