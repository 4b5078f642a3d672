import SubData
import SubTrain

/// What a comparison leaves in its folder: a page, the figure as SVG and PNG, and the numbers as CSV.
struct ComparisonReport {
  let comparison: Comparison
  /// The command that draws it again.
  let command: String

  /// Writes all files.
  func write(to folder: String) throws {
    let figure = comparison.figure
    func path(_ name: String) -> String { FileSystem.join(folder, name) }
    try AtomicFile.write(figure.svg, to: path("figure.svg"))
    try AtomicFile.write(figure.picture.pngData(), to: path("figure.png"))
    try AtomicFile.write(comparison.runsCSV, to: path("runs.csv"))
    try AtomicFile.write(comparison.stepsCSV, to: path("steps.csv"))
    try AtomicFile.write(page(figure), to: path("report.html"))
  }

  /// The page: everything is in it, nothing is fetched.
  private func page(_ figure: Figure) -> String {
    let table = ComparisonTable(comparison)
    let others = ComparisonTable.others(comparison).map { "<h2>Other metrics</h2>\n" + Self.html($0) } ?? ""
    let paper = ComparisonTable.paperOthers(comparison).map { "<h2>More of the paper</h2>\n" + Self.html($0) } ?? ""
    let methods = made.map(\.name).joined(separator: ", ")
    let seeds = Set(comparison.runs.map(\.seed)).sorted().map { "\($0)" }.joined(separator: ", ")
    return """
      <!doctype html>
      <html lang="en">
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <title>\(comparison.title.markup): \(methods.markup)</title>
      <style>
      \(Self.style)
      \(SVGPen.style)
      </style>
      <main>
      <h1>\(comparison.title.markup)</h1>
      <p class="lead">\(ComparisonHeadline(comparison).text.markup)</p>
      \(Self.html(table))
      <ul class="notes">\(ComparisonTable.notes(comparison).map { "<li>\($0.markup)</li>" }.joined())</ul>
      <h2>\(comparison.axis.map { "By \($0.markup), and over the steps" } ?? "Over the steps")</h2>
      <p>\(Self.curves(comparison).markup)</p>
      <div class="panels">
      \(figure.panels.map { "<figure>\n\($0.svg)</figure>\n" }.joined())</div>
      \(others)
      \(paper)
      <h2>What was run</h2>
      <p>Seeds \(seeds). Drawn by</p>
      <pre>\(command.markup)</pre>
      \(differences)
      <details><summary>What all runs share</summary>\(Self.list(comparison.shared))</details>
      <p class="faint">figure.svg and figure.png hold the curves, runs.csv a row for every run, steps.csv one for every
      logged step.</p>
      </main>
      </html>

      """
  }

  /// The groups that have runs.
  private var made: [Comparison.Group] { comparison.groups.filter { !$0.runs.isEmpty } }

  private static func curves(_ comparison: Comparison) -> String {
    let several = comparison.groups.contains { $0.runs.count > 1 }
    return (several ? "Means over the seeds, with their standard deviation as a band. " : "")
      + "Losses of masked inputs are by the label, for every method. Gradient norms are those of each branch's own loss, with "
      + "weight 1, over all weights, before clipping; a method without a sub-branch has none of it."
  }

  private var differences: String {
    guard !comparison.differing.isEmpty else { return "" }
    let heads = ["setting"] + made.map(\.name)
    return "<h3>Where the methods differ</h3>"
      + Self.html(heads, comparison.differing.map { [$0.key] + $0.values }, class: "wide settings")
  }

  private static func html(_ table: ComparisonTable) -> String { html(table.heads, table.rows) }

  /// A table; on narrow screens every row is a card, whose cells carry their heads.
  private static func html(_ heads: [String], _ rows: [[String]], class name: String = "wide") -> String {
    let head = heads.map { "<th>\($0.markup)</th>" }.joined()
    let body = rows.map { row in
      let cells = zip(heads, row).enumerated().map { column, cell in
        column == 0
          ? "<th scope=\"row\">\(cell.1.markup)</th>"
          : "<td data-head=\"\(cell.0.markup)\">\(cell.1.markup)</td>"
      }
      return "<tr>\(cells.joined())</tr>\n"
    }
    return
      "<div class=\"\(name)\"><table>\n<thead><tr>\(head)</tr></thead>\n<tbody>\n\(body.joined())</tbody>\n</table></div>\n"
  }

  private static func list(_ pairs: [(key: String, value: String)]) -> String {
    "<dl>" + pairs.map { "<dt>\($0.key.markup)</dt><dd>\($0.value.markup)</dd>" }.joined() + "</dl>"
  }

  private static let style = """
    :root{color-scheme:light dark;--ground:#fff;--text:#1f2328;--faint:#59636e;--line:#d1d9e0;--card:#f6f8fa}
    @media (prefers-color-scheme:dark){:root{--ground:#0d1117;--text:#e6edf3;--faint:#9ea7b3;--line:#30363d;--card:#161b22}}
    *{box-sizing:border-box}
    body{margin:0;background:var(--ground);color:var(--text);font:16px/1.5 system-ui,sans-serif}
    main{max-width:1320px;margin:0 auto;padding:24px 16px 48px}
    h1{margin:0 0 4px;font-size:26px;line-height:1.25;overflow-wrap:anywhere}
    h2{margin:32px 0 8px;font-size:20px}
    h3{margin:24px 0 8px;font-size:16px}
    .lead{margin:0 0 20px;font-size:18px}
    .notes,.faint{color:var(--faint);font-size:14px}
    .notes{margin:8px 0;padding-left:20px}
    .wide{overflow-x:auto}
    table{border-collapse:collapse;font-variant-numeric:tabular-nums}
    th,td{padding:6px 14px;border-bottom:1px solid var(--line);text-align:right;white-space:nowrap}
    th:first-child{padding-left:0;text-align:left}
    th,.settings td{min-width:8em;white-space:normal;overflow-wrap:anywhere}
    thead th{color:var(--faint);font-weight:500;font-size:14px}
    .panels{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,400px),1fr));gap:12px}
    figure{margin:0;border:1px solid var(--line);border-radius:6px;overflow:hidden}
    svg{display:block;width:100%;height:auto}
    pre{margin:0;padding:12px;border-radius:6px;background:var(--card);font-size:14px;white-space:pre-wrap;overflow-wrap:anywhere}
    details{margin:16px 0}
    summary{cursor:pointer}
    dl{display:grid;grid-template-columns:max-content 1fr;gap:2px 16px;font-size:14px}
    dt{color:var(--faint)}
    dd{margin:0;overflow-wrap:anywhere}
    @media (max-width:800px){
    thead{display:none}
    table,tbody,tr,td,tbody th{display:block}
    tr{padding:8px 0;border-bottom:1px solid var(--line)}
    th,td,.settings td{min-width:0;padding:2px 0;border:0}
    td:empty{display:none}
    td{display:flex;justify-content:space-between;gap:16px}
    td::before{content:attr(data-head);color:var(--faint);text-align:left;white-space:normal}
    dl{grid-template-columns:1fr}
    dd{margin-bottom:6px}
    }
    """
}
