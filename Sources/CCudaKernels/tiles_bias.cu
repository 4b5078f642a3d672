// The gradient of attention's bias on the matrix units.

namespace tiles {
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
}  // namespace tiles

#define BIAS_GRADIENT(width)                                                                           \
  KERNEL(128, attention_tiles_bias_##width, ms_attention_tiles_backward) { tiles::biasGradient<width>(a); }
BIAS_GRADIENT(32)
BIAS_GRADIENT(64)
