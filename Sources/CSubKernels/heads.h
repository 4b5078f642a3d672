// Attention of one head of one sequence, forward and backward, over the products and row functions of tiles.h: compiled
// with it once for each instruction set.

/// A head's rows one behind the other in f32: out[i] = x[rows[i]] from the head's column on for the rows of a window,
/// `outside` (NULL: zeros) for -1; x[first + i] for any other sequence. The rows of the window that comes next are asked
/// for, since no pattern tells the processor where they lie.
SK_INLINE void SK_ISA(gather)(int type, const head *at, int64_t first, int64_t n, int64_t d, const void *x, int64_t ld,
                              const float *outside, float *out) {
  const int64_t column = at->h * d, next_column = at->next_h * d;
  for (int64_t i = 0; i < n; i++, out += d) {
    if (at->next_rows && at->next_rows[i] >= 0) {
      const char *next = sk_from(type, x, at->next_rows[i] * ld + next_column);
      for (size_t byte = 0; byte < (size_t)d * sk_size_of(type); byte += 64) __builtin_prefetch(next + byte, 0, 2);
    }
    const int64_t row = at->rows ? at->rows[i] : first + i;
    if (row >= 0 && type == SK_F32) SK_ISA(copy)(d, (const float *)x + row * ld + column, out);
    else if (row >= 0) sk_row(type, x, row * ld + column, d, out);
    else if (outside) SK_ISA(copy)(d, outside + column, out);
    else memset(out, 0, (size_t)d * sizeof(float));
  }
}

/// The same head over rows gathered into scratch. Returns the scratch behind them.
static float *SK_ISA(gather_head)(const sk_attention *a, head *at, float *scratch) {
  const int64_t d = a->head_dim, queries = at->tq * d, keys = at->tk * d;
  SK_ISA(gather)(a->type, at, at->q0, at->tq, d, a->q, a->ldq, NULL, scratch);
  SK_ISA(gather)(a->type, at, at->k0, at->tk, d, a->k, a->ldk, a->outside_k, scratch + queries);
  SK_ISA(gather)(a->type, at, at->k0, at->tk, d, a->v, a->ldv, a->outside_v, scratch + queries + keys);
  at->q = scratch;
  at->k = scratch + queries;
  at->v = at->k + keys;
  at->ldq = at->ldk = at->ldv = d;
  return scratch + sk_round_up(queries + 2 * keys, 16);
}

static void SK_ISA(forward_head)(const attention_pass *pass, const head *given, float *scratch) {
  const sk_attention *a = pass->a;
  head own = *given;
  const head *at = &own;
  if (gathers(a)) scratch = SK_ISA(gather_head)(a, &own, scratch);
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
      scale[r] = SK_ISA(softmax_row)(a, at, keep, i, limit, wide, scores + r * lds, factors,
                                     &pass->lse[(at->q0 + i) * a->heads + at->h]);
    }
    const bool direct = padded == d && !gathers(a);
    float *out = direct ? (float *)pass->out + (at->q0 + first) * pass->ldout + at->h * d : NULL;
    SK_ISA(multiply)(rows, padded, seen, scores, lds, 1, values, padded, tk, direct ? out : narrow,
                     direct ? pass->ldout : padded, false, scale);
    for (int64_t r = 0; r < rows && !direct; r++)
      SK_ISA(place_row)(a->type, at, at->q0, first + r, d, narrow + r * padded, pass->out, pass->ldout);
  }
}

/// Adds to dbias and, for rows outside, to `outside`: the gradients of outside_k, then of outside_v.
static void SK_ISA(backward_head)(const attention_pass *pass, const head *given, float *scratch, float *dbias,
                                  float *outside) {
  const sk_attention *a = pass->a;
  head own = *given;
  const head *at = &own;
  const float *all_out, *all_dout;
  int64_t ldout = pass->ldout, lddout = pass->lddout;
  if (gathers(a)) {
    scratch = SK_ISA(gather_head)(a, &own, scratch);
    const int64_t size = sk_round_up(own.tq * a->head_dim, 16);
    SK_ISA(gather)(a->type, &own, own.q0, own.tq, a->head_dim, pass->forward_out, ldout, NULL, scratch);
    SK_ISA(gather)(a->type, &own, own.q0, own.tq, a->head_dim, pass->dout, lddout, NULL, scratch + size);
    all_out = scratch;
    all_dout = scratch + size;
    scratch += 2 * size;
    ldout = lddout = a->head_dim;
  } else {
    all_out = (const float *)pass->forward_out + own.q0 * ldout + own.h * a->head_dim;
    all_dout = (const float *)pass->dout + own.q0 * lddout + own.h * a->head_dim;
  }
  const int64_t d = a->head_dim, padded = sk_round_up(d, 16), tk = at->tk, columns = sk_round_up(tk, 16);
  const int64_t lds = score_stride(tk), shift = tk - at->tq;
  float *keys_t = scratch, *values_t = keys_t + columns * d, *keys = values_t + columns * d;
  float *queries = keys + tk * padded, *douts = queries + backward_rows * padded;
  float *scores = douts + backward_rows * padded, *slopes = scores + backward_rows * lds;
  float *narrow = slopes + backward_rows * lds, *dk = narrow + backward_rows * padded, *dv = dk + tk * padded;
  float *factors = dv + tk * padded;
  const sk_keep keep = sk_keep_of(a->dropout);
  const bool direct = padded == d && !gathers(a);
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
    float *dq = direct ? (float *)pass->dq + (at->q0 + first) * pass->lddq + at->h * d : NULL;
    SK_ISA(multiply)(rows, padded, seen, slopes, lds, 1, keys, padded, tk, direct ? dq : narrow,
                     direct ? pass->lddq : padded, false, NULL);
    for (int64_t r = 0; r < rows && !direct; r++)
      SK_ISA(place_row)(a->type, at, at->q0, first + r, d, narrow + r * padded, pass->dq, pass->lddq);
    SK_ISA(multiply)(seen, padded, rows, slopes, 1, lds, queries, padded, rows, dk, padded, true, NULL);
    SK_ISA(multiply)(seen, padded, rows, scores, 1, lds, douts, padded, rows, dv, padded, true, NULL);
  }
  for (int64_t j = 0; j < tk; j++) {
    SK_ISA(place_row)(a->type, at, at->k0, j, d, dk + j * padded, pass->dk, pass->lddk);
    SK_ISA(place_row)(a->type, at, at->k0, j, d, dv + j * padded, pass->dv, pass->lddv);
    if (outside && at->rows && at->rows[j] < 0) {
      SK_ISA(add_row)(d, dk + j * padded, outside + at->h * d);
      SK_ISA(add_row)(d, dv + j * padded, outside + (a->heads + at->h) * d);
    }
  }
}
