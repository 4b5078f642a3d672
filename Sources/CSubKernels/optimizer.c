// AdamW over all parameters in one pass, LAMB's first half, and the moving average of weights.
#include <math.h>
#include "kernel.h"

// Elements of a pass whose second use finds them in cache.
enum { in_cache = 2048 };

/// The rates of one run with everything that is the same for all its elements worked out.
typedef struct {
  float beta1, rest1, beta2, rest2, scale, keep, step, root, epsilon;
} adam;

static adam adam_of(const sk_adamw_rates *r, double lr_scale, double weight_decay) {
  double lr = r->lr * lr_scale;
  return (adam){(float)r->beta1, (float)(1 - r->beta1), (float)r->beta2, (float)(1 - r->beta2),
                (float)r->gradient_scale, (float)(1 - lr * weight_decay), (float)(lr / r->bias_correction1),
                (float)(1 / sqrt(r->bias_correction2)), (float)r->epsilon};
}

/// The elements in bf16, while they are in cache.
SK_INLINE void shadow_range(int64_t n, const float *p, uint16_t *shadow) {
  if (shadow) sk_row_done(SK_BF16, shadow, 0, n, p);
}

/// p -= step · m / (sqrt(v)·root + epsilon) after the decay; g NULL: no gradient.
SK_INLINE void adam_range(const adam *a, int64_t n, float *p, const float *g, float *m, float *v) {
  const adam c = *a;
  if (g) {
    SK_LOOP for (int64_t i = 0; i < n; i++) {
      float grad = g[i] * c.scale;
      float first = c.beta1 * m[i] + c.rest1 * grad, second = c.beta2 * v[i] + c.rest2 * grad * grad;
      m[i] = first;
      v[i] = second;
      p[i] = c.keep * p[i] - c.step * first / (__builtin_elementwise_sqrt(second) * c.root + c.epsilon);
    }
  } else {
    SK_LOOP for (int64_t i = 0; i < n; i++) {
      float first = c.beta1 * m[i], second = c.beta2 * v[i];
      m[i] = first;
      v[i] = second;
      p[i] = c.keep * p[i] - c.step * first / (__builtin_elementwise_sqrt(second) * c.root + c.epsilon);
    }
  }
}

SK_INLINE void decay_range(float keep, int64_t n, float *p) {
  if (keep == 1) return;
  SK_LOOP for (int64_t i = 0; i < n; i++) p[i] *= keep;
}

typedef struct {
  const sk_adamw_rates *rates;
  const sk_sgd_rates *plain;               // SGD's
  int64_t segments;
  const sk_segment *segment;
  float *p, *m, *v;
  const float *g;
  uint16_t *shadow;                        // p in bf16, or NULL
  struct { int64_t segment, at; } *start;  // [threads + 1]: element in a segment, row in a table
} pass;

SK_INLINE void adam_rows(const adam *a, const sk_segment *s, int64_t begin, int64_t end, const pass *j) {
  for (int64_t r = begin; r < end; r++) {
    int64_t at = s->offset + r * s->row;
    bool touched = s->touched[r], moving = touched || !s->ever || s->ever[r];
    if (moving) adam_range(a, s->row, j->p + at, touched ? j->g + at : NULL, j->m + at, j->v + at);
    else decay_range(a->keep, s->row, j->p + at);
    shadow_range(s->row, j->p + at, j->shadow ? j->shadow + at : NULL);
    if (s->ever && touched) s->ever[r] = 1;
  }
}

static SK_CLONES void adam_share(void *context, int thread, int threads) {
  const pass *j = context;
  int64_t last = j->start[thread + 1].segment;
  for (int64_t i = j->start[thread].segment; i <= last && i < j->segments; i++) {
    const sk_segment *s = &j->segment[i];
    int64_t whole = s->touched ? s->count / s->row : s->count;
    int64_t begin = i == j->start[thread].segment ? j->start[thread].at : 0;
    int64_t end = i == last ? j->start[thread + 1].at : whole;
    if (begin >= end) continue;
    adam a = adam_of(j->rates, s->lr_scale, s->weight_decay);
    if (s->touched) adam_rows(&a, s, begin, end, j);
    else
      for (int64_t at = s->offset + begin, n; at < s->offset + end; at += n) {
        n = sk_min(in_cache, s->offset + end - at);
        adam_range(&a, n, j->p + at, j->g + at, j->m + at, j->v + at);
        shadow_range(n, j->p + at, j->shadow ? j->shadow + at : NULL);
      }
  }
}

