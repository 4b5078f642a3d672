// Whole rows: gathers, scatters, segments, patches, unit length.
#ifndef MASKSUB_CUDA_ROWS_H
#define MASKSUB_CUDA_ROWS_H

enum {
  /// Entries of an index list that one block sorts.
  MS_SORT_TILE = 2048,
  /// Values of the digit that one pass sorts by: one a thread.
  MS_SORT_DIGITS = 256,
  /// Units of a patch that one block moves.
  MS_PATCH_UNITS = 1024
};

/// to[r] = from[indices[r]], or to[indices[r]] = from[r] where scattering; negative indices are left out.
typedef struct {
  const void *from;
  void *to;
  const int *indices;
  long long rows;
  /// A row is `units` pieces of `unit` bytes (16, 4 or 2), and `lanes` threads (a power of two) share it.
  int units, unit, lanes, scattering;
} ms_copy_rows;

/// y [rows, width] = table[indices[r]], or added to y; either of f32 or bf16.
typedef struct {
  const void *table;
  void *y;
  const int *indices;
  long long rows;
  int width, table_type, y_type, adding;
  /// Columns a thread moves at once (4 or 1), and threads that share a row.
  int columns, lanes;
} ms_gather_rows;

/// One pass of a stable sort of an index list by the digit at `shift`.
typedef struct {
  const int *keys;
  /// Where an entry came from; NULL: the list is as it was given.
  const int *order;
  /// [blocks, MS_SORT_DIGITS]: how many entries of a block have a digit; NULL for one block.
  int *counts;
  int *sorted_keys, *sorted_order;
  int entries, shift, blocks;
} ms_sort_pass;

/// table[keys[i]] += values[order[i]], of sorted keys.
typedef struct {
  const void *values;
  void *table;
  unsigned char *touched;
  /// [entries] each; order NULL: entry i is row i.
  const int *keys, *order;
  /// [chunks, 2, width]: the sums of runs of one key that a chunk shares with the chunk before it, and behind it.
  float *partial;
  int entries, width, table_type;
  /// Columns a lane adds up (4 or 1), warps beside each other that a row takes, entries of a chunk and their number.
  int columns, tiles, chunk, chunks;
} ms_scatter_add;

/// Rows of table [rows, width] with touched ≠ 0 become zero, and the flags too.
typedef struct {
  float *table;
  unsigned char *touched;
  long long rows;
  int width, columns;
} ms_clear_rows;

/// y [segments, width] = the mean of rows offsets[s] ..< offsets[s + 1] of x.
typedef struct {
  const void *x;
  const int *offsets;
  float *y;
  /// [parts, segments, width] where segments are cut into several parts.
  float *partial;
  int segments, width, parts, columns, lanes;
} ms_segment_mean;

/// dx[r] = dy[s] / length of s, for the rows of every segment.
typedef struct {
  const float *dy;
  const int *offsets;
  void *dx;
  /// Rows of a segment that one block writes.
  int rows;
  int width, columns, lanes;
} ms_segment_mean_backward;

/// y [rows, C·p·p]: cells of p × p pixels of images [N, C, H, W].
typedef struct {
  const float *images;
  /// image · cells + cell of every row; NULL: all in order.
  const int *patches;
  void *y;
  long long rows;
  int channels, height, width, patch;
  /// Columns a thread moves at once, threads that share a row, rows of a block.
  int columns, lanes, rows_a_block;
} ms_patchify;

/// Forward: y = x / max(‖x‖, epsilon) and the norms [rows]. Backward: x holds y; dx is written to y.
typedef struct {
  const float *x, *dy;
  float *y, *norms;
  long long rows;
  int width, columns;
  float epsilon;
} ms_normalize_rows;

#endif
