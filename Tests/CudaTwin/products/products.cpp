// cuBLASLt's products and the choice of their algorithms.
#include <string.h>

#include "../device/memory.hpp"
#include "../driver/streams.hpp"
#include "CudaTwin.h"
#include "descriptors.hpp"

using namespace products;

namespace {
/// One product's matrices.
struct Problem {
  const Descriptor &descriptor;
  const Layout &a, &b, &c, &d;

  uint64_t m() const { return d.rows; }
  uint64_t n() const { return d.columns; }
  uint64_t k() const { return descriptor.transposeA ? a.rows : a.columns; }

  /// Not 0 where the matrices do not fit each other.
  int fault() const {
    if (descriptor.isRounded && a.type != Type::f32) return unsupported;
    if (a.type != b.type || c.type != d.type || (a.type == Type::f32 && d.type == Type::bf16)) return unsupported;
    if ((descriptor.transposeA ? a.columns : a.rows) != m()) return invalid;
    if ((descriptor.transposeB ? b.rows : b.columns) != n()) return invalid;
    if ((descriptor.transposeB ? b.columns : b.rows) != k()) return invalid;
    if (c.rows != d.rows || c.columns != d.columns) return invalid;
    for (const Layout *layout : {&a, &b, &c})
      if (layout->count != d.count || layout->step < 0) return invalid;
    // Batches that are written must not overlap.
    if (d.count > 1 && (uint64_t)d.step < (d.columns - 1) * (uint64_t)d.stride + d.rows) return invalid;
    if (descriptor.epilogue == epilogueBias && biasType() != d.type) return unsupported;
    return succeeded;
  }
  Type biasType() const { return descriptor.biasType < 0 ? d.type : (Type)descriptor.biasType; }

  /// A number that follows from all that an algorithm is chosen by.
  uint64_t hash() const {
    uint64_t hash = 0xcbf29ce484222325;
    auto add = [&hash](uint64_t x) { hash = (hash ^ x) * 0x100000001b3; };
    for (const int x : {(int)descriptor.isRounded, descriptor.transposeA, descriptor.transposeB, descriptor.epilogue, descriptor.biasType})
      add((uint64_t)x);
    for (const Layout *x : {&a, &b, &c, &d})
      for (const uint64_t part : {(uint64_t)x->type, x->rows, x->columns, (uint64_t)x->stride, (uint64_t)x->count,
                                  (uint64_t)x->step})
        add(part);
    return hash;
  }
};

/// What the twin's algorithm writes over, so that a workspace that somebody else uses shows.
constexpr uint64_t usedWorkspace = 4096;
/// Calls of this thread that are still to find no algorithm.
thread_local int denied;
}  // namespace

API void twin_deny_algorithms(int calls) { denied = calls; }

API int cublasLtMatmulAlgoGetHeuristic(void *library, void *descriptor, void *a, void *b, void *c, void *d,
                                       void *preference, int wanted, void *results, int *found) {
  *found = 0;
  if (library != &handle || !descriptor || !a || !b || !c || !d || !preference || wanted < 1) return invalid;
  const Problem problem{*static_cast<Descriptor *>(descriptor), *static_cast<Layout *>(a), *static_cast<Layout *>(b),
                        *static_cast<Layout *>(c), *static_cast<Layout *>(d)};
  if (const int fault = problem.fault()) return fault;
  if (denied > 0) {
    denied--;
    return unsupported;
  }
  const Preference &asked = *static_cast<Preference *>(preference);
  Result result = {};
  result.workspace = asked.workspace < usedWorkspace ? 0 : usedWorkspace;
  result.algorithm = {algorithmMark, problem.hash(), result.workspace, {}, {}};
  memcpy(result.algorithm.alignments, asked.alignments, sizeof asked.alignments);
  result.waves = 1;
  memcpy(results, &result, sizeof result);
  *found = 1;
  return succeeded;
}

