// Copies in any order of axes, functions of two operands of which either may repeat, and reductions of an axis. All are
// bound by memory, so that an item is as wide as the operands allow and indices cost no division.
namespace axes {

/// Where an item lies in two operands.
struct Place {
  i64 a, b;
};
DEVICE Place place(const ms_axes &axes, const long long (&a)[6], const long long (&b)[6], u32 item) {
  Place p = {0, 0};
#pragma unroll
  for (int axis = 0; axis < 6; ++axis) {
    if (axis < axes.rank) {
      const u32 rest = (u32)((u64)item * axes.multiplier[axis] >> axes.shift[axis]);
      const i64 index = (i64)(item - rest * axes.length[axis]);
      p.a += index * a[axis];
      p.b += index * b[axis];
      item = rest;
    }
  }
  return p;
}

/// Item k of the `own` items of a thread.
template <int own> DEVICE u32 item(int k) { return (blockIdx.x * own + (u32)k) * 256 + threadIdx.x; }

// ---- copies ---------------------------------------------------------------------------------------------------------

template <class T> DEVICE void copy(const ms_copy &a) {
  constexpr int own = 4;
  T value[own];
  i64 target[own];
#pragma unroll
  for (int k = 0; k < own; ++k) {
    const u32 n = item<own>(k);
    if (n >= a.items) continue;
    const Place p = place(a.axes, a.x_stride, a.y_stride, n);
    value[k] = ((const T *)a.x)[p.a];
    target[k] = p.b;
  }
#pragma unroll
  for (int k = 0; k < own; ++k)
    if (item<own>(k) < a.items) ((T *)a.y)[target[k]] = value[k];
}

template <class T> DEVICE void addOne(T *y, const T *x) { store(y, toFloat(*y) + toFloat(*x)); }
template <class T> DEVICE void addFour(T *y, const T *x) {
  const float4 v = load4(x), w = load4(y);
  store4(y, make_float4(w.x + v.x, w.y + v.y, w.z + v.z, w.w + v.w));
}

/// A 32 × 32 tile of one of the matrices by way of shared memory [32][33], so that neighbouring threads have
/// neighbouring elements on both sides.
template <class T> DEVICE void turn(const ms_turn &a) {
  SHARED(raw);
  T *tile = (T *)raw;
  const u32 tileColumns = (a.columns + 31) / 32, tiles = tileColumns * ((a.rows + 31) / 32);
  const u32 within = blockIdx.x % tiles, row = within / tileColumns * 32, column = within % tileColumns * 32;
  const Place start = place(a.axes, a.x_stride, a.y_stride, blockIdx.x / tiles);
  const u32 near = threadIdx.x % 32, far = threadIdx.x / 32;
  const T *x = (const T *)a.x + start.a;
  T *y = (T *)a.y + start.b;
#pragma unroll
  for (u32 k = far; k < 32; k += 8)
    if (row + near < a.rows && column + k < a.columns)
      tile[k * 33 + near] = x[(i64)(column + k) * a.x_column + (row + near)];
  __syncthreads();
#pragma unroll
  for (u32 k = far; k < 32; k += 8)
    if (row + k < a.rows && column + near < a.columns)
      y[(i64)(row + k) * a.y_row + (column + near)] = tile[near * 33 + k];
}

// ---- functions of two operands --------------------------------------------------------------------------------------

DEVICE void put(float *y, float value) { *y = value; }
DEVICE void put(u8 *y, bool value) { *y = value ? 1 : 0; }
DEVICE void put4(float *y, float p, float q, float r, float s) { store4(y, make_float4(p, q, r, s)); }
DEVICE void put4(u8 *y, bool p, bool q, bool r, bool s) {
  *(u32 *)y = (p ? 1u : 0u) | (q ? 1u << 8 : 0u) | (r ? 1u << 16 : 0u) | (s ? 1u << 24 : 0u);
}

/// Items of one element.
template <class Y, class F> DEVICE void zipOnes(const ms_zip &a, F f) {
  constexpr int own = 4;
  float p[own] = {}, q[own] = {};
#pragma unroll
  for (int k = 0; k < own; ++k) {
    const u32 n = item<own>(k);
    if (n >= a.items) continue;
    const Place at = place(a.axes, a.a_stride, a.b_stride, n);
    p[k] = a.a[at.a];
    q[k] = a.b[at.b];
  }
#pragma unroll
  for (int k = 0; k < own; ++k) {
    const u32 n = item<own>(k);
    if (n < a.items) put((Y *)a.y + n, f(p[k], q[k]));
  }
}

/// Four elements of an operand, or one for all.
DEVICE float4 four(const float *x, i64 at, i64 stride) {
  if (stride == 0) return make_float4(x[at], x[at], x[at], x[at]);
  return load4(x + at);
}

/// Items of four elements.
template <class Y, class F> DEVICE void zipFours(const ms_zip &a, F f) {
  constexpr int own = 2;
  float4 p[own], q[own];
#pragma unroll
  for (int k = 0; k < own; ++k) {
    const u32 n = item<own>(k);
    if (n >= a.items || a.elements - 4 * n < 4) continue;
    const Place at = place(a.axes, a.a_stride, a.b_stride, n);
    p[k] = four(a.a, at.a, a.a_stride[0]);
    q[k] = four(a.b, at.b, a.b_stride[0]);
  }
#pragma unroll
  for (int k = 0; k < own; ++k) {
    const u32 n = item<own>(k);
    if (n >= a.items) continue;
    Y *y = (Y *)a.y + 4 * (i64)n;
    if (a.elements - 4 * n >= 4) {
      put4(y, f(p[k].x, q[k].x), f(p[k].y, q[k].y), f(p[k].z, q[k].z), f(p[k].w, q[k].w));
    } else {
      const Place at = place(a.axes, a.a_stride, a.b_stride, n);
      for (u32 j = 0; j < a.elements - 4 * n; ++j)
        put(y + j, f(a.a[at.a + (a.a_stride[0] == 0 ? 0 : j)], a.b[at.b + (a.b_stride[0] == 0 ? 0 : j)]));
    }
  }
}

template <bool fours, class Y, class F> DEVICE void zip(const ms_zip &a, F f) {
  if (fours) {
    zipFours<Y>(a, f);
  } else {
    zipOnes<Y>(a, f);
  }
}

/// The numbers are `BinaryFunction`'s.
template <bool fours> DEVICE void apply(const ms_zip &a) {
  switch (a.function) {
    case 0: return zip<fours, float>(a, [](float p, float q) { return p + q; });
    case 1: return zip<fours, float>(a, [](float p, float q) { return p - q; });
    case 2: return zip<fours, float>(a, [](float p, float q) { return p * q; });
    case 3: return zip<fours, float>(a, [](float p, float q) { return p / q; });
    // A NaN wins on either side.
    case 4: return zip<fours, float>(a, [](float p, float q) { return p > q || p != p ? p : q; });
    default: return zip<fours, float>(a, [](float p, float q) { return p < q || p != p ? p : q; });
  }
}

/// The numbers are `Comparison`'s.
template <bool fours> DEVICE void compare(const ms_zip &a) {
  switch (a.function) {
    case 0: return zip<fours, u8>(a, [](float p, float q) { return p < q; });
    case 1: return zip<fours, u8>(a, [](float p, float q) { return p <= q; });
    default: return zip<fours, u8>(a, [](float p, float q) { return p == q; });
  }
}

// ---- reductions -----------------------------------------------------------------------------------------------------

/// Elements first, first + step, … below `last`, which lie `apart` each, in four chains so that four are under way.
template <class F>
DEVICE float folded(const float *x, i64 first, i64 last, i64 step, i64 apart, float start, F fold) {
  float v[4] = {start, start, start, start};
  i64 l = first;
  for (; l + 3 * step < last; l += 4 * step) {
    float next[4];
#pragma unroll
    for (int j = 0; j < 4; ++j) next[j] = x[(l + j * step) * apart];
#pragma unroll
    for (int j = 0; j < 4; ++j) v[j] = fold(v[j], next[j]);
  }
  for (; l < last; l += step) v[0] = fold(v[0], x[l * apart]);
  return fold(fold(v[0], v[1]), fold(v[2], v[3]));
}

DEVICE void finish(const ms_reduce &a, i64 place, float value) {
  a.y[place] = a.beta == 0 ? value : a.beta * a.y[place] + value;
}

/// Inner 1: a few lanes a row.
template <class F> DEVICE void rows(const ms_reduce &a, float start, F fold) {
  const i64 row = (i64)blockIdx.x * (256 / a.lanes) + (int)threadIdx.x / a.lanes;
  const int lane = (int)threadIdx.x % a.lanes;
  float value = start;
  if (row < a.outer) value = folded(a.x + row * a.length, lane, a.length, a.lanes, 1, start, fold);
  for (int step = a.lanes / 2; step > 0; step /= 2) value = fold(value, __shfl_xor_sync(0xffffffffu, value, step));
  if (row < a.outer && lane == 0) finish(a, row, value);
}

/// Short axes: a thread a result.
template <class F> DEVICE void each(const ms_reduce &a, float start, F fold) {
  const i64 place = (i64)blockIdx.x * 256 + threadIdx.x;
  if (place >= a.outer * a.inner) return;
  const i64 outer = place / a.inner;
  const float *x = a.x + outer * a.length * a.inner + (place - outer * a.inner);
  finish(a, place, folded(x, 0, a.length, 1, a.inner, start, fold));
}

/// What a block of `reduce_columns` and of `argmax` has of [outer, parts, inner]: `columns` neighbours, and for each of
/// them as many threads as there are slots.
struct Columns {
  int slots, slot;
  i64 outer, part, column;
};
DEVICE Columns columnsOfBlock(int columns, int parts, i64 inner) {
  const u32 tiles = (u32)((inner + columns - 1) / columns), rest = blockIdx.x / tiles;
  return {256 / columns, (int)threadIdx.x / columns, (i64)(rest / (u32)parts), (i64)(rest % (u32)parts),
          (i64)(blockIdx.x % tiles) * columns + (int)threadIdx.x % columns};
}
/// The smallest power of two that is not below a number.
DEVICE int roundedUp(int n) {
  int power = 1;
  while (power < n) power *= 2;
  return power;
}

/// Shared: [256].
template <class F> DEVICE void columns(const ms_reduce &a, float start, F fold) {
  SHARED(raw);
  float *values = (float *)raw;
  const Columns own = columnsOfBlock(a.columns, a.parts, a.inner);
  const bool isOne = own.slot < own.slots && own.column < a.inner;
  float value = start;
  if (isOne) {
    const i64 first = own.part * a.part, end = first + a.part, last = end < a.length ? end : a.length;
    value = folded(
        a.x + own.outer * a.length * a.inner + own.column, first + own.slot, last, own.slots, a.inner, start, fold);
  }
  values[threadIdx.x] = value;
  for (int half = roundedUp(own.slots) / 2; half > 0; half /= 2) {
    __syncthreads();
    if (own.slot < half && own.slot + half < own.slots)
      values[threadIdx.x] = fold(values[threadIdx.x], values[threadIdx.x + half * a.columns]);
  }
  if (isOne && own.slot == 0)
    finish(a, (own.outer * a.parts + own.part) * a.inner + own.column, values[threadIdx.x]);
}

/// Whether element i of value v comes before element j of value w: a NaN before any number, the first of equal ones.
DEVICE bool precedes(float v, i64 i, float w, i64 j) {
  const bool isNone = v != v, isOtherNone = w != w;
  if (isNone || isOtherNone) return isNone && (!isOtherNone || i < j);
  return v > w || (v == w && i < j);
}

/// Shared: values [256] and their indices [256].
template <class T> DEVICE void argmax(const ms_argmax &a) {
  SHARED(raw);
  float *values = (float *)raw;
  int *indices = (int *)(values + 256);
  const Columns own = columnsOfBlock(a.columns, 1, a.inner);
  const bool isOne = own.slot < own.slots && own.column < a.inner;
  float best = -INFINITY;
  int index = 0x7fffffff;
  if (isOne) {
    const T *x = (const T *)a.x + own.outer * a.length * a.inner + own.column;
    for (i64 l = own.slot; l < a.length; l += own.slots) {
      const float value = toFloat(x[l * a.inner]);
      if (precedes(value, l, best, index)) {
        best = value;
        index = (int)l;
      }
    }
  }
  values[threadIdx.x] = best;
  indices[threadIdx.x] = index;
  for (int half = roundedUp(own.slots) / 2; half > 0; half /= 2) {
    __syncthreads();
    if (own.slot < half && own.slot + half < own.slots) {
      const int other = (int)threadIdx.x + half * a.columns;
      if (precedes(values[other], indices[other], values[threadIdx.x], indices[threadIdx.x])) {
        values[threadIdx.x] = values[other];
        indices[threadIdx.x] = indices[other];
      }
    }
  }
  if (isOne && own.slot == 0) a.y[own.outer * a.inner + own.column] = indices[threadIdx.x];
}

DEVICE float sumOf(float x, float y) { return x + y; }
// A NaN stays: what is larger than it, or a NaN itself, replaces the best so far.
DEVICE float largerOf(float best, float x) { return x > best || x != x ? x : best; }
DEVICE float smallerOf(float best, float x) { return x < best || x != x ? x : best; }

}  // namespace axes

