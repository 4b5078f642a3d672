// Arguments of the kernels of elementwise.cu.
#ifndef MASKSUB_ELEMENTWISE_H
#define MASKSUB_ELEMENTWISE_H

/// Every byte of y [bytes]; `pattern` is what any 8 bytes at a multiple of 8 hold.
typedef struct {
  void *y;
  long long bytes;
  unsigned long long pattern;
} ms_fill;

/// y [count] = alpha · factor · x [count] + beta · y; beta 0 never reads y. `factor`: one element, or null for 1.
typedef struct {
  const void *x;
  void *y;
  long long count;
  double alpha, beta;
  const void *factor;
  /// MS_F32 and so on; x's and y's are read by `combine_elements` alone.
  int factor_type, x_type, y_type;
} ms_combine;

/// y [count]: position i of the stream at element i.
typedef struct {
  float *y;
  long long count;
  const unsigned long long *key;
} ms_uniform;

/// y [count] = x [count] · (bits(first + i) ≥ threshold ? scale : 0).
typedef struct {
  const void *x;
  void *y;
  long long count;
  const unsigned long long *key;
  long long first;
  unsigned threshold;
  float scale;
} ms_dropout;

/// y [count] = the activation, an `Activation`'s number, of x [count], or its slope from what it saved.
typedef struct {
  const void *x;
  void *y;
  long long count;
  int activation;
} ms_activation;

/// The functions of one number.
enum { MS_EXP, MS_LOG, MS_SQRT, MS_ABS, MS_SIGN, MS_POWER };

/// y [count] = function(x [count]).
typedef struct {
  const float *x;
  float *y;
  long long count;
  double exponent;
  int function;
} ms_function;

/// y [count] = mask [count] ? a : b; each of [count], or of one element that repeats.
typedef struct {
  const unsigned char *mask;
  const float *a, *b;
  float *y;
  long long count;
  int repeats_a, repeats_b;
} ms_select;

/// The rules for scalars of a step.
enum { MS_ROOT, MS_CLIPPING, MS_CAPPED, MS_TRUST };

/// y [1] = rule(a [1], b [1]); b null: 1.
typedef struct {
  const double *a, *b;
  double *y;
  double limit;
  int rule;
} ms_scalar;
#endif
