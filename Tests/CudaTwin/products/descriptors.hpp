// cuBLASLt's opaque things, as the twin makes them.
#pragma once
#include "../driver/call.hpp"
#include "multiply.hpp"

namespace products {
#pragma GCC visibility push(hidden)
enum : int { succeeded = 0, notStarted = 1, invalid = 7, unsupported = 15 };
enum : int { epilogueNone = 1, epilogueBias = 4 };

struct Descriptor {
  bool isRounded = false;
  int transposeA = 0, transposeB = 0;
  int epilogue = epilogueNone;
  uint64_t bias = 0;
  int biasType = -1;
};
struct Layout {
  Type type;
  uint64_t rows, columns;
  int64_t stride;
  int count = 1;
  int64_t step = 0;

  /// From the first element to behind the last one, in bytes.
  uint64_t bytes() const {
    return ((uint64_t)(count - 1) * (uint64_t)step + (columns - 1) * (uint64_t)stride + rows) * size(type);
  }
};
struct Preference {
  uint64_t workspace = 0;
  uint32_t alignments[4] = {256, 256, 256, 256};  // of a, b, c, d
};
/// What a heuristic finds, and what a product is asked with: it must be for this very product.
struct Algorithm {
  uint64_t mark, problem, workspace;
  uint32_t alignments[4];
  uint64_t rest[3];
};
static_assert(sizeof(Algorithm) == 64);
struct Result {
  Algorithm algorithm;
  size_t workspace;
  int status;
  float waves;
  int reserved[4];
};
static_assert(sizeof(Result) == 96);

extern int handle;
constexpr uint64_t algorithmMark = 0x6d6874697261676c;
#pragma GCC visibility pop
}  // namespace products
