// Sums and extrema over one axis of [outer, length, inner]. The bits do not depend on the thread count.
#include <math.h>
#include "kernel.h"

enum { sum_block = 4096 };

typedef struct {
  int64_t length, inner, blocks;
  const float *x;
  float *y;
  float beta;
  double *sums;
} axis;

// ---- contiguous -----------------------------------------------------------------------------------------------------

/// Sums of blocks of rows: in floats of 64 accumulators, so that a row of any length is added up in double.
static SK_CLONES void sum_blocks(void *context, int64_t begin, int64_t end, int thread) {
  const axis *j = context;
  for (int64_t item = begin; item < end; item++) {
#pragma clang fp reassociate(on)
    const int64_t first = item % j->blocks * sum_block, last = sk_min(j->length, first + sum_block);
    const float *x = j->x + item / j->blocks * j->length;
    float sum = 0;
    SK_REDUCE for (int64_t i = first; i < last; i++) sum += x[i];
    j->sums[item] = sum;
  }
}

static void sum_rows(int64_t rows, int64_t length, const float *x, float beta, float *y) {
  const int64_t blocks = sk_max(1, (length + sum_block - 1) / sum_block), items = rows * blocks;
  double few[64], *sums = items <= 64 ? few : sk_scratch((size_t)items * sizeof(double));
  axis job = {.length = length, .blocks = blocks, .x = x, .sums = sums};
  sk_divide(items, 1, 5 + 0.2 * (double)sk_min(length, sum_block), sum_blocks, &job);
  for (int64_t row = 0; row < rows; row++) {
    double sum = 0;
    for (int64_t block = 0; block < blocks; block++) sum += sums[row * blocks + block];
    y[row] = (float)sum + (beta == 0 ? 0 : beta * y[row]);
  }
  if (sums != few) sk_free(sums);
}

// A NaN stays: what is larger than it, or a NaN itself, replaces the best so far.
#define SK_BEST(name, relation)                                                                                \
  SK_INLINE float name##_of_row(int64_t n, const float *x) {                                                   \
    float lanes[16], best = x[0];                                                                              \
    for (int l = 0; l < 16; l++) lanes[l] = best;                                                              \
    int64_t i = 0;                                                                                             \
    for (; i + 16 <= n; i += 16) {                                                                             \
      SK_LOOP for (int l = 0; l < 16; l++) {                                                                   \
        const float v = x[i + l];                                                                              \
        lanes[l] = v relation lanes[l] || v != v ? v : lanes[l];                                               \
      }                                                                                                        \
    }                                                                                                          \
    for (; i < n; i++) best = x[i] relation best || x[i] != x[i] ? x[i] : best;                                \
    for (int l = 0; l < 16; l++) best = lanes[l] relation best || lanes[l] != lanes[l] ? lanes[l] : best;      \
    return best;                                                                                               \
  }                                                                                                            \
  static SK_CLONES void name##_rows(void *context, int64_t begin, int64_t end, int thread) {                   \
    const axis *j = context;                                                                                   \
    for (int64_t r = begin; r < end; r++) j->y[r] = name##_of_row(j->length, j->x + r * j->length);            \
  }
SK_BEST(largest, >)
SK_BEST(smallest, <)

// ---- strided --------------------------------------------------------------------------------------------------------

/// Columns of one outer block: items are pieces of a row of at most `sum_block` columns.
#define SK_COLUMNS(name, start, expression)                                                     \
  static SK_CLONES void name(void *context, int64_t begin, int64_t end, int thread) {           \
    const axis *j = context;                                                                    \
    const int64_t inner = j->inner, length = j->length;                                         \
    const float beta = j->beta;                                                                 \
    for (int64_t item = begin; item < end; item++) {                                            \
      const int64_t outer = item / j->blocks, first = item % j->blocks * sum_block;             \
      const int64_t n = sk_min(inner - first, sum_block);                                       \
      const float *x = j->x + outer * length * inner + first;                                   \
      float *y = j->y + outer * inner + first;                                                  \
      (void)beta;                                                                               \
      start;                                                                                    \
      for (int64_t l = 0; l < length; l++, x += inner) {                                        \
        SK_LOOP for (int64_t i = 0; i < n; i++) y[i] = expression;                              \
      }                                                                                         \
    }                                                                                           \
  }
SK_COLUMNS(sum_columns, for (int64_t i = 0; i < n; i++) y[i] = beta == 0 ? 0 : beta * y[i], y[i] + x[i])
SK_COLUMNS(largest_columns, memcpy(y, x, (size_t)n * sizeof(float)), x[i] > y[i] || x[i] != x[i] ? x[i] : y[i])
SK_COLUMNS(smallest_columns, memcpy(y, x, (size_t)n * sizeof(float)), x[i] < y[i] || x[i] != x[i] ? x[i] : y[i])

void sk_reduce(int reduction, int64_t outer, int64_t length, int64_t inner, const float *x, float beta, float *y) {
  const bool is_sum = reduction == SK_SUM, is_largest = reduction == SK_LARGEST;
  if (inner == 1 && is_sum) return sum_rows(outer, length, x, beta, y);
  axis job = {.length = length, .inner = inner, .blocks = (inner + sum_block - 1) / sum_block, .x = x, .y = y,
              .beta = beta};
  if (inner == 1) {
    sk_divide(outer, 1, 5 + 0.5 * (double)length, is_largest ? largest_rows : smallest_rows, &job);
  } else {
    sk_divide(outer * job.blocks, 1, 0.3 * (double)(length * sk_min(inner, sum_block)),
              is_sum ? sum_columns : is_largest ? largest_columns : smallest_columns, &job);
  }
}
