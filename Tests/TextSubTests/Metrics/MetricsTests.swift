import SubData
import Testing
import TextSub

/// Metrics against scikit-learn 1.9.1 and scipy 1.17.1.
@Suite struct MetricsTests {
  private let y = [1, 1, 1, 0, 0, 1, 0, 1]
  private let p = [1, 0, 1, 0, 1, 1, 0, 1]

  @Test func `accuracy, Matthews and F1 equal the reference`() {
    #expect(ClassificationMetrics.accuracy(p, y) == 0.75)
    #expect(abs(ClassificationMetrics.matthews(p, y) - 0.4666666667) < 1e-9)
    #expect(ClassificationMetrics.f1(p, y) == 0.8)
    let labels = (0..<37).map { ($0 * 7 + 3) % 5 % 2 }
    let predictions = (0..<37).map { ($0 * $0 + $0 / 3) % 3 % 2 }
    #expect(abs(ClassificationMetrics.accuracy(predictions, labels) - 0.5405405405405406) < 1e-12)
    #expect(abs(ClassificationMetrics.matthews(predictions, labels) - 0.015891043154093204) < 1e-12)
    #expect(abs(ClassificationMetrics.f1(predictions, labels) - 0.37037037037037035) < 1e-12)
  }

  @Test func `the mean F1 of all classes equals the reference`() {
    #expect(
      abs(ClassificationMetrics.macroF1([1, 0, 0, 2, 1, 0, 3], [1, 1, 0, 2, 2, 0, 1]) - 0.4666666666666667) < 1e-12)
  }

  @Test func `own labels have metrics of their own`() throws {
    let two = TextTask(LabelSet(names: ["bad", "good"]), title: "t")
    let values = TextMetrics.evaluate(two, predictions: p.map { Float($0) }, labels: y.map { Float($0) })
    #expect(values.map(\.name) == ["accuracy", "f1", "matthews_correlation"] && values[1].value == 0.8)
    let numbers = TextTask(LabelSet(names: []), title: "t")
    let scores = TextMetrics.evaluate(numbers, predictions: [1, 2, 2, 3, 5], labels: [2, 1, 4, 4, 4])
    #expect(scores.map(\.name) == ["mse", "pearson", "spearmanr"] && scores[0].value == 1.6)
    #expect(numbers.labelCount == 1 && two.bestMetric == .accuracy)
  }

  @Test func `undefined Matthews and F1 are 0`() {
    #expect(ClassificationMetrics.matthews([1, 1, 1], [1, 0, 1]) == 0)
    #expect(ClassificationMetrics.matthews([1, 0], [0, 0]) == 0)
    #expect(ClassificationMetrics.f1([0, 0], [0, 0]) == 0)
  }

  @Test func `Matthews survives counts whose product exceeds 64 bits`() {
    let labels = (0..<400_000).map { $0 % 2 }
    #expect(abs(ClassificationMetrics.matthews(labels, labels) - 1) < 1e-12)
    #expect(abs(ClassificationMetrics.matthews(labels.map { 1 - $0 }, labels) + 1) < 1e-12)
  }

  @Test func `Pearson and Spearman equal the reference, ties included`() {
    let x: [Double] = [1, 2, 2, 3, 5]
    let y: [Double] = [2, 1, 4, 4, 4]
    #expect(abs(CorrelationMetrics.pearson(x, y) - 0.5828155052) < 1e-9)
    #expect(abs(CorrelationMetrics.spearman(x, y) - 0.6308932681) < 1e-9)
    #expect(CorrelationMetrics.ranks(y) == [2, 1, 4, 4, 4])
    #expect(CorrelationMetrics.ranks([3, 1, 3, 1, 2]) == [4.5, 1.5, 4.5, 1.5, 3])
    let long = (0..<23).map { Double($0 * 37 % 19) / 4 }
    let other = (0..<23).map { Double($0 * $0 * 5 % 17) / 3 - 1 }
    #expect(abs(CorrelationMetrics.pearson(long, other) - 0.4554343075304966) < 1e-12)
    #expect(abs(CorrelationMetrics.spearman(long, other) - 0.4181643791857479) < 1e-12)
  }

  @Test func `correlation with a constant or with NaN is NaN`() {
    #expect(CorrelationMetrics.pearson([0.1, 0.1, 0.1], [1, 2, 3]).isNaN)
    #expect(CorrelationMetrics.spearman([1, 2, 3], [4, 4, 4]).isNaN)
    #expect(CorrelationMetrics.spearman([1, .nan, 3], [1, 2, 3]).isNaN)
    #expect(CorrelationMetrics.pearson([1], [1]).isNaN && CorrelationMetrics.pearson([], []).isNaN)
  }

  @Test func `predictions take the first of the largest logits, regression the output`() {
    #expect(TextMetrics.predictions(.cola, logits: [0, 0, -1, 2, 3, -3]) == [0, 1, 0])
    #expect(TextMetrics.predictions(.mnli, logits: [0, 2, 2, 1, 0, 5]) == [1, 2])
    #expect(TextMetrics.predictions(.stsb, logits: [5.5, -1]) == [5.5, -1])
  }

  @Test func `every task reports run_glue's metrics under its names`() {
    let labels = y.map { Float($0) }
    let predictions = p.map { Float($0) }
    for task in GLUETask.allCases {
      let values = TextMetrics.evaluate(TextTask(task), predictions: predictions, labels: labels)
      #expect(values.map(\.name) == task.metrics.map(\.rawValue))
    }
    #expect(TextMetrics.evaluate(.mrpc, predictions: predictions, labels: labels).map(\.value) == [0.75, 0.8, 0.775])
    let mismatched = TextMetrics.evaluate(.mnli, suffix: "_mm", predictions: predictions, labels: labels)
    #expect(mismatched == [TextMetrics.Value(name: "accuracy_mm", value: 0.75)])
    let scores = TextMetrics.evaluate(.stsb, predictions: [1, 2, 2, 3, 5], labels: [2, 1, 4, 4, 4])
    #expect(abs(scores[2].value - (0.5828155052 + 0.6308932681) / 2) < 1e-9)
  }
}
