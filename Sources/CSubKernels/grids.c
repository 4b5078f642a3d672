// Pixels of grids [n, h, w, c]: pooling, merging, and what is done to images before their first layer.
#include <math.h>
#include "kernel.h"

typedef struct {
  int64_t n, h, w, c, kernel, stride, padding, side;
  int type;
  const void *x;
  void *y;
  float *scratch;  // three rows a thread
  uint8_t *which;
  const uint8_t *chosen;
} grid;

/// Image, row and column of pixel `r` of grids of h·w.
SK_INLINE void place(int64_t r, int64_t h, int64_t w, int64_t *image, int64_t *i, int64_t *j) {
  *image = r / (h * w);
  *i = r / w % h;
  *j = r % w;
}

// ---- maximum --------------------------------------------------------------------------------------------------------

static SK_CLONES void max_pool(void *context, int64_t begin, int64_t end, int thread) {
  const grid *g = context;
  const int64_t c = g->c, h = sk_convolved(g->h, g), w = sk_convolved(g->w, g);
  const int64_t step = sk_round_up(c, 16);
  float *own_best = g->scratch + 3 * thread * step, *own_x = own_best + step;
  int32_t *taken = (int32_t *)(own_x + step);
  for (int64_t r = begin; r < end; r++) {
    int64_t image, i, j;
    place(r, h, w, &image, &i, &j);
    float *best = sk_row_to(g->type, g->y, r * c, own_best);
    uint8_t *which = g->which + r * c;
    bool first = true;
    for (int64_t tap = 0; tap < g->kernel * g->kernel; tap++) {
      const int64_t a = i * g->stride - g->padding + tap / g->kernel, b = j * g->stride - g->padding + tap % g->kernel;
      if (a < 0 || a >= g->h || b < 0 || b >= g->w) continue;
      const float *x = sk_row(g->type, g->x, ((image * g->h + a) * g->w + b) * c, c, own_x);
      const int32_t number = (int32_t)tap;
      if (first) {
        SK_LOOP for (int64_t k = 0; k < c; k++) {
          best[k] = x[k];
          taken[k] = number;
        }
        first = false;
      } else {
        // Not a number wins, as in PyTorch.
        SK_LOOP for (int64_t k = 0; k < c; k++) {
          bool more = !(x[k] <= best[k]);
          best[k] = more ? x[k] : best[k];
          taken[k] = more ? number : taken[k];
        }
      }
    }
    SK_LOOP for (int64_t k = 0; k < c; k++) which[k] = (uint8_t)taken[k];
    sk_row_done(g->type, g->y, r * c, c, own_best);
  }
}

void sk_max_pool(int64_t n, int64_t h, int64_t w, int64_t c, int64_t kernel, int64_t stride, int64_t padding,
                 int type, const void *x, void *y, uint8_t *which) {
  grid g = {n, h, w, c, kernel, stride, padding, .type = type, .x = x, .y = y, .which = which};
  g.scratch = sk_scratch((size_t)(3 * sk_round_up(c, 16) * sk_threads()) * sizeof(float));
  sk_divide(n * sk_convolved(h, &g) * sk_convolved(w, &g), 1, 2.0 * (double)c, max_pool, &g);
  sk_free(g.scratch);
}

/// Every pixel collects from the windows that chose it.
static SK_CLONES void max_pool_backward(void *context, int64_t begin, int64_t end, int thread) {
  const grid *g = context;
  const int64_t c = g->c, h = sk_convolved(g->h, g), w = sk_convolved(g->w, g);
  const int64_t step = sk_round_up(c, 16);
  float *own_dx = g->scratch + 3 * thread * step, *own_dy = own_dx + step;
  for (int64_t r = begin; r < end; r++) {
    int64_t image, a, b;
    place(r, g->h, g->w, &image, &a, &b);
    float *dx = sk_row_to(g->type, g->y, r * c, own_dx);
    memset(dx, 0, (size_t)c * sizeof(float));
    // Windows i with i·stride - padding <= a < i·stride - padding + kernel.
    const int64_t down = a + g->padding, across = b + g->padding;
    const int64_t first_i = sk_max(0, (down - g->kernel + g->stride) / g->stride);
    const int64_t first_j = sk_max(0, (across - g->kernel + g->stride) / g->stride);
    for (int64_t i = first_i; i < h && i * g->stride <= down; i++) {
      for (int64_t j = first_j; j < w && j * g->stride <= across; j++) {
        const int64_t from = ((image * h + i) * w + j) * c;
        const float *dy = sk_row(g->type, g->x, from, c, own_dy);
        const uint8_t *chosen = g->chosen + from;
        const int32_t tap = (int32_t)((down - i * g->stride) * g->kernel + across - j * g->stride);
        SK_LOOP for (int64_t k = 0; k < c; k++) dx[k] += (int32_t)chosen[k] == tap ? dy[k] : 0;
      }
    }
    sk_row_done(g->type, g->y, r * c, c, own_dx);
  }
}

