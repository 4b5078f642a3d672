// Products of matrices in memory of either type.
#pragma once
#include <stdint.h>

namespace products {
#pragma GCC visibility push(hidden)
/// f32 or bf16, as the library numbers them; and f32 that is read as tf32.
enum class Type : int { f32 = 0, bf16 = 14, tf32 = 1000 };
inline uint64_t size(Type type) { return type == Type::bf16 ? 2 : 4; }

/// Elements of a column-major matrix: (i, j) at i · row + j · column.
struct Elements {
  const void *start;
  Type type;
  int64_t row, column;
};

/// d = alpha · a·b + beta · c (+ bias along i), a [m, k], b [k, n]; sums in f32. `c`, which may be d, is read where beta
/// is not 0.
void multiply(int64_t m, int64_t n, int64_t k, float alpha, Elements a, Elements b, float beta, Elements c,
              const Elements *bias, void *d, int64_t column, Type type);
#pragma GCC visibility pop
}  // namespace products
