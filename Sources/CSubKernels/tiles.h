// Small matrix products and row functions of attention, compiled once for each instruction set: the including file sets
// SK_ISA(name) (a suffix), SK_TILE_ROWS and SK_TILE_LANES (the register tile: rows × 16-float vectors), and the target.
//
// The right operand of a product is packed into panels of 16·SK_TILE_LANES columns (the last may be 16 wide), each
// panel [k][width]. The left operand is read by broadcast with any strides, so that a transpose costs nothing.

typedef float SK_ISA(lanes) __attribute__((vector_size(64), aligned(4)));
typedef int32_t SK_ISA(whole_lanes) __attribute__((vector_size(64)));
#define LANES SK_ISA(lanes)
enum { SK_ISA(panel) = 16 * SK_TILE_LANES };
#define PANEL SK_ISA(panel)

/// c[rows][width·16] (+)= a · b over one register tile; rows and width are constants after inlining.
SK_INLINE void SK_ISA(tile)(const int rows, const int width, int64_t k, const float *a, int64_t a_row, int64_t a_column,
                            const float *b, int64_t ldb, float *c, int64_t ldc, bool accumulate,
                            const float *row_scale) {
  LANES sum[SK_TILE_ROWS][SK_TILE_LANES];
#pragma unroll
  for (int r = 0; r < rows; r++) {
#pragma unroll
    for (int w = 0; w < width; w++) sum[r][w] = (LANES){0};
  }
  // One pointer for three rows: base, base + stride, base + 2·stride need no register each.
  const float *at[(SK_TILE_ROWS + 2) / 3];
#pragma unroll
  for (int r = 0; r < rows; r += 3) at[r / 3] = a + r * a_row;
  for (int64_t i = 0; i < k; i++) {
    LANES right[SK_TILE_LANES];
#pragma unroll
    for (int w = 0; w < width; w++) right[w] = *(const LANES *)(b + 16 * w);
#pragma unroll
    for (int r = 0; r < rows; r++) {
      float left = at[r / 3][(r % 3) * a_row];
#pragma unroll
      for (int w = 0; w < width; w++) sum[r][w] += left * right[w];
    }
#pragma unroll
    for (int r = 0; r < rows; r += 3) at[r / 3] += a_column;
    b += ldb;
  }
#pragma unroll
  for (int r = 0; r < rows; r++) {
    float scale = row_scale ? row_scale[r] : 1;
#pragma unroll
    for (int w = 0; w < width; w++) {
      LANES *to = (LANES *)(c + r * ldc + 16 * w);
      *to = accumulate ? *to + sum[r][w] : sum[r][w] * scale;
    }
  }
}

/// c[m][n] (+)= a[m][k] · b. n is a multiple of 16, at most `packed_n`, the columns b was packed with; b holds
/// `packed_k` rows. Without accumulation the rows of c are multiplied by row_scale, unless NULL.
static __attribute__((noinline)) void SK_ISA(multiply)(int64_t m, int64_t n, int64_t k, const float *a, int64_t a_row,
                                                       int64_t a_column, const float *b, int64_t packed_n,
                                                       int64_t packed_k, float *c, int64_t ldc, bool accumulate,
                                                       const float *row_scale) {
  const int64_t tiles = (m + SK_TILE_ROWS - 1) / SK_TILE_ROWS;
  for (int64_t column = 0; column < n; column += PANEL) {
    const float *panel = b + column * packed_k;
    const int64_t ldb = sk_min(PANEL, packed_n - column);
    const bool whole = n - column >= PANEL;
    for (int64_t t = 0; t < tiles; t++) {
      const int64_t first = m * t / tiles, rows = m * (t + 1) / tiles - first;
      const float *left = a + first * a_row, *scale = row_scale ? row_scale + first : NULL;
      float *to = c + first * ldc + column;
#define SK_TILE(count)                                                                                             \
  case count:                                                                                                      \
    if (whole)                                                                                                     \
      SK_ISA(tile)(count, SK_TILE_LANES, k, left, a_row, a_column, panel, ldb, to, ldc, accumulate, scale);        \
    else SK_ISA(tile)(count, 1, k, left, a_row, a_column, panel, ldb, to, ldc, accumulate, scale);                 \
    break;
      switch (rows) {
        SK_TILE(1)
        SK_TILE(2)
#if SK_TILE_ROWS >= 6
        SK_TILE(3)
        SK_TILE(4)
        SK_TILE(5)
        SK_TILE(6)
#endif
#if SK_TILE_ROWS >= 12
        SK_TILE(7)
        SK_TILE(8)
        SK_TILE(9)
        SK_TILE(10)
        SK_TILE(11)
        SK_TILE(12)
#endif
      }
#undef SK_TILE
    }
  }
}

