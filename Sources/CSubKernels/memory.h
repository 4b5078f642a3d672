// How the pool of memory.c sorts its blocks, for itself and for what predicts it.
#include "kernel.h"

enum { sk_memory_header = 64, sk_memory_classes = 256, sk_huge_page = 2 << 20 };

/// Size classes: 2^k · (4 + step)/4, four steps to a doubling, from 128 bytes. Returns the number of the class of a block of
/// `bytes`, header included, and its size.
int sk_memory_class(size_t bytes, size_t *class_bytes);

/// The last free list that serves a request of a class: its own or, for large blocks, one of up to four times the size. The
/// sub-branch's smaller tensors then live where the main branch's were, and the peak stays the main one's.
SK_INLINE int sk_memory_last_list(int index, size_t class_bytes) {
  int last = class_bytes >= sk_huge_page / 2 ? index + 8 : index;
  return last < sk_memory_classes ? last : sk_memory_classes - 1;
}
