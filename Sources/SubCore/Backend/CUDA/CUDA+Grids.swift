internal import CCudaKernels

extension CUDABackend {
  func maxPool(_ x: Tensor, _ window: SlidingWindow, into y: Tensor, which: Tensor) {
    pool("max_pool", x, window.of(x.shape, to: y.shape), which, into: y)
  }

  func maxPoolBackward(_ dy: Tensor, which: Tensor, _ window: SlidingWindow, into dx: Tensor) {
    pool("max_pool_backward", dy, window.of(dx.shape, to: dy.shape), which, into: dx)
  }

  private func pool(_ kernel: String, _ from: Tensor, _ window: ms_window, _ which: Tensor, into to: Tensor) {
    let units = RowUnits(to.shape.columns, of: [from, to], flags: which)
    launch(
      .grids, "\(kernel)_\(units.suffix)", blocks: (units.rowBlocks(to.shape.rows), units.columns, 1), threads: 256,
      ms_pool(
        from: from.rawPointer, to: to.rawPointer, which: which.flagPointer, n: window.n, h: window.h, w: window.w,
        c: window.c,
        down: window.down, across: window.across, kernel: window.kernel, stride: window.stride, padding: window.padding,
        threads_across: Int32(units.threadsAcross)))
  }

  func mergePixels(_ x: Tensor, side: Int, stride: Int, into y: Tensor) {
    merge("merge_pixels", x, x.shape, y.shape, side, stride, into: y, pixels: y.shape.rows * side * side)
  }

  func mergePixelsBackward(_ dy: Tensor, side: Int, stride: Int, into dx: Tensor) {
    merge("merge_pixels_backward", dy, dx.shape, dy.shape, side, stride, into: dx, pixels: dx.shape.rows)
  }

  private func merge(
    _ kernel: String, _ from: Tensor, _ grid: Shape, _ cells: Shape, _ side: Int, _ stride: Int, into to: Tensor,
    pixels: Int
  ) {
    let units = RowUnits(grid.columns, of: [from, to])
    launch(
      .grids, "\(kernel)_\(units.elements * to.dtype.size)", blocks: (units.rowBlocks(pixels), units.columns, 1),
      threads: 256,
      ms_merge(
        from: from.rawPointer, to: to.rawPointer, n: Int32(grid[0]), h: Int32(grid[1]), w: Int32(grid[2]),
        c: Int32(units.count), down: Int32(cells[1]), across: Int32(cells[2]), side: Int32(side),
        stride: Int32(stride), threads_across: Int32(units.threadsAcross)))
  }

  func normalizePixels(_ pixels: PixelBatch, into y: Tensor) {
    guard y.count > 0 else { return }
    device.enter()
    let erased = pixels.erasedPlaces
    let isWide = pixels.width % 4 == 0 && y.isAligned(to: 16)
    let runs = y.count / (isWide ? 12 : 3)
    pixels.bytes.withBytes { bytes in
      pixels.table.withUnsafeBytes { table in
        erased.withUnsafeBytes { erased in
          pixels.noise.withUnsafeBytes { noise in
            device.feed.send([bytes, table, erased, noise]) { places in
              var call = ms_pixels(
                bytes: places[0]!.assumingMemoryBound(to: UInt8.self),
                table: places[1]!.assumingMemoryBound(to: Float.self),
                erased: places[2]?.assumingMemoryBound(to: Int32.self),
                noise: places[3]?.assumingMemoryBound(to: Float.self), y: y.floatPointer, n: Int32(pixels.count),
                h: Int32(pixels.height), w: Int32(pixels.width), mixing: Int32(MS_UNMIXED), own: 0, other: 0, top: 0,
                left: 0, height: 0, width: 0)
              switch pixels.mixing {
              case .none: break
              case .blend(let own, let other): (call.mixing, call.own, call.other) = (Int32(MS_BLENDED), own, other)
              case .cut(let rows, let columns):
                (call.mixing, call.top, call.left) = (Int32(MS_CUT), Int32(rows.lowerBound), Int32(columns.lowerBound))
                (call.height, call.width) = (Int32(rows.count), Int32(columns.count))
              }
              launch(
                .grids, isWide ? "normalize_pixels_wide" : "normalize_pixels",
                blocks: min(blocks(runs, per: 256), 8 * multiprocessors), threads: 256, shared: 3 * 256 * 4, call)
            }
          }
        }
      }
    }
  }

  func channelsLast(_ images: Tensor, into y: Tensor) {
    let pixels = images.shape[2] * images.shape[3]
    launch(
      .grids, "channels_last_\(y.suffix)", blocks: blocks(images.shape[0] * pixels, per: 256), threads: 256,
      ms_channels_last(
        images: images.floatPointer, y: y.rawPointer, n: Int32(images.shape[0]), c: Int32(images.shape[1]),
        pixels: Int32(pixels)))
  }

  func clearCells(_ cells: Tensor, size: Int, in images: Tensor) {
    launch(
      .grids, "clear_cells", blocks: cells.count, threads: 256,
      ms_clear_cells(
        cells: cells.indexPointer, images: images.floatPointer, c: Int32(images.shape[1]), h: Int32(images.shape[2]),
        w: Int32(images.shape[3]), size: Int32(size)))
  }
}

extension SlidingWindow {
  /// Of a grid x to a grid y.
  func of(_ x: Shape, to y: Shape) -> ms_window {
    precondition(max(x.rows, y.rows) <= Int(Int32.max), "cuda: grids \(x) and \(y) of too many pixels")
    return ms_window(
      n: Int32(x[0]), h: Int32(x[1]), w: Int32(x[2]), c: Int32(x[3]), down: Int32(y[1]), across: Int32(y[2]),
      o: Int32(y[3]), kernel: Int32(kernel), stride: Int32(stride), padding: Int32(padding))
  }
}

/// What the 256 threads of a block move of rows at once: 16 bytes each, or one element where width or memory do not
/// allow that. A power of two of them, up to 32, share a row.
struct RowUnits {
  /// Of a thread.
  let elements: Int
  /// Of a row.
  let count: Int
  /// The power of two.
  let threadsAcross: Int
  /// Blocks across a row.
  let columns: Int
  /// What the kernel's name ends in.
  let suffix: String

  /// Of rows of `width` elements in tensors of one type; `flags` have as many bytes.
  init(_ width: Int, of tensors: [Tensor], flags: Tensor? = nil) {
    for tensor in tensors { _ = tensor.kernelType(as: tensors[0]) }
    let most = 16 / tensors[0].dtype.size
    let isWide =
      width % most == 0 && tensors.allSatisfy { $0.isAligned(to: 16) } && flags?.isAligned(to: most) ?? true
    elements = isWide ? most : 1
    count = width / elements
    threadsAcross = min(5, Int.bitWidth - max(0, count - 1).leadingZeroBitCount)
    columns = blocks(count, per: 1 << threadsAcross)
    suffix = (isWide ? "wide_" : "") + tensors[0].suffix
  }

  /// Blocks down so many rows, where each thread takes one.
  func rowBlocks(_ rows: Int) -> Int { blocks(rows, per: 256 >> threadsAcross) }
}

extension Tensor {
  /// Whether the first element lies at a multiple of so many bytes.
  func isAligned(to bytes: Int) -> Bool { UInt(bitPattern: pointer(UInt8.self)) % UInt(bytes) == 0 }
}
