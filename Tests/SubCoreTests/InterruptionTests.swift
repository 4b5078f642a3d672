import CSystem
import Testing

@testable import SubCore

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Signals as the whole process gets them, each in a process of its own.
@Suite struct InterruptionTests {
  @Test func `a signal ends work that asks nobody, and other work when it asks`() async {
    let atOnce = await #expect(processExitsWith: .exitCode(130), observing: [\.standardErrorContent]) {
      sys_catch_interrupts()
      _ = try Interruption.endingAtOnce {
        kill(getpid(), SIGTERM)
        sleep(30)
      }
      exit(1)
    }
    #expect(atOnce.map { String(decoding: $0.standardErrorContent, as: UTF8.self) }?.contains("interrupted") == true)
    await #expect(processExitsWith: .exitCode(7)) {
      sys_catch_interrupts()
      _ = try Interruption.endingAtOnce {}
      kill(getpid(), SIGHUP)
      for _ in 0..<1000 where !Interruption.isRequested { usleep(1000) }
      do {
        _ = try Interruption.endingAtOnce { exit(1) }
      } catch is Interruption {
        exit(7)
      }
    }
  }
}
