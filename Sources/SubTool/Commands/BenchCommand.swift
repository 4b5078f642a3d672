import CSystem
import SubCore
import SubData
import SubTrain

/// `bench`: times real training steps.
struct BenchCommand: Command {
  static let name = "bench"
  static let summary = "times real training steps, a line per workload"
  static let discussion =
    "A step is both branches forward and backward and the optimizer's update, through the code that the training "
    + "commands run. images-deit3 and images-mae make training images instead, on one thread: read, decoded, "
    + "augmented, normalised; timm's with Pillow: scripts/reference/image_pipeline.py. gemm is this machine's rate of "
    + "products in every precision, the best of --steps tries. The others print the median over the steps. Workloads: "
    + names.joined(separator: ", ") + "."
  static let example = "masksub bench minilm --steps 5"
  static let section = CommandSection.machine

  @Argument("WORKLOAD", "what to time; all where none is named") var workloads: [String]
  @Option("--data", value: "DIR", default: "the embedded samples", "images for images-deit3 and images-mae")
  var data: String?
  @Option("--batch", in: 1...65536, default: "the workload's own", "samples of a step") var batch: Int?
  @Option("--steps", in: 1...100_000, "steps that count") var steps = 5
  @Option("--warmup", in: 0...100_000, "steps before them") var warmup = 2
  @Flag("--baseline", "without the sub-branch") var baseline: Bool
  @Option("--ratio", in: 0...0.999, default: "0.5 for images, 0.15 for text", "the share that is hidden")
  var ratio: Double?
  @Option("--seed", "fixes what is drawn for images") var seed = 0
  @Flag("--operations", "also every operation's time, bytes and products, beside this machine's limits")
  var operations: Bool
  var machine = MachineOptions()

  func run(in context: ToolContext) throws {
    let device = try machine.select()
    let chosen = try $workloads.isGiven ? workloads.map(Self.known) : Self.names
    let training = Workload.all.filter { chosen.contains($0.name) }
    for workload in training {
      if let patches = workload.patches { try method(for: workload).check(patches: patches, at: "--ratio") }
    }
    for name in chosen {
      if name == Self.products {
        try printProductRates(device, context)
      } else if let workload = training.first(where: { $0.name == name }) {
        let count = batch ?? workload.batch
        let step = workload.prepare(count, try method(for: workload), machine.precision, device)
        let median = try median(step)
        try context.console.print(
          "masksub \(name) batch=\(count) ms_per_step=\((median * 1000).fixed(1)) "
            + "samples_per_s=\((Double(count) / median).fixed(2)) rss_peak_mib=\(sys_peak_rss_kib() / 1024)"
            + (device.memoryUsage.map { " gpu_peak_mib=\($0.peak >> 20)" } ?? "")
            + (device.captured.map { " captured=\($0.share.fixed(2))" } ?? "")
            + (machine.precision == .fp32 ? "" : " precision=\(machine.precision)")
        )
        if let obstacle = device.captured?.obstacle { context.console.note("no captured graphs: \(obstacle)") }
        if operations {
          for line in try operationLines(workload, count, device) { try context.console.print(line) }
        }
      } else if let workload = Modalities.all.flatMap(\.dataWorkloads).first(where: { $0.name == name }) {
        let next = try workload.prepare(
          data: data ?? context.home.file("datasets/shapes"), batch: batch ?? workload.batch, seed: seed)
        var count = 0
        let median = try median { count = try next() }
        try context.console.print(
          "masksub \(name) threads=1 batch=\(count) images_per_s=\((Double(count) / median).fixed(2)) "
            + "rss_peak_mib=\(sys_peak_rss_kib() / 1024)")
      }
      try context.console.flush()
    }
  }

  private func printProductRates(_ device: Device, _ context: ToolContext) throws {
    for precision in Precision.allCases where (try? precision.check(on: device)) != nil {
      for product in ProductRate.all(on: device) {
        let rate = try product.measured(precision, tries: warmup + steps, on: device)
        try context.console.print(
          "masksub \(Self.products) precision=\(precision.rawValue) product=\(product.name) "
            + (device.memoryUsage == nil ? "threads=\(Processor.threads) " : "device=\(device) ")
            + "gflops=\((rate / 1e9).fixed(1))")
      }
    }
  }

  /// The table of a workload's operations, with a clock around each.
  private func operationLines(_ workload: Workload, _ count: Int, _ device: Device) throws -> [String] {
    let table = try OperationTable(machine.precision, tries: warmup + steps, on: device)
    let (timed, times) = device.timed()
    let step = workload.prepare(count, try method(for: workload), machine.precision, timed)
    var number = 0
    let median = try median {
      if number == warmup { times.clear() }
      number += 1
      step()
    }
    return table.lines(times.entries, steps: steps, seconds: median)
  }

  /// The median time of a step in seconds, behind the warmup.
  private func median(_ step: () throws -> Void) throws -> Double {
    var times: [Double] = []
    for number in 0..<(warmup + steps) {
      let start = WallClock.seconds()
      try Interruption.endingAtOnce(step)
      if number >= warmup { times.append(WallClock.seconds() - start) }
    }
    times.sort()
    return (times[(steps - 1) / 2] + times[steps / 2]) / 2
  }

  private func method(for workload: Workload) throws -> any Method {
    try MethodChoice(baseline ? Baseline.self : MaskSub.self, ratio: ratio).resolved(workload.basis)
  }

  private static let products = "gemm"

  /// Every workload, in order.
  private static let names = [products] + Workload.all.map(\.name) + Modalities.all.flatMap(\.dataWorkloads).map(\.name)

  private static func known(_ name: String) throws -> String {
    if names.contains(name) { return name }
    throw InputError(
      "there is no workload '\(name)'", at: "masksub bench",
      cure: Suggestion.cure(for: name, in: names, else: "use one of \(names.joined(separator: ", "))"),
      isUsage: true)
  }
}
