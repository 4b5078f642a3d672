// CPU kernels of MaskSub. Row-major f32 unless a parameter says otherwise; `ld…` is a row stride in elements.
//
// A `type` (sk_type) is that of activations and their gradients, of saved tensors and of what products read. Whatever it
// is, kernels compute and accumulate in f32, and weights of norms, biases, statistics and sums are f32.
//
// Threads: one pool, libgomp's, which oneDNN shares. Work is divided statically and partial sums are added in thread
// order, so the same inputs and the same thread count give the same bits. Every kernel may be called with zero rows.
#ifndef SUB_KERNELS_H
#define SUB_KERNELS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SK_NULLABLE _Nullable
#if !defined(__clang__)
#define _Nullable
#endif
#if defined(__clang__)
#pragma clang assume_nonnull begin
#endif

enum sk_type { SK_F32 = 0, SK_BF16 = 1 };

// ---- memory.c: recycled buffers -------------------------------------------------------------------------------------
/// At least `bytes` bytes, 64-byte aligned, contents undefined; from the pool where a block of that size class is free.
/// Large blocks ask for huge pages. NULL where the system has no memory.
void *SK_NULLABLE sk_allocate(size_t bytes);
/// Gives a block back to the pool. NULL is fine.
void sk_free(void *SK_NULLABLE block);
/// Bytes now handed out, bytes held by the pool in all, how often the system was asked, and how many blocks were handed
/// out so far.
void sk_memory_usage(size_t *in_use, size_t *held, size_t *system_calls, size_t *allocations);
/// Gives every free block back to the system.
void sk_memory_trim(void);
/// Whether the calling thread is about to ask the system for memory in a way that gives back what is held where there is
/// none: for a program that ends where an allocation fails.
bool sk_memory_is_trying(void);
/// From now on requests of this thread are written down, or no longer.
void sk_memory_record(bool on);
/// What was written down since recording began: a request of so many bytes, or, below 0, -(1 + r) where the block of
/// request number r came back. Valid until recording begins again.
const int64_t *SK_NULLABLE sk_memory_events(int64_t *count);
/// What a fresh pool would come to hold, and how much of that would be touched, if these events happened `rounds` times one
/// after the other. What an event never gives back is asked for in the first round alone. False where there is no memory
/// to find out.
bool sk_memory_replay(int64_t count, const int64_t *events, int rounds, size_t *held, size_t *touched);

/// Ends the process with one line and exit code 1: `bytes` could not be had, or 0 where nobody says how many.
_Noreturn void sk_end_without_memory(size_t bytes);

/// A counter of this thread's own: the multiplications and additions of products, which their callers count.
void sk_count_operations(int64_t more);
int64_t sk_operations(void);

// ---- threads.c ------------------------------------------------------------------------------------------------------
/// Threads of every kernel and of oneDNN; 0: as many as the process may use.
void sk_set_threads(int count);
int sk_threads(void);
/// Cores that the process may use, by its affinity and the quota of its control group.
int sk_usable_cores(void);
/// Cores that all processes of this machine, or of its control group, have together.
int sk_machine_cores(void);
/// From now on 0 threads are at most so many; what was chosen before is forgotten.
void sk_limit_default_threads(int most);
/// "avx512", "avx2", "baseline" or "neon": what run-time dispatch chose.
const char *sk_cpu_features(void);
/// The major version of oneDNN whose headers the kernels were compiled with.
int sk_onednn_major(void);

// ---- gemm.c (oneDNN) ------------------------------------------------------------------------------------------------
/// C[m,n] = alpha · op(A) · op(B) + beta · C, op = transpose where the flag is set. beta == 0 never reads C.
void sk_gemm(bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k, float alpha, const float *a,
             int64_t lda, const float *b, int64_t ldb, float beta, float *c, int64_t ldc);
