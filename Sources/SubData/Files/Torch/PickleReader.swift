import SubCore

/// An interpreter of Python's pickle language, protocols 0 to 5, that only builds plain values (`PickleGraph`). Classes
/// and functions are names to it; the few that PyTorch needs are understood by `PickleReader+Reduce`.
struct PickleReader {
  var reader: ByteReader
  var graph = PickleGraph()
  private var stack: [Int] = []
  /// Where the stack stood at each open mark.
  private var marks: [Int] = []
  private var memo: [Int: Int] = [:]
  /// More objects than any checkpoint has; every one costs a file at least a byte, and us a hundred.
  private static let objectLimit = 4 << 20
  /// How many elements were copied out of tuples and lists. A pickle can name one long tuple again and again in three
  /// bytes; without a limit a small file would fill the memory.
  private var copied = 0
  private static let copyLimit = 4 * objectLimit

  init(_ reader: ByteReader) { self.reader = reader }

  /// Reads one pickle, up to its stop, and leaves the reader behind it.
  mutating func read() throws -> PickleGraph {
    while true {
      let start = reader.offset
      let code = try reader.byte()
      if code == UInt8(ascii: ".") {
        graph.root = try pop()
        return graph
      }
      try execute(code, start)
    }
  }

  /// Adds an object and puts it on the stack.
  mutating func push(_ node: PickleGraph.Node) throws {
    guard graph.nodes.count < Self.objectLimit else {
      throw reader.failure("the pickle makes more than \(Self.objectLimit) objects", cure: "save only the state dict")
    }
    graph.nodes.append(node)
    stack.append(graph.nodes.count - 1)
  }

  /// An error at an offset of the pickle.
  func failure(_ what: String, at offset: Int? = nil) -> InputError { reader.failure(what, at: offset) }

  private mutating func execute(_ code: UInt8, _ start: Int) throws {
    switch Unicode.Scalar(code) {
    // Frames, marks and the stack.
    case "\u{80}": _ = try reader.byte()
    case "\u{95}": _ = try reader.integer(UInt64.self)
    case "(": marks.append(stack.count)
    case "0": if marks.last == stack.count { marks.removeLast() } else { _ = try pop() }
    case "1": _ = try popMark()
    case "2":
      let top = try pop()
      stack += [top, top]
    // Memo.
    case "p": memo[try line(Int.self)] = try top()
    case "q": memo[Int(try reader.byte())] = try top()
    case "r": memo[try reader.size(UInt32.self)] = try top()
    case "\u{94}": memo[memo.count] = try top()
    case "g": stack.append(try remembered(line(Int.self)))
    case "h": stack.append(try remembered(Int(reader.byte())))
    case "j": stack.append(try remembered(reader.size(UInt32.self)))
    // Constants and numbers.
    case "N": try push(.none)
    case "\u{88}": try push(.bool(true))
    case "\u{89}": try push(.bool(false))
    case "K": try push(.int(Int64(try reader.byte())))
    case "M": try push(.int(Int64(try reader.integer(UInt16.self))))
    case "J": try push(.int(Int64(try reader.integer(Int32.self))))
    case "I": try textInteger()
    case "L": try textInteger()
    case "\u{8a}": try long(Int(try reader.byte()))
    case "\u{8b}": try long(try reader.size(Int32.self))
    case "G": try push(.float(Double(bitPattern: try reader.integer(UInt64.self).byteSwapped)))
    case "F": try push(.float(try line(Double.self)))
    // Text and bytes.
    case "\u{8c}": try unicode(Int(try reader.byte()))
    case "X": try unicode(try reader.size(UInt32.self))
    case "\u{8d}": try unicode(try reader.size(UInt64.self))
    case "V": try push(.string(String(decoding: reader.bytes(try lineRange()), as: UTF8.self)))
    case "U": try oldString(Int(try reader.byte()))
    case "T": try oldString(try reader.size(Int32.self))
    case "S": try quotedString()
    case "C": try bytes(Int(try reader.byte()))
    case "B": try bytes(try reader.size(UInt32.self))
    case "\u{8e}", "\u{96}": try bytes(try reader.size(UInt64.self))
    // Collections.
    case "]": try push(.list([]))
    case ")": try push(.tuple([]))
    case "}": try push(.dictionary([]))
    case "\u{8f}": try push(.set([]))
    case "l": try push(.list(try popMark()))
    case "t": try push(.tuple(try popMark()))
    case "\u{91}": try push(.set(try popMark()))
    case "d": try push(.dictionary(try pairs(try popMark())))
    case "\u{85}": try push(.tuple(try pop(1)))
    case "\u{86}": try push(.tuple(try pop(2)))
    case "\u{87}": try push(.tuple(try pop(3)))
    case "a": try extend(with: try pop(1))
    case "e", "\u{90}": try extend(with: try popMark())
    case "s": try setItems(try pop(2))
    case "u": try setItems(try popMark())
    // Classes and objects.
    case "c":
      let module = String(decoding: reader.bytes(try lineRange()), as: UTF8.self)
      try push(.global(module + "." + String(decoding: reader.bytes(try lineRange()), as: UTF8.self)))
    case "\u{93}":
      let names = try pop(2).map { try string($0) }
      guard names[0].utf8.count + names[1].utf8.count < 4096 else { throw failure("a class name of absurd length") }
      try push(.global(names[0] + "." + names[1]))
    case "R", "\u{81}":
      let parts = try pop(2)
      try reduce(parts[0], try elements(parts[1]))
    case "\u{92}":
      let parts = try pop(3)
      try reduce(parts[0], try elements(parts[1]))
    case "i":
      let module = String(decoding: reader.bytes(try lineRange()), as: UTF8.self)
      let name = String(decoding: reader.bytes(try lineRange()), as: UTF8.self)
      try reduce("\(module).\(name)", try popMark())
    case "o":
      let parts = try popMark()
      guard let type = parts.first else { throw failure("the pickle is damaged", at: start) }
      try reduce(type, Array(parts.dropFirst()))
    case "b":
      let state = try pop()
      try build(try top(), state)
    case "Q": try persistent(try elements(try pop()))
    default:
      throw reader.failure(
        "byte 0x\(String(code, radix: 16)) is no pickle instruction known here", at: start,
        cure: "save the weights again with torch.save or as safetensors")
    }
  }

