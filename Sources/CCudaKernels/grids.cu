// Grids of pixels [n, h, w, c]: pooling, merging, and what is done to images.

// ---- pooling --------------------------------------------------------------------------------------------------------

/// The pixel of a thread (blocks in x), and its place along the channels (blocks in y), in units of what it moves.
DEVICE int ownPixel(int threadsAcross) {
  return (int)blockIdx.x * (256 >> threadsAcross) + (int)(threadIdx.x >> threadsAcross);
}
DEVICE int ownUnit(int threadsAcross) {
  return (int)(blockIdx.y << threadsAcross) + (int)(threadIdx.x & ((1u << threadsAcross) - 1));
}

/// As many bytes as a run has elements.
DEVICE void storeFlags(u8 *to, const u32 (&x)[1]) { *to = (u8)x[0]; }
DEVICE void storeFlags(u8 *to, const u32 (&x)[4]) { *(u32 *)to = x[0] | x[1] << 8 | x[2] << 16 | x[3] << 24; }
DEVICE void storeFlags(u8 *to, const u32 (&x)[8]) {
  *(uint2 *)to = make_uint2(x[0] | x[1] << 8 | x[2] << 16 | x[3] << 24, x[4] | x[5] << 8 | x[6] << 16 | x[7] << 24);
}
DEVICE void loadFlags(const u8 *from, u32 (&x)[1]) { x[0] = *from; }
DEVICE void loadFlags(const u8 *from, u32 (&x)[4]) {
  const u32 all = *(const u32 *)from;
#pragma unroll
  for (int i = 0; i < 4; ++i) x[i] = all >> (8 * i) & 255;
}
DEVICE void loadFlags(const u8 *from, u32 (&x)[8]) {
  const uint2 all = *(const uint2 *)from;
#pragma unroll
  for (int i = 0; i < 8; ++i) x[i] = (i < 4 ? all.x : all.y) >> (8 * (i % 4)) & 255;
}

template <class T, int count> DEVICE void maxPool(const ms_pool &a) {
  const int pixel = ownPixel(a.threads_across), channel = ownUnit(a.threads_across) * count;
  if (pixel >= a.n * a.down * a.across || channel >= a.c) return;
  const int line = pixel / a.across, image = line / a.down;
  const int top = (line - image * a.down) * a.stride - a.padding;
  const int left = (pixel - line * a.across) * a.stride - a.padding;
  float best[count];
  u32 taken[count];
  bool isFirst = true;
  for (int down = max(0, -top); down < min(a.kernel, a.h - top); ++down) {
    for (int across = max(0, -left); across < min(a.kernel, a.w - left); ++across) {
      float x[count];
      unpack(loadRun<T, count>(a.from, ((i64)(image * a.h + top + down) * a.w + left + across) * a.c + channel), x);
#pragma unroll
      for (int i = 0; i < count; ++i) {
        // Of equals the first; not a number wins.
        const bool isMore = isFirst || x[i] > best[i] || x[i] != x[i];
        best[i] = isMore ? x[i] : best[i];
        taken[i] = isMore ? down * a.kernel + across : taken[i];
      }
      isFirst = false;
    }
  }
  const i64 to = (i64)pixel * a.c + channel;
  storeRun((T *)a.to + to, best);
  storeFlags(a.which + to, taken);
}
KERNEL(256, max_pool_f32, ms_pool) { maxPool<float, 1>(a); }
KERNEL(256, max_pool_bf16, ms_pool) { maxPool<bf16, 1>(a); }
KERNEL(256, max_pool_wide_f32, ms_pool) { maxPool<float, 4>(a); }
KERNEL(256, max_pool_wide_bf16, ms_pool) { maxPool<bf16, 8>(a); }

