/// A table as lines of text, its columns as wide as they must be.
struct TextColumns {
  private let rows: [[String]]
  private let left: Set<Int>

  /// Rows of cells, the heads first if there are any. The columns `left` stand to the left, the others to the right.
  init(_ rows: [[String]], left: Set<Int> = [0]) { (self.rows, self.left) = (rows, left) }

  /// A line for every row.
  var lines: [String] {
    let widths = (0..<(rows.map(\.count).max() ?? 0)).map { column in
      rows.map { $0.indices.contains(column) && !endsFree($0, column) ? $0[column].count : 0 }.max() ?? 0
    }
    return rows.map { row in
      row.enumerated().map { column, text in
        endsFree(row, column) ? text : text.padded(widths[column], left: !left.contains(column))
      }.joined(separator: "  ")
    }
  }

  /// Whether a cell may be of any width: it stands to the left, and nothing follows it.
  private func endsFree(_ row: [String], _ column: Int) -> Bool { column == row.count - 1 && left.contains(column) }
}