  // MARK: The stack

  private func top() throws -> Int {
    guard let last = stack.last, marks.last != stack.count else {
      throw failure("the pickle is damaged: nothing on its stack")
    }
    return last
  }

  private mutating func pop() throws -> Int {
    let value = try top()
    stack.removeLast()
    return value
  }

  private mutating func pop(_ count: Int) throws -> [Int] {
    guard stack.count - (marks.last ?? 0) >= count else { throw failure("the pickle is damaged: nothing on its stack") }
    defer { stack.removeLast(count) }
    return Array(stack.suffix(count))
  }

  private mutating func popMark() throws -> [Int] {
    guard let mark = marks.popLast() else { throw failure("the pickle is damaged: a mark is missing") }
    defer { stack.removeSubrange(mark...) }
    return Array(stack[mark...])
  }

  private func remembered(_ key: Int) throws -> Int {
    guard let value = memo[key] else { throw failure("the pickle is damaged: nothing is remembered as \(key)") }
    return value
  }

  // MARK: Filling objects

  private func pairs(_ flat: [Int]) throws -> [(key: Int, value: Int)] {
    guard flat.count % 2 == 0 else { throw failure("the pickle is damaged: a key without a value") }
    return stride(from: 0, to: flat.count, by: 2).map { (flat[$0], flat[$0 + 1]) }
  }

  /// Appends to the list, or adds to the set, on top. Objects of unknown classes swallow their elements.
  private mutating func extend(with elements: [Int]) throws {
    let target = try top()
    // The node leaves its place meanwhile, so that its array is extended without a copy.
    let node = graph.nodes[target]
    graph.nodes[target] = .none
    switch node {
    case .list(var list):
      list.append(contentsOf: elements)
      graph.nodes[target] = .list(list)
    case .set(var set):
      set.append(contentsOf: elements)
      graph.nodes[target] = .set(set)
    case .object, .opaque: graph.nodes[target] = node
    default: throw failure("the pickle is damaged: elements for something that is no list")
    }
  }

  private mutating func setItems(_ flat: [Int]) throws {
    let target = try top()
    let pairs = try pairs(flat)
    let node = graph.nodes[target]
    graph.nodes[target] = .none
    switch node {
    case .dictionary(var items):
      items.append(contentsOf: pairs)
      graph.nodes[target] = .dictionary(items)
    case .object(var object):
      object.items.append(contentsOf: pairs)
      graph.nodes[target] = .object(object)
    case .opaque: graph.nodes[target] = node
    default: throw failure("the pickle is damaged: items for something that is no dictionary")
    }
  }

