package dev.lockstep.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Lets work end in an orderly way when the process is told to end, by Ctrl-C or SIGTERM: the work
 * is asked to stop, and the process waits until this is closed.
 */
final class Interruption implements AutoCloseable {
  private final CountDownLatch finished = new CountDownLatch(1);
  private final AtomicReference<@Nullable Runnable> request = new AtomicReference<>();
  private final Thread hook = new Thread(this::interrupted, "interruption");

  /** Watches from now on. */
  Interruption() {
    Runtime.getRuntime().addShutdownHook(hook);
  }

  /**
   * Says how the work is to be asked. Until then there is none, and the process just ends.
   *
   * @param asking runs in another thread
   */
  void asks(Runnable asking) {
    request.set(asking);
  }

  /** The work is done, its results are written. */
  @Override
  public void close() {
    finished.countDown();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException alreadyEnding) {
      // The process ends as soon as the hook, now free to go, has returned.
    }
  }

  private void interrupted() {
    Runnable asking = request.get();
    if (asking == null) {
      return;
    }
    asking.run();
    try {
      finished.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