/// `count` products of dense matrices: item i reads a from a_starts[i] on and b from b_starts[i] on (elements), and
/// writes c[i], [m,n] each.
void sk_gemm_batch(int64_t count, bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k, const float *a,
                   const int64_t *a_starts, const float *b, const int64_t *b_starts, float *c);

// ---- gemm_bf16.c (oneDNN) -------------------------------------------------------------------------------------------
/// C[m,n] (+)= op(A) · op(B) of bf16 matrices, accumulated in f32, into f32 or bf16.
void sk_gemm_bf16(bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k, const void *a, int64_t lda,
                  const void *b, int64_t ldb, bool add, int c_type, void *c, int64_t ldc);
/// Whether this processor has instructions that multiply bf16. Without them operands are widened and multiplied in f32.
bool sk_has_bf16_units(void);
/// For tests: false does without them in calls of this thread.
void sk_use_bf16_units(bool use);

enum sk_activation { SK_IDENTITY = 0, SK_GELU = 1, SK_GELU_TANH = 2, SK_QUICK_GELU = 3, SK_TANH = 4, SK_RELU = 5,
                     SK_SIGMOID = 6 };

/// y[m,n] = act(x[m,k] · w[n,k]ᵀ + bias[n]); bias may be NULL. With `preact` not NULL the value before the activation is
/// written there too (same stride as y; what the backward pass needs). Bias and activation run over row panels that are
/// still in cache.
void sk_linear_forward(int64_t m, int64_t n, int64_t k, const float *x, int64_t ldx, const float *w,
                       const float *SK_NULLABLE bias, int activation, float *SK_NULLABLE preact, float *y, int64_t ldy);
/// The same of bf16 x and w; `preact` is of y's type, and the activation is of the rounded value.
void sk_linear_forward_bf16(int64_t m, int64_t n, int64_t k, const void *x, int64_t ldx, const void *w,
                            const float *SK_NULLABLE bias, int activation, void *SK_NULLABLE preact, int y_type, void *y,
                            int64_t ldy);
/// dpre = dy · act'(preact) elementwise [m,n] (dense; dpre may be dy itself). GELU: the exact erf derivative;
/// SK_TANH, SK_RELU and SK_SIGMOID take the activation's OUTPUT as `preact`. With dbias not NULL: dbias[n] = beta·dbias + Σ_rows dpre.
void sk_activation_backward(int64_t m, int64_t n, int activation, int type, const void *preact, const void *dy,
                            void *dpre, float beta, float *SK_NULLABLE dbias);
/// out[n] = beta·out + Σ_rows x[m,n].
void sk_column_sum(int64_t m, int64_t n, int type, const void *x, int64_t ldx, float beta, float *out);

