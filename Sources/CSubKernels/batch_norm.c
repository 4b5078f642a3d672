// Batch-norm over rows, with the ReLU behind it and the residual joint between the two: one pass for the statistics, one
// for the result, and the same two backward.
#include <math.h>
#include "kernel.h"

/// Rows of d numbers that stay in the second-level cache for a second reading.
SK_INLINE int64_t block_rows(int64_t d) { return sk_max(8, sk_min(256, 16384 / sk_max(1, d))); }

// ---- statistics -----------------------------------------------------------------------------------------------------

typedef struct {
  int64_t d;
  int type;
  const void *x;
  float *rows;      // per thread: a block of rows in f32, where they are of another type
  double *partial;  // per thread: mean, then sum of squares about it
  int64_t stride;
  int64_t *counts;  // rows of each thread
} moments;

/// Joins the moments of `more` rows to those of `count`.
SK_INLINE void join(int64_t d, double count, double *mean, double *squares, double more, const float *other_mean,
                    const float *other_squares) {
  const double share = more / (count + more), weight = count * share;
  SK_LOOP for (int64_t i = 0; i < d; i++) {
    double apart = (double)other_mean[i] - mean[i];
    mean[i] += apart * share;
    squares[i] += (double)other_squares[i] + apart * apart * weight;
  }
}

static SK_CLONES void moment_rows(void *context, int64_t begin, int64_t end, int thread) {
  const moments *j = context;
  const int64_t d = j->d, block = block_rows(d);
  double *mean = j->partial + thread * j->stride, *squares = mean + d;
  float *centre = (float *)(squares + d), *sums = centre + d;
  memset(mean, 0, (size_t)(2 * d) * sizeof(double));
  for (int64_t first = begin; first < end; first += block) {
    const int64_t last = sk_min(end, first + block);
    memset(centre, 0, (size_t)(2 * d) * sizeof(float));
    // Rows first ..< last stand at row 0 of x.
    const float *x = sk_row(j->type, j->x, first * d, (last - first) * d,
                            j->rows ? j->rows + thread * block * d : NULL);
    int64_t r = first;
    for (; r + 4 <= last; r += 4) {
      const float *p = x + (r - first) * d, *q = p + d, *s = q + d, *t = s + d;
      SK_LOOP for (int64_t i = 0; i < d; i++) centre[i] += (p[i] + q[i]) + (s[i] + t[i]);
    }
    for (; r < last; r++) {
      const float *p = x + (r - first) * d;
      SK_LOOP for (int64_t i = 0; i < d; i++) centre[i] += p[i];
    }
    const float share = 1 / (float)(last - first);
    SK_LOOP for (int64_t i = 0; i < d; i++) centre[i] *= share;
    for (r = first; r + 4 <= last; r += 4) {
      const float *p = x + (r - first) * d, *q = p + d, *s = q + d, *t = s + d;
      SK_LOOP for (int64_t i = 0; i < d; i++) {
        float a = p[i] - centre[i], b = q[i] - centre[i], c = s[i] - centre[i], e = t[i] - centre[i];
        sums[i] += (a * a + b * b) + (c * c + e * e);
      }
    }
    for (; r < last; r++) {
      const float *p = x + (r - first) * d;
      SK_LOOP for (int64_t i = 0; i < d; i++) sums[i] += (p[i] - centre[i]) * (p[i] - centre[i]);
    }
    join(d, (double)(first - begin), mean, squares, (double)(last - first), centre, sums);
  }
  j->counts[thread] = end - begin;
}

void sk_batch_moments(int64_t rows, int64_t d, int type, const void *x, float *mean, float *variance) {
  const int most = sk_threads();
  moments job = {.d = d, .type = type, .x = x, .stride = sk_round_up(3 * d, 8)};
  if (type != SK_F32) job.rows = sk_scratch((size_t)(block_rows(d) * d * most) * sizeof(float));
  job.partial = sk_scratch((size_t)(job.stride * most) * sizeof(double) + (size_t)most * sizeof(int64_t));
  job.counts = (int64_t *)(job.partial + job.stride * most);
  const int threads = sk_divide(rows, block_rows(d), 0.5 * (double)d, moment_rows, &job);
  for (int64_t i = 0; i < d; i++) {
    double centre = 0, squares = 0, count = 0;
    for (int t = 0; t < threads; t++) {
      const double *part = job.partial + t * job.stride, more = (double)job.counts[t], apart = part[i] - centre;
      if (more == 0) continue;
      centre += apart * more / (count + more);
      squares += part[d + i] + apart * apart * count * more / (count + more);
      count += more;
    }
    mean[i] = (float)centre;
    variance[i] = count > 0 ? (float)(squares / count) : 0;
  }
  sk_free(job.rows);
  sk_free(job.partial);
}

