package dev.lockstep.cli;

import dev.lockstep.device.DeviceException;
import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.Devices;
import picocli.CommandLine.Option;

/** The options that choose a device; mixed into every command that runs kernels. */
final class DeviceSelection {
  @Option(
      names = "--device",
      paramLabel = "NAME",
      description = "cuda, sim, or auto (default): a GPU if one works, the simulator otherwise")
  private String name = Devices.AUTO;

  @Option(
      names = "--threads",
      paramLabel = "N",
      description =
          "worker threads of the simulator; never changes a result (default: one per core)")
  private int threads;

  /**
   * Opens the chosen device.
   *
   * @throws UserError for a name nobody answers to, a device that cannot run here, or an option it
   *     does not have
   */
  Devices.Choice open() {
    try {
      return UserError.judging(
          () -> Devices.open(name, DeviceOptions.defaults().withThreads(threads)));
    } catch (DeviceException e) {
      String advice = name.equals(Devices.AUTO) ? "" : "; --device auto takes what there is";
      throw new UserError(e.getMessage() + advice, e);
    }
  }
}
