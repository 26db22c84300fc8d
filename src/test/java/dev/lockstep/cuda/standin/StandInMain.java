package dev.lockstep.cuda.standin;

import dev.lockstep.cli.Lockstep;
import dev.lockstep.device.Device;

/**
 * The command line on the stand-in, for tests that need a process of their own: {@code EXPORT=CODE}
 * as first argument makes a call fail, {@code gpu=NAME} models another GPU, {@code leak} opens a
 * device and closes nothing.
 */
public final class StandInMain {
  private StandInMain() {}

  /** Runs it. */
  public static void main(String[] arguments) {
    StandInDriver driver = StandInDriver.get();
    if (arguments[0].equals("leak")) {
      leak();
      return;
    }
    int first = 0;
    if (arguments[0].startsWith("gpu=")) {
      StandInDriver.Changed _ = driver.modelling(arguments[0].substring(4));
      first = 1;
    } else if (arguments[0].contains("=")) {
      String[] failure = arguments[0].split("=");
      driver.calls().fail(failure[0], Integer.parseInt(failure[1]));
      first = 1;
    }
    Lockstep.main(java.util.Arrays.copyOfRange(arguments, first, arguments.length));
  }

  private static void leak() {
    Device device = StandInDriver.open();
    device.allocate(12_345);
  }
}
