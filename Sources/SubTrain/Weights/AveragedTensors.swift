public import SubCore
public import SubData

/// Several checkpoints of one model as one: every tensor is their weighted mean, in double precision, and of the type that
/// it has in all of them. The average of models trained from one start (Wortsman et al. 2022, model soups), and, with
/// factors below 0 or above 1, points on the line through two.
public struct AveragedTensors: NamedTensors {
  public let place: String
  public let remarks: [String]
  public var names: [String] { sources[0].names }
  public var metadata: [(key: String, value: String)] { sources[0].metadata }

  private let sources: [any NamedTensors]
  private let factors: [Double]

  /// The mean of some checkpoints by factors that sum to 1; nil: all alike. Throws where they are not of one model.
  public init(_ sources: [any NamedTensors], by factors: [Double]? = nil) throws {
    precondition(!sources.isEmpty && factors?.count ?? sources.count == sources.count, "AveragedTensors: factors")
    self.sources = sources
    self.factors = factors ?? sources.map { _ in 1 / Double(sources.count) }
    place = sources.map(\.place).joined(separator: ", ")
    let first = sources[0]
    let known = Set(first.names)
    for other in sources.dropFirst() {
      let names = Set(other.names)
      guard names == known else {
        let missing = known.subtracting(names).sorted() + names.subtracting(known).sorted()
        throw InputError(
          "it has other tensors than \(first.place): \(missing.prefix(6).joined(separator: ", "))"
            + (missing.count > 6 ? ", … (\(missing.count))" : ""), at: other.place,
          cure: "average checkpoints of one model (convert --names gives them the same names)")
      }
      for name in first.names {
        let (ours, theirs) = (try first.info(named: name), try other.info(named: name))
        guard ours == theirs else {
          throw InputError(
            "\(name) is \(theirs.dtype) \(theirs.shape), in \(first.place) \(ours.dtype) \(ours.shape)",
            at: other.place, cure: "average checkpoints of one model")
        }
      }
    }
    let counters = try first.names.filter { name in
      guard try !first.info(named: name).dtype.isFloating else { return false }
      let own = try first.array(named: name).withBytes { Array($0) }
      return try sources.contains { try $0.array(named: name).withBytes { Array($0) } != own }
    }
    let title =
      "the mean of \(sources.count) checkpoints, by \(self.factors.map { $0.fixed(4) }.joined(separator: ", "))"
    remarks =
      sources.flatMap(\.remarks) + [title]
      + (counters.isEmpty
        ? []
        : ["\(counters.count) tensors of whole numbers differ, those of the first are kept: \(counters[0]), …"])
  }

  public func info(named name: String) throws -> TensorInfo { try sources[0].info(named: name) }

  public func array(named name: String) throws -> HostArray {
    let first = try sources[0].array(named: name)
    guard first.dtype.isFloating else { return first }
    var sum = first.doubles().map { $0 * factors[0] }
    for (source, factor) in zip(sources, factors).dropFirst() {
      for (index, value) in try source.array(named: name).doubles().enumerated() { sum[index] += factor * value }
    }
    return HostArray(sum, shape: first.shape, dtype: .f64).floating(as: first.dtype)
  }
}
