public import SubCore
import SubNN
public import SubTrain

/// Sequences one behind the other, without padding: the tokens of all of them are the rows of one matrix.
public struct TextBatch: TrainingBatch {
  /// One sequence on the host.
  public struct Sequence: Sendable {
    /// Word pieces of all sequences one behind the other.
    public var ids: [Int32]
    /// The segment of every token.
    public var typeIDs: [Int32]
    /// Whether a token may become [MASK].
    public var isEligible: [Bool]
    /// The place of every token; nil: 0, 1, 2, …
    public var positions: [Int32]?
    /// Whether a token is a key for the others; nil: all are.
    public var isVisible: [Bool]?
    /// The places of its numbers in given mask noise; nil: its rows in the batch.
    public var noisePlaces: [Int]?

    /// A sequence with all its tokens visible.
    public init(ids: [Int32], typeIDs: [Int32], isEligible: [Bool]) {
      self.ids = ids
      self.typeIDs = typeIDs
      self.isEligible = isEligible
    }
  }

  let ids: [Int32]
  let isEligible: [Bool]
  let noisePlaces: [Int]?
  let maskID: Int32
  let device: Device
  /// The number of the first sequence, where these are a part of a larger batch.
  let firstSample: Int
  private let sequences: [Sequence]
  /// Tokens of the longest sequence of the larger batch.
  private let longest: Int?
  /// The rows of every sequence, and which of them are keys.
  let rows: SequenceRows
  /// i32 [count]: the first row of every sequence.
  let firstRows: Tensor
  let positions, types: Tensor
  /// i32 classes, or values of a regression; nil for sequences without labels.
  public let target: Target?
  /// The number of sequences.
  public let count: Int

  /// A batch on a device. `target` has a label for every sequence.
  public init(_ sequences: [Sequence], target: Target?, maskID: Int32, on device: Device) {
    self.init(
      sequences, target, maskID: maskID, longest: sequences.map(\.ids.count).max(), firstSample: 0, firstRow: 0,
      on: device)
  }

  /// Sequences of a larger batch whose longest has `longest` tokens, behind `firstSample` others of `firstRow` tokens.
  private init(
    _ sequences: [Sequence], _ target: Target?, maskID: Int32, longest: Int?, firstSample: Int, firstRow: Int,
    on device: Device
  ) {
    precondition(sequences.allSatisfy { !$0.ids.isEmpty }, "TextBatch: a sequence without tokens")
    (self.sequences, self.longest, self.firstSample) = (sequences, longest, firstSample)
    count = sequences.count
    self.device = device
    self.maskID = maskID
    self.target = target
    ids = sequences.flatMap(\.ids)
    isEligible = sequences.flatMap(\.isEligible)
    noisePlaces = sequences.contains { $0.noisePlaces != nil } ? sequences.flatMap { $0.noisePlaces ?? [] } : nil
    positions = Tensor(
      HostArray(sequences.flatMap { $0.positions ?? Array(0..<Int32($0.ids.count)) }, shape: [ids.count]), on: device)
    types = Tensor(HostArray(sequences.flatMap(\.typeIDs), shape: [ids.count]), on: device)
    var row = 0
    firstRows = Tensor(
      indices: sequences.map { sequence in
        defer { row += sequence.ids.count }
        return row
      }, on: device)
    let keyMask =
      sequences.contains { $0.isVisible?.contains(false) ?? false }
      ? Tensor(
        HostArray(
          sequences.flatMap { s in s.isVisible?.map { $0 ? 1 : 0 } ?? Array(repeating: UInt8(1), count: s.ids.count) },
          shape: [ids.count], dtype: .u8), on: device)
      : nil
    rows = SequenceRows(
      Segments(lengths: sequences.map(\.ids.count), longest: longest, on: device), keyMask: keyMask, firstRow: firstRow)
  }

  public func part(_ range: Range<Int>) -> TextBatch? {
    TextBatch(
      Array(sequences[range]), target?.rows(range), maskID: maskID, longest: longest,
      firstSample: firstSample + range.lowerBound,
      firstRow: rows.firstRow + sequences.prefix(range.lowerBound).reduce(0) { $0 + $1.ids.count }, on: device)
  }

  /// Whether a network's tables have a row for everything in it.
  func fits(_ config: BERTConfig) -> Bool {
    func stand(_ values: [Int32], in count: Int) -> Bool { values.allSatisfy { $0 >= 0 && $0 < count } }
    return stand(ids, in: config.vocabularySize) && stand([maskID], in: config.vocabularySize)
      && sequences.allSatisfy {
        stand($0.typeIDs, in: config.types) && $0.ids.count <= config.positions
          && stand($0.positions ?? [], in: config.positions)
      }
  }

  /// The ids as a trip sees them: an independent draw for every eligible token, which becomes [MASK] where it falls below
  /// the ratio (transformers' masking collator without its random and kept tokens).
  func inputIDs(_ pass: Pass) -> [Int32] {
    guard let masking = pass.masking else { return ids }
    let isMasked: [Bool]
    if let noise = masking.noise, let places = noisePlaces {
      let all = masking.masked(rows: 1, count: noise.count, pass.key)
      isMasked = places.map { all[$0] }
    } else {
      isMasked = masking.masked(rows: ids.count, count: 1, first: rows.firstRow, pass.key.fold("mask"))
    }
    return ids.indices.map { isMasked[$0] && isEligible[$0] ? maskID : ids[$0] }
  }
}
