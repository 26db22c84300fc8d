package dev.lockstep.cuda.standin;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;

/** Counts calls, and lets a test answer in the driver's place. Safe for use by several threads. */
public final class CallLog {
  /** A test's word in every call. */
  @FunctionalInterface
  public interface Interference {
    /**
     * Asked before a call is carried out, on its thread.
     *
     * @param export the call, for example {@code cuMemAlloc_v2}
     * @param nth which call this is since the last reset, from 1
     * @return 0 lets the call happen; anything else is answered in its place
     */
    int answer(String export, long nth);
  }

  private static final Interference NONE = (export, nth) -> 0;

  private final Map<String, AtomicLong> counts = new ConcurrentHashMap<>();
  private final AtomicLong total = new AtomicLong();
  private final Collection<Throwable> defects = new CopyOnWriteArrayList<>();
  private volatile Interference interference = NONE;

  /** Forgets all calls and interference. */
  public void reset() {
    interference = NONE;
    total.set(0);
    counts.values().forEach(count -> count.set(0));
    defects.clear();
  }

  /** From now on every call is asked about. */
  public void interfere(Interference how) {
    interference = how;
  }

  /** From now on that call answers with that code. */
  public void fail(String export, int code) {
    interfere((called, nth) -> called.equals(export) ? code : 0);
  }

  /** Calls of an export since the last reset. */
  public long count(String export) {
    return counter(export).get();
  }

  /** All calls since the last reset. */
  public long total() {
    return total.get();
  }

  /** What went wrong in the stand-in itself; the calls answered {@code CUDA_ERROR_UNKNOWN}. */
  public List<Throwable> defects() {
    return List.copyOf(defects);
  }

  AtomicLong counter(String export) {
    return counts.computeIfAbsent(export, name -> new AtomicLong());
  }

  int enter(String export) {
    return interference.answer(export, total.incrementAndGet());
  }

  void defect(Throwable what) {
    defects.add(what);
  }
}
