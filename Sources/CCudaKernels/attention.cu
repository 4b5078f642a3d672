// Attention in f32 arithmetic over any operands. A block takes a tile of queries (or of keys) of one head and walks along
// the tiles of the other side: what the two make of each other stays in registers and shared memory.

/// A block is 8 × 16 threads: row threads of which each takes `R` rows of a tile of rows, 8 apart, and column threads
/// with `C` columns of a product of two tiles, 16 apart, or W / 16 elements of a row. W: at least a head's width.
template <int W> struct Tile {
  static constexpr int R = W == 256 ? 2 : 4, C = W == 256 ? 1 : W == 128 ? 2 : 4;
  static constexpr int rows = 8 * R, columns = 16 * C;
  // Rows begin four banks apart.
  static constexpr int stride = W + 4, weightStride = columns + 4;
};
enum { threads = 128 };
DEVICE int rowThread() { return threadIdx.x / 16; }
DEVICE int columnThread() { return threadIdx.x % 16; }

/// One head of one sequence: its number, and the first rows and lengths of its queries and keys.
struct Head {
  int number;
  int firstQuery, firstKey, queries, keys;
};
DEVICE Head headOf(const ms_attention &a, int sequence, int number) {
  const int query = a.query_offsets[sequence], key = a.key_offsets[sequence];
  return {number, query, key, a.query_offsets[sequence + 1] - query, a.key_offsets[sequence + 1] - key};
}

/// The row of the matrices that a row of the sequences is; −1: none.
DEVICE i64 placeOf(const ms_attention &a, int row) { return a.places ? a.places[row] : row; }

// ---- tiles ----------------------------------------------------------------------------------------------------------

/// factor · `count` rows of a head, from a row of the sequences on, as a tile; zeros from row `present` on. `outside`: the
/// row of all heads for a row that is none, NULL: zeros.
template <int W>
DEVICE void loadRows(float *tile, const ms_attention &a, const ms_attention_matrix &x, const float *outside, int head,
                     int count, int row, int present, float factor) {
  constexpr int quads = W / 4, batch = 4;
  const i64 shift = (i64)head * a.width;
  const bool isNarrow = a.type == MS_BF16;
  if (a.is_vector && !outside) {
    present = min(present, count);
    // Four loads are under way at once.
#pragma unroll 1
    for (int first = threadIdx.x; first < count * quads; first += batch * threads) {
      float4 four[batch];
#pragma unroll
      for (int i = 0; i < batch; ++i) {
        const int index = first + i * threads, own = index / quads, column = 4 * (index % quads);
        const i64 place = own < present && column < a.width ? placeOf(a, row + own) : -1;
        const i64 at = place * x.stride + shift + column;
        four[i] = make_float4(0, 0, 0, 0);
        if (place >= 0)
          four[i] = isNarrow ? load4((const bf16 *)x.elements + at) : load4((const float *)x.elements + at);
      }
#pragma unroll
      for (int i = 0; i < batch; ++i) {
        const int index = first + i * threads, own = index / quads, column = 4 * (index % quads);
        if (own < count)
          store4(tile + own * Tile<W>::stride + column,
                 make_float4(factor * four[i].x, factor * four[i].y, factor * four[i].z, factor * four[i].w));
      }
    }
    return;
  }
#pragma unroll 1
  for (int index = threadIdx.x; index < count * W; index += threads) {
    const int own = index / W, column = index % W;
    float value = 0;
    if (own < present && column < a.width) {
      const i64 place = placeOf(a, row + own), at = place * x.stride + shift + column;
      if (place < 0) value = outside ? outside[shift + column] : 0;
      else value = isNarrow ? toFloat(((const bf16 *)x.elements)[at]) : ((const float *)x.elements)[at];
    }
    tile[own * Tile<W>::stride + column] = factor * value;
  }
}

