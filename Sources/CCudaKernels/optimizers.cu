// AdamW, SGD and LAMB, sums of squares, the moving average of weights. All of it is bound by memory.
namespace optimizers {

/// n neighbours: 4, aligned to their size, or 1.
template <int n> DEVICE void load(float (&x)[n], const float *place) {
  if constexpr (n == 4) {
    const float4 four = load4(place);
    x[0] = four.x, x[1] = four.y, x[2] = four.z, x[3] = four.w;
  } else {
    x[0] = *place;
  }
}
template <int n, class T> DEVICE void save(T *place, const float (&x)[n]) {
  if constexpr (n == 4) store4(place, make_float4(x[0], x[1], x[2], x[3]));
  else store(place, x[0]);
}
/// Whether four elements may be moved at once; NULL is aligned.
DEVICE bool isAligned(const void *place) { return (u64)place % 16 == 0; }

/// The last of the rows of a table whose first tile is not behind this block: the one whose elements are the block's.
template <class Row> DEVICE int rowOfBlock(const Row *rows, int count) {
  int low = 0, high = count - 1;
  while (low < high) {
    const int middle = (low + high + 1) / 2;
    if (rows[middle].first_tile <= (i64)blockIdx.x) low = middle;
    else high = middle - 1;
  }
  return low;
}

DEVICE float gradientScale(const double *factor) { return factor ? (float)*factor : 1; }

// ---- AdamW ----------------------------------------------------------------------------------------------------------

/// The rates of one segment with everything that is the same for all its elements worked out.
struct Adam {
  float beta1, rest1, beta2, rest2, scale, keep, step, root, epsilon;
};

/// p −= step · m / (√v · root + epsilon) after the decay.
DEVICE void move(const Adam &adam, float &p, float g, float &m, float &v) {
  const float grad = g * adam.scale;
  m = adam.beta1 * m + adam.rest1 * grad;
  v = adam.beta2 * v + adam.rest2 * grad * grad;
  p = adam.keep * p - adam.step * m / (sqrtf(v) * adam.root + adam.epsilon);
}

/// Elements from ..< to of a segment. A row of a table without a gradient moves with its moments, and one that never
/// had a gradient only decays.
template <int n>
DEVICE void adamTile(const ms_adamw &a, const ms_update_segment &s, const Adam &adam, i64 from, i64 to) {
  const u8 *touched = s.touched;
  const int width = touched ? (int)s.row : 1;
  const i64 firstRow = touched ? from / width : 0;
  const int inRow = touched ? (int)(from - firstRow * width) : 0;
  const int step = n * (int)blockDim.x, count = (int)(to - from);
  const i64 start = s.offset + from;
  for (int first = n * (int)threadIdx.x; first < count; first += 2 * step) {
    float p[2][n], g[2][n] = {}, m[2][n], v[2][n];
    bool moves[2];
#pragma unroll
    for (int k = 0; k < 2; ++k) {
      const int at = first + k * step;
      if (at >= count) continue;
      bool hasGradient = true;
      moves[k] = true;
      if (touched) {
        const int below = (inRow + at) / width;
        const i64 row = firstRow + below;
        hasGradient = touched[row];
        moves[k] = hasGradient || !s.ever || s.ever[row];
        if (s.ever && hasGradient && inRow + at == below * width) s.ever[row] = 1;
      }
      load(p[k], a.p + start + at);
      if (hasGradient) load(g[k], a.g + start + at);
      if (moves[k]) {
        load(m[k], a.m + start + at);
        load(v[k], a.v + start + at);
      }
    }
#pragma unroll
    for (int k = 0; k < 2; ++k) {
      const int at = first + k * step;
      if (at >= count) continue;
      if (moves[k]) {
#pragma unroll
        for (int i = 0; i < n; ++i) move(adam, p[k][i], g[k][i], m[k][i], v[k][i]);
        save(a.m + start + at, m[k]);
        save(a.v + start + at, v[k]);
      } else {
#pragma unroll
        for (int i = 0; i < n; ++i) p[k][i] *= adam.keep;
      }
      save(a.p + start + at, p[k]);
      if (a.shadow) save((bf16 *)a.shadow + start + at, p[k]);
    }
  }
}

KERNEL(256, adamw_update, ms_adamw) {
  const ms_update_segment s = a.segments[rowOfBlock(a.segments, a.segment_count)];
  const ms_adam_rates rates = *a.rates;
  const double lr = rates.lr * s.lr_scale;
  const Adam adam = {a.beta1, a.rest1, a.beta2, a.rest2, gradientScale(a.factor), (float)(1 - lr * s.weight_decay),
                     (float)(lr / rates.correction1), (float)rates.root, a.epsilon};
  const i64 from = ((i64)blockIdx.x - s.first_tile) * MS_UPDATE_TILE, to = min(from + MS_UPDATE_TILE, (i64)s.count);
  const bool fours = (s.offset | s.count | s.row) % 4 == 0 && isAligned(a.p) && isAligned(a.g) && isAligned(a.m) &&
                     isAligned(a.v) && isAligned(a.shadow);
  if (fours) adamTile<4>(a, s, adam, from, to);
  else adamTile<1>(a, s, adam, from, to);
}

// ---- SGD ------------------------------------------------------------------------------------------------------------

template <int n> DEVICE void sgdTile(const ms_sgd &a, const ms_update_segment &s, i64 start, int count) {
  const float lr = (float)(*a.lr * s.lr_scale), decay = (float)s.weight_decay, scale = gradientScale(a.factor);
  const int step = n * (int)blockDim.x;
  for (int first = n * (int)threadIdx.x; first < count; first += 2 * step) {
    float p[2][n], g[2][n], sum[2][n] = {};
#pragma unroll
    for (int k = 0; k < 2; ++k) {
      const int at = first + k * step;
      if (at >= count) continue;
      load(p[k], a.p + start + at);
      load(g[k], a.g + start + at);
      if (a.sum) load(sum[k], a.sum + start + at);
    }
#pragma unroll
    for (int k = 0; k < 2; ++k) {
      const int at = first + k * step;
      if (at >= count) continue;
#pragma unroll
      for (int i = 0; i < n; ++i) {
        const float grad = g[k][i] * scale + decay * p[k][i];
        sum[k][i] = a.momentum * sum[k][i] + grad;
        const float along = !a.sum ? grad : a.nesterov ? grad + a.momentum * sum[k][i] : sum[k][i];
        p[k][i] -= lr * along;
      }
      if (a.sum) save(a.sum + start + at, sum[k]);
      save(a.p + start + at, p[k]);
      if (a.shadow) save((bf16 *)a.shadow + start + at, p[k]);
    }
  }
}

KERNEL(256, sgd_update, ms_sgd) {
  const ms_update_segment s = a.segments[rowOfBlock(a.segments, a.segment_count)];
  const i64 from = ((i64)blockIdx.x - s.first_tile) * MS_UPDATE_TILE;
  const int count = (int)min((i64)MS_UPDATE_TILE, s.count - from);
  const bool fours =
      (s.offset | s.count) % 4 == 0 && isAligned(a.p) && isAligned(a.g) && isAligned(a.sum) && isAligned(a.shadow);
  if (fours) sgdTile<4>(a, s, s.offset + from, count);
  else sgdTile<1>(a, s, s.offset + from, count);
}

// ---- LAMB -----------------------------------------------------------------------------------------------------------

/// Adam's direction with decay.
struct Lamb {
  float first_scale, root, epsilon, decay;
  /// The step along the direction before the trust ratio.
  double step;

