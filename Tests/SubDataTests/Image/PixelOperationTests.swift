import SubCore
import SubData
import Testing

/// Against Pillow and timm: scripts/reference/image_ops.py.
struct PixelOperationTests {
  struct Cases: Decodable {
    struct Case: Decodable {
      let picture: Int
      let operation: PixelOperation
    }
    let fill: [UInt8]
    let cases: [Case]
  }

  struct Resize: Decodable {
    let picture: Int
    let filter: Interpolation
    let area: [Int]
    let size: [Int]
  }

  @Test func `every operation gives Pillow's bytes`() throws {
    let pictures = try ImageFixtures.pictures()
    let cases = try ImageFixtures.decode(Cases.self, "ops.json")
    let expected = try ImageFixtures.checksums("ops.bin")
    #expect(cases.cases.count == expected.count && expected.count == 378)
    for (number, entry) in cases.cases.enumerated() {
      let result = pictures[entry.picture].applying(entry.operation, fill: cases.fill)
      #expect(result.crc == expected[number], "\(entry.operation) on picture \(entry.picture)")
    }
  }

  @Test func `crop and resize give Pillow's bytes`() throws {
    let pictures = try ImageFixtures.pictures()
    let cases = try ImageFixtures.decode([Resize].self, "resizes.json")
    let expected = try ImageFixtures.checksums("resizes.bin")
    #expect(cases.count == expected.count && expected.count == 192)
    for (number, entry) in cases.enumerated() {
      let area = PixelArea(left: entry.area[0], top: entry.area[1], width: entry.area[2], height: entry.area[3])
      let result = pictures[entry.picture].resized(
        width: entry.size[0], height: entry.size[1], area: area, interpolation: entry.filter)
      #expect(result.crc == expected[number], "\(entry)")
    }
  }

  /// The golden numbers of one row, computed with Pillow.
  @Test func `a known row resizes to known numbers`() {
    let row: [UInt8] = [0, 10, 50, 200, 255, 3, 77, 120]
    let image = RGBImage(width: 8, height: 8, pixels: (0..<64).flatMap { [row[$0 % 8], row[$0 % 8], row[$0 % 8]] })
    func first(_ width: Int, _ filter: Interpolation) -> [UInt8] {
      let result = image.resized(width: width, height: 8, interpolation: filter)
      return (0..<width).map { result[$0, 0][0] }
    }
    #expect(first(5, .bicubic) == [0, 59, 230, 58, 101])
    #expect(first(5, .bilinear) == [4, 67, 211, 69, 102])
    #expect(first(12, .bicubic) == [0, 2, 14, 37, 124, 218, 255, 128, 0, 63, 104, 123])
  }

  @Test func `posterize to no bits is black, and eight bits change nothing`() throws {
    let image = try ImageFixtures.pictures()[0]
    #expect(image.applying(.posterize(bits: 0)) == RGBImage(width: 17, height: 13, color: [0, 0, 0]))
    #expect(image.applying(.posterize(bits: 8)) == image)
    #expect(image.applying(.invert) != image)
  }

  @Test func `one pixel survives every operation`() throws {
    let image = RGBImage(width: 1, height: 1, color: [10, 200, 90])
    let operations: [PixelOperation] = [
      .grayscale, .gaussianBlur(sigma: 2), .contrast(factor: 1.5), .sharpness(factor: 1.5), .autoContrast, .equalize,
      .rotate(degrees: 30, .bicubic), .shearX(factor: 0.3, .bilinear), .translateY(share: 0.4, .bicubic),
    ]
    for operation in operations { #expect(image.applying(operation).count == 1) }
    #expect(image.applying(.gaussianBlur(sigma: 2)) == image)
    #expect(image.resized(width: 7, height: 5) == RGBImage(width: 7, height: 5, color: [10, 200, 90]))
  }
}