/// What a row costs in elements of a full update: a row that never moved is only read and scaled.
SK_INLINE double row_cost(const sk_segment *s, int64_t r) {
  bool moving = s->touched[r] || !s->ever || s->ever[r];
  return (double)s->row * (moving ? 1 : 0.3) + 4;
}

/// Runs `share` on all threads over shares of equal cost. A table is cut between rows where its rows `differ`.
static void over_segments(pass *job, bool differ, void (*share)(void *, int, int)) {
  double total = 0;
  for (int64_t i = 0; i < job->segments; i++) {
    const sk_segment *s = &job->segment[i];
    if (differ && s->touched) {
      for (int64_t r = 0; r < s->count / s->row; r++) total += row_cost(s, r);
    } else {
      total += (double)s->count;
    }
  }
  int threads = total <= 0 ? 1 : sk_division((int64_t)total, 1024, 1.5);
  job->start = sk_scratch(sizeof(*job->start) * (size_t)(threads + 1));
  job->start[0].segment = job->start[0].at = 0;
  // Walk once over the costs; share t begins where the sum so far reaches t/threads of the total.
  double before = 0;
  int next = 1;
  for (int64_t i = 0; i < job->segments && next < threads; i++) {
    const sk_segment *s = &job->segment[i];
    if (differ && s->touched) {
      for (int64_t r = 0; r < s->count / s->row && next < threads; r++) {
        before += row_cost(s, r);
        for (; next < threads && before >= total * next / threads; next++) {
          job->start[next].segment = i;
          job->start[next].at = r + 1;
        }
      }
    } else {
      for (; next < threads && before + (double)s->count >= total * next / threads; next++) {
        int64_t at = (int64_t)(total * next / threads - before);
        job->start[next].segment = i;
        job->start[next].at = sk_min(s->count, sk_max(0, sk_round_up(at, 16)));
      }
      before += (double)s->count;
    }
  }
  for (; next <= threads; next++) {
    job->start[next].segment = job->segments;
    job->start[next].at = 0;
  }
  sk_parallel_on(threads, share, job);
  sk_free(job->start);
}

void sk_adamw(const sk_adamw_rates *rates, int64_t segments, const sk_segment *segment, float *p, const float *g,
              float *m, float *v, uint16_t *shadow) {
  over_segments(&(pass){.rates = rates, .segments = segments, .segment = segment, .p = p, .m = m, .v = v, .g = g,
                        .shadow = shadow},
                true, adam_share);
}

// ---- SGD ------------------------------------------------------------------------------------------------------------

static SK_CLONES void sgd_share(void *context, int thread, int threads) {
  const pass *j = context;
  const float momentum = (float)j->plain->momentum, scale = (float)j->plain->gradient_scale;
  // The step is factor · g' + along · m.
  const float factor = j->plain->nesterov ? 1 : 0, along = j->plain->nesterov ? momentum : 1;
  int64_t last = j->start[thread + 1].segment;
  for (int64_t i = j->start[thread].segment; i <= last && i < j->segments; i++) {
    const sk_segment *s = &j->segment[i];
    int64_t begin = i == j->start[thread].segment ? j->start[thread].at : 0;
    int64_t end = i == last ? j->start[thread + 1].at : s->count;
    const float lr = (float)(j->plain->lr * s->lr_scale), decay = (float)s->weight_decay;
    float *p = j->p + s->offset, *m = j->m ? j->m + s->offset : NULL;
    const float *g = j->g + s->offset;
    if (m) {
      SK_LOOP for (int64_t k = begin; k < end; k++) {
        float grad = g[k] * scale + decay * p[k], mean = momentum * m[k] + grad;
        m[k] = mean;
        p[k] -= lr * (factor * grad + along * mean);
      }
    } else {
      SK_LOOP for (int64_t k = begin; k < end; k++) p[k] -= lr * (g[k] * scale + decay * p[k]);
    }
    shadow_range(end - begin, p + begin, j->shadow ? j->shadow + s->offset + begin : NULL);
  }
}

