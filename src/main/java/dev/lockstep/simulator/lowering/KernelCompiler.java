package dev.lockstep.simulator.lowering;

import dev.lockstep.device.DeviceFault;
import dev.lockstep.device.ExecutionTier;
import dev.lockstep.ptx.PtxKernel;
import dev.lockstep.ptx.PtxModule;
import dev.lockstep.ptx.Register;
import dev.lockstep.ptx.Routine;
import dev.lockstep.simulator.execution.CallStack;
import dev.lockstep.simulator.execution.LoweredKernel;
import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.jit.Segment;
import dev.lockstep.simulator.jit.SegmentCompiler;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;

/** Lowers a kernel: {@link #compile} reads as the list of passes. */
public final class KernelCompiler {
  /** Stack of each thread of a kernel that calls itself or takes memory from the stack. */
  private static final long STACK_BYTES = 32 << 10;

  private KernelCompiler() {}

  /**
   * Makes a kernel executable.
   *
   * @param entry the kernel's name
   * @param options what its code depends on
   * @param instrument what is put around the ops
   * @throws DeviceFault.UnsupportedInstruction at the first instruction that cannot be executed
   */
  public static LoweredKernel compile(
      PreparedModule prepared, String entry, CodeOptions options, Instrument instrument) {
    return compile(
        prepared,
        entry,
        options,
        instrument,
        fault -> {
          throw fault;
        });
  }

  /** Every instruction of a kernel that cannot be executed, in the order of the lowered code. */
  public static List<DeviceFault.UnsupportedInstruction> survey(
      PreparedModule prepared, String entry, CodeOptions options) {
    List<DeviceFault.UnsupportedInstruction> found = new ArrayList<>();
    compile(prepared, entry, options, Instrument.NONE, found::add);
    return List.copyOf(found);
  }

  /**
   * Lowers a kernel that perhaps cannot be run.
   *
   * @param refused gets every instruction that cannot be executed, in the order of the lowered code
   */
  public static LoweredKernel compile(
      PreparedModule prepared,
      String entry,
      CodeOptions options,
      Instrument instrument,
      Consumer<DeviceFault.UnsupportedInstruction> refused) {
    PtxModule module = prepared.module();
    PtxKernel kernel = Objects.requireNonNull(prepared.kernel(entry), entry);
    Refusals refusals = new Refusals(module, kernel, refused);
    if (kernel.clusterBlocks() > 1) {
      refusals.clusters();
    }
    CallGraph graph = CallGraph.of(module, kernel);
    List<Routine> routines = graph.routines();
    List<Symbols> symbols = Symbols.of(prepared, routines);
    RegisterFileBuilder registers = new RegisterFileBuilder();
    List<RoutinePlan> plans = new ArrayList<>();
    List<Register> zeroed = new ArrayList<>();
    for (int i = 0; i < routines.size(); i++) {
      RoutinePlan plan =
          new RoutinePlan(
              routines.get(i), symbols.get(i), registers, options, !instrument.seesEverything());
      plans.add(plan);
      zeroed.addAll(plan.undefined());
    }
    instrument.kernel(
        routines,
        zeroed.stream().filter(r -> !registers.isConstant(r)).toList(),
        symbols.get(0).shared());
    instrument.registers(registers);
    Frames frames = Frames.of(plans, graph, STACK_BYTES);
    Listing listing = new Listing();
    List<Segment> segments = new ArrayList<>();
    List<CallLink> calls = new ArrayList<>();
    List<Op> prologue = new ArrayList<>();
    for (RoutinePlan plan : plans) {
      Placement placement = new Placement(graph, plan, registers, instrument, refusals, listing);
      Segments found =
          new Segments(registers, plan.symbols, plan.registers, options.approximation());
      found.add(new RoutineLayout(plan, registers, instrument, listing, placement).layOut());
      segments.addAll(found.found());
      prologue.addAll(placement.prologue());
      calls.addAll(placement.calls());
    }
    calls.forEach(call -> call.link(module, plans, frames));
    CallStack.Layout layout = frames.layout(registers);
    Op[] code = listing.code();
    Op[] followed = listing.differsFollowed() ? listing.followed() : code;
    SegmentCompiler.install(segments, code, tier(options, instrument));
    return new LoweredKernel(
        kernel.name(),
        kernel.parameterBytes(),
        kernel.maxThreads(),
        kernel.exactBlock(),
        List.copyOf(prologue),
        code,
        followed,
        listing.sites(),
        registers.build(zeroed),
        symbols.get(0).sharedBytes(),
        symbols.get(0).dynamicAlignment(),
        frames.localBytes(),
        layout,
        BlockCompany.of(plans));
  }

  /** A drawn schedule counts single instructions, as the interpreter executes them. */
  private static ExecutionTier tier(CodeOptions options, Instrument instrument) {
    return options.drawn() || instrument.seesEverything()
        ? ExecutionTier.INTERPRETED
        : options.tier();
  }
}
