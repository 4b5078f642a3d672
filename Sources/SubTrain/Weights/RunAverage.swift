package import SubCore
package import SubData

/// The tensors of a checkpoint with the average of the weights in their place, under the names of the weights' file.
package struct RunAverage: NamedTensors {
  private let source: any NamedTensors
  private let averages: [String: HostArray]

  /// The weights of a recognised file with those of `path`, the average that the run kept. Tensors without an average stay.
  package init(_ weights: Weights, of family: any ModelFamily, averagedIn path: String) throws {
    source = weights.source
    let average = try family.recognised(Safetensors.open(path))
    let names = try family.tensorNames(of: weights).filter { weights.contains($0) && average.contains($0) }
    let written = try WeightNames(weights, loaded: names)
    var averages: [String: HostArray] = [:]
    for name in names {
      for tensor in written.tensors(name, try average.array(named: name)) { averages[tensor.name] = tensor.array }
    }
    self.averages = averages
  }

  package var names: [String] { source.names }
  package var place: String { source.place }
  package var metadata: [(key: String, value: String)] { source.metadata }
  package var remarks: [String] { source.remarks }
  package func info(named name: String) throws -> TensorInfo {
    guard let array = averages[name] else { return try source.info(named: name) }
    return TensorInfo(dtype: array.dtype, shape: array.shape)
  }
  package func array(named name: String) throws -> HostArray {
    try averages[name] ?? source.array(named: name)
  }
}
