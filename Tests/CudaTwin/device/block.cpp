#include "block.hpp"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <numeric>
#include <vector>

#include "fibers.hpp"
#include "memory.hpp"

namespace emulator {
Thread *current;
Block block;
unsigned order = [] {
  const char *text = getenv("MASKSUB_TWIN_ORDER");
  return text ? (unsigned)strtoul(text, nullptr, 10) : 0;
}();
long long threadsRun;

namespace {
constexpr unsigned mostThreads = 1024, lanes = 32, all = 0xffffffffu;

Thread threads[mostThreads];
Warp warps[mostThreads / lanes];
unsigned threadCount, warpCount;
unsigned living;                       // threads that have not returned
unsigned atBarrier, votes, lastVotes;  // threads at the barrier, those that voted, those of the last one
int barrierLine;
uint64_t blockCount, blocksBegun, blockStep, blockStart;
uint64_t random_;
void (*body)(const void *);
const void *argument;

Fiber host;                     // whoever asked for the grid
std::vector<Fiber *> idle;      // fibers without a thread
SharedMemory sharedMemory;

uint32_t nextRandom() {
  random_ = random_ * 6364136223846793005ull + 1442695040888963407ull;
  return (uint32_t)(random_ >> 33);
}

/// One of the bits that are set, by the order.
unsigned choose(unsigned bits) {
  if (order == 0) return (unsigned)__builtin_ctz(bits);
  if (order == 1) return 31 - (unsigned)__builtin_clz(bits);
  const unsigned from = nextRandom() % 32, rotated = bits >> from | bits << (-from & 31);
  return ((unsigned)__builtin_ctz(rotated) + from) % 32;
}

[[noreturn]] void failStuck() {
  unsigned barriers = 0, collectives = 0;
  for (unsigned t = 0; t < threadCount; ++t)
    if (!threads[t].isDone) ++(threads[t].isAtBarrier ? barriers : collectives);
  current = nullptr;
  fail("stuck: %u threads are at a barrier, %u at a collective of their warps, %u have returned", barriers, collectives,
       threadCount - living);
}

/// The thread that runs next: one of `warp` as long as that can go on, so that warps get far apart; in a random order
/// the warp is left at times.
Thread *pick(Warp *warp = nullptr) {
  if (!warp || !warp->ready || (order > 1 && nextRandom() % 16 == 0)) {
    unsigned able = 0;
    for (unsigned w = 0; w < warpCount; ++w) able |= (unsigned)(warps[w].ready != 0) << w;
    if (!able) failStuck();
    warp = &warps[choose(able)];
  }
  const unsigned lane = choose(warp->ready);
  warp->ready &= ~(1u << lane);
  return &threads[(unsigned)(warp - warps) * lanes + lane];
}

/// The next block of the grid, with its threads at the start; false behind the last one.
bool beginBlock() {
  if (blocksBegun == blockCount) return false;
  const uint64_t number = (blockStart + blocksBegun++ * blockStep) % blockCount;
  block.index = {(unsigned)(number % block.grid.x), (unsigned)(number / block.grid.x % block.grid.y),
                 (unsigned)(number / block.grid.x / block.grid.y)};
  for (unsigned t = 0; t < threadCount; ++t) {
    threads[t].fiber = nullptr;
    threads[t].isDone = false;
  }
  for (unsigned w = 0; w < warpCount; ++w) {
    warps[w].ready = warps[w].living = all;
    warps[w].arrived = 0;
  }
  living = threadCount;
  if (block.sharedBytes) memset(block.shared, 0xff, block.sharedBytes);
  threadsRun += threadCount;
  return true;
}

/// The current thread has returned. What others wait for can come no more.
void finish() {
  Thread &thread = *current;
  Warp &warp = *thread.warp;
  thread.copies.finish();
  thread.isDone = true;
  warp.living &= ~(1u << thread.lane);
  --living;
  if (warp.arrived)
    fail("a return while lanes %08x of the warp wait at %s (line %d)", warp.arrived, warp.name, warp.line);
  if (atBarrier) fail("a return while %u threads of the block wait at the barrier of line %d", atBarrier, barrierLine);
}

/// What every fiber does: runs threads that have not begun, one after the other; when there is something else to go on
/// with, it waits for the next one that has not begun.
void runThreads() {
  for (;;) {
    body(argument);
    finish();
    Fiber *const mine = current->fiber;
    Thread *next = nullptr;
    if (living) next = pick(current->warp);
    else if (beginBlock()) next = pick();
    current = next;
    if (next && !next->fiber) {
      next->fiber = mine;
      continue;
    }
    idle.push_back(mine);
    change(*mine, next ? *next->fiber : host);
  }
}

Fiber *idleFiber() {
  if (idle.empty()) return makeFiber(&runThreads);
  Fiber *fiber = idle.back();
  idle.pop_back();
  return fiber;
}

/// Lets `next` run, and whoever follows, until the current thread is picked again.
void suspend(Thread *next) {
  Thread *const mine = current;
  if (next == mine) return;
  if (!next->fiber) next->fiber = idleFiber();
  current = next;
  change(*mine->fiber, *next->fiber);
}
}  // namespace

void meet(const char *name, int line, void (*last)(Fragments &)) {
  Warp &warp = *current->warp;
  if (warp.living != all) fail("%s (line %d): lanes %08x of the warp have returned", name, line, ~warp.living);
  if (!warp.arrived) {
    warp.name = name;
    warp.line = line;
  } else if (warp.line != line || (warp.name != name && strcmp(warp.name, name))) {
    fail("lanes of a warp are at %s (line %d) and at %s (line %d)", warp.name, warp.line, name, line);
  }
  warp.arrived |= 1u << current->lane;
  if (warp.arrived == all) {
    if (last) last(warp.fragments[warp.phase]);
    warp.arrived = 0;
    warp.phase ^= 1;
    warp.ready = all;
  }
  suspend(pick(&warp));
}

unsigned barrier(int line, bool vote) {
  const unsigned gone = threadCount - living;
  if (gone) fail("barrier (line %d): %u threads of the block have returned", line, gone);
  if (!atBarrier) barrierLine = line;
  else if (barrierLine != line) fail("threads of a block are at the barriers of lines %d and %d", barrierLine, line);
  votes += vote;
  current->isAtBarrier = true;
  const bool isLast = ++atBarrier == threadCount;
  if (isLast) {
    lastVotes = votes;
    atBarrier = votes = 0;
    for (unsigned w = 0; w < warpCount; ++w) warps[w].ready = all;
  }
  suspend(pick(isLast ? nullptr : current->warp));
  current->isAtBarrier = false;
  return lastVotes;
}

static const char *kernelName;
static thread_local bool isRunning;
const char *runningKernel() { return isRunning ? kernelName : nullptr; }

void launch(const char *name, dim3 grid, dim3 size, size_t sharedBytes, void (*run)(const void *), const void *with) {
  kernelName = name;
  body = run;
  argument = with;
  threadCount = size.x * size.y * size.z;
  warpCount = threadCount / lanes;
  block.size = size;
  block.grid = grid;
  block.sharedBytes = sharedBytes;
  block.shared = sharedMemory.place(sharedBytes);
  for (unsigned t = 0; t < threadCount; ++t) {
    threads[t].index = {t % size.x, t / size.x % size.y, t / size.x / size.y};
    threads[t].lane = t % lanes;
    threads[t].warp = &warps[t / lanes];
  }
  blockCount = (uint64_t)grid.x * grid.y * grid.z;
  blocksBegun = 0;
  random_ = order;
  blockStart = order == 0 ? 0 : order == 1 ? blockCount - 1 : nextRandom() % blockCount;
  blockStep = order == 0 ? 1 : order == 1 ? blockCount - 1 : nextRandom() % blockCount;
  while (std::gcd(blockStep, blockCount) != 1) ++blockStep;
  atBarrier = votes = 0;
  beginBlock();
  current = pick();
  current->fiber = idleFiber();
  isRunning = true;
  change(host, *current->fiber);
  sharedMemory.check(sharedBytes);
  isRunning = false;
}
}  // namespace emulator