/// Two tiles one behind the other: of x and of y, of which the first is multiplied by `factor`.
template <int W>
DEVICE void loadPair(float *tiles, const ms_attention &a, const ms_attention_matrix &x, const ms_attention_matrix &y,
                     const float *outside, int head, int count, int row, int present, float factor) {
#pragma unroll 1
  for (int part = 0; part < 2; ++part)
    loadRows<W>(tiles + part * count * Tile<W>::stride, a, part ? y : x,
                outside ? outside + part * a.heads * a.width : nullptr, head, count, row, present, part ? 1 : factor);
}

/// The first of the thread's elements of a row that lie side by side; the next ones are 64 further on.
template <int W> DEVICE constexpr int neighbours() { return W == 32 ? 2 : 4; }
template <int W> DEVICE int columnOf(int part) { return neighbours<W>() * columnThread() + 64 * part; }

/// Leaves rows of results in a tile that all threads may read behind this, and nobody reads any more.
template <int W, int R> DEVICE void leaveRows(float *tile, const float (&x)[R][W / 16], const float (&factor)[R]) {
  constexpr int n = neighbours<W>();
  __syncthreads();
#pragma unroll
  for (int i = 0; i < R; ++i)
#pragma unroll
    for (int c = 0; c < W / 16; ++c)
      tile[(rowThread() + 8 * i) * Tile<W>::stride + columnOf<W>(c / n) + c % n] = factor[i] * x[i][c];
  __syncthreads();
}

/// Writes the first `present` rows of a tile to where they belong, if anywhere.
template <int W>
DEVICE void storeRows(const float *tile, const ms_attention &a, const ms_attention_matrix &y, int head, int row,
                      int present) {
  constexpr int quads = W / 4;
  present = min(present, Tile<W>::rows);
#pragma unroll 1
  for (int index = threadIdx.x; index < present * quads; index += threads) {
    const int own = index / quads, column = 4 * (index % quads);
    const i64 place = placeOf(a, row + own), at = place * y.stride + (i64)head * a.width + column;
    if (place < 0 || column >= a.width) continue;
    const float4 four = load4(tile + own * Tile<W>::stride + column);
    if (a.is_vector) {
      if (a.type == MS_BF16) store4((bf16 *)y.elements + at, four);
      else store4((float *)y.elements + at, four);
      continue;
    }
    const float x[4] = {four.x, four.y, four.z, four.w};
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      if (column + i >= a.width) continue;
      if (a.type == MS_BF16) store((bf16 *)y.elements + at + i, x[i]);
      else store((float *)y.elements + at + i, x[i]);
    }
  }
}

// ---- products of tiles ----------------------------------------------------------------------------------------------

/// y[i][j] = a row of the one tile times a row of the other.
template <int W, int R, int C>
DEVICE void multiply(float (&y)[R][C], const float *rows, const float *columns, int width) {
  constexpr int stride = Tile<W>::stride;
  rows += rowThread() * stride;
  columns += columnThread() * stride;
#pragma unroll
  for (int i = 0; i < R; ++i)
#pragma unroll
    for (int j = 0; j < C; ++j) y[i][j] = 0;
#pragma unroll 2
  for (int k = 0; k < width; k += 4) {
    float4 column[C];
#pragma unroll
    for (int j = 0; j < C; ++j) column[j] = load4(columns + 16 * j * stride + k);
#pragma unroll
    for (int i = 0; i < R; ++i) {
      const float4 row = load4(rows + 8 * i * stride + k);
#pragma unroll
      for (int j = 0; j < C; ++j) {
        y[i][j] += row.x * column[j].x;
        y[i][j] += row.y * column[j].y;
        y[i][j] += row.z * column[j].z;
        y[i][j] += row.w * column[j].w;
      }
    }
  }
}

