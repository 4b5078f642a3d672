#ifndef MS_ATTENTION_TILES_H
#define MS_ATTENTION_TILES_H

/// Dropout of probabilities: kept where the bits at a position reach the threshold (0: no dropout). Positions count
/// rows of queries from `first_row` on, heads, and keys up to the longest.
typedef struct {
  /// Where the key lies; NULL without dropout.
  const unsigned long long *key;
  long long first_row;
  unsigned threshold;
  /// Of what is kept; 1 without dropout.
  float scale;
} ms_attention_dropout;

/// out = softmax(scale · q·kᵀ + bias)·v by heads, over sequences of rows: those from offsets[b] to offsets[b + 1]. Rows
/// of q, k and v begin `stride` elements apart, those of out heads · width. bf16, every row aligned to 16 bytes.
typedef struct {
  const void *q, *k, *v;
  long long q_stride, k_stride, v_stride;
  /// [sequences + 1].
  const int *q_offsets, *k_offsets;
  int sequences, heads;
  /// The longest sequences of the batch: what the bias has places for, and dropout's positions count.
  int longest_query, longest_key;
  /// How many parts of queries a head of a sequence is cut into, one a block.
  int query_parts;
  float scale;
  /// Query i sees keys up to i + keys − queries.
  int causal;
  /// u8 [key rows], 0 hides a key; or NULL.
  const unsigned char *key_mask;
  ms_attention_dropout dropout;
  /// f32 [heads, longest_query, longest_key], added to the scaled scores; or NULL.
  const float *bias;
  /// i32 [rows of the sequences]: which row of the matrices each of them is, −1 for none; NULL: they are in order. With
  /// it, queries and keys are the same sequences.
  const int *places;
  /// u8 [rows of the sequences]: pairs of unlike regions have −100 added; or NULL.
  const unsigned char *regions;
  /// f32 [3, heads · width]: query (not read), key and value of a row that is none; NULL: zeros.
  const float *outside;
  /// bf16 [query rows, heads · width].
  void *out;
  /// f32 [query rows, heads]: −∞ for a row that sees no key.
  float *log_sum_exp;
} ms_attention_tiles;

/// The gradients of q, k and v, overwritten. What the forward pass wrote is read.
typedef struct {
  ms_attention_tiles forward;
  /// bf16 [query rows, heads · width].
  const void *dout;
  void *dq, *dk, *dv;
  long long dq_stride, dk_stride, dv_stride;
  /// f32 [query rows, heads · width] for sums where a sequence has more keys than a block holds; else NULL.
  float *dq_sums;
  /// f32 [query rows, heads]: rowsum(dout ⊙ out), for the bias' gradient; or NULL.
  float *delta;
  /// f32 [sequences, 2, heads · width]: the sums of dk and dv over rows that are none; or NULL.
  float *outside_parts;
  /// The bias' gradient is summed over `groups` runs of sequences, f32 [groups, heads, longest_query, longest_key].
  int groups;
  float *bias_parts;
} ms_attention_tiles_backward;

/// What one warp makes of whole numbers, by ways that `probeFragments` names in order. x, y: bf16 [16, 16]; output:
/// f32 [8, 16, 16].
typedef struct {
  const void *x, *y;
  float *output;
} ms_fragment_probe;

#endif
