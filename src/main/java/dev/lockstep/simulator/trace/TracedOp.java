package dev.lockstep.simulator.trace;

import dev.lockstep.device.DeviceFault;
import dev.lockstep.device.KernelTracer.Step;
import dev.lockstep.device.KernelTracer.Value;
import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.Register;
import dev.lockstep.ptx.ScalarType;
import dev.lockstep.simulator.execution.LoweredKernel;
import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.execution.Slot;
import dev.lockstep.simulator.execution.Warp;
import dev.lockstep.simulator.lowering.RegisterPlaces;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** An instruction that says what it did, if the warp is the one to follow. */
final class TracedOp extends Op {
  /** What leaves lanes elsewhere or nowhere. */
  private static final Set<String> LEAVING = Set.of("bra", "brx", "ret", "exit", "trap", "call");

  private final Op op;
  private final Instruction in;
  private final LoweredKernel.Site site;
  private final RegisterPlaces places;
  private final Tracing tracing;

  TracedOp(Op op, Instruction in, LoweredKernel.Site site, RegisterPlaces places, Tracing tracing) {
    this.op = op;
    this.in = in;
    this.site = site;
    this.places = places;
    this.tracing = tracing;
  }

  @Override
  public void execute(Warp w) {
    if (!tracing.follows(w)) {
      op.execute(w);
      return;
    }
    int before = w.mask;
    int lanes = before & guard(w);
    List<Register> written = places.written(in);
    List<Value> read = written.isEmpty() ? values(w, places.read(in), false) : List.of();
    try {
      op.execute(w);
    } catch (DeviceFault fault) {
      report(lanes, read);
      throw fault;
    }
    if (w.mask != before && !LEAVING.contains(in.opcode())) {
      // It met lanes that had waited for it, or waits itself and will be executed again.
      lanes = w.mask;
      if (lanes == 0) {
        return;
      }
    }
    report(lanes, written.isEmpty() ? read : values(w, written, true));
  }

  @Override
  public boolean isBarrier() {
    return op.isBarrier();
  }

  private void report(int lanes, List<Value> values) {
    tracing.report(new Step(in, site.source(), lanes, values));
  }

  private int guard(Warp w) {
    Instruction.Guard guard = in.guard();
    if (guard == null) {
      return -1;
    }
    int bits = w.predicates[places.predicate(guard.predicate())];
    return guard.negated() ? ~bits : bits;
  }

  private List<Value> values(Warp w, List<Register> registers, boolean written) {
    List<Value> values = new ArrayList<>();
    for (Register register : registers) {
      boolean wide = register.type() == ScalarType.B128;
      values.add(
          new Value(
              register,
              written,
              register.type() == ScalarType.PRED
                  ? bits(w.predicates[places.predicate(register)])
                  : lanes(w, places.slot(register)),
              wide ? lanes(w, places.upper(register)) : List.of()));
    }
    return values;
  }

  private static List<Long> bits(int predicate) {
    List<Long> lanes = new ArrayList<>();
    for (int lane = 0; lane < Warp.LANES; lane++) {
      lanes.add(predicate >>> lane & 1L);
    }
    return lanes;
  }

  private static List<Long> lanes(Warp w, Slot<?> slot) {
    List<Long> lanes = new ArrayList<>();
    for (int lane = 0; lane < Warp.LANES; lane++) {
      lanes.add(
          switch (slot.file()) {
            case Slot.FLOATS -> Float.floatToRawIntBits(w.floats[slot.index()][lane]) & 0xffffffffL;
            case Slot.INTS -> w.ints[slot.index()][lane] & 0xffffffffL;
            case Slot.LONGS -> w.longs[slot.index()][lane];
            default -> Double.doubleToRawLongBits(w.doubles[slot.index()][lane]);
          });
    }
    return lanes;
  }
}
