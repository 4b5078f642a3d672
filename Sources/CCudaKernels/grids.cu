// Grids of pixels [n, h, w, c]: convolutions, batch-norm, pooling, merging, and what is done to images.

/// x / d for 0 <= x < 2³¹.
DEVICE int divide(int x, ms_divisor d) { return (int)((u32)((u64)((u32)x << 1) * d.multiplier >> 32) >> d.bits); }

// ---- convolutions: what is gathered ---------------------------------------------------------------------------------
// A convolution is a product of pixels by weights over taps and channels, whose left side is gathered from the source
// as it is needed. The way back to the data is the same product from dy. There the taps that meet a pixel depend on
// where it lies between the windows: only they are walked, and pixels that lie alike are gathered together, as a class.

/// One class of pixels of the result: what they read, and where they lie.
struct Gather {
  int down, across, pixels;             // the class's own grid, and all its pixels
  int tapsDown, tapsAcross;             // that meet the class
  int firstDown, firstAcross, tapStep;  // which of the kernel's they are
  int direction;                        // of the source pixel from one tap to the next
  // (i, j) reads source pixel (i · stride + row, j · stride + column) at its first tap.
  int stride, row, column;
  // (i, j) is pixel (originRow + i · pace, originColumn + j · pace) of the result.
  int originRow, originColumn, pace;
  int outDown, outAcross, outputs;
  int sourceDown, sourceAcross, channels;
};

DEVICE Gather gatherOf(const ms_convolve &a, int number) {
  const ms_window &s = a.window;
  Gather g;
  if (!a.is_backward) {
    g.down = s.down, g.across = s.across;
    g.tapsDown = g.tapsAcross = s.kernel;
    g.firstDown = g.firstAcross = 0, g.tapStep = 1, g.direction = 1;
    g.stride = s.stride, g.row = g.column = -s.padding;
    g.originRow = g.originColumn = 0, g.pace = 1;
    g.outDown = s.down, g.outAcross = s.across, g.outputs = s.o;
    g.sourceDown = s.h, g.sourceAcross = s.w, g.channels = s.c;
  } else {
    // Pixel r meets tap a where r + padding - a is a multiple of the stride, in the window of that number.
    const int k = s.stride, down = number / k, across = number % k;
    g.originRow = ((down - s.padding) % k + k) % k, g.originColumn = ((across - s.padding) % k + k) % k, g.pace = k;
    g.down = g.originRow < s.h ? (s.h - g.originRow + k - 1) / k : 0;
    g.across = g.originColumn < s.w ? (s.w - g.originColumn + k - 1) / k : 0;
    g.tapsDown = down < s.kernel ? (s.kernel - down + k - 1) / k : 0;
    g.tapsAcross = across < s.kernel ? (s.kernel - across + k - 1) / k : 0;
    g.firstDown = down, g.firstAcross = across, g.tapStep = k, g.direction = -1;
    g.stride = 1, g.row = (g.originRow + s.padding - down) / k, g.column = (g.originColumn + s.padding - across) / k;
    g.outDown = s.h, g.outAcross = s.w, g.outputs = s.c;
    g.sourceDown = s.down, g.sourceAcross = s.across, g.channels = s.o;
  }
  g.pixels = s.n * g.down * g.across;
  return g;
}

/// Where a pixel of the class reads at its first tap: perhaps beyond the border.
struct SourcePlace { int row, column, pixel; };
DEVICE SourcePlace sourcePlace(const Gather &g, int pixel) {
  // Far enough outside that no tap comes back.
  if (pixel >= g.pixels) return {-(1 << 30), 0, 0};
  const int line = pixel / g.across, image = line / g.down;
  const int row = (line - image * g.down) * g.stride + g.row, column = (pixel - line * g.across) * g.stride + g.column;
  return {row, column, (image * g.sourceDown + row) * g.sourceAcross + column};
}

DEVICE bool isInside(const Gather &g, int row, int column) {
  return (u32)row < (u32)g.sourceDown && (u32)column < (u32)g.sourceAcross;
}

/// The pixel of the result that a pixel of the class is.
DEVICE i64 outPixel(const Gather &g, int pixel) {
  if (g.pace == 1) return pixel;
  const int line = pixel / g.across, image = line / g.down, i = line - image * g.down, j = pixel - line * g.across;
  return ((i64)image * g.outDown + g.originRow + i * g.pace) * g.outAcross + g.originColumn + j * g.pace;
}

/// weight [o, c, taps] in the order in which taps and channels are walked. A thread takes all taps of a pair.
template <class T> DEVICE void orderWeight(const ms_order_weight &a) {
  const int pair = blockIdx.x * 256 + threadIdx.x;
  if (pair >= a.o * a.c) return;
  const int inner = a.is_backward ? a.o : a.c, row = pair / inner, column = pair % inner;
  const int o = a.is_backward ? column : row, c = a.is_backward ? row : column;
  const T *from = (const T *)a.weight + ((i64)o * a.c + c) * a.taps;
  T *to = (T *)a.ordered + (i64)row * a.taps * inner + column;
  for (int tap = 0; tap < a.taps; ++tap) to[(i64)tap * inner] = from[tap];
}
KERNEL(256, order_weight_f32, ms_order_weight) { orderWeight<float>(a); }
KERNEL(256, order_weight_bf16, ms_order_weight) { orderWeight<bf16>(a); }

// ---- convolutions on the matrix units -------------------------------------------------------------------------------
// Four warps, two by two, share a tile of m × n results. Both sides arrive in steps of 32 along the sum, by
// asynchronous copies of 8 channels, three steps ahead.

enum { convolve_depth = 32, convolve_stages = 4 };

/// Chunk (8 numbers) of a row of 32 bf16; swizzled, so that rows below each other lie in different banks.
DEVICE u8 *chunkOfRow(u8 *tile, int row, int chunk) { return tile + row * 64 + ((chunk ^ (row >> 1 & 3)) << 4); }

/// sum [16·m, 16·n] += left [16·m, 32] · right [16·n, 32]ᵀ, by a warp.
template <int m, int n> DEVICE void multiplyRows(float (&sum)[m][2 * n][4], u8 *left, u8 *right) {
  const int lane = threadIdx.x % 32;
#pragma unroll
  for (int half = 0; half < 2; ++half) {
    u32 columns[n][4];
#pragma unroll
    for (int j = 0; j < n; ++j)
      loadMatrix4(columns[j], chunkOfRow(right, j * 16 + lane / 16 * 8 + lane % 8, half * 2 + lane / 8 % 2));
#pragma unroll
    for (int i = 0; i < m; ++i) {
      u32 rows[4];
      loadMatrix4(rows, chunkOfRow(left, i * 16 + lane % 16, half * 2 + lane / 16));
#pragma unroll
      for (int j = 0; j < n; ++j) {
        mma16816(sum[i][2 * j], rows, columns[j][0], columns[j][1]);
        mma16816(sum[i][2 * j + 1], rows, columns[j][2], columns[j][3]);
      }
    }
  }
}