API int cublasLtMatmul(void *library, void *descriptor, const float *alpha, const void *a, void *layoutA, const void *b,
                       void *layoutB, const float *beta, const void *c, void *layoutC, void *d, void *layoutD,
                       const void *algorithm, void *workspace, size_t workspaceBytes, void *stream) {
  const driver::Call call;
  if (call.status) return notStarted;
  if (library != &handle || !alpha || !beta) return invalid;
  for (const void *made : {descriptor, layoutA, layoutB, layoutC, layoutD})
    if (!made) return invalid;
  const Problem problem{*static_cast<Descriptor *>(descriptor), *static_cast<Layout *>(layoutA),
                        *static_cast<Layout *>(layoutB), *static_cast<Layout *>(layoutC),
                        *static_cast<Layout *>(layoutD)};
  if (const int fault = problem.fault()) return fault;

  // Without an algorithm the library chooses one for what is common.
  Algorithm chosen = {algorithmMark, problem.hash(), 0, {16, 16, 16, 16}, {}};
  if (algorithm) memcpy(&chosen, algorithm, sizeof chosen);
  if (chosen.mark != algorithmMark || chosen.problem != problem.hash()) return unsupported;

  auto real = [](const void *address, uint64_t bytes, uint32_t alignment) -> unsigned char * {
    if ((uint64_t)(uintptr_t)address % alignment) return nullptr;
    return emulator::realAddress((uint64_t)(uintptr_t)address, bytes);
  };
  const void *const placeA = real(a, problem.a.bytes(), chosen.alignments[0]);
  const void *const placeB = real(b, problem.b.bytes(), chosen.alignments[1]);
  const void *const placeC = *beta == 0 ? nullptr : real(c, problem.c.bytes(), chosen.alignments[2]);
  unsigned char *const placeD = real(d, problem.d.bytes(), chosen.alignments[3]);
  if (!placeA || !placeB || !placeD || (*beta != 0 && !placeC)) return invalid;
  const void *placeBias = nullptr;
  if (problem.descriptor.epilogue == epilogueBias) {
    const void *const address = (const void *)(uintptr_t)problem.descriptor.bias;
    placeBias = real(address, problem.m() * size(problem.biasType()), 16);
    if (!placeBias) return invalid;
  }
  unsigned char *space = nullptr;
  if (chosen.workspace) {
    space = real(workspace, workspaceBytes, 16);
    if (!space || workspaceBytes < chosen.workspace) return invalid;
  }

  ++driver::counters.products;
  const Descriptor operation = problem.descriptor;
  const Layout A = problem.a, B = problem.b, C = problem.c, D = problem.d;
  const Type biasType = problem.biasType();
  const int64_t k = (int64_t)problem.k();
  const float factor = *alpha, kept = *beta;
  const uint64_t spaceBytes = chosen.workspace;
  const CUresult status = driver::submit(stream, [=] {
    if (space) memset(space, 0xff, spaceBytes);
    auto elements = [](const void *start, const Layout &layout, int batch, bool isTransposed, bool isRounded = false) {
      const int64_t row = isTransposed ? layout.stride : 1, column = isTransposed ? 1 : layout.stride;
      start = (const char *)start + (uint64_t)batch * (uint64_t)layout.step * size(layout.type);
      return Elements{start, isRounded ? Type::tf32 : layout.type, row, column};
    };
    const Elements bias{placeBias, biasType, 1, 0};
    for (int batch = 0; batch < D.count; ++batch)
      multiply((int64_t)D.rows, (int64_t)D.columns, k, factor,
               elements(placeA, A, batch, operation.transposeA, operation.isRounded),
               elements(placeB, B, batch, operation.transposeB, operation.isRounded), kept, elements(placeC, C, batch, false),
               placeBias ? &bias : nullptr, placeD + (uint64_t)batch * (uint64_t)D.step * size(D.type), D.stride,
               D.type);
  });
  return status ? invalid : succeeded;
}
