import SubCore
import SubData
import SubTrain

/// What the folder of a run tells of it, whether it has ended or goes on.
struct RunRecord {
  /// The folder.
  let folder: RunFolder
  /// `config.json`.
  let configuration: JSON
  /// `summary.json`; nil: the run has not ended.
  let summary: JSON?
  /// `metrics.jsonl`, as far as it is written.
  let log: LoggedLines

  /// Reads a run. Throws for files that are damaged.
  init(_ path: String) throws {
    folder = try RunFolder.existing(path)
    configuration = try folder.configuration()
    summary = FileSystem.kind(folder.summaryPath) == .file ? try JSON.read(folder.summaryPath) : nil
    log = FileSystem.kind(folder.metricsPath) == .file ? try LoggedLines(folder.metricsPath) : LoggedLines()
  }

  /// The run of a folder, or the runs in it by their names. Throws where there are none.
  static func all(in path: String) throws -> [RunRecord] {
    if (try? RunFolder.existing(path)) != nil { return [try RunRecord(path)] }
    guard FileSystem.kind(path) == .folder else { return [try RunRecord(path)] }
    let paths = try FileSystem.names(in: path).sorted().map { FileSystem.join(path, $0) }
    let runs = paths.filter { FileSystem.kind($0) == .folder && (try? RunFolder.existing($0)) != nil }
    guard !runs.isEmpty else {
      throw InputError("there is no run in this folder", at: path, cure: "name the folder of a run, or of runs")
    }
    return try runs.map { try RunRecord($0) }
  }

  /// What trained: `masksub`, and with which seed.
  var method: String { configuration["method"]?.string ?? "?" }
  var seed: Int { configuration["seed"]?.int ?? 0 }
  /// The command that made it.
  var command: String { configuration["command"]?.string ?? "" }
  /// The command and what it trained: `glue cola`.
  var title: String {
    let name = configuration["task"]?.string ?? configuration["recipe"]?["name"]?.string
    return ([command] + (name.map { [$0] } ?? [])).joined(separator: " ")
  }
  /// Updates of the whole run; nil: an older version began it.
  var steps: Int? { configuration["steps"]?.int }
  /// Updates done, as far as is logged.
  var step: Int { log.steps.last ?? 0 }
  /// Updates of an epoch; nil: an older version began the run.
  var stepsPerEpoch: Int? { configuration["steps_per_epoch"]?.int }

  /// The names of the task's metrics in order, the one by which the best is told first.
  var metrics: [String] {
    let keys = summary?["metrics"]?.object?.keys ?? log.evaluated
    let names = keys.filter { !Self.common.contains($0) }
    let best = (configuration["best_by"]?.array ?? []).compactMap(\.string).first { names.contains($0) }
    return (best.map { [$0] } ?? []) + names.filter { $0 != best }
  }

  private static let common: Set = [
    "step", "epoch", "split", "loss", "loss_main", "loss_sub", "lr", "grad_norm", "samples_per_s",
  ]

  /// The values of a key over the steps; those that are no numbers are left out.
  func curve(_ key: String, of split: MetricsRecord.Split) -> [PlotPoint] { log.curve(key, of: split.rawValue) }

  /// A metric behind the last update; nil where the run has not ended, or it is no number.
  func final(_ metric: String) -> Double? { summary?["metrics"]?[metric]?.double }
  /// Whether the run has ended with a metric that is no number.
  func isLost(_ metric: String) -> Bool { summary?["metrics"]?[metric] != nil && final(metric) == nil }
  /// How long its updates took; of runs of older versions, the whole run.
  var trainingSeconds: Double? { (summary?["training_seconds"] ?? summary?["seconds"])?.double }
}

extension RunRecord {
  /// Each quantity of several runs in one panel, a curve for every run.
  static func figure(of runs: [RunRecord]) -> Figure {
    let ending = runs.allSatisfy { !$0.curve("loss_main_mean", of: .train).isEmpty } ? "_mean" : ""
    let short = runs.map { FileSystem.name($0.folder.path) }
    let names = Set(short).count == runs.count ? short : runs.map(\.folder.path)
    let label = ending.isEmpty ? "loss of a batch" : "mean since the last line"
    var kinds: [(title: String, label: String, split: MetricsRecord.Split, key: String)] = [
      ("Loss in training", label, .train, "loss_main\(ending)"),
      ("Loss of the sub-branch", label, .train, "loss_sub\(ending)"),
      ("Loss in evaluation", "loss by the label", .eval, "loss_main"),
    ]
    for metric in runs[0].metrics.prefix(2) { kinds.append(("\(metric) in evaluation", "metric", .eval, metric)) }
    kinds += [
      ("Gradient norm", "L2 norm", .train, "grad_norm"), ("Learning rate", "rate", .train, "lr"),
      ("Speed", "samples a second", .train, "samples_per_s"),
    ]
    let panels = kinds.map { kind in
      PlotPanel(
        kind.title, x: "step", y: kind.label,
        runs.enumerated().map { number, run in
          PlotSeries(
            label: names[number], colour: number, points: run.curve(kind.key, of: kind.split))
        })
    }
    return Figure(title: "\(runs.count) runs", panels: panels.compactMap { $0 })
  }

  /// The curves of this run alone.
  var figure: Figure {
    let losses: [(String, String)] = [("loss_main_mean", "main"), ("loss_sub_mean", "sub")]
    let hasMeans = !curve("loss_main_mean", of: .train).isEmpty
    let norms = [("grad_norm", "step"), ("grad_norm_main", "main"), ("grad_norm_sub", "sub")]
    let panels = [
      panel(
        "Loss in training", hasMeans ? "mean since the last line" : "loss of a batch", .train,
        hasMeans ? losses : [("loss_main", "main"), ("loss_sub", "sub")]),
      panel("Loss in evaluation", "loss by the label", .eval, [("loss_main", "whole"), ("loss_sub", "masked")]),
      panel("Metrics in evaluation", "metric", .eval, metrics.prefix(4).map { ($0, $0) }),
      panel("Gradient norms", "L2 norm, weight 1", .train, norms),
      panel("Learning rate", "rate", .train, [("lr", "")]),
      panel("Speed", "samples a second", .train, [("samples_per_s", "")]),
    ]
    return Figure(title: "\(title), \(method), seed \(seed)", panels: panels.compactMap { $0 })
  }

  private func panel(
    _ title: String, _ label: String, _ split: MetricsRecord.Split, _ curves: [(key: String, name: String)]
  ) -> PlotPanel? {
    let series = curves.enumerated().map { number, curve in
      PlotSeries(label: curve.name, colour: number, points: self.curve(curve.key, of: split))
    }
    let drawn = series.filter { !$0.points.isEmpty }
    let isAlone = drawn.count == 1 && drawn[0].label == "main"
    return PlotPanel(
      title, x: "step", y: label, isAlone ? [PlotSeries(label: "", colour: 0, points: drawn[0].points)] : drawn)
  }
}
