import SubCore

/// Which samples are trained on and which are held out for evaluation.
public struct SampleSplit: Sendable, Equatable {
  /// The share that is held out.
  public var fraction: Double
  /// Decides which ones: runs with other seeds are evaluated on the same samples.
  public var seed: Int
  /// Samples of each class that are trained on; nil: all that are not held out.
  public var shots: Int?

  /// A share held out by chance.
  public init(fraction: Double = 0, seed: Int = 0, shots: Int? = nil) {
    (self.fraction, self.seed, self.shots) = (fraction, seed, shots)
  }

  /// The places of samples to train on and of those held out, each in order. Every class is held out by its share (what
  /// rounding leaves goes to the classes that lose most by it), and keeps one sample at least. Without labels any samples
  /// are.
  public func parts(_ labels: [Int]?, count: Int) -> (training: [Int], held: [Int]) {
    let groups = Self.groups(labels, count: count)
    let wanted = groups.map { Double($0.count) * fraction }
    var quotas = zip(groups, wanted).map { group, share in min(max(0, group.count - 1), Int(share)) }
    var left = Int((Double(count) * fraction).rounded()) - quotas.reduce(0, +)
    let order = groups.indices.sorted {
      (quotas[$1].distance(to: wanted[$1]), $0) < (quotas[$0].distance(to: wanted[$0]), $1)
    }
    for index in order where left > 0 && quotas[index] + 1 < groups[index].count {
      quotas[index] += 1
      left -= 1
    }
    var (training, held): ([Int], [Int]) = ([], [])
    for (index, group) in groups.enumerated() {
      let chosen = Self.shuffled(group, RandomKey(seed: seed).fold("split").fold(index))
      held += chosen.prefix(quotas[index])
      training += chosen.dropFirst(quotas[index])
    }
    return (few(training.sorted(), labels), held.sorted())
  }

  /// Of some samples those of `shots`: so many of each class by chance, or of all where there are no labels; all of
  /// a class that has fewer.
  private func few(_ places: [Int], _ labels: [Int]?) -> [Int] {
    guard let shots else { return places }
    let groups = Self.groups(labels.map { all in places.map { all[$0] } }, count: places.count)
    return groups.enumerated().flatMap { index, group in
      Self.shuffled(group, RandomKey(seed: seed).fold("shots").fold(index)).prefix(shots).map { places[$0] }
    }.sorted()
  }

  private static func shuffled(_ group: [Int], _ key: RandomKey) -> [Int] {
    key.permutation(group.count).map { group[$0] }
  }

  /// The samples of each label.
  private static func groups(_ labels: [Int]?, count: Int) -> [[Int]] {
    guard let labels else { return [Array(0..<count)] }
    var groups = [[Int]](repeating: [], count: (labels.max() ?? -1) + 1)
    for (place, label) in labels.enumerated() { groups[label].append(place) }
    return groups
  }
}

extension Int {
  fileprivate func distance(to wanted: Double) -> Double { wanted - Double(self) }
}
