// Batch-norm over rows [rows, width], with what stands behind it.
// Bound by memory: every pass reads 16 bytes a thread and row, four rows at once. Sums: in f32 over a thread's rows, in
// f64 beyond, always in the same order.

/// The part of [rows, width] that is a thread's: `count` columns of rows first, first + step, …
struct Cover {
  int column, step;
  i64 first, end;
};
template <int count> DEVICE Cover coverOf(const ms_cover &c) {
  const int column = (int)((blockIdx.x << c.threads_across) + (threadIdx.x & ((1u << c.threads_across) - 1))) * count;
  const i64 begin = blockIdx.y * c.block_rows, end = min(begin + c.block_rows, c.rows);
  const i64 first = column < c.width ? begin + (threadIdx.x >> c.threads_across) : end;
  return {column, (int)(blockDim.x >> c.threads_across), first, end};
}

template <int count> DEVICE void loadColumns(const float *from, const Cover &c, int width, float (&x)[count]) {
#pragma unroll
  for (int i = 0; i < count; ++i) x[i] = c.column + i < width ? from[c.column + i] : 0;
}

/// The threads' two numbers of every column, for the threads that go on with a column each.
template <int count>
DEVICE void share(float *memory, const ms_cover &c, const float (&x)[count], const float (&y)[count]) {
  const int width = count << c.threads_across, rows = blockDim.x >> c.threads_across;
  const int row = threadIdx.x >> c.threads_across, column = (threadIdx.x & ((1 << c.threads_across) - 1)) * count;
#pragma unroll
  for (int i = 0; i < count; ++i) {
    memory[row * width + column + i] = x[i];
    memory[(rows + row) * width + column + i] = y[i];
  }
  __syncthreads();
}

/// body(column, sum of x, sum of y) for every column of the block.
template <int count, class Body>
DEVICE void forSharedColumns(const float *memory, const ms_cover &c, const Body &body) {
  const int width = count << c.threads_across, rows = blockDim.x >> c.threads_across;
  for (int at = threadIdx.x; at < width; at += blockDim.x) {
    const int column = (int)blockIdx.x * width + at;
    if (column >= c.width) continue;
    double x = 0, y = 0;
    for (int row = 0; row < rows; ++row) {
      x += (double)memory[row * width + at];
      y += (double)memory[(rows + row) * width + at];
    }
    body(column, x, y);
  }
}

/// Moments of a block's rows. Sums are about the block's first row: little is lost where a column is far from zero.
template <class T, int count> DEVICE void batchMoments(const ms_batch_moments &a) {
  SHARED(raw);
  const Cover c = coverOf<count>(a.cover);
  const i64 width = a.cover.width, begin = blockIdx.y * a.cover.block_rows;
  float centre[count] = {}, sum[count] = {}, squares[count] = {};
  if (c.column < width) unpack(loadRun<T, count>(a.x, begin * width + c.column), centre);
  for (i64 row = c.first; row < c.end; row += 4 * c.step) {
    Run<T, count> runs[4];
#pragma unroll
    for (int u = 0; u < 4; ++u)
      if (row + u * c.step < c.end) runs[u] = loadRun<T, count>(a.x, (row + u * c.step) * width + c.column);
#pragma unroll
    for (int u = 0; u < 4; ++u) {
      if (row + u * c.step >= c.end) break;
      float x[count];
      unpack(runs[u], x);
#pragma unroll
      for (int i = 0; i < count; ++i) {
        const float apart = x[i] - centre[i];
        sum[i] += apart;
        squares[i] = fmaf(apart, apart, squares[i]);
      }
    }
  }
  float *memory = (float *)raw;
  share<count>(memory, a.cover, sum, squares);
  forSharedColumns<count>(memory, a.cover, [&](int column, double sum, double squares) {
    const double rows = (double)(c.end - begin), apart = sum / rows;
    double *to = a.partial + (i64)blockIdx.y * 2 * width + column;
    to[0] = (double)toFloat(((const T *)a.x)[begin * width + column]) + apart;
    to[width] = fmax(0.0, squares - sum * apart);
  });
}
KERNEL(256, batch_moments_f32, ms_batch_moments) { batchMoments<float, 1>(a); }
KERNEL(256, batch_moments_bf16, ms_batch_moments) { batchMoments<bf16, 1>(a); }
KERNEL(256, batch_moments_wide_f32, ms_batch_moments) { batchMoments<float, 4>(a); }
KERNEL(256, batch_moments_wide_bf16, ms_batch_moments) { batchMoments<bf16, 8>(a); }

