import SubCore
import SubData

/// What the 1,000 classes of ImageNet are called.
struct ImageNetClasses {
  /// In the order of their numbers, which is that of their WordNet ids.
  let names: [String]
  /// Ids with the names.
  private let nameOfID: [String: String]

  /// Reads them from the files that come with the tool.
  init(_ home: ProjectHome) throws {
    let place = try home.file("datasets/imagenet/classes.txt")
    names = try LineFile.entries(place).map(\.text)
    let ids = try LineFile.entries(home.file("datasets/robustness/imagenet_synsets.txt")).map(\.text)
    guard names.count == ids.count else {
      throw InputError(
        "\(names.count) names for \(ids.count) classes", at: place, cure: "restore it with git checkout")
    }
    nameOfID = Dictionary(zip(ids, names)) { first, _ in first }
  }

  /// The names of classes that are called by ids, as ImageNet's class folders are; nil where one is called otherwise.
  static func names(of classes: [String], in home: ProjectHome) throws -> [String]? {
    let areIDs = classes.allSatisfy { name in
      name.utf8.count == 9 && name.hasPrefix("n") && name.utf8.dropFirst().allSatisfy { (48...57).contains($0) }
    }
    guard areIDs, !classes.isEmpty else { return nil }
    let known = try ImageNetClasses(home).nameOfID
    let names = classes.compactMap { known[$0] }
    return names.count == classes.count ? names : nil
  }
}
