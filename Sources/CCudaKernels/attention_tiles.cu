// Attention of bf16 rows on the matrix units (mma.sync m16n8k16): scores live in registers and nowhere else, softmax is
// online, and only the logarithm of its sum is kept. Two tiles are in flight. Sums are in a fixed order.
//
// Lane 4·g + t of a warp holds of a 16×8 result the columns 2t and 2t + 1 of rows g and g + 8. Two such results side by
// side are, rounded and packed, the left operand of a product over their columns.

namespace tiles {
/// Keys of a tile of the forward pass, and queries of one of the backward pass.
constexpr int length = 64;
constexpr float log2e = 1.4426950408889634f, ln2 = 0.69314718055994531f;

/// Elements between rows of a tile: an odd number of 16-byte chunks, so that the eight rows that ldmatrix reads at once
/// lie in unlike banks.
template <int width> constexpr int stride = (width / 8 | 1) * 8;
/// The same of a tile of slopes [keys, queries].
constexpr int slopeStride = stride<length>;

/// Eight neighbours of bf16 as floats, and back.
DEVICE void load8(float (&x)[8], const bf16 *place) {
  const uint4 pairs = *(const uint4 *)place;
  const u32 words[4] = {pairs.x, pairs.y, pairs.z, pairs.w};
#pragma unroll
  for (int i = 0; i < 4; ++i) {
    x[2 * i] = low(words[i]);
    x[2 * i + 1] = high(words[i]);
  }
}
DEVICE void store8(bf16 *place, const float (&x)[8]) {
  *(uint4 *)place = make_uint4(pack(x[0], x[1]), pack(x[2], x[3]), pack(x[4], x[5]), pack(x[6], x[7]));
}
DEVICE float dot8(const float (&x)[8], const float (&y)[8]) {
  float sum = 0;
#pragma unroll
  for (int i = 0; i < 8; ++i) sum += x[i] * y[i];
  return sum;
}

/// Where a row of the sequences is in the matrices; -1: nowhere.
template <bool biased> DEVICE i64 rowOf(const ms_attention_tiles &a, i64 row) {
  return biased && a.places ? a.places[row] : row;
}

/// A thread's part of bringing rows to shared memory: 16 bytes of every `step`th row.
template <int width, bool biased> struct Loader {
  int row, step, column;

  Loader() {
    constexpr int chunks = width / 8;
    step = blockDim.x / chunks;
    row = threadIdx.x / chunks;
    column = threadIdx.x % chunks * 8;
    if (row >= step) row = 1 << 20;  // one thread too many for whole rows
  }
  /// Rows 0 ..< count of a tile; those from `existing` on become zero. `first`: the first of the sequences' rows.
  /// `outside`: what rows that are nowhere hold; NULL: zeros.
  void load(const ms_attention_tiles &a, bf16 *tile, int count, const bf16 *source, i64 sourceStride, i64 first,
            int existing, const float *outside) const {
    bf16 *to = tile + row * stride<width> + column;
    if (biased && a.places) {
      for (int i = row; i < count; i += step, to += step * stride<width>) {
        const int place = i < existing ? a.places[first + i] : -1;
        if (place < 0 && i < existing && outside) {
          float x[8];
#pragma unroll
          for (int j = 0; j < 8; ++j) x[j] = outside[column + j];
          store8(to, x);
        } else {
          copyAsync16(to, source + max(place, 0) * sourceStride + column, place >= 0 ? 16 : 0);
        }
      }
      return;
    }
    const bf16 *from = source + (first + row) * sourceStride + column;
#pragma unroll 4
    for (int i = row; i < count; i += step) {
      copyAsync16(to, from, i < existing ? 16 : 0);
      to += step * stride<width>;
      from += step * sourceStride;
    }
  }
};

/// Where a lane reads the left operand of 16 rows from; k-step k is 16·k elements further on.
template <int width> DEVICE const bf16 *left(const bf16 *rows, int lane) {
  return rows + (lane & 15) * stride<width> + (lane >> 4) * 8;
}
/// The right operands of two neighbouring results, from rows that are columns of the operand (a transposed matrix).
template <int width> DEVICE const bf16 *rightTransposed(const bf16 *rows, int lane) {
  return rows + ((lane >> 4) * 8 + (lane & 7)) * stride<width> + (lane >> 3 & 1) * 8;
}
/// The same from rows that are rows of it, by the transposing ldmatrix.
template <int width> DEVICE const bf16 *right(const bf16 *rows, int lane) {
  return rows + (lane & 15) * stride<width> + (lane >> 4) * 8;
}

/// Two neighbouring results as the left operand of a product over their columns.
DEVICE void packLeft(u32 (&a)[4], const float (&first)[4], const float (&second)[4]) {
  a[0] = pack(first[0], first[1]);
  a[1] = pack(first[2], first[3]);
  a[2] = pack(second[0], second[1]);
  a[3] = pack(second[2], second[3]);
}

/// Which probabilities of a sequence dropout keeps.
struct Keep {
  u64 first, step;       // the position of query 0 and key 0; positions from a query to the next
  u64 key, next;         // of the positions' upper halves, which are `upper` or one more
  u32 upper, threshold;

