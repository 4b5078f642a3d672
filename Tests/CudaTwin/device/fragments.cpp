#include <stdint.h>

#include "../language/arithmetic.hpp"
#include "block.hpp"

#if defined(__x86_64__) && defined(__linux__)
#define FOR_THE_PROCESSOR __attribute__((target_clones("arch=haswell", "default")))
#else
#define FOR_THE_PROCESSOR
#endif

namespace emulator {
/// Lane 4 · group + pair holds, of A, rows group and group + 8, columns 2 · pair and 2 · pair + 8 and their right
/// neighbours; of B the same with rows for columns and column group; of D, rows group and group + 8, columns 2 · pair.
FOR_THE_PROCESSOR void multiplyFragments(Fragments &f) {
  float a[16][16], b[16][8], d[16][8];
  for (int lane = 0; lane < 32; ++lane) {
    const int group = lane >> 2, column = (lane & 3) * 2;
    for (int i = 0; i < 4; ++i) {
      float *place = &a[group + (i & 1) * 8][column + (i >> 1) * 8];
      place[0] = __uint_as_float(f.a[lane][i] << 16);
      place[1] = __uint_as_float(f.a[lane][i] & 0xffff0000u);
    }
    for (int i = 0; i < 2; ++i) {
      b[column + i * 8][group] = __uint_as_float(f.b[lane][i] << 16);
      b[column + i * 8 + 1][group] = __uint_as_float(f.b[lane][i] & 0xffff0000u);
    }
    for (int i = 0; i < 4; ++i) d[group + (i >> 1) * 8][column + (i & 1)] = f.d[lane][i];
  }
  typedef float Row __attribute__((vector_size(32), aligned(4)));
  for (int i = 0; i < 16; ++i) {
    Row sum = *(const Row *)d[i];
    for (int k = 0; k < 16; ++k) sum += a[i][k] * *(const Row *)b[k];
    *(Row *)d[i] = sum;
  }
  for (int lane = 0; lane < 32; ++lane)
    for (int i = 0; i < 4; ++i) f.d[lane][i] = d[(lane >> 2) + (i >> 1) * 8][(lane & 3) * 2 + (i & 1)];
}

/// Lane 4 · i + j gets, of each tile, elements 2 · j and 2 · j + 1 of row i.
void loadFragments(Fragments &f) {
  for (int lane = 0; lane < 32; ++lane)
    for (int tile = 0; tile < 4; ++tile) {
      const unsigned short *pair = f.rows[tile * 8 + (lane >> 2)] + (lane & 3) * 2;
      f.a[lane][tile] = pair[0] | (unsigned)pair[1] << 16;
    }
}
void loadFragmentsTransposed(Fragments &f) {
  for (int lane = 0; lane < 32; ++lane)
    for (int tile = 0; tile < 4; ++tile) {
      const int row = tile * 8 + (lane & 3) * 2, column = lane >> 2;
      f.a[lane][tile] = f.rows[row][column] | (unsigned)f.rows[row + 1][column] << 16;
    }
}

const unsigned short *checkedRow(const void *row, const char *name) {
  const auto place = (const unsigned char *)row;
  if ((uintptr_t)row & 15) fail("%s: row %p is not 16-byte aligned", name, row);
  if (place < block.shared || place + 16 > block.shared + block.sharedBytes)
    fail("%s: row %p is outside of the %zu bytes of shared memory", name, row, block.sharedBytes);
  return (const unsigned short *)row;
}
}  // namespace emulator
