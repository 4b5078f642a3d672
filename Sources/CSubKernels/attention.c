// Multi-head attention over ragged rows. A thread takes whole heads of whole sequences; the scores of a few dozen
// queries at a time live in its scratch and nowhere else, and the backward pass computes them again.
#include <math.h>
#include "kernel.h"

/// Whether a head's rows are brought together in f32 first: those of windows lie apart, others are of another type.
SK_INLINE bool gathers(const sk_attention *a) { return a->rows || a->type != SK_F32; }

/// One head of one sequence: its first rows, lengths, and the operands at its first row and column, or gathered.
typedef struct {
  int64_t h, q0, k0, tq, tk;
  const float *q, *k, *v;
  int64_t ldq, ldk, ldv;
  const int32_t *rows;   // [tq] of a window: the row of the operands that each of its rows is, or -1
  const float *mask;     // [tk, and zeros to a multiple of 16] 0 or -inf, where the call has a key mask
  const float *regions;  // [tk] of a window whose rows are of more than one region
  const int32_t *next_rows;  // the rows and the number of the head that the thread takes next; NULL: none
  int64_t next_h;
} head;

/// A call: the forward pass writes out and lse, the backward pass reads them and writes the rest.
typedef struct {
  const sk_attention *a;
  void *out;
  float *lse;
  const void *forward_out, *dout;
  const float *forward_lse;
  int64_t ldout, lddout, lddq, lddk, lddv;
  void *dq, *dk, *dv;
  float *dbias;
  float *partial_dbias;          // of threads 1, 2, …
  float *partial_outside;        // of every thread: the gradients of outside_k and outside_v
  bool pairs;                    // whether products read pairs of bf16
  float *scratch;
  int64_t scratch_stride;        // floats per thread
  int64_t *starts;               // [threads + 1] first item (sequence · heads + head) of each thread
} attention_pass;

// Queries whose scores are held at once. Forward: they stay in the first-level cache between the two products.
// Backward: more, for the sums over queries are kept in memory between tiles.
enum { forward_rows = 36, backward_rows = 60 };

/// Floats between rows of scores: a multiple of 16, and never of 256, so that a tile's rows do not share a cache set.
SK_INLINE int64_t score_stride(int64_t tk) {
  int64_t columns = sk_round_up(tk, 16);
  return columns % 256 == 0 ? columns + 16 : columns;
}

/// e^x for x <= 0 (a little above is fine): sk_exp without the upper limit, in base 2.
SK_INLINE float sk_exp_down(float x) {
  float shifted = x * 1.44269502162933f + 12582912.0f;
  float t = x * 1.44269502162933f - (shifted - 12582912.0f);
  t = x * 1.92596299e-8f + t;
  float p = 1.327647167e-03f;
  p = p * t + 9.675541803e-03f;
  p = p * t + 5.550713279e-02f;
  p = p * t + 2.402211972e-01f;
  p = p * t + 6.931469671e-01f;
  p = p * t + 1.000000072e+00f;
  float y = sk_float_of(sk_bits_of(p) + (sk_bits_of(shifted) << 23));
  return x < -87.0f ? 0 : y;
}