KERNEL(256, copy_strided_1, ms_copy) { axes::copy<u8>(a); }
KERNEL(256, copy_strided_2, ms_copy) { axes::copy<u16>(a); }
KERNEL(256, copy_strided_4, ms_copy) { axes::copy<u32>(a); }
KERNEL(256, copy_strided_8, ms_copy) { axes::copy<uint2>(a); }
KERNEL(256, copy_strided_16, ms_copy) { axes::copy<uint4>(a); }

#define ADD_STRIDED(name, T, add)                                                    \
  KERNEL(256, name, ms_copy) {                                                       \
    const u32 n = blockIdx.x * 256 + threadIdx.x;                                    \
    if (n >= a.items) return;                                                        \
    const axes::Place p = axes::place(a.axes, a.x_stride, a.y_stride, n);            \
    axes::add((T *)a.y + p.b, (const T *)a.x + p.a);                                 \
  }
ADD_STRIDED(add_strided_1_f32, float, addOne)
ADD_STRIDED(add_strided_1_bf16, bf16, addOne)
ADD_STRIDED(add_strided_4_f32, float, addFour)
ADD_STRIDED(add_strided_4_bf16, bf16, addFour)

KERNEL(256, turn_1, ms_turn) { axes::turn<u8>(a); }
KERNEL(256, turn_2, ms_turn) { axes::turn<u16>(a); }
KERNEL(256, turn_4, ms_turn) { axes::turn<u32>(a); }
KERNEL(256, turn_8, ms_turn) { axes::turn<u64>(a); }