  Keep(const ms_attention_tiles &a, int row, int head) {
    first = ((u64)(a.dropout.first_row + row) * a.heads + head) * a.longest_key;
    step = (u64)a.heads * a.longest_key;
    upper = (u32)(first >> 32);
    key = a.dropout.key ^ (u64)upper * 0x9e3779b97f4a7c15ull;
    next = a.dropout.key ^ ((u64)upper + 1) * 0x9e3779b97f4a7c15ull;
    threshold = a.dropout.threshold;
  }
  /// `randomBits`, with the keys at hand.
  bool keeps(int query, int column) const {
    const u64 position = first + step * query + column, own = (u32)(position >> 32) == upper ? key : next;
    return scramble(scramble((u32)position ^ (u32)own) + (u32)(own >> 32)) >= threshold;
  }
};

/// A head of a sequence: its rows, and where they begin.
struct Sequence {
  int head, q0, k0, queries, keys;

  Sequence(const ms_attention_tiles &a, int sequence, int head)
      : head(head), q0(a.q_offsets[sequence]), k0(a.k_offsets[sequence]), queries(a.q_offsets[sequence + 1] - q0),
        keys(a.k_offsets[sequence + 1] - k0) {}

  /// How many keys the queries up to one see, hidden ones included.
  template <bool full> int seen(const ms_attention_tiles &a, int query) const {
    return full && a.causal ? max(0, min(keys, query + 1 + keys - queries)) : keys;
  }
};

/// Asks for `count` keys and values from key `first` on.
template <int width, bool biased>
DEVICE void loadKeys(const ms_attention_tiles &a, const Sequence &at, const Loader<width, biased> &loader, bf16 *keys,
                     bf16 *values, int first, int count) {
  const int head = at.head * width;
  const float *outside = biased && a.outside ? a.outside + a.heads * width + head : nullptr;
  loader.load(a, keys, count, (const bf16 *)a.k + head, a.k_stride, at.k0 + first, at.keys - first, outside);
  if (outside) outside += a.heads * width;
  loader.load(a, values, count, (const bf16 *)a.v + head, a.v_stride, at.k0 + first, at.keys - first, outside);
  commitAsync();
}

/// What is added to the scaled score of a pair: the bias, and −100 between unlike regions.
DEVICE float addend(const ms_attention_tiles &a, const Sequence &at, int query, int key) {
  if (query >= at.queries || key >= at.keys) return 0;
  const float *bias = a.bias + (i64)at.head * a.longest_query * a.longest_key;
  float x = a.bias ? bias[query * a.longest_key + key] : 0;
  if (a.regions && a.regions[at.q0 + query] != a.regions[at.k0 + key]) x -= 100;
  return x;
}

// ---- forward --------------------------------------------------------------------------------------------------------

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

/// 16 rows of results to device memory, by way of rows of shared memory that this warp alone uses. Rows g and g + 8 are
/// multiplied by their factors. `target`: where a row begins, NULL for one that is not written.
template <int width, class Target>
DEVICE void storeRows(bf16 *tile, const float (&x)[width / 8][4], float first, float second, Target target) {
  const int lane = threadIdx.x % 32;
  constexpr int chunks = width / 8;
  u32 *words = (u32 *)(tile + (lane >> 2) * stride<width> + (lane & 3) * 2);
  __syncwarp();
#pragma unroll
  for (int n = 0; n < width / 8; ++n) {
    words[n * 4] = pack(x[n][0] * first, x[n][1] * first);
    words[n * 4 + 4 * stride<width>] = pack(x[n][2] * second, x[n][3] * second);
  }
  __syncwarp();
#pragma unroll
  for (int i = lane; i < 16 * chunks; i += 32) {
    const int row = i / chunks, chunk = i % chunks;
    bf16 *place = target(row);
    if (place) *(uint4 *)(place + chunk * 8) = *(const uint4 *)(tile + row * stride<width> + chunk * 8);
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

// ---- backward -------------------------------------------------------------------------------------------------------

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

// ---- the bias' gradient ---------------------------------------------------------------------------------------------

/// One block of four warps: 64 queries and 64 keys of a head, over a run of sequences, whose slopes are summed in
/// registers.
template <int width> DEVICE void biasGradient(const ms_attention_tiles_backward &b) {
  constexpr int ld = stride<width>;
  SHARED(raw);
  const ms_attention_tiles &a = b.forward;
  const int warp = threadIdx.x / 32, lane = threadIdx.x % 32, keyTiles = (a.longest_key + length - 1) / length;
  const int tileQuery = blockIdx.x / keyTiles * length, firstQuery = tileQuery + warp * 16;
  const int firstKey = blockIdx.x % keyTiles * length, head = blockIdx.y;
  const int begin = (i64)a.sequences * blockIdx.z / b.groups, end = (i64)a.sequences * (blockIdx.z + 1) / b.groups;
  const Loader<width, true> loader;
  const i64 denseStride = (i64)a.heads * width;
  // Queries, gradients of results, keys and values, twice.
  auto tile = [&](int sequence, int which) { return (bf16 *)raw + ((sequence - begin) % 2 * 4 + which) * length * ld; };
  auto load = [&](int sequence) {
    const Sequence at(a, sequence, head);
    const int existing = at.queries - tileQuery;
    loader.load(a, tile(sequence, 0), length, (const bf16 *)a.q + head * width, a.q_stride, at.q0 + tileQuery, existing,
                nullptr);
    loader.load(a, tile(sequence, 1), length, (const bf16 *)b.dout + head * width, denseStride, at.q0 + tileQuery,
                existing, nullptr);
    loadKeys(a, at, loader, tile(sequence, 2), tile(sequence, 3), firstKey, length);
  };

  float sums[length / 8][4] = {};
  if (begin < end) load(begin);
  for (int sequence = begin; sequence < end; ++sequence) {
    waitAsync<0>();
    __syncthreads();
    if (sequence + 1 < end) load(sequence + 1);
    const Sequence at(a, sequence, head);
    const Keep keep(a, at.q0, head);
    if (firstQuery >= at.queries || firstKey >= at.keys) continue;
    float logSum[2], delta[2];
#pragma unroll
    for (int r = 0; r < 2; ++r) {
      const int query = firstQuery + r * 8 + (lane >> 2);
      const i64 place = (i64)(at.q0 + query) * a.heads + head;
      logSum[r] = query < at.queries ? a.log_sum_exp[place] * log2e : INFINITY;
      if (logSum[r] == -INFINITY) logSum[r] = INFINITY;
      delta[r] = query < at.queries ? b.delta[place] : 0;
    }
#pragma unroll
    for (int n = 0; n < length / 16; ++n) {
      float p[2][4] = {}, slope[2][4] = {};
#pragma unroll
      for (int k = 0; k < width / 16; ++k) {
        u32 rows[4], columns[4];
        loadMatrix4(rows, left<width>(tile(sequence, 0) + warp * 16 * ld, lane) + k * 16);
        loadMatrix4(columns, rightTransposed<width>(tile(sequence, 2), lane) + n * 16 * ld + k * 16);
        mma16816(p[0], rows, columns[0], columns[1]);
        mma16816(p[1], rows, columns[2], columns[3]);
        loadMatrix4(rows, left<width>(tile(sequence, 1) + warp * 16 * ld, lane) + k * 16);
        loadMatrix4(columns, rightTransposed<width>(tile(sequence, 3), lane) + n * 16 * ld + k * 16);
        mma16816(slope[0], rows, columns[0], columns[1]);
        mma16816(slope[1], rows, columns[2], columns[3]);
      }
#pragma unroll
      for (int half = 0; half < 2; ++half)
#pragma unroll
        for (int i = 0; i < 4; ++i) {
          const int query = firstQuery + (i >> 1) * 8 + (lane >> 2);
          const int key = firstKey + n * 16 + half * 8 + (lane & 3) * 2 + (i & 1);
          const float score = p[half][i] * (a.scale * log2e) + addend(a, at, query, key) * log2e;
          const bool isSeen = key < at.seen<true>(a, query) && (!a.key_mask || a.key_mask[at.k0 + key]);
          const float factor = keep.threshold && !keep.keeps(query, key) ? 0 : a.dropout.scale;
          const float gradient = slope[half][i] * factor - delta[i >> 1];
          if (isSeen) sums[2 * n + half][i] += exp2Fast(score - logSum[i >> 1]) * gradient;
        }
    }
  }

  float *parts = b.bias_parts + ((i64)blockIdx.z * a.heads + head) * a.longest_query * a.longest_key;
#pragma unroll
  for (int n = 0; n < length / 8; ++n)
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      const int query = firstQuery + (i >> 1) * 8 + (lane >> 2), key = firstKey + n * 8 + (lane & 3) * 2 + (i & 1);
      if (query < a.longest_query && key < a.longest_key) parts[(i64)query * a.longest_key + key] = sums[n][i];
    }
}

// ---- a probe of the fragments ---------------------------------------------------------------------------------------

/// The 16×16 numbers of two neighbouring results.
DEVICE void writeResults(float *output, const float (&first)[4], const float (&second)[4]) {
  const int lane = threadIdx.x % 32;
#pragma unroll
  for (int i = 0; i < 4; ++i) {
    float *place = output + ((lane >> 2) + (i >> 1) * 8) * 16 + (lane & 3) * 2 + (i & 1);
    place[0] = first[i];
    place[8] = second[i];
  }
}
/// A left operand.
DEVICE void writeLeft(float *output, const u32 (&a)[4]) {
  const float first[4] = {low(a[0]), high(a[0]), low(a[1]), high(a[1])};
  const float second[4] = {low(a[2]), high(a[2]), low(a[3]), high(a[3])};
  writeResults(output, first, second);
}
/// a·b of 16×16 matrices.
DEVICE void writeProduct(float *output, const u32 (&a)[4], const u32 (&b)[4]) {
  float first[4] = {}, second[4] = {};
  mma16816(first, a, b[0], b[1]);
  mma16816(second, a, b[2], b[3]);
  writeResults(output, first, second);
}

DEVICE void probe(const ms_fragment_probe &a) {
  SHARED(raw);
  const int lane = threadIdx.x;
  bf16 *x = (bf16 *)raw, *y = x + 16 * stride<16>, *half = y + 16 * stride<16>;
  const Loader<16, false> loader;
  const ms_attention_tiles none = {};
  loader.load(none, x, 16, (const bf16 *)a.x, 16, 0, 16, nullptr);
  loader.load(none, y, 16, (const bf16 *)a.y, 16, 0, 16, nullptr);
  loader.load(none, half, 16, (const bf16 *)a.x, 16, 0, 8, nullptr);
  commitAsync();
  waitAsync<0>();
  __syncwarp();
  u32 xs[4], ys[4], operand[4];
  loadMatrix4(xs, left<16>(x, lane));
  writeLeft(a.output, xs);
  loadMatrix4Transposed(operand, x + ((lane & 7) + (lane >> 4) * 8) * stride<16> + (lane >> 3 & 1) * 8);
  writeLeft(a.output + 256, operand);
  loadMatrix4Transposed(ys, right<16>(y, lane));
  writeProduct(a.output + 2 * 256, xs, ys);
  writeProduct(a.output + 3 * 256, operand, ys);
  loadMatrix4(operand, rightTransposed<16>(y, lane));
  writeProduct(a.output + 4 * 256, xs, operand);
  float product[2][4] = {};
  mma16816(product[0], xs, ys[0], ys[1]);
  mma16816(product[1], xs, ys[2], ys[3]);
  packLeft(operand, product[0], product[1]);
  writeProduct(a.output + 5 * 256, operand, ys);
  loadMatrix4(operand, left<16>(half, lane));
  writeLeft(a.output + 6 * 256, operand);
  // Results of four neighbours' words in shared memory, as rows of bf16.
  storeRows<16>(y, product, 1, 2, [&](int row) { return (bf16 *)(a.output + 7 * 256) + row * 16; });
}
}  // namespace tiles

// ---- instances ------------------------------------------------------------------------------------------------------

KERNEL(32, fragment_probe, ms_fragment_probe) { tiles::probe(a); }

#define FORWARD(name, width, parts, fitting, full, biased)                                             \
  KERNEL_FITTING(128, fitting, attention_tiles_forward_##width##_##name, ms_attention_tiles) {         \
    tiles::forward<width, parts, full, biased>(a);                                                     \
  }
#define BACKWARD(name, width, threads, full, biased)                                                   \
  KERNEL(threads, attention_tiles_backward_##width##_##name, ms_attention_tiles_backward) {            \
    tiles::backward<width, full, biased>(a);                                                           \
  }
#define ONE_QUERY(width)                                                                               \
  KERNEL(128, attention_tiles_backward_##width##_one, ms_attention_tiles_backward) {                   \
    tiles::backwardOfOne<width>(a);                                                                    \
  }
#define BIAS_GRADIENT(width)                                                                           \
  KERNEL(128, attention_tiles_bias_##width, ms_attention_tiles_backward) { tiles::biasGradient<width>(a); }

FORWARD(16, 32, 1, 5, false, false)
FORWARD(32, 32, 2, 3, false, false)
FORWARD(full, 32, 1, 4, true, false)
FORWARD(biased, 32, 1, 4, true, true)
BACKWARD(plain, 32, 512, false, false)
BACKWARD(full, 32, 512, true, false)
BACKWARD(biased, 32, 512, true, true)
ONE_QUERY(32)
BIAS_GRADIENT(32)

FORWARD(16, 64, 1, 4, false, false)
FORWARD(32, 64, 2, 3, false, false)
FORWARD(full, 64, 1, 3, true, false)
FORWARD(biased, 64, 1, 3, true, true)
BACKWARD(plain, 64, 512, false, false)
BACKWARD(full, 64, 512, true, false)
BACKWARD(biased, 64, 512, true, true)
ONE_QUERY(64)
BIAS_GRADIENT(64)

FORWARD(16, 80, 1, 3, false, false)
FORWARD(32, 80, 2, 2, false, false)
FORWARD(full, 80, 1, 3, true, false)
BACKWARD(plain, 80, 384, false, false)
BACKWARD(full, 80, 384, true, false)
ONE_QUERY(80)
