// The backward pass of attention on the matrix units, but for the bias.

namespace tiles {
/// Elements between rows of a tile of slopes [keys, queries].
constexpr int slopeStride = stride<length>;

/// What the backward pass knows of a query: its log-sum-exp in powers of two (∞ where it sees nothing), and
/// rowsum(dout ⊙ out).
struct alignas(8) Statistics { float logSum, delta; };

/// Shared memory of a block of `warps` warps: 16 keys and values for each, twice 64 queries and gradients of results,
/// the slopes of their scores [keys, queries], and the statistics of all queries.
template <int width> struct BackwardMemory {
  bf16 *keys, *values, *queries, *douts, *slopes;
  Statistics *statistics;

  BackwardMemory(u8 *raw, int warps) {
    constexpr int ld = stride<width>;
    keys = (bf16 *)raw;
    values = keys + warps * 16 * ld;
    queries = values + warps * 16 * ld;
    douts = queries + 2 * length * ld;
    slopes = douts + 2 * length * ld;
    statistics = (Statistics *)(slopes + warps * 16 * slopeStride);
  }
};

/// Four lanes to a row.
template <int width, bool biased>
DEVICE void fillStatistics(const ms_attention_tiles_backward &b, const Sequence &at, Statistics *statistics) {
  const ms_attention_tiles &a = b.forward;
  const int rounded = (at.queries + 15) / 16 * 16;
  for (int first = 0; first < rounded; first += blockDim.x / 4) {
    const int query = first + threadIdx.x / 4;
    const i64 row = at.q0 + query, place = query < at.queries ? rowOf<biased>(a, row) : -1;
    const i64 start = (place * a.heads + at.head) * width;
    float delta = 0;
    if (place >= 0) {
#pragma unroll
      for (int column = threadIdx.x % 4 * 8; column < width; column += 32) {
        float x[8], y[8];
        load8(x, (const bf16 *)a.out + start + column);
        load8(y, (const bf16 *)b.dout + start + column);
        delta += dot8(x, y);
      }
    }
    delta += __shfl_xor_sync(0xffffffffu, delta, 1);
    delta += __shfl_xor_sync(0xffffffffu, delta, 2);
    if (threadIdx.x % 4 == 0 && query < rounded) {
      const float logSum = query < at.queries ? a.log_sum_exp[row * a.heads + at.head] : -INFINITY;
      statistics[query] = {logSum == -INFINITY ? INFINITY : logSum * log2e, delta};
      if (biased && b.delta && query < at.queries) b.delta[row * a.heads + at.head] = delta;
    }
  }
}

/// The sums of the gradients of a warp's 16 keys and values.
template <int width> struct Columns {
  float dk[width / 8][4], dv[width / 8][4];
};

/// Gradients from 16 queries to a warp's 16 keys, and the slopes of their scores for dq. `firstQuery`, `firstKey`: of
/// the sequence.
template <int width, bool full, bool biased>
DEVICE void backwardStep(Columns<width> &columns, const bf16 *keys, const bf16 *values, const bf16 *queries,
                         const bf16 *douts, bf16 *slopes, const Statistics *statistics, float scale,
                         const ms_attention_tiles &a, const Sequence &at, const Keep &keep, int firstQuery,
                         int firstKey) {
  const int lane = threadIdx.x % 32;
  float p[2][4] = {}, ds[2][4] = {};
#pragma unroll
  for (int k = 0; k < width / 16; ++k) {
    u32 rows[4], b[4];
    loadMatrix4(rows, left<width>(keys, lane) + k * 16);
    loadMatrix4(b, rightTransposed<width>(queries, lane) + k * 16);
    mma16816(p[0], rows, b[0], b[1]);
    mma16816(p[1], rows, b[2], b[3]);
    loadMatrix4(rows, left<width>(values, lane) + k * 16);
    loadMatrix4(b, rightTransposed<width>(douts, lane) + k * 16);
    mma16816(ds[0], rows, b[0], b[1]);
    mma16816(ds[1], rows, b[2], b[3]);
  }

  // Row g or g + 8 is a key, column 2t or 2t + 1 of either result a query.
  const int ownKey = firstKey + (lane >> 2), ownQuery = firstQuery + (lane & 3) * 2;
  const bool isWhole = firstKey + 16 <= at.seen<full>(a, firstQuery);
#pragma unroll
  for (int n = 0; n < 2; ++n) {
    const Statistics *own = statistics + ownQuery + n * 8;
    const float4 both = *(const float4 *)own;
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      const int key = ownKey + (i >> 1) * 8, query = ownQuery + n * 8 + (i & 1);
      float &power = p[n][i];
      float score = power * scale;
      if (biased) score += addend(a, at, query, key) * log2e;
      power = exp2Fast(score - (i & 1 ? both.z : both.x));
      if (!isWhole && key >= at.seen<full>(a, query)) power = 0;
      if (full && a.key_mask && key < at.keys && !a.key_mask[at.k0 + key]) power = 0;
      float slope = ds[n][i];
      bool isKept = true;
      if (full && keep.threshold) {
        isKept = keep.keeps(query, key);
        slope = isKept ? slope * a.dropout.scale : 0;
      }
      ds[n][i] = power * (slope - (i & 1 ? both.w : both.y));
      if (!isKept) power = 0;
    }
  }

