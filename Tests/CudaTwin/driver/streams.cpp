#include "streams.hpp"

#include <stdlib.h>

#include <chrono>
#include <set>

namespace driver {
static Stream defaultStream;
static std::set<Stream *> streams{&defaultStream};
int eagerness = [] {
  const char *text = getenv("MASKSUB_TWIN_EAGER");
  return text ? atoi(text) : late;
}();

Stream *stream(void *handle) {
  const auto stream = handle ? static_cast<Stream *>(handle) : &defaultStream;
  return streams.count(stream) ? stream : nullptr;
}

/// The first piece of work; false where there is none.
static bool step(Stream &stream) {
  if (stream.queue.empty()) return false;
  const Work work = std::move(stream.queue.front());
  stream.queue.pop_front();
  work();
  return true;
}
void drain(Stream &stream) {
  while (step(stream)) {}
}
void drainAll() {
  for (Stream *stream : streams) drain(*stream);
}

CUresult submit(void *handle, Work work) {
  Stream *const target = stream(handle);
  if (!target) return refuse(invalidHandle, "%p is no stream", handle);
  if (target->capture) {
    target->capture->work.push_back(std::move(work));
    return success;
  }
  target->queue.push_back(std::move(work));
  if (eagerness == eager || (eagerness == eagerCopies && !target->computes)) drain(*target);
  return success;
}

CUresult forbidden(const char *what) {
  for (Stream *stream : streams) {
    if (!stream->capture || stream->captureMode == 2) continue;
    if (stream->captureMode == 1 && stream->captureThread != std::this_thread::get_id()) continue;
    return refuse(captureUnsupported, "%s while a stream is recorded", what);
  }
  return success;
}

namespace {
/// A place in a stream's work.
struct Mark {
  Stream *stream;
  bool isReached = false;
  /// Whether it lies in what is recorded, and not among what is done.
  bool isRecorded = false;
  std::chrono::steady_clock::time_point time;
};
struct Event {
  bool isTimed;
  std::shared_ptr<Mark> mark;  // null: never recorded
};

void reach(const Mark &mark) {
  while (!mark.isReached && step(*mark.stream)) {}
}
}  // namespace
}  // namespace driver

using namespace driver;

API CUresult cuStreamCreate(void **handle, unsigned flags) {
  const Call call;
  if (call.status) return call.status;
  if (flags > 1) return refuse(invalidValue, "flags %u of a stream", flags);
  const auto made = new Stream;
  streams.insert(made);
  *handle = made;
  return success;
}
API CUresult cuStreamDestroy_v2(void *handle) {
  const Call call;
  if (call.status) return call.status;
  Stream *const ended = stream(handle);
  if (!handle || !ended) return refuse(invalidHandle, "%p is no stream", handle);
  drain(*ended);
  streams.erase(ended);
  delete ended;
  return success;
}
API CUresult cuStreamSynchronize(void *handle) {
  const Call call;
  if (call.status) return call.status;
  Stream *const awaited = stream(handle);
  if (!awaited) return refuse(invalidHandle, "%p is no stream", handle);
  if (awaited->capture) return refuse(captureUnsupported, "a stream that is recorded cannot be waited for");
  if (const CUresult status = forbidden("cuStreamSynchronize")) return status;
  ++counters.waits;
  drain(*awaited);
  return success;
}
/// Every question brings the stream one step further, so that asking again and again ends.
API CUresult cuStreamQuery(void *handle) {
  const Call call;
  if (call.status) return call.status;
  Stream *const asked = stream(handle);
  if (!asked) return refuse(invalidHandle, "%p is no stream", handle);
  return step(*asked) ? notReady : success;
}
API CUresult cuCtxSynchronize() {
  const Call call;
  if (call.status) return call.status;
  if (const CUresult status = forbidden("cuCtxSynchronize")) return status;
  ++counters.waits;
  drainAll();
  return success;
}

API CUresult cuEventCreate(void **handle, unsigned flags) {
  const Call call;
  if (call.status) return call.status;
  if (flags & ~3u) return refuse(invalidValue, "flags %u of an event", flags);
  *handle = new Event{!(flags & 2), nullptr};
  return success;
}
API CUresult cuEventDestroy_v2(void *handle) {
  const Call call;
  if (call.status) return call.status;
  delete static_cast<Event *>(handle);
  return success;
}
API CUresult cuEventRecord(void *handle, void *on) {
  const Call call;
  if (call.status) return call.status;
  Stream *const recorded = stream(on);
  if (!recorded) return refuse(invalidHandle, "%p is no stream", on);
  const auto mark = std::make_shared<Mark>(Mark{recorded, false, recorded->capture != nullptr, {}});
  static_cast<Event *>(handle)->mark = mark;
  return submit(on, [mark] {
    mark->isReached = true;
    mark->time = std::chrono::steady_clock::now();
  });
}
/// See `cuStreamQuery`.
API CUresult cuEventQuery(void *handle) {
  const Call call;
  if (call.status) return call.status;
  const auto &mark = static_cast<Event *>(handle)->mark;
  if (mark && mark->isRecorded) return refuse(capturedEvent, "an event of a recording was asked for");
  if (!mark || mark->isReached) return success;
  step(*mark->stream);
  return notReady;
}
API CUresult cuEventSynchronize(void *handle) {
  const Call call;
  if (call.status) return call.status;
  if (const CUresult status = forbidden("cuEventSynchronize")) return status;
  ++counters.waits;
  const auto mark = static_cast<Event *>(handle)->mark;
  if (mark && mark->isRecorded) return refuse(capturedEvent, "an event of a recording was waited for");
  if (mark) reach(*mark);
  return success;
}
API CUresult cuEventElapsedTime(float *milliseconds, void *from, void *to) {
  const Call call;
  if (call.status) return call.status;
  const auto first = static_cast<Event *>(from), last = static_cast<Event *>(to);
  if (!first->isTimed || !last->isTimed) return refuse(invalidHandle, "an event that keeps no time");
  if (!first->mark || !last->mark) return refuse(invalidHandle, "an event that was never recorded");
  if (!first->mark->isReached || !last->mark->isReached) return notReady;
  *milliseconds = std::chrono::duration<float, std::milli>(last->mark->time - first->mark->time).count();
  return success;
}
API CUresult cuStreamWaitEvent(void *handle, void *event, unsigned) {
  const Call call;
  if (call.status) return call.status;
  const auto mark = static_cast<Event *>(event)->mark;
  if (!mark) return success;
  const Stream *const waiting = stream(handle);
  if (waiting && waiting->capture && !mark->isRecorded)
    return refuse(captureIsolation, "a stream that is recorded waits for an event outside");
  return submit(handle, [mark] { reach(*mark); });
}
