/// Metrics of class predictions. Both lists are class ids, one per example; of none at all every metric is NaN but
/// Matthews and F1, which are 0 whenever they are undefined.
public enum ClassificationMetrics {
  /// The share of predictions that equal their label.
  public static func accuracy(_ predictions: [Int], _ labels: [Int]) -> Double {
    precondition(
      predictions.count == labels.count, "accuracy: \(predictions.count) predictions, \(labels.count) labels")
    let correct = zip(predictions, labels).count { $0 == $1 }
    return Double(correct) / Double(labels.count)
  }

  /// Matthews' correlation of two classes, 1 being the positive one: from -1 to 1; 0 for a constant predictor.
  public static func matthews(_ predictions: [Int], _ labels: [Int]) -> Double {
    let c = Confusion(predictions, labels)
    // The product of four counts exceeds 64 bits on large sets: multiply roots.
    let scale =
      (c.truePositive + c.falsePositive).squareRoot() * (c.truePositive + c.falseNegative).squareRoot()
      * (c.trueNegative + c.falsePositive).squareRoot() * (c.trueNegative + c.falseNegative).squareRoot()
    guard scale > 0 else { return 0 }
    return (c.truePositive * c.trueNegative - c.falsePositive * c.falseNegative) / scale
  }

  /// The harmonic mean of precision and recall of class 1; 0 if neither list has a 1.
  public static func f1(_ predictions: [Int], _ labels: [Int]) -> Double {
    let c = Confusion(predictions, labels)
    let scale = 2 * c.truePositive + c.falsePositive + c.falseNegative
    return scale > 0 ? 2 * c.truePositive / scale : 0
  }

  /// The mean of every class's harmonic mean of precision and recall, as scikit-learn's `f1_score(average="macro")`: over
  /// the classes that either list has.
  public static func macroF1(_ predictions: [Int], _ labels: [Int]) -> Double {
    let classes = Set(predictions).union(labels)
    let sum = classes.sorted().reduce(0.0) { sum, own in
      sum + f1(predictions.map { $0 == own ? 1 : 0 }, labels.map { $0 == own ? 1 : 0 })
    }
    return sum / Double(classes.count)
  }

  /// Counts of a binary prediction; class 1 is positive, everything else negative.
  private struct Confusion {
    var truePositive = 0.0
    var falsePositive = 0.0
    var trueNegative = 0.0
    var falseNegative = 0.0

    init(_ predictions: [Int], _ labels: [Int]) {
      precondition(
        predictions.count == labels.count, "metrics: \(predictions.count) predictions, \(labels.count) labels")
      for (prediction, label) in zip(predictions, labels) {
        switch (prediction == 1, label == 1) {
        case (true, true): truePositive += 1
        case (true, false): falsePositive += 1
        case (false, true): falseNegative += 1
        case (false, false): trueNegative += 1
        }
      }
    }
  }
}
