import SubCore
import SubTrain
import TestSupport
import Testing
import VisionSub

@testable import SubData
@testable import SubTool

/// Text in pictures, sheets of them, and what they say of labels.
@Suite struct PictureTests {
  /// How dark the pixels of a canvas are together.
  private func ink(_ canvas: Canvas) -> Int { canvas.picture.pixels.reduce(0) { $0 + 255 - Int($1) } }

  private func drawn(_ text: String, _ font: PictureFont = .body) -> Canvas {
    var canvas = Canvas(width: 200, height: 20)
    canvas.draw(text, left: 4, top: 2, font)
    return canvas
  }

  @Test func `every size has letters of its own, and a box for what it has not`() {
    #expect(PictureFont.small.height < PictureFont.body.height && PictureFont.body.height <= PictureFont.heading.height)
    for font in [PictureFont.small, .body, .heading] {
      #expect(font.width("iii") < font.width("WWW") && font.width("") == 0)
      let known = DejaVuSans.characters.unicodeScalars.dropLast().map { String($0) }
      // A picture of its own for every letter: none is the box.
      for character in known where character != " " && character != "Ω" {
        #expect(drawn(character, font).picture != drawn("漢", font).picture, "\(character)")
      }
      #expect(ink(drawn("漢", font)) > 0)
    }
    #expect(drawn("é").picture == drawn("e\u{301}").picture && drawn("é").picture != drawn("e").picture)
    #expect(drawn("a\tb").picture == drawn("a b").picture)
  }

