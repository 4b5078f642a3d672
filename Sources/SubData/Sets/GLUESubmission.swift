public import SubCore

/// The files that GLUE's server takes: a header and a row `index<TAB>prediction` per test example, indices from 0.
public enum GLUESubmission {
  /// The name of the file for a split of `submissionSplits`: `CoLA.tsv`, `MNLI-m.tsv`, `MNLI-mm.tsv`, `AX.tsv`, …
  public static func fileName(_ task: GLUETask, _ split: GLUESplit = .test) -> String {
    switch (task, split) {
    case (.mnli, .diagnostic): "AX.tsv"
    case (.mnli, .testMismatched), (.mnli, .devMismatched): "MNLI-mm.tsv"
    case (.mnli, _): "MNLI-m.tsv"
    default: task.name + ".tsv"
    }
  }

  /// The lines of the file, header first, without line ends. `predictions` are class ids, or scores for STS-B, which
  /// are clipped to 0…5 and written with five decimals.
  ///
  /// - Throws: `InputError` if a prediction is not a number, which a model that diverged gives.
  public static func lines(_ task: GLUETask, predictions: [Float]) throws(InputError) -> [String] {
    var lines = ["index\tprediction"]
    lines.reserveCapacity(predictions.count + 1)
    for (index, prediction) in predictions.enumerated() {
      guard prediction.isFinite else {
        throw InputError(
          "prediction \(index) is \(prediction)", at: fileName(task), cure: "train again with a lower learning rate")
      }
      lines.append("\(index)\t\(task.isRegression ? score(prediction) : task.fileLabels[Int(prediction)])")
    }
    return lines
  }

  private static func score(_ value: Float) -> String {
    let units = Int((Double(min(max(value, 0), 5)) * 100_000).rounded())
    return "\(units / 100_000)." + String(String(units % 100_000 + 100_000).dropFirst())
  }
}
