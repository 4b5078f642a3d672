// The residual joint and the LayerNorm behind it, forward and backward, each in one pass over memory.
//
// A row is held in registers by `lanes` threads of a warp, as `chunks` times four neighbours a thread. Rows that do not
// fit that, or that are not aligned to it, take the kernels at the end.

enum { MS_NORM_THREADS = 128 };

// ---- a row's factors ------------------------------------------------------------------------------------------------

/// Stochastic depth: what the sample of a row is multiplied by.
DEVICE float pathFactor(const ms_branch &branch, int row) {
  if (branch.path_scale == 0) return 1;
  int sample = 0;
  if (branch.sample_rows) {
    sample = row / branch.sample_rows;
  } else {
    for (int last = branch.samples - 1; sample < last;) {
      const int middle = (sample + last) / 2;
      if (branch.offsets[middle + 1] <= row) sample = middle + 1;
      else last = middle;
    }
  }
  const bool isKept = randomUniform(*branch.path_key, branch.first_sample + (u64)sample) >= branch.path_rate;
  return isKept ? branch.path_scale : 0;
}

/// `factor` · dropout of the element at an index of [rows, width].
DEVICE float dropoutFactor(const ms_branch &branch, float factor, i64 index) {
  const bool isKept = randomBits(*branch.dropout_key, branch.first_position + (u64)index) >= branch.dropout_threshold;
  return isKept ? factor * branch.dropout_scale : 0;
}

// ---- four neighbours ------------------------------------------------------------------------------------------------

DEVICE float4 operator+(float4 a, float4 b) { return make_float4(a.x + b.x, a.y + b.y, a.z + b.z, a.w + b.w); }
DEVICE float4 operator*(float4 a, float4 b) { return make_float4(a.x * b.x, a.y * b.y, a.z * b.z, a.w * b.w); }
DEVICE float4 operator-(float4 a, float b) { return make_float4(a.x - b, a.y - b, a.z - b, a.w - b); }
DEVICE float4 operator*(float4 a, float b) { return make_float4(a.x * b, a.y * b, a.z * b, a.w * b); }
DEVICE float4 all4(float x) { return make_float4(x, x, x, x); }
DEVICE float total4(float4 x) { return (x.x + x.y) + (x.z + x.w); }

// ---- rows -----------------------------------------------------------------------------------------------------------

/// A thread's share of the row that begins at element `start`; zeros from column `width` on.
template <int lanes, int chunks, class T> DEVICE void loadRow(float4 (&row)[chunks], const T *x, i64 start, int width) {
#pragma unroll
  for (int c = 0; c < chunks; ++c) {
    const int column = (c * lanes + threadIdx.x % lanes) * 4;
    row[c] = column < width ? load4(x + start + column) : all4(0);
  }
}
template <int lanes, int chunks>
DEVICE void loadRow(float4 (&row)[chunks], const void *x, int type, i64 start, int width) {
  if (type == MS_BF16) loadRow<lanes>(row, (const bf16 *)x, start, width);
  else loadRow<lanes>(row, (const float *)x, start, width);
}

template <int lanes, int chunks, class T>
DEVICE void storeRow(const float4 (&row)[chunks], T *y, i64 start, int width) {
#pragma unroll
  for (int c = 0; c < chunks; ++c) {
    const int column = (c * lanes + threadIdx.x % lanes) * 4;
    if (column < width) store4(y + start + column, row[c]);
  }
}
template <int lanes, int chunks>
DEVICE void storeRow(const float4 (&row)[chunks], void *y, int type, i64 start, int width) {
  if (type == MS_BF16) storeRow<lanes>(row, (bf16 *)y, start, width);
  else storeRow<lanes>(row, (float *)y, start, width);
}

/// Dropout of a thread's share of a row as bits, four a chunk: 1 where an element is kept.
template <int lanes, int chunks> DEVICE u64 keptBits(const ms_branch &branch, i64 start) {
  const u64 key = *branch.dropout_key;
  u64 kept = 0;
  // Rolled: unrolled, the random numbers would be most of the code.
#pragma unroll 1
  for (int c = 0; c < chunks; ++c) {
    const u64 position = branch.first_position + (u64)(start + (c * lanes + threadIdx.x % lanes) * 4);
#pragma unroll
    for (int i = 0; i < 4; ++i)
      kept |= (u64)(randomBits(key, position + i) >= branch.dropout_threshold) << (c * 4 + i);
  }
  return kept;
}
/// Drops what those bits say, and multiplies the rest by `scale`.
template <int chunks> DEVICE void dropRow(float4 (&row)[chunks], u64 kept, float scale) {
#pragma unroll
  for (int c = 0; c < chunks; ++c) {
    const u32 bits = (u32)(kept >> c * 4);
    row[c] = make_float4(bits & 1 ? row[c].x * scale : 0, bits & 2 ? row[c].y * scale : 0,
                         bits & 4 ? row[c].z * scale : 0, bits & 8 ? row[c].w * scale : 0);
  }
}

