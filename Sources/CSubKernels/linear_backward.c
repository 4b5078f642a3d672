// What the backward pass of a linear layer does beside its products: slopes of activations and column sums.
#include "kernel.h"

typedef struct {
  int type;
  int64_t n, ldx;
  const void *x, *dy;
  void *dpre;
  int activation;
  float *partial;  // per thread: column sums, and room for a row of each operand
  int64_t stride;
} rows;

/// dpre = dy · slope(preact) and the column sums of a thread's rows.
static SK_CLONES void backward_rows(void *context, int64_t begin, int64_t end, int thread) {
  const rows *j = context;
  const int64_t n = j->n, step = sk_round_up(n, 16);
  float *sums = j->partial + thread * j->stride, *own = sums + step;
  memset(sums, 0, (size_t)n * sizeof(float));
#define SK_BACKWARD(name, slope)                     \
  case name:                                         \
    SK_LOOP for (int64_t i = 0; i < n; i++) {        \
      float g = dy[i] * slope;                       \
      d[i] = g;                                      \
      sums[i] += g;                                  \
    }                                                \
    break;
  for (int64_t r = begin; r < end; r++) {
    const float *p = sk_row(j->type, j->x, r * n, n, own), *dy = sk_row(j->type, j->dy, r * n, n, own + step);
    float *d = sk_row_to(j->type, j->dpre, r * n, own + step);
    switch (j->activation) {
      SK_BACKWARD(SK_GELU, sk_gelu_slope(p[i]))
      SK_BACKWARD(SK_GELU_TANH, sk_gelu_tanh_slope(p[i]))
      SK_BACKWARD(SK_QUICK_GELU, sk_quick_gelu_slope(p[i]))
      SK_BACKWARD(SK_TANH, (1 - p[i] * p[i]))
      SK_BACKWARD(SK_RELU, (p[i] > 0 ? 1.0f : 0.0f))
      SK_BACKWARD(SK_SIGMOID, (p[i] * (1 - p[i])))
      SK_BACKWARD(SK_IDENTITY, 1.0f)
    }
    sk_row_done(j->type, j->dpre, r * n, n, own + step);
  }
#undef SK_BACKWARD
}

SK_CLONES void sk_combine(int64_t n, int threads, int64_t stride, const float *partial, float beta, float *out) {
  for (int64_t i = 0; i < n; i++) out[i] = beta == 0 ? 0 : beta * out[i];
  for (int t = 0; t < threads; t++) {
    const float *part = partial + t * stride;
    SK_LOOP for (int64_t i = 0; i < n; i++) out[i] += part[i];
  }
}

void sk_activation_backward(int64_t m, int64_t n, int activation, int type, const void *preact, const void *dy,
                            void *dpre, float beta, float *dbias) {
  rows job = {.type = type, .n = n, .x = preact, .dy = dy, .dpre = dpre, .activation = activation};
  job.stride = 3 * sk_round_up(n, 16);
  job.partial = sk_scratch((size_t)(job.stride * sk_threads()) * sizeof(float));
  int threads = sk_divide(m, 1, 1.2 * (double)n, backward_rows, &job);
  if (dbias) sk_combine(n, threads, job.stride, job.partial, beta, dbias);
  sk_free(job.partial);
}

static SK_CLONES void sum_rows(void *context, int64_t begin, int64_t end, int thread) {
  const rows *j = context;
  const int64_t n = j->n, step = sk_round_up(n, 16);
  float *sums = j->partial + thread * j->stride, *own = sums + step;
  memset(sums, 0, (size_t)n * sizeof(float));
  for (int64_t r = begin; r < end; r += 4) {
    const float *row[4];
    for (int64_t i = 0; i < 4 && r + i < end; i++) row[i] = sk_row(j->type, j->x, (r + i) * j->ldx, n, own + i * step);
    if (r + 4 <= end) {
      const float *a = row[0], *b = row[1], *c = row[2], *d = row[3];
      SK_LOOP for (int64_t i = 0; i < n; i++) sums[i] += (a[i] + b[i]) + (c[i] + d[i]);
    } else {
      for (int64_t k = 0; k < end - r; k++) {
        const float *a = row[k];
        SK_LOOP for (int64_t i = 0; i < n; i++) sums[i] += a[i];
      }
    }
  }
}

void sk_column_sum(int64_t m, int64_t n, int type, const void *x, int64_t ldx, float beta, float *out) {
  rows job = {.type = type, .n = n, .ldx = ldx, .x = x, .stride = 5 * sk_round_up(n, 16)};
  job.partial = sk_scratch((size_t)(job.stride * sk_threads()) * sizeof(float));
  int threads = sk_divide(m, 1, 0.3 * (double)n, sum_rows, &job);
  sk_combine(n, threads, job.stride, job.partial, beta, out);
  sk_free(job.partial);
}