/// A tile of pixels × outputs of the result; channels a multiple of 8, source and weight aligned to 16 bytes and of fewer
/// than 2³¹ elements.
template <int m, int n> DEVICE void convolveTile(const ms_convolve &a) {
  SHARED(raw);
  constexpr int stageBytes = (m + n) * 64;
  const Gather g = gatherOf(a, blockIdx.z);
  const int across = (g.outputs + n - 1) / n;
  const int firstPixel = (int)(blockIdx.x / across) * m, firstOutput = (int)(blockIdx.x % across) * n;
  if (firstPixel >= g.pixels) return;
  const int thread = threadIdx.x, warp = thread / 32, lane = thread % 32;

  // This thread copies one chunk of every 32nd row.
  const int own = thread / 4, chunk = thread % 4;
  SourcePlace place[m / 32];
#pragma unroll
  for (int i = 0; i < m / 32; ++i) {
    place[i] = sourcePlace(g, firstPixel + own + 32 * i);
    place[i].pixel = place[i].pixel * g.channels + chunk * 8;
  }
  const bf16 *source = (const bf16 *)a.source, *weight = (const bf16 *)a.weight;
  const int rowLength = a.window.kernel * a.window.kernel * g.channels;
  const int ownWeight = (firstOutput + own) * rowLength + chunk * 8;
  int tapDown = 0, tapAcross = 0, channel = 0;
  auto fetch = [&](int stage) {
    u8 *left = raw + stage * stageBytes, *right = left + m * 64;
    const bool isChannel = channel + chunk * 8 < g.channels;
    const int down = g.direction * tapDown, acrossBy = g.direction * tapAcross;
    const int shift = (down * g.sourceAcross + acrossBy) * g.channels + channel;
    // Where nothing is read the address may be nobody's.
#pragma unroll
    for (int i = 0; i < m / 32; ++i) {
      const bool is = isChannel && isInside(g, place[i].row + down, place[i].column + acrossBy);
      copyAsync16(chunkOfRow(left, own + 32 * i, chunk), source + (place[i].pixel + shift), is ? 16 : 0);
    }
    const int tap = (g.firstDown + g.tapStep * tapDown) * a.window.kernel + g.firstAcross + g.tapStep * tapAcross;
    const bf16 *from = weight + (ownWeight + tap * g.channels + channel);
#pragma unroll
    for (int i = 0; i < n / 32; ++i) {
      const bool is = isChannel && firstOutput + own + 32 * i < g.outputs;
      copyAsync16(chunkOfRow(right, own + 32 * i, chunk), from + 32 * i * rowLength, is ? 16 : 0);
    }
    channel += convolve_depth;
    if (channel >= g.channels) {
      channel = 0;
      if (++tapAcross == g.tapsAcross) tapAcross = 0, ++tapDown;
    }
  };

  const int warpRow = warp / 2 * (m / 2), warpColumn = warp % 2 * (n / 2);
  float sum[m / 32][n / 16][4] = {};
  const int steps = g.tapsDown * g.tapsAcross * ((g.channels + convolve_depth - 1) / convolve_depth);
#pragma unroll
  for (int step = 0; step < convolve_stages - 1; ++step) {
    if (step < steps) fetch(step);
    commitAsync();
  }
#pragma unroll 1
  for (int step = 0; step < steps; ++step) {
    waitAsync<convolve_stages - 2>();
    __syncthreads();
    // The stage that all warps left before this barrier.
    const int next = step + convolve_stages - 1;
    if (next < steps) fetch(next % convolve_stages);
    commitAsync();
    u8 *left = raw + step % convolve_stages * stageBytes, *right = left + m * 64;
    multiplyRows<m / 32, n / 32>(sum, left + warpRow * 64, right + warpColumn * 64);
  }
  waitAsync<0>();
  __syncthreads();

  // Through shared memory, so that whole rows are written; a row longer by 16 bytes lies in other banks than the last.
  constexpr int pitch = n + 8;
  bf16 *rows = (bf16 *)raw;
#pragma unroll
  for (int j = 0; j < n / 16; ++j) {
    const int column = warpColumn + j * 8 + lane % 4 * 2, o = firstOutput + column;
    const float left = a.bias && o < g.outputs ? a.bias[o] : 0, right = a.bias && o + 1 < g.outputs ? a.bias[o + 1] : 0;
#pragma unroll
    for (int i = 0; i < m / 32; ++i) {
      const int row = warpRow + i * 16 + lane / 4;
      *(u32 *)(rows + row * pitch + column) = pack(sum[i][j][0] + left, sum[i][j][1] + right);
      *(u32 *)(rows + (row + 8) * pitch + column) = pack(sum[i][j][2] + left, sum[i][j][3] + right);
    }
  }
  __syncthreads();
  bf16 *out = (bf16 *)a.out;
  if (g.outputs % 8 == 0 && ((u64)out & 15) == 0) {
    const int column = thread % (n / 8) * 8;
    if (firstOutput + column >= g.outputs) return;
    out += firstOutput + column;
#pragma unroll 4
    for (int row = thread / (n / 8); row < m; row += 1024 / n) {
      if (firstPixel + row >= g.pixels) break;
      *(uint4 *)(out + outPixel(g, firstPixel + row) * g.outputs) = *(const uint4 *)(rows + row * pitch + column);
    }
  } else {
#pragma unroll 1
    for (int i = thread; i < m * n; i += 128) {
      const int pixel = firstPixel + i / n, o = firstOutput + i % n;
      if (pixel < g.pixels && o < g.outputs) out[outPixel(g, pixel) * g.outputs + o] = rows[i / n * pitch + i % n];
    }
  }
}
KERNEL_FITTING(128, 2, convolve_128x128_bf16, ms_convolve) { convolveTile<128, 128>(a); }
KERNEL_FITTING(128, 3, convolve_128x64_bf16, ms_convolve) { convolveTile<128, 64>(a); }

/// Chunk of a row of `width` numbers, for reading tiles that lie the other way round.
template <int width> DEVICE u8 *chunkOfColumns(u8 *tile, int row, int chunk) {
  return tile + row * (2 * width) + ((chunk ^ (row & 7)) << 4);
}