// ---- attention.c ----------------------------------------------------------------------------------------------------
/// Multi-head attention over ragged rows: sequence b has queries rows q_offsets[b] ..< q_offsets[b+1] and keys rows
/// k_offsets[b] ..< k_offsets[b+1]; head h uses columns h·head_dim ….
/// scores = scale·q·kᵀ + bias; softmax over the keys; P dropped out (inverted, from `key`); out = P·v.
/// No [H,T,T] tensor is kept: lse[row·heads + h], the log-sum-exp of the scores, is all that the backward pass reads.
typedef struct {
  int type;                              // of q, k, v, the result, and their gradients
  int64_t sequences, heads, head_dim;
  const int32_t *q_offsets, *k_offsets;  // [sequences + 1] each
  int64_t max_q, max_k;                  // longest of each
  const void *q, *k, *v;
  int64_t ldq, ldk, ldv;
  float scale;
  bool causal;                           // query i of a sequence sees keys j <= i + (tk - tq)
  const uint8_t *SK_NULLABLE key_mask;   // [key rows] 0: the key is not seen. A query that sees no key outputs 0.
  const float *SK_NULLABLE bias;         // [heads, max_q, max_k], added to the scaled scores
  float dropout;                         // 0: none. Element (query row r, head h, key j): position
  uint64_t key;                          //   (((first_row + r)·heads + h)·max_k + j) of the stream `key`; kept where
  int64_t first_row;                     //   bits >= p·2^32
  // Windows of a grid, self-attention alone (one set of offsets for queries and keys): row r of the sequences is row
  // rows[r] of every operand and result, or, where that is -1, lies outside: its key and value are those below, its
  // query is zero and it has no result.
  const int32_t *SK_NULLABLE rows;
  const uint8_t *SK_NULLABLE regions;    // [rows] pairs of rows of unlike regions have -100 added to their score
  const float *SK_NULLABLE outside_k, *SK_NULLABLE outside_v;  // [heads·head_dim] each; NULL: zeros
} sk_attention;
void sk_attention_forward(const sk_attention *a, void *out, int64_t ldout, float *lse);
/// Writes (does not add) dq, dk, dv for exactly the rows above; dbias[heads,max_q,max_k] += unless NULL.
/// `out` is the forward's output. Where rows lie outside, doutside_k and doutside_v [heads·head_dim] += unless NULL.
void sk_attention_backward(const sk_attention *a, const void *out, int64_t ldout, const float *lse, const void *dout,
                           int64_t lddout, void *dq, int64_t lddq, void *dk, int64_t lddk, void *dv, int64_t lddv,
                           float *SK_NULLABLE dbias, float *SK_NULLABLE doutside_k, float *SK_NULLABLE doutside_v);

// ---- norm.c ---------------------------------------------------------------------------------------------------------
/// One pass over a residual joint and the LayerNorm behind it, every part optional:
///   z = x + row_scale[r] · gamma ⊙ dropout(h)        (h == NULL: z is x and is not written)
///   y = LN(z) · weight + bias                         (y == NULL: no norm)
/// mean[r], rstd[r] are written with y. Biased variance, two-pass. Dropout position:
/// (first_row + r)·d + column.
/// row_scale is stochastic depth: sample s holds rows row_offsets[s] ..< row_offsets[s+1] and is kept where
/// uniform(path_key, first_sample + s) >= path_drop, then scaled by 1/(1-path_drop). row_offsets == NULL: path_drop ignored.
typedef struct {
  int64_t rows, d;
  int h_type, y_type;              // of h and dh, and of y and dy
  const float *x;
  const void *SK_NULLABLE h;
  const float *SK_NULLABLE gamma;  // [d]
  float dropout;
  uint64_t key;
  float path_drop;
  uint64_t path_key;
  int64_t samples;
  const int32_t *SK_NULLABLE row_offsets;  // [samples + 1]
  const float *SK_NULLABLE weight;         // [d]
  const float *SK_NULLABLE bias;           // [d]
  float epsilon;
  int64_t first_row, first_sample;         // where this part of a larger batch begins
} sk_residual_norm;
void sk_residual_norm_forward(const sk_residual_norm *p, float *SK_NULLABLE z, void *SK_NULLABLE y,
                              float *SK_NULLABLE mean, float *SK_NULLABLE rstd);
/// Given dz_in (gradient that reached z from elsewhere; NULL: none) and dy (gradient of y; NULL: no norm):
///   dz = dz_in + LN'(dy);  dx = dz;  dh = row_scale · gamma ⊙ dropout'(dz)
/// z is the forward's z (x itself where h was NULL). dh may be NULL (no h). dx may be dz_in.
/// dgamma, dweight, dbias: each = beta_…·itself + its gradient; NULL: not wanted.
void sk_residual_norm_backward(const sk_residual_norm *p, const float *z, const float *SK_NULLABLE mean,
                               const float *SK_NULLABLE rstd, const float *SK_NULLABLE dz_in,
                               const void *SK_NULLABLE dy, float *dx, void *SK_NULLABLE dh, float beta_gamma,
                               float *SK_NULLABLE dgamma, float beta_weight, float *SK_NULLABLE dweight,
                               float beta_bias, float *SK_NULLABLE dbias);

