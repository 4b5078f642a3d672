// Sums of columns, and activations with what surrounds a product: the bias before, the bias' gradient behind.
//
// A thread keeps its columns and walks down the rows of its block's part. What threads above each other have is added
// up in their order, and `combine_sums` adds up the parts: the same bits on every run.

enum { MS_SUM_THREADS = 256, MS_COMBINE_THREADS = 1024 };

// ---- vectors --------------------------------------------------------------------------------------------------------

DEVICE void load(const float *x, float (&v)[1]) { v[0] = *x; }
DEVICE void load(const bf16 *x, float (&v)[1]) { v[0] = toFloat(*x); }
template <class T> DEVICE void load(const T *x, float (&v)[4]) {
  const float4 four = load4(x);
  v[0] = four.x, v[1] = four.y, v[2] = four.z, v[3] = four.w;
}
DEVICE void load(const bf16 *x, float (&v)[8]) {
  const uint4 pairs = *(const uint4 *)x;
  v[0] = low(pairs.x), v[1] = high(pairs.x), v[2] = low(pairs.y), v[3] = high(pairs.y);
  v[4] = low(pairs.z), v[5] = high(pairs.z), v[6] = low(pairs.w), v[7] = high(pairs.w);
}
DEVICE void load(const float *x, float (&v)[8]) {
  const float4 a = load4(x), b = load4(x + 4);
  v[0] = a.x, v[1] = a.y, v[2] = a.z, v[3] = a.w, v[4] = b.x, v[5] = b.y, v[6] = b.z, v[7] = b.w;
}

template <class T> DEVICE void store(T *y, const float (&v)[1]) { store(y, v[0]); }
template <class T> DEVICE void store(T *y, const float (&v)[4]) { store4(y, make_float4(v[0], v[1], v[2], v[3])); }
DEVICE void store(bf16 *y, const float (&v)[8]) {
  *(uint4 *)y = make_uint4(pack(v[0], v[1]), pack(v[2], v[3]), pack(v[4], v[5]), pack(v[6], v[7]));
}

// ---- activations ----------------------------------------------------------------------------------------------------

/// `Activation`'s raw values.
enum { MS_GELU = 1, MS_GELU_TANH = 2, MS_QUICK_GELU = 3, MS_TANH = 4, MS_RELU = 5, MS_SIGMOID = 6 };

/// Φ(−a) for a ≥ 0, the tail of the standard normal distribution, and gaussian = e^(−a²/2).
/// Φ(−a) = gaussian · M(a); M (half of the scaled erfc) is a polynomial on [0, 5.5], minimax in the error of a · Φ(−a)
/// (8e-9), beyond which the tail is below 2e-8. One exponential serves the tail and the density.
DEVICE float normalTail(float a, float &gaussian) {
  const float c = fminf(a, 5.5f);
  gaussian = exp2Fast(a * a * -0.72134752044448f);
  float m = 4.533968726e-08f;
  m = m * c - 1.303532010e-06f;
  m = m * c + 1.695604323e-05f;
  m = m * c - 1.335662946e-04f;
  m = m * c + 7.238487963e-04f;
  m = m * c - 2.930831872e-03f;
  m = m * c + 9.478096085e-03f;
  m = m * c - 2.589814545e-02f;
  m = m * c + 6.216247941e-02f;
  m = m * c - 1.328832088e-01f;
  m = m * c + 2.499853611e-01f;
  m = m * c - 3.989414197e-01f;
  m = m * c + 4.999999916e-01f;
  return gaussian * m;
}

/// Of x · Φ(x).
DEVICE float geluSlope(float x) {
  float gaussian;
  const float tail = normalTail(fabsf(x), gaussian);
  return (x < 0 ? tail : 1 - tail) + x * (0.398942280401433f * gaussian);
}
/// 1 / (1 + e⁻ˣ). The reciprocal is a square of one instruction's result, since a division would branch.
DEVICE float sigmoid(float x) {
  const float root = rsqrtf(1 + exp2Fast(x * -1.442695040888963f));
  return root * root;
}
// Of 0.5 · x · (1 + tanh(u)) = x · sigmoid(2u), u = √(2/π) · (x + 0.044715 · x³).
DEVICE float geluTanhSlope(float x) {
  const float s = sigmoid(x * (1.59576912160573f + 0.0713548162726f * x * x));
  return s + x * s * (1 - s) * (1.59576912160573f + 0.2140644488178f * x * x);
}
DEVICE float quickGeluSlope(float x) {
  const float s = sigmoid(1.702f * x);
  return s + 1.702f * x * s * (1 - s);
}