/// A tile of dweight's [o, taps · c], of some pixels: dyᵀ · gathered x. o and c are multiples of 8, x and dy aligned to
/// 16 bytes and of fewer than 2³¹ elements. Both sides lie with the pixels, along which the sum goes, as their rows.
template <int m> DEVICE void convolveWeightTile(const ms_convolve_weight &a) {
  SHARED(raw);
  constexpr int n = 128, leftBytes = m * 64, stageBytes = leftBytes + n * 64;
  const ms_window &s = a.window;
  const int width = s.kernel * s.kernel * s.c, across = (width + n - 1) / n;
  const int firstOutput = (int)(blockIdx.x / across) * m, firstColumn = (int)(blockIdx.x % across) * n;
  const int pixels = s.n * s.down * s.across, begin = (int)blockIdx.y * a.pixels, end = min(begin + a.pixels, pixels);
  const int thread = threadIdx.x, warp = thread / 32, lane = thread % 32;

  // This thread copies one chunk of some rows, so its outputs, its tap and its channels are fixed.
  constexpr int leftChunks = m / 8, leftStep = 128 / leftChunks;
  const int leftRow = thread / leftChunks, leftChunk = thread % leftChunks, o = firstOutput + leftChunk * 8;
  const int rightRow = thread / 16, rightChunk = thread % 16, column = firstColumn + rightChunk * 8;
  const int tap = column / s.c, channel = column - tap * s.c;
  const int tapRow = tap / s.kernel - s.padding, tapColumn = tap % s.kernel - s.padding;
  const bf16 *x = (const bf16 *)a.x, *dy = (const bf16 *)a.dy;
  int first = begin;
  auto fetch = [&](int stage) {
    u8 *outputs = raw + stage * stageBytes, *columns = outputs + leftBytes;
#pragma unroll
    for (int i = 0; i < 32 / leftStep; ++i) {
      const int row = leftRow + i * leftStep, pixel = first + row;
      const bool is = pixel < end && o < s.o;
      copyAsync16(chunkOfColumns<m>(outputs, row, leftChunk), dy + (pixel * s.o + o), is ? 16 : 0);
    }
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      const int row = rightRow + i * 8, pixel = first + row;
      const int line = divide(pixel, a.by_across), image = divide(line, a.by_down);
      const int down = (line - image * s.down) * s.stride + tapRow;
      const int right = (pixel - line * s.across) * s.stride + tapColumn;
      const bool is = pixel < end && column < width && (u32)down < (u32)s.h && (u32)right < (u32)s.w;
      const int from = ((image * s.h + down) * s.w + right) * s.c + channel;
      copyAsync16(chunkOfColumns<n>(columns, row, rightChunk), x + from, is ? 16 : 0);
    }
    first += convolve_depth;
  };

  const int warpRow = warp / 2 * (m / 2), warpColumn = warp % 2 * (n / 2);
  float sum[m / 32][n / 16][4] = {};
  const int steps = (end - begin + convolve_depth - 1) / convolve_depth;
#pragma unroll
  for (int step = 0; step < convolve_stages - 1; ++step) {
    if (step < steps) fetch(step);
    commitAsync();
  }
#pragma unroll 1
  for (int step = 0; step < steps; ++step) {
    waitAsync<convolve_stages - 2>();
    __syncthreads();
    const int next = step + convolve_stages - 1;
    if (next < steps) fetch(next % convolve_stages);
    commitAsync();
    u8 *left = raw + step % convolve_stages * stageBytes, *right = left + leftBytes;
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      u32 columns[n / 32][4];
#pragma unroll
      for (int j = 0; j < n / 32; ++j)
        loadMatrix4Transposed(
          columns[j],
          chunkOfColumns<n>(right, half * 16 + lane / 8 % 2 * 8 + lane % 8, (warpColumn + j * 16) / 8 + lane / 16));
#pragma unroll
      for (int i = 0; i < m / 32; ++i) {
        u32 rows[4];
        loadMatrix4Transposed(
          rows, chunkOfColumns<m>(left, half * 16 + lane / 16 * 8 + lane % 8, (warpRow + i * 16) / 8 + lane / 8 % 2));
#pragma unroll
        for (int j = 0; j < n / 32; ++j) {
          mma16816(sum[i][2 * j], rows, columns[j][0], columns[j][1]);
          mma16816(sum[i][2 * j + 1], rows, columns[j][2], columns[j][3]);
        }
      }
    }
  }
  waitAsync<0>();

#pragma unroll
  for (int i = 0; i < m / 32; ++i) {
#pragma unroll
    for (int j = 0; j < n / 16; ++j) {
      const int row = firstOutput + warpRow + i * 16 + lane / 4, at = firstColumn + warpColumn + j * 8 + lane % 4 * 2;
      float *to = a.partial + ((i64)blockIdx.y * s.o + row) * width + at;
      if (at < width && row < s.o) *(float2 *)to = make_float2(sum[i][j][0], sum[i][j][1]);
      if (at < width && row + 8 < s.o) *(float2 *)(to + 8 * (i64)width) = make_float2(sum[i][j][2], sum[i][j][3]);
    }
  }
}
KERNEL_FITTING(128, 2, convolve_weight_128x128_bf16, ms_convolve_weight) { convolveWeightTile<128>(a); }
KERNEL_FITTING(128, 3, convolve_weight_64x128_bf16, ms_convolve_weight) { convolveWeightTile<64>(a); }

// ---- convolutions element by element --------------------------------------------------------------------------------
// For f32, and for bf16 where channels do not come in chunks, as those of images: 128 threads share a tile of 64 × 64
// results, and every element of both sides is gathered by itself.

/// A tile's share of a thread, and how both sides lie in shared memory.
template <class T> struct ElementTile;
template <> struct ElementTile<bf16> {
  enum { depth = 32, bytes = 64 * 64 };
  float sum[2][4][4];
};
template <> struct ElementTile<float> {
  enum { depth = 16, pitch = 68, bytes = depth * pitch * 4 };
  float sum[8][4];
};

DEVICE void put(u8 *side, int row, int k, bf16 x) { ((bf16 *)chunkOfRow(side, row, k / 8))[k % 8] = x; }
DEVICE void put(u8 *side, int row, int k, float x) { ((float *)side)[k * ElementTile<float>::pitch + row] = x; }

