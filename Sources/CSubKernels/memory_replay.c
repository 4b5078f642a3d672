// The pool of memory.c on paper: what it would come to hold if it were asked for other sizes in the same order.
#include <stdlib.h>
#include "memory.h"

typedef struct {
  size_t touched;  // the most of it that anybody asked for
  int64_t next;    // while free: the block behind it in its list
  int class_index;
} paper_block;

typedef struct {
  paper_block *blocks;
  int64_t *block_of;  // of each request; -1: not handed out
  int64_t count, lists[sk_memory_classes];
  size_t held;
} paper_pool;

static void hand_out(paper_pool *pool, int64_t request, size_t bytes) {
  size_t class_bytes, whole = bytes + sk_memory_header;
  const int index = sk_memory_class(whole, &class_bytes), last = sk_memory_last_list(index, class_bytes);
  int list = index;
  while (list <= last && pool->lists[list] < 0) list += 1;
  int64_t block;
  if (list <= last) {
    block = pool->lists[list];
    pool->lists[list] = pool->blocks[block].next;
  } else {
    block = pool->count++;
    pool->blocks[block] = (paper_block){.class_index = index};
    pool->held += class_bytes;
  }
  // Large blocks are mapped in huge pages.
  if (class_bytes >= sk_huge_page) whole = (size_t)sk_round_up((int64_t)whole, sk_huge_page);
  if (whole > pool->blocks[block].touched) pool->blocks[block].touched = whole;
  pool->block_of[request] = block;
}

static void take_back(paper_pool *pool, int64_t request) {
  const int64_t block = pool->block_of[request];
  if (block < 0) return;
  pool->block_of[request] = -1;
  int64_t *list = &pool->lists[pool->blocks[block].class_index];
  pool->blocks[block].next = *list;
  *list = block;
}

bool sk_memory_replay(int64_t count, const int64_t *events, int rounds, size_t *held, size_t *touched) {
  int64_t requests = 0;
  for (int64_t i = 0; i < count; i++) requests += events[i] >= 0;
  // No request takes more than one new block.
  paper_pool pool = {.blocks = malloc((size_t)(requests * rounds + 1) * sizeof(paper_block)),
                     .block_of = malloc((size_t)(requests + 1) * sizeof(int64_t))};
  const bool works = pool.blocks && pool.block_of;
  if (works) {
    for (int i = 0; i < sk_memory_classes; i++) pool.lists[i] = -1;
    for (int64_t i = 0; i < requests; i++) pool.block_of[i] = -1;
    for (int round = 0; round < rounds; round++) {
      int64_t request = 0;
      for (int64_t i = 0; i < count; i++) {
        if (events[i] < 0) {
          take_back(&pool, -1 - events[i]);
        } else {
          if (pool.block_of[request] < 0) hand_out(&pool, request, (size_t)events[i]);
          request += 1;
        }
      }
    }
    *held = pool.held;
    *touched = 0;
    for (int64_t i = 0; i < pool.count; i++) *touched += pool.blocks[i].touched;
  }
  free(pool.blocks);
  free(pool.block_of);
  return works;
}