// ---- convolution.c (oneDNN) -----------------------------------------------------------------------------------------
/// A convolution of square kernels over grids of pixels: x[n, h, w, c] (the channels of a pixel side by side), weight
/// [o, c, kernel, kernel], y[n, h', w', o] with h' = (h + 2·padding - kernel)/stride + 1. Accumulates in f32.
typedef struct {
  int64_t n, h, w, c, o, kernel, stride, padding, type;  // type: of x, y, their gradients, and the weight read
} sk_convolution;
/// y = x * weight + bias[o].
void sk_convolution_forward(const sk_convolution *s, const void *x, const void *weight,
                            const float *SK_NULLABLE bias, void *y);
void sk_convolution_backward_data(const sk_convolution *s, const void *dy, const void *weight, void *dx);
/// dweight = beta·dweight + its gradient.
void sk_convolution_backward_weights(const sk_convolution *s, const void *x, const void *dy, float beta,
                                     float *dweight);

// ---- batch_norm.c ----------------------------------------------------------------------------------------------------
/// Mean and biased variance of every column of x[rows, d]: blocks in f32 about their own mean, joined in double.
void sk_batch_moments(int64_t rows, int64_t d, int type, const void *x, float *mean, float *variance);
/// z = path · ((x - mean) / sqrt(variance + epsilon) · weight + bias) (+ shortcut);  y = relu ? max(z, 0) : z.
/// `path` is stochastic depth as in sk_residual_norm.
typedef struct {
  int64_t rows, d;
  int type;                           // of x, shortcut, y and their gradients
  const void *x;
  const float *mean, *variance, *weight, *bias;
  float epsilon;
  bool relu;
  const void *SK_NULLABLE shortcut;   // [rows, d]
  float path_drop;
  uint64_t path_key;
  int64_t samples, first_sample;
  const int32_t *SK_NULLABLE row_offsets;  // [samples + 1]
} sk_batch_norm;
void sk_batch_norm_forward(const sk_batch_norm *p, void *y);
/// Given dy, and the forward's y where there was a ReLU behind a shortcut (else NULL):
///   dz = dy where z > 0 (all of dy without a ReLU), written where `dz` is not NULL (it must be with such a y);
///   dx = the norm's derivative of path · dz, with (`of_batch`) or without mean and variance depending on x.
/// dz may be dy, and where dz is NULL dx may be. dweight, dbias: each = beta_…·itself + its gradient; NULL: not wanted.
/// dx NULL: only the sums.
void sk_batch_norm_backward(const sk_batch_norm *p, bool of_batch, const void *SK_NULLABLE y, const void *dy,
                            void *SK_NULLABLE dz, void *SK_NULLABLE dx, float beta_weight,
                            float *SK_NULLABLE dweight, float beta_bias, float *SK_NULLABLE dbias);

// ---- grids.c: pixels of [n, h, w, c] ---------------------------------------------------------------------------------
/// y[n, h', w', c] = the greatest of every window, and which of its pixels (row·kernel + column) it was: the first of
/// equals, as in PyTorch. Windows do not see beyond the border. h' as for a convolution.
void sk_max_pool(int64_t n, int64_t h, int64_t w, int64_t c, int64_t kernel, int64_t stride, int64_t padding,
                 int type, const void *x, void *y, uint8_t *which);
void sk_max_pool_backward(int64_t n, int64_t h, int64_t w, int64_t c, int64_t kernel, int64_t stride, int64_t padding,
                          int type, const void *dy, const uint8_t *which, void *dx);
/// Of every cell of stride·stride pixels the first side·side side by side, down before across (0,0) (1,0) (0,1) (1,1):
/// y[n, ⌈h/stride⌉, ⌈w/stride⌉, side²·c], zero beyond the border. Its transpose writes every pixel: zero where none took it.
void sk_merge_pixels(int64_t n, int64_t h, int64_t w, int64_t c, int64_t side, int64_t stride, int type, const void *x,
                     void *y);
