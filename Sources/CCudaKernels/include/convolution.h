// Arguments of the kernels of convolution.cu.
#ifndef MASKSUB_CONVOLUTION_H
#define MASKSUB_CONVOLUTION_H

/// A divisor d of numbers below 2³¹: x / d = x · multiplier >> (31 + bits).
typedef struct {
  unsigned multiplier;
  int bits;
} ms_divisor;

/// A convolution of a grid x [n, h, w, c] to y [n, down, across, o] by square windows.
typedef struct {
  int n, h, w, c, down, across, o;
  int kernel, stride, padding;
} ms_window;

/// weight [o, c, taps] → ordered [o, taps, c], or, to be walked back, [c, taps, o].
typedef struct {
  const void *weight;
  void *ordered;
  int o, c, taps, is_backward;
} ms_order_weight;

/// out = source * weight + bias. Forward: source x, weight [o, taps, c], out y. Backward: source dy, weight
/// [c, taps, o], out dx, no bias; there, pixels of dx whose windows lie alike are a class, stride² of them (blocks in z).
typedef struct {
  const void *source, *weight;
  const float *bias;  // [o], or NULL
  void *out;
  ms_window window;
  int is_backward;
} ms_convolve;

/// Parts of dweight: partial [splits, o, taps, c], of `pixels` pixels of y each (blocks in z).
typedef struct {
  const void *x, *dy;
  float *partial;
  ms_window window;
  int pixels;
  ms_divisor by_across, by_down;
} ms_convolve_weight;

/// dweight [o, c, taps] = beta · dweight + Σ partial [splits, o, taps, c].
typedef struct {
  const float *partial;
  float *dweight;
  int splits, o, c, taps;
  float beta;
} ms_sum_weight;

#endif
