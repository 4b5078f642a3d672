// Attention of one head of one sequence of bf16 rows, on processors that multiply pairs of bf16: heads.h over the tiles of
// pairs, compiled once. Scores, softmax and sums are f32; probabilities and the gradients of scores are rounded to bf16
// before the products that read them. Undefines what the including file has set.
//
// An operand's neighbours along the summed axis are a pair. Rows whose columns are summed over have their pairs in memory
// already; where rows are summed over, two neighbouring rows are interleaved.

typedef uint32_t SK_ISA(words) __attribute__((vector_size(64)));
typedef uint16_t SK_ISA(halves) __attribute__((vector_size(32), aligned(2)));
#define WORDS SK_ISA(words)

SK_INLINE WORDS SK_ISA(load_halves)(const uint16_t *x, int64_t count) {
  SK_ISA(halves) h = {0};
  if (count >= 16) h = *(const SK_ISA(halves) *)x;
  else if (count > 0) memcpy(&h, x, (size_t)count * 2);
  return __builtin_convertvector(h, WORDS);
}

/// The bf16 nearest to each of 16 numbers, in the lower halves of words.
SK_INLINE WORDS SK_ISA(round)(LANES x) {
  typedef __bf16 sixteen __attribute__((vector_size(32)));
  const sixteen rounded = __builtin_convertvector((SK_ISA(sums))x, sixteen);
  return __builtin_convertvector((SK_ISA(halves))rounded, WORDS);
}

/// Panels of the pairs of rows (0, 1), (2, 3) … of x[n][d]: a right operand with k = ⌈n/2⌉ and columns d, with zeros behind
/// an odd n and up to a multiple of 16.
static void SK_ISA(pack_rows)(int64_t n, int64_t d, const uint16_t *x, int64_t ld, float *out) {
  const int64_t padded = sk_round_up(d, 16);
  for (int64_t column = 0; column < padded; column += PANEL) {
    const int64_t width = sk_min(PANEL, padded - column);
    for (int64_t i = 0; i < n; i += 2, out += width) {
      for (int64_t w = 0; w < width; w += 16) {
        const uint16_t *at = x + i * ld + column + w;
        const int64_t count = d - column - w;
        WORDS pair = SK_ISA(load_halves)(at, count);
        if (i + 1 < n) pair |= SK_ISA(load_halves)(at + ld, count) << 16;
        memcpy(out + w, &pair, sizeof pair);
      }
    }
  }
}

/// Rows of f32 [n][columns] as bf16, pairs along the columns: a left operand of `columns`/2 words a row.
static void SK_ISA(round_rows)(int64_t n, int64_t columns, const float *x, int64_t ld, float scale, float *out,
                               int64_t ldout) {
  for (int64_t r = 0; r < n; r++) {
    for (int64_t j = 0; j < columns; j += 16) {
      const SK_ISA(halves) h =
          __builtin_convertvector(SK_ISA(round)(*(const LANES *)(x + r * ld + j) * scale), SK_ISA(halves));
      memcpy((uint16_t *)(out + r * ldout) + j, &h, sizeof h);
    }
  }
}

/// Rows of f32 as bf16, pairs of neighbouring rows: a left operand of the transpose, `columns` words a pair of rows.
static void SK_ISA(round_pairs)(int64_t n, int64_t columns, const float *x, int64_t ld, float scale, float *out,
                                int64_t ldout) {
  for (int64_t r = 0; r < n; r += 2) {
    const float *a = x + r * ld;
    for (int64_t j = 0; j < columns; j += 16) {
      WORDS pair = SK_ISA(round)(*(const LANES *)(a + j) * scale);
      if (r + 1 < n) pair |= SK_ISA(round)(*(const LANES *)(a + ld + j) * scale) << 16;
      memcpy(out + r / 2 * ldout + j, &pair, sizeof pair);
    }
  }
}

SK_INLINE float SK_ISA(dot_halves)(int64_t n, const uint16_t *a, const uint16_t *b) {
#pragma clang fp reassociate(on)
  float sum = 0;
  SK_LOOP for (int64_t i = 0; i < n; i++) sum += sk_widen(a[i]) * sk_widen(b[i]);
  return sum;
}

/// A head's rows of an operand: where they lie, or, those of a window, brought together in scratch, which moves on.
SK_INLINE const uint16_t *SK_ISA(rows_of)(const head *at, int64_t first, int64_t n, int64_t d, const void *x, int64_t ld,
                                          const float *outside, int64_t *row, float **scratch) {
  const uint16_t *base = (const uint16_t *)x + at->h * d;
  if (!at->rows) {
    *row = ld;
    return base + first * ld;
  }
  uint16_t *own = (uint16_t *)*scratch;
  *scratch += sk_round_up(n * d, 32) / 2;
  *row = d;
  for (int64_t i = 0; i < n; i++) {
    if (at->next_rows && at->next_rows[i] >= 0) {
      const uint16_t *next = (const uint16_t *)x + at->next_rows[i] * ld + at->next_h * d;
      for (int64_t c = 0; c < d; c += 32) __builtin_prefetch(next + c, 0, 2);
    }
    if (at->rows[i] >= 0) memcpy(own + i * d, base + at->rows[i] * ld, (size_t)d * 2);
    else if (outside) sk_row_done(SK_BF16, own, i * d, d, outside + at->h * d);
    else memset(own + i * d, 0, (size_t)d * 2);
  }
  return own;
}

