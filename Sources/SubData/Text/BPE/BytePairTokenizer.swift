import SubCore

/// CLIP's tokenizer: captions to ids, exactly as open_clip's `SimpleTokenizer`.
///
/// Ids: the 256 byte symbols, the same with `</w>`, one per merge, start of text, end of text. With CLIP's own merges
/// that makes 49,408; with a smaller file as many fewer.
public struct BytePairTokenizer: Sendable {
  /// The id that every text starts with.
  public let startId: Int32
  /// The id that every text ends with: the largest one.
  public let endId: Int32
  /// The number of ids.
  public var vocabularySize: Int { symbols.count }
  /// The symbol of every id, in the byte alphabet, the two special ones by their open_clip names.
  public let symbols: [String]
  private let table: BytePairTable

  /// A tokenizer from a merges file: CLIP's `bpe_simple_vocab_16e6.txt.gz`, or one that `BytePairTrainer` wrote.
  public init(mergesFile path: String) throws {
    let merges = try BytePairMerges(file: path)
    try self.init(
      ranked: merges.merges.enumerated().map { ($0, $1) }, count: merges.merges.count,
      place: { "\(path), line \($0 + 2)" })
  }

  /// A tokenizer from merges in memory; both symbols of a merge must exist when it comes.
  public init(_ merges: BytePairMerges) throws {
    try self.init(
      ranked: merges.merges.enumerated().map { ($0, $1) }, count: merges.merges.count, place: { "merge \($0)" })
  }

  /// A tokenizer that knows only some of `count` merges, by rank, under the ids of the whole vocabulary.
  package init(
    ranked merges: [(rank: Int, merge: BytePairMerges.Merge)], count: Int, place: (Int) -> String
  ) throws {
    var symbols = BytePairAlphabet.symbols
    symbols += symbols.map { $0 + BytePairAlphabet.wordEnd }
    var ids: [String: Int32] = [:]
    for (id, symbol) in symbols.enumerated() { ids[symbol] = Int32(id) }
    symbols += [String](repeating: "", count: count)
    var pairs: [BytePairTable.Pair] = []
    pairs.reserveCapacity(merges.count)
    for (rank, merge) in merges {
      guard let first = ids[merge.first], let second = ids[merge.second] else {
        throw InputError(
          "merge of a symbol that no earlier line makes: \(merge.first) \(merge.second)", at: place(rank),
          cure: "give a complete merges file, best merges first")
      }
      let symbol = merge.first + merge.second
      let id = Int32(512 + rank)
      symbols[Int(id)] = symbol
      // Two merges may make the same symbol, which then has the later id.
      let isKnown = ids.updateValue(id, forKey: symbol) != nil
      if isKnown { for index in pairs.indices where symbols[Int(pairs[index].id)] == symbol { pairs[index].id = id } }
      pairs.append(BytePairTable.Pair(first: first, second: second, rank: Int32(rank), id: id))
    }
    startId = Int32(symbols.count)
    endId = startId + 1
    self.symbols = symbols + [CaptionPieces.startText, CaptionPieces.endText]
    table = BytePairTable(pairs)
  }

  /// The ids of a text without start and end; the text is cleaned first.
  public func encode(_ text: String) -> [Int32] {
    let bytes = CaptionCleaner.cleanedBytes(text)
    var ids: [Int32] = []
    ids.reserveCapacity(bytes.count / 3 + 4)
    var word: [Int32] = []
    bytes.withUnsafeBufferPointer { bytes in
      CaptionPieces.forEach(in: bytes) { piece in
        switch piece {
        case .start: ids.append(startId)
        case .end: ids.append(endId)
        case .word(let range):
          word.removeAll(keepingCapacity: true)
          for byte in bytes[range] { word.append(BytePairAlphabet.index[Int(byte)]) }
          word[word.count - 1] += 256
          table.merge(&word)
          ids += word
        }
      }
    }
    return ids
  }

  /// The ids with start and end; of a text that is too long the beginning, cut so that `contextLength` ids remain, the
  /// last of them the end. Not padded.
  public func tokenize(_ text: String, contextLength: Int = 77) -> [Int32] {
    precondition(contextLength >= 2, "BytePairTokenizer: context length \(contextLength)")
    return [startId] + encode(text).prefix(contextLength - 2) + [endId]
  }

  /// The symbols of ids.
  public func tokens(of ids: [Int32]) -> [String] {
    ids.map { $0 >= 0 && Int($0) < symbols.count ? symbols[Int($0)] : "" }
  }
}
