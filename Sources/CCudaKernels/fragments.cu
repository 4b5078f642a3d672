// A probe of what lies where in the matrix units' operands: a wrong guess there is wrong everywhere.

namespace tiles {
/// The 16×16 numbers of two neighbouring results.
DEVICE void writeResults(float *output, const float (&first)[4], const float (&second)[4]) {
  const int lane = threadIdx.x % 32;
#pragma unroll
  for (int i = 0; i < 4; ++i) {
    float *place = output + ((lane >> 2) + (i >> 1) * 8) * 16 + (lane & 3) * 2 + (i & 1);
    place[0] = first[i];
    place[8] = second[i];
  }
}
/// A left operand.
DEVICE void writeLeft(float *output, const u32 (&a)[4]) {
  const float first[4] = {low(a[0]), high(a[0]), low(a[1]), high(a[1])};
  const float second[4] = {low(a[2]), high(a[2]), low(a[3]), high(a[3])};
  writeResults(output, first, second);
}
/// a·b of 16×16 matrices.
DEVICE void writeProduct(float *output, const u32 (&a)[4], const u32 (&b)[4]) {
  float first[4] = {}, second[4] = {};
  mma16816(first, a, b[0], b[1]);
  mma16816(second, a, b[2], b[3]);
  writeResults(output, first, second);
}

DEVICE void probe(const ms_fragment_probe &a) {
  SHARED(raw);
  const int lane = threadIdx.x;
  bf16 *x = (bf16 *)raw, *y = x + 16 * stride<16>, *half = y + 16 * stride<16>;
  const Loader<16, false> loader;
  const ms_attention_tiles none = {};
  loader.load(none, x, 16, (const bf16 *)a.x, 16, 0, 16, nullptr);
  loader.load(none, y, 16, (const bf16 *)a.y, 16, 0, 16, nullptr);
  loader.load(none, half, 16, (const bf16 *)a.x, 16, 0, 8, nullptr);
  commitAsync();
  waitAsync<0>();
  __syncwarp();
  u32 xs[4], ys[4], operand[4];
  loadMatrix4(xs, left<16>(x, lane));
  writeLeft(a.output, xs);
  loadMatrix4Transposed(operand, x + ((lane & 7) + (lane >> 4) * 8) * stride<16> + (lane >> 3 & 1) * 8);
  writeLeft(a.output + 256, operand);
  loadMatrix4Transposed(ys, right<16>(y, lane));
  writeProduct(a.output + 2 * 256, xs, ys);
  writeProduct(a.output + 3 * 256, operand, ys);
  loadMatrix4(operand, rightTransposed<16>(y, lane));
  writeProduct(a.output + 4 * 256, xs, operand);
  float product[2][4] = {};
  mma16816(product[0], xs, ys[0], ys[1]);
  mma16816(product[1], xs, ys[2], ys[3]);
  packLeft(operand, product[0], product[1]);
  writeProduct(a.output + 5 * 256, operand, ys);
  loadMatrix4(operand, left<16>(half, lane));
  writeLeft(a.output + 6 * 256, operand);
  // Results of four neighbours' words in shared memory, as rows of bf16.
  storeRows<16>(y, product, 1, 2, [&](int row) { return (bf16 *)(a.output + 7 * 256) + row * 16; });
}
}  // namespace tiles

KERNEL(32, fragment_probe, ms_fragment_probe) { tiles::probe(a); }
