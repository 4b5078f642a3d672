// Small matrix products and row functions of attention, compiled once for each instruction set: the including file sets
// SK_ISA(name) (a suffix), SK_TILE_ROWS and SK_TILE_LANES (the register tile: rows × 16-float vectors), and the target.
//
// The right operand of a product is packed into panels of 16·SK_TILE_LANES columns (the last may be 16 wide), each
// panel [k][width]. The left operand is read by broadcast with any strides, so that a transpose costs nothing.
//
// With SK_PAIRS a word of either operand is no f32 but a pair of bf16, neighbours along k, which then counts pairs.

typedef float SK_ISA(lanes) __attribute__((vector_size(64), aligned(4)));
typedef int32_t SK_ISA(whole_lanes) __attribute__((vector_size(64)));
#define LANES SK_ISA(lanes)
enum { SK_ISA(panel) = 16 * SK_TILE_LANES };
#define PANEL SK_ISA(panel)

#if SK_PAIRS
typedef __bf16 SK_ISA(pairs) __attribute__((vector_size(64)));
typedef float SK_ISA(sums) __attribute__((vector_size(64)));
SK_INLINE LANES SK_ISA(add_product)(LANES sum, float left, LANES right) {
  int32_t word;
  memcpy(&word, &left, sizeof word);
  const SK_ISA(whole_lanes) all = (SK_ISA(whole_lanes)){0} + word;
  return (LANES)__builtin_ia32_dpbf16ps_512((SK_ISA(sums))sum, (SK_ISA(pairs))all, (SK_ISA(pairs))right);
}
#define ADD_PRODUCT(sum, left, right) (sum) = SK_ISA(add_product)(sum, left, right)
#else
#define ADD_PRODUCT(sum, left, right) (sum) += (left) * (right)
#endif

/// c[rows][width·16] (+)= a · b over one register tile; rows and width are constants after inlining.
SK_INLINE void SK_ISA(tile)(const int rows, const int width, int64_t k, const sk_operand *a, int64_t a_row,
                            int64_t a_column, const float *b, int64_t ldb, float *c, int64_t ldc,
                            bool accumulate, const float *row_scale) {
  LANES sum[SK_TILE_ROWS][SK_TILE_LANES];
#pragma unroll
  for (int r = 0; r < rows; r++) {
#pragma unroll
    for (int w = 0; w < width; w++) sum[r][w] = (LANES){0};
  }
  // One pointer for three rows: base, base + stride, base + 2·stride need no register each.
  const sk_operand *at[(SK_TILE_ROWS + 2) / 3];
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
      for (int w = 0; w < width; w++) ADD_PRODUCT(sum[r][w], left, right[w]);
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
static __attribute__((noinline)) void SK_ISA(multiply)(int64_t m, int64_t n, int64_t k, const sk_operand *a, int64_t a_row,
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
      const sk_operand *left = a + first * a_row;
      const float *scale = row_scale ? row_scale + first : NULL;
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