/// y[i] += Σ_k weights[row i][k] · tile[k], over the first `count` rows of the tile and the zeros behind them.
template <int W, int R>
DEVICE void accumulate(float (&y)[R][W / 16], const float *weights, const float *tile, int count) {
  constexpr int stride = Tile<W>::stride, weightStride = Tile<W>::weightStride, n = neighbours<W>();
  weights += rowThread() * weightStride;
#pragma unroll 1
  for (int k = 0; k < count; k += 4) {
    float weight[R][4];
#pragma unroll
    for (int i = 0; i < R; ++i) {
      const float4 four = load4(weights + 8 * i * weightStride + k);
      weight[i][0] = four.x;
      weight[i][1] = four.y;
      weight[i][2] = four.z;
      weight[i][3] = four.w;
    }
#pragma unroll
    for (int e = 0; e < 4; ++e) {
      const float *row = tile + (k + e) * stride;
#pragma unroll
      for (int part = 0; part < W / 16 / n; ++part) {
        float x[n];
        if constexpr (n == 4) {
          const float4 four = load4(row + columnOf<W>(part));
          x[0] = four.x;
          x[1] = four.y;
          x[2] = four.z;
          x[3] = four.w;
        } else {
          const float2 two = *(const float2 *)(row + columnOf<W>(part));
          x[0] = two.x;
          x[1] = two.y;
        }
#pragma unroll
        for (int i = 0; i < R; ++i)
#pragma unroll
          for (int c = 0; c < n; ++c) y[i][part * n + c] += weight[i][e] * x[c];
      }
    }
  }
}

// ---- scores ---------------------------------------------------------------------------------------------------------

/// Where a product of tiles lies in its sequence: its first row and column, queries and keys or the other way round.
/// A thread's elements of it, in `weights`, are its own until the warp waits.
template <int W, bool keysAreRows> struct Scores {
  const ms_attention &a;
  const Head &head;
  float *weights;
  int firstRow, firstColumn;
  typedef Tile<W> T;

  __device__ __forceinline__ float *row(int i) const {
    return weights + (rowThread() + 8 * i) * T::weightStride + columnThread();
  }
  __device__ __forceinline__ int query(int i, int j) const {
    return keysAreRows ? firstColumn + columnThread() + 16 * j : firstRow + rowThread() + 8 * i;
  }
  __device__ __forceinline__ int key(int i, int j) const {
    return keysAreRows ? firstRow + rowThread() + 8 * i : firstColumn + columnThread() + 16 * j;
  }

  /// From scaled products to scores: minus infinity where a key is not seen, or a row or column is none.
  __device__ __forceinline__ void finish(float (&s)[T::R][T::C]) const {
    const bool isFull = firstRow + T::rows <= (keysAreRows ? head.keys : head.queries) &&
                        firstColumn + T::columns <= (keysAreRows ? head.queries : head.keys);
    if (isFull && !a.causal && !a.key_mask && !a.bias && !a.regions) return;
    // By way of shared memory, so that the text of this is needed once, not for every row.
#pragma unroll
    for (int i = 0; i < T::R; ++i)
#pragma unroll
      for (int j = 0; j < T::C; ++j) row(i)[16 * j] = s[i][j];
#pragma unroll 1
    for (int i = 0; i < T::R; ++i) finishRow(i);
#pragma unroll
    for (int i = 0; i < T::R; ++i)
#pragma unroll
      for (int j = 0; j < T::C; ++j) s[i][j] = row(i)[16 * j];
  }

  __device__ __forceinline__ void finishRow(int i) const {
    float s[T::C];
    bool isSeen[T::C];
    // A number within the sequence for what is none, so that loads need no condition.
    int q[T::C], k[T::C];
#pragma unroll
    for (int j = 0; j < T::C; ++j) {
      s[j] = row(i)[16 * j];
      isSeen[j] = query(i, j) < head.queries && key(i, j) < head.keys &&
                  (!a.causal || key(i, j) <= query(i, j) + head.keys - head.queries);
      q[j] = min(query(i, j), head.queries - 1);
      k[j] = min(key(i, j), head.keys - 1);
    }
    if (a.bias) {
      const float *bias = a.bias + (i64)head.number * a.longest_query * a.longest_key;
#pragma unroll
      for (int j = 0; j < T::C; ++j) s[j] += bias[(i64)q[j] * a.longest_key + k[j]];
    }
    if (a.key_mask) {
#pragma unroll
      for (int j = 0; j < T::C; ++j) isSeen[j] = isSeen[j] && a.key_mask[head.firstKey + k[j]] != 0;
    }
    if (a.regions) {
#pragma unroll
      for (int j = 0; j < T::C; ++j)
        s[j] -= a.regions[head.firstQuery + q[j]] != a.regions[head.firstKey + k[j]] ? 100 : 0;
    }
#pragma unroll
    for (int j = 0; j < T::C; ++j) row(i)[16 * j] = isSeen[j] ? s[j] : -INFINITY;
  }

  /// Leaves what dropout multiplies probabilities by in the weights.
  __device__ __forceinline__ void leaveFactors() const {
    if (a.dropout_threshold == 0) return;
    const u64 dropoutKey = *a.dropout_key;
#pragma unroll 1
    for (int i = 0; i < T::R; ++i)
#pragma unroll
      for (int j = 0; j < T::C; ++j) {
        const u64 own = (u64)(a.first_row + head.firstQuery + query(i, j)) * a.heads + head.number;
        const u32 bits = randomBits(dropoutKey, own * a.longest_key + key(i, j));
        row(i)[16 * j] = bits >= a.dropout_threshold ? a.dropout_factor : 0;
      }
  }
  __device__ __forceinline__ float factor(int i, int j) const {
    return a.dropout_threshold == 0 ? 1 : row(i)[16 * j];
  }
};