#define MS_EACH(name, function)                        \
  case name:                                           \
    _Pragma("unroll") for (int i = 0; i < n; ++i) {    \
      function;                                        \
    }                                                  \
    break;

/// dy = dy · activation'(saved), of the output where that is what an activation saves.
template <int n> DEVICE void scaleBySlope(int activation, const float (&saved)[n], float (&dy)[n]) {
  switch (activation) {
    MS_EACH(MS_GELU, dy[i] *= geluSlope(saved[i]))
    MS_EACH(MS_GELU_TANH, dy[i] *= geluTanhSlope(saved[i]))
    MS_EACH(MS_QUICK_GELU, dy[i] *= quickGeluSlope(saved[i]))
    MS_EACH(MS_TANH, dy[i] *= 1 - saved[i] * saved[i])
    MS_EACH(MS_RELU, dy[i] *= saved[i] > 0 ? 1 : 0)
    MS_EACH(MS_SIGMOID, dy[i] *= saved[i] * (1 - saved[i]))
  }
}

// ---- tiles ----------------------------------------------------------------------------------------------------------

/// A thread's place: columns from `column` on, and the rows `first`, `first + step`, … before `end`. Behind them, where
/// `tail` > 0, row `end`, of which only so many of the columns exist.
struct Tile {
  int column, tail;
  i64 first, step, end;
};
template <int width> DEVICE Tile tileOf(const ms_tiling &t) {
  const int lanes = 1 << t.lane_bits;
  const i64 last = min(blockIdx.y * t.part_rows + t.part_rows, t.rows);
  Tile tile;
  tile.column = (blockIdx.x * lanes + (threadIdx.x & (lanes - 1))) * width;
  tile.step = MS_SUM_THREADS >> t.lane_bits;
  tile.first = blockIdx.y * t.part_rows + (threadIdx.x >> t.lane_bits);
  tile.end = tile.column < t.columns ? last : 0;
  tile.tail = 0;
  if (last == t.rows && tile.end == last && tile.column + width > t.last_columns) {
    tile.end = last - 1;
    const bool isOwn = tile.end >= tile.first && (tile.end - tile.first) % tile.step == 0;
    if (isOwn) tile.tail = max(t.last_columns - tile.column, 0);
  }
  return tile;
}

/// sums[part, columns] = beta · sums + what the threads above each other have.
template <int width>
DEVICE void leaveSums(const ms_tiling &t, const float (&own)[width], float beta, float *sums) {
  SHARED(raw);
  float *const memory = (float *)raw;  // [threads above each other, width, lanes]
  const int lanes = 1 << t.lane_bits, lane = threadIdx.x & (lanes - 1), above = threadIdx.x >> t.lane_bits;
#pragma unroll
  for (int i = 0; i < width; ++i) memory[(above * width + i) * lanes + lane] = own[i];
  __syncthreads();
  for (int place = threadIdx.x; place < lanes * width; place += MS_SUM_THREADS) {
    const int column = (blockIdx.x * lanes + (place & (lanes - 1))) * width + (place >> t.lane_bits);
    if (column >= t.columns) continue;
    float sum = 0;
    for (int other = place; other < MS_SUM_THREADS * width; other += lanes * width) sum += memory[other];
    float *const to = sums + (i64)blockIdx.y * t.columns + column;
    *to = sum + (beta == 0 ? 0 : beta * *to);
  }
}

// ---- kernels --------------------------------------------------------------------------------------------------------

template <class T, int width> DEVICE void columnSum(const ms_column_sum &a) {
  const Tile tile = tileOf<width>(a.tiling);
  const T *const x = (const T *)a.x + tile.column;
  float sums[width] = {};
  i64 row = tile.first;
  // Four rows in flight.
  for (; row + 3 * tile.step < tile.end; row += 4 * tile.step) {
    float rows[4][width];
#pragma unroll
    for (int r = 0; r < 4; ++r) load(x + (row + r * tile.step) * a.stride, rows[r]);
#pragma unroll
    for (int i = 0; i < width; ++i) sums[i] += (rows[0][i] + rows[1][i]) + (rows[2][i] + rows[3][i]);
  }
  for (; row < tile.end; row += tile.step) {
    float one[width];
    load(x + row * a.stride, one);
#pragma unroll
    for (int i = 0; i < width; ++i) sums[i] += one[i];
  }
#pragma unroll
  for (int i = 0; i < width; ++i)
    if (i < tile.tail) sums[i] += toFloat(x[tile.end * a.stride + i]);
  leaveSums<width>(a.tiling, sums, a.beta, a.sums);
}

