// Whole rows: gathers, scatters, segments, patches, unit length.
#include <math.h>
#include "kernel.h"

typedef struct {
  int64_t rows, d;
  const float *x, *dy, *norm;
  const int32_t *indices;
  float *out, *norm_out;
  bool add;
  float epsilon;
} table;

/// Rows that are moved, or added up, whatever their types.
typedef struct {
  int type, to_type;
  int64_t rows, d;
  const void *x;
  const int32_t *indices;
  void *out;
  float *scratch;  // two rows a thread
} typed;

static void copy_typed(const typed *j, int64_t from, int64_t to) {
  const size_t bytes = (size_t)j->d * sk_size_of(j->type);
  memcpy((char *)j->out + (size_t)to * bytes, (const char *)j->x + (size_t)from * bytes, bytes);
}

static SK_CLONES void gather_adding(void *context, int64_t begin, int64_t end, int thread) {
  const table *j = context;
  for (int64_t r = begin; r < end; r++) {
    const float *x = j->x + (int64_t)j->indices[r] * j->d;
    float *out = j->out + r * j->d;
    SK_LOOP for (int64_t i = 0; i < j->d; i++) out[i] += x[i];
  }
}
void sk_add_gathered_rows(int64_t rows, int64_t d, const float *values, const int32_t *indices, float *out) {
  table job = {.d = d, .x = values, .indices = indices, .out = out};
  sk_divide(rows, 1, 20 + 0.4 * (double)d, gather_adding, &job);
}

static void gather(void *context, int64_t begin, int64_t end, int thread) {
  const typed *j = context;
  for (int64_t r = begin; r < end; r++) copy_typed(j, j->indices[r], r);
}
void sk_gather_rows(int64_t rows, int64_t d, int type, const void *values, const int32_t *indices, void *out) {
  typed job = {.type = type, .d = d, .x = values, .indices = indices, .out = out};
  sk_divide(rows, 1, 20 + 0.4 * (double)d, gather, &job);
}

/// Threads own columns, so that every row's additions come in the order of r.
static SK_CLONES void scatter_add(void *context, int64_t begin, int64_t end, int thread) {
  const typed *j = context;
  const int64_t n = end - begin, step = sk_round_up(j->d, 16);
  float *own = j->scratch + 2 * thread * step, *sum = own + step;
  for (int64_t r = 0; r < j->rows; r++) {
    const int64_t to = (int64_t)j->indices[r] * j->d + begin;
    const float *x = sk_row(j->type, j->x, r * j->d + begin, n, own);
    float *out = (float *)sk_row(j->to_type, j->out, to, n, sum);
    SK_LOOP for (int64_t i = 0; i < n; i++) out[i] += x[i];
    sk_row_done(j->to_type, j->out, to, n, sum);
  }
}
void sk_scatter_add_rows(int64_t rows, int64_t d, int type, const void *values, const int32_t *indices, int to_type,
                         void *out, uint8_t *touched) {
  typed job = {.type = type, .to_type = to_type, .rows = rows, .d = d, .x = values, .indices = indices, .out = out};
  job.scratch = sk_scratch((size_t)(2 * sk_round_up(d, 16) * sk_threads()) * sizeof(float));
  sk_divide(d, 16, 0.6 * (double)rows, scatter_add, &job);
  sk_free(job.scratch);
  if (touched) {
    for (int64_t r = 0; r < rows; r++) touched[indices[r]] = 1;
  }
}

static void scatter(void *context, int64_t begin, int64_t end, int thread) {
  const typed *j = context;
  for (int64_t r = begin; r < end; r++) {
    if (j->indices[r] >= 0) copy_typed(j, r, j->indices[r]);
  }
}
void sk_scatter_rows(int64_t rows, int64_t d, int type, const void *values, const int32_t *indices, void *out) {
  typed job = {.type = type, .d = d, .x = values, .indices = indices, .out = out};
  sk_divide(rows, 1, 20 + 0.4 * (double)d, scatter, &job);
}

// ---- segments -------------------------------------------------------------------------------------------------------

