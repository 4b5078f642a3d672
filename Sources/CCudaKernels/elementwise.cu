// Functions of flat arrays, element by element. All are bound by memory: a thread has 32 bytes in flight or more.
namespace elementwise {

/// Elements of a thread, and of a block of 256.
enum { own = 8, tile = 256 * own };
/// What a function is given.
enum { reads_nothing = 0, reads_x = 1, reads_both = 2 };

template <class T> DEVICE void load(const T *place, float (&v)[4]) {
  const float4 four = load4(place);
  v[0] = four.x, v[1] = four.y, v[2] = four.z, v[3] = four.w;
}
DEVICE void load(const bf16 *place, float (&v)[8]) {
  const uint4 pairs = *(const uint4 *)place;
  v[0] = low(pairs.x), v[1] = high(pairs.x), v[2] = low(pairs.y), v[3] = high(pairs.y);
  v[4] = low(pairs.z), v[5] = high(pairs.z), v[6] = low(pairs.w), v[7] = high(pairs.w);
}
template <class T> DEVICE void put(T *place, const float (&v)[4]) {
  store4(place, make_float4(v[0], v[1], v[2], v[3]));
}
DEVICE void put(bf16 *place, const float (&v)[8]) {
  *(uint4 *)place = make_uint4(pack(v[0], v[1]), pack(v[2], v[3]), pack(v[4], v[5]), pack(v[6], v[7]));
}

DEVICE bool isAligned(const void *place, int bytes) { return ((u64)place & (u64)(bytes - 1)) == 0; }

/// y[i] = f(x[i], y[i], i) for the block's elements. Vectors where both arrays start at a multiple of 16 bytes and the
/// tile is full; else one element at a time, neighbours by neighbouring threads.
template <int reads, class X, class Y, class F> DEVICE void map(const void *from, void *to, i64 count, F f) {
  const X *x = (const X *)from;
  Y *y = (Y *)to;
  const i64 first = (i64)blockIdx.x * tile;
  if (first + tile <= count && isAligned(x, 16) && isAligned(y, 16)) {
    constexpr int wide = sizeof(X) + sizeof(Y) == 4 ? 8 : 4, groups = own / wide;
    // All are read before the first is written: y may be x.
    float v[groups][wide] = {}, w[groups][wide] = {};
#pragma unroll
    for (int g = 0; g < groups; ++g) {
      const i64 i = first + (g * 256 + (int)threadIdx.x) * wide;
      if (reads != reads_nothing) load(x + i, v[g]);
      if (reads == reads_both) load(y + i, w[g]);
    }
#pragma unroll
    for (int g = 0; g < groups; ++g) {
      const i64 i = first + (g * 256 + (int)threadIdx.x) * wide;
#pragma unroll
      for (int j = 0; j < wide; ++j) w[g][j] = f(v[g][j], w[g][j], i + j);
      put(y + i, w[g]);
    }
  } else {
    for (int k = 0; k < own; ++k) {
      const i64 i = first + k * 256 + (int)threadIdx.x;
      if (i < count)
        store(y + i, f(reads == reads_nothing ? 0 : toFloat(x[i]), reads == reads_both ? toFloat(y[i]) : 0, i));
    }
  }
}

template <class X, class Y> DEVICE void combine(const ms_combine &a) {
  const float alpha = (float)a.alpha * (a.factor ? (float)readNumber(a.factor, a.factor_type, 0) : 1);
  const float beta = (float)a.beta;
  if (a.beta == 0) {
    map<reads_x, X, Y>(a.x, a.y, a.count, [=](float x, float, i64) { return alpha * x; });
  } else {
    map<reads_both, X, Y>(a.x, a.y, a.count, [=](float x, float y, i64) { return alpha * x + beta * y; });
  }
}

/// An element of any type.
DEVICE double read(const void *x, int type, i64 i) {
  if (type == MS_I32) return (double)((const int *)x)[i];
  return type == MS_U8 ? (double)((const u8 *)x)[i] : readNumber(x, type, i);
}
/// Whole numbers are what is left without the fraction.
DEVICE void write(void *y, int type, i64 i, double value) {
  switch (type) {
    case MS_F32: ((float *)y)[i] = (float)value; break;
    case MS_BF16: ((bf16 *)y)[i] = toBF16((float)value); break;
    case MS_F64: ((double *)y)[i] = value; break;
    case MS_I32: ((int *)y)[i] = (int)value; break;
    default: ((u8 *)y)[i] = (u8)(int)value;
  }
}

// ---- activations ----------------------------------------------------------------------------------------------------

DEVICE float sigmoid(float x) { return 1 / (1 + expf(-x)); }
/// Φ(x), the normal distribution's share below x.
DEVICE float normalShare(float x) { return 0.5f * (1 + erff(x * 0.707106781f)); }
/// tanh(√(2/π) (x + 0.044715 x³)).
DEVICE float geluTanh(float x) { return tanhf(0.797884561f * (x + 0.044715f * x * x * x)); }

/// The numbers of `Activation`.
enum { identity = 0, gelu = 1, gelu_tanh = 2, quick_gelu = 3, tangent = 4, relu = 5, logistic = 6 };

template <class T> DEVICE void activate(const ms_activation &a) {
  switch (a.activation) {
    case gelu:
      return map<reads_x, T, T>(a.x, a.y, a.count, [](float x, float, i64) { return x * normalShare(x); });
    case gelu_tanh:
      return map<reads_x, T, T>(a.x, a.y, a.count, [](float x, float, i64) { return 0.5f * x * (1 + geluTanh(x)); });
    case quick_gelu:
      return map<reads_x, T, T>(a.x, a.y, a.count, [](float x, float, i64) { return x * sigmoid(1.702f * x); });
    case tangent: return map<reads_x, T, T>(a.x, a.y, a.count, [](float x, float, i64) { return tanhf(x); });
    case relu: return map<reads_x, T, T>(a.x, a.y, a.count, [](float x, float, i64) { return x < 0 ? 0.0f : x; });
    case logistic: return map<reads_x, T, T>(a.x, a.y, a.count, [](float x, float, i64) { return sigmoid(x); });
    default: return map<reads_x, T, T>(a.x, a.y, a.count, [](float x, float, i64) { return x; });
  }
}

/// The derivative from what was saved: the input, or the output of tanh, ReLU and sigmoid.
template <class T> DEVICE void slope(const ms_activation &a) {
  switch (a.activation) {
    case gelu:
      return map<reads_x, T, T>(a.x, a.y, a.count, [](float x, float, i64) {
        return normalShare(x) + x * expf(-0.5f * x * x) * 0.398942280f;
      });
    case gelu_tanh:
      return map<reads_x, T, T>(a.x, a.y, a.count, [](float x, float, i64) {
        const float t = geluTanh(x);
        return 0.5f * (1 + t) + 0.5f * x * (1 - t * t) * 0.797884561f * (1 + 0.134145f * x * x);
      });
    case quick_gelu:
      return map<reads_x, T, T>(a.x, a.y, a.count, [](float x, float, i64) {
        const float s = sigmoid(1.702f * x);
        return s + 1.702f * x * s * (1 - s);
      });
    case tangent: return map<reads_x, T, T>(a.x, a.y, a.count, [](float y, float, i64) { return 1 - y * y; });
    case relu: return map<reads_x, T, T>(a.x, a.y, a.count, [](float y, float, i64) { return y > 0 ? 1.0f : 0.0f; });
    case logistic: return map<reads_x, T, T>(a.x, a.y, a.count, [](float y, float, i64) { return y * (1 - y); });
    default: return map<reads_nothing, T, T>(a.x, a.y, a.count, [](float, float, i64) { return 1.0f; });
  }
}

template <class T> DEVICE void dropout(const ms_dropout &a) {
  // Selected rather than multiplied: what is dropped is 0 even where x is not finite.
  const u64 key = *a.key;
  map<reads_x, T, T>(a.x, a.y, a.count, [&](float x, float, i64 i) {
    return randomBits(key, (u64)(a.first + i)) >= a.threshold ? x * a.scale : 0.0f;
  });
}

}  // namespace elementwise

