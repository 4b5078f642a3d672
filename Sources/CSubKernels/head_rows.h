// Rows of scores and results that attention of f32 and of bf16 operands has in common: compiled behind tiles.h once for each
// instruction set.

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

/// Copies row i of a head's result to where it belongs.
SK_INLINE void SK_ISA(place_row)(int type, const head *at, int64_t first, int64_t i, int64_t d, const float *row,
                                 void *out, int64_t ld) {
  const int64_t to = (at->rows ? at->rows[i] : first + i) * ld + at->h * d;
  if (to < 0) return;
  if (type == SK_F32) SK_ISA(copy)(d, row, (float *)out + to);
  else sk_row_done(type, out, to, d, row);
}

SK_INLINE void SK_ISA(keep_row)(const sk_attention *a, const head *at, sk_keep keep, int64_t i, int64_t limit,
                                float *factors) {
  uint64_t row = (uint64_t)(a->first_row + at->q0 + i) * (uint64_t)a->heads + (uint64_t)at->h;
  sk_keep_row(sk_round_up(limit, 16), keep, 1, a->key, row * (uint64_t)a->max_k, factors);
}

/// Softmax and dropout of query i's products with `wide` keys, of which it sees the first `limit`. Returns what is still to
/// be multiplied with, 1 / Σ; *lse = log Σ e^score.
SK_INLINE float SK_ISA(softmax_row)(const sk_attention *a, const head *at, sk_keep keep, int64_t i, int64_t limit,
                                    int64_t wide, float *s, float *factors, float *lse) {
  SK_ISA(add_to_scores)(a, at, i, limit, s);
  const float best = SK_ISA(greatest)(s, limit);
  const bool blind = best == -INFINITY;
  const float sum = SK_ISA(exponentials)(s, blind ? 0 : limit, wide, best);
  if (a->dropout > 0) {
    SK_ISA(keep_row)(a, at, keep, i, limit, factors);
    SK_LOOP for (int64_t j = 0; j < sk_round_up(limit, 16); j++) s[j] *= factors[j];
  }
  *lse = blind ? -INFINITY : best + logf(sum);
  return blind ? 0 : 1 / sum;
}
