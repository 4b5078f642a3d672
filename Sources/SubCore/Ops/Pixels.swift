extension Tensor {
  /// The numbers that a batch of bytes stands for, [N, 3, H, W], made by the device: f32 unless told otherwise. Every number is
  /// the table's, or the noise's, or a mixture of two that is rounded in f32: the same bits on every device.
  public init(_ pixels: PixelBatch, dtype: DType = .f32, on device: Device) {
    self.init([pixels], dtype: dtype, on: device)
  }

  /// The same of batches of pictures of one size, one behind the other; each is mixed by itself. There is at least one.
  public init(_ parts: [PixelBatch], dtype: DType = .f32, on device: Device) {
    guard let first = parts.first else { preconditionFailure("Tensor: pixels of no batch") }
    precondition(
      parts.allSatisfy { $0.height == first.height && $0.width == first.width }, "Tensor: pictures of unequal size")
    let picture = [3, first.height, first.width]
    self.init(uninitialized: Shape([parts.reduce(0) { $0 + $1.count }] + picture), dtype: dtype, on: device)
    var start = 0
    for part in parts {
      backend.normalizePixels(part, into: slice(from: start, shape: Shape([part.count] + picture)))
      start += part.count * picture.reduce(1, *)
    }
  }
}
