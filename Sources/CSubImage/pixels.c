// One-pass operations on pixels, in Pillow's arithmetic (single precision, results cut off).
#include "include/subimage.h"
#include "simd.h"
#pragma STDC FP_CONTRACT OFF

CSI_INLINE int luma(const uint8_t *pixel) {
  return (pixel[0] * 19595 + pixel[1] * 38470 + pixel[2] * 7471 + 0x8000) >> 16;
}

CSI_INLINE uint8_t blend(int from, int to, float factor) {
  const float value = (float)from + factor * (float)(to - from);
  return (uint8_t)(value <= 0 ? 0 : value >= 255 ? 255 : value);
}

void csi_fill(uint8_t *out, size_t pixels, const uint8_t color[3]) {
  for (size_t i = 0; i < pixels; i++) memcpy(out + 3 * i, color, 3);
}

void csi_flip(uint8_t *rgb, int width, int height) {
  for (int y = 0; y < height; y++) {
    uint8_t *left = rgb + (size_t)y * (size_t)width * 3, *right = left + 3 * ((size_t)width - 1);
    for (; left < right; left += 3, right -= 3) {
      for (int c = 0; c < 3; c++) {
        const uint8_t value = left[c];
        left[c] = right[c];
        right[c] = value;
      }
    }
  }
}

CSI_CLONES void csi_grayscale(const uint8_t *in, uint8_t *out, size_t pixels) {
  for (size_t i = 0; i < pixels; i++) {
    const uint8_t value = (uint8_t)luma(in + 3 * i);
    out[3 * i] = value;
    out[3 * i + 1] = value;
    out[3 * i + 2] = value;
  }
}

CSI_CLONES uint64_t csi_luma_sum(const uint8_t *rgb, size_t pixels) {
  uint64_t total = 0;
  for (size_t start = 0; start < pixels; start += 1 << 20) {
    const size_t end = pixels - start < 1 << 20 ? pixels : start + (1 << 20);
    uint32_t sum = 0;
    for (size_t i = start; i < end; i++) sum += (uint32_t)luma(rgb + 3 * i);
    total += sum;
  }
  return total;
}

CSI_CLONES void csi_blend_constant(uint8_t *rgb, size_t bytes, int degenerate, float factor) {
  for (size_t i = 0; i < bytes; i++) rgb[i] = blend(degenerate, rgb[i], factor);
}

CSI_CLONES void csi_blend_luma(uint8_t *rgb, size_t pixels, float factor) {
  for (size_t i = 0; i < pixels; i++) {
    uint8_t *pixel = rgb + 3 * i;
    const int grey = luma(pixel), r = pixel[0], g = pixel[1], b = pixel[2];
    pixel[0] = blend(grey, r, factor);
    pixel[1] = blend(grey, g, factor);
    pixel[2] = blend(grey, b, factor);
  }
}

CSI_CLONES void csi_blend_smooth(const uint8_t *in, uint8_t *out, int width, int height, float factor) {
  const size_t stride = (size_t)width * 3;
  memcpy(out, in, stride * (size_t)height);
  // The border is its own degenerate image: the blend leaves it as it is.
  for (int y = 1; y + 1 < height; y++) {
    const uint8_t *row = in + (size_t)y * stride, *above = row - stride, *below = row + stride;
    uint8_t *target = out + (size_t)y * stride;
    for (size_t i = 3; i + 3 < stride; i++) {
      const unsigned sum = above[i - 3] + above[i] + above[i + 3] + row[i - 3] + 5u * row[i] + row[i + 3] +
        below[i - 3] + below[i] + below[i + 3];
      target[i] = blend((int)((2 * sum + 13) / 26), row[i], factor);
    }
  }
}

void csi_histogram(const uint8_t *rgb, size_t pixels, uint32_t counts[768]) {
  memset(counts, 0, 768 * sizeof *counts);
  for (size_t i = 0; i < pixels; i++) {
    counts[rgb[3 * i]]++;
    counts[256 + rgb[3 * i + 1]]++;
    counts[512 + rgb[3 * i + 2]]++;
  }
}

void csi_lookup(uint8_t *rgb, size_t pixels, const uint8_t tables[768]) {
  for (size_t i = 0; i < pixels; i++) {
    rgb[3 * i] = tables[rgb[3 * i]];
    rgb[3 * i + 1] = tables[256 + rgb[3 * i + 1]];
    rgb[3 * i + 2] = tables[512 + rgb[3 * i + 2]];
  }
}

CSI_CLONES void csi_invert(uint8_t *rgb, size_t bytes) {
  for (size_t i = 0; i < bytes; i++) rgb[i] = (uint8_t)~rgb[i];
}

CSI_CLONES void csi_and(uint8_t *rgb, size_t bytes, int mask) {
  for (size_t i = 0; i < bytes; i++) rgb[i] = (uint8_t)(rgb[i] & mask);
}

CSI_CLONES void csi_solarize(uint8_t *rgb, size_t bytes, int threshold) {
  for (size_t i = 0; i < bytes; i++) rgb[i] = rgb[i] < threshold ? rgb[i] : (uint8_t)~rgb[i];
}

CSI_CLONES void csi_solarize_add(uint8_t *rgb, size_t bytes, int add) {
  for (size_t i = 0; i < bytes; i++) {
    const int sum = rgb[i] + add, low = sum < 0 ? 0 : sum > 255 ? 255 : sum;
    rgb[i] = rgb[i] < 128 ? (uint8_t)low : rgb[i];
  }
}

CSI_CLONES void csi_cmyk_row(const uint8_t *cmyk, uint8_t *rgb, size_t pixels) {
  for (size_t i = 0; i < pixels; i++) {
    // Inverted samples: the stored black is already the light that remains.
    const unsigned light = cmyk[4 * i + 3];
    for (int c = 0; c < 3; c++) {
      const unsigned product = light * (255u - cmyk[4 * i + (size_t)c]) + 128;
      const int value = (int)light - (int)(((product >> 8) + product) >> 8);
      rgb[3 * i + (size_t)c] = (uint8_t)(value < 0 ? 0 : value);
    }
  }
}