  u32 probabilities[4], packed[4];
  packLeft(probabilities, p[0], p[1]);
  packLeft(packed, ds[0], ds[1]);
  bf16 *slope = slopes + (lane >> 2) * slopeStride + (lane & 3) * 2;
  *(u32 *)slope = packed[0];
  *(u32 *)(slope + 8 * slopeStride) = packed[1];
  *(u32 *)(slope + 8) = packed[2];
  *(u32 *)(slope + 8 * slopeStride + 8) = packed[3];
#pragma unroll
  for (int n = 0; n < width / 16; ++n) {
    u32 b[4];
    loadMatrix4Transposed(b, right<width>(douts, lane) + n * 16);
    mma16816(columns.dv[2 * n], probabilities, b[0], b[1]);
    mma16816(columns.dv[2 * n + 1], probabilities, b[2], b[3]);
    loadMatrix4Transposed(b, right<width>(queries, lane) + n * 16);
    mma16816(columns.dk[2 * n], packed, b[0], b[1]);
    mma16816(columns.dk[2 * n + 1], packed, b[2], b[3]);
  }
}

/// dq of 16 queries and `span` columns: slopes [16·steps keys, queries] times keys. Where a sequence has more keys than
/// a block holds, sums pass through `sums`; the last part of the keys writes them to dq.
template <int span, int width, class Target>
DEVICE void storeQueries(const bf16 *slopes, const bf16 *keys, int steps, float scale, int existing, Target dq,
                         float *sums, i64 sumStride, bool isFirst, bool isLast) {
  const int lane = threadIdx.x % 32;
  float x[span / 8][4] = {};
#pragma unroll 2
  for (int k = 0; k < steps; ++k) {
    u32 a[4];
    loadMatrix4Transposed(a, slopes + (k * 16 + (lane & 7) + (lane >> 4) * 8) * slopeStride + (lane >> 3 & 1) * 8);
#pragma unroll
    for (int n = 0; n < span / 16; ++n) {
      u32 b[4];
      loadMatrix4Transposed(b, right<width>(keys, lane) + k * 16 * stride<width> + n * 16);
      mma16816(x[2 * n], a, b[0], b[1]);
      mma16816(x[2 * n + 1], a, b[2], b[3]);
    }
  }
#pragma unroll
  for (int r = 0; r < 2; ++r) {
    const int row = r * 8 + (lane >> 2), column = (lane & 3) * 2;
    if (row >= existing) continue;
    bf16 *target = dq(row);
#pragma unroll
    for (int n = 0; n < span / 8; ++n) {
      float2 sum = make_float2(x[n][2 * r] * scale, x[n][2 * r + 1] * scale);
      float2 *place = (float2 *)(sums + row * sumStride + n * 8 + column);
      if (!isFirst) {
        sum.x += place->x;
        sum.y += place->y;
      }
      if (!isLast) *place = sum;
      else if (target) *(u32 *)(target + n * 8 + column) = pack(sum.x, sum.y);
    }
  }
}

