// Pillow's affine transform with bilinear or bicubic (a = -1) interpolation, in double precision, results cut off.
#include <math.h>
#include "include/subimage.h"
#include "simd.h"
#pragma STDC FP_CONTRACT OFF

CSI_INLINE int clamp(int value, int end) { return value < 0 ? 0 : value < end ? value : end - 1; }

// Vectors go by pointer: as arguments they would belong to one machine's calling convention.

CSI_INLINE void store_pixel(uint8_t *out, const f64x4 *value) {
  const f64x4 v = __builtin_elementwise_min(__builtin_elementwise_max(*value, (f64x4)0.0), (f64x4)255.0);
  const i32x4 whole = __builtin_convertvector(v, i32x4);
  out[0] = (uint8_t)whole[0];
  out[1] = (uint8_t)whole[1];
  out[2] = (uint8_t)whole[2];
}

/// Column `offset` (in bytes) of four rows: lane 4r + c is channel c of row r.
CSI_INLINE void column(i32x16 *result, const uint8_t *const rows[4], int offset) {
  u32x4 four;
  for (int r = 0; r < 4; r++) {
    uint32_t one;
    memcpy(&one, rows[r] + offset, 4);
    four[r] = one;
  }
  u8x16 bytes;
  memcpy(&bytes, &four, 16);
  *result = __builtin_convertvector(bytes, i32x16);
}

CSI_CLONES static void bicubic_row(
  const uint8_t *in, uint8_t *out, int width, int height, const double m[6], double py
) {
  const size_t stride = (size_t)width * 3;
  for (int px = 0; px < width; px++) {
    const double cx = px + 0.5;
    double x = m[0] * cx + m[1] * py + m[2], y = m[3] * cx + m[4] * py + m[5];
    if (!(x >= 0.0 && x < width && y >= 0.0 && y < height)) continue;
    x -= 0.5;
    y -= 0.5;
    const double fx = floor(x), fy = floor(y), dx = x - fx, dy = y - fy;
    const int left = (int)fx - 1, top = (int)fy - 1;
    const uint8_t *rows[4];
    int offsets[4];
    for (int i = 0; i < 4; i++) {
      rows[i] = in + (size_t)clamp(top + i, height) * stride;
      offsets[i] = clamp(left + i, width) * 3;
    }
    // Along the rows everything but the polynomial itself is whole numbers.
    i32x16 v1, v2, v3, v4;
    column(&v1, rows, offsets[0]);
    column(&v2, rows, offsets[1]);
    column(&v3, rows, offsets[2]);
    column(&v4, rows, offsets[3]);
    const f64x16 p1 = __builtin_convertvector(v2, f64x16), p2 = __builtin_convertvector(v3 - v1, f64x16),
                 p3 = __builtin_convertvector(2 * (v1 - v2) + v3 - v4, f64x16),
                 p4 = __builtin_convertvector(v2 - v1 + v4 - v3, f64x16);
    const f64x16 h = p1 + dx * (p2 + dx * (p3 + dx * p4));
    const f64x4 h1 = h.lo.lo, h2 = h.lo.hi, h3 = h.hi.lo, h4 = h.hi.hi;
    const f64x4 q2 = -h1 + h3, q3 = 2 * (h1 - h2) + h3 - h4, q4 = -h1 + h2 - h3 + h4;
    const f64x4 value = h2 + dy * (q2 + dy * (q3 + dy * q4));
    store_pixel(out + 3 * (size_t)px, &value);
  }
}

CSI_INLINE void load_pixel(f64x4 *pixel, const uint8_t *at) {
  u8x4 bytes;
  memcpy(&bytes, at, 4);
  *pixel = __builtin_convertvector(bytes, f64x4);
}

CSI_CLONES static void bilinear_row(
  const uint8_t *in, uint8_t *out, int width, int height, const double m[6], double py
) {
  const size_t stride = (size_t)width * 3;
  for (int px = 0; px < width; px++) {
    const double cx = px + 0.5;
    double x = m[0] * cx + m[1] * py + m[2], y = m[3] * cx + m[4] * py + m[5];
    if (!(x >= 0.0 && x < width && y >= 0.0 && y < height)) continue;
    x -= 0.5;
    y -= 0.5;
    const double fx = floor(x), fy = floor(y), dx = x - fx, dy = y - fy;
    const int left = clamp((int)fx, width) * 3, right = clamp((int)fx + 1, width) * 3;
    const uint8_t *upper = in + (size_t)clamp((int)fy, height) * stride;
    const uint8_t *lower = in + (size_t)clamp((int)fy + 1, height) * stride;
    f64x4 ul, ur, ll, lr;
    load_pixel(&ul, upper + left);
    load_pixel(&ur, upper + right);
    load_pixel(&ll, lower + left);
    load_pixel(&lr, lower + right);
    const f64x4 u = ul + (ur - ul) * dx, l = ll + (lr - ll) * dx, value = u + (l - u) * dy;
    store_pixel(out + 3 * (size_t)px, &value);
  }
}

void csi_affine(const uint8_t *in, uint8_t *out, int width, int height, const double matrix[6], int filter) {
  for (int y = 0; y < height; y++) {
    uint8_t *row = out + (size_t)y * (size_t)width * 3;
    if (filter == 2) {
      bilinear_row(in, row, width, height, matrix, y + 0.5);
    } else {
      bicubic_row(in, row, width, height, matrix, y + 0.5);
    }
  }
}
