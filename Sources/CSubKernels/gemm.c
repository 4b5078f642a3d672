// Matrix products by oneDNN, and what happens to a product while it is still in cache.
#include <dnnl.h>
#include <stdio.h>
#include <stdlib.h>
#include "kernel.h"

const char *sk_gemm_library(void) {
  static char name[64];
  const dnnl_version_t *v = dnnl_version();
  snprintf(name, sizeof name, "oneDNN %d.%d.%d", v->major, v->minor, v->patch);
  return name;
}

/// Products below this many multiply-adds stay on the calling thread.
static const double lone_product = 1 << 16;

static void product(bool ta, bool tb, int64_t m, int64_t n, int64_t k, float alpha, const float *a, int64_t lda,
                    const float *b, int64_t ldb, float beta, float *c, int64_t ldc) {
  dnnl_status_t status =
      dnnl_sgemm(ta ? 'T' : 'N', tb ? 'T' : 'N', m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
  if (status != dnnl_success) {
    fprintf(stderr, "masksub: oneDNN refused a product (status %d): m %lld n %lld k %lld lda %lld ldb %lld ldc %lld\n",
            status, (long long)m, (long long)n, (long long)k, (long long)lda, (long long)ldb, (long long)ldc);
    abort();
  }
}

void sk_gemm(bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k, float alpha, const float *a,
             int64_t lda, const float *b, int64_t ldb, float beta, float *c, int64_t ldc) {
  if (m <= 0 || n <= 0) return;
  if (k <= 0) {
    for (int64_t i = 0; i < m; i++)
      for (int64_t j = 0; j < n; j++) c[i * ldc + j] = beta == 0 ? 0 : beta * c[i * ldc + j];
    return;
  }
  sk_use_threads((double)m * (double)n * (double)k < lone_product ? 1 : sk_threads());
  product(transpose_a, transpose_b, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

// ---- linear ---------------------------------------------------------------------------------------------------------

typedef struct {
  int64_t n, ldx, ldy;
  const float *bias, *x, *dy;
  float *preact, *y;
  int activation;
  float *partial;
  int64_t stride;
} rows;

/// Bias and activation over rows begin ..< end, in place in y; the value between the two goes to preact.
static SK_CLONES void finish_rows(void *context, int64_t begin, int64_t end, int thread) {
  const rows *j = context;
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
    float *y = j->y + r * j->ldy, *p = j->preact ? j->preact + r * j->ldy : NULL;
    switch (j->activation) {
      SK_FINISH(SK_GELU, sk_gelu)
      SK_FINISH(SK_GELU_TANH, sk_gelu_tanh)
      SK_FINISH(SK_QUICK_GELU, sk_quick_gelu)
      SK_FINISH(SK_TANH, sk_tanh_of)
      SK_FINISH(SK_RELU, sk_relu)
      SK_FINISH(SK_IDENTITY, sk_identity)
    }
  }
#undef SK_FINISH
}

typedef struct {
  rows finish;
  const float *w;
  int64_t m, k;
} linear;

/// Rows begin ..< end of the product, then bias and activation. oneDNN runs on this thread alone inside a region.
static void linear_rows(void *context, int64_t begin, int64_t end, int thread) {
  linear *j = context;
  const rows *f = &j->finish;
  product(false, true, end - begin, f->n, j->k, 1, f->x + begin * f->ldx, f->ldx, j->w, j->k, 0, f->y + begin * f->ldy,
          f->ldy);
  if (f->bias || f->preact || f->activation != SK_IDENTITY) finish_rows(&j->finish, begin, end, thread);
}

/// The same for output columns begin ..< end.
static void linear_columns(void *context, int64_t begin, int64_t end, int thread) {
  linear part = *(linear *)context;
  rows *f = &part.finish;
  f->n = end - begin;
  f->y += begin;
  if (f->bias) f->bias += begin;
  if (f->preact) f->preact += begin;
  part.w += begin * part.k;
  linear_rows(&part, 0, part.m, thread);
}

void sk_linear_forward(int64_t m, int64_t n, int64_t k, const float *x, int64_t ldx, const float *w, const float *bias,
                       int activation, float *preact, float *y, int64_t ldy) {
  const rows finish = {.n = n, .ldx = ldx, .ldy = ldy, .x = x, .bias = bias, .preact = preact, .y = y,
                       .activation = activation};
  linear job = {finish, w, m, k};
  if (m <= 0 || n <= 0) return;
  // oneDNN packs both operands once per call: every thread gets one piece, cut across the longer side, so that the
  // operand that all threads pack is the smaller one. Thin pieces are better cut by oneDNN itself, in two dimensions.
  if (k > 0 && (m > n ? m : n) >= 96 * (int64_t)sk_threads()) {
    const double cost = 0.02 * (double)k;
    if (m >= n) sk_divide(m, 8, cost * (double)n, linear_rows, &job);
    else sk_divide(n, 48, cost * (double)m, linear_columns, &job);
    return;
  }
  sk_gemm(false, true, m, n, k, 1, x, ldx, w, k, 0, y, ldy);
  if (bias || preact || activation != SK_IDENTITY) sk_divide(m, 1, 1.0 * (double)n, finish_rows, &job.finish);
}

/// dpre = dy · slope(preact) and the column sums of a thread's rows.
static SK_CLONES void backward_rows(void *context, int64_t begin, int64_t end, int thread) {
  const rows *j = context;
  float *sums = j->partial ? j->partial + thread * j->stride : NULL;
  if (sums) memset(sums, 0, (size_t)j->n * sizeof(float));
#define SK_BACKWARD(name, slope)                                                             \
  case name:                                                                                 \
    if (sums) {                                                                              \
      SK_LOOP for (int64_t i = 0; i < n; i++) {                                              \
        float g = dy[i] * slope;                                                             \
        d[i] = g;                                                                            \
        sums[i] += g;                                                                        \
      }                                                                                      \
    } else {                                                                                 \
      SK_LOOP for (int64_t i = 0; i < n; i++) d[i] = dy[i] * slope;                          \
    }                                                                                        \
    break;
  const int64_t n = j->n;
  for (int64_t r = begin; r < end; r++) {
    const float *p = j->x ? j->x + r * n : NULL, *dy = j->dy + r * n;
    float *d = j->y + r * n;
    switch (j->activation) {
      SK_BACKWARD(SK_GELU, sk_gelu_slope(p[i]))
      SK_BACKWARD(SK_GELU_TANH, sk_gelu_tanh_slope(p[i]))
      SK_BACKWARD(SK_QUICK_GELU, sk_quick_gelu_slope(p[i]))
      SK_BACKWARD(SK_TANH, (1 - p[i] * p[i]))
      SK_BACKWARD(SK_RELU, (p[i] > 0 ? 1.0f : 0.0f))
      SK_BACKWARD(SK_IDENTITY, 1.0f)
    }
  }
}

SK_CLONES void sk_combine(int64_t n, int threads, int64_t stride, const float *partial, float beta, float *out) {
  for (int64_t i = 0; i < n; i++) out[i] = beta == 0 ? 0 : beta * out[i];
  for (int t = 0; t < threads; t++) {
    const float *part = partial + t * stride;
    SK_LOOP for (int64_t i = 0; i < n; i++) out[i] += part[i];
  }
}

void sk_activation_backward(int64_t m, int64_t n, int activation, const float *preact, const float *dy, float *dpre,
                            float beta, float *dbias) {
  rows job = {.n = n, .x = preact, .dy = dy, .y = dpre, .activation = activation};
  if (dbias) {
    job.stride = sk_round_up(n, 16);
    job.partial = sk_scratch((size_t)(job.stride * sk_threads()) * sizeof(float));
  }
  int threads = sk_divide(m, 1, 1.2 * (double)n, backward_rows, &job);
  if (dbias) {
    sk_combine(n, threads, job.stride, job.partial, beta, dbias);
    sk_free(job.partial);
  }
}

static SK_CLONES void sum_rows(void *context, int64_t begin, int64_t end, int thread) {
  const rows *j = context;
  float *sums = j->partial + thread * j->stride;
  memset(sums, 0, (size_t)j->n * sizeof(float));
  int64_t r = begin;
  for (; r + 4 <= end; r += 4) {
    const float *a = j->x + r * j->ldx, *b = a + j->ldx, *c = b + j->ldx, *d = c + j->ldx;
    SK_LOOP for (int64_t i = 0; i < j->n; i++) sums[i] += (a[i] + b[i]) + (c[i] + d[i]);
  }
  for (; r < end; r++) {
    const float *a = j->x + r * j->ldx;
    SK_LOOP for (int64_t i = 0; i < j->n; i++) sums[i] += a[i];
  }
}

void sk_column_sum(int64_t m, int64_t n, const float *x, int64_t ldx, float beta, float *out) {
  rows job = {.n = n, .ldx = ldx, .x = x, .stride = sk_round_up(n, 16)};
  job.partial = sk_scratch((size_t)(job.stride * sk_threads()) * sizeof(float));
  int threads = sk_divide(m, 1, 0.3 * (double)n, sum_rows, &job);
  sk_combine(n, threads, job.stride, job.partial, beta, out);
  sk_free(job.partial);
}
