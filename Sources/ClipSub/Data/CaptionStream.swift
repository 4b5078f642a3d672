import SubCore

/// The pairs of a set, one after the other in the order of a run: a function of the set, the order and the position
/// alone. Copies are independent; a stream made at another's position continues as that one does.
///
/// In training the shards of every epoch come in a random order, and their pairs leave a buffer of the order's size in
/// random order, as in WebDataset; tables and folders are permuted as a whole.
public struct CaptionStream: Sendable {
  /// Where the stream stands: what `next` returns is the pair at this position.
  public private(set) var position: CaptionPosition
  /// What was skipped. Pairs whose images turn out to be broken are recorded here by those who decode them.
  public let faults: CaptionFaults

  private let set: CaptionSet
  private let order: CaptionOrder
  private let key: RandomKey
  private var parts: [Int] = []
  private var partsEpoch = -1
  /// Open shards by their place in the order, each as long as it is read or pairs of it wait.
  private var open: [Int: (pairs: any CaptionPairs, waiting: Int)] = [:]

  /// A stream from a position, by default the beginning. Throws an `InputError` for a position that the data does not
  /// have.
  public init(_ set: CaptionSet, order: CaptionOrder, from position: CaptionPosition = CaptionPosition()) throws {
    self.set = set
    self.order = order
    self.position = position
    key = RandomKey(seed: order.seed).fold("captions")
    faults = CaptionFaults(source: set.source, limit: set.options.faults, isMixed: order.shuffles)
    guard order.resamples == false || set.kind == .shards else {
      throw InputError(
        "only shards can be resampled", at: set.source, cure: "leave resampling out: the data is shuffled as a whole",
        isUsage: true)
    }
    try restore()
  }

  /// A pair and where it was found.
  struct Given {
    let pair: CaptionPair
    /// What lies beside it: its shard, table or folder.
    let pairs: any CaptionPairs
    /// That shard's place in the order, and the pair's in the shard.
    let place, sample: Int
    /// Its number in the run, from 0.
    let number: Int
  }

  /// The next pair; nil at the end of data that does not start again. Pairs that cannot be used are recorded and
  /// skipped; throws an `InputError` once there are too many, or nothing is left.
  public mutating func next() throws -> CaptionPair? { try give()?.pair }

  /// The same, with where it was found.
  mutating func give() throws -> Given? {
    while true {
      guard let (place, sample) = try nextReference() else {
        guard order.repeats else { return nil }
        if position.deliveredInEpoch == 0 {
          throw InputError(
            "the data gave no pair in a whole epoch: \(faults.summary)", at: set.source,
            cure: "repair the data; every image needs a caption")
        }
        beginEpoch()
        continue
      }
      let pairs = open[place]!.pairs
      release(place)
      do {
        let pair = try pairs.pair(at: sample)
        position.delivered += 1
        position.deliveredInEpoch += 1
        faults.noteGiven()
        return Given(pair: pair, pairs: pairs, place: place, sample: sample, number: position.delivered - 1)
      } catch { try faults.record(error) }
    }
  }

  /// Goes on to the next epoch where a table or a folder has fewer pairs left than a batch: so no batch has a pair twice, and
  /// epochs are what they are counted as. Shards go on into the next one.
  mutating func dropRest(fewerThan count: Int) throws {
    guard set.kind != .shards, order.repeats, position.sample > 0 else { return }
    if open[0] == nil { try openShard(0, isNew: false) }
    if open[0]!.pairs.count - position.sample < count { beginEpoch() }
  }

  private mutating func beginEpoch() {
    position.epoch += 1
    (position.shard, position.sample, position.draws, position.deliveredInEpoch) = (0, 0, 0, 0)
    open = [:]
  }

  // MARK: The order

  /// The next pair's place in the order and number in its shard, after the shuffle buffer; its shard is held once for
  /// it.
  private mutating func nextReference() throws -> (place: Int, sample: Int)? {
    guard order.shuffles, set.kind == .shards else { return try nextInOrder() }
    while let first = try nextInOrder() {
      position.buffer += [first.place, first.sample]
      if position.buffer.count < 2 * order.buffer, let second = try nextInOrder() {
        position.buffer += [second.place, second.sample]
      }
      if position.buffer.count >= 2 * order.initial { return pick() }
    }
    return position.buffer.isEmpty ? nil : pick()
  }

