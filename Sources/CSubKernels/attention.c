// Multi-head attention over ragged rows.
#include <math.h>
#include "kernel.h"

typedef struct {
  const sk_attention *a;
  float *out, *lse;
  int64_t ldout;
  const float *dout, *outin, *lsein;
  int64_t lddout, lddq, lddk, lddv;
  float *dq, *dk, *dv, *dbias;
} job;

static float score(const sk_attention *a, int64_t b, int64_t h, int64_t i, int64_t j) {
  int64_t q0 = a->q_offsets[b], k0 = a->k_offsets[b], tq = a->q_offsets[b + 1] - q0, tk = a->k_offsets[b + 1] - k0;
  if ((a->causal && j > i + tk - tq) || (a->key_mask && !a->key_mask[k0 + j])) return -INFINITY;
  float s = 0;
  for (int64_t c = 0; c < a->head_dim; c++)
    s += a->q[(q0 + i) * a->ldq + h * a->head_dim + c] * a->k[(k0 + j) * a->ldk + h * a->head_dim + c];
  s *= a->scale;
  if (a->bias) s += a->bias[(h * a->max_q + i) * a->max_k + j];
  return s;
}

static float kept(const sk_attention *a, int64_t row, int64_t h, int64_t j) {
  if (a->dropout <= 0) return 1;
  sk_keep keep = sk_keep_of(a->dropout);
  uint64_t position = (uint64_t)((row * a->heads + h) * a->max_k + j);
  return sk_random(a->key, position) >= keep.threshold ? keep.scale : 0;
}

static void forward_heads(void *context, int64_t begin, int64_t end, int thread) {
  const job *j = context;
  const sk_attention *a = j->a;
  const int64_t d = a->head_dim;
  float *p = sk_scratch((size_t)a->max_k * sizeof(float));
  for (int64_t item = begin; item < end; item++) {
    int64_t b = item / a->heads, h = item % a->heads, q0 = a->q_offsets[b], k0 = a->k_offsets[b];
    int64_t tq = a->q_offsets[b + 1] - q0, tk = a->k_offsets[b + 1] - k0;
    for (int64_t i = 0; i < tq; i++) {
      float best = -INFINITY, sum = 0, *out = j->out + (q0 + i) * j->ldout + h * d;
      for (int64_t n = 0; n < tk; n++) {
        p[n] = score(a, b, h, i, n);
        if (p[n] > best) best = p[n];
      }
      memset(out, 0, (size_t)d * sizeof(float));
      if (best > -INFINITY) {
        for (int64_t n = 0; n < tk; n++) sum += p[n] = sk_exp(p[n] - best);
        for (int64_t n = 0; n < tk; n++) {
          float weight = p[n] / sum * kept(a, q0 + i, h, n);
          for (int64_t c = 0; c < d; c++) out[c] += weight * a->v[(k0 + n) * a->ldv + h * d + c];
        }
      }
      j->lse[(q0 + i) * a->heads + h] = best > -INFINITY ? best + logf(sum) : -INFINITY;
    }
  }
  sk_free(p);
}

void sk_attention_forward(const sk_attention *a, float *out, int64_t ldout, float *lse) {
  job j = {.a = a, .out = out, .ldout = ldout, .lse = lse};
  sk_divide(a->sequences * a->heads, 1, 100 * (double)(a->max_q * a->max_k), forward_heads, &j);
}

static void backward_heads(void *context, int64_t begin, int64_t end, int thread) {
  const job *j = context;
  const sk_attention *a = j->a;
  const int64_t d = a->head_dim, sequences = a->sequences;
  for (int64_t item = begin; item < end; item++) {
    int64_t h = item / sequences, b = item % sequences, q0 = a->q_offsets[b], k0 = a->k_offsets[b];
    int64_t tq = a->q_offsets[b + 1] - q0, tk = a->k_offsets[b + 1] - k0;
    for (int64_t n = 0; n < tk; n++) {
      memset(j->dk + (k0 + n) * j->lddk + h * d, 0, (size_t)d * sizeof(float));
      memset(j->dv + (k0 + n) * j->lddv + h * d, 0, (size_t)d * sizeof(float));
    }
    for (int64_t i = 0; i < tq; i++) {
      float *dq = j->dq + (q0 + i) * j->lddq + h * d, lse = j->lsein[(q0 + i) * a->heads + h], delta = 0;
      const float *dout = j->dout + (q0 + i) * j->lddout + h * d, *out = j->outin + (q0 + i) * j->ldout + h * d;
      memset(dq, 0, (size_t)d * sizeof(float));
      if (lse == -INFINITY) continue;
      for (int64_t c = 0; c < d; c++) delta += dout[c] * out[c];
      for (int64_t n = 0; n < tk; n++) {
        float s = score(a, b, h, i, n);
        if (s == -INFINITY) continue;
        float p = sk_exp(s - lse), keep = kept(a, q0 + i, h, n), dp = 0;
        const float *v = a->v + (k0 + n) * a->ldv + h * d, *k = a->k + (k0 + n) * a->ldk + h * d;
        const float *q = a->q + (q0 + i) * a->ldq + h * d;
        for (int64_t c = 0; c < d; c++) dp += dout[c] * v[c];
        float ds = p * (dp * keep - delta);
        if (j->dbias) j->dbias[(h * a->max_q + i) * a->max_k + n] += ds;
        for (int64_t c = 0; c < d; c++) {
          dq[c] += a->scale * ds * k[c];
          j->dk[(k0 + n) * j->lddk + h * d + c] += a->scale * ds * q[c];
          j->dv[(k0 + n) * j->lddv + h * d + c] += p * keep * dout[c];
        }
      }
    }
  }
}

void sk_attention_backward(const sk_attention *a, const float *out, int64_t ldout, const float *lse, const float *dout,
                           int64_t lddout, float *dq, int64_t lddq, float *dk, int64_t lddk, float *dv, int64_t lddv,
                           float *dbias) {
  job j = {.a = a, .outin = out, .ldout = ldout, .lsein = lse, .dout = dout, .lddout = lddout,
           .dq = dq, .lddq = lddq, .dk = dk, .lddk = lddk, .dv = dv, .lddv = lddv, .dbias = dbias};
  // Whole heads to a thread, for dbias is shared by the sequences.
  sk_divide(a->sequences * a->heads, a->sequences, 300 * (double)(a->max_q * a->max_k), backward_heads, &j);
}