// ---- forward --------------------------------------------------------------------------------------------------------

typedef struct {
  const sk_batch_norm *p;
  float *scale;                // [d] weight / deviation: the norm is scale · (x - mean) + bias
  float *slope, *level;        // [d] backward: dx = scale · du - slope · (x - mean) - level
  const void *y, *dy;
  void *out, *dz;
  float *rows;                 // per thread: rows in f32 of operands and results of another type
  double *partial;             // per thread: Σ du, Σ du · (x - mean), then room for both in f32
  int64_t stride;
} norm;

static SK_CLONES void fill_scale(const sk_batch_norm *p, float *scale) {
  SK_LOOP for (int64_t i = 0; i < p->d; i++)
    scale[i] = p->weight[i] / __builtin_elementwise_sqrt(p->variance[i] + p->epsilon);
}

/// The norm of an element. Written once: the backward pass works it out again and must find the same sign.
#define NORMED(i) ((x[i] - mean[i]) * scale[i] + bias[i])

SK_INLINE sk_path path_of(const sk_batch_norm *p) {
  return sk_path_of(p->row_offsets, p->samples, p->first_sample, p->path_drop, p->path_key);
}

/// Four rows of a thread.
SK_INLINE float *own_rows(const norm *j, int thread) { return j->rows + 4 * thread * j->p->d; }

static float *room_for_rows(const sk_batch_norm *p) {
  return sk_scratch((size_t)(4 * p->d * sk_threads()) * sizeof(float));
}

static SK_CLONES void forward_rows(void *context, int64_t begin, int64_t end, int thread) {
  const norm *j = context;
  const sk_batch_norm *p = j->p;
  const float *scale = j->scale, *mean = p->mean, *bias = p->bias;
  const int64_t d = p->d;
  float *own_x = own_rows(j, thread), *own_shortcut = own_x + d, *own_y = own_shortcut + d;
  sk_path at = path_of(p);
  for (int64_t r = begin; r < end; r++) {
    const float *x = sk_row(p->type, p->x, r * d, d, own_x);
    const float *shortcut = p->shortcut ? sk_row(p->type, p->shortcut, r * d, d, own_shortcut) : NULL;
    float *y = sk_row_to(p->type, j->out, r * d, own_y);
    const float f = sk_path_factor(&at, r);
    if (shortcut && p->relu) {
      SK_LOOP for (int64_t i = 0; i < d; i++) y[i] = sk_relu(f * NORMED(i) + shortcut[i]);
    } else if (shortcut) {
      SK_LOOP for (int64_t i = 0; i < d; i++) y[i] = f * NORMED(i) + shortcut[i];
    } else if (p->relu) {
      SK_LOOP for (int64_t i = 0; i < d; i++) y[i] = sk_relu(f * NORMED(i));
    } else {
      SK_LOOP for (int64_t i = 0; i < d; i++) y[i] = f * NORMED(i);
    }
    sk_row_done(p->type, j->out, r * d, d, own_y);
  }
}

void sk_batch_norm_forward(const sk_batch_norm *p, void *y) {
  norm job = {.p = p, .out = y, .scale = sk_scratch((size_t)p->d * sizeof(float)), .rows = room_for_rows(p)};
  fill_scale(p, job.scale);
  sk_divide(p->rows, 1, 0.5 * (double)p->d, forward_rows, &job);
  sk_free(job.rows);
  sk_free(job.scale);
}

// ---- backward -------------------------------------------------------------------------------------------------------

/// Rows whose sums stay in f32 before they join the double ones.
enum { summed_rows = 64 };

