// Softmax, cross-entropy and binary cross-entropy by rows of logits.
#include <math.h>
#include "kernel.h"

typedef struct {
  int64_t classes;
  const float *logits, *target;
  const int32_t *labels;
  float smoothing, scale;
  float *out;
} batch;

SK_INLINE float row_max(int64_t n, const float *x) {
  // nnan would change what a NaN row gives; sixteen explicit lanes vectorise without it.
  float lanes[16], best = -INFINITY;
  for (int l = 0; l < 16; l++) lanes[l] = -INFINITY;
  int64_t i = 0;
  for (; i + 16 <= n; i += 16) {
    SK_LOOP for (int l = 0; l < 16; l++) lanes[l] = x[i + l] > lanes[l] ? x[i + l] : lanes[l];
  }
  for (; i < n; i++) best = x[i] > best ? x[i] : best;
  for (int l = 0; l < 16; l++) best = lanes[l] > best ? lanes[l] : best;
  return best;
}
SK_INLINE float row_exp_sum(int64_t n, const float *x, float shift) {
#pragma clang fp reassociate(on)
  float sum = 0;
  SK_LOOP for (int64_t i = 0; i < n; i++) sum += sk_exp(x[i] - shift);
  return sum;
}
/// Σ x and Σ (x - shift)·y.
SK_INLINE void row_target_sums(int64_t n, const float *target, const float *x, float shift, float *sum, float *dot) {
#pragma clang fp reassociate(on)
  float s = 0, p = 0;
  SK_LOOP for (int64_t i = 0; i < n; i++) {
    s += target[i];
    p += target[i] * (x[i] - shift);
  }
  *sum = s;
  *dot = p;
}
SK_INLINE float row_shifted_sum(int64_t n, const float *x, float shift) {
#pragma clang fp reassociate(on)
  float sum = 0;
  SK_LOOP for (int64_t i = 0; i < n; i++) sum += x[i] - shift;
  return sum;
}

static SK_CLONES void softmax_rows(void *context, int64_t begin, int64_t end, int thread) {
  const batch *j = context;
  const int64_t n = j->classes;
  for (int64_t r = begin; r < end; r++) {
    const float *x = j->logits + r * n;
    float *y = j->out + r * n;
    float best = row_max(n, x), sum = 0;
    {
#pragma clang fp reassociate(on)
      SK_LOOP for (int64_t i = 0; i < n; i++) {
        float e = sk_exp(x[i] - best);
        y[i] = e;
        sum += e;
      }
    }
    float scale = 1 / sum;
    SK_LOOP for (int64_t i = 0; i < n; i++) y[i] *= scale;
  }
}
void sk_softmax(int64_t rows, int64_t classes, const float *logits, float *out) {
  batch job = {.classes = classes, .logits = logits, .out = out};
  sk_divide(rows, 1, 10 + 1.2 * (double)classes, softmax_rows, &job);
}

static SK_CLONES void cross_entropy_rows(void *context, int64_t begin, int64_t end, int thread) {
  const batch *j = context;
  const int64_t n = j->classes;
  for (int64_t r = begin; r < end; r++) {
    const float *x = j->logits + r * n;
    float best = row_max(n, x), log_sum = logf(row_exp_sum(n, x, best)), sum = 1, dot;
    if (j->target) {
      row_target_sums(n, j->target + r * n, x, best, &sum, &dot);
    } else {
      dot = (1 - j->smoothing) * (x[j->labels[r]] - best);
      if (j->smoothing > 0) dot += j->smoothing / (float)n * row_shifted_sum(n, x, best);
    }
    j->out[r] = sum * log_sum - dot;
  }
}
void sk_cross_entropy(int64_t rows, int64_t classes, const float *logits, const float *target, const int32_t *labels,
                      float smoothing, float *losses) {
  batch job = {classes, logits, target, labels, smoothing, 1, losses};
  sk_divide(rows, 1, 30 + 1.2 * (double)classes, cross_entropy_rows, &job);
}