void sk_merge_pixels_backward(int64_t n, int64_t h, int64_t w, int64_t c, int64_t side, int64_t stride, int type,
                              const void *dy, void *dx);
/// y[n, pixels, c] = x[n, c, pixels].
void sk_channels_last(int64_t n, int64_t c, int64_t pixels, const float *x, int type, void *y);
/// Zero in the cells of size·size pixels of images[n, c, h, w] that are listed, image · grid + raster index.
void sk_clear_cells(int64_t c, int64_t h, int64_t w, int64_t size, int64_t count, const int32_t *cells, float *images);

// ---- pixels.c --------------------------------------------------------------------------------------------------------
enum sk_mixing { SK_UNMIXED = 0, SK_BLENDED = 1, SK_CUT = 2 };
/// y[n, 3, h, w] of bytes[n, h, w, 3]: every byte's entry in its channel's 256 of the table; in the rectangle that is erased
/// the noise; then, with picture n - 1 - i, own·x + other·x' without a fused product, or x' in a rectangle.
typedef struct {
  int64_t n, h, w;
  const uint8_t *bytes;
  const float *table;                  // [3, 256]
  const int32_t *SK_NULLABLE erased;   // [n, 5]: top, left, height (0: nothing is erased), width, where its noise begins
  const float *SK_NULLABLE noise;      // one rectangle [3, height, width] behind the other
  enum sk_mixing mixing;
  float own, other;
  int64_t top, left, height, width;    // of what is cut
} sk_pixels;
void sk_normalize_pixels(const sk_pixels *p, float *y);

// ---- rows.c: gathers and tokens --------------------------------------------------------------------------------------
/// out[r] = table[indices[r]], rows of d.
void sk_gather_rows(int64_t rows, int64_t d, int type, const void *table, const int32_t *indices, void *out);
/// out[r] += table[indices[r]].
void sk_add_gathered_rows(int64_t rows, int64_t d, const float *table, const int32_t *indices, float *out);
/// table[indices[r]] += rows[r]; rows of one index are added in order of r. touched[index] = 1 unless NULL.
void sk_scatter_add_rows(int64_t rows, int64_t d, int type, const void *values, const int32_t *indices, int table_type,
                         void *table, uint8_t *SK_NULLABLE touched);
/// As scatter, but indices are distinct or -1 (skipped) and rows are written, not added.
void sk_scatter_rows(int64_t rows, int64_t d, int type, const void *values, const int32_t *indices, void *table);
/// out[s] = mean of rows offsets[s] ..< offsets[s+1] of x; and its transpose.
void sk_segment_mean(int64_t segments, int64_t d, int type, const void *x, const int32_t *offsets, float *out);
void sk_segment_mean_backward(int64_t segments, int64_t d, const float *dout, const int32_t *offsets, int type,
                              void *dx);
/// Patches of images[n,c,h,w] as rows [c·p·p] in conv-weight order. Row r is patch patches[r] (raster order, n·grid + …)
/// of the (h/p)·(w/p) grid, patches == NULL: all of them in order.
void sk_patchify(int64_t n, int64_t c, int64_t h, int64_t w, int64_t p, int64_t rows,
                 const int32_t *SK_NULLABLE patches, const float *images, int type, void *out);
/// y = x / max(‖x‖₂, eps) by rows, norm[r] = ‖x‖₂; dx = its transpose applied to dy.
void sk_l2_normalize(int64_t rows, int64_t d, float epsilon, const float *x, float *y, float *norm);
void sk_l2_normalize_backward(int64_t rows, int64_t d, float epsilon, const float *y, const float *norm,
                              const float *dy, float *dx);

