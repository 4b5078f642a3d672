#include "multiply.hpp"

#include <algorithm>
#include <vector>

#include "../language/arithmetic.hpp"

#if defined(__x86_64__) && defined(__linux__)
#define FOR_THE_PROCESSOR __attribute__((target_clones("arch=haswell", "default")))
#else
#define FOR_THE_PROCESSOR
#endif

namespace products {
namespace {
constexpr int64_t tileRows = 16, tileColumns = 6;
typedef float Lanes __attribute__((vector_size(32), aligned(4)));

float read(const Elements &x, int64_t i, int64_t j) {
  const int64_t place = i * x.row + j * x.column;
  if (x.type == Type::f32) return ((const float *)x.start)[place];
  if (x.type == Type::tf32) {
    // 10 bits of the mantissa: the nearest, of two the one away from zero.
    const unsigned bits = __float_as_uint(((const float *)x.start)[place]);
    return __uint_as_float((bits + 0x1000u) & 0xffffe000u);
  }
  return __uint_as_float((unsigned)((const uint16_t *)x.start)[place] << 16);
}

/// `rows` rows of x from `first` on, as k columns of `tile` numbers each, zeros where x ends.
void gather(const Elements &x, int64_t first, int64_t rows, int64_t tile, int64_t k, float *to) {
  for (int64_t p = 0; p < k; ++p)
    for (int64_t i = 0; i < tile; ++i) to[p * tile + i] = i < rows ? read(x, first + i, p) : 0;
}

/// sum[j][i] = Σ a[p][i] · b[p][j].
FOR_THE_PROCESSOR void multiplyTile(int64_t k, const float *a, const float *b, float *sum) {
  Lanes low[tileColumns] = {}, high[tileColumns] = {};
  for (int64_t p = 0; p < k; ++p) {
    const Lanes first = *(const Lanes *)(a + p * tileRows), second = *(const Lanes *)(a + p * tileRows + 8);
#pragma unroll
    for (int j = 0; j < tileColumns; ++j) {
      low[j] += first * b[p * tileColumns + j];
      high[j] += second * b[p * tileColumns + j];
    }
  }
  for (int j = 0; j < tileColumns; ++j) {
    *(Lanes *)(sum + j * tileRows) = low[j];
    *(Lanes *)(sum + j * tileRows + 8) = high[j];
  }
}
}  // namespace

void multiply(int64_t m, int64_t n, int64_t k, float alpha, Elements a, Elements b, float beta, Elements c,
              const Elements *bias, void *d, int64_t column, Type type) {
  static std::vector<float> rows, columns;  // of a, and of all of b
  const int64_t tiles = (n + tileColumns - 1) / tileColumns;
  rows.resize((size_t)(k * tileRows));
  columns.resize((size_t)(k * tiles * tileColumns));
  const Elements transposed{b.start, b.type, b.column, b.row};
  for (int64_t tile = 0; tile < tiles; ++tile)
    gather(transposed, tile * tileColumns, std::min(tileColumns, n - tile * tileColumns), tileColumns, k,
           columns.data() + tile * tileColumns * k);
  float sum[tileRows * tileColumns];
  for (int64_t i0 = 0; i0 < m; i0 += tileRows) {
    const int64_t height = std::min(tileRows, m - i0);
    gather(a, i0, height, tileRows, k, rows.data());
    for (int64_t tile = 0; tile < tiles; ++tile) {
      multiplyTile(k, rows.data(), columns.data() + tile * tileColumns * k, sum);
      for (int64_t j = tile * tileColumns; j < std::min(n, (tile + 1) * tileColumns); ++j)
        for (int64_t i = i0; i < i0 + height; ++i) {
          float value = alpha * sum[(j - tile * tileColumns) * tileRows + i - i0];
          if (beta != 0) value += beta * read(c, i, j);
          if (bias) value += read(*bias, i, 0);
          if (type == Type::f32) ((float *)d)[i + j * column] = value;
          else ((uint16_t *)d)[i + j * column] = (uint16_t)bf16Bits(value);
        }
    }
  }
}
}  // namespace products
