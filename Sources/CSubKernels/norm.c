// The residual joint and the LayerNorm behind it, forward and backward, each in one pass over memory.
#include <math.h>
#include "kernel.h"

typedef struct {
  const sk_residual_norm *p;
  float *z, *mean_out, *rstd_out;                         // forward
  void *y;
  const float *zin, *mean, *rstd, *dz_in;                 // backward
  const void *dy;
  float *dx;
  void *dh;
  float *scratch;                                         // per thread
  int64_t stride;                                         // of scratch
  int sums;                                               // rows of d after the first three of scratch that are sums
} joint;

SK_INLINE sk_path path_of(const sk_residual_norm *p) {
  return sk_path_of(p->row_offsets, p->samples, p->first_sample, p->path_drop, p->path_key);
}

SK_INLINE void fill_row(int64_t n, float value, float *row) {
  SK_LOOP for (int64_t i = 0; i < n; i++) row[i] = value;
}

/// The joint's factors of a row but for gamma: row_scale · dropout. Written only when they change.
SK_INLINE void joint_row(const sk_residual_norm *p, sk_keep keep, int64_t row, float factor, float *last, float *out) {
  if (p->dropout > 0) {
    sk_keep_row(p->d, keep, factor, p->key, (uint64_t)(p->first_row + row) * (uint64_t)p->d, out);
  } else if (factor != *last) {
    fill_row(p->d, factor, out);
    *last = factor;
  }
}

SK_INLINE float row_sum(int64_t n, const float *x) {
#pragma clang fp reassociate(on)
  float sum = 0;
  SK_REDUCE for (int64_t i = 0; i < n; i++) sum += x[i];
  return sum;
}

SK_INLINE float row_deviation(int64_t n, const float *x, float mean) {
#pragma clang fp reassociate(on)
  float sum = 0;
  SK_REDUCE for (int64_t i = 0; i < n; i++) sum += (x[i] - mean) * (x[i] - mean);
  return sum;
}

static SK_CLONES void forward_rows(void *context, int64_t begin, int64_t end, int thread) {
  const joint *j = context;
  const sk_residual_norm *p = j->p;
  const int64_t d = p->d;
  float *factors = j->scratch + thread * j->stride, *own = factors + d, *own_h = own + d, *own_y = own_h + d;
  const float *gamma = p->gamma;
  const sk_keep keep = sk_keep_of(p->dropout);
  sk_path at = path_of(p);
  float last = NAN;
  for (int64_t r = begin; r < end; r++) {
    const float *z = p->x + r * d;
    if (p->h) {
      const float *x = z, *h = sk_row(p->h_type, p->h, r * d, d, own_h);
      float *out = j->z ? j->z + r * d : own;
      joint_row(p, keep, r, sk_path_factor(&at, r), &last, factors);
      if (gamma) {
        SK_LOOP for (int64_t i = 0; i < d; i++) out[i] = x[i] + factors[i] * gamma[i] * h[i];
      } else {
        SK_LOOP for (int64_t i = 0; i < d; i++) out[i] = x[i] + factors[i] * h[i];
      }
      z = out;
    }
    if (!j->y) continue;
    float mean = row_sum(d, z) / (float)d;
    float rstd = 1 / sqrtf(row_deviation(d, z, mean) / (float)d + p->epsilon);
    float *y = sk_row_to(p->y_type, j->y, r * d, own_y);
    const float *w = p->weight, *b = p->bias;
    if (w && b) {
      SK_LOOP for (int64_t i = 0; i < d; i++) y[i] = (z[i] - mean) * rstd * w[i] + b[i];
    } else if (w) {
      SK_LOOP for (int64_t i = 0; i < d; i++) y[i] = (z[i] - mean) * rstd * w[i];
    } else if (b) {
      SK_LOOP for (int64_t i = 0; i < d; i++) y[i] = (z[i] - mean) * rstd + b[i];
    } else {
      SK_LOOP for (int64_t i = 0; i < d; i++) y[i] = (z[i] - mean) * rstd;
    }
    sk_row_done(p->y_type, j->y, r * d, d, own_y);
    if (j->mean_out) j->mean_out[r] = mean;
    if (j->rstd_out) j->rstd_out[r] = rstd;
  }
}

void sk_residual_norm_forward(const sk_residual_norm *p, float *z, void *y, float *mean, float *rstd) {
  if (p->rows <= 0 || (!p->h && !y)) return;
  joint job = {.p = p, .z = z, .y = y, .mean_out = mean, .rstd_out = rstd, .stride = sk_round_up(4 * p->d, 16)};
  job.scratch = sk_scratch((size_t)(job.stride * sk_threads()) * sizeof(float));
  sk_divide(p->rows, 1, (p->dropout > 0 ? 1.5 : 0.7) * (double)p->d, forward_rows, &job);
  sk_free(job.scratch);
}