/// Multiplies by a row of parameters.
template <int lanes, int chunks> DEVICE void scaleRow(float4 (&row)[chunks], const float *scale, int width) {
  float4 scales[chunks];
  loadRow<lanes>(scales, scale, 0, width);
#pragma unroll
  for (int c = 0; c < chunks; ++c) row[c] = row[c] * scales[c];
}

/// Adds to a row of sums that no other thread touches in these columns.
template <int lanes, int chunks> DEVICE void addRow(const float4 (&row)[chunks], float *sums, int width) {
#pragma unroll
  for (int c = 0; c < chunks; ++c) {
    const int column = (c * lanes + threadIdx.x % lanes) * 4;
    if (column < width) store4(sums + column, load4(sums + column) + row[c]);
  }
}

/// Σ over the neighbouring lanes of a row, the same to each of them.
template <int lanes> DEVICE float rowSum(float x) {
#pragma unroll
  for (int step = lanes / 2; step > 0; step >>= 1) x += __shfl_xor_sync(0xffffffffu, x, step);
  return x;
}

// ---- forward --------------------------------------------------------------------------------------------------------

template <int lanes, int chunks> DEVICE void residualNorm(const ms_residual_norm &a) {
  const int lane = threadIdx.x % lanes, row = blockIdx.x * (MS_NORM_THREADS / lanes) + threadIdx.x / lanes;
  // Threads without a row go along, since others of their warp may have one.
  const int width = row < a.rows ? a.width : 0;
  const i64 start = (i64)row * a.width;
  float4 z[chunks];
  loadRow<lanes>(z, a.x, start, width);
  if (a.h) {
    const float factor = width ? pathFactor(a.branch, row) : 0;
    if (factor != 0) {
      // Before the row is there, which takes the registers.
      const u64 kept = a.branch.dropout_threshold ? keptBits<lanes, chunks>(a.branch, start) : 0;
      float4 h[chunks];
      loadRow<lanes>(h, a.h, a.h_type, start, width);
      if (a.branch.dropout_threshold) dropRow(h, kept, a.branch.dropout_scale);
      if (a.branch.gamma) scaleRow<lanes>(h, a.branch.gamma, width);
#pragma unroll
      for (int c = 0; c < chunks; ++c) z[c] = z[c] + h[c] * factor;
    }
    if (a.z) storeRow<lanes>(z, a.z, start, width);
  }
  if (!a.y) return;
  float sum = 0, squares = 0;
#pragma unroll
  for (int c = 0; c < chunks; ++c) sum += total4(z[c]);
  const float share = 1.0f / (float)a.width, mean = rowSum<lanes>(sum) * share;
#pragma unroll
  for (int c = 0; c < chunks; ++c) {
    z[c] = z[c] - mean;
    if ((c * lanes + lane) * 4 < width) squares += total4(z[c] * z[c]);
  }
  const float rstd = rsqrtf(rowSum<lanes>(squares) * share + a.epsilon);
  float4 bias[chunks];
  loadRow<lanes>(bias, a.bias, 0, width);
  scaleRow<lanes>(z, a.weight, width);
#pragma unroll
  for (int c = 0; c < chunks; ++c) z[c] = z[c] * rstd + bias[c];
  storeRow<lanes>(z, a.y, a.y_type, start, width);
  if (lane == 0 && row < a.rows) {
    if (a.mean) a.mean[row] = mean;
    if (a.rstd) a.rstd[row] = rstd;
  }
}

// ---- backward -------------------------------------------------------------------------------------------------------

