// Pillow's Gaussian blur: three box blurs of fractional radius along rows, three along columns, 24-bit fixed point.
#include <stdlib.h>
#include "include/subimage.h"
#include "simd.h"

/// out[i] = (Σ of the inner terms · inner + (first and last term) · outer + ½) / 2^24, over terms `step` bytes apart.
CSI_INLINE void box(
  const uint8_t *const *rows, int terms, uint8_t *out, size_t bytes, uint32_t inner, uint32_t outer
) {
  const uint8_t *first = rows[0], *last = rows[terms - 1];
  if (terms == 3) {
    const uint8_t *middle = rows[1];
    for (size_t i = 0; i < bytes; i++)
      out[i] = (uint8_t)((middle[i] * inner + (uint32_t)(first[i] + last[i]) * outer + (1u << 23)) >> 24);
  } else if (terms == 5) {
    const uint8_t *a = rows[1], *b = rows[2], *c = rows[3];
    for (size_t i = 0; i < bytes; i++) {
      const uint32_t sum = (uint32_t)(a[i] + b[i] + c[i]);
      out[i] = (uint8_t)((sum * inner + (uint32_t)(first[i] + last[i]) * outer + (1u << 23)) >> 24);
    }
  } else {
    for (size_t i = 0; i < bytes; i++) {
      uint32_t sum = 0;
      for (int t = 1; t + 1 < terms; t++) sum += rows[t][i];
      out[i] = (uint8_t)((sum * inner + (uint32_t)(first[i] + last[i]) * outer + (1u << 23)) >> 24);
    }
  }
}

CSI_CLONES static void box_line(
  const uint8_t *const *rows, int terms, uint8_t *restrict out, size_t bytes, uint32_t inner, uint32_t outer
) {
  box(rows, terms, out, bytes, inner, outer);
}

bool csi_box_blur3(uint8_t *rgb, int width, int height, float radius) {
  const int whole = (int)radius, edge = whole + 1, terms = 2 * edge + 1;
  const uint32_t inner = (uint32_t)((float)(1u << 24) / (radius * 2 + 1));
  const uint32_t outer = ((1u << 24) - (uint32_t)(whole * 2 + 1) * inner) / 2;
  const size_t stride = (size_t)width * 3, padded = stride + 6 * (size_t)edge;
  uint8_t *line = malloc(padded + CSI_PADDING), *other = malloc(stride * (size_t)height + CSI_PADDING);
  const uint8_t **rows = malloc((size_t)terms * sizeof *rows);
  const bool good = line && other && rows;
  for (int y = 0; good && y < height; y++) {
    uint8_t *row = rgb + (size_t)y * stride;
    for (int t = 0; t < terms; t++) rows[t] = line + 3 * (size_t)t;
    for (int pass = 0; pass < 3; pass++) {
      for (int i = 0; i < edge; i++) {
        memcpy(line + 3 * (size_t)i, row, 3);
        memcpy(line + 3 * (size_t)(edge + width + i), row + stride - 3, 3);
      }
      memcpy(line + 3 * (size_t)edge, row, stride);
      box_line(rows, terms, row, stride, inner, outer);
    }
  }
  uint8_t *from = rgb, *to = other;
  for (int pass = 0; good && pass < 3; pass++) {
    for (int y = 0; y < height; y++) {
      for (int t = 0; t < terms; t++) {
        const int at = y + t - edge;
        rows[t] = from + (size_t)(at < 0 ? 0 : at < height ? at : height - 1) * stride;
      }
      box_line(rows, terms, to + (size_t)y * stride, stride, inner, outer);
    }
    uint8_t *swap = from;
    from = to;
    to = swap;
  }
  if (good) memcpy(rgb, other, stride * (size_t)height);
  free(line);
  free(other);
  free(rows);
  return good;
}