#if defined(__x86_64__)
#define SK_ISA(name) name##_baseline
#define SK_TILE_ROWS 2
#define SK_TILE_LANES 1
#include "tiles.h"
#include "head_rows.h"
#include "heads.h"
#include "tiles_end.h"
#pragma clang attribute push(__attribute__((target("arch=x86-64-v3"))), apply_to = function)
#define SK_ISA(name) name##_v3
#define SK_TILE_ROWS 6
#define SK_TILE_LANES 1
#include "tiles.h"
#include "head_rows.h"
#include "heads.h"
#include "tiles_end.h"
#pragma clang attribute pop
// The level's own tuning would split 64-byte vectors in two.
#pragma clang attribute push(__attribute__((target("arch=x86-64-v4"))), apply_to = function)
#pragma clang attribute push(__attribute__((min_vector_width(512))), apply_to = function)
#define SK_ISA(name) name##_v4
#define SK_TILE_ROWS 12
#define SK_TILE_LANES 2
#include "tiles.h"
#include "head_rows.h"
#include "heads.h"
#include "tiles_end.h"
#pragma clang attribute pop
#pragma clang attribute pop
// The first level with bf16 units; nothing else of it is used.
#pragma clang attribute push(__attribute__((target("arch=cooperlake"))), apply_to = function)
#pragma clang attribute push(__attribute__((min_vector_width(512))), apply_to = function)
#define SK_ISA(name) name##_pairs
#define SK_TILE_ROWS 12
#define SK_TILE_LANES 2
#define SK_PAIRS 1
#include "tiles.h"
#include "head_rows.h"
#include "heads_bf16.h"
#include "tiles_end.h"
#pragma clang attribute pop
#pragma clang attribute pop
/// Whether the products read pairs of bf16: rows lie as whole words, and the processor multiplies them.
static bool multiplies_pairs(const sk_attention *a) {
  return a->type == SK_BF16 && (a->head_dim | a->ldq | a->ldk | a->ldv) % 2 == 0 && sk_has_bf16_units() &&
         __builtin_cpu_supports("avx512bf16");
}
#define SK_CHOOSE(pairs, name)                                       \
  ((pairs)                               ? name##_pairs              \
   : __builtin_cpu_supports("x86-64-v4") ? name##_v4                 \
   : __builtin_cpu_supports("x86-64-v3") ? name##_v3                 \
                                         : name##_baseline)
#else
#define SK_ISA(name) name##_lanes
#define SK_TILE_ROWS 6
#define SK_TILE_LANES 1
#include "tiles.h"
#include "head_rows.h"
#include "heads.h"
#include "tiles_end.h"
static bool multiplies_pairs(const sk_attention *a) { return false; }
#define SK_CHOOSE(pairs, name) name##_lanes
#endif

SK_INLINE head head_of(const sk_attention *a, int64_t sequence, int64_t h, const float *mask) {
  int64_t q0 = a->q_offsets[sequence], k0 = a->k_offsets[sequence], column = h * a->head_dim;
  head at = {h, q0, k0, a->q_offsets[sequence + 1] - q0, a->k_offsets[sequence + 1] - k0,
             .rows = a->rows ? a->rows + q0 : NULL, .mask = mask};
  if (gathers(a)) return at;
  at.q = (const float *)a->q + q0 * a->ldq + column;
  at.k = (const float *)a->k + k0 * a->ldk + column;
  at.v = (const float *)a->v + k0 * a->ldv + column;
  at.ldq = a->ldq;
  at.ldk = a->ldk;
  at.ldv = a->ldv;
  return at;
}

/// Tells a head of a window which one comes next. Its window is as long.
SK_INLINE void announce(const sk_attention *a, head *at, int64_t next_item) {
  const int64_t sequence = next_item / a->heads;
  if (!a->rows || sequence >= a->sequences) return;
  const int64_t first = a->q_offsets[sequence];
  if (a->q_offsets[sequence + 1] - first != at->tq) return;
  at->next_rows = a->rows + first;
  at->next_h = next_item % a->heads;
}

/// What one head of a sequence costs, in multiply-adds of the products (packing and exponentials included).
static double head_cost(const sk_attention *a, int64_t sequence) {
  double tq = a->q_offsets[sequence + 1] - a->q_offsets[sequence];
  double tk = a->k_offsets[sequence + 1] - a->k_offsets[sequence];
  double scores = tq * tk * (a->causal ? 0.6 : 1);
  return scores * (2 * (double)a->head_dim + 30) + (tq + tk) * (double)a->head_dim * 4 + 5000;
}

/// Contiguous items of equal cost for every thread. Returns the thread count and allocates starts.
static int divide(attention_pass *pass, double weight) {
  const sk_attention *a = pass->a;
  double total = 0;
  for (int64_t b = 0; b < a->sequences; b++) total += head_cost(a, b) * (double)a->heads;
  const int64_t items = a->sequences * a->heads;
  const int threads = sk_division(items, 1, items ? total * weight / 40 / (double)items : 0);
  pass->starts = sk_scratch((size_t)(threads + 1) * sizeof(int64_t));
  pass->starts[0] = 0;
  double before = 0;
  int next = 1;
  for (int64_t b = 0; b < a->sequences && next < threads; b++) {
    double cost = head_cost(a, b);
    for (int64_t h = 0; h < a->heads && next < threads; h++, before += cost) {
      if (before + cost / 2 >= total * next / threads) pass->starts[next++] = b * a->heads + h;
    }
  }
  while (next <= threads) pass->starts[next++] = items;
  return threads;
}

static int64_t longest(const int32_t *offsets, int64_t sequences) {
  int64_t most = 0;
  for (int64_t b = 0; b < sequences; b++) most = sk_max(most, offsets[b + 1] - offsets[b]);
  return most;
}

/// The key mask of a sequence as something to add.
static void fill_mask(const sk_attention *a, int64_t sequence, float *mask) {
  const int64_t first = a->k_offsets[sequence], last = a->k_offsets[sequence + 1];
  for (int64_t j = first; j < last; j++) mask[j - first] = a->key_mask[j] ? 0 : -INFINITY;
  for (int64_t j = last - first; j % 16; j++) mask[j] = 0;
}

/// The regions of a window's rows as numbers, or NULL where they are all one.
static const float *fill_regions(const sk_attention *a, int64_t sequence, float *regions) {
  const uint8_t *of = a->regions + a->k_offsets[sequence];
  const int64_t count = a->k_offsets[sequence + 1] - a->k_offsets[sequence];
  bool mixed = false;
  for (int64_t j = 0; j < count; j++) {
    regions[j] = of[j];
    mixed |= of[j] != of[0];
  }
  return mixed ? regions : NULL;
}

/// What the heads of a sequence share, in the first rows of a thread's scratch.
typedef struct {
  int64_t sequence;
  const float *regions;
} shared;

SK_INLINE void enter_sequence(const sk_attention *a, int64_t sequence, float *scratch, int64_t keys, shared *now) {
  if (now->sequence == sequence) return;
  now->sequence = sequence;
  if (a->key_mask) fill_mask(a, sequence, scratch);
  if (a->regions) now->regions = fill_regions(a, sequence, scratch + keys);
}

typedef void (*forward_function)(const attention_pass *, const head *, float *);
typedef void (*backward_function)(const attention_pass *, const head *, float *, float *, float *);

static void forward_share(void *context, int thread, int threads) {
  const attention_pass *pass = context;
  const sk_attention *a = pass->a;
  forward_function run = SK_CHOOSE(pass->pairs, forward_head);
  float *mask = pass->scratch + thread * pass->scratch_stride;
  const int64_t keys = sk_round_up(longest(a->k_offsets, a->sequences), 16);
  shared now = {-1, NULL};
  for (int64_t item = pass->starts[thread]; item < pass->starts[thread + 1]; item++) {
    const int64_t sequence = item / a->heads;
    enter_sequence(a, sequence, mask, keys, &now);
    head at = head_of(a, sequence, item % a->heads, mask);
    at.regions = now.regions;
    announce(a, &at, item + 1);
    run(pass, &at, mask + 2 * keys);
  }
}

/// The longest sequence of queries or keys, in rows.
static int64_t longest_rows(const sk_attention *a) {
  return sk_max(longest(a->q_offsets, a->sequences), longest(a->k_offsets, a->sequences));
}

void sk_attention_forward(const sk_attention *a, void *out, int64_t ldout, float *lse) {
  attention_pass pass = {.a = a, .out = out, .ldout = ldout, .lse = lse, .pairs = multiplies_pairs(a)};
  const int threads = divide(&pass, 1);
  const int64_t keys = sk_round_up(longest(a->k_offsets, a->sequences), 16), d = sk_round_up(a->head_dim, 16);
  // Of bf16 rows half of that is needed, and the rest is room for what is rounded.
  const int64_t gathered = gathers(a) ? 3 * sk_round_up(longest_rows(a), 16) * d + forward_rows * (keys + 16) : 0;
  pass.scratch_stride = sk_round_up(2 * keys * d + forward_rows * (keys + 16 + d) + 3 * keys + gathered, 16);
  pass.scratch = sk_scratch((size_t)(pass.scratch_stride * threads) * sizeof(float));
  sk_parallel_on(threads, forward_share, &pass);
  sk_free(pass.scratch);
  sk_free(pass.starts);
}

static void backward_share(void *context, int thread, int threads) {
  const attention_pass *pass = context;
  const sk_attention *a = pass->a;
  backward_function run = SK_CHOOSE(pass->pairs, backward_head);
  float *mask = pass->scratch + thread * pass->scratch_stride, *dbias = pass->dbias, *outside = NULL;
  const int64_t keys = sk_round_up(longest(a->k_offsets, a->sequences), 16), width = a->heads * a->head_dim;
  if (dbias && thread > 0) {
    const int64_t size = a->heads * a->max_q * a->max_k;
    dbias = pass->partial_dbias + (thread - 1) * size;
    memset(dbias, 0, (size_t)size * sizeof(float));
  }
  if (pass->partial_outside) {
    outside = pass->partial_outside + thread * 2 * width;
    memset(outside, 0, (size_t)(2 * width) * sizeof(float));
  }
  shared now = {-1, NULL};
  for (int64_t item = pass->starts[thread]; item < pass->starts[thread + 1]; item++) {
    const int64_t sequence = item / a->heads;
    enter_sequence(a, sequence, mask, keys, &now);
    head at = head_of(a, sequence, item % a->heads, mask);
    at.regions = now.regions;
    announce(a, &at, item + 1);
    run(pass, &at, mask + 2 * keys, dbias, outside);
  }
}

void sk_attention_backward(const sk_attention *a, const void *out, int64_t ldout, const float *lse, const void *dout,
                           int64_t lddout, void *dq, int64_t lddq, void *dk, int64_t lddk, void *dv, int64_t lddv,
                           float *dbias, float *doutside_k, float *doutside_v) {
  attention_pass pass = {.a = a, .forward_out = out, .ldout = ldout, .forward_lse = lse, .dout = dout,
                         .lddout = lddout, .dq = dq, .lddq = lddq, .dk = dk, .lddk = lddk, .dv = dv, .lddv = lddv,
                         .dbias = dbias, .pairs = multiplies_pairs(a) && (ldout | lddout) % 2 == 0};
  const int threads = divide(&pass, 2.5);
  const int64_t keys = sk_round_up(longest(a->k_offsets, a->sequences), 16), d = sk_round_up(a->head_dim, 16);
  const int64_t gathered = gathers(a) ? 5 * sk_round_up(longest_rows(a), 16) * d + backward_rows * (keys + 16) : 0;
  pass.scratch_stride = sk_round_up(5 * keys * d + backward_rows * (2 * (keys + 16) + 3 * d) + 3 * keys + gathered, 16);
  pass.scratch = sk_scratch((size_t)(pass.scratch_stride * threads) * sizeof(float));
  const int64_t size = a->heads * a->max_q * a->max_k;
  if (dbias && threads > 1) pass.partial_dbias = sk_scratch((size_t)(size * (threads - 1)) * sizeof(float));
  const int64_t width = a->heads * a->head_dim;
  if (doutside_k) pass.partial_outside = sk_scratch((size_t)(2 * width * threads) * sizeof(float));
  sk_parallel_on(threads, backward_share, &pass);
  if (doutside_k) {
    sk_combine(width, threads, 2 * width, pass.partial_outside, 1, doutside_k);
    sk_combine(width, threads, 2 * width, pass.partial_outside + width, 1, doutside_v);
    sk_free(pass.partial_outside);
  }
  if (dbias && threads > 1) {
    sk_combine(size, threads - 1, size, pass.partial_dbias, 1, dbias);
    sk_free(pass.partial_dbias);
  }
  sk_free(pass.scratch);
  sk_free(pass.starts);
}
