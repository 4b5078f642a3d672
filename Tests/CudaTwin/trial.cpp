// Planted faults, each tried in a process of its own, since most of them end it.
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "CudaTwin.h"
#include "device/block.hpp"
#include "driver/functions.hpp"
#include "driver/streams.hpp"
#include "planted.hpp"

/// In the new process: all orders of threads. What it writes goes to `output`.
[[noreturn]] static void run(const PlantedFault &fault, bool isFaulty, int output) {
  dup2(output, 2);
  const rlimit none = {0, 0};
  setrlimit(RLIMIT_CORE, &none);
  for (const int number : {SIGSEGV, SIGBUS, SIGABRT, SIGALRM}) signal(number, SIG_DFL);
  alarm(30);
  driver::isInitialized = false;
  driver::eagerness = driver::late;
  void *context;
  if (cuInit(0) || cuDevicePrimaryCtxRetain(&context, 0) || cuCtxSetCurrent(context)) _exit(2);
  for (const unsigned order : {0u, 1u, 7u}) {
    emulator::order = order;
    if (fault.run(isFaulty)) continue;
    fprintf(stderr, "a wrong result with threads in order %u\n", order);
    _exit(1);
  }
  _exit(0);
}

API const char *twin_fault(int number) {
  return number >= 0 && number < plantedFaultCount ? plantedFaults[number].name : nullptr;
}

API int twin_try(int number, int isFaulty, char *message, int capacity) {
  int ends[2];
  if (!twin_fault(number) || capacity < 1 || pipe(ends)) return -1;
  // Nobody may be in the middle of a call when the process is doubled.
  driver::lock();
  const pid_t child = fork();
  driver::unlock();
  if (child < 0) return -1;
  if (!child) run(plantedFaults[number], isFaulty, ends[1]);
  close(ends[1]);
  int length = 0;
  char part[256];
  for (ssize_t count; (count = read(ends[0], part, sizeof part)) > 0;) {
    const int kept = std::min((int)count, capacity - 1 - length);
    memcpy(message + length, part, (size_t)kept);
    length += kept;
  }
  message[length] = 0;
  close(ends[0]);
  int status;
  if (waitpid(child, &status, 0) != child) return -1;
  if (WIFEXITED(status)) return WEXITSTATUS(status) < 2 ? WEXITSTATUS(status) : -1;
  return WIFSIGNALED(status) && WTERMSIG(status) != SIGALRM ? 1 : -1;
}
