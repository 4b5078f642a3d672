#include "call.hpp"

#include <stdarg.h>
#include <stdio.h>

#include <mutex>
#include <string>

namespace driver {
static std::mutex mutex;
void lock() { mutex.lock(); }
void unlock() { mutex.unlock(); }

bool isInitialized;
constinit thread_local bool hasContext = false;
Counters counters;
uint64_t memoryBytes = 8ull << 30;

static thread_local CUresult lastCode;
static thread_local std::string lastText;

Call::Call(bool needsContext) {
  lock();
  if (!isInitialized) status = refuse(notInitialized, "cuInit was not called");
  else if (needsContext && !hasContext) status = refuse(invalidContext, "the calling thread has no context");
}

CUresult refuse(CUresult code, const char *format, ...) {
  char text[512];
  va_list list;
  va_start(list, format);
  vsnprintf(text, sizeof text, format, list);
  va_end(list);
  lastText = text;
  lastCode = code;
  return code;
}

CUresult denied(int &calls, const char *what) {
  if (calls <= 0) return success;
  --calls;
  return refuse(outOfMemory, "no memory for %s, as the test wants it", what);
}
}  // namespace driver

API CUresult cuGetErrorName(CUresult code, const char **name) {
  switch (code) {
    case success: *name = "CUDA_SUCCESS"; break;
    case invalidValue: *name = "CUDA_ERROR_INVALID_VALUE"; break;
    case outOfMemory: *name = "CUDA_ERROR_OUT_OF_MEMORY"; break;
    case notInitialized: *name = "CUDA_ERROR_NOT_INITIALIZED"; break;
    case invalidDevice: *name = "CUDA_ERROR_INVALID_DEVICE"; break;
    case invalidImage: *name = "CUDA_ERROR_INVALID_IMAGE"; break;
    case invalidContext: *name = "CUDA_ERROR_INVALID_CONTEXT"; break;
    case invalidHandle: *name = "CUDA_ERROR_INVALID_HANDLE"; break;
    case notFound: *name = "CUDA_ERROR_NOT_FOUND"; break;
    case notReady: *name = "CUDA_ERROR_NOT_READY"; break;
    case captureUnsupported: *name = "CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED"; break;
    case captureInvalidated: *name = "CUDA_ERROR_STREAM_CAPTURE_INVALIDATED"; break;
    case captureUnmatched: *name = "CUDA_ERROR_STREAM_CAPTURE_UNMATCHED"; break;
    case captureIsolation: *name = "CUDA_ERROR_STREAM_CAPTURE_ISOLATION"; break;
    case capturedEvent: *name = "CUDA_ERROR_CAPTURED_EVENT"; break;
    default: *name = nullptr; return invalidValue;
  }
  return success;
}

/// The calling thread's last refusal of this kind in full, else the name.
API CUresult cuGetErrorString(CUresult code, const char **text) {
  if (code != driver::lastCode || code == success) return cuGetErrorName(code, text);
  *text = driver::lastText.c_str();
  return success;
}