/// Σ over the 32 threads of a column, in their order, the same to all: 8 columns by 32 threads join parts.
DEVICE double joined(double x, double *memory) {
  __syncthreads();
  memory[threadIdx.x] = x;
  __syncthreads();
  double sum = 0;
#pragma unroll 8
  for (int part = 0; part < 32; ++part) sum += memory[part * 8 + threadIdx.x % 8];
  return sum;
}

KERNEL(256, join_moments, ms_join_moments) {
  SHARED(parts);
  double *memory = (double *)parts;
  const i64 width = a.cover.width;
  const int column = blockIdx.x * 8 + threadIdx.x % 8, first = column < width ? threadIdx.x / 8 : a.blocks;
  const double rows = (double)a.cover.rows;
  auto rowsOf = [&](int block) {
    return (double)(min(a.cover.rows, (block + 1) * a.cover.block_rows) - block * a.cover.block_rows);
  };
  double sum = 0, squares = 0;
  for (int block = first; block < a.blocks; block += 32) sum += rowsOf(block) * a.partial[block * 2 * width + column];
  const double mean = rows > 0 ? joined(sum, memory) / rows : 0;
  for (int block = first; block < a.blocks; block += 32) {
    const double apart = a.partial[block * 2 * width + column] - mean;
    squares += a.partial[(block * 2 + 1) * width + column] + rowsOf(block) * apart * apart;
  }
  const double variance = rows > 0 ? joined(squares, memory) / rows : 0;
  if (threadIdx.x < 8 && column < width) a.mean[column] = (float)mean, a.variance[column] = (float)variance;
}

/// Stochastic depth: the sample of the last row, its end and its factor. Rows are asked for in rising order.
struct Path {
  int sample;
  i64 end;
  float factor;
};
DEVICE float pathFactor(Path &at, const ms_batch_norm &a, i64 row) {
  if (!a.offsets) return 1;
  if (row < at.end) return at.factor;
  int first = at.sample + 1, last = a.samples - 1;
  while (first < last) {
    const int middle = (first + last) / 2;
    if (a.offsets[middle + 1] <= row) first = middle + 1;
    else last = middle;
  }
  const bool isKept = randomUniform(*a.key, (u64)(a.first_sample + first)) >= a.drop;
  at = {first, a.offsets[first + 1], isKept ? 1 / (1 - a.drop) : 0};
  return at.factor;
}

/// What a column is normalised with. The way back works the norm out again and must find the same sign.
template <int count> struct Columns { float mean[count], scale[count], bias[count]; };
template <int count> DEVICE Columns<count> columnsOf(const ms_batch_norm &a, const Cover &c) {
  Columns<count> own;
  float variance[count];
  loadColumns<count>(a.mean, c, a.cover.width, own.mean);
  loadColumns<count>(a.variance, c, a.cover.width, variance);
  loadColumns<count>(a.weight, c, a.cover.width, own.scale);
  loadColumns<count>(a.bias, c, a.cover.width, own.bias);
#pragma unroll
  for (int i = 0; i < count; ++i) own.scale[i] = own.scale[i] / sqrtf(variance[i] + a.epsilon);
  return own;
}
template <int count> DEVICE float normed(const Columns<count> &own, int i, float x) {
  return fmaf(x - own.mean[i], own.scale[i], own.bias[i]);
}

template <class T, int count> DEVICE void batchNorm(const ms_batch_norm &a) {
  const Cover c = coverOf<count>(a.cover);
  const i64 width = a.cover.width;
  const Columns<count> own = columnsOf<count>(a, c);
  Path path = {-1, -1, 1};
  for (i64 row = c.first; row < c.end; row += 4 * c.step) {
    Run<T, count> runs[4], shortcuts[4];
#pragma unroll
    for (int u = 0; u < 4; ++u) {
      if (row + u * c.step >= c.end) break;
      const i64 at = (row + u * c.step) * width + c.column;
      runs[u] = loadRun<T, count>(a.x, at);
      if (a.shortcut) shortcuts[u] = loadRun<T, count>(a.shortcut, at);
    }
#pragma unroll
    for (int u = 0; u < 4; ++u) {
      if (row + u * c.step >= c.end) break;
      const float factor = pathFactor(path, a, row + u * c.step);
      float x[count], shortcut[count] = {};
      unpack(runs[u], x);
      if (a.shortcut) unpack(shortcuts[u], shortcut);
#pragma unroll
      for (int i = 0; i < count; ++i) {
        x[i] = factor * normed(own, i, x[i]) + shortcut[i];
        // Not a number stays so.
        if (a.is_rectified) x[i] = x[i] < 0 ? 0 : x[i];
      }
      storeRun((T *)a.y + (row + u * c.step) * width + c.column, x);
    }
  }
}
KERNEL(256, batch_norm_f32, ms_batch_norm) { batchNorm<float, 1>(a); }
KERNEL(256, batch_norm_bf16, ms_batch_norm) { batchNorm<bf16, 1>(a); }
KERNEL(256, batch_norm_wide_f32, ms_batch_norm) { batchNorm<float, 4>(a); }
KERNEL(256, batch_norm_wide_bf16, ms_batch_norm) { batchNorm<bf16, 8>(a); }

