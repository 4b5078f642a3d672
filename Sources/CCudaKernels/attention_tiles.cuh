// Attention of bf16 rows on the matrix units (mma.sync m16n8k16): scores live in registers and nowhere else, softmax is
// online, and only the logarithm of its sum is kept. Two tiles are in flight. Sums are in a fixed order.
//
// Lane 4·g + t of a warp holds of a 16×8 result the columns 2t and 2t + 1 of rows g and g + 8. Two such results side by
// side are, rounded and packed, the left operand of a product over their columns.

namespace tiles {
/// Keys of a tile of the forward pass, and queries of one of the backward pass.
constexpr int length = 64;
constexpr float log2e = 1.4426950408889634f;

/// Elements between rows of a tile: an odd number of 16-byte chunks, so that the eight rows that ldmatrix reads at once
/// lie in unlike banks.
template <int width> constexpr int stride = (width / 8 | 1) * 8;

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
    threshold = a.dropout.threshold;
    const u64 own = threshold ? *a.dropout.key : 0;
    key = own ^ (u64)upper * 0x9e3779b97f4a7c15ull;
    next = own ^ ((u64)upper + 1) * 0x9e3779b97f4a7c15ull;
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
}  // namespace tiles
