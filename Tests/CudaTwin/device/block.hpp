// The block that runs: its threads, its warps, and the points where they wait for each other. One grid runs at a time,
// on whichever thread of the host asks for it (see `driver/call.hpp`), so plain globals hold it.
#pragma once
#include <stddef.h>

#include "../language/vectors.hpp"
#include "copies.hpp"

namespace emulator {
struct Fiber;
struct Warp;

struct Thread {
  uint3 index;
  unsigned lane;
  Warp *warp;
  Fiber *fiber;  // null: not begun
  bool isDone, isAtBarrier;
  PendingCopies copies;
};

/// What a lane leaves for the others of its warp.
struct alignas(16) Slot {
  unsigned char bytes[16];
};

/// What the lanes of a warp hand to the matrix units and get back.
struct Fragments {
  alignas(64) unsigned a[32][4];
  unsigned b[32][2];
  float d[32][4];
  const unsigned short *rows[32];
};

/// 32 threads. Slots and fragments are double: a lane may be at the next collective while others still read the last
/// one's.
struct Warp {
  unsigned ready;    // lanes that can go on
  unsigned arrived;  // lanes at the collective
  unsigned living;   // lanes that have not returned
  unsigned phase;
  const char *name;  // the collective that the first lane came to, and its line
  int line;
  Slot slots[2][32];
  Fragments fragments[2];
};

struct Block {
  uint3 index;
  dim3 size, grid;
  unsigned char *shared;
  size_t sharedBytes;
};

#pragma GCC visibility push(hidden)
extern Thread *current;
extern Block block;
/// See `twin_set_order`.
extern unsigned order;

/// Ends the process with what went wrong, and where.
[[noreturn]] void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/// Waits until all threads of the block came here; gives how many came with a `vote`.
unsigned barrier(int line, bool vote);
/// Waits until all lanes of the warp came here; whoever comes last does `last` before anybody goes on.
void meet(const char *name, int line, void (*last)(Fragments &) = nullptr);

void multiplyFragments(Fragments &);
void loadFragments(Fragments &);
void loadFragmentsTransposed(Fragments &);
/// The address of a tile's row, which must be 16 aligned bytes of shared memory.
const unsigned short *checkedRow(const void *row, const char *name);

/// Runs `body(argument)` in every thread of a grid. `name` is for messages.
void launch(const char *name, dim3 grid, dim3 block, size_t sharedBytes, void (*body)(const void *),
            const void *argument);
/// The name of the kernel that runs on the calling thread of the host; null where none does.
const char *runningKernel();
/// How many threads have run so far.
extern long long threadsRun;
#pragma GCC visibility pop
}  // namespace emulator
