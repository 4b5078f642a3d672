import SubCore
import SubNN
import Testing

@testable import SubTrain

/// The methods on a task that is not of this package.
@Suite struct MethodTests {
  private let subject = PointClasses()
  private let pass = Pass(isTraining: true, key: RandomKey(seed: 5))

  /// The gradient of a step, and what it left.
  private func step(
    _ method: some Method, scale: Double = 1, only kind: StepLosses.Kind? = nil
  ) throws -> (gradient: [Float], result: StepResult<Tensor>) {
    let gradients = Gradients(subject.parameters)
    subject.source.seek(0, state: nil)
    let result = method(
      subject.task, try subject.source.next(), into: gradients, pass: pass, scale: scale, only: kind)
    return (subject.parameters.parameters.flatMap { gradients.value(of: $0).floats() }, result)
  }

  /// The norms of the branches' own gradients.
  private func norms(_ method: some Method) throws -> BranchNorms {
    subject.source.seek(0, state: nil)
    return BranchNorms(
      of: method, subject.task, [(try subject.source.next(), pass)], in: Gradients(subject.parameters))
  }

  private func norm(_ values: [Float]) -> Double { values.reduce(0) { $0 + Double($1 * $1) }.squareRoot() }

  private func isClose(_ one: [Float], _ other: [Float]) -> Bool {
    one.count == other.count && zip(one, other).allSatisfy { abs($0 - $1) < 1e-6 }
  }

  @Test func `the sub-branch's share of the gradient is its share of the loss`() throws {
    let baseline = try step(Baseline())
    let (main, sub) = (
      try step(MaskSub(ratio: 0.5, subWeight: 0)), try step(MaskSub(ratio: 0.5, subWeight: 1))
    )
    let both = try step(MaskSub(ratio: 0.5, subWeight: 0.25))
    #expect(isClose(main.gradient, baseline.gradient))
    #expect(isClose(both.gradient, zip(main.gradient, sub.gradient).map { 0.75 * $0 + 0.25 * $1 }))
    let losses = both.result.losses
    #expect(losses.total(main: 2, sub: 4) == 2.5 && losses.main.item == baseline.result.losses.main.item)
    #expect(both.result.sub != nil && baseline.result.sub == nil && baseline.result.losses.sub == nil)
    #expect(
      try isClose(step(MaskSub(ratio: 0.5, subWeight: 0.25), only: .sub).gradient, sub.gradient.map { 0.25 * $0 }))
  }

  @Test func `the norms are those of each loss alone, with weight 1`() throws {
    let (main, sub) = (
      try step(MaskSub(ratio: 0.5, subWeight: 0)).gradient, try step(MaskSub(ratio: 0.5, subWeight: 1)).gradient
    )
    for weight in [0.25, 0.5] {
      let norms = try norms(MaskSub(ratio: 0.5, subWeight: weight))
      #expect(abs((norms.main ?? 0) - norm(main)) < 1e-6 && abs((norms.sub ?? 0) - norm(sub)) < 1e-6)
    }
    let alone = try norms(Baseline())
    #expect(abs((alone.main ?? 0) - norm(main)) < 1e-6 && alone.sub == nil)
    // What weighs nothing has no norm.
    #expect(try norms(MaskSub(ratio: 0.5, subWeight: 1)).main == nil)
    // Branches that judge each other have the same norms in one way back and in two.
    let (together, apart) = (
      try norms(Mutual(ratio: 0.5, holdsBoth: true)), try norms(Mutual(ratio: 0.5, holdsBoth: false))
    )
    #expect(abs((together.main ?? 0) - (apart.main ?? 1)) < 1e-6 && abs((together.sub ?? 0) - (apart.sub ?? 1)) < 1e-6)
  }

  @Test func `each method has its own way of making it harder`() throws {
    let gradients = try Methods.all.map { try step($0.init(ratio: 0.5)).gradient }
    for (number, one) in gradients.enumerated() {
      for other in gradients[..<number] { #expect(one != other) }
    }
    // Without anything hidden the masked trip is the main one.
    #expect(try step(MaskingAlone(ratio: 0)).gradient == step(Baseline()).gradient)
  }

  @Test func `gradients that follow from the baseline's`() throws {
    let baseline = try step(Baseline()).gradient
    // Equal submodels have nothing to say to each other: what is left is the label's half.
    let equal = try step(CoSub(ratio: 0))
    #expect(isClose(equal.gradient, baseline.map { 0.5 * $0 }))
    #expect(equal.result.losses.mainWeight == 0.5 && equal.result.losses.subWeight == 0.5)
    // Sub-networks that are the whole one learn nothing from it.
    let whole = try step(GradAugDepth(ratio: 0))
    #expect(isClose(whole.gradient, baseline))
    #expect(whole.result.losses.mainWeight == 1 && whole.result.losses.subWeight == 3)
    // Label and nothing hidden, twice.
    #expect(isClose(try step(MaskSubByLabels(ratio: 0)).gradient, baseline))
    let (main, masked) = (
      try step(MaskSubByLabels(ratio: 0.5, subWeight: 0)).gradient,
      try step(MaskSubByLabels(ratio: 0.5, subWeight: 1)).gradient
    )
    #expect(isClose(main, baseline) && !isClose(masked, baseline))
    let both = try step(MaskSubByLabels(ratio: 0.5, subWeight: 0.25)).gradient
    #expect(isClose(both, zip(main, masked).map { 0.75 * $0 + 0.25 * $1 }))
  }

  /// The original leaves the schedule of stochastic depth to the network, in both submodels.
  @Test func `CoSub without a ratio has the network's own schedule`() throws {
    func rate(_ ratio: Double?) throws -> Float? {
      let choice = try MethodChoice(CoSub.self, ratio: ratio).resolved(RatioBasis(hidden: 0, dropPath: 0.5))
      guard case .everywhere(let rate)? = try #require(choice as? CoSub).rates else { return nil }
      return rate
    }
    #expect(try rate(nil) == nil && rate(0.5) == 0.5 && rate(0.25) == 0.25)
  }

  @Test func `what a method is unless told otherwise follows from the run`() throws {
    let basis = RatioBasis(hidden: 0.4, dropPath: 0.3)
    func numbers(_ type: any Method.Type, _ ratio: Double? = nil) throws -> [Double] {
      try MethodChoice(type, ratio: ratio).resolved(basis).numbers.map(\.value)
    }
    #expect(try numbers(Baseline.self) == [] && numbers(MaskingAlone.self) == [0.4])
    #expect(try numbers(MaskSub.self) == [0.4, 0.5] && numbers(MaskSub.self, 0.7) == [0.7, 0.5])
    #expect(try numbers(DropSub.self) == [0.2, 0.5] && numbers(PathSub.self) == [0.4, 0.5])
    #expect(try numbers(CoSub.self) == [0.3, 0.5] && numbers(MaskSubByLabels.self) == [0.4, 0.5])
    #expect(throws: InputError.self) { try MethodChoice(CoSub.self).resolved(RatioBasis(hidden: 0.5)) }
    #expect(try MethodChoice(MaskSub(ratio: 0.1)).resolved(basis).numbers[0].value == 0.1)
    #expect(throws: InputError.self) { try MethodChoice(PathSub.self).resolved(RatioBasis(hidden: 0, dropPath: 0.95)) }
    #expect(throws: InputError.self) { try MethodChoice(MaskSub.self, ratio: 1).resolved(basis) }
    #expect(throws: InputError.self) { try MethodChoice(Baseline.self, ratio: 0.5).resolved(basis) }
    #expect(throws: InputError.self) { try MaskSub(ratio: 0.99).check(patches: 16, at: "--ratio") }
    try DropSub(ratio: 0.99).check(patches: 16, at: "--ratio")
    #expect(MethodChoice.analyzed(DropSub(ratio: 0.2), basis)?.ratio == 0.4)
    #expect(MethodChoice.analyzed(MaskSub(ratio: 0.2), basis)?.ratio == 0.2)
    #expect(MethodChoice.analyzed(MaskSub(ratio: 0), basis) == nil)
  }

  @Test func `a method from outside trains, and stands in a list`() throws {
    #expect(throws: InputError.self) { try Methods.named("mutual") }
    let type = try Methods.named("mutual", among: Methods.all + [Mutual.self])
    #expect(type.init(ratio: 0.5).numbers.map(\.name) == ["ratio"])
    let trained = PointClasses()
    try trained.trainer(Mutual(ratio: 0.5), steps: 3).train()
    #expect(trained.weights != subject.weights)
  }

  @Test func `branches that judge each other have one way back, or are made again`() throws {
    let together = try step(Mutual(ratio: 0.5))
    let apart = try step(Mutual(ratio: 0.5, holdsBoth: false))
    #expect(isClose(together.gradient, apart.gradient))
    for (one, other) in [(together, apart)] {
      #expect(abs(one.result.losses.main.item - other.result.losses.main.item) < 1e-6)
      #expect(abs((one.result.losses.sub?.item ?? 0) - (other.result.losses.sub?.item ?? 1)) < 1e-6)
    }
    #expect(together.result.losses.total(main: 1, sub: 1) == 1)
  }
}