/// The first `count` of 16 floats, zeros behind.
SK_INLINE void SK_ISA(load)(const float *x, int64_t count, LANES *out) {
  if (count >= 16) {
    *out = *(const LANES *)x;
  } else {
    *out = (LANES){0};
    memcpy(out, x, (size_t)sk_max(count, 0) * sizeof(float));
  }
}

/// Panels of rows x[n][d]: a right operand with k = n and columns d (padded with zeros to a multiple of 16).
static void SK_ISA(pack)(int64_t n, int64_t d, const float *x, int64_t ld, float scale, float *out) {
  const int64_t padded = sk_round_up(d, 16);
  for (int64_t column = 0; column < padded; column += PANEL) {
    const int64_t width = sk_min(PANEL, padded - column);
    for (int64_t i = 0; i < n; i++) {
      for (int64_t w = 0; w < width; w += 16) {
        LANES value;
        SK_ISA(load)(x + i * ld + column + w, d - column - w, &value);
        *(LANES *)(out + w) = value * scale;
      }
      out += width;
    }
  }
}

/// Panels of the transpose of x[n][d]: a right operand with k = d and columns n (padded with zeros to 16s).
static void SK_ISA(pack_transposed)(int64_t n, int64_t d, const float *x, int64_t ld, float scale, float *out) {
  const int64_t padded = sk_round_up(n, 16);
  for (int64_t j = 0; j < padded; j += 16) {
    const int64_t panel = j / PANEL * PANEL, width = sk_min(PANEL, padded - panel);
    float *to = out + panel * d + (j - panel);
    for (int64_t c = 0; c < d; c += 16) {
      LANES r[16];
      if (j + 16 <= n && c + 16 <= d) {
#pragma unroll
        for (int i = 0; i < 16; i++) r[i] = *(const LANES *)(x + (j + i) * ld + c) * scale;
      } else {
#pragma unroll
        for (int i = 0; i < 16; i++) {
          SK_ISA(load)(x + (j + i) * ld + c, j + i < n ? d - c : 0, &r[i]);
          r[i] *= scale;
        }
      }
      SK_TRANSPOSE(LANES, r)
      if (c + 16 <= d) {
#pragma unroll
        for (int i = 0; i < 16; i++) *(LANES *)(to + (c + i) * width) = r[i];
      } else {
        for (int64_t i = 0; i < d - c; i++) *(LANES *)(to + (c + i) * width) = r[i];
      }
    }
  }
}

// ---- rows of scores -------------------------------------------------------------------------------------------------

/// The greatest of s[0 ..< limit]; s is readable up to a multiple of 16. By integers in the order of the numbers, whose
/// maximum, unlike that of numbers, has no case of its own for NaN.
SK_INLINE float SK_ISA(greatest)(const float *s, int64_t limit) {
  const SK_ISA(whole_lanes) lane = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  SK_ISA(whole_lanes) most = (SK_ISA(whole_lanes)){0} + INT32_MIN;
  for (int64_t i = 0; i < limit; i += 16) {
    SK_ISA(whole_lanes) bits = (SK_ISA(whole_lanes))*(const LANES *)(s + i);
    bits ^= bits >> 31 & INT32_MAX;
    if (i + 16 > limit) {
      const SK_ISA(whole_lanes) in = lane < (int32_t)(limit - i);
      bits = (in & bits) | (~in & INT32_MIN);
    }
    most = __builtin_elementwise_max(most, bits);
  }
  int32_t best = limit > 0 ? __builtin_reduce_max(most) : (int32_t)0x807fffff;  // minus infinity
  return sk_float_of((uint32_t)(best ^ (best >> 31 & INT32_MAX)));
}

/// s = e^(s - shift) in the first `limit` of n columns and 0 behind; the sum.
SK_INLINE float SK_ISA(exponentials)(float *s, int64_t limit, int64_t n, float shift) {
#pragma clang fp reassociate(on)
  float sum = 0;
  SK_LOOP for (int32_t i = 0; i < (int32_t)n; i++) {
    float e = i < (int32_t)limit ? sk_exp_down(s[i] - shift) : 0;
    s[i] = e;
    sum += e;
  }
  return sum;
}

