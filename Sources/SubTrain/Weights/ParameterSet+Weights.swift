public import SubCore
import SubData

extension ParameterSet {
  /// Starts parameters from streams of the names under which they are published, each part of a joined one from its own:
  /// how a model names and packs them here leaves no trace in a run.
  public func start(_ names: Set<String>? = nil, from key: RandomKey, _ naming: Naming) {
    for parameter in parameters where names?.contains(parameter.name) ?? true {
      let parts = naming.names(of: parameter.name)
      let rows = parts.count > 1 ? parameter.shape[0] / parts.count : 0
      for (part, name) in parts.enumerated() {
        parameter.initialize(key.fold(name), rows: parts.count > 1 ? part * rows..<(part + 1) * rows : nil)
      }
    }
  }

  /// Puts a file's tensors into parameters and buffers; what it does not give, as far as `plan` allows that, is started
  /// from `key`. Throws one `InputError` naming all that is missing, unexpected or of another shape; nothing has been written
  /// then.
  ///
  /// - Parameter published: the naming whose names the streams of new parameters have.
  public func load(
    _ weights: Weights, _ plan: LoadPlan = LoadPlan(), startingFrom key: RandomKey, _ published: Naming
  ) throws -> LoadReport {
    var report = LoadReport(weights)
    var (writes, started): ([(tensor: Tensor, array: HostArray)], Set<String>) = ([], [])
    var (used, loaded): (Set<String>, [String]) = ([], [])
    for (name, tensor) in parameters.map({ ($0.name, $0.value) }) + buffers.map({ ($0.name, $0.value) }) {
      let (fileNames, wanted) = (weights.fileNames(of: name), tensor.shape.dimensions)
      let shown = fileNames.joined(separator: " + ")
      guard !plan.starts(name), let shape = try weights.shape(of: name) else {
        if plan.starts(name) || plan.mayStart(name) {
          started.insert(name)
          report.made += weights.newNames(of: name)
        } else {
          report.missing.append(shown)
        }
        continue
      }
      if let rows = plan.rows(of: name),
        shape.first.map({ count in rows.allSatisfy { (0..<count).contains($0) } }) == true,
        Self.bare([rows.count] + shape.dropFirst()) == Self.bare(wanted)
      {
        writes.append((tensor, try weights.array(named: name).rows(rows).reshaped(wanted)))
        report.resized.append("\(shown) \(shape) → \(wanted), by rows")
      } else if Self.bare(shape) == Self.bare(wanted) {
        writes.append((tensor, try weights.array(named: name).reshaped(wanted)))
        report.loaded += fileNames
      } else if let fitted = try plan.fitting(name)?.fitted(weights.array(named: name), from: shape, to: wanted) {
        writes.append((tensor, fitted))
        report.resized.append("\(shown) \(shape) → \(wanted)")
      } else {
        report.misshaped.append("\(shown) \(shape), the model's is \(wanted)")
      }
      used.formUnion(fileNames)
      loaded.append(name)
    }
    // What starts anew although the file holds it is left out knowingly.
    let replaced = Set(started.flatMap { weights.fileNames(of: $0) })
    for name in weights.source.names where !used.contains(name) {
      if replaced.contains(name) || weights.isKnown(name) {
        report.dropped.append(name)
      } else {
        report.unexpected.append(name)
      }
    }
    try report.check()
    for (tensor, array) in writes { tensor.write(array) }
    start(started, from: key, published)
    report.names = try WeightNames(weights, loaded: loaded)
    return report
  }

  /// Writes all parameters and buffers to a safetensors file.
  public func write(to path: String, _ names: WeightNames) throws {
    let arrays = parameters.map { ($0.name, $0.value.host()) } + buffers.map { ($0.name, $0.value.host()) }
    try Safetensors.write(names.tensors(arrays), metadata: [("format", "pt")], to: path)
  }

  /// A shape without axes of length 1.
  private static func bare(_ shape: [Int]) -> [Int] { shape.filter { $0 != 1 } }
}
