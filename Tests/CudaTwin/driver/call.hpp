// What every call of the driver's begins with.
#pragma once
#include <stddef.h>
#include <stdint.h>

#define API extern "C" __attribute__((visibility("default")))
typedef int CUresult;
typedef unsigned long long CUdeviceptr;

enum : CUresult {
  success = 0,
  invalidValue = 1,
  outOfMemory = 2,
  notInitialized = 3,
  invalidDevice = 101,
  invalidImage = 200,
  invalidContext = 201,
  invalidHandle = 400,
  notFound = 500,
  notReady = 600,
  captureUnsupported = 900,
  captureInvalidated = 901,
  captureUnmatched = 903,
  captureIsolation = 905,
  capturedEvent = 907,
};

namespace driver {
#pragma GCC visibility push(hidden)
/// Held by whoever is in a call: one at a time, and with it the work that the call does.
void lock();
void unlock();

extern bool isInitialized;
/// Whether the calling thread has made a context its own.
extern constinit thread_local bool hasContext;

/// A call in progress. `status` is why it cannot be, or 0.
struct Call {
  CUresult status = success;
  explicit Call(bool needsContext = true);
  ~Call() { unlock(); }
  Call(const Call &) = delete;
};

/// Keeps what was wrong for `cuGetErrorString`, and gives `code`.
CUresult refuse(CUresult code, const char *format, ...) __attribute__((format(printf, 2, 3)));

/// Whether a call finds no memory because a test wants so many to find none: then one less.
CUresult denied(int &calls, const char *what);

/// See `twin_counter`.
struct Counters {
  long long launches, products, graphs, waits, allocations, bytesToDevice, bytesToHost, bytesOnDevice, bytesFilled;
};
extern Counters counters;
extern uint64_t memoryBytes;
#pragma GCC visibility pop
}  // namespace driver
