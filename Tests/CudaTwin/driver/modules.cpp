// Modules, functions, launches. A module's image names the unit whose kernels it has.
#include <stdlib.h>
#include <string.h>

#include <memory>
#include <string>

#include "../device/block.hpp"
#include "../device/kernels.hpp"
#include "../device/memory.hpp"
#include "CudaTwin.h"
#include "image.hpp"
#include "streams.hpp"

using namespace driver;
using emulator::Kernel;

namespace {
/// Calls of this thread that are still to find no memory.
thread_local int deniedLoads, deniedFunctions;
}  // namespace

API void twin_deny_code(int loads, int functions) {
  deniedLoads = loads;
  deniedFunctions = functions;
}

API CUresult cuModuleLoadData(void **handle, const void *image) {
  const Call call;
  if (call.status) return call.status;
  if (const CUresult status = denied(deniedLoads, "code")) return status;
  const size_t mark = strlen(imageMark);
  if (strncmp((const char *)image, imageMark, mark)) return refuse(invalidImage, "the image is for another device");
  *handle = new std::string((const char *)image + mark);
  return success;
}
API CUresult cuModuleUnload(void *handle) {
  delete static_cast<std::string *>(handle);
  return success;
}
API CUresult cuModuleGetFunction(void **handle, void *module, const char *name) {
  const Call call;
  if (call.status) return call.status;
  if (const CUresult status = denied(deniedFunctions, "a kernel")) return status;
  const std::string &unit = *static_cast<std::string *>(module);
  Kernel *const kernel = Kernel::find(name);
  if (!kernel || !kernel->isOf(unit.c_str())) return refuse(notFound, "%s has no kernel called %s", unit.c_str(), name);
  *handle = kernel;
  return success;
}

API CUresult cuFuncSetAttribute(void *function, int attribute, int value) {
  const Call call;
  if (call.status) return call.status;
  if (attribute == 9) return success;  // the preferred carveout: a hint
  if (attribute != 8) return refuse(invalidValue, "attribute %d of a function cannot be set", attribute);
  if (value < 0 || value > 232448) return refuse(invalidValue, "%d bytes of shared memory", value);
  static_cast<Kernel *>(function)->sharedBytes = value > 48 << 10 ? value : 48 << 10;
  return success;
}
API CUresult cuFuncGetAttribute(int *value, int attribute, void *function) {
  const Call call;
  if (call.status) return call.status;
  const Kernel &kernel = *static_cast<Kernel *>(function);
  switch (attribute) {
    case 0: *value = (int)kernel.threads; break;
    case 1: *value = 0; break;  // static shared memory
    case 3: *value = 0; break;  // local memory
    case 4: *value = 32; break;  // registers
    case 6: *value = 90; break;  // the architecture it was compiled for
    case 8: *value = kernel.sharedBytes; break;
    default: return refuse(invalidValue, "attribute %d of a function", attribute);
  }
  return success;
}

API CUresult cuLaunchKernel(void *function, unsigned gridX, unsigned gridY, unsigned gridZ, unsigned x, unsigned y,
                            unsigned z, unsigned sharedBytes, void *on, void **parameters, void **extra) {
  const Call call;
  if (call.status) return call.status;
  Kernel *const kernel = static_cast<Kernel *>(function);
  const dim3 grid{gridX, gridY, gridZ}, block{x, y, z};
  const unsigned long long threads = (unsigned long long)x * y * z;
  if (!gridX || !gridY || !gridZ || gridX > 2147483647u || gridY > 65535 || gridZ > 65535)
    return refuse(invalidValue, "%s over %u x %u x %u blocks", kernel->name, gridX, gridY, gridZ);
  if (!threads || threads > kernel->threads || threads % 32 || z > 64)
    return refuse(invalidValue, "%s in blocks of %llu threads, made for at most %u, full warps", kernel->name, threads,
                  kernel->threads);
  if (sharedBytes > (unsigned)kernel->sharedBytes)
    return refuse(invalidValue, "%s with %u bytes of shared memory, allowed are %d", kernel->name, sharedBytes,
                  kernel->sharedBytes);
  if (!parameters || extra) return refuse(invalidValue, "%s without parameters", kernel->name);
  const size_t bytes = kernel->argumentBytes;
  if (const char *fault = emulator::faultOfArguments(parameters[0], kernel->pointers))
    return refuse(invalidValue, "%s: %s", kernel->name, fault);
  // Arguments are read when the launch is enqueued.
  const std::shared_ptr<void> arguments(aligned_alloc(16, (bytes + 15) / 16 * 16), &free);
  memcpy(arguments.get(), parameters[0], bytes);
  emulator::replaceAddresses(arguments.get(), bytes);
  ++counters.launches;
  ++kernel->launches;
  if (Stream *const target = stream(on)) target->computes = true;
  return submit(on, [=] {
    emulator::launch(kernel->name, grid, block, sharedBytes, kernel->call, arguments.get());
  });
}
