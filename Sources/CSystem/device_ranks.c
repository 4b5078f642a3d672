#include "include/device_ranks.h"
#include <string.h>

typedef struct {
  char bytes[SYS_NCCL_ID_BYTES];
} nccl_id;

int sys_nccl_begin(void *function, void **communicator, int count, const void *id, int rank) {
  int (*const begin)(void **, int, nccl_id, int) = (int (*)(void **, int, nccl_id, int))function;
  nccl_id copy;
  memcpy(copy.bytes, id, sizeof copy.bytes);
  return begin(communicator, count, copy, rank);
}
