// Matrix products by oneDNN, and what happens to a product while it is still in cache.
#include <stdio.h>
#include <stdlib.h>
#include "onednn.h"
#include "kernel.h"

static void product(bool ta, bool tb, int64_t m, int64_t n, int64_t k, float alpha, const float *a, int64_t lda,
                    const float *b, int64_t ldb, float beta, float *c, int64_t ldc) {
  dnnl_status_t status =
      dnnl_sgemm(ta ? 'T' : 'N', tb ? 'T' : 'N', m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
  if (status == dnnl_out_of_memory) sk_end_without_memory(0);
  if (status != dnnl_success) {
    fprintf(stderr, "masksub: oneDNN refused a product (status %d): m %lld n %lld k %lld lda %lld ldb %lld ldc %lld\n",
            status, (long long)m, (long long)n, (long long)k, (long long)lda, (long long)ldb, (long long)ldc);
    abort();
  }
}

/// c[m][n] = alpha · a · b + beta · c, then bias and activation in place; the value between the two goes to preact.
typedef struct {
  bool ta, tb;
  int64_t m, n, k;
  float alpha;
  const float *a;
  int64_t lda;
  const float *b;
  int64_t ldb;
  float beta;
  float *c;
  int64_t ldc;
  const float *bias;
  float *preact;
  int activation;
} gemm;

/// Bias and activation over rows begin ..< end, in place in y; the value between the two goes to preact.
static SK_CLONES void finish_rows(void *context, int64_t begin, int64_t end, int thread) {
  const gemm *j = context;
  const float *bias = j->bias;
  const int64_t n = j->n;
#define SK_FINISH(name, function)                                        \
  case name:                                                             \
    if (p && bias) {                                                     \
      SK_LOOP for (int64_t i = 0; i < n; i++) {                          \
        float before = y[i] + bias[i];                                   \
        p[i] = before;                                                   \
        y[i] = function(before);                                         \
      }                                                                  \
    } else if (bias) {                                                   \
      SK_LOOP for (int64_t i = 0; i < n; i++) y[i] = function(y[i] + bias[i]); \
    } else {                                                             \
      if (p) memcpy(p, y, (size_t)n * sizeof(float));                    \
      SK_LOOP for (int64_t i = 0; i < n; i++) y[i] = function(y[i]);     \
    }                                                                    \
    break;
  for (int64_t r = begin; r < end; r++) {
    float *y = j->c + r * j->ldc, *p = j->preact ? j->preact + r * j->ldc : NULL;
    switch (j->activation) {
      SK_FINISH(SK_GELU, sk_gelu)
      SK_FINISH(SK_GELU_TANH, sk_gelu_tanh)
      SK_FINISH(SK_QUICK_GELU, sk_quick_gelu)
      SK_FINISH(SK_TANH, sk_tanh_of)
      SK_FINISH(SK_RELU, sk_relu)
      SK_FINISH(SK_SIGMOID, sk_sigmoid_of)
      SK_FINISH(SK_IDENTITY, sk_identity)
    }
  }
#undef SK_FINISH
}

static bool has_finish(const gemm *g) { return g->bias || g->preact || g->activation != SK_IDENTITY; }

/// Rows begin ..< end. oneDNN runs on this thread alone inside a region.
static void gemm_rows(void *context, int64_t begin, int64_t end, int thread) {
  gemm g = *(const gemm *)context;
  g.m = end - begin;
  g.a += begin * (g.ta ? 1 : g.lda);
  g.c += begin * g.ldc;
  if (g.preact) g.preact += begin * g.ldc;
  product(g.ta, g.tb, g.m, g.n, g.k, g.alpha, g.a, g.lda, g.b, g.ldb, g.beta, g.c, g.ldc);
  if (has_finish(&g)) finish_rows(&g, 0, g.m, thread);
}

static gemm columns_of(const gemm *whole, int64_t begin, int64_t end) {
  gemm g = *whole;
  g.n = end - begin;
  g.b += begin * (g.tb ? g.ldb : 1);
  g.c += begin;
  if (g.bias) g.bias += begin;
  if (g.preact) g.preact += begin;
  return g;
}

// oneDNN packs a transposed right operand slower than it multiplies by it. From this many rows on it is worth turning
// the operand first, a block at a time, so that it, and the block's result until it is finished, are in a cache when
// they are needed again.
enum { rows_worth_turning = 128, turned_columns = 192, turned_rows = 528 };

/// Columns begin ..< end.
static void gemm_columns(void *context, int64_t begin, int64_t end, int thread) {
  const gemm *whole = context;
  if (!whole->tb || whole->m < rows_worth_turning) {
    gemm g = columns_of(whole, begin, end);
    return gemm_rows(&g, 0, g.m, thread);
  }
  float *turned = sk_scratch((size_t)(whole->k * turned_columns) * sizeof(float));
  for (int64_t column = begin; column < end; column += turned_columns) {
    gemm g = columns_of(whole, column, sk_min(end, column + turned_columns));
    sk_transpose(g.n, g.k, g.b, g.ldb, turned, turned_columns);
    g.tb = false;
    g.b = turned;
    g.ldb = turned_columns;
    for (int64_t row = 0; row < g.m; row += turned_rows) gemm_rows(&g, row, sk_min(g.m, row + turned_rows), thread);
  }
  sk_free(turned);
}

/// Products below this many multiply-adds stay on the calling thread.
static const double lone_product = 1 << 16;

static void run(gemm *g) {
  if (g->m <= 0 || g->n <= 0) return;
  if (g->k <= 0) {
    for (int64_t i = 0; i < g->m; i++)
      for (int64_t j = 0; j < g->n; j++) g->c[i * g->ldc + j] = g->beta == 0 ? 0 : g->beta * g->c[i * g->ldc + j];
    if (has_finish(g)) finish_rows(g, 0, g->m, 0);
    return;
  }
  const bool alone = (double)g->m * (double)g->n * (double)g->k < lone_product;
  sk_use_threads(alone ? 1 : sk_threads());
  // oneDNN packs both operands once per call: every thread gets one piece, cut across the longer side, so that the
  // operand that all threads pack is the smaller one; across the columns where blocks of them are turned. Thin pieces are
  // better cut by oneDNN itself, in two dimensions.
  const int64_t wide = 96 * (int64_t)sk_threads();
  const bool turns = g->tb && g->m >= rows_worth_turning && g->n >= wide;
  const double cost = 0.02 * (double)g->k;
  if (!alone && (turns || (g->n > g->m && g->n >= wide))) {
    sk_divide(g->n, 48, cost * (double)g->m, gemm_columns, g);
  } else if (!alone && g->m >= wide) {
    sk_divide(g->m, 8, cost * (double)g->n, gemm_rows, g);
  } else {
    product(g->ta, g->tb, g->m, g->n, g->k, g->alpha, g->a, g->lda, g->b, g->ldb, g->beta, g->c, g->ldc);
    if (has_finish(g)) sk_divide(g->m, 1, 1.0 * (double)g->n, finish_rows, g);
  }
}

void sk_gemm(bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k, float alpha, const float *a,
             int64_t lda, const float *b, int64_t ldb, float beta, float *c, int64_t ldc) {
  run(&(gemm){transpose_a, transpose_b, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc, .activation = SK_IDENTITY});
}

void sk_linear_forward(int64_t m, int64_t n, int64_t k, const float *x, int64_t ldx, const float *w, const float *bias,
                       int activation, float *preact, float *y, int64_t ldy) {
  run(&(gemm){false, true, m, n, k, 1, x, ldx, w, k, 0, y, ldy, bias, preact, activation});
}

typedef struct {
  gemm one;
  const int64_t *a_starts, *b_starts;
} batch;

static void run_share(void *context, int64_t begin, int64_t end, int thread) {
  const batch *j = context;
  for (int64_t item = begin; item < end; item++) {
    gemm g = j->one;
    g.a += j->a_starts[item];
    g.b += j->b_starts[item];
    g.c += item * g.m * g.n;
    run(&g);
  }
}

void sk_gemm_batch(int64_t count, bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k, const float *a,
                   const int64_t *a_starts, const float *b, const int64_t *b_starts, float *c) {
  batch job = {{transpose_a, transpose_b, m, n, k, 1, a, transpose_a ? m : k, b, transpose_b ? k : n, 0, c, n,
                .activation = SK_IDENTITY}, a_starts, b_starts};
  // Few large products are better cut themselves.
  if (count < sk_threads()) return run_share(&job, 0, count, 0);
  sk_divide(count, 1, 100 + 0.02 * (double)m * (double)n * (double)k, run_share, &job);
}
