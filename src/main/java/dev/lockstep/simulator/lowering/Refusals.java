package dev.lockstep.simulator.lowering;

import dev.lockstep.device.DeviceFault;
import dev.lockstep.device.Dim3;
import dev.lockstep.device.FaultSite;
import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.PtxKernel;
import dev.lockstep.ptx.PtxModule;
import java.util.function.Consumer;

/**
 * Words what of a kernel cannot be executed.
 *
 * @param listener gets each, in the order of the lowered code; it may throw it
 */
record Refusals(
    PtxModule module, PtxKernel kernel, Consumer<DeviceFault.UnsupportedInstruction> listener) {

  void instruction(RoutinePlan plan, Instruction in, Unsupported e) {
    String function = plan.symbols.ofFunction() ? ", in function " + plan.routine.name() : "";
    String need = Beyond.what(in);
    String why = need.isEmpty() ? e.getMessage() : need;
    refuse(
        in.fullOpcode() + " is beyond the simulator (" + why + function + ")",
        in.line(),
        in.text(),
        module.describe(in.location()));
  }

  /** Its blocks would be launched one by one, and each would be told that it is alone. */
  void clusters() {
    refuse(
        ".reqnctapercluster is beyond the simulator (clusters of more than one block)",
        kernel.line(),
        ".reqnctapercluster",
        "");
  }

  private void refuse(String what, int line, String text, String source) {
    Dim3 nowhere = new Dim3(0, 0, 0);
    listener.accept(
        new DeviceFault.UnsupportedInstruction(
            what, new FaultSite(kernel.name(), nowhere, nowhere, line, text, source)));
  }
}