/// Scratch of a thread: factors, ones, the sums of gamma, weight and bias, and a row each of dy, h and dh.
static SK_CLONES void backward_rows(void *context, int64_t begin, int64_t end, int thread) {
  const joint *j = context;
  const sk_residual_norm *p = j->p;
  const int64_t d = p->d;
  float *factors = j->scratch + thread * j->stride, *ones = factors + d;
  float *dgamma = ones + d, *dweight = dgamma + d, *dbias = dweight + d;
  float *own_dy = dbias + d, *own_h = own_dy + d, *own_dh = own_h + d;
  memset(dgamma, 0, (size_t)(3 * d) * sizeof(float));
  fill_row(d, 1, ones);
  const float *gamma = p->gamma ? p->gamma : ones, *w = p->weight ? p->weight : ones;
  const sk_keep keep = sk_keep_of(p->dropout);
  sk_path at = path_of(p);
  float last = NAN;
  for (int64_t r = begin; r < end; r++) {
    const float *z = j->zin + r * d, *in = j->dz_in ? j->dz_in + r * d : NULL;
    float *dx = j->dx + r * d;
    if (j->dy) {
      const float *dy = sk_row(p->y_type, j->dy, r * d, d, own_dy);
      const float mean = j->mean[r], rstd = j->rstd[r];
      float sum = 0, dot = 0;
      {
#pragma clang fp reassociate(on)
        SK_LOOP for (int64_t i = 0; i < d; i++) {
          float normal = (z[i] - mean) * rstd, g = dy[i] * w[i];
          sum += g;
          dot += g * normal;
          dweight[i] += dy[i] * normal;
          dbias[i] += dy[i];
        }
      }
      const float shift = sum / (float)d, slope = dot / (float)d;
      if (in) {
        SK_LOOP for (int64_t i = 0; i < d; i++)
          dx[i] = in[i] + rstd * (dy[i] * w[i] - shift - (z[i] - mean) * rstd * slope);
      } else {
        SK_LOOP for (int64_t i = 0; i < d; i++)
          dx[i] = rstd * (dy[i] * w[i] - shift - (z[i] - mean) * rstd * slope);
      }
    } else if (!in) {
      memset(dx, 0, (size_t)d * sizeof(float));
    } else if (in != dx) {
      memcpy(dx, in, (size_t)d * sizeof(float));
    }
    if (!p->h) continue;
    joint_row(p, keep, r, sk_path_factor(&at, r), &last, factors);
    const float *h = j->sums & 1 ? sk_row(p->h_type, p->h, r * d, d, own_h) : NULL;
    float *dh = j->dh ? sk_row_to(p->h_type, j->dh, r * d, own_dh) : NULL;
    if (dh && h) {
      SK_LOOP for (int64_t i = 0; i < d; i++) {
        float g = factors[i] * dx[i];
        dgamma[i] += g * h[i];
        dh[i] = g * gamma[i];
      }
    } else if (dh) {
      SK_LOOP for (int64_t i = 0; i < d; i++) dh[i] = factors[i] * dx[i] * gamma[i];
    } else if (h) {
      SK_LOOP for (int64_t i = 0; i < d; i++) dgamma[i] += factors[i] * dx[i] * h[i];
    }
    if (dh) sk_row_done(p->h_type, j->dh, r * d, d, own_dh);
  }
}

void sk_residual_norm_backward(const sk_residual_norm *p, const float *z, const float *mean, const float *rstd,
                               const float *dz_in, const void *dy, float *dx, void *dh, float beta_gamma,
                               float *dgamma, float beta_weight, float *dweight, float beta_bias, float *dbias) {
  const int64_t d = p->d;
  joint job = {.p = p, .zin = z, .mean = mean, .rstd = rstd, .dz_in = dz_in, .dy = dy, .dx = dx, .dh = dh};
  job.stride = sk_round_up(8 * d, 16);
  job.sums = dgamma != NULL;
  job.scratch = sk_scratch((size_t)(job.stride * sk_threads()) * sizeof(float));
  int threads = sk_divide(p->rows, 1, (p->dropout > 0 ? 2.0 : 1.2) * (double)d, backward_rows, &job);
  if (dgamma) sk_combine(d, threads, job.stride, job.scratch + 2 * d, beta_gamma, dgamma);
  if (dweight) sk_combine(d, threads, job.stride, job.scratch + 3 * d, beta_weight, dweight);
  if (dbias) sk_combine(d, threads, job.stride, job.scratch + 4 * d, beta_bias, dbias);
  sk_free(job.scratch);
}
