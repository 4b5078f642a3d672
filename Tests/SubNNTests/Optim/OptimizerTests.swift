import Foundation
import SubCore
import SubData
import SubNN
import Testing

/// Fifty updates against torch's AdamW and SGD and timm's Lamb and ModelEmaV2 in float64; the fixtures are made by
/// scripts/reference/optim_reference.py.
@Suite struct OptimizerTests {
  static let folder = Bundle.module.resourcePath! + "/Fixtures/optim"

  @Test(arguments: [
    "adamw", "adamw_layers", "adamw_clip1", "adamw_clip5", "lamb_deit3", "lamb_rsb", "sgd", "sgd_nesterov", "sgd_plain",
  ])
  func `fifty updates equal the reference in double`(_ name: String) throws {
    #expect(try OptimizerRun(name, dtype: .f64, on: .reference).worst() < 1e-9)
  }

  @Test(arguments: ["adamw_layers", "adamw_clip5", "lamb_deit3", "lamb_rsb", "sgd", "sgd_nesterov", "sgd_plain"])
  func `fifty updates in single precision stay within a millionth`(_ name: String) throws {
    #expect(try OptimizerRun(name, dtype: .f32, on: .cpu).worst() < 1e-6)
  }

  @Test(arguments: ["lamb_deit3", "sgd_nesterov"]) func `an optimizer's state continues bit for bit`(
    _ name: String
  ) throws {
    let whole = try OptimizerRun(name, dtype: .f32, on: .cpu)
    let halves = try OptimizerRun(name, dtype: .f32, on: .cpu)
    for step in 0..<20 { try whole.step(step) }
    for step in 0..<10 { try halves.step(step) }
    let state = Dictionary(halves.optimizer.state().map { ("\($0.role).\($0.tensor ?? "")", $0.array) }) { $1 }
    let resumed = try OptimizerRun(name, dtype: .f32, on: .cpu)
    resumed.set.arena.write(halves.set.arena.host())
    try resumed.optimizer.restore { try #require(state["\($0).\($1 ?? "")"]) }
    for step in 10..<20 { try resumed.step(step) }
    #expect(resumed.set.arena.floats() == whole.set.arena.floats())
  }

  @Test(arguments: ["adamw", "sgd"]) func `updates that no run counts to are refused`(_ name: String) throws {
    for count in [-1, Int64.max] {
      let run = try OptimizerRun(name, dtype: .f32, on: .cpu)
      var state = Dictionary(run.optimizer.state().map { ("\($0.role).\($0.tensor ?? "")", $0.array) }) { $1 }
      state["updates."] = HostArray([count], shape: [1])
      let error = #expect(throws: InputError.self) {
        try run.optimizer.restore { try #require(state["\($0).\($1 ?? "")"]) }
      }
      #expect(error?.place == "updates")
    }
  }

  @Test func `an average is exchanged for the weights and back`() throws {
    let run = try OptimizerRun("lamb_rsb", dtype: .f32, on: .cpu)
    for step in 0..<5 { try run.step(step) }
    let ema = try #require(run.ema)
    let (before, parameter) = (run.set.arena.floats(), run.set.parameters[2])
    let average = ema.value(of: parameter).floats()
    #expect(average != parameter.value.floats())
    #expect(ema.evaluating { parameter.value.floats() } == average)
    #expect(throws: CancellationError.self) { try ema.evaluating { throw CancellationError() } }
    #expect(run.set.arena.floats() == before)
  }
}

/// One run of the reference.
private final class OptimizerRun {
  let set: ParameterSet
  let optimizer: any Optimizer
  let ema: EMA?
  private let name: String
  private let file: any NamedTensors
  private let gradients: Gradients
  private let rates: [Double]
  private let clip: Double?
  private let dtype: DType
  private let device: Device

  init(_ name: String, dtype: DType, on device: Device) throws {
    (self.name, self.dtype, self.device) = (name, dtype, device)
    let file = try SafetensorsFile(OptimizerTests.folder + "/optim_steps.safetensors")
    let facts = try #require(JSON.read(OptimizerTests.folder + "/optim_steps.json")[name])
    let scales = try #require(facts["scales"]?.object)
    let parameters = try scales.members.map { member in
      (name: member.key, parameter: Parameter(Shape(try file.info(named: "start." + member.key).shape), .zeros))
    }
    set = ParameterSet(parameters, dtype: dtype, on: device, key: RandomKey(seed: 0))
    for (name, parameter) in parameters { parameter.value.write(try file.array(named: "start." + name)) }
    let decaying = facts["decay"]?.array?.compactMap(\.string) ?? []
    let decay = facts["weight_decay"]?.double ?? 0
    let groups = ParameterGroups(set) { parameter in
      ParameterRates(
        lrScale: scales[parameter.name]?.double ?? 1, weightDecay: decaying.contains(parameter.name) ? decay : 0)
    }
    let moments = MomentOptimizer.Settings(epsilon: facts["eps"]?.double ?? 0)
    switch facts["kind"]?.string {
    case "lamb": optimizer = LAMB(set, groups: groups, settings: moments)
    case "sgd":
      let settings = SGD.Settings(
        momentum: try #require(facts["momentum"]?.double), isNesterov: facts["nesterov"]?.bool ?? false)
      optimizer = SGD(set, groups: groups, settings: settings)
    default: optimizer = AdamW(set, groups: groups, settings: moments)
    }
    ema = facts["ema"]?.double.map { [set] in EMA(set, decay: $0) }
    clip = facts["clip"]?.double
    rates = try file.array(named: "lr." + name).doubles()
    gradients = Gradients(set)
    self.file = file
  }

  private func row(_ tensor: String, _ step: Int, of shape: Shape) throws -> [Double] {
    Array(try file.array(named: tensor).doubles()[step * shape.count..<(step + 1) * shape.count])
  }

  func step(_ step: Int) throws {
    for parameter in set.parameters {
      let gradient = try row("grad." + parameter.name, step, of: parameter.shape)
      parameter.tensor.backward(
        from: Tensor(gradient, parameter.shape, dtype: dtype, on: device), into: gradients)
    }
    let factor = clip.flatMap { Gradients.clipFactor(norm: gradients.norm(), limit: $0) }
    optimizer.step(gradients, lr: rates[step], factor: factor)
    ema?.update()
  }

  /// The largest difference of any weight or average after any update, relative to the largest weight of its tensor.
  func worst() throws -> Double {
    var worst = 0.0
    for step in 0..<rates.count {
      try self.step(step)
      for parameter in set.parameters {
        var pairs = [(parameter.value, "\(name).\(parameter.name)")]
        if let ema { pairs.append((ema.value(of: parameter), "\(name).ema.\(parameter.name)")) }
        for (tensor, key) in pairs {
          let wanted = try row(key, step, of: parameter.shape)
          let largest = wanted.map(abs).max() ?? 1
          for (a, b) in zip(tensor.doubles(), wanted) { worst = max(worst, abs(a - b) / largest) }
        }
      }
    }
    return worst
  }
}
