#include <string.h>

#include "CudaTwin.h"
#include "device/block.hpp"
#include "device/kernels.hpp"
#include "device/memory.hpp"
#include "driver/streams.hpp"

using namespace driver;

namespace {
struct Locked {
  Locked() { lock(); }
  ~Locked() { unlock(); }
};
}  // namespace

API void twin_set_order(unsigned order) {
  const Locked locked;
  emulator::order = order;
}
API void twin_set_eager(int when) {
  const Locked locked;
  eagerness = when;
  if (when != late) drainAll();
}
API void twin_set_memory(unsigned long long bytes) {
  const Locked locked;
  memoryBytes = bytes;
}
API long long twin_counter(const char *name) {
  const Locked locked;
  const struct {
    const char *name;
    long long value;
  } values[] = {
    {"launches", counters.launches},
    {"products", counters.products},
    {"graphs", counters.graphs},
    {"threads", emulator::threadsRun},
    {"waits", counters.waits},
    {"allocations", counters.allocations},
    {"bytes_in_use", (long long)emulator::deviceMemory.inUse},
    {"bytes_to_device", counters.bytesToDevice},
    {"bytes_to_host", counters.bytesToHost},
    {"bytes_on_device", counters.bytesOnDevice},
    {"bytes_filled", counters.bytesFilled},
  };
  for (const auto &known : values)
    if (!strcmp(known.name, name)) return known.value;
  return -1;
}
API long long twin_launches(const char *kernel) {
  const Locked locked;
  const emulator::Kernel *const found = emulator::Kernel::find(kernel);
  return found ? found->launches : -1;
}
