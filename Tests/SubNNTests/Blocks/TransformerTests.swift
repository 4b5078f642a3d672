import SubCore
import SubNN
import Testing

private final class WaveBias: Module, ScoreBias {
  let table = Parameter([2, 3, 3], .normal(deviation: 1))
  func scores(on device: Device) -> Tensor { table.tensor }
}

/// A stack of two blocks, 4 wide, with what is asked of it, and the tokens of two sequences as a parameter.
private final class Stack: Module {
  let tokens: Parameter
  @Key var transformer: Transformer

  init(lengths: [Int], bias: Bool = false, _ change: (inout TransformerConfig) -> Void) {
    let sites = BlockSites(
      probabilities: 9, attention: .init(dropout: 0, path: 1), hidden: 2, mlp: .init(dropout: 3, path: 4))
    var start = BlockStart.normal(deviation: 0.4)
    (start.expansionBias, start.contractionBias) = (.normal(deviation: 0.2), .normal(deviation: 0.2))
    var config = TransformerConfig(width: 4, heads: 2, hidden: 6, depth: 2, sites: sites, start: start)
    change(&config)
    tokens = Parameter([lengths.reduce(0, +), 4], .normal(deviation: 1))
    _transformer = Key(wrappedValue: Transformer(config) { _ in bias ? WaveBias() : nil }, "")
  }
}

@Suite struct TransformerTests {
  /// What a stack can be made of, with the row of each sequence that a head reads.
  enum Kind: CaseIterable { case plain, scaled, behind, causal, biased, separate }

  private func stack(_ kind: Kind, lengths: [Int] = [3, 3]) -> (stack: Stack, set: ParameterSet) {
    let stack = Stack(lengths: lengths, bias: kind == .biased) { config in
      switch kind {
      case .plain, .biased: break
      case .scaled: config.layerScale = 0.3
      case .behind: config.norm = .behind
      case .causal: config.isCausal = true
      case .separate: config.hasSeparateBiases = true
      }
    }
    let set = ParameterSet(stack, dtype: .f64, on: .reference, key: RandomKey(seed: 2))
    for parameter in set.parameters where parameter.name.hasSuffix("bias") {
      let values: [Double] = (0..<parameter.shape.count).map { 0.1 * Double($0 % 5) - 0.2 }
      parameter.value.write(HostArray(values, shape: parameter.shape.dimensions, dtype: .f64))
    }
    return (stack, set)
  }

  @Test(arguments: Kind.allCases) func `one row read is a row of all, and so are its gradients`(_ kind: Kind) {
    let lengths = kind == .biased ? [3, 3] : [3, 2]
    let (stack, set) = stack(kind, lengths: lengths)
    let rows = SequenceRows(Segments(lengths: lengths, on: .reference))
    let read = Tensor(indices: kind == .causal ? [2, lengths[0] + lengths[1] - 1] : [0, 3], on: .reference)
    let (some, all) = (Gradients(set), Gradients(set))
    let one = stack.transformer(stack.tokens.tensor, rows, reading: read, .evaluation).normed
    let whole = stack.transformer(stack.tokens.tensor, rows, .evaluation).normed.gatherRows(read)
    #expect(one.shape == [2, 4])
    #expect(zip(one.doubles(), whole.doubles()).allSatisfy { abs($0 - $1) < 1e-12 })
    let upstream = Tensor((0..<8).map { Double($0) - 3 }, [2, 4], dtype: .f64, on: .reference)
    one.backward(from: upstream, into: some)
    whole.backward(from: upstream, into: all)
    for parameter in set.parameters {
      #expect(some.isTouched(parameter) && all.isTouched(parameter), "\(parameter.name)")
      let pairs = zip(some.value(of: parameter).doubles(), all.value(of: parameter).doubles())
      #expect(pairs.allSatisfy { abs($0 - $1) < 1e-11 }, "\(parameter.name)")
    }
  }

