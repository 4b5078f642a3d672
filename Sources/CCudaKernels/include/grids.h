// Arguments of the kernels of grids.cu.
#ifndef MASKSUB_GRIDS_H
#define MASKSUB_GRIDS_H

/// `to` = y from x, with `which`; or `to` = dx from dy. 2^threads_across threads share a pixel.
typedef struct {
  const void *from;
  void *to;
  unsigned char *which;
  /// x [n, h, w, c], y [n, down, across, c].
  int n, h, w, c, down, across;
  int kernel, stride, padding;
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

enum { MS_UNMIXED = 0, MS_BLENDED = 1, MS_CUT = 2 };

/// y [n, 3, h, w] of bytes [n, h, w, 3]: each byte's entry in its channel's 256 of the table, in the rectangle that is erased
/// the noise; then, with picture n - 1 - i, own · x + other · x', or x' in a rectangle.
typedef struct {
  const unsigned char *bytes;
  const float *table;
  /// [n, 5]: top, left, height (0: nothing is erased), width, where its noise begins; NULL: nothing of any.
  const int *erased;
  /// One rectangle [3, height, width] behind the other.
  const float *noise;
  float *y;
  int n, h, w;
  int mixing;
  float own, other;
  /// What is cut.
  int top, left, height, width;
} ms_pixels;

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
