import ClipSub
import SubCore
import SubData
import SubTrain
import TextSub
import VisionSub

/// What a study will take, told before it starts: updates, the time of one here, and what is done already.
struct StudyCost {
  /// The same of one training.
  struct Line {
    let name: String
    let runs, done: Int
    /// Updates of a run, and seconds of one; nil: the network is that of weights that are not there.
    let updates: Int
    let seconds: Double?
    /// Whether its own runs say so; else a few steps were timed.
    let isKnown: Bool

    /// Seconds of the runs that are not done; nil: not known.
    var left: Double? { seconds.map { Double(runs - done) * Double(updates) * $0 } }
  }

  let lines: [Line]

  /// Times a few steps of every kind of step that no run of the study has made yet.
  init(_ plan: StudyPlan, on device: Device) throws {
    var timed: [String: (updates: Int, seconds: Double?)] = [:]
    lines = try plan.trainings.map { training in
      let runs = plan.runs.filter { $0.label == training.name }
      let done = try runs.filter(\.isDone).map { try RunRecord($0.folder) }
      func line(_ updates: Int, _ seconds: Double?, isKnown: Bool) -> Line {
        Line(
          name: training.name, runs: runs.count, done: done.count, updates: updates, seconds: seconds, isKnown: isKnown)
      }
      if let own = Spread(done.compactMap { $0.summary?["seconds"]?.double }), let steps = done.first?.steps {
        return line(steps, own.mean / Double(max(1, steps)), isKnown: true)
      }
      let kind = training.kind
      let measured = try timed[kind] ?? Self.measured(runs[0].command, training, plan, on: device)
      timed[kind] = measured
      return line(measured.updates, measured.seconds, isKnown: false)
    }
  }

  /// The updates of a run, and the seconds of one: of a forward and backward step of some samples of the usual size, for as
  /// many as an update has, with what --analyze adds.
  private static func measured(
    _ command: any Command, _ training: StudyTraining, _ plan: StudyPlan, on device: Device
  ) throws -> (updates: Int, seconds: Double?) {
    guard let command = command as? any TrainingCommand else { preconditionFailure("StudyCost: \(training.name)") }
    var request = try command.planRequest()
    let isUnknown =
      request.from != nil
      && training.inputs.contains { input in
        input.option == "--from" && plan.missing.contains { $0.name == input.name }
      }
    if isUnknown { request.from = nil }
    let size = training.size(isEmbedded: plan.isEmbedded)
    (request.samples, request.classes, request.tokens) = (size.samples, size.classes, size.tokens)
    if let network = training.network { request.changes.append(("model.name", network)) }
    guard let method = try command.plannedMethod(of: request),
      let planned = try Modalities.all.lazy.compactMap({ try $0.plan(request, on: device) }).first
    else { preconditionFailure("StudyCost: \(training.name) has no recipe") }
    guard !isUnknown else { return (planned.updates, nil) }
    // The paper's networks are large, and their batches too.
    let count = min(planned.batch, plan.scale == .paper ? 2 : 64)
    let step = try planned.seconds(of: method, samples: count) * Double(planned.batch) / Double(count)
    guard training.line.contains("--analyze") else { return (planned.updates, step) }
    let hasSub = !(method is Baseline || method is MaskingAlone)
    return (planned.updates, step * (1 + (hasSub ? 2 : 1) / Double(planned.logEvery)))
  }

  /// A table of all trainings, and the sum.
  var text: [String] {
    let rows = lines.map { line in
      [
        line.name, "\(line.runs)", "\(line.done)", "\(line.updates)", line.seconds.map { (1000 * $0).fixed(1) } ?? "-",
        line.isKnown ? "its runs" : line.seconds == nil ? "its weights" : "a few steps",
        line.left?.duration ?? "-",
      ]
    }
    let heads = ["training", "runs", "done", "updates", "ms an update", "told by", "left"]
    let (runs, done) = (lines.reduce(0) { $0 + $1.runs }, lines.reduce(0) { $0 + $1.done })
    let updates = lines.reduce(0) { $0 + $1.runs * $1.updates }
    return TextColumns([heads] + rows).lines + ["\(runs) runs, \(updates) updates; \(done) runs are done, \(rest)"]
  }

  /// What is said of the runs that are not done.
  private var rest: String {
    let known = lines.compactMap(\.left)
    let unknown = lines.reduce(0) { $0 + ($1.left == nil ? $1.runs - $1.done : 0) }
    let untold = "how long \(unknown) take cannot be told without their weights"
    guard !known.isEmpty else { return untold }
    let left = known.reduce(0, +)
    let hours = left.duration.hasSuffix(" h") ? "" : " (\((left / 3600).fixed(2)) hours)"
    return (unknown > 0 ? "\(untold), " : "") + "the others take \(left.duration)\(hours) at this speed, and what is "
      + "evaluated and read in between"
  }
}

extension StudyTraining {
  /// Its line without what changes no step's time: what has the same line takes as long.
  fileprivate var kind: String {
    let words = words(isEmbedded: false) { $0 }
    return words.filter { !$0.hasPrefix("--sub-weight=") }.joined(separator: " ")
  }

  /// Samples of an epoch, classes, and tokens of a text, as the data have them that it is made for; nil: its recipe's.
  fileprivate func size(isEmbedded: Bool) -> (samples: Int?, classes: Int?, tokens: Int?) {
    let words = words(isEmbedded: isEmbedded) { $0 }
    func value(_ option: String) -> String? {
      words.first { $0.hasPrefix("\(option)=") }.map { String($0.dropFirst(option.count + 1)) }
    }
    if let task = value("--task").flatMap({ GLUETask(rawValue: $0) }) {
      return (isEmbedded ? TrainingSet.acceptability.samples : task.trainingSamples, task.outputs, task.meanTokens)
    }
    if isEmbedded {
      let data = words[0] == ClipPretrainCommand.name ? TrainingSet.drawnCaptions : .shapes
      return (data.samples, data.classes, nil)
    }
    let data = inputs.first { $0.option == "--data" }
    let shots = value("--shots").flatMap { Int($0) }
    let taken = shots.flatMap { shots in data?.classes.map { shots * $0 } }
    return (taken ?? data?.samples, data?.classes, nil)
  }
}

extension GLUETask {
  /// Classes, or one number.
  fileprivate var outputs: Int { self == .mnli ? 3 : self == .stsb ? 1 : 2 }

  /// Tokens of its texts on average, where that is known; nil: as many as the recipe reads, which is more.
  fileprivate var meanTokens: Int? {
    switch self {
    case .cola: 12
    case .mrpc: 53
    default: nil
    }
  }
}
