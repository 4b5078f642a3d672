/// The type of activations and of what products read. Weights, their gradients and moments, statistics, losses and sums
/// are f32 in either.
public enum Precision: String, Sendable, CaseIterable {
  /// Everything in f32.
  case fp32
  /// Activations and their gradients, saved tensors, and a shadow of the weights in bf16.
  case bf16
  /// Everything in f32, but that a CUDA device's matrix units take the leading 10 bits of what products read.
  case tf32

  /// The type of the weights' shadow; nil: products read the weights themselves.
  var shadow: DType? { self == .bf16 ? .bf16 : nil }

  /// Throws a usage error where a device does not compute so.
  public func check(on device: Device) throws(InputError) {
    guard self == .tf32 && device.kind != DeviceKind.cuda.name else { return }
    throw InputError(
      "tf32 is a rounding of NVIDIA's matrix units, which \(device) has none of", at: "--precision \(rawValue)",
      cure: "use fp32, or bf16 where doctor says that the processor multiplies it, or --device cuda", isUsage: true)
  }
}
