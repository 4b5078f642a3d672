// Functions of one number over flat arrays. In double inside, rounded once: half a unit in the last place.
#include <math.h>
#include "kernel.h"

/// e^x for numbers whose exponential is to be a float: beyond ±200 it is 0 or infinity there.
SK_INLINE double exponential(double x) {
  double y = x < -200 ? -200 : x > 200 ? 200 : x;
  // Adding 1.5·2^52 rounds to an integer and leaves it in the low bits, ready to become an exponent.
  double shifted = y * 1.4426950408889634 + 6755399441055744.0;
  double n = shifted - 6755399441055744.0;
  double r = (y - n * 0.693147180369123816490) - n * 1.90821492927058770002e-10;
  double p = 1.0 / 3628800;
  p = p * r + 1.0 / 362880;
  p = p * r + 1.0 / 40320;
  p = p * r + 1.0 / 5040;
  p = p * r + 1.0 / 720;
  p = p * r + 1.0 / 120;
  p = p * r + 1.0 / 24;
  p = p * r + 1.0 / 6;
  p = p * r + 0.5;
  p = p * r + 1;
  p = p * r + 1;
  p = sk_double_of(sk_double_bits_of(p) + (sk_double_bits_of(shifted) << 52));
  return x == x ? p : x;
}

/// log x of a float: 2·atanh((m - 1)/(m + 1)) of the mantissa as a series. A float's subnormals are none in double.
SK_INLINE double logarithm(double x) {
  uint64_t bits = sk_double_bits_of(x);
  double m = sk_double_of((bits & 0x000fffffffffffffu) | 0x3ff0000000000000u);
  uint64_t exponent = (bits >> 52) - 1023;
  bool is_large = m > 1.4142135623730951;
  m = is_large ? 0.5 * m : m;
  exponent += is_large;
  double e = sk_double_of(0x4338000000000000u + exponent) - 6755399441055744.0;
  double s = (m - 1) / (m + 1), q = s * s;
  double p = 1.0 / 17;
  p = p * q + 1.0 / 15;
  p = p * q + 1.0 / 13;
  p = p * q + 1.0 / 11;
  p = p * q + 1.0 / 9;
  p = p * q + 1.0 / 7;
  p = p * q + 1.0 / 5;
  p = p * q + 1.0 / 3;
  double y = e * 0.6931471805599453 + (2 * s + 2 * s * q * p);
  y = x == 0 ? -(double)INFINITY : x < 0 ? (double)NAN : y;
  return x == (double)INFINITY || x != x ? x : y;
}

typedef struct {
  const float *x;
  float *y;
  double exponent;
  bool is_whole, is_odd;
} numbers;

#define SK_MAP(name, expression)                                                      \
  static SK_CLONES void name(void *context, int64_t begin, int64_t end, int thread) { \
    const numbers *j = context;                                                       \
    const float *x = j->x;                                                            \
    float *y = j->y;                                                                  \
    SK_LOOP for (int64_t i = begin; i < end; i++) y[i] = expression;                  \
  }
SK_MAP(map_exp, (float)exponential(x[i]))
SK_MAP(map_log, (float)logarithm(x[i]))
SK_MAP(map_sqrt, __builtin_elementwise_sqrt(x[i]))
SK_MAP(map_abs, __builtin_fabsf(x[i]))
SK_MAP(map_sign, (float)((x[i] > 0) - (x[i] < 0)))

/// Of a negative number only whole powers exist.
static SK_CLONES void map_power(void *context, int64_t begin, int64_t end, int thread) {
  const numbers *j = context;
  const float *x = j->x;
  float *y = j->y;
  const double exponent = j->exponent;
  const float below_zero = !j->is_whole ? NAN : j->is_odd ? -1 : 1;
  SK_LOOP for (int64_t i = begin; i < end; i++) {
    float size = (float)exponential(exponent * logarithm((double)__builtin_fabsf(x[i])));
    y[i] = x[i] < 0 ? below_zero * size : size;
  }
}

void sk_map(int function, int64_t n, double parameter, const float *x, float *y) {
  static const sk_share bodies[] = {[SK_EXP] = map_exp, [SK_LOG] = map_log,   [SK_SQRT] = map_sqrt,
                                    [SK_ABS] = map_abs, [SK_SIGN] = map_sign, [SK_POWER] = map_power};
  static const double cost[] = {[SK_EXP] = 2, [SK_LOG] = 3, [SK_SQRT] = 1, [SK_ABS] = 0.5, [SK_SIGN] = 0.5, [SK_POWER] = 5};
  bool is_whole = parameter == floor(parameter);
  numbers j = {x, y, parameter, is_whole, is_whole && fmod(parameter, 2) != 0};
  sk_divide(n, 64, cost[function], bodies[function], &j);
}

typedef struct {
  const uint8_t *mask;
  const float *a, *b;
  bool repeats_a, repeats_b;
  float *y;
} choice;

static SK_CLONES void select_share(void *context, int64_t begin, int64_t end, int thread) {
  const choice *j = context;
  const uint8_t *mask = j->mask;
  const float *a = j->a, *b = j->b, p = *j->a, q = *j->b;
  float *y = j->y;
  if (j->repeats_a && j->repeats_b) {
    SK_LOOP for (int64_t i = begin; i < end; i++) y[i] = mask[i] ? p : q;
  } else if (j->repeats_a) {
    SK_LOOP for (int64_t i = begin; i < end; i++) y[i] = mask[i] ? p : b[i];
  } else if (j->repeats_b) {
    SK_LOOP for (int64_t i = begin; i < end; i++) y[i] = mask[i] ? a[i] : q;
  } else {
    SK_LOOP for (int64_t i = begin; i < end; i++) y[i] = mask[i] ? a[i] : b[i];
  }
}
void sk_select(int64_t n, const uint8_t *mask, const float *a, bool repeats_a, const float *b, bool repeats_b,
               float *y) {
  sk_divide(n, 64, 0.5, select_share, &(choice){mask, a, b, repeats_a, repeats_b, y});
}
