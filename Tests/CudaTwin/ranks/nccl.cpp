// NCCL between the threads of a process, each of them a rank: all on the one device that the twin has. What it is asked
// for is done at once, behind everything that was enqueued before.
#include <string.h>

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "../device/memory.hpp"
#include "../driver/streams.hpp"

using namespace driver;

struct ncclUniqueId {
  char internal[128];
};

namespace {
enum : int { ncclSuccess = 0, ncclInvalidArgument = 4, ncclInvalidUsage = 5 };

/// Bytes that a rank hands to another one, or takes.
struct Piece {
  int peer;
  char *place;
  size_t bytes;
};

/// Ranks that found each other.
struct Group {
  const int count;
  std::vector<std::vector<Piece>> sent;
  explicit Group(int count) : count(count), sent(count) {}

  /// Returns once all are here.
  void meet() {
    std::unique_lock<std::mutex> held(mutex);
    const unsigned mine = round;
    if (++arrived == count) {
      arrived = 0;
      ++round;
      all.notify_all();
    }
    all.wait(held, [&] { return round != mine; });
  }

 private:
  std::mutex mutex;
  std::condition_variable all;
  int arrived = 0;
  unsigned round = 0;
};

struct Communicator {
  std::shared_ptr<Group> group;
  int rank;
};

std::mutex groupsMutex;
std::map<std::string, std::shared_ptr<Group>> groups;
int ids = 0;

/// What the calling thread has asked for since ncclGroupStart.
thread_local struct {
  bool isOpen = false;
  Communicator *communicator = nullptr;
  void *stream = nullptr;
  std::vector<Piece> sends, receives;
} pending;

/// The real place of bytes of the device; null where they are not in one block.
char *real(const void *address, size_t bytes) {
  const Call call;
  return call.status ? nullptr : (char *)emulator::realAddress((uint64_t)(uintptr_t)address, bytes);
}

/// Makes the pieces of all ranks change places.
int run(Communicator &own, void *on, const std::vector<Piece> &sends, const std::vector<Piece> &receives) {
  {
    const Call call;
    Stream *const used = call.status ? nullptr : stream(on);
    if (!used) return ncclInvalidArgument;
    drain(*used);
  }
  Group &group = *own.group;
  group.sent[own.rank] = sends;
  group.meet();
  int status = ncclSuccess;
  std::map<int, size_t> taken;
  for (const Piece &piece : receives) {
    // The next one that the peer has for this rank.
    const std::vector<Piece> &theirs = group.sent[piece.peer];
    size_t &next = taken[piece.peer];
    while (next < theirs.size() && theirs[next].peer != own.rank) ++next;
    if (next == theirs.size() || theirs[next].bytes != piece.bytes) {
      status = ncclInvalidUsage;
      break;
    }
    memcpy(piece.place, theirs[next++].place, piece.bytes);
  }
  group.meet();
  return status;
}

int add(bool isSent, const void *place, size_t bytes, int type, int peer, void *handle, void *on) {
  const auto own = static_cast<Communicator *>(handle);
  char *const memory = real(place, bytes);
  if (!own || type != 1 || peer < 0 || peer >= own->group->count || (bytes && !memory)) return ncclInvalidArgument;
  if (!pending.isOpen) return ncclInvalidUsage;
  pending.communicator = own;
  pending.stream = on;
  (isSent ? pending.sends : pending.receives).push_back({peer, memory, bytes});
  return ncclSuccess;
}
}  // namespace

API int ncclGetVersion(int *version) {
  *version = 22800;
  return ncclSuccess;
}
API const char *ncclGetErrorString(int status) {
  return status == ncclInvalidUsage ? "ranks do not fit together" : status ? "invalid argument" : "no error";
}
API int ncclGetUniqueId(ncclUniqueId *id) {
  const std::lock_guard<std::mutex> held(groupsMutex);
  memset(id, 0, sizeof *id);
  // To the last byte, as it is handed over by value.
  const int number = ++ids;
  memcpy(id->internal, &number, sizeof number);
  memcpy(id->internal + sizeof *id - sizeof number, &number, sizeof number);
  return ncclSuccess;
}
API int ncclCommInitRank(void **communicator, int count, ncclUniqueId id, int rank) {
  if (count < 1 || rank < 0 || rank >= count) return ncclInvalidArgument;
  if (memcmp(id.internal, id.internal + sizeof id - sizeof(int), sizeof(int))) return ncclInvalidArgument;
  std::shared_ptr<Group> group;
  {
    const std::lock_guard<std::mutex> held(groupsMutex);
    auto &found = groups[std::string(id.internal, sizeof id)];
    if (!found) found = std::make_shared<Group>(count);
    group = found;
  }
  if (group->count != count) return ncclInvalidUsage;
  group->meet();
  *communicator = new Communicator{group, rank};
  return ncclSuccess;
}
API int ncclCommDestroy(void *communicator) {
  delete static_cast<Communicator *>(communicator);
  return ncclSuccess;
}
API int ncclGroupStart() {
  if (pending.isOpen) return ncclInvalidUsage;
  pending.isOpen = true;
  return ncclSuccess;
}
API int ncclGroupEnd() {
  if (!pending.isOpen || !pending.communicator) return ncclInvalidUsage;
  const int status = run(*pending.communicator, pending.stream, pending.sends, pending.receives);
  pending.isOpen = false;
  pending.communicator = nullptr;
  pending.sends.clear();
  pending.receives.clear();
  return status;
}
API int ncclSend(const void *from, size_t count, int type, int peer, void *communicator, void *on) {
  return add(true, from, count, type, peer, communicator, on);
}
API int ncclRecv(void *to, size_t count, int type, int peer, void *communicator, void *on) {
  return add(false, to, count, type, peer, communicator, on);
}
API int ncclAllGather(const void *from, void *to, size_t count, int type, void *communicator, void *on) {
  const auto own = static_cast<Communicator *>(communicator);
  if (!own || type != 1) return ncclInvalidArgument;
  char *const source = real(from, count), *const target = real(to, count * own->group->count);
  if (count && (!source || !target)) return ncclInvalidArgument;
  std::vector<Piece> sends, receives;
  for (int peer = 0; peer < own->group->count; ++peer) {
    sends.push_back({peer, source, count});
    receives.push_back({peer, target + peer * count, count});
  }
  return run(*own, on, sends, receives);
}