static void SK_ISA(forward_head)(const attention_pass *pass, const head *at, float *scratch) {
  const sk_attention *a = pass->a;
  const int64_t d = a->head_dim, padded = sk_round_up(d, 16), tk = at->tk, columns = sk_round_up(tk, 16);
  const int64_t lds = score_stride(tk), shift = tk - at->tq;
  int64_t ldq, ldk, ldv;
  const uint16_t *q_rows = SK_ISA(rows_of)(at, at->q0, at->tq, d, a->q, a->ldq, NULL, &ldq, &scratch);
  const uint16_t *k_rows = SK_ISA(rows_of)(at, at->k0, tk, d, a->k, a->ldk, a->outside_k, &ldk, &scratch);
  const uint16_t *v_rows = SK_ISA(rows_of)(at, at->k0, tk, d, a->v, a->ldv, a->outside_v, &ldv, &scratch);
  float *keys = scratch, *values = keys + columns * d / 2, *scores = values + (tk + 1) / 2 * padded;
  float *rounded = scores + forward_rows * lds, *narrow = rounded + forward_rows * lds / 2;
  float *factors = narrow + forward_rows * padded;
  const sk_keep keep = sk_keep_of(a->dropout);
  SK_ISA(pack_transposed)(tk, d / 2, (const float *)k_rows, ldk / 2, 1, keys);
  SK_ISA(pack_rows)(tk, d, v_rows, ldv, values);
  float scale[forward_rows], score_scale[forward_rows];
  for (int64_t r = 0; r < forward_rows; r++) score_scale[r] = a->scale;
  const int64_t parts = (at->tq + forward_rows - 1) / forward_rows;
  for (int64_t part = 0; part < parts; part++) {
    const int64_t first = at->tq * part / parts, rows = at->tq * (part + 1) / parts - first;
    // No query of these rows sees a key beyond `seen`.
    const int64_t seen = a->causal ? sk_max(0, sk_min(tk, first + rows + shift)) : tk, wide = sk_round_up(seen, 16);
    SK_ISA(multiply)(rows, wide, d / 2, (const float *)(q_rows + first * ldq), ldq / 2, 1, keys, columns, d / 2, scores,
                     lds, false, score_scale);
    for (int64_t r = 0; r < rows; r++) {
      const int64_t i = first + r, limit = a->causal ? sk_max(0, sk_min(tk, i + shift + 1)) : tk;
      scale[r] = SK_ISA(softmax_row)(a, at, keep, i, limit, wide, scores + r * lds, factors,
                                     &pass->lse[(at->q0 + i) * a->heads + at->h]);
    }
    SK_ISA(round_rows)(rows, wide, scores, lds, 1, rounded, lds / 2);
    SK_ISA(multiply)(rows, padded, (seen + 1) / 2, rounded, lds / 2, 1, values, padded, (tk + 1) / 2, narrow, padded,
                     false, scale);
    for (int64_t r = 0; r < rows; r++)
      SK_ISA(place_row)(SK_BF16, at, at->q0, first + r, d, narrow + r * padded, pass->out, pass->ldout);
  }
}

