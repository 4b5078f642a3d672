public import SubCore
public import SubData

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
