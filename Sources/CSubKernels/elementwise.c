// One pass over flat arrays, and sums whose order does not depend on the thread count.
#include "kernel.h"

typedef struct {
  int64_t n;
  const float *a, *b;
  float *y;
  float s, t;
  uint64_t key;
  int activation;
  double *sums;
} arrays;

// Nanoseconds per element on one thread: bound by memory, or by arithmetic.
static const double streaming = 0.5, transcendental = 1;
enum { grain = 64 };

#define SK_ELEMENTWISE(name, expression)                                                     \
  static SK_CLONES void name(void *context, int64_t begin, int64_t end, int thread) {        \
    const arrays *j = context;                                                               \
    const float *a = j->a, *b = j->b;                                                        \
    float *y = j->y;                                                                         \
    const float s = j->s, t = j->t;                                                          \
    (void)a, (void)b, (void)s, (void)t;                                                      \
    SK_LOOP for (int64_t i = begin; i < end; i++) y[i] = expression;                         \
  }
SK_ELEMENTWISE(fill, s)
SK_ELEMENTWISE(scale, s *a[i])
SK_ELEMENTWISE(add, a[i] + b[i])
SK_ELEMENTWISE(blend, s *a[i] + t * y[i])

static void copy(void *context, int64_t begin, int64_t end, int thread) {
  const arrays *j = context;
  memcpy(j->y + begin, j->a + begin, (size_t)(end - begin) * sizeof(float));
}

void sk_fill(int64_t n, float value, float *y) { sk_divide(n, grain, streaming, fill, &(arrays){.y = y, .s = value}); }
void sk_copy(int64_t n, const float *x, float *y) {
  if (x != y) sk_divide(n, grain, streaming, copy, &(arrays){.a = x, .y = y});
}
void sk_scale(int64_t n, float alpha, const float *x, float *y) {
  sk_divide(n, grain, streaming, scale, &(arrays){.a = x, .y = y, .s = alpha});
}
void sk_add(int64_t n, const float *a, const float *b, float *y) {
  sk_divide(n, grain, streaming, add, &(arrays){.a = a, .b = b, .y = y});
}
void sk_axpby(int64_t n, float alpha, const float *x, float beta, float *y) {
  if (beta == 0) return sk_scale(n, alpha, x, y);
  sk_divide(n, grain, streaming, blend, &(arrays){.a = x, .y = y, .s = alpha, .t = beta});
}

// ---- two types ------------------------------------------------------------------------------------------------------

// Elements that pass through a thread's stack at a time.
enum { passing = 512 };

typedef struct {
  int x_type, y_type;
  const void *x;
  void *y;
  float s, t;
} typed;

static SK_CLONES void blend_typed(void *context, int64_t begin, int64_t end, int thread) {
  const typed *j = context;
  float own[passing], sum[passing];
  for (int64_t at = begin; at < end; at += passing) {
    const int64_t n = sk_min(passing, end - at);
    const float *x = sk_row(j->x_type, j->x, at, n, own);
    float *y = sk_row_to(j->y_type, j->y, at, sum);
    if (j->t == 0) {
      SK_LOOP for (int64_t i = 0; i < n; i++) y[i] = j->s * x[i];
    } else {
      sk_row(j->y_type, j->y, at, n, sum);
      SK_LOOP for (int64_t i = 0; i < n; i++) y[i] = j->s * x[i] + j->t * y[i];
    }
    sk_row_done(j->y_type, j->y, at, n, sum);
  }
}
void sk_blend(int64_t n, float alpha, int x_type, const void *x, float beta, int y_type, void *y) {
  sk_divide(n, grain, streaming, blend_typed, &(typed){x_type, y_type, x, y, alpha, beta});
}

typedef struct {
  int type, activation;
  const void *x;
  void *y;
  float rate;
  uint64_t key;
  int64_t first;
} function;