DEVICE void multiply(ElementTile<bf16> &tile, u8 *left, u8 *right) {
  const int warp = threadIdx.x / 32;
  multiplyRows<2, 2>(tile.sum, left + warp / 2 * 32 * 64, right + warp % 2 * 32 * 64);
}
DEVICE void multiply(ElementTile<float> &tile, u8 *left, u8 *right) {
  const float *rows = (const float *)left + threadIdx.x / 16 * 8;
  const float *columns = (const float *)right + threadIdx.x % 16 * 4;
#pragma unroll
  for (int k = 0; k < ElementTile<float>::depth; ++k) {
    const float4 upper = load4(rows), lower = load4(rows + 4), across = load4(columns);
    const float x[8] = {upper.x, upper.y, upper.z, upper.w, lower.x, lower.y, lower.z, lower.w};
    const float y[4] = {across.x, across.y, across.z, across.w};
#pragma unroll
    for (int i = 0; i < 8; ++i) {
#pragma unroll
      for (int j = 0; j < 4; ++j) tile.sum[i][j] = fmaf(x[i], y[j], tile.sum[i][j]);
    }
    rows += ElementTile<float>::pitch, columns += ElementTile<float>::pitch;
  }
}

/// body(row, column, x, y) for the thread's results, two neighbours at once.
template <class Body> DEVICE void forResults(const ElementTile<bf16> &tile, const Body &body) {
  const int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
#pragma unroll
  for (int i = 0; i < 4; ++i) {
#pragma unroll
    for (int j = 0; j < 4; ++j)
      body(
        warp / 2 * 32 + i * 8 + lane / 4, warp % 2 * 32 + j * 8 + lane % 4 * 2, tile.sum[i / 2][j][i % 2 * 2],
        tile.sum[i / 2][j][i % 2 * 2 + 1]);
  }
}
template <class Body> DEVICE void forResults(const ElementTile<float> &tile, const Body &body) {
#pragma unroll
  for (int i = 0; i < 8; ++i) {
#pragma unroll
    for (int j = 0; j < 4; j += 2)
      body((int)threadIdx.x / 16 * 8 + i, (int)threadIdx.x % 16 * 4 + j, tile.sum[i][j], tile.sum[i][j + 1]);
  }
}

/// tile = Σ left(row, place(k)) · right(column, place(k)), k < length. Neighbouring threads read neighbours along k, or
/// along rows and columns. The next elements are under way while these are multiplied; memory: 4 · tile.bytes.
template <bool isAlongDepth, class T, class Place, class Left, class Right>
DEVICE void accumulate(
  ElementTile<T> &tile, T, u8 *memory, int length, const Place &place, const Left &left, const Right &right) {
  constexpr int depth = ElementTile<T>::depth, count = depth / 2, bytes = ElementTile<T>::bytes;
  const int thread = threadIdx.x;
  T rows[count], columns[count];
  auto lineOf = [&](int i) { return isAlongDepth ? thread / depth + i * (128 / depth) : thread % 64; };
  auto depthOf = [&](int i) { return isAlongDepth ? thread % depth : thread / 64 + 2 * i; };
  auto fetch = [&](int first) {
    auto where = place(first + depthOf(0));
#pragma unroll
    for (int i = 0; i < count; ++i) {
      if (!isAlongDepth && i > 0) where = place(first + depthOf(i));
      const bool is = first + depthOf(i) < length;
      rows[i] = is ? left(lineOf(i), where) : T{};
      columns[i] = is ? right(lineOf(i), where) : T{};
    }
  };
  tile = {};
  if (length > 0) fetch(0);
#pragma unroll 1
  for (int first = 0, buffer = 0; first < length; first += depth, buffer ^= 1) {
    u8 *leftSide = memory + buffer * 2 * bytes, *rightSide = leftSide + bytes;
#pragma unroll
    for (int i = 0; i < count; ++i) {
      put(leftSide, lineOf(i), depthOf(i), rows[i]);
      put(rightSide, lineOf(i), depthOf(i), columns[i]);
    }
    __syncthreads();
    // Two buffers: who writes the next one knows by this barrier that it is no longer read.
    if (first + depth < length) fetch(first + depth);
    multiply(tile, leftSide, rightSide);
  }
}

DEVICE void storePair(float *to, float x, float y) { *(float2 *)to = make_float2(x, y); }
DEVICE void storePair(bf16 *to, float x, float y) { *(u32 *)to = pack(x, y); }

template <class T> DEVICE void convolveElements(const ms_convolve &a) {
  SHARED(raw);
  const Gather g = gatherOf(a, blockIdx.z);
  const int across = (g.outputs + 63) / 64;
  const int firstPixel = (int)(blockIdx.x / across) * 64, firstOutput = (int)(blockIdx.x % across) * 64;
  if (firstPixel >= g.pixels) return;
  SourcePlace *places = (SourcePlace *)(raw + 4 * ElementTile<T>::bytes);
  if (threadIdx.x < 64) places[threadIdx.x] = sourcePlace(g, firstPixel + threadIdx.x);
  __syncthreads();
  const T *source = (const T *)a.source, *weight = (const T *)a.weight;
  const int taps = a.window.kernel * a.window.kernel;
  struct Tap { int down, across, number, channel; };
  ElementTile<T> tile;
  accumulate<true>(
    tile, T{}, raw, g.tapsDown * g.tapsAcross * g.channels,
    [&](int k) {
      const int tap = k / g.channels, down = tap / g.tapsAcross, acrossBy = tap - down * g.tapsAcross;
      const int number = (g.firstDown + g.tapStep * down) * a.window.kernel + g.firstAcross + g.tapStep * acrossBy;
      return Tap{g.direction * down, g.direction * acrossBy, number, k - tap * g.channels};
    },
    [&](int row, Tap tap) {
      const SourcePlace place = places[row];
      const i64 pixel = place.pixel + tap.down * g.sourceAcross + tap.across;
      const bool is = isInside(g, place.row + tap.down, place.column + tap.across);
      return is ? source[pixel * g.channels + tap.channel] : T{};
    },
    [&](int column, Tap tap) {
      const int o = firstOutput + column;
      return o < g.outputs ? weight[((i64)o * taps + tap.number) * g.channels + tap.channel] : T{};
    });
  const bool isWide = g.outputs % 2 == 0 && ((u64)a.out & (2 * sizeof(T) - 1)) == 0;
  forResults(tile, [&](int row, int column, float x, float y) {
    const int pixel = firstPixel + row, o = firstOutput + column;
    if (pixel >= g.pixels || o >= g.outputs) return;
    const bool isPair = o + 1 < g.outputs;
    if (a.bias) x += a.bias[o], y += isPair ? a.bias[o + 1] : 0;
    T *to = (T *)a.out + outPixel(g, pixel) * g.outputs + o;
    if (isWide) return storePair(to, x, y);
    store(to, x);
    if (isPair) store(to + 1, y);
  });
}
KERNEL(128, convolve_elements_f32, ms_convolve) { convolveElements<float>(a); }
KERNEL(128, convolve_elements_bf16, ms_convolve) { convolveElements<bf16>(a); }

