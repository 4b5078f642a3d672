#if defined(__linux__) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE
#endif
#include "include/library.h"
#include <dlfcn.h>
#include <stddef.h>

const char *sys_library_of(const void *address) {
  Dl_info place;
  return dladdr(address, &place) ? place.dli_fname : NULL;
}
