// The language's short vectors. Kernels read memory of any type through them.
#pragma once

#define VECTOR(bytes) __attribute__((aligned(bytes), may_alias))
struct VECTOR(8) int2 { int x, y; };
struct VECTOR(16) int4 { int x, y, z, w; };
struct VECTOR(8) uint2 { unsigned x, y; };
struct uint3 { unsigned x, y, z; };
struct VECTOR(16) uint4 { unsigned x, y, z, w; };
struct VECTOR(8) float2 { float x, y; };
struct float3 { float x, y, z; };
struct VECTOR(16) float4 { float x, y, z, w; };
struct VECTOR(16) double2 { double x, y; };
#undef VECTOR

struct dim3 {
  unsigned x = 1, y = 1, z = 1;
};

static inline int2 make_int2(int x, int y) { return {x, y}; }
static inline int4 make_int4(int x, int y, int z, int w) { return {x, y, z, w}; }
static inline uint2 make_uint2(unsigned x, unsigned y) { return {x, y}; }
static inline uint3 make_uint3(unsigned x, unsigned y, unsigned z) { return {x, y, z}; }
static inline uint4 make_uint4(unsigned x, unsigned y, unsigned z, unsigned w) { return {x, y, z, w}; }
static inline float2 make_float2(float x, float y) { return {x, y}; }
static inline float3 make_float3(float x, float y, float z) { return {x, y, z}; }
static inline float4 make_float4(float x, float y, float z, float w) { return {x, y, z, w}; }
static inline double2 make_double2(double x, double y) { return {x, y}; }
