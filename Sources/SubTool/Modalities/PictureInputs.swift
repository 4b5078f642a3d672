import SubData
import VisionSub

/// Pictures from the command line, a data set or standard input.
struct PictureInputs {
  private let options: InferenceOptions
  private let order: ClassOrder
  private let context: ToolContext

  init(_ options: InferenceOptions, order: ClassOrder = .plain, _ context: ToolContext) {
    (self.options, self.order, self.context) = (options, order, context)
  }

  /// Calls `body` with every source of pictures: all that are named, or as many as standard input names at a time.
  func forEachSource(_ body: (any ImageSource) throws -> BrokenImages) throws {
    func run(_ source: any ImageSource) throws {
      for remark in source.remarks { context.console.note(remark) }
      let broken = try body(source)
      if broken.count == source.count, let (_, error) = broken.errors.first { throw error }
      for remark in broken.remarks("left out") { context.console.note(remark) }
    }
    if !options.named.isEmpty { try run(PictureFiles(options.named)) }
    if let data = options.data { try run(VisionData.evaluation(data, classNames: nil, order: order)) }
    guard options.readsStandardInput else { return }
    var paths: [String] = []
    func finish() throws {
      if !paths.isEmpty { try run(PictureFiles(paths)) }
      paths.removeAll()
    }
    try LineInput.forEachText(from: context.console, pause: finish) { if !$1.isEmpty { paths.append($1) } }
  }
}