/// Sums of du and du · (x - mean) over a thread's rows; dz where it is asked for.
static SK_CLONES void sum_rows(void *context, int64_t begin, int64_t end, int thread) {
  const norm *j = context;
  const sk_batch_norm *p = j->p;
  const int64_t d = p->d;
  const float *scale = j->scale, *mean = p->mean, *bias = p->bias;
  double *total = j->partial + thread * j->stride;
  float *sums = (float *)(total + 2 * d), *dots = sums + d;
  memset(total, 0, (size_t)(2 * d) * sizeof(double));
  float *own_x = own_rows(j, thread), *own_dy = own_x + d, *own_y = own_dy + d, *own_dz = own_y + d;
  sk_path at = path_of(p);
#define SUM_ROW(passed, keep)                 \
  {                                           \
    SK_LOOP for (int64_t i = 0; i < d; i++) { \
      float g = passed, u = f * g;            \
      keep;                                   \
      sums[i] += u;                           \
      dots[i] += u * (x[i] - mean[i]);        \
    }                                         \
  }
  for (int64_t first = begin; first < end; first += summed_rows) {
    memset(sums, 0, (size_t)(2 * d) * sizeof(float));
    for (int64_t r = first; r < sk_min(end, first + summed_rows); r++) {
      const float *x = sk_row(p->type, p->x, r * d, d, own_x), *dy = sk_row(p->type, j->dy, r * d, d, own_dy);
      const float f = sk_path_factor(&at, r);
      if (j->y) {
        const float *y = sk_row(p->type, j->y, r * d, d, own_y);
        float *dz = sk_row_to(p->type, j->dz, r * d, own_dz);
        SUM_ROW(y[i] > 0 ? dy[i] : 0, dz[i] = g)
        sk_row_done(p->type, j->dz, r * d, d, own_dz);
      } else if (p->relu) {
        SUM_ROW(NORMED(i) > 0 ? dy[i] : 0, )
      } else {
        SUM_ROW(dy[i], )
      }
    }
    SK_LOOP for (int64_t i = 0; i < 2 * d; i++) total[i] += (double)sums[i];
  }
#undef SUM_ROW
}

/// dx of rows whose sums are known. Where the ReLU was not taken back in dz, its mask is worked out again from x.
static SK_CLONES void backward_rows(void *context, int64_t begin, int64_t end, int thread) {
  const norm *j = context;
  const sk_batch_norm *p = j->p;
  const int64_t d = p->d;
  const float *scale = j->scale, *mean = p->mean, *bias = p->bias, *slope = j->slope, *level = j->level;
  const bool masked = p->relu && !j->y;
  float *own_x = own_rows(j, thread), *own_dz = own_x + d, *own_dx = own_dz + d;
  sk_path at = path_of(p);
  for (int64_t r = begin; r < end; r++) {
    const float *x = sk_row(p->type, p->x, r * d, d, own_x);
    const float *dz = sk_row(p->type, j->y ? j->dz : j->dy, r * d, d, own_dz);
    float *dx = sk_row_to(p->type, j->out, r * d, own_dx);
    const float f = sk_path_factor(&at, r);
    if (masked) {
      SK_LOOP for (int64_t i = 0; i < d; i++) {
        float g = NORMED(i) > 0 ? dz[i] : 0;
        dx[i] = scale[i] * (f * g) - slope[i] * (x[i] - mean[i]) - level[i];
      }
    } else {
      SK_LOOP for (int64_t i = 0; i < d; i++)
        dx[i] = scale[i] * (f * dz[i]) - slope[i] * (x[i] - mean[i]) - level[i];
    }
    sk_row_done(p->type, j->out, r * d, d, own_dx);
  }
}

void sk_batch_norm_backward(const sk_batch_norm *p, bool of_batch, const void *y, const void *dy, void *dz, void *dx,
                            float beta_weight, float *dweight, float beta_bias, float *dbias) {
  const int64_t d = p->d;
  norm job = {.p = p, .y = y, .dy = dy, .dz = dz, .out = dx, .stride = sk_round_up(3 * d, 8)};
  job.rows = room_for_rows(p);
  job.scale = sk_scratch((size_t)(3 * d) * sizeof(float));
  job.slope = job.scale + d;
  job.level = job.slope + d;
  job.partial = sk_scratch((size_t)(job.stride * sk_threads()) * sizeof(double));
  fill_scale(p, job.scale);
  const int threads = sk_divide(p->rows, 1, 0.8 * (double)d, sum_rows, &job);
  for (int64_t i = 0; i < d; i++) {
    double sum = 0, dot = 0;
    for (int t = 0; t < threads; t++) {
      sum += job.partial[t * job.stride + i];
      dot += job.partial[t * job.stride + d + i];
    }
    // Σ du · x̂, and what mean and variance owe to x: dx = weight/σ · (du - mean of du - x̂ · mean of du·x̂).
    const double deviation = sqrt((double)p->variance[i] + p->epsilon), count = of_batch ? (double)p->rows : INFINITY;
    job.slope[i] = (float)(job.scale[i] * dot / (deviation * deviation * count));
    job.level[i] = (float)(job.scale[i] * sum / count);
    if (dweight) dweight[i] = (float)(dot / deviation) + (beta_weight == 0 ? 0 : beta_weight * dweight[i]);
    if (dbias) dbias[i] = (float)sum + (beta_bias == 0 ? 0 : beta_bias * dbias[i]);
  }
  if (dx) sk_divide(p->rows, 1, 0.7 * (double)d, backward_rows, &job);
  sk_free(job.rows);
  sk_free(job.partial);
  sk_free(job.scale);
}
