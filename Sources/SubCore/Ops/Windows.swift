/// Windows of grids of pixels for attention (Liu et al. 2021), by index: nothing is rolled, cut or padded in memory.
///
/// A grid of H × W pixels is shifted cyclically by `shift` and cut into windows. Where windows do not fill it, they reach
/// beyond its end, as in timm. Pixels that only the shift has made neighbours do not see each other.
public struct Windows {
  /// The windows as sequences, row-major over samples, windows, and the places of a window.
  public let segments: Segments
  /// The rows of the grids themselves: samples · H · W.
  public let gridRows: Int
  /// Whether windows reach beyond the grid.
  public let hasOutside: Bool
  /// The row of the grids at every place, -1 outside.
  package var places: [Int32] { rowList }
  /// i32 [segments.rows]: the row of the grids at every place, -1 outside.
  let rows: Tensor
  /// The same on the host.
  let rowList: [Int32]
  /// The regions of one sample's places; nil: all of a window see each other.
  package let regionList: [UInt8]?
  /// u8 [segments.rows]; nil: all of a window see each other.
  let regions: Tensor?

  /// Windows of the grids of `samples`.
  public init(
    samples: Int, grid: (height: Int, width: Int), window: (height: Int, width: Int),
    shift: (height: Int, width: Int) = (0, 0), on device: Device
  ) {
    let (down, across) = (
      Axis(length: grid.height, window: window.height, shift: shift.height),
      Axis(length: grid.width, window: window.width, shift: shift.width)
    )
    let (area, perSample) = (window.height * window.width, down.places.count * across.places.count)
    var (rows, regions): ([Int32], [UInt8]) = ([], [])
    rows.reserveCapacity(samples * perSample)
    regions.reserveCapacity(perSample)
    for top in stride(from: 0, to: down.places.count, by: window.height) {
      for left in stride(from: 0, to: across.places.count, by: window.width) {
        for i in down.places[top..<top + window.height] {
          for j in across.places[left..<left + window.width] {
            rows.append(i.pixel < 0 || j.pixel < 0 ? -1 : Int32(i.pixel * grid.width + j.pixel))
            regions.append(UInt8(3 * i.band + j.band))
          }
        }
      }
    }
    hasOutside = rows.contains(-1)
    gridRows = samples * grid.height * grid.width
    segments = Segments(count: samples * perSample / area, length: area, on: device)
    let all = (0..<samples).flatMap { sample in
      rows.map { $0 < 0 ? -1 : $0 + Int32(sample * grid.height * grid.width) }
    }
    rowList = all
    self.rows = Tensor(HostArray(all, shape: [all.count]), on: device)
    regionList = shift == (0, 0) ? nil : regions
    let marks = shift == (0, 0) ? [] : (0..<samples).flatMap { _ in regions }
    self.regions = marks.isEmpty ? nil : Tensor(HostArray(marks, shape: [marks.count], dtype: .u8), on: device)
  }

  /// The places of one side of the windows: which pixel stands there (-1: none), and which side of the seam it is on.
  private struct Axis {
    let places: [(pixel: Int, band: Int)]

    init(length: Int, window: Int, shift: Int) {
      precondition(length > 0 && window > 0 && shift >= 0 && shift < window, "Windows: \(length), \(window), \(shift)")
      let count = (length + window - 1) / window * window
      places = (0..<count).map { place in
        let band = shift == 0 || place < count - window ? 0 : place < count - shift ? 1 : 2
        return (place < length ? (place + shift) % length : -1, band)
      }
    }
  }
}

extension Tensor {
  /// Self-attention within windows: rows of grids [..., 3D], query, key and value side by side → [..., D] in the same
  /// order of rows. `options.bias` is [heads, places, places]. Places outside the grid are seen as keys with the row
  /// `outside` [3D] (what the projection makes of zeros: its bias); nil: of zeros.
  public func selfAttention(_ windows: Windows, _ options: AttentionOptions, outside: Tensor? = nil) -> Tensor {
    let width = shape.columns / 3
    precondition(
      shape.columns == 3 * width && shape.rows == windows.gridRows,
      "selfAttention: qkv \(shape), windows over \(windows.gridRows) rows")
    precondition(options.keyMask == nil && !options.causal, "selfAttention: windows have neither order nor hidden keys")
    precondition(
      outside == nil || outside!.count == 3 * width, "selfAttention: qkv \(shape), outside \(outside!.shape)")
    var call = AttentionCall(packed: detached(), windows.segments, options)
    call.rows = windows.rows
    call.rowList = windows.rowList
    call.regions = windows.regions
    call.outside = windows.hasOutside ? outside?.detached() : nil
    return attend(call, options.bias, windows.hasOutside ? outside : nil)
  }
}