/// The keys behind which none of the queries before `end` sees any.
DEVICE int seenKeys(const ms_attention &a, const Head &head, int end) {
  return a.causal ? max(0, min(head.keys, min(end, head.queries) + head.keys - head.queries)) : head.keys;
}

/// From scores and the gradients of dropped-out probabilities to dropped-out probabilities and gradients of scores.
template <class Scores, int R, int C>
DEVICE void differentiate(const Scores &scores, float (&s)[R][C], float (&dp)[R][C], int i, int j, float logSum,
                          float delta) {
  const float p = logSum == -INFINITY ? 0 : expf(s[i][j] - logSum), factor = scores.factor(i, j);
  s[i][j] = p * factor;
  dp[i][j] = p * (dp[i][j] * factor - delta);
}

// ---- passes ---------------------------------------------------------------------------------------------------------

/// out and log_sum of a tile of queries; blocks: tiles of the longest sequence, heads, sequences.
template <int W> DEVICE void forward(const ms_attention &a, u8 *memory) {
  typedef Tile<W> T;
  constexpr int R = T::R, C = T::C;
  const int tiles = (a.longest_query + T::rows - 1) / T::rows, unit = blockIdx.x / tiles;
  const int firstRow = blockIdx.x % tiles * T::rows;
  const Head head = headOf(a, unit / a.heads, unit % a.heads);
  if (firstRow >= head.queries) return;
  const int total = a.heads * a.width, row = head.firstQuery + firstRow, present = head.queries - firstRow;
  const float *outside = a.outside ? a.outside + total : nullptr;
  float *queries = (float *)memory, *keys = queries + T::rows * T::stride, *values = keys + T::columns * T::stride;
  float *weights = values + T::columns * T::stride;

  loadRows<W>(queries, a, a.q, nullptr, head.number, T::rows, row, present, a.scale);
  float most[R], sum[R], out[R][W / 16];
#pragma unroll
  for (int i = 0; i < R; ++i) {
    most[i] = -INFINITY;
    sum[i] = 0;
#pragma unroll
    for (int c = 0; c < W / 16; ++c) out[i][c] = 0;
  }
  const int seen = seenKeys(a, head, firstRow + T::rows);
#pragma unroll 1
  for (int first = 0; first < seen; first += T::columns) {
    const int count = min(T::columns, seen - first), key = head.firstKey + first;
    __syncthreads();
    loadPair<W>(keys, a, a.k, a.v, outside, head.number, T::columns, key, count, 1);
    __syncthreads();
    const Scores<W, false> scores = {a, head, weights, firstRow, first};
    float s[R][C];
    multiply<W>(s, queries, keys, a.width);
    scores.finish(s);
    scores.leaveFactors();
#pragma unroll
    for (int i = 0; i < R; ++i) {
      float best = most[i];
#pragma unroll
      for (int j = 0; j < C; ++j) best = fmaxf(best, s[i][j]);
      // The sixteen threads of a row are half a warp.
#pragma unroll
      for (int step = 8; step > 0; step >>= 1) best = fmaxf(best, __shfl_xor_sync(0xffffffffu, best, step));
      // Nothing seen so far: no infinity is taken from another, and a NaN among the scores stays one.
      const float shift = best == -INFINITY ? 0 : best, fade = expf(most[i] - shift);
      most[i] = best;
      sum[i] *= fade;
#pragma unroll
      for (int c = 0; c < W / 16; ++c) out[i][c] *= fade;
#pragma unroll
      for (int j = 0; j < C; ++j) {
        const float p = expf(s[i][j] - shift);
        sum[i] += p;
        scores.row(i)[16 * j] = p * scores.factor(i, j);
      }
    }
    // A row of weights is written and read by the same half of a warp.
    __syncwarp();
    accumulate<W>(out, weights, values, count);
  }
  float factor[R];
#pragma unroll
  for (int i = 0; i < R; ++i) {
    const int own = rowThread() + 8 * i;
#pragma unroll
    for (int step = 8; step > 0; step >>= 1) sum[i] += __shfl_xor_sync(0xffffffffu, sum[i], step);
    const bool isBlind = sum[i] == 0;
    factor[i] = isBlind ? 0 : 1 / sum[i];
    if (columnThread() == 0 && own < present)
      a.log_sum[(i64)(row + own) * a.heads + head.number] = isBlind ? -INFINITY : most[i] + logf(sum[i]);
  }
  leaveRows<W>(queries, out, factor);
  storeRows<W>(queries, a, a.out, head.number, row, present);
}