void sk_max_pool_backward(int64_t n, int64_t h, int64_t w, int64_t c, int64_t kernel, int64_t stride, int64_t padding,
                          int type, const void *dy, const uint8_t *which, void *dx) {
  grid g = {n, h, w, c, kernel, stride, padding, .type = type, .x = dy, .y = dx, .chosen = which};
  g.scratch = sk_scratch((size_t)(3 * sk_round_up(c, 16) * sk_threads()) * sizeof(float));
  sk_divide(n * h * w, 1, 1.5 * (double)c, max_pool_backward, &g);
  sk_free(g.scratch);
}

// ---- merging --------------------------------------------------------------------------------------------------------

static void merge(void *context, int64_t begin, int64_t end, int thread) {
  const grid *g = context;
  const int64_t c = g->c, side = g->side, h = (g->h + g->stride - 1) / g->stride, w = (g->w + g->stride - 1) / g->stride;
  const size_t bytes = (size_t)c * sk_size_of(g->type);
  for (int64_t r = begin; r < end; r++) {
    int64_t image, i, j;
    place(r, h, w, &image, &i, &j);
    char *y = (char *)g->y + (size_t)(r * side * side) * bytes;
    for (int64_t tap = 0; tap < side * side; tap++, y += bytes) {
      const int64_t a = i * g->stride + tap % side, b = j * g->stride + tap / side;
      if (a < g->h && b < g->w) memcpy(y, sk_from(g->type, g->x, ((image * g->h + a) * g->w + b) * c), bytes);
      else memset(y, 0, bytes);
    }
  }
}

void sk_merge_pixels(int64_t n, int64_t h, int64_t w, int64_t c, int64_t side, int64_t stride, int type, const void *x,
                     void *y) {
  grid g = {n, h, w, c, .stride = stride, .side = side, .type = type, .x = x, .y = y};
  const int64_t cells = ((h + stride - 1) / stride) * ((w + stride - 1) / stride);
  sk_divide(n * cells, 1, 20 + 0.4 * (double)(c * side * side), merge, &g);
}

static void unmerge(void *context, int64_t begin, int64_t end, int thread) {
  const grid *g = context;
  const int64_t c = g->c, side = g->side, h = (g->h + g->stride - 1) / g->stride, w = (g->w + g->stride - 1) / g->stride;
  const size_t bytes = (size_t)c * sk_size_of(g->type);
  for (int64_t r = begin; r < end; r++) {
    int64_t image, a, b;
    place(r, g->h, g->w, &image, &a, &b);
    const int64_t down = a % g->stride, across = b % g->stride, tap = across * side + down;
    const int64_t cell = (image * h + a / g->stride) * w + b / g->stride;
    char *y = (char *)g->y + (size_t)r * bytes;
    if (down < side && across < side) memcpy(y, sk_from(g->type, g->x, (cell * side * side + tap) * c), bytes);
    else memset(y, 0, bytes);
  }
}

void sk_merge_pixels_backward(int64_t n, int64_t h, int64_t w, int64_t c, int64_t side, int64_t stride,
                              int type, const void *dy, void *dx) {
  grid g = {n, h, w, c, .stride = stride, .side = side, .type = type, .x = dy, .y = dx};
  sk_divide(n * h * w, 1, 20 + 0.4 * (double)c, unmerge, &g);
}

// ---- images ---------------------------------------------------------------------------------------------------------

static SK_CLONES void channels_last(void *context, int64_t begin, int64_t end, int thread) {
  const grid *g = context;
  const int64_t c = g->c, pixels = g->w;
  for (int64_t r = begin; r < end; r++) {
    const float *x = (const float *)g->x + r / pixels * c * pixels + r % pixels;
    if (g->type == SK_F32) {
      float *y = (float *)g->y + r * c;
      for (int64_t k = 0; k < c; k++) y[k] = x[k * pixels];
    } else {
      uint16_t *y = (uint16_t *)g->y + r * c;
      for (int64_t k = 0; k < c; k++) y[k] = sk_narrow(x[k * pixels]);
    }
  }
}

void sk_channels_last(int64_t n, int64_t c, int64_t pixels, const float *x, int type, void *y) {
  sk_divide(n * pixels, 16, 1.0 * (double)c, channels_last, &(grid){.w = pixels, .c = c, .type = type, .x = x, .y = y});
}

void sk_clear_cells(int64_t c, int64_t h, int64_t w, int64_t size, int64_t count, const int32_t *cells, float *images) {
  const int64_t across = w / size, grid = (h / size) * across;
  for (int64_t at = 0; at < count; at++) {
    const int64_t cell = cells[at] % grid;
    float *corner = images + cells[at] / grid * c * h * w + cell / across * size * w + cell % across * size;
    for (int64_t channel = 0; channel < c; channel++) {
      for (int64_t i = 0; i < size; i++) memset(corner + (channel * h + i) * w, 0, (size_t)size * sizeof(float));
    }
  }
}
