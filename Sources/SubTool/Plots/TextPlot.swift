/// Curves as text for a terminal: in dots of braille, or in letters where it shows only ASCII, or no colours for several
/// curves.
struct TextPlot {
  /// The size of a panel, labels included, in characters.
  let width, height: Int
  let isUnicode: Bool
  let style: TextStyle

  private static let marks: [Character] = ["*", "+", "o", "x", "#", "@", "%", "&"]

  /// A panel as lines: title with the curves' names, the curves between their axes, and what lies along them.
  func lines(_ panel: PlotPanel) -> [String] {
    let isDotted = isUnicode && (style.isColoured || panel.series.count == 1)
    let rows = max(3, height - 3)
    let (x, y) = (panel.horizontal(ticks: max(2, width / 16)), panel.vertical(ticks: max(2, rows / 2)))
    let margin = (y.ticks.map(\.text.count).max() ?? 0) + 2
    let columns = max(8, width - margin)
    var cells = Array(repeating: Array(repeating: Cell(), count: columns), count: rows)
    let (across, down) = isDotted ? (2, 4) : (1, 1)
    for (number, series) in panel.series.enumerated() {
      let dots = series.points.map { point in
        PlotPoint(
          x.place(point.x) * Double(columns * across - 1),
          (1 - min(1, max(0, y.place(point.y)))) * Double(rows * down - 1))
      }
      for (a, b) in zip(dots, dots.count == 1 ? dots[...] : dots.dropFirst()) {
        let steps = max(1, Int(max(abs(b.x - a.x), abs(b.y - a.y)).rounded(.up)))
        for step in 0...steps {
          let share = Double(step) / Double(steps)
          let (px, py) = (Int((a.x + (b.x - a.x) * share).rounded()), Int((a.y + (b.y - a.y) * share).rounded()))
          cells[py / down][px / across].set(px % across, py % down, number, colour: series.colour)
        }
      }
    }
    var lines = [title(panel, isDotted)]
    for row in 0..<rows {
      // A mark stands in the row that holds its value.
      let tick = y.ticks.first { Int(((1 - y.place($0.value)) * Double(rows - 1)).rounded()) == row }
      let label = (tick?.text ?? "").padded(margin - 2, left: true)
      let curve = text(cells[row][...], isDotted)
      lines.append("\(style.faint(label)) \(style.faint(tick == nil ? bar : tee))\(curve)")
    }
    lines.append(foot(x, margin: margin, columns: columns, panel.xLabel))
    return lines
  }

  private var bar: String { isUnicode ? "\u{2502}" : "|" }
  private var tee: String { isUnicode ? "\u{2524}" : "+" }

  private func title(_ panel: PlotPanel, _ isDotted: Bool) -> String {
    let names = panel.series.enumerated().map { number, series in
      let mark = isDotted ? "\u{2500}" : String(Self.marks[number % Self.marks.count])
      return style.series(series.colour, "\(mark) \(series.label)")
    }
    let isOne = panel.series.count == 1 && panel.series[0].label.isEmpty
    return ([style.bold(panel.title)] + (isOne ? [] : names)).joined(separator: "  ")
  }

  /// The marks of x, each around its place as far as there is room.
  private func foot(_ x: PlotAxis, margin: Int, columns: Int, _ label: String) -> String {
    var line = Array(repeating: Character(" "), count: margin + columns)
    var free = margin
    func put(_ text: String, at start: Int) {
      guard start >= free, start + text.count <= line.count else { return }
      for (index, character) in text.enumerated() { line[start + index] = character }
      free = start + text.count + 1
    }
    for tick in x.ticks {
      let place = margin + Int((x.place(tick.value) * Double(columns - 1)).rounded())
      put(tick.text, at: min(max(free, place - tick.text.count / 2), line.count - tick.text.count))
    }
    put(label, at: line.count - label.count)
    return style.faint(String(line))
  }

  /// A row; neighbours of one colour share its escape sequences.
  private func text(_ cells: ArraySlice<Cell>, _ isDotted: Bool) -> String {
    guard let first = cells.first else { return "" }
    let alike = cells.prefix { $0.series == first.series && $0.colour == first.colour }
    let rest = text(cells.dropFirst(alike.count), isDotted)
    guard let number = first.series else { return String(repeating: " ", count: alike.count) + rest }
    let mark = Self.marks[number % Self.marks.count]
    let marks = alike.map { isDotted ? Character(Unicode.Scalar(0x2800 + $0.dots) ?? " ") : mark }
    return style.series(first.colour, String(marks)) + rest
  }

  /// What is drawn in one character.
  private struct Cell {
    var dots: UInt32 = 0
    var series: Int?
    var colour = 0

    /// The dots of braille by column and row.
    private static let bits: [[UInt32]] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]]

    mutating func set(_ column: Int, _ row: Int, _ number: Int, colour: Int) {
      dots |= Self.bits[column][row]
      (series, self.colour) = (number, colour)
    }
  }
}

extension TextPlot {
  /// A panel of a size on a console's standard output.
  init(width: Int, height: Int, _ console: Console) {
    self.init(width: width, height: height, isUnicode: console.isUnicode, style: console.outputStyle)
  }
}

extension TextStyle {
  /// Text in a series' colour.
  func series(_ number: Int, _ text: String) -> String {
    let codes = ["34", "33", "32", "35", "36", "31", "94", "90"]
    return isColoured ? "\u{1b}[\(codes[number % codes.count])m\(text)\u{1b}[0m" : text
  }
}