KERNEL(256, apply_1, ms_zip) { axes::apply<false>(a); }
KERNEL(256, apply_4, ms_zip) { axes::apply<true>(a); }
KERNEL(256, compare_1, ms_zip) { axes::compare<false>(a); }
KERNEL(256, compare_4, ms_zip) { axes::compare<true>(a); }

#define REDUCTION(name, start, fold)                                                                         \
  KERNEL(256, reduce_rows_##name, ms_reduce) {                                                               \
    axes::rows(a, start, [](float x, float y) { return axes::fold(x, y); });                                 \
  }                                                                                                          \
  KERNEL(256, reduce_each_##name, ms_reduce) {                                                               \
    axes::each(a, start, [](float x, float y) { return axes::fold(x, y); });                                 \
  }                                                                                                          \
  KERNEL(256, reduce_columns_##name, ms_reduce) {                                                            \
    axes::columns(a, start, [](float x, float y) { return axes::fold(x, y); });                              \
  }
REDUCTION(sum, 0.0f, sumOf)
REDUCTION(largest, -INFINITY, largerOf)
REDUCTION(smallest, INFINITY, smallerOf)

KERNEL(256, argmax_f32, ms_argmax) { axes::argmax<float>(a); }
KERNEL(256, argmax_bf16, ms_argmax) { axes::argmax<bf16>(a); }
