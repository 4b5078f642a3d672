import SubCore

extension Moments {
  /// `updates`, and `first.NAME` and `second.NAME` for every parameter.
  func state(of set: ParameterSet, updates: Int) -> [(name: String, array: HostArray)] {
    [("updates", HostArray([Int64(updates)], shape: [1]))]
      + set.parameters.flatMap { parameter in
        [
          ("first." + parameter.name, set.view(of: parameter, in: first).host()),
          ("second." + parameter.name, set.view(of: parameter, in: second).host()),
        ]
      }
  }

  /// Puts a state back and returns the number of updates.
  func restore(to set: ParameterSet, _ array: (String) throws -> HostArray) throws -> Int {
    for parameter in set.parameters {
      for (prefix, arena) in [("first.", first), ("second.", second)] {
        let values = try array(prefix + parameter.name)
        guard values.shape == parameter.shape.dimensions else {
          throw InputError(
            "optimizer state of shape \(values.shape), the model's is \(parameter.shape)", at: prefix + parameter.name,
            cure: "resume with the model that wrote the checkpoint")
        }
        set.view(of: parameter, in: arena).write(values)
      }
    }
    markAllTouched()
    return try array("updates").integers().first ?? 0
  }
}