  /// Attributes matter only for objects: an OrderedDict's are its module versions.
  private mutating func build(_ target: Int, _ state: Int) throws {
    guard case .object(var object) = graph.nodes[target] else { return }
    object.state = state
    graph.nodes[target] = .object(object)
  }

  // MARK: Operands

  private mutating func lineRange() throws -> Range<Int> {
    let start = reader.offset
    while try reader.byte() != 0x0a {}
    return start..<(reader.offset - 1)
  }

  private mutating func line<Number: LosslessStringConvertible>(_ type: Number.Type) throws -> Number {
    let start = reader.offset
    guard let number = Number(String(decoding: reader.bytes(try lineRange()), as: UTF8.self)) else {
      throw failure("the pickle is damaged: no number", at: start)
    }
    return number
  }

  private mutating func textInteger() throws {
    let start = reader.offset
    let text = String(decoding: reader.bytes(try lineRange()), as: UTF8.self)
    switch text {
    case "00": try push(.bool(false))
    case "01": try push(.bool(true))
    default:
      if let number = Int64(text.hasSuffix("L") ? String(text.dropLast()) : text) {
        try push(.int(number))
      } else if !text.isEmpty, text.utf8.allSatisfy({ $0 == 0x2d || $0 == 0x4c || ($0 >= 0x30 && $0 <= 0x39) }) {
        try push(.opaque("a number beyond 64 bits"))
      } else {
        throw failure("the pickle is damaged: no number", at: start)
      }
    }
  }

  private mutating func long(_ count: Int) throws {
    let bytes = Array(reader.bytes(try reader.take(count)))
    guard count <= 8 else { return try push(.large(bytes)) }
    var value: UInt64 = bytes.last.map { $0 >= 0x80 } == true ? .max : 0
    for byte in bytes.reversed() { value = value << 8 | UInt64(byte) }
    try push(.int(Int64(bitPattern: value)))
  }

  private mutating func unicode(_ count: Int) throws {
    let range = try reader.take(count)
    // Lone surrogates, which Python lets through, become replacement characters.
    try push(.string(reader.text(range) ?? String(decoding: reader.bytes(range), as: UTF8.self)))
  }

  /// A string of Python 2: text if it can be.
  private mutating func oldString(_ count: Int) throws {
    let range = try reader.take(count)
    try push(reader.text(range).map { .string($0) } ?? .bytes(Array(reader.bytes(range))))
  }

  private mutating func quotedString() throws {
    let start = reader.offset
    let text = String(decoding: reader.bytes(try lineRange()), as: UTF8.self)
    guard text.count >= 2, let quote = text.first, quote == "'" || quote == "\"", text.last == quote else {
      throw failure("the pickle is damaged: no string", at: start)
    }
    try push(.string(String(text.dropFirst().dropLast())))
  }

  private mutating func bytes(_ count: Int) throws { try push(.bytes(Array(reader.bytes(try reader.take(count))))) }

  // MARK: Looking at objects

  /// The elements of a tuple or list.
  mutating func elements(_ position: Int) throws -> [Int] {
    switch graph.nodes[position] {
    case .tuple(let elements), .list(let elements):
      try charge(elements.count)
      return elements
    default: throw failure("the pickle is damaged: a tuple expected")
    }
  }

  /// Counts elements that are copied.
  mutating func charge(_ count: Int) throws {
    copied += count
    guard copied <= Self.copyLimit else {
      throw reader.failure("the pickle copies its objects without end", cure: "save only the state dict")
    }
  }

  /// The text of a string.
  func string(_ position: Int) throws -> String {
    guard case .string(let text) = graph.nodes[position] else {
      throw failure("the pickle is damaged: a string expected")
    }
    return text
  }

  /// The number as a size.
  func size(_ position: Int) throws -> Int {
    guard case .int(let number) = graph.nodes[position], number >= 0 else {
      throw failure("the pickle is damaged: a size expected")
    }
    return Int(number)
  }

  /// Puts an object that exists on the stack.
  mutating func pushAgain(_ position: Int) { stack.append(position) }
}
