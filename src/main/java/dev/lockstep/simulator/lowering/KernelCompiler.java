package dev.lockstep.simulator.lowering;

import dev.lockstep.device.DeviceFault;
import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.Dim3;
import dev.lockstep.device.ExecutionTier;
import dev.lockstep.device.FaultSite;
import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.PtxKernel;
import dev.lockstep.ptx.PtxModule;
import dev.lockstep.ptx.Register;
import dev.lockstep.simulator.execution.LoweredKernel;
import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.jit.SegmentCompiler;
import dev.lockstep.simulator.op.Branch;
import dev.lockstep.simulator.op.Guarded;
import dev.lockstep.simulator.op.Jump;
import dev.lockstep.simulator.op.Nothing;
import dev.lockstep.simulator.op.Sequence;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** Lowers a kernel: {@link #compile} reads as the list of passes. */
public final class KernelCompiler {
  private final PtxModule module;
  private final PtxKernel kernel;
  private final Instrument instrument;
  private final Registers registers = new Registers();
  private final Emitter emitter;
  private final Decoder decoder;
  private final List<Op> code = new ArrayList<>();
  private final List<LoweredKernel.Site> sites = new ArrayList<>();
  private final Consumer<DeviceFault.UnsupportedInstruction> refused;

  /** Whether the instrument put something around an op of the instruction decoded last. */
  private boolean watched;

  private KernelCompiler(
      PtxModule module,
      PtxKernel kernel,
      Symbols symbols,
      DeviceOptions options,
      Instrument instrument,
      Consumer<DeviceFault.UnsupportedInstruction> refused) {
    this.module = module;
    this.kernel = kernel;
    this.instrument = instrument;
    this.refused = refused;
    this.emitter = new Emitter(registers, symbols, options);
    this.decoder = new Decoder(emitter);
  }

  /**
   * Makes a kernel executable.
   *
   * @param globals addresses of the module's global and constant variables, by name
   * @param options what approximate and matrix instructions are to return
   * @param instrument what is put around the ops
   * @throws DeviceFault.UnsupportedInstruction at the first instruction that cannot be executed
   */
  public static LoweredKernel compile(
      PtxModule module,
      PtxKernel kernel,
      Map<String, Long> globals,
      DeviceOptions options,
      Instrument instrument) {
    return compile(
        module,
        kernel,
        globals,
        options,
        instrument,
        fault -> {
          throw fault;
        });
  }

  /** Every instruction of a kernel that cannot be executed, in the order of the lowered code. */
  public static List<DeviceFault.UnsupportedInstruction> survey(
      PtxModule module, PtxKernel kernel, Map<String, Long> globals, DeviceOptions options) {
    List<DeviceFault.UnsupportedInstruction> found = new ArrayList<>();
    compile(module, kernel, globals, options, Instrument.NONE, found::add);
    return List.copyOf(found);
  }

  /**
   * Lowers a kernel that perhaps cannot be run.
   *
   * @param refused gets every instruction that cannot be executed, in the order of the lowered code
   */
  public static LoweredKernel compile(
      PtxModule module,
      PtxKernel kernel,
      Map<String, Long> globals,
      DeviceOptions options,
      Instrument instrument,
      Consumer<DeviceFault.UnsupportedInstruction> refused) {
    Symbols symbols = new Symbols(module, kernel, globals);
    List<Step> steps = Steps.of(kernel);
    List<ControlFlow.Block> blocks = ControlFlow.blocks(steps);
    int[] order = ControlFlow.order(blocks);
    Liveness liveness = Liveness.of(steps, blocks);
    KernelCompiler compiler =
        new KernelCompiler(module, kernel, symbols, options, instrument, refused);
    Registers registers = compiler.registers;
    boolean[] constant =
        instrument.seesEverything()
            ? new boolean[steps.size()]
            : LaunchConstants.find(registers, symbols, steps, kernel.registers().size());
    RegisterAllocation.run(registers, kernel.registers(), steps, blocks, order, constant, liveness);
    List<Register> zeroed = liveness.readBeforeWritten(kernel.registers());
    instrument.kernel(
        kernel, zeroed.stream().filter(r -> !registers.isConstant(r)).toList(), symbols.shared());
    instrument.registers(registers);
    Segments segments =
        new Segments(registers, symbols, kernel.registers(), options.approximation());
    compiler.layOut(steps, blocks, order, constant, liveness, segments);
    Op[] code = compiler.code.toArray(Op[]::new);
    SegmentCompiler.install(segments.found(), code, tier(options, instrument));
    return new LoweredKernel(
        kernel.name(),
        kernel.parameterBytes(),
        kernel.maxThreads(),
        code,
        compiler.sites,
        registers.file(zeroed),
        symbols.sharedBytes(),
        symbols.dynamicAlignment(),
        symbols.localBytes());
  }

  /**
   * Decodes block after block; a jump is added where the text's next block is not the next here.
   */
  private void layOut(
      List<Step> steps,
      List<ControlFlow.Block> blocks,
      int[] order,
      boolean[] constant,
      Liveness liveness,
      Segments segments) {
    int[] start = new int[blocks.size()];
    List<Link> links = new ArrayList<>();
    for (int n = 0; n < order.length; n++) {
      ControlFlow.Block block = blocks.get(order[n]);
      start[order[n]] = code.size();
      List<Segments.Placed> placed = new ArrayList<>();
      for (int i = block.from(); i < block.to(); i++) {
        Step step = steps.get(i);
        boolean waits = Steps.waits(step);
        if (i == block.from() && !waits) {
          addStretch(steps, i, block.to(), placed);
        }
        if (step.kind() != Step.Kind.BRANCH && !constant[i]) {
          watched = false;
          int pc = code.size();
          Op op = add(decode(step.instruction()), step.instruction());
          placed.add(new Segments.Placed(step, op, pc, watched));
        }
        if (waits) {
          addStretch(steps, i, block.to(), placed);
        }
      }
      Step last = steps.get(block.to() - 1);
      BitSet wanted = liveness.atEnd(order[n]);
      if (last.kind() == Step.Kind.BRANCH) {
        Liveness.uses(last, register -> wanted.set(register.id()));
      }
      segments.add(placed, wanted);
      int[] next = block.successors();
      int following = n + 1 < order.length ? order[n + 1] : -1;
      if (last.kind() == Step.Kind.BRANCH && last.guard() != null) {
        Branch branch =
            new Branch(registers.predicate(last.guard().predicate()), last.guard().negated());
        add(branch, last.instruction());
        links.add(new Link(branch, next[0]));
      }
      boolean shown = last.instruction().opcode().equals("bra") && instrument.seesEverything();
      if (next.length > 0 && (next[next.length - 1] != following || shown)) {
        Jump jump = new Jump();
        add(jump, last.instruction());
        links.add(new Link(jump, next[next.length - 1]));
      }
    }
    for (Link link : links) {
      int target = start[link.block];
      switch (link.op) {
        case Branch branch -> {
          Step first = steps.get(blocks.get(link.block).from());
          branch.link(target, endsThread(first));
          if (endsThread(first)) {
            instrument.exits(branch, first.instruction());
          }
        }
        case Jump jump -> jump.link(target);
        default -> throw new AssertionError(link);
      }
    }
  }

  /**
   * Lets the instrument count the stretch that starts at a step and ends where lanes may part or
   * meet. Where lanes meet, that is done behind the op they meet at, when they are one group.
   */
  private void addStretch(List<Step> steps, int from, int blockEnd, List<Segments.Placed> placed) {
    List<Instrument.Executed> stretch = new ArrayList<>();
    for (int i = from; i < blockEnd && (i == from || !Steps.waits(steps.get(i))); i++) {
      Step step = steps.get(i);
      Instrument.Part part = Instrument.Part.WHOLE;
      if (step.isGuardOfNext()) {
        part = Instrument.Part.GUARD;
      } else if (i > 0 && steps.get(i - 1).isGuardOfNext()) {
        part = Instrument.Part.GUARDED;
      }
      List<Register> written = new ArrayList<>();
      Liveness.definitions(step, written::add);
      stretch.add(new Instrument.Executed(step.instruction(), part, written));
    }
    Op op = instrument.stretch(stretch);
    if (op != null) {
      placed.add(new Segments.Placed(null, op, code.size()));
      code.add(op);
      sites.add(site(steps.get(from).instruction()));
    }
  }

  private static boolean endsThread(Step step) {
    return switch (step.instruction().opcode()) {
      case "ret", "exit" -> step.kind() == Step.Kind.EXIT;
      default -> false;
    };
  }

  private Op decode(Instruction in) {
    try {
      decoder.decode(in);
    } catch (Unsupported e) {
      emitter.finish();
      refused.accept(
          new DeviceFault.UnsupportedInstruction(
              in.fullOpcode() + " is beyond the simulator (" + e.getMessage() + ")",
              new FaultSite(
                  kernel.name(),
                  new Dim3(0, 0, 0),
                  new Dim3(0, 0, 0),
                  in.line(),
                  in.text(),
                  module.describe(in.location()))));
      return new Nothing();
    }
    LoweredKernel.Site site = site(in);
    Op[] steps = emitter.finish();
    for (int i = 0; i < steps.length; i++) {
      Op step = steps[i];
      steps[i] = instrument.step(step, in, site);
      watched |= steps[i] != step;
    }
    Op op = steps.length == 1 ? steps[0] : new Sequence(steps);
    Instruction.Guard guard = in.guard();
    if (guard != null) {
      op = new Guarded(op, registers.predicate(guard.predicate()), guard.negated());
    }
    return op;
  }

  private Op add(Op op, Instruction in) {
    LoweredKernel.Site site = site(in);
    Op placed = instrument.instruction(op, in, site);
    watched |= placed != op;
    code.add(placed);
    sites.add(site);
    return placed;
  }

  /** A drawn schedule counts single instructions, as the interpreter executes them. */
  private static ExecutionTier tier(DeviceOptions options, Instrument instrument) {
    return options.schedule().random() || instrument.seesEverything()
        ? ExecutionTier.INTERPRETED
        : options.tier();
  }

  private LoweredKernel.Site site(Instruction in) {
    return new LoweredKernel.Site(in.line(), in.text(), module.describe(in.location()));
  }

  private record Link(Op op, int block) {}
}
