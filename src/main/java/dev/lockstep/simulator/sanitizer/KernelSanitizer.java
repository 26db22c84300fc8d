package dev.lockstep.simulator.sanitizer;

import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.PtxFunction;
import dev.lockstep.ptx.Register;
import dev.lockstep.ptx.Routine;
import dev.lockstep.ptx.StateSpace;
import dev.lockstep.simulator.execution.BlockObserver;
import dev.lockstep.simulator.execution.LoweredKernel;
import dev.lockstep.simulator.execution.MeetingOp;
import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.lowering.Dataflow;
import dev.lockstep.simulator.lowering.Instrument;
import dev.lockstep.simulator.lowering.RegisterPlaces;
import dev.lockstep.simulator.op.Access;
import dev.lockstep.simulator.op.AsyncCopyOp;
import dev.lockstep.simulator.op.Branch;
import dev.lockstep.simulator.op.Entering;
import dev.lockstep.simulator.op.Fence;
import dev.lockstep.simulator.op.Jump;
import dev.lockstep.simulator.op.LaneMemoryOp;
import dev.lockstep.simulator.op.LocalCopy;
import dev.lockstep.simulator.op.MemoryOp;
import dev.lockstep.simulator.op.SavedRegisters;
import dev.lockstep.simulator.op.Store;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Puts the checks around the ops of one kernel. */
public final class KernelSanitizer implements Instrument {
  /** Operations of a whole warp whose lanes meet there. */
  private static final Set<String> WHOLE_WARP =
      Set.of("mma", "wmma", "ldmatrix", "stmatrix", "movmatrix");

  /** Loads, which may find what has no value. */
  private static final Set<String> LOADS = Set.of("ld", "ldu", "ldmatrix", "wmma");

  /** The largest access there may be is no larger than a cell may be. */
  private static final int LARGEST_CELL = 16;

  private final List<AccessSite> sites = new ArrayList<>();
  private List<SharedVariable> shared = List.of();
  private int cellBytes = LARGEST_CELL;
  private List<Register> undefined = List.of();
  private final Company company = new Company();
  private Polling polling = new Polling(List.of());

  /** By {@code wmma.load} or {@code store}: the accesses it consists of. */
  private final Map<Instruction, Integer> pieces = new IdentityHashMap<>();

  private @Nullable NumberedRegisters registers;
  private @Nullable Following following;

  /** Registers that some instruction sets. */
  private final Set<Register> setSomewhere = new HashSet<>();

  @Override
  public void kernel(List<Routine> routines, List<Register> unset, List<SharedVariable> variables) {
    polling = new Polling(routines);
    undefined = unset;
    shared = variables;
  }

  @Override
  public void registers(RegisterPlaces places) {
    registers = new NumberedRegisters(places);
    undefined.forEach(registers::number);
    following = new Following(registers, company);
  }

  @Override
  public Op step(Op op, Instruction in, LoweredKernel.Site site) {
    if (op instanceof Fence) {
      return isFence(in) ? new WatchedFence(op) : op;
    }
    if (op instanceof SavedRegisters.Save save) {
      return new SavedUnset(op, numbers(save.registers()), true);
    }
    if (op instanceof SavedRegisters.Restore restore) {
      return new SavedUnset(op, numbers(restore.registers()), false);
    }
    if (op instanceof LocalCopy copy) {
      return new PassedStructure(copy);
    }
    Op around = op instanceof MemoryOp memory ? checked(op, memory, in, site) : op;
    if (in.opcode().equals("wmma") && around != op) {
      return new FollowedPieces.Piece(around, pieces.merge(in, 1, Integer::sum) - 1);
    }
    return op instanceof MeetingOp ? new Meeting(around, op) : around;
  }

  @Override
  public Op call(Op op, Instruction in, LoweredKernel.Site site, @Nullable PtxFunction callee) {
    if (!(op instanceof Entering entering)) {
      return op;
    }
    List<Register> unset = new ArrayList<>(undefined);
    unset.retainAll(callee == null ? List.of() : callee.registers());
    return new EnteredFunction(op, entering, numbers(unset));
  }

  @Override
  public Op passed(Op op, Instruction in, LoweredKernel.Site site) {
    return in.opcode().equals("call") ? op : instruction(op, in, site);
  }