template <class T> DEVICE void convolveWeightElements(const ms_convolve_weight &a) {
  SHARED(raw);
  const ms_window &s = a.window;
  const int width = s.kernel * s.kernel * s.c, across = (width + 63) / 64;
  const int firstOutput = (int)(blockIdx.x / across) * 64, firstColumn = (int)(blockIdx.x % across) * 64;
  const int pixels = s.n * s.down * s.across, begin = (int)blockIdx.y * a.pixels, end = min(begin + a.pixels, pixels);
  const T *x = (const T *)a.x, *dy = (const T *)a.dy;
  // A thread's column is always the same.
  const int o = firstOutput + threadIdx.x % 64, column = firstColumn + threadIdx.x % 64;
  const int tap = column / s.c, channel = column - tap * s.c;
  const int tapRow = tap / s.kernel - s.padding, tapColumn = tap % s.kernel - s.padding;
  struct Pixel { int number, image, row, column; };
  ElementTile<T> tile;
  accumulate<false>(
    tile, T{}, raw, end - begin,
    [&](int k) {
      const int pixel = begin + k, line = divide(pixel, a.by_across), image = divide(line, a.by_down);
      return Pixel{pixel, image, (line - image * s.down) * s.stride, (pixel - line * s.across) * s.stride};
    },
    [&](int, Pixel pixel) { return o < s.o ? dy[(i64)pixel.number * s.o + o] : T{}; },
    [&](int, Pixel pixel) {
      const int i = pixel.row + tapRow, j = pixel.column + tapColumn;
      const bool is = column < width && (u32)i < (u32)s.h && (u32)j < (u32)s.w;
      return is ? x[((i64)(pixel.image * s.h + i) * s.w + j) * s.c + channel] : T{};
    });
  forResults(tile, [&](int row, int at, float first, float second) {
    const int o = firstOutput + row, column = firstColumn + at;
    float *to = a.partial + ((i64)blockIdx.y * s.o + o) * width + column;
    if (o < s.o && column < width) to[0] = first;
    if (o < s.o && column + 1 < width) to[1] = second;
  });
}
KERNEL(128, convolve_weight_elements_f32, ms_convolve_weight) { convolveWeightElements<float>(a); }
KERNEL(128, convolve_weight_elements_bf16, ms_convolve_weight) { convolveWeightElements<bf16>(a); }

/// The parts in their order, and the checkpoints' order of axes.
KERNEL(256, sum_weight, ms_sum_weight) {
  const i64 count = (i64)a.o * a.taps * a.c, i = (i64)blockIdx.x * 256 + threadIdx.x;
  if (i >= count) return;
  float sum = 0;
#pragma unroll 4
  for (int split = 0; split < a.splits; ++split) sum += a.partial[split * count + i];
  const int o = (int)(i / (a.taps * a.c)), place = (int)(i - (i64)o * a.taps * a.c), tap = place / a.c, c = place % a.c;
  float *to = a.dweight + ((i64)o * a.c + c) * a.taps + tap;
  *to = a.beta == 0 ? sum : a.beta * *to + sum;
}

// ---- neighbours -----------------------------------------------------------------------------------------------------

/// Neighbouring elements that a thread reads and writes at once: 16 bytes, or one element.
template <class T, int count> struct Run;
template <> struct Run<float, 4> { float4 x; };
template <> struct Run<bf16, 8> { uint4 x; };
template <> struct Run<float, 1> { float x; };
template <> struct Run<bf16, 1> { bf16 x; };

DEVICE void unpack(Run<float, 4> run, float (&x)[4]) { x[0] = run.x.x, x[1] = run.x.y, x[2] = run.x.z, x[3] = run.x.w; }
DEVICE void unpack(Run<bf16, 8> run, float (&x)[8]) {
  const u32 pairs[4] = {run.x.x, run.x.y, run.x.z, run.x.w};
#pragma unroll
  for (int i = 0; i < 4; ++i) x[2 * i] = low(pairs[i]), x[2 * i + 1] = high(pairs[i]);
}
template <class T> DEVICE void unpack(Run<T, 1> run, float (&x)[1]) { x[0] = toFloat(run.x); }

DEVICE void storeRun(float *to, const float (&x)[4]) { *(float4 *)to = make_float4(x[0], x[1], x[2], x[3]); }
DEVICE void storeRun(bf16 *to, const float (&x)[8]) {
  *(uint4 *)to = make_uint4(pack(x[0], x[1]), pack(x[2], x[3]), pack(x[4], x[5]), pack(x[6], x[7]));
}
template <class T> DEVICE void storeRun(T *to, const float (&x)[1]) { store(to, x[0]); }

template <class T, int count> DEVICE Run<T, count> loadRun(const void *x, i64 at) {
  return *(const Run<T, count> *)((const T *)x + at);
}

// ---- batch-norm -----------------------------------------------------------------------------------------------------
// Bound by memory: every pass reads 16 bytes a thread and row, four rows at once. Sums: in f32 over a thread's rows, in
// f64 beyond, always in the same order.

/// The part of [rows, width] that is a thread's: `count` columns of rows first, first + step, …
struct Cover {
  int column, step;
  i64 first, end;
};
template <int count> DEVICE Cover coverOf(const ms_cover &c) {
  const int column = (int)((blockIdx.x << c.threads_across) + (threadIdx.x & ((1u << c.threads_across) - 1))) * count;
  const i64 begin = blockIdx.y * c.block_rows, end = min(begin + c.block_rows, c.rows);
  const i64 first = column < c.width ? begin + (threadIdx.x >> c.threads_across) : end;
  return {column, (int)(blockDim.x >> c.threads_across), first, end};
}

template <int count> DEVICE void loadColumns(const float *from, const Cover &c, int width, float (&x)[count]) {
#pragma unroll
  for (int i = 0; i < count; ++i) x[i] = c.column + i < width ? from[c.column + i] : 0;
}

/// The threads' two numbers of every column, for the threads that go on with a column each.
template <int count>
DEVICE void share(float *memory, const ms_cover &c, const float (&x)[count], const float (&y)[count]) {
  const int width = count << c.threads_across, rows = blockDim.x >> c.threads_across;
  const int row = threadIdx.x >> c.threads_across, column = (threadIdx.x & ((1 << c.threads_across) - 1)) * count;
#pragma unroll
  for (int i = 0; i < count; ++i) {
    memory[row * width + column + i] = x[i];
    memory[(rows + row) * width + column + i] = y[i];
  }
  __syncthreads();
}

