// Walks over several axes with strides of their own for every operand: permutations, parts, repetition (stride 0).
#ifndef SUB_WALK_H
#define SUB_WALK_H
#include "kernel.h"

enum { sk_most_axes = 6, sk_most_operands = 3, sk_chunk = 4096 };

/// The axes of a walk, those of length 1 left out and neighbours merged where every operand passes from one to the next
/// in one stride. An item of work is a chunk of the last axis.
typedef struct {
  int rank, operands;
  int64_t shape[sk_most_axes], strides[sk_most_operands][sk_most_axes];
  int64_t chunks, items;
} sk_walk;

SK_INLINE sk_walk sk_walk_of(int rank, const int64_t *shape, int operands, const int64_t *const *strides) {
  sk_walk w = {.operands = operands};
  int64_t count = 1;
  for (int axis = 0; axis < rank; axis++) {
    count *= shape[axis];
    if (shape[axis] == 1) continue;
    bool merges = w.rank > 0;
    for (int o = 0; o < operands; o++)
      merges = merges && w.strides[o][w.rank - 1] == strides[o][axis] * shape[axis];
    if (!merges) w.shape[w.rank++] = 1;
    w.shape[w.rank - 1] *= shape[axis];
    for (int o = 0; o < operands; o++) w.strides[o][w.rank - 1] = strides[o][axis];
  }
  if (w.rank == 0) {
    w.rank = 1;
    w.shape[0] = 1;
    for (int o = 0; o < operands; o++) w.strides[o][0] = 1;
  }
  int64_t last = w.shape[w.rank - 1];
  w.chunks = (last + sk_chunk - 1) / sk_chunk;
  w.items = count == 0 ? 0 : count / last * w.chunks;
  return w;
}

/// Where a walk is: its place on the axes before the last, the chunk of the last, and every operand's element.
typedef struct {
  int64_t index[sk_most_axes], chunk, at[sk_most_operands];
} sk_place;

SK_INLINE sk_place sk_place_of(const sk_walk *w, int64_t item) {
  sk_place p = {.chunk = item % w->chunks};
  int64_t rest = item / w->chunks;
  for (int axis = w->rank - 2; axis >= 0; axis--) {
    p.index[axis] = rest % w->shape[axis];
    rest /= w->shape[axis];
  }
  for (int o = 0; o < w->operands; o++) {
    p.at[o] = p.chunk * sk_chunk * w->strides[o][w->rank - 1];
    for (int axis = 0; axis < w->rank - 1; axis++) p.at[o] += p.index[axis] * w->strides[o][axis];
  }
  return p;
}

/// The elements of the chunk.
SK_INLINE int64_t sk_length(const sk_walk *w, const sk_place *p) {
  return sk_min(sk_chunk, w->shape[w->rank - 1] - p->chunk * sk_chunk);
}

SK_INLINE void sk_advance(const sk_walk *w, sk_place *p) {
  int last = w->rank - 1;
  for (int o = 0; o < w->operands; o++) p->at[o] += sk_chunk * w->strides[o][last];
  if (++p->chunk < w->chunks) return;
  for (int o = 0; o < w->operands; o++) p->at[o] -= w->chunks * sk_chunk * w->strides[o][last];
  p->chunk = 0;
  for (int axis = last - 1; axis >= 0; axis--) {
    for (int o = 0; o < w->operands; o++) p->at[o] += w->strides[o][axis];
    if (++p->index[axis] < w->shape[axis]) return;
    for (int o = 0; o < w->operands; o++) p->at[o] -= w->shape[axis] * w->strides[o][axis];
    p->index[axis] = 0;
  }
}
#endif
