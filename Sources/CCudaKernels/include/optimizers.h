// Optimizers over flat arenas, sums of squares, the moving average of weights.
#ifndef MASKSUB_CUDA_OPTIMIZERS_H
#define MASKSUB_CUDA_OPTIMIZERS_H

enum {
  /// Elements of a segment that one block updates.
  MS_UPDATE_TILE = 4096,
  /// Elements of a part that one block squares and adds up.
  MS_SQUARES_TILE = 8192,
  /// The most blocks that share one parameter's sums of squares.
  MS_LAMB_BLOCKS = 1024
};

/// A run of the arenas with rates of its own. All members are of 8 bytes, so that a table of them has no gaps.
typedef struct {
  long long offset, count;
  /// The block that has its first elements.
  long long first_tile;
  double lr_scale, weight_decay;
  /// For tables whose gradients arrive as rows: the row's width, and flags for rows touched now and ever (or NULL); else
  /// 0 and NULL.
  long long row;
  unsigned char *touched, *ever;
} ms_update_segment;

/// What changes from update to update.
typedef struct {
  double lr;
  /// What the moments' corrections make of them: m is divided by the first, √v multiplied by the second.
  double correction1, root;
} ms_adam_rates;

/// AdamW on all segments: arenas p, g, m, v; p in bf16 in `shadow`, or NULL.
typedef struct {
  const ms_update_segment *segments;
  float *p, *m, *v;
  const float *g;
  void *shadow;
  /// On every gradient; NULL: 1.
  const double *factor;
  const ms_adam_rates *rates;
  float beta1, rest1, beta2, rest2, epsilon;
  int segment_count;
} ms_adamw;

/// SGD on all segments, with momentum's running sums in `sum`, or NULL.
typedef struct {
  const ms_update_segment *segments;
  float *p, *sum;
  const float *g;
  void *shadow;
  const double *factor;
  /// One number.
  const double *lr;
  float momentum;
  int nesterov, segment_count;
} ms_sgd;

/// LAMB on one parameter of `count` elements.
typedef struct {
  float *p, *m, *v;
  const float *g;
  const double *factor;
  /// [2, blocks]: sums of squares of p and of the direction, where there is decay.
  double *partial;
  const ms_adam_rates *rates;
  /// On the learning rate.
  double lr_scale;
  long long count;
  float beta1, rest1, beta2, rest2, epsilon, weight_decay;
  int blocks;
} ms_lamb;

/// One of the tensors whose squares are added up.
typedef struct {
  const float *x;
  long long count;
  /// The block that has its first elements.
  long long first_tile;
} ms_squares_part;

/// sum = the squares of all elements of all parts; `partial` has one element a tile.
typedef struct {
  const ms_squares_part *parts;
  double *partial, *sum;
  int part_count, tiles;
} ms_sum_of_squares;

/// average = decay · average + (1 − decay) · x.
typedef struct {
  const float *x;
  float *average;
  long long count;
  /// One number.
  const float *decay;
} ms_moving_average;

#endif
