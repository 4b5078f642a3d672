import SubCore
import SubData

/// What turns answers of a classifier into answers on a set with labels of its own: which of its classes are right for a
/// picture, and among which the best is sought.
public struct LabelSpace: Sendable {
  /// How it is known which classes are right.
  public enum Labels: Sendable {
    /// The classes of every class folder, by its name.
    case folders([String: [Int]])
    /// The folder's name is the class.
    case numbers
    /// The classes of every picture, by the number that ends its file's name; the first is 1.
    case files([[Int]])
  }

  /// How it is known which classes are right.
  public let labels: Labels
  /// Among which classes the best is sought, in order; nil: all.
  public let restriction: [Int]?
  /// Folders that do not count; nil: any that has no classes.
  public let uncounted: Set<String>?
  /// How many classes there are.
  public let classes: Int

  /// A label space of a classifier with so many classes.
  public init(_ labels: Labels, classes: Int, restriction: [Int]? = nil, uncounted: Set<String>? = []) {
    (self.labels, self.classes, self.uncounted) = (labels, classes, uncounted)
    self.restriction = restriction.map { Set($0).sorted() }
  }

  /// The classes that are right for a picture, nil where it does not count. Throws an `InputError` for a picture that has
  /// no place here.
  public func accepted(folder: String, path: String) throws -> [Int]? {
    switch labels {
    case .folders(let known):
      if let classes = known[folder] { return classes }
      guard let uncounted, !uncounted.contains(folder) else { return nil }
      let nearest = Suggestion.nearest(to: folder, in: Array(known.keys)).map { " (the nearest is '\($0)')" } ?? ""
      throw InputError(
        "'\(folder)' is none of the \(known.count) class folders of this set\(nearest)", at: FileSystem.parent(path),
        cure: "remove the folder, or get the set again")
    case .numbers:
      guard let number = Int(folder), (0..<classes).contains(number) else {
        throw InputError(
          "'\(folder)' is no class from 0 to \(classes - 1)", at: FileSystem.parent(path),
          cure: "remove the folder, or get the set again")
      }
      return [number]
    case .files(let lists):
      let digits = FileSystem.name(path).prefix { $0 != "." }.reversed().prefix(9).prefix { $0.isASCII && $0.isNumber }
      guard let number = Int(String(digits.reversed())), (1...max(1, lists.count)).contains(number), !lists.isEmpty
      else {
        throw InputError(
          "the file's name ends in no number from 1 to \(lists.count), by which its labels are found", at: path,
          cure: "keep the names that the pictures came with")
      }
      return lists[number - 1].isEmpty ? nil : lists[number - 1]
    }
  }

  /// The same for a classifier whose rows are in another order: `rows[class]` is the row.
  func reordered(_ rows: [Int]) -> LabelSpace {
    let moved: Labels =
      switch labels {
      case .folders(let known): .folders(known.mapValues { $0.map { rows[$0] } })
      case .numbers: .folders(Dictionary(uniqueKeysWithValues: (0..<classes).map { ("\($0)", [rows[$0]]) }))
      case .files(let lists): .files(lists.map { $0.map { rows[$0] } })
      }
    return LabelSpace(
      moved, classes: classes, restriction: restriction?.map { rows[$0] }, uncounted: uncounted)
  }
}
