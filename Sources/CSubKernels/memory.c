// Recycled buffers: a training step asks for the same sizes again and again; fresh pages cost a fault and a zeroing.
#if defined(__linux__) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE
#endif
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include "kernel.h"
#include "memory.h"

// Every block carries its size class in the 64 bytes before it, which keeps the alignment.
typedef struct block {
  size_t class_bytes;   // header included
  size_t mapped_bytes;  // 0: from aligned_alloc
  struct block *next;   // while free
  int64_t recording;    // in which its request was written down; 0: in none
  int64_t request;      // the number of that
  int class_index;
} block;

enum { header_bytes = sk_memory_header, classes = sk_memory_classes };
static const size_t huge_page = sk_huge_page;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static block *free_lists[classes];
static size_t bytes_in_use, bytes_held, calls, handed_out;

// What this thread asked for, while it is written down.
typedef struct {
  int64_t number;  // 0: nothing is written down
  int64_t *events, count, room, requests;
} recording;
static _Thread_local recording record;
static int64_t recordings;

/// Writes an event down; where there is no room for it the recording ends.
static void write_down(int64_t event) {
  if (record.count == record.room) {
    int64_t room = sk_max(1024, 2 * record.room);
    int64_t *more = realloc(record.events, (size_t)room * sizeof *more);
    if (!more) {
      record.number = 0;
      return;
    }
    record.events = more;
    record.room = room;
  }
  record.events[record.count++] = event;
}

int sk_memory_class(size_t bytes, size_t *class_bytes) {
  if (bytes <= 128) {
    *class_bytes = 128;
    return 0;
  }
  int exponent = 63 - __builtin_clzll((unsigned long long)(bytes - 1));  // 2^exponent < bytes <= 2^(exponent+1)
  size_t quarter = (size_t)1 << (exponent - 2);
  size_t steps = (bytes - ((size_t)1 << exponent) + quarter - 1) / quarter;  // 1 ... 4
  *class_bytes = ((size_t)1 << exponent) + steps * quarter;
  return (exponent - 7) * 4 + (int)steps;
}

static size_t physical_bytes(void) {
  long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
  return pages > 0 && page > 0 ? (size_t)pages * (size_t)page : (size_t)1 << 46;
}

/// A mapping aligned to huge pages, of which only what is touched becomes memory.
static block *map_block(size_t bytes) {
  size_t room = bytes + huge_page;
  char *start = mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (start == MAP_FAILED) return NULL;
  size_t skip = (huge_page - (size_t)start % huge_page) % huge_page;
  if (skip) munmap(start, skip);
  char *end = start + room, *used = start + skip + bytes;
  if (end > used) munmap(used, (size_t)(end - used));
  start += skip;
#if defined(MADV_HUGEPAGE)
  madvise(start, bytes, MADV_HUGEPAGE);
#endif
  block *b = (block *)start;
  b->mapped_bytes = bytes;
  return b;
}

/// Whether this thread asks the system for memory and knows what to do where there is none.
static _Thread_local bool is_trying;

bool sk_memory_is_trying(void) { return is_trying; }

static block *system_block(size_t bytes) {
  calls += 1;
  is_trying = true;
  bool is_large = bytes >= huge_page;
  block *b = is_large ? map_block(sk_round_up((int64_t)bytes, (int64_t)huge_page))
                      : aligned_alloc(64, (size_t)sk_round_up((int64_t)bytes, 64));
  is_trying = false;
  if (b && !is_large) b->mapped_bytes = 0;
  return b;
}

/// Gives every free block back to the system.
static void release_free_blocks(void) {
  for (int index = 0; index < classes; index++) {
    while (free_lists[index]) {
      block *b = free_lists[index];
      free_lists[index] = b->next;
      bytes_held -= b->class_bytes;
      if (b->mapped_bytes) munmap(b, b->mapped_bytes);
      else free(b);
    }
  }
}

static int serving_list(int index, size_t class_bytes) {
  int last = sk_memory_last_list(index, class_bytes);
  for (int i = index; i <= last; i++) {
    if (free_lists[i]) return i;
  }
  return -1;
}

void *sk_allocate(size_t bytes) {
  static size_t limit;
  if (!limit) limit = physical_bytes();
  if (bytes > limit) return NULL;
  size_t class_bytes;
  int index = sk_memory_class(bytes + header_bytes, &class_bytes);
  pthread_mutex_lock(&lock);
  int list = serving_list(index, class_bytes);
  block *b = list >= 0 ? free_lists[list] : NULL;
  if (b) {
    free_lists[list] = b->next;
  } else {
    b = system_block(class_bytes);
    if (!b) {
      release_free_blocks();
      b = system_block(class_bytes);
    }
    if (b) {
      b->class_bytes = class_bytes;
      b->class_index = index;
      bytes_held += class_bytes;
    }
  }
  if (b) {
    bytes_in_use += b->class_bytes;
    handed_out += 1;
    b->recording = record.number;
    if (record.number) {
      b->request = record.requests++;
      write_down((int64_t)bytes);
    }
  }
  pthread_mutex_unlock(&lock);
  return b ? (char *)b + header_bytes : NULL;
}

void sk_free(void *pointer) {
  if (!pointer) return;
  block *b = (block *)((char *)pointer - header_bytes);
  pthread_mutex_lock(&lock);
  bytes_in_use -= b->class_bytes;
  if (record.number && b->recording == record.number) write_down(-1 - b->request);
  b->next = free_lists[b->class_index];
  free_lists[b->class_index] = b;
  pthread_mutex_unlock(&lock);
}

void sk_memory_usage(size_t *in_use, size_t *held, size_t *system_calls, size_t *allocations) {
  pthread_mutex_lock(&lock);
  *in_use = bytes_in_use;
  *held = bytes_held;
  *system_calls = calls;
  *allocations = handed_out;
  pthread_mutex_unlock(&lock);
}

void sk_memory_trim(void) {
  pthread_mutex_lock(&lock);
  release_free_blocks();
  pthread_mutex_unlock(&lock);
}

void sk_memory_record(bool on) {
  pthread_mutex_lock(&lock);
  if (on) record.count = record.requests = 0;
  record.number = on ? ++recordings : 0;
  pthread_mutex_unlock(&lock);
}

const int64_t *sk_memory_events(int64_t *count) {
  *count = record.count;
  return record.events;
}

static _Thread_local int64_t operations;
void sk_count_operations(int64_t more) { operations += more; }
int64_t sk_operations(void) { return operations; }

void *sk_scratch(size_t bytes) {
  void *block = sk_allocate(bytes);
  if (!block) sk_end_without_memory(bytes);
  return block;
}

void sk_end_without_memory(size_t bytes) {
  char line[160];
  int length = bytes ? snprintf(line, sizeof line, "masksub: error: out of memory (%zu MiB could not be had)", (bytes >> 20) + 1)
                     : snprintf(line, sizeof line, "masksub: error: out of memory");
  length += snprintf(line + length, sizeof line - (size_t)length, ": lower the batch size, or close other programs\n");
  if (write(STDERR_FILENO, line, (size_t)length) < 0) _exit(1);
  // Nothing half-written is left: files are renamed into place when whole.
  _exit(1);
}
