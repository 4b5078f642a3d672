// The device and its context: one H100, as far as numbers go.
#include <stdio.h>
#include <string.h>

#include "../device/faults.hpp"
#include "../device/memory.hpp"
#include "CudaTwin.h"
#include "call.hpp"

using namespace driver;

namespace {
int driverVersion = 13000, startStatus = success, architecture = 90;
thread_local unsigned char identity = 1;
}  // namespace

API void twin_set_driver(int version, int status) {
  driverVersion = version;
  startStatus = status;
}
API void twin_set_architecture(int number) { architecture = number; }
API void twin_set_identity(unsigned char number) { identity = number; }

API CUresult cuInit(unsigned flags) {
  if (flags) return invalidValue;
  if (startStatus) return refuse(startStatus, "no start, as the test wants it");
  lock();
  if (!isInitialized) emulator::explainBadAddresses();
  isInitialized = true;
  unlock();
  return success;
}
API CUresult cuDriverGetVersion(int *version) {
  *version = driverVersion;
  return success;
}
API CUresult cuDeviceGetCount(int *count) {
  const Call call(false);
  if (call.status) return call.status;
  *count = 1;
  return success;
}
API CUresult cuDeviceGet(int *device, int ordinal) {
  const Call call(false);
  if (call.status) return call.status;
  if (ordinal) return refuse(invalidDevice, "there is no device %d", ordinal);
  *device = 0;
  return success;
}
API CUresult cuDeviceGetName(char *name, int capacity, int) {
  snprintf(name, (size_t)capacity, "CUDA twin");
  return success;
}
API CUresult cuDeviceTotalMem_v2(size_t *bytes, int) {
  *bytes = memoryBytes;
  return success;
}
API CUresult cuDeviceGetUuid_v2(void *bytes, int) {
  memset(bytes, identity, 16);
  return success;
}
API CUresult cuDeviceGetAttribute(int *value, int attribute, int) {
  const struct {
    int attribute, value;
  } values[] = {
    {1, 1024},         // threads of a block
    {2, 1024},         // in x
    {3, 1024},         // in y
    {4, 64},           // in z
    {5, 2147483647},   // blocks of a grid in x
    {6, 65535},        // in y
    {7, 65535},        // in z
    {8, 49152},        // bytes of shared memory of a block
    {10, 32},          // lanes of a warp
    {12, 65536},       // registers of a block
    {13, 1980000},     // kHz
    {16, 132},         // multiprocessors
    {36, 2619000},     // kHz of the memory
    {37, 5120},        // bits of its bus
    {38, 52428800},    // bytes of the L2 cache
    {39, 2048},        // threads of a multiprocessor
    {41, 1},           // one address space for host and device
    {75, architecture / 10},  // compute capability
    {76, architecture % 10},  //
    {81, 233472},      // bytes of shared memory of a multiprocessor
    {82, 65536},       // its registers
    {97, 232448},      // bytes of shared memory that a block may ask for
    {106, 32},         // blocks of a multiprocessor
    {111, 1024},       // bytes of shared memory that every block costs besides
  };
  for (const auto &known : values)
    if (known.attribute == attribute) {
      *value = known.value;
      return success;
    }
  return refuse(invalidValue, "attribute %d is none that the twin knows", attribute);
}

static int context;

API CUresult cuDevicePrimaryCtxRetain(void **handle, int device) {
  const Call call(false);
  if (call.status) return call.status;
  if (device) return refuse(invalidDevice, "there is no device %d", device);
  *handle = &context;
  return success;
}
API CUresult cuDevicePrimaryCtxRelease_v2(int) { return success; }
API CUresult cuCtxSetCurrent(void *handle) {
  if (handle && handle != &context) return refuse(invalidContext, "%p is no context", handle);
  hasContext = handle != nullptr;
  return success;
}
API CUresult cuCtxGetCurrent(void **handle) {
  *handle = hasContext ? &context : nullptr;
  return success;
}
