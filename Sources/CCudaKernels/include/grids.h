// Arguments of the kernels of grids.cu.
#ifndef MASKSUB_GRIDS_H
#define MASKSUB_GRIDS_H

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

/// How blocks of threads cover [rows, width]: 2^threads_across of them share a row, each with some neighbouring columns;
/// a block takes `block_rows` rows (blocks in y), one behind the other.
typedef struct {
  long long rows, block_rows;
  int width, threads_across;
} ms_cover;

/// What a block saw of x: partial [blocks, 2, width], mean and sum of squares about it.
typedef struct {
  const void *x;
  double *partial;
  ms_cover cover;
} ms_batch_moments;

/// mean and variance [width] of all rows.
typedef struct {
  const double *partial;
  float *mean, *variance;
  ms_cover cover;
  int blocks;
} ms_join_moments;

/// Batch-norm of rows x, what is put behind it, and what comes back.
typedef struct {
  const void *x;
  const float *mean, *variance, *weight, *bias;  // [width]
  float epsilon;
  // Forward
  const void *shortcut;  // [rows, width], or NULL
  void *y;
  int is_rectified;
  // Stochastic depth
  const int *offsets;  // [samples + 1], the first row of each; NULL: no sample is dropped
  int samples;
  long long first_sample;
  unsigned long long key;
  float drop;
  // Backward
  const void *rectified;  // y, where the ReLU is behind a joint
  const void *dy;         // or dz, for dx
  void *dz, *dx;
  double *partial;        // [blocks, 2, width]: Σ du, Σ du · (x − mean)
  const float *slopes;    // [2, width]: dx = scale · du − slopes[0] · (x − mean) − slopes[1]
  ms_cover cover;
} ms_batch_norm;

/// The sums of the derivative, and from them: slopes, dweight = beta · dweight + …, dbias.
typedef struct {
  const double *partial;
  const float *variance, *weight;
  float *slopes, *dweight, *dbias;  // dweight, dbias: or NULL
  float epsilon, beta_weight, beta_bias;
  int is_of_batch, blocks, width;
  long long rows;
} ms_join_batch_norm;

/// `to` = y from x, with `which`; or `to` = dx from dy. 2^threads_across threads share a pixel.
typedef struct {
  const void *from;
  void *to;
  unsigned char *which;
  ms_window window;
  int threads_across;
} ms_pool;

/// Of every cell of stride × stride pixels of a grid [n, h, w, c] the first side × side, side by side in another
/// [n, down, across, side² · c], or the way back. c counts what a thread moves at once; 2^threads_across threads share
/// a pixel.
typedef struct {
  const void *from;
  void *to;
  int n, h, w, c, down, across, side, stride;
  int threads_across;
} ms_merge;

/// images [n, c, pixels] → y [n, pixels, c].
typedef struct {
  const float *images;
  void *y;
  int n, c, pixels;
} ms_channels_last;

/// Zeros in cells of size × size pixels of images [n, c, h, w].
typedef struct {
  const int *cells;
  float *images;
  int c, h, w, size;
} ms_clear_cells;
#endif