/// body(column, sum of x, sum of y) for every column of the block.
template <int count, class Body>
DEVICE void forSharedColumns(const float *memory, const ms_cover &c, const Body &body) {
  const int width = count << c.threads_across, rows = blockDim.x >> c.threads_across;
  for (int at = threadIdx.x; at < width; at += blockDim.x) {
    const int column = (int)blockIdx.x * width + at;
    if (column >= c.width) continue;
    double x = 0, y = 0;
    for (int row = 0; row < rows; ++row) {
      x += (double)memory[row * width + at];
      y += (double)memory[(rows + row) * width + at];
    }
    body(column, x, y);
  }
}

/// Moments of a block's rows. Sums are about the block's first row: little is lost where a column is far from zero.
template <class T, int count> DEVICE void batchMoments(const ms_batch_moments &a) {
  SHARED(raw);
  const Cover c = coverOf<count>(a.cover);
  const i64 width = a.cover.width, begin = blockIdx.y * a.cover.block_rows;
  float centre[count] = {}, sum[count] = {}, squares[count] = {};
  if (c.column < width) unpack(loadRun<T, count>(a.x, begin * width + c.column), centre);
  for (i64 row = c.first; row < c.end; row += 4 * c.step) {
    Run<T, count> runs[4];
#pragma unroll
    for (int u = 0; u < 4; ++u)
      if (row + u * c.step < c.end) runs[u] = loadRun<T, count>(a.x, (row + u * c.step) * width + c.column);
#pragma unroll
    for (int u = 0; u < 4; ++u) {
      if (row + u * c.step >= c.end) break;
      float x[count];
      unpack(runs[u], x);
#pragma unroll
      for (int i = 0; i < count; ++i) {
        const float apart = x[i] - centre[i];
        sum[i] += apart;
        squares[i] = fmaf(apart, apart, squares[i]);
      }
    }
  }
  float *memory = (float *)raw;
  share<count>(memory, a.cover, sum, squares);
  forSharedColumns<count>(memory, a.cover, [&](int column, double sum, double squares) {
    const double rows = (double)(c.end - begin), apart = sum / rows;
    double *to = a.partial + (i64)blockIdx.y * 2 * width + column;
    to[0] = (double)toFloat(((const T *)a.x)[begin * width + column]) + apart;
    to[width] = fmax(0.0, squares - sum * apart);
  });
}
KERNEL(256, batch_moments_f32, ms_batch_moments) { batchMoments<float, 1>(a); }
KERNEL(256, batch_moments_bf16, ms_batch_moments) { batchMoments<bf16, 1>(a); }
KERNEL(256, batch_moments_wide_f32, ms_batch_moments) { batchMoments<float, 4>(a); }
KERNEL(256, batch_moments_wide_bf16, ms_batch_moments) { batchMoments<bf16, 8>(a); }

/// Σ over the 32 threads of a column, in their order, the same to all: 8 columns by 32 threads join parts.
DEVICE double joined(double x, double *memory) {
  __syncthreads();
  memory[threadIdx.x] = x;
  __syncthreads();
  double sum = 0;
#pragma unroll 8
  for (int part = 0; part < 32; ++part) sum += memory[part * 8 + threadIdx.x % 8];
  return sum;
}

KERNEL(256, join_moments, ms_join_moments) {
  SHARED(parts);
  double *memory = (double *)parts;
  const i64 width = a.cover.width;
  const int column = blockIdx.x * 8 + threadIdx.x % 8, first = column < width ? threadIdx.x / 8 : a.blocks;
  const double rows = (double)a.cover.rows;
  auto rowsOf = [&](int block) {
    return (double)(min(a.cover.rows, (block + 1) * a.cover.block_rows) - block * a.cover.block_rows);
  };
  double sum = 0, squares = 0;
  for (int block = first; block < a.blocks; block += 32) sum += rowsOf(block) * a.partial[block * 2 * width + column];
  const double mean = rows > 0 ? joined(sum, memory) / rows : 0;
  for (int block = first; block < a.blocks; block += 32) {
    const double apart = a.partial[block * 2 * width + column] - mean;
    squares += a.partial[(block * 2 + 1) * width + column] + rowsOf(block) * apart * apart;
  }
  const double variance = rows > 0 ? joined(squares, memory) / rows : 0;
  if (threadIdx.x < 8 && column < width) a.mean[column] = (float)mean, a.variance[column] = (float)variance;
}

/// Stochastic depth: the sample of the last row, its end and its factor. Rows are asked for in rising order.
struct Path {
  int sample;
  i64 end;
  float factor;
};
DEVICE float pathFactor(Path &at, const ms_batch_norm &a, i64 row) {
  if (!a.offsets) return 1;
  if (row < at.end) return at.factor;
  int first = at.sample + 1, last = a.samples - 1;
  while (first < last) {
    const int middle = (first + last) / 2;
    if (a.offsets[middle + 1] <= row) first = middle + 1;
    else last = middle;
  }
  const bool isKept = randomUniform(a.key, (u64)(a.first_sample + first)) >= a.drop;
  at = {first, a.offsets[first + 1], isKept ? 1 / (1 - a.drop) : 0};
  return at.factor;
}

/// What a column is normalised with. The way back works the norm out again and must find the same sign.
template <int count> struct Columns { float mean[count], scale[count], bias[count]; };
template <int count> DEVICE Columns<count> columnsOf(const ms_batch_norm &a, const Cover &c) {
  Columns<count> own;
  float variance[count];
  loadColumns<count>(a.mean, c, a.cover.width, own.mean);
  loadColumns<count>(a.variance, c, a.cover.width, variance);
  loadColumns<count>(a.weight, c, a.cover.width, own.scale);
  loadColumns<count>(a.bias, c, a.cover.width, own.bias);
#pragma unroll
  for (int i = 0; i < count; ++i) own.scale[i] = own.scale[i] / sqrtf(variance[i] + a.epsilon);
  return own;
}
template <int count> DEVICE float normed(const Columns<count> &own, int i, float x) {
  return fmaf(x - own.mean[i], own.scale[i], own.bias[i]);
}