  @Override
  public Op instruction(Op op, Instruction in, LoweredKernel.Site site) {
    Op watched = watching(op, in);
    boolean meets = WHOLE_WARP.contains(in.opcode()) && in.has("sync") && !(op instanceof Branch);
    return meets ? new Meeting(watched, op) : watched;
  }

  /** Around what reads or sets a register that may not have been set. */
  private Op watching(Op op, Instruction in) {
    company.add(in);
    if (undefined.isEmpty() || op instanceof Jump || in.opcode().equals("ret")) {
      return op;
    }
    Set<Register> uses = new LinkedHashSet<>();
    Set<Register> sets = new LinkedHashSet<>();
    if (op instanceof Branch) {
      if (in.guard() != null) {
        uses.add(in.guard().predicate());
      }
    } else if (in.opcode().equals("call")) {
      in.operands().stream()
          .map(NumberedRegisters::register)
          .filter(Objects::nonNull)
          .forEach(uses::add);
    } else {
      Dataflow.uses(in, uses::add);
      Dataflow.definitions(in, sets::add);
    }
    setSomewhere.addAll(sets);
    uses.retainAll(undefined);
    sets.retainAll(undefined);
    return uses.isEmpty() && sets.isEmpty() ? op : new Watching(op, numbers(uses), numbers(sets));
  }

  private int[] numbers(Collection<Register> some) {
    return registers == null ? new int[0] : registers.numbers(some);
  }

  @Override
  public boolean mayFollow(Instruction in) {
    boolean[] undefinedUsed = new boolean[1];
    Dataflow.uses(in, r -> undefinedUsed[0] |= undefined.contains(r));
    return undefinedUsed[0] || LOADS.contains(in.opcode());
  }

  @Override
  public Op followed(Op placed, Op op, Instruction in) {
    return following == null ? placed : following.of(placed, op, in, pieces.getOrDefault(in, 0));
  }

  /** What watches the blocks of the kernel; to be asked for once it has been lowered. */
  public BlockObserver.Factory observers() {
    Reports reports = new Reports(List.copyOf(sites), shared);
    int count = registers == null ? 0 : registers.count();
    List<Origin> neverSet =
        undefined.stream().map(r -> Origin.of(r, !setSomewhere.contains(r))).toList();
    return (warps, sharedBytes, localBytes) ->
        new BlockShadow(warps, sharedBytes, localBytes, cellBytes, count, neverSet, reports);
  }

  /** Volatile and relaxed accesses are executed between fences, too, but promise none. */
  private static boolean isFence(Instruction in) {
    return switch (in.opcode()) {
      case "membar", "fence" -> true;
      default -> in.has("acquire") || in.has("release") || in.has("acq_rel");
    };
  }

  private Op checked(Op op, MemoryOp memory, Instruction in, LoweredKernel.Site place) {
    List<Check> checks = new ArrayList<>();
    for (Access access : memory.accesses()) {
      Check check = check(op, access, in, place);
      if (check != null) {
        checks.add(check);
      }
    }
    if (checks.isEmpty()) {
      return op;
    }
    if (op instanceof LaneMemoryOp access && checks.size() == 1) {
      return new CheckedLaneOp(op, access, checks.get(0));
    }
    return new CheckedOp(op, checks, memory.accesses());
  }

  private @Nullable Check check(Op op, Access access, Instruction in, LoweredKernel.Site place) {
    StateSpace space = access.address().space();
    Store store = op instanceof Store s ? s : null;
    AsyncCopyOp copy =
        op instanceof AsyncCopyOp c && access.kind() == Access.Kind.ASYNC_READ ? c : null;
    AccessSite site =
        AccessSite.of(sites.size(), place, access.kind(), in, company, polling.has(in));
    sites.add(site);
    if (space == StateSpace.SHARED || space == StateSpace.GENERIC) {
      cellBytes = Math.min(cellBytes, Integer.highestOneBit(access.bytes()));
    }
    return switch (space) {
      case SHARED -> new SharedCheck(access, site, store);
      case GLOBAL -> new GlobalCheck(access, site, copy);
      case LOCAL -> new LocalCheck(access, site);
      case GENERIC -> new GenericCheck(access, site, store, copy);
      default -> null;
    };
  }
}
