/// Texts with their labels, to train on and to be evaluated on.
public protocol TextData: Sendable {
  /// What is to be said of them.
  var textTask: TextTask { get }
  /// The folder or file that holds them.
  var place: String { get }
  /// What to train on.
  func training() throws -> TextPart
  /// What to evaluate on: one part, or some with metrics of their own.
  func evaluation() throws -> [TextPart]
}

/// Some examples of a task.
public struct TextPart: Sendable {
  /// The examples in the file's order.
  public var examples: [TextExample]
  /// What metrics on them have behind their names: `_mm`.
  public var suffix: String
  /// What was left out, in a line each.
  public var remarks: [String]

  /// A part.
  public init(_ examples: [TextExample], suffix: String = "", remarks: [String] = []) {
    (self.examples, self.suffix, self.remarks) = (examples, suffix, remarks)
  }
}

extension GLUEReader: TextData {
  public var textTask: TextTask { TextTask(task) }
  public var place: String { folder }
  public func training() throws -> TextPart { try part(.train) }
  public func evaluation() throws -> [TextPart] { try task.evaluationSplits.map { try part($0) } }

  /// The examples of a split.
  public func part(_ split: GLUESplit) throws -> TextPart {
    let set = try read(split)
    return TextPart(set.examples, suffix: split.metricSuffix, remarks: set.remarks)
  }
}
