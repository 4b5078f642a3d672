// Pillow's antialiased resize: weights in fixed point with 22 fractional bits, two passes with bytes between.
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include "include/subimage.h"
#include "simd.h"
#pragma STDC FP_CONTRACT OFF

enum { fraction_bits = 22 };

typedef struct {
  int size;        // weights per output position, a multiple of 4, zero beyond `count`
  int *first;      // first input position of every output position
  int *count;      // how many input positions it reads
  int32_t *values; // [positions, size]
} weights;

static double bicubic(double x) {
  const double a = -0.5;
  if (x < 0.0) x = -x;
  if (x < 1.0) return ((a + 2.0) * x - (a + 3.0)) * x * x + 1;
  if (x < 2.0) return (((x - 5) * x + 8) * x - 4) * a;
  return 0.0;
}

static double bilinear(double x) {
  if (x < 0.0) x = -x;
  return x < 1.0 ? 1.0 - x : 0.0;
}

static void free_weights(weights *w) {
  free(w->first);
  free(w->count);
  free(w->values);
}

/// The output positions from `start` on, `positions` of the whole `out_size`.
static bool make_weights(weights *w, int in_size, int64_t out_size, int64_t start, int positions, int filter) {
  double (*const kernel)(double) = filter == 2 ? bilinear : bicubic;
  const double scale = (double)in_size / (double)out_size;
  const double filter_scale = scale < 1.0 ? 1.0 : scale;
  const double support = (filter == 2 ? 1.0 : 2.0) * filter_scale;
  const int most = (int)ceil(support) * 2 + 1;
  w->size = (most + 3) / 4 * 4;
  w->first = malloc((size_t)positions * sizeof *w->first);
  w->count = malloc((size_t)positions * sizeof *w->count);
  w->values = calloc((size_t)positions * (size_t)w->size, sizeof *w->values);
  double *exact = malloc((size_t)most * sizeof *exact);
  if (!w->first || !w->count || !w->values || !exact) {
    free(exact);
    return false;
  }
  for (int position = 0; position < positions; position++) {
    const double center = ((double)(start + position) + 0.5) * scale, step = 1.0 / filter_scale;
    int low = (int)(center - support + 0.5), high = (int)(center + support + 0.5);
    if (low < 0) low = 0;
    if (high > in_size) high = in_size;
    double sum = 0.0;
    for (int i = 0; i < high - low; i++) {
      exact[i] = kernel((i + low - center + 0.5) * step);
      sum += exact[i];
    }
    int32_t *values = w->values + (size_t)position * (size_t)w->size;
    for (int i = 0; i < high - low; i++) {
      const double weight = (sum != 0.0 ? exact[i] / sum : exact[i]) * (1 << fraction_bits);
      values[i] = (int)(weight < 0 ? weight - 0.5 : weight + 0.5);
    }
    w->first[position] = low;
    w->count[position] = high - low;
  }
  free(exact);
  return true;
}

// Vectors go by pointer: as arguments they would belong to one machine's calling convention.

CSI_INLINE void multiply_add(i32x16 *sum, const uint8_t *bytes, int32_t weight) {
  u8x16 v;
  memcpy(&v, bytes, 16);
  *sum += __builtin_convertvector(v, i32x16) * weight;
}

CSI_INLINE void store16(uint8_t *bytes, const i32x16 *sum) {
  const i32x16 v = __builtin_elementwise_min(__builtin_elementwise_max(*sum >> fraction_bits, (i32x16)0), (i32x16)255);
  const u8x16 narrow = __builtin_convertvector(v, u8x16);
  memcpy(bytes, &narrow, 16);
}

/// One row. `spread` holds every weight four times (one lane per channel, the fourth unused), four pixels to a vector.
CSI_CLONES static void shrink_row(
  const uint8_t *row, uint8_t *out, int out_size, const int *first, const int *count, const int32_t *spread, int quads
) {
  for (int x = 0; x < out_size; x++) {
    const uint8_t *in = row + 3 * (size_t)first[x];
    const int32_t *k = spread + (size_t)x * (size_t)quads * 16;
    i32x16 sum = 0;
    const int needed = (count[x] + 3) / 4;  // reading all of them could run far over the last row's end
    for (int q = 0; q < needed; q++) {
      u8x16 packed;
      i32x16 weight;
      memcpy(&packed, in + 12 * q, 16);
      memcpy(&weight, k + 16 * q, 64);
      const u8x16 pixels =
        __builtin_shufflevector(packed, packed, 0, 1, 2, 2, 3, 4, 5, 5, 6, 7, 8, 8, 9, 10, 11, 11);
      sum += __builtin_convertvector(pixels, i32x16) * weight;
    }
    const i32x8 half = sum.lo + sum.hi;
    i32x4 total = half.lo + half.hi + (1 << (fraction_bits - 1));
    total = __builtin_elementwise_min(__builtin_elementwise_max(total >> fraction_bits, (i32x4)0), (i32x4)255);
    const u8x4 narrow = __builtin_convertvector(total, u8x4);
    memcpy(out + 3 * (size_t)x, &narrow, 4);  // the fourth byte belongs to the next pixel, written next
  }
}

