/// BERT's normalisation and its split into words, as Hugging Face's fast tokenizer does them: clean, set ideographs
/// apart, decompose and drop accents, lower-case, split at white space, set punctuation apart.
///
/// Works on Unicode scalars in one pass over UTF-8; no string is made per word.
public struct BertNormalizer: Sendable, Equatable {
  /// Drop controls and private use, turn every white space into U+0020.
  public var cleansText = true
  /// Make a word of every CJK ideograph.
  public var splitsIdeographs = true
  /// Decompose canonically and drop nonspacing marks.
  public var stripsAccents: Bool
  /// Map every scalar to lower case, without context.
  public var lowercases: Bool

  /// The uncased (`lowercase`) or the cased normaliser; accents go with upper case.
  public init(lowercase: Bool) {
    stripsAccents = lowercase
    lowercases = lowercase
  }

  /// Words of more scalars than this become one `[UNK]`.
  public var longestWord = 100

  /// What only splits text that is normalised already.
  var splitting: BertNormalizer {
    var splitter = self
    (splitter.cleansText, splitter.splitsIdeographs) = (false, false)
    (splitter.stripsAccents, splitter.lowercases) = (false, false)
    return splitter
  }

  /// The words of a text, each cut after `longestWord` scalars. For inspection; the tokenizer makes no strings.
  public func words(of text: String) -> [String] {
    var text = text
    var words: [String] = []
    text.withUTF8 { bytes in
      forEachWord(in: bytes) { word, _ in words.append(String(decoding: word, as: UTF8.self)) }
    }
    return words
  }

