import ClipSub
import SubCore
import SubData
import SubTrain
import TestSupport
import Testing

struct ZeroShotTests {
  private let folder = TemporaryFolder()

  private func file(_ text: String) throws -> String {
    let path = folder["lines.txt"]
    try AtomicFile.write(text, to: path)
    return path
  }

  @Test func `the built-in sets are CLIP's`() {
    let sets = [PromptTemplates.imageNet, .simple, .cifar10]
    #expect(sets.map(\.templates.count) == [80, 7, 18])
    #expect(sets.allSatisfy { Set($0.templates).count == $0.templates.count })
    #expect(Set(PromptTemplates.simple.templates).isSubset(of: PromptTemplates.imageNet.templates))
    // FNV-1a of open_clip's OPENAI_IMAGENET_TEMPLATES, filled with {}, sorted, a line each.
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in PromptTemplates.imageNet.templates.sorted().map({ $0 + "\n" }).joined().utf8 {
      hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3
    }
    #expect(hash == 0xceda_08c0_a5d0_1107)
    #expect(PromptTemplates.cifar10.templates.contains("a low contrast photo of the {}."))
    #expect(PromptTemplates.cifar10.prompts(for: "ship")[0] == "a photo of a ship.")
  }

  @Test func `template files name the line that is wrong`() throws {
    let good = try file("a {}\n\n  the {} there \r\n")
    #expect(try PromptTemplates(file: good).templates == ["a {}", "the {} there"])
    let bad = try file("a {}\nno hole\n")
    let error = #expect(throws: InputError.self) { try PromptTemplates(file: bad) }
    #expect(error?.place == "\(bad), line 2")
    #expect(throws: InputError.self) { try PromptTemplates(file: file("\n\n")) }
    #expect(throws: InputError.self) { try PromptTemplates(file: file("{} and {}")) }
    #expect(throws: InputError.self) { try PromptTemplates(file: "/nonexistent") }
  }

  @Test func `class names keep their order`() throws {
    #expect(try ClassNames(file: file("red circle\nblue square\nred circle\n")).names.count == 3)
    #expect(throws: InputError.self) { try ClassNames(file: file("one\n")) }
  }

  /// Expected figures: open_clip_train's get_clip_metrics on the same matrix.
  @Test func `retrieval as open_clip`() {
    let n = 12
    let similarities = (0..<(n * n)).map { index -> Float in
      let (i, j) = (index / n, index % n)
      return Float((i * 7 + j * 11) % 13) + (i == j ? 4.5 : 0) + 0.01 * Float(j)
    }
    func ranks(_ scores: (_ query: Int, _ candidate: Int) -> Float) -> [Int] {
      Ranking.ranks((0..<n * n).map { scores($0 / n, $0 % n) }, labels: Array(0..<n))
    }
    let metrics = RetrievalMetrics(
      imageRanks: ranks { similarities[$0 * n + $1] }, textRanks: ranks { similarities[$1 * n + $0] })
    let third = 1.0 / 3
    #expect(metrics.imageToText.recallAt1 == third && metrics.textToImage.recallAt1 == third)
    #expect(metrics.imageToText.recallAt5 == 2 * third && metrics.textToImage.recallAt5 == 0.75)
    #expect(metrics.imageToText.recallAt10 == 1 && metrics.imageToText.medianRank == 3)
    #expect(abs(metrics.imageToText.meanRank - 3.8333333333333335) < 1e-12)
    #expect(metrics.named.first { $0.name == "text_to_image_R@5" }?.value == 0.75)
    let even = RetrievalMetrics.Direction(ranks: [0, 1, 2, 5])
    #expect(even.medianRank == 2 && even.meanRank == 3)
  }
}