static SK_CLONES void cross_entropy_backward_rows(void *context, int64_t begin, int64_t end, int thread) {
  const batch *j = context;
  const int64_t n = j->classes;
  for (int64_t r = begin; r < end; r++) {
    const float *x = j->logits + r * n, *t = j->target ? j->target + r * n : NULL;
    float *d = j->out + r * n;
    // d may be the logits themselves: the label's column is corrected afterwards.
    float best = row_max(n, x), sum = 1, dot, total = row_exp_sum(n, x, best), scale = j->scale;
    if (t) row_target_sums(n, t, x, best, &sum, &dot);
    float factor = scale * sum / total;
    if (t) {
      SK_LOOP for (int64_t i = 0; i < n; i++) d[i] = factor * sk_exp(x[i] - best) - scale * t[i];
    } else {
      float flat = scale * j->smoothing / (float)n;
      SK_LOOP for (int64_t i = 0; i < n; i++) d[i] = factor * sk_exp(x[i] - best) - flat;
      d[j->labels[r]] -= scale * (1 - j->smoothing);
    }
  }
}
void sk_cross_entropy_backward(int64_t rows, int64_t classes, const float *logits, const float *target,
                               const int32_t *labels, float smoothing, float scale, float *dlogits) {
  batch job = {classes, logits, target, labels, smoothing, scale, dlogits};
  sk_divide(rows, 1, 30 + 2 * (double)classes, cross_entropy_backward_rows, &job);
}

/// max(z, 0) + log(1 + e^-|z|): the loss of target 0.
SK_INLINE float softplus(float z) { return (z > 0 ? z : 0) + sk_log1p_of(sk_exp(-__builtin_fabsf(z))); }

static SK_CLONES void binary_rows(void *context, int64_t begin, int64_t end, int thread) {
  const batch *j = context;
  const int64_t n = j->classes;
  for (int64_t r = begin; r < end; r++) {
    const float *x = j->logits + r * n, *t = j->target ? j->target + r * n : NULL;
    float sum = 0;
    {
#pragma clang fp reassociate(on)
      if (t) {
        SK_LOOP for (int64_t i = 0; i < n; i++) sum += softplus(x[i]) - x[i] * t[i];
      } else {
        SK_LOOP for (int64_t i = 0; i < n; i++) sum += softplus(x[i]);
        sum -= x[j->labels[r]];
      }
    }
    j->out[r] = sum / (float)n;
  }
}
void sk_binary_cross_entropy(int64_t rows, int64_t classes, const float *logits, const float *target,
                             const int32_t *labels, float *losses) {
  batch job = {classes, logits, target, labels, 0, 1, losses};
  sk_divide(rows, 1, 20 + 1.5 * (double)classes, binary_rows, &job);
}

static SK_CLONES void binary_backward_rows(void *context, int64_t begin, int64_t end, int thread) {
  const batch *j = context;
  const int64_t n = j->classes;
  const float scale = j->scale / (float)n;
  for (int64_t r = begin; r < end; r++) {
    const float *x = j->logits + r * n, *t = j->target ? j->target + r * n : NULL;
    float *d = j->out + r * n;
    if (t) {
      SK_LOOP for (int64_t i = 0; i < n; i++) d[i] = scale * (sk_sigmoid_of(x[i]) - t[i]);
    } else {
      SK_LOOP for (int64_t i = 0; i < n; i++) d[i] = scale * sk_sigmoid_of(x[i]);
      d[j->labels[r]] -= scale;
    }
  }
}
void sk_binary_cross_entropy_backward(int64_t rows, int64_t classes, const float *logits, const float *target,
                                      const int32_t *labels, float scale, float *dlogits) {
  batch job = {classes, logits, target, labels, 0, scale, dlogits};
  sk_divide(rows, 1, 20 + 1.2 * (double)classes, binary_backward_rows, &job);
}