  /// Calls `body` with every word's UTF-8 bytes and its number of scalars. Beyond `longestWord` scalars only the
  /// count goes on; the bytes stop there. `text` must be valid UTF-8.
  func forEachWord(
    in text: UnsafeBufferPointer<UInt8>, _ body: (UnsafeBufferPointer<UInt8>, _ scalars: Int) -> Void
  ) {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 4 * longestWord) { memory in
      var word = Word(bytes: memory, longest: longestWord)
      forEachWord(in: text, &word, body)
    }
  }

  /// A text as the words are cut from it, white space as spaces. `text` must be valid UTF-8.
  func normalizedText(of text: UnsafeBufferPointer<UInt8>) -> [UInt8] {
    var word = Word(gathering: text.count)
    forEachWord(in: text, &word) { _, _ in }
    return word.text ?? []
  }

  /// The same of a string.
  func normalizedText(of text: String) -> [UInt8] {
    var text = text
    return text.withUTF8 { normalizedText(of: $0) }
  }

  private func forEachWord(
    in text: UnsafeBufferPointer<UInt8>, _ word: inout Word,
    _ body: (UnsafeBufferPointer<UInt8>, _ scalars: Int) -> Void
  ) {
    var marks: [(scalar: UInt32, order: UInt32)] = []
    let ascii = self.ascii
    var index = 0
    while index < text.count {
      let byte = text[index]
      if byte < 0x80 {
        if !marks.isEmpty { release(&marks, into: &word, body) }
        let action = ascii[Int(byte)]
        index += 1
        if action >= 0 {
          word.append(byte: UInt8(truncatingIfNeeded: action))
        } else if action == Self.split {
          word.space(body)
        } else if action == Self.alone {
          word.finish(body)
          word.append(byte: byte)
          word.finish(body)
        }
      } else {
        let (scalar, length) = Self.decode(text, at: index)
        index += length
        take(scalar, &marks, into: &word, body)
      }
    }
    if !marks.isEmpty { release(&marks, into: &word, body) }
    word.finish(body)
  }

  // What an ASCII byte does: a byte to append, or one of these.
  private static let drop: Int16 = -1
  private static let split: Int16 = -2
  private static let alone: Int16 = -3

  private var ascii: InlineArray<128, Int16> {
    InlineArray { code in
      switch code {
      case 0x09, 0x0A, 0x0D, 0x20: Self.split
      case 0..<0x20 where cleansText, 0x7F where cleansText: Self.drop
      case 0x0B, 0x0C: Self.split
      case 0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E: Self.alone
      case 0x41...0x5A where lowercases: Int16(code) + 32
      default: Int16(code)
      }
    }
  }

  /// Cleaning, ideographs and decomposition of one scalar beyond ASCII.
  private func take(
    _ scalar: UInt32, _ marks: inout [(scalar: UInt32, order: UInt32)], into word: inout Word,
    _ body: (UnsafeBufferPointer<UInt8>, Int) -> Void
  ) {
    let unicode = BertUnicode.shared
    let traits = unicode.traits(of: scalar)
    if cleansText {
      if traits.contains(.removed) { return }
      if traits.contains(.space) {
        release(&marks, into: &word, body)
        word.space(body)
        return
      }
    }
    let standsAlone = splitsIdeographs && traits.contains(.ideograph)
    if standsAlone {
      release(&marks, into: &word, body)
      word.space(body)
    }
    if !stripsAccents {
      put(scalar, into: &word, body)
    } else if traits.contains(.separatingMark) {
      release(&marks, into: &word, body)
    } else if !traits.contains(.mark) {
      if (0xAC00..<0xD7A4).contains(scalar) {  // Hangul syllables decompose into jamo by arithmetic.
        release(&marks, into: &word, body)
        let syllable = scalar - 0xAC00
        put(0x1100 + syllable / 588, into: &word, body)
        put(0x1161 + syllable % 588 / 28, into: &word, body)
        if syllable % 28 > 0 { put(0x11A7 + syllable % 28, into: &word, body) }
      } else if traits.contains(.decomposes) {
        for part in unicode.decomposition(of: scalar) ?? [scalar] {
          let order = unicode.combiningClass(of: part)
          if order > 0 {
            marks.append((part, order))
          } else {
            release(&marks, into: &word, body)
            put(part, into: &word, body)
          }
        }
      } else {
        release(&marks, into: &word, body)
        put(scalar, into: &word, body)
      }
    }
    if standsAlone {
      release(&marks, into: &word, body)
      word.space(body)
    }
  }

  /// Puts the marks that wait, in canonical order: by combining class, ties as they came.
  private func release(
    _ marks: inout [(scalar: UInt32, order: UInt32)], into word: inout Word,
    _ body: (UnsafeBufferPointer<UInt8>, Int) -> Void
  ) {
    guard !marks.isEmpty else { return }
    let ordered = marks.enumerated().sorted { ($0.element.order, $0.offset) < ($1.element.order, $1.offset) }
    marks.removeAll(keepingCapacity: true)
    for mark in ordered { put(mark.element.scalar, into: &word, body) }
  }

  /// Lower-cases a scalar and adds what comes out to the word, or ends the word.
  private func put(_ scalar: UInt32, into word: inout Word, _ body: (UnsafeBufferPointer<UInt8>, Int) -> Void) {
    let unicode = BertUnicode.shared
    if lowercases, let lower = unicode.lowercase(of: scalar) {
      for part in lower { word.append(scalar: part) }  // No lower-case mapping gives white space or punctuation.
      return
    }
    let traits = unicode.traits(of: scalar)
    if traits.contains(.white) {
      if word.text == nil { word.finish(body) } else { word.append(scalar: scalar) }
    } else if traits.contains(.punctuation) {
      word.finish(body)
      word.append(scalar: scalar)
      word.finish(body)
    } else {
      word.append(scalar: scalar)
    }
  }

  /// The scalar that starts at a byte ≥ 0x80 of valid UTF-8, and its length in bytes.
  private static func decode(_ text: UnsafeBufferPointer<UInt8>, at index: Int) -> (scalar: UInt32, length: Int) {
    func part(_ offset: Int) -> UInt32 { UInt32(text[index + offset] & 0x3F) }
    let lead = UInt32(text[index])
    if lead < 0xE0 { return ((lead & 0x1F) << 6 | part(1), 2) }
    if lead < 0xF0 { return ((lead & 0x0F) << 12 | part(1) << 6 | part(2), 3) }
    return ((lead & 0x07) << 18 | part(1) << 12 | part(2) << 6 | part(3), 4)
  }

  /// The word being gathered, in borrowed memory; or all of a text, whose words stay together.
  private struct Word {
    let bytes: UnsafeMutableBufferPointer<UInt8>
    let longest: Int
    var text: [UInt8]?
    var length = 0
    var scalars = 0

    init(bytes: UnsafeMutableBufferPointer<UInt8>, longest: Int) { (self.bytes, self.longest) = (bytes, longest) }

    /// Gathers a text of about so many bytes.
    init(gathering count: Int) {
      (bytes, longest) = (UnsafeMutableBufferPointer(start: nil, count: 0), 0)
      var text: [UInt8] = []
      text.reserveCapacity(count + 8)
      self.text = text
    }

    mutating func append(byte: UInt8) {
      if text != nil {
        text!.append(byte)
      } else if scalars < longest {
        bytes[length] = byte
        length += 1
      }
      scalars += 1
    }

    mutating func append(scalar: UInt32) {
      if text != nil {
        text! += UTF8.encode(Unicode.Scalar(scalar)!)!
      } else if scalars < longest {
        for byte in UTF8.encode(Unicode.Scalar(scalar)!)! {
          bytes[length] = byte
          length += 1
        }
      }
      scalars += 1
    }

    /// White space, or where some is set around an ideograph.
    mutating func space(_ body: (UnsafeBufferPointer<UInt8>, Int) -> Void) {
      if text != nil { text!.append(0x20) } else { finish(body) }
    }

    /// A word's end without white space: at punctuation.
    mutating func finish(_ body: (UnsafeBufferPointer<UInt8>, Int) -> Void) {
      guard scalars > 0, text == nil else { return }
      body(UnsafeBufferPointer(rebasing: UnsafeBufferPointer(bytes)[..<length]), scalars)
      length = 0
      scalars = 0
    }
  }
}
