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
  private let lines: [(step: Double, split: String, values: JSON)]

  /// Reads a run. A line that is being written is left out; any other that is damaged is an error.
  init(_ path: String) throws {
    folder = try RunFolder.existing(path)
    configuration = try folder.configuration()
    summary = FileSystem.kind(folder.summaryPath) == .file ? try JSON.read(folder.summaryPath) : nil
    guard FileSystem.kind(folder.metricsPath) == .file else {
      lines = []
      return
    }
    let texts = try InputFile(folder.metricsPath).text().split(separator: "\n", omittingEmptySubsequences: false)
    lines = try texts.dropLast().enumerated().map { [folder] number, text in
      let place = "\(folder.metricsPath), line \(number + 1)"
      let values = try JSON.parse(String(text), at: place)
      guard let step = values["step"]?.int, let split = values["split"]?.string else {
        throw InputError("this is no line of a run's log", at: place, cure: "restore the file, or leave the run out")
      }
      return (Double(step), split, values)
    }
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
  var step: Int { Int(lines.last?.step ?? 0) }
  /// Updates of an epoch; nil: an older version began the run.
  var stepsPerEpoch: Int? { configuration["steps_per_epoch"]?.int }

  /// The names of the task's metrics in order, the one by which the best is told first.
  var metrics: [String] {
    let evaluated = lines.last { $0.split == "eval" }?.values
    let keys = (summary?["metrics"] ?? evaluated)?.object?.keys ?? []
    let names = keys.filter { !Self.common.contains($0) }
    let best = (configuration["best_by"]?.array ?? []).compactMap(\.string).first { names.contains($0) }
    return (best.map { [$0] } ?? []) + names.filter { $0 != best }
  }

  private static let common: Set = [
    "step", "epoch", "split", "loss", "loss_main", "loss_sub", "lr", "grad_norm", "samples_per_s",
  ]

  /// The values of a key over the steps; those that are no numbers are left out.
  func curve(_ key: String, of split: MetricsRecord.Split) -> [PlotPoint] {
    lines.compactMap { line in
      guard line.split == split.rawValue, let value = line.values[key]?.double, value.isFinite else { return nil }
      return PlotPoint(line.step, value)
    }
  }

  /// The values of keys, line by line.
  func logged(_ keys: [String]) -> [(step: Int, split: String, values: [Double?])] {
    lines.map { line in (Int(line.step), line.split, keys.map { line.values[$0]?.double }) }
  }

  /// A metric behind the last update; nil where the run has not ended.
  func final(_ metric: String) -> Double? { summary?["metrics"]?[metric]?.double }
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
            label: names[number], colour: number, points: run.curve(kind.key, of: kind.split).thinned(to: 300))
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
      PlotSeries(label: curve.name, colour: number, points: self.curve(curve.key, of: split).thinned(to: 300))
    }
    let drawn = series.filter { !$0.points.isEmpty }
    let isAlone = drawn.count == 1 && drawn[0].label == "main"
    return PlotPanel(
      title, x: "step", y: label, isAlone ? [PlotSeries(label: "", colour: 0, points: drawn[0].points)] : drawn)
  }
}
