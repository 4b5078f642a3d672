#include "planted.hpp"

#include <stdio.h>
#include <unistd.h>

#include <thread>
#include <vector>

#include "driver/functions.hpp"
#include "driver/streams.hpp"
#include "emulator.hpp"

namespace {
#include "prelude.cuh"

struct ms_planted {
  const float *x;
  float *y;
  int rows, is_faulty;
};

// ---- kernels: y is x backwards, or as each says ---------------------------------------------------------------------

KERNEL(128, planted_barrier, ms_planted) {
  SHARED(raw);
  float *tile = (float *)raw;
  tile[threadIdx.x] = a.x[threadIdx.x];
  if (!a.is_faulty) __syncthreads();
  a.y[threadIdx.x] = tile[127 - threadIdx.x];
}

KERNEL(32, planted_warp_barrier, ms_planted) {
  SHARED(raw);
  float *tile = (float *)raw;
  tile[threadIdx.x] = a.x[threadIdx.x];
  if (!a.is_faulty) __syncwarp();
  a.y[threadIdx.x] = tile[31 - threadIdx.x];
}

KERNEL(32, planted_copy, ms_planted) {
  SHARED(raw);
  float *tile = (float *)raw;
  copyAsync16(tile + threadIdx.x * 4, a.x + threadIdx.x * 4, 16);
  commitAsync();
  if (!a.is_faulty) waitAsync<0>();
  __syncthreads();
  for (int i = 0; i < 4; ++i) a.y[threadIdx.x * 4 + i] = tile[127 - threadIdx.x * 4 - i];
}

/// y[column] = Σ rows of x [rows, 32].
KERNEL(32, planted_rows, ms_planted) {
  float sum = 0;
  for (int row = 0; row < a.rows + a.is_faulty; ++row) sum += a.x[row * 32 + threadIdx.x];
  a.y[threadIdx.x] = sum;
}

/// y [16, 8] = x [16, 16] · x [16, 8 of 16].
KERNEL(32, planted_fragments, ms_planted) {
  const int group = threadIdx.x / 4, column = threadIdx.x % 4 * 2;
  auto pairAt = [&](int i, int j) { return pack(a.x[i * 16 + j], a.x[i * 16 + j + 1]); };
  u32 left[4] = {pairAt(group, column), pairAt(group + 8, column), pairAt(group, column + 8),
                 pairAt(group + 8, column + 8)};
  if (a.is_faulty) {
    const u32 second = left[1];
    left[1] = left[2];
    left[2] = second;
  }
  auto pairBelow = [&](int i) { return pack(a.x[i * 16 + group], a.x[(i + 1) * 16 + group]); };
  float sum[4] = {};
  mma16816(sum, left, pairBelow(column), pairBelow(column + 8));
  for (int i = 0; i < 4; ++i) a.y[(group + i / 2 * 8) * 8 + column + i % 2] = sum[i];
}

KERNEL(128, planted_return, ms_planted) {
  SHARED(raw);
  float *tile = (float *)raw;
  if (a.is_faulty && threadIdx.x < 32) return;
  tile[threadIdx.x] = a.x[threadIdx.x];
  __syncthreads();
  a.y[threadIdx.x] = tile[127 - threadIdx.x];
}

KERNEL(32, planted_lanes, ms_planted) {
  float x = a.x[threadIdx.x];
  if (!a.is_faulty || threadIdx.x < 16) x = __shfl_sync(0xffffffffu, x, 31 - threadIdx.x);
  a.y[threadIdx.x] = x;
}

KERNEL(32, planted_shared, ms_planted) {
  SHARED(raw);
  float *tile = (float *)raw;
  tile[threadIdx.x + a.is_faulty] = a.x[threadIdx.x];
  __syncthreads();
  a.y[threadIdx.x] = tile[31 - threadIdx.x + a.is_faulty];
}

// ---- programs -------------------------------------------------------------------------------------------------------

/// Says what was refused and ends the process as one that noticed something.
void expect(CUresult status) {
  if (!status) return;
  const char *text;
  cuGetErrorString(status, &text);
  fprintf(stderr, "refused: %s\n", text);
  _exit(1);
}

/// A stream and what is done on it.
struct Program {
  void *stream = nullptr;

  Program() { expect(cuStreamCreate(&stream, 1)); }

