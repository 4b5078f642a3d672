#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A lock that the thread which has it may take again.
///
/// `@unchecked Sendable`: the system's mutex, at an address that stays.
final class RecursiveLock: @unchecked Sendable {
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)

  init() {
    var attributes = pthread_mutexattr_t()
    pthread_mutexattr_init(&attributes)
    pthread_mutexattr_settype(&attributes, numericCast(PTHREAD_MUTEX_RECURSIVE))
    pthread_mutex_init(mutex, &attributes)
    pthread_mutexattr_destroy(&attributes)
  }

  deinit {
    pthread_mutex_destroy(mutex)
    mutex.deallocate()
  }

  func take() { pthread_mutex_lock(mutex) }
  /// As often as it was taken.
  func letGo() { pthread_mutex_unlock(mutex) }

  /// Runs `body` while no other thread has the lock.
  func callAsFunction<Result>(_ body: () throws -> Result) rethrows -> Result {
    take()
    defer { letGo() }
    return try body()
  }
}
