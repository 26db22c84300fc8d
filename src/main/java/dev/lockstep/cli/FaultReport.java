package dev.lockstep.cli;

import dev.lockstep.device.DeviceFault;
import dev.lockstep.device.FaultSite;
import dev.lockstep.profile.Columns;
import java.util.List;

/**
 * A fault for people and for {@code --json}.
 *
 * @param kind simple name of the fault's class
 * @param what happened, with the other party where there is one
 * @param kernel the entry point
 * @param block where in the grid
 * @param thread where in the block
 * @param ptxLine from 1; 0 when unknown
 * @param instruction as the PTX has it
 * @param source {@code file.cu:line}; empty when unknown
 */
record FaultReport(
    String kind,
    String what,
    String kernel,
    String block,
    String thread,
    int ptxLine,
    String instruction,
    String source) {
  static FaultReport of(DeviceFault fault) {
    FaultSite site = fault.site();
    String message = String.valueOf(fault.getMessage());
    String place = " at " + site;
    return new FaultReport(
        fault.getClass().getSimpleName(),
        message.endsWith(place) ? message.substring(0, message.length() - place.length()) : message,
        site.kernel(),
        site.block().toString(),
        site.thread().toString(),
        site.ptxLine(),
        site.instruction(),
        site.source());
  }

  List<String> lines() {
    Columns table = new Columns();
    boolean refused = kind.equals(DeviceFault.UnsupportedInstruction.class.getSimpleName());
    table.row(refused ? "refused" : "fault", kind);
    table.row("what", what);
    table.row(
        "where",
        refused
            ? kernel + ", when it was loaded"
            : "%s, block %s, thread %s".formatted(kernel, block, thread));
    if (ptxLine > 0) {
      table.row("PTX", "line " + ptxLine + ": " + instruction);
    }
    if (!source.isEmpty()) {
      table.row("source", source);
    }
    if (kind.equals(DeviceFault.StepLimit.class.getSimpleName())) {
      table.row("advice", "if the kernel is not endless, --step-limit N lets it run longer");
    }
    return table.lines();
  }
}
