#define _GNU_SOURCE
#include "include/exchange.h"

#include <stdio.h>
#ifdef __linux__
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

bool sys_exchange(const char *first, const char *second) {
#ifdef __linux__
  return syscall(SYS_renameat2, AT_FDCWD, first, AT_FDCWD, second, 2u /* RENAME_EXCHANGE */) == 0;
#else
  return renamex_np(first, second, RENAME_SWAP) == 0;
#endif
}
