// Losses by rows of logits. A row is read once for its statistics, and once more where something of its size is written:
// what is read twice is still in the caches.

/// The first row of logits that is this team's, and which of its columns this thread takes: every `step`th.
struct Row {
  i64 number;
  int first, step, count;
};
DEVICE Row rowOf(const ms_losses &a) {
  const int teams = blockDim.x / a.team;
  const i64 number = (i64)blockIdx.x * teams + threadIdx.x / a.team;
  // A team without a row has no columns; it still takes part in what its warp does together.
  return {number, (int)threadIdx.x % a.team, a.team, number < a.rows ? a.classes : 0};
}

/// body(column, x, t) for the thread's columns of a row; t is 0 without a target. Four loads are under way at once.
template <class Body> DEVICE void forColumns(const Row &row, const float *x, const float *t, const Body &body) {
  int c = row.first;
  for (; c < row.count - 3 * row.step; c += 4 * row.step) {
    float own[4], wanted[4];
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      own[i] = x[c + i * row.step];
      wanted[i] = t ? t[c + i * row.step] : 0;
    }
#pragma unroll
    for (int i = 0; i < 4; ++i) body(c + i * row.step, own[i], wanted[i]);
  }
  for (; c < row.count; c += row.step) body(c, x[c], t ? t[c] : 0);
}

/// Statistics of some of a row's logits, with what the softmax of them needs.
struct Statistics {
  // Below any logit but minus infinity, so that no difference is that of two infinities.
  float most = -1e38f;
  float powers = 0;   // Σ e^(x − most)
  float weights = 0;  // Σ t
  float dot = 0;      // Σ t · (x − most)

  __device__ __forceinline__ void raise(float higher) {
    powers *= expf(most - higher);
    dot += (most - higher) * weights;
    most = higher;
  }
  __device__ __forceinline__ void add(float x) {
    if (x > most) raise(x);
    powers += expf(x - most);
  }
  __device__ __forceinline__ void add(float x, float t) {
    add(x);
    weights += t;
    dot += t * (x - most);
  }
  __device__ __forceinline__ void add(Statistics other) {
    if (other.most > most) raise(other.most);
    else other.raise(most);
    powers += other.powers;
    weights += other.weights;
    dot += other.dot;
  }
};

/// The same of the whole team, to each of its threads; warps in their order.
DEVICE Statistics teamStatistics(Statistics own, int team, u8 *memory) {
#pragma unroll
  for (int step = 16; step > 0; step >>= 1) {
    Statistics other;
    other.most = __shfl_xor_sync(0xffffffffu, own.most, step);
    other.powers = __shfl_xor_sync(0xffffffffu, own.powers, step);
    other.weights = __shfl_xor_sync(0xffffffffu, own.weights, step);
    other.dot = __shfl_xor_sync(0xffffffffu, own.dot, step);
    own.add(other);
  }
  if (team == 32) return own;
  Statistics *warps = (Statistics *)memory;
  if (threadIdx.x % 32 == 0) warps[threadIdx.x / 32] = own;
  __syncthreads();
  Statistics all = warps[0];
  for (int warp = 1; warp < team / 32; ++warp) all.add(warps[warp]);
  return all;
}

KERNEL(1024, softmax_rows, ms_losses) {
  SHARED(memory);
  const Row row = rowOf(a);
  const float *x = a.logits + row.number * a.classes;
  float *y = a.out + row.number * a.classes;
  Statistics own;
  forColumns(row, x, nullptr, [&](int, float value, float) { own.add(value); });
  const Statistics all = teamStatistics(own, a.team, memory);
  const float scale = 1 / all.powers;
  forColumns(row, x, nullptr, [&](int c, float value, float) { y[c] = expf(value - all.most) * scale; });
}

