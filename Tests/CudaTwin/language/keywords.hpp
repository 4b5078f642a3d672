// The language's keywords and the macros of the kernels' prelude.
#pragma once
#include "../device/block.hpp"
#include "../device/kernels.hpp"
#include "../device/pointers.hpp"

#define __device__
#define __global__
#define __host__
#define __forceinline__ inline
#define __align__(n) alignas(n)
#define __launch_bounds__(...)
// Also of members. Units stand in namespaces without a name, so that none of their functions meets another unit's.
#define DEVICE inline

// A kernel can be called, and is found by its name, with the file that it stands in as its unit.
#define KERNEL(threads, name, Arguments) NAMED_KERNEL(threads, name, Arguments)
#define KERNEL_FITTING(threads, blocks, name, Arguments) NAMED_KERNEL(threads, name, Arguments)
#define NAMED_KERNEL(threads, name, Arguments)                                                                       \
  static void name(const Arguments a);                                                                               \
  static void call_##name(const void *arguments) { name(*static_cast<const Arguments *>(arguments)); }               \
  static emulator::Kernel kernel_##name{#name, __FILE__, threads, sizeof(Arguments), &call_##name,                   \
                                        emulator::pointerWords<Arguments>()};                                        \
  static void name(const Arguments a)
#define SHARED(name) unsigned char *const name = emulator::block.shared

#define threadIdx (emulator::current->index)
#define blockIdx (emulator::block.index)
#define blockDim (emulator::block.size)
#define gridDim (emulator::block.grid)

#define __syncthreads() emulator::barrier(__LINE__, false)
#define __syncthreads_count(x) emulator::barrier(__LINE__, (x) != 0)
#define __syncthreads_or(x) (emulator::barrier(__LINE__, (x) != 0) != 0)
#define __syncthreads_and(x) (emulator::barrier(__LINE__, (x) == 0) == 0)
#define __trap() emulator::fail("__trap")
static inline void __threadfence() {}
static inline void __threadfence_block() {}
