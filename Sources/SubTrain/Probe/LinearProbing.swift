public import SubCore
import SubData

/// A linear probe of a network: what its classifier reads of every sample, computed once, and a new classifier on that by
/// logistic regression. What the features are worth without training the network on.
///
/// The strength of the penalty is searched as CLIP's evaluation does it: on a fifth of the training samples, which then
/// serve to fit the classifier with all others.
public protocol LinearProbing {
  /// The network and its data in words.
  var title: String { get }
  /// What has to be said of both, in a line each.
  var details: [String] { get }
  /// The number of classes.
  var classes: Int { get }
  /// Where it computes.
  var device: Device { get }
  /// What the classifier reads of the training samples, and of each part of those for evaluation.
  func features(_ note: (String) -> Void) throws -> (training: ProbeFeatures, evaluated: [ProbeFeatures])
  /// What logits, row-major, are worth: those of a part of what is evaluated.
  func metrics(_ logits: [Float], part: Int, labels: [Int]) -> [(name: String, value: Double)]
  /// Puts a classifier into the network.
  func put(_ head: LinearProbe.Head)
  /// Writes the network with its new classifier: a folder that `--from` takes.
  func write(to folder: String) throws
}

extension LinearProbing {
  /// The share of the training samples by which the strength is chosen.
  private static var searched: Double { 0.2 }

  /// Runs the probe and puts the classifier into the network. `strength`: scikit-learn's C; nil: it is searched.
  public func callAsFunction(strength: Double? = nil, note: (String) -> Void = { _ in }) throws -> ProbeResult {
    let began = WallClock.seconds()
    let (training, evaluated) = try features(note)
    let computed = WallClock.seconds()
    let counts = ([training] + evaluated).map { "\($0.labels.count)" }
    note("\(counts.joined(separator: " and ")) features of \(training.values.shape[1])")
    var sweep = StrengthSweep()
    let best = try strength ?? search(training, &sweep, note)
    let head = try LinearProbe(training.values, labels: training.labels, classes: classes, on: device)
      .fit(strength: best)
    if !head.hasConverged { note("the fit at C \(best) ended after \(head.steps) steps without converging") }
    put(head)
    let metrics = evaluated.enumerated().flatMap { number, part in
      self.metrics(LinearProbe.logits(head, part.values, on: device), part: number, labels: part.labels)
    }
    return ProbeResult(
      evaluation: Evaluation(metrics: metrics), tried: sweep.tried, head: head, training: training,
      evaluated: evaluated, featureSeconds: computed - began, fitSeconds: WallClock.seconds() - computed)
  }

  private func search(_ all: ProbeFeatures, _ sweep: inout StrengthSweep, _ note: (String) -> Void) throws -> Double {
    let parts = SampleSplit(fraction: Self.searched).parts(all.labels, count: all.labels.count)
    guard !parts.held.isEmpty else {
      throw InputError(
        "\(all.labels.count) training samples are too few to search the strength", at: "--probe",
        cure: "give it with --probe-strength 1", isUsage: true)
    }
    let labels = parts.training.map { all.labels[$0] }
    let (others, known) = (all.values.rows(parts.held), parts.held.map { all.labels[$0] })
    let probe = LinearProbe(all.values.rows(parts.training), labels: labels, classes: classes, on: device)
    return try sweep.search { strength in
      let head = try probe.fit(strength: strength)
      let right = Ranking.ranks(LinearProbe.logits(head, others, on: device), labels: known).count { $0 == 0 }
      let score = Double(right) / Double(known.count)
      note("C \(strength.fixed(6)): \(score.fixed(4)) of \(known.count) held-out samples, \(head.steps) steps")
      return score
    }
  }
}

extension ParameterSet {
  /// Puts a classifier into the linear layer of that name.
  public func put(_ head: LinearProbe.Head, at name: String) {
    for parameter in parameters where parameter.name.hasPrefix("\(name).") {
      let values = parameter.name.hasSuffix(".weight") ? head.weights : head.biases
      parameter.value.write(HostArray(values, shape: parameter.shape.dimensions))
    }
  }
}