/// The gradient of a row of scores: s = e^(s - lse) · keep, g = e^(s - lse) · (g · keep - delta), 0 from `limit` on.
SK_INLINE void SK_ISA(score_gradients)(float *s, float *g, const float *keep, int64_t limit, int64_t n, float lse,
                                       float delta) {
  if (keep) {
    SK_LOOP for (int32_t i = 0; i < (int32_t)n; i++) {
      float p = i < (int32_t)limit ? sk_exp_down(s[i] - lse) : 0;
      float factor = i < (int32_t)limit ? keep[i] : 0;
      g[i] = p * (g[i] * factor - delta);
      s[i] = p * factor;
    }
  } else {
    SK_LOOP for (int32_t i = 0; i < (int32_t)n; i++) {
      float p = i < (int32_t)limit ? sk_exp_down(s[i] - lse) : 0;
      g[i] = p * (g[i] - delta);
      s[i] = p;
    }
  }
}

SK_INLINE void SK_ISA(add)(int64_t n, const float *x, float *y) {
  SK_LOOP for (int64_t i = 0; i < n; i++) y[i] += x[i];
}

SK_INLINE float SK_ISA(dot)(int64_t n, const float *a, const float *b) {
#pragma clang fp reassociate(on)
  float sum = 0;
  SK_LOOP for (int64_t i = 0; i < n; i++) sum += a[i] * b[i];
  return sum;
}

// ---- one head of one sequence ---------------------------------------------------------------------------------------

/// Adds what stands beside the scaled product to a row of scores: key mask, bias, regions.
SK_INLINE void SK_ISA(add_to_scores)(const sk_attention *a, const head *at, int64_t i, int64_t limit, float *s) {
  if (a->bias) SK_ISA(add)(limit, a->bias + (at->h * a->max_q + i) * a->max_k, s);
  if (a->key_mask) SK_ISA(add)(sk_round_up(limit, 16), at->mask, s);
  if (at->regions) {
    const float *regions = at->regions, own = regions[i];
    SK_LOOP for (int64_t j = 0; j < limit; j++) s[j] += regions[j] != own ? -100 : 0;
  }
}

SK_INLINE void SK_ISA(copy)(int64_t d, const float *x, float *y) {
  int64_t i = 0;
  for (; i + 16 <= d; i += 16) *(LANES *)(y + i) = *(const LANES *)(x + i);
  if (i < d) memcpy(y + i, x + i, (size_t)(d - i) * sizeof(float));
}

SK_INLINE void SK_ISA(add_row)(int64_t d, const float *x, float *y) {
  for (int64_t i = 0; i < d; i++) y[i] += x[i];
}

/// The rows of a window one behind the other: out[n][d] = x[rows[i]] from the head's column on, `outside` (NULL: zeros)
/// for -1. Those of the head that comes next are asked for, since no pattern tells the processor where they lie.
SK_INLINE void SK_ISA(gather)(const head *at, int64_t n, int64_t d, const float *x, int64_t ld, const float *outside,
                              float *out) {
  const int64_t column = at->h * d, next_column = at->next_h * d;
  for (int64_t i = 0; i < n; i++, out += d) {
    if (at->next_rows && at->next_rows[i] >= 0) {
      const float *next = x + at->next_rows[i] * ld + next_column;
      for (int64_t c = 0; c < d; c += 16) __builtin_prefetch(next + c, 0, 2);
    }
    if (at->rows[i] >= 0) SK_ISA(copy)(d, x + at->rows[i] * ld + column, out);
    else if (outside) SK_ISA(copy)(d, outside + column, out);
    else memset(out, 0, (size_t)d * sizeof(float));
  }
}

/// The same head over the rows of its window, gathered into scratch. Returns the scratch behind them.
static float *SK_ISA(gather_head)(const sk_attention *a, head *at, float *scratch) {
  const int64_t d = a->head_dim, size = at->tk * d;
  SK_ISA(gather)(at, at->tk, d, a->q, a->ldq, NULL, scratch);
  SK_ISA(gather)(at, at->tk, d, a->k, a->ldk, a->outside_k, scratch + size);
  SK_ISA(gather)(at, at->tk, d, a->v, a->ldv, a->outside_v, scratch + 2 * size);
  at->q = scratch;
  at->k = scratch + size;
  at->v = scratch + 2 * size;
  at->ldq = at->ldk = at->ldv = d;
  return scratch + sk_round_up(3 * size, 16);
}

/// Copies row i of a head's result to where it belongs.
SK_INLINE void SK_ISA(place_row)(const head *at, int64_t first, int64_t i, int64_t d, const float *row, float *out,
                                 int64_t ld) {
  const int64_t to = at->rows ? at->rows[i] : first + i;
  if (to >= 0) SK_ISA(copy)(d, row, out + to * ld + at->h * d);
}

