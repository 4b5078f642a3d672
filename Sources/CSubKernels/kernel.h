// Shared by the kernels' files: run-time dispatch, the pool's entry points, and the transcendental functions that
// vectorise. The functions are branch-free scalar code: the loops around them become 16 lanes wide.
#ifndef SUB_KERNEL_H
#define SUB_KERNEL_H
#include <stdint.h>
#include <string.h>
#include "include/subkernels.h"

#pragma clang fp contract(fast)

#if defined(__x86_64__)
#define SK_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define SK_CLONES
#endif
#define SK_INLINE static inline __attribute__((always_inline))

/// Before a loop whose iterations touch only their own index (in-place use is fine, a carried dependence is not).
/// Not interleaved: rows of a multiple of 16 then leave nothing for the scalar remainder.
#define SK_LOOP _Pragma("clang loop vectorize(assume_safety) vectorize_width(16) interleave_count(1)")
/// The same for a reduction: four independent accumulators hide the latency of the addition.
#define SK_REDUCE _Pragma("clang loop vectorize(assume_safety) vectorize_width(16) interleave_count(4)")

SK_INLINE int64_t sk_min(int64_t a, int64_t b) { return a < b ? a : b; }
SK_INLINE int64_t sk_max(int64_t a, int64_t b) { return a > b ? a : b; }
SK_INLINE int64_t sk_round_up(int64_t value, int64_t step) { return (value + step - 1) / step * step; }

/// A left operand of the register tiles: a number, or two bf16 of a row, which C would not let one read as a float.
typedef float sk_operand __attribute__((may_alias));

// ---- threads.c ------------------------------------------------------------------------------------------------------
/// Runs body(context, begin, end, thread) over contiguous shares of 0 ..< count whose borders are multiples of `grain`.
/// `nanoseconds` is a rough estimate for one item on one thread: work too small to pay for waking a thread stays on the
/// caller. Returns how many threads took part (threads 0 ..< that number have run).
typedef void (*sk_share)(void *context, int64_t begin, int64_t end, int thread);
int sk_divide(int64_t count, int64_t grain, double nanoseconds, sk_share body, void *context);
/// The number of threads sk_divide would use.
int sk_division(int64_t count, int64_t grain, double nanoseconds);
/// Calls body(context, thread, threads) once on each of exactly `threads` threads of the pool; 1, or a call from inside a
/// region, runs body(context, 0, 1) at once.
void sk_parallel_on(int threads, void (*body)(void *context, int thread, int threads), void *context);
/// The share of thread `thread` of `threads` in count items.
SK_INLINE void sk_share_of(int64_t count, int64_t grain, int thread, int threads, int64_t *begin, int64_t *end) {
  int64_t grains = (count + grain - 1) / grain;
  *begin = sk_min(count, grains * thread / threads * grain);
  *end = sk_min(count, grains * (thread + 1) / threads * grain);
}
/// Before a call of oneDNN: its thread count is a property of the calling thread.
void sk_use_threads(int threads);

/// out[j][i] = x[i][j] for i in 0 ..< n, j in 0 ..< k.
void sk_transpose(int64_t n, int64_t k, const float *x, int64_t ldx, float *out, int64_t ldout);

/// sk_allocate for scratch that the kernel cannot do without: no memory ends the process with a message.
void *sk_scratch(size_t bytes);

/// out[n] = beta·out + Σ_t partial[t·stride ..], in thread order.
void sk_combine(int64_t n, int threads, int64_t stride, const float *partial, float beta, float *out);

// ---- the transpose of a 16×16 block in registers --------------------------------------------------------------------
/// Transposes `Lanes r[16]`, a vector type of 16 floats.
#define SK_TRANSPOSE(Lanes, r) \
  SK_EXCHANGE(Lanes, r, 8)     \
  SK_EXCHANGE(Lanes, r, 4)     \
  SK_EXCHANGE(Lanes, r, 2)     \
  SK_EXCHANGE(Lanes, r, 1)

