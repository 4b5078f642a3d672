// What every kernel sees. One text, two worlds: NVRTC (no header of the toolkit is needed), and the tests' twin of a
// device on the host, which defines MS_HOST and gives the wrappers of the first part bodies of its own.
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef long long i64;

struct alignas(2) bf16 { u16 bits; };

#ifndef MS_HOST
// ---- device ---------------------------------------------------------------------------------------------------------
#define DEVICE __device__ __forceinline__
/// A kernel of at most so many threads a block; its one parameter is the struct `a`.
#define KERNEL(threads, name, Arguments) extern "C" __global__ void __launch_bounds__(threads) name(const Arguments a)
/// The same where at least `blocks` of them must fit a multiprocessor.
#define KERNEL_FITTING(threads, blocks, name, Arguments) \
  extern "C" __global__ void __launch_bounds__(threads, blocks) name(const Arguments a)
/// The block's dynamic shared memory, as bytes.
#define SHARED(name) extern __shared__ __align__(128) u8 name[]
#define INFINITY __int_as_float(0x7f800000)
#define NAN __int_as_float(0x7fffffff)

DEVICE float toFloat(bf16 x) { return __uint_as_float((u32)x.bits << 16); }
DEVICE bf16 toBF16(float x) { bf16 y; asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(y.bits) : "f"(x)); return y; }
/// Two floats as a register of two bf16, `low` in the low half.
DEVICE u32 pack(float low, float high) {
  u32 y; asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(y) : "f"(high), "f"(low)); return y;
}
DEVICE float exp2Fast(float x) { float y; asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x)); return y; }
DEVICE u32 sharedAddress(const void *p) { return (u32)__cvta_generic_to_shared(p); }

/// d += a·b, A 16×16 row-major, B 16×8 column-major, bf16 in, f32 accumulated.
DEVICE void mma16816(float (&d)[4], const u32 (&a)[4], u32 b0, u32 b1) {
  asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
               : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
               : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}
/// Four 8×8 tiles; lane l gives the address of row l % 8 of tile l / 8.
DEVICE void loadMatrix4(u32 (&r)[4], const void *row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3]) : "r"(sharedAddress(row)));
}
DEVICE void loadMatrix4Transposed(u32 (&r)[4], const void *row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3]) : "r"(sharedAddress(row)));
}
/// 16 bytes to shared memory; `bytes` of them (0 or 16) are read, the rest become zero.
DEVICE void copyAsync16(void *shared, const void *global, int bytes) {
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(sharedAddress(shared)), "l"(global), "r"(bytes)
               : "memory");
}
DEVICE void commitAsync() { asm volatile("cp.async.commit_group;" ::: "memory"); }
template <int pending> DEVICE void waitAsync() { asm volatile("cp.async.wait_group %0;" ::"n"(pending) : "memory"); }
#else
DEVICE float toFloat(bf16 x) { return __uint_as_float((u32)x.bits << 16); }
DEVICE bf16 toBF16(float x) { return bf16{(u16)bf16Bits(x)}; }
#endif

// ---- both -----------------------------------------------------------------------------------------------------------
DEVICE float low(u32 pair) { return __uint_as_float(pair << 16); }
DEVICE float high(u32 pair) { return __uint_as_float(pair & 0xffff0000u); }

DEVICE float toFloat(float x) { return x; }
DEVICE void store(float *place, float x) { *place = x; }
DEVICE void store(bf16 *place, float x) { *place = toBF16(x); }

/// Four neighbours, 16 or 8 bytes, aligned to their size.
DEVICE float4 load4(const float *place) { return *(const float4 *)place; }
DEVICE float4 load4(const bf16 *place) {
  const uint2 pairs = *(const uint2 *)place;
  return make_float4(low(pairs.x), high(pairs.x), low(pairs.y), high(pairs.y));
}
DEVICE void store4(float *place, float4 x) { *(float4 *)place = x; }
DEVICE void store4(bf16 *place, float4 x) { *(uint2 *)place = make_uint2(pack(x.x, x.y), pack(x.z, x.w)); }