/// The sums of a warp's rows of gradients over those that are nowhere.
template <int width>
DEVICE void sumOutside(const ms_attention_tiles &a, const Sequence &at, const float (&x)[width / 8][4], float scale,
                       int firstKey, float *sums) {
  const int lane = threadIdx.x % 32, key = firstKey + (lane >> 2);
  const bool isFirst = key < at.keys && rowOf<true>(a, at.k0 + key) < 0;
  const bool isSecond = key + 8 < at.keys && rowOf<true>(a, at.k0 + key + 8) < 0;
#pragma unroll
  for (int n = 0; n < width / 8; ++n)
#pragma unroll
    for (int i = 0; i < 2; ++i) {
      float sum = (isFirst ? x[n][i] : 0) + (isSecond ? x[n][2 + i] : 0);
#pragma unroll
      for (int step = 4; step < 32; step *= 2) sum += __shfl_xor_sync(0xffffffffu, sum, step);
      if (lane < 4) sums[n * 8 + lane * 2 + i] = sum * scale;
    }
}

/// One block: a head of a sequence, 16 keys to a warp at a time. All queries pass by, 64 by 64; their slopes towards
/// all of the block's keys meet in shared memory, so that dq needs no sum over blocks. Shared memory's speed bounds it:
/// 384 bytes are read for each product of fragments, since 128 registers hold the sums of no more than 16 keys.
template <int width, bool full, bool biased>
DEVICE void backward(const ms_attention_tiles_backward &b) {
  constexpr int ld = stride<width>, span = width % 32 ? 16 : 32;
  SHARED(raw);
  const ms_attention_tiles &a = b.forward;
  const int warps = blockDim.x / 32, warp = threadIdx.x / 32;
  const BackwardMemory<width> memory(raw, warps);
  const Sequence at(a, blockIdx.x / a.heads, blockIdx.x % a.heads);
  const Keep keep(a, at.q0, at.head);
  const Loader<width, biased> loader;
  const i64 denseStride = (i64)a.heads * width;
  bf16 *ownKeys = memory.keys + warp * 16 * ld, *ownValues = memory.values + warp * 16 * ld;
  auto loadQueries = [&](int first) {
    const int place = first / length % 2 * length * ld, count = min(length, (at.queries - first + 15) / 16 * 16);
    loader.load(a, memory.queries + place, count, (const bf16 *)a.q + at.head * width, a.q_stride, at.q0 + first,
                at.queries - first, nullptr);
    loader.load(a, memory.douts + place, count, (const bf16 *)b.dout + at.head * width, denseStride, at.q0 + first,
                at.queries - first, nullptr);
    commitAsync();
  };

  // A sequence without keys passes by once, for the zeros of dq.
  for (int blockKey = 0; blockKey < max(at.keys, 1); blockKey += warps * 16) {
    const int existing = min(at.keys - blockKey, warps * 16), firstKey = blockKey + warp * 16;
    __syncthreads();
    loadKeys(a, at, loader, memory.keys, memory.values, blockKey, warps * 16);
    loadQueries(0);
    if (blockKey == 0) fillStatistics<width, biased>(b, at, memory.statistics);
    waitAsync<0>();
    __syncthreads();
    Columns<width> columns;
#pragma unroll
    for (int n = 0; n < width / 8; ++n)
#pragma unroll
      for (int i = 0; i < 4; ++i) columns.dk[n][i] = columns.dv[n][i] = 0;

    for (int tile = 0; tile < at.queries; tile += length) {
      if (tile > 0) {
        waitAsync<0>();
        __syncthreads();
      }
      // All warps are done with the other stage, and with the slopes.
      if (tile + length < at.queries) loadQueries(tile + length);
      const int place = tile / length % 2 * length * ld, end = min(at.queries, tile + length);
      for (int query = tile; query < end; query += 16) {
        const int row = place + (query - tile) * ld;
        if (firstKey < at.seen<full>(a, min(query + 15, at.queries - 1)))
          backwardStep<width, full, biased>(
              columns, ownKeys, ownValues, memory.queries + row, memory.douts + row,
              memory.slopes + warp * 16 * slopeStride + (query - tile), memory.statistics, a.scale * log2e, a, at, keep,
              query, firstKey);
      }
      __syncthreads();
      for (int unit = warp; unit < length / 16 * (width / span); unit += warps) {
        const int part = unit % 4 * 16, query = tile + part, column = at.head * width + unit / 4 * span;
        if (query >= at.queries) continue;
        const int seen = min(at.seen<full>(a, min(query + 15, at.queries - 1)) - blockKey, existing);
        storeQueries<span, width>(
            memory.slopes + part, memory.keys + unit / 4 * span, seen > 0 ? (seen + 15) / 16 : 0, a.scale,
            at.queries - query,
            [&](int row) {
              const i64 place = rowOf<biased>(a, at.q0 + query + row);
              return place < 0 ? nullptr : (bf16 *)b.dq + place * b.dq_stride + column;
            },
            b.dq_sums + (at.q0 + query) * denseStride + column, denseStride, blockKey == 0,
            blockKey + warps * 16 >= at.keys);
      }
    }

    const auto target = [&](void *matrix, i64 matrixStride, int row) {
      const i64 place = firstKey + row < at.keys ? rowOf<biased>(a, at.k0 + firstKey + row) : -1;
      return place < 0 ? nullptr : (bf16 *)matrix + place * matrixStride + at.head * width;
    };
    // Of its own values a warp is the only reader.
    storeRows<width>(ownValues, columns.dv, a.dropout.scale, a.dropout.scale,
                     [&](int row) { return target(b.dv, b.dv_stride, row); });
    storeRows<width>(ownValues, columns.dk, a.scale, a.scale, [&](int row) { return target(b.dk, b.dk_stride, row); });
    if (biased && b.outside_parts) {
      float *sums = (float *)memory.slopes;  // [warps, 2, width]
      __syncthreads();
      sumOutside<width>(a, at, columns.dk, a.scale, firstKey, sums + warp * 2 * width);
      sumOutside<width>(a, at, columns.dv, a.dropout.scale, firstKey, sums + (warp * 2 + 1) * width);
      __syncthreads();
      for (int column = threadIdx.x; column < 2 * width; column += blockDim.x) {
        float sum = 0;
        for (int i = 0; i < warps; ++i) sum += sums[i * 2 * width + column];
        const i64 part = (i64)(blockIdx.x / a.heads) * 2 + column / width;
        b.outside_parts[(part * a.heads + at.head) * width + column % width] = sum;
      }
    }
  }
}