static SK_CLONES void activate(void *context, int64_t begin, int64_t end, int thread) {
  const function *j = context;
  float own[passing];
  for (int64_t at = begin; at < end; at += passing) {
    const int64_t n = sk_min(passing, end - at);
    float *y = sk_row_to(j->type, j->y, at, own);
    sk_activate(n, j->activation, sk_row(j->type, j->x, at, n, own), y);
    sk_row_done(j->type, j->y, at, n, own);
  }
}
void sk_activation_forward(int64_t n, int activation, int type, const void *x, void *y) {
  sk_divide(n, grain, transcendental, activate, &(function){type, activation, x, y});
}

// ---- random numbers -------------------------------------------------------------------------------------------------

uint32_t sk_random(uint64_t key, uint64_t position) {
  return sk_block_bits(sk_block_key(key, position), (uint32_t)position);
}

static SK_CLONES void dropout(void *context, int64_t begin, int64_t end, int thread) {
  const function *j = context;
  const sk_keep keep = sk_keep_of(j->rate);
  float own[passing], factors[passing];
  for (int64_t at = begin; at < end; at += passing) {
    const int64_t n = sk_min(passing, end - at);
    const float *x = sk_row(j->type, j->x, at, n, own);
    float *y = sk_row_to(j->type, j->y, at, own);
    sk_keep_row(n, keep, 1, j->key, (uint64_t)(j->first + at), factors);
    // Selected rather than multiplied: what is dropped is 0 even where x is not finite.
    SK_LOOP for (int64_t i = 0; i < n; i++) y[i] = factors[i] != 0 ? x[i] * factors[i] : 0;
    sk_row_done(j->type, j->y, at, n, own);
  }
}
void sk_dropout(int64_t n, float p, uint64_t key, int64_t first, int type, const void *x, void *y) {
  if (p <= 0) return sk_blend(n, 1, type, x, 0, type, y);
  sk_divide(n, grain, transcendental, dropout, &(function){.type = type, .x = x, .y = y, .rate = p, .key = key, .first = first});
}

static SK_CLONES void uniform(void *context, int64_t begin, int64_t end, int thread) {
  const arrays *j = context;
  for (int64_t start = begin; start < end;) {
    uint64_t block = sk_block_key(j->key, (uint64_t)start);
    uint32_t low = (uint32_t)start;
    int64_t count = sk_min(end - start, (int64_t)(0x100000000u - low));
    float *y = j->y + start;
    SK_LOOP
    for (int64_t i = 0; i < count; i++)
      y[i] = (float)(int32_t)(sk_block_bits(block, low + (uint32_t)i) >> 8) * 0x1p-24f;
    start += count;
  }
}
void sk_uniform(int64_t n, uint64_t key, float *y) {
  sk_divide(n, grain, transcendental, uniform, &(arrays){.y = y, .key = key});
}

// ---- sums -----------------------------------------------------------------------------------------------------------

enum { sum_block = 4096 };

static SK_CLONES void square_blocks(void *context, int64_t begin, int64_t end, int thread) {
  const arrays *j = context;
  const float *a = j->a;
  for (int64_t block = begin; block < end; block++) {
#pragma clang fp reassociate(on)
    double sum = 0;
    int64_t last = sk_min(j->n, (block + 1) * sum_block);
    SK_REDUCE for (int64_t i = block * sum_block; i < last; i++) sum += (double)a[i] * (double)a[i];
    j->sums[block] = sum;
  }
}

static double pairwise(const double *x, int64_t n) {
  if (n <= 2) return n == 2 ? x[0] + x[1] : n == 1 ? x[0] : 0;
  return pairwise(x, n / 2) + pairwise(x + n / 2, n - n / 2);
}

double sk_sum_of_squares(int64_t n, const float *x) {
  if (n <= 0) return 0;
  int64_t blocks = (n + sum_block - 1) / sum_block;
  double few[64], *sums = blocks <= 64 ? few : sk_scratch((size_t)blocks * sizeof(double));
  sk_divide(blocks, 1, streaming * sum_block, square_blocks, &(arrays){.n = n, .a = x, .sums = sums});
  double sum = pairwise(sums, blocks);
  if (sums != few) sk_free(sums);
  return sum;
}