/// dq of a tile of queries, and this group's part of dbias; blocks: tiles of the longest sequence, heads, groups.
template <int W> DEVICE void backwardQueries(const ms_attention &a, u8 *memory) {
  typedef Tile<W> T;
  constexpr int R = T::R, C = T::C;
  const int tiles = (a.longest_query + T::rows - 1) / T::rows, unit = blockIdx.x / tiles;
  const int firstRow = blockIdx.x % tiles * T::rows, group = unit / a.heads, number = unit % a.heads;
  const int total = a.heads * a.width;
  const float *outside = a.outside ? a.outside + total : nullptr;
  float *queries = (float *)memory, *douts = queries + T::rows * T::stride, *keys = douts + T::rows * T::stride;
  float *values = keys + T::columns * T::stride, *weights = values + T::columns * T::stride;

  const i64 area = (i64)a.longest_query * a.longest_key;
  float *dbias = a.dbias_parts ? a.dbias_parts + ((i64)group * a.heads + number) * area : nullptr;
  if (dbias) {
    const i64 end = min((i64)(firstRow + T::rows) * a.longest_key, area);
    for (i64 i = (i64)firstRow * a.longest_key + threadIdx.x; i < end; i += threads) dbias[i] = 0;
  }
  const int last = (int)((i64)a.sequences * (group + 1) / a.groups);
#pragma unroll 1
  for (int sequence = (int)((i64)a.sequences * group / a.groups); sequence < last; ++sequence) {
    const Head head = headOf(a, sequence, number);
    if (firstRow >= head.queries) continue;
    const int row = head.firstQuery + firstRow, present = head.queries - firstRow;
    __syncthreads();
    loadPair<W>(queries, a, a.q, a.dout, nullptr, number, T::rows, row, present, a.scale);
    float logSum[R], delta[R], scale[R], dq[R][W / 16];
#pragma unroll
    for (int i = 0; i < R; ++i) {
      const int own = rowThread() + 8 * i;
      const i64 index = (i64)(row + own) * a.heads + number;
      logSum[i] = own < present ? a.log_sum[index] : 0;
      delta[i] = own < present ? a.delta[index] : 0;
      scale[i] = a.scale;
#pragma unroll
      for (int c = 0; c < W / 16; ++c) dq[i][c] = 0;
    }
    const int seen = seenKeys(a, head, firstRow + T::rows);
#pragma unroll 1
    for (int first = 0; first < seen; first += T::columns) {
      const int count = min(T::columns, seen - first), key = head.firstKey + first;
      __syncthreads();
      loadPair<W>(keys, a, a.k, a.v, outside, number, T::columns, key, count, 1);
      __syncthreads();
      const Scores<W, false> scores = {a, head, weights, firstRow, first};
      float s[R][C], dp[R][C];
      multiply<W>(s, queries, keys, a.width);
      scores.finish(s);
      multiply<W>(dp, douts, values, a.width);
      scores.leaveFactors();
#pragma unroll
      for (int i = 0; i < R; ++i)
#pragma unroll
        for (int j = 0; j < C; ++j) {
          differentiate(scores, s, dp, i, j, logSum[i], delta[i]);
          scores.row(i)[16 * j] = dp[i][j];
        }
      if (dbias) {
#pragma unroll 1
        for (int i = 0; i < R; ++i) {
          const int query = scores.query(i, 0);
          float *place = dbias + (i64)query * a.longest_key + scores.key(i, 0), before[C];
          const int there = query < head.queries ? head.keys - scores.key(i, 0) : 0;
#pragma unroll
          for (int j = 0; j < C; ++j) before[j] = 16 * j < there ? place[16 * j] : 0;
#pragma unroll
          for (int j = 0; j < C; ++j)
            if (16 * j < there) place[16 * j] = before[j] + scores.row(i)[16 * j];
        }
      }
      __syncwarp();
      accumulate<W>(dq, weights, keys, count);
    }
    leaveRows<W>(queries, dq, scale);
    storeRows<W>(queries, a, a.dq, number, row, present);
  }
}