// ---- elementwise.c ---------------------------------------------------------------------------------------------------
void sk_fill(int64_t n, float value, float *y);
void sk_copy(int64_t n, const float *x, float *y);
void sk_scale(int64_t n, float alpha, const float *x, float *y);             // y = alpha·x
void sk_add(int64_t n, const float *a, const float *b, float *y);            // y = a + b
void sk_axpby(int64_t n, float alpha, const float *x, float beta, float *y); // y = alpha·x + beta·y
/// y = alpha·x + beta·y between types, rounded once; beta 0 never reads y.
void sk_blend(int64_t n, float alpha, int x_type, const void *x, float beta, int y_type, void *y);
/// y = act(x), standalone.
void sk_activation_forward(int64_t n, int activation, int type, const void *x, void *y);
/// y = dropout(x), inverted scaling; element i uses position first + i of `key`, kept where bits >= p·2^32. Its own
/// transpose.
void sk_dropout(int64_t n, float p, uint64_t key, int64_t first, int type, const void *x, void *y);
/// 32 random bits at `position` of stream `key`: the very function of RandomKey.bits32(at:).
uint32_t sk_random(uint64_t key, uint64_t position);
/// y[i] = uniform [0,1) (24 bits) at position i.
void sk_uniform(int64_t n, uint64_t key, float *y);
/// Σ x·x, in double, pairwise by fixed blocks: the same for every thread count.
double sk_sum_of_squares(int64_t n, const float *x);

// ---- strided.c -------------------------------------------------------------------------------------------------------
// Up to six axes; strides in elements, one for every axis and operand.
/// y = x, or y += x where add, element by element. Without add any type of four bytes.
void sk_copy_strided(int rank, const int64_t *shape, const float *x, const int64_t *x_strides, bool add, float *y,
                     const int64_t *y_strides);
enum sk_function { SK_ADD = 0, SK_SUBTRACT = 1, SK_MULTIPLY = 2, SK_DIVIDE = 3, SK_LARGER = 4, SK_SMALLER = 5 };
/// y = f(a, b), y dense. An operand is dense along an axis or repeats (stride 0). A NaN is the larger and the smaller.
void sk_zip(int function, int rank, const int64_t *shape, const float *a, const int64_t *a_strides, const float *b,
            const int64_t *b_strides, float *y);
enum sk_comparison { SK_LESS = 0, SK_LESS_OR_EQUAL = 1, SK_EQUAL = 2 };
/// y = 1 where a < b (a <= b, a == b), else 0.
void sk_compare(int comparison, int rank, const int64_t *shape, const float *a, const int64_t *a_strides,
                const float *b, const int64_t *b_strides, uint8_t *y);

// ---- map.c -----------------------------------------------------------------------------------------------------------
enum sk_map { SK_EXP = 0, SK_LOG = 1, SK_SQRT = 2, SK_ABS = 3, SK_SIGN = 4, SK_POWER = 5 };
/// y = f(x); SK_POWER: x^parameter, NaN for negative x unless the exponent is a whole number.
void sk_map(int function, int64_t n, double parameter, const float *x, float *y);
/// y = mask ? a : b; a and b are of n elements, or of one that repeats.
void sk_select(int64_t n, const uint8_t *mask, const float *a, bool repeats_a, const float *b, bool repeats_b,
               float *y);

// ---- reduce.c --------------------------------------------------------------------------------------------------------
enum sk_reduction { SK_SUM = 0, SK_LARGEST = 1, SK_SMALLEST = 2 };
/// y[outer,inner] = f over the middle axis of x[outer,length,inner]; a sum is added to beta·y. Extrema: length > 0,
/// beta 0; NaN where there is one.
void sk_reduce(int reduction, int64_t outer, int64_t length, int64_t inner, const float *x, float beta, float *y);