/// One step: exchanges the off-diagonal squares of side s.
#define SK_EXCHANGE(Lanes, r, s)                                       \
  _Pragma("unroll") for (int i = 0; i < 16; i++) {                     \
    if (i & s) continue;                                               \
    Lanes upper = r[i], lower = r[i + s];                              \
    r[i] = __builtin_shufflevector(upper, lower, SK_FIRST_##s);        \
    r[i + s] = __builtin_shufflevector(upper, lower, SK_SECOND_##s);   \
  }
#define SK_FIRST_8 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23
#define SK_SECOND_8 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31
#define SK_FIRST_4 0, 1, 2, 3, 16, 17, 18, 19, 8, 9, 10, 11, 24, 25, 26, 27
#define SK_SECOND_4 4, 5, 6, 7, 20, 21, 22, 23, 12, 13, 14, 15, 28, 29, 30, 31
#define SK_FIRST_2 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29
#define SK_SECOND_2 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31
#define SK_FIRST_1 0, 16, 2, 18, 4, 20, 6, 22, 8, 24, 10, 26, 12, 28, 14, 30
#define SK_SECOND_1 1, 17, 3, 19, 5, 21, 7, 23, 9, 25, 11, 27, 13, 29, 15, 31

// ---- random bits ----------------------------------------------------------------------------------------------------
SK_INLINE uint32_t sk_scramble(uint32_t x) {
  x = (x ^ (x >> 16)) * 0x7feb352du;
  x = (x ^ (x >> 15)) * 0x846ca68bu;
  return x ^ (x >> 16);
}

/// The key of the 2^32 positions whose upper half is that of `position`.
SK_INLINE uint64_t sk_block_key(uint64_t key, uint64_t position) {
  return key ^ (position >> 32) * 0x9e3779b97f4a7c15u;
}

/// Random bits at lower half `low` under a block key.
SK_INLINE uint32_t sk_block_bits(uint64_t block_key, uint32_t low) {
  return sk_scramble(sk_scramble(low ^ (uint32_t)block_key) + (uint32_t)(block_key >> 32));
}

/// Dropout as numbers: kept where bits >= threshold, then multiplied by scale. p >= 1 drops everything.
typedef struct {
  uint32_t threshold;
  float scale;
} sk_keep;
SK_INLINE sk_keep sk_keep_of(float p) {
  if (p >= 1) return (sk_keep){0xffffffffu, 0};
  double limit = (double)p * 4294967296.0;
  uint32_t whole = limit <= 0 ? 0 : (uint32_t)limit;
  return (sk_keep){whole + (whole < limit), 1 / (1 - p)};
}

/// factor[0 ..< n] = scale · (kept at position + i ? keep.scale : 0).
SK_INLINE void sk_keep_row(int64_t n, sk_keep keep, float scale, uint64_t key, uint64_t position, float *factor) {
  float kept = keep.scale * scale;
  for (int64_t start = 0; start < n;) {
    uint64_t first = position + (uint64_t)start, block = sk_block_key(key, first);
    uint32_t low = (uint32_t)first;
    int64_t count = sk_min(n - start, (int64_t)(0x100000000u - low));
    SK_LOOP
    for (int64_t i = 0; i < count; i++)
      factor[start + i] = sk_block_bits(block, low + (uint32_t)i) >= keep.threshold ? kept : 0;
    start += count;
  }
}

/// Stochastic depth: the factor of the sample that holds a row. Rows are asked for in rising order.
typedef struct {
  const int32_t *offsets;  // [samples + 1] first row of each; NULL: every factor is 1
  int64_t samples, first;  // how many, and the number of the first in a larger batch
  float drop;
  uint64_t key;
  int64_t sample;          // the one that held the last row, or -1
  float factor;
} sk_path;
SK_INLINE sk_path sk_path_of(const int32_t *offsets, int64_t samples, int64_t first, float drop, uint64_t key) {
  return (sk_path){drop > 0 ? offsets : NULL, samples, first, drop, key, -1, 1};
}
SK_INLINE float sk_path_factor(sk_path *at, int64_t row) {
  if (!at->offsets) return 1;
  if (at->sample >= 0 && row < at->offsets[at->sample + 1]) return at->factor;
  int64_t low = at->sample + 1, high = at->samples - 1;
  while (low < high) {
    int64_t middle = (low + high) / 2;
    if (at->offsets[middle + 1] <= row) low = middle + 1;
    else high = middle;
  }
  at->sample = low;
  float u = (float)(sk_random(at->key, (uint64_t)(at->first + low)) >> 8) * 0x1p-24f;
  at->factor = u >= at->drop ? 1 / (1 - at->drop) : 0;
  return at->factor;
}

// ---- grids ----------------------------------------------------------------------------------------------------------
/// How many windows of a convolution or a pooling lie along a side of `length` pixels.
#define sk_convolved(length, s) (((length) + 2 * (s)->padding - (s)->kernel) / (s)->stride + 1)

// ---- functions ------------------------------------------------------------------------------------------------------
SK_INLINE uint32_t sk_bits_of(float x) {
  uint32_t bits;
  memcpy(&bits, &x, 4);
  return bits;
}
SK_INLINE float sk_float_of(uint32_t bits) {
  float x;
  memcpy(&x, &bits, 4);
  return x;
}
SK_INLINE uint64_t sk_double_bits_of(double x) {
  uint64_t bits;
  memcpy(&bits, &x, 8);
  return bits;
}
SK_INLINE double sk_double_of(uint64_t bits) {
  double x;
  memcpy(&x, &bits, 8);
  return x;
}

// ---- bf16: the upper half of an f32 -----------------------------------------------------------------------------------
SK_INLINE float sk_widen(uint16_t x) { return sk_float_of((uint32_t)x << 16); }
/// The nearest, of two the even one; NaN stays.
SK_INLINE uint16_t sk_narrow(float x) {
  uint32_t bits = sk_bits_of(x), nearest = bits + 0x7fffu + (bits >> 16 & 1);
  return (uint16_t)(((bits & 0x7fffffffu) > 0x7f800000u ? bits | 0x400000u : nearest) >> 16);
}

SK_INLINE size_t sk_size_of(int type) { return type == SK_BF16 ? 2 : 4; }
/// Element `at` of an array of a type.
SK_INLINE const void *sk_from(int type, const void *x, int64_t at) {
  return (const char *)x + at * (int64_t)sk_size_of(type);
}

// Kernels compute in f32 whatever a row's type is: they read it through sk_row, and write it where sk_row_to says,
// followed by sk_row_done. An f32 row is used where it lies; another passes through `own`, which stays in cache.
SK_INLINE const float *sk_row(int type, const void *x, int64_t at, int64_t n, float *own) {
  if (type == SK_F32) return (const float *)x + at;
  const uint16_t *from = (const uint16_t *)x + at;
  SK_LOOP for (int64_t i = 0; i < n; i++) own[i] = sk_widen(from[i]);
  return own;
}
SK_INLINE float *sk_row_to(int type, void *y, int64_t at, float *own) {
  return type == SK_F32 ? (float *)y + at : own;
}
SK_INLINE void sk_row_done(int type, void *y, int64_t at, int64_t n, const float *own) {
  if (type == SK_F32) return;
  uint16_t *to = (uint16_t *)y + at;
  SK_LOOP for (int64_t i = 0; i < n; i++) to[i] = sk_narrow(own[i]);
}

/// e^x within 2 ulp; 0 below the smallest normal number, infinity above the largest, NaN stays.
SK_INLINE float sk_exp(float x) {
  // Adding 1.5·2^23 rounds to an integer and leaves it in the low bits, ready to become an exponent.
  float shifted = x * 1.44269504088896f + 12582912.0f;
  float n = shifted - 12582912.0f;
  float r = x - n * 0.693359375f;
  r = r + n * 2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * (r * r) + r;
  p = p + 1;
  float y = sk_float_of(sk_bits_of(p) + (sk_bits_of(shifted) << 23));
  y = x < -87.336544f ? 0 : y;
  return x > 88.722839f ? __builtin_inff() : y;
}

SK_INLINE float sk_sigmoid_of(float x) { return 1 / (1 + sk_exp(-x)); }

/// tanh within 2e-7 relative: an odd polynomial near 0, where 1 - 2/(e^2x + 1) cancels.
SK_INLINE float sk_tanh_of(float x) {
  float s = x * x;
  float p = -5.70498872745e-3f;
  p = p * s + 2.06390887954e-2f;
  p = p * s - 5.37397155531e-2f;
  p = p * s + 1.33314422036e-1f;
  p = p * s - 3.33332819422e-1f;
  float small = p * s * x + x;
  float large = 1 - 2 / (sk_exp(2 * x) + 1);
  return s < 0.390625f ? small : large;
}

/// log(1 + u) for 0 <= u <= 1: 2·atanh(u / (2 + u)) as a series.
SK_INLINE float sk_log1p_of(float u) {
  float s = u / (2 + u), q = s * s;
  float p = 1.0f / 15;
  p = p * q + 1.0f / 13;
  p = p * q + 1.0f / 11;
  p = p * q + 1.0f / 9;
  p = p * q + 1.0f / 7;
  p = p * q + 1.0f / 5;
  p = p * q + 1.0f / 3;
  return 2 * s + 2 * s * q * p;
}

/// Φ(-a) for a >= 0, the tail of the standard normal distribution, and gaussian = e^(-a²/2).
/// Φ(-a) = gaussian · M(a); M (half of the scaled erfc) is a polynomial on [0, 5.5], minimax in the error of a·Φ(-a)
/// (8e-9), beyond which the tail is below 2e-8. The gaussian is 2^t with a polynomial for the fraction (7e-8 relative).
SK_INLINE float sk_normal_tail(float a, float *gaussian) {
  float far = a < 13 ? a : 13, c = a < 5.5f ? a : 5.5f;
  float square = far * far;
  float shifted = square * -0.72134752044448f + 12582912.0f;
  float t = square * -0.72134752044448f - (shifted - 12582912.0f);
  float g = 1.327647167e-03f;
  g = g * t + 9.675541803e-03f;
  g = g * t + 5.550713279e-02f;
  g = g * t + 2.402211972e-01f;
  g = g * t + 6.931469671e-01f;
  g = g * t + 1.000000072e+00f;
  g = sk_float_of(sk_bits_of(g) + (sk_bits_of(shifted) << 23));
  float m = 4.533968726e-08f;
  m = m * c - 1.303532010e-06f;
  m = m * c + 1.695604323e-05f;
  m = m * c - 1.335662946e-04f;
  m = m * c + 7.238487963e-04f;
  m = m * c - 2.930831872e-03f;
  m = m * c + 9.478096085e-03f;
  m = m * c - 2.589814545e-02f;
  m = m * c + 6.216247941e-02f;
  m = m * c - 1.328832088e-01f;
  m = m * c + 2.499853611e-01f;
  m = m * c - 3.989414197e-01f;
  m = m * c + 4.999999916e-01f;
  *gaussian = g;
  return g * m;
}

/// x·Φ(x) = max(x, 0) - |x|·Φ(-|x|): nothing cancels on either side.
SK_INLINE float sk_gelu(float x) {
  float gaussian, a = __builtin_fabsf(x);
  float tail = sk_normal_tail(a, &gaussian);
  return (x < 0 ? 0 : x) - a * tail;
}
SK_INLINE float sk_gelu_slope(float x) {
  float gaussian, tail = sk_normal_tail(__builtin_fabsf(x), &gaussian);
  return (x < 0 ? tail : 1 - tail) + x * (0.398942280401433f * gaussian);
}
// 0.5·x·(1 + tanh(u)) = x·sigmoid(2u), u = √(2/π)·(x + 0.044715·x³).
SK_INLINE float sk_gelu_tanh(float x) {
  return x * sk_sigmoid_of(x * (1.59576912160573f + 0.0713548162726f * x * x));
}
SK_INLINE float sk_gelu_tanh_slope(float x) {
  float s = sk_sigmoid_of(x * (1.59576912160573f + 0.0713548162726f * x * x));
  return s + x * s * (1 - s) * (1.59576912160573f + 0.2140644488178f * x * x);
}
SK_INLINE float sk_quick_gelu(float x) { return x * sk_sigmoid_of(1.702f * x); }
SK_INLINE float sk_quick_gelu_slope(float x) {
  float s = sk_sigmoid_of(1.702f * x);
  return s + 1.702f * x * s * (1 - s);
}
SK_INLINE float sk_relu(float x) { return x < 0 ? 0 : x; }
SK_INLINE float sk_identity(float x) { return x; }

/// y = act(x) over n elements, one loop per activation.
SK_INLINE void sk_activate(int64_t n, int activation, const float *x, float *y) {
#define SK_ACTIVATE(name, function)                           \
  case name:                                                  \
    SK_LOOP for (int64_t i = 0; i < n; i++) y[i] = function(x[i]); \
    break;
  switch (activation) {
    SK_ACTIVATE(SK_GELU, sk_gelu)
    SK_ACTIVATE(SK_GELU_TANH, sk_gelu_tanh)
    SK_ACTIVATE(SK_QUICK_GELU, sk_quick_gelu)
    SK_ACTIVATE(SK_TANH, sk_tanh_of)
    SK_ACTIVATE(SK_RELU, sk_relu)
    SK_ACTIVATE(SK_SIGMOID, sk_sigmoid_of)
    default:
      if (y != x) memcpy(y, x, (size_t)n * sizeof(float));
  }
#undef SK_ACTIVATE
}
#endif
