#include "faults.hpp"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "block.hpp"
#include "memory.hpp"

namespace emulator {
static void say(const char *what) {
  char kernel[160] = "", thread[96] = "", line[1024];
  if (runningKernel()) snprintf(kernel, sizeof kernel, "\n  in %s", runningKernel());
  if (runningKernel() && current) {
    const uint3 at = block.index, index = current->index;
    snprintf(thread, sizeof thread, ", block (%u, %u, %u), thread (%u, %u, %u)", at.x, at.y, at.z, index.x, index.y,
             index.z);
  }
  const int length = snprintf(line, sizeof line, "cuda twin: %s%s%s\n", what, kernel, thread);
  if (write(2, line, (size_t)length) < 0) return;
}

void fail(const char *format, ...) {
  char text[512];
  va_list list;
  va_start(list, format);
  vsnprintf(text, sizeof text, format, list);
  va_end(list);
  say(text);
  abort();
}

static struct sigaction before;

static void explain(int, siginfo_t *info, void *) {
  if (!runningKernel()) {
    // The processor gives no address for one that cannot be: a marked one is of this kind.
    if (!info->si_addr) say("a bad address on the host: perhaps one of the device");
    sigaction(SIGSEGV, &before, nullptr);
    return;
  }
  char text[256];
  uintptr_t start;
  size_t bytes;
  const auto place = (const unsigned char *)info->si_addr;
  if (place >= block.shared - 4096 && place < block.shared + block.sharedBytes + 8192)
    snprintf(text, sizeof text, "byte %td of %zu bytes of shared memory was touched", place - block.shared,
             block.sharedBytes);
  else if (deviceMemory.nearest(place, start, bytes))
    snprintf(text, sizeof text, "%p was touched: %zu bytes behind the start of the nearest block, which has %zu bytes",
             info->si_addr, (uintptr_t)place - start, bytes);
  else
    snprintf(text, sizeof text, "%p was touched", info->si_addr);
  say(text);
  signal(SIGABRT, SIG_DFL);
  abort();
}

void explainBadAddresses() {
  struct sigaction action = {};
  action.sa_sigaction = &explain;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
  sigaction(SIGSEGV, &action, &before);
}
}  // namespace emulator
