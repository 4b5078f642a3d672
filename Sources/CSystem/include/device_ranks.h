// NCCL's one function that Swift cannot call through a pointer: an argument of it is a struct by value.
#ifndef SUB_DEVICE_RANKS_H
#define SUB_DEVICE_RANKS_H

/// The bytes of an id by which NCCL's ranks find each other.
#define SYS_NCCL_ID_BYTES 128

/// Calls `ncclCommInitRank`, whose address is `function`. What it returns: 0 where all is well.
int sys_nccl_begin(void *function, void **communicator, int count, const void *id, int rank);
#endif
