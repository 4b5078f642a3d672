import SubCore
import SubData
import TestSupport
import Testing

@testable import SubTool

@Suite struct PlotTests {
  private func panel(_ series: [PlotSeries]) -> PlotPanel {
    PlotPanel("Loss", x: "step", y: "loss", series)!
  }

  private func rising(_ label: String = "", colour: Int = 0, by slope: Double = 1) -> PlotSeries {
    PlotSeries(label: label, colour: colour, points: (0...10).map { PlotPoint(Double($0), slope * Double($0)) })
  }

  @Test func `axes have round marks`() {
    func texts(_ values: [Double], ticks: Int = 4) -> [String] {
      PlotAxis(values, ticks: ticks, margin: 0).ticks.map(\.text)
    }
    #expect(texts([0, 1]) == ["0.0", "0.5", "1.0"])
    #expect(texts([0, 1], ticks: 5) == ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"])
    #expect(texts([0, 3750]) == ["0", "1000", "2000", "3000"])
    #expect(texts([0, 40_000]) == ["0", "10k", "20k", "30k", "40k"])
    #expect(texts([0, 3_000_000]) == ["0", "1M", "2M", "3M"])
    #expect(texts([0, 0.0004]) == ["0", "1e-4", "2e-4", "3e-4", "4e-4"])
    #expect(texts([-1, 1]) == ["-1.0", "-0.5", "0.0", "0.5", "1.0"])
    #expect(texts([5, 5]).count > 1)
    let wide = PlotAxis(logarithmic: [0.5, 900], ticks: 5)
    #expect(wide.ticks.map(\.text) == ["1", "10", "100", "1000"])
    #expect(abs(wide.place(wide.high) - 1) < 1e-9 && wide.place(wide.low) == 0 && wide.place(-1) == 0)
  }

  @Test func `long curves are drawn with their ends, and the lowest and the highest of neighbours`() throws {
    var series = PlotSeries(label: "", colour: 0, points: (0..<10_000).map { PlotPoint(Double($0), Double($0 % 7)) })
    series.points[4321].y = 100
    series.points[8765].y = -100
    series.deviations = series.points.map(\.x)
    let thin = try #require(panel([series]).series.first)
    #expect(thin.points.count <= 500 && thin.points.count > 400)
    #expect(thin.points.first?.x == 0 && thin.points.last?.x == 9999)
    #expect(thin.points.contains(PlotPoint(4321, 100)) && thin.points.contains(PlotPoint(8765, -100)))
    #expect(zip(thin.points, thin.points.dropFirst()).allSatisfy { $0.x < $1.x })
    #expect(thin.deviations == thin.points.map(\.x))
    #expect(panel([rising()]).series == [rising()])
  }

