// Arguments of the kernels of batch_norm.cu.
#ifndef MASKSUB_BATCH_NORM_H
#define MASKSUB_BATCH_NORM_H

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
  const unsigned long long *key;
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

#endif
