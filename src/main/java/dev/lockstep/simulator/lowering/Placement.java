package dev.lockstep.simulator.lowering;

import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.PtxModule;
import dev.lockstep.ptx.Register;
import dev.lockstep.simulator.execution.LoweredKernel;
import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.op.Branch;
import dev.lockstep.simulator.op.Guarded;
import dev.lockstep.simulator.op.IndexedBranch;
import dev.lockstep.simulator.op.Jump;
import dev.lockstep.simulator.op.Nothing;
import dev.lockstep.simulator.op.Sequence;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Turns the steps of a routine into ops with all that the instrument puts around them, and places
 * them in the listing.
 */
final class Placement {
  private final PtxModule module;
  private final CallGraph graph;
  private final RoutinePlan plan;
  private final RegisterFileBuilder registers;
  private final Instrument instrument;
  private final Refusals refusals;
  private final Listing listing;
  private final List<CallLink> calls = new ArrayList<>();

  /** The block that is being laid out. */
  private List<Segments.Placed> placed = new ArrayList<>();

  /** Whether the instrument put something around an op of the instruction decoded last. */
  private boolean watched;

  Placement(
      CallGraph graph,
      RoutinePlan plan,
      RegisterFileBuilder registers,
      Instrument instrument,
      Refusals refusals,
      Listing listing) {
    this.module = refusals.module();
    this.graph = graph;
    this.plan = plan;
    this.registers = registers;
    this.instrument = instrument;
    this.refusals = refusals;
    this.listing = listing;
  }

  /** What was placed since the last block's end. */
  List<Segments.Placed> endBlock() {
    List<Segments.Placed> block = placed;
    placed = new ArrayList<>();
    return block;
  }

  /** All calls so far, which wait for the functions to be laid out. */
  List<CallLink> calls() {
    return calls;
  }

  void plain(Step step) {
    watched = false;
    int pc = listing.end();
    Op op = add(decode(step.instruction()), step.instruction());
    placed.add(
        new Segments.Placed(
            step, op, pc, watched, watched && instrument.mayFollow(step.instruction())));
  }

  void branch(Branch branch, Step step) {
    watched = false;
    int pc = listing.end();
    Op op = add(branch, step.instruction());
    placed.add(new Segments.Placed(step, op, pc, watched, false));
  }

  /** Leads from block to block, and is part of none. */
  void jump(Jump jump, Instruction in) {
    add(jump, in);
  }

  /**
   * A branch by index, which is to be linked; null where it was refused.
   *
   * @param targets how many there are
   */
  @Nullable IndexedBranch indexed(Step step, int targets) {
    Instruction in = step.instruction();
    try {
      Decoder.allow(in, "idx", "uni");
      if (targets == 0) {
        throw new Unsupported("it has no list of targets");
      }
      IndexedBranch branch = new IndexedBranch(plan.emitter.b32(Emitter.operand(in, 0)).index());
      plan.emitter.emit(branch);
      int pc = listing.end();
      Op op = add(sequence(List.of(plan.emitter.finish())), in);
      placed.add(new Segments.Placed(step, op, pc, true, false));
      return branch;
    } catch (Unsupported e) {
      plan.emitter.finish();
      refusals.instruction(plan, in, e);
      return null;
    }
  }

  /**
   * What comes before and after the op that leaves stands apart from it: lanes return behind it.
   *
   * @param wanted ids of the registers wanted behind it
   */
  void call(Step step, BitSet wanted) {
    Instruction in = step.instruction();
    CallDecoder.Code call;
    try {
      call = new CallDecoder(module, graph, plan, registers).decode(in, wanted);
    } catch (Unsupported e) {
      plan.emitter.finish();
      refusals.instruction(plan, in, e);
      return;
    }
    part(call.before(), in);
    watched = false;
    int pc = listing.end();
    Op op = add(instrument.call(call.call(), in, site(in), call.callee()), in);
    placed.add(new Segments.Placed(step, op, pc, true, false));
    part(call.after(), in);
    calls.add(new CallLink(call, plan.routine, in, graph));
  }

  private void part(List<CallDecoder.Part> parts, Instruction in) {
    if (!parts.isEmpty()) {
      LoweredKernel.Site site = site(in);
      List<Op> ops = parts.stream().map(part -> watched(part, site)).toList();
      List<Op> following = new ArrayList<>();
      for (int i = 0; i < ops.size(); i++) {
        following.add(
            instrument.followed(ops.get(i), sequence(parts.get(i).ops()), parts.get(i).in()));
      }
      Op op = sequence(ops);
      placed.add(new Segments.Placed(null, op, listing.end()));
      listing.add(op, following.equals(ops) ? op : sequence(following), site);
    }
  }

  private Op watched(CallDecoder.Part part, LoweredKernel.Site site) {
    Instruction in = part.in();
    Op op = sequence(part.ops().stream().map(step -> instrument.step(step, in, site)).toList());
    return instrument.passed(op, in, site);
  }

  /**
   * Lets the instrument count the stretch that starts at a step and ends where lanes may part or
   * meet. Where lanes meet, that is done behind the op they meet at, when they are one group.
   */
  void stretch(int from, int blockEnd) {
    List<Step> steps = plan.steps;
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
      placed.add(new Segments.Placed(null, op, listing.end(), true, false));
      listing.add(op, op, site(steps.get(from).instruction()));
    }
  }

  /** What the routine does once for each launch; nobody watches it. */
  List<Op> prologue() {
    return plan.prologue.stream().map(in -> sequence(List.of(ops(in)))).toList();
  }

  private Op[] ops(Instruction in) {
    try {
      plan.decoder.decode(in);
    } catch (Unsupported e) {
      plan.emitter.finish();
      refusals.instruction(plan, in, e);
      return new Op[] {new Nothing()};
    }
    return plan.emitter.finish();
  }

  private Op decode(Instruction in) {
    LoweredKernel.Site site = site(in);
    Op[] steps = ops(in);
    for (int i = 0; i < steps.length; i++) {
      Op step = steps[i];
      steps[i] = instrument.step(step, in, site);
      watched |= steps[i] != step;
    }
    Op op = sequence(List.of(steps));
    Instruction.Guard guard = in.guard();
    if (guard != null) {
      op = new Guarded(op, registers.predicate(guard.predicate()), guard.negated());
    }
    return op;
  }

  private Op add(Op op, Instruction in) {
    LoweredKernel.Site site = site(in);
    Op around = instrument.instruction(op, in, site);
    watched |= around != op;
    listing.add(around, instrument.followed(around, op, in), site);
    return around;
  }

  private static Op sequence(List<Op> ops) {
    return ops.size() == 1 ? ops.get(0) : new Sequence(ops.toArray(Op[]::new));
  }

  private LoweredKernel.Site site(Instruction in) {
    return new LoweredKernel.Site(in.line(), in.text(), module.describe(in.location()));
  }
}