/// One output row from `count` input rows.
CSI_CLONES static void shrink_column(
  const uint8_t *in, ptrdiff_t stride, uint8_t *out, size_t bytes, const int32_t *k, int count
) {
  size_t i = 0;
  for (; i + 64 <= bytes; i += 64) {
    i32x16 a = 1 << (fraction_bits - 1), b = a, c = a, d = a;
    const uint8_t *row = in + i;
    for (int t = 0; t < count; t++, row += stride) {
      multiply_add(&a, row, k[t]);
      multiply_add(&b, row + 16, k[t]);
      multiply_add(&c, row + 32, k[t]);
      multiply_add(&d, row + 48, k[t]);
    }
    store16(out + i, &a);
    store16(out + i + 16, &b);
    store16(out + i + 32, &c);
    store16(out + i + 48, &d);
  }
  for (; i < bytes; i += 16) {
    i32x16 a = 1 << (fraction_bits - 1);
    const uint8_t *row = in + i;
    for (int t = 0; t < count; t++, row += stride) multiply_add(&a, row, k[t]);
    if (i + 16 <= bytes) {
      store16(out + i, &a);
    } else {
      uint8_t tail[16];
      store16(tail, &a);
      memcpy(out + i, tail, bytes - i);
    }
  }
}

/// The input positions that the outputs read: all from the first one's first to the last one's last.
static int reach(const weights *w, int positions, int *low) {
  int high = 0;
  *low = INT_MAX;
  for (int i = 0; i < positions; i++) {
    if (w->first[i] < *low) *low = w->first[i];
    if (w->first[i] + w->count[i] > high) high = w->first[i] + w->count[i];
  }
  return high - *low;
}

/// `in` is the input from column `origin` on.
static bool resize_rows(
  const weights *w, const uint8_t *in, ptrdiff_t stride, int origin, int rows, uint8_t *out, ptrdiff_t out_stride,
  int columns
) {
  const size_t values = (size_t)columns * (size_t)w->size;
  int32_t *spread = malloc(values * 4 * sizeof *spread);
  int *first = malloc((size_t)columns * sizeof *first);
  const bool good = spread && first;
  if (good) {
    for (size_t i = 0; i < values; i++) {
      spread[4 * i] = spread[4 * i + 1] = spread[4 * i + 2] = spread[4 * i + 3] = w->values[i];
    }
    for (int x = 0; x < columns; x++) first[x] = w->first[x] - origin;
    for (int y = 0; y < rows; y++) {
      shrink_row(in + y * stride, out + y * out_stride, columns, first, w->count, spread, w->size / 4);
    }
  }
  free(spread);
  free(first);
  return good;
}

/// `in` is the input from row `origin` on.
static void resize_columns(
  const weights *w, const uint8_t *in, ptrdiff_t stride, int origin, size_t row_bytes, uint8_t *out, int rows
) {
  for (int y = 0; y < rows; y++) {
    shrink_column(
      in + (w->first[y] - origin) * stride, stride, out + (size_t)y * row_bytes, row_bytes,
      w->values + (size_t)y * (size_t)w->size, w->count[y]);
  }
}

/// Both passes, over what the window needs of the picture between them.
static bool resize_both(
  const weights *across, const weights *down, const uint8_t *in, ptrdiff_t stride, uint8_t *out, csi_window window,
  bool columns_first
) {
  int left, top;
  const int wide = reach(across, window.width, &left), tall = reach(down, window.height, &top);
  const size_t row_bytes = (size_t)window.width * 3;
  const uint8_t *corner = in + top * stride + 3 * (ptrdiff_t)left;
  const size_t between_row = columns_first ? (size_t)wide * 3 : (row_bytes + 63) / 64 * 64;
  uint8_t *between = malloc(between_row * (size_t)(columns_first ? window.height : tall) + CSI_PADDING);
  bool good = between != NULL;
  if (good && columns_first) {
    resize_columns(down, corner, stride, top, between_row, between, window.height);
    good = resize_rows(
      across, between, (ptrdiff_t)between_row, left, window.height, out, (ptrdiff_t)row_bytes, window.width);
  } else if (good) {
    good = resize_rows(across, corner, stride, left, tall, between, (ptrdiff_t)between_row, window.width);
    if (good) resize_columns(down, between, (ptrdiff_t)between_row, top, row_bytes, out, window.height);
  }
  free(between);
  return good;
}

bool csi_resize(
  const uint8_t *in, ptrdiff_t stride, int width, int height, uint8_t *out, int64_t new_width, int64_t new_height,
  csi_window window, int filter
) {
  const size_t row_bytes = (size_t)window.width * 3;
  weights across = {0}, down = {0};
  bool good = true;
  if (width != new_width) good = make_weights(&across, width, new_width, window.left, window.width, filter);
  if (good && height != new_height) good = make_weights(&down, height, new_height, window.top, window.height, filter);
  if (good) {
    // Where a side stays as it is, the window is a window of the input too.
    const uint8_t *shifted = in + (height == new_height ? window.top * stride : 0) +
      (width == new_width ? 3 * window.left : 0);
    if (width == new_width && height == new_height) {
      for (int y = 0; y < window.height; y++) memcpy(out + (size_t)y * row_bytes, shifted + y * stride, row_bytes);
    } else if (width == new_width) {
      resize_columns(&down, shifted, stride, 0, row_bytes, out, window.height);
    } else if (height == new_height) {
      good = resize_rows(&across, shifted, stride, 0, window.height, out, (ptrdiff_t)row_bytes, window.width);
    } else {
      // Pillow's order since version 13; before, rows always came first (a difference of a level or two in some
      // pixels).
      const bool columns_first = height > new_height && height - new_height > (width - new_width) * 2;
      good = resize_both(&across, &down, in, stride, out, window, columns_first);
    }
  }
  free_weights(&across);
  free_weights(&down);
  return good;
}
