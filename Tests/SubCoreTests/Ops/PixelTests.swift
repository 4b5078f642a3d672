import Testing

@testable import SubCore

/// Bytes of pictures as numbers: the same bits on every device, those that the description says.
struct PixelTests {
  private let key = RandomKey(seed: 11)

  private func batch(_ count: Int, _ height: Int, _ width: Int, _ erased: [ErasedArea], _ mixing: PixelMixing)
    -> PixelBatch
  {
    let bytes = (0..<count * height * width * 3).map { UInt8(key.integer(below: 256, at: $0)) }
    return PixelBatch(
      bytes: HostArray(bytes, shape: [count, height, width, 3], dtype: .u8),
      table: (0..<768).map { (Float($0 % 256) / 255 - 0.4) / (0.2 + Float($0 / 256)) }, erased: erased,
      noise: (0..<erased.reduce(0) { $0 + $1.count }).map { Float(key.normal(at: $0)) }, mixing: mixing)
  }

  /// A number by the description.
  private func number(_ x: PixelBatch, _ picture: Int, _ channel: Int, _ row: Int, _ column: Int, isMixed: Bool = true)
    -> Float
  {
    let byte = x.bytes.elements(UInt8.self)[((picture * x.height + row) * x.width + column) * 3 + channel]
    var (own, first) = (x.table[256 * channel + Int(byte)], 0)
    for area in x.erased {
      if area.picture == picture, area.rows.contains(row), area.columns.contains(column) {
        let place = (channel * area.rows.count + row - area.rows.lowerBound) * area.columns.count
        own = x.noise[first + place + column - area.columns.lowerBound]
      }
      first += area.count
    }
    guard isMixed else { return own }
    func partner() -> Float { number(x, x.count - 1 - picture, channel, row, column, isMixed: false) }
    switch x.mixing {
    case .none: return own
    case .blend(let weight, let other): return own * weight + partner() * other
    case .cut(let rows, let columns): return rows.contains(row) && columns.contains(column) ? partner() : own
    }
  }

  @Test(arguments: [(4, 6, 8), (3, 5, 7), (1, 3, 4), (0, 3, 4)])
  func `numbers are the description's, bit by bit`(_ count: Int, _ height: Int, _ width: Int) {
    let areas = [
      ErasedArea(picture: 0, rows: 1..<height, columns: 0..<3),
      ErasedArea(picture: 2, rows: 0..<2, columns: width / 2..<width),
    ].filter { $0.picture < count }
    let mixings: [PixelMixing] = [
      .none, .blend(own: 0.3, other: 0.7), .cut(rows: 1..<3, columns: 2..<width - 1), .cut(rows: 0..<0, columns: 1..<3),
    ]
    for erased in [[], areas] {
      for mixing in mixings {
        let pixels = batch(count, height, width, erased, mixing)
        var expected: [Float] = []
        for place in 0..<count * 3 * height * width {
          let (picture, rest) = (place / (3 * height * width), place % (3 * height * width))
          expected.append(
            number(pixels, picture, rest / (height * width), rest / width % height, rest % width))
        }
        for device in Device.tested + [.reference] {
          let found = Tensor(pixels, on: device)
          #expect(found.shape == [count, 3, height, width])
          #expect(
            found.floats().map(\.bitPattern) == expected.map(\.bitPattern), "\(mixing), \(erased.count) on \(device)")
        }
      }
    }
  }

  /// Batches go to a device while it computes: none may be read before it has come, nor overtaken by the next.
  @Test func `batches one behind the other stay apart`() {
    for device in Device.tested {
      let batches = (0..<5).map { number in
        let bytes = [UInt8](repeating: UInt8(40 * number + 7), count: 2 * 16 * 16 * 3)
        return PixelBatch(
          bytes: HostArray(bytes, shape: [2, 16, 16, 3], dtype: .u8), table: (0..<768).map { Float($0 % 256) })
      }
      let tensors = batches.map { Tensor($0, on: device) }
      for (number, tensor) in tensors.enumerated() {
        #expect(
          tensor.floats() == Array(repeating: Float(40 * number + 7), count: tensor.count), "\(number) on \(device)")
      }
      // A larger one takes another place.
      let large = Tensor(batch(3, 32, 48, [], .none), on: device)
      #expect(large.floats().allSatisfy { $0.isFinite } && tensors[4].floats()[0] == 167)
    }
  }
}