  static CUdeviceptr allocate(int count) {
    CUdeviceptr address;
    expect(cuMemAlloc_v2(&address, (size_t)count * 4));
    return address;
  }
  void upload(const float *from, CUdeviceptr to, int count) const {
    expect(cuMemcpyHtoDAsync_v2(to, from, (size_t)count * 4, stream));
  }
  CUdeviceptr uploaded(const std::vector<float> &values) const {
    const CUdeviceptr address = allocate((int)values.size());
    upload(values.data(), address, (int)values.size());
    return address;
  }
  void run(const char *kernel, unsigned threads, unsigned sharedBytes, ms_planted arguments) const {
    void *parameters[] = {&arguments};
    void *const function = emulator::Kernel::find(kernel);
    expect(cuLaunchKernel(function, 1, 1, 1, threads, 1, 1, sharedBytes, stream, parameters, nullptr));
  }
  std::vector<float> downloaded(CUdeviceptr from, int count) const {
    std::vector<float> values((size_t)count);
    expect(cuMemcpyDtoHAsync_v2(values.data(), from, (size_t)count * 4, stream));
    expect(cuStreamSynchronize(stream));
    return values;
  }
};

ms_planted arguments(CUdeviceptr x, CUdeviceptr y, bool isFaulty, int rows = 0) {
  return {(const float *)(uintptr_t)x, (float *)(uintptr_t)y, rows, isFaulty};
}

std::vector<float> numbers(int count, float step = 1) {
  std::vector<float> values((size_t)count);
  for (int i = 0; i < count; ++i) values[(size_t)i] = (float)(i + 1) * step;
  return values;
}

std::vector<float> backwards(std::vector<float> values) { return {values.rbegin(), values.rend()}; }

bool turnsAround(const char *kernel, int count, unsigned threads, bool isFaulty) {
  const Program program;
  const CUdeviceptr y = Program::allocate(count);
  program.run(kernel, threads, (unsigned)count * 4, arguments(program.uploaded(numbers(count)), y, isFaulty));
  return program.downloaded(y, count) == backwards(numbers(count));
}

bool barrier(bool isFaulty) { return turnsAround("planted_barrier", 128, 128, isFaulty); }
bool warpBarrier(bool isFaulty) { return turnsAround("planted_warp_barrier", 32, 32, isFaulty); }
bool copyWait(bool isFaulty) { return turnsAround("planted_copy", 128, 32, isFaulty); }
bool earlyReturn(bool isFaulty) { return turnsAround("planted_return", 128, 128, isFaulty); }
bool missingLanes(bool isFaulty) { return turnsAround("planted_lanes", 32, 32, isFaulty); }
bool sharedBounds(bool isFaulty) { return turnsAround("planted_shared", 32, 32, isFaulty); }

bool rowBounds(bool isFaulty) {
  const Program program;
  const CUdeviceptr y = Program::allocate(32);
  program.run("planted_rows", 32, 0, arguments(program.uploaded(numbers(96)), y, isFaulty, 3));
  std::vector<float> expected;
  for (int i = 0; i < 32; ++i) expected.push_back((float)(3 * (i + 1) + 96));
  return program.downloaded(y, 32) == expected;
}

bool fragmentIndex(bool isFaulty) {
  const Program program;
  const std::vector<float> x = numbers(256, 0.25f);
  const CUdeviceptr y = Program::allocate(128);
  program.run("planted_fragments", 32, 0, arguments(program.uploaded(x), y, isFaulty));
  const std::vector<float> result = program.downloaded(y, 128);
  for (int i = 0; i < 16; ++i)
    for (int j = 0; j < 8; ++j) {
      float sum = 0;
      for (int k = 0; k < 16; ++k) sum += x[(size_t)(i * 16 + k)] * x[(size_t)(k * 16 + j)];
      if (fabsf(result[(size_t)(i * 8 + j)] - sum) > 1e-5f * sum) return false;
    }
  return true;
}

bool useAfterFree(bool isFaulty) {
  const Program program;
  const CUdeviceptr x = program.uploaded(numbers(32)), y = Program::allocate(32);
  if (isFaulty) expect(cuMemFree_v2(x));
  program.run("planted_lanes", 32, 0, arguments(x, y, false));
  return program.downloaded(y, 32) == backwards(numbers(32));
}

bool hostAddress(bool isFaulty) {
  const Program program;
  const std::vector<float> values = numbers(32);
  const CUdeviceptr x = isFaulty ? (CUdeviceptr)(uintptr_t)values.data() : program.uploaded(values);
  const CUdeviceptr y = Program::allocate(32);
  program.run("planted_lanes", 32, 0, arguments(x, y, false));
  return program.downloaded(y, 32) == backwards(values);
}

bool deviceAddress(bool isFaulty) {
  const Program program;
  const CUdeviceptr x = program.uploaded(numbers(32));
  const std::vector<float> values = program.downloaded(x, 32);
  const volatile float *place = isFaulty ? (const float *)(uintptr_t)x : values.data();
  return place[31] == 32;
}

bool overwrittenUpload(bool isFaulty) {
  const Program program;
  const CUdeviceptr x = Program::allocate(32);
  void *pinned;
  expect(cuMemHostAlloc(&pinned, 128, 0));
  memcpy(pinned, numbers(32).data(), 128);
  program.upload((const float *)pinned, x, 32);
  if (!isFaulty) expect(cuStreamSynchronize(program.stream));
  memset(pinned, 0, 128);
  return program.downloaded(x, 32) == numbers(32);
}

bool earlyRead(bool isFaulty) {
  const Program program;
  const CUdeviceptr x = program.uploaded(numbers(32));
  std::vector<float> values = numbers(32);
  expect(cuMemcpyDtoHAsync_v2(values.data(), x, 128, program.stream));
  if (!isFaulty) expect(cuStreamSynchronize(program.stream));
  return values == numbers(32);
}

bool otherStream(bool isFaulty) {
  const Program first, second;
  const CUdeviceptr x = first.uploaded(numbers(32)), y = Program::allocate(32);
  void *event;
  expect(cuEventCreate(&event, 2));
  expect(cuEventRecord(event, first.stream));
  if (!isFaulty) expect(cuStreamWaitEvent(second.stream, event, 0));
  second.run("planted_lanes", 32, 0, arguments(x, y, false));
  return second.downloaded(y, 32) == backwards(numbers(32));
}

/// Batches come to one place on a stream of their own, and kernels turn them around on another: they wait for the batch, and
/// the next batch for them.
bool feed(bool awaitsBatch, bool awaitsKernel) {
  const Program copies, kernels;
  const CUdeviceptr place = Program::allocate(32), y = Program::allocate(64);
  void *hasCome, *isRead;
  expect(cuEventCreate(&hasCome, 2));
  expect(cuEventCreate(&isRead, 2));
  std::vector<float> expected;
  for (int batch = 0; batch < 2; ++batch) {
    const std::vector<float> values = numbers(32, (float)(batch + 1));
    for (const float value : backwards(values)) expected.push_back(value);
    if (awaitsKernel) expect(cuStreamWaitEvent(copies.stream, isRead, 0));
    copies.upload(values.data(), place, 32);
    expect(cuEventRecord(hasCome, copies.stream));
    if (awaitsBatch) expect(cuStreamWaitEvent(kernels.stream, hasCome, 0));
    kernels.run("planted_lanes", 32, 0, arguments(place, y + 128 * (CUdeviceptr)batch, false));
    expect(cuEventRecord(isRead, kernels.stream));
  }
  return kernels.downloaded(y, 64) == expected;
}

bool earlyBatch(bool isFaulty) { return feed(!isFaulty, true); }

bool overtakenBatch(bool isFaulty) {
  driver::eagerness = driver::eagerCopies;
  return feed(true, !isFaulty);
}

bool missingContext(bool isFaulty) {
  std::thread([isFaulty] {
    void *context;
    expect(cuDevicePrimaryCtxRetain(&context, 0));
    if (!isFaulty) expect(cuCtxSetCurrent(context));
    Program::allocate(32);
  }).join();
  return true;
}

bool sharedLimit(bool isFaulty) {
  const Program program;
  const CUdeviceptr x = program.uploaded(numbers(128)), y = Program::allocate(128);
  program.run("planted_barrier", 128, (48 << 10) + (isFaulty ? 128u : 0u), arguments(x, y, false));
  return program.downloaded(y, 128) == backwards(numbers(128));
}
}  // namespace

const PlantedFault plantedFaults[] = {
  {"a missing barrier", &barrier},
  {"a missing barrier of a warp", &warpBarrier},
  {"a missing wait for a copy to shared memory", &copyWait},
  {"a row out of bounds", &rowBounds},
  {"shared memory out of bounds", &sharedBounds},
  {"a wrong fragment index", &fragmentIndex},
  {"a return before a barrier", &earlyReturn},
  {"a shuffle of half a warp", &missingLanes},
  {"memory used after it was freed", &useAfterFree},
  {"an address of the host in a kernel", &hostAddress},
  {"an address of the device on the host", &deviceAddress},
  {"an upload overwritten before it was fetched", &overwrittenUpload},
  {"a result read before it arrived", &earlyRead},
  {"a stream that does not wait for another", &otherStream},
  {"a batch read before it has come", &earlyBatch},
  {"a batch overtaken by the next", &overtakenBatch},
  {"a thread without a context", &missingContext},
  {"more shared memory than was asked for", &sharedLimit},
};
const int plantedFaultCount = sizeof plantedFaults / sizeof *plantedFaults;
