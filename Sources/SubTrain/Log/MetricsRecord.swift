public import SubData

/// One line of `metrics.jsonl`. What is nil is left out.
public struct MetricsRecord: Sendable {
  /// Which samples the figures are of.
  public enum Split: String, Sendable {
    case train, eval
  }

  /// Updates done.
  public var step: Int
  /// Epochs done, with their fraction.
  public var epoch: Double
  /// Which samples the figures are of.
  public var split: Split
  /// The weighted loss of both branches; on the evaluation split the main loss.
  public var loss: Float?
  /// The loss of the main branch.
  public var lossMain: Float?
  /// The loss of the sub-branch.
  public var lossSub: Float?
  /// The learning rate of the update.
  public var learningRate: Float?
  /// The norm of the whole gradient before clipping.
  public var gradNorm: Float?
  /// Training samples per second since the last line.
  public var samplesPerSecond: Double?
  /// The norm of the gradient of the main branch's loss alone, over all weights, unweighted (`--analyze`).
  public var gradNormMain: Float?
  /// The norm of the gradient of the sub-branch's loss alone, over all weights, unweighted (`--analyze`).
  public var gradNormSub: Float?
  /// The means of the losses of all updates since the last line; the losses above are those of the newest batch.
  public var lossMean: Float?
  public var lossMainMean: Float?
  public var lossSubMean: Float?
  /// A task's own metrics by name, in order: `matthews_correlation`, `accuracy`.
  public var metrics: [(name: String, value: Double)] = []

  /// A record without figures; set those that are known.
  public init(step: Int, epoch: Double, split: Split) { (self.step, self.epoch, self.split) = (step, epoch, split) }

  /// The figures of an evaluation.
  init(_ evaluation: Evaluation, step: Int, epoch: Double) {
    self.init(step: step, epoch: epoch, split: .eval)
    loss = evaluation.loss.map { Float($0) }
    lossMain = loss
    lossSub = evaluation.maskedLoss.map { Float($0) }
    metrics = evaluation.metrics
  }

  /// What one looks at while a run goes on: `loss 0.6023 (mean 0.6310), 32.0 samples/s, main 0.5012, sub 0.7034`; the
  /// losses are those of the newest batch, the mean is that since the last line.
  public var summary: String { figures.joined(separator: ", ") }

  /// The same in parts, those that matter most first.
  public var figures: [String] {
    let whole = (loss ?? lossMain).map { value in
      "loss \(value.fixed(4))" + (lossMean.map { " (mean \($0.fixed(4)))" } ?? "")
    }
    let branches = lossSub.map { sub in [lossMain.map { "main \($0.fixed(4))" }, "sub \(sub.fixed(4))"] } ?? []
    let rate = samplesPerSecond.map { "\($0.fixed($0 < 100 ? 1 : 0)) samples/s" }
    return ([whole, rate] + branches).compactMap { $0 }
  }

  /// The figures by the names they have in `metrics.jsonl`, in its order.
  private var named: [(name: String, value: JSON?)] {
    [
      ("loss", loss.map { JSON($0) }), ("loss_main", lossMain.map { JSON($0) }), ("loss_sub", lossSub.map { JSON($0) }),
      ("lr", learningRate.map { JSON($0) }), ("grad_norm", gradNorm.map { JSON($0) }),
      ("samples_per_s", samplesPerSecond.map { .number($0) }), ("grad_norm_main", gradNormMain.map { JSON($0) }),
      ("grad_norm_sub", gradNormSub.map { JSON($0) }), ("loss_mean", lossMean.map { JSON($0) }),
      ("loss_main_mean", lossMainMean.map { JSON($0) }), ("loss_sub_mean", lossSubMean.map { JSON($0) }),
    ] + metrics.map { ($0.name, .number($0.value)) }
  }

  /// The line.
  public var json: JSON {
    var object: JSON.Object = [
      "step": .integer(Int64(step)), "epoch": .number(epoch), "split": .string(split.rawValue),
    ]
    for figure in named { object[figure.name] = figure.value }
    return .object(object)
  }

  /// The scalars for TensorBoard, `train/loss` and so on.
  var scalars: [(tag: String, value: Float)] {
    named.compactMap { figure in
      figure.value.map { ("\(split.rawValue)/\(figure.name)", Float($0.double ?? .nan)) }
    }
  }
}
