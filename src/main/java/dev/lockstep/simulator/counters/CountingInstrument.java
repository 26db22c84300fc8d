package dev.lockstep.simulator.counters;

import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.PtxKernel;
import dev.lockstep.ptx.Register;
import dev.lockstep.simulator.execution.BarrierOp;
import dev.lockstep.simulator.execution.LoweredKernel;
import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.lowering.Instrument;
import dev.lockstep.simulator.op.Access;
import dev.lockstep.simulator.op.AsyncCopyOp;
import dev.lockstep.simulator.op.Branch;
import dev.lockstep.simulator.op.MemoryOp;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Puts what counts around the ops of a kernel, outside of what another instrument puts there. */
final class CountingInstrument implements Instrument {
  private final Instrument inner;
  private final Slots slots = new Slots();
  private final Map<Key, Site> sites = new HashMap<>();
  private final Map<Branch, CountedBranch> branches = new HashMap<>();

  /** Instructions are copied on their way; their place and text stay. */
  private record Key(int line, String text) {}

  CountingInstrument(Instrument inner) {
    this.inner = inner;
  }

  Slots slots() {
    return slots;
  }

  Collection<Site> sites() {
    return sites.values();
  }

  @Override
  public void kernel(PtxKernel kernel, List<Register> undefined, List<SharedVariable> shared) {
    inner.kernel(kernel, undefined, shared);
  }

  @Override
  public Op step(Op op, Instruction in, LoweredKernel.Site at) {
    Op done = inner.step(op, in, at);
    Site site = site(in);
    if (op instanceof MemoryOp memory) {
      done = counted(done, memory, site);
    } else if (op instanceof BarrierOp) {
      CountedBarrier barrier = new CountedBarrier(done, slots);
      site.waitsAt(barrier);
      done = barrier;
    }
    if (in.guard() != null) {
      // Every step is executed by the lanes whose guard holds: one of them counts.
      Integer slot = site.guardSlot(slots);
      if (slot != null) {
        done = new GuardedLanes(done, slot);
      }
    }
    return done;
  }

  private Op counted(Op done, MemoryOp memory, Site site) {
    List<Watched> accesses = new ArrayList<>();
    Instruction in = site.instruction();
    for (Access access : memory.accesses()) {
      Watched watched = new Watched(access, in, slots);
      site.accesses(watched);
      accesses.add(watched);
    }
    if (memory instanceof AsyncCopyOp copy) {
      return new CountedAccess.Copy(done, copy, accesses.get(0), accesses.get(1));
    }
    return switch (memory.accesses().get(0).kind()) {
      case MATRIX_LOAD, MATRIX_STORE -> new CountedAccess.Matrix(done, accesses.get(0), rows(in));
      default -> new CountedAccess(done, accesses.toArray(Watched[]::new));
    };
  }

  /** Lanes that hold the address of a row: eight for each matrix. */
  private static int rows(Instruction in) {
    int matrices = in.has("x4") ? 4 : in.has("x2") ? 2 : 1;
    return -1 >>> (32 - 8 * matrices);
  }

  @Override
  public Op instruction(Op op, Instruction in, LoweredKernel.Site at) {
    Op done = inner.instruction(op, in, at);
    if (op instanceof Branch branch) {
      CountedBranch counted = new CountedBranch(done, branch, slots);
      branches.put(branch, counted);
      site(in).branchesBy(counted);
      return counted;
    }
    return done;
  }

  @Override
  public Op stretch(List<Executed> executed) {
    Stretch stretch = new Stretch(slots);
    for (Executed each : executed) {
      site(each.instruction()).standsIn(stretch, each.part());
    }
    return stretch;
  }

  @Override
  public void exits(Branch branch, Instruction exit) {
    CountedBranch counted = branches.get(branch);
    if (counted != null) {
      site(exit).exitsBy(counted);
    }
  }

  private Site site(Instruction in) {
    return sites.computeIfAbsent(new Key(in.line(), in.text()), key -> new Site(in));
  }
}