SK_INLINE void SK_ISA(keep_row)(const sk_attention *a, const head *at, sk_keep keep, int64_t i, int64_t limit,
                                float *factors) {
  uint64_t row = (uint64_t)(at->q0 + i) * (uint64_t)a->heads + (uint64_t)at->h;
  sk_keep_row(sk_round_up(limit, 16), keep, 1, a->key, row * (uint64_t)a->max_k, factors);
}

static void SK_ISA(forward_head)(const attention_pass *pass, const head *given, float *scratch) {
  const sk_attention *a = pass->a;
  head own = *given;
  const head *at = &own;
  if (own.rows) scratch = SK_ISA(gather_head)(a, &own, scratch);
  const int64_t d = a->head_dim, padded = sk_round_up(d, 16), tk = at->tk, columns = sk_round_up(tk, 16);
  const int64_t lds = score_stride(tk), shift = tk - at->tq;
  float *keys = scratch, *values = keys + columns * d, *scores = values + tk * padded;
  float *narrow = scores + forward_rows * lds, *factors = narrow + forward_rows * padded;
  const sk_keep keep = sk_keep_of(a->dropout);
  SK_ISA(pack_transposed)(tk, d, at->k, at->ldk, a->scale, keys);
  SK_ISA(pack)(tk, d, at->v, at->ldv, 1, values);
  const int64_t parts = (at->tq + forward_rows - 1) / forward_rows;
  for (int64_t part = 0; part < parts; part++) {
    const int64_t first = at->tq * part / parts, rows = at->tq * (part + 1) / parts - first;
    // No query of these rows sees a key beyond `seen`.
    const int64_t seen = a->causal ? sk_max(0, sk_min(tk, first + rows + shift)) : tk, wide = sk_round_up(seen, 16);
    float scale[forward_rows];
    SK_ISA(multiply)(rows, wide, d, at->q + first * at->ldq, at->ldq, 1, keys, columns, d, scores, lds, false, NULL);
    for (int64_t r = 0; r < rows; r++) {
      const int64_t i = first + r, limit = a->causal ? sk_max(0, sk_min(tk, i + shift + 1)) : tk;
      float *s = scores + r * lds;
      SK_ISA(add_to_scores)(a, at, i, limit, s);
      const float best = SK_ISA(greatest)(s, limit);
      const bool blind = best == -INFINITY;
      const float sum = SK_ISA(exponentials)(s, blind ? 0 : limit, wide, best);
      if (a->dropout > 0) {
        SK_ISA(keep_row)(a, at, keep, i, limit, factors);
        SK_LOOP for (int64_t j = 0; j < sk_round_up(limit, 16); j++) s[j] *= factors[j];
      }
      scale[r] = blind ? 0 : 1 / sum;
      pass->lse[(at->q0 + i) * a->heads + at->h] = blind ? -INFINITY : best + logf(sum);
    }
    float *out = pass->out + (at->q0 + first) * pass->ldout + at->h * d;
    const bool direct = padded == d && !at->rows;
    SK_ISA(multiply)(rows, padded, seen, scores, lds, 1, values, padded, tk, direct ? out : narrow,
                     direct ? pass->ldout : padded, false, scale);
    for (int64_t r = 0; r < rows && !direct; r++)
      SK_ISA(place_row)(at, at->q0, first + r, d, narrow + r * padded, pass->out, pass->ldout);
  }
}

