// Vectors of a fixed number of lanes; the compiler splits them for the machine it builds for.
#ifndef CSI_SIMD_H
#define CSI_SIMD_H
#include <stdint.h>
#include <string.h>

// Contracting a multiplication and an addition into one rounding would change Pillow's results.
#pragma STDC FP_CONTRACT OFF

// One version of a function per x86-64 level, chosen when the program starts.
#if defined(__x86_64__) && defined(__linux__)
#define CSI_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define CSI_CLONES
#endif
#define CSI_INLINE static inline __attribute__((always_inline))

typedef uint8_t u8x4 __attribute__((ext_vector_type(4)));
typedef uint8_t u8x16 __attribute__((ext_vector_type(16)));
typedef int32_t i32x4 __attribute__((ext_vector_type(4)));
typedef int32_t i32x8 __attribute__((ext_vector_type(8)));
typedef int32_t i32x16 __attribute__((ext_vector_type(16)));
typedef uint32_t u32x4 __attribute__((ext_vector_type(4)));
typedef double f64x4 __attribute__((ext_vector_type(4)));
typedef double f64x16 __attribute__((ext_vector_type(16)));
#endif
