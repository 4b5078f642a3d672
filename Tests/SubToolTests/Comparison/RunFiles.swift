import SubData
import TestSupport

@testable import SubTool

/// Folders of runs as a test writes them, without training.
struct RunFiles {
  private let folder = TemporaryFolder()
  private let metric: String

  /// No run yet; `metric`: by which the best is told.
  init(metric: String = "top1") { self.metric = metric }

  /// The folder of all.
  var path: String { folder.path }

  /// A run with a log; `metric` nil: it has not ended, `.null`: it ended with no number.
  @discardableResult
  func write(
    _ name: String, _ method: String = "baseline", seed: Int = 1, log: String = "", top1 metric: JSON? = nil,
    from weights: String? = nil
  ) throws -> String {
    let run = folder[name]
    try FileSystem.makeFolder(run)
    var configuration: JSON.Object = [
      "command": "train", "method": .string(method), "seed": .integer(Int64(seed)), "best_by": [.string(self.metric)],
    ]
    configuration["from"] = weights.map { .string($0) }
    try AtomicFile.write(JSON.object(configuration).text(), to: "\(run)/config.json")
    try AtomicFile.write(log, to: "\(run)/metrics.jsonl")
    if let metric {
      let summary: JSON = ["metrics": .object([self.metric: metric]), "seconds": 2, "training_seconds": 1]
      try AtomicFile.write(summary.text(), to: "\(run)/summary.json")
    }
    return run
  }

  /// Lines of evaluations.
  static func log(_ values: [(step: Int, top1: Double)]) -> String {
    values.map { "{\"step\":\($0.step),\"split\":\"eval\",\"top1\":\($0.top1)}\n" }.joined()
  }

  /// All runs, side by side.
  func comparison() throws -> Comparison { try Comparison(RunRecord.all(in: path)) }

  /// The page of that comparison.
  func page() throws -> String {
    try FileSystem.makeFolder(folder["report"])
    try ComparisonReport(comparison: comparison(), command: "").write(to: folder["report"])
    return try TemporaryFolder.text(folder["report/report.html"])
  }
}
