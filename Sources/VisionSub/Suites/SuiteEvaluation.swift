public import SubCore
import SubData
import SubTrain

/// A classifier on the sets of a suite.
public struct SuiteEvaluation {
  /// What a measure came to.
  public struct Result: Sendable {
    /// The measure.
    public let measure: EvaluationSuite.Measure
    /// How many pictures counted.
    public let count: Int
    /// Shares of them whose best class is right, and of whose five best one is.
    public let top1, top5: Double
    /// The mean over groups of the share whose best class is right, and how many groups there are; nil: they are not listed.
    public let groups: (count: Int, top1: Double)?
  }

  /// A set that is there.
  public struct Found {
    /// Its class folders' folder.
    public let path: String
    /// How many of its pictures count for anything.
    public var count: Int { places.count }
    /// What it is.
    public let pictures: EvaluationSuite.Pictures
    let images: ImageFolder
    let places: [Int]
    /// For every measure, the classes that are right for every picture of `places`; nil: it does not count.
    let accepted: [[[Int]?]]
    /// For every measure, the group of every picture of `places`; nil: none are listed.
    let groups: [[String?]?]
    /// For every measure, the rows among which the best is sought; nil: all.
    let restrictions: [[Int]?]
  }

  /// The sets that are there, in order.
  public let found: [Found]
  /// Those that are there and cannot be evaluated, by the names of their measures, with what is wrong.
  public let failed: [(measures: [EvaluationSuite.Measure], error: InputError)]
  /// What is to be said: sets that are missing, and what they are called; what was passed over in those that are there.
  public let remarks: [String]

  /// The sets of `suite` below `root`.
  ///
  /// - Parameter rows: which row of the classifier every class of a set is; nil: they are in order. See `rows(of:)`.
  /// - Throws: an `InputError` where no set is there, or what is wrong with the first one where none can be evaluated.
  public init(
    _ suite: EvaluationSuite, below root: String, rows: (EvaluationSuite.Pictures) throws -> [Int]? = { _ in nil }
  ) throws {
    var (found, remarks): ([Found], [String]) = ([], [])
    var failed: [(measures: [EvaluationSuite.Measure], error: InputError)] = []
    for pictures in suite.sets {
      let places = pictures.folders.map { FileSystem.join(root, $0) }
      guard let path = places.first(where: { FileSystem.kind($0) == .folder }) else {
        remarks.append(
          "\(pictures.measures.map(\.name).joined(separator: ", ")): not there; looked for "
            + "\(pictures.folders.joined(separator: ", ")) in \(root)")
        continue
      }
      do {
        let images = try ImageFolder(path, order: .natural)
        found.append(try Found(path, root, pictures, images, rows: try rows(pictures)))
        remarks += images.remarks
      } catch let error as InputError {
        failed.append((pictures.measures, error))
      }
    }
    if found.isEmpty, let first = failed.first { throw first.error }
    guard !found.isEmpty else {
      throw InputError(
        "none of the suite's sets is there", at: root,
        cure: "give the folder that holds them: \(suite.sets.compactMap(\.folders.first).joined(separator: ", "))")
    }
    (self.found, self.failed, self.remarks) = (found, failed, remarks)
  }

  /// Which row of a classifier every class of a set is, where its rows are `names` or, where nothing names them, the
  /// classes in their order; nil: they are in order. Throws for a classifier of other classes at `place`.
  public static func rows(
    of pictures: EvaluationSuite.Pictures, names: [String]?, count: Int, at place: String
  ) throws -> [Int]? {
    let (wanted, set) = (pictures.classNames, pictures.measures[0].name)
    let cure = "give a model of these classes (\(wanted.prefix(3).joined(separator: ", ")), …)"
    guard count == wanted.count else {
      throw InputError("the model has \(count) classes, \(set) \(wanted.count)", at: place, cure: cure)
    }
    guard let names, names != wanted else { return nil }
    let numbers = Dictionary(names.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    let rows = wanted.compactMap { numbers[$0] }
    guard rows.count == count else {
      let known = Set(wanted)
      let strange = names.first { !known.contains($0) } ?? ""
      throw InputError("the model's class '\(strange)' is none of \(set)'s", at: place, cure: cure)
    }
    return rows
  }

  /// Evaluates one set.
  ///
  /// - Parameters:
  ///   - logits: the classifier: pictures → a row of scores.
  ///   - progress: is told after every picture how many there were.
  /// - Returns: a result for every measure, and what pictures could not be read.
  public func callAsFunction(
    _ set: Found, by logits: ImageFunction, progress: (Int) -> Void = { _ in }
  ) throws -> (results: [Result], remarks: [String]) {
    var tallies = set.pictures.measures.map { _ in Tally() }
    var count = 0
    let broken = try logits(BorderlessImages(ImageSubset(set.images, set.places), border: set.pictures.border)) {
      index, scores in
      for number in set.pictures.measures.indices {
        guard let accepted = set.accepted[number][index] else { continue }
        let rank = Ranking.rank(of: accepted, in: scores, among: set.restrictions[number])
        tallies[number].add(rank, group: set.groups[number]?[index])
      }
      count += 1
      progress(count)
    }
    let results = zip(set.pictures.measures, tallies).map { measure, tally in
      let groups = tally.groups.values.map(\.top1)
      return Result(
        measure: measure, count: tally.all.count, top1: tally.all.top1, top5: tally.all.top5,
        groups: groups.isEmpty ? nil : (groups.count, groups.reduce(0, +) / Double(groups.count)))
    }
    return (results, broken.remarks("not counted"))
  }

  private struct Tally {
    var all = TopAccuracy()
    var groups: [String: TopAccuracy] = [:]

    mutating func add(_ rank: Int, group: String?) {
      all.add(rank: rank)
      if let group { groups[group, default: TopAccuracy()].add(rank: rank) }
    }
  }
}
