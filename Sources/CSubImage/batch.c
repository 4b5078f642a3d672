// Whole batches: noise, and mixing of bytes.
#include <math.h>
#include "include/subimage.h"
#include "simd.h"
#pragma STDC FP_CONTRACT OFF

/// The same streams as RandomKey in SubCore; a test holds the two together.
static uint64_t bits64(uint64_t key, uint64_t position) {
  uint64_t z = key + position * 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

static double uniform(uint64_t key, uint64_t position) { return (double)(bits64(key, position) >> 11) * 0x1p-53; }

void csi_fill_normal(float *out, size_t count, uint64_t key) {
  for (size_t i = 0; i < count; i++) {
    const double radius = sqrt(-2 * log(1 - uniform(key, 2 * i)));
    out[i] = (float)(radius * cos(2 * M_PI * uniform(key, 2 * i + 1)));
  }
}

CSI_CLONES void csi_mix_pair_u8(uint8_t *restrict a, uint8_t *restrict b, size_t count, float weight, float rest) {
  for (size_t i = 0; i < count; i++) {
    const float x = a[i], y = b[i];
    a[i] = (uint8_t)rintf(x * weight + y * rest);
    b[i] = (uint8_t)rintf(y * weight + x * rest);
  }
}
