#ifndef MS_NORM_H
#define MS_NORM_H

/// What a branch is multiplied by before it joins the residual stream: path · gamma ⊙ dropout.
typedef struct {
  /// [width], or NULL.
  const float *gamma;
  /// Kept where the bits at a position reach the threshold; 0: no dropout. Positions count from the first element's.
  const unsigned long long *dropout_key;
  unsigned long long first_position;
  unsigned dropout_threshold;
  float dropout_scale;
  /// Of stochastic depth: the rows of every sample, or, where that is 0, the samples' first rows [samples + 1].
  int sample_rows;
  int samples;
  const int *offsets;
  const unsigned long long *path_key;
  unsigned long long first_sample;
  float path_rate;
  /// Of what is kept; 0: no stochastic depth.
  float path_scale;
} ms_branch;

/// z = x + branch(h), y = (z − mean) · rstd · weight + bias. x, z [rows, width] f32; h, y [rows, width] of a type.
typedef struct {
  int rows, width;
  int h_type, y_type;
  const float *x;
  /// NULL: z is x.
  const void *h;
  ms_branch branch;
  /// [width], or NULL.
  const float *weight, *bias;
  float epsilon;
  /// Any of them may be NULL; without y there are no statistics either.
  float *z;
  void *y;
  /// [rows].
  float *mean, *rstd;
} ms_residual_norm;

/// dx = dz + LN'(dy), dh = branch'(dx), and the sums over rows of what dweight, dbias and dgamma are made of.
typedef struct {
  int rows, width;
  int h_type, y_type;
  /// [rows, width]; read where there is a dy.
  const float *z;
  /// [rows].
  const float *mean, *rstd;
  const float *weight;
  /// [rows, width], or NULL: 0. dx may be dz's memory, and then need not be written where there is no dy.
  const float *dz;
  const void *dy;
  float *dx;
  int writes_dx;
  ms_branch branch;
  /// Read for dgamma alone. NULL there: its sum is 0.
  const void *h;
  /// Of h's type, or NULL.
  void *dh;
  /// [parts, sums, width]: of a part's rows, in the order dweight, dbias, dgamma; `sums`: 0, 2 or 3.
  float *partial;
  int sums;
  /// The rows of a part.
  int part_rows;
} ms_residual_norm_backward;
#endif
