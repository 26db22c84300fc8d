package dev.lockstep.simulator.counters;

import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.Operand;
import dev.lockstep.ptx.PtxFunction;
import dev.lockstep.ptx.Register;
import dev.lockstep.ptx.Routine;
import dev.lockstep.simulator.execution.BarrierOp;
import dev.lockstep.simulator.execution.LoweredKernel;
import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.lowering.Instrument;
import dev.lockstep.simulator.lowering.RegisterPlaces;
import dev.lockstep.simulator.op.Access;
import dev.lockstep.simulator.op.AsyncCopyOp;
import dev.lockstep.simulator.op.Branch;
import dev.lockstep.simulator.op.LaneMemoryOp;
import dev.lockstep.simulator.op.MemoryOp;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Puts what counts around the ops of a kernel, outside of what another instrument puts there. */
final class CountingInstrument implements Instrument {
  /** Accesses that may be counted together: lanes do not wait for others there. */
  private static final Set<String> GROUPED = Set.of("ld", "ldu", "st", "atom", "red");

  private final Instrument inner;
  private final Slots slots = new Slots();
  private final Map<Key, Site> sites = new HashMap<>();

  /** Accesses counted with an earlier one, and which; and the groups of those earlier ones. */
  private final Map<Instruction, Instruction> leaders = new IdentityHashMap<>();

  private final Map<Instruction, AccessGroup> groupsByLeader = new IdentityHashMap<>();
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
  public void kernel(
      List<Routine> routines, List<Register> undefined, List<SharedVariable> shared) {
    inner.kernel(routines, undefined, shared);
  }

  @Override
  public void registers(RegisterPlaces places) {
    inner.registers(places);
  }

  @Override
  public Op call(Op op, Instruction in, LoweredKernel.Site at, @Nullable PtxFunction callee) {
    return inner.call(op, in, at, callee);
  }

  @Override
  public Op passed(Op op, Instruction in, LoweredKernel.Site at) {
    return inner.passed(op, in, at);
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
  public Op step(Op op, Instruction in, LoweredKernel.Site at) {
    Op done = inner.step(op, in, at);
    Site site = site(in);
    if (op instanceof MemoryOp memory) {
      done = counted(done, memory, in);
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

  private Op counted(Op done, MemoryOp memory, Instruction in) {
    List<AccessGroup> groups = new ArrayList<>();
    for (Access access : memory.accesses()) {
      AccessGroup earlier = isPlain(access) ? groupOf(in) : null;
      if (earlier != null && earlier.fits(access)) {
        site(in).accesses(earlier.add(access, in, slots));
      } else {
        AccessGroup group = new AccessGroup(access.address(), slots);
        site(in).accesses(group.add(access, in, slots));
        groups.add(group);
        groupsByLeader.putIfAbsent(in, group);
      }
    }
    if (groups.isEmpty()) {
      return done;
    }
    if (memory instanceof AsyncCopyOp copy) {
      return new CountedAccess.Copy(done, copy, groups.get(0), groups.get(1));
    }
    if (done instanceof LaneMemoryOp access && groups.size() == 1) {
      return new CountedLaneOp(done, access, groups.get(0));
    }
    Access first = memory.accesses().get(0);
    if (first.gathers()) {
      return new CountedAccess.Matrix(done, groups.get(0), first.lanes());
    }
    Op op = done;
    for (AccessGroup group : groups) {
      op = new CountedAccess(op, group);
    }
    return op;
  }

  /** The group an instruction belongs to as one of its later members; null for none. */
  private @Nullable AccessGroup groupOf(Instruction in) {
    Instruction leader = leaders.get(in);
    return leader == null ? null : groupsByLeader.get(leader);
  }

  private static boolean isPlain(Access access) {
    return switch (access.kind()) {
      case LOAD, STORE, ATOMIC -> true;
      case ASYNC_READ, ASYNC_WRITE, MATRIX_LOAD, MATRIX_STORE -> false;
    };
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
    if (in.opcode().equals("brx")) {
      CountedIndexedBranch counted = new CountedIndexedBranch(done, slots);
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
    findLeaders(executed);
    return stretch;
  }

  /**
   * Notes for each access by a register which one was the first by it in this stretch, nothing
   * having been written to the register since: the same lanes make both.
   */
  private void findLeaders(List<Executed> executed) {
    Map<Register, Instruction> first = new HashMap<>();
    for (Executed each : executed) {
      Instruction in = each.instruction();
      Register register = in.guard() == null ? addressRegister(in) : null;
      if (register != null) {
        Instruction leader = first.putIfAbsent(register, in);
        if (leader != null) {
          leaders.put(in, leader);
        }
      }
      each.written().forEach(first::remove);
    }
  }

  private static @Nullable Register addressRegister(Instruction in) {
    if (!GROUPED.contains(in.opcode())) {
      return null;
    }
    for (Operand operand : in.operands()) {
      if (operand instanceof Operand.Address(Operand.Reg(Register register), long offset)) {
        return register;
      }
    }
    return null;
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