void sk_sgd(const sk_sgd_rates *rates, int64_t segments, const sk_segment *segment, float *p, const float *g, float *m,
            uint16_t *shadow) {
  over_segments(&(pass){.plain = rates, .segments = segments, .segment = segment, .p = p, .m = m, .g = g,
                        .shadow = shadow},
                false, sgd_share);
}

// ---- LAMB -----------------------------------------------------------------------------------------------------------

enum { sum_block = 4096 };

typedef struct {
  const sk_adamw_rates *rates;
  int64_t n;
  const float *p, *g;
  float *m, *v, *u;
  double *sums;  // [blocks, 2]
} lamb;

static SK_CLONES void lamb_blocks(void *context, int64_t begin, int64_t end, int thread) {
  const lamb *j = context;
  const sk_adamw_rates *r = j->rates;
  const float scale = (float)r->gradient_scale, b1 = (float)r->beta1, b2 = (float)r->beta2;
  const float rest1 = (float)(1 - r->beta1), rest2 = (float)(1 - r->beta2);
  const float wd = (float)r->weight_decay, epsilon = (float)r->epsilon;
  const float first_scale = (float)(1 / r->bias_correction1), root = (float)(1 / sqrt(r->bias_correction2));
  for (int64_t block = begin; block < end; block++) {
    int64_t last = sk_min(j->n, (block + 1) * sum_block);
    double ps = 0, us = 0;
    const float *p = j->p, *g = j->g;
    float *m = j->m, *v = j->v, *u = j->u;
    {
#pragma clang fp reassociate(on)
      SK_LOOP for (int64_t i = block * sum_block; i < last; i++) {
        float grad = g[i] * scale;
        float first = b1 * m[i] + rest1 * grad, second = b2 * v[i] + rest2 * grad * grad;
        m[i] = first;
        v[i] = second;
        float update = first * first_scale / (__builtin_elementwise_sqrt(second) * root + epsilon) + wd * p[i];
        u[i] = update;
        ps += (double)p[i] * (double)p[i];
        us += (double)update * (double)update;
      }
    }
    j->sums[2 * block] = ps;
    j->sums[2 * block + 1] = us;
  }
}

void sk_lamb_update(int64_t n, const sk_adamw_rates *rates, const float *p, const float *g, float *m, float *v,
                    float *u, double *p_squares, double *u_squares) {
  *p_squares = *u_squares = 0;
  if (n <= 0) return;
  int64_t blocks = (n + sum_block - 1) / sum_block;
  lamb job = {rates, n, p, g, m, v, u, sk_scratch((size_t)blocks * 2 * sizeof(double))};
  sk_divide(blocks, 1, 1.5 * sum_block, lamb_blocks, &job);
  for (int64_t i = 0; i < blocks; i++) {
    *p_squares += job.sums[2 * i];
    *u_squares += job.sums[2 * i + 1];
  }
  sk_free(job.sums);
}

typedef struct {
  const float *w;
  float *e;
  float decay;
} average;

static SK_CLONES void ema_share(void *context, int64_t begin, int64_t end, int thread) {
  const average *j = context;
  const float *w = j->w, decay = j->decay, rest = 1 - decay;
  float *e = j->e;
  SK_LOOP for (int64_t i = begin; i < end; i++) e[i] = decay * e[i] + rest * w[i];
}
void sk_ema(int64_t n, float decay, const float *w, float *e) {
  sk_divide(n, 64, 0.6, ema_share, &(average){w, e, decay});
}
