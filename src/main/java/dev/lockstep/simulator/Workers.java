package dev.lockstep.simulator;

import dev.lockstep.simulator.execution.GridRun;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Threads that live as long as their device and run blocks. The calling thread is worker 0; the
 * others wait for a launch worth sharing.
 */
final class Workers implements AutoCloseable {
  private final Thread[] helpers;
  private volatile @Nullable Shared current;
  private volatile boolean closed;

  Workers(int count) {
    helpers = new Thread[count - 1];
    for (int i = 0; i < helpers.length; i++) {
      int worker = i + 1;
      helpers[i] =
          Thread.ofPlatform().daemon().name("lockstep-sim-" + worker).start(() -> loop(worker));
    }
  }

  /** Workers in all, the caller included. */
  int count() {
    return helpers.length + 1;
  }

  /** Runs a launch to its end. */
  synchronized void run(GridRun.Work work) {
    int helping = (int) Math.min(helpers.length, work.blocks() - 1);
    if (helping == 0) {
      work.run(0);
      return;
    }
    Shared shared = new Shared(work, helping, Thread.currentThread());
    current = shared;
    for (int i = 0; i < helping; i++) {
      LockSupport.unpark(helpers[i]);
    }
    work.run(0);
    while (shared.left() > 0) {
      LockSupport.park(this);
    }
    current = null;
  }

  @Override
  public void close() {
    closed = true;
    for (Thread helper : helpers) {
      LockSupport.unpark(helper);
    }
  }

  private void loop(int worker) {
    Shared last = null;
    while (!closed) {
      Shared shared = current;
      if (shared == null || shared == last || worker > shared.helping) {
        LockSupport.park(this);
        continue;
      }
      last = shared;
      shared.work.run(worker);
      shared.done();
    }
  }

  /** A launch several threads work on. */
  private static final class Shared {
    final GridRun.Work work;
    final int helping;
    private final Thread caller;
    private int left;

    Shared(GridRun.Work work, int helping, Thread caller) {
      this.work = work;
      this.helping = helping;
      this.caller = caller;
      this.left = helping;
    }

    synchronized int left() {
      return left;
    }

    void done() {
      synchronized (this) {
        left--;
      }
      LockSupport.unpark(caller);
    }
  }
}
