package dev.lockstep.simulator.trace;

import dev.lockstep.device.Dim3;
import dev.lockstep.device.KernelTracer.Step;
import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.PtxFunction;
import dev.lockstep.ptx.Register;
import dev.lockstep.ptx.Routine;
import dev.lockstep.simulator.execution.LoweredKernel;
import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.execution.Warp;
import dev.lockstep.simulator.lowering.Instrument;
import dev.lockstep.simulator.lowering.RegisterPlaces;
import dev.lockstep.simulator.op.Branch;
import dev.lockstep.simulator.op.Jump;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Puts an op that reports around every instruction of a kernel. */
public final class Tracing implements Instrument {
  private final Dim3 block;
  private final int warp;
  private final Consumer<Step> each;
  private final Instrument inner;
  private @Nullable RegisterPlaces places;

  /**
   * @param block of the warp to follow
   * @param warp its number in the block
   * @param inner what else is put around the ops, below what reports
   */
  public Tracing(Dim3 block, int warp, Consumer<Step> each, Instrument inner) {
    this.block = block;
    this.warp = warp;
    this.each = each;
    this.inner = inner;
  }

  @Override
  public boolean seesEverything() {
    return true;
  }

  @Override
  public void kernel(
      List<Routine> routines, List<Register> undefined, List<SharedVariable> shared) {
    inner.kernel(routines, undefined, shared);
  }

  @Override
  public void registers(RegisterPlaces found) {
    places = found;
    inner.registers(found);
  }

  @Override
  public boolean mayFollow(Instruction in) {
    return inner.mayFollow(in);
  }

  @Override
  public Op followed(Op placed, Op op, Instruction in) {
    return inner.followed(placed, op, in);
  }

  @Override
  public Op call(Op op, Instruction in, LoweredKernel.Site at, @Nullable PtxFunction callee) {
    return inner.call(op, in, at, callee);
  }

  @Override
  public Op passed(Op op, Instruction in, LoweredKernel.Site site) {
    return inner.passed(op, in, site);
  }

  @Override
  public Op step(Op op, Instruction in, LoweredKernel.Site site) {
    return inner.step(op, in, site);
  }

  @Override
  public Op instruction(Op op, Instruction in, LoweredKernel.Site site) {
    Op observed = inner.instruction(op, in, site);
    return isOwn(op, in)
        ? new TracedOp(observed, in, site, Objects.requireNonNull(places), this)
        : observed;
  }

  @Override
  public @Nullable Op stretch(List<Executed> stretch) {
    return inner.stretch(stretch);
  }

  @Override
  public void exits(Branch branch, Instruction exit) {
    inner.exits(branch, exit);
  }

  boolean follows(Warp w) {
    return w.index() == warp && w.block().equals(block);
  }

  void report(Step step) {
    each.accept(step);
  }

  /** Lowering adds branches and jumps of its own, and an end; they are no instructions. */
  private static boolean isOwn(Op op, Instruction in) {
    boolean branches = in.opcode().equals("bra");
    return switch (op) {
      case Branch _ -> branches;
      case Jump _ -> branches && in.guard() == null;
      default -> !in.text().equals("}");
    };
  }
}
