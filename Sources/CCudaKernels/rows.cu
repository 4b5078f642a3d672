// Whole rows: gathers, scatters, segments, patches, unit length. All of it is bound by memory.
namespace rows {

// ---- columns --------------------------------------------------------------------------------------------------------

/// n neighbouring columns of a row: 4, aligned to their size, or 1.
template <int n, class T> DEVICE void load(float (&x)[n], const T *place) {
  if constexpr (n == 4) {
    const float4 four = load4(place);
    x[0] = four.x, x[1] = four.y, x[2] = four.z, x[3] = four.w;
  } else {
    x[0] = toFloat(*place);
  }
}
template <int n, class T> DEVICE void save(T *place, const float (&x)[n]) {
  if constexpr (n == 4) store4(place, make_float4(x[0], x[1], x[2], x[3]));
  else store(place, x[0]);
}
template <int n, class T> DEVICE void add(T *place, const float (&x)[n]) {
  float sum[n];
  load(sum, place);
#pragma unroll
  for (int k = 0; k < n; ++k) sum[k] += x[k];
  save(place, sum);
}

DEVICE int bitCount(u32 x) {
#ifdef MS_HOST
  return __builtin_popcount(x);
#else
  return __popc(x);
#endif
}

// ---- gathers and scatters -------------------------------------------------------------------------------------------

template <class Unit> DEVICE void copyRow(const ms_copy_rows &a, i64 from, i64 to, int lane) {
  const Unit *source = (const Unit *)a.from + from * a.units;
  Unit *target = (Unit *)a.to + to * a.units;
  for (int first = lane; first < a.units; first += 4 * a.lanes) {
    Unit x[4];
#pragma unroll
    for (int k = 0; k < 4; ++k)
      if (first + k * a.lanes < a.units) x[k] = source[first + k * a.lanes];
#pragma unroll
    for (int k = 0; k < 4; ++k)
      if (first + k * a.lanes < a.units) target[first + k * a.lanes] = x[k];
  }
}

KERNEL(256, copy_rows, ms_copy_rows) {
  const int lane = threadIdx.x % a.lanes;
  const i64 row = (i64)blockIdx.x * (blockDim.x / a.lanes) + threadIdx.x / a.lanes;
  if (row >= a.rows) return;
  const int index = a.indices[row];
  if (index < 0) return;
  const i64 from = a.scattering ? row : index, to = a.scattering ? index : row;
  if (a.unit == 16) copyRow<uint4>(a, from, to, lane);
  else if (a.unit == 4) copyRow<u32>(a, from, to, lane);
  else copyRow<u16>(a, from, to, lane);
}

template <int n, class Table, class Y> DEVICE void gatherRow(const ms_gather_rows &a, i64 row, int lane) {
  const Table *from = (const Table *)a.table + (i64)a.indices[row] * a.width;
  Y *to = (Y *)a.y + row * a.width;
  const int step = n * a.lanes;
  for (int first = n * lane; first < a.width; first += 2 * step) {
    float x[2][n], y[2][n] = {};
#pragma unroll
    for (int k = 0; k < 2; ++k) {
      if (first + k * step >= a.width) continue;
      load(x[k], from + first + k * step);
      if (a.adding) load(y[k], to + first + k * step);
    }
#pragma unroll
    for (int k = 0; k < 2; ++k) {
      if (first + k * step >= a.width) continue;
#pragma unroll
      for (int i = 0; i < n; ++i) x[k][i] += y[k][i];
      save(to + first + k * step, x[k]);
    }
  }
}

template <int n> DEVICE void gather(const ms_gather_rows &a) {
  const int lane = threadIdx.x % a.lanes;
  const i64 row = (i64)blockIdx.x * (blockDim.x / a.lanes) + threadIdx.x / a.lanes;
  if (row >= a.rows) return;
  if (a.table_type == MS_F32) {
    if (a.y_type == MS_F32) gatherRow<n, float, float>(a, row, lane);
    else gatherRow<n, float, bf16>(a, row, lane);
  } else {
    if (a.y_type == MS_F32) gatherRow<n, bf16, float>(a, row, lane);
    else gatherRow<n, bf16, bf16>(a, row, lane);
  }
}

KERNEL(256, gather_rows, ms_gather_rows) {
  if (a.columns == 4) gather<4>(a);
  else gather<1>(a);
}

/// A warp a row.
KERNEL(256, clear_rows, ms_clear_rows) {
  const int lane = threadIdx.x % 32;
  const i64 row = (i64)blockIdx.x * (blockDim.x / 32) + threadIdx.x / 32;
  const bool touched = row < a.rows && a.touched[row];
  __syncwarp();
  if (!touched) return;
  float *to = a.table + row * a.width;
  if (a.columns == 4) {
    for (int i = 4 * lane; i < a.width; i += 128) store4(to + i, make_float4(0, 0, 0, 0));
  } else {
    for (int i = lane; i < a.width; i += 32) to[i] = 0;
  }
  if (lane == 0) a.touched[row] = 0;
}

// ---- adding rows to a table -----------------------------------------------------------------------------------------
// The index list is sorted stably, so that the rows of one index lie one behind the other in their order; then warps
// add up chunks of the sorted list. A run of one index that lies in one chunk goes straight to the table; one that
// crosses chunks leaves partial sums, which are added in the order of the chunks. Nothing depends on which block is first.

DEVICE int digitOf(int key, int shift) { return key >> shift & (MS_SORT_DIGITS - 1); }

KERNEL(256, sort_count, ms_sort_pass) {
  SHARED(raw);
  u32 *count = (u32 *)raw;
  count[threadIdx.x] = 0;
  __syncthreads();
  const i64 first = (i64)blockIdx.x * MS_SORT_TILE + threadIdx.x;
#pragma unroll
  for (int k = 0; k < MS_SORT_TILE / 256; ++k) {
    const i64 at = first + 256 * k;
    if (at < a.entries) atomicAdd(&count[digitOf(a.keys[at], a.shift)], 1u);
  }
  __syncthreads();
  a.counts[(i64)blockIdx.x * MS_SORT_DIGITS + threadIdx.x] = (int)count[threadIdx.x];
}

/// Warps take neighbouring parts of the block's tile, 32 entries at a time, in order: an entry's place is behind those
/// of smaller digits, of earlier blocks, of earlier warps, and of earlier entries of its warp.
KERNEL(256, sort_place, ms_sort_pass) {
  SHARED(raw);
  u32 *count = (u32 *)raw, *sums = count + 8 * MS_SORT_DIGITS;
  const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  for (int i = threadIdx.x; i < 8 * MS_SORT_DIGITS; i += 256) count[i] = 0;
  __syncthreads();

  constexpr int rounds = MS_SORT_TILE / 256;
  const i64 first = (i64)blockIdx.x * MS_SORT_TILE + warp * (MS_SORT_TILE / 8) + lane;
  u32 *own = count + warp * MS_SORT_DIGITS;
  int key[rounds];
  u32 rank[rounds];
#pragma unroll
  for (int k = 0; k < rounds; ++k) key[k] = first + 32 * k < a.entries ? a.keys[first + 32 * k] : 0;
#pragma unroll
  for (int k = 0; k < rounds; ++k) {
    const bool valid = first + 32 * k < a.entries;
    const int digit = digitOf(key[k], a.shift);
    u32 peers = __ballot_sync(0xffffffffu, valid);
#pragma unroll
    for (int bit = 0; bit < 8; ++bit) {
      const u32 ones = __ballot_sync(0xffffffffu, digit >> bit & 1);
      peers &= digit >> bit & 1 ? ones : ~ones;
    }
    const u32 below = bitCount(peers & ((1u << lane) - 1));
    rank[k] = own[digit] + below;
    __syncwarp();
    if (valid && below == 0) own[digit] += bitCount(peers);
    __syncwarp();
  }
  __syncthreads();

  // A thread a digit from here on.
  const int digit = threadIdx.x;
  u32 total = 0, before = 0;
  if (a.counts) {
#pragma unroll 8
    for (int block = 0; block < a.blocks; ++block) {
      const u32 other = a.counts[(i64)block * MS_SORT_DIGITS + digit];
      total += other;
      before += block < (int)blockIdx.x ? other : 0;
    }
  } else {
    for (int w = 0; w < 8; ++w) total += count[w * MS_SORT_DIGITS + digit];
  }
  u32 scan = total;
#pragma unroll
  for (int step = 1; step < 32; step *= 2) {
    const u32 other = __shfl_sync(0xffffffffu, scan, (lane - step) & 31);
    if (lane >= step) scan += other;
  }
  if (lane == 31) sums[warp] = scan;
  __syncthreads();
  u32 place = scan - total + before;
  for (int w = 0; w < warp; ++w) place += sums[w];
  for (int w = 0; w < 8; ++w) {
    const u32 other = count[w * MS_SORT_DIGITS + digit];
    count[w * MS_SORT_DIGITS + digit] = place;
    place += other;
  }
  __syncthreads();

#pragma unroll
  for (int k = 0; k < rounds; ++k) {
    const i64 at = first + 32 * k;
    if (at >= a.entries) continue;
    const u32 to = own[digitOf(key[k], a.shift)] + rank[k];
    a.sorted_keys[to] = key[k];
    a.sorted_order[to] = a.order ? a.order[at] : (int)at;
  }
}

template <int n> DEVICE void addToTable(const ms_scatter_add &a, int key, int column, const float (&sum)[n]) {
  const i64 at = (i64)key * a.width + column;
  if (a.table_type == MS_F32) add((float *)a.table + at, sum);
  else add((bf16 *)a.table + at, sum);
}

/// A warp adds up one tile of columns of one chunk.
template <int n, class T> DEVICE void sumChunk(const ms_scatter_add &a) {
  const int lane = threadIdx.x % 32;
  const i64 warp = (i64)blockIdx.x * (blockDim.x / 32) + threadIdx.x / 32;
  const int chunk = (int)(warp / a.tiles), tile = (int)(warp % a.tiles);
  if (chunk >= a.chunks) return;
  const i64 begin = (i64)chunk * a.chunk, end = min(begin + a.chunk, (i64)a.entries);
  const int column = (tile * 32 + lane) * n;
  const bool mine = column < a.width;
  const T *values = (const T *)a.values + column;
  float *partial = a.partial + (i64)chunk * 2 * a.width + column;

  float sum[n] = {};
  bool isContinued = begin > 0 && a.keys[begin - 1] == a.keys[begin];
  for (i64 base = begin; base < end; base += 32) {
    const int count = (int)min((i64)32, end - base);
    const i64 at = base + lane;
    const bool valid = lane < count;
    const int key = valid ? a.keys[at] : -1, row = !valid ? 0 : a.order ? a.order[at] : (int)at;
    const int next = at + 1 < a.entries ? a.keys[at + 1] : -1;
    const u32 ends = __ballot_sync(0xffffffffu, valid && key != next);
    if (a.touched && tile == 0 && valid) a.touched[key] = 1;
    for (int first = 0; first < count; first += 8) {
      float x[8][n] = {};
#pragma unroll
      for (int k = 0; k < 8; ++k) {
        const i64 from = __shfl_sync(0xffffffffu, row, first + k);
        if (mine && first + k < count) load(x[k], values + from * a.width);
      }
#pragma unroll
      for (int k = 0; k < 8; ++k) {
#pragma unroll
        for (int i = 0; i < n; ++i) sum[i] += x[k][i];
        // Nothing beyond `count` ends a run.
        if (!(ends >> (first + k) & 1)) continue;
        const int run = __shfl_sync(0xffffffffu, key, first + k);
        if (mine && isContinued) save(partial, sum);
        if (mine && !isContinued) addToTable(a, run, column, sum);
        isContinued = false;
#pragma unroll
        for (int i = 0; i < n; ++i) sum[i] = 0;
      }
    }
  }
  if (mine && end < a.entries && a.keys[end - 1] == a.keys[end]) save(partial + (isContinued ? 0 : a.width), sum);
}

template <class T> DEVICE void sumChunks(const ms_scatter_add &a) {
  if (a.columns == 4) sumChunk<4, T>(a);
  else sumChunk<1, T>(a);
}
// Registers for eight rows in flight.
KERNEL_FITTING(256, 3, scatter_sum_f32, ms_scatter_add) { sumChunks<float>(a); }
KERNEL_FITTING(256, 3, scatter_sum_bf16, ms_scatter_add) { sumChunks<bf16>(a); }

/// A block adds the partial sums of the run that begins in a chunk and goes on behind it; most chunks have none.
template <int n> DEVICE void joinChunks(const ms_scatter_add &a, float *memory) {
  const int lane = threadIdx.x % 32, warp = threadIdx.x / 32, warps = blockDim.x / 32;
  const int chunk = blockIdx.x / a.tiles, tile = blockIdx.x % a.tiles;
  const i64 begin = (i64)chunk * a.chunk, end = begin + a.chunk;
  const int key = a.keys[end - 1];
  if (a.keys[end] != key) return;
  if (begin > 0 && a.keys[begin - 1] == key) return;

  // How many chunks go on with it: keys are sorted, so that the hits come first.
  int others = 0;
#pragma unroll
  for (int stride = 32; stride > 0; stride /= 32) {
    u32 hits;
    do {
      const i64 other = (i64)chunk + others + (i64)(lane + 1) * stride;
      hits = __ballot_sync(0xffffffffu, other < a.chunks && a.keys[other * a.chunk] == key);
      others += bitCount(hits) * stride;
    } while (hits == 0xffffffffu);
  }

  const int column = (tile * 32 + lane) * n;
  const bool mine = column < a.width;
  const float *partial = a.partial + (i64)chunk * 2 * a.width + column;
  const int count = others + 1;
  const int from = (int)((i64)count * warp / warps), to = (int)((i64)count * (warp + 1) / warps);
  float sum[n] = {};
  for (int first = from; mine && first < to; first += 8) {
    float x[8][n] = {};
#pragma unroll
    for (int k = 0; k < 8; ++k)
      if (first + k < to) load(x[k], partial + (first + k == 0 ? 1 : 2 * (i64)(first + k)) * a.width);
#pragma unroll
    for (int k = 0; k < 8; ++k)
#pragma unroll
      for (int i = 0; i < n; ++i) sum[i] += x[k][i];
  }
#pragma unroll
  for (int i = 0; i < n; ++i) memory[i * blockDim.x + threadIdx.x] = sum[i];
  __syncthreads();
  if (warp > 0 || !mine) return;
#pragma unroll
  for (int i = 0; i < n; ++i)
    for (int w = 1; w < warps; ++w) sum[i] += memory[i * blockDim.x + w * 32 + lane];
  addToTable(a, key, column, sum);
}

KERNEL(256, scatter_join, ms_scatter_add) {
  SHARED(raw);
  if (a.columns == 4) joinChunks<4>(a, (float *)raw);
  else joinChunks<1>(a, (float *)raw);
}

// ---- segments -------------------------------------------------------------------------------------------------------

DEVICE float meanScale(const int *offsets, int segment) {
  const int length = offsets[segment + 1] - offsets[segment];
  return length > 0 ? 1 / (float)length : 0;
}

/// A block sums one tile of columns of one part of a segment: `lanes` threads beside each other, the others below them.
template <int n, class T> DEVICE void segmentSum(const ms_segment_mean &a, float *memory) {
  const int lane = threadIdx.x % a.lanes, group = threadIdx.x / a.lanes, groups = blockDim.x / a.lanes;
  const int segment = blockIdx.x, part = blockIdx.z;
  const int column = ((int)blockIdx.y * a.lanes + lane) * n;
  const bool mine = column < a.width;
  const i64 start = a.offsets[segment], length = a.offsets[segment + 1] - start;
  const i64 from = start + length * part / a.parts, to = start + length * (part + 1) / a.parts;
  const T *x = (const T *)a.x + column;
  float sum[n] = {};
  for (i64 first = from + group; mine && first < to; first += 4 * groups) {
    float row[4][n] = {};
#pragma unroll
    for (int k = 0; k < 4; ++k)
      if (first + k * groups < to) load(row[k], x + (first + k * groups) * a.width);
#pragma unroll
    for (int k = 0; k < 4; ++k)
#pragma unroll
      for (int i = 0; i < n; ++i) sum[i] += row[k][i];
  }
#pragma unroll
  for (int i = 0; i < n; ++i) memory[i * blockDim.x + threadIdx.x] = sum[i];
  for (int half = groups / 2; half > 0; half /= 2) {
    __syncthreads();
    if (group >= half) continue;
#pragma unroll
    for (int i = 0; i < n; ++i) {
      sum[i] += memory[i * blockDim.x + threadIdx.x + half * a.lanes];
      memory[i * blockDim.x + threadIdx.x] = sum[i];
    }
  }
  if (group > 0 || !mine) return;
  if (a.parts > 1) {
    save(a.partial + ((i64)part * a.segments + segment) * a.width + column, sum);
  } else {
    const float scale = meanScale(a.offsets, segment);
#pragma unroll
    for (int i = 0; i < n; ++i) sum[i] *= scale;
    save(a.y + (i64)segment * a.width + column, sum);
  }
}

template <class T> DEVICE void segmentSums(const ms_segment_mean &a, float *memory) {
  if (a.columns == 4) segmentSum<4, T>(a, memory);
  else segmentSum<1, T>(a, memory);
}
KERNEL(256, segment_mean_f32, ms_segment_mean) {
  SHARED(raw);
  segmentSums<float>(a, (float *)raw);
}
KERNEL(256, segment_mean_bf16, ms_segment_mean) {
  SHARED(raw);
  segmentSums<bf16>(a, (float *)raw);
}

/// A thread an element of y: the parts in their order.
KERNEL(256, segment_mean_join, ms_segment_mean) {
  const i64 count = (i64)a.segments * a.width, at = (i64)blockIdx.x * blockDim.x + threadIdx.x;
  if (at >= count) return;
  float sum = 0;
#pragma unroll 8
  for (int part = 0; part < a.parts; ++part) sum += a.partial[part * count + at];
  a.y[at] = sum * meanScale(a.offsets, (int)(at / a.width));
}

template <int n, class T> DEVICE void spreadMean(const ms_segment_mean_backward &a) {
  const int lane = threadIdx.x % a.lanes, group = threadIdx.x / a.lanes, groups = blockDim.x / a.lanes;
  const int segment = blockIdx.x;
  const float scale = meanScale(a.offsets, segment);
  const i64 end = a.offsets[segment + 1];
  for (i64 from = a.offsets[segment] + (i64)blockIdx.y * a.rows; from < end; from += (i64)gridDim.y * a.rows) {
    const i64 to = min(from + a.rows, end);
    for (int column = n * lane; column < a.width; column += n * a.lanes) {
      float x[n];
      load(x, a.dy + (i64)segment * a.width + column);
#pragma unroll
      for (int i = 0; i < n; ++i) x[i] *= scale;
      for (i64 row = from + group; row < to; row += groups) save((T *)a.dx + row * a.width + column, x);
    }
  }
}
template <class T> DEVICE void spreadMeans(const ms_segment_mean_backward &a) {
  if (a.columns == 4) spreadMean<4, T>(a);
  else spreadMean<1, T>(a);
}
KERNEL(256, segment_mean_backward_f32, ms_segment_mean_backward) { spreadMeans<float>(a); }
KERNEL(256, segment_mean_backward_bf16, ms_segment_mean_backward) { spreadMeans<bf16>(a); }

// ---- patches --------------------------------------------------------------------------------------------------------

/// Where the columns of a patch lie from its corner is the same for all: worked out once a block.
template <int n, class T> DEVICE void patches(const ms_patchify &a, int *place) {
  const int p = a.patch, across = a.width / p, cells = a.height / p * across;
  const int columns = a.channels * p * p, units = columns / n;
  const int firstUnit = (int)blockIdx.y * MS_PATCH_UNITS, count = min((int)MS_PATCH_UNITS, units - firstUnit);
  for (int unit = threadIdx.x; unit < count; unit += blockDim.x) {
    const int column = (firstUnit + unit) * n, line = column / p;
    place[unit] = (line / p * a.height + line % p) * a.width + column % p;
  }
  __syncthreads();

  const int lane = threadIdx.x % a.lanes, group = threadIdx.x / a.lanes, groups = blockDim.x / a.lanes;
  const i64 from = (i64)blockIdx.x * a.rows_a_block, to = min(from + a.rows_a_block, a.rows);
  for (i64 row = from + group; row < to; row += groups) {
    const i64 patch = a.patches ? a.patches[row] : row;
    const int cell = (int)(patch % cells);
    const float *corner = a.images + patch / cells * a.channels * a.height * a.width +
                          (i64)(cell / across) * p * a.width + cell % across * p;
    T *y = (T *)a.y + row * columns + firstUnit * n;
    for (int first = lane; first < count; first += 4 * a.lanes) {
      float x[4][n];
#pragma unroll
      for (int k = 0; k < 4; ++k)
        if (first + k * a.lanes < count) load(x[k], corner + place[first + k * a.lanes]);
#pragma unroll
      for (int k = 0; k < 4; ++k)
        if (first + k * a.lanes < count) save(y + (first + k * a.lanes) * n, x[k]);
    }
  }
}
template <class T> DEVICE void allPatches(const ms_patchify &a, int *place) {
  if (a.columns == 4) patches<4, T>(a, place);
  else patches<1, T>(a, place);
}
KERNEL(256, patchify_f32, ms_patchify) {
  SHARED(raw);
  allPatches<float>(a, (int *)raw);
}
KERNEL(256, patchify_bf16, ms_patchify) {
  SHARED(raw);
  allPatches<bf16>(a, (int *)raw);
}

// ---- unit length ----------------------------------------------------------------------------------------------------

/// a · b over a row, the same to every lane.
template <int n> DEVICE float dot(const float *a, const float *b, int width, int lane) {
  float sum = 0;
#pragma unroll 4
  for (int column = n * lane; column < width; column += 32 * n) {
    float x[n], y[n];
    load(x, a + column);
    load(y, b + column);
#pragma unroll
    for (int i = 0; i < n; ++i) sum += x[i] * y[i];
  }
  return warpSum(sum);
}

template <int n> DEVICE void normalize(const ms_normalize_rows &a) {
  const int lane = threadIdx.x % 32;
  const i64 row = (i64)blockIdx.x * (blockDim.x / 32) + threadIdx.x / 32;
  if (row >= a.rows) return;
  const float *x = a.x + row * a.width;
  const float norm = sqrtf(dot<n>(x, x, a.width, lane)), scale = 1 / (norm > a.epsilon ? norm : a.epsilon);
  for (int column = n * lane; column < a.width; column += 32 * n) {
    float part[n];
    load(part, x + column);
#pragma unroll
    for (int i = 0; i < n; ++i) part[i] *= scale;
    save(a.y + row * a.width + column, part);
  }
  if (lane == 0) a.norms[row] = norm;
}

template <int n> DEVICE void normalizeBackward(const ms_normalize_rows &a) {
  const int lane = threadIdx.x % 32;
  const i64 row = (i64)blockIdx.x * (blockDim.x / 32) + threadIdx.x / 32;
  if (row >= a.rows) return;
  const float *y = a.x + row * a.width, *dy = a.dy + row * a.width;
  const float norm = a.norms[row];
  // Below epsilon the divisor is a constant and the projection vanishes.
  const bool isFree = norm > a.epsilon;
  const float along = dot<n>(y, dy, a.width, lane), scale = 1 / (isFree ? norm : a.epsilon);
  for (int column = n * lane; column < a.width; column += 32 * n) {
    float part[n], gradient[n];
    load(part, y + column);
    load(gradient, dy + column);
#pragma unroll
    for (int i = 0; i < n; ++i) gradient[i] = (gradient[i] - (isFree ? along : 0) * part[i]) * scale;
    save(a.y + row * a.width + column, gradient);
  }
}

KERNEL(256, normalize_rows, ms_normalize_rows) {
  if (a.columns == 4) normalize<4>(a);
  else normalize<1>(a);
}
KERNEL(256, normalize_rows_backward, ms_normalize_rows) {
  if (a.columns == 4) normalizeBackward<4>(a);
  else normalizeBackward<1>(a);
}

}  // namespace rows
