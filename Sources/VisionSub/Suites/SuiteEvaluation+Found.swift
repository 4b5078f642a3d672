import SubCore
import SubData

extension SuiteEvaluation.Found {
  /// The pictures at a path, judged by every measure; `rows`: which row of the classifier every class is.
  init(
    _ path: String, _ root: String, _ pictures: EvaluationSuite.Pictures, _ images: ImageFolder, rows: [Int]?
  ) throws {
    let spaces = pictures.measures.map { measure in rows.map(measure.space.reordered) ?? measure.space }
    let judged = try spaces.map { space in
      try images.paths.enumerated().map { index, path in
        try space.accepted(folder: images.classNames[images.labels[index]], path: path)
      }
    }
    let places = images.paths.indices.filter { place in judged.contains { $0[place] != nil } }
    let groups = try pictures.measures.map { measure in
      try measure.groups?.names(below: root).map { names in places.map { names[Self.stem(images.paths[$0])] } }
    }
    (self.path, self.pictures, self.images, self.places, self.groups) = (path, pictures, images, places, groups)
    (accepted, restrictions) = (judged.map { all in places.map { all[$0] } }, spaces.map(\.restriction))
  }

  /// A file's name without its ending.
  private static func stem(_ path: String) -> String {
    let name = FileSystem.name(path)
    return name.lastIndex(of: ".").map { String(name[..<$0]) } ?? name
  }
}

extension EvaluationSuite.Groups {
  /// The group of every picture by its file's name without ending; nil where the table is not there.
  fileprivate func names(below root: String) throws -> [String: String]? {
    guard let path = files.lazy.map({ FileSystem.join(root, $0) }).first(where: { FileSystem.kind($0) == .file }) else {
      return nil
    }
    let table = try Table(path)
    let places = try (["image_id"] + columns).map { try table.column($0) }
    var names: [String: String] = [:]
    for row in 0..<table.count {
      let fields = try table.fields(row, places)
      guard let id = fields[0], fields.allSatisfy({ $0 != nil }) else {
        throw InputError("a field is missing", at: table.place(row), cure: "get the table again")
      }
      names[id] = fields.dropFirst().compactMap(\.self).joined(separator: ",")
    }
    return names
  }
}

/// Pictures without their border.
struct BorderlessImages: ImageSource {
  private let source: any ImageSource
  private let border: Int

  var count: Int { source.count }
  var classNames: [String] { source.classNames }
  var labels: [Int] { source.labels }

  init(_ source: any ImageSource, border: Int) { (self.source, self.border) = (source, border) }

  func name(of index: Int) -> String { source.name(of: index) }

  func image(at index: Int) throws -> SourceImage {
    let image = try source.image(at: index)
    guard border > 0 else { return image }
    let whole = try image.decoded()
    guard min(whole.width, whole.height) > 2 * border else {
      throw InputError(
        "\(whole.width) x \(whole.height) pixels leave nothing within a border of \(border)", at: name(of: index),
        cure: "get the picture again")
    }
    return .pixels(
      whole.cropped(
        to: PixelArea(left: border, top: border, width: whole.width - 2 * border, height: whole.height - 2 * border)))
  }
}
