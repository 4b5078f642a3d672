import CSystem
public import SubData

/// What a run came to, `summary.json`.
public struct RunSummary: Sendable {
  /// The command: `glue`.
  public var command: String
  /// The task or the recipe: `cola`.
  public var task: String
  /// The method: `masksub`.
  public var method: String
  /// The seed.
  public var seed: Int
  /// The metrics at the end, by name, in order.
  public var metrics: [(name: String, value: Double)] = []
  /// The best evaluation: its metrics and its step.
  public var best: (step: Int, metrics: [(name: String, value: Double)])?
  /// How long the run took.
  public var seconds = 0.0
  /// How long its updates took: evaluations, checkpoints and what `--analyze` measures left out.
  public var trainingSeconds = 0.0
  /// Training samples per second over the whole run, evaluations left out.
  public var samplesPerSecond = 0.0
  /// The most that was used of the memory of a device that has its own, in bytes.
  public var devicePeak: Int?

  /// A summary without results.
  public init(command: String, task: String, method: String, seed: Int) {
    (self.command, self.task, self.method, self.seed) = (command, task, method, seed)
  }

  /// The file's content; `peak_rss_mib` is the process's own up to now.
  public var json: JSON {
    let named = { (metrics: [(name: String, value: Double)]) -> JSON.Object in
      var object = JSON.Object()
      for metric in metrics { object[metric.name] = .number(metric.value) }
      return object
    }
    var bestObject = JSON.Object()
    if let best {
      bestObject = named(best.metrics)
      bestObject["step"] = .integer(Int64(best.step))
    }
    var object: JSON.Object = [
      "command": .string(command), "task": .string(task), "method": .string(method), "seed": .integer(Int64(seed)),
      "metrics": .object(named(metrics)), "best": .object(bestObject), "seconds": .number(seconds),
      "training_seconds": .number(trainingSeconds), "samples_per_s": .number(samplesPerSecond),
      "peak_rss_mib": .integer(Int64(sys_peak_rss_kib() / 1024)),
    ]
    object["peak_device_mib"] = devicePeak.map { .integer(Int64($0 >> 20)) }
    return .object(object)
  }
}