template <class T, int count> DEVICE void batchNorm(const ms_batch_norm &a) {
  const Cover c = coverOf<count>(a.cover);
  const i64 width = a.cover.width;
  const Columns<count> own = columnsOf<count>(a, c);
  Path path = {-1, -1, 1};
  for (i64 row = c.first; row < c.end; row += 4 * c.step) {
    Run<T, count> runs[4], shortcuts[4];
#pragma unroll
    for (int u = 0; u < 4; ++u) {
      if (row + u * c.step >= c.end) break;
      const i64 at = (row + u * c.step) * width + c.column;
      runs[u] = loadRun<T, count>(a.x, at);
      if (a.shortcut) shortcuts[u] = loadRun<T, count>(a.shortcut, at);
    }
#pragma unroll
    for (int u = 0; u < 4; ++u) {
      if (row + u * c.step >= c.end) break;
      const float factor = pathFactor(path, a, row + u * c.step);
      float x[count], shortcut[count] = {};
      unpack(runs[u], x);
      if (a.shortcut) unpack(shortcuts[u], shortcut);
#pragma unroll
      for (int i = 0; i < count; ++i) {
        x[i] = factor * normed(own, i, x[i]) + shortcut[i];
        // Not a number stays so.
        if (a.is_rectified) x[i] = x[i] < 0 ? 0 : x[i];
      }
      storeRun((T *)a.y + (row + u * c.step) * width + c.column, x);
    }
  }
}
KERNEL(256, batch_norm_f32, ms_batch_norm) { batchNorm<float, 1>(a); }
KERNEL(256, batch_norm_bf16, ms_batch_norm) { batchNorm<bf16, 1>(a); }
KERNEL(256, batch_norm_wide_f32, ms_batch_norm) { batchNorm<float, 4>(a); }
KERNEL(256, batch_norm_wide_bf16, ms_batch_norm) { batchNorm<bf16, 8>(a); }

/// Where the derivative passes.
enum Passing { everywhere, where_normed, where_rectified };

/// Sums of du and du · (x - mean) over a block's rows, du = path · dz; dz where the ReLU is behind a joint.
template <class T, int count, Passing passing> DEVICE void batchNormSums(const ms_batch_norm &a) {
  SHARED(raw);
  const Cover c = coverOf<count>(a.cover);
  const i64 width = a.cover.width;
  Columns<count> own;
  if (passing == where_normed) own = columnsOf<count>(a, c);
  else loadColumns<count>(a.mean, c, a.cover.width, own.mean);
  Path path = {-1, -1, 1};
  float sum[count] = {}, dot[count] = {};
  for (i64 row = c.first; row < c.end; row += 4 * c.step) {
    Run<T, count> runs[4], gradients[4], rectified[4];
#pragma unroll
    for (int u = 0; u < 4; ++u) {
      if (row + u * c.step >= c.end) break;
      const i64 at = (row + u * c.step) * width + c.column;
      runs[u] = loadRun<T, count>(a.x, at);
      gradients[u] = loadRun<T, count>(a.dy, at);
      if (passing == where_rectified) rectified[u] = loadRun<T, count>(a.rectified, at);
    }
#pragma unroll
    for (int u = 0; u < 4; ++u) {
      if (row + u * c.step >= c.end) break;
      const float factor = pathFactor(path, a, row + u * c.step);
      float x[count], gradient[count], y[count];
      unpack(runs[u], x);
      unpack(gradients[u], gradient);
      if (passing == where_rectified) unpack(rectified[u], y);
#pragma unroll
      for (int i = 0; i < count; ++i) {
        if (passing == where_normed) gradient[i] = normed(own, i, x[i]) > 0 ? gradient[i] : 0;
        if (passing == where_rectified) gradient[i] = y[i] > 0 ? gradient[i] : 0;
        const float upstream = factor * gradient[i];
        sum[i] += upstream;
        dot[i] = fmaf(upstream, x[i] - own.mean[i], dot[i]);
      }
      if (passing == where_rectified) storeRun((T *)a.dz + (row + u * c.step) * width + c.column, gradient);
    }
  }
  float *memory = (float *)raw;
  share<count>(memory, a.cover, sum, dot);
  forSharedColumns<count>(memory, a.cover, [&](int column, double sum, double dot) {
    double *to = a.partial + (i64)blockIdx.y * 2 * width + column;
    to[0] = sum;
    to[width] = dot;
  });
}
KERNEL(256, batch_norm_sums_f32, ms_batch_norm) { batchNormSums<float, 1, everywhere>(a); }
KERNEL(256, batch_norm_sums_bf16, ms_batch_norm) { batchNormSums<bf16, 1, everywhere>(a); }
KERNEL(256, batch_norm_sums_wide_f32, ms_batch_norm) { batchNormSums<float, 4, everywhere>(a); }
KERNEL(256, batch_norm_sums_wide_bf16, ms_batch_norm) { batchNormSums<bf16, 8, everywhere>(a); }
KERNEL(256, batch_norm_relu_sums_f32, ms_batch_norm) { batchNormSums<float, 1, where_normed>(a); }
KERNEL(256, batch_norm_relu_sums_bf16, ms_batch_norm) { batchNormSums<bf16, 1, where_normed>(a); }
KERNEL(256, batch_norm_relu_sums_wide_f32, ms_batch_norm) { batchNormSums<float, 4, where_normed>(a); }
KERNEL(256, batch_norm_relu_sums_wide_bf16, ms_batch_norm) { batchNormSums<bf16, 8, where_normed>(a); }
KERNEL(256, batch_norm_joint_sums_f32, ms_batch_norm) { batchNormSums<float, 1, where_rectified>(a); }
KERNEL(256, batch_norm_joint_sums_bf16, ms_batch_norm) { batchNormSums<bf16, 1, where_rectified>(a); }
KERNEL(256, batch_norm_joint_sums_wide_f32, ms_batch_norm) { batchNormSums<float, 4, where_rectified>(a); }
KERNEL(256, batch_norm_joint_sums_wide_bf16, ms_batch_norm) { batchNormSums<bf16, 8, where_rectified>(a); }

/// dx = weight/σ · (du - mean of du - x̂ · mean of du·x̂), the means only where x's own statistics were used.
KERNEL(256, join_batch_norm, ms_join_batch_norm) {
  SHARED(parts);
  double *memory = (double *)parts;
  const i64 width = a.width;
  const int column = blockIdx.x * 8 + threadIdx.x % 8, begin = column < width ? threadIdx.x / 8 : a.blocks;
  double sum = 0, dot = 0;
  for (int block = begin; block < a.blocks; block += 32) {
    sum += a.partial[block * 2 * width + column];
    dot += a.partial[(block * 2 + 1) * width + column];
  }
  sum = joined(sum, memory);
  dot = joined(dot, memory);
  if (threadIdx.x >= 8 || column >= width) return;
  const double squared = (double)a.variance[column] + (double)a.epsilon, deviation = sqrt(squared);
  const float scale = a.weight[column] / sqrtf(a.variance[column] + a.epsilon);
  const double share = a.is_of_batch && a.rows > 0 ? (double)scale / (double)a.rows : 0;
  a.slopes[column] = (float)(share * dot / squared);
  a.slopes[width + column] = (float)(share * sum);
  if (a.dweight)
    a.dweight[column] = (float)(dot / deviation) + (a.beta_weight == 0 ? 0 : a.beta_weight * a.dweight[column]);
  if (a.dbias) a.dbias[column] = (float)sum + (a.beta_bias == 0 ? 0 : a.beta_bias * a.dbias[column]);
}

