#include "fibers.hpp"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

namespace emulator {
static constexpr size_t page = 16384, stackBytes = 256 << 10;

/// The upper end of a new stack, whose lower end traps.
static unsigned char *makeStack() {
  void *memory = mmap(nullptr, stackBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) { perror("cuda twin: a stack"); abort(); }
  mprotect(memory, page, PROT_NONE);
  // The stacks of neighbours use different sets of the caches.
  static unsigned count = 0;
  return (unsigned char *)memory + stackBytes - (count++ % 16) * 256;
}

#if defined(__x86_64__) && defined(__linux__)
extern "C" __attribute__((visibility("hidden"))) void twin_change(void **from, void *to);
// Keeps what a function must keep, on the stack that is left. It returns with `ret`, since the processor expects each
// lane of a warp to go on behind the same call.
asm(R"(
.text
.p2align 4
.hidden twin_change
.globl twin_change
.type twin_change, @function
twin_change:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
.size twin_change, .-twin_change
)");

Fiber *makeFiber(void (*run)()) {
  void **top = (void **)makeStack();
  *--top = nullptr;  // the stack is aligned as behind a call
  *--top = (void *)run;
  for (int i = 0; i < 6; ++i) *--top = nullptr;
  return new Fiber{top};
}
void change(Fiber &from, Fiber &to) { twin_change(&from.stackPointer, to.stackPointer); }
#else
Fiber *makeFiber(void (*run)()) {
  auto fiber = new Fiber;
  getcontext(&fiber->context);
  unsigned char *top = makeStack();
  fiber->context.uc_stack.ss_sp = top - (stackBytes - 2 * page);
  fiber->context.uc_stack.ss_size = stackBytes - 2 * page;
  makecontext(&fiber->context, run, 0);
  return fiber;
}
void change(Fiber &from, Fiber &to) { swapcontext(&from.context, &to.context); }
#endif
}  // namespace emulator
