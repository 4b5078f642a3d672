// What the backward pass of a linear layer does beside its products: slopes of activations and column sums.
#include "kernel.h"

typedef struct {
  int64_t n, ldx;
  const float *x, *dy;
  float *dpre;
  int activation;
  float *partial;
  int64_t stride;
} rows;

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
    float *d = j->dpre + r * n;
    switch (j->activation) {
      SK_BACKWARD(SK_GELU, sk_gelu_slope(p[i]))
      SK_BACKWARD(SK_GELU_TANH, sk_gelu_tanh_slope(p[i]))
      SK_BACKWARD(SK_QUICK_GELU, sk_quick_gelu_slope(p[i]))
      SK_BACKWARD(SK_TANH, (1 - p[i] * p[i]))
      SK_BACKWARD(SK_RELU, (p[i] > 0 ? 1.0f : 0.0f))
      SK_BACKWARD(SK_SIGMOID, (p[i] * (1 - p[i])))
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
  rows job = {.n = n, .x = preact, .dy = dy, .dpre = dpre, .activation = activation};
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