/// The statistics of a row, and which class its label is; −1: none.
DEVICE Statistics targetStatistics(const ms_losses &a, const Row &row, int &label, u8 *memory) {
  const float *x = a.logits + row.number * a.classes, *t = a.target ? a.target + row.number * a.classes : nullptr;
  const float flat = a.smoothing / (float)a.classes;
  Statistics own;
  if (t) forColumns(row, x, t, [&](int, float value, float wanted) { own.add(value, wanted); });
  else if (flat > 0) forColumns(row, x, nullptr, [&](int, float value, float) { own.add(value, flat); });
  else forColumns(row, x, nullptr, [&](int, float value, float) { own.add(value); });
  Statistics all = teamStatistics(own, a.team, memory);
  label = -1;
  if (t || row.count == 0) return all;
  const int wanted = a.labels[row.number];
  const bool isClass = wanted >= 0 && wanted < a.classes;
  all.weights = isClass ? 1 : a.smoothing;
  if (isClass) label = wanted;
  return all;
}

/// losses[r] = Σt · log Σe^x − Σ t·x.
KERNEL(1024, cross_entropy, ms_losses) {
  SHARED(memory);
  const Row row = rowOf(a);
  int label;
  Statistics all = targetStatistics(a, row, label, memory);
  if (row.first != 0 || row.count == 0) return;
  if (label >= 0) all.dot += (1 - a.smoothing) * (a.logits[row.number * a.classes + label] - all.most);
  a.out[row.number] = all.weights * logf(all.powers) - all.dot;
}

/// dlogits = scale · (softmax · Σt − t).
KERNEL(1024, cross_entropy_backward, ms_losses) {
  SHARED(memory);
  const Row row = rowOf(a);
  int label;
  const Statistics all = targetStatistics(a, row, label, memory);
  const float *x = a.logits + row.number * a.classes, *t = a.target ? a.target + row.number * a.classes : nullptr;
  float *d = a.out + row.number * a.classes;
  const float factor = a.scale * all.weights / all.powers, most = all.most;
  if (t) {
    forColumns(row, x, t, [&](int c, float value, float wanted) {
      d[c] = factor * expf(value - most) - a.scale * wanted;
    });
  } else {
    const float flat = a.scale * a.smoothing / (float)a.classes, own = a.scale * (1 - a.smoothing);
    forColumns(row, x, nullptr, [&](int c, float value, float) {
      d[c] = factor * expf(value - most) - flat - (c == label ? own : 0);
    });
  }
}

/// max(x, 0) + log(1 + e^-|x|): the binary loss of target 0.
DEVICE float softplus(float x) { return (x < 0 ? 0 : x) + log1pf(expf(-fabsf(x))); }

/// losses[r] = the mean over classes of softplus(x) − x·t.
KERNEL_FITTING(1024, 1, binary_cross_entropy, ms_losses) {
  SHARED(memory);
  const Row row = rowOf(a);
  const float *x = a.logits + row.number * a.classes, *t = a.target ? a.target + row.number * a.classes : nullptr;
  const int label = !t && row.count > 0 ? a.labels[row.number] : -1;
  float sum = 0;
  forColumns(row, x, t, [&](int c, float value, float wanted) {
    sum += softplus(value) - (t ? value * wanted : c == label ? value : 0);
  });
  sum = a.team == 32 ? warpSum(sum) : blockSum(sum, (float *)memory);
  if (row.first == 0 && row.count > 0) a.out[row.number] = sum / (float)a.classes;
}

/// dlogits = scale / classes · (sigmoid(x) − t).
KERNEL(1024, binary_cross_entropy_backward, ms_losses) {
  const Row row = rowOf(a);
  const float *x = a.logits + row.number * a.classes, *t = a.target ? a.target + row.number * a.classes : nullptr;
  float *d = a.out + row.number * a.classes;
  const int label = !t && row.count > 0 ? a.labels[row.number] : -1;
  const float scale = a.scale / (float)a.classes;
  forColumns(row, x, t, [&](int c, float value, float wanted) {
    d[c] = scale * (1 / (1 + expf(-value)) - (t ? wanted : c == label ? 1.0f : 0.0f));
  });
}
