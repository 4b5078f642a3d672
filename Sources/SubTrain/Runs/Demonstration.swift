/// A long run cut to what two cores do in about two minutes: how many updates these are follows from the operations of one,
/// so that it is the same number everywhere.
package struct Demonstration {
  /// Operations of training: 90 seconds at the rate below; evaluating takes the rest.
  static let operations = 18e12
  /// The rate that two cores are taken to have, in operations a second.
  static let rate = 200e9

  /// The loop of the demonstration.
  package let loop: LoopSettings
  /// What is to be said of it.
  package let note: String
  private let whole: Int

  /// A demonstration of a loop with so many operations for each of a batch's samples; nil where the loop is no longer than
  /// that as it is.
  package init?(operations: Int, samples: Int, of loop: LoopSettings) {
    let update = Double(operations * samples * loop.accumulation)
    guard update * Double(loop.totalSteps) > Self.operations else { return nil }
    whole = loop.totalSteps
    var short = loop
    short.totalSteps = max(1, Int(Self.operations / update))
    short.logEvery = min(loop.logEvery, max(1, short.totalSteps / 10))
    (short.evaluateEvery, short.saveEvery) = (0, 0)
    self.loop = short
    let seconds = update / Self.rate
    note =
      "a demonstration, since the data is not yours: \(short.totalSteps) updates of \(samples), with the rates of the "
      + "whole run squeezed into them, about \((seconds * Double(short.totalSteps)).duration) on two cores; the "
      + "whole recipe on this data, \(whole) updates, would take about \((seconds * Double(whole)).duration): "
      + "--set max_steps=\(whole) asks for it"
  }

  /// The update of the whole run whose rate an update of the demonstration has.
  package func place(of step: Int) -> Int { step * whole / max(1, loop.totalSteps) }
}
