import SubCore
import SubData
import SubTrain

/// The runs of a comparison, checked before any of them starts.
struct ComparisonPlan {
  /// The folder of all runs, and of the report.
  let folder: String
  /// All methods with the first seed, then with the next one: what is stopped early can be compared.
  let runs: [PlannedRun]
  private let inner: InnerCommandLine

  /// Throws a usage error where the command does not train, or a run would not understand its options.
  init(_ inner: InnerCommandLine, methods: [any Method.Type], seeds: [Int], in folder: String) throws {
    (self.inner, self.folder) = (inner, folder)
    guard inner.type is any TrainingCommand.Type else {
      throw InputError(
        "\(inner.type.name) does not train", at: "masksub compare", cure: "use glue, finetune, train or clip-pretrain",
        isUsage: true)
    }
    for (option, own) in [("--method", "--methods"), ("--seed", "--seeds"), ("--resume", "the same command line")] {
      guard inner.value(of: option) == nil else {
        throw InputError(
          "every run has its own \(option)", at: option, cure: "leave it out; \(own) says it for all runs",
          isUsage: true)
      }
    }
    let (ratio, subWeight) = (inner.value(of: "--ratio"), inner.value(of: "--sub-weight"))
    guard ratio == nil || methods.contains(where: { $0.hidesParts }) else {
      throw InputError(
        "none of the methods hides a share of the input", at: "--ratio", cure: "leave it out", isUsage: true)
    }
    let shared =
      inner.arguments(without: ["--ratio", "--sub-weight", "--analyze"]) + ["--analyze"]
      // What the recipe hides is what methods that hide parts do, and what is hidden of evaluated inputs.
      + (ratio.map { ["--set=method.ratio=\($0)"] } ?? [])
    runs = try seeds.flatMap { seed in
      try methods.map { method in
        let path = FileSystem.join(folder, "\(method.name)-s\(seed)")
        let hasSub = method.init(MethodSettings()).numbers.contains { $0.name == "sub_weight" }
        let arguments =
          ["--method=\(method.name)", "--seed=\(seed)", "--output=\(path)"]
          + (hasSub ? subWeight.map { ["--sub-weight=\($0)"] } ?? [] : []) + shared
        do {
          return try PlannedRun(method.name, seed: seed, in: path, by: inner.type, arguments)
        } catch let error as InputError where error.place == "--method \(method.name)" {
          // The ratio of such a method is not --ratio here.
          throw InputError(
            error.what, at: "--methods \(method.name)",
            cure: "train with another stochastic depth (--drop-path), or leave \(method.name) out", isUsage: true)
        }
      }
    }
  }

  /// Makes the folder, or throws where it is that of another comparison: `compare.json` says which.
  func claim() throws {
    let path = FileSystem.join(folder, "compare.json")
    let own: JSON = [
      "command": .string(inner.type.name), "arguments": .array(inner.arguments.map { .string($0) }),
    ]
    guard FileSystem.kind(path) != .absent else {
      guard (try? RunFolder.existing(folder)) == nil else {
        throw InputError("the folder holds a run", at: folder, cure: "choose another --output", isUsage: true)
      }
      try FileSystem.makeFolder(folder)
      return try AtomicFile.write(own.text(indent: 2) + "\n", to: path)
    }
    let begun = try JSON.read(path)
    guard begun == own else {
      let words = ([begun["command"]] + (begun["arguments"]?.array ?? [])).compactMap { $0?.string }
      throw InputError(
        "the folder holds the comparison of \(words.joined(separator: " "))", at: path,
        cure: "choose another --output, or give the same options", isUsage: true)
    }
  }
}