/// Two dropped-out branches of equal rank, each by the label and by the other.
struct Mutual: Method {
  static let name = "mutual"
  static let ratio: MethodRatio? = MethodRatio("dropout", unlessGiven: "0.5") { _ in 0.5 }
  let dropout: Double
  var holdsBoth = true

  init(_ settings: MethodSettings) { dropout = settings.ratio }
  init(ratio: Double, holdsBoth: Bool) { (dropout, self.holdsBoth) = (ratio, holdsBoth) }
  var numbers: [(name: String, value: Double)] { [("ratio", dropout)] }

  func train<Task>(_ step: Step<Task>) {
    func branch(_ index: Int, isRecorded: Bool = true) -> Task.Output {
      step.branch(index, isRecorded: isRecorded) { $0.branchDropout = Float(dropout) }
    }
    func terms(_ own: Task.Output, by other: Task.SoftTarget) -> (LossTerm, LossTerm) {
      (.main(step.loss(own), weight: 0.25), .sub(step.loss(own, mimicking: other), weight: 0.25))
    }
    let (one, two) = (branch(0, isRecorded: holdsBoth), branch(1))
    let (first, second) = (step.softTarget(of: one), step.softTarget(of: two))
    let (ofTwo, ofTwoByOne) = terms(two, by: first)
    if holdsBoth {
      let (ofOne, ofOneByTwo) = terms(one, by: second)
      step.backward(ofOne, ofOneByTwo, ofTwo, ofTwoByOne)
    } else {
      step.backward(ofTwo, ofTwoByOne)
      let (ofOne, ofOneByTwo) = terms(branch(0), by: second)
      step.backward(ofOne, ofOneByTwo)
    }
  }
}
