// The language's own functions of numbers. What the device approximates is exact here.
#pragma once
#include <math.h>
#include <string.h>

#include <type_traits>

template <class To, class From> static inline To reinterpretBits(From x) {
  static_assert(sizeof(To) == sizeof(From));
  To y;
  memcpy(&y, &x, sizeof y);
  return y;
}
static inline float __uint_as_float(unsigned x) { return reinterpretBits<float>(x); }
static inline float __int_as_float(int x) { return reinterpretBits<float>(x); }
static inline unsigned __float_as_uint(float x) { return reinterpretBits<unsigned>(x); }
static inline int __float_as_int(float x) { return reinterpretBits<int>(x); }
static inline double __longlong_as_double(long long x) { return reinterpretBits<double>(x); }
static inline long long __double_as_longlong(double x) { return reinterpretBits<long long>(x); }

/// A NaN loses against a number.
template <class A, class B> static inline std::common_type_t<A, B> min(A a, B b) {
  using T = std::common_type_t<A, B>;
  if constexpr (std::is_floating_point_v<T>) return fmin((T)a, (T)b);
  else return (T)b < (T)a ? (T)b : (T)a;
}
template <class A, class B> static inline std::common_type_t<A, B> max(A a, B b) {
  using T = std::common_type_t<A, B>;
  if constexpr (std::is_floating_point_v<T>) return fmax((T)a, (T)b);
  else return (T)a < (T)b ? (T)b : (T)a;
}

static inline float rsqrtf(float x) { return 1.0f / sqrtf(x); }
static inline double rsqrt(double x) { return 1.0 / sqrt(x); }
static inline float __saturatef(float x) { return fminf(fmaxf(x, 0.0f), 1.0f); }

// The C library has names like these of its own.
#define __expf(x) expf(x)
#define __logf(x) logf(x)
#define __log2f(x) log2f(x)
#define __sinf(x) sinf(x)
#define __cosf(x) cosf(x)
#define __powf(x, y) powf(x, y)
#define __fdividef(x, y) ((float)(x) / (float)(y))
#define __frcp_rn(x) (1.0f / (float)(x))
#define __fsqrt_rn(x) sqrtf(x)
#define __frsqrt_rn(x) rsqrtf(x)
#define __fmaf_rn(x, y, z) fmaf(x, y, z)
#define __fma_rn(x, y, z) fma(x, y, z)

// Not to be fused with what stands beside them.
#define SEPARATE __attribute__((noinline))
[[maybe_unused]] SEPARATE static float __fadd_rn(float x, float y) { return x + y; }
[[maybe_unused]] SEPARATE static float __fsub_rn(float x, float y) { return x - y; }
[[maybe_unused]] SEPARATE static float __fmul_rn(float x, float y) { return x * y; }
[[maybe_unused]] SEPARATE static float __fdiv_rn(float x, float y) { return x / y; }
[[maybe_unused]] SEPARATE static double __dadd_rn(double x, double y) { return x + y; }
[[maybe_unused]] SEPARATE static double __dmul_rn(double x, double y) { return x * y; }
[[maybe_unused]] SEPARATE static double __ddiv_rn(double x, double y) { return x / y; }
#undef SEPARATE

static inline int __float2int_rn(float x) { return (int)rintf(x); }
static inline int __float2int_rz(float x) { return (int)x; }
static inline int __float2int_rd(float x) { return (int)floorf(x); }
static inline int __float2int_ru(float x) { return (int)ceilf(x); }
static inline unsigned __float2uint_rn(float x) { return (unsigned)rintf(x); }
static inline unsigned __float2uint_rz(float x) { return (unsigned)x; }
static inline float __int2float_rn(int x) { return (float)x; }
static inline float __uint2float_rn(unsigned x) { return (float)x; }
static inline float __double2float_rn(double x) { return (float)x; }

static inline unsigned __umulhi(unsigned x, unsigned y) { return (unsigned)((unsigned long long)x * y >> 32); }
static inline int __mulhi(int x, int y) { return (int)((long long)x * y >> 32); }
static inline unsigned long long __umul64hi(unsigned long long x, unsigned long long y) {
  return (unsigned long long)((unsigned __int128)x * y >> 64);
}
static inline int __popc(unsigned x) { return __builtin_popcount(x); }
static inline int __popcll(unsigned long long x) { return __builtin_popcountll(x); }
static inline int __clz(int x) { return x ? __builtin_clz((unsigned)x) : 32; }
static inline int __clzll(long long x) { return x ? __builtin_clzll((unsigned long long)x) : 64; }
static inline int __ffs(int x) { return __builtin_ffs(x); }
static inline int __ffsll(long long x) { return __builtin_ffsll(x); }
static inline unsigned __funnelshift_l(unsigned low, unsigned high, unsigned by) {
  return (unsigned)((((unsigned long long)high << 32 | low) << (by & 31)) >> 32);
}
static inline unsigned __funnelshift_r(unsigned low, unsigned high, unsigned by) {
  return (unsigned)(((unsigned long long)high << 32 | low) >> (by & 31));
}

// Hints for caches.
template <class T> static inline T __ldg(const T *place) { return *place; }
template <class T> static inline T __ldcs(const T *place) { return *place; }
template <class T> static inline T __ldcg(const T *place) { return *place; }
template <class T> static inline T __ldlu(const T *place) { return *place; }
template <class T> static inline void __stcs(T *place, T x) { *place = x; }
template <class T> static inline void __stcg(T *place, T x) { *place = x; }
template <class T> static inline void __stwt(T *place, T x) { *place = x; }

/// The bits of the nearest bf16, ties to even, as `cvt.rn.bf16.f32` gives them.
static inline unsigned bf16Bits(float x) {
  const unsigned bits = __float_as_uint(x);
  if ((bits & 0x7fffffffu) > 0x7f800000u) return 0x7fffu;
  return (bits + 0x7fffu + (bits >> 16 & 1)) >> 16;
}
static inline unsigned pack(float low, float high) { return bf16Bits(low) | bf16Bits(high) << 16; }
static inline float exp2Fast(float x) { return exp2f(x); }