/// Every pixel collects from the windows that chose it.
template <class T, int count> DEVICE void maxPoolBackward(const ms_pool &a) {
  const int pixel = ownPixel(a.threads_across), channel = ownUnit(a.threads_across) * count;
  if (pixel >= a.n * a.h * a.w || channel >= a.c) return;
  const int line = pixel / a.w, image = line / a.h;
  // Windows i with i · stride - padding <= row < i · stride - padding + kernel.
  const int down = line - image * a.h + a.padding, across = pixel - line * a.w + a.padding;
  const int top = max(0, (down - a.kernel + a.stride) / a.stride);
  const int left = max(0, (across - a.kernel + a.stride) / a.stride);
  float sum[count] = {};
  for (int i = top; i < a.down && i * a.stride <= down; ++i) {
    for (int j = left; j < a.across && j * a.stride <= across; ++j) {
      const i64 from = ((i64)(image * a.down + i) * a.across + j) * a.c + channel;
      const u32 tap = (down - i * a.stride) * a.kernel + across - j * a.stride;
      float gradient[count];
      u32 which[count];
      unpack(loadRun<T, count>(a.from, from), gradient);
      loadFlags(a.which + from, which);
#pragma unroll
      for (int k = 0; k < count; ++k) sum[k] += which[k] == tap ? gradient[k] : 0;
    }
  }
  storeRun((T *)a.to + (i64)pixel * a.c + channel, sum);
}
KERNEL(256, max_pool_backward_f32, ms_pool) { maxPoolBackward<float, 1>(a); }
KERNEL(256, max_pool_backward_bf16, ms_pool) { maxPoolBackward<bf16, 1>(a); }
KERNEL(256, max_pool_backward_wide_f32, ms_pool) { maxPoolBackward<float, 4>(a); }
KERNEL(256, max_pool_backward_wide_bf16, ms_pool) { maxPoolBackward<bf16, 8>(a); }

// ---- merging: copies of 16, 4 or 2 bytes a thread -------------------------------------------------------------------

template <class Unit> DEVICE void mergePixels(const ms_merge &a) {
  const int place = ownPixel(a.threads_across), unit = ownUnit(a.threads_across), taps = a.side * a.side;
  if (place >= a.n * a.down * a.across * taps || unit >= a.c) return;
  const int cell = place / taps, tap = place - cell * taps, line = cell / a.across, image = line / a.down;
  const int i = (line - image * a.down) * a.stride + tap % a.side;
  const int j = (cell - line * a.across) * a.stride + tap / a.side;
  Unit x = {};
  if (i < a.h && j < a.w) x = ((const Unit *)a.from)[((i64)(image * a.h + i) * a.w + j) * a.c + unit];
  ((Unit *)a.to)[(i64)place * a.c + unit] = x;
}
KERNEL(256, merge_pixels_16, ms_merge) { mergePixels<uint4>(a); }
KERNEL(256, merge_pixels_4, ms_merge) { mergePixels<u32>(a); }
KERNEL(256, merge_pixels_2, ms_merge) { mergePixels<u16>(a); }

template <class Unit> DEVICE void mergePixelsBackward(const ms_merge &a) {
  const int pixel = ownPixel(a.threads_across), unit = ownUnit(a.threads_across);
  if (pixel >= a.n * a.h * a.w || unit >= a.c) return;
  const int line = pixel / a.w, image = line / a.h, i = line - image * a.h, j = pixel - line * a.w;
  const int down = i % a.stride, across = j % a.stride;
  const i64 cell = (i64)(image * a.down + i / a.stride) * a.across + j / a.stride;
  Unit x = {};
  if (down < a.side && across < a.side)
    x = ((const Unit *)a.from)[((cell * a.side + across) * a.side + down) * a.c + unit];
  ((Unit *)a.to)[(i64)pixel * a.c + unit] = x;
}
KERNEL(256, merge_pixels_backward_16, ms_merge) { mergePixelsBackward<uint4>(a); }
KERNEL(256, merge_pixels_backward_4, ms_merge) { mergePixelsBackward<u32>(a); }
KERNEL(256, merge_pixels_backward_2, ms_merge) { mergePixelsBackward<u16>(a); }

// ---- images ---------------------------------------------------------------------------------------------------------

