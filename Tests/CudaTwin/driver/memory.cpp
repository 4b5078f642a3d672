// Memory and copies.
#include "../device/memory.hpp"

#include <string.h>

#include <memory>

#include "streams.hpp"

using namespace driver;
using emulator::deviceMemory, emulator::pinnedMemory, emulator::realAddress;

API CUresult cuMemGetInfo_v2(size_t *free, size_t *total) {
  const Call call;
  if (call.status) return call.status;
  *total = memoryBytes;
  *free = memoryBytes > deviceMemory.inUse ? memoryBytes - deviceMemory.inUse : 0;
  return success;
}
API CUresult cuMemAlloc_v2(CUdeviceptr *address, size_t bytes) {
  const Call call;
  if (call.status) return call.status;
  if (const CUresult status = forbidden("cuMemAlloc")) return status;
  if (!bytes) return refuse(invalidValue, "cuMemAlloc of 0 bytes");
  void *memory = nullptr;
  if (bytes <= memoryBytes && deviceMemory.inUse <= memoryBytes - bytes) memory = deviceMemory.allocate(bytes);
  if (!memory)
    return refuse(outOfMemory, "%zu bytes, with %zu of %zu in use", bytes, deviceMemory.inUse, (size_t)memoryBytes);
  ++counters.allocations;
  *address = emulator::marked(memory);
  return success;
}
/// Waits for all work, as the driver does.
API CUresult cuMemFree_v2(CUdeviceptr address) {
  const Call call;
  if (call.status) return call.status;
  if (const CUresult status = forbidden("cuMemFree")) return status;
  ++counters.waits;
  drainAll();
  void *const memory = realAddress(address, 0);
  return memory && deviceMemory.free(memory) ? success : refuse(invalidValue, "%llx starts no block", address);
}
API CUresult cuMemHostAlloc(void **memory, size_t bytes, unsigned) {
  const Call call;
  if (call.status) return call.status;
  if (const CUresult status = forbidden("cuMemHostAlloc")) return status;
  *memory = pinnedMemory.allocate(bytes);
  return *memory ? success : refuse(outOfMemory, "%zu bytes of pinned memory", bytes);
}
API CUresult cuMemFreeHost(void *memory) {
  const Call call;
  if (call.status) return call.status;
  ++counters.waits;
  drainAll();
  return pinnedMemory.free(memory) ? success : refuse(invalidValue, "%p starts no pinned block", memory);
}

namespace {
/// The real address of what a call names; null, after a refusal, where that is not memory of the device.
void *checked(const char *call, CUdeviceptr address, size_t bytes) {
  void *const real = realAddress(address, bytes);
  if (!real) refuse(invalidValue, "%s: %zu bytes at %llx are not in one block of the device", call, bytes, address);
  return real;
}
bool isOfHost(const char *call, const void *place) {
  if (!emulator::isMarked((uint64_t)(uintptr_t)place)) return true;
  refuse(invalidValue, "%s: %p is an address of the device", call, place);
  return false;
}
}  // namespace

API CUresult cuMemcpyHtoDAsync_v2(CUdeviceptr to, const void *from, size_t bytes, void *on) {
  const Call call;
  if (call.status) return call.status;
  void *const place = checked("cuMemcpyHtoDAsync", to, bytes);
  if (!place || !isOfHost("cuMemcpyHtoDAsync", from)) return invalidValue;
  counters.bytesToDevice += (long long)bytes;
  const Stream *const target = stream(on);
  const bool isFetchedLate = pinnedMemory.contains(from, bytes) || (target && target->capture);
  // Memory that is not pinned is read before the call returns.
  std::shared_ptr<char[]> copy;
  if (!isFetchedLate) {
    copy.reset(new char[bytes]);
    memcpy(copy.get(), from, bytes);
  }
  return submit(on, [=] {
    memcpy(place, copy ? copy.get() : from, bytes);
    emulator::replaceAddresses(place, bytes);
  });
}
/// Until the bytes arrive, their place holds NaNs.
API CUresult cuMemcpyDtoHAsync_v2(void *to, CUdeviceptr from, size_t bytes, void *on) {
  const Call call;
  if (call.status) return call.status;
  const void *const place = checked("cuMemcpyDtoHAsync", from, bytes);
  if (!place || !isOfHost("cuMemcpyDtoHAsync", to)) return invalidValue;
  counters.bytesToHost += (long long)bytes;
  memset(to, 0xff, bytes);
  return submit(on, [=] { memcpy(to, place, bytes); });
}
API CUresult cuMemcpyDtoDAsync_v2(CUdeviceptr to, CUdeviceptr from, size_t bytes, void *on) {
  const Call call;
  if (call.status) return call.status;
  void *const target = checked("cuMemcpyDtoDAsync", to, bytes);
  const void *const source = checked("cuMemcpyDtoDAsync", from, bytes);
  if (!target || !source) return invalidValue;
  const auto a = (const char *)target, b = (const char *)source;
  if (bytes && a < b + bytes && b < a + bytes) return refuse(invalidValue, "cuMemcpyDtoDAsync of overlapping bytes");
  counters.bytesOnDevice += (long long)bytes;
  return submit(on, [=] { memcpy(target, source, bytes); });
}
API CUresult cuMemsetD8Async(CUdeviceptr to, unsigned char value, size_t count, void *on) {
  const Call call;
  if (call.status) return call.status;
  void *const place = checked("cuMemsetD8Async", to, count);
  if (!place) return invalidValue;
  counters.bytesFilled += (long long)count;
  return submit(on, [=] { memset(place, value, count); });
}
API CUresult cuMemsetD32Async(CUdeviceptr to, unsigned value, size_t count, void *on) {
  const Call call;
  if (call.status) return call.status;
  if (to % 4) return refuse(invalidValue, "cuMemsetD32Async: %llx is not 4-byte aligned", to);
  const auto place = (unsigned *)checked("cuMemsetD32Async", to, 4 * count);
  if (!place) return invalidValue;
  counters.bytesFilled += (long long)(4 * count);
  return submit(on, [=] {
    for (size_t i = 0; i < count; ++i) place[i] = value;
  });
}