static SK_CLONES void segment_mean(void *context, int64_t begin, int64_t end, int thread) {
  const typed *j = context;
  float *own = j->scratch + 2 * thread * sk_round_up(j->d, 16);
  for (int64_t s = begin; s < end; s++) {
    float *out = (float *)j->out + s * j->d;
    memset(out, 0, (size_t)j->d * sizeof(float));
    int64_t first = j->indices[s], last = j->indices[s + 1];
    for (int64_t r = first; r < last; r++) {
      const float *x = sk_row(j->type, j->x, r * j->d, j->d, own);
      SK_LOOP for (int64_t i = 0; i < j->d; i++) out[i] += x[i];
    }
    float scale = last > first ? 1 / (float)(last - first) : 0;
    SK_LOOP for (int64_t i = 0; i < j->d; i++) out[i] *= scale;
  }
}
static SK_CLONES void spread_mean(void *context, int64_t begin, int64_t end, int thread) {
  const typed *j = context;
  float *own = j->scratch + 2 * thread * sk_round_up(j->d, 16);
  for (int64_t s = begin; s < end; s++) {
    const float *dy = (const float *)j->x + s * j->d;
    int64_t first = j->indices[s], last = j->indices[s + 1];
    float scale = last > first ? 1 / (float)(last - first) : 0;
    for (int64_t r = first; r < last; r++) {
      float *out = sk_row_to(j->to_type, j->out, r * j->d, own);
      SK_LOOP for (int64_t i = 0; i < j->d; i++) out[i] = scale * dy[i];
      sk_row_done(j->to_type, j->out, r * j->d, j->d, own);
    }
  }
}
static void over_segments(int64_t segments, const int32_t *offsets, typed *job, sk_share body) {
  if (segments <= 0) return;
  double rows = (double)(offsets[segments] - offsets[0]) / (double)segments;
  job->scratch = sk_scratch((size_t)(2 * sk_round_up(job->d, 16) * sk_threads()) * sizeof(float));
  sk_divide(segments, 1, 0.4 * rows * (double)job->d, body, job);
  sk_free(job->scratch);
}
void sk_segment_mean(int64_t segments, int64_t d, int type, const void *x, const int32_t *offsets, float *out) {
  over_segments(segments, offsets, &(typed){.type = type, .d = d, .x = x, .indices = offsets, .out = out},
                segment_mean);
}
void sk_segment_mean_backward(int64_t segments, int64_t d, const float *dout, const int32_t *offsets, int type,
                              void *dx) {
  over_segments(segments, offsets, &(typed){.to_type = type, .d = d, .x = dout, .indices = offsets, .out = dx},
                spread_mean);
}

// ---- patches --------------------------------------------------------------------------------------------------------

typedef struct {
  int64_t c, h, w, p;
  const int32_t *patches;
  const float *images;
  int type;
  void *out;
} grid;

static SK_CLONES void patchify(void *context, int64_t begin, int64_t end, int thread) {
  const grid *g = context;
  const int64_t p = g->p, across = g->w / p, cells = (g->h / p) * across;
  for (int64_t r = begin; r < end; r++) {
    int64_t patch = g->patches ? g->patches[r] : r, cell = patch % cells;
    const float *image = g->images + (patch / cells) * g->c * g->h * g->w;
    const float *corner = image + (cell / across) * p * g->w + cell % across * p;
    int64_t to = r * g->c * p * p;
    for (int64_t channel = 0; channel < g->c; channel++) {
      for (int64_t y = 0; y < p; y++, to += p) {
        const float *row = corner + (channel * g->h + y) * g->w;
        if (g->type == SK_F32) memcpy((float *)g->out + to, row, (size_t)p * sizeof(float));
        else sk_row_done(g->type, g->out, to, p, row);
      }
    }
  }
}
void sk_patchify(int64_t n, int64_t c, int64_t h, int64_t w, int64_t p, int64_t rows, const int32_t *patches,
                 const float *images, int type, void *out) {
  if (!patches) rows = n * (h / p) * (w / p);
  sk_divide(rows, 1, 0.6 * (double)(c * p * p), patchify, &(grid){c, h, w, p, patches, images, type, out});
}

// ---- unit length ----------------------------------------------------------------------------------------------------

SK_INLINE float row_dot(int64_t n, const float *a, const float *b) {
#pragma clang fp reassociate(on)
  float sum = 0;
  SK_REDUCE for (int64_t i = 0; i < n; i++) sum += a[i] * b[i];
  return sum;
}

static SK_CLONES void normalize(void *context, int64_t begin, int64_t end, int thread) {
  const table *j = context;
  for (int64_t r = begin; r < end; r++) {
    const float *x = j->x + r * j->d;
    float *y = j->out + r * j->d;
    float norm = sqrtf(row_dot(j->d, x, x)), scale = 1 / (norm > j->epsilon ? norm : j->epsilon);
    SK_LOOP for (int64_t i = 0; i < j->d; i++) y[i] = x[i] * scale;
    j->norm_out[r] = norm;
  }
}
void sk_l2_normalize(int64_t rows, int64_t d, float epsilon, const float *x, float *y, float *norm) {
  table job = {.d = d, .x = x, .out = y, .norm_out = norm, .epsilon = epsilon};
  sk_divide(rows, 1, 0.4 * (double)d, normalize, &job);
}

static SK_CLONES void normalize_backward(void *context, int64_t begin, int64_t end, int thread) {
  const table *j = context;
  for (int64_t r = begin; r < end; r++) {
    const float *y = j->x + r * j->d, *dy = j->dy + r * j->d;
    float *dx = j->out + r * j->d;
    // Below epsilon the divisor is a constant and the projection vanishes.
    bool free = j->norm[r] > j->epsilon;
    float scale = 1 / (free ? j->norm[r] : j->epsilon), along = free ? row_dot(j->d, y, dy) : 0;
    SK_LOOP for (int64_t i = 0; i < j->d; i++) dx[i] = (dy[i] - along * y[i]) * scale;
  }
}
void sk_l2_normalize_backward(int64_t rows, int64_t d, float epsilon, const float *y, const float *norm,
                              const float *dy, float *dx) {
  table job = {.d = d, .x = y, .dy = dy, .norm = norm, .out = dx, .epsilon = epsilon};
  sk_divide(rows, 1, 0.6 * (double)d, normalize_backward, &job);
}
