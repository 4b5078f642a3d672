/// Commands for a device in their order, as words that can be compared: the same words ask for the very same thing.
struct CommandList {
  /// One of them.
  enum Command {
    case kernel(CUDAHandle?, blocks: (UInt32, UInt32, UInt32), threads: UInt32, shared: UInt32, UnsafeMutableRawPointer)
    case product(plan: Int, alpha: Float, beta: Float, ProductOperands)
    /// From one place of the device's memory to another.
    case copy(from: CUDADriver.Address, to: CUDADriver.Address, byteCount: Int)
  }

  private enum Kind: UInt64 {
    case kernel, product, copy
  }

  /// Of every command its kind and how many words follow, and these.
  private(set) var words: [UInt64] = []
  private(set) var count = 0

  mutating func removeAll() {
    words.removeAll(keepingCapacity: true)
    count = 0
  }

  /// A kernel with one struct by value, of which bytes in `gaps` are nobody's.
  mutating func addKernel<Arguments: BitwiseCopyable>(
    _ function: CUDAHandle?, blocks: (Int, Int, Int), threads: Int, shared: Int, _ arguments: Arguments,
    gaps: [Range<Int>]
  ) {
    precondition(MemoryLayout<Arguments>.alignment <= 8, "cuda: \(Arguments.self) is not aligned by words")
    let size = MemoryLayout<Arguments>.size
    let first = begin(.kernel, 4 + (size + 7) / 8)
    words[first] = UInt64(UInt(bitPattern: function))
    words[first + 1] = UInt64(blocks.0) | UInt64(blocks.1) << 32
    words[first + 2] = UInt64(blocks.2) | UInt64(threads) << 32
    words[first + 3] = UInt64(shared)
    words.withUnsafeMutableBytes { bytes in
      let place = 8 * (first + 4)
      withUnsafeBytes(of: arguments) { bytes[place..<place + size].copyBytes(from: $0) }
      for gap in gaps {
        for byte in gap { bytes[place + byte] = 0 }
      }
    }
  }

  /// A product by a plan of `CUDAProducts`.
  mutating func addProduct(plan: Int, alpha: Float, beta: Float, _ operands: ProductOperands) {
    let first = begin(.product, 6)
    words[first] = UInt64(plan)
    words[first + 1] = UInt64(alpha.bitPattern) | UInt64(beta.bitPattern) << 32
    words[first + 2] = operands.a
    words[first + 3] = operands.b
    words[first + 4] = operands.c
    words[first + 5] = operands.bias
  }

  mutating func addCopy(from: CUDADriver.Address, to: CUDADriver.Address, byteCount: Int) {
    let first = begin(.copy, 3)
    (words[first], words[first + 1], words[first + 2]) = (from, to, UInt64(byteCount))
  }

  /// Makes room for a command, of zeros; where its words begin.
  private mutating func begin(_ kind: Kind, _ length: Int) -> Int {
    words.append(kind.rawValue << 32 | UInt64(length))
    let first = words.count
    words.append(contentsOf: repeatElement(0, count: length))
    count += 1
    return first
  }

  /// Calls `body` with each of them until it returns something.
  func first<Result>(_ body: (Command) -> Result?) -> Result? {
    words.withUnsafeBufferPointer { words in
      var at = 0
      while at < words.count {
        let (kind, length, first) = (Kind(rawValue: words[at] >> 32)!, Int(words[at] & 0xffff_ffff), at + 1)
        func low(_ index: Int) -> UInt32 { UInt32(truncatingIfNeeded: words[first + index]) }
        func high(_ index: Int) -> UInt32 { UInt32(truncatingIfNeeded: words[first + index] >> 32) }
        let command: Command
        switch kind {
        case .kernel:
          command = .kernel(
            CUDAHandle(bitPattern: UInt(words[first])), blocks: (low(1), high(1), low(2)), threads: high(2),
            shared: low(3), UnsafeMutableRawPointer(mutating: words.baseAddress! + first + 4))
        case .product:
          command = .product(
            plan: Int(words[first]), alpha: Float(bitPattern: low(1)), beta: Float(bitPattern: high(1)),
            ProductOperands(
              a: words[first + 2], b: words[first + 3], c: words[first + 4], bias: words[first + 5]))
        case .copy:
          command = .copy(from: words[first], to: words[first + 1], byteCount: Int(words[first + 2]))
        }
        if let result = body(command) { return result }
        at = first + length
      }
      return nil
    }
  }

  /// A number that equal lists share, and others hardly ever.
  var fingerprint: UInt64 {
    var hash: UInt64 = 0x9e37_79b9_7f4a_7c15
    for word in words {
      hash = (hash ^ word) &* 0x9fb2_1c65_1e98_df25
      hash ^= hash >> 32
    }
    return hash
  }
}

/// Where the matrices of a product begin; without a bias its address is 0.
struct ProductOperands {
  let a, b, c: CUDADriver.Address
  var bias: CUDADriver.Address = 0
}
