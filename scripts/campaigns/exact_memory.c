// sk_allocate without the pool, for the address sanitizer: a block has the very size that was asked for.
#include <stdlib.h>
#include "kernel.h"

void *sk_allocate(size_t bytes) {
  void *block;
  return posix_memalign(&block, 64, bytes ? bytes : 1) ? NULL : block;
}

void sk_free(void *block) { free(block); }

void sk_memory_usage(size_t *in_use, size_t *held, size_t *system_calls, size_t *allocations) {
  *in_use = *held = *system_calls = *allocations = 0;
}

void *sk_scratch(size_t bytes) {
  void *block = sk_allocate(bytes);
  if (!block) sk_end_without_memory(bytes);
  return block;
}

void sk_end_without_memory(size_t bytes) {
  (void)bytes;
  abort();
}