/// Adds up those rows of a tile that lie outside the grid.
template <int W> DEVICE void sumOutside(const float *tile, const ms_attention &a, int row, int present, float *sums) {
  for (int column = threadIdx.x; column < a.width; column += threads) {
    float sum = 0;
    for (int own = 0; own < min(present, Tile<W>::rows); ++own)
      if (placeOf(a, row + own) < 0) sum += tile[own * Tile<W>::stride + column];
    sums[column] = sum;
  }
}

/// dk and dv of a tile of keys, and this tile's part of doutside; blocks: tiles of the longest sequence, heads,
/// sequences.
template <int W> DEVICE void backwardKeys(const ms_attention &a, u8 *memory) {
  typedef Tile<W> T;
  constexpr int R = T::R, C = T::C;
  const int tiles = (a.longest_key + T::rows - 1) / T::rows, unit = blockIdx.x / tiles, tile = blockIdx.x % tiles;
  const int firstRow = tile * T::rows, sequence = unit / a.heads, number = unit % a.heads;
  const Head head = headOf(a, sequence, number);
  const int total = a.heads * a.width, row = head.firstKey + firstRow, present = head.keys - firstRow;
  const float *outside = a.outside ? a.outside + total : nullptr;
  float *keys = (float *)memory, *values = keys + T::rows * T::stride, *queries = values + T::rows * T::stride;
  float *douts = queries + T::columns * T::stride, *weights = douts + T::columns * T::stride;

  loadPair<W>(keys, a, a.k, a.v, outside, number, T::rows, row, present, 1);
  float one[R], dk[R][W / 16], dv[R][W / 16];
#pragma unroll
  for (int i = 0; i < R; ++i) {
    one[i] = 1;
#pragma unroll
    for (int c = 0; c < W / 16; ++c) dk[i][c] = dv[i][c] = 0;
  }
  const int end = present > 0 ? head.queries : 0;
#pragma unroll 1
  for (int first = a.causal ? max(0, firstRow - head.keys + head.queries) : 0; first < end; first += T::columns) {
    const int count = min(T::columns, end - first), query = head.firstQuery + first;
    __syncthreads();
    loadPair<W>(queries, a, a.q, a.dout, nullptr, number, T::columns, query, count, a.scale);
    __syncthreads();
    const Scores<W, true> scores = {a, head, weights, firstRow, first};
    float s[R][C], dp[R][C];
    multiply<W>(s, keys, queries, a.width);
    scores.finish(s);
    multiply<W>(dp, values, douts, a.width);
    scores.leaveFactors();
#pragma unroll
    for (int j = 0; j < C; ++j) {
      const int column = columnThread() + 16 * j;
      const i64 index = (i64)(query + column) * a.heads + number;
      const float logSum = column < count ? a.log_sum[index] : 0, delta = column < count ? a.delta[index] : 0;
#pragma unroll
      for (int i = 0; i < R; ++i) {
        differentiate(scores, s, dp, i, j, logSum, delta);
        scores.row(i)[16 * j] = dp[i][j];
      }
    }
    __syncwarp();
    accumulate<W>(dk, weights, queries, count);
    __syncwarp();
#pragma unroll
    for (int i = 0; i < R; ++i)
#pragma unroll
      for (int j = 0; j < C; ++j) scores.row(i)[16 * j] = s[i][j];
    __syncwarp();
    accumulate<W>(dv, weights, douts, count);
  }
  leaveRows<W>(keys, dk, one);
  leaveRows<W>(values, dv, one);
#pragma unroll 1
  for (int part = 0; part < 2; ++part)
    storeRows<W>(part ? values : keys, a, part ? a.dv : a.dk, number, row, present);
  if (!a.doutside_parts) return;
  float *sums = a.doutside_parts + ((i64)sequence * tiles + tile) * 2 * total + number * a.width;
  sumOutside<W>(keys, a, row, present, sums);
  sumOutside<W>(values, a, row, present, sums + total);
}

