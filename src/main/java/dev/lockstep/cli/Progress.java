package dev.lockstep.cli;

import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import org.jspecify.annotations.Nullable;

/** How far a command is: a bar while a person watches, nothing in a pipe or a file. */
final class Progress implements AutoCloseable {
  private static final int WIDTH = 100;
  private static final String CLEAR_LINE = "\r\033[K";

  private final Console console;
  private final @Nullable ProgressBar bar;

  private Progress(String task, long total, Console console) {
    this.console = console;
    this.bar =
        Console.isTerminal()
            ? new ProgressBarBuilder()
                .setTaskName(task)
                .setInitialMax(total)
                .setUpdateIntervalMillis(200)
                .setConsumer(new ConsoleProgressBarConsumer(System.out, WIDTH))
                .build()
            : null;
  }

  /** Towards a known end. */
  static Progress towards(String task, long total, Console console) {
    return new Progress(task, total, console);
  }

  /** Towards an end nobody knows: counts. */
  static Progress counting(String task, Console console) {
    return new Progress(task, -1, console);
  }

  /** One more is done. */
  void step() {
    if (bar != null) {
      bar.step();
    }
  }

  /** What to show behind the bar. */
  void say(String message) {
    if (bar != null) {
      bar.setExtraMessage(message);
    }
  }

  /** A line of results, above the bar. */
  void print(String line) {
    if (bar != null) {
      console.out().print(CLEAR_LINE);
    }
    console.print("%s", line);
  }

  @Override
  public void close() {
    if (bar != null) {
      bar.close();
    }
  }
}
