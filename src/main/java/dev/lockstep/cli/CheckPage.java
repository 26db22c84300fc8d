package dev.lockstep.cli;

import dev.lockstep.check.CheckReport;
import dev.lockstep.check.CheckResult;
import dev.lockstep.device.DeviceInfo;
import dev.lockstep.device.DeviceProvider;
import dev.lockstep.device.Devices;
import dev.lockstep.profile.Columns;
import java.util.ArrayList;
import java.util.List;

/** A check as Markdown that can be pasted as it is: where it ran, the worst errors, what failed. */
final class CheckPage {
  private CheckPage() {}

  /**
   * The page.
   *
   * @param info of the device
   * @param reason why it was taken, which names the driver of a GPU
   */
  static List<String> of(DeviceInfo info, String reason, CheckReport report) {
    List<String> lines = new ArrayList<>();
    lines.add(
        "# Check on %s: %d passed, %d failed, %d unsupported"
            .formatted(info.name(), report.passed(), report.failed(), report.unsupported()));
    lines.add("");
    lines.add("```");
    machine(info, reason).lines().forEach(lines::add);
    lines.add("");
    lines.addAll(CheckTable.summary(report));
    List<CheckResult> failed =
        report.results().stream()
            .filter(result -> result.status() == CheckResult.Status.FAILED)
            .toList();
    if (!failed.isEmpty()) {
      lines.add("");
      failed.forEach(result -> lines.add(CheckTable.line(result)));
    }
    lines.add("```");
    return lines;
  }

  private static Columns machine(DeviceInfo info, String reason) {
    Machine machine = Machine.inspect();
    Columns table = new Columns();
    table.row("lockstep", Version.get());
    table.row("device " + info.provider(), info.name() + " (" + reason + ")");
    table.row(
        "  limits",
        "compute capability %s, %d multiprocessors, %.1f GiB, %d bytes of shared memory a block"
            .formatted(
                info.computeCapability(),
                info.multiprocessors(),
                info.memoryBytes() / (double) (1L << 30),
                info.sharedBytesPerBlock()));
    for (DeviceProvider provider : Devices.providers()) {
      if (provider.name().equals(info.provider())) {
        provider.parts().forEach(part -> table.row("  " + part.name(), part.answer()));
      }
    }
    table.row("java", machine.java());
    table.row("system", machine.system());
    return table;
  }
}