  DEVICE explicit Lamb(const ms_lamb &a)
      : first_scale((float)(1 / a.rates->correction1)), root((float)a.rates->root), epsilon(a.epsilon),
        decay(a.weight_decay), step(-a.rates->lr * a.lr_scale) {}
  DEVICE float direction(float p, float m, float v) const {
    return m * first_scale / (sqrtf(v) * root + epsilon) + decay * p;
  }
};
DEVICE bool isLambAligned(const ms_lamb &a) {
  return a.count % 4 == 0 && isAligned(a.p) && isAligned(a.g) && isAligned(a.m) && isAligned(a.v);
}

/// Moves the moments on. Without decay the step follows at once; else the sums of squares that its length depends on.
template <int n> DEVICE void lambMoments(const ms_lamb &a, double *memory) {
  const Lamb lamb(a);
  const float scale = gradientScale(a.factor), step = (float)lamb.step;
  double ofWeights = 0, ofDirections = 0;
  for (i64 at = n * ((i64)blockIdx.x * blockDim.x + threadIdx.x); at < a.count; at += (i64)n * gridDim.x * blockDim.x) {
    float p[n], g[n], m[n], v[n];
    load(p, a.p + at);
    load(g, a.g + at);
    load(m, a.m + at);
    load(v, a.v + at);
#pragma unroll
    for (int i = 0; i < n; ++i) {
      const float grad = g[i] * scale;
      m[i] = a.beta1 * m[i] + a.rest1 * grad;
      v[i] = a.beta2 * v[i] + a.rest2 * grad * grad;
      const float direction = lamb.direction(p[i], m[i], v[i]);
      ofWeights += (double)p[i] * p[i];
      ofDirections += (double)direction * direction;
      p[i] += step * direction;
    }
    save(a.m + at, m);
    save(a.v + at, v);
    if (!a.partial) save(a.p + at, p);
  }
  if (!a.partial) return;
  ofWeights = blockSum(ofWeights, memory);
  ofDirections = blockSum(ofDirections, memory);
  if (threadIdx.x > 0) return;
  a.partial[blockIdx.x] = ofWeights;
  a.partial[a.blocks + blockIdx.x] = ofDirections;
}

KERNEL_FITTING(256, 4, lamb_moments, ms_lamb) {
  SHARED(raw);
  if (isLambAligned(a)) lambMoments<4>(a, (double *)raw);
  else lambMoments<1>(a, (double *)raw);
}

/// The direction once more, from the moments: to write it and read it again would cost as much.
template <int n> DEVICE void lambStep(const ms_lamb &a, const Lamb &lamb, float step) {
  for (i64 at = n * ((i64)blockIdx.x * blockDim.x + threadIdx.x); at < a.count; at += (i64)n * gridDim.x * blockDim.x) {
    float p[n], m[n], v[n];
    load(p, a.p + at);
    load(m, a.m + at);
    load(v, a.v + at);
#pragma unroll
    for (int i = 0; i < n; ++i) p[i] += step * lamb.direction(p[i], m[i], v[i]);
    save(a.p + at, p);
  }
}

KERNEL(256, lamb_step, ms_lamb) {
  SHARED(raw);
  double ofWeights = 0, ofDirections = 0;
  for (int block = threadIdx.x; block < a.blocks; block += blockDim.x) {
    ofWeights += a.partial[block];
    ofDirections += a.partial[a.blocks + block];
  }
  ofWeights = blockSum(ofWeights, (double *)raw);
  ofDirections = blockSum(ofDirections, (double *)raw);
  const double trust = ofWeights > 0 && ofDirections > 0 ? sqrt(ofWeights / ofDirections) : 1;
  const Lamb lamb(a);
  const float step = (float)(lamb.step * trust);
  if (isLambAligned(a)) lambStep<4>(a, lamb, step);
  else lambStep<1>(a, lamb, step);
}

// ---- sums and averages ----------------------------------------------------------------------------------------------

KERNEL(256, sum_of_squares_parts, ms_sum_of_squares) {
  SHARED(raw);
  const ms_squares_part part = a.parts[rowOfBlock(a.parts, a.part_count)];
  const i64 from = ((i64)blockIdx.x - part.first_tile) * MS_SQUARES_TILE;
  const float *x = part.x + from;
  const int count = (int)min((i64)MS_SQUARES_TILE, part.count - from), whole = isAligned(x) ? count / 4 * 4 : 0;
  double sum = 0;
#pragma unroll 4
  for (int at = 4 * (int)threadIdx.x; at < whole; at += 4 * (int)blockDim.x) {
    const float4 four = load4(x + at);
    sum += (double)four.x * four.x + (double)four.y * four.y + ((double)four.z * four.z + (double)four.w * four.w);
  }
  for (int at = whole + (int)threadIdx.x; at < count; at += blockDim.x) sum += (double)x[at] * x[at];
  sum = blockSum(sum, (double *)raw);
  if (threadIdx.x == 0) a.partial[blockIdx.x] = sum;
}

/// One block.
KERNEL(1024, sum_of_squares_total, ms_sum_of_squares) {
  SHARED(raw);
  double sum = 0;
#pragma unroll 4
  for (int tile = threadIdx.x; tile < a.tiles; tile += blockDim.x) sum += a.partial[tile];
  sum = blockSum(sum, (double *)raw);
  if (threadIdx.x == 0) *a.sum = sum;
}

KERNEL(256, moving_average, ms_moving_average) {
  const i64 first = 4 * ((i64)blockIdx.x * blockDim.x + threadIdx.x);
  const float decay = *a.decay, rest = 1 - decay;
  if (first + 4 <= a.count && isAligned(a.x) && isAligned(a.average)) {
    const float4 x = load4(a.x + first), y = load4(a.average + first);
    store4(a.average + first, make_float4(decay * y.x + rest * x.x, decay * y.y + rest * x.y,
                                          decay * y.z + rest * x.z, decay * y.w + rest * x.w));
  } else {
    const i64 end = min(first + 4, (i64)a.count);
    for (i64 at = first; at < end; ++at) a.average[at] = decay * a.average[at] + rest * a.x[at];
  }
}

}  // namespace optimizers
