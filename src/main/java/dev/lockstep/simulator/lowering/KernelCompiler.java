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
import dev.lockstep.ptx.Routine;
import dev.lockstep.simulator.execution.CallStack;
import dev.lockstep.simulator.execution.LoweredKernel;
import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.jit.Segment;
import dev.lockstep.simulator.jit.SegmentCompiler;
import dev.lockstep.simulator.op.Branch;
import dev.lockstep.simulator.op.Guarded;
import dev.lockstep.simulator.op.IndexedBranch;
import dev.lockstep.simulator.op.Jump;
import dev.lockstep.simulator.op.Nothing;
import dev.lockstep.simulator.op.Sequence;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** Lowers a kernel: {@link #compile} reads as the list of passes. */
public final class KernelCompiler {
  /** Stack of each thread of a kernel that calls itself or takes memory from the stack. */
  private static final long STACK_BYTES = 32 << 10;

  private final PtxModule module;
  private final PtxKernel kernel;
  private final CallGraph graph;
  private final Instrument instrument;
  private final Consumer<DeviceFault.UnsupportedInstruction> refused;
  private final Registers registers = new Registers();
  private final List<RoutinePlan> plans = new ArrayList<>();
  private final List<Op> code = new ArrayList<>();
  private final List<Op> followed = new ArrayList<>();
  private final List<LoweredKernel.Site> sites = new ArrayList<>();
  private final List<CallLink> calls = new ArrayList<>();

  /** Whether the instrument put something around an op of the instruction decoded last. */
  private boolean watched;

  private KernelCompiler(
      PtxModule module,
      PtxKernel kernel,
      Instrument instrument,
      Consumer<DeviceFault.UnsupportedInstruction> refused) {
    this.module = module;
    this.kernel = kernel;
    this.graph = CallGraph.of(module, kernel);
    this.instrument = instrument;
    this.refused = refused;
  }

  /** A module as its kernels are lowered from: once for all of them. */
  public static PtxModule prepared(PtxModule module) {
    return ParameterPromotion.of(FramedParameters.of(module));
  }

  /**
   * Makes a kernel executable.
   *
   * @param module {@link #prepared}
   * @param kernel as it was before
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
   * @param module {@link #prepared}
   * @param kernel as it was before
   * @param refused gets every instruction that cannot be executed, in the order of the lowered code
   */
  public static LoweredKernel compile(
      PtxModule module,
      PtxKernel kernel,
      Map<String, Long> globals,
      DeviceOptions options,
      Instrument instrument,
      Consumer<DeviceFault.UnsupportedInstruction> refused) {
    PtxKernel prepared =
        module.kernels().stream()
            .filter(each -> each.name().equals(kernel.name()))
            .findFirst()
            .orElseThrow();
    KernelCompiler compiler = new KernelCompiler(module, prepared, instrument, refused);
    if (kernel.clusterBlocks() > 1) {
      compiler.refuseClusters();
    }
    List<Routine> routines = compiler.graph.routines();
    List<Symbols> symbols = Symbols.of(module, routines, globals);
    Registers registers = compiler.registers;
    List<Register> zeroed = new ArrayList<>();
    for (int i = 0; i < routines.size(); i++) {
      RoutinePlan plan =
          new RoutinePlan(
              routines.get(i), symbols.get(i), registers, options, !instrument.seesEverything());
      compiler.plans.add(plan);
      zeroed.addAll(plan.undefined());
    }
    instrument.kernel(
        kernel,
        zeroed.stream().filter(r -> !registers.isConstant(r)).toList(),
        symbols.get(0).shared());
    instrument.registers(registers);
    Frames frames = Frames.of(compiler.plans, compiler.graph, STACK_BYTES);
    List<Segment> segments = new ArrayList<>();
    for (RoutinePlan plan : compiler.plans) {
      Segments found =
          new Segments(registers, plan.symbols, plan.routine.registers(), options.approximation());
      compiler.layOut(plan, found);
      segments.addAll(found.found());
    }
    compiler.calls.forEach(call -> call.link(compiler.module, compiler.plans, frames));
    CallStack.Layout layout = frames.layout(registers);
    Op[] code = compiler.code.toArray(Op[]::new);
    Op[] followed =
        compiler.followed.equals(compiler.code) ? code : compiler.followed.toArray(Op[]::new);
    SegmentCompiler.install(segments, code, tier(options, instrument));
    return new LoweredKernel(
        kernel.name(),
        kernel.parameterBytes(),
        kernel.maxThreads(),
        kernel.exactBlock(),
        code,
        followed,
        compiler.sites,
        registers.file(zeroed),
        symbols.get(0).sharedBytes(),
        symbols.get(0).dynamicAlignment(),
        frames.localBytes(),
        layout,
        BlockCompany.of(compiler.plans));
  }

  /**
   * Decodes block after block; a jump is added where the text's next block is not the next here.
   */
  private void layOut(RoutinePlan plan, Segments segments) {
    int[] order = plan.order;
    List<Link> links = new ArrayList<>();
    List<Segments.Block> laidOut = new ArrayList<>();
    for (int n = 0; n < order.length; n++) {
      ControlFlow.Block block = plan.blocks.get(order[n]);
      plan.start[order[n]] = code.size();
      Step last = plan.steps.get(block.to() - 1);
      int[] next = block.successors();
      BitSet wanted = plan.liveness.atEnd(order[n]);
      List<Segments.Placed> placed = new ArrayList<>();
      // Once all lanes have met in a block, nobody is left to be waited for.
      boolean whole = false;
      for (int i = block.from(); i < block.to(); i++) {
        Step step = plan.steps.get(i);
        boolean waits = !whole && Steps.waits(step);
        whole |= Steps.needsWholeWarp(step);
        if (i == block.from() && !waits) {
          addStretch(plan.steps, i, block.to(), placed);
        }
        switch (step.kind()) {
          case BRANCH -> {}
          case CALL -> addCall(plan, step, wanted, placed);
          case INDEXED -> addIndexed(plan, step, next, placed, links);
          case PLAIN, EXIT -> {
            if (!plan.constant[i]) {
              addPlain(plan, step, placed);
            }
          }
        }
        if (waits) {
          addStretch(plan.steps, i, block.to(), placed);
        }
      }
      if (last.kind() == Step.Kind.BRANCH) {
        Liveness.uses(last, register -> wanted.set(register.id()));
      }
      int following = n + 1 < order.length ? order[n + 1] : -1;
      if (last.kind() == Step.Kind.BRANCH && last.guard() != null) {
        Branch branch =
            new Branch(registers.predicate(last.guard().predicate()), last.guard().negated());
        watched = false;
        int pc = code.size();
        Op op = add(branch, last.instruction());
        placed.add(new Segments.Placed(last, op, pc, watched, false));
        links.add(new Link(branch, new int[] {next[0]}));
      }
      laidOut.add(new Segments.Block(placed, wanted, passes(plan, n)));
      boolean shown = last.instruction().opcode().equals("bra") && instrument.seesEverything();
      if (next.length > 0
          && last.kind() != Step.Kind.INDEXED
          && (next[next.length - 1] != following || shown)) {
        Jump jump = new Jump();
        add(jump, last.instruction());
        links.add(new Link(jump, new int[] {next[next.length - 1]}));
      }
    }
    links.forEach(link -> link(plan, link));
    segments.add(laidOut);
  }

  /**
   * Whether a block ends with a branch past the next one as laid out, which leads to where the
   * branch does.
   */
  private static boolean passes(RoutinePlan plan, int n) {
    int[] order = plan.order;
    if (n + 2 >= order.length) {
      return false;
    }
    ControlFlow.Block block = plan.blocks.get(order[n]);
    int[] over = plan.blocks.get(order[n + 1]).successors();
    int[] next = block.successors();
    return plan.steps.get(block.to() - 1).kind() == Step.Kind.BRANCH
        && next.length == 2
        && next[0] == order[n + 2]
        && next[1] == order[n + 1]
        && over.length == 1
        && over[0] == order[n + 2];
  }

  private void link(RoutinePlan plan, Link link) {
    int target = plan.start[link.blocks[0]];
    switch (link.op) {
      case Branch branch -> {
        Step first = plan.steps.get(plan.blocks.get(link.blocks[0]).from());
        boolean ends = endsThread(plan, first);
        branch.link(target, ends);
        if (ends) {
          instrument.exits(branch, first.instruction());
        }
      }
      case Jump jump -> jump.link(target);
      case IndexedBranch branch ->
          branch.link(Arrays.stream(link.blocks).map(block -> plan.start[block]).toArray());
      default -> throw new AssertionError(link);
    }
  }

  private void addPlain(RoutinePlan plan, Step step, List<Segments.Placed> placed) {
    watched = false;
    int pc = code.size();
    Op op = add(decode(plan, step.instruction()), step.instruction());
    placed.add(
        new Segments.Placed(
            step, op, pc, watched, watched && instrument.mayFollow(step.instruction())));
  }

  /**
   * What comes before and after the op that leaves stands apart from it: lanes return behind it.
   */
  private void addCall(RoutinePlan plan, Step step, BitSet wanted, List<Segments.Placed> placed) {
    Instruction in = step.instruction();
    CallDecoder.Code call;
    try {
      call = new CallDecoder(module, graph, plan, registers).decode(in, wanted);
    } catch (Unsupported e) {
      plan.emitter.finish();
      refuse(plan, in, e);
      return;
    }
    addPart(call.before(), in, placed);
    watched = false;
    int pc = code.size();
    Op op = add(instrument.call(call.call(), in, site(in), call.callee()), in);
    placed.add(new Segments.Placed(step, op, pc, true, false));
    addPart(call.after(), in, placed);
    calls.add(new CallLink(call, plan.routine, in, graph));
  }

  private void addPart(List<CallDecoder.Part> parts, Instruction in, List<Segments.Placed> placed) {
    if (!parts.isEmpty()) {
      LoweredKernel.Site site = site(in);
      List<Op> ops = parts.stream().map(part -> watched(part, site)).toList();
      List<Op> following = new ArrayList<>();
      for (int i = 0; i < ops.size(); i++) {
        following.add(
            instrument.followed(ops.get(i), sequence(parts.get(i).ops()), parts.get(i).in()));
      }
      Op op = sequence(ops);
      placed.add(new Segments.Placed(null, op, code.size()));
      code.add(op);
      followed.add(following.equals(ops) ? op : sequence(following));
      sites.add(site);
    }
  }

  private Op watched(CallDecoder.Part part, LoweredKernel.Site site) {
    Instruction in = part.in();
    Op op = sequence(part.ops().stream().map(step -> instrument.step(step, in, site)).toList());
    return instrument.passed(op, in, site);
  }

  private void addIndexed(
      RoutinePlan plan, Step step, int[] next, List<Segments.Placed> placed, List<Link> links) {
    Instruction in = step.instruction();
    try {
      Decoder.allow(in, "idx", "uni");
      if (next.length == 0) {
        throw new Unsupported("it has no list of targets");
      }
      IndexedBranch branch = new IndexedBranch(plan.emitter.b32(Emitter.operand(in, 0)).index());
      plan.emitter.emit(branch);
      int pc = code.size();
      Op op = add(sequence(List.of(plan.emitter.finish())), in);
      placed.add(new Segments.Placed(step, op, pc, true, false));
      links.add(new Link(branch, next));
    } catch (Unsupported e) {
      plan.emitter.finish();
      refuse(plan, in, e);
    }
  }

  private static Op sequence(List<Op> ops) {
    return ops.size() == 1 ? ops.get(0) : new Sequence(ops.toArray(Op[]::new));
  }

  /**
   * Lets the instrument count the stretch that starts at a step and ends where lanes may part or
   * meet. Where lanes meet, that is done behind the op they meet at, when they are one group.
   */
  private void addStretch(List<Step> steps, int from, int blockEnd, List<Segments.Placed> placed) {
    List<Instrument.Executed> stretch = new ArrayList<>();
    boolean whole = false;
    for (int i = from; i < blockEnd && (i == from || whole || !Steps.waits(steps.get(i))); i++) {
      Step step = steps.get(i);
      whole |= Steps.needsWholeWarp(step);
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
      placed.add(new Segments.Placed(null, op, code.size(), true, false));
      code.add(op);
      followed.add(op);
      sites.add(site(steps.get(from).instruction()));
    }
  }

  private static boolean endsThread(RoutinePlan plan, Step step) {
    return switch (step.instruction().opcode()) {
      case "exit" -> step.kind() == Step.Kind.EXIT;
      case "ret" -> step.kind() == Step.Kind.EXIT && !plan.symbols.ofFunction();
      default -> false;
    };
  }

  private void refuse(RoutinePlan plan, Instruction in, Unsupported e) {
    String function = plan.symbols.ofFunction() ? ", in function " + plan.routine.name() : "";
    refuse(
        in.fullOpcode() + " is beyond the simulator (" + e.getMessage() + function + ")",
        in.line(),
        in.text(),
        module.describe(in.location()));
  }

  /** Its blocks would be launched one by one, and each would be told that it is alone. */
  private void refuseClusters() {
    refuse(
        ".reqnctapercluster is beyond the simulator (clusters of more than one block)",
        kernel.line(),
        ".reqnctapercluster",
        "");
  }

  private void refuse(String what, int line, String text, String source) {
    Dim3 nowhere = new Dim3(0, 0, 0);
    refused.accept(
        new DeviceFault.UnsupportedInstruction(
            what, new FaultSite(kernel.name(), nowhere, nowhere, line, text, source)));
  }

  private Op decode(RoutinePlan plan, Instruction in) {
    Emitter emitter = plan.emitter;
    try {
      plan.decoder.decode(in);
    } catch (Unsupported e) {
      emitter.finish();
      refuse(plan, in, e);
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
    followed.add(instrument.followed(placed, op, in));
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

  /** A branch and the blocks it goes to. */
  @SuppressWarnings("ArrayRecordComponent") // Never compared.
  private record Link(Op op, int[] blocks) {}
}
