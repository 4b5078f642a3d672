internal import CCudaKernels
import Synchronization

extension CUDABackend {
  func sumOfSquares(_ parts: [Tensor], into sum: Tensor) {
    var (rows, tiles): ([ms_squares_part], Int) = ([], 0)
    for part in parts where part.count > 0 {
      rows.append(ms_squares_part(x: part.floatPointer, count: Int64(part.count), first_tile: Int64(tiles)))
      tiles += blocks(part.count, per: MS_SQUARES_TILE)
    }
    let table = optimizerTables.table(rows, on: sum.device)
    let partial = sum.like([tiles])
    let call = ms_sum_of_squares(
      parts: table.pointer(ms_squares_part.self), partial: partial.pointer(Double.self), sum: sum.scalarPointer,
      part_count: Int32(rows.count), tiles: Int32(tiles))
    withExtendedLifetime((table, partial)) {
      launch(.optimizers, "sum_of_squares_parts", blocks: tiles, threads: 256, shared: 8 * 8, call)
      launch(.optimizers, "sum_of_squares_total", blocks: 1, threads: 1024, shared: 32 * 8, call)
    }
  }

  func adamW(_ rates: AdamRates, _ segments: [UpdateSegment], _ memory: OptimizerMemory) {
    hold()
    defer { letGo() }
    let (table, count, tiles) = table(segments, on: memory.p.device)
    withExtendedLifetime(table) {
      launch(
        .optimizers, "adamw_update", blocks: tiles, threads: 256,
        ms_adamw(
          segments: table.pointer(ms_update_segment.self), p: memory.p.floatPointer, m: memory.m.floatPointer,
          v: memory.v.floatPointer, g: memory.g.floatPointer, shadow: memory.shadow?.shadowPointer,
          factor: rates.factor?.scalarPointer, rates: value(rates.changing), beta1: Float(rates.beta1),
          rest1: Float(1 - rates.beta1), beta2: Float(rates.beta2), rest2: Float(1 - rates.beta2),
          epsilon: Float(rates.epsilon), segment_count: count))
    }
  }

  func sgd(_ rates: SGDRates, _ segments: [UpdateSegment], p: Tensor, g: Tensor, sum: Tensor?, shadow: Tensor?) {
    hold()
    defer { letGo() }
    let (table, count, tiles) = table(segments, on: p.device)
    withExtendedLifetime(table) {
      launch(
        .optimizers, "sgd_update", blocks: tiles, threads: 256,
        ms_sgd(
          segments: table.pointer(ms_update_segment.self), p: p.floatPointer, sum: sum?.floatPointer,
          g: g.floatPointer, shadow: shadow?.shadowPointer, factor: rates.factor?.scalarPointer,
          lr: value(rates.lr), momentum: Float(rates.momentum), nesterov: rates.isNesterov ? 1 : 0, segment_count: count
        ))
    }
  }

  /// The segments on the device, their number, and the blocks that they take.
  private func table(_ segments: [UpdateSegment], on device: Device) -> (table: Tensor, count: Int32, tiles: Int) {
    var (rows, tiles): ([ms_update_segment], Int) = ([], 0)
    for segment in segments where segment.count > 0 {
      rows.append(
        ms_update_segment(
          offset: Int64(segment.offset), count: Int64(segment.count), first_tile: Int64(tiles),
          lr_scale: segment.lrScale, weight_decay: segment.weightDecay, row: Int64(segment.table?.row ?? 0),
          touched: segment.table?.touched.flagPointer, ever: segment.table?.ever.flagPointer))
      tiles += blocks(segment.count, per: MS_UPDATE_TILE)
    }
    return (optimizerTables.table(rows, on: device), Int32(rows.count), tiles)
  }

  func lamb(_ rates: AdamRates, lrScale: Double, weightDecay: Double, _ memory: OptimizerMemory) {
    hold()
    defer { letGo() }
    let count = min(MS_LAMB_BLOCKS, blocks(memory.p.count, per: 4 * 256))
    let partial = weightDecay == 0 ? nil : memory.p.like([2 * count], dtype: .f64)
    let call = ms_lamb(
      p: memory.p.floatPointer, m: memory.m.floatPointer, v: memory.v.floatPointer, g: memory.g.floatPointer,
      factor: rates.factor?.scalarPointer, partial: partial?.pointer(Double.self),
      rates: value(rates.changing), lr_scale: lrScale, count: Int64(memory.p.count), beta1: Float(rates.beta1),
      rest1: Float(1 - rates.beta1), beta2: Float(rates.beta2), rest2: Float(1 - rates.beta2),
      epsilon: Float(rates.epsilon), weight_decay: Float(weightDecay), blocks: Int32(count))
    withExtendedLifetime(partial) {
      launch(.optimizers, "lamb_moments", blocks: count, threads: 256, shared: 8 * 8, call)
      if partial != nil { launch(.optimizers, "lamb_step", blocks: count, threads: 256, shared: 8 * 8, call) }
    }
  }

  func average(_ values: Tensor, decay: Double, into average: Tensor) {
    hold()
    defer { letGo() }
    launch(
      .optimizers, "moving_average", blocks: blocks(average.count, per: 4 * 256), threads: 256,
      ms_moving_average(
        x: values.floatPointer, average: average.floatPointer, count: Int64(average.count), decay: value(Float(decay))))
  }
}

extension AdamRates {
  fileprivate var changing: ms_adam_rates {
    ms_adam_rates(lr: lr, correction1: correction1, root: 1 / correction2.squareRoot())
  }
}

extension Tensor {
  /// A shadow's bf16 memory.
  fileprivate var shadowPointer: UnsafeMutableRawPointer {
    precondition(dtype == .bf16, "cuda: \(dtype) where a bf16 shadow is written")
    return rawPointer
  }
}

/// What kernels over many pieces of memory read about them. It is the same at every update: uploaded when it is new,
/// and kept.
final class OptimizerTables: Sendable {
  /// Nobody writes the tensor, so that every thread may read it.
  private struct Kept: @unchecked Sendable {
    let words: [UInt64]
    let tensor: Tensor
  }

  private let kept = Mutex<[Kept]>([])

  /// The rows on a device, whose members are all of 8 bytes: addresses, counts, rates.
  func table<Row: BitwiseCopyable>(_ rows: [Row], on device: Device) -> Tensor {
    let words = rows.withUnsafeBytes { bytes in
      (0..<bytes.count / 8).map { bytes.load(fromByteOffset: 8 * $0, as: UInt64.self) }
    }
    if let found = kept.withLock({ kept in kept.first { $0.words == words } }) { return found.tensor }
    let tensor = Tensor(uninitialized: [8 * words.count], dtype: .u8, on: device)
    words.withUnsafeBytes { device.backend.upload($0, to: tensor) }
    let made = Kept(words: words, tensor: tensor)
    // A run has two: the optimizer's and the norm's.
    kept.withLock { kept in
      if kept.count >= 16 { kept.removeFirst() }
      kept.append(made)
    }
    return tensor
  }
}
