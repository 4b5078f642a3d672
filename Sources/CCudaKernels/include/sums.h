#ifndef MS_SUMS_H
#define MS_SUMS_H

/// How blocks share a matrix. Threads lie side by side, each with the columns of one vector, as many as the lanes of a
/// tile, and above each other with other rows. Blocks in x: columns, in y: parts of `part_rows` rows.
typedef struct {
  long long rows, part_rows;
  int columns;
  /// The columns of the last row: dense rows may be read as fewer, longer ones, of which the last is not full.
  int last_columns;
  /// A tile has 2^lane_bits lanes, at most 32.
  int lane_bits;
} ms_tiling;

/// sums[part, columns] = beta · sums + Σ over a part's rows.
typedef struct {
  ms_tiling tiling;
  const void *x;
  long long stride;
  float *sums;
  float beta;
} ms_column_sum;

/// dpre = dy · activation'(saved), all dense and of one type; dpre may be dy's memory. And its sums, or NULL.
typedef struct {
  ms_tiling tiling;
  int activation;
  const void *saved, *dy;
  void *dpre;
  float *sums;
  float beta;
} ms_activation_backward;

/// sum[s] = beta[s] · sum[s] + Σ over parts of partial[part, s, columns]. Blocks in x: columns, in y: sums.
typedef struct {
  const float *partial;
  int parts, columns;
  /// From one part to the next.
  long long stride;
  /// Threads side by side, each with a column, at most 32 and `columns`.
  int lanes;
  /// NULL: not wanted.
  float *sum[3];
  float beta[3];
} ms_combine_sums;
#endif
