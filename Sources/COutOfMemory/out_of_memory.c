// The allocation functions of the C library, wrapped: glibc takes a program's own for those of every library it loads, and
// keeps its own within reach under other names.
#define _GNU_SOURCE
#include "include/out_of_memory.h"

// Any header of the C library says which one it is.
#include <stdlib.h>

#ifdef __GLIBC__
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

/// CSubKernels' pool gives back what it holds and asks again.
bool sk_memory_is_trying(void) __attribute__((weak));

static bool ends;

/// Nothing here may allocate: the text is made on the stack.
static void *failed(size_t bytes) {
  if (!ends || (sk_memory_is_trying && sk_memory_is_trying())) {
    errno = ENOMEM;
    return NULL;
  }
  char line[160] = "masksub: error: out of memory (", digits[24];
  size_t at = strlen(line), count = 0, mebibytes = (bytes >> 20) + 1;
  do digits[count++] = (char)('0' + mebibytes % 10);
  while (mebibytes /= 10);
  while (count) line[at++] = digits[--count];
  const char *rest = " MiB could not be had): lower the batch size, or close other programs\n";
  memcpy(line + at, rest, strlen(rest));
  if (write(STDERR_FILENO, line, at + strlen(rest)) < 0) _exit(1);
  _exit(1);
}

void *malloc(size_t bytes) {
  void *memory = __libc_malloc(bytes);
  return memory ? memory : failed(bytes);
}

void *calloc(size_t count, size_t bytes) {
  void *memory = __libc_calloc(count, bytes);
  return memory ? memory : failed(count > SIZE_MAX / (bytes ? bytes : 1) ? SIZE_MAX : count * bytes);
}

void *realloc(void *old, size_t bytes) {
  void *memory = __libc_realloc(old, bytes);
  return memory || !bytes ? memory : failed(bytes);
}

void *memalign(size_t alignment, size_t bytes) {
  void *memory = __libc_memalign(alignment, bytes);
  return memory ? memory : failed(bytes);
}

void *aligned_alloc(size_t alignment, size_t bytes) { return memalign(alignment, bytes); }

int posix_memalign(void **memory, size_t alignment, size_t bytes) {
  if (alignment % sizeof(void *) || (alignment & (alignment - 1)) || !alignment) return EINVAL;
  void *made = memalign(alignment, bytes);
  if (!made) return ENOMEM;
  *memory = made;
  return 0;
}

/// oneDNN maps memory for the code that it makes, and calls it unlooked at. Reserved addresses and huge pages are attempts
/// that their callers expect to fail.
void *mmap(void *hint, size_t bytes, int protection, int flags, int file, off_t offset) {
  void *memory = (void *)syscall(SYS_mmap, hint, bytes, protection, flags, file, offset);
  bool isNeeded = (flags & MAP_ANONYMOUS) && protection != PROT_NONE && !(flags & MAP_HUGETLB);
  if (memory == MAP_FAILED && errno == ENOMEM && isNeeded) failed(bytes);
  return memory;
}

/// libgomp ends the program where it gets no thread, by a way that frees what other threads still use.
int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*body)(void *), void *argument) {
  static int (*create)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
  if (!create) *(void **)&create = dlsym(RTLD_NEXT, "pthread_create");
  const int status = create(thread, attributes, body, argument);
  if (status != EAGAIN || !ends) return status;
  static const char line[] =
      "masksub: error: out of memory (a thread could not be started): give fewer --threads, or close other programs\n";
  if (write(STDERR_FILENO, line, sizeof line - 1) < 0) _exit(1);
  _exit(1);
}

void sub_end_without_memory(void) {
  // A thread that ends needs the unwinder, which glibc loads when the first one does: without memory it would abort.
  void *frame;
  backtrace(&frame, 1);
  ends = true;
}
#else
void sub_end_without_memory(void) {}
#endif