/// A block takes the rows of a part, and leaves their sums. Every group of lanes adds up its own in shared memory: the
/// registers that hold a row leave no room, and since each thread has columns of its own no barrier is needed.
template <int lanes, int chunks> DEVICE void residualNormBackward(const ms_residual_norm_backward &a) {
  SHARED(raw);
  float *const memory = (float *)raw;  // [groups, sums, width]
  constexpr int groups = MS_NORM_THREADS / lanes;
  const int group = threadIdx.x / lanes, size = a.sums * a.width;
  float *const dweight = memory + group * size, *const dbias = dweight + a.width, *const dgamma = dbias + a.width;
  for (int i = threadIdx.x; i < groups * size; i += MS_NORM_THREADS) memory[i] = 0;
  __syncthreads();
  const int first = blockIdx.x * a.part_rows, last = min(first + a.part_rows, a.rows);
  const float share = 1.0f / (float)a.width;
  for (int base = first; base < last; base += groups) {
    const int row = base + group;
    // Threads without a row go along, since others of their warp may have one.
    const int width = row < last ? a.width : 0;
    const i64 start = (i64)row * a.width;
    float4 dz[chunks];
    loadRow<lanes>(dz, a.dz, start, a.dz ? width : 0);
    if (a.dy) {
      float4 normal[chunks], g[chunks];
      loadRow<lanes>(normal, a.z, start, width);
      loadRow<lanes>(g, a.dy, a.y_type, start, width);
      const float mean = width ? a.mean[row] : 0, rstd = width ? a.rstd[row] : 0;
#pragma unroll
      for (int c = 0; c < chunks; ++c) normal[c] = (normal[c] - mean) * rstd;
      if (a.sums) {
        addRow<lanes>(g, dbias, width);
        float4 product[chunks];
#pragma unroll
        for (int c = 0; c < chunks; ++c) product[c] = g[c] * normal[c];
        addRow<lanes>(product, dweight, width);
      }
      scaleRow<lanes>(g, a.weight, width);
      float sum = 0, dot = 0;
#pragma unroll
      for (int c = 0; c < chunks; ++c) {
        sum += total4(g[c]);
        dot += total4(g[c] * normal[c]);
      }
      const float shift = rowSum<lanes>(sum) * share, slope = rowSum<lanes>(dot) * share;
#pragma unroll
      for (int c = 0; c < chunks; ++c) dz[c] = dz[c] + ((g[c] - shift) + normal[c] * -slope) * rstd;
    }
    if (a.writes_dx) storeRow<lanes>(dz, a.dx, start, width);
    const bool sumsGamma = a.sums == 3 && a.h;
    if (!a.dh && !sumsGamma) continue;
    const float factor = width ? pathFactor(a.branch, row) : 0;
#pragma unroll
    for (int c = 0; c < chunks; ++c) dz[c] = dz[c] * factor;
    if (a.branch.dropout_threshold) dropRow(dz, keptBits<lanes, chunks>(a.branch, start), a.branch.dropout_scale);
    if (sumsGamma && factor != 0) {
      float4 h[chunks];
      loadRow<lanes>(h, a.h, a.h_type, start, width);
#pragma unroll
      for (int c = 0; c < chunks; ++c) h[c] = h[c] * dz[c];
      addRow<lanes>(h, dgamma, width);
    }
    if (!a.dh) continue;
    if (a.branch.gamma) scaleRow<lanes>(dz, a.branch.gamma, width);
    storeRow<lanes>(dz, a.dh, a.h_type, start, width);
  }
  __syncthreads();
  for (int i = threadIdx.x; i < size; i += MS_NORM_THREADS) {
    float sum = 0;
    for (int other = 0; other < groups; ++other) sum += memory[other * size + i];
    a.partial[(i64)blockIdx.x * size + i] = sum;
  }
}

#define MS_NORM(lanes, chunks)                                                                              \
  KERNEL(MS_NORM_THREADS, residual_norm_##lanes##x##chunks, ms_residual_norm) {                             \
    residualNorm<lanes, chunks>(a);                                                                         \
  }                                                                                                         \
  KERNEL(MS_NORM_THREADS, residual_norm_backward_##lanes##x##chunks, ms_residual_norm_backward) {           \
    residualNormBackward<lanes, chunks>(a);                                                                 \
  }
MS_NORM(8, 3)
MS_NORM(16, 3)
MS_NORM(32, 3)
MS_NORM(32, 4)
MS_NORM(32, 6)
MS_NORM(32, 8)
MS_NORM(32, 12)

// ---- any width and alignment ----------------------------------------------------------------------------------------

DEVICE float read(const void *x, int type, i64 index) {
  return type == MS_BF16 ? toFloat(((const bf16 *)x)[index]) : ((const float *)x)[index];
}
DEVICE void write(void *y, int type, i64 index, float x) {
  if (type == MS_BF16) store((bf16 *)y + index, x);
  else store((float *)y + index, x);
}
DEVICE float branchFactor(const ms_branch &branch, float factor, i64 index) {
  return branch.dropout_threshold ? dropoutFactor(branch, factor, index) : factor;
}

