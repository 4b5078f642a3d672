// sk_allocate without the pool, for the address sanitizer: a block has the very size that was asked for.
#include <stdlib.h>
#include "memory.h"

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

// What the pool tells of itself is not looked at here.
int sk_memory_class(size_t bytes, size_t *class_bytes) { return *class_bytes = bytes, 0; }
void sk_memory_trim(void) {}
void sk_memory_record(bool on) { (void)on; }
const int64_t *sk_memory_events(int64_t *count) { return *count = 0, NULL; }

static _Thread_local int64_t operations;
void sk_count_operations(int64_t more) { operations += more; }
int64_t sk_operations(void) { return operations; }