/// Adds to dbias and, for rows outside, to `outside`: the gradients of outside_k, then of outside_v.
static void SK_ISA(backward_head)(const attention_pass *pass, const head *given, float *scratch, float *dbias,
                                  float *outside) {
  const sk_attention *a = pass->a;
  head own = *given;
  const head *at = &own;
  const float *all_out = pass->forward_out + own.q0 * pass->ldout + own.h * a->head_dim;
  const float *all_dout = pass->dout + own.q0 * pass->lddout + own.h * a->head_dim;
  int64_t ldout = pass->ldout, lddout = pass->lddout;
  if (own.rows) {
    scratch = SK_ISA(gather_head)(a, &own, scratch);
    const int64_t size = sk_round_up(own.tq * a->head_dim, 16);
    SK_ISA(gather)(&own, own.tq, a->head_dim, pass->forward_out, ldout, NULL, scratch);
    SK_ISA(gather)(&own, own.tq, a->head_dim, pass->dout, lddout, NULL, scratch + size);
    all_out = scratch;
    all_dout = scratch + size;
    scratch += 2 * size;
    ldout = lddout = a->head_dim;
  }
  const int64_t d = a->head_dim, padded = sk_round_up(d, 16), tk = at->tk, columns = sk_round_up(tk, 16);
  const int64_t lds = score_stride(tk), shift = tk - at->tq;
  float *keys_t = scratch, *values_t = keys_t + columns * d, *keys = values_t + columns * d;
  float *queries = keys + tk * padded, *douts = queries + backward_rows * padded;
  float *scores = douts + backward_rows * padded, *slopes = scores + backward_rows * lds;
  float *narrow = slopes + backward_rows * lds, *dk = narrow + backward_rows * padded, *dv = dk + tk * padded;
  float *factors = dv + tk * padded;
  const sk_keep keep = sk_keep_of(a->dropout);
  const bool direct = padded == d && !at->rows;
  SK_ISA(pack_transposed)(tk, d, at->k, at->ldk, a->scale, keys_t);
  SK_ISA(pack_transposed)(tk, d, at->v, at->ldv, 1, values_t);
  SK_ISA(pack)(tk, d, at->k, at->ldk, a->scale, keys);
  memset(dk, 0, (size_t)(2 * tk * padded) * sizeof(float));
  const int64_t parts = (at->tq + backward_rows - 1) / backward_rows;
  for (int64_t part = 0; part < parts; part++) {
    const int64_t first = at->tq * part / parts, rows = at->tq * (part + 1) / parts - first;
    const int64_t seen = a->causal ? sk_max(0, sk_min(tk, first + rows + shift)) : tk, wide = sk_round_up(seen, 16);
    const float *q = at->q + first * at->ldq, *dout = all_dout + first * lddout, *out = all_out + first * ldout;
    SK_ISA(pack)(rows, d, q, at->ldq, a->scale, queries);
    SK_ISA(pack)(rows, d, dout, lddout, 1, douts);
    SK_ISA(multiply)(rows, wide, d, q, at->ldq, 1, keys_t, columns, d, scores, lds, false, NULL);
    SK_ISA(multiply)(rows, wide, d, dout, lddout, 1, values_t, columns, d, slopes, lds, false, NULL);
    for (int64_t r = 0; r < rows; r++) {
      const int64_t i = first + r;
      const float lse = pass->forward_lse[(at->q0 + i) * a->heads + at->h];
      const int64_t visible = a->causal ? sk_max(0, sk_min(tk, i + shift + 1)) : tk;
      const int64_t limit = lse == -INFINITY ? 0 : visible;
      float *s = scores + r * lds, *g = slopes + r * lds;
      SK_ISA(add_to_scores)(a, at, i, limit, s);
      if (a->dropout > 0) SK_ISA(keep_row)(a, at, keep, i, limit, factors);
      const float delta = SK_ISA(dot)(d, dout + r * lddout, out + r * ldout);
      SK_ISA(score_gradients)(s, g, a->dropout > 0 ? factors : NULL, limit, wide, lse, delta);
      if (dbias) SK_ISA(add)(limit, g, dbias + (at->h * a->max_q + i) * a->max_k);
    }
    float *dq = pass->dq + (at->q0 + first) * pass->lddq + at->h * d;
    SK_ISA(multiply)(rows, padded, seen, slopes, lds, 1, keys, padded, tk, direct ? dq : narrow,
                     direct ? pass->lddq : padded, false, NULL);
    for (int64_t r = 0; r < rows && !direct; r++)
      SK_ISA(place_row)(at, at->q0, first + r, d, narrow + r * padded, pass->dq, pass->lddq);
    SK_ISA(multiply)(seen, padded, rows, slopes, 1, lds, queries, padded, rows, dk, padded, true, NULL);
    SK_ISA(multiply)(seen, padded, rows, scores, 1, lds, douts, padded, rows, dv, padded, true, NULL);
  }
  for (int64_t j = 0; j < tk; j++) {
    SK_ISA(place_row)(at, at->k0, j, d, dk + j * padded, pass->dk, pass->lddk);
    SK_ISA(place_row)(at, at->k0, j, d, dv + j * padded, pass->dv, pass->lddv);
    if (outside && at->rows && at->rows[j] < 0) {
      SK_ISA(add_row)(d, dk + j * padded, outside + at->h * d);
      SK_ISA(add_row)(d, dv + j * padded, outside + (a->heads + at->h) * d);
    }
  }
}
#undef LANES
#undef PANEL
#undef SK_ISA
#undef SK_TILE_ROWS
#undef SK_TILE_LANES
