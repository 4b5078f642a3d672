#ifndef MS_ATTENTION_H
#define MS_ATTENTION_H

/// Rows of heads · width elements, `stride` elements apart.
typedef struct {
  void *elements;
  long long stride;
} ms_attention_matrix;

/// Attention over ragged rows: `AttentionCall`, what it makes, and the gradients of that.
typedef struct {
  int type;               // of all matrices: MS_F32 or MS_BF16
  int is_vector;          // whether four neighbours of every row lie aligned and width is a multiple of four
  int heads, width;       // width: of one head
  int sequences;
  int longest_query, longest_key;
  long long query_rows;   // of all sequences
  const int *query_offsets, *key_offsets;  // [sequences + 1]
  ms_attention_matrix q, k, v;
  float scale;
  int causal;                      // query i sees keys up to i + (keys − queries) of its sequence
  const unsigned char *key_mask;   // [key rows], NULL: 0 hides a key
  const float *bias;               // [heads, longest_query, longest_key], NULL
  unsigned dropout_threshold;      // 0: no dropout; a probability is kept where its random bits reach it,
  float dropout_factor;            // and multiplied by this
  const unsigned long long *dropout_key;
  long long first_row;             // of the batch whose part these rows are
  const int *places;               // [rows of the sequences], NULL: which row of the matrices each is, −1 for none
  const unsigned char *regions;    // [rows of the sequences], NULL: pairs of unlike regions have −100 added
  const float *outside;            // [3, heads · width], NULL (zeros): query (not read), key, value of a row that is none
  ms_attention_matrix out;
  float *log_sum;                  // [query_rows, heads]: log Σ e^score, minus infinity for one that sees no key

  // The backward pass
  ms_attention_matrix dout, dq, dk, dv;
  float *delta;                    // [query_rows, heads]: dout · out
  int groups;                      // the runs of sequences whose dq a block makes one after the other
  float *dbias_parts;              // [groups, heads, longest_query, longest_key], NULL
  float *doutside_parts;           // [sequences · tiles of keys, 2, heads · width], NULL: of key and value
} ms_attention;

/// y[c] += Σ_p x[p, c], parts in a fixed order.
typedef struct {
  int parts;
  long long columns;
  const float *x;
  float *y;
} ms_attention_sums;

#endif
