// Streams and what is enqueued on them. Work is done as late as the rules allow: when somebody waits for it.
#pragma once
#include <deque>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "call.hpp"

namespace driver {
#pragma GCC visibility push(hidden)
using Work = std::function<void()>;

struct Graph {
  std::vector<Work> work;
};

struct Stream {
  std::deque<Work> queue;
  /// What is recorded instead of enqueued.
  std::unique_ptr<Graph> capture;
  /// Who may meanwhile do what cannot be recorded: 0 nobody, 1 other threads, 2 everybody.
  int captureMode = 0;
  std::thread::id captureThread;
  /// Whether a kernel was ever enqueued.
  bool computes = false;
};

/// When work is done: when somebody waits for it, when it is enqueued, or that on streams without kernels alone.
enum : int { late = 0, eager = 1, eagerCopies = 2 };
extern int eagerness;

/// A stream by its handle, null meaning the default one; null where it is none.
Stream *stream(void *handle);
/// Enqueues or records.
CUresult submit(void *stream, Work work);
/// Does all the work of a stream, of all streams.
void drain(Stream &stream);
void drainAll();
/// Not 0 where a recording forbids the calling thread what cannot be recorded.
CUresult forbidden(const char *what);
#pragma GCC visibility pop
}  // namespace driver
