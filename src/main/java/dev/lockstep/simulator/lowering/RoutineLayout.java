package dev.lockstep.simulator.lowering;

import dev.lockstep.ptx.Instruction;
import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.op.Branch;
import dev.lockstep.simulator.op.IndexedBranch;
import dev.lockstep.simulator.op.Jump;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;

/** This pass: lays the blocks of a routine out one behind the other and links its branches. */
final class RoutineLayout {
  private final RoutinePlan plan;
  private final RegisterFileBuilder registers;
  private final Instrument instrument;
  private final Listing listing;
  private final Placement placement;
  private final List<Link> links = new ArrayList<>();

  RoutineLayout(
      RoutinePlan plan,
      RegisterFileBuilder registers,
      Instrument instrument,
      Listing listing,
      Placement placement) {
    this.plan = plan;
    this.registers = registers;
    this.instrument = instrument;
    this.listing = listing;
    this.placement = placement;
  }

  /** Lays all out; the blocks as they now stand. */
  List<Segments.Block> layOut() {
    List<Segments.Block> laidOut = new ArrayList<>();
    for (int n = 0; n < plan.order.length; n++) {
      plan.start[plan.order[n]] = listing.end();
      laidOut.add(block(n));
      jumpOn(n);
    }
    links.forEach(this::link);
    return laidOut;
  }

  private Segments.Block block(int n) {
    ControlFlow.Block block = plan.blocks.get(plan.order[n]);
    BitSet wanted = plan.liveness.atEnd(plan.order[n]);
    int[] next = block.successors();
    // Once all lanes have met in a block, nobody is left to be waited for.
    boolean whole = false;
    for (int i = block.from(); i < block.to(); i++) {
      Step step = plan.steps.get(i);
      boolean waits = !whole && Steps.waits(step);
      whole |= Steps.needsWholeWarp(step);
      if (i == block.from() && !waits) {
        placement.stretch(i, block.to());
      }
      switch (step.kind()) {
        case BRANCH -> {}
        case CALL -> placement.call(step, wanted);
        case INDEXED -> indexed(step, next);
        case PLAIN, EXIT -> {
          if (!plan.constant[i]) {
            placement.plain(step);
          }
        }
      }
      if (waits) {
        placement.stretch(i, block.to());
      }
    }
    Step last = plan.steps.get(block.to() - 1);
    if (last.kind() == Step.Kind.BRANCH) {
      Liveness.uses(last, register -> wanted.set(register.id()));
      if (last.guard() != null) {
        Branch branch =
            new Branch(
                registers.predicate(last.guard().predicate()),
                last.guard().negated(),
                last.isGuardOfNext());
        placement.branch(branch, last);
        links.add(new Link(branch, new int[] {next[0]}));
      }
    }
    BitSet behind = next.length == 2 ? plan.liveness.atStart(next[1]) : wanted;
    return new Segments.Block(placement.endBlock(), wanted, behind, passes(n));
  }

  private void indexed(Step step, int[] next) {
    IndexedBranch branch = placement.indexed(step, next.length);
    if (branch != null) {
      links.add(new Link(branch, next));
    }
  }

  /** A jump where the text's next block is not the next here. */
  private void jumpOn(int n) {
    ControlFlow.Block block = plan.blocks.get(plan.order[n]);
    Step last = plan.steps.get(block.to() - 1);
    int[] next = block.successors();
    int following = n + 1 < plan.order.length ? plan.order[n + 1] : -1;
    boolean shown = last.instruction().opcode().equals("bra") && instrument.seesEverything();
    if (next.length > 0
        && last.kind() != Step.Kind.INDEXED
        && (next[next.length - 1] != following || shown)) {
      Jump jump = new Jump();
      placement.jump(jump, last.instruction());
      links.add(new Link(jump, new int[] {next[next.length - 1]}));
    }
  }

  /**
   * Whether a block ends with a branch past the next one as laid out, which leads to where the
   * branch does.
   */
  private boolean passes(int n) {
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

  private void link(Link link) {
    int target = plan.start[link.blocks[0]];
    switch (link.op) {
      case Branch branch -> {
        Step first = plan.steps.get(plan.blocks.get(link.blocks[0]).from());
        boolean ends = !branch.isGuard() && endsThread(first);
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

  private boolean endsThread(Step step) {
    Instruction in = step.instruction();
    return switch (in.opcode()) {
      case "exit" -> step.kind() == Step.Kind.EXIT;
      case "ret" -> step.kind() == Step.Kind.EXIT && !plan.symbols.ofFunction();
      default -> false;
    };
  }

  /** A branch and the blocks it goes to. */
  @SuppressWarnings("ArrayRecordComponent") // Never compared.
  private record Link(Op op, int[] blocks) {}
}
