package dev.lockstep.simulator.sanitizer;

import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;

/**
 * The threads that stored one value in a cell of shared memory, in no known order. To each of them
 * the value is certain as soon as it has stored: whatever the others do, in whichever order, they
 * leave what is there. So a block sets what all its threads share, each reading behind its own
 * store.
 */
final class AlikeStores {
  /**
   * @param last the record of the last store, by which the cell tells whether it still holds
   */
  private record Agreement(BitSet threads, long last) {}

  private final Map<Integer, Agreement> byCell = new HashMap<>();

  /** Times have been reset, so that records no longer tell one store from another. */
  void reset() {
    byCell.clear();
  }

  /** Whether there are none to {@link #forget}. */
  boolean isEmpty() {
    return byCell.isEmpty();
  }

  /** The store after {@code before}, unordered with it, stored the same. */
  void agreed(int cell, long before, long record) {
    Agreement last = byCell.get(cell);
    BitSet threads;
    if (last != null && last.last == before) {
      threads = last.threads;
    } else {
      threads = new BitSet();
      threads.set(Record.thread(before));
    }
    threads.set(Record.thread(record));
    byCell.put(cell, new Agreement(threads, record));
  }

  /** A store that comes after all others, of whatever. */
  void forget(int cell) {
    if (!byCell.isEmpty()) {
      byCell.remove(cell);
    }
  }

  /**
   * Whether a thread stored the value that a cell has, without another one in between.
   *
   * @param write the cell's last record
   */
  boolean includes(int thread, int cell, long write) {
    if (Record.time(write) == Clocks.NEVER) {
      return false;
    }
    if (Record.thread(write) == thread) {
      return true;
    }
    Agreement last = byCell.get(cell);
    return last != null && last.last == write && last.threads.get(thread);
  }
}