/// A warp a row, which it reads again for every pass.
KERNEL(MS_NORM_THREADS, residual_norm_any, ms_residual_norm) {
  const int lane = threadIdx.x % 32, row = blockIdx.x * (MS_NORM_THREADS / 32) + threadIdx.x / 32;
  if (row >= a.rows) return;
  const i64 start = (i64)row * a.width;
  const float factor = a.h ? pathFactor(a.branch, row) : 0;
  const auto joint = [&](int i) {
    if (factor == 0) return a.x[start + i];
    const float scale = branchFactor(a.branch, factor, start + i) * (a.branch.gamma ? a.branch.gamma[i] : 1);
    return a.x[start + i] + scale * read(a.h, a.h_type, start + i);
  };
  float sum = 0;
  for (int i = lane; i < a.width; i += 32) {
    const float z = joint(i);
    if (a.h && a.z) a.z[start + i] = z;
    sum += z;
  }
  if (!a.y) return;
  // What was written is there to be read by the thread that wrote it, x perhaps no longer.
  const auto again = [&](int i) { return a.h && a.z ? a.z[start + i] : joint(i); };
  const float share = 1.0f / (float)a.width, mean = warpSum(sum) * share;
  float squares = 0;
  for (int i = lane; i < a.width; i += 32) {
    const float offset = again(i) - mean;
    squares += offset * offset;
  }
  const float rstd = rsqrtf(warpSum(squares) * share + a.epsilon);
  for (int i = lane; i < a.width; i += 32) {
    const float normal = (again(i) - mean) * rstd;
    write(a.y, a.y_type, start + i, normal * (a.weight ? a.weight[i] : 1) + (a.bias ? a.bias[i] : 0));
  }
  if (lane == 0 && a.mean) a.mean[row] = mean;
  if (lane == 0 && a.rstd) a.rstd[row] = rstd;
}

/// dx and dh, a warp a row.
KERNEL(MS_NORM_THREADS, residual_norm_backward_any, ms_residual_norm_backward) {
  const int lane = threadIdx.x % 32, row = blockIdx.x * (MS_NORM_THREADS / 32) + threadIdx.x / 32;
  if (row >= a.rows) return;
  const i64 start = (i64)row * a.width;
  float mean = 0, rstd = 0, shift = 0, slope = 0;
  if (a.dy) {
    mean = a.mean[row], rstd = a.rstd[row];
    for (int i = lane; i < a.width; i += 32) {
      const float g = read(a.dy, a.y_type, start + i) * (a.weight ? a.weight[i] : 1);
      shift += g;
      slope += g * (a.z[start + i] - mean) * rstd;
    }
    shift = warpSum(shift) / (float)a.width;
    slope = warpSum(slope) / (float)a.width;
  }
  const float factor = a.dh ? pathFactor(a.branch, row) : 0;
  for (int i = lane; i < a.width; i += 32) {
    float dx = a.dz ? a.dz[start + i] : 0;
    if (a.dy) {
      const float g = read(a.dy, a.y_type, start + i) * (a.weight ? a.weight[i] : 1);
      dx += rstd * (g - shift - (a.z[start + i] - mean) * rstd * slope);
    }
    if (a.writes_dx) a.dx[start + i] = dx;
    if (!a.dh) continue;
    const float scale = branchFactor(a.branch, factor, start + i) * (a.branch.gamma ? a.branch.gamma[i] : 1);
    write(a.dh, a.h_type, start + i, scale * dx);
  }
}

/// The sums of a part's rows, once dx is known: a warp takes every eighth row of 32 columns. Blocks in x: columns, in
/// y: parts.
KERNEL(256, residual_norm_sums_any, ms_residual_norm_backward) {
  SHARED(bytes);
  float *const memory = (float *)bytes;  // [3, 8, 32]
  const int lane = threadIdx.x % 32, warp = threadIdx.x / 32, column = blockIdx.x * 32 + lane;
  const int first = blockIdx.y * a.part_rows, last = min(first + a.part_rows, a.rows);
  float sums[3] = {0, 0, 0};
  for (int row = first + warp; row < last; row += 8) {
    if (column >= a.width) continue;
    const i64 index = (i64)row * a.width + column;
    if (a.dy) {
      const float dy = read(a.dy, a.y_type, index);
      sums[0] += dy * (a.z[index] - a.mean[row]) * a.rstd[row];
      sums[1] += dy;
    }
    if (a.sums < 3 || !a.h) continue;
    const float factor = pathFactor(a.branch, row);
    if (factor == 0) continue;
    sums[2] += branchFactor(a.branch, factor, index) * a.dx[index] * read(a.h, a.h_type, index);
  }
#pragma unroll
  for (int s = 0; s < 3; ++s) memory[s * 256 + threadIdx.x] = sums[s];
  __syncthreads();
  if (warp >= a.sums || column >= a.width) return;
  float sum = 0;
  for (int other = 0; other < 8; ++other) sum += memory[warp * 256 + other * 32 + lane];
  a.partial[((i64)blockIdx.y * a.sums + warp) * a.width + column] = sum;
}
