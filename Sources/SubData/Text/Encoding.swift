/// A text, or a pair of texts, as BERT reads it: `[CLS] A [SEP]` or `[CLS] A [SEP] B [SEP]`, not padded.
public struct Encoding: Sendable, Equatable {
  /// Token ids, special tokens included.
  public var ids: [Int32]
  /// 0 up to and including the first `[SEP]`, 1 after it.
  public var typeIds: [Int32]
  /// 1 where the encoder put a `[CLS]` or `[SEP]`; 0 for what stood in the text, even a literal `[SEP]`.
  public var specialTokensMask: [UInt8]

  /// Joins encoded texts, whose ids hold no special tokens but those the text spells out.
  init(_ first: ArraySlice<Int32>, _ second: ArraySlice<Int32>?, cls: Int32, sep: Int32) {
    let count = first.count + 2 + (second.map { $0.count + 1 } ?? 0)
    ids = []
    ids.reserveCapacity(count)
    ids.append(cls)
    ids += first
    ids.append(sep)
    typeIds = [Int32](repeating: 0, count: count)
    specialTokensMask = [UInt8](repeating: 0, count: count)
    specialTokensMask[0] = 1
    specialTokensMask[first.count + 1] = 1
    guard let second else { return }
    for index in ids.count..<count { typeIds[index] = 1 }
    ids += second
    ids.append(sep)
    specialTokensMask[count - 1] = 1
  }

  /// How many tokens of each text stay when both together may have `budget`: `longest_first` as Hugging Face's fast
  /// tokenizer does it. The longer text gives way first; when both are cut, an odd token goes to the longer, on a tie
  /// to the second.
  static func lengths(_ first: Int, _ second: Int, budget: Int) -> (Int, Int) {
    guard first + second > budget else { return (first, second) }
    let firstIsShort = first <= second
    var short = min(first, second)
    var long = short > budget ? short : max(short, budget - short)
    if short + long > budget {
      short = budget / 2
      long = short + budget % 2
    }
    return firstIsShort ? (short, long) : (long, short)
  }
}
