extension CommandParser {
  /// Takes what an earlier line says where this one says nothing.
  func follow(_ earlier: EarlierLine, _ form: CommandForm) throws {
    let type = try Self.command(named: earlier.command, among: commands)
    let words = try CommandParser(type, among: commands).read(earlier.arguments, CommandForm(of: type.init()))
    func take(_ own: String, from theirs: String) throws {
      guard let option = form.option(own), !option.isGiven else { return }
      for (their, value) in words.own.options where their.spelling == theirs {
        let value = earlier.value(value, of: their)
        if let wrong = option.accept(value, asDefault: true) {
          throw refused(value, by: "\(own) of \(earlier.place)", wrong, option.choices)
        }
      }
    }
    if let followed = earlier.followed {
      for (own, theirs) in followed {
        let named = theirs.first { name in words.own.options.contains { $0.option.spelling == name } }
        if let named { try take(own, from: named) }
      }
    } else {
      for spelling in Set(words.own.options.map(\.option.spelling)).subtracting(EarlierLine.omitted) {
        try take(spelling, from: spelling)
      }
    }
  }
}
