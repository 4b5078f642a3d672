// Recorded work.
#include "CudaTwin.h"
#include "streams.hpp"

using namespace driver;

namespace {
/// Calls of this thread that are still to find no memory.
thread_local int deniedInstantiations, deniedLaunches;
}  // namespace

API void twin_deny_graphs(int instantiations, int launches) {
  deniedInstantiations = instantiations;
  deniedLaunches = launches;
}

API CUresult cuStreamBeginCapture_v2(void *handle, int mode) {
  const Call call;
  if (call.status) return call.status;
  Stream *const recorded = stream(handle);
  if (!handle || !recorded) return refuse(invalidHandle, "%p is no stream that can be recorded", handle);
  if (recorded->capture) return refuse(captureUnsupported, "the stream is being recorded already");
  recorded->capture = std::make_unique<Graph>();
  recorded->captureMode = mode;
  recorded->captureThread = std::this_thread::get_id();
  return success;
}
API CUresult cuStreamEndCapture(void *handle, void **graph) {
  const Call call;
  if (call.status) return call.status;
  Stream *const recorded = stream(handle);
  if (!recorded || !recorded->capture) return refuse(captureUnmatched, "the stream is not being recorded");
  *graph = recorded->capture.release();
  return success;
}
API CUresult cuGraphInstantiateWithFlags(void **executable, void *graph, unsigned long long) {
  const Call call;
  if (call.status) return call.status;
  if (const CUresult status = denied(deniedInstantiations, "a graph")) return status;
  *executable = new Graph(*static_cast<Graph *>(graph));
  return success;
}
API CUresult cuGraphDestroy(void *graph) {
  const Call call;
  delete static_cast<Graph *>(graph);
  return success;
}
API CUresult cuGraphExecDestroy(void *executable) {
  const Call call;
  delete static_cast<Graph *>(executable);
  return success;
}
API CUresult cuGraphLaunch(void *executable, void *on) {
  const Call call;
  if (call.status) return call.status;
  if (const CUresult status = denied(deniedLaunches, "a graph")) return status;
  ++counters.graphs;
  for (const Work &work : static_cast<Graph *>(executable)->work)
    if (const CUresult status = submit(on, work)) return status;
  return success;
}
