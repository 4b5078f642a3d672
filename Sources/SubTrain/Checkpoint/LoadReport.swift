public import SubCore
public import SubData

/// What became of every tensor of a checkpoint and every parameter of a model, all of it at once.
public struct LoadReport: Sendable, Equatable {
  /// Parameters that took their values from the file.
  public var loaded: [String] = []
  /// Parameters whose values were fitted to another size, and how.
  public var resized: [String] = []
  /// Tensors of the file that the model has no use for, as expected.
  public var dropped: [String] = []
  /// Parameters that start anew, as expected (a classifier).
  public var made: [String] = []
  /// Parameters that should have been in the file.
  public var missing: [String] = []
  /// Tensors of the file that nobody expects.
  public var unexpected: [String] = []
  /// Tensors of the wrong shape, with both shapes.
  public var misshaped: [String] = []

  /// The file's name of every loaded parameter, to write weights back as they came.
  public var fileNames: [String: String] = [:]

  /// An empty report.
  public init() {}

  /// Throws one error that names every missing, unexpected and mis-shaped tensor.
  public func check(_ place: String) throws {
    let faults = [("missing", missing), ("unexpected", unexpected), ("of another shape", misshaped)]
      .filter { !$0.1.isEmpty }
      .map { "\($0.1.count) \($0.0): \($0.1.prefix(12).joined(separator: ", "))\($0.1.count > 12 ? ", …" : "")" }
    guard faults.isEmpty else {
      throw InputError(
        "the weights do not fit the model; " + faults.joined(separator: "; "), at: place,
        cure: "give weights of this architecture and size (masksub inspect shows what a file holds)")
    }
  }

  /// One line for the log.
  public var summary: String {
    [
      ("loaded", loaded), ("resized", resized), ("newly made", made), ("not used", dropped),
    ].filter { !$0.1.isEmpty }.map { "\($0.1.count) \($0.0)" }.joined(separator: ", ")
  }

  /// The summary, and a line each that names what was not simply loaded.
  public var details: [String] {
    [summary]
      + [("resized", resized), ("newly made", made), ("not used", dropped)].filter { !$0.1.isEmpty }
      .map { "\($0.0): \($0.1.prefix(8).joined(separator: ", "))\($0.1.count > 8 ? ", …" : "")" }
  }
}

extension NamedTensors {
  /// Throws where a description beside the weights claims a far larger model than they can fill: a model is never made
  /// larger than its file. What differs in detail, loading reports tensor by tensor.
  public func checkFilling(_ claimed: Double, claimedAt place: String) throws {
    var held = 0.0
    for name in names { held += try Double(info(named: name).count) }
    // A new head is always allowed.
    guard claimed > 2 * held + 1e6 else { return }
    throw InputError(
      "the configuration is that of a model of \((claimed / 1e6).fixed(0)) million weights, the file holds "
        + "\((held / 1e6).fixed(0)) million", at: place,
      cure: "give the configuration that belongs to the weights")
  }
}

extension ParameterSet {
  /// Copies tensors of a file into parameters of the same names, and reports on all of them.
  ///
  /// - Parameters:
  ///   - rename: the parameter's name for a tensor's name; nil where the tensor is known and not wanted.
  ///   - startsAnew: whether a parameter may be absent from the file, or there in another shape.
  ///   - key: starts those that are.
  public func load(
    _ source: some NamedTensors, rename: (String) -> String?, startsAnew: (String) -> Bool = { _ in false },
    key: RandomKey = RandomKey(seed: 0)
  ) throws -> LoadReport {
    var report = LoadReport()
    var byName: [String: Parameter] = [:]
    for parameter in parameters { byName[parameter.name] = parameter }
    var pending: [(Parameter, String)] = []
    for name in source.names {
      guard let target = rename(name) else {
        report.dropped.append(name)
        continue
      }
      guard let parameter = byName[target] else {
        report.unexpected.append(name)
        continue
      }
      let info = try source.info(named: name)
      guard info.shape == parameter.shape.dimensions else {
        if startsAnew(target) {
          report.dropped.append(name)
        } else {
          report.misshaped.append("\(name) \(info.shape), the model's is \(parameter.shape)")
          byName[target] = nil
        }
        continue
      }
      pending.append((parameter, name))
      byName[target] = nil
    }
    for parameter in parameters where byName[parameter.name] != nil {
      if startsAnew(parameter.name) {
        report.made.append(parameter.name)
        parameter.initialize(key.fold(parameter.name))
      } else {
        report.missing.append(parameter.name)
      }
    }
    try report.check(source.place)
    for (parameter, name) in pending {
      let array = try source.array(named: name)
      guard array.dtype.isFloating else {
        throw InputError(
          "a weight of type \(array.dtype)", at: "\(source.place), tensor '\(name)'", cure: "store weights as floats")
      }
      parameter.value.write(array)
      report.loaded.append(parameter.name)
      report.fileNames[parameter.name] = name
    }
    return report
  }
}
