// Convolutions of grids of pixels [n, h, w, c].

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
