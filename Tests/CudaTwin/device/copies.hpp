// A thread's copies to shared memory that have not arrived.
#pragma once
#include <stddef.h>

#include <vector>

namespace emulator {
#pragma GCC visibility push(hidden)
class PendingCopies {
  struct Copy {
    void *shared;
    const void *global;
    int bytes;
  };
  std::vector<Copy> copies;
  std::vector<size_t> groups;  // the ends of what was committed

 public:
  void add(void *shared, const void *global, int bytes) { copies.push_back({shared, global, bytes}); }
  void commit() { groups.push_back(copies.size()); }
  /// Until at most so many groups are pending, oldest first.
  void wait(int pending);
  /// All of them, as at a thread's end, where nobody can see the bytes any more but bad addresses still trap.
  void finish() {
    if (!copies.empty()) arrive(copies.size());
    groups.clear();
  }

 private:
  void arrive(size_t count);
};

/// Begins the running thread's copy of `bytes` bytes (0 or 16), filled up to 16 with zeros.
void beginCopy(void *shared, const void *global, int bytes);
#pragma GCC visibility pop
}  // namespace emulator