  @Test func `letters lie between their line's edges at any size`() {
    for (size, isBold) in [(9.0, false), (19.5, false), (25.5, true)] {
      let font = PictureFont(size: size, isBold: isBold)
      for character in DejaVuSans.characters.dropLast() {
        let points = font.outlines("\(character)").flatMap(\.self)
        #expect(points.isEmpty == (character == " "), "\(character)")
        let (below, width) = (Double(font.height - font.ascent), font.length("\(character)"))
        #expect(
          points.allSatisfy { -$0.y <= Double(font.ascent) + 1 && $0.y <= below + 1 && $0.x > -3 && $0.x < width + 3 },
          "\(character)")
      }
      #expect(abs(font.length("mm") - 2 * font.length("m")) < 1e-9 && font.length("m") > font.length("i"))
    }
  }

  @Test func `areas cover what lies in them, and no hole`() {
    func square(_ from: Double, _ to: Double) -> [PlotPoint] {
      [PlotPoint(from, from), PlotPoint(to, from), PlotPoint(to, to), PlotPoint(from, to)]
    }
    var canvas = Canvas(width: 12, height: 12)
    canvas.fill([square(1, 10.5), square(4, 6).reversed()], Canvas.black)
    let picture = canvas.picture
    #expect(picture[2, 2] == [0, 0, 0] && picture[5, 5] == [255, 255, 255] && picture[11, 5] == [255, 255, 255])
    #expect(
      picture[10, 5] == [128, 128, 128] && picture[10, 10] == [191, 191, 191] && picture[0, 5] == [255, 255, 255])
    // A triangle's slope covers half of every pixel on the diagonal.
    var slope = Canvas(width: 6, height: 6)
    slope.fill([[PlotPoint(0, 0), PlotPoint(6, 6), PlotPoint(0, 6)]], Canvas.black)
    for place in 0..<6 { #expect(slope.picture[place, place] == [128, 128, 128]) }
    #expect(slope.picture[0, 5] == [0, 0, 0] && slope.picture[5, 0] == [255, 255, 255])
    // A flat one covers several pixels of a row in part.
    var flat = Canvas(width: 4, height: 1)
    flat.fill([[PlotPoint(0, 1), PlotPoint(4, 0), PlotPoint(4, 1)]], Canvas.black)
    #expect((0..<4).map { flat.picture[$0, 0][0] } == [223, 159, 96, 32])
  }

  @Test func `text stays on its line, and outside of the canvas there is none`() {
    var canvas = Canvas(width: 40, height: 40)
    let end = canvas.draw("Ågjy", left: 2, top: 10)
    #expect(end == 2 + PictureFont.body.width("Ågjy"))
    let rows = (0..<40).filter { y in (0..<40).contains { canvas.picture[$0, y] != [255, 255, 255] } }
    #expect(rows.first ?? 0 >= 10 && rows.last ?? 99 < 10 + PictureFont.body.height && rows.count > 10)
    canvas.draw("beyond", left: 30, top: 35)
    canvas.draw("before", left: -20, top: -8)
  }

  @Test func `what is too long ends with an ellipsis or goes on in the next line`() {
    let font = PictureFont.body
    let text = "a red square above two blue discs"
    let short = font.fitting(text, width: 90)
    #expect(short.hasSuffix("…") && font.width(short) <= 90 && text.hasPrefix(String(short.dropLast())))
    #expect(font.fitting("short", width: 90) == "short")
    let lines = font.lines(text, width: 90, most: 9)
    #expect(lines.joined(separator: " ") == text && lines.count > 2 && lines.allSatisfy { font.width($0) <= 90 })
    let two = font.lines(text, width: 90, most: 2)
    #expect(two.count == 2 && two[0] == lines[0] && two[1].hasSuffix("…") && font.width(two[1]) <= 90)
    #expect(font.lines("", width: 90, most: 2) == [])
  }

  @Test func `a sheet has room for its title, headings, captions and legend`() {
    var sheet = PictureSheet(columns: 2, side: 8)
    for number in 0..<3 { sheet.add(RGBImage(width: 8, height: 8, color: [0, 0, 200]), caption: "picture \(number)") }
    let plain = sheet.picture()
    #expect(sheet.scale == 20 && plain.width == 2 * 160 + 3 * 8)
    let blue = (0..<plain.height).reduce(0) { sum, y in
      sum + (0..<plain.width).count { plain[$0, y] == [0, 0, 200] }
    }
    #expect(blue == 3 * 160 * 160)
    sheet.title = "title"
    sheet.headings = ["one", "two"]
    sheet.legend = [(RGBImage(width: 32, height: 16, color: [9, 9, 9]), "what is hidden")]
    #expect(sheet.picture().height > plain.height + 2 * PictureFont.heading.height)
  }

  @Test(arguments: [HiddenCells.removed, .replaced, .zeroed])
  func `what is hidden looks otherwise than what is not`(_ hidden: HiddenCells) {
    let picture = RGBImage(width: 8, height: 8, color: [200, 0, 0])
    let shown = hidden.hiding(
      picture, keeping: [1, 2], cells: MaskGrid(side: 2, pixels: 4), scale: 4, mean: [120, 110, 100])
    // Cells 1 and 2 are the right upper and the left lower one.
    for y in 0..<32 {
      for x in 0..<32 { #expect((shown[x, y] == [200, 0, 0]) == ((x < 16) != (y < 16))) }
    }
    if hidden == .zeroed { #expect(shown[0, 0] == [120, 110, 100]) }
  }

  @Test func `labels are what the loss is told`() throws {
    func label(_ settings: [(String, String)], _ shares: MixPlan) throws -> String {
      let recipe = try VisionRecipe.named("shapes-tiny").with([("mixup", "0")] + settings)
      let labels = [0, 2]
      let targets =
        recipe.mixing == nil
        ? nil : shares.targets(labels: labels, classes: 4, smoothing: recipe.loss.smoothing)
      let batch = ImageBatch(
        pixels: [
          PixelBatch(
            bytes: HostArray([UInt8](repeating: 0, count: 6), shape: [2, 1, 1, 3], dtype: .u8),
            table: [Float](repeating: 0, count: 768))
        ], own: 0..<2, labels: labels, targets: targets, indices: [0, 1], epoch: 0, number: 0)
      let values = recipe.targets(of: batch, classes: 4).floats()
      return VisionModality.label(Array(values[..<4]), ["cat", "cow", "dog", "owl"])
    }
    let none: [(String, String)] = [("cutmix", "0"), ("smoothing", "0"), ("loss.name", "ce")]
    #expect(try label(none, .none) == "1 cat")
    // timm's binary cross-entropy smooths whole labels too.
    #expect(
      try label([("cutmix", "0"), ("smoothing", "0.1"), ("loss.name", "bce")], .none) == "0.93 cat, 0.025 each other")
    #expect(
      try VisionRecipe.named("shapes-tiny").with([
        ("loss.name", "bce"), ("smoothing", "0"), ("cutmix", "0"), ("mixup", "0"),
      ]).mixing == nil)
    #expect(try label(none + [("smoothing", "0.1")], .none) == "0.93 cat, 0.025 each other")
    #expect(try label(none + [("mixup", "0.8")], .mixup(weight: 0.7)) == "0.7 cat, 0.3 dog")
    #expect(
      try label(none + [("mixup", "0.8"), ("smoothing", "0.1")], .mixup(weight: 0.25))
        == "0.7 dog, 0.25 cat, 0.025 each other")
    let binary = none + [("mixup", "0.8"), ("loss.name", "bce"), ("binarizes_targets", "true")]
    #expect(try label(binary, .mixup(weight: 0.7)) == "1 cat, 1 dog")
  }

  @Test func `parts that nothing mixes are refused`() throws {
    let recipe = try VisionRecipe.named("shapes-tiny")
    let error = try #require(throws: InputError.self) {
      try recipe.with([("mixup", "0"), ("cutmix", "0"), ("mix_parts", "2")])
    }
    #expect("\(error)".contains("1 unless augment.mixup or augment.cutmix is above 0"), "\(error)")
    #expect(try recipe.with([("mixup", "0.5"), ("mix_parts", "2")]).mixing?.parts == 2)
  }

  @Test func `preview, whose few pictures are one part, has no option for parts`() {
    let run = ToolRun("preview", "--mix-parts", "2")
    #expect(run.code == 2 && run.error.contains("--mix-parts"), "\(run.error)")
    #expect(!ToolRun("preview", "--help").output.contains("--mix-parts"))
  }
}
