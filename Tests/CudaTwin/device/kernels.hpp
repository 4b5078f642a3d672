// Every kernel of the library by its name.
#pragma once
#include <stddef.h>

#include <vector>

namespace emulator {
#pragma GCC visibility push(hidden)
struct Kernel {
  const char *name;
  /// The file that it stands in.
  const char *file;
  /// At most so many threads a block.
  unsigned threads;
  size_t argumentBytes;
  void (*call)(const void *arguments);
  /// Which words of its arguments are pointers.
  std::vector<bool> pointers;

  /// What it may ask for, and how often it was enqueued.
  int sharedBytes = 48 << 10;
  long long launches = 0;

  /// Makes the kernel known.
  Kernel(const char *name, const char *file, unsigned threads, size_t argumentBytes, void (*call)(const void *),
         std::vector<bool> pointers);
  Kernel(const Kernel &) = delete;

  /// Whether it stands in `unit`.cu.
  bool isOf(const char *unit) const;
  static Kernel *find(const char *name);
};
#pragma GCC visibility pop
}  // namespace emulator