/// Adds to dbias and, for rows outside, to `outside`: the gradients of outside_k, then of outside_v.
static void SK_ISA(backward_head)(const attention_pass *pass, const head *at, float *scratch, float *dbias,
                                  float *outside) {
  const sk_attention *a = pass->a;
  const int64_t d = a->head_dim, padded = sk_round_up(d, 16), tk = at->tk, columns = sk_round_up(tk, 16);
  const int64_t lds = score_stride(tk), shift = tk - at->tq;
  int64_t ldq, ldk, ldv, ldout, lddout;
  const uint16_t *q_rows = SK_ISA(rows_of)(at, at->q0, at->tq, d, a->q, a->ldq, NULL, &ldq, &scratch);
  const uint16_t *k_rows = SK_ISA(rows_of)(at, at->k0, tk, d, a->k, a->ldk, a->outside_k, &ldk, &scratch);
  const uint16_t *v_rows = SK_ISA(rows_of)(at, at->k0, tk, d, a->v, a->ldv, a->outside_v, &ldv, &scratch);
  const uint16_t *outs = SK_ISA(rows_of)(at, at->q0, at->tq, d, pass->forward_out, pass->ldout, NULL, &ldout, &scratch);
  const uint16_t *douts = SK_ISA(rows_of)(at, at->q0, at->tq, d, pass->dout, pass->lddout, NULL, &lddout, &scratch);
  float *keys_t = scratch, *values_t = keys_t + columns * d / 2, *keys = values_t + columns * d / 2;
  float *queries = keys + (tk + 1) / 2 * padded, *gradients = queries + backward_rows / 2 * padded;
  float *scores = gradients + backward_rows / 2 * padded, *slopes = scores + backward_rows * lds;
  float *rounded = slopes + backward_rows * lds, *pairs = rounded + backward_rows * lds / 2;
  float *narrow = pairs + backward_rows * lds / 2, *dk = narrow + backward_rows * padded, *dv = dk + tk * padded;
  float *factors = dv + tk * padded;
  const sk_keep keep = sk_keep_of(a->dropout);
  SK_ISA(pack_transposed)(tk, d / 2, (const float *)k_rows, ldk / 2, 1, keys_t);
  SK_ISA(pack_transposed)(tk, d / 2, (const float *)v_rows, ldv / 2, 1, values_t);
  SK_ISA(pack_rows)(tk, d, k_rows, ldk, keys);
  memset(dk, 0, (size_t)(2 * tk * padded) * sizeof(float));
  float score_scale[backward_rows];
  for (int64_t r = 0; r < backward_rows; r++) score_scale[r] = a->scale;
  const int64_t parts = (at->tq + backward_rows - 1) / backward_rows;
  for (int64_t part = 0; part < parts; part++) {
    const int64_t first = at->tq * part / parts, rows = at->tq * (part + 1) / parts - first;
    const int64_t seen = a->causal ? sk_max(0, sk_min(tk, first + rows + shift)) : tk, wide = sk_round_up(seen, 16);
    const uint16_t *q = q_rows + first * ldq, *dout = douts + first * lddout, *out = outs + first * ldout;
    SK_ISA(pack_rows)(rows, d, q, ldq, queries);
    SK_ISA(pack_rows)(rows, d, dout, lddout, gradients);
    SK_ISA(multiply)(rows, wide, d / 2, (const float *)q, ldq / 2, 1, keys_t, columns, d / 2, scores, lds, false,
                     score_scale);
    SK_ISA(multiply)(rows, wide, d / 2, (const float *)dout, lddout / 2, 1, values_t, columns, d / 2, slopes, lds, false,
                     NULL);
    for (int64_t r = 0; r < rows; r++) {
      const int64_t i = first + r;
      const float lse = pass->forward_lse[(at->q0 + i) * a->heads + at->h];
      const int64_t visible = a->causal ? sk_max(0, sk_min(tk, i + shift + 1)) : tk;
      const int64_t limit = lse == -INFINITY ? 0 : visible;
      float *s = scores + r * lds, *g = slopes + r * lds;
      SK_ISA(add_to_scores)(a, at, i, limit, s);
      if (a->dropout > 0) SK_ISA(keep_row)(a, at, keep, i, limit, factors);
      const float delta = SK_ISA(dot_halves)(d, dout + r * lddout, out + r * ldout);
      SK_ISA(score_gradients)(s, g, a->dropout > 0 ? factors : NULL, limit, wide, lse, delta);
      if (dbias) SK_ISA(add)(limit, g, dbias + (at->h * a->max_q + i) * a->max_k);
    }
    // The scale of the scores goes into their gradients.
    SK_ISA(round_rows)(rows, wide, slopes, lds, a->scale, rounded, lds / 2);
    SK_ISA(multiply)(rows, padded, (seen + 1) / 2, rounded, lds / 2, 1, keys, padded, (tk + 1) / 2, narrow, padded,
                     false, NULL);
    for (int64_t r = 0; r < rows; r++)
      SK_ISA(place_row)(SK_BF16, at, at->q0, first + r, d, narrow + r * padded, pass->dq, pass->lddq);
    SK_ISA(round_pairs)(rows, wide, slopes, lds, a->scale, pairs, lds);
    SK_ISA(multiply)(seen, padded, (rows + 1) / 2, pairs, 1, lds, queries, padded, (rows + 1) / 2, dk, padded, true,
                     NULL);
    SK_ISA(round_pairs)(rows, wide, scores, lds, 1, pairs, lds);
    SK_ISA(multiply)(seen, padded, (rows + 1) / 2, pairs, 1, lds, gradients, padded, (rows + 1) / 2, dv, padded, true,
                     NULL);
  }
  for (int64_t j = 0; j < tk; j++) {
    SK_ISA(place_row)(SK_BF16, at, at->k0, j, d, dk + j * padded, pass->dk, pass->lddk);
    SK_ISA(place_row)(SK_BF16, at, at->k0, j, d, dv + j * padded, pass->dv, pass->lddv);
    if (outside && at->rows && at->rows[j] < 0) {
      SK_ISA(add_row)(d, dk + j * padded, outside + at->h * d);
      SK_ISA(add_row)(d, dv + j * padded, outside + (a->heads + at->h) * d);
    }
  }
}

#undef WORDS
