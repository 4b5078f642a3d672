/// A table as lines of text, its columns as wide as they must be; all but the first stand to the right.
struct TextColumns {
  private let rows: [[String]]

  /// Rows of as many cells each, the heads first.
  init(_ rows: [[String]]) { self.rows = rows }

  /// A line for every row.
  var lines: [String] {
    let widths = (rows.first ?? []).indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      row.enumerated().map { column, text in text.padded(widths[column], left: column > 0) }.joined(separator: "  ")
    }
  }
}
