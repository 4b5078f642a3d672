extension Tensor {
  /// The numbers that a batch of bytes stands for, [N, 3, H, W], made by the device: f32 unless told otherwise. Every number is
  /// the table's, or the noise's, or a mixture of two that is rounded in f32: the same bits on every device.
  public init(_ pixels: PixelBatch, dtype: DType = .f32, on device: Device) {
    self.init(uninitialized: [pixels.count, 3, pixels.height, pixels.width], dtype: dtype, on: device)
    backend.normalizePixels(pixels, into: self)
  }
}