KERNEL(256, fill_bytes, ms_fill) {
  // Of the places of 16 bytes from the one on that holds the first byte, four a thread.
  const u64 begin = (u64)a.y, end = begin + (u64)a.bytes;
  const u64 first = (begin & ~15ull) + ((u64)blockIdx.x * 1024 + threadIdx.x) * 16;
  for (int k = 0; k < 4; ++k) {
    const u64 place = first + (u64)k * 256 * 16;
    if (place >= begin && place + 16 <= end) {
      const u32 even = (u32)a.pattern, odd = (u32)(a.pattern >> 32);
      *(uint4 *)place = make_uint4(even, odd, even, odd);
    } else {
      for (u64 byte = place; byte < place + 16; ++byte)
        if (byte >= begin && byte < end) *(u8 *)byte = (u8)(a.pattern >> (byte % 8 * 8));
    }
  }
}

KERNEL(256, combine_f32_f32, ms_combine) { elementwise::combine<float, float>(a); }
KERNEL(256, combine_f32_bf16, ms_combine) { elementwise::combine<float, bf16>(a); }
KERNEL(256, combine_bf16_f32, ms_combine) { elementwise::combine<bf16, float>(a); }
KERNEL(256, combine_bf16_bf16, ms_combine) { elementwise::combine<bf16, bf16>(a); }