  @Test func `values of any magnitude are drawn, or left out`() {
    let least = Double.leastNonzeroMagnitude
    let values: [[Double]] = [
      [1e308, -1e308], [least, 2 * least], [least, 1, 1e99], [-1e99, 1e99], [1e-299, 1e99], [1e17, 1e17 + 32],
      [1e17, 1e17],
      [.infinity, 1], [1e-300, 1.0000000000000002e-300],
    ]
    for values in values {
      for deviation in [nil, 0, 2000 * least, 1e99, Double.infinity, .nan] {
        var series = PlotSeries(label: "a", colour: 0, points: values.enumerated().map { PlotPoint(Double($0), $1) })
        series.deviations = deviation.map { Array(repeating: $0, count: values.count) } ?? []
        guard let panel = PlotPanel("Loss", x: "step", y: "loss", [series]) else { continue }
        #expect(!panel.svg.contains("nan") && !panel.svg.contains("inf"), "\(values) \(deviation ?? -1)")
        #expect(Figure(title: "", panels: [panel]).picture.width > 0)
        let plot = TextPlot(width: 40, height: 9, isUnicode: true, style: TextStyle(isColoured: false))
        #expect(plot.lines(panel).count == 8)
      }
    }
    #expect(
      PlotPanel("Loss", x: "step", y: "loss", [PlotSeries(label: "", colour: 0, points: [PlotPoint(1, 1e100)])]) == nil)
  }

  @Test func `a band is whole on an axis of powers, but for what lies below 0`() {
    let points = [PlotPoint(0, 1), PlotPoint(1, 1000)]
    func axis(_ deviations: [Double]) -> PlotAxis {
      panel([PlotSeries(label: "", colour: 0, points: points, deviations: deviations)]).vertical(ticks: 5)
    }
    #expect(axis([0.5, 1000]).isLogarithmic && axis([0.5, 1000]).low < 0.5 && axis([0.5, 1000]).high > 2000)
    #expect(axis([2, 0]).low > 0.5)
  }

  @Test func `long names leave room for the curves, and are as distinct as they were`() {
    let long = String(repeating: "a", count: 300)
    let names = ["\(long)/1/\(long)", "\(long)/2/\(long)", "runs/first/\(long)", "\(long)/last", "short"]
    let font = PictureFont(size: 13)
    let shown = font.shortened(names, to: 140)
    #expect(Set(shown).count == 5 && shown.allSatisfy { font.length($0) <= 140 }, "\(shown)")
    #expect(shown[2].hasPrefix("runs/f") && shown[3].hasSuffix("/last") && shown[4] == "short")
    #expect(shown[0].hasPrefix("…1/a") && shown[1].hasPrefix("…2/a"))
    // Letters without an end of their own end, too.
    let marks = String(repeating: "\u{301}", count: 5000)
    #expect(Set(font.shortened(["a\(marks)", "b\(marks)", "\(marks)", ""], to: 140)).count == 4)
    var pen = Lines()
    PanelLayout(panel(names.enumerated().map { rising($1, colour: $0) })).draw(with: &pen)
    #expect(pen.spans.allSatisfy { $0 >= 0 } && (pen.spans.max() ?? 0) > 150)
  }

  /// How far lines go to the right.
  private struct Lines: PlotPen {
    var spans: [Double] = []
    mutating func line(_ points: [PlotPoint], _ ink: PlotInk, width: Double) {
      spans.append(points[points.count - 1].x - points[0].x)
    }
    mutating func area(_ points: [PlotPoint], _ ink: PlotInk) {}
    mutating func text(
      _ text: String, at point: PlotPoint, _ ink: PlotInk, size: Double, anchor: Double, isBold: Bool, isTurned: Bool
    ) {}
  }

  @Test func `markup is XML, whatever a name holds`() {
    #expect("a<\u{301}&\u{301}\"".markup == "a&lt;\u{301}&amp;\u{301}&quot;")
    #expect("a\u{1}b\tc\nd\u{b}\u{fffe}\u{ffff}e".markup == "a\u{fffd}b\tc\nd\u{fffd}\u{fffd}\u{fffd}e")
  }

  @Test func `letters that pictures lack are known`() {
    #expect(!PictureFont.lacks("run-1 é u\u{308} α ≤ 5\u{a0}%") && !PictureFont.lacks(""))
    for text in ["кириллица", "日本語", "עברית", "😀"] { #expect(PictureFont.lacks(text)) }
  }

  @Test func `an SVG holds every name, and what would end an element is written as text`() {
    let svg = Figure(title: "a < b & c", panels: [panel([rising("first"), rising("second", colour: 1, by: 2)])]).svg
    #expect(svg.contains("a &lt; b &amp; c") && svg.contains(">first</text>") && svg.contains(">second</text>"))
    #expect(
      svg.contains("prefers-color-scheme:dark") && !svg.contains("http://www.w3.org/1999") && !svg.contains("nan"))
  }

  @Test func `names beside the curves' ends do not lie on each other`() throws {
    let series = (0..<6).map { rising("curve \($0)", colour: $0) }
    let heights = panel(series).svg.matches(of: /y="([0-9.]+)">curve/).compactMap { Double($0.1) }.sorted()
    #expect(heights.count == 6)
    for (lower, upper) in zip(heights, heights.dropFirst()) { #expect(upper - lower > 15.9) }
  }

  @Test func `a picture shows curves in their colours, letters and bands`() {
    var band = rising("band", colour: 1)
    band.deviations = Array(repeating: 1, count: 11)
    let picture = Figure(title: "Loss", panels: [panel([band])]).picture
    #expect(picture.width == 630 && picture.height == 486)
    let pixels = picture.pixels
    let places = stride(from: 0, to: pixels.count, by: 3)
    func count(_ isMeant: (Int, Int, Int) -> Bool) -> Int {
      places.count { isMeant(Int(pixels[$0]), Int(pixels[$0 + 1]), Int(pixels[$0 + 2])) }
    }
    #expect(count { $0 == 0xd5 && $1 == 0x5e && $2 == 0 } > 500)
    #expect(count { $0 > 240 && $1 > 215 && $1 < 235 && $2 > 200 && $2 < 225 } > 2000)
    #expect(count { $0 < 60 && $1 < 60 && $2 < 60 } > 50)
    #expect(count { $0 == 255 && $1 == 255 && $2 == 255 } > 200_000)
  }

  @Test func `curves in a terminal, in braille and in ASCII`() {
    let one = TextPlot(width: 24, height: 7, isUnicode: true, style: TextStyle(isColoured: false))
    let dots = one.lines(panel([rising()]))
    #expect(dots.count == 6 && dots[0] == "Loss" && dots[5].hasPrefix("    0 "))
    func braille(_ line: String) -> [Int] {
      Array(line).indices.filter { ("\u{2801}"..."\u{28ff}").contains(String(Array(line)[$0])) }
    }
    // From the lower left to the upper right corner, without a gap.
    #expect(braille(dots[1]).last == 23 && braille(dots[4]).first == 4)
    #expect(dots[1...4].reduce(0) { $0 + braille($1).count } >= 20)
    let two = TextPlot(width: 24, height: 7, isUnicode: false, style: TextStyle(isColoured: false))
    let lines = two.lines(panel([rising("up"), rising("down", by: -1)]))
    #expect(lines[0] == "Loss  * up  + down")
    #expect(lines.joined().unicodeScalars.allSatisfy { $0.isASCII } && lines.allSatisfy { $0.count <= 24 + 6 })
    #expect(lines[1].last == "*" && lines[4].last == "+")
  }
}