template <class T, int count, Passing passing> DEVICE void batchNormBackward(const ms_batch_norm &a) {
  const Cover c = coverOf<count>(a.cover);
  const i64 width = a.cover.width;
  const Columns<count> own = columnsOf<count>(a, c);
  float slope[count], level[count];
  loadColumns<count>(a.slopes, c, a.cover.width, slope);
  loadColumns<count>(a.slopes + width, c, a.cover.width, level);
  Path path = {-1, -1, 1};
  for (i64 row = c.first; row < c.end; row += 4 * c.step) {
    Run<T, count> runs[4], gradients[4];
#pragma unroll
    for (int u = 0; u < 4; ++u) {
      if (row + u * c.step >= c.end) break;
      const i64 at = (row + u * c.step) * width + c.column;
      runs[u] = loadRun<T, count>(a.x, at);
      gradients[u] = loadRun<T, count>(a.dy, at);
    }
#pragma unroll
    for (int u = 0; u < 4; ++u) {
      if (row + u * c.step >= c.end) break;
      const float factor = pathFactor(path, a, row + u * c.step);
      float x[count], gradient[count];
      unpack(runs[u], x);
      unpack(gradients[u], gradient);
#pragma unroll
      for (int i = 0; i < count; ++i) {
        if (passing == where_normed) gradient[i] = normed(own, i, x[i]) > 0 ? gradient[i] : 0;
        x[i] = own.scale[i] * (factor * gradient[i]) - slope[i] * (x[i] - own.mean[i]) - level[i];
      }
      storeRun((T *)a.dx + (row + u * c.step) * width + c.column, x);
    }
  }
}
KERNEL(256, batch_norm_backward_f32, ms_batch_norm) { batchNormBackward<float, 1, everywhere>(a); }
KERNEL(256, batch_norm_backward_bf16, ms_batch_norm) { batchNormBackward<bf16, 1, everywhere>(a); }
KERNEL(256, batch_norm_backward_wide_f32, ms_batch_norm) { batchNormBackward<float, 4, everywhere>(a); }
KERNEL(256, batch_norm_backward_wide_bf16, ms_batch_norm) { batchNormBackward<bf16, 8, everywhere>(a); }
KERNEL(256, batch_norm_relu_backward_f32, ms_batch_norm) { batchNormBackward<float, 1, where_normed>(a); }
// For sm_80 the compiler would spill to fit eight.
KERNEL_FITTING(256, 4, batch_norm_relu_backward_bf16, ms_batch_norm) { batchNormBackward<bf16, 1, where_normed>(a); }
KERNEL(256, batch_norm_relu_backward_wide_f32, ms_batch_norm) { batchNormBackward<float, 4, where_normed>(a); }
KERNEL(256, batch_norm_relu_backward_wide_bf16, ms_batch_norm) { batchNormBackward<bf16, 8, where_normed>(a); }

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
  const ms_window &s = a.window;
  const int pixel = ownPixel(a.threads_across), channel = ownUnit(a.threads_across) * count;
  if (pixel >= s.n * s.down * s.across || channel >= s.c) return;
  const int line = pixel / s.across, image = line / s.down;
  const int top = (line - image * s.down) * s.stride - s.padding;
  const int left = (pixel - line * s.across) * s.stride - s.padding;
  float best[count];
  u32 taken[count];
  bool isFirst = true;
  for (int down = max(0, -top); down < min(s.kernel, s.h - top); ++down) {
    for (int across = max(0, -left); across < min(s.kernel, s.w - left); ++across) {
      float x[count];
      unpack(loadRun<T, count>(a.from, ((i64)(image * s.h + top + down) * s.w + left + across) * s.c + channel), x);
#pragma unroll
      for (int i = 0; i < count; ++i) {
        // Of equals the first; not a number wins.
        const bool isMore = isFirst || x[i] > best[i] || x[i] != x[i];
        best[i] = isMore ? x[i] : best[i];
        taken[i] = isMore ? down * s.kernel + across : taken[i];
      }
      isFirst = false;
    }
  }
  const i64 to = (i64)pixel * s.c + channel;
  storeRun((T *)a.to + to, best);
  storeFlags(a.which + to, taken);
}
KERNEL(256, max_pool_f32, ms_pool) { maxPool<float, 1>(a); }
KERNEL(256, max_pool_bf16, ms_pool) { maxPool<bf16, 1>(a); }
KERNEL(256, max_pool_wide_f32, ms_pool) { maxPool<float, 4>(a); }
KERNEL(256, max_pool_wide_bf16, ms_pool) { maxPool<bf16, 8>(a); }

/// Every pixel collects from the windows that chose it.
template <class T, int count> DEVICE void maxPoolBackward(const ms_pool &a) {
  const ms_window &s = a.window;
  const int pixel = ownPixel(a.threads_across), channel = ownUnit(a.threads_across) * count;
  if (pixel >= s.n * s.h * s.w || channel >= s.c) return;
  const int line = pixel / s.w, image = line / s.h;
  // Windows i with i · stride - padding <= row < i · stride - padding + kernel.
  const int down = line - image * s.h + s.padding, across = pixel - line * s.w + s.padding;
  const int top = max(0, (down - s.kernel + s.stride) / s.stride);
  const int left = max(0, (across - s.kernel + s.stride) / s.stride);
  float sum[count] = {};
  for (int i = top; i < s.down && i * s.stride <= down; ++i) {
    for (int j = left; j < s.across && j * s.stride <= across; ++j) {
      const i64 from = ((i64)(image * s.down + i) * s.across + j) * s.c + channel;
      const u32 tap = (down - i * s.stride) * s.kernel + across - j * s.stride;
      float gradient[count];
      u32 which[count];
      unpack(loadRun<T, count>(a.from, from), gradient);
      loadFlags(a.which + from, which);
#pragma unroll
      for (int k = 0; k < count; ++k) sum[k] += which[k] == tap ? gradient[k] : 0;
    }
  }
  storeRun((T *)a.to + (i64)pixel * s.c + channel, sum);
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