/// `count` neighbouring pixels of a row, before mixing; four begin at a multiple of four bytes.
template <int count>
DEVICE void readPixels(const ms_pixels &a, const float *table, int picture, int row, int column, float (&x)[3][count]) {
  const u8 *from = a.bytes + (((i64)picture * a.h + row) * a.w + column) * 3;
  u32 rgb[3 * count];
  if constexpr (count == 4) {
    const u32 *words = (const u32 *)from;
    const u32 word[3] = {words[0], words[1], words[2]};
#pragma unroll
    for (int i = 0; i < 12; ++i) rgb[i] = word[i / 4] >> 8 * (i % 4) & 255;
  } else {
#pragma unroll
    for (int i = 0; i < 3 * count; ++i) rgb[i] = from[i];
  }
#pragma unroll
  for (int c = 0; c < 3; ++c)
#pragma unroll
    for (int k = 0; k < count; ++k) x[c][k] = table[256 * c + rgb[3 * k + c]];
  if (!a.erased) return;
  const int *area = a.erased + 5 * (i64)picture;
  const int line = row - area[0], left = column - area[1], height = area[2], width = area[3];
  if (line < 0 || line >= height || left <= -count || left >= width) return;
  const float *noise = a.noise + area[4] + (i64)line * width;
#pragma unroll
  for (int c = 0; c < 3; ++c)
#pragma unroll
    for (int k = 0; k < count; ++k)
      if (left + k >= 0 && left + k < width) x[c][k] = noise[(i64)c * height * width + left + k];
}

/// A thread takes `count` neighbouring pixels of a row at a time.
template <int count> DEVICE void normalizePixels(const ms_pixels &a, float *table) {
  for (int i = threadIdx.x; i < 768; i += 256) table[i] = a.table[i];
  __syncthreads();
  const int across = a.w / count;
  const i64 plane = (i64)a.h * a.w, runs = (i64)a.n * a.h * across;
  for (i64 run = (i64)blockIdx.x * 256 + threadIdx.x; run < runs; run += (i64)gridDim.x * 256) {
    const i64 line = run / across;
    const int picture = (int)(line / a.h), row = (int)(line - (i64)picture * a.h);
    const int column = (int)(run - line * across) * count;
    float x[3][count];
    readPixels(a, table, picture, row, column, x);
    const bool isCut = a.mixing == MS_CUT && row >= a.top && row < a.top + a.height && column + count > a.left &&
                       column < a.left + a.width;
    if (isCut || a.mixing == MS_BLENDED) {
      float partner[3][count];
      readPixels(a, table, a.n - 1 - picture, row, column, partner);
#pragma unroll
      for (int c = 0; c < 3; ++c)
#pragma unroll
        for (int k = 0; k < count; ++k) {
          const bool isIn = column + k >= a.left && column + k < a.left + a.width;
          // Both products are rounded, as on the host.
          if (!isCut) x[c][k] = __fadd_rn(__fmul_rn(x[c][k], a.own), __fmul_rn(partner[c][k], a.other));
          else if (isIn) x[c][k] = partner[c][k];
        }
    }
    float *y = a.y + (i64)picture * 3 * plane + (i64)row * a.w + column;
#pragma unroll
    for (int c = 0; c < 3; ++c) storeRun(y + c * plane, x[c]);
  }
}
KERNEL(256, normalize_pixels, ms_pixels) {
  SHARED(raw);
  normalizePixels<1>(a, (float *)raw);
}
KERNEL(256, normalize_pixels_wide, ms_pixels) {
  SHARED(raw);
  normalizePixels<4>(a, (float *)raw);
}

template <class T> DEVICE void channelsLast(const ms_channels_last &a) {
  const i64 pixel = (i64)blockIdx.x * 256 + threadIdx.x;
  if (pixel >= (i64)a.n * a.pixels) return;
  const i64 image = pixel / a.pixels;
  const float *from = a.images + image * a.c * a.pixels + (pixel - image * a.pixels);
  for (int c = 0; c < a.c; ++c) store((T *)a.y + pixel * a.c + c, from[(i64)c * a.pixels]);
}
KERNEL(256, channels_last_f32, ms_channels_last) { channelsLast<float>(a); }
KERNEL(256, channels_last_bf16, ms_channels_last) { channelsLast<bf16>(a); }

/// A block a cell.
KERNEL(256, clear_cells, ms_clear_cells) {
  const int across = a.w / a.size, grid = a.h / a.size * across;
  const int image = a.cells[blockIdx.x] / grid, cell = a.cells[blockIdx.x] % grid;
  const i64 firstLine = (i64)image * a.c * a.h + (i64)(cell / across) * a.size;
  float *corner = a.images + firstLine * a.w + cell % across * a.size;
  for (int i = threadIdx.x; i < a.c * a.size * a.size; i += 256) {
    const int line = i / a.size;
    corner[((i64)(line / a.size) * a.h + line % a.size) * a.w + i % a.size] = 0;
  }
}
