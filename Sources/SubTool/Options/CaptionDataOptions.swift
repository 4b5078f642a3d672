import ClipSub
import SubCore
import SubData

/// How captions are found in their sources: open_clip's names for the same things.
struct CaptionDataOptions: OptionGroup {
  static let title = "Captions"
  @Option("--text-key", value: "ENDING", "the ending of caption members and files") var textKey = "txt"
  @Option(
    "--json-text-key", value: "FIELD[;FIELD…]", default: "none",
    "captions come from these fields of the json member instead; the first that is not empty is used")
  var jsonTextKey: String?
  @Option("--image-key", value: "ENDING[;ENDING…]", "file endings of images; the first that exists is used")
  var imageKey = ImageFormat.endings.joined(separator: ";")
  @Option("--csv-img-key", value: "COLUMN", "a table's column of image paths") var imageColumn = "filepath"
  @Option("--csv-caption-key", value: "COLUMN", "a table's column of captions") var captionColumn = "title"
  @Option("--csv-separator", value: "CHARACTER", default: "tab where the header has one, else comma", "its separator")
  var separator: String?
  @Option(
    "--train-data-upsampling-factors", value: "W::W…", default: "equal",
    "how often each of several sources is drawn, relative to its size; with --resamples")
  var factors: String?
  @Option("--max-faults", in: 0...Int.max, "pairs that may be skipped before their share counts") var maxFaults = 100

  /// Which of the given ones do nothing for the data of a run.
  func idle(for sets: [CaptionSet]) -> [String] {
    let (columns, endings): ([any OptionDeclaration], [any OptionDeclaration]) = (
      [$imageColumn, $captionColumn, $separator], [$textKey, $jsonTextKey, $imageKey]
    )
    let isTable = Set(sets.map { $0.kind == .table })
    return (isTable == [true] ? endings : isTable == [false] ? columns : []).filter(\.isGiven).map {
      "\($0.spelling) does nothing: the data is \(isTable == [true] ? "a table" : "no table")"
    }
  }

  /// The same for the reader. `isTraining`: with the weights of the sources.
  func options(isTraining: Bool) throws -> CaptionOptions {
    func list(_ text: String, _ option: String) throws -> [String] {
      let parts = text.split(separator: ";").map { String($0.first == "." ? $0.dropFirst() : $0[...]) }
      guard !parts.isEmpty else {
        throw InputError(
          "'\(text)' names nothing", at: option, cure: "give one name, or some joined by ;", isUsage: true)
      }
      return parts
    }
    var options = CaptionOptions(
      textEnding: String(textKey.first == "." ? textKey.dropFirst() : textKey[...]),
      jsonFields: try jsonTextKey.map { try list($0, "--json-text-key") } ?? [],
      imageEndings: try list(imageKey, "--image-key"), imageColumn: imageColumn, captionColumn: captionColumn)
    options.faults.count = maxFaults
    options.separator = try TableOptions.character(separator, at: "--csv-separator")
    if isTraining, let factors {
      options.weights = try factors.split(separator: "::", omittingEmptySubsequences: false).map { text in
        guard let weight = Double(text), weight.isFinite, weight > 0 else {
          throw InputError(
            "'\(text)' is not a positive number", at: "--train-data-upsampling-factors",
            cure: "give one for each source, joined by :: as the sources are", isUsage: true)
        }
        return weight
      }
    }
    return options
  }
}
