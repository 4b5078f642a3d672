// Stacks and how to change from one to another.
#pragma once
#if !defined(__x86_64__) || !defined(__linux__)
#include <ucontext.h>
#endif

namespace emulator {
#pragma GCC visibility push(hidden)
/// A stack and where what runs on it stopped.
struct Fiber {
#if defined(__x86_64__) && defined(__linux__)
  void *stackPointer;
#else
  ucontext_t context;
#endif
};

/// A fiber that waits at the start of `run`, which never returns.
Fiber *makeFiber(void (*run)());
/// Stops at `from` and goes on where `to` stopped.
void change(Fiber &from, Fiber &to);
#pragma GCC visibility pop
}  // namespace emulator