/// Any types, in f64.
KERNEL(256, combine_elements, ms_combine) {
  const double alpha = a.factor ? a.alpha * elementwise::read(a.factor, a.factor_type, 0) : a.alpha;
  for (int k = 0; k < elementwise::own; ++k) {
    const i64 i = (i64)blockIdx.x * elementwise::tile + k * 256 + (int)threadIdx.x;
    if (i >= a.count) return;
    const double before = a.beta == 0 ? 0 : a.beta * elementwise::read(a.y, a.y_type, i);
    elementwise::write(a.y, a.y_type, i, alpha * elementwise::read(a.x, a.x_type, i) + before);
  }
}

KERNEL(256, uniform_f32, ms_uniform) {
  const u64 key = *a.key;
  elementwise::map<elementwise::reads_nothing, float, float>(
      a.y, a.y, a.count, [&](float, float, i64 i) { return randomUniform(key, (u64)i); });
}

KERNEL(256, dropout_f32, ms_dropout) { elementwise::dropout<float>(a); }
KERNEL(256, dropout_bf16, ms_dropout) { elementwise::dropout<bf16>(a); }

KERNEL(256, activate_f32, ms_activation) { elementwise::activate<float>(a); }
KERNEL(256, activate_bf16, ms_activation) { elementwise::activate<bf16>(a); }
KERNEL(256, slope_f32, ms_activation) { elementwise::slope<float>(a); }
KERNEL(256, slope_bf16, ms_activation) { elementwise::slope<bf16>(a); }

KERNEL(256, function_f32, ms_function) {
  using elementwise::map;
  using elementwise::reads_x;
  switch (a.function) {
    case MS_EXP: return map<reads_x, float, float>(a.x, a.y, a.count, [](float x, float, i64) { return expf(x); });
    case MS_LOG: return map<reads_x, float, float>(a.x, a.y, a.count, [](float x, float, i64) { return logf(x); });
    case MS_SQRT: return map<reads_x, float, float>(a.x, a.y, a.count, [](float x, float, i64) { return sqrtf(x); });
    case MS_ABS: return map<reads_x, float, float>(a.x, a.y, a.count, [](float x, float, i64) { return fabsf(x); });
    case MS_SIGN:
      return map<reads_x, float, float>(
          a.x, a.y, a.count, [](float x, float, i64) { return (float)((x > 0) - (x < 0)); });
    default:
      // In f64, since an exponent is one: rounded to f32 it would show in large powers.
      return map<reads_x, float, float>(
          a.x, a.y, a.count, [&](float x, float, i64) { return (float)pow((double)x, a.exponent); });
  }
}

KERNEL(256, select_f32, ms_select) {
  using namespace elementwise;
  const i64 first = (i64)blockIdx.x * tile;
  const float p = *a.a, q = *a.b;
  const bool isAlignedAll = isAligned(a.mask, 4) && isAligned(a.y, 16) && (a.repeats_a || isAligned(a.a, 16)) &&
                            (a.repeats_b || isAligned(a.b, 16));
  if (first + tile <= a.count && isAlignedAll) {
    u32 mask[2];
    float4 x[2], y[2];
#pragma unroll
    for (int g = 0; g < 2; ++g) {
      const i64 i = first + (g * 256 + (int)threadIdx.x) * 4;
      mask[g] = *(const u32 *)(a.mask + i);
      x[g] = a.repeats_a ? make_float4(p, p, p, p) : load4(a.a + i);
      y[g] = a.repeats_b ? make_float4(q, q, q, q) : load4(a.b + i);
    }
#pragma unroll
    for (int g = 0; g < 2; ++g) {
      const i64 i = first + (g * 256 + (int)threadIdx.x) * 4;
      const u32 m = mask[g];
      store4(a.y + i, make_float4(m & 0xffu ? x[g].x : y[g].x, m & 0xff00u ? x[g].y : y[g].y,
                                  m & 0xff0000u ? x[g].z : y[g].z, m & 0xff000000u ? x[g].w : y[g].w));
    }
  } else {
    for (int k = 0; k < own; ++k) {
      const i64 i = first + k * 256 + (int)threadIdx.x;
      if (i < a.count) a.y[i] = a.mask[i] ? (a.repeats_a ? p : a.a[i]) : (a.repeats_b ? q : a.b[i]);
    }
  }
}

/// `ScalarRule.value`, with one thread.
KERNEL(32, scalar_rule, ms_scalar) {
  if (threadIdx.x > 0) return;
  const double x = *a.a, y = a.b ? *a.b : 1;
  switch (a.rule) {
    case MS_ROOT: *a.y = sqrt(x); break;
    case MS_CLIPPING: {
      const double share = a.limit / (x + 1e-6);
      *a.y = share < 1 ? share : 1;
      break;
    }
    case MS_CAPPED: *a.y = y / (x * y >= 1 ? x * y : 1); break;
    default: *a.y = x > 0 && y > 0 ? sqrt(x / y) : 1;
  }
}