  @Test func `names are timm's`() {
    let linear = { (name: String) in ["\(name).weight", "\(name).bias"] }
    let block = ["norm1", "attn.qkv", "attn.proj", "norm2", "mlp.fc1", "mlp.fc2"].flatMap(linear)
    let scaled = stack(.scaled).stack.namedParameters().map(\.name)
    #expect(scaled.contains("blocks.1.ls2.gamma") && scaled.suffix(2) == ["norm.weight", "norm.bias"])
    #expect(
      stack(.behind).stack.namedParameters().map(\.name)
        == ["tokens"] + (0..<2).flatMap { index in block.map { "blocks.\(index).\($0)" } })
    let separate = Set(stack(.separate).stack.namedParameters().map(\.name))
    #expect(separate.isSuperset(of: ["blocks.0.attn.q_bias", "blocks.0.attn.v_bias"]))
    #expect(!separate.contains("blocks.0.attn.qkv.bias"))
    #expect(stack(.biased).stack.namedParameters().contains { $0.name == "blocks.0.attn.table" })
  }

  @Test func `norms behind leave the stream normed, norms before end in the last one`() {
    for kind in [Kind.plain, .behind] {
      let (stack, _) = stack(kind)
      let rows = SequenceRows(Segments(count: 2, length: 3, on: .reference))
      let x = stack.transformer(stack.tokens.tensor, rows, .evaluation)
      #expect((x.joint.doubles() == x.normed.doubles()) == (kind == .behind))
      let means = (0..<6).map { row in x.normed.doubles()[row * 4..<row * 4 + 4].reduce(0, +) }
      // The shifts that were written above.
      #expect(means.allSatisfy { abs($0 - (-0.2)) < 1e-6 }, "\(means)")
    }
  }

  /// Sequences of one length: what is dropped in a piece is what is dropped of the whole.
  @Test func `a piece of a batch drops what the whole batch drops`() {
    let (whole, _) = stack(.plain, lengths: [3, 3, 3])
    var pass = Pass(isTraining: true, key: RandomKey(seed: 5), dropPath: .everywhere(0.4))
    pass.branchDropout = 0
    let read = { (rows: [Int]) in Tensor(indices: rows, on: .reference) }
    let tokens = whole.tokens.value
    let all = whole.transformer(
      tokens, SequenceRows(Segments(count: 3, length: 3, on: .reference)), reading: read([0, 3, 6]), pass)
    var part = pass
    part.firstSample = 1
    let piece = whole.transformer(
      tokens.gatherRows(read([3, 4, 5, 6, 7, 8])),
      SequenceRows(Segments(count: 2, length: 3, on: .reference), firstRow: 3), reading: read([0, 3]), part)
    #expect(Array(all.normed.doubles()[4...]) == piece.normed.doubles())
    #expect(
      all.normed.doubles()
        != whole.transformer(
          tokens, SequenceRows(Segments(count: 3, length: 3, on: .reference)), reading: read([0, 3, 6]), .evaluation
        ).normed.doubles())
  }

  /// Every site draws, and only those that exist.
  @Test func `sites are data`() {
    func output(_ change: (inout TransformerConfig) -> Void, _ pass: (inout Pass) -> Void) -> [Double] {
      let stack = Stack(lengths: [3, 3], change)
      _ = ParameterSet(stack, dtype: .f64, on: .reference, key: RandomKey(seed: 2))
      var trip = Pass(isTraining: true, key: RandomKey(seed: 5))
      pass(&trip)
      let rows = SequenceRows(Segments(count: 2, length: 3, on: .reference))
      return stack.transformer(stack.tokens.tensor, rows, trip).normed.doubles()
    }
    let none = output({ _ in }, { _ in })
    let dropped = output({ _ in }, { $0.branchDropout = 0.3 })
    #expect(none != dropped && none != output({ _ in }, { $0.dropPath = .everywhere(0.5) }))
    #expect(dropped != output({ $0.sites.hidden = nil }, { $0.branchDropout = 0.3 }))
    #expect(dropped != output({ $0.sites.mlp.dropout = 7 }, { $0.branchDropout = 0.3 }))
    #expect(none != output({ $0.attentionDropout = 0.3 }, { _ in }))
    #expect(none == output({ ($0.attentionDropout, $0.sites.probabilities) = (0.3, nil) }, { _ in }))
    let rising = output({ $0.dropPath = [0, 0.6] }, { _ in })
    #expect(none != rising && rising == output({ _ in }, { $0.dropPath = .rising(to: 0.6) }))
    #expect(
      output({ $0.dropPath = [0.3, 0.6] }, { _ in })
        == output({ $0.place = (before: 1, count: 3) }, { $0.dropPath = .rising(to: 0.6) }))
  }
}