/// `rows` rows of a thread at once, `step` elements apart.
template <int rows, class T, int width>
DEVICE void backwardRows(const ms_activation_backward &a, i64 index, i64 step, float (&sums)[width]) {
  float saved[rows][width], dy[rows][width];
#pragma unroll
  for (int r = 0; r < rows; ++r) {
    load((const T *)a.saved + index + r * step, saved[r]);
    load((const T *)a.dy + index + r * step, dy[r]);
  }
#pragma unroll
  for (int r = 0; r < rows; ++r) {
    scaleBySlope(a.activation, saved[r], dy[r]);
    store((T *)a.dpre + index + r * step, dy[r]);
#pragma unroll
    for (int i = 0; i < width; ++i) sums[i] += dy[r][i];
  }
}

template <class T, int width> DEVICE void activationBackward(const ms_activation_backward &a) {
  const Tile tile = tileOf<width>(a.tiling);
  const i64 columns = a.tiling.columns, step = tile.step * columns;
  float sums[width] = {};
  i64 row = tile.first;
  for (; row + tile.step < tile.end; row += 2 * tile.step)
    backwardRows<2, T>(a, row * columns + tile.column, step, sums);
  for (; row < tile.end; row += tile.step) backwardRows<1, T>(a, row * columns + tile.column, step, sums);
#pragma unroll 1
  for (int i = 0; i < tile.tail; ++i) {
    const i64 index = tile.end * columns + tile.column + i;
    float sum[1] = {0};
    backwardRows<1, T>(a, index, 0, sum);
#pragma unroll
    for (int place = 0; place < width; ++place) sums[place] += place == i ? sum[0] : 0;
  }
  if (a.sums) leaveSums<width>(a.tiling, sums, a.beta, a.sums);
}

#define MS_VECTORS(name, Arguments, function, suffix, ...)                                            \
  KERNEL(MS_SUM_THREADS, name##_vectors_##suffix, Arguments) { function<__VA_ARGS__>(a); }
#define MS_ELEMENTS(name, Arguments, function, suffix, ...)                                           \
  KERNEL(MS_SUM_THREADS, name##_elements_##suffix, Arguments) { function<__VA_ARGS__, 1>(a); }

MS_VECTORS(column_sum, ms_column_sum, columnSum, f32, float, 4)
MS_VECTORS(column_sum, ms_column_sum, columnSum, bf16, bf16, 8)
MS_ELEMENTS(column_sum, ms_column_sum, columnSum, f32, float)
MS_ELEMENTS(column_sum, ms_column_sum, columnSum, bf16, bf16)

MS_VECTORS(activation_backward, ms_activation_backward, activationBackward, f32, float, 4)
MS_VECTORS(activation_backward, ms_activation_backward, activationBackward, bf16, bf16, 8)
MS_ELEMENTS(activation_backward, ms_activation_backward, activationBackward, f32, float)
MS_ELEMENTS(activation_backward, ms_activation_backward, activationBackward, bf16, bf16)

/// Adds up parts. No parts leave beta · sum.
KERNEL(MS_COMBINE_THREADS, combine_sums, ms_combine_sums) {
  SHARED(bytes);
  float *const memory = (float *)bytes;  // [slots, lanes]
  const int slots = MS_COMBINE_THREADS / a.lanes, slot = threadIdx.x / a.lanes, s = blockIdx.y;
  const int column = blockIdx.x * a.lanes + threadIdx.x % a.lanes;
  // Chosen one by one: an index would move the arguments to local memory.
  float *const to = s == 0 ? a.sum[0] : s == 1 ? a.sum[1] : a.sum[2];
  const float beta = s == 0 ? a.beta[0] : s == 1 ? a.beta[1] : a.beta[2];
  if (!to) return;
  const float *const partial = a.partial + (i64)s * a.columns + column;
  float sum = 0;
  if (slot < slots && column < a.columns) {
#pragma unroll 4
    for (int part = slot; part < a.parts; part += slots) sum += partial[part * a.stride];
  }
  memory[threadIdx.x] = sum;
  for (int active = slots; active > 1;) {
    const int half = (active + 1) / 2;
    __syncthreads();
    if (slot < active - half) memory[threadIdx.x] += memory[threadIdx.x + half * a.lanes];
    active = half;
  }
  if (slot == 0 && column < a.columns)
    to[column] = memory[threadIdx.x] + (beta == 0 ? 0 : beta * to[column]);
}