// As many blocks as shared memory leaves room for.
#define WIDTH(W)                                                    \
  KERNEL_FITTING(threads, 4, attention_forward_##W, ms_attention) { \
    SHARED(memory);                                                 \
    forward<W>(a, memory);                                          \
  }                                                                 \
  KERNEL_FITTING(threads, 3, attention_queries_##W, ms_attention) { \
    SHARED(memory);                                                 \
    backwardQueries<W>(a, memory);                                  \
  }                                                                 \
  KERNEL_FITTING(threads, 3, attention_keys_##W, ms_attention) {    \
    SHARED(memory);                                                 \
    backwardKeys<W>(a, memory);                                     \
  }
WIDTH(32)
WIDTH(64)
WIDTH(128)
WIDTH(256)

DEVICE float element(const ms_attention &a, const ms_attention_matrix &x, i64 index) {
  return a.type == MS_BF16 ? toFloat(((const bf16 *)x.elements)[index]) : ((const float *)x.elements)[index];
}

/// delta = dout · out, a warp for each row and head; 0 for a row that is none.
KERNEL(256, attention_delta, ms_attention) {
  const i64 index = (i64)blockIdx.x * 8 + threadIdx.x / 32;
  if (index >= a.query_rows * a.heads) return;
  const i64 place = placeOf(a, (int)(index / a.heads)), first = index % a.heads * a.width;
  const i64 upstream = place * a.dout.stride + first, result = place * a.out.stride + first;
  float sum = 0;
  if (place >= 0)
    for (int c = threadIdx.x % 32; c < a.width; c += 32)
      sum += element(a, a.dout, upstream + c) * element(a, a.out, result + c);
  sum = warpSum(sum);
  if (threadIdx.x % 32 == 0) a.delta[index] = sum;
}

/// 32 columns a block; its warps take every so many-th part, and their sums are added in their order.
KERNEL(1024, attention_sums, ms_attention_sums) {
  SHARED(memory);
  float *sums = (float *)memory;
  const int lane = threadIdx.x % 32, warp = threadIdx.x / 32, warps = blockDim.x / 32;
  const i64 column = (i64)blockIdx.x * 32 + lane;
  float sum = 0;
  if (column < a.columns)
    for (int part = warp; part < a.parts; part += warps) sum += a.x[part * a.columns + column];
  sums[threadIdx.x] = sum;
  __syncthreads();
  if (warp > 0 || column >= a.columns) return;
  for (int other = 1; other < warps; ++other) sum += sums[other * 32 + lane];
  a.y[column] += sum;
}