  private mutating func pick() -> (place: Int, sample: Int) {
    let count = position.buffer.count / 2
    let index = key.fold("buffer").fold(position.epoch).integer(below: count, at: position.draws)
    position.draws += 1
    let chosen = (place: position.buffer[2 * index], sample: position.buffer[2 * index + 1])
    position.buffer[2 * index] = position.buffer[2 * count - 2]
    position.buffer[2 * index + 1] = position.buffer[2 * count - 1]
    position.buffer.removeLast(2)
    return chosen
  }

  private mutating func nextInOrder() throws -> (place: Int, sample: Int)? {
    if set.kind != .shards { return try nextInList() }
    var empty = 0
    while order.resamples || position.shard < set.shards.count {
      let place = position.shard
      if open[place] == nil {
        try openShard(place, isNew: position.sample == 0)
      }
      if position.sample < open[place]!.pairs.count {
        position.sample += 1
        open[place]!.waiting += 1
        return (place, position.sample - 1)
      }
      // The shard is read: what the reading held is given up.
      empty = position.sample == 0 ? empty + 1 : 0
      position.shard += 1
      position.sample = 0
      release(place)
      if order.resamples, empty > max(64, set.shards.count) {
        throw InputError(
          "\(empty) shards in a row hold no pair: \(faults.summary)", at: set.source, cure: "repair the data")
      }
    }
    return nil
  }

  private mutating func nextInList() throws -> (place: Int, sample: Int)? {
    if open[0] == nil { try openShard(0, isNew: position.delivered == 0) }
    guard position.sample < open[0]!.pairs.count else { return nil }
    if partsEpoch != position.epoch {
      let count = open[0]!.pairs.count
      parts = order.shuffles ? key.fold("order").fold(position.epoch).permutation(count) : []
      partsEpoch = position.epoch
    }
    let sample = order.shuffles ? parts[position.sample] : position.sample
    position.sample += 1
    open[0]!.waiting += 1
    return (0, sample)
  }

  /// The shard at a place of the order.
  private mutating func part(_ place: Int) -> Int {
    if order.resamples {
      let total = set.cumulativeWeights.last ?? 1
      let drawn = key.fold("resample").uniform64(at: place) * total
      var (low, high) = (0, set.cumulativeWeights.count - 1)
      while low < high {
        let middle = (low + high) / 2
        if set.cumulativeWeights[middle] > drawn { high = middle } else { low = middle + 1 }
      }
      return low
    }
    guard order.shuffles, set.kind == .shards else { return place }
    if partsEpoch != position.epoch {
      parts = key.fold("shards").fold(position.epoch).permutation(set.shards.count)
      partsEpoch = position.epoch
    }
    return parts[place]
  }

  // MARK: Open shards

  /// Opens a shard and holds it once, for the reading.
  private mutating func openShard(_ place: Int, isNew: Bool) throws {
    let (pairs, found) = set.open(part(place))
    if isNew { try faults.note(listed: found, besides: pairs.count) }
    open[place] = (pairs, 1)
  }

  private mutating func release(_ place: Int) {
    guard let waiting = open[place]?.waiting else { return }
    if waiting <= 1, set.kind == .shards { open[place] = nil } else { open[place]!.waiting = waiting - 1 }
  }

  /// Opens again what the position refers to, and checks it.
  private mutating func restore() throws {
    let numbers = [
      position.epoch, position.shard, position.sample, position.draws, position.delivered, position.deliveredInEpoch,
    ]
    var isValid = numbers.allSatisfy { (0...(1 << 50)).contains($0) } && position.buffer.count % 2 == 0
    isValid = isValid && (position.buffer.isEmpty || (set.kind == .shards && order.shuffles))
    if set.kind == .shards, !order.resamples { isValid = isValid && position.shard <= set.shards.count }
    for index in stride(from: 0, to: isValid ? position.buffer.count : 0, by: 2) {
      let (place, sample) = (position.buffer[index], position.buffer[index + 1])
      guard place >= 0, place <= position.shard, order.resamples || place < set.shards.count, sample >= 0 else {
        isValid = false
        break
      }
      if open[place] == nil {
        // Where the reading stands, it holds the shard too.
        open[place] = (set.open(part(place)).pairs, place == position.shard ? 1 : 0)
      }
      open[place]!.waiting += 1
      isValid = isValid && sample < open[place]!.pairs.count
    }
    guard isValid else {
      throw InputError(
        "the saved position does not fit the data", at: set.source,
        cure: "resume with the same data and options, or start a new run")
    }
  }
}
