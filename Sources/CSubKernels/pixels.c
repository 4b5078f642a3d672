// Bytes of pictures to the numbers that networks read.
#include "kernel.h"
// Mixing rounds both products, as torch does.
#pragma clang fp contract(off)

typedef struct {
  const sk_pixels *p;
  float *y;
  float *scratch;  // three lines a thread
} pixel_job;

/// Columns `from` ..< `to` of line `row` of a picture, before mixing: column x of channel c at out[c·stride + x].
static void pixel_line(const sk_pixels *p, int64_t picture, int64_t row, int64_t from, int64_t to, float *out,
                       int64_t stride) {
  const uint8_t *rgb = p->bytes + (picture * p->h + row) * p->w * 3;
  float *red = out, *green = out + stride, *blue = out + 2 * stride;
  for (int64_t x = from; x < to; x++) {
    red[x] = p->table[rgb[3 * x]];
    green[x] = p->table[256 + rgb[3 * x + 1]];
    blue[x] = p->table[512 + rgb[3 * x + 2]];
  }
  if (!p->erased) return;
  const int32_t *area = p->erased + 5 * picture;
  const int64_t line = row - area[0], height = area[2], width = area[3];
  const int64_t first = sk_max(from, area[1]), last = sk_min(to, area[1] + width);
  if (line < 0 || line >= height || first >= last) return;
  for (int64_t c = 0; c < 3; c++) {
    const float *noise = p->noise + area[4] + (c * height + line) * width - area[1];
    memcpy(out + c * stride + first, noise + first, (size_t)(last - first) * sizeof(float));
  }
}

static SK_CLONES void pixels(void *context, int64_t begin, int64_t end, int thread) {
  const pixel_job *job = context;
  const sk_pixels *p = job->p;
  const int64_t w = p->w, plane = p->h * w;
  for (int64_t r = begin; r < end; r++) {
    const int64_t picture = r / p->h, row = r % p->h, partner = p->n - 1 - picture;
    float *y = job->y + picture * 3 * plane + row * w;
    pixel_line(p, picture, row, 0, w, y, plane);
    if (p->mixing == SK_CUT && row >= p->top && row < p->top + p->height) {
      pixel_line(p, partner, row, p->left, p->left + p->width, y, plane);
    }
    if (p->mixing != SK_BLENDED) continue;
    float *other = job->scratch + thread * 3 * w;
    pixel_line(p, partner, row, 0, w, other, w);
    for (int64_t c = 0; c < 3; c++) {
      float *a = y + c * plane;
      const float *b = other + c * w;
      SK_LOOP for (int64_t x = 0; x < w; x++) a[x] = a[x] * p->own + b[x] * p->other;
    }
  }
}

void sk_normalize_pixels(const sk_pixels *p, float *y) {
  const bool blends = p->mixing == SK_BLENDED;
  pixel_job job = {p, y, blends ? sk_scratch((size_t)(3 * p->w * sk_threads()) * sizeof(float)) : NULL};
  sk_divide(p->n * p->h, 1, (blends ? 6.0 : 2.5) * (double)p->w, pixels, &job);
  sk_free(job.scratch);
}