/// The types of elements that a kernel is told at run time: a `type` in its arguments.
enum { MS_F32 = 0, MS_BF16 = 1, MS_F64 = 2, MS_I32 = 3, MS_U8 = 4 };

/// An element of f32, bf16 or f64.
DEVICE double readNumber(const void *x, int type, i64 i) {
  return type == MS_F32 ? (double)((const float *)x)[i]
                        : type == MS_BF16 ? (double)toFloat(((const bf16 *)x)[i]) : ((const double *)x)[i];
}

DEVICE float warpSum(float x) {
#pragma unroll
  for (int step = 16; step > 0; step >>= 1) x += __shfl_xor_sync(0xffffffffu, x, step);
  return x;
}
DEVICE double warpSum(double x) {
#pragma unroll
  for (int step = 16; step > 0; step >>= 1) x += __shfl_xor_sync(0xffffffffu, x, step);
  return x;
}

/// Σ over the block of full warps, the same to every thread; `memory`: shared, one element a warp. Warps in their order.
template <class T> DEVICE T blockSum(T x, T *memory) {
  x = warpSum(x);
  __syncthreads();
  if (threadIdx.x % 32 == 0) memory[threadIdx.x / 32] = x;
  __syncthreads();
  T sum = 0;
  for (int warp = 0; warp < (int)(blockDim.x / 32); ++warp) sum += memory[warp];
  return sum;
}

/// `RandomKey.bits32(at:)`.
DEVICE u32 scramble(u32 x) {
  x = (x ^ (x >> 16)) * 0x7feb352du;
  x = (x ^ (x >> 15)) * 0x846ca68bu;
  return x ^ (x >> 16);
}
DEVICE u32 randomBits(u64 stream, u64 position) {
  const u64 key = stream ^ (position >> 32) * 0x9e3779b97f4a7c15ull;
  const u32 x = (u32)position ^ (u32)key;
  return scramble(scramble(x) + (u32)(key >> 32));
}
/// `RandomKey.uniform(at:)`: 24 random bits in [0, 1).
DEVICE float randomUniform(u64 stream, u64 position) {
  return (float)(randomBits(stream, position) >> 8) * 5.9604644775390625e-8f;
}

/// Neighbouring elements that a thread reads and writes at once: 16 bytes, or one element.
template <class T, int count> struct Run;
template <> struct Run<float, 4> { float4 x; };
template <> struct Run<bf16, 8> { uint4 x; };
template <> struct Run<float, 1> { float x; };
template <> struct Run<bf16, 1> { bf16 x; };

DEVICE void unpack(Run<float, 4> run, float (&x)[4]) { x[0] = run.x.x, x[1] = run.x.y, x[2] = run.x.z, x[3] = run.x.w; }
DEVICE void unpack(Run<bf16, 8> run, float (&x)[8]) {
  const u32 pairs[4] = {run.x.x, run.x.y, run.x.z, run.x.w};
#pragma unroll
  for (int i = 0; i < 4; ++i) x[2 * i] = low(pairs[i]), x[2 * i + 1] = high(pairs[i]);
}
template <class T> DEVICE void unpack(Run<T, 1> run, float (&x)[1]) { x[0] = toFloat(run.x); }

DEVICE void storeRun(float *to, const float (&x)[4]) { *(float4 *)to = make_float4(x[0], x[1], x[2], x[3]); }
DEVICE void storeRun(bf16 *to, const float (&x)[8]) {
  *(uint4 *)to = make_uint4(pack(x[0], x[1]), pack(x[2], x[3]), pack(x[4], x[5]), pack(x[6], x[7]));
}
template <class T> DEVICE void storeRun(T *to, const float (&x)[1]) { store(to, x[0]); }

template <class T, int count> DEVICE Run<T, count> loadRun(const void *x, i64 at) {
  return *(const Run<T, count> *)((const T *)x + at);
}
