public import SubCore

/// Tensors in memory, for what takes those of a file.
public struct HeldTensors: NamedTensors {
  public let place = "memory"
  public let names: [String]
  private let arrays: [String: HostArray]

  /// Tensors in their order; of one name the first.
  public init(_ tensors: [(name: String, array: HostArray)]) {
    names = tensors.map(\.name)
    arrays = Dictionary(tensors, uniquingKeysWith: { first, _ in first })
  }

  public func info(named name: String) throws -> TensorInfo {
    let array = try array(named: name)
    return TensorInfo(dtype: array.dtype, shape: array.shape)
  }

  public func array(named name: String) throws -> HostArray {
    guard let array = arrays[name] else { throw unknown(name) }
    return array
  }
}