/// Where the derivative passes.
enum Passing { everywhere, where_normed, where_rectified };

/// Sums of du and du · (x - mean) over a block's rows, du = path · dz; dz where the ReLU is behind a joint.
template <class T, int count, Passing passing> DEVICE void batchNormSums(const ms_batch_norm &a) {
  SHARED(raw);
  const Cover c = coverOf<count>(a.cover);
  const i64 width = a.cover.width;
  Columns<count> own;
  if (passing == where_normed) own = columnsOf<count>(a, c);
  else loadColumns<count>(a.mean, c, a.cover.width, own.mean);
  Path path = {-1, -1, 1};
  float sum[count] = {}, dot[count] = {};
  for (i64 row = c.first; row < c.end; row += 4 * c.step) {
    Run<T, count> runs[4], gradients[4], rectified[4];
#pragma unroll
    for (int u = 0; u < 4; ++u) {
      if (row + u * c.step >= c.end) break;
      const i64 at = (row + u * c.step) * width + c.column;
      runs[u] = loadRun<T, count>(a.x, at);
      gradients[u] = loadRun<T, count>(a.dy, at);
      if (passing == where_rectified) rectified[u] = loadRun<T, count>(a.rectified, at);
    }
#pragma unroll
    for (int u = 0; u < 4; ++u) {
      if (row + u * c.step >= c.end) break;
      const float factor = pathFactor(path, a, row + u * c.step);
      float x[count], gradient[count], y[count];
      unpack(runs[u], x);
      unpack(gradients[u], gradient);
      if (passing == where_rectified) unpack(rectified[u], y);
#pragma unroll
      for (int i = 0; i < count; ++i) {
        if (passing == where_normed) gradient[i] = normed(own, i, x[i]) > 0 ? gradient[i] : 0;
        if (passing == where_rectified) gradient[i] = y[i] > 0 ? gradient[i] : 0;
        const float upstream = factor * gradient[i];
        sum[i] += upstream;
        dot[i] = fmaf(upstream, x[i] - own.mean[i], dot[i]);
      }
      if (passing == where_rectified) storeRun((T *)a.dz + (row + u * c.step) * width + c.column, gradient);
    }
  }
  float *memory = (float *)raw;
  share<count>(memory, a.cover, sum, dot);
  forSharedColumns<count>(memory, a.cover, [&](int column, double sum, double dot) {
    double *to = a.partial + (i64)blockIdx.y * 2 * width + column;
    to[0] = sum;
    to[width] = dot;
  });
}
KERNEL(256, batch_norm_sums_f32, ms_batch_norm) { batchNormSums<float, 1, everywhere>(a); }
KERNEL(256, batch_norm_sums_bf16, ms_batch_norm) { batchNormSums<bf16, 1, everywhere>(a); }
KERNEL(256, batch_norm_sums_wide_f32, ms_batch_norm) { batchNormSums<float, 4, everywhere>(a); }
KERNEL(256, batch_norm_sums_wide_bf16, ms_batch_norm) { batchNormSums<bf16, 8, everywhere>(a); }
KERNEL(256, batch_norm_relu_sums_f32, ms_batch_norm) { batchNormSums<float, 1, where_normed>(a); }
KERNEL(256, batch_norm_relu_sums_bf16, ms_batch_norm) { batchNormSums<bf16, 1, where_normed>(a); }
KERNEL(256, batch_norm_relu_sums_wide_f32, ms_batch_norm) { batchNormSums<float, 4, where_normed>(a); }
KERNEL(256, batch_norm_relu_sums_wide_bf16, ms_batch_norm) { batchNormSums<bf16, 8, where_normed>(a); }
KERNEL(256, batch_norm_joint_sums_f32, ms_batch_norm) { batchNormSums<float, 1, where_rectified>(a); }
KERNEL(256, batch_norm_joint_sums_bf16, ms_batch_norm) { batchNormSums<bf16, 1, where_rectified>(a); }
KERNEL(256, batch_norm_joint_sums_wide_f32, ms_batch_norm) { batchNormSums<float, 4, where_rectified>(a); }
KERNEL(256, batch_norm_joint_sums_wide_bf16, ms_batch_norm) { batchNormSums<bf16, 8, where_rectified>(a); }

