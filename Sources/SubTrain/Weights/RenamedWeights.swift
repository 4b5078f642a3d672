package import SubCore
package import SubData

/// A file's tensors under the names of another naming, read one at a time.
package struct RenamedWeights: NamedTensors {
  package let names: [String]
  /// Tensors that have no name or no place there.
  package let dropped: [String]
  private let weights: Weights
  private let target: WeightNames
  private let origins: [String: Origin]

  /// Where a tensor comes from.
  private struct Origin: Sendable {
    let info: TensorInfo
    /// The model's name, of which this is a part; nil: the file's tensor `fileName` as it is.
    let name: String?
    let fileName: String
  }

  /// Renames the tensors of a recognised file. What no model has keeps its name, but for the prefix, where both
  /// namings are of one dialect.
  package init(_ weights: Weights, of family: any ModelFamily, to target: WeightNames) throws {
    (self.weights, self.target) = (weights, target)
    var (used, names, dropped): (Set<String>, [String], [String]) = ([], [], [])
    var origins: [String: Origin] = [:]
    for name in try family.tensorNames(of: weights) {
      guard let info = try weights.info(of: name) else { continue }
      used.formUnion(weights.fileNames(of: name))
      guard !target.naming.lacks(name) else {
        dropped += weights.fileNames(of: name)
        continue
      }
      let parts = target.names(of: name).count
      guard parts == 1 || !info.shape.isEmpty && info.shape[0] % parts == 0 else {
        throw weights.failure("shape \(info.shape) cannot be cut into \(parts)", name, cure: "get the file again")
      }
      for (fileName, shape) in target.shapes(name, info.shape) {
        names.append(fileName)
        origins[fileName] = Origin(
          info: TensorInfo(dtype: info.dtype, shape: shape), name: name, fileName: fileName)
      }
    }
    for name in weights.source.names where !used.contains(name) {
      // What stands beside the model, not in it, has no such prefix.
      let isWithin = name.hasPrefix(weights.prefix)
      let kept = isWithin ? target.prefix + name.dropFirst(weights.prefix.count) : name
      if target.naming.dialect == weights.naming.dialect, origins[kept] == nil {
        names.append(kept)
        origins[kept] = Origin(info: try weights.source.info(named: name), name: nil, fileName: name)
      } else {
        dropped.append(name)
      }
    }
    (self.names, self.dropped, self.origins) = (names, dropped, origins)
  }

  package var place: String { weights.place }
  package var metadata: [(key: String, value: String)] { weights.source.metadata }

  package func info(named name: String) throws -> TensorInfo { try origin(name).info }

  package func array(named name: String) throws -> HostArray {
    let origin = try origin(name)
    guard let own = origin.name else { return try weights.source.array(named: origin.fileName) }
    return target.tensors(own, try weights.array(named: own)).first { $0.name == name }!.array
  }

  private func origin(_ name: String) throws -> Origin {
    guard let origin = origins[name] else { throw unknown(name) }
    return origin
  }
}