// ---- losses.c --------------------------------------------------------------------------------------------------------
/// probabilities = softmax(logits) by rows.
void sk_softmax(int64_t rows, int64_t classes, const float *logits, float *out);
/// losses[r] = -Σ_c t_c · log softmax(logits_r)_c with t = soft target row (target), or, where target is NULL,
/// (1-smoothing)·onehot(labels[r]) + smoothing/classes.
void sk_cross_entropy(int64_t rows, int64_t classes, const float *logits, const float *SK_NULLABLE target,
                      const int32_t *SK_NULLABLE labels, float smoothing, float *losses);
/// dlogits = scale · (softmax(logits)·Σt - t).
void sk_cross_entropy_backward(int64_t rows, int64_t classes, const float *logits, const float *SK_NULLABLE target,
                               const int32_t *SK_NULLABLE labels, float smoothing, float scale, float *dlogits);
/// BCE with logits: losses[r] = mean_c [max(z,0) - z·t + log(1+exp(-|z|))]; targets as rows, or onehot labels.
void sk_binary_cross_entropy(int64_t rows, int64_t classes, const float *logits, const float *SK_NULLABLE target,
                             const int32_t *SK_NULLABLE labels, float *losses);
/// dlogits = scale/classes · (sigmoid(z) - t).
void sk_binary_cross_entropy_backward(int64_t rows, int64_t classes, const float *logits,
                                      const float *SK_NULLABLE target, const int32_t *SK_NULLABLE labels, float scale,
                                      float *dlogits);

// ---- optimizer.c -----------------------------------------------------------------------------------------------------
/// torch's AdamW on one flat range, one pass: g' = gradient_scale·g; p *= 1 - lr·wd; m = b1·m + (1-b1)·g';
/// v = b2·v + (1-b2)·g'²; p -= lr/bc1 · m / (sqrt(v)/sqrt(bc2) + eps).   bc1 = 1 - b1^t, bc2 = 1 - b2^t.
typedef struct {
  double lr, beta1, beta2, epsilon, weight_decay, bias_correction1, bias_correction2, gradient_scale;
} sk_adamw_rates;
/// A run of parameters with rates of their own. Where `touched` is not NULL the run is a table of rows of `row` elements:
/// rows with touched[i] == 0 have a zero gradient (their memory in g is not read), and rows with ever[i] == 0 also have
/// m = v = 0, so that only the decay is left to do. ever[i] |= touched[i].
typedef struct {
  int64_t offset, count, row;
  double lr_scale, weight_decay;
  const uint8_t *SK_NULLABLE touched;
  uint8_t *SK_NULLABLE ever;
} sk_segment;
/// AdamW over all segments in one parallel pass; each segment's lr is rates.lr·lr_scale, its decay its own. `shadow`, here
/// and below: the same elements in bf16, written with p.
void sk_adamw(const sk_adamw_rates *rates, int64_t segments, const sk_segment *segment, float *p, const float *g,
              float *m, float *v, uint16_t *SK_NULLABLE shadow);
/// torch's SGD over all segments in one pass: g' = gradient_scale·g + wd·p; m = momentum·m + g';
/// p -= lr·(nesterov ? g' + momentum·m : m). Tables are updated whole: g holds zeros where nothing was touched.
/// m NULL: no momentum.
typedef struct {
  double lr, momentum, gradient_scale;
  bool nesterov;
} sk_sgd_rates;
void sk_sgd(const sk_sgd_rates *rates, int64_t segments, const sk_segment *segment, float *p, const float *g,
            float *SK_NULLABLE m, uint16_t *SK_NULLABLE shadow);
/// LAMB's first half: u = m̂/(sqrt(v̂)+eps) + wd·p into u, and the sums of squares of p and u.
void sk_lamb_update(int64_t n, const sk_adamw_rates *rates, const float *p, const float *g, float *m, float *v,
                    float *u, double *p_squares, double *u_squares);
/// e = decay·e + (1-decay)·w.
void sk_ema(int64_t n, float decay, const float *w, float *e);
#if defined(__clang__)
#pragma clang assume_nonnull end
#endif
#endif