/// Sequences of one query: no products of matrices, but one pass over keys and values, four lanes to a row. A block of
/// 128 threads takes a head of a sequence.
template <int width> DEVICE void backwardOfOne(const ms_attention_tiles_backward &b) {
  constexpr int parts = (width + 31) / 32, warps = 4;
  SHARED(raw);
  float *sums = (float *)raw;  // [warps, width] of dq
  const ms_attention_tiles &a = b.forward;
  const Sequence at(a, blockIdx.x / a.heads, blockIdx.x % a.heads);
  const Keep keep(a, at.q0, at.head);
  const int part = threadIdx.x % 4 * 8, head = at.head * width;
  const i64 start = (i64)at.q0 * a.heads * width + head;
  float q[parts][8] = {}, dout[parts][8] = {}, dq[parts][8] = {}, delta = 0, logSum = -INFINITY;
  if (at.queries > 0) {
    logSum = a.log_sum_exp[(i64)at.q0 * a.heads + at.head];
#pragma unroll
    for (int i = 0; i < parts; ++i) {
      const int column = i * 32 + part;
      if (column >= width) continue;
      float out[8];
      load8(q[i], (const bf16 *)a.q + at.q0 * a.q_stride + head + column);
      load8(dout[i], (const bf16 *)b.dout + start + column);
      load8(out, (const bf16 *)a.out + start + column);
      delta += dot8(out, dout[i]);
    }
  }
  delta += __shfl_xor_sync(0xffffffffu, delta, 1);
  delta += __shfl_xor_sync(0xffffffffu, delta, 2);
  logSum = logSum == -INFINITY ? INFINITY : logSum * log2e;

  for (int first = 0; first < at.keys; first += 32) {
    const int key = first + threadIdx.x / 4;
    const bool exists = key < at.keys;
    const i64 row = at.k0 + (exists ? key : first);
    float k[parts][8] = {}, v[parts][8] = {}, score = 0, slope = 0;
#pragma unroll
    for (int i = 0; i < parts; ++i) {
      const int column = i * 32 + part;
      if (column >= width) continue;
      load8(k[i], (const bf16 *)a.k + row * a.k_stride + head + column);
      load8(v[i], (const bf16 *)a.v + row * a.v_stride + head + column);
    }
#pragma unroll
    for (int i = 0; i < parts; ++i) {
      score += dot8(q[i], k[i]);
      slope += dot8(dout[i], v[i]);
    }
#pragma unroll
    for (int step = 1; step < 4; step *= 2) {
      score += __shfl_xor_sync(0xffffffffu, score, step);
      slope += __shfl_xor_sync(0xffffffffu, slope, step);
    }
    if (!exists) continue;
    float p = exp2Fast(score * (a.scale * log2e) - logSum);
    if (a.key_mask && !a.key_mask[row]) p = 0;
    const float factor = keep.threshold && !keep.keeps(0, key) ? 0 : a.dropout.scale;
    const float ds = p * (slope * factor - delta) * a.scale;
    p *= factor;
#pragma unroll
    for (int i = 0; i < parts; ++i) {
      const int column = i * 32 + part;
      if (column >= width) continue;
#pragma unroll
      for (int j = 0; j < 8; ++j) {
        dq[i][j] += ds * k[i][j];
        k[i][j] = ds * q[i][j];
        v[i][j] = p * dout[i][j];
      }
      store8((bf16 *)b.dk + row * b.dk_stride + head + column, k[i]);
      store8((bf16 *)b.dv + row * b.dv_stride + head + column, v[i]);
    }
  }

  __syncwarp();
#pragma unroll
  for (int i = 0; i < parts; ++i)
#pragma unroll
    for (int j = 0; j < 8; ++j) {
      float x = dq[i][j];
#pragma unroll
      for (int step = 4; step < 32; step *= 2) x += __shfl_xor_sync(0xffffffffu, x, step);
      const int column = i * 32 + part + j;
      if (threadIdx.x % 32 < 4 && column < width) sums[threadIdx.x / 32 * width + column] = x;
    }
  __syncthreads();
  if (at.queries > 0 && threadIdx.x < width) {
    float sum = 0;
    for (int warp = 0; warp < warps; ++warp) sum += sums[warp * width + threadIdx.x];
    ((bf16 *)b.dq)[at.q0 * b.dq_stride + head + threadIdx.x] = toBF16(sum);
  }
}
}  // namespace tiles

#define BACKWARD(name, width, threads, full, biased)                                                   \
  KERNEL(threads, attention_tiles_backward_##width##_##name, ms_attention_tiles_backward) {            \
    tiles::backward<width, full, biased>(a);                                                           \
  }
#define ONE_QUERY(width)                                                                               \
  KERNEL(128, attention_tiles_backward_##width##_one, ms_attention_tiles_backward) {                   \
    tiles::backwardOfOne<width>(a);                                                                    \
  }
BACKWARD(plain, 32, 512, false, false)
BACKWARD(full, 32, 512, true, false)
BACKWARD(biased, 32, 512, true, true)
BACKWARD(plain, 64, 512, false, false)
BACKWARD(full, 64, 512, true, false)
BACKWARD(biased, 64, 512, true, true)
BACKWARD(plain, 80, 384, false, false)
BACKWARD(full, 80, 384, true, false)
ONE_QUERY(32)
ONE_QUERY(64)
ONE_QUERY(80)