/// dx = weight/σ · (du - mean of du - x̂ · mean of du·x̂), the means only where x's own statistics were used.
KERNEL(256, join_batch_norm, ms_join_batch_norm) {
  SHARED(parts);
  double *memory = (double *)parts;
  const i64 width = a.width;
  const int column = blockIdx.x * 8 + threadIdx.x % 8, begin = column < width ? threadIdx.x / 8 : a.blocks;
  double sum = 0, dot = 0;
  for (int block = begin; block < a.blocks; block += 32) {
    sum += a.partial[block * 2 * width + column];
    dot += a.partial[(block * 2 + 1) * width + column];
  }
  sum = joined(sum, memory);
  dot = joined(dot, memory);
  if (threadIdx.x >= 8 || column >= width) return;
  const double squared = (double)a.variance[column] + (double)a.epsilon, deviation = sqrt(squared);
  const float scale = a.weight[column] / sqrtf(a.variance[column] + a.epsilon);
  const double share = a.is_of_batch && a.rows > 0 ? (double)scale / (double)a.rows : 0;
  a.slopes[column] = (float)(share * dot / squared);
  a.slopes[width + column] = (float)(share * sum);
  if (a.dweight)
    a.dweight[column] = (float)(dot / deviation) + (a.beta_weight == 0 ? 0 : a.beta_weight * a.dweight[column]);
  if (a.dbias) a.dbias[column] = (float)sum + (a.beta_bias == 0 ? 0 : a.beta_bias * a.dbias[column]);
}

template <class T, int count, Passing passing> DEVICE void batchNormBackward(const ms_batch_norm &a) {
  const Cover c = coverOf<count>(a.cover);
  const i64 width = a.cover.width;
  const Columns<count> own = columnsOf<count>(a, c);
  float slope[count], level[count];
  loadColumns<count>(a.slopes, c, a.cover.width, slope);
  loadColumns<count>(a.slopes + width, c, a.cover.width, level);
  Path path = {-1, -1, 1};
  for (i64 row = c.first; row < c.end; row += 4 * c.step) {
    Run<T, count> runs[4], gradients[4];
#pragma unroll
    for (int u = 0; u < 4; ++u) {
      if (row + u * c.step >= c.end) break;
      const i64 at = (row + u * c.step) * width + c.column;
      runs[u] = loadRun<T, count>(a.x, at);
      gradients[u] = loadRun<T, count>(a.dy, at);
    }
#pragma unroll
    for (int u = 0; u < 4; ++u) {
      if (row + u * c.step >= c.end) break;
      const float factor = pathFactor(path, a, row + u * c.step);
      float x[count], gradient[count];
      unpack(runs[u], x);
      unpack(gradients[u], gradient);
#pragma unroll
      for (int i = 0; i < count; ++i) {
        if (passing == where_normed) gradient[i] = normed(own, i, x[i]) > 0 ? gradient[i] : 0;
        x[i] = own.scale[i] * (factor * gradient[i]) - slope[i] * (x[i] - own.mean[i]) - level[i];
      }
      storeRun((T *)a.dx + (row + u * c.step) * width + c.column, x);
    }
  }
}
KERNEL(256, batch_norm_backward_f32, ms_batch_norm) { batchNormBackward<float, 1, everywhere>(a); }
KERNEL(256, batch_norm_backward_bf16, ms_batch_norm) { batchNormBackward<bf16, 1, everywhere>(a); }
KERNEL(256, batch_norm_backward_wide_f32, ms_batch_norm) { batchNormBackward<float, 4, everywhere>(a); }
KERNEL(256, batch_norm_backward_wide_bf16, ms_batch_norm) { batchNormBackward<bf16, 8, everywhere>(a); }
KERNEL(256, batch_norm_relu_backward_f32, ms_batch_norm) { batchNormBackward<float, 1, where_normed>(a); }
// For sm_80 the compiler would spill to fit eight.
KERNEL_FITTING(256, 4, batch_norm_relu_backward_bf16, ms_batch_norm) { batchNormBackward<bf16, 1, where_normed>(a); }
KERNEL(256, batch_norm_relu_backward_wide_f32, ms_batch_norm) { batchNormBackward<float, 4, where_normed>(a); }
KERNEL(256, batch_norm_relu_backward_wide_bf16, ms_batch_norm) { batchNormBackward<bf16, 8, where_normed>(a); }
