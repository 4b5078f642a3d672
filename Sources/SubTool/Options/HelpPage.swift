/// The help of the tool and of its commands, wrapped to a width.
struct HelpPage {
  private let style: TextStyle
  private let width: Int
  private var text = ""

  private init(_ style: TextStyle, width: Int) { (self.style, self.width) = (style, min(max(width, 50), 100)) }

  /// The page of `masksub --help`.
  static func ofTool(_ commands: [any Command.Type], style: TextStyle, width: Int) -> String {
    var page = HelpPage(style, width: width)
    page.line("masksub \(Tool.version): training with a masked sub-branch")
    page.line("")
    page.line("\(style.bold("usage:")) masksub COMMAND [options]")
    for section in CommandSection.allCases {
      let members = commands.filter { $0.section == section }
      if members.isEmpty { continue }
      page.heading(section.rawValue)
      page.table(members.map { ($0.name, $0.summary) })
    }
    page.heading("Example")
    page.line("  masksub doctor")
    page.line("")
    page.line("masksub COMMAND --help shows a command's options; masksub --version the version.")
    return page.text
  }

  /// The page of `masksub COMMAND --help`.
  static func of(_ type: any Command.Type, style: TextStyle, width: Int) -> String {
    let form = CommandForm(of: type.init())
    var page = HelpPage(style, width: width)
    page.wrapped("masksub \(type.name): \(type.summary)", indent: 0)
    if !type.discussion.isEmpty {
      page.line("")
      page.wrapped(type.discussion, indent: 0)
    }
    page.line("")
    page.line("\(style.bold("usage:")) masksub \(usage(of: type, form))")
    if !form.arguments.isEmpty || form.inner != nil {
      page.heading("Arguments")
      let inner = form.inner.map { [($0.name, $0.help)] } ?? []
      page.table(inner + form.arguments.map { ($0.name + ($0.isRepeatable ? "…" : ""), $0.help) })
    }
    for group in form.groups {
      page.heading(group.title)
      page.table(group.options.map { (left(of: $0), right(of: $0)) })
    }
    page.heading("Example")
    for line in type.example.split(separator: "\n") { page.line("  \(line)") }
    return page.text
  }

  static func usage(of type: any Command.Type, _ form: CommandForm) -> String {
    var words = [type.name]
    words += form.options.filter(\.isRequired).map { "\($0.spelling) \($0.placeholder ?? "")" }
    if form.options.contains(where: { !$0.isRequired }) { words.append("[options]") }
    if let inner = form.inner {
      words.append(inner.isRequired ? "\(inner.name) [its options]" : "[\(inner.name) [its options]]")
    }
    words += form.arguments.map { argument in
      let name = argument.name + (argument.isRepeatable ? "…" : "")
      return argument.isRequired ? name : "[\(name)]"
    }
    return words.joined(separator: " ")
  }

  static func left(of option: any OptionDeclaration) -> String {
    option.placeholder.map { "\(option.spelling) \($0)" } ?? option.spelling
  }

  static func right(of option: any OptionDeclaration) -> String {
    var notes: [String] = []
    if option.isRequired { notes.append("required") }
    if option.isRepeatable { notes.append("repeatable") }
    if let text = option.defaultText { notes.append("default: \(text)") }
    return notes.isEmpty ? option.help : "\(option.help) (\(notes.joined(separator: "; ")))"
  }

  private mutating func line(_ content: String) { text += content + "\n" }
  private mutating func heading(_ title: String) { text += "\n\(style.bold(title))\n" }

  /// Two columns; a left entry too long for its column stands on a line of its own.
  private mutating func table(_ rows: [(String, String)]) {
    let column = min(rows.map(\.0.count).max() ?? 0, 26)
    for (left, right) in rows {
      let padding = String(repeating: " ", count: max(0, column - left.count))
      if left.count > column {
        line("  " + left)
        wrapped(right, indent: column + 4)
      } else {
        wrapped(right, indent: column + 4, first: "  \(left)\(padding)  ")
      }
    }
  }

  private mutating func wrapped(_ content: String, indent: Int, first: String? = nil) {
    line((first ?? String(repeating: " ", count: indent)) + content.wrapped(to: width - indent, margin: indent))
  }
}
