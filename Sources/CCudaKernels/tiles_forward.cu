// The forward pass of attention on the matrix units.

namespace tiles {
constexpr float ln2 = 0.69314718055994531f;

/// 16·parts queries of a warp: the queries as operands, the results so far, and what softmax knows.
template <int width, int parts> struct Rows {
  u32 q[parts][width / 16][4];
  float out[parts][width / 8][4];
  // Of rows g and g + 8: a maximum of the scores so far, in powers of two, and this lane's part of the sum.
  float top[parts][2], sum[parts][2];
};

/// 16·steps keys. Scores are scaled by `scale` into powers of two. `first`: the first query and key.
template <int width, int parts, int steps, bool full, bool biased>
DEVICE void attend(Rows<width, parts> &rows, const bf16 *keys, const bf16 *values, float scale,
                   const ms_attention_tiles &a, const Sequence &at, const Keep &keep, int firstQuery, int firstKey) {
  const int lane = threadIdx.x % 32, column = firstKey + (lane & 3) * 2;
  const float unscale = 1 / a.scale;
  float s[parts][2 * steps][4] = {};
#pragma unroll
  for (int k = 0; k < width / 16; ++k)
#pragma unroll
    for (int n = 0; n < steps; ++n) {
      u32 b[4];
      loadMatrix4(b, rightTransposed<width>(keys, lane) + n * 16 * stride<width> + k * 16);
#pragma unroll
      for (int m = 0; m < parts; ++m) {
        mma16816(s[m][2 * n], rows.q[m][k], b[0], b[1]);
        mma16816(s[m][2 * n + 1], rows.q[m][k], b[2], b[3]);
      }
    }

  if (biased && (a.bias || a.regions)) {
#pragma unroll
    for (int m = 0; m < parts; ++m)
#pragma unroll
      for (int n = 0; n < 2 * steps; ++n)
#pragma unroll
        for (int i = 0; i < 4; ++i)
          s[m][n][i] +=
              addend(a, at, firstQuery + m * 16 + (i >> 1) * 8 + (lane >> 2), column + n * 8 + (i & 1)) * unscale;
  }
  if (at.seen<full>(a, firstQuery) < firstKey + 16 * steps) {
#pragma unroll
    for (int m = 0; m < parts; ++m)
#pragma unroll
      for (int r = 0; r < 2; ++r) {
        const int end = at.seen<full>(a, firstQuery + m * 16 + r * 8 + (lane >> 2)) - column;
#pragma unroll
        for (int n = 0; n < 2 * steps; ++n)
#pragma unroll
          for (int i = 0; i < 2; ++i)
            if (n * 8 + i >= end) s[m][n][2 * r + i] = -INFINITY;
      }
  }
  if (full && a.key_mask) {
#pragma unroll
    for (int n = 0; n < 2 * steps; ++n)
#pragma unroll
      for (int i = 0; i < 2; ++i) {
        const int key = column + n * 8 + i;
        const bool isHidden = key < at.keys && !a.key_mask[at.k0 + key];
#pragma unroll
        for (int m = 0; m < parts; ++m)
          if (isHidden) s[m][n][i] = s[m][n][2 + i] = -INFINITY;
      }
  }

  float largest[parts][2];
  bool grows = false;
#pragma unroll
  for (int m = 0; m < parts; ++m)
#pragma unroll
    for (int r = 0; r < 2; ++r) {
      float x = -INFINITY;
#pragma unroll
      for (int n = 0; n < 2 * steps; ++n) x = fmaxf(x, fmaxf(s[m][n][2 * r], s[m][n][2 * r + 1]));
      x = fmaxf(x, __shfl_xor_sync(0xffffffffu, x, 1));
      x = fmaxf(x, __shfl_xor_sync(0xffffffffu, x, 2));
      largest[m][r] = x * scale;
      grows |= largest[m][r] > rows.top[m][r] + 8;
    }
  // Any maximum serves that powers up to 2^8 above it are summed without loss: most tiles leave it as it is.
  if (__ballot_sync(0xffffffffu, grows)) {
#pragma unroll
    for (int m = 0; m < parts; ++m)
#pragma unroll
      for (int r = 0; r < 2; ++r) {
        const float top = fmaxf(rows.top[m][r], largest[m][r]);
        const float factor = top == -INFINITY ? 1 : exp2Fast(rows.top[m][r] - top);
        rows.top[m][r] = top;
        rows.sum[m][r] *= factor;
#pragma unroll
        for (int n = 0; n < width / 8; ++n) {
          rows.out[m][n][2 * r] *= factor;
          rows.out[m][n][2 * r + 1] *= factor;
        }
      }
  }
#pragma unroll
  for (int m = 0; m < parts; ++m)
#pragma unroll
    for (int r = 0; r < 2; ++r) {
      const float top = rows.top[m][r] == -INFINITY ? 0 : rows.top[m][r];
      float sum = 0;
#pragma unroll
      for (int n = 0; n < 2 * steps; ++n)
#pragma unroll
        for (int i = 0; i < 2; ++i) {
          float &p = s[m][n][2 * r + i];
          p = exp2Fast(p * scale - top);
          sum += p;
          if (full && keep.threshold &&
              !keep.keeps(firstQuery + m * 16 + r * 8 + (lane >> 2), column + n * 8 + i)) p = 0;
        }
      rows.sum[m][r] += sum;
    }

#pragma unroll
  for (int k = 0; k < steps; ++k) {
    u32 p[parts][4];
#pragma unroll
    for (int m = 0; m < parts; ++m) packLeft(p[m], s[m][2 * k], s[m][2 * k + 1]);
#pragma unroll
    for (int n = 0; n < width / 16; ++n) {
      u32 b[4];
      loadMatrix4Transposed(b, right<width>(values, lane) + k * 16 * stride<width> + n * 16);
#pragma unroll
      for (int m = 0; m < parts; ++m) {
        mma16816(rows.out[m][2 * n], p[m], b[0], b[1]);
        mma16816(rows.out[m][2 * n + 1], p[m], b[2], b[3]);
      }
    }
  }
}

/// One block: 16·parts queries of a head for each warp. Shared memory: the queries, and twice 64 keys and values.
template <int width, int parts, bool full, bool biased> DEVICE void forward(const ms_attention_tiles &a) {
  constexpr int rowsOfWarp = 16 * parts, ld = stride<width>;
  const int warps = blockDim.x / 32;
  SHARED(raw);
  bf16 *queries = (bf16 *)raw, *keys = queries + warps * rowsOfWarp * ld, *values = keys + 2 * length * ld;
  const int item = blockIdx.x / a.query_parts;
  const Sequence at(a, item / a.heads, item % a.heads);
  const int blockQuery = blockIdx.x % a.query_parts * warps * rowsOfWarp;
  if (blockQuery >= at.queries) return;
  const int warp = threadIdx.x / 32, lane = threadIdx.x % 32, firstQuery = blockQuery + warp * rowsOfWarp;
  const Keep keep(a, at.q0, at.head);
  const Loader<width, biased> loader;
  const int limit = at.seen<full>(a, min(blockQuery + warps * rowsOfWarp, at.queries) - 1);
  const int own = firstQuery < at.queries ? at.seen<full>(a, min(firstQuery + rowsOfWarp, at.queries) - 1) : 0;
  const float scale = a.scale * log2e;

  Rows<width, parts> rows;
#pragma unroll
  for (int m = 0; m < parts; ++m) {
#pragma unroll
    for (int n = 0; n < width / 8; ++n)
#pragma unroll
      for (int i = 0; i < 4; ++i) rows.out[m][n][i] = 0;
    rows.top[m][0] = rows.top[m][1] = -INFINITY;
    rows.sum[m][0] = rows.sum[m][1] = 0;
  }
  if (limit > 0) {
    loader.load(a, queries, warps * rowsOfWarp, (const bf16 *)a.q + at.head * width, a.q_stride, at.q0 + blockQuery,
                at.queries - blockQuery, nullptr);
    loadKeys(a, at, loader, keys, values, 0, length);
  }
  for (int start = 0; start < limit; start += length) {
    const int stage = start / length & 1;
    waitAsync<0>();
    __syncthreads();
    if (start == 0) {
#pragma unroll
      for (int m = 0; m < parts; ++m)
#pragma unroll
        for (int step = 0; step < width / 16; ++step)
          loadMatrix4(rows.q[m][step], left<width>(queries + (warp * parts + m) * 16 * ld, lane) + step * 16);
    }
    // All warps are done with the other stage.
    if (const int next = start + length; next < limit) {
      const int place = (stage ^ 1) * length * ld;
      loadKeys(a, at, loader, keys + place, values + place, next, length);
    }
    const bf16 *keyTile = keys + stage * length * ld, *valueTile = values + stage * length * ld;
    for (int key = start; key < min(own, start + length);) {
      const int place = (key - start) * ld, left = own - key;
      if (left > 16) {
        attend<width, parts, 2, full, biased>(rows, keyTile + place, valueTile + place, scale, a, at, keep, firstQuery,
                                              key);
        key += 32;
      } else {
        attend<width, parts, 1, full, biased>(rows, keyTile + place, valueTile + place, scale, a, at, keep, firstQuery,
                                              key);
        key += 16;
      }
    }
  }

#pragma unroll
  for (int m = 0; m < parts; ++m) {
    float factor[2];
#pragma unroll
    for (int r = 0; r < 2; ++r) {
      float sum = rows.sum[m][r];
      sum += __shfl_xor_sync(0xffffffffu, sum, 1);
      sum += __shfl_xor_sync(0xffffffffu, sum, 2);
      const int query = firstQuery + m * 16 + r * 8 + (lane >> 2);
      factor[r] = sum > 0 ? a.dropout.scale / sum : 0;
      if ((lane & 3) == 0 && query < at.queries)
        a.log_sum_exp[(i64)(at.q0 + query) * a.heads + at.head] =
            sum > 0 ? (rows.top[m][r] + log2f(sum)) * ln2 : -INFINITY;
    }
    const int query = firstQuery + m * 16;
    storeRows<width>(queries + (warp * parts + m) * 16 * ld, rows.out[m], factor[0], factor[1], [&](int row) {
      const i64 place = query + row < at.queries ? rowOf<biased>(a, at.q0 + query + row) : -1;
      return place < 0 ? nullptr : (bf16 *)a.out + (place * a.heads + at.head) * width;
    });
  }
}
}  // namespace tiles

#define FORWARD(name, width, parts, fitting, full, biased)                                             \
  KERNEL_FITTING(128, fitting, attention_tiles_forward_##width##_##name, ms_attention_tiles) {         \
    tiles::forward<width, parts, full, biased>(a);                                                     \
  }
FORWARD(16, 32, 1, 5, false, false)
FORWARD(32, 32, 2, 3, false, false)
FORWARD(full, 32, 1, 4, true, false)
FORWARD(biased, 32, 1, 4, true, true)
FORWARD(16, 64, 1, 4, false, false)
FORWARD(32, 64, 2, 3, false, false)
FORWARD(full, 64, 1, 3, true, false)
FORWARD(biased, 64, 1, 3, true, true)
FORWARD(16, 80, 1, 3, false, false)
FORWARD(32, 80, 2, 2, false, false)
FORWARD(full, 80, 1, 3, true, false)
