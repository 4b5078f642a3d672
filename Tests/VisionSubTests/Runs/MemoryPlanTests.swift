import Foundation
import SubCore
import SubData
import SubNN
import SubTrain
import TestSupport
import Testing
import VisionSub

/// The memory of a step, told before there is one.
@Suite struct MemoryPlanTests {
  fileprivate static func run(
    _ recipe: String = "shapes-tiny", _ settings: [(key: String, value: String)] = [], memory: Int? = nil,
    on device: Device = .cpu
  ) throws -> VisionRun {
    let recipe = try VisionRecipe.named(recipe).with([("max_steps", "2"), ("log_every", "1")] + settings)
    let data = try VisionData(Repository.file("datasets/shapes"))
    let runSettings = RunSettings(seed: 3, device: device, memory: memory)
    return try VisionRun(
      recipe, on: data, VisionRunModel(recipe, classNames: data.classNames, runSettings), runSettings)
  }

  /// Just enough for a need, as a plan reckons.
  private func allowance(for need: StepMemory.Need) -> MemoryAllowance {
    MemoryAllowance(bytes: Int(Double(need.memory + 64 << 20 + 1 << 10) / 0.92) + 1, reason: "are there")
  }

  @Test func `the fewest parts that fit, what the user says, and what cannot be`() throws {
    let run = try Self.run("shapes-tiny", [("batch_size", "64")])
    let memory = try #require(try StepMemory(of: run.subject, run.method))
    #expect(memory.samples == 64 && memory.operations > 1_000_000)
    let whole = try MemoryPlan(memory, within: [])
    #expect(whole.parts == 1 && whole.note == nil && !whole.trims)

    let enough = [allowance(for: memory.need(parts: 4))]
    let plan = try MemoryPlan(memory, within: enough)
    #expect((3...4).contains(plan.parts) && plan.trims && plan.peak < whole.peak)
    #expect(plan.note?.contains("every batch passes in \(plan.parts) parts of at most") == true)
    #expect(try MemoryPlan(memory, within: enough, normalizes: true).note?.contains("statistics of a part") == true)

    #expect(try MemoryPlan(memory, within: [allowance(for: memory.need(parts: 64))], fewest: 2).parts == 32)
    #expect(throws: InputError.self) { try MemoryPlan(memory, within: [], wanted: 33, fewest: 2) }
    #expect(throws: InputError.self) { try MemoryPlan(memory, within: [], fewest: 65) }

    let told = try MemoryPlan(memory, within: enough, wanted: 1)
    #expect(told.parts == 1 && told.note?.contains("the system may end the run") == true)
    #expect(try MemoryPlan(memory, within: enough, wanted: 16).parts == 16)
    #expect(try MemoryPlan(memory, within: enough, begun: 8).parts == 8)
    let more = try MemoryPlan(memory, within: enough, begun: 2)
    #expect(more.parts == plan.parts && more.note?.contains("begun with 2") == true)

    let error = try #require(throws: InputError.self) {
      try MemoryPlan(memory, within: [MemoryAllowance(bytes: 1 << 20, reason: "are there")])
    }
    #expect(error.what.contains("a step of one sample takes") && error.cure.contains("recompute=true"), "\(error)")
  }

  @Test func `an evaluation takes as many samples at once as fit`() throws {
    let run = try Self.run("shapes-tiny", [("batch_size", "8"), ("eval_batch_size", "160")])
    let memory = try #require(try StepMemory(of: run.subject, run.method))
    #expect(memory.evaluation.samples == 160)
    #expect(memory.need(evaluating: 160).memory > 2 * memory.need(evaluating: 64).memory)
    #expect(try MemoryPlan(memory, within: []).evaluates == 160)
    let plan = try MemoryPlan(memory, within: [allowance(for: memory.need(evaluating: 64))])
    #expect(plan.parts == 1 && (64..<72).contains(plan.evaluates))
    #expect(plan.note?.contains("evaluates \(plan.evaluates) samples at once") == true)
    // Figures do not depend on it.
    let whole = try run.evaluate()
    run.subject.evaluationBatch = plan.evaluates
    let again = try run.evaluate()
    #expect(run.subject.evaluationBatch == plan.evaluates)
    #expect(zip(whole.metrics, again.metrics).allSatisfy { $0.value == $1.value } && !whole.metrics.isEmpty)
  }

  @Test func `a run within a limit passes in parts, and says so`() throws {
    let folder = TemporaryFolder()
    var lines: [String] = []
    // A limit below what the process has already leaves nothing.
    let nothing = try #require(throws: InputError.self) { try Self.run(memory: 1 << 20) }
    #expect(nothing.what.contains("--max-memory"), "\(nothing)")

    let settings = [("accumulation", "3"), ("batch_size", "16")]
    try Self.run("shapes-tiny", settings).train(
      to: folder["run"], reporter: LineReporter { lines.append($0) })
    let configuration = try JSON.read(folder["run/config.json"])
    #expect(configuration["parts"]?.int == 3 && (configuration["predicted_peak_mib"]?.int ?? 0) > 0)
    // The same batches and the same sums, but for rounding.
    try Self.run("shapes-tiny", [("batch_size", "16")]).train(to: folder["whole"])
    let losses = try ["run", "whole"].map { name in
      try TemporaryFolder.text(folder["\(name)/metrics.jsonl"]).split(separator: "\n").compactMap {
        try JSON.parse(String($0), at: name)["loss"]?.double
      }
    }
    #expect(losses[0].count == losses[1].count && losses[0].count > 2)
    for (one, other) in zip(losses[0], losses[1]) { #expect(abs(one - other) < 2e-5, "\(losses)") }
  }

  /// The pool behind three real steps, in a process of its own.
  @Test func `what is told is what a step takes`() async throws {
    let result = await #expect(processExitsWith: .success, observing: [\.standardOutputContent]) {
      Processor.threads = 1
      for (settings, most) in [
        ([("model.name", "vit_tiny_patch16_224"), ("image_size", "112"), ("batch_size", "24")], 2),
        ([("model.name", "swin_shapes_patch2_window4_32"), ("batch_size", "64")], 2),
        // Parts of 21 and of 22 samples, between which tensors change their class of blocks.
        ([("model.name", "swin_shapes_patch2_window4_32"), ("batch_size", "64")], 3),
        ([("model.name", "resnet18"), ("image_size", "64"), ("batch_size", "40")], 2),
      ] {
        let run = try MemoryPlanTests.run("shapes-tiny", settings)
        guard let memory = try StepMemory(of: run.subject, run.method) else { continue }
        let gradients = Gradients(run.subject.parameters)
        run.subject.source.seek(0, state: nil)
        let batch = try run.subject.source.next()
        var took: [Int] = []
        for parts in [most, memory.samples] {
          Processor.trimMemory()
          let before = Processor.memory.held
          for number in 0..<3 {
            let pass = Pass(isTraining: true, key: RandomKey(seed: number))
            _ = run.method.inParts(parts, run.subject.task, batch, into: gradients, pass: pass)
            gradients.clear()
          }
          took.append(Processor.memory.held - before)
        }
        // The difference: what waits, and the batch itself, are the same in both.
        let told = memory.need(parts: most).addresses - memory.need(parts: memory.samples).addresses
        print("step", settings[0].1, took[0] - took[1], told)
      }
    }
    let output = String(decoding: try #require(result).standardOutputContent, as: UTF8.self)
    let lines = output.split(separator: "\n").filter { $0.hasPrefix("step ") }
    #expect(lines.count == 4)
    for line in lines {
      let words = line.split(separator: " ")
      let (took, told) = (Double(words[2]) ?? 0, Double(words[3]) ?? 0)
      #expect(took > 1e7 && abs(told - took) < 0.1 * took, "\(line)")
    }
  }

  /// The twin of a device, in a process of its own, with memory for less than the batch.
  @Test(.enabled(if: CudaTwin.path != nil, "libCudaTwin.so was not built"))
  func `a batch that a device does not hold passes in parts`() async throws {
    let result = await #expect(processExitsWith: .success, observing: [\.standardOutputContent]) {
      let (folder, device) = (TemporaryFolder(), try #require(Device("cuda")))
      let settings = [("batch_size", "48"), ("eval_batch_size", "16"), ("depth", "2"), ("evaluate_every", "9")]
      func run() throws -> VisionRun { try MemoryPlanTests.run("shapes-tiny", settings, on: device) }
      let first = try run()
      let memory = try #require(try StepMemory(of: first.subject, first.method))
      let (whole, divided) = (memory.need(parts: 1).memory, memory.need(parts: 4).memory)
      // 64 MiB are kept for what nobody foresees, and a twelfth.
      let limit = memory.resident + Int(Double(divided + 64 << 20) * 1.1)
      print("told", whole, divided, device.freeMemory.map { $0 > 1 << 30 } ?? false)
      try #require(CudaTwin.shared).limitMemory(to: UInt64(limit))
      var lines: [String] = []
      let summary = try withExtendedLifetime(first) {
        try run().train(to: folder["run"], reporter: LineReporter { lines.append($0) }).summary
      }
      let parts = try JSON.read(folder["run/config.json"])["parts"]?.int ?? 0
      print("came", parts, summary.devicePeak ?? 0, limit, lines.contains { $0.contains("are free on cuda:0") })
    }
    let output = String(decoding: try #require(result).standardOutputContent, as: UTF8.self)
    func words(_ start: String) throws -> [Substring] {
      try #require(output.split(separator: "\n").first { $0.hasPrefix(start) }, "\(output)").split(separator: " ")
    }
    let (told, came) = (try words("told "), try words("came "))
    let (whole, divided) = (try #require(Int(told[1])), try #require(Int(told[2])))
    #expect(whole > 3 * divided && told[3] == "true", "\(told)")
    let (parts, peak, limit) = (try #require(Int(came[1])), try #require(Int(came[2])), try #require(Int(came[3])))
    #expect(parts > 1 && peak <= limit && peak > limit / 3 && came[4] == "true", "\(came)")
  }
}
