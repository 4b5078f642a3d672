/// Where tensors live. Every device is a folder under `Backend/` and a case here.
public enum Device: String, Sendable, CaseIterable, CustomStringConvertible {
  /// Plain loops in Swift, f32 or f64: the oracle of every other device.
  case reference
  /// oneDNN and the C kernels.
  case cpu

  /// The devices that can be used in this process.
  public static var available: [Device] { allCases }

  var backend: any Backend {
    switch self {
    case .reference: ReferenceBackend()
    case .cpu: CPUBackend()
    }
  }

  public var description: String { rawValue }
}
